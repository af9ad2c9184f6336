//! Blocked: what somebody sees who is blocked is what there is to see of somebody who is offline, notice by notice and at the
//! same instants of virtual time.

use std::collections::BTreeSet;
use std::time::Duration;

use uuid::Uuid;

use super::kit::{House, Phone, group, person};
use super::*;
use crate::control::call::PARK_MAX;
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::{CallRules, ForwardWhen};
use crate::domain::record::Outcome;
use crate::domain::time::UnixMillis;
use crate::protocol::notice::Notice;

/// Longer than anything a call waits for by itself.
const QUIET: Duration = Duration::from_secs(400);

const CALL: CallId = CallId(Uuid::from_u128(7));
const LEG: LegId = LegId(Uuid::from_u128(8));

async fn blocks(house: &House, who: &str, others: &[&str]) {
    let blocked: BTreeSet<Identity> = others.iter().map(|name| person(name).identity).collect();
    house.calls.set_blocked(person(who).identity, blocked).await;
}

async fn forwards(house: &House, who: &str, when: ForwardWhen, to: &str) {
    let mut rules = CallRules::default();
    rules.set(when, Some(person(to).identity));
    house.calls.set_rules(person(who).identity, AccountRules { rules, people: vec![person(to)] }).await;
}

/// All that a phone is told until nothing happens any more, and when; the time of day left out.
async fn sees(phone: &mut Phone) -> Vec<(Duration, Notice)> {
    let began = tokio::time::Instant::now();
    let mut seen = Vec::new();
    while let Ok(Some(mut notice)) = tokio::time::timeout(QUIET, phone.notices.recv()).await {
        match &mut notice {
            Notice::HistoryAdded { record } => {
                record.started_at = UnixMillis(0);
                record.ended_at = record.ended_at.map(|_| UnixMillis(0));
            }
            Notice::CallIncoming { at, .. } => *at = UnixMillis(0),
            _ => {}
        }
        seen.push((began.elapsed(), notice));
    }
    seen
}

/// What Alice sees of a call to somebody, which rings at others or nobody.
async fn of_a_call(house: &House, alice: &mut Phone, to: &str) -> (Result<(), Failure>, Vec<(Duration, Notice)>) {
    let started = house.calls.start(alice.id, CALL, person(to), LEG, None).await;
    (started, sees(alice).await)
}

#[tokio::test(start_paused = true)]
async fn a_call_of_somebody_blocked_looks_as_if_nobody_were_there() {
    let away = House::new();
    let mut alice = away.phone("alice").await;
    let offline = of_a_call(&away, &mut alice, "bob").await;

    let house = House::new();
    let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    blocks(&house, "bob", &["alice"]).await;
    // Nor do the rules of who blocks somebody count for them.
    forwards(&house, "bob", ForwardWhen::NoAnswer, "carol").await;
    let mut carol = house.phone("carol").await;
    assert_eq!(of_a_call(&house, &mut alice, "bob").await, offline);
    assert_eq!(sees(&mut bob).await, [], "nothing rings, and nothing is missed");
    assert_eq!(sees(&mut carol).await, []);
    assert!(house.store.record("bob", CALL).is_none(), "nothing is kept for who blocks");
    assert_eq!(house.store.record("alice", CALL).unwrap().outcome, Outcome::NoAnswer);
}

#[tokio::test(start_paused = true)]
async fn nor_does_it_come_by_way_of_others() {
    let mut all = Vec::new();
    for there in [false, true] {
        let house = House::new();
        let mut alice = house.phone("alice").await;
        let mut bob = if there { Some(house.phone("bob").await) } else { None };
        if there {
            blocks(&house, "bob", &["alice"]).await;
        }
        let mut dave = house.phone("dave").await;
        for when in [ForwardWhen::Always, ForwardWhen::NoAnswer] {
            forwards(&house, "dave", when, "bob").await;
            all.push(of_a_call(&house, &mut alice, "dave").await);
        }
        // One that somebody blocked forwards, whoever calls.
        forwards(&house, "alice", ForwardWhen::Always, "bob").await;
        all.push(of_a_call(&house, &mut dave, "alice").await);
        if let Some(bob) = &mut bob {
            assert_eq!(sees(bob).await, []);
        }
        assert!(house.store.record("bob", CALL).is_none_or(|_| !there));
    }
    let (of_blocked, of_offline) = (all.split_off(3), all);
    assert_eq!(of_blocked, of_offline);
}

