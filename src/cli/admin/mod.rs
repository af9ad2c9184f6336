//! `switchboard admin`: what whoever runs a service does with it, one file for each subject.

mod address;
mod audit;
mod backup;
mod connection;
mod env;
mod exec;
mod health;
mod key;
mod office;
mod organisation;
mod proofs;
mod reached;
mod token;
mod user;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use self::office::Office;
use super::asking::unless_ended;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::output::Output;
use super::settings::Settings;

/// Run a service: its accounts, the keys and tokens of programs, and what was done with them.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Goes to the service that runs on this machine for this user; when none runs, to its data folder. With --server it goes to a
service elsewhere: with the sign-in of --as, with --token, or else with the sign-in in use there (`switchboard accounts`), whose
account needs the role admin; or with an access key.

Examples:
  switchboard admin user list
  switchboard admin user list --server https://calls.example:8791 --as alice
  switchboard admin backup calls.backup --server https://calls.example:8791 --access-key-file key")]
pub struct AdminArgs {
    /// For a service elsewhere: a file with an access key, or with what `admin key show` prints there;
    /// SWITCHBOARD_ACCESS_KEY can hold the same
    #[arg(long, global = true, value_name = "FILE")]
    pub access_key_file: Option<PathBuf>,

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
    /// Organisations, to which accounts belong
    #[command(alias = "organisations")]
    Organisation(organisation::OrganisationArgs),
    /// Who did what with accounts, tokens and keys
    Audit(audit::AuditArgs),
    /// Write the whole service into one file, while it runs
    Backup(backup::BackupArgs),
    /// Access keys of programs, and the key that signs tokens
    #[command(alias = "keys")]
    Key(key::KeyArgs),
    /// Tokens for testers and programs
    #[command(alias = "tokens")]
    Token(token::TokenArgs),
    /// Print what to set in a shell, so that SDK programs find the service
    Env(env::EnvArgs),
    /// Print the address that people sign in at, with the fingerprint they know the service by
    Address(address::AddressArgs),
    /// Tell whether the service can take work
    Health(health::HealthArgs),
    /// Run a program that finds the service through the official ACS SDKs
    Exec(exec::ExecArgs),
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
    match arguments.command {
        AdminCommand::Address(_) => return address::run(globals, settings, output).await,
        AdminCommand::Health(_) => return health::run(globals, settings, output).await,
        _ => {}
    }
    let office = Office::open(arguments, globals, settings).await?;
    match &arguments.command {
        AdminCommand::User(arguments) => unless_ended(user::run(&arguments.command, &office, globals, output)).await,
        AdminCommand::Organisation(arguments) => organisation::run(&arguments.command, &office, output).await,
        AdminCommand::Audit(arguments) => audit::run(arguments, &office, output).await,
        AdminCommand::Backup(arguments) => backup::run(arguments, &office, output).await,
        AdminCommand::Key(arguments) => key::run(&arguments.command, &office, output).await,
        AdminCommand::Token(arguments) => token::run(&arguments.command, &office, output).await,
        AdminCommand::Env(arguments) => env::run(arguments, &office, output).await,
        AdminCommand::Address(_) | AdminCommand::Health(_) => unreachable!("nothing to prove: carried out above"),
        AdminCommand::Exec(arguments) => exec::run(arguments, &office, output).await,
    }
}
