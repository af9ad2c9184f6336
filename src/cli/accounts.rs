//! `switchboard accounts` and `switchboard use`: the sign-ins that are saved on this machine.

use clap::Args;
use serde::Serialize;

use super::account;
use super::exit::{Exit, Failure};
use super::output::Output;
use super::settings::Settings;
use crate::phone::account::{Listed, SavedSignIn, Who};
use crate::texts::accounts as texts;

/// The sign-ins saved on this machine: whose, where, how each is kept, and which is used.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
`switchboard sign-in` adds one, `switchboard use NAME` chooses another one for good, and --as NAME for one command. What acts for \
you while a token is given (--token, SWITCHBOARD_TOKEN, phone.token_command) is not listed here.

Examples:
  switchboard accounts
  switchboard accounts --json")]
pub struct AccountsArgs {}

/// Go on as another saved sign-in.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Phones that run stay who they are.

Examples:
  switchboard use alice
  switchboard use alice@calls.example        where alice is signed in at several services")]
pub struct UseArgs {
    /// The name, with its service where several have that name
    #[arg(value_name = "NAME[@HOST]")]
    pub who: Who,
}

/// A saved sign-in, as a line.
#[derive(Serialize)]
struct AccountLine<'a> {
    v: u8,
    name: &'a str,
    display_name: &'a str,
    identity: &'a str,
    server: String,
    /// What `--as` takes to mean this one and no other.
    r#as: String,
    /// `keyring` or `file`.
    kept: &'static str,
    used: bool,
}

/// Lists them.
///
/// # Errors
/// When there is nowhere to print.
pub fn run(settings: &Settings, output: &mut Output) -> Result<Exit, Failure> {
    let listed = account::sign_ins(settings).list();
    tell_damaged(&listed, output);
    if listed.saved.is_empty() {
        output.progress(texts::NONE);
    }
    // Where several could be, or one can't be read, none is.
    let used = account::in_use(settings).ok().flatten();
    for saved in &listed.saved {
        print(saved, used.as_ref().is_some_and(|used| used.is(saved)), output)?;
    }
    Ok(Exit::Done)
}

/// Chooses one.
///
/// # Errors
/// When none or several could be meant, or it can't be noted.
pub fn choose(arguments: &UseArgs, settings: &Settings, output: &mut Output) -> Result<Exit, Failure> {
    let chosen = account::picked(settings, &arguments.who)?;
    account::sign_ins(settings).set_used(&chosen).map_err(account::failure)?;
    output.progress(&texts::now(&chosen.who().to_string()));
    Ok(Exit::Done)
}

/// Tells of what can't be read: it is skipped, and stays as it is.
pub(super) fn tell_damaged(listed: &Listed, output: &mut Output) {
    for damaged in &listed.damaged {
        output.warning(&damaged.to_string());
    }
}

fn print(saved: &SavedSignIn, used: bool, output: &mut Output) -> Result<(), Failure> {
    let me = &saved.me;
    if output.json() {
        return Ok(output.json_line(&AccountLine {
            v: 1,
            name: me.name.as_str(),
            display_name: me.display_name.as_str(),
            identity: me.identity.as_str(),
            server: saved.server.to_string(),
            r#as: saved.who().to_string(),
            kept: saved.keeper.as_str(),
            used,
        })?);
    }
    let mark = if used { "*" } else { " " };
    let line = format!("{mark} {:<20}  {:<36}  {}", me.name.as_str(), saved.server.to_string(), saved.keeper.words());
    Ok(output.result(&line)?)
}
