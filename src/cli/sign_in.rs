//! `switchboard sign-in`.

pub(super) mod elsewhere;

use clap::Args;

use super::account::Acting;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::output::Output;
use super::settings::Settings;
use super::{account, asking, password, trust};
use crate::config::ServerUrl;
use crate::domain::id::UserName;
use crate::phone::account::Account;
use crate::phone::connector::Connector;
use crate::texts::accounts as texts;

/// Sign in to a service and keep the sign-in.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The password is asked for, or read from standard input or the variable SWITCHBOARD_PASSWORD. It is not kept: what is \
kept can be taken back by the service.

With --oidc the service sends you to the issuer its people have accounts at: it says an address and a code, and waits.

Examples:
  switchboard sign-in alice --server https://calls.example:8791
  switchboard sign-in --oidc --server https://calls.example:8791              with the account you have elsewhere
  switchboard sign-in alice --server 'https://calls.example:8791#SHA256:…'    with the fingerprint its operator gave you
  pass show switchboard | switchboard sign-in alice --password-stdin")]
pub struct SignInArgs {
    /// Who; the user of --as when absent
    #[arg(value_name = "USER")]
    pub name: Option<UserName>,

    /// Read the password from the first line of standard input
    #[arg(long)]
    pub password_stdin: bool,

    /// Sign in with the account you have elsewhere, in a browser on any device
    #[arg(long, conflicts_with_all = ["name", "password_stdin"])]
    pub oidc: bool,
}

/// Asks a person at the terminal who signs in and where, at `server` if they say nothing else, and signs in.
///
/// # Errors
/// As [`run`], and when they give up.
pub(super) async fn ask(
    server: &ServerUrl,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Acting, Failure> {
    if globals.no_input {
        return Err(Failure::usage(texts::NOT_ASKED));
    }
    let wanted = asking::line(&texts::ask_where(&server.to_string()), output).await?;
    let server = if wanted.is_empty() { server.clone() } else { wanted.parse().map_err(usage)? };
    let way = trust::way(globals, settings, server, None, false).await?;
    let issuer = Account::ways(&way).await.map_err(account::failure)?.oidc;
    let user = asking::line(&texts::ask_who(issuer.as_deref()), output).await?;
    if user.is_empty() && issuer.is_some() {
        return with_elsewhere(way, settings, output).await.map(account::plain);
    }
    let user: UserName = user.parse().map_err(usage)?;
    with_password(&user, way, false, globals, settings, output).await.map(account::plain)
}

fn usage(why: impl std::fmt::Display) -> Failure {
    Failure::usage(why.to_string())
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
    let server = account::server_of(settings).await?;
    let way = trust::way(globals, settings, server, None, false).await?;
    let signed_in = if arguments.oidc {
        with_elsewhere(way, settings, output).await?
    } else {
        let named = arguments.name.clone().or_else(|| globals.user.as_ref().map(|who| who.user.clone()));
        let user = named.ok_or_else(|| Failure::usage("say who signs in: switchboard sign-in USER"))?;
        with_password(&user, way, arguments.password_stdin, globals, settings, output).await?
    };
    super::whoami::print(&signed_in, output)?;
    Ok(Exit::Done)
}

async fn with_elsewhere(way: Connector, settings: &Settings, output: &mut Output) -> Result<Account, Failure> {
    let mut signed_in = elsewhere::sign_in(&way, !settings.loaded.config.screen.ascii, output).await?;
    account::keep(&mut signed_in, settings, output).await?;
    trust::keep(settings, &way)?;
    Ok(signed_in)
}

async fn with_password(
    user: &UserName,
    way: Connector,
    from_stdin: bool,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Account, Failure> {
    let question = format!("Password of {user} at {}", way.server());
    let password = password::obtain(globals, from_stdin, &question, output).await?;
    let mut signed_in = Account::sign_in(way.clone(), user.clone(), password).await.map_err(account::failure)?;
    account::keep(&mut signed_in, settings, output).await?;
    trust::keep(settings, &way)?;
    Ok(signed_in)
}
