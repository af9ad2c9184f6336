//! People of other organisations, who are shown as external wherever they are met.

use std::sync::Arc;

use super::group_kit::four;
use super::kit::{Desk, friends, incoming, person, view};
use super::states::check;
use crate::domain::call::CallState;
use crate::domain::person::Person;
use crate::phone::event::Event;

fn of_acme(person: &mut Person) {
    person.organisation = "acme-berlin".parse().unwrap();
}

/// Two of six friends are of another organisation; one of them has a long name.
fn desk() -> Desk {
    let mut desk = Desk::ready();
    let mut friends = friends();
    for at in [0, 3] {
        of_acme(&mut friends[at].person);
    }
    desk.hears(Event::Friends(friends));
    desk
}

#[test]
fn friends_who_are_external() {
    check("external_friends", &desk());
}

#[test]
fn an_incoming_call_from_outside() {
    let mut desk = desk();
    let mut call = incoming("carol");
    of_acme(&mut call.from);
    desk.hears(Event::Incoming(call));
    check("external_incoming", &desk);
}

#[test]
fn a_call_with_somebody_external() {
    let mut desk = desk();
    let mut view = view(CallState::Connected);
    let rows = Arc::make_mut(&mut view.participants);
    rows.iter_mut().for_each(|row| of_acme(&mut row.participant.person));
    desk.calls(view);
    check("external_call", &desk);
}

#[test]
fn a_group_call_with_people_from_outside() {
    let mut rows = four();
    for at in [1, 3] {
        of_acme(&mut rows[at].participant.person);
    }
    rows[3].participant.person.display_name = "Erin of the long and winding name, Dr.".into();
    check("external_group_call", &Desk::in_group(rows));
}

#[test]
fn who_is_external_hangs_on_who_looks() {
    let mut desk = desk();
    assert!(desk.sees(80, 24).contains("external: acme-berlin"));
    let mut me = person("alice");
    of_acme(&mut me);
    desk.hears(Event::Me(me));
    let seen = desk.sees(80, 24);
    assert!(!seen.contains("external: acme-berlin"), "{seen}");
    assert!(seen.contains("external: main"), "{seen}");
}
