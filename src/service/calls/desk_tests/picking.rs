//! Picked up while it rings at somebody else; and how it looks to others that it rings.

use super::*;
use crate::base::clock;
use crate::control::call::SETUP_MAX;
use crate::domain::call::Direction;
use crate::domain::forwarding::{AccountRules, CallRules};
use crate::domain::presence::PresenceState;
use crate::protocol::failure::FailureCode;
use crate::service::calls::kit::{Did, group};

/// Picks up the call that has been ringing longest at somebody; the leg comes up.
async fn picks_up(house: &House, phone: &Phone, at: &str) -> Result<(CallId, Person, LegId), Failure> {
    let at = person(at).identity;
    let (call, with) = house.calls.rings_at(phone.id, at.clone()).await?;
    let leg = LegId(entropy::uuid());
    house.calls.pick_up_ringing(phone.id, at, call, leg).await?;
    house.calls.leg_up(leg).await;
    Ok((call, with, leg))
}

#[tokio::test(start_paused = true)]
async fn who_picks_up_a_ringing_call_talks_to_who_calls_and_all_are_told() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let mut sofa = desk(&house, "bob").await;
    let (call, leg_a) = alice.calls("bob").await;
    house.calls.leg_up(leg_a).await;
    bob.rings(call, "alice").await;
    let (picked_up, with, leg_c) = picks_up(&house, &carol, "bob").await.unwrap();
    assert_eq!((picked_up, with), (call, person("alice")));
    for phone in [&mut bob, &mut sofa] {
        phone.stops_ringing(EndReason::PICKED_UP).await;
    }
    assert_eq!(alice.is_handed_on().await, (person("carol"), to("carol")));
    alice.is_told(CallState::Connected).await;
    alice.sees("carol", ParticipantState::Connected).await;
    carol.is_told(CallState::Connected).await;
    carol.sees("alice", ParticipantState::Connected).await;
    let switched = house.switched();
    assert!(
        switched.contains(&Did::hears_only(leg_a, &[leg_c])) && switched.contains(&Did::hears_only(leg_c, &[leg_a]))
    );
    assert_eq!(house.calls.ongoing(carol.id).await[0].direction, Direction::Incoming);
    let late = house.calls.answer(bob.id, call, LegId(entropy::uuid())).await.unwrap_err();
    assert_eq!(late.code, FailureCode::Conflict);

    house.calls.hang_up(carol.id, call).await.unwrap();
    let bobs = ended(&mut bob, call).await;
    assert_eq!(summary(&bobs), ("alice", Outcome::Answered, EndReason::PICKED_UP, Some("carol")));
    assert_eq!(bobs.answered_at, None, "bob talked to nobody");
    let alices = ended(&mut alice, call).await;
    assert_eq!(summary(&alices), ("bob", Outcome::Answered, EndReason::HUNG_UP, Some("carol")));
    assert!(alices.answered_at.is_some());
    let carols = ended(&mut carol, call).await;
    assert_eq!(summary(&carols), ("alice", Outcome::Answered, EndReason::HUNG_UP, None));
    assert_eq!(carols.direction, Direction::Incoming);
}

#[tokio::test(start_paused = true)]
async fn the_call_that_rings_longest_is_taken_also_one_that_was_transferred() {
    let house = House::new();
    let [alice, mut bob, mut dave] = desks(&house, ["alice", "bob", "dave"]).await;
    let [mut carol, mut erin] = desks(&house, ["carol", "erin"]).await;
    let (first, ..) = talk(&house, &mut dave, &mut erin).await;
    transfer(&house, &dave, first, "bob").await.unwrap();
    bob.rings_with(first).await;
    tokio::time::advance(Duration::from_millis(1)).await;
    let (second, leg) = alice.calls("bob").await;
    house.calls.leg_up(leg).await;
    bob.rings_with(second).await;
    // An invitation is nobody's to take but of who is invited, and it rings for longest of all by now.
    let (meeting, _) = house.phone("frank").await.joins(&group(1)).await;
    assert_ne!(meeting, first);

    let (taken, with, _) = picks_up(&house, &carol, "bob").await.unwrap();
    assert_eq!((taken, with), (first, person("erin")));
    erin.sees("carol", ParticipantState::Connected).await;
    let (taken, with, _) = picks_up(&house, &carol, "bob").await.unwrap();
    assert_eq!((taken, with), (second, person("alice")));
    carol.sees("alice", ParticipantState::Connected).await;
    assert_eq!(picks_up(&house, &carol, "bob").await.unwrap_err().code, FailureCode::NotFound);
}

/// Lets all calls to somebody ring at somebody else.
async fn forwards(house: &House, name: &str, to: &str) {
    let rules = CallRules { always: Some(person(to).identity), ..CallRules::default() };
    house.calls.set_rules(person(name).identity, AccountRules { rules, people: vec![person(to)] }).await;
}

