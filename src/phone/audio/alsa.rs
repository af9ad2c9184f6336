//! Keeps the sound libraries of Linux from printing on the terminal the screen is drawn on.
#![expect(unsafe_code, reason = "libasound's error handler, and file descriptor 2, can only be set through C")]

use std::ffi::{c_char, c_int};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::Once;

/// Turns off what libasound and its plugins print on standard error. Errors still come back as values.
pub fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        type Plain = unsafe extern "C" fn(*const c_char, c_int, *const c_char, c_int, *const c_char);
        type Variadic = unsafe extern "C" fn(*const c_char, c_int, *const c_char, c_int, *const c_char, ...);
        // SAFETY: Rust can't define variadic functions. In the C calling conventions of Linux' platforms the caller
        // places the fixed arguments as for any function and removes the variadic ones itself, so a function that
        // never looks at them may stand in. It touches none of its arguments at all.
        let ignore = unsafe { std::mem::transmute::<Plain, Variadic>(ignore) };
        // SAFETY: the handler is a function, so it lives for ever; libasound calls it from any thread, and it has no state.
        let set = unsafe { alsa_sys::snd_lib_error_set_handler(Some(ignore)) };
        if set < 0 {
            tracing::debug!(set, "libasound keeps printing its errors");
        }
    });
}

unsafe extern "C" fn ignore(_: *const c_char, _: c_int, _: *const c_char, _: c_int, _: *const c_char) {}

/// While it lives, standard error goes to a file. For the screen, whose terminal is standard error too: libraries
/// below libasound (JACK's, PipeWire's) print there whatever handler is set.
#[derive(Debug)]
pub struct StderrAside {
    original: OwnedFd,
}

impl StderrAside {
    /// Sends standard error to `file` from now on.
    ///
    /// # Errors
    /// When the system has no file descriptor left.
    pub fn to(file: &File) -> io::Result<Self> {
        // SAFETY: duplicating a descriptor touches no memory; a closed one is an error that is looked at.
        let copy = unsafe { libc::fcntl(libc::STDERR_FILENO, libc::F_DUPFD_CLOEXEC, 3) };
        if copy < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: `copy` was made just now and belongs to nobody else.
        let original = unsafe { OwnedFd::from_raw_fd(copy) };
        replace_stderr(file.as_raw_fd())?;
        Ok(Self { original })
    }
}

impl Drop for StderrAside {
    fn drop(&mut self) {
        if let Err(error) = replace_stderr(self.original.as_raw_fd()) {
            tracing::debug!(%error, "standard error stays aside");
        }
    }
}

fn replace_stderr(with: c_int) -> io::Result<()> {
    // SAFETY: dup2 touches no memory; both descriptors are open, and number 2 is meant to be replaced.
    let done = unsafe { libc::dup2(with, libc::STDERR_FILENO) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
