//! The demo's group: two guests in conversation and one who knocks in and out, so that one person alone can see a group
//! call. They are there only while somebody else is.
//!
//! When a guest comes and goes is a pure machine (`guest.rs`), who speaks when a pure script (`script.rs`); a task for
//! each guest ([`attend`]) carries it out through the few verbs of [`Meeting`].

mod driver;
mod guest;
mod script;
mod talker;

pub use driver::{GuestParts, Meeting, attend};

use crate::domain::id::DisplayName;
use crate::domain::person::Person;

/// The name of the group.
pub const NAME: &str = "Demo";

/// Who is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guest {
    /// Talks with Ben.
    Ada,
    /// Talks with Ada.
    Ben,
    /// Comes, says a word, and goes.
    Kim,
}

impl Guest {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ada, Self::Ben, Self::Kim];

    /// Who it is to others.
    pub fn person(self) -> Person {
        let (name, shown) = match self {
            Self::Ada => ("ada", "Ada"),
            Self::Ben => ("ben", "Ben"),
            Self::Kim => ("kim", "Kim"),
        };
        Person::new(
            format!("8:{name}123").parse().expect("the identities of guests are well-formed"),
            name.parse().expect("the names of guests are well-formed"),
            DisplayName::from(shown),
        )
    }

    /// Whether this is one of them.
    pub fn is(person: &Person) -> bool {
        Self::ALL.iter().any(|guest| guest.person().identity == person.identity)
    }
}