#[tokio::test(start_paused = true)]
async fn who_forwarded_a_call_learns_who_picked_it_up_however_it_came() {
    for transferred in [false, true] {
        let house = House::new();
        let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
        let [mut dave, erin] = desks(&house, ["dave", "erin"]).await;
        forwards(&house, "carol", "dave").await;
        let (call, from) = if transferred {
            let (call, ..) = talk(&house, &mut alice, &mut bob).await;
            transfer(&house, &alice, call, "carol").await.unwrap();
            (call, "bob")
        } else {
            let (call, leg) = alice.calls("carol").await;
            house.calls.leg_up(leg).await;
            (call, "alice")
        };
        dave.rings_with(call).await;
        let (taken, with, _) = picks_up(&house, &erin, "dave").await.unwrap();
        assert_eq!((taken, with), (call, person(from)));
        dave.stops_ringing(EndReason::PICKED_UP).await;
        let carols = ended(&mut carol, call).await;
        assert_eq!(summary(&carols), (from, Outcome::Answered, EndReason::FORWARDED, Some("erin")));
        let daves = ended(&mut dave, call).await;
        assert_eq!(summary(&daves), (from, Outcome::Answered, EndReason::PICKED_UP, Some("erin")));
        house.calls.hang_up(erin.id, call).await.unwrap();
        let stays = if transferred { &mut bob } else { &mut alice };
        stays.ends(EndReason::HUNG_UP).await;
        assert_eq!(summary(&ended(stays, call).await).3, Some("erin"));
    }
}

#[tokio::test(start_paused = true)]
async fn who_forwards_a_call_and_picks_it_up_after_all_is_in_it_like_anybody() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    forwards(&house, "bob", "carol").await;
    let (call, leg) = alice.calls("bob").await;
    house.calls.leg_up(leg).await;
    carol.rings_with(call).await;
    picks_up(&house, &bob, "carol").await.unwrap();
    assert_eq!(summary(&ended(&mut carol, call).await).3, Some("bob"));
    alice.sees("bob", ParticipantState::Connected).await;
    assert_eq!(house.store.record("bob", call).unwrap().outcome, Outcome::Ongoing, "they are talking");
    house.calls.hang_up(alice.id, call).await.unwrap();
    let bobs = ended(&mut bob, call).await;
    assert_eq!(summary(&bobs), ("alice", Outcome::Answered, EndReason::HUNG_UP, None));
    assert!(bobs.answered_at.is_some());
    assert_eq!(summary(&ended(&mut alice, call).await), ("bob", Outcome::Answered, EndReason::HUNG_UP, None));
}

#[tokio::test(start_paused = true)]
async fn who_picks_up_and_never_comes_up_leaves_nobody_waiting() {
    let house = House::new();
    let [mut alice, bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, leg) = alice.calls("bob").await;
    house.calls.leg_up(leg).await;
    house.calls.ringing(bob.id, call).await.unwrap();
    alice.is_told(CallState::Ringing).await;
    let at = person("bob").identity;
    house.calls.pick_up_ringing(carol.id, at, call, LegId(entropy::uuid())).await.unwrap();
    let began = clock::now();
    for phone in [&mut alice, &mut carol] {
        phone.ends(EndReason::SETUP_TIMEOUT).await;
    }
    assert_eq!((clock::now() - began).as_secs(), SETUP_MAX.as_secs());
    for phone in [&mut alice, &mut carol] {
        let record = ended(phone, call).await;
        assert_eq!((record.outcome, record.end), (Outcome::Failed, Some(EndReason::SETUP_TIMEOUT)));
        assert_eq!(house.calls.ongoing(phone.id).await, []);
    }
}

