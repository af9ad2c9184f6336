//! Calls picked up while they ring at somebody else: whoever does talks to who calls, and it stops ringing there.

use switchboard::domain::call::{CallState, ParticipantState};
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::forwarding::PickUpBy;
use switchboard::domain::presence::PresenceState;
use switchboard::domain::record::{CallRecord, Outcome};
use switchboard::domain::transfer::HandedTo;
use switchboard::phone::command::Command;
use switchboard::phone::event::{CallView, Event, Refusal};
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::rest::NewAccount;

use crate::support::{TestPhone, TestService, connect, silence, wav};

/// Waits until the other side of its call is that person.
async fn talks_to(phone: &mut TestPhone, name: &str) {
    let with = |view: &CallView| {
        let other = view.participants.first().map(|row| &row.participant);
        other.is_some_and(|it| it.person.name.as_str() == name && it.state == ParticipantState::Connected)
    };
    phone.shows(&format!("talk to {name}"), |view| view.state == CallState::Connected && with(view)).await;
}

/// Tries to pick up what rings at somebody; why that was refused.
async fn refused(phone: &mut TestPhone, at: &str) -> FailureCode {
    phone.tell(Command::PickUpRinging(at.to_owned())).await;
    match phone.is_refused("pick up").await {
        Refusal::Service(failure) => failure.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_picks_up_what_rings_at_somebody_else() {
    let service = TestService::start().await;
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.silent_phone("bob").await;
    let mut mobile = service.silent_phone("bob").await;
    let mut carol = service.phone("carol", 1320).await;
    let call = alice.calls("bob").await;
    for phone in [&mut bob, &mut mobile] {
        assert_eq!(phone.rings().await.call, call);
    }
    carol.sees(&bob.identity(), PresenceState::Ringing).await;
    carol.tell(Command::PickUpRinging("bob".to_owned())).await;
    for phone in [&mut bob, &mut mobile] {
        assert_eq!(phone.stops_ringing().await, EndReason::PICKED_UP);
    }
    let told = alice.until("be handed on", |event| match event {
        Event::HandedOn { by, to: HandedTo::Person { person }, .. } => Some([by.name.clone(), person.name.clone()]),
        _ => None,
    });
    assert_eq!(told.await.map(|name| name.to_string()), ["carol", "carol"]);
    talks_to(&mut alice, "carol").await;
    talks_to(&mut carol, "alice").await;
    carol.sees(&bob.identity(), PresenceState::Online).await;
    alice.hears_for(10).await;
    carol.hears_for(10).await;
    carol.hangs_up(call).await;

    let by = |record: &CallRecord| record.answered_by.clone().map(|who| who.name.to_string());
    let (ended, record) = alice.ends_and_records().await;
    assert_eq!((ended.end, record.outcome, by(&record)), (EndReason::HUNG_UP, Outcome::Answered, Some("carol".into())));
    let bobs = bob.history().await.remove(0);
    assert_eq!(
        (bobs.outcome, bobs.end, by(&bobs)),
        (Outcome::Answered, Some(EndReason::PICKED_UP), Some("carol".into()))
    );
    let carols = carol.history().await.remove(0);
    assert_eq!(
        (carols.outcome, carols.with.person().map(|it| it.name.to_string())),
        (Outcome::Answered, Some("alice".into()))
    );
    alice.quits().await;
    carol.quits().await;
    for (name, own, other) in [("alice", 440, 1320), ("carol", 1320, 440)] {
        let share = |hertz| wav::share_of(&service.heard(name, own), hertz);
        assert!(share(other) > 0.1, "{name} heard the other: {}", share(other));
        assert!(share(own) < 0.05, "{name} heard oneself: {}", share(own));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_picked_up_goes_on_ringing() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let mut carol = service.silent_phone("carol").await;
    let (user, password) = ("mallory".parse().unwrap(), "correct horse".to_owned().into());
    service.administrates("", Some(&NewAccount::new(user, password))).await;
    let account = service.signs_in(&"mallory".parse().unwrap(), &"correct horse".to_owned().into()).await;
    let mut mallory = TestPhone::start("mallory", account, silence()).await;
    assert_eq!(refused(&mut carol, "bob").await, FailureCode::NotFound, "nothing rings");
    assert_eq!(refused(&mut carol, "echo").await, FailureCode::Forbidden, "a bot has no friends");

    let call = alice.calls("bob").await;
    bob.rings().await;
    assert_eq!(refused(&mut mallory, "bob").await, FailureCode::Forbidden, "bob does not know her");
    lets(&mut bob, PickUpBy::Nobody).await;
    assert_eq!(refused(&mut carol, "bob").await, FailureCode::Forbidden, "bob lets nobody");
    bob.tell(Command::Answer(call)).await;
    talks_to(&mut alice, "bob").await;
    lets(&mut bob, PickUpBy::Friends).await;
    assert_eq!(refused(&mut carol, "bob").await, FailureCode::NotFound, "it rings no more");
    alice.hangs_up(call).await;
    alice.ends().await;
    lets(&mut bob, PickUpBy::Everybody).await;
    alice.calls("bob").await;
    bob.rings().await;
    mallory.tell(Command::PickUpRinging(bob.identity().to_string())).await;
    talks_to(&mut alice, "mallory").await;
}

/// Says who may pick up what rings there, and waits until that holds.
async fn lets(phone: &mut TestPhone, by: PickUpBy) {
    phone.tell(Command::LetPickUp(by)).await;
    let so = |event: &Event| matches!(event, Event::Rules(account) if account.rules.pick_up == by);
    phone.until(&format!("let {by:?} pick up"), |event| so(event).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_into_a_group_is_not_taken() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let mut carol = service.silent_phone("carol").await;
    let call = connect(&mut alice, &mut bob).await;
    let mut second = service.silent_phone("carol").await;
    alice.tell(Command::Invite { call, who: "carol".to_owned() }).await;
    assert_eq!(carol.rings().await.call, call);
    second.rings().await;
    let mut mobile = service.silent_phone("bob").await;
    assert_eq!(refused(&mut mobile, "carol").await, FailureCode::NotFound);
    carol.tell(Command::Answer(call)).await;
    carol.is(CallState::Connected).await;
}
