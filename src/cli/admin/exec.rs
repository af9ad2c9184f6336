//! `switchboard admin exec`: runs a program with the environment in which the official ACS SDKs find the service.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::process::Command;

use clap::Args;

use super::env;
use super::office::Office;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;

/// Run a program that finds the service through the official ACS SDKs.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The program gets its signals itself, and its exit code is the command's.

Examples:
  switchboard admin exec -- python quickstart.py
  switchboard admin exec -- node quickstart.mjs")]
pub struct ExecArgs {
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// Becomes the program.
///
/// # Errors
/// When no service runs, or the program can't be started.
pub(super) async fn run(arguments: &ExecArgs, office: &Office, output: &mut Output) -> Result<Exit, Failure> {
    let variables = env::variables(office, output).await?;
    let [program, rest @ ..] = arguments.command.as_slice() else {
        return Err(Failure::usage("which program? switchboard admin exec -- CMD …"));
    };
    let mut command = Command::new(program);
    command.args(rest).envs(variables.iter().map(|(name, value)| (name, value.expose())));
    let Err(why) = become_it(&mut command);
    let name = program.to_string_lossy();
    Err(Failure::new(Exit::Failed, format!("{name} can't be run: {why}")))
}

/// Puts the program into this process's place: signals and exit code are its own.
#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<Infallible, io::Error> {
    Err(std::os::unix::process::CommandExt::exec(command))
}

/// Where a process can't be replaced, waits for the program and ends as it did. Ctrl-C reaches both.
#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<Infallible, io::Error> {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1))
}
