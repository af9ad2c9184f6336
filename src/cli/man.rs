//! `switchboard man`: pages of the manual, made of the commands as they are parsed and of the table of keys.

use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
use roff::{Roff, bold, italic, roman};

use super::Cli;
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::terminal::keys::TABLE;

/// Print the manual page, in the format of man.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard man | man -l -
  switchboard man call | man -l -
  switchboard man --all ~/.local/share/man/man1")]
pub struct ManArgs {
    /// The page of this command; the program's own, with the keys of the softphone, when absent
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Write the pages of all commands into this folder; what is there under their names is replaced
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub all: Option<PathBuf>,
}

/// Prints it, or writes them all.
///
/// # Errors
/// When there is no such command, or it can't be printed or written.
pub fn run(arguments: &ManArgs, output: &mut Output) -> Result<(), Failure> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    if let Some(folder) = &arguments.all {
        let not_written = |why| Failure::new(Exit::Failed, format!("{}: {why}", folder.display()));
        let count = write_all(&root, folder).map_err(not_written)?;
        output.progress(&format!("wrote {count} pages into {}", folder.display()));
        return Ok(());
    }
    let mut command: &Command = &root;
    for name in &arguments.command {
        let found = command.find_subcommand(name);
        command =
            found.ok_or_else(|| Failure::usage(format!("there is no command `{}`", arguments.command.join(" "))))?;
    }
    Ok(output.result(&String::from_utf8_lossy(&page(command)?))?)
}

fn write_all(command: &Command, folder: &Path) -> std::io::Result<usize> {
    std::fs::create_dir_all(folder)?;
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    std::fs::write(folder.join(format!("{name}.1")), page(command)?)?;
    let mut count = 1;
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        count += write_all(command, folder)?;
    }
    Ok(count)
}

fn page(command: &Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let source = format!("switchboard {}", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command.clone()).source(source).render(&mut page)?;
    if command.get_name() == Cli::command().get_name() {
        keys().to_writer(&mut page)?;
    }
    Ok(page)
}

/// The keys of the softphone, as they are unless the configuration says otherwise.
fn keys() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["KEYS"]);
    roff.text([roman("What can be done in the softphone: the keys, or the command after a colon, and what it does.")]);
    for row in TABLE {
        let mut title = Vec::new();
        if !row.keys.is_empty() {
            title.extend([bold(row.keys), roman("  ")]);
        }
        title.push(roman(format!(":{}", row.words.join(", :"))));
        if !row.argument.is_empty() {
            title.extend([roman(" "), italic(row.argument)]);
        }
        roff.control("TP", []).text(title).text([roman(format!("{}.", row.help))]);
    }
    roff
}
