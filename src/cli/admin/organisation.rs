//! `switchboard admin organisation`: which accounts belong together.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::office::Office;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;

/// Organisations.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
An organisation is there as long as an account belongs to it. To its members, the people of another are external.

Examples:
  switchboard admin user add alice --organisation acme
  switchboard admin user set-organisation bob acme
  switchboard admin organisation list --json")]
pub struct OrganisationArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: OrganisationCommand,
}

/// What can be done with organisations.
#[derive(Debug, Clone, Subcommand)]
pub enum OrganisationCommand {
    /// Print the organisations, and how many accounts belong to each
    List,
}

/// An organisation, as a line.
#[derive(Serialize)]
struct OrganisationLine<'a> {
    v: u8,
    organisation: &'a str,
    members: u64,
}

/// Does it.
///
/// # Errors
/// When the service refuses.
pub(super) async fn run(command: &OrganisationCommand, office: &Office, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        OrganisationCommand::List => {
            for row in office.organisations().await? {
                if output.json() {
                    let organisation = row.name.as_str();
                    output.json_line(&OrganisationLine { v: 1, organisation, members: row.members })?;
                } else {
                    output.result(&format!("{:<32}  {}", row.name.as_str(), row.members))?;
                }
            }
        }
    }
    Ok(Exit::Done)
}
