//! Calls that go on with somebody else: transferred, merged, parked. Everybody hears whom they should.

use switchboard::domain::call::{CallState, ParticipantState};
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::id::CallId;
use switchboard::domain::park::ParkSlot;
use switchboard::domain::presence::PresenceState;
use switchboard::domain::record::Outcome;
use switchboard::domain::transfer::{HandedTo, Via};
use switchboard::phone::command::{Command, TransferTo};
use switchboard::phone::event::{CallView, Event, Refusal};

use crate::support::{TestPhone, TestService, connect};

/// Alice, whose desk it is, and Bob and Carol, who each speak a tone.
struct Desk {
    service: TestService,
    alice: TestPhone,
    bob: TestPhone,
    carol: TestPhone,
}

impl Desk {
    async fn new() -> Self {
        let service = TestService::start().await;
        let alice = service.operator("alice", 440).await;
        let bob = service.operator("bob", 660).await;
        let carol = service.operator("carol", 1320).await;
        Self { service, alice, bob, carol }
    }

    /// Bob has called Alice, and they talk.
    async fn talking() -> (Self, CallId) {
        let mut desk = Self::new().await;
        let call = connect(&mut desk.bob, &mut desk.alice).await;
        desk.alice.hears_something().await;
        (desk, call)
    }

    /// Alice has asked Carol, while Bob waits: the two calls.
    async fn consulting() -> (Self, CallId, CallId) {
        let (mut desk, call) = Self::talking().await;
        desk.alice.tell(Command::Consult { call, to: "carol".to_owned() }).await;
        let asked = desk.alice.shows("ask Carol", |view| view.consult_of == Some(call)).await.call;
        desk.bob.is(CallState::RemoteHold).await;
        assert_eq!(desk.carol.answers().await, asked);
        desk.alice.call_is(asked, CallState::Connected).await;
        desk.carol.is(CallState::Connected).await;
        (desk, call, asked)
    }

    /// What two phones wrote down by the end: each heard the other, and itself not.
    async fn heard_each_other(mut self) {
        self.bob.quits().await;
        self.carol.quits().await;
        for (name, own, other) in [("bob", 660, 1320), ("carol", 1320, 660)] {
            let share = |hertz| crate::support::wav::share_of(&self.service.heard(name, own), hertz);
            assert!(share(other) > 0.1, "{name} heard the other: {}", share(other));
            assert!(share(own) < 0.05, "{name} heard oneself: {}", share(own));
        }
    }
}

trait AtDesk {
    async fn call_is(&mut self, call: CallId, state: CallState) -> CallView;
    async fn is_with(&mut self, call: CallId, name: &str, state: ParticipantState) -> CallView;
    async fn transfers(&mut self, call: CallId, to: &str);
    async fn is_handed_on(&mut self) -> (String, HandedTo);
    async fn ends_call(&mut self, call: CallId) -> EndReason;
    async fn parks(&mut self, call: CallId, slot: Option<u8>) -> ParkSlot;
    async fn sees_parked(&mut self, count: usize);
}

impl AtDesk for TestPhone {
    async fn call_is(&mut self, call: CallId, state: CallState) -> CallView {
        self.shows(&format!("have {call} {state:?}"), |view| view.call == call && view.state == state).await
    }

    /// Waits until the other side of this call is that person.
    async fn is_with(&mut self, call: CallId, name: &str, state: ParticipantState) -> CallView {
        self.shows(&format!("be with {name}"), |view| {
            let other = view.participants.first().map(|row| &row.participant);
            view.call == call && other.is_some_and(|it| it.person.name.as_str() == name && it.state == state)
        })
        .await
    }

    async fn transfers(&mut self, call: CallId, to: &str) {
        self.tell(Command::Transfer { call, to: TransferTo::Person(to.to_owned()) }).await;
    }

    /// Waits until it is told that the other side hands its call on: who does, and where to.
    async fn is_handed_on(&mut self) -> (String, HandedTo) {
        self.until("be handed on", |event| match event {
            Event::HandedOn { by, to, .. } => Some((by.name.to_string(), to.clone())),
            _ => None,
        })
        .await
    }

