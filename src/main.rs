//! Picks the role this process plays.

use std::process::ExitCode;

/// Ends the program where a callback of a sound device allocates, so that such a mistake is never shipped.
#[cfg(debug_assertions)]
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;

fn main() -> ExitCode {
    switchboard::cli::run(std::env::args_os())
}
