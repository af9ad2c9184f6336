//! Ringing people into a call: a direct call that becomes a group call, and one that is one.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_third_makes_a_direct_call_a_group_call_of_the_same_id() {
    let house = House::new();
    let Talk { mut alice, mut bob, call, leg_a, leg_b } = Talk::begin(&house).await;
    let mut carol = house.phone("carol").await;
    let group = Group { id: crate::domain::id::GroupId(call.0), ..group(0) };
    house.switched();
    house.calls.invite(bob.id, call, carol.person.clone(), group.clone()).await.unwrap();
    assert!(alice.is_in_group(&group).await, "who called may end it");
    assert!(!bob.is_in_group(&group).await);
    let (whole, rows, _) = alice.sees_roster().await;
    assert_eq!((whole, rows.len()), (true, 2));
    let offers = |leg, number| Did::Offers(leg, Source { open: true, mark: Some(number) });
    let hears = |leg| Did::Hears(leg, Hearing { choice: Choice::Loudest(4), ..Hearing::default() });
    assert_eq!(house.switched(), [offers(leg_a, 1), offers(leg_b, 2), hears(leg_a), hears(leg_b)]);
    assert_eq!(house.calls.group_of(call).await, Some(group.clone()));

    let rung = carol.hears("ring", |n| matches!(n, Notice::CallIncoming { .. })).await;
    let Notice::CallIncoming { from, group: Some(told), call_id, .. } = rung else { panic!("{rung:?}") };
    assert_eq!((from, told, call_id), (person("bob"), group.clone(), call));
    let leg = carol.answers(call).await;
    house.calls.leg_up(leg).await;
    carol.is_told(CallState::Connected).await;
    assert_eq!(names(&house.calls.here(&[group.id]).await[0]), ["alice", "bob", "carol"]);
    let ongoing = house.calls.ongoing(carol.id).await;
    assert_eq!((ongoing[0].direction, ongoing[0].group.as_ref()), (Direction::Incoming, Some(&group)));

    house.calls.hang_up(alice.id, call).await.unwrap();
    let record = alice.gets_record().await;
    let expected = (Peer::Person(person("bob")), Direction::Outgoing, Some(EndReason::HUNG_UP));
    assert_eq!((record.with, record.direction, record.end), expected, "a direct call's record stays one");
    house.calls.hang_up(carol.id, call).await.unwrap();
    let record = carol.gets_record().await;
    assert_eq!((record.with, record.direction), (Peer::Group(group.reference()), Direction::Incoming));
    bob.sees_roster().await;
    house.calls.hang_up(bob.id, call).await.unwrap();
    bob.ends(EndReason::HUNG_UP).await;
    assert_eq!(house.calls.group_of(call).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_invitation_that_can_reach_nobody_is_refused_and_the_direct_call_stays_one() {
    let house = House::new();
    let Talk { alice, bob, call, .. } = Talk::begin(&house).await;
    let (dave, eve) = (house.phone("dave").await, house.phone("eve").await);
    house.calls.set_presence(dave.person.identity.clone(), PresenceChoice::DoNotDisturb).await;
    eve.joins(&group(7)).await;
    let invite = |endpoint, name: &str| house.calls.invite(endpoint, call, person(name), group(1));
    for (name, code, sub_code) in [
        ("nobody", FailureCode::Conflict, EndReason::OFFLINE.sub_code),
        ("dave", FailureCode::Conflict, EndReason::DO_NOT_DISTURB.sub_code),
        ("eve", FailureCode::Conflict, EndReason::BUSY.sub_code),
        ("bob", FailureCode::Conflict, 0),
        ("alice", FailureCode::BadRequest, 0),
    ] {
        let refused = invite(alice.id, name).await.unwrap_err();
        assert_eq!((refused.code, refused.sub_code), (code, sub_code), "{name}: {refused}");
    }
    assert_eq!(invite(eve.id, "nobody").await.unwrap_err(), refusals::no_such_call());
    house.calls.hold(bob.id, call, true).await.unwrap();
    let _frank = house.phone("frank").await;
    assert_eq!(invite(alice.id, "frank").await.unwrap_err().code, FailureCode::Conflict, "it is held");
    assert_eq!(house.calls.group_of(call).await, None);
    let taken = house.calls.invite(alice.id, call, person("frank"), group(7)).await.unwrap_err();
    assert_eq!(taken.code, FailureCode::Conflict);
}

#[tokio::test(start_paused = true)]
async fn how_an_invitation_ends_is_told_to_the_inviter_and_kept_for_the_invited() {
    let house = House::new();
    let (mut alice, mut carol) = (house.phone("alice").await, house.phone("carol").await);
    let (call, _) = alice.joins(&group(1)).await;
    for (reason, outcome) in [(EndReason::DECLINED, Outcome::Declined), (EndReason::RING_TIMEOUT, Outcome::Missed)] {
        house.calls.invite(alice.id, call, carol.person.clone(), group(1)).await.unwrap();
        carol.rings(call, "alice").await;
        if reason == EndReason::DECLINED {
            house.calls.decline(carol.id, call).await.unwrap();
        }
        carol.stops_ringing(reason).await;
        let ended = alice.hears("end of invitation", |n| matches!(n, Notice::CallInviteEnded { .. })).await;
        assert_eq!(ended, Notice::CallInviteEnded { call_id: call, person: person("carol"), reason });
        carol.gets_record_of(outcome, reason).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_of_the_invited_that_connects_rings_and_a_late_answer_is_told_where_it_was_answered() {
    let house = House::new();
    let (alice, desk) = (house.phone("alice").await, house.phone("carol").await);
    let (call, _) = alice.joins(&group(1)).await;
    house.calls.invite(alice.id, call, person("carol"), group(1)).await.unwrap();
    let mut sofa = house.phone("carol").await;
    sofa.rings(call, "alice").await;
    desk.answers(call).await;
    sofa.stops_ringing(EndReason::ANSWERED_ELSEWHERE).await;
    let late = house.calls.answer(sofa.id, call, LegId(entropy::uuid())).await.unwrap_err();
    assert_eq!((late.code, late.sub_code), (FailureCode::Conflict, 10003));
    let mut shelf = house.phone("carol").await;
    house.calls.hang_up(alice.id, call).await.unwrap();
    house.calls.hang_up(desk.id, call).await.unwrap();
    shelf.gets_record_of(Outcome::Answered, EndReason::HUNG_UP).await;
}
