//! Who asks to be a friend, who was asked, and who is blocked: rows of one list.

use super::{Model, Pane, Popup};
use crate::domain::call::{Direction, Peer};
use crate::domain::person::{FriendRequest, Person};

/// Friend requests and the block list.
#[derive(Debug, Clone, Default)]
pub struct Contacts {
    /// The open requests, in both directions.
    pub requests: Vec<FriendRequest>,
    /// The people who are blocked, by name.
    pub blocked: Vec<Person>,
    /// Whether it was told who is blocked.
    pub(crate) known: bool,
}

/// A row of the list of both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ContactRow<'a> {
    /// Somebody asks.
    Asks(&'a FriendRequest),
    /// Somebody was asked.
    Asked(&'a FriendRequest),
    /// Somebody is blocked.
    Blocked(&'a Person),
}

impl Contacts {
    /// How many ask.
    pub fn asking(&self) -> usize {
        self.requests.iter().filter(|request| request.direction == Direction::Incoming).count()
    }

    /// The rows: who asks first, then who was asked, then who is blocked.
    pub fn rows(&self) -> Vec<ContactRow<'_>> {
        let (asks, asked): (Vec<_>, Vec<_>) =
            self.requests.iter().partition(|request| request.direction == Direction::Incoming);
        let requests = asks.into_iter().map(ContactRow::Asks).chain(asked.into_iter().map(ContactRow::Asked));
        requests.chain(self.blocked.iter().map(ContactRow::Blocked)).collect()
    }
}

impl ContactRow<'_> {
    /// Who it is.
    pub fn person(&self) -> &Person {
        match self {
            Self::Asks(request) | Self::Asked(request) => &request.person,
            Self::Blocked(person) => person,
        }
    }
}

impl Model {
    /// The row selected of the list of requests and blocked people, while it is open.
    pub fn contact_selected(&self) -> Option<ContactRow<'_>> {
        match self.popup {
            Some(Popup::Contacts(selected)) => self.contacts.rows().get(selected).copied(),
            _ => None,
        }
    }

    /// Who would be blocked now: whose call rings, or else who is selected among the friends and past calls.
    pub fn to_block(&self) -> Option<&Person> {
        if let Some(incoming) = self.board.first_ringing() {
            return Some(&incoming.from);
        }
        match self.focus {
            Pane::Friends => self.friends.current().map(|friend| &friend.person),
            Pane::History => match &self.history.current()?.with {
                Peer::Person(person) => Some(person),
                Peer::Group(_) => None,
            },
            Pane::Groups | Pane::People | Pane::Events => None,
        }
    }
}