#[tokio::test(start_paused = true)]
async fn a_call_cannot_be_handed_on_to_who_blocks_one_of_the_two_and_no_pick_up_finds_what_rings_there() {
    let mut all = Vec::new();
    for there in [false, true] {
        let house = House::new();
        let (mut alice, mut carol) = (house.phone("alice").await, house.phone("carol").await);
        let mut bob = house.phone("bob").await;
        if !there {
            house.calls.left(bob.seat).await;
        }
        if there {
            blocks(&house, "bob", &["alice"]).await;
        }
        let (call, leg) = alice.calls("carol").await;
        carol.rings(call, "alice").await;
        let other = carol.answers(call).await;
        house.calls.leg_up(leg).await;
        house.calls.leg_up(other).await;
        alice.is_told(CallState::Connected).await;
        carol.is_told(CallState::Connected).await;
        for giver in [&alice, &carol] {
            all.push(house.calls.transfer(giver.id, call, Handed::Person(person("bob"))).await.err());
        }
        let invited = house.calls.invite(alice.id, call, person("bob"), group(1)).await;
        all.push(invited.err());
        house.calls.hang_up(alice.id, call).await.unwrap();
        alice.ends(EndReason::HUNG_UP).await;
        if there {
            let dave = house.phone("dave").await;
            let (call, _) = dave.calls("bob").await;
            bob.rings(call, "dave").await;
        }
        all.push(house.calls.rings_at(alice.id, person("bob").identity).await.err());
        assert!(bob.notices.try_recv().is_err(), "nothing else came there");
    }
    let (of_blocked, of_offline) = (all.split_off(4), all);
    assert_eq!(of_blocked, of_offline);
    assert!(of_offline.iter().all(Option::is_some));
}

#[tokio::test(start_paused = true)]
async fn who_is_blocked_while_they_call_sees_what_there_is_to_see_when_the_phone_is_switched_off() {
    let mut all = Vec::new();
    for blocked in [false, true] {
        let house = House::new();
        let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
        house.calls.start(alice.id, CALL, person("bob"), LEG, None).await.unwrap();
        bob.rings(CALL, "alice").await;
        house.calls.ringing(bob.id, CALL).await.unwrap();
        tokio::time::sleep(Duration::from_secs(3)).await;
        if blocked {
            blocks(&house, "bob", &["alice"]).await;
            bob.stops_ringing(EndReason::DECLINED).await;
            bob.gets_record_of(Outcome::Declined, EndReason::DECLINED).await;
            // Another phone of his does not ring either.
            let mut mobile = house.phone("bob").await;
            all.push(sees(&mut alice).await);
            assert_eq!(sees(&mut mobile).await, []);
            assert_eq!(house.store.record("bob", CALL).unwrap().outcome, Outcome::Declined, "and it is not missed");
        } else {
            house.calls.left(bob.seat).await;
            all.push(sees(&mut alice).await);
        }
    }
    assert_eq!(all[1], all[0]);
    assert!(all[0].iter().any(|(_, notice)| matches!(notice, Notice::CallEnded { .. })));
}

#[tokio::test(start_paused = true)]
async fn an_invitation_of_somebody_blocked_stops_as_if_the_phone_were_switched_off_and_one_of_others_rings() {
    let house = House::new();
    let (mut alice, carol, mut bob) =
        (house.phone("alice").await, house.phone("carol").await, house.phone("bob").await);
    let meeting = group(1);
    let (call, _) = alice.joins(&meeting).await;
    carol.joins(&meeting).await;
    house.calls.invite(alice.id, call, person("bob"), meeting.clone()).await.unwrap();
    bob.rings(call, "alice").await;
    blocks(&house, "bob", &["alice"]).await;
    bob.stops_ringing(EndReason::DECLINED).await;
    let ended =
        |notice: &Notice| matches!(notice, Notice::CallInviteEnded { reason, .. } if *reason == EndReason::OFFLINE);
    alice.hears("the end of the invitation", ended).await;
    let refused = house.calls.invite(alice.id, call, person("bob"), meeting.clone()).await.unwrap_err();
    assert_eq!(refused.sub_code, EndReason::OFFLINE.sub_code);
    house.calls.invite(carol.id, call, person("bob"), meeting).await.unwrap();
    bob.rings(call, "carol").await;
    bob.answers(call).await;
    house.calls.hang_up(bob.id, call).await.unwrap();
    bob.ends(EndReason::HUNG_UP).await;
    let record = loop {
        let record = bob.gets_record().await;
        if record.outcome != Outcome::Declined {
            break record;
        }
    };
    assert_eq!(record.end, Some(EndReason::HUNG_UP), "what others invite to is kept");
}

