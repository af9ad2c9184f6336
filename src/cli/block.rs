//! `switchboard block`, `unblock` and `blocked`.

use clap::Args;

use super::account;
use super::exit::{Exit, Failure};
use super::friends::print_person;
use super::globals::Globals;
use super::headless::{self, Session};
use super::output::Output;
use super::settings::Settings;
use crate::phone::command::Command;
use crate::texts::contacts;

/// Block somebody: to them you are offline, nothing of theirs rings here, and they are not told.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard block eve
  switchboard blocked          whom you block
  switchboard unblock eve")]
pub struct BlockArgs {
    /// A friend's name, a user name, or an identity
    #[arg(value_name = "WHO")]
    pub who: String,
}

/// Block somebody no more.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard unblock eve")]
pub struct UnblockArgs {
    /// A name of the block list, a user name, or an identity
    #[arg(value_name = "WHO")]
    pub who: String,
}

/// Print whom you block.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
Examples:
  switchboard blocked
  switchboard blocked --json")]
pub struct BlockedArgs {}

/// Blocks somebody.
///
/// # Errors
/// When nobody is signed in, the service can't be reached, or it refuses.
pub async fn block(
    arguments: &BlockArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    change(Command::Block(arguments.who.clone()), "block", globals, settings, output).await
}

/// Blocks somebody no more.
///
/// # Errors
/// As [`block`].
pub async fn unblock(
    arguments: &UnblockArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    change(Command::Unblock(arguments.who.clone()), "unblock", globals, settings, output).await
}

/// Prints who is blocked.
///
/// # Errors
/// As [`block`].
pub async fn blocked(
    _: BlockedArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let acting = account::acting(globals, settings, false, false).await?;
    headless::without_sound(acting, settings, output, async |session| print(session).await).await
}

async fn print(session: &mut Session<'_>) -> Result<(), Failure> {
    session.ready().await?;
    let (blocked, me) = (session.blocked().to_vec(), session.me().cloned());
    if blocked.is_empty() {
        session.output().progress(contacts::NOBODY_BLOCKED);
    }
    blocked.iter().try_for_each(|person| print_person(person, None, me.as_ref(), session.output()))
}

async fn change(
    command: Command,
    what: &str,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let acting = account::acting(globals, settings, false, false).await?;
    headless::without_sound(acting, settings, output, async |session| carry_out(command.clone(), what, session).await)
        .await
}

async fn carry_out(command: Command, what: &str, session: &mut Session<'_>) -> Result<(), Failure> {
    session.ready().await?;
    session.have_done(command, what).await?;
    let count = session.blocked().len();
    session.output().progress(&contacts::has_now("block list", count));
    Ok(())
}
