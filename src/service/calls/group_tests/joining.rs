//! Where a group meets, who may join, and what one that joins hears and learns.

use super::*;

#[tokio::test(start_paused = true)]
async fn all_who_ask_at_the_same_time_meet_in_one_call() {
    let house = House::new();
    let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    let group = group(1);
    let (first, second) = tokio::join!(house.calls.place_of(group.id), house.calls.place_of(group.id));
    let place = first.unwrap();
    assert_eq!(second.unwrap(), place);
    assert_eq!((place.running, place.here.len()), (false, 0));

    let join = alice.join_of(&group, place.call);
    assert_eq!(house.calls.join(join.clone()).await, Ok(JoinedCall { first: true }));
    house.calls.leg_up(join.leg).await;
    assert!(alice.is_in_group(&group).await, "who begins a call may end it");
    alice.is_told(CallState::Connected).await;
    let bobs = bob.join_of(&group, place.call);
    assert_eq!(house.calls.join(bobs.clone()).await, Ok(JoinedCall { first: false }));
    assert!(!bob.is_in_group(&group).await);
    let whole = bob.sees_roster().await;
    let alice_there = (String::from("alice"), ParticipantState::Connected, false);
    let bob_coming = (String::from("bob"), ParticipantState::Connecting, false);
    assert_eq!(whole, (true, vec![alice_there, bob_coming], vec![]));

    house.switched();
    house.calls.leg_up(bobs.leg).await;
    bob.is_told(CallState::Connected).await;
    let hearing = Hearing { choice: Choice::Loudest(4), ..Hearing::default() };
    let source = Source { open: true, mark: Some(2) };
    assert_eq!(house.switched(), [Did::Offers(bobs.leg, source), Did::Hears(bobs.leg, hearing)]);

    let place = house.calls.place_of(group.id).await.unwrap();
    assert!(place.running);
    assert_eq!(names(&place.here), ["alice", "bob"]);
    assert_eq!(house.calls.group_of(place.call).await, Some(group.clone()));
    let here = house.calls.here(&[group.id, kit::group(2).id]).await;
    assert_eq!((names(&here[0]), here[1].len()), (vec!["alice", "bob"], 0));

    house.calls.hang_up(alice.id, place.call).await.unwrap();
    alice.ends(EndReason::HUNG_UP).await;
    let record = alice.gets_record().await;
    let expected = (Peer::Group(group.reference()), Direction::Outgoing, Outcome::Answered);
    assert_eq!((record.with, record.direction, record.outcome), expected);
    loop {
        let (_, _, left) = bob.sees_roster().await;
        if left == [1] {
            break;
        }
    }
    house.calls.hang_up(bob.id, place.call).await.unwrap();
    bob.ends(EndReason::HUNG_UP).await;
    let next = house.calls.place_of(group.id).await.unwrap();
    assert!(!next.running && next.call != place.call, "the next call is another one");
}

#[tokio::test(start_paused = true)]
async fn a_join_where_the_group_does_not_meet_any_more_is_sent_back_to_ask_again() {
    let house = House::new();
    let (alice, bob) = (house.phone("alice").await, house.phone("bob").await);
    let group = group(1);
    let stale = |failure: Failure| (failure.code, failure.sub_code) == (FailureCode::Conflict, PLACE_CHANGED);
    let unasked = alice.join_of(&group, CallId(entropy::uuid()));
    assert!(stale(house.calls.join(unasked).await.unwrap_err()));

    let place = house.calls.place_of(group.id).await.unwrap();
    tokio::time::sleep(Duration::from_secs(31)).await;
    let late = alice.join_of(&group, place.call);
    assert!(stale(house.calls.join(late).await.unwrap_err()), "the reserved call is over");

    let (call, _) = alice.joins(&group).await;
    let elsewhere = bob.join_of(&group, place.call);
    assert!(stale(house.calls.join(elsewhere).await.unwrap_err()), "another call runs");
    let again = alice.join_of(&group, call);
    let twice = house.calls.join(again).await.unwrap_err();
    assert_eq!((twice.code, twice.sub_code), (FailureCode::Conflict, 0));
}

#[tokio::test(start_paused = true)]
async fn only_an_existing_call_is_joined_when_that_is_asked_for() {
    let house = House::new();
    let (alice, bob) = (house.phone("alice").await, house.phone("bob").await);
    let group = group(1);
    let place = house.calls.place_of(group.id).await.unwrap();
    let join = JoinCall { existing: true, ..bob.join_of(&group, place.call) };
    assert_eq!(house.calls.join(join.clone()).await.unwrap_err().code, FailureCode::NotFound);
    alice.joins(&group).await;
    house.calls.join(join).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn two_clients_of_one_person_are_in_and_one_in_another_call_is_not() {
    let house = House::new();
    let (desk, sofa, bob) = (house.phone("alice").await, house.phone("alice").await, house.phone("bob").await);
    let (call, leg) = desk.joins(&group(1)).await;
    let (same, other_leg) = sofa.joins(&group(1)).await;
    assert_eq!(same, call);
    let here = house.calls.here(&[group(1).id]).await;
    assert_eq!(names(&here[0]), ["alice"]);
    let except = |leg| Hearing { choice: Choice::Loudest(4), except: vec![leg], ..Hearing::default() };
    let switched = house.switched();
    assert!(switched.contains(&Did::Hears(leg, except(other_leg))), "{switched:?}");
    assert!(switched.contains(&Did::Hears(other_leg, except(leg))), "{switched:?}");

    bob.joins(&group(2)).await;
    let busy = bob.tries_to_join(&group(1)).await.unwrap_err();
    assert_eq!((busy.code, busy.message.as_str()), (FailureCode::Conflict, "this client is in a call; hang up first"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_lost_its_memory_is_told_its_group_call_anew_and_comes_back_with_a_new_leg() {
    let house = House::new();
    let (alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    let (call, old) = alice.joins(&group(1)).await;
    bob.joins(&group(1)).await;
    house.calls.lost(alice.seat).await;
    let (mut endpoint, notices) = endpoint_of("alice", 1);
    endpoint.id = alice.id;
    let mut again = Phone::register(&house, (endpoint, notices)).await;
    assert!(again.is_in_group(&group(1)).await);
    let (whole, rows, _) = again.sees_roster().await;
    assert_eq!((whole, rows.len()), (true, 2));
    let leg = LegId(entropy::uuid());
    house.calls.rejoin(again.id, call, leg).await.unwrap();
    house.calls.leg_up(leg).await;
    let ongoing = house.calls.ongoing(again.id).await;
    assert_eq!((ongoing[0].direction, ongoing[0].participants.len()), (Direction::Outgoing, 0));
    assert!(house.switched().contains(&Did::Close(old)));

    house.calls.mute(again.id, call, true).await.unwrap();
    house.calls.hold(again.id, call, true).await.unwrap();
    again.is_told(CallState::LocalHold).await;
    loop {
        let (_, rows, _) = bob.sees_roster().await;
        if rows.contains(&(String::from("alice"), ParticipantState::Hold, true)) {
            break;
        }
    }
    let switched = house.switched();
    assert!(switched.contains(&Did::Offers(leg, Source { open: false, mark: Some(1) })), "{switched:?}");
    assert!(!switched.iter().any(|did| matches!(did, Did::Music(..))), "no music in a group");
}
