//! Handed on into another call of the same client: an attended transfer.

use super::*;
use crate::base::clock;
use crate::control::call::SETUP_MAX;
use crate::protocol::failure::FailureCode;
use crate::service::calls::kit::{Did, group};

/// Alice has bob on hold, and talks with carol, whom she or who has called.
async fn consulting(house: &House, carol_called: bool) -> ([Phone; 3], CallId, CallId) {
    let [mut alice, mut bob, mut carol] = desks(house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(house, &mut alice, &mut bob).await;
    house.calls.hold(alice.id, call, true).await.unwrap();
    bob.is_told(CallState::RemoteHold).await;
    let (consult, ..) = match carol_called {
        true => talk(house, &mut carol, &mut alice).await,
        false => talk(house, &mut alice, &mut carol).await,
    };
    ([alice, bob, carol], call, consult)
}

#[tokio::test(start_paused = true)]
async fn the_two_others_go_on_and_both_calls_end_for_who_brought_them_together() {
    for carol_called in [false, true] {
        let house = House::new();
        let ([mut alice, mut bob, mut carol], call, consult) = consulting(&house, carol_called).await;
        house.switched();
        attended(&house, &alice, call, consult).await.unwrap();
        alice.ends(EndReason::TRANSFERRED).await;
        alice.ends(EndReason::TRANSFERRED).await;
        assert_eq!(carol.is_moved().await, (consult, call, person("bob"), None));
        assert_eq!(bob.is_handed_on().await, (person("alice"), to("carol")));
        bob.sees("carol", ParticipantState::Connecting).await;
        assert!(!house.switched().iter().any(|did| matches!(did, Did::Music(_, false))), "the music goes on");
        let ongoing = house.calls.ongoing(carol.id).await;
        assert_eq!(ongoing.iter().map(|o| o.call_id).collect::<Vec<_>>(), [call]);

        comes_in(&house, &carol, call).await;
        bob.is_told(CallState::Connected).await;
        carol.is_told(CallState::Connected).await;
        assert_eq!(house.calls.ongoing(alice.id).await, []);
        house.calls.hang_up(carol.id, call).await.unwrap();
        assert_eq!(summary(&ended(&mut bob, call).await).3, Some("carol"));
        let moved = house.store.record("carol", consult).unwrap();
        assert_eq!(summary(&moved), ("alice", Outcome::Answered, EndReason::TRANSFERRED, None));
        let took = ended(&mut carol, call).await;
        assert_eq!(summary(&took), ("bob", Outcome::Answered, EndReason::HUNG_UP, None));
    }
}

#[tokio::test(start_paused = true)]
async fn one_whose_session_was_replaced_on_the_way_finds_where_it_was_moved_from_and_comes_in() {
    let house = House::new();
    let ([alice, mut bob, carol], call, consult) = consulting(&house, false).await;
    attended(&house, &alice, call, consult).await.unwrap();
    let (mut endpoint, notices) = endpoint_of("carol", 8);
    endpoint.id = carol.id;
    let mut carol = Phone::register(&house, (endpoint, notices)).await;
    let ongoing = house.calls.ongoing(carol.id).await;
    assert_eq!(ongoing.iter().map(|o| (o.call_id, o.moved_from)).collect::<Vec<_>>(), [(call, Some(consult))]);
    assert_eq!(ongoing[0].participants[0].person, person("bob"));
    comes_in(&house, &carol, call).await;
    carol.is_told(CallState::Connected).await;
    bob.sees("carol", ParticipantState::Connected).await;
    assert_eq!(house.calls.ongoing(carol.id).await[0].moved_from, None);
}

#[tokio::test(start_paused = true)]
async fn one_that_still_rings_rings_for_the_call_that_is_handed_on() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    let (consult, _) = alice.calls("carol").await;
    carol.rings_with(consult).await;
    attended(&house, &alice, call, consult).await.unwrap();
    assert_eq!(carol.rings_with(call).await, (person("bob"), Some(Via::Transferred { by: person("alice") })));
    carol.stops_ringing(EndReason::CANCELLED).await;
    alice.ends(EndReason::TRANSFERRED).await;
    alice.ends(EndReason::CANCELLED).await;
    takes(&house, &carol, call).await;
    bob.sees("carol", ParticipantState::Connected).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_brings_no_leg_gives_the_call_back_and_one_that_leaves_ends_it() {
    for leaves in [false, true] {
        let house = House::new();
        let ([mut alice, mut bob, mut carol], call, consult) = consulting(&house, false).await;
        attended(&house, &alice, call, consult).await.unwrap();
        let began = clock::now();
        if leaves {
            house.calls.left(carol.seat).await;
            bob.ends(EndReason::HUNG_UP).await;
        } else {
            carol.ends(EndReason::SETUP_TIMEOUT).await;
            assert_eq!(clock::now() - began, SETUP_MAX);
            let returned = Via::Returned { from: person("carol"), reason: EndReason::SETUP_TIMEOUT };
            assert_eq!(alice.rings_with(call).await, (person("bob"), Some(returned)));
            bob.sees("alice", ParticipantState::Ringing).await;
            bob.ends(EndReason::SETUP_TIMEOUT).await;
        }
        assert_eq!(house.calls.ongoing(bob.id).await, []);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_read_leaves_nobody_waiting() {
    let house = House::new();
    let ([alice, mut bob, carol], call, consult) = consulting(&house, false).await;
    for round in 0..100 {
        house.calls.mute(alice.id, consult, round % 2 == 0).await.unwrap();
    }
    attended(&house, &alice, call, consult).await.unwrap();
    let heard = bob.hears("end", |n| matches!(n, Notice::CallEnded { .. })).await;
    assert!(matches!(heard, Notice::CallEnded { call_id, .. } if call_id == call), "{heard:?}");
    assert_eq!(house.calls.ongoing(carol.id).await, []);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_brought_together_is_refused_and_stays_as_it_is() {
    let house = House::new();
    let ([mut alice, bob, _carol], call, consult) = consulting(&house, false).await;
    let mut sofa = desk(&house, "bob").await;
    let (same, ..) = talk(&house, &mut alice, &mut sofa).await;
    let (meeting, _) = alice.joins(&group(1)).await;
    let mut dave = desk(&house, "dave").await;
    let (early, _) = alice.calls("dave").await;
    dave.rings_with(early).await;
    dave.answers(early).await;
    for (by, one, other, code) in [
        (&alice, call, call, FailureCode::BadRequest),
        (&alice, call, same, FailureCode::BadRequest),
        (&alice, call, meeting, FailureCode::Conflict),
        (&alice, meeting, consult, FailureCode::Conflict),
        (&alice, call, early, FailureCode::Conflict),
        (&alice, early, consult, FailureCode::Conflict),
        (&alice, call, CallId(entropy::uuid()), FailureCode::NotFound),
        (&bob, call, consult, FailureCode::NotFound),
        (&dave, call, consult, FailureCode::NotFound),
    ] {
        let failure = attended(&house, by, one, other).await.unwrap_err();
        assert_eq!(failure.code, code, "{failure}");
    }
    assert_eq!(house.calls.ongoing(alice.id).await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn of_two_who_bring_together_at_once_the_second_finds_its_call_gone() {
    let house = House::new();
    let ([alice, _bob, mut carol], call, consult) = consulting(&house, false).await;
    let mut dave = desk(&house, "dave").await;
    let (other, ..) = talk(&house, &mut carol, &mut dave).await;
    attended(&house, &alice, call, consult).await.unwrap();
    let late = attended(&house, &carol, consult, other).await.unwrap_err();
    assert_eq!(late, refusals::no_such_call());
    // What she is in now is not connected yet.
    assert_eq!(attended(&house, &carol, other, call).await.unwrap_err().code, FailureCode::Conflict);
    comes_in(&house, &carol, call).await;
    attended(&house, &carol, other, call).await.unwrap();
    assert_eq!(dave.is_handed_on().await, (person("carol"), to("bob")));
}
