//! What can be picked up: calls that ring at friends, and calls that wait in slots.

use super::{Model, Popup};
use crate::domain::id::{CallId, Identity};
use crate::domain::park::ParkedCall;
use crate::domain::person::Friend;
use crate::domain::presence::PresenceState;
use crate::phone::command::Command;

/// Something that can be picked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pickable<'a> {
    /// What rings at a friend.
    Ringing(&'a Friend),
    /// A parked call.
    Parked(&'a ParkedCall),
}

/// Which one that is, wherever it stands in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// What rings at this person.
    Ringing(Identity),
    /// This call.
    Parked(CallId),
}

impl Pickable<'_> {
    /// Which one it is.
    pub fn key(&self) -> Picked {
        match self {
            Self::Ringing(friend) => Picked::Ringing(friend.person.identity.clone()),
            Self::Parked(parked) => Picked::Parked(parked.call_id),
        }
    }

    /// What picks it up.
    pub fn command(&self) -> Command {
        match self {
            Self::Ringing(friend) => Command::PickUpRinging(friend.person.identity.as_str().to_owned()),
            Self::Parked(parked) => Command::PickUp(parked.slot),
        }
    }
}

impl Model {
    /// What can be picked up: what rings first, for it rings for a short time only; then the parked calls, by slot.
    pub fn pickable(&self) -> Vec<Pickable<'_>> {
        let ringing = self.friends.list.iter().filter(|friend| self.rings_at(friend)).map(Pickable::Ringing);
        ringing.chain(self.parked.iter().map(Pickable::Parked)).collect()
    }

    /// Whether a call rings at a friend that is none of this phone's.
    pub fn rings_at(&self, friend: &Friend) -> bool {
        let identity = &friend.person.identity;
        let ours = |call: &super::LiveCall| {
            !call.is_connected() && call.other_side().is_some_and(|person| person.identity == *identity)
        };
        friend.presence.state == PresenceState::Ringing && !self.board.live().any(ours)
    }

    /// What is selected in the choice of what to pick up.
    pub fn picked(&self) -> Option<Picked> {
        match self.popup {
            Some(Popup::PickUp(selected)) => self.pickable().get(selected).map(Pickable::key),
            _ => None,
        }
    }
}
