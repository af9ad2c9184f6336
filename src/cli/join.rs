//! `switchboard join`.

use clap::Args;

use super::account;
use super::conversation::Conversation;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::headless::{self, Calls, Session};
use super::media_flags::MediaFlags;
use super::output::Output;
use super::settings::Settings;
use crate::domain::place::{NotAPlace, Place};
use crate::phone::command::Command;

/// Join a group's call without a screen.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "switchboard join [OPTIONS] <WHERE>",
    after_help = "\
Anybody signed in may join who knows the ID, the code or the link. Joining a group that nobody is in begins its call; \
any GUID is a group's. The call lasts until --for is over, the file of --mic is, or it is ended for everybody. Ctrl-C \
leaves. With more than two in it one joins with the microphone off, unless --mic or --unmuted says otherwise.

Examples:
  switchboard join k7mq-3tzf                             by code
  switchboard join http://127.0.0.1:8790/j/k7mq-3tzf     by link
  switchboard join \"Ops bridge\"                          by the name of a group of your list
  switchboard join 29228d3e-040e-4656-a70e-890ab4e173e5 --existing    by ID, if somebody is there
  switchboard join k7mq-3tzf --mic tone --speaker none --for 10s --expect 'heard_ms>1000' --json"
)]
pub struct JoinArgs {
    /// Where: a group's ID, its code, its link, or the name of a group of your list
    #[arg(value_name = "WHERE")]
    pub place: Option<String>,

    /// Join only a call that somebody is in; do not begin one
    #[arg(long)]
    pub existing: bool,

    /// Join with the microphone off
    #[arg(long, conflicts_with = "unmuted")]
    pub muted: bool,

    /// Join with the microphone on
    #[arg(long)]
    pub unmuted: bool,

    /// Sound, and when the call is over.
    #[command(flatten)]
    pub media: MediaFlags,
}

impl JoinArgs {
    /// Whether the microphone is to be off; `None` leaves it to the number of people there. What was given to be spoken
    /// is spoken.
    fn microphone_off(&self) -> Option<bool> {
        if self.muted {
            return Some(true);
        }
        (self.unmuted || self.media.sound.mic.is_some()).then_some(false)
    }

    /// Where to join, as typed, once it is known to be a place.
    fn place(&self) -> Result<(&str, Place), Failure> {
        let typed = self.place.as_deref().unwrap_or_default();
        let place = typed.parse().map_err(|why: NotAPlace| match why {
            NotAPlace::Empty => Failure::usage(format!("{why}; `switchboard groups` lists yours")),
            NotAPlace::Id | NotAPlace::Link | NotAPlace::Unknown => Failure::usage(why.to_string()),
        });
        place.map(|place| (typed, place))
    }
}

/// Joins, follows the call to its end, and says how it went.
///
/// # Errors
/// When it was not joined, an expectation was not met, or a signal ended it.
pub async fn run(
    arguments: &JoinArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let (typed, place) = match arguments.place() {
        Ok(place) => place,
        Err(failure) => return headless::no_call(output, failure),
    };
    let acting = match &place {
        Place::Link { origin, fingerprint, .. } => {
            account::acting_at(globals, settings, origin, *fingerprint, false).await
        }
        Place::Key(_) | Place::Name(_) => account::acting(globals, settings, false, false).await,
    };
    let work = async |session: &mut Session<'_>| join(arguments, typed, session).await;
    headless::with_phone(acting, &arguments.media, Calls::one(false), settings, output, work).await
}

async fn join(arguments: &JoinArgs, typed: &str, session: &mut Session<'_>) -> Result<Exit, Failure> {
    session.ready().await?;
    let (existing, muted) = (arguments.existing, arguments.microphone_off());
    session.tell(Command::Join { place: typed.to_owned(), existing, muted }).await;
    session.listen(&arguments.media);
    let end = Conversation::new(&arguments.media, None).follow(session).await?;
    session.conclude(end, &arguments.media)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(place: Option<&str>) -> JoinArgs {
        let place = place.map(ToOwned::to_owned);
        JoinArgs { place, existing: false, muted: false, unmuted: false, media: MediaFlags::default() }
    }

    #[test]
    fn what_was_given_to_be_spoken_is_spoken() {
        let silent = arguments(Some("x"));
        assert_eq!(silent.microphone_off(), None);
        let speaking = JoinArgs { media: MediaFlags::tone(), ..silent.clone() };
        assert_eq!(speaking.microphone_off(), Some(false));
        assert_eq!(JoinArgs { muted: true, ..speaking }.microphone_off(), Some(true));
        assert_eq!(JoinArgs { unmuted: true, ..silent }.microphone_off(), Some(false));
    }

    #[test]
    fn what_is_no_place_is_refused_before_anything_else_and_teaches() {
        for (typed, says) in [
            (None, "`switchboard groups` lists yours"),
            (Some(" "), "its code, its link or its name"),
            (Some("29228d3e-040e-4656-a70e"), "32 hexadecimal digits"),
            (Some("http://h/x"), "https://HOST/j/k7mq-3tzf"),
            (Some("a\u{1b}b"), "give its ID"),
        ] {
            let refused = arguments(typed).place().unwrap_err();
            assert_eq!(refused.exit, Exit::Usage, "{typed:?}");
            assert!(refused.message.contains(says), "{typed:?}: {}", refused.message);
        }
        assert!(arguments(Some("Ops bridge")).place().is_ok());
    }
}
