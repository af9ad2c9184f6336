//! Real phones meet in a group: joined by ID, code and link, each with a tone of its own.

use switchboard::domain::call::{CallState, ParticipantState, Peer};
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::id::CallId;
use switchboard::phone::command::Command;
use switchboard::phone::event::{CallView, Event, GroupCard, LinkReach, Refusal};

use crate::support::proxy::TcpProxy;
use crate::support::{TestPhone, TestService, connect, silence, tone, wav};

/// Sentences about group calls.
trait InGroups {
    async fn begins(&mut self) -> (CallId, GroupCard);
    async fn joins(&mut self, place: &str, muted: Option<bool>) -> (CallId, GroupCard, bool);
    async fn is_joined(&mut self) -> (CallId, GroupCard, bool);
    async fn sees_there(&mut self, who: &[&str]) -> CallView;
    async fn hears_each_of(&mut self, numbers: &[u16]);
}

impl InGroups for TestPhone {
    async fn begins(&mut self) -> (CallId, GroupCard) {
        self.tell(Command::StartGroup { name: None }).await;
        let (call, card, first) = self.is_joined().await;
        assert!(first);
        (call, card)
    }

    async fn joins(&mut self, place: &str, muted: Option<bool>) -> (CallId, GroupCard, bool) {
        self.tell(Command::Join { place: place.to_owned(), existing: false, muted }).await;
        self.is_joined().await
    }

    async fn is_joined(&mut self) -> (CallId, GroupCard, bool) {
        self.until("join", |event| match event {
            Event::Joined { call, group, first } => Some((*call, group.clone(), *first)),
            _ => None,
        })
        .await
    }

    /// Waits until just these are in the call with it.
    async fn sees_there(&mut self, who: &[&str]) -> CallView {
        let there = |view: &CallView| {
            let here = view.participants.iter().filter(|row| row.participant.state == ParticipantState::Connected);
            here.map(|row| row.participant.person.name.as_str()).collect::<Vec<_>>() == who
        };
        let last = self.seen.iter().rev().find_map(|event| match event {
            Event::Call(view) => Some(view.clone()),
            _ => None,
        });
        match last.filter(there) {
            Some(view) => view,
            None => self.shows(&format!("see {who:?} in the call"), there).await,
        }
    }

