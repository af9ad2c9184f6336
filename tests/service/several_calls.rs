//! Several calls of one phone at once.

use switchboard::domain::call::CallState;
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::id::CallId;
use switchboard::phone::command::Command;
use switchboard::phone::event::Event;

use crate::support::{TestPhone, TestService, connect, silence, tone};

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_calls_is_talked_in_and_who_waits_hears_music() {
    let service = TestService::start().await;
    let mut alice = TestPhone::starts_for(8, "alice", service.account("alice").await, silence());
    alice.lists("know its friends", |_| true).await;
    let mut bob = TestPhone::start("bob", service.account("bob").await, tone(660)).await;
    let mut carol = service.silent_phone("carol").await;
    let first = connect(&mut alice, &mut bob).await;
    hears(&mut alice, first).await;

    let second = connect(&mut carol, &mut alice).await;
    bob.is(CallState::RemoteHold).await;
    bob.hears_for(5).await;

    alice.tell(Command::Activate(first)).await;
    carol.is(CallState::RemoteHold).await;
    carol.hears_for(5).await;
    bob.is(CallState::Connected).await;
    hears(&mut alice, first).await;

    carol.hangs_up(second).await;
    let ended = alice.ends().await;
    assert_eq!((ended.call, ended.end), (second, EndReason::HUNG_UP));
    hears(&mut alice, first).await;
    bob.hangs_up(first).await;
    assert_eq!(alice.ends().await.call, first);
}

/// Waits until something is heard in that call.
async fn hears(phone: &mut TestPhone, in_call: CallId) {
    phone
        .until("hear something", |event| match event {
            Event::Levels { call, speaker, .. } if *call == in_call && *speaker > -40.0 => Some(()),
            _ => None,
        })
        .await;
}
