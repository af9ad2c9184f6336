//! Rules of an account, and do not disturb: whose phone rings, what everybody sees, and what is kept.

use switchboard::domain::call::{CallState, ParticipantState};
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::forwarding::{AccountRules, ForwardWhen};
use switchboard::domain::presence::{PresenceChoice, PresenceState};
use switchboard::domain::record::{CallRecord, Outcome};
use switchboard::domain::transfer::{HandedTo, Via};
use switchboard::phone::command::{Command, TransferTo};
use switchboard::phone::event::{Event, Incoming, Refusal};
use switchboard::protocol::failure::FailureCode;

use crate::support::{TestPhone, TestService, connect};

trait Rules {
    async fn forwards(&mut self, when: ForwardWhen, to: &str);
    async fn has_rules(&mut self, like_that: impl Fn(&AccountRules) -> bool) -> AccountRules;
    async fn rings_for(&mut self, by: &str, when: ForwardWhen) -> Incoming;
    async fn is_forwarded(&mut self) -> (String, String, Option<ForwardWhen>);
    async fn looks(&mut self, state: PresenceState);
    async fn has_missed(&mut self, count: u32);
    async fn record(&mut self) -> CallRecord;
}

impl Rules for TestPhone {
    /// Forwards calls, and waits until all phones of the account are told.
    async fn forwards(&mut self, when: ForwardWhen, to: &str) {
        let after = Some(5.try_into().unwrap());
        self.tell(Command::Forward { when, to: Some(to.to_owned()), after }).await;
        self.has_rules(|rules| rules.rules.to(when).and_then(|to| rules.person(to)).is_some()).await;
    }

    /// Waits until the last it was told are rules like that.
    async fn has_rules(&mut self, like_that: impl Fn(&AccountRules) -> bool) -> AccountRules {
        let told = |event: &Event| if let Event::Rules(rules) = event { Some(rules.clone()) } else { None };
        match self.seen.iter().rev().find_map(told).filter(&like_that) {
            Some(rules) => rules,
            None => self.until("have rules", |event| told(event).filter(&like_that)).await,
        }
    }

    /// Waits until a call rings that was forwarded.
    async fn rings_for(&mut self, by: &str, when: ForwardWhen) -> Incoming {
        let ring = self.rings().await;
        let Some(Via::Forwarded { by: who, when: case }) = &ring.via else { panic!("{ring:?}") };
        assert_eq!((who.name.as_str(), *case), (by, when));
        ring
    }

    /// By whom and to whom its call goes on, and in which case.
    async fn is_forwarded(&mut self) -> (String, String, Option<ForwardWhen>) {
        self.until("be forwarded", |event| match event {
            Event::HandedOn { by, to: HandedTo::Person { person }, forwarded, .. } => {
                Some((by.name.to_string(), person.name.to_string(), *forwarded))
            }
            _ => None,
        })
        .await
    }

    /// Waits until one looks like that to others.
    async fn looks(&mut self, state: PresenceState) {
        let told = |event: &Event| if let Event::MyPresence(presence) = event { Some(presence.state) } else { None };
        if self.seen.iter().rev().find_map(told) != Some(state) {
            self.until(&format!("look {state:?}"), |event| (told(event) == Some(state)).then_some(())).await;
        }
    }

    async fn has_missed(&mut self, count: u32) {
        let told = |event: &Event| if let Event::Missed(missed) = event { Some(*missed) } else { None };
        if self.seen.iter().rev().find_map(told) != Some(count) {
            self.until(&format!("have missed {count}"), |event| (told(event) == Some(count)).then_some(())).await;
        }
    }

    async fn record(&mut self) -> CallRecord {
        self.until("have a record", |event| match event {
            Event::Recorded(record) => Some(record.clone()),
            _ => None,
        })
        .await
    }
}

fn by(name: &str, to: &str, when: ForwardWhen) -> (String, String, Option<ForwardWhen>) {
    (name.to_owned(), to.to_owned(), Some(when))
}

