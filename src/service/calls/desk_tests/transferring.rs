//! Handed on to somebody who is rung, and takes it.

use super::*;
use crate::base::clock;
use crate::control::call::TRANSFER_MAX;
use crate::domain::call::Direction;
use crate::domain::presence::PresenceState;
use crate::protocol::failure::FailureCode;
use crate::service::calls::kit::{Did, group};

#[tokio::test(start_paused = true)]
async fn a_transferred_call_goes_on_with_who_takes_it() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, leg_a, leg_b) = talk(&house, &mut alice, &mut bob).await;
    house.calls.hold(alice.id, call, true).await.unwrap();
    house.switched();

    transfer(&house, &alice, call, "carol").await.unwrap();
    alice.ends(EndReason::TRANSFERRED).await;
    assert_eq!(summary(&ended(&mut alice, call).await), ("bob", Outcome::Answered, EndReason::TRANSFERRED, None));
    assert_eq!(bob.is_handed_on().await, (person("alice"), to("carol")));
    bob.is_told(CallState::Ringing).await;
    bob.sees("carol", ParticipantState::Ringing).await;
    assert_eq!(carol.rings_with(call).await, (person("bob"), Some(Via::Transferred { by: person("alice") })));
    assert_eq!(house.switched(), [Did::Close(leg_a), Did::Music(leg_b, false)]);
    assert_eq!(house.calls.ongoing(alice.id).await, []);
    assert_eq!(house.calls.ongoing(bob.id).await[0].participants[0].person, person("carol"));

    let leg_c = takes(&house, &carol, call).await;
    bob.is_told(CallState::Connected).await;
    bob.sees("carol", ParticipantState::Connected).await;
    carol.sees("bob", ParticipantState::Connected).await;
    let wired = house.switched();
    assert!(wired.contains(&Did::hears_only(leg_b, &[leg_c])) && wired.contains(&Did::hears_only(leg_c, &[leg_b])));
    let ongoing = house.calls.ongoing(carol.id).await;
    assert_eq!((ongoing[0].call_id, ongoing[0].direction), (call, Direction::Incoming));

    house.calls.hang_up(bob.id, call).await.unwrap();
    carol.ends(EndReason::HUNG_UP).await;
    bob.ends(EndReason::HUNG_UP).await;
    let took = ended(&mut carol, call).await;
    assert_eq!(took.direction, Direction::Incoming);
    assert_eq!(summary(&took), ("bob", Outcome::Answered, EndReason::HUNG_UP, None));
    let stayed = ended(&mut bob, call).await;
    assert_eq!(summary(&stayed), ("alice", Outcome::Answered, EndReason::HUNG_UP, Some("carol")));
}

#[tokio::test(start_paused = true)]
async fn who_was_called_hands_on_as_well_as_who_called() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(&house, &mut bob, &mut alice).await;
    transfer(&house, &alice, call, "carol").await.unwrap();
    bob.is_told(CallState::Ringing).await;
    assert_eq!(carol.rings_with(call).await.0, person("bob"));
    takes(&house, &carol, call).await;
    bob.sees("carol", ParticipantState::Connected).await;
    house.calls.hang_up(carol.id, call).await.unwrap();
    let stayed = ended(&mut bob, call).await;
    assert_eq!(stayed.direction, Direction::Outgoing);
    assert_eq!(summary(&stayed), ("alice", Outcome::Answered, EndReason::HUNG_UP, Some("carol")));
}