    /// Waits until it has heard just these at once, for more than a second; gaps are no others.
    async fn hears_each_of(&mut self, numbers: &[u16]) {
        let mut tenths = 0;
        self.until(&format!("hear {numbers:?}"), |event| match event {
            Event::Levels { heard, .. } => {
                let all = heard.iter().map(|(number, _)| *number).eq(numbers.iter().copied());
                let others = heard.iter().any(|(number, _)| !numbers.contains(number));
                tenths = if others { 0 } else { tenths + usize::from(all) };
                (tenths == 15).then_some(())
            }
            _ => None,
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_meet_by_id_code_and_link_and_each_hears_the_others_and_not_itself() {
    let service = TestService::start().await;
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.phone("bob", 1320).await;
    let mut carol = service.phone("carol", 2200).await;
    let id = "29228d3e-040e-4656-a70e-890ab4e173e5";
    let (call, card, first) = alice.joins(id, Some(false)).await;
    assert!(first);
    assert_eq!(card.group.id.to_string(), id);
    assert_eq!(card.reach, LinkReach::ThisMachine);
    for (phone, place) in [(&mut bob, card.group.code.to_string()), (&mut carol, card.link.clone())] {
        assert_eq!(phone.joins(&place, Some(false)).await, (call, card.clone(), false));
    }
    alice.sees_there(&["bob", "carol"]).await;
    bob.sees_there(&["alice", "carol"]).await;
    let view = carol.sees_there(&["alice", "bob"]).await;
    assert_eq!((view.with, view.group), (Peer::Group(card.group.reference()), Some(card)));
    for (phone, others) in [(&mut alice, [2, 3]), (&mut bob, [1, 3]), (&mut carol, [1, 2])] {
        phone.hears_each_of(&others).await;
    }
    for phone in [&mut alice, &mut bob, &mut carol] {
        phone.hangs_up(call).await;
    }
    for phone in [&mut alice, &mut bob, &mut carol] {
        assert!(phone.ends().await.heard_ms > 200);
        phone.quits().await;
    }
    let spoken = [("alice", 440), ("bob", 1320), ("carol", 2200)];
    for (name, own) in spoken {
        for (other, hertz) in spoken {
            let seconds = wav::seconds_of(&service.heard(name, own), hertz);
            if name == other {
                assert!(seconds < 0.25, "{name} heard oneself for {seconds} s");
            } else {
                assert!(seconds > 0.25, "{name} heard {other} for {seconds} s");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_two_others_has_the_microphone_off_and_all_know() {
    let service = TestService::start().await;
    let mut alice = TestPhone::start("alice", service.account("alice").await, tone(440)).await;
    let mut bob = TestPhone::start("bob", service.account("bob").await, tone(660)).await;
    let mut carol = TestPhone::start("carol", service.account("carol").await, tone(880)).await;
    let (call, card) = alice.begins().await;
    for (phone, muted) in [(&mut bob, false), (&mut carol, true)] {
        phone.joins(&card.link, None).await;
        let last = phone.seen.iter().rev().find_map(|event| match event {
            Event::Call(view) => Some(view.muted),
            _ => None,
        });
        assert_eq!(last, Some(muted), "{} is told before it is joined", phone.name);
    }
    let off = |view: &CallView| view.participants.iter().map(|row| row.participant.muted).collect::<Vec<_>>();
    alice.shows("see carol muted", |view| off(view) == [false, true]).await;
    alice.hears_each_of(&[2]).await;
    carol.mutes(call, false).await;
    alice.shows("see carol speak", |view| off(view) == [false, false]).await;
    alice.hears_each_of(&[2, 3]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_group_goes_on_when_one_leaves_and_numbers_stay() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let mut carol = service.silent_phone("carol").await;
    let (call, card) = alice.begins().await;
    bob.joins(&card.link, None).await;
    carol.joins(&card.link, None).await;
    alice.sees_there(&["bob", "carol"]).await;
    bob.hangs_up(call).await;
    assert_eq!(bob.ends().await.end, EndReason::HUNG_UP);
    let view = alice.sees_there(&["carol"]).await;
    assert_eq!(view.participants[0].number, 3);
    bob.joins(&card.link, None).await;
    alice.shows("see bob come back", |view| view.participants.len() == 2).await;
    alice.quits().await;
    bob.sees_there(&["carol"]).await;
    carol.sees_there(&["bob"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_began_ends_it_for_everybody_and_nobody_else_does() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let (call, card) = alice.begins().await;
    bob.joins(&card.link, None).await;
    assert!(!bob.sees_there(&["alice"]).await.may_end);
    assert!(alice.sees_there(&["bob"]).await.may_end);
    bob.tell(Command::EndForAll(call)).await;
    assert!(matches!(bob.is_refused("end for all").await, Refusal::Service(_)));
    alice.tell(Command::EndForAll(call)).await;
    for phone in [&mut alice, &mut bob] {
        assert_eq!(phone.ends().await.end, EndReason::ENDED_FOR_ALL, "{}", phone.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_one_makes_a_direct_call_a_group_call() {
    let service = TestService::start().await;
    let mut alice = TestPhone::start("alice", service.account("alice").await, tone(440)).await;
    let mut bob = TestPhone::start("bob", service.account("bob").await, tone(660)).await;
    let mut carol = TestPhone::start("carol", service.account("carol").await, tone(880)).await;
    let call = connect(&mut alice, &mut bob).await;
    alice.hears_something().await;
    alice.tell(Command::Invite { call, who: "carol".to_owned() }).await;
    let incoming = carol.rings().await;
    assert_eq!((incoming.call, incoming.from), (call, alice.person()));
    let group = incoming.group.expect("it is an invitation into a group call");
    carol.tell(Command::Answer(call)).await;
    let view = carol.sees_there(&["alice", "bob"]).await;
    assert_eq!(view.with, Peer::Group(group.reference()));
    let view = alice.sees_there(&["bob", "carol"]).await;
    assert_eq!((view.call, view.with), (call, Peer::Person(bob.person())));
    assert_eq!(view.group.map(|card| card.group), Some(group));
    bob.sees_there(&["alice", "carol"]).await;
    alice.hears_each_of(&[2, 3]).await;
    bob.hears_each_of(&[1, 3]).await;
    carol.hears_each_of(&[1, 2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_is_declined_is_told() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let (call, _) = alice.begins().await;
    alice.is(CallState::Connected).await;
    alice.tell(Command::Invite { call, who: "bob".to_owned() }).await;
    bob.rings().await;
    bob.tell(Command::Decline(call)).await;
    let Refusal::NotNow(sentence) = alice.is_refused("invite").await else { panic!("no sentence") };
    assert!(sentence.contains("declined"), "{sentence}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_phones_of_one_person_are_one_row_and_do_not_hear_each_other() {
    let service = TestService::start().await;
    let mut alice = TestPhone::start("alice", service.account("alice").await, tone(440)).await;
    let mut also = TestPhone::start("also alice", service.account("alice").await, tone(880)).await;
    let mut bob = TestPhone::start("bob", service.account("bob").await, silence()).await;
    let (_, card) = alice.begins().await;
    bob.joins(&card.link, Some(false)).await;
    also.joins(&card.link, Some(false)).await;
    bob.hears_each_of(&[1]).await;
    alice.sees_there(&["bob"]).await;
    also.sees_there(&["bob"]).await;
    assert_eq!(bob.sees_there(&["alice"]).await.participants.len(), 1);
    alice.hears_nothing().await;
    also.hears_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tones_are_of_who_pressed_them_muted_or_not() {
    let service = TestService::start().await;
    let mut alice = TestPhone::start("alice", service.account("alice").await, tone(440)).await;
    let mut bob = TestPhone::start("bob", service.account("bob").await, silence()).await;
    let mut carol = TestPhone::start("carol", service.account("carol").await, silence()).await;
    let (call, card) = alice.begins().await;
    bob.joins(&card.link, Some(false)).await;
    carol.joins(&card.link, Some(true)).await;
    bob.hears_each_of(&[1]).await;
    carol.hears_each_of(&[1]).await;
    carol.presses(call, "42#").await;
    assert_eq!(bob.is_pressed(&carol.identity(), 3).await, "42#");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_cut_off_learns_who_came_and_went_meanwhile() {
    let (service, proxy) = TcpProxy::with_a_service().await;
    let account = service.account_by(proxy.at, "alice").await;
    let mut alice = TestPhone::start("alice", account, tone(440)).await;
    let mut bob = TestPhone::start("bob", service.account("bob").await, tone(660)).await;
    let mut carol = TestPhone::start("carol", service.account("carol").await, tone(880)).await;
    let (call, card) = alice.begins().await;
    bob.joins(&card.group.code.to_string(), Some(false)).await;
    alice.hears_each_of(&[2]).await;
    proxy.cut();
    alice.is_down().await;
    let away = |view: &CallView| view.participants[0].participant.state == ParticipantState::Reconnecting;
    bob.shows("see alice reconnect", away).await;
    carol.joins(&card.group.id.to_string(), Some(false)).await;
    bob.hears_each_of(&[1, 3]).await;
    bob.hangs_up(call).await;
    bob.ends().await;
    alice.hears_each_of(&[3]).await;
    proxy.restore();
    let view = alice.sees_there(&["carol"]).await;
    assert_eq!((view.call, view.participants.len(), view.muted), (call, 1, false));
    assert!(alice.seen.iter().all(|event| !matches!(event, Event::Ended(_))));
}