/// How it went, why it ended, and who took it.
fn summary(record: &CallRecord) -> (Outcome, EndReason, Option<&str>) {
    (record.outcome, record.end.unwrap(), record.answered_by.as_ref().map(|person| person.name.as_str()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_forwarded_always_is_taken_at_the_other_phone() {
    let service = TestService::start().await;
    let mut alice = service.operator("alice", 440).await;
    let mut bob = service.operator("bob", 660).await;
    let mut carol = service.operator("carol", 1320).await;
    bob.forwards(ForwardWhen::Always, "carol").await;
    let call = alice.calls("bob").await;
    assert_eq!(alice.is_forwarded().await, by("bob", "carol", ForwardWhen::Always));
    let ring = carol.rings_for("bob", ForwardWhen::Always).await;
    assert_eq!((ring.call, ring.from.name.as_str()), (call, "alice"));
    alice.sees_other("ring", |it| it.person.name.as_str() == "carol" && it.state == ParticipantState::Ringing).await;
    carol.tell(Command::Answer(call)).await;
    alice.is(CallState::Connected).await;
    alice.hears_something().await;
    carol.hears_something().await;
    assert_eq!(summary(&bob.record().await), (Outcome::Answered, EndReason::FORWARDED, Some("carol")));
    carol.hangs_up(call).await;
    let (_, record) = alice.ends_and_records().await;
    assert_eq!(record.with.person().unwrap().name.as_str(), "bob", "it was Bob who was called");
    assert_eq!(summary(&record), (Outcome::Answered, EndReason::HUNG_UP, Some("carol")));
    bob.has_missed(0).await;
    assert!(!bob.seen.iter().any(|event| matches!(event, Event::Incoming(_))), "it never rang at Bob");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_declined_or_finds_nobody_free_rings_at_the_next() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let mut carol = service.silent_phone("carol").await;
    bob.forwards(ForwardWhen::Busy, "carol").await;
    let declined = alice.calls("bob").await;
    assert_eq!(bob.rings().await.call, declined);
    bob.tell(Command::Decline(declined)).await;
    assert_eq!(bob.stops_ringing().await, EndReason::DECLINED);
    carol.rings_for("bob", ForwardWhen::Busy).await;
    // Who calls gives up while it rings at the second.
    alice.hangs_up(declined).await;
    assert_eq!(carol.stops_ringing().await, EndReason::CANCELLED);
    assert_eq!(summary(&bob.record().await), (Outcome::Declined, EndReason::FORWARDED, None));
    assert_eq!(summary(&carol.record().await), (Outcome::Missed, EndReason::CANCELLED, None));
    carol.has_missed(1).await;
    bob.has_missed(0).await;

    alice.ends().await;
    let talk = bob.calls("echo").await;
    bob.is(CallState::Connected).await;
    let busy = alice.calls("bob").await;
    carol.rings_for("bob", ForwardWhen::Busy).await;
    carol.tell(Command::Answer(busy)).await;
    alice.is(CallState::Connected).await;
    bob.hangs_up(talk).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_answers_goes_on_and_is_missed_by_both() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let mut carol = service.silent_phone("carol").await;
    bob.forwards(ForwardWhen::NoAnswer, "carol").await;
    let call = alice.calls("bob").await;
    bob.rings().await;
    alice.is(CallState::Ringing).await;
    assert_eq!(bob.stops_ringing().await, EndReason::FORWARDED);
    assert_eq!(alice.is_forwarded().await, by("bob", "carol", ForwardWhen::NoAnswer));
    carol.rings_for("bob", ForwardWhen::NoAnswer).await;
    carol.tell(Command::Decline(call)).await;
    let (ended, record) = alice.ends_and_records().await;
    assert_eq!((ended.end, summary(&record).0), (EndReason::DECLINED, Outcome::Declined));
    assert_eq!(summary(&bob.record().await), (Outcome::Missed, EndReason::FORWARDED, None));
    bob.has_missed(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_the_accounts_and_outlive_its_phones_and_the_service() {
    let mut service = TestService::start().await;
    let mut desk = service.silent_phone("bob").await;
    let mut mobile = service.silent_phone("bob").await;
    desk.forwards(ForwardWhen::Always, "carol").await;
    let forwards = |rules: &AccountRules| rules.rules.to(ForwardWhen::Always).is_some();
    mobile.has_rules(forwards).await;
    mobile.tell(Command::Except { who: "alice".to_owned(), on: true }).await;
    let rules = desk.has_rules(|rules| !rules.rules.except.is_empty()).await;
    assert!(forwards(&rules) && rules.people.len() == 2, "{rules:?}");
    // Also when none of them is connected any more.
    desk.quits().await;
    mobile.quits().await;
    service.stop().await;
    let folder = service.folder;
    let options = crate::support::options(folder.path());
    let service = TestService::with(folder, options).await;
    let mut alice = service.silent_phone("alice").await;
    let mut carol = service.silent_phone("carol").await;
    alice.calls("bob").await;
    carol.rings_for("bob", ForwardWhen::Always).await;
    let mut desk = service.silent_phone("bob").await;
    assert_eq!(desk.has_rules(forwards).await, rules);
    desk.tell(Command::Forward { when: ForwardWhen::Always, to: None, after: None }).await;
    desk.has_rules(|rules| !forwards(rules)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn do_not_disturb_holds_for_all_phones_and_outlives_them() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut carol = service.silent_phone("carol").await;
    let mut desk = service.silent_phone("bob").await;
    let mut mobile = service.silent_phone("bob").await;
    let bobs = desk.identity();
    desk.tell(Command::SetPresence(PresenceChoice::DoNotDisturb)).await;
    desk.looks(PresenceState::DoNotDisturb).await;
    mobile.looks(PresenceState::DoNotDisturb).await;
    alice.calls("bob").await;
    assert_eq!(alice.ends().await.end, EndReason::DO_NOT_DISTURB);
    desk.quits().await;
    mobile.quits().await;
    alice.sees(&bobs, PresenceState::Offline).await;
    // A phone that starts takes it over.
    let mut sofa = service.silent_phone("bob").await;
    sofa.looks(PresenceState::DoNotDisturb).await;
    alice.sees(&bobs, PresenceState::DoNotDisturb).await;
    // The exception rings, everybody else goes where Bob wishes.
    sofa.tell(Command::Except { who: "alice".to_owned(), on: true }).await;
    sofa.has_rules(|rules| !rules.rules.except.is_empty()).await;
    sofa.forwards(ForwardWhen::DoNotDisturb, "alice").await;
    let call = alice.calls("bob").await;
    assert_eq!(sofa.rings().await.call, call);
    alice.hangs_up(call).await;
    // The service knows, too: else she would be busy.
    alice.ends_and_records().await;
    carol.calls("bob").await;
    alice.rings_for("bob", ForwardWhen::DoNotDisturb).await;
    sofa.tell(Command::SetPresence(PresenceChoice::Online)).await;
    sofa.looks(PresenceState::Online).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_to_somebody_who_forwards_rings_there_and_comes_back_from_there() {
    let service = TestService::start().await;
    let mut alice = service.operator("alice", 440).await;
    let mut bob = service.operator("bob", 660).await;
    let mut carol = service.operator("carol", 1320).await;
    // One of the bots never minds being named.
    carol.forwards(ForwardWhen::Always, "nobody").await;
    let call = connect(&mut bob, &mut alice).await;
    alice.tell(Command::Transfer { call, to: TransferTo::Person("carol".to_owned()) }).await;
    assert_eq!(bob.is_forwarded().await, ("alice".to_owned(), "carol".to_owned(), None));
    assert_eq!(bob.is_forwarded().await, by("carol", "nobody", ForwardWhen::Always));
    bob.is(CallState::Ringing).await;
    bob.hangs_up(call).await;
    bob.ends().await;
    assert_eq!(summary(&carol.record().await), (Outcome::Missed, EndReason::FORWARDED, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_make_no_sense_are_refused_and_those_that_lead_nowhere_are_skipped() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let bobs = bob.identity().to_string();
    let nobody = "8:acs:nobody_here".to_owned();
    for (to, code) in [(bobs, FailureCode::BadRequest), (nobody, FailureCode::NotFound)] {
        bob.tell(Command::Forward { when: ForwardWhen::Busy, to: Some(to.clone()), after: None }).await;
        match bob.is_refused("forward").await {
            Refusal::Service(failure) => assert_eq!(failure.code, code, "{failure:?}"),
            other => assert!(matches!(other, Refusal::NobodyCalled(_)), "{to}: {other:?}"),
        }
    }
    bob.forwards(ForwardWhen::Always, "carol").await;
    // Carol's account is closed: Bob's phone rings again; and is left alone once it is open again.
    service.administrates("/carol/disable", None).await;
    bob.has_rules(|rules| rules.people.is_empty() && rules.rules.to(ForwardWhen::Always).is_some()).await;
    let call = alice.calls("bob").await;
    assert_eq!(bob.rings().await.call, call);
    alice.hangs_up(call).await;
    alice.ends().await;
    service.administrates("/carol/enable", None).await;
    bob.has_rules(|rules| !rules.people.is_empty()).await;
    alice.calls("bob").await;
    alice.is_forwarded().await;
    assert_eq!(alice.ends().await.end, EndReason::OFFLINE);
}