#[tokio::test(start_paused = true)]
async fn all_clients_of_whom_it_is_handed_to_ring_and_no_others() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    transfer(&house, &alice, call, "carol").await.unwrap();
    carol.rings_with(call).await;
    let mut sofa = desk(&house, "carol").await;
    assert_eq!(sofa.rings_with(call).await.1, Some(Via::Transferred { by: person("alice") }));
    let (mut again, mut other) = (desk(&house, "alice").await, desk(&house, "bob").await);
    takes(&house, &sofa, call).await;
    carol.stops_ringing(EndReason::ANSWERED_ELSEWHERE).await;
    desk(&house, "carol").await;
    for phone in [&mut again, &mut other] {
        while let Ok(notice) = phone.notices.try_recv() {
            assert!(!matches!(notice, Notice::CallIncoming { .. }), "it rings at {}", phone.person.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_transfer_that_makes_no_sense_is_refused_and_changes_nothing() {
    let mut house = House::new();
    let [mut alice, mut bob, mut carol, eve] = desks(&house, ["alice", "bob", "carol", "eve"]).await;
    let mut dave = house.phone("dave").await;
    house.calls.set_presence(eve.person.identity.clone(), PresenceChoice::DoNotDisturb).await;
    talk(&house, &mut carol, &mut dave).await;
    let (ringing, _) = alice.calls("carol").await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    house.sees("alice", PresenceState::InCall).await;
    house.switched();
    for (by, to, code, sub_code) in [
        (&alice, "dave", FailureCode::Conflict, EndReason::BUSY.sub_code),
        (&alice, "eve", FailureCode::Conflict, EndReason::DO_NOT_DISTURB.sub_code),
        (&alice, "nobody", FailureCode::Conflict, EndReason::OFFLINE.sub_code),
        (&alice, "alice", FailureCode::BadRequest, 0),
        (&alice, "bob", FailureCode::BadRequest, 0),
        (&bob, "alice", FailureCode::BadRequest, 0),
        (&carol, "eve", FailureCode::NotFound, 0),
    ] {
        let failure = transfer(&house, by, call, to).await.unwrap_err();
        assert_eq!((failure.code, failure.sub_code), (code, sub_code), "{to}: {failure}");
    }
    let early = transfer(&house, &alice, ringing, "bob").await.unwrap_err();
    assert_eq!(early, refusals::refused(crate::control::call::Refusal::NotConnected));
    let (meeting, _) = alice.joins(&group(1)).await;
    assert_eq!(transfer(&house, &alice, meeting, "carol").await.unwrap_err(), refusals::not_a_group_call());
    assert_eq!(house.switched().len(), 2, "but for the group, the SFU was told nothing");
    assert_eq!(house.calls.ongoing(bob.id).await[0].participants[0].state, ParticipantState::Connected);
}

#[tokio::test(start_paused = true)]
async fn of_transfers_that_cross_the_first_wins() {
    let house = House::new();
    let [mut alice, mut bob, mut carol, mut dave] = desks(&house, ["alice", "bob", "carol", "dave"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    transfer(&house, &alice, call, "carol").await.unwrap();
    let second = transfer(&house, &bob, call, "dave").await.unwrap_err();
    assert_eq!(second.code, FailureCode::Conflict);
    assert_eq!(transfer(&house, &alice, call, "dave").await.unwrap_err(), refusals::no_such_call());
    carol.rings_with(call).await;
    takes(&house, &carol, call).await;
    bob.sees("carol", ParticipantState::Connected).await;

    // Handed on once more, by the one it was handed to; and back by the other side, to who began it all.
    transfer(&house, &carol, call, "dave").await.unwrap();
    assert_eq!(dave.rings_with(call).await, (person("bob"), Some(Via::Transferred { by: person("carol") })));
    takes(&house, &dave, call).await;
    bob.sees("dave", ParticipantState::Connected).await;
    transfer(&house, &bob, call, "alice").await.unwrap();
    assert_eq!(alice.rings_with(call).await.0, person("dave"));
    takes(&house, &alice, call).await;
    dave.sees("alice", ParticipantState::Connected).await;
    house.calls.hang_up(alice.id, call).await.unwrap();
    assert_eq!(summary(&ended(&mut dave, call).await).3, Some("alice"));
    let began = house.store.record("alice", call).unwrap();
    assert_eq!((began.direction, began.end), (Direction::Outgoing, Some(EndReason::HUNG_UP)));
}

#[tokio::test(start_paused = true)]
async fn presence_follows_who_is_in_it() {
    let mut house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    house.sees("alice", PresenceState::InCall).await;
    transfer(&house, &alice, call, "carol").await.unwrap();
    house.sees("alice", PresenceState::Online).await;
    carol.rings_with(call).await;
    carol.answers(call).await;
    house.sees("carol", PresenceState::InCall).await;
    house.calls.hang_up(bob.id, call).await.unwrap();
    house.sees("carol", PresenceState::Online).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_told_so_when_it_comes_back_without_memory() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    transfer(&house, &alice, call, "carol").await.unwrap();
    carol.rings_with(call).await;
    let (mut endpoint, notices) = endpoint_of("bob", 8);
    endpoint.id = bob.id;
    let mut again = Phone::register(&house, (endpoint, notices)).await;
    again.is_told(CallState::Ringing).await;
    again.sees("carol", ParticipantState::Ringing).await;
    assert_eq!(house.calls.ongoing(again.id).await[0].participants[0].state, ParticipantState::Ringing);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_does_not_read_its_ring_is_lost_and_the_call_comes_back() {
    let house = House::new();
    let [mut alice, mut bob] = desks(&house, ["alice", "bob"]).await;
    let (mut endpoint, _unread) = endpoint_of("carol", 8);
    let (notices, _full) = mpsc::channel(1);
    notices.try_send(Notice::MissedChanged { missed: 1 }).unwrap();
    endpoint.notices = notices;
    house.calls.register(endpoint).await.unwrap();
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    let began = clock::now();
    transfer(&house, &alice, call, "carol").await.unwrap();
    let (_, via) = alice.rings_with(call).await;
    assert_eq!(via, Some(Via::Returned { from: person("carol"), reason: EndReason::OFFLINE }));
    assert!(clock::now() - began < TRANSFER_MAX);
}

#[tokio::test(start_paused = true)]
async fn a_stop_of_the_service_ends_it_in_the_middle() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    transfer(&house, &alice, call, "carol").await.unwrap();
    carol.rings_with(call).await;
    house.calls.stop().await;
    carol.stops_ringing(EndReason::SERVICE_LOST).await;
    bob.ends(EndReason::SERVICE_LOST).await;
    let record = house.store.record("carol", call).unwrap();
    assert_eq!((record.outcome, record.end), (Outcome::Missed, Some(EndReason::SERVICE_LOST)));
}
