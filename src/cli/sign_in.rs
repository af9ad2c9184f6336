//! `switchboard sign-in`.

use clap::Args;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::output::Output;
use super::settings::Settings;
use super::{account, password, trust};
use crate::domain::id::UserName;
use crate::phone::account::Account;

/// Sign in to a service and keep the sign-in.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The password is asked for, or read from standard input or the variable SWITCHBOARD_PASSWORD. It is not kept: what is \
kept can be taken back by the service.

Examples:
  switchboard sign-in alice --server https://calls.example:8791
  switchboard sign-in alice --server 'https://calls.example:8791#SHA256:…'    with the fingerprint its operator gave you
  pass show switchboard | switchboard sign-in alice --password-stdin")]
pub struct SignInArgs {
    /// Who; the user of --as when absent
    #[arg(value_name = "USER")]
    pub name: Option<UserName>,

    /// Read the password from the first line of standard input
    #[arg(long)]
    pub password_stdin: bool,
}

/// Signs in and keeps the sign-in.
///
/// # Errors
/// When there is no service, or it refuses.
pub async fn run(
    arguments: &SignInArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let named = arguments.name.clone().or_else(|| globals.user.clone());
    let user = named.ok_or_else(|| Failure::usage("say who signs in: switchboard sign-in USER"))?;
    let server = account::server_of(settings).await?;
    let way = trust::way(globals, settings, server.clone(), None, false).await?;
    let question = format!("Password of {user} at {server}");
    let password = password::obtain(globals, arguments.password_stdin, &question, output)?;
    let mut signed_in = Account::sign_in(way.clone(), user.clone(), password).await.map_err(account::failure)?;
    signed_in.keep(&account::sign_in_file(&settings.paths, &user)).map_err(account::failure)?;
    trust::keep(settings, &way)?;
    account::note_last(&settings.paths, &user)?;
    super::whoami::print(&signed_in, output)?;
    Ok(Exit::Done)
}
