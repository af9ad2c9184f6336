//! The people of two calls come together.

use super::*;
use crate::control::group::CLIENTS_MAX;
use crate::domain::id::GroupId;
use crate::protocol::failure::FailureCode;
use crate::service::calls::kit::{Did, group};

fn group_of(call: CallId) -> Group {
    Group { id: GroupId(call.0), ..group(0) }
}

/// Alice has bob on hold, and talks with carol.
async fn two_calls(house: &House) -> ([Phone; 3], CallId, CallId) {
    let [mut alice, mut bob, mut carol] = desks(house, ["alice", "bob", "carol"]).await;
    let (one, ..) = talk(house, &mut alice, &mut bob).await;
    house.calls.hold(alice.id, one, true).await.unwrap();
    bob.is_told(CallState::RemoteHold).await;
    let (other, ..) = talk(house, &mut alice, &mut carol).await;
    ([alice, bob, carol], one, other)
}

fn names(here: &[Person]) -> Vec<&str> {
    here.iter().map(|person| person.name.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn two_calls_become_one_of_three_people() {
    let house = House::new();
    let ([mut alice, mut bob, mut carol], one, other) = two_calls(&house).await;
    house.calls.mute(carol.id, other, true).await.unwrap();
    let group = group_of(one);
    house.calls.merge(alice.id, one, other, group.clone()).await.unwrap();
    assert_eq!(carol.is_moved().await, (other, one, person("alice"), Some(group.clone())));
    alice.ends(EndReason::MERGED).await;
    bob.is_told(CallState::Connected).await;
    assert_eq!(names(&house.calls.here(&[group.id]).await[0]), ["alice", "bob", "carol"]);
    let music = house.switched().into_iter().filter(|did| matches!(did, Did::Music(..))).count();
    assert_eq!(music, 2, "it began with the hold, and has ended");
    assert_eq!(house.calls.ongoing(carol.id).await.len(), 1);

    let leg = comes_in(&house, &carol, one).await;
    carol.is_told(CallState::Connected).await;
    let switched = house.switched();
    assert!(switched.iter().any(|did| matches!(did, Did::Offers(l, source) if *l == leg && source.open)));
    house.calls.hang_up(alice.id, one).await.unwrap();
    assert_eq!(names(&house.calls.here(&[group.id]).await[0]), ["bob", "carol"]);
    let merged = house.store.record("carol", other).unwrap();
    assert_eq!(summary(&merged), ("alice", Outcome::Answered, EndReason::MERGED, None));
    house.calls.hang_up(bob.id, one).await.unwrap();
    house.calls.hang_up(carol.id, one).await.unwrap();
    assert_eq!(summary(&ended(&mut carol, one).await), ("a group", Outcome::Answered, EndReason::HUNG_UP, None));
}

#[tokio::test(start_paused = true)]
async fn a_call_comes_into_a_group_call() {
    let house = House::new();
    let [mut alice, bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (meeting, _) = alice.joins(&group(1)).await;
    bob.joins(&group(1)).await;
    house.calls.hold(alice.id, meeting, true).await.unwrap();
    let (other, ..) = talk(&house, &mut alice, &mut carol).await;
    house.calls.merge(alice.id, meeting, other, group_of(meeting)).await.unwrap();
    assert_eq!(carol.is_moved().await, (other, meeting, person("alice"), Some(group(1))));
    comes_in(&house, &carol, meeting).await;
    carol.is_told(CallState::Connected).await;
    assert_eq!(names(&house.calls.here(&[group(1).id]).await[0]), ["alice", "bob", "carol"]);
    assert_eq!(house.calls.ongoing(alice.id).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_brings_no_leg_is_out_and_the_others_go_on() {
    let house = House::new();
    let ([alice, bob, mut carol], one, other) = two_calls(&house).await;
    let group = group_of(one);
    house.calls.merge(alice.id, one, other, group.clone()).await.unwrap();
    carol.ends(EndReason::NO_MEDIA_PATH).await;
    assert_eq!(names(&house.calls.here(&[group.id]).await[0]), ["alice", "bob"]);
    assert_eq!(house.calls.ongoing(bob.id).await.len(), 1);
    assert_eq!(house.calls.ongoing(carol.id).await, []);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_merged_is_refused_and_stays_as_it_is() {
    let house = House::new();
    let ([mut alice, mut bob, _carol], one, other) = two_calls(&house).await;
    let (again, ..) = talk(&house, &mut alice, &mut bob).await;
    let (meeting, _) = alice.joins(&group(1)).await;
    let mut dave = desk(&house, "dave").await;
    let (early, _) = alice.calls("dave").await;
    dave.rings_with(early).await;
    for (by, call, with, code) in [
        (&alice, one, one, FailureCode::BadRequest),
        (&alice, one, meeting, FailureCode::Conflict),
        (&alice, one, early, FailureCode::Conflict),
        (&alice, early, one, FailureCode::Conflict),
        (&alice, one, again, FailureCode::Conflict),
        (&alice, one, CallId(entropy::uuid()), FailureCode::NotFound),
        (&bob, one, other, FailureCode::NotFound),
        (&dave, one, other, FailureCode::NotFound),
    ] {
        let failure = house.calls.merge(by.id, call, with, group_of(call)).await.unwrap_err();
        assert_eq!(failure.code, code, "{failure}");
    }
    house.calls.hold(bob.id, one, true).await.unwrap();
    let held = house.calls.merge(alice.id, one, other, group_of(one)).await.unwrap_err();
    assert_eq!(held, refusals::held_by_other());
    assert_eq!(house.calls.group_of(one).await, None);
    assert_eq!(house.calls.ongoing(alice.id).await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_merge_for_which_there_is_no_room_resumes_nothing() {
    let house = House::new();
    let [mut alice, mut carol] = desks(&house, ["alice", "carol"]).await;
    let (meeting, leg) = alice.joins(&group(1)).await;
    for _ in 0..CLIENTS_MAX {
        desk(&house, "carol").await.joins(&group(1)).await;
    }
    house.calls.hold(alice.id, meeting, true).await.unwrap();
    let (other, ..) = talk(&house, &mut alice, &mut carol).await;
    house.switched();
    let full = house.calls.merge(alice.id, meeting, other, group_of(meeting)).await.unwrap_err();
    assert_eq!(full.code, FailureCode::Conflict, "{full}");
    let switched = house.switched();
    assert!(!switched.iter().any(|did| matches!(did, Did::Offers(l, _) if *l == leg)), "{switched:?}");
    assert_eq!(house.calls.ongoing(carol.id).await.len(), 1);
}
