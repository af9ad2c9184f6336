//! `switchboard sign-up`.

use std::io::{self, IsTerminal};

use clap::Args;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::output::Output;
use super::settings::Settings;
use super::{account, asking, password, trust};
use crate::domain::id::{DisplayName, UserName};
use crate::phone::account::Account;
use crate::protocol::rest::SignUp;
use crate::texts::sign_up as texts;

/// Make an account for yourself, and sign in with it.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
What is not said is asked for; the password is not kept. Not every service lets people make accounts: where whoever runs \
it makes them, it says so.

Examples:
  switchboard sign-up --server https://calls.example:8791
  switchboard sign-up alice --display-name 'Alice Smith'
  pass generate switchboard | switchboard sign-up alice --password-stdin --json")]
pub struct SignUpArgs {
    /// The name to sign in with; the user of --as when absent
    #[arg(value_name = "USER")]
    pub name: Option<UserName>,

    /// How you are shown to others; the name to sign in with when absent
    #[arg(long, value_name = "NAME")]
    pub display_name: Option<String>,

    /// Read the password from the first line of standard input
    #[arg(long)]
    pub password_stdin: bool,
}

/// Makes the account, signs in, and keeps the sign-in.
///
/// # Errors
/// When there is no service, it refuses, or something is needed that nobody can be asked for.
pub async fn run(
    arguments: &SignUpArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let server = account::server_of(settings).await?;
    let way = trust::way(globals, settings, server.clone(), None, false).await?;
    // Nobody is asked for a password in vain.
    let ways = Account::ways(&way).await.map_err(account::failure)?;
    if !ways.registration {
        return Err(Failure::new(Exit::SignInRefused, texts::not_here(&server.to_string())));
    }
    let asks = !globals.no_input && !arguments.password_stdin && io::stdin().is_terminal();
    let user = match arguments.name.clone().or_else(|| globals.user.as_ref().map(|who| who.user.clone())) {
        Some(user) => user,
        None if asks => asked(texts::USER, output).await?.parse().map_err(|why| Failure::usage(format!("{why}")))?,
        None => return Err(Failure::usage("say which name to sign in with: switchboard sign-up USER")),
    };
    let display_name = match &arguments.display_name {
        Some(name) => Some(name.clone()),
        None if asks => Some(asked(&texts::display_name(user.as_str()), output).await?),
        None => None,
    };
    let display_name = display_name.as_deref().map(DisplayName::from);
    let password = password::obtain_new(globals, arguments.password_stdin, texts::PASSWORD, output).await?;
    let request = SignUp { user, display_name, password };
    let mut signed_in = Account::sign_up(way.clone(), request).await.map_err(account::failure)?;
    account::keep(&mut signed_in, settings, output).await?;
    trust::keep(settings, &way)?;
    super::whoami::print(&signed_in, output)?;
    Ok(Exit::Done)
}

/// What somebody types in one line.
async fn asked(question: &str, output: &mut Output) -> Result<String, Failure> {
    asking::line(&format!("{question}: "), output).await
}
