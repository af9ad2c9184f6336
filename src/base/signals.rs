//! What the system says when a program is to end: Ctrl-C, SIGTERM, SIGHUP; on Windows Ctrl-C, shutting down and closing
//! the console's window.

/// Why a program is told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndSignal {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM; Windows shuts down.
    Terminate,
    /// The terminal is gone: SIGHUP; the console's window was closed.
    HangUp,
}

#[cfg(unix)]
pub use unix::EndSignals;
#[cfg(windows)]
pub use windows::EndSignals;

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::EndSignal;

    /// Waits for them.
    #[derive(Debug)]
    pub struct EndSignals {
        interrupt: Signal,
        terminate: Signal,
        hang_up: Signal,
    }

    impl EndSignals {
        /// Takes the signals over from their default, which is to end at once.
        ///
        /// # Errors
        /// When the system does not let it.
        pub fn take() -> std::io::Result<Self> {
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
            })
        }

        /// The next of them.
        pub async fn next(&mut self) -> EndSignal {
            tokio::select! {
                _ = self.interrupt.recv() => EndSignal::Interrupt,
                _ = self.terminate.recv() => EndSignal::Terminate,
                _ = self.hang_up.recv() => EndSignal::HangUp,
            }
        }
    }
}

#[cfg(windows)]
mod windows {
    use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, CtrlShutdown};
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};

    use super::EndSignal;

    /// Waits for them.
    #[derive(Debug)]
    pub struct EndSignals {
        interrupt: CtrlC,
        interrupt_too: CtrlBreak,
        terminate: CtrlShutdown,
        hang_up: CtrlClose,
    }

    impl EndSignals {
        /// Takes the signals over from their default, which is to end at once.
        ///
        /// # Errors
        /// When the system does not let it.
        pub fn take() -> std::io::Result<Self> {
            Ok(Self {
                interrupt: ctrl_c()?,
                interrupt_too: ctrl_break()?,
                terminate: ctrl_shutdown()?,
                hang_up: ctrl_close()?,
            })
        }

        /// The next of them.
        pub async fn next(&mut self) -> EndSignal {
            tokio::select! {
                _ = self.interrupt.recv() => EndSignal::Interrupt,
                _ = self.interrupt_too.recv() => EndSignal::Interrupt,
                _ = self.terminate.recv() => EndSignal::Terminate,
                _ = self.hang_up.recv() => EndSignal::HangUp,
            }
        }
    }
}
