//! `switchboard wait`.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;

use super::account;
use super::conversation::{Conversation, End};
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::headless::{self, Calls, Session, Woken};
use super::media_flags::MediaFlags;
use super::output::Output;
use super::settings::Settings;
use crate::base::{clock, duration};
use crate::domain::id::CallId;
use crate::phone::command::Command;
use crate::phone::event::Event;

/// Wait for calls without a screen.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
With neither --answer nor --decline it only reports that it rings, unless a line of --stdin says `answer`. --answer also answers who calls to bring one into a \
group call.

Examples:
  switchboard wait --answer --mic welcome.wav --record message.wav    a simple answering machine
  switchboard wait --as bob --answer --timeout 30s --json             for scripts
  switchboard wait --answer --profile music --process noise=off       for somebody who plays")]
pub struct WaitArgs {
    /// Answer calls
    #[arg(long, conflicts_with = "decline")]
    pub answer: bool,

    /// Decline calls
    #[arg(long)]
    pub decline: bool,

    /// End after this many calls
    #[arg(long, value_name = "N", default_value = "1")]
    pub calls: NonZeroU32,

    /// Give up, with exit code 6, when no call came for this long
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub timeout: Option<Duration>,

    /// Sound, and when a call is over.
    #[command(flatten)]
    pub media: MediaFlags,
}

/// Waits for calls, and does with each what it was told to.
///
/// # Errors
/// When nobody called in time, an expectation was not met, or a signal ended it.
pub async fn run(
    arguments: &WaitArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let acting = account::acting(globals, settings, false, false).await;
    let work = async |session: &mut Session<'_>| wait(arguments, session).await;
    headless::with_phone(acting, &arguments.media, Calls::one(!arguments.decline), settings, output, work).await
}

async fn wait(arguments: &WaitArgs, session: &mut Session<'_>) -> Result<Exit, Failure> {
    session.ready().await?;
    session.output().progress("waiting for a call; Ctrl-C ends it");
    session.listen(&arguments.media);
    let mut exit = Exit::Done;
    for _ in 0..arguments.calls.get() {
        let call = rung(arguments, session).await?;
        exit = handle(arguments, session, call).await?;
    }
    Ok(exit)
}

/// The next call that rings here.
async fn rung(arguments: &WaitArgs, session: &mut Session<'_>) -> Result<CallId, Failure> {
    let until = arguments.timeout.map(|patience| clock::now() + patience);
    loop {
        match session.next(until).await? {
            Woken::Event(event) => {
                if let Event::Incoming(incoming) = *event {
                    return Ok(incoming.call);
                }
            }
            Woken::Time => return Err(Failure::new(Exit::NoAnswer, "nobody called in time")),
            Woken::Signal(exit) => return Err(Failure::new(exit, "")),
            Woken::Ended => return Err(Failure::new(Exit::Failed, "the phone ended")),
            Woken::Played(_) => {}
        }
    }
}

/// Answers, declines, or leaves it ringing until the caller gives up.
async fn handle(arguments: &WaitArgs, session: &mut Session<'_>, call: CallId) -> Result<Exit, Failure> {
    if arguments.answer {
        session.tell(Command::Answer(call)).await;
    } else if arguments.decline {
        session.tell(Command::Decline(call)).await;
    }
    match Conversation::new(&arguments.media, Some(call)).follow(session).await? {
        End::Gone { from, reason } if !arguments.answer => {
            // What was told to be declined, or only to be reported, went as told.
            session.print_gone(&from, reason)?;
            Ok(Exit::Done)
        }
        end => session.conclude(end, &arguments.media),
    }
}
