//! A status as one line, as somebody wants it for a status line of tmux or a bar: text with placeholders. Pure.

use std::str::FromStr;

use super::status::{CallRow, LinkState, Status};
use crate::domain::call::CallState;
use crate::domain::text::printable;
use crate::domain::time::UnixMillis;
use crate::texts::{clock, outside, state};

/// The longest value of a placeholder, in characters.
const LONGEST: usize = 64;

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Placeholder),
}

macro_rules! placeholders {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal,)*) => {
        /// What can be put into a text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Placeholder { $($(#[doc = $doc])* $name,)* }

        impl Placeholder {
            const WORDS: &'static [&'static str] = &[$($word),*];

            fn of(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

placeholders! {
    /// The state in a word.
    State = "state",
    /// Whom the call is with that the state is about.
    Who = "who",
    /// How long that has been so.
    Time = "time",
    /// Whether the microphone is off.
    Mute = "mute",
    /// How many calls were missed.
    Missed = "missed",
    /// How many people ask to be friends.
    Requests = "requests",
    /// How many calls there are.
    Calls = "calls",
    /// How many of them ring here.
    Ringing = "ringing",
    /// How many of them this phone holds.
    Held = "held",
    /// How many calls are parked.
    Parked = "parked",
    /// Whom all calls are forwarded to.
    Forwarded = "forwarded",
    /// What others see of the user.
    Presence = "presence",
    /// The name the user signs in with.
    Account = "account",
    /// How the user is shown.
    Name = "name",
}

/// Why a text is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAFormat {
    /// An unknown placeholder.
    #[error("there is no `{{{0}}}`: use {names}; a brace itself is written twice", names = names())]
    Unknown(String),
    /// A brace without its partner.
    #[error("a brace stands alone: placeholders look like {{state}}, and a brace itself is written twice")]
    Brace,
}

fn names() -> String {
    Placeholder::WORDS.iter().map(|word| format!("{{{word}}}")).collect::<Vec<_>>().join(" ")
}

impl FromStr for Format {
    type Err = NotAFormat;

    fn from_str(text: &str) -> Result<Self, NotAFormat> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            add(&mut plain, before);
            if let Some(after) = brace.strip_prefix("{{").or_else(|| brace.strip_prefix("}}")) {
                add(&mut plain, &brace[..1]);
                rest = after;
                continue;
            }
            let (word, after) =
                brace.strip_prefix('{').and_then(|rest| rest.split_once('}')).ok_or(NotAFormat::Brace)?;
            let value = Placeholder::of(word).ok_or_else(|| NotAFormat::Unknown(printable(word, 32)))?;
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(Piece::Value(value));
            rest = after;
        }
        add(&mut plain, rest);
        pieces.push(Piece::Text(plain));
        Ok(Self(pieces))
    }
}

fn add(plain: &mut String, text: &str) {
    plain.extend(text.chars().filter(|c| !c.is_control()));
}

impl Format {
    /// Whether the line changes by itself while there is a call.
    pub fn tells_time(&self) -> bool {
        self.0.contains(&Piece::Value(Placeholder::Time))
    }

    /// The line, at the time `now`; no character of it steers a terminal.
    pub fn line(&self, status: &Status, now: UnixMillis) -> String {
        let value = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(placeholder) => printable(&placeholder.value(status, now), LONGEST),
        };
        self.0.iter().map(value).collect()
    }
}

impl Placeholder {
    fn value(self, status: &Status, now: UnixMillis) -> String {
        let row = foremost(status);
        let count = |is_it: &dyn Fn(&CallRow) -> bool| status.calls.iter().filter(|row| is_it(row)).count().to_string();
        match self {
            Self::State => word(status, row).to_owned(),
            Self::Who => row.map(|row| row.who.clone()).unwrap_or_default(),
            Self::Time => row.map(|row| clock::duration(now.since(counted_from(row)))).unwrap_or_default(),
            Self::Mute => row.filter(|row| !row.rings).map(|row| mute(row).to_owned()).unwrap_or_default(),
            Self::Missed => status.missed.to_string(),
            Self::Requests => status.friend_requests.to_string(),
            Self::Calls => status.calls.len().to_string(),
            Self::Ringing => count(&|row| row.rings),
            Self::Held => count(&CallRow::is_held),
            Self::Parked => status.parked.len().to_string(),
            Self::Forwarded => status.forwarded_to.clone().unwrap_or_default(),
            Self::Presence => status.presence.map(state::presence).unwrap_or_default().to_owned(),
            Self::Account => status.account.clone(),
            Self::Name => status.name.clone(),
        }
    }
}

