//! Picks the role this process plays.

use std::process::ExitCode;

fn main() -> ExitCode {
    switchboard::cli::run(std::env::args_os())
}