#[tokio::test(start_paused = true)]
async fn who_blocks_somebody_may_call_them_and_gets_back_what_they_parked() {
    let house = House::new();
    let (mut alice, mut bob, mut carol) =
        (house.phone("alice").await, house.phone("bob").await, house.phone("carol").await);
    blocks(&house, "bob", &["alice"]).await;
    let (call, leg) = bob.calls("alice").await;
    alice.rings(call, "bob").await;
    let other = alice.answers(call).await;
    house.calls.leg_up(leg).await;
    house.calls.leg_up(other).await;
    bob.is_told(CallState::Connected).await;
    let slot = house.calls.park(bob.id, call, None).await.unwrap();
    let told = carol.hears("a parked call", |notice| matches!(notice, Notice::ParkedChanged { .. })).await;
    assert!(matches!(told, Notice::ParkedChanged { parked: Some(_), .. }));
    assert_eq!(house.calls.parked(&person("carol").identity).await.len(), 1);
    assert_eq!(house.calls.parked(&person("alice").identity).await, [], "it would show that he is there");
    let hidden = alice.hears("a slot", |notice| matches!(notice, Notice::ParkedChanged { .. })).await;
    assert!(matches!(hidden, Notice::ParkedChanged { parked: None, .. }));
    tokio::time::sleep(PARK_MAX).await;
    bob.hears("the call come back", |notice| matches!(notice, Notice::CallIncoming { .. })).await;
    bob.answers(call).await;
    // Of what others park, she sees what is not his.
    assert_eq!(house.calls.parked(&person("carol").identity).await, []);
    let (dave, mut erin) = (house.phone("dave").await, house.phone("erin").await);
    let (call, leg) = dave.calls("erin").await;
    erin.rings(call, "dave").await;
    let other = erin.answers(call).await;
    house.calls.leg_up(leg).await;
    house.calls.leg_up(other).await;
    erin.is_told(CallState::Connected).await;
    house.calls.park(dave.id, call, Some(slot)).await.unwrap();
    blocks(&house, "erin", &["carol"]).await;
    let gone = |notice: &Notice| matches!(notice, Notice::ParkedChanged { slot: at, parked: None } if *at == slot);
    carol.hears("that the slot is free", gone).await;
    let leg = LegId(crate::base::entropy::uuid());
    assert!(house.calls.pick_up(carol.id, slot, call, leg).await.is_err());
    blocks(&house, "erin", &[]).await;
    assert_eq!(house.calls.parked(&person("carol").identity).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_comes_into_a_call_that_was_not_forwarded_to_them_has_a_record_of_it() {
    for joins in [false, true] {
        let house = House::new();
        let (mut alice, mut dave, mut bob) =
            (house.phone("alice").await, house.phone("dave").await, house.phone("bob").await);
        blocks(&house, "bob", &["alice"]).await;
        forwards(&house, "dave", ForwardWhen::NoAnswer, "bob").await;
        let (call, leg) = alice.calls("dave").await;
        dave.rings(call, "alice").await;
        // It would go on to him by now, and goes on ringing at her.
        tokio::time::sleep(Duration::from_secs(30)).await;
        let other = dave.answers(call).await;
        house.calls.leg_up(leg).await;
        house.calls.leg_up(other).await;
        alice.is_told(CallState::Connected).await;
        dave.is_told(CallState::Connected).await;
        if joins {
            // In a group's call they may meet.
            house.calls.invite(dave.id, call, person("bob"), group(call.0.as_u128())).await.unwrap();
            bob.rings(call, "dave").await;
        } else {
            blocks(&house, "bob", &[]).await;
            house.calls.transfer(dave.id, call, Handed::Person(person("bob"))).await.unwrap();
            bob.rings(call, "alice").await;
        }
        let leg = bob.answers(call).await;
        house.calls.leg_up(leg).await;
        bob.is_told(CallState::Connected).await;
        house.calls.hang_up(bob.id, call).await.unwrap();
        bob.gets_record_of(Outcome::Answered, EndReason::HUNG_UP).await;
    }
}