/// The call that matters most: one that rings here, or else the active one, or else the first.
fn foremost(status: &Status) -> Option<&CallRow> {
    status.ringing().or_else(|| status.active()).or_else(|| status.calls.first())
}

fn word(status: &Status, row: Option<&CallRow>) -> &'static str {
    match (row, status.link) {
        (Some(row), _) => call_word(row),
        (None, LinkState::Up) => outside::IDLE,
        (None, LinkState::Connecting | LinkState::Down | LinkState::Refused) => outside::OFFLINE,
    }
}

/// The state of a call, in a word.
pub fn call_word(row: &CallRow) -> &'static str {
    match row.state {
        _ if row.rings => outside::RINGING,
        CallState::None | CallState::Connecting | CallState::Ringing | CallState::EarlyMedia | CallState::InLobby => {
            outside::CALLING
        }
        CallState::Connected => outside::CONNECTED,
        CallState::LocalHold => outside::HELD,
        CallState::RemoteHold => outside::HELD_BY_THEM,
        CallState::Disconnecting | CallState::Disconnected => outside::ENDING,
    }
}

/// Whether the microphone is off, in a word.
pub fn mute(row: &CallRow) -> &'static str {
    if row.muted { outside::MUTED } else { outside::LIVE }
}

/// From when on the time of a call is counted.
pub fn counted_from(row: &CallRow) -> UnixMillis {
    row.connected_at.unwrap_or(row.since)
}

#[cfg(test)]
mod tests {
    use super::super::kit::{BEGUN, bob, call, carol, incoming, me, number, person};
    use super::*;
    use crate::phone::event::{Event, Link};

    fn status(events: &[Event]) -> Status {
        let mut status = Status::new("http://h:1".to_owned(), true, 7);
        status.take(&Event::Me(me()));
        status.take(&Event::Link(Link::Up));
        events.iter().for_each(|event| _ = status.take(event));
        status
    }

    #[track_caller]
    fn shows(events: &[Event], format: &str, line: &str) {
        let format: Format = format.parse().unwrap();
        assert_eq!(format.line(&status(events), BEGUN.plus(65_000)), line);
    }

    #[test]
    fn the_call_that_matters_most_is_told() {
        const ALL: &str = "{state} {who} {time} {mute} {missed}";
        shows(&[], ALL, "idle    0");
        shows(&[Event::Link(Link::Connecting)], "{state}", "offline");
        let talks = Event::Call(call(1, bob(), CallState::Connected));
        shows(std::slice::from_ref(&talks), ALL, "connected Bob 01:00 live 0");
        shows(&[Event::Missed(2), talks.clone(), Event::Incoming(incoming(2, carol()))], ALL, "ringing Carol 01:05  2");
        let muted = Event::Call(crate::phone::event::CallView { muted: true, ..call(1, bob(), CallState::RemoteHold) });
        shows(&[muted], ALL, "held-by-them Bob 01:00 muted 0");
        let held = Event::Call(call(2, carol(), CallState::LocalHold));
        let counted = "{calls} {held} {ringing} {parked} {account} {presence}|";
        shows(&[talks, held, Event::Active(Some(number(1)))], counted, "2 1 0 0 alice |");
    }

    #[test]
    fn nothing_that_steers_a_terminal_is_shown() {
        let mut hostile = person("bob");
        hostile.display_name = "B\u{1b}]0;x\u{7}ob\u{202e}\n".into();
        shows(
            &[Event::Call(call(1, hostile, CallState::Ringing))],
            "\u{1b}[31m{who}\n#[fg=red]",
            "[31mB]0;xob#[fg=red]",
        );
    }

    #[test]
    fn braces_are_written_twice_and_unknown_words_refused() {
        shows(&[], "{{\"text\": \"{state}\"}}", "{\"text\": \"idle\"}");
        let refused = |text: &str| text.parse::<Format>().unwrap_err().to_string();
        assert!(refused("{status}").contains("no `{status}`: use {state} {who}"), "{}", refused("{status}"));
        assert!(refused("{who").contains("stands alone") && refused("who}").contains("stands alone"));
        assert!("{time}".parse::<Format>().unwrap().tells_time());
        assert!(!"{state}".parse::<Format>().unwrap().tells_time());
    }
}
