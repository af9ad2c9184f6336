//! Parked: everybody sees where, anybody picks it up, and it comes back to who parked it.

use super::*;
use crate::base::clock;
use crate::control::call::{PARK_MAX, PARKED_MAX, RETURN_MAX};
use crate::domain::call::Direction;
use crate::domain::presence::PresenceState;
use crate::protocol::failure::FailureCode;
use crate::service::calls::kit::{Did, group};

async fn picks_up(house: &House, phone: &Phone, number: u8, call: CallId) -> Result<LegId, Failure> {
    let leg = LegId(entropy::uuid());
    house.calls.pick_up(phone.id, slot(number), call, leg).await?;
    house.calls.leg_up(leg).await;
    Ok(leg)
}

#[tokio::test(start_paused = true)]
async fn a_parked_call_waits_with_music_and_goes_on_with_who_picks_it_up() {
    let mut house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, leg_a, leg_b) = talk(&house, &mut alice, &mut bob).await;
    house.sees("alice", PresenceState::InCall).await;
    house.switched();
    assert_eq!(house.calls.park(alice.id, call, None).await, Ok(slot(1)));
    alice.ends(EndReason::PARKED).await;
    house.sees("alice", PresenceState::Online).await;
    assert_eq!(bob.is_handed_on().await, (person("alice"), HandedTo::Slot { slot: slot(1) }));
    bob.is_told(CallState::RemoteHold).await;
    assert_eq!(house.switched(), [Did::Close(leg_a), Did::hears_only(leg_b, &[]), Did::Music(leg_b, true)]);
    let parked = house.calls.parked(&person("dave").identity).await;
    assert_eq!((parked[0].call_id, &parked[0].person, &parked[0].by), (call, &person("bob"), &person("alice")));
    for phone in [&mut alice, &mut bob, &mut carol] {
        assert_eq!(phone.sees_slot().await, (slot(1), Some(parked[0].clone())));
    }

    picks_up(&house, &carol, 1, call).await.unwrap();
    house.sees("carol", PresenceState::InCall).await;
    assert_eq!(bob.is_handed_on().await, (person("carol"), to("carol")));
    bob.is_told(CallState::Connected).await;
    bob.sees("carol", ParticipantState::Connected).await;
    carol.sees("bob", ParticipantState::Connected).await;
    assert_eq!(alice.sees_slot().await, (slot(1), None));
    assert_eq!(house.calls.parked(&person("dave").identity).await, []);
    assert_eq!(house.calls.ongoing(carol.id).await[0].direction, Direction::Incoming);
    let late = picks_up(&house, &alice, 1, call).await.unwrap_err();
    assert_eq!(late, refusals::nothing_parked(slot(1)));

    house.calls.hang_up(carol.id, call).await.unwrap();
    let parked = house.store.record("alice", call).unwrap();
    assert_eq!(summary(&parked), ("bob", Outcome::Answered, EndReason::PARKED, None));
    assert_eq!(summary(&ended(&mut bob, call).await).3, Some("carol"));
    assert_eq!(summary(&ended(&mut carol, call).await), ("bob", Outcome::Answered, EndReason::HUNG_UP, None));
}

