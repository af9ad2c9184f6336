//! Processes that end without a word.

use switchboard::domain::call::{CallState, ParticipantState};
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::presence::PresenceState;
use switchboard::domain::record::Outcome;

use crate::support::process::{Process, ServiceProcess};
use crate::support::{TestPhone, TestService, connect, tone};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_in_a_call_comes_back_and_the_next_call_works() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = ServiceProcess::start(folder.path(), 0, 0);
    let mut alice = TestPhone::start("alice", service.account("alice").await, tone(440)).await;
    let mut bob = TestPhone::start("bob", service.account("bob").await, tone(660)).await;
    let call = connect(&mut alice, &mut bob).await;
    bob.hears_something().await;

    service.is_killed_and_comes_back(folder.path());
    for phone in [&mut alice, &mut bob] {
        assert!(!phone.is_down().await.is_empty());
        phone.is_up().await;
        let ended = phone.ends().await;
        assert_eq!((ended.call, ended.end), (call, EndReason::SERVICE_LOST));
    }
    for phone in [&mut alice, &mut bob] {
        let records = phone.history().await;
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].call_id, records[0].outcome), (call, Outcome::Answered));
        assert_eq!(records[0].end, Some(EndReason::SERVICE_LOST));
        let (answered, ended) = (records[0].answered_at.unwrap(), records[0].ended_at.unwrap());
        assert!(ended.since(answered) >= 1000, "they talked: {:?}", records[0]);
    }
    connect(&mut bob, &mut alice).await;
    alice.hears_something().await;
    bob.hears_something().await;
}

/// Both wait for the same seconds to pass.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_killed_is_seen_to_vanish() {
    tokio::join!(killed_in_a_call(), killed_while_it_rings_out());
}

async fn killed_in_a_call() {
    let service = TestService::start().await;
    let mut bob = TestPhone::start("bob", service.account("bob").await, tone(660)).await;
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Process::calls(&service, folder.path(), "alice", "bob").await;
    bob.answers().await;
    let call = bob.is(CallState::Connected).await;
    bob.hears_something().await;

    alice.kill();
    bob.sees_other("reconnecting", |alice| alice.state == ParticipantState::Reconnecting).await;
    bob.sees_other("gone", |alice| alice.state == ParticipantState::Disconnected).await;
    let (ended, record) = bob.ends_and_records().await;
    assert_eq!((ended.end, record.end), (EndReason::VANISHED, Some(EndReason::VANISHED)));
    bob.sees(&call.with.person().unwrap().identity, PresenceState::Offline).await;
}

async fn killed_while_it_rings_out() {
    let service = TestService::start().await;
    let mut bob = service.silent_phone("bob").await;
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Process::calls(&service, folder.path(), "alice", "bob").await;
    bob.rings().await;
    alice.kill();
    assert_eq!(bob.stops_ringing().await, EndReason::VANISHED);
}
