//! Handed on, and not taken: it rings at who handed it on, or is over.

use super::*;
use crate::base::clock;
use crate::control::call::{RETURN_MAX, TRANSFER_MAX};
use crate::domain::call::Direction;

#[tokio::test(start_paused = true)]
async fn a_declined_transfer_comes_back_and_is_taken_back() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    transfer(&house, &alice, call, "carol").await.unwrap();
    let handed_on = ended(&mut alice, call).await;
    assert_eq!(handed_on.end, Some(EndReason::TRANSFERRED));
    carol.rings_with(call).await;
    house.calls.decline(carol.id, call).await.unwrap();
    carol.stops_ringing(EndReason::DECLINED).await;
    assert_eq!(summary(&ended(&mut carol, call).await), ("bob", Outcome::Declined, EndReason::DECLINED, None));
    assert_eq!(bob.is_handed_on().await.1, to("carol"));
    assert_eq!(bob.is_handed_on().await, (person("alice"), to("alice")));
    bob.sees("alice", ParticipantState::Ringing).await;
    let (from, via) = alice.rings_with(call).await;
    let returned = Via::Returned { from: person("carol"), reason: EndReason::DECLINED };
    assert_eq!((from, via), (person("bob"), Some(returned)));

    takes(&house, &alice, call).await;
    bob.is_told(CallState::Connected).await;
    bob.sees("alice", ParticipantState::Connected).await;
    house.calls.hang_up(alice.id, call).await.unwrap();
    assert_eq!(summary(&ended(&mut bob, call).await), ("alice", Outcome::Answered, EndReason::HUNG_UP, None));
    let taken_back = ended(&mut alice, call).await;
    assert_eq!(summary(&taken_back), ("bob", Outcome::Answered, EndReason::HUNG_UP, None));
    assert_eq!(taken_back.started_at, handed_on.started_at);
}

#[tokio::test(start_paused = true)]
async fn nobody_takes_it_and_it_ends_for_the_reason_of_whom_it_was_handed_to() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    let began = clock::now();
    transfer(&house, &alice, call, "carol").await.unwrap();
    carol.stops_ringing(EndReason::RING_TIMEOUT).await;
    assert_eq!((clock::now() - began).as_secs(), TRANSFER_MAX.as_secs());
    alice.rings_with(call).await;
    alice.stops_ringing(EndReason::RING_TIMEOUT).await;
    bob.ends(EndReason::RING_TIMEOUT).await;
    assert_eq!((clock::now() - began).as_secs(), (TRANSFER_MAX + RETURN_MAX).as_secs());
    assert_eq!(summary(&ended(&mut carol, call).await), ("bob", Outcome::Missed, EndReason::RING_TIMEOUT, None));
    let stayed = ended(&mut bob, call).await;
    assert_eq!(summary(&stayed), ("alice", Outcome::Answered, EndReason::RING_TIMEOUT, None));
    let gave = house.store.record("alice", call).unwrap();
    assert_eq!(summary(&gave), ("bob", Outcome::Missed, EndReason::RING_TIMEOUT, None));
    assert_eq!((gave.direction, gave.answered_at), (Direction::Incoming, None), "it is called back for like any other");
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_and_is_missed_is_from_who_was_handed_on() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let mut dave = desk(&house, "dave").await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    transfer(&house, &bob, call, "carol").await.unwrap();
    carol.rings_with(call).await;
    takes(&house, &carol, call).await;
    alice.sees("carol", ParticipantState::Connected).await;
    transfer(&house, &alice, call, "dave").await.unwrap();
    dave.rings_with(call).await;
    assert_eq!(alice.rings_with(call).await.0, person("carol"));
    carol.ends(EndReason::RING_TIMEOUT).await;
    house.calls.stop().await;
    let alices = house.store.record("alice", call).unwrap();
    assert_eq!(summary(&alices), ("carol", Outcome::Missed, EndReason::RING_TIMEOUT, None), "it is carol who waits");
}

#[tokio::test(start_paused = true)]
async fn who_handed_it_on_and_cannot_be_rung_does_not_leave_the_other_waiting() {
    for away in [true, false] {
        let house = House::new();
        let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
        let (call, ..) = talk(&house, &mut alice, &mut bob).await;
        transfer(&house, &alice, call, "carol").await.unwrap();
        carol.rings_with(call).await;
        match away {
            true => house.calls.left(alice.seat).await,
            false => house.calls.set_presence(alice.person.identity.clone(), PresenceChoice::DoNotDisturb).await,
        }
        house.calls.decline(carol.id, call).await.unwrap();
        bob.ends(EndReason::DECLINED).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_declines_what_comes_back_has_not_missed_it() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    transfer(&house, &alice, call, "carol").await.unwrap();
    carol.rings_with(call).await;
    house.calls.decline(carol.id, call).await.unwrap();
    alice.rings_with(call).await;
    house.calls.decline(alice.id, call).await.unwrap();
    bob.ends(EndReason::DECLINED).await;
    house.calls.stop().await;
    let gave = house.store.record("alice", call).unwrap();
    assert_eq!(summary(&gave), ("bob", Outcome::Answered, EndReason::TRANSFERRED, None));
}

#[tokio::test(start_paused = true)]
async fn every_client_of_who_handed_it_on_rings() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let mut sofa = desk(&house, "alice").await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    transfer(&house, &alice, call, "carol").await.unwrap();
    carol.rings_with(call).await;
    house.calls.decline(carol.id, call).await.unwrap();
    alice.rings_with(call).await;
    sofa.rings_with(call).await;
    takes(&house, &sofa, call).await;
    alice.stops_ringing(EndReason::ANSWERED_ELSEWHERE).await;
    bob.sees("alice", ParticipantState::Connected).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_hangs_up_and_nobody_rings_any_more() {
    for given_back in [false, true] {
        let house = House::new();
        let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
        let (call, ..) = talk(&house, &mut alice, &mut bob).await;
        transfer(&house, &alice, call, "carol").await.unwrap();
        carol.rings_with(call).await;
        if given_back {
            house.calls.decline(carol.id, call).await.unwrap();
            alice.rings_with(call).await;
        }
        house.calls.hang_up(bob.id, call).await.unwrap();
        bob.ends(EndReason::HUNG_UP).await;
        let rung = if given_back { &mut alice } else { &mut carol };
        rung.stops_ringing(EndReason::CANCELLED).await;
        let late = house.calls.answer(rung.id, call, LegId(entropy::uuid())).await.unwrap_err();
        assert_eq!(late, refusals::no_such_call());
        assert_eq!(house.calls.ongoing(bob.id).await, []);
    }
}
