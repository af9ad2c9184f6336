//! For tests: people, and what a phone tells of its calls with them.

use std::sync::Arc;

use uuid::Uuid;

use crate::domain::call::{CallState, Direction, Participant, ParticipantState, Peer, RosterRow};
use crate::domain::end_reason::EndReason;
use crate::domain::group::Group;
use crate::domain::id::{CallId, GroupId};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::phone::event::{CallView, GroupCard, Incoming, LinkReach, MediaState, Quality, Summary};

/// When calls of tests begin.
pub(super) const BEGUN: UnixMillis = UnixMillis(1_767_621_731_000);

pub(super) fn number(call: u128) -> CallId {
    CallId(Uuid::from_u128(call << 100))
}

pub(super) fn person(name: &str) -> Person {
    let mut display = name.to_owned();
    display[..1].make_ascii_uppercase();
    Person::new(format!("8:acs:demo_{name}").parse().unwrap(), name.parse().unwrap(), display.as_str().into())
}

pub(super) fn me() -> Person {
    person("alice")
}

pub(super) fn bob() -> Person {
    person("bob")
}

pub(super) fn carol() -> Person {
    person("carol")
}

pub(super) fn incoming(call: u128, from: Person) -> Incoming {
    Incoming { call: number(call), from, at: BEGUN, group: None, via: None }
}

pub(super) fn call(call: u128, with: Person, state: CallState) -> CallView {
    let connected = matches!(state, CallState::Connected | CallState::LocalHold | CallState::RemoteHold);
    let participant = Participant { person: with.clone(), state: ParticipantState::Connected, muted: false };
    CallView {
        call: number(call),
        direction: Direction::Outgoing,
        with: Peer::Person(with),
        group: None,
        may_end: false,
        state,
        started_at: BEGUN,
        connected_at: connected.then(|| BEGUN.plus(5000)),
        muted: false,
        participants: Arc::new([RosterRow { number: 0, participant }]),
        media: MediaState::Flowing,
        consult_of: None,
        via: None,
        held_since: None,
    }
}

pub(super) fn group_call(id: u128, name: &str) -> CallView {
    let group = Group { id: GroupId(Uuid::from_u128(9)), name: name.parse().ok(), code: "k7mq3tzf".parse().unwrap() };
    let with = Peer::Group(group.reference());
    let link = "http://h:1/j/k7mq-3tzf".to_owned();
    let card = GroupCard { group, link, reach: LinkReach::ThisMachine };
    CallView { with, group: Some(card), ..call(id, bob(), CallState::Connected) }
}

pub(super) fn summary(call: u128, with: Person, end: EndReason) -> Summary {
    Summary {
        call: number(call),
        direction: Direction::Outgoing,
        with: Peer::Person(with),
        end,
        handed_over: None,
        connected_for: None,
        quality: Quality::default(),
        first_audio_ms: None,
        heard_ms: 0,
        level_out_dbfs: None,
        level_in_dbfs: None,
    }
}
