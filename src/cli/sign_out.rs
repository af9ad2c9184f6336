//! `switchboard sign-out`.

use clap::Args;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::output::Output;
use super::settings::Settings;
use super::{account, trust};
use crate::phone::account::Account;

/// Forget a sign-in, here and at the service.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
Examples:
  switchboard sign-out              the last one used
  switchboard sign-out --as alice")]
pub struct SignOutArgs {}

/// Forgets a sign-in. The file goes even when the service can't be told.
///
/// # Errors
/// When nobody is signed in, or the service can't be told.
pub async fn run(_: SignOutArgs, globals: &Globals, settings: &Settings, output: &mut Output) -> Result<Exit, Failure> {
    let user = globals.user.clone().or_else(|| account::last(&settings.paths));
    let user = user.ok_or_else(|| Failure::new(Exit::SignInRefused, "nobody is signed in on this machine"))?;
    let (server, file) = account::kept(settings, &user)?;
    let way = trust::connector(globals, settings, &server, None)?;
    let signed_in = Account::saved(way, &file).map_err(account::failure)?;
    signed_in.sign_out().await.map_err(account::failure)?;
    output.progress(&format!("{user} is signed out of {server}"));
    Ok(Exit::Done)
}
