//! What the handle promises, in sentences.

use std::time::Duration;

use super::kit::{Did, House, Mood, Phone, Talk, endpoint_of, person};
use super::*;
use crate::base::{clock, entropy};
use crate::control::call::{ABSENT_MAX, NOBODY_MAX, VANISHED_AFTER};
use crate::domain::call::{CallState, Direction, ParticipantState, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::presence::PresenceState;
use crate::domain::record::Outcome;
use crate::protocol::failure::FailureCode;
use crate::protocol::notice::{Notice, Slot};

#[tokio::test(start_paused = true)]
async fn all_clients_of_the_callee_ring_and_the_first_answer_wins() {
    let house = House::new();
    let mut alice = house.phone("alice").await;
    let (mut desk, mut sofa) = (house.phone("bob").await, house.phone("bob").await);
    let (call, leg_a) = alice.calls("bob").await;
    desk.rings(call, "alice").await;
    sofa.rings(call, "alice").await;
    house.calls.ringing(desk.id, call).await.unwrap();
    alice.is_told(CallState::Ringing).await;

    let leg_b = sofa.answers(call).await;
    desk.stops_ringing(EndReason::ANSWERED_ELSEWHERE).await;
    let late = house.calls.answer(desk.id, call, LegId(entropy::uuid())).await.unwrap_err();
    assert_eq!((late.code, late.sub_code), (FailureCode::Conflict, 10003));

    house.calls.leg_up(leg_a).await;
    house.calls.leg_up(leg_b).await;
    alice.is_told(CallState::Connected).await;
    sofa.is_told(CallState::Connected).await;
    assert_eq!(house.switched(), [Did::hears_only(leg_a, &[leg_b]), Did::hears_only(leg_b, &[leg_a])]);

    house.calls.hang_up(alice.id, call).await.unwrap();
    alice.ends(EndReason::HUNG_UP).await;
    sofa.ends(EndReason::HUNG_UP).await;
    assert_eq!(house.switched(), [Did::Close(leg_a), Did::Close(leg_b)]);
    for phone in [&mut alice, &mut desk, &mut sofa] {
        phone.gets_record_of(Outcome::Answered, EndReason::HUNG_UP).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_connects_while_it_rings_is_rung_too() {
    let house = House::new();
    let (alice, _desk) = (house.phone("alice").await, house.phone("bob").await);
    let (call, _) = alice.calls("bob").await;
    house.phone("bob").await.rings(call, "alice").await;
}

#[tokio::test(start_paused = true)]
async fn a_callee_whose_socket_just_broke_rings_once_it_is_back_and_is_offline_later() {
    let house = House::new();
    let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    house.calls.lost(bob.seat).await;
    let (call, _) = alice.calls("bob").await;
    house.calls.back(bob.seat).await;
    bob.rings(call, "alice").await;
    house.calls.lost(bob.seat).await;
    let lost = clock::now();
    bob.stops_ringing(EndReason::OFFLINE).await;
    alice.ends(EndReason::OFFLINE).await;
    assert_eq!((clock::now() - lost).as_secs(), NOBODY_MAX.as_secs());

    let again = clock::now();
    alice.calls("bob").await;
    alice.ends(EndReason::OFFLINE).await;
    assert_eq!(clock::now(), again);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_stops_ringing_and_is_a_missed_one_for_the_callee() {
    let house = House::new();
    let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    let (call, leg) = alice.calls("bob").await;
    house.calls.hang_up(alice.id, call).await.unwrap();
    bob.stops_ringing(EndReason::CANCELLED).await;
    bob.gets_record_of(Outcome::Missed, EndReason::CANCELLED).await;
    alice.ends(EndReason::CANCELLED).await;
    alice.gets_record_of(Outcome::Cancelled, EndReason::CANCELLED).await;
    assert_eq!(house.switched(), [Did::Close(leg)]);
    let late = house.calls.answer(bob.id, call, LegId(entropy::uuid())).await.unwrap_err();
    assert_eq!(late.code, FailureCode::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_declined_call_is_declined_for_both() {
    let house = House::new();
    let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    let (call, _) = alice.calls("bob").await;
    house.calls.decline(bob.id, call).await.unwrap();
    bob.stops_ringing(EndReason::DECLINED).await;
    alice.ends(EndReason::DECLINED).await;
    let record = bob.gets_record().await;
    assert_eq!((record.direction, record.outcome), (Direction::Incoming, Outcome::Declined));
    assert_eq!(record.with, Peer::Person(person("alice")));
}

#[tokio::test(start_paused = true)]
async fn a_call_rings_for_a_minute() {
    let house = House::new();
    let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    let began = clock::now();
    alice.calls("bob").await;
    bob.stops_ringing(EndReason::RING_TIMEOUT).await;
    assert_eq!((clock::now() - began).as_secs(), 60);
    alice.ends(EndReason::RING_TIMEOUT).await;
    alice.gets_record_of(Outcome::NoAnswer, EndReason::RING_TIMEOUT).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_offline_busy_or_not_to_be_disturbed_misses_the_call_unrung() {
    let house = House::new();
    let Talk { alice: _alice, mut bob, .. } = Talk::begin(&house).await;
    let mut carol = house.phone("carol").await;
    let mut dave = house.phone("dave").await;
    house.calls.set_presence(dave.person.identity.clone(), PresenceChoice::DoNotDisturb).await;

    for (name, reason) in
        [("nobody", EndReason::OFFLINE), ("bob", EndReason::BUSY), ("dave", EndReason::DO_NOT_DISTURB)]
    {
        let (call, leg) = carol.calls(name).await;
        carol.ends(reason).await;
        let record = house.store.record(name, call).unwrap();
        assert_eq!((record.outcome, record.end), (Outcome::Missed, Some(reason)));
        assert!(house.switched().ends_with(&[Did::Close(leg)]));
    }
    bob.gets_record_of(Outcome::Missed, EndReason::BUSY).await;
    dave.gets_record_of(Outcome::Missed, EndReason::DO_NOT_DISTURB).await;
}

#[tokio::test(start_paused = true)]
async fn a_second_client_rings_while_the_first_is_in_a_call() {
    let house = House::new();
    let talk = Talk::begin(&house).await;
    let mut sofa = house.phone("bob").await;
    let (call, _) = house.phone("carol").await.calls("bob").await;
    sofa.rings(call, "carol").await;
    let failure = house.calls.answer(talk.bob.id, call, LegId(entropy::uuid())).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Conflict);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_makes_no_sense_is_refused_and_changes_nothing() {
    let house = House::new();
    let Talk { mut alice, call, leg_a, .. } = Talk::begin(&house).await;
    let carol = house.phone("carol").await;
    let (fresh, leg) = (CallId(entropy::uuid()), LegId(entropy::uuid()));
    let start = |phone: &Phone, call, to, leg, ring| {
        let (calls, id) = (house.calls.clone(), phone.id);
        async move { calls.start(id, call, person(to), leg, ring).await.unwrap_err().code }
    };
    assert_eq!(start(&carol, fresh, "carol", leg, None).await, FailureCode::BadRequest);
    assert_eq!(start(&carol, fresh, "bob", leg, Some(0)).await, FailureCode::BadRequest);
    assert_eq!(start(&carol, fresh, "bob", leg, Some(301)).await, FailureCode::BadRequest);
    assert_eq!(start(&carol, call, "bob", leg, None).await, FailureCode::Conflict);
    assert_eq!(start(&carol, fresh, "bob", leg_a, None).await, FailureCode::Conflict);
    assert_eq!(start(&alice, fresh, "carol", leg, None).await, FailureCode::Conflict);
    assert_eq!(house.store.record("carol", fresh), None);
    house.calls.hang_up(alice.id, call).await.unwrap();
    alice.ends(EndReason::HUNG_UP).await;
}

#[tokio::test(start_paused = true)]
async fn strangers_do_not_learn_of_a_call() {
    let house = House::new();
    let Talk { call, .. } = Talk::begin(&house).await;
    let eve = house.phone("eve").await;
    for refused in [
        house.calls.hang_up(eve.id, call).await,
        house.calls.hold(eve.id, call, true).await,
        house.calls.mute(eve.id, call, true).await,
        house.calls.rejoin(eve.id, call, LegId(entropy::uuid())).await,
        house.calls.hang_up(eve.id, CallId(entropy::uuid())).await,
    ] {
        assert_eq!(refused.unwrap_err(), refusals::no_such_call());
    }
}

#[tokio::test(start_paused = true)]
async fn a_hold_stops_the_sound_and_plays_music_to_the_other() {
    let house = House::new();
    let Talk { alice, mut bob, call, leg_a, leg_b } = Talk::begin(&house).await;
    house.switched();
    house.calls.hold(alice.id, call, true).await.unwrap();
    bob.is_told(CallState::RemoteHold).await;
    bob.sees_other(ParticipantState::Hold).await;
    let held = [Did::hears_only(leg_a, &[]), Did::hears_only(leg_b, &[]), Did::Music(leg_b, true)];
    assert_eq!(house.switched(), held);
    house.calls.hold(alice.id, call, false).await.unwrap();
    bob.is_told(CallState::Connected).await;
    assert!(house.switched().contains(&Did::Music(leg_b, false)));
}

#[tokio::test(start_paused = true)]
async fn a_client_killed_in_mid_call_is_seen_within_seconds_and_ends_the_call() {
    let house = House::new();
    let Talk { mut alice, bob, leg_b, .. } = Talk::begin(&house).await;
    house.calls.lost(bob.seat).await;
    alice.sees_other(ParticipantState::Reconnecting).await;
    house.calls.leg_silent(leg_b).await;
    alice.sees_other(ParticipantState::Disconnected).await;
    let gone = clock::now();
    alice.ends(EndReason::VANISHED).await;
    assert_eq!((clock::now() - gone).as_secs(), VANISHED_AFTER.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_lost_socket_alone_touches_no_sound_and_the_client_comes_back() {
    let house = House::new();
    let Talk { mut alice, bob, call, .. } = Talk::begin(&house).await;
    house.switched();
    house.calls.lost(bob.seat).await;
    alice.sees_other(ParticipantState::Reconnecting).await;
    tokio::time::sleep(ABSENT_MAX - Duration::from_secs(1)).await;
    house.calls.back(bob.seat).await;
    alice.sees_other(ParticipantState::Connected).await;
    assert_eq!(house.switched(), []);
    let ongoing = house.calls.ongoing(bob.id).await;
    assert_eq!(ongoing.len(), 1);
    assert_eq!((ongoing[0].call_id, ongoing[0].direction), (call, Direction::Incoming));
    assert_eq!(ongoing[0].participants[0].person, person("alice"));
}

#[tokio::test(start_paused = true)]
async fn a_client_rejoins_with_a_new_leg() {
    let house = House::new();
    let Talk { mut alice, bob, call, leg_a, leg_b } = Talk::begin(&house).await;
    house.switched();
    house.calls.leg_failed(leg_b).await;
    alice.sees_other(ParticipantState::Reconnecting).await;
    let leg = LegId(entropy::uuid());
    house.calls.rejoin(bob.id, call, leg).await.unwrap();
    house.calls.leg_up(leg).await;
    alice.sees_other(ParticipantState::Connected).await;
    let wired = [
        Did::Close(leg_b),
        Did::hears_only(leg_a, &[]),
        Did::hears_only(leg_a, &[leg]),
        Did::hears_only(leg, &[leg_a]),
    ];
    assert_eq!(house.switched(), wired);
}

#[tokio::test(start_paused = true)]
async fn presence_follows_connections_choices_and_calls() {
    let mut house = House::new();
    let who = [person("alice").identity, person("bob").identity];
    let talk = Talk::begin(&house).await;
    house.sees("alice", PresenceState::Online).await;
    house.sees("bob", PresenceState::InCall).await;
    let now = house.calls.presence_of(&who).await;
    assert_eq!(now, [Presence::now(PresenceState::InCall); 2]);

    house.calls.hang_up(talk.alice.id, talk.call).await.unwrap();
    house.sees("bob", PresenceState::Online).await;
    house.calls.set_presence(talk.bob.person.identity.clone(), PresenceChoice::Away).await;
    house.sees("bob", PresenceState::Away).await;
    // It is the account's: a phone that comes changes nothing.
    let _sofa = house.phone("bob").await;
    house.calls.set_presence(talk.bob.person.identity.clone(), PresenceChoice::DoNotDisturb).await;
    house.sees("bob", PresenceState::DoNotDisturb).await;
    house.calls.set_presence(talk.bob.person.identity.clone(), PresenceChoice::Online).await;
    house.sees("bob", PresenceState::Online).await;

    house.calls.lost(talk.alice.seat).await;
    house.sees("alice", PresenceState::Offline).await;
    let now = house.calls.presence_of(&who).await;
    assert_eq!(now[1], Presence::now(PresenceState::Online));
    assert!(now[0].last_seen.is_some());
}

#[tokio::test(start_paused = true)]
async fn when_somebody_was_last_seen_is_known_before_it_is_written() {
    let mut house = House::new();
    let (alice, bob, carol) = (house.phone("alice").await, house.phone("bob").await, house.phone("carol").await);
    house.store.mood.send_replace(Mood::Waiting);
    let mut start = Box::pin(alice.calls("bob"));
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut start).await.is_err());
    house.calls.left(carol.seat).await;
    house.sees("carol", PresenceState::Offline).await;
    let now = house.calls.presence_of(&[carol.person.identity.clone(), bob.person.identity.clone()]).await;
    assert!(now[0].last_seen.is_some());
    assert_eq!(now[1].last_seen, None);
    house.store.mood.send_replace(Mood::Well);
    start.await;
    let later = house.calls.presence_of(std::slice::from_ref(&carol.person.identity)).await;
    assert_eq!(later, now[..1]);
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_is_back_within_seconds_is_no_change_of_presence() {
    let mut house = House::new();
    let alice = house.phone("alice").await;
    house.sees("alice", PresenceState::Online).await;
    house.calls.lost(alice.seat).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    house.calls.back(alice.seat).await;
    house.calls.left(alice.seat).await;
    house.sees("alice", PresenceState::Offline).await;
    assert!(house.presence.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_start_is_answered_only_once_its_records_are_kept_but_rings_at_once() {
    let house = House::new();
    let (alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    house.store.mood.send_replace(Mood::Waiting);
    let mut start = Box::pin(alice.calls("bob"));
    assert!(tokio::time::timeout(Duration::from_secs(10), &mut start).await.is_err());
    bob.hears("ring", |n| matches!(n, Notice::CallIncoming { .. })).await;
    house.store.mood.send_replace(Mood::Well);
    let (call, _) = start.await;
    assert_eq!(house.store.record("bob", call).unwrap().outcome, Outcome::Ongoing);
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_records_cannot_be_kept_is_refused_and_the_call_ends() {
    let house = House::new();
    let (alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    house.store.mood.send_replace(Mood::Failing);
    let failure = alice.tries_to_call("bob").await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Unavailable);
    bob.stops_ringing(EndReason::SERVICE_LOST).await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_call_is_kept_as_soon_as_the_store_is_well_again() {
    let house = House::new();
    let Talk { mut alice, call, .. } = Talk::begin(&house).await;
    house.store.mood.send_replace(Mood::Failing);
    house.calls.hang_up(alice.id, call).await.unwrap();
    alice.ends(EndReason::HUNG_UP).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(house.store.record("alice", call).unwrap().ended_at, None);
    house.store.mood.send_replace(Mood::Well);
    let record = alice.gets_record().await;
    assert_eq!(house.store.record("alice", call), Some(record));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_does_not_read_is_cut_off_and_counts_as_lost() {
    let house = House::new();
    let Talk { mut alice, mut bob, call, .. } = Talk::begin(&house).await;
    for round in 0..100 {
        house.calls.mute(alice.id, call, round % 2 == 0).await.unwrap();
    }
    alice.sees_other(ParticipantState::Reconnecting).await;
    while bob.notices.recv().await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn a_replaced_registration_has_no_say_any_more() {
    let house = House::new();
    let Talk { mut alice, mut bob, call, .. } = Talk::begin(&house).await;
    let (mut endpoint, notices) = endpoint_of("bob", 1);
    endpoint.id = bob.id;
    let mut again = Phone::register(&house, (endpoint, notices)).await;
    house.calls.left(bob.seat).await;
    house.calls.lost(bob.seat).await;
    while bob.notices.recv().await.is_some() {}
    again.is_told(CallState::Connected).await;
    house.calls.hang_up(again.id, call).await.unwrap();
    alice.ends(EndReason::HUNG_UP).await;
    again.ends(EndReason::HUNG_UP).await;
}

#[tokio::test(start_paused = true)]
async fn nobody_registers_with_the_client_id_of_somebody_else() {
    let house = House::new();
    let alice = house.phone("alice").await;
    let (mut endpoint, _notices) = endpoint_of("eve", 1);
    endpoint.id = alice.id;
    assert_eq!(house.calls.register(endpoint).await.unwrap_err().code, FailureCode::Forbidden);
}

#[tokio::test(start_paused = true)]
async fn a_bot_takes_several_calls_and_one_without_room_is_busy() {
    let house = House::new();
    let mut echo = Phone::register(&house, endpoint_of("echo", 1000)).await;
    let _busy = Phone::register(&house, endpoint_of("busy", 0)).await;
    for name in ["alice", "bob"] {
        let (call, _) = house.phone(name).await.calls("echo").await;
        echo.rings(call, name).await;
        echo.answers(call).await;
    }
    assert_eq!(house.calls.ongoing(echo.id).await.len(), 2);
    let mut carol = house.phone("carol").await;
    carol.calls("busy").await;
    carol.ends(EndReason::BUSY).await;
}

#[tokio::test(start_paused = true)]
async fn slots_are_named_by_who_is_heard_there() {
    let house = House::new();
    let Talk { mut alice, call, leg_a, leg_b, .. } = Talk::begin(&house).await;
    let mid = String::from("3");
    house.calls.slots(leg_a, vec![SlotUse { mid: mid.clone(), source: Some(leg_b) }]).await;
    let heard = alice.hears("slots", |n| matches!(n, Notice::CallSlots { .. })).await;
    let slots = vec![Slot { mid: mid.clone(), source: Some(person("bob").identity) }];
    assert_eq!(heard, Notice::CallSlots { call_id: call, slots });
    house.calls.slots(leg_a, vec![SlotUse { mid: mid.clone(), source: None }]).await;
    let heard = alice.hears("slots", |n| matches!(n, Notice::CallSlots { .. })).await;
    assert_eq!(heard, Notice::CallSlots { call_id: call, slots: vec![Slot { mid, source: None }] });
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_every_call_and_keeps_its_records() {
    let house = House::new();
    let Talk { mut alice, mut bob, call, .. } = Talk::begin(&house).await;
    house.calls.stop().await;
    alice.ends(EndReason::SERVICE_LOST).await;
    bob.ends(EndReason::SERVICE_LOST).await;
    assert_eq!(house.store.record("bob", call).unwrap().end, Some(EndReason::SERVICE_LOST));
    assert_eq!(alice.tries_to_call("bob").await.unwrap_err().code, FailureCode::Unavailable);
    house.calls.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_of_which_nothing_is_heard_any_more_is_forgotten() {
    let house = House::new();
    let mut alice = house.phone("alice").await;
    house.calls.lost(alice.seat).await;
    while alice.notices.recv().await.is_some() {}
    assert_eq!(alice.tries_to_call("bob").await.unwrap_err(), refusals::not_registered());
}
