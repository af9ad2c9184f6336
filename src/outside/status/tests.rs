//! What a status becomes by what the phone tells.

use super::*;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::{AccountRules, CallRules};
use crate::domain::person::{Friend, Person};
use crate::domain::presence::Presence;
use crate::domain::transfer::Via;
use crate::outside::kit::{bob, call, carol, group_call, incoming, me, number, summary};

fn status() -> Status {
    let mut status = Status::new("http://h:1".to_owned(), true, 7);
    assert!(status.take(&Event::Me(me())));
    status
}

#[test]
fn what_does_not_change_it_says_so() {
    let mut status = status();
    assert!(!status.take(&Event::Me(me())));
    assert!(status.take(&Event::Link(Link::Up)) && !status.take(&Event::Link(Link::Up)));
    assert!(status.take(&Event::MyPresence(Presence::now(PresenceState::Away))));
    assert!(status.take(&Event::Missed(2)) && !status.take(&Event::Missed(2)));
    assert!(!status.take(&Event::Warning("x".to_owned())));
    assert_eq!((status.account.as_str(), status.missed), ("alice", 2));
}

#[test]
fn calls_keep_their_row_from_the_first_ring_on() {
    let mut status = status();
    status.take(&Event::Incoming(incoming(1, bob())));
    status.take(&Event::Incoming(incoming(2, carol())));
    assert_eq!(status.ringing().map(|row| row.who.as_str()), Some("Bob"));
    status.take(&Event::Call(call(1, bob(), CallState::Connected)));
    status.take(&Event::Active(Some(number(1))));
    let rows: Vec<_> = status.calls.iter().map(|row| (row.who.as_str(), row.rings, row.active)).collect();
    assert_eq!(rows, [("Bob", false, true), ("Carol", true, false)]);
    assert_eq!(status.active().map(|row| row.call_id), Some(number(1)));
    // Told again while it is answered: it does not ring once more.
    assert!(!status.take(&Event::Incoming(incoming(1, bob()))));
    status.take(&Event::Ended(summary(1, bob(), EndReason::HUNG_UP)));
    assert_eq!(status.calls.len(), 1);
    assert_eq!(status.active(), None);
    let gone = Event::IncomingEnded { call: number(2), from: carol(), reason: EndReason::CANCELLED };
    assert!(status.take(&gone) && status.calls.is_empty());
}

#[test]
fn a_number_that_is_free_is_given_again() {
    let mut status = status();
    (1..=3).for_each(|id| assert!(status.take(&Event::Incoming(incoming(id, bob())))));
    status.take(&Event::IncomingEnded { call: number(2), from: bob(), reason: EndReason::CANCELLED });
    status.take(&Event::Call(call(4, carol(), CallState::Connecting)));
    let rows: Vec<_> = status.calls.iter().map(|row| (row.number, row.call_id)).collect();
    assert_eq!(rows, [(1, number(1)), (2, number(4)), (3, number(3))]);
}

#[test]
fn favourites_and_that_all_calls_are_forwarded_are_told() {
    let mut status = status();
    let friend = |person: Person, favourite: Option<u8>| Friend {
        person,
        presence: Presence::now(PresenceState::Online),
        favourite: favourite.map(|number| number.try_into().unwrap()),
    };
    assert!(status.take(&Event::Friends(vec![friend(bob(), Some(2)), friend(carol(), None)])));
    let presence = Presence::now(PresenceState::Ringing);
    assert!(status.take(&Event::Presence { identity: bob().identity, presence }));
    assert!(!status.take(&Event::Presence { identity: carol().identity, presence }));
    let told = serde_json::to_string(&status.favourites).unwrap();
    assert_eq!(told, r#"[{"number":2,"who":"Bob","identity":"8:acs:demo_bob","presence":"ringing"}]"#);
    let rules = CallRules { always: Some(carol().identity), ..CallRules::default() };
    assert!(status.take(&Event::Rules(AccountRules { rules, people: vec![carol()] })));
    assert_eq!(status.forwarded_to.as_deref(), Some("Carol"));
    assert!(status.take(&Event::Rules(AccountRules::default())) && status.forwarded_to.is_none());
}

#[test]
fn the_other_call_is_the_one_talked_to_before() {
    let mut status = status();
    assert_eq!(status.other(), None);
    for id in 1..=3 {
        status.take(&Event::Call(call(id, bob(), CallState::LocalHold)));
        status.take(&Event::Active(Some(number(id))));
    }
    assert_eq!(status.other().map(|row| row.call_id), Some(number(2)));
    status.take(&Event::Active(Some(number(1))));
    assert_eq!(status.other().map(|row| row.call_id), Some(number(3)));
    status.take(&Event::Ended(summary(3, bob(), EndReason::HUNG_UP)));
    assert_eq!(status.other().map(|row| row.call_id), Some(number(2)));
}

#[test]
fn a_call_alone_is_the_active_one() {
    let mut status = status();
    status.take(&Event::Call(call(1, bob(), CallState::Ringing)));
    assert_eq!(status.active().map(|row| row.who.as_str()), Some("Bob"));
    status.take(&Event::Call(call(2, carol(), CallState::Ringing)));
    assert_eq!(status.active(), None);
}

#[test]
fn who_is_there_now_is_told_and_not_who_was_called() {
    let mut status = status();
    let mut view = call(1, bob(), CallState::Connected);
    view.participants = call(1, carol(), CallState::Connected).participants;
    view.via = Some(Via::Transferred { by: bob() });
    status.take(&Event::Call(view));
    let row = status.calls.first().unwrap();
    assert_eq!((row.who.as_str(), row.identity.clone()), ("Carol", Some(carol().identity)));
    assert_eq!(row.via.as_deref(), Some("from Bob"));
    status.take(&Event::Call(group_call(2, "Ops bridge")));
    let row = status.calls.last().unwrap();
    assert_eq!((row.who.as_str(), row.group, &row.identity), ("Ops bridge", true, &None));
}

#[test]
fn a_call_that_goes_on_under_another_id_is_one_row_and_still_the_one_talked_to_before() {
    let mut status = status();
    status.take(&Event::Call(call(1, bob(), CallState::Connected)));
    status.take(&Event::Call(call(2, carol(), CallState::Connecting)));
    status.take(&Event::Moved { call: number(1), into: number(2) });
    assert_eq!(status.calls.iter().map(|row| (row.number, row.call_id)).collect::<Vec<_>>(), [(1, number(2))]);
    for id in [2, 3, 4] {
        status.take(&Event::Call(call(id, bob(), CallState::LocalHold)));
        status.take(&Event::Active(Some(number(id))));
    }
    status.take(&Event::Call(call(5, carol(), CallState::LocalHold)));
    status.take(&Event::Moved { call: number(3), into: number(5) });
    assert_eq!(status.other().map(|row| row.call_id), Some(number(5)));
}

#[test]
fn it_is_read_as_it_was_written_and_may_gain_fields() {
    let mut status = status();
    status.take(&Event::Call(call(1, bob(), CallState::LocalHold)));
    let mut written = serde_json::to_value(&status).unwrap();
    assert_eq!(written["calls"][0]["state"], "localHold");
    written["moon"] = "full".into();
    // People are told when that is asked for.
    status.people = People::default();
    assert_eq!(serde_json::from_value::<Status>(written).unwrap(), status);
}
