//! Participants that live in the service: somebody to try a first call with.
//!
//! What a bot decides is a pure machine (`machine.rs`: notices in, actions out); a task carries it out ([`run`]). It takes
//! part in calls through the few verbs of [`Calling`], as any endpoint does, and speaks on legs inside this process.

pub mod demo_group;
mod driver;
mod echo;
mod machine;
mod programme;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use driver::{BotParts, Calling, run};

use crate::domain::id::DisplayName;
use crate::domain::person::Person;

/// Who there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bot {
    /// Greets, and says again what it hears, a second later.
    Echo,
    /// Plays music.
    Music,
    /// Always in another call.
    Busy,
    /// Rings, and never answers.
    Nobody,
    /// Answers, and some seconds after the call has ended calls its caller back.
    Callback,
}

impl Bot {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Echo, Self::Music, Self::Busy, Self::Nobody, Self::Callback];

    /// Who it is to others.
    pub fn person(self) -> Person {
        let name = self.name();
        Person::new(
            format!("8:{name}123").parse().expect("the identities of bots are well-formed"),
            name.parse().expect("the names of bots are well-formed"),
            DisplayName::from(self.display_name()),
        )
    }

    /// In how many calls it can be at once: 0 is always busy.
    pub fn max_calls(self) -> usize {
        match self {
            Self::Busy => 0,
            Self::Echo | Self::Music | Self::Nobody | Self::Callback => 256,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Music => "music",
            Self::Busy => "busy",
            Self::Nobody => "nobody",
            Self::Callback => "callback",
        }
    }

    fn display_name(self) -> &'static str {
        match self {
            Self::Echo => "Echo",
            Self::Music => "Music",
            Self::Busy => "Busy",
            Self::Nobody => "Nobody",
            Self::Callback => "Callback",
        }
    }
}

/// All bots as people who can be called.
pub fn persons() -> Vec<Person> {
    Bot::ALL.into_iter().map(Bot::person).collect()
}

/// How long [`Bot::Callback`] waits before it calls back.
pub const CALLBACK_AFTER: Duration = Duration::from_secs(5);
