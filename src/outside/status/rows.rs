//! The rows of a status: a call, a parked call, a favourite, each as other programs get it.

use serde::{Deserialize, Serialize};

use crate::domain::call::{CallState, Direction, Peer};
use crate::domain::id::{CallId, Identity};
use crate::domain::park::{ParkSlot, ParkedCall};
use crate::domain::person::{Favourite, Friend};
use crate::domain::presence::PresenceState;
use crate::domain::time::UnixMillis;
use crate::phone::event::{CallView, Incoming};
use crate::texts::{desk, state};

/// A call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRow {
    /// Its number on the screen, from 1: the first that was free when it came, and its own until it is over.
    pub number: usize,
    /// Which.
    pub call_id: CallId,
    /// Its state.
    pub state: CallState,
    /// Who called whom.
    pub direction: Direction,
    /// Whether it rings here, and can be answered or declined.
    pub rings: bool,
    /// Whom it is with, as shown: a person, or a group.
    pub who: String,
    /// Where calls for the other side go, of a direct call.
    pub identity: Option<Identity>,
    /// Whether it is a group call.
    pub group: bool,
    /// Whether it is the one that is heard, and hears.
    pub active: bool,
    /// Whether the microphone is off.
    pub muted: bool,
    /// When it began.
    pub since: UnixMillis,
    /// When it was connected.
    pub connected_at: Option<UnixMillis>,
    /// Since when this phone holds it.
    pub held_since: Option<UnixMillis>,
    /// The call that waits while this one is to ask somebody first.
    pub consult_of: Option<CallId>,
    /// How it came to ring here, in a few words, when it was not simply made by who it is with.
    pub via: Option<String>,
}

/// A parked call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedRow {
    /// Where.
    pub slot: ParkSlot,
    /// Who waits.
    pub who: String,
    /// Who parked it.
    pub by: String,
    /// Since when.
    pub since: UnixMillis,
}

/// A favourite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FavouriteRow {
    /// The number.
    pub number: Favourite,
    /// Who, as shown.
    pub who: String,
    /// Where calls for that person go.
    pub identity: Identity,
    /// What that person is doing.
    pub presence: PresenceState,
}

impl CallRow {
    pub(super) fn ringing(incoming: &Incoming) -> Self {
        Self {
            number: 0,
            call_id: incoming.call,
            state: CallState::Ringing,
            direction: Direction::Incoming,
            rings: true,
            who: incoming.from.display_name.as_str().to_owned(),
            identity: Some(incoming.from.identity.clone()),
            group: incoming.group.is_some(),
            active: false,
            muted: false,
            since: incoming.at,
            connected_at: None,
            held_since: None,
            consult_of: None,
            via: incoming.via.as_ref().map(desk::via),
        }
    }

    pub(super) fn of(view: &CallView) -> Self {
        let (who, identity) = other_side(view);
        Self {
            number: 0,
            call_id: view.call,
            state: view.state,
            direction: view.direction,
            rings: false,
            who,
            identity,
            group: is_group(view),
            active: false,
            muted: view.muted,
            since: view.started_at,
            connected_at: view.connected_at,
            held_since: view.held_since,
            consult_of: view.consult_of,
            via: view.via.as_ref().map(desk::via),
        }
    }

    /// Whether it was answered: somebody talks, or is on hold.
    pub fn is_connected(&self) -> bool {
        match self.state {
            CallState::Connected | CallState::LocalHold | CallState::RemoteHold => true,
            CallState::None
            | CallState::Connecting
            | CallState::Ringing
            | CallState::EarlyMedia
            | CallState::InLobby
            | CallState::Disconnecting
            | CallState::Disconnected => false,
        }
    }

    /// Whether this phone holds it.
    pub fn is_held(&self) -> bool {
        self.state == CallState::LocalHold
    }
}

impl FavouriteRow {
    /// Those of a friend list, by number.
    pub(super) fn all(friends: &[Friend]) -> Vec<Self> {
        let row = |friend: &Friend| {
            Some(Self {
                number: friend.favourite?,
                who: friend.person.display_name.as_str().to_owned(),
                identity: friend.person.identity.clone(),
                presence: friend.presence.state,
            })
        };
        let mut rows: Vec<Self> = friends.iter().filter_map(row).collect();
        rows.sort_by_key(|row| row.number);
        rows
    }
}

impl ParkedRow {
    pub(super) fn of(parked: &ParkedCall) -> Self {
        Self {
            slot: parked.slot,
            who: parked.person.display_name.as_str().to_owned(),
            by: parked.by.display_name.as_str().to_owned(),
            since: parked.since,
        }
    }
}

fn is_group(view: &CallView) -> bool {
    view.group.is_some() || matches!(view.with, Peer::Group(_))
}

/// Whom a call is with now, as shown, and the identity of somebody who is alone there. The other side of a direct call may
/// be another person than the call began with.
pub(in crate::outside) fn other_side(view: &CallView) -> (String, Option<Identity>) {
    match (&view.group, view.other_side()) {
        (None, Some(person)) if !is_group(view) => {
            (person.display_name.as_str().to_owned(), Some(person.identity.clone()))
        }
        (Some(card), _) => (state::peer(&Peer::Group(card.group.reference())).to_owned(), None),
        (None, _) => (state::peer(&view.with).to_owned(), None),
    }
}
