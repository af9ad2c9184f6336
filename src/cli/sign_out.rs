//! `switchboard sign-out`.

use clap::Args;

use super::ctl::choice::running;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::output::Output;
use super::settings::Settings;
use super::{account, accounts, trust};
use crate::config::ServerUrl;
use crate::outside::status::Status;
use crate::phone::account::{Account, AccountError, SavedSignIn, Who};
use crate::texts::accounts as texts;

/// Forget a sign-in, here and at the service.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard sign-out              the one that is used
  switchboard sign-out alice@calls.example
  switchboard sign-out --all")]
pub struct SignOutArgs {
    /// Which; the one that is used when absent
    #[arg(value_name = "NAME[@HOST]", conflicts_with = "all")]
    pub who: Option<Who>,

    /// All that are saved on this machine
    #[arg(long)]
    pub all: bool,
}

/// Forgets a sign-in. What is kept of it goes even when the service can't be told.
///
/// # Errors
/// When nobody is signed in, or the service can't be told.
pub async fn run(
    arguments: &SignOutArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut failed = None;
    let meant = meant(arguments, globals, settings, output)?;
    for saved in &meant {
        match sign_out(saved, globals, settings).await {
            Ok(()) => output.progress(&format!("{} is signed out of {}", saved.me.name, saved.server)),
            Err(why) => {
                if let Some(before) = failed.replace(why) {
                    output.failure(&before);
                }
            }
        }
    }
    tell_running(&meant, settings, output).await;
    failed.map_or(Ok(Exit::Done), Err)
}

/// Says which phones run with what was signed out of: they have a token that still counts.
async fn tell_running(meant: &[SavedSignIn], settings: &Settings, output: &mut Output) {
    // Phones that can't be asked are somebody else's.
    let running = running(settings).await.unwrap_or_default();
    let runs_as = |saved: &&SavedSignIn, status: &Status| {
        let at = status.server.parse().is_ok_and(|at: ServerUrl| at.same_service(&saved.server));
        at && status.account == saved.me.name.as_str()
    };
    for saved in meant.iter().filter(|saved| running.iter().any(|phone| runs_as(saved, &phone.status))) {
        output.warning(&texts::still_runs(&saved.who().to_string()));
    }
}

fn meant(
    arguments: &SignOutArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Vec<SavedSignIn>, Failure> {
    if arguments.all {
        let listed = account::sign_ins(settings).list();
        accounts::tell_damaged(&listed, output);
        if listed.saved.is_empty() {
            output.progress(texts::NONE);
        }
        return Ok(listed.saved);
    }
    if let Some(who) = arguments.who.as_ref().or(globals.user.as_ref()) {
        return Ok(vec![account::picked(settings, who)?]);
    }
    let nobody = || Failure::new(Exit::SignInRefused, "nobody is signed in on this machine");
    Ok(vec![account::in_use(settings)?.ok_or_else(nobody)?])
}

/// Signs out of one. One that can't be taken out of the keyring, or whose service can't be reached as the settings say, is
/// forgotten here, and ends at the service by itself.
pub(super) async fn sign_out(saved: &SavedSignIn, globals: &Globals, settings: &Settings) -> Result<(), Failure> {
    let only_here = |why: &str| Failure::new(Exit::Failed, texts::only_here(&saved.who().to_string(), why));
    let way = match trust::connector(globals, settings, &saved.server, None) {
        Ok(way) => way,
        Err(why) => {
            saved.place.forget().await.map_err(account::failure)?;
            return Err(only_here(&why.message));
        }
    };
    match Account::sign_out(&way, &saved.place).await {
        Ok(()) => Ok(()),
        Err(AccountError::Keyring(why)) => Err(only_here(&why)),
        Err(why @ AccountError::File { .. }) => Err(account::failure(why)),
        Err(why) => {
            let Failure { exit, message } = account::failure(why);
            Err(Failure { exit, ..only_here(&message) })
        }
    }
}
