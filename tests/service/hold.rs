//! Holding and resuming.

use switchboard::domain::call::CallState;
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::id::CallId;

use crate::support::{TestPhone, TestService, connect, silence};

/// Alice, who says nothing, and bob, who speaks, in a call.
async fn talking() -> (TestService, TestPhone, TestPhone, CallId) {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.phone("bob", 660).await;
    let call = connect(&mut alice, &mut bob).await;
    alice.hears_something().await;
    bob.hears_nothing().await;
    (service, alice, bob, call)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_held_hears_music_and_who_holds_hears_nothing() {
    let (_service, mut alice, mut bob, call) = talking().await;
    alice.holds(call, true).await;
    alice.is(CallState::LocalHold).await;
    bob.is(CallState::RemoteHold).await;
    bob.hears_for(5).await;
    alice.hears_nothing().await;
    alice.holds(call, false).await;
    alice.is(CallState::Connected).await;
    bob.is(CallState::Connected).await;
    alice.hears_something().await;
    bob.hears_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callee_can_hold_too() {
    let (_service, mut alice, mut bob, call) = talking().await;
    bob.holds(call, true).await;
    bob.is(CallState::LocalHold).await;
    alice.is(CallState::RemoteHold).await;
    alice.hears_for(5).await;
    bob.holds(call, false).await;
    alice.is(CallState::Connected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_both_holding_nobody_hears_anything_until_both_resume() {
    let (_service, mut alice, mut bob, call) = talking().await;
    alice.holds(call, true).await;
    bob.is(CallState::RemoteHold).await;
    bob.hears_something().await;
    bob.holds(call, true).await;
    bob.is(CallState::LocalHold).await;
    bob.hears_nothing().await;
    alice.hears_nothing().await;
    // Bob still holds: now it is alice who waits, with music.
    alice.holds(call, false).await;
    alice.is(CallState::RemoteHold).await;
    alice.hears_for(5).await;
    bob.holds(call, false).await;
    bob.is(CallState::Connected).await;
    alice.is(CallState::Connected).await;
    alice.hears_something().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_call_can_be_hung_up_by_either() {
    let (_service, mut alice, mut bob, call) = talking().await;
    alice.holds(call, true).await;
    bob.is(CallState::RemoteHold).await;
    bob.hangs_up(call).await;
    assert_eq!(alice.ends().await.end, EndReason::HUNG_UP);
    assert_eq!(bob.ends().await.end, EndReason::HUNG_UP);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_only_rings_cannot_be_held() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = TestPhone::start("bob", service.account("bob").await, silence()).await;
    let call = alice.calls("bob").await;
    bob.rings().await;
    alice.holds(call, true).await;
    alice.is_refused("hold").await;
}