    async fn ends_call(&mut self, call: CallId) -> EndReason {
        self.until(&format!("end {call}"), |event| match event {
            Event::Ended(summary) if summary.call == call => Some(summary.end),
            _ => None,
        })
        .await
    }

    async fn parks(&mut self, call: CallId, slot: Option<u8>) -> ParkSlot {
        let slot = slot.map(|number| number.try_into().unwrap());
        self.tell(Command::Park { call, slot }).await;
        self.until("park the call", |event| match event {
            Event::Parked { call: parked, slot } if *parked == call => Some(*slot),
            _ => None,
        })
        .await
    }

    /// Waits until the last word is that so many are parked.
    async fn sees_parked(&mut self, count: usize) {
        let told = |event: &Event| match event {
            Event::ParkedCalls(parked) => Some(parked.len()),
            _ => None,
        };
        if self.seen.iter().rev().find_map(told) != Some(count) {
            self.until(&format!("see {count} parked"), |event| (told(event) == Some(count)).then_some(())).await;
        }
    }
}

/// Picks the reasons once both of these calls have ended, in whichever order.
fn ended(calls: [CallId; 2]) -> impl FnMut(&Event) -> Option<[EndReason; 2]> {
    let mut reasons = [None; 2];
    move |event| {
        if let Event::Ended(summary) = event {
            let at = calls.iter().position(|call| *call == summary.call)?;
            reasons[at] = Some(summary.end);
        }
        Some([reasons[0]?, reasons[1]?])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_transferred_rings_at_the_other_desk_and_goes_on_there() {
    let (mut desk, call) = Desk::talking().await;
    desk.alice.transfers(call, "carol").await;
    assert_eq!(desk.alice.ends_call(call).await, EndReason::TRANSFERRED);
    let ring = desk.carol.rings().await;
    let Some(Via::Transferred { by }) = ring.via else { panic!("{ring:?}") };
    assert_eq!((ring.call, ring.from.name.as_str(), by.name.as_str()), (call, "bob", "alice"));
    let (by, to) = desk.bob.is_handed_on().await;
    assert!(by == "alice" && matches!(&to, HandedTo::Person { person } if person.name.as_str() == "carol"), "{to:?}");
    desk.bob.call_is(call, CallState::Ringing).await;
    desk.carol.tell(Command::Answer(call)).await;
    desk.bob.is_with(call, "carol", ParticipantState::Connected).await;
    desk.carol.hears_for(10).await;
    desk.bob.hears_for(10).await;
    desk.carol.hangs_up(call).await;
    let (ended, record) = desk.bob.ends_and_records().await;
    assert_eq!(ended.end, EndReason::HUNG_UP);
    assert_eq!(
        (record.outcome, record.answered_by.map(|p| p.name.to_string())),
        (Outcome::Answered, Some("carol".into()))
    );
    desk.heard_each_other().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_is_declined_rings_back() {
    let (mut desk, call) = Desk::talking().await;
    desk.alice.transfers(call, "carol").await;
    desk.carol.rings().await;
    desk.carol.tell(Command::Decline(call)).await;
    let back = desk.alice.rings().await;
    let Some(Via::Returned { from, reason }) = back.via else { panic!("{back:?}") };
    assert_eq!((from.name.as_str(), reason), ("carol", EndReason::DECLINED));
    desk.alice.tell(Command::Answer(call)).await;
    desk.bob.is_with(call, "alice", ParticipantState::Connected).await;
    desk.alice.hears_something().await;
    desk.bob.hears_something().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asked_first_takes_the_call_over() {
    let (mut desk, call, asked) = Desk::consulting().await;
    desk.alice.tell(Command::Transfer { call, to: TransferTo::Call(asked) }).await;
    let ends = desk.alice.until("end both calls", ended([call, asked])).await;
    assert_eq!(ends, [EndReason::TRANSFERRED; 2]);
    let moved = desk.carol.until("be moved", |event| match event {
        Event::Moved { call, into } => Some((*call, *into)),
        _ => None,
    });
    assert_eq!(moved.await, (asked, call));
    desk.carol.is_with(call, "bob", ParticipantState::Connected).await;
    desk.bob.is_with(call, "carol", ParticipantState::Connected).await;
    desk.bob.hears_for(10).await;
    desk.carol.hears_for(10).await;
    desk.bob.hangs_up(call).await;
    assert_eq!(desk.carol.ends_call(call).await, EndReason::HUNG_UP);
    desk.heard_each_other().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_calls_become_one_of_three() {
    let (mut desk, call, asked) = Desk::consulting().await;
    desk.alice.tell(Command::Merge { call, with: asked }).await;
    for phone in [&mut desk.alice, &mut desk.bob, &mut desk.carol] {
        let here = |view: &CallView| view.participants.iter().filter(|row| row.participant.state.is_here()).count();
        phone.shows("be three", |view| view.call == call && view.group.is_some() && here(view) == 2).await;
    }
    desk.bob.hears_for(10).await;
    desk.carol.hears_for(10).await;
    desk.alice.hangs_up(call).await;
    desk.heard_each_other().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_call_waits_with_music_and_is_picked_up_at_another_desk() {
    let (mut desk, call) = Desk::talking().await;
    let slot = desk.alice.parks(call, Some(3)).await;
    assert_eq!((slot.number(), desk.alice.ends_call(call).await), (3, EndReason::PARKED));
    desk.bob.call_is(call, CallState::RemoteHold).await;
    desk.bob.hears_for(5).await;
    desk.carol.sees_parked(1).await;
    desk.carol.tell(Command::PickUp(slot)).await;
    desk.bob.is_with(call, "carol", ParticipantState::Connected).await;
    desk.carol.is_with(call, "bob", ParticipantState::Connected).await;
    desk.carol.sees_parked(0).await;
    desk.carol.hears_for(10).await;
    desk.bob.hears_for(10).await;
    desk.bob.hangs_up(call).await;
    desk.carol.ends_call(call).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_that_make_no_sense_change_nothing() {
    let (mut desk, call) = Desk::talking().await;
    for to in ["alice", "bob", "nobodyatall", "busy"] {
        desk.alice.transfers(call, to).await;
        let why = desk.alice.is_refused("transfer").await;
        assert!(!why.to_string().is_empty(), "{to}: {why:?}");
    }
    let carols = desk.carol.identity();
    desk.carol.quits().await;
    desk.alice.sees(&carols, PresenceState::Offline).await;
    desk.alice.transfers(call, "carol").await;
    let why = desk.alice.is_refused("transfer").await;
    assert!(matches!(&why, Refusal::Service(failure) if failure.sub_code == EndReason::OFFLINE.sub_code), "{why:?}");
    desk.alice.hears_something().await;
    desk.bob.hears_something().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ends_transferring_at_once_leave_nobody_in_silence() {
    let (mut desk, call) = Desk::talking().await;
    desk.alice.transfers(call, "carol").await;
    desk.bob.transfers(call, "carol").await;
    desk.carol.answers().await;
    desk.carol.is(CallState::Connected).await;
    desk.carol.hears_something().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_takes_a_call_over_and_stays_in_one_that_is_handed_on() {
    let (mut desk, call) = Desk::talking().await;
    desk.alice.tell(Command::Consult { call, to: "music".to_owned() }).await;
    let asked = |view: &CallView| view.consult_of == Some(call) && view.state == CallState::Connected;
    let asked = desk.alice.shows("ask the bot", asked).await.call;
    desk.alice.tell(Command::Transfer { call, to: TransferTo::Call(asked) }).await;
    desk.bob.is_with(call, "music", ParticipantState::Connected).await;
    desk.bob.hears_for(10).await;
    desk.bob.transfers(call, "carol").await;
    desk.carol.rings().await;
    desk.carol.tell(Command::Answer(call)).await;
    desk.carol.is_with(call, "music", ParticipantState::Connected).await;
    desk.carol.hears_for(10).await;
}
