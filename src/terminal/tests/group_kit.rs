//! Groups, and a group call of any size.

use std::sync::Arc;

use uuid::Uuid;

use super::kit::{CALL, Desk, person, view};
use crate::domain::call::{CallState, Participant, ParticipantState, Peer, RosterRow};
use crate::domain::group::{Group, GroupRow};
use crate::domain::id::GroupId;
use crate::domain::person::Person;
use crate::phone::event::{CallView, Event, GroupCard, LinkReach};

pub(super) const LINK: &str = "http://192.168.178.42:8790/j/k7mq-3tzf";

pub(super) fn group(name: Option<&str>) -> Group {
    let id = GroupId(Uuid::from_u128(0x2922_8d3e_040e_4656_a70e_890a_b4e1_73e5));
    Group { id, name: name.map(|name| name.parse().unwrap()), code: "k7mq3tzf".parse().unwrap() }
}

pub(super) fn card() -> GroupCard {
    GroupCard { group: group(Some("Ops bridge")), link: LINK.to_owned(), reach: LinkReach::Network }
}

/// The groups of the user's list: one of her own with people in it, one of Bob's, one without a name.
pub(super) fn groups() -> Vec<GroupRow> {
    let other = |n: u128, name: Option<&str>, code: &str, owner: &str| GroupRow {
        group: Group { id: GroupId(Uuid::from_u128(n)), code: code.parse().unwrap(), ..group(name) },
        owner: person(owner),
        here: Vec::new(),
    };
    let ops = GroupRow {
        group: group(Some("Ops bridge")),
        owner: person("alice"),
        here: ["bob", "carol", "grace"].map(person).to_vec(),
    };
    vec![other(8, None, "wxz2345b", "alice"), other(7, Some("Retrospective"), "bbcd2345", "bob"), ops]
}

/// Somebody of a large call.
pub(super) fn guest(number: u16) -> Person {
    const NAMES: [&str; 8] = ["Ada", "Björn", "Chloé", "Dmitri", "Eun-ji", "Fatima", "Giovanni", "日向"];
    let name = NAMES[usize::from(number) % NAMES.len()];
    Person::new(
        format!("8:acs:demo_guest{number}").parse().unwrap(),
        format!("guest{number}").parse().unwrap(),
        format!("{name} {number}").as_str().into(),
    )
}

pub(super) fn roster_row(number: u16, person: Person, state: ParticipantState, muted: bool) -> RosterRow {
    RosterRow { number, participant: Participant { person, state, muted } }
}

/// A call of "Ops bridge" with these people in it.
pub(super) fn group_view(participants: Vec<RosterRow>) -> CallView {
    let card = card();
    CallView {
        with: Peer::Group(card.group.reference()),
        group: Some(card),
        may_end: true,
        participants: participants.into(),
        ..view(CallState::Connected)
    }
}

/// Four others: one speaks, one is muted, one on hold, one rings.
pub(super) fn four() -> Vec<RosterRow> {
    vec![
        roster_row(1, person("bob"), ParticipantState::Connected, false),
        roster_row(2, person("carol"), ParticipantState::Connected, false),
        roster_row(3, person("dave"), ParticipantState::Connected, true),
        roster_row(4, person("erin"), ParticipantState::Hold, false),
        roster_row(5, person("frank"), ParticipantState::Reconnecting, false),
        roster_row(6, person("grace"), ParticipantState::Ringing, false),
    ]
}

/// As many others, all muted but every seventh.
pub(super) fn crowd(count: u16) -> Vec<RosterRow> {
    (1..=count).map(|n| roster_row(n, guest(n), ParticipantState::Connected, !n.is_multiple_of(7))).collect()
}

impl Desk {
    /// A screen in a group call.
    pub(super) fn in_group(participants: Vec<RosterRow>) -> Self {
        let mut desk = Self::ready();
        desk.calls(CallView { participants: Arc::new([]), ..group_view(Vec::new()) });
        desk.calls(group_view(participants));
        desk
    }

    /// These speak, at −20 dBFS each.
    pub(super) fn speak(&mut self, numbers: &[u16]) {
        self.hears(Event::Speakers { call: CALL, speakers: numbers.to_vec() });
        let heard = numbers.iter().map(|number| (*number, -20.0)).collect();
        self.hears(Event::Levels { call: CALL, microphone: -18.0, speaker: -20.0, heard });
    }

    /// Carol shares "Ops bridge".
    pub(super) fn shared() -> Self {
        let mut desk = Self::ready();
        desk.hears(Event::GroupShared { card: card(), by: person("carol"), here: 3 });
        desk
    }
}
