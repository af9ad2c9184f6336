//! While one is in, going, and what everybody else learns of it.

use super::*;
use crate::control::connection::{SILENT_AFTER, VANISHED_AFTER};
use crate::domain::presence::PresenceState;

#[tokio::test(start_paused = true)]
async fn only_who_may_ends_it_for_everybody_and_all_learn_that() {
    let house = House::new();
    let (mut alice, mut bob, owner) =
        (house.phone("alice").await, house.phone("bob").await, house.phone("owner").await);
    let (call, _) = alice.joins(&group(1)).await;
    bob.joins(&group(1)).await;
    let join = JoinCall { owner: true, ..owner.join_of(&group(1), call) };
    house.calls.join(join).await.unwrap();
    assert_eq!(house.calls.end_for_all(bob.id, call).await.unwrap_err().code, FailureCode::Forbidden);
    house.calls.end_for_all(owner.id, call).await.unwrap();
    for phone in [&mut alice, &mut bob] {
        phone.ends(EndReason::ENDED_FOR_ALL).await;
        phone.gets_record_of(Outcome::Answered, EndReason::ENDED_FOR_ALL).await;
    }
    assert_eq!(house.calls.end_for_all(bob.id, call).await.unwrap_err(), refusals::no_such_call());
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_and_comes_back_has_one_record_from_the_first_join_to_the_last_leave() {
    let house = House::new();
    let (mut alice, bob) = (house.phone("alice").await, house.phone("bob").await);
    let (call, _) = bob.joins(&group(1)).await;
    alice.joins(&group(1)).await;
    house.calls.hang_up(alice.id, call).await.unwrap();
    let first = alice.gets_record().await;
    alice.joins(&group(1)).await;
    house.calls.hang_up(alice.id, call).await.unwrap();
    let second = alice.gets_record().await;
    assert_eq!((first.call_id, first.started_at), (second.call_id, second.started_at));
    assert_eq!(house.store.record("alice", call), Some(second));
    assert_eq!(house.store.record("bob", call).unwrap().outcome, Outcome::Ongoing);
}

#[tokio::test(start_paused = true)]
async fn one_that_vanished_is_out_and_the_others_go_on() {
    let mut house = House::new();
    let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    let (call, _) = alice.joins(&group(1)).await;
    let (_, leg) = bob.joins(&group(1)).await;
    house.sees("bob", PresenceState::InCall).await;
    house.calls.lost(bob.seat).await;
    tokio::time::sleep(SILENT_AFTER).await;
    house.calls.leg_silent(leg).await;
    let gone = clock::now();
    bob.ends(EndReason::VANISHED).await;
    assert_eq!((clock::now() - gone).as_secs(), VANISHED_AFTER.as_secs());
    house.sees("bob", PresenceState::Offline).await;
    assert_eq!(names(&house.calls.here(&[group(1).id]).await[0]), ["alice"]);
    house.calls.hang_up(alice.id, call).await.unwrap();
    alice.ends(EndReason::HUNG_UP).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_in_a_group_is_told_at_most_once_a_second() {
    let house = House::new();
    let (alice, bob) = (house.phone("alice").await, house.phone("bob").await);
    let mut occupied = house.calls.occupied();
    let (call, _) = alice.joins(&group(1)).await;
    let first = occupied.recv().await.unwrap();
    assert_eq!((first.group, names(&first.here)), (group(1).id, vec!["alice"]));
    let told = clock::now();
    for _ in 0..10 {
        bob.joins(&group(1)).await;
        house.calls.hang_up(bob.id, call).await.unwrap();
    }
    bob.joins(&group(1)).await;
    let second = occupied.recv().await.unwrap();
    assert_eq!((names(&second.here), (clock::now() - told).as_secs()), (vec!["alice", "bob"], 1));
    house.calls.hang_up(alice.id, call).await.unwrap();
    house.calls.hang_up(bob.id, call).await.unwrap();
    assert_eq!(occupied.recv().await.unwrap().here, []);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(occupied.is_empty());
}

#[tokio::test(start_paused = true)]
async fn speakers_are_told_by_their_numbers() {
    let house = House::new();
    let (mut alice, bob) = (house.phone("alice").await, house.phone("bob").await);
    let (call, leg_a) = alice.joins(&group(1)).await;
    let (_, leg_b) = bob.joins(&group(1)).await;
    house.calls.speakers(call, vec![leg_b, leg_a]).await;
    let heard = alice.hears("speakers", |n| matches!(n, Notice::CallSpeakers { .. })).await;
    assert_eq!(heard, Notice::CallSpeakers { call_id: call, speakers: vec![2, 1] });
    house.calls.speakers(CallId(entropy::uuid()), vec![leg_a]).await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_does_not_read_counts_as_lost_and_slows_nobody() {
    let house = House::new();
    let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    let (call, leg_a) = alice.joins(&group(1)).await;
    let (_, leg_b) = bob.joins(&group(1)).await;
    for round in 0..100 {
        let speaker = if round % 2 == 0 { leg_a } else { leg_b };
        house.calls.speakers(call, vec![speaker]).await;
        alice.hears("speakers", |n| matches!(n, Notice::CallSpeakers { .. })).await;
    }
    loop {
        let (_, rows, _) = alice.sees_roster().await;
        if rows.contains(&(String::from("bob"), ParticipantState::Reconnecting, false)) {
            break;
        }
    }
    while bob.notices.recv().await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_group_calls_too() {
    let house = House::new();
    let mut alice = house.phone("alice").await;
    let (call, _) = alice.joins(&group(1)).await;
    house.calls.stop().await;
    alice.ends(EndReason::SERVICE_LOST).await;
    assert_eq!(house.store.record("alice", call).unwrap().end, Some(EndReason::SERVICE_LOST));
    assert_eq!(house.calls.place_of(group(1).id).await.unwrap_err().code, FailureCode::Unavailable);
}
