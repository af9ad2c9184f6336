//! `switchboard man`.

use clap::{Args, Command, CommandFactory};

use super::Cli;
use super::exit::Failure;
use super::output::Output;

/// Print the manual page, in the format of man.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard man | man -l -
  switchboard man call | man -l -
  switchboard man > ~/.local/share/man/man1/switchboard.1")]
pub struct ManArgs {
    /// The page of this command; the program's own when absent
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Prints it.
///
/// # Errors
/// When there is no such command, or it can't be printed.
pub fn run(arguments: &ManArgs, output: &mut Output) -> Result<(), Failure> {
    let mut root = Cli::command();
    root.build();
    let mut command: &Command = &root;
    for name in &arguments.command {
        let found = command.find_subcommand(name);
        command =
            found.ok_or_else(|| Failure::usage(format!("there is no command `{}`", arguments.command.join(" "))))?;
    }
    let mut page = Vec::new();
    let source = format!("switchboard {}", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command.clone()).source(source).render(&mut page)?;
    Ok(output.result(&String::from_utf8_lossy(&page))?)
}
