//! Taking the terminal, and giving it back on every way out, a panic of the screen included.

use std::cell::Cell;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange, KeyboardEnhancementFlags,
    PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};

use super::alert;

/// Puts the terminal back when it is dropped.
pub(super) struct Guard;

impl Guard {
    /// Takes the terminal.
    pub(super) fn enter() -> io::Result<Self> {
        let guard = Self;
        // What fails half-way is undone when the guard goes.
        guard.restore()?;
        Ok(guard)
    }

    /// Takes the terminal, or takes it again after the process was stopped: a shell may have changed its modes.
    pub(super) fn restore(&self) -> io::Result<()> {
        disable_raw_mode()?;
        enable_raw_mode()?;
        let mut out = io::stdout();
        if !TAKEN.swap(true, Ordering::SeqCst) {
            out.write_all(alert::SAVE_TITLE)?;
        }
        execute!(out, EnterAlternateScreen, EnableBracketedPaste, Hide)
    }

    /// Has the terminal tell when keys are released and when something else is typed into, or no more. It is for those
    /// that speak the keyboard protocol of kitty: its flags belong to the alternate screen.
    pub(super) fn tell_releases(&self, on: bool) -> io::Result<()> {
        if RELEASES.swap(on, Ordering::SeqCst) == on {
            return Ok(());
        }
        let mut out = io::stdout();
        if on {
            execute!(out, PushKeyboardEnhancementFlags(ALL_OF_KEYS), EnableFocusChange)
        } else {
            execute!(out, PopKeyboardEnhancementFlags, DisableFocusChange)
        }
    }

    /// Gives the terminal back.
    pub(super) fn leave(&self) {
        give_back();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
        // After a panic the picture's buffer, dropped before this, may have sent the beginning of an update.
        let mut out = io::stdout();
        let _ = out.write_all(alert::END_UPDATE);
        let _ = out.flush();
    }
}

/// Whether the terminal is ours now; a terminal given back twice would lose what was printed in between.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether the terminal tells when keys are released.
static RELEASES: AtomicBool = AtomicBool::new(false);

/// What it takes to be told of them: only keys that are no text have releases otherwise. The characters that Shift makes are
/// told along.
const ALL_OF_KEYS: KeyboardEnhancementFlags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES
    .union(KeyboardEnhancementFlags::REPORT_EVENT_TYPES)
    .union(KeyboardEnhancementFlags::REPORT_ALTERNATE_KEYS)
    .union(KeyboardEnhancementFlags::REPORT_ALL_KEYS_AS_ESCAPE_CODES);

/// Puts the terminal back as it was. On a way out there is nobody left to tell that it failed.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = out.write_all(alert::END_UPDATE);
    if RELEASES.swap(false, Ordering::SeqCst) {
        let _ = execute!(out, PopKeyboardEnhancementFlags, DisableFocusChange);
    }
    let _ = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _ = out.write_all(alert::RESTORE_TITLE);
    let _ = out.flush();
    let _ = disable_raw_mode();
}

thread_local! {
    /// Whether this thread is inside the screen's own code: only a panic there ends the screen.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs a piece of the screen's own code.
pub(super) fn inside<T>(body: impl FnOnce() -> T) -> T {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            INSIDE.set(false);
        }
    }
    INSIDE.set(true);
    let _reset = Reset;
    body()
}

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// While the screen is up: a panic of its own gives the terminal back before it is printed; a panic of a task behind it,
/// which is contained there, goes to the log instead of over the picture.
pub(super) struct PanicHook {
    before: Arc<Hook>,
}

impl PanicHook {
    pub(super) fn set() -> Self {
        let before: Arc<Hook> = Arc::from(std::panic::take_hook());
        let inner = Arc::clone(&before);
        std::panic::set_hook(Box::new(move |info| {
            if INSIDE.get() {
                give_back();
                inner(info);
            } else {
                tracing::error!(panic = %info, "a part behind the screen panicked");
            }
        }));
        Self { before }
    }
}

impl Drop for PanicHook {
    fn drop(&mut self) {
        // A hook can't be changed by a thread that panics; the process is about to end then.
        if !std::thread::panicking() {
            let before = Arc::clone(&self.before);
            std::panic::set_hook(Box::new(move |info| before(info)));
        }
    }
}
