//! Job control: stopping the phone as a shell's Ctrl-Z does, and noticing that it goes on. Windows knows neither.

use std::io;

/// Says when the process was continued.
#[derive(Debug)]
pub(super) struct Continued(#[cfg(unix)] tokio::signal::unix::Signal);

#[cfg(unix)]
impl Continued {
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::from_raw(libc::SIGCONT)).map(Self)
    }

    pub(super) async fn next(&mut self) {
        self.0.recv().await;
    }
}

/// Stops this process and the rest of its process group; returns when it goes on.
#[cfg(unix)]
pub(super) fn stop() -> io::Result<()> {
    use rustix::process::{Signal, kill_current_process_group};
    Ok(kill_current_process_group(Signal::TSTP)?)
}

#[cfg(not(unix))]
impl Continued {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self())
    }

    pub(super) async fn next(&mut self) {
        std::future::pending().await
    }
}

/// There is no shell to go back to.
#[cfg(not(unix))]
pub(super) fn stop() -> io::Result<()> {
    Ok(())
}
