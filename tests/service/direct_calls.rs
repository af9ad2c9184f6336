//! Two people call each other.

use switchboard::domain::call::CallState;
use switchboard::domain::end_reason::EndReason;
use switchboard::phone::command::Command;

use crate::support::TestService;

#[tokio::test(flavor = "multi_thread")]
async fn a_friend_is_called_heard_and_hangs_up() {
    let service = TestService::start().await;
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.phone("bob", 660).await;
    let call = alice.calls("bob").await;
    assert_eq!(bob.answers().await, call);
    alice.is(CallState::Connected).await;
    bob.is(CallState::Connected).await;
    alice.hears_something().await;
    bob.hears_something().await;
    bob.hangs_up(call).await;
    let (at_alice, at_bob) = (alice.ends().await, bob.ends().await);
    assert_eq!((at_alice.end, at_bob.end), (EndReason::HUNG_UP, EndReason::HUNG_UP));
    assert!(at_alice.heard_ms > 0 && at_bob.heard_ms > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_call_says_so_to_the_caller() {
    let service = TestService::start().await;
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.phone("bob", 660).await;
    alice.calls("bob").await;
    let incoming = bob.rings().await;
    alice.is(CallState::Ringing).await;
    bob.tell(Command::Decline(incoming.call)).await;
    assert_eq!(alice.ends().await.end, EndReason::DECLINED);
}
