//! `switchboard whoami`.

use clap::Args;
use serde::Serialize;

use super::account;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::json::rfc3339;
use super::output::Output;
use super::settings::Settings;
use crate::domain::person::Person;
use crate::phone::account::Account;

/// Say who is signed in: the name, the identity, the service.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
Examples:
  switchboard whoami
  switchboard whoami --json")]
pub struct WhoamiArgs {}

/// Who is signed in, as a line.
#[derive(Serialize)]
struct WhoamiLine<'a> {
    v: u8,
    name: &'a str,
    display_name: &'a str,
    identity: &'a str,
    organisation: &'a str,
    server: String,
    token_expires: Option<String>,
}

/// Asks the service who its token says this is.
///
/// # Errors
/// When nobody is signed in, or the service can't be reached or refuses.
pub async fn run(_: WhoamiArgs, globals: &Globals, settings: &Settings, output: &mut Output) -> Result<Exit, Failure> {
    let mut acting = account::acting(globals, settings, false, false).await?;
    let me = acting.account.who().await.map_err(account::failure)?;
    print_person(&me, &acting.account, output)?;
    Ok(Exit::Done)
}

/// Prints who has just signed in.
pub(crate) fn print(account: &Account, output: &mut Output) -> Result<(), Failure> {
    account.me().map_or(Ok(()), |me| print_person(me, account, output))
}

fn print_person(me: &Person, account: &Account, output: &mut Output) -> Result<(), Failure> {
    let server = account.server().to_string();
    if output.json() {
        let line = WhoamiLine {
            v: 1,
            name: me.name.as_str(),
            display_name: me.display_name.as_str(),
            identity: me.identity.as_str(),
            organisation: me.organisation.as_str(),
            server,
            token_expires: account.expires_at().map(rfc3339),
        };
        return Ok(output.json_line(&line)?);
    }
    let of = if me.organisation.is_main() { String::new() } else { format!(" of {}", me.organisation) };
    Ok(output.result(&format!("{} ({}){of} at {server}\n{}", me.name, me.display_name, me.identity))?)
}