#[tokio::test(start_paused = true)]
async fn an_invitation_a_recall_and_the_own_call_are_not_picked_up() {
    let house = House::new();
    let [mut alice, mut bob, carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let refusal = async |phone: &Phone, at: &str| picks_up(&house, phone, at).await.unwrap_err().code;
    assert_eq!(refusal(&carol, "bob").await, FailureCode::NotFound);

    let mut dave = house.phone("dave").await;
    let (meeting, _) = carol.joins(&group(1)).await;
    house.calls.invite(carol.id, meeting, person("dave"), group(1)).await.unwrap();
    dave.rings(meeting, "carol").await;
    assert_eq!(refusal(&alice, "dave").await, FailureCode::NotFound);

    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    house.calls.park(alice.id, call, None).await.unwrap();
    alice.rings_with(call).await;
    assert_eq!(refusal(&carol, "alice").await, FailureCode::NotFound);

    let (own, _) = carol.calls("bob").await;
    bob.rings(own, "carol").await;
    assert_eq!(refusal(&carol, "bob").await, FailureCode::BadRequest);
    let sofa = desk(&house, "carol").await;
    assert_eq!(refusal(&sofa, "bob").await, FailureCode::BadRequest);
}

#[tokio::test(start_paused = true)]
async fn who_answers_first_has_it_and_a_pick_up_that_comes_late_is_told_so() {
    let house = House::new();
    let [mut alice, mut bob, carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, leg_a) = alice.calls("bob").await;
    house.calls.leg_up(leg_a).await;
    bob.rings(call, "alice").await;
    let at = person("bob").identity;
    let (found, _) = house.calls.rings_at(carol.id, at.clone()).await.unwrap();
    takes(&house, &bob, call).await;
    let leg = LegId(entropy::uuid());
    let late = house.calls.pick_up_ringing(carol.id, at, found, leg).await.unwrap_err();
    assert_eq!(late, refusals::rings_no_more());
    assert_eq!(house.calls.ongoing(carol.id).await, []);
    assert!(!house.switched().contains(&Did::Close(leg)), "whoever brought it closes it");
    bob.is_told(CallState::Connected).await;
    alice.sees("bob", ParticipantState::Connected).await;
}

#[tokio::test(start_paused = true)]
async fn others_see_that_it_rings_before_all_else_and_of_bots_they_never_do() {
    let mut house = House::new();
    let [mut alice, mut bob] = desks(&house, ["alice", "bob"]).await;
    let carol = desk(&house, "carol").await;
    talk(&house, &mut alice, &mut bob).await;
    house.sees("bob", PresenceState::InCall).await;
    let (call, _) = carol.calls("bob").await;
    house.sees("bob", PresenceState::Ringing).await;
    house.calls.decline(bob.id, call).await.unwrap();
    house.sees("bob", PresenceState::InCall).await;
    let (call, _) = carol.calls("bob").await;
    house.sees("bob", PresenceState::Ringing).await;
    takes(&house, &bob, call).await;
    house.sees("bob", PresenceState::InCall).await;

    let (meeting, _) = alice.joins(&group(1)).await;
    let dave = house.phone("dave").await;
    house.calls.invite(alice.id, meeting, person("dave"), group(1)).await.unwrap();
    house.sees("dave", PresenceState::Ringing).await;
    house.calls.decline(dave.id, meeting).await.unwrap();
    house.sees("dave", PresenceState::Online).await;

    let (mut endpoint, notices) = endpoint_of("echo", 8);
    endpoint.seen_ringing = false;
    let mut echo = Phone::register(&house, (endpoint, notices)).await;
    let (call, _) = dave.calls("echo").await;
    echo.rings(call, "dave").await;
    house.calls.decline(echo.id, call).await.unwrap();
    house.sees("dave", PresenceState::InCall).await;
    house.sees("dave", PresenceState::Online).await;
    let known = house.calls.presence_of(&[person("echo").identity]).await;
    assert_eq!(known[0].state, PresenceState::Online);
}

#[tokio::test(start_paused = true)]
async fn who_takes_what_was_transferred_and_never_comes_up_gives_it_back() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    transfer(&house, &alice, call, "carol").await.unwrap();
    carol.rings_with(call).await;
    let began = clock::now();
    carol.answers(call).await;
    carol.ends(EndReason::SETUP_TIMEOUT).await;
    assert_eq!((clock::now() - began).as_secs(), SETUP_MAX.as_secs());
    let returned = Via::Returned { from: person("carol"), reason: EndReason::SETUP_TIMEOUT };
    assert_eq!(alice.rings_with(call).await, (person("bob"), Some(returned)));
    assert_eq!(summary(&ended(&mut carol, call).await), ("bob", Outcome::Failed, EndReason::SETUP_TIMEOUT, None));
    assert_eq!(house.calls.ongoing(carol.id).await, []);
    takes(&house, &alice, call).await;
    bob.sees("alice", ParticipantState::Connected).await;
}

#[tokio::test(start_paused = true)]
async fn who_fetches_what_they_parked_and_never_comes_up_is_rung_again() {
    let house = House::new();
    let [mut alice, mut bob] = desks(&house, ["alice", "bob"]).await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    house.calls.park(alice.id, call, None).await.unwrap();
    house.calls.pick_up(alice.id, slot(1), call, LegId(entropy::uuid())).await.unwrap();
    alice.ends(EndReason::PARKED).await;
    alice.ends(EndReason::SETUP_TIMEOUT).await;
    assert_eq!(alice.rings_with(call).await, (person("bob"), None));
    takes(&house, &alice, call).await;
    bob.sees("alice", ParticipantState::Connected).await;
}
