//! Forwarded calls: who rings, what everybody is told, and what is kept of them; and who is not to be disturbed.

use super::*;
use crate::domain::forwarding::{AccountRules, CallRules, ForwardWhen};
use crate::domain::presence::PresenceChoice;
use crate::domain::record::Outcome;

use ForwardWhen::{Always, Busy, DoNotDisturb, NoAnswer};

/// Lets somebody's calls go there, and after 10 s where they are not answered.
async fn forwards(house: &House, name: &str, forwards: &[(ForwardWhen, &str)]) {
    let mut rules = CallRules { after_seconds: 10.try_into().unwrap(), ..CallRules::default() };
    for (when, to) in forwards {
        rules.set(*when, Some(person(to).identity));
    }
    let people = forwards.iter().map(|(_, to)| person(to)).collect();
    house.calls.set_rules(person(name).identity, AccountRules { rules, people }).await;
}

async fn is_quiet(house: &House, name: &str) {
    house.calls.set_presence(person(name).identity, PresenceChoice::DoNotDisturb).await;
}

impl Phone {
    /// Waits until it is told that its call goes on somewhere else: by whom, to whom, and in which case.
    async fn is_forwarded(&mut self) -> (String, HandedTo, Option<ForwardWhen>) {
        match self.hears("forwarded", |n| matches!(n, Notice::CallHandedOn { .. })).await {
            Notice::CallHandedOn { by, to, forwarded, .. } => (by.name.to_string(), to, forwarded),
            other => panic!("{other:?}"),
        }
    }

    /// Rings for a call that somebody forwarded.
    async fn rings_forwarded(&mut self, call: CallId, from: &str, by: &str, when: ForwardWhen) {
        let (caller, via) = self.rings_with(call).await;
        assert_eq!((caller, via), (person(from), Some(Via::Forwarded { by: person(by), when })));
    }
}

fn by(name: &str, to_whom: &str, when: ForwardWhen) -> (String, HandedTo, Option<ForwardWhen>) {
    (name.to_owned(), to(to_whom), Some(when))
}

#[tokio::test(start_paused = true)]
async fn a_call_forwarded_always_rings_there_alone_and_all_know_by_whom() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    forwards(&house, "bob", &[(Always, "carol")]).await;
    let (call, leg) = alice.calls("bob").await;
    assert_eq!(alice.is_forwarded().await, by("bob", "carol", Always));
    carol.rings_forwarded(call, "alice", "bob", Always).await;
    house.calls.ringing(carol.id, call).await.unwrap();
    alice.sees("carol", ParticipantState::Ringing).await;
    assert_eq!(house.store.record("bob", call).unwrap().outcome, Outcome::Ongoing, "nobody knows yet how it went");
    takes(&house, &carol, call).await;
    house.calls.leg_up(leg).await;
    alice.is_told(CallState::Connected).await;
    // Bob's is complete as soon as somebody has taken it.
    let bobs = ended(&mut bob, call).await;
    assert_eq!(summary(&bobs), ("alice", Outcome::Answered, EndReason::FORWARDED, Some("carol")));
    assert_eq!(bobs.answered_at, None, "bob talked to nobody");
    house.calls.hang_up(alice.id, call).await.unwrap();
    carol.ends(EndReason::HUNG_UP).await;
    let alices = ended(&mut alice, call).await;
    assert_eq!(summary(&alices), ("bob", Outcome::Answered, EndReason::HUNG_UP, Some("carol")));
    let carols = ended(&mut carol, call).await;
    assert_eq!(summary(&carols), ("alice", Outcome::Answered, EndReason::HUNG_UP, None));
}

