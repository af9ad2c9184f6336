//! Picks the role this process plays.

use std::process::ExitCode;

/// Ends the program where a callback of a sound device allocates, so that such a mistake is never shipped.
#[cfg(debug_assertions)]
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;

fn main() -> ExitCode {
    switchboard::cli::run(std::env::args_os())
}

// The system's mathematics is named before Rust's own stand-ins for it are looked at: its fused multiply-add is the
// processor's, theirs is software, and the echo canceller does little else.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "no function is declared")]
#[link(name = "m")]
unsafe extern "C" {}
