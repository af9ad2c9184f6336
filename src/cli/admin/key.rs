//! `switchboard admin key`: the access keys of programs, and the key that signs tokens.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::connection::Connection;
use super::office::Office;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::protocol::rest::AccessKeyName;

/// Access keys of programs.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard admin key show                     the connection string, for the official ACS SDKs
  switchboard admin key rotate secondary         then move your programs to it, and rotate primary
  switchboard admin key rotate-signing           tokens issued so far go on counting until they run out")]
pub struct KeyArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: KeyCommand,
}

/// What can be done with keys.
#[derive(Debug, Clone, Subcommand)]
pub enum KeyCommand {
    /// Print the connection string programs use: endpoint and access key
    Show {
        /// With the address of plain HTTP
        #[arg(long)]
        http: bool,
        /// With the second of the two keys
        #[arg(long)]
        secondary: bool,
    },
    /// Make a new access key in the place of one; the other stays valid
    Rotate {
        /// Which one: primary or secondary
        #[arg(value_name = "primary|secondary", default_value = "primary")]
        name: AccessKeyName,
    },
    /// Sign tokens with a new key from now on
    RotateSigning,
}

/// A connection, as a line.
#[derive(Serialize)]
struct ConnectionLine<'a> {
    v: u8,
    endpoint: &'a str,
    accesskey: &'a str,
    connection_string: &'a str,
}

/// Does it.
///
/// # Errors
/// When the service refuses, or none runs to connect to.
pub(super) async fn run(command: &KeyCommand, office: &Office, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        KeyCommand::Show { http, secondary } => {
            let (places, keys) = (office.running()?, office.keys().await?);
            let key = if *secondary { keys.secondary } else { keys.primary };
            let connection = Connection::of(places, &key, *http, output)?;
            let (endpoint, connection_string) = (connection.endpoint.as_str(), connection.line.expose().as_str());
            if output.json() {
                let line = ConnectionLine { v: 1, endpoint, accesskey: key.expose(), connection_string };
                output.json_line(&line)?;
            } else {
                output.result(connection_string)?;
            }
        }
        KeyCommand::Rotate { name } => {
            office.rotate(*name).await?;
            let word = name.word();
            output.progress(&format!("the {word} access key is a new one; what is signed with the old one is refused"));
        }
        KeyCommand::RotateSigning => {
            office.rotate_signing().await?;
            output.progress("tokens are signed with a new key; those issued before count until they run out");
        }
    }
    Ok(Exit::Done)
}
