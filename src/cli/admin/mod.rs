//! `switchboard admin`: what whoever runs a service does with it, one file for each subject.

mod audit;
mod backup;
mod office;
mod user;

use clap::{Args, Subcommand};

use self::office::Office;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::output::Output;
use super::settings::Settings;

/// Run a service: its accounts, and what was done with them.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Goes to the service that runs on this machine for this user; when none runs, to its data folder.")]
pub struct AdminArgs {
    /// What about.
    #[command(subcommand)]
    pub command: AdminCommand,
}

/// What can be administrated.
#[derive(Debug, Clone, Subcommand)]
pub enum AdminCommand {
    /// Accounts of people who may sign in
    #[command(alias = "users")]
    User(user::UserArgs),
    /// Who did what with accounts, tokens and keys
    Audit(audit::AuditArgs),
    /// Write the whole service into one file, while it runs
    Backup(backup::BackupArgs),
}

/// Does it, at the running service or else in its data folder.
///
/// # Errors
/// When the service refuses, or its folder can't be opened.
pub async fn run(
    arguments: &AdminArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let office = Office::open(settings).await?;
    match &arguments.command {
        AdminCommand::User(arguments) => user::run(&arguments.command, &office, globals, output).await,
        AdminCommand::Audit(arguments) => audit::run(arguments, &office, output).await,
        AdminCommand::Backup(arguments) => backup::run(arguments, &office, output).await,
    }
}
