//! Several calls at once: with whom, in which state, and in which order they are told.

use uuid::Uuid;

use super::kit::{Desk, NOW, friends, incoming, person, row, view};
use crate::domain::call::{CallState, Direction, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::park::ParkedCall;
use crate::domain::person::{Favourite, Friend};
use crate::domain::presence::{Presence, PresenceState};
use crate::phone::event::{CallView, Event, HandedOver, Incoming, Summary};

use super::kit::summary;

/// The call of this number.
pub(super) fn id(number: u128) -> CallId {
    CallId(Uuid::from_u128(number))
}

/// A call with somebody; one on hold has been so for 20 seconds.
pub(super) fn with(number: u128, name: &str, state: CallState) -> CallView {
    CallView {
        call: id(number),
        direction: if number.is_multiple_of(2) { Direction::Incoming } else { Direction::Outgoing },
        with: Peer::Person(person(name)),
        participants: [row(name, false)].into(),
        held_since: (state == CallState::LocalHold).then(|| NOW.plus(-20_000)),
        ..view(state)
    }
}

/// Somebody asked while another call waits.
pub(super) fn asked(number: u128, name: &str, state: CallState, waiting: u128) -> CallView {
    CallView { consult_of: Some(id(waiting)), direction: Direction::Outgoing, ..with(number, name, state) }
}

/// Somebody who calls.
pub(super) fn rings(number: u128, name: &str) -> Incoming {
    Incoming { call: id(number), ..incoming(name) }
}

pub(super) fn over(number: u128, name: &str, end: EndReason) -> Summary {
    Summary { call: id(number), with: Peer::Person(person(name)), ..summary(end, Some(30)) }
}

/// A call that ended with somebody handed on to somebody.
pub(super) fn handed_over(number: u128, name: &str, who: &str, to: &str) -> Summary {
    let handed_over = Some(HandedOver { who: person(who), to: person(to) });
    Summary { handed_over, ..over(number, name, EndReason::TRANSFERRED) }
}

/// A call that waits in a slot since so many seconds.
pub(super) fn parked(slot: u8, name: &str, by: &str, seconds: i64) -> ParkedCall {
    ParkedCall {
        slot: slot.try_into().unwrap(),
        call_id: id(900 + u128::from(slot)),
        person: person(name),
        by: person(by),
        since: NOW.plus(-seconds * 1000),
    }
}

/// The friends, each with a number.
pub(super) fn numbered() -> Vec<Friend> {
    let mut friends = friends();
    for (friend, number) in friends.iter_mut().zip(Favourite::all()) {
        friend.favourite = Some(number);
    }
    friends
}

impl Desk {
    /// The same, with all friends favourites: Bob is 1, Grace is 6.
    pub(super) fn with_favourites(mut self) -> Self {
        self.hears(Event::Friends(numbered()));
        self.effects.clear();
        self
    }

    /// What a friend is doing now.
    pub(super) fn is_now(&mut self, name: &str, state: PresenceState) {
        self.hears(Event::Presence { identity: person(name).identity, presence: Presence::now(state) });
    }

    /// Talking to Bob in call 1.
    pub(super) fn talking() -> Self {
        let mut desk = Self::ready();
        desk.tells(with(1, "bob", CallState::Connected));
        desk.hears(Event::Active(Some(id(1))));
        desk.effects.clear();
        desk
    }

    /// Bob on hold in call 1, talking to Carol in call 2.
    pub(super) fn two_calls() -> Self {
        let mut desk = Self::talking();
        desk.tells(with(1, "bob", CallState::LocalHold));
        desk.tells(with(2, "carol", CallState::Connected));
        desk.hears(Event::Active(Some(id(2))));
        desk.effects.clear();
        desk
    }

    /// Asking Carol in call 3, in this state, while Bob waits in call 1.
    pub(super) fn asking(state: CallState) -> Self {
        let mut desk = Self::talking();
        desk.tells(with(1, "bob", CallState::LocalHold));
        desk.tells(asked(3, "carol", state, 1));
        desk.hears(Event::Active(Some(id(3))));
        desk.effects.clear();
        desk
    }

    pub(super) fn tells(&mut self, view: CallView) {
        self.hears(Event::Call(view));
    }
}
