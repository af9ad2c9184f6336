//! What can be open above the panels.

use super::Input;
use super::Ladder;
use super::friends::matches;
use super::share::{JoinPrompt, NamePrompt, Question, ShareCard, ShareWith};
use super::sound::SoundPopup;
use crate::domain::person::{Friend, Person};
use crate::domain::time::UnixMillis;

/// Something open above the panels.
#[derive(Debug, Clone)]
pub enum Popup {
    /// An entry for somebody's name or identity.
    Dial(Dial),
    /// The command line.
    Palette(Palette),
    /// The help menu.
    Help {
        /// What is searched for.
        search: Input,
        /// How many rows it is scrolled down.
        scroll: usize,
    },
    /// The sound: devices, volumes, profile, processing.
    Sound(SoundPopup),
    /// The quality of the call, in full.
    Quality {
        /// How many rows it is scrolled down.
        scroll: usize,
    },
    /// The keypad.
    Keypad,
    /// The choice of presence, with the row selected.
    Presence(usize),
    /// The prompt for a place to join.
    Join(JoinPrompt),
    /// The prompt for the name of a new group.
    Name(NamePrompt),
    /// The share card of a group.
    Share(ShareCard),
    /// The friends to share it with.
    ShareWith(ShareWith),
    /// A question.
    Confirm(Question),
    /// The ladder of what was sent, and what came of it.
    Ladder(Box<Ladder>),
}

/// The command line.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    /// What is typed.
    pub input: Input,
    /// Which suggestion is selected.
    pub selected: usize,
}

/// What the person looked for is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be called.
    Call,
    /// To be put on the friend list.
    AddFriend,
    /// To be rung into the call going on.
    Invite,
}

/// An entry for somebody's name or identity, with the people it could mean.
#[derive(Debug, Clone)]
pub struct Dial {
    /// What for.
    pub purpose: Purpose,
    /// What is typed.
    pub input: Input,
    /// Whom the service found for the text typed.
    pub found: Vec<Person>,
    /// When the service is asked next: a little after the last key.
    pub search_at: Option<UnixMillis>,
    /// Which row is selected.
    pub selected: usize,
}

impl Dial {
    /// An entry that holds `text`.
    pub fn new(purpose: Purpose, text: &str) -> Self {
        Self { purpose, input: Input::new(text), found: Vec::new(), search_at: None, selected: 0 }
    }

    /// Whom the text could mean: friends first (not for adding one), then people found; exact names before others.
    pub fn candidates<'a>(&'a self, friends: &'a [Friend]) -> Vec<&'a Person> {
        let needle = self.input.trimmed().to_lowercase();
        let mut rows: Vec<&Person> = Vec::new();
        if self.purpose != Purpose::AddFriend {
            rows.extend(friends.iter().map(|friend| &friend.person).filter(|person| matches(person, &needle)));
        }
        let is_friend = |person: &Person| friends.iter().any(|friend| friend.person.identity == person.identity);
        let others = self.found.iter().filter(|person| !is_friend(person) && matches(person, &needle));
        if !needle.is_empty() {
            rows.extend(others);
        }
        rows.sort_by_key(|person| (person.name.as_str() != needle, !person.name.as_str().starts_with(&needle)));
        rows
    }

    /// The person of the selected row; `None` when the text itself is meant.
    pub fn chosen<'a>(&'a self, friends: &'a [Friend]) -> Option<&'a Person> {
        self.candidates(friends).get(self.selected).copied()
    }
}