#[tokio::test(start_paused = true)]
async fn who_declines_a_call_lets_it_ring_where_busy_calls_go() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let mut sofa = house.phone("bob").await;
    forwards(&house, "bob", &[(Busy, "carol")]).await;
    let (call, _) = alice.calls("bob").await;
    bob.rings(call, "alice").await;
    house.calls.decline(bob.id, call).await.unwrap();
    sofa.stops_ringing(EndReason::FORWARDED).await;
    bob.stops_ringing(EndReason::FORWARDED).await;
    assert_eq!(alice.is_forwarded().await, by("bob", "carol", Busy));
    alice.sees("carol", ParticipantState::Connecting).await;
    carol.rings_forwarded(call, "alice", "bob", Busy).await;
    // Carol declines too, and has no rules.
    house.calls.decline(carol.id, call).await.unwrap();
    alice.ends(EndReason::DECLINED).await;
    assert_eq!(
        summary(&ended(&mut bob, call).await),
        ("alice", Outcome::Declined, EndReason::FORWARDED, None),
        "who declines has not missed it"
    );
    assert_eq!(summary(&ended(&mut carol, call).await).1, Outcome::Declined);
    assert_eq!(summary(&ended(&mut alice, call).await), ("bob", Outcome::Declined, EndReason::DECLINED, None));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_answers_goes_on_after_a_while() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    forwards(&house, "bob", &[(NoAnswer, "carol")]).await;
    let began = crate::base::clock::now();
    let (call, _) = alice.calls("bob").await;
    bob.rings(call, "alice").await;
    house.calls.ringing(bob.id, call).await.unwrap();
    alice.is_told(CallState::Ringing).await;
    bob.stops_ringing(EndReason::FORWARDED).await;
    assert_eq!((crate::base::clock::now() - began).as_secs(), 10);
    carol.rings_forwarded(call, "alice", "bob", NoAnswer).await;
    // The ring-back goes on.
    alice.sees("carol", ParticipantState::Ringing).await;
    alice.ends(EndReason::RING_TIMEOUT).await;
    carol.stops_ringing(EndReason::RING_TIMEOUT).await;
    for phone in [&mut bob, &mut carol] {
        assert_eq!(ended(phone, call).await.outcome, Outcome::Missed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_can_go_nowhere_rings_on() {
    let house = House::new();
    let [alice, mut bob] = desks(&house, ["alice", "bob"]).await;
    forwards(&house, "bob", &[(NoAnswer, "carol")]).await;
    let (call, _) = alice.calls("bob").await;
    bob.rings(call, "alice").await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    takes(&house, &bob, call).await;
    assert!(house.store.record("carol", call).is_none(), "nothing was ever Carol's");
}

#[tokio::test(start_paused = true)]
async fn each_case_before_it_rings() {
    for case in [Busy, NoAnswer, DoNotDisturb] {
        let house = House::new();
        let [alice, mut carol] = desks(&house, ["alice", "carol"]).await;
        let mut bob = house.phone("bob").await;
        match case {
            Busy => drop(talk(&house, &mut bob, &mut house.phone("eve").await).await),
            NoAnswer => house.calls.left(bob.seat).await,
            _ => is_quiet(&house, "bob").await,
        }
        forwards(&house, "bob", &[(case, "carol")]).await;
        let (call, _) = alice.calls("bob").await;
        carol.rings_forwarded(call, "alice", "bob", case).await;
        house.calls.hang_up(alice.id, call).await.unwrap();
        carol.stops_ringing(EndReason::CANCELLED).await;
        let bobs = house.store.record("bob", call).unwrap();
        assert_eq!(summary(&bobs), ("alice", Outcome::Missed, EndReason::FORWARDED, None), "{case:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_exception_is_rung_though_nobody_else_is() {
    let house = House::new();
    let [mut alice, carol, mut bob] = desks(&house, ["alice", "carol", "bob"]).await;
    let rules = CallRules { except: vec![person("alice").identity], ..CallRules::default() };
    house.calls.set_rules(person("bob").identity, AccountRules { rules, people: vec![person("alice")] }).await;
    is_quiet(&house, "bob").await;
    let (call, _) = alice.calls("bob").await;
    bob.rings(call, "alice").await;
    // A client that connects meanwhile rings too.
    let mut sofa = house.phone("bob").await;
    sofa.rings(call, "alice").await;
    house.calls.hang_up(alice.id, call).await.unwrap();
    alice.ends(EndReason::CANCELLED).await;
    let mut carol = carol;
    carol.calls("bob").await;
    carol.ends(EndReason::DO_NOT_DISTURB).await;
    // What is transferred counts as from who is to talk, not from who hands it on.
    let (call, ..) = talk(&house, &mut alice, &mut carol).await;
    transfer(&house, &alice, call, "bob").await.unwrap_err();
    transfer(&house, &carol, call, "bob").await.unwrap();
    assert_eq!(bob.rings_with(call).await.0, person("alice"));
}

#[tokio::test(start_paused = true)]
async fn a_chain_goes_to_its_end_and_a_circle_is_not_followed() {
    let house = House::new();
    let [mut alice, mut bob, mut carol, mut dave] = desks(&house, ["alice", "bob", "carol", "dave"]).await;
    forwards(&house, "bob", &[(Always, "carol")]).await;
    forwards(&house, "carol", &[(Busy, "dave")]).await;
    forwards(&house, "dave", &[(Busy, "bob"), (NoAnswer, "alice")]).await;
    let (call, leg) = alice.calls("bob").await;
    assert_eq!(alice.is_forwarded().await, by("bob", "carol", Always));
    carol.rings_forwarded(call, "alice", "bob", Always).await;
    house.calls.decline(carol.id, call).await.unwrap();
    assert_eq!(alice.is_forwarded().await, by("carol", "dave", Busy));
    dave.rings_forwarded(call, "alice", "carol", Busy).await;
    // Ten seconds later it is not forwarded to who calls.
    tokio::time::sleep(Duration::from_secs(15)).await;
    takes(&house, &dave, call).await;
    house.calls.leg_up(leg).await;
    alice.is_told(CallState::Connected).await;
    for phone in [&mut bob, &mut carol] {
        assert_eq!(
            summary(&ended(phone, call).await),
            ("alice", Outcome::Answered, EndReason::FORWARDED, Some("dave"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_forwarded_to_somebody_offline_ends_and_both_have_missed_it() {
    let house = House::new();
    let [mut alice, mut bob] = desks(&house, ["alice", "bob"]).await;
    forwards(&house, "bob", &[(Always, "carol")]).await;
    let (call, _) = alice.calls("bob").await;
    assert_eq!(alice.is_forwarded().await, by("bob", "carol", Always));
    alice.ends(EndReason::OFFLINE).await;
    assert_eq!(summary(&ended(&mut bob, call).await), ("alice", Outcome::Missed, EndReason::FORWARDED, None));
    let carols = house.store.record("carol", call).unwrap();
    assert_eq!(summary(&carols), ("alice", Outcome::Missed, EndReason::OFFLINE, None));
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_names_somebody_gone_is_skipped() {
    let house = House::new();
    let [alice, mut bob, _carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let mut rules = CallRules::default();
    rules.set(Always, Some(person("carol").identity));
    house.calls.set_rules(person("bob").identity, AccountRules { rules, people: Vec::new() }).await;
    let (call, _) = alice.calls("bob").await;
    bob.rings(call, "alice").await;
}

#[tokio::test(start_paused = true)]
async fn a_transfer_follows_always_and_comes_back_from_the_last() {
    let house = House::new();
    let [mut alice, mut bob, mut carol, mut dave] = desks(&house, ["alice", "bob", "carol", "dave"]).await;
    let (call, ..) = talk(&house, &mut bob, &mut alice).await;
    forwards(&house, "carol", &[(Always, "dave")]).await;
    forwards(&house, "dave", &[(Busy, "carol"), (NoAnswer, "carol")]).await;
    transfer(&house, &alice, call, "carol").await.unwrap();
    alice.ends(EndReason::TRANSFERRED).await;
    assert_eq!(bob.is_forwarded().await, ("alice".to_owned(), to("carol"), None));
    assert_eq!(bob.is_forwarded().await, by("carol", "dave", Always));
    bob.is_told(CallState::Ringing).await;
    bob.sees("dave", ParticipantState::Ringing).await;
    dave.rings_forwarded(call, "bob", "carol", Always).await;
    house.calls.decline(dave.id, call).await.unwrap();
    let returned = Via::Returned { from: person("dave"), reason: EndReason::DECLINED };
    assert_eq!(alice.rings_with(call).await, (person("bob"), Some(returned)));
    assert_eq!(summary(&ended(&mut carol, call).await), ("bob", Outcome::Missed, EndReason::FORWARDED, None));
    takes(&house, &alice, call).await;
    bob.is_told(CallState::Connected).await;
}

#[tokio::test(start_paused = true)]
async fn a_transfer_is_not_forwarded_to_who_is_in_it_nor_for_no_answer() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (call, ..) = talk(&house, &mut bob, &mut alice).await;
    for in_it in ["alice", "bob"] {
        forwards(&house, "carol", &[(Always, in_it)]).await;
        transfer(&house, &alice, call, "carol").await.unwrap();
        assert_eq!(carol.rings_with(call).await.1, Some(Via::Transferred { by: person("alice") }));
        house.calls.decline(carol.id, call).await.unwrap();
        alice.rings_with(call).await;
        takes(&house, &alice, call).await;
        bob.is_told(CallState::Connected).await;
    }
    forwards(&house, "carol", &[(NoAnswer, "dave")]).await;
    let _dave = house.phone("dave").await;
    house.calls.left(carol.seat).await;
    let failure = transfer(&house, &alice, call, "carol").await.unwrap_err();
    assert_eq!(failure.sub_code, EndReason::OFFLINE.sub_code);
}

#[tokio::test(start_paused = true)]
async fn exceptions_hold_for_invitations_which_are_not_forwarded() {
    let house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let mut dave = house.phone("dave").await;
    let mut rules = CallRules { except: vec![person("alice").identity], ..CallRules::default() };
    rules.set(Always, Some(person("carol").identity));
    let people = vec![person("alice"), person("carol")];
    house.calls.set_rules(person("dave").identity, AccountRules { rules, people }).await;
    is_quiet(&house, "dave").await;
    let (call, ..) = talk(&house, &mut alice, &mut bob).await;
    let invite = async |by: &Phone| house.calls.invite(by.id, call, person("dave"), kit::group(7)).await;
    invite(&bob).await.unwrap_err();
    invite(&alice).await.unwrap();
    dave.rings(call, "alice").await;
    // It is connected, and rings, though it was not there when the invitation was made.
    let mut sofa = house.phone("dave").await;
    sofa.rings(call, "alice").await;
    assert!(carol.notices.try_recv().is_err());
}
