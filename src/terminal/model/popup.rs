//! What can be open above the panels.

use super::Ladder;
use super::friends::matches;
use super::share::{JoinPrompt, NamePrompt, Question, ShareCard, ShareWith};
use super::sound::SoundPopup;
use super::{Input, NotePrompt};
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::{CallId, Identity};
use crate::domain::person::{Friend, Person};
use crate::domain::presence::PresenceState;
use crate::domain::text::folded;
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
    /// What can be picked up, with the row selected.
    PickUp(usize),
    /// Where the user's calls go, with the row selected.
    Rules(usize),
    /// Friend requests and blocked people, with the row selected.
    Contacts(usize),
    /// The saved sign-ins, with the row selected; the row behind them adds one.
    Accounts(usize),
    /// The prompt for a place to join.
    Join(JoinPrompt),
    /// The prompt for the name of a new group.
    Name(NamePrompt),
    /// The entry for a note about a call.
    Note(NotePrompt),
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
    /// To be rung into this call.
    Invite(CallId),
    /// To take this call over.
    Transfer(CallId),
    /// To be asked while this call waits.
    Consult(CallId),
    /// To get the user's calls in this case.
    Forward(ForwardWhen),
    /// To ring in spite of do not disturb.
    Except,
}

impl Purpose {
    /// Whether a call is to be handed on to the person, now or after asking.
    pub fn hands_on(self) -> bool {
        matches!(self, Self::Transfer(_) | Self::Consult(_))
    }

    /// The call it is about.
    pub fn call(self) -> Option<CallId> {
        match self {
            Self::Invite(call) | Self::Transfer(call) | Self::Consult(call) => Some(call),
            Self::Call | Self::AddFriend | Self::Forward(_) | Self::Except => None,
        }
    }

    /// Whether it is a rule of where the user's calls go.
    pub fn is_rule(self) -> bool {
        matches!(self, Self::Forward(_) | Self::Except)
    }
}

/// How far somebody is from taking a call: the less, the better.
fn within_reach(friends: &[Friend], person: &Person) -> u8 {
    let friend = friends.iter().find(|friend| friend.person.identity == person.identity);
    match friend.map(|friend| friend.presence.state) {
        Some(PresenceState::Online) => 0,
        Some(PresenceState::Away) => 1,
        Some(PresenceState::InCall | PresenceState::Ringing) => 2,
        None => 3,
        Some(PresenceState::DoNotDisturb) => 4,
        Some(PresenceState::Offline) => 5,
    }
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
    /// Who is not offered: the other side of the call that is to be handed on.
    pub without: Option<Identity>,
}

impl Dial {
    /// An entry that holds `text`.
    pub fn new(purpose: Purpose, text: &str) -> Self {
        Self { purpose, input: Input::new(text), found: Vec::new(), search_at: None, selected: 0, without: None }
    }

    /// Whom the text could mean: friends first (not for adding one), then people found; exact names before others.
    pub fn candidates<'a>(&'a self, friends: &'a [Friend]) -> Vec<&'a Person> {
        let needle = folded(self.input.trimmed());
        let mut rows: Vec<&Person> = Vec::new();
        if self.purpose != Purpose::AddFriend {
            rows.extend(friends.iter().map(|friend| &friend.person).filter(|person| matches(person, &needle)));
        }
        let is_friend = |person: &Person| friends.iter().any(|friend| friend.person.identity == person.identity);
        let others = self.found.iter().filter(|person| !is_friend(person) && matches(person, &needle));
        if !needle.is_empty() {
            rows.extend(others);
        }
        rows.retain(|person| self.without.as_ref() != Some(&person.identity));
        // Who can take a call now comes first, where one is to be handed on.
        let reach = |person: &Person| if self.purpose.hands_on() { within_reach(friends, person) } else { 0 };
        rows.sort_by_key(|person| {
            let name = person.name.as_str();
            (name != needle, !name.starts_with(&needle), reach(person))
        });
        rows
    }

    /// Whether a digit means a favourite now: nothing is typed, and it is about somebody to talk to.
    pub fn takes_digits(&self) -> bool {
        self.input.text().is_empty() && self.purpose.hands_on()
    }

    /// The favourite of a digit, whatever order people are listed in.
    pub fn favourite<'a>(&self, digit: char, friends: &'a [Friend]) -> Option<&'a Person> {
        let number = u8::try_from(digit.to_digit(10)?).ok()?;
        let friend = friends.iter().find(|friend| friend.favourite.is_some_and(|n| n.number() == number));
        friend.filter(|_| self.takes_digits()).map(|friend| &friend.person)
    }

    /// The person of the selected row; `None` when the text itself is meant.
    pub fn chosen<'a>(&'a self, friends: &'a [Friend]) -> Option<&'a Person> {
        self.candidates(friends).get(self.selected).copied()
    }
}