#[tokio::test(start_paused = true)]
async fn it_rings_at_who_parked_it_and_stays_there_until_it_is_taken() {
    let house = House::new();
    let [mut alice, mut bob] = desks(&house, ["alice", "bob"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    let began = clock::now();
    house.calls.park(alice.id, call, Some(slot(7))).await.unwrap();
    let recalled = (person("bob"), Some(Via::Recalled { slot: slot(7) }));
    assert_eq!(alice.rings_with(call).await, recalled);
    assert_eq!((clock::now() - began).as_secs(), PARK_MAX.as_secs());
    alice.stops_ringing(EndReason::RING_TIMEOUT).await;
    assert_eq!(house.calls.parked(&person("dave").identity).await.len(), 1);
    assert_eq!(alice.rings_with(call).await, recalled);
    assert_eq!((clock::now() - began).as_secs(), (2 * PARK_MAX + RETURN_MAX).as_secs());
    takes(&house, &alice, call).await;
    bob.sees("alice", ParticipantState::Connected).await;
    assert_eq!(house.calls.parked(&person("dave").identity).await, []);
}

#[tokio::test(start_paused = true)]
async fn who_is_rung_for_a_parked_call_may_pick_it_up_as_well_as_answer() {
    let house = House::new();
    let [mut alice, mut bob] = desks(&house, ["alice", "bob"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    house.calls.park(alice.id, call, None).await.unwrap();
    alice.rings_with(call).await;
    picks_up(&house, &alice, 1, call).await.unwrap();
    alice.stops_ringing(EndReason::ANSWERED_ELSEWHERE).await;
    alice.is_told(CallState::Connected).await;
}

#[tokio::test(start_paused = true)]
async fn nobody_takes_it_for_a_quarter_of_an_hour_and_it_is_over() {
    let house = House::new();
    let [mut alice, mut bob] = desks(&house, ["alice", "bob"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    let began = clock::now();
    house.calls.park(alice.id, call, None).await.unwrap();
    assert!(alice.sees_slot().await.1.is_some());
    // Gone for the night: nobody can be rung.
    house.calls.left(alice.seat).await;
    bob.ends(EndReason::RING_TIMEOUT).await;
    assert_eq!((clock::now() - began).as_secs(), PARKED_MAX.as_secs());
    assert_eq!(house.calls.parked(&person("dave").identity).await, []);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_hangs_up_or_vanishes_and_the_slot_is_free() {
    for vanishes in [false, true] {
        let house = House::new();
        let [mut alice, mut bob] = desks(&house, ["alice", "bob"]).await;
        let (call, _, leg_b) = talk(&house, &mut alice, &mut bob).await;
        house.calls.park(alice.id, call, None).await.unwrap();
        assert!(alice.sees_slot().await.1.is_some());
        if vanishes {
            house.calls.leg_silent(leg_b).await;
            house.calls.lost(bob.seat).await;
        } else {
            house.calls.hang_up(bob.id, call).await.unwrap();
        }
        assert_eq!(alice.sees_slot().await, (slot(1), None));
        assert_eq!(house.calls.parked(&person("dave").identity).await, []);
        house.calls.stop().await;
        let end = if vanishes { EndReason::VANISHED } else { EndReason::HUNG_UP };
        assert_eq!(house.store.record("bob", call).unwrap().end, Some(end));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_parked_or_picked_up_is_refused() {
    let house = House::new();
    let [mut alice, mut bob, carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (mut dave, mut eve) = (house.phone("dave").await, house.phone("eve").await);
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    let (other, ..) = talk(&house, &mut dave, &mut eve).await;
    let (meeting, _) = carol.joins(&group(1)).await;
    let park = |phone: &Phone, call, number: Option<u8>| {
        let (calls, id) = (house.calls.clone(), phone.id);
        async move { calls.park(id, call, number.map(slot)).await.unwrap_err().code }
    };
    assert_eq!(park(&carol, call, None).await, FailureCode::NotFound);
    assert_eq!(park(&carol, meeting, None).await, FailureCode::Conflict);
    house.calls.park(alice.id, call, Some(slot(3))).await.unwrap();
    assert_eq!(park(&dave, other, Some(3)).await, FailureCode::Conflict);
    assert_eq!(house.calls.ongoing(dave.id).await.len(), 1, "it goes on as before");

    let sofa = desk(&house, "bob").await;
    for (phone, number, code) in [
        (&carol, 4, FailureCode::NotFound),
        (&sofa, 3, FailureCode::BadRequest),
        (&bob, 3, FailureCode::BadRequest),
        (&dave, 3, FailureCode::Conflict),
    ] {
        assert_eq!(picks_up(&house, phone, number, call).await.unwrap_err().code, code);
    }
    assert_eq!(house.calls.parked(&person("dave").identity).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn there_are_twenty_slots_and_one_person_has_eight_of_them() {
    let house = House::new();
    let mut bob = Phone::register(&house, endpoint_of("bob", 100)).await;
    let mut number = 0;
    for name in ["alice", "carol", "dave"] {
        let mut phone = Phone::register(&house, endpoint_of(name, 100)).await;
        for _ in 0..8.min(ParkSlot::LAST - number) {
            let (call, ..) = talk(&house, &mut phone, &mut bob).await;
            number += 1;
            assert_eq!(house.calls.park(phone.id, call, None).await, Ok(slot(number)));
        }
        let (call, ..) = talk(&house, &mut phone, &mut bob).await;
        let refusal = match number {
            ParkSlot::LAST => "all 20 slots are taken; pick up a parked call first",
            _ => "you have parked 8 calls, as many as you may; pick up one of them first",
        };
        assert_eq!(house.calls.park(phone.id, call, None).await.unwrap_err().message, refusal);
    }
    house.calls.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_parks_and_fetches_all_the_time_floods_nobody() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    let rounds = 20;
    for _ in 0..rounds {
        house.calls.park(alice.id, call, None).await.unwrap();
        picks_up(&house, &alice, 1, call).await.unwrap();
    }
    house.calls.park(alice.id, call, None).await.unwrap();
    assert!(carol.sees_slot().await.1.is_some());
    assert_eq!(carol.sees_slot().await.1.map(|parked| parked.call_id), Some(call), "as it is in the end");
    house.calls.stop().await;
    while let Some(notice) = carol.notices.recv().await {
        assert!(!matches!(notice, Notice::ParkedChanged { .. }), "{notice:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_told_so_when_it_comes_back_without_memory() {
    let house = House::new();
    let [mut alice, mut bob] = desks(&house, ["alice", "bob"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    house.calls.park(alice.id, call, None).await.unwrap();
    let (mut endpoint, notices) = endpoint_of("bob", 8);
    endpoint.id = bob.id;
    let mut again = Phone::register(&house, (endpoint, notices)).await;
    again.is_told(CallState::RemoteHold).await;
    assert_eq!(house.calls.ongoing(again.id).await[0].call_id, call);
    comes_in(&house, &again, call).await;
    house.calls.hang_up(again.id, call).await.unwrap();
    again.ends(EndReason::HUNG_UP).await;
}
