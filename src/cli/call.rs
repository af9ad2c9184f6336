//! `switchboard call`.

use std::time::Duration;

use clap::Args;

use super::account;
use super::conversation::Conversation;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::headless::{self, Calls, Session};
use super::media_flags::MediaFlags;
use super::output::Output;
use super::settings::Settings;
use crate::base::duration;
use crate::phone::command::Command;

/// Call somebody without a screen.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The call lasts until the other side hangs up, --for is over, or the file of --mic is. Ctrl-C hangs up. Once a third \
person is in it, it is a group call, and lasts until it is ended for everybody.

Examples:
  switchboard call echo --for 10s                        talk to the echo for ten seconds
  switchboard call bob --mic greeting.wav --record talk.wav
  switchboard call echo --mic tone --speaker none --for 5s --expect 'heard_ms>1000' --json
  switchboard call bob --profile headset                 no echo to cancel, and earlier
  switchboard call bob --dtmf 1,2#                       press 1, wait two seconds, press 2 and #
  printf 'wait-for connected\nwait-for sound 300ms\ndtmf 5\nsleep 2s\nhangup\n' | switchboard call bob --stdin")]
pub struct CallArgs {
    /// Whom: a friend's name, a user name, or an identity
    #[arg(value_name = "TO")]
    pub to: String,

    /// Give up after ringing this long, 1s to 5m [setting: phone.ring_seconds]
    #[arg(long, value_name = "DURATION", value_parser = duration::of_ringing)]
    pub ring_for: Option<Duration>,

    /// Sound, and when the call is over.
    #[command(flatten)]
    pub media: MediaFlags,
}

/// Calls, follows the call to its end, and says how it went.
///
/// # Errors
/// When it did not come about, an expectation was not met, or a signal ended it.
pub async fn run(
    arguments: &CallArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    if arguments.to.trim().is_empty() {
        let why = "say whom to call: a friend's name, a user name or an identity; `switchboard friends` lists friends";
        return headless::no_call(output, Failure::usage(why));
    }
    let acting = account::acting(globals, settings, false, false).await;
    let work = async |session: &mut Session<'_>| call(arguments, settings, session).await;
    headless::with_phone(acting, &arguments.media, Calls::one(false), settings, output, work).await
}

async fn call(arguments: &CallArgs, settings: &Settings, session: &mut Session<'_>) -> Result<Exit, Failure> {
    session.ready().await?;
    let configured = Duration::from_secs(settings.loaded.config.phone.ring_seconds.get().into());
    let ring_for = Some(arguments.ring_for.unwrap_or(configured));
    session.tell(Command::Call { to: arguments.to.clone(), ring_for }).await;
    session.listen(&arguments.media);
    let end = Conversation::new(&arguments.media, None).follow(session).await?;
    session.conclude(end, &arguments.media)
}
