//! `switchboard profile`.

use clap::Args;

use super::account;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::headless::{self, Session};
use super::output::Output;
use super::settings::Settings;
use crate::domain::id::DisplayName;
use crate::phone::command::Command;

/// Show yourself to others under another name.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Your user name stays, and so do your friends. With an empty name, your user name is shown.

Examples:
  switchboard profile --display-name \"Bob B.\"")]
pub struct ProfileArgs {
    /// The name
    #[arg(long, value_name = "NAME")]
    pub display_name: String,
}

/// Does it.
///
/// # Errors
/// When nobody is signed in, the service can't be reached, or it refuses.
pub async fn run(
    arguments: &ProfileArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let acting = account::acting(globals, settings, false, false).await?;
    let name = DisplayName::from(arguments.display_name.as_str());
    headless::without_sound(acting, settings, output, async |session| carry_out(name.clone(), session).await).await
}

async fn carry_out(name: DisplayName, session: &mut Session<'_>) -> Result<(), Failure> {
    session.ready().await?;
    session.have_done(Command::SetDisplayName(name.clone()), "display name").await?;
    let user = session.me().map(|me| me.name.as_str().to_owned()).unwrap_or_default();
    let shown = if name.as_str().is_empty() { &user } else { name.as_str() };
    session.output().progress(&format!("others see you as {shown} now"));
    Ok(())
}
