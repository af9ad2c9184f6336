//! Sessions over a house whose phones have no sockets: frames are taken from a session's queue.

use uuid::Uuid;

use super::*;
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::domain::id::{CallId, LegId};
use crate::domain::presence::PresenceState;
use crate::protocol::failure::FailureCode;
use crate::service::calls::kit::{House, person};
use crate::service::signalling::outbox::KEPT;

const CALLS: Token = Token { issued_at: UnixMillis(20), may_join_calls: true };
const NO_CALLS: Token = Token { issued_at: UnixMillis(30), may_join_calls: false };

fn client(token: Token) -> Client {
    Client { id: ClientId(Uuid::nil()), max_calls: 1, token }
}

async fn session_with(house: &House, token: Token) -> SessionHandle {
    start(client(token), person("alice"), Registry::default(), house.calls.clone()).await.unwrap()
}

async fn session(house: &House) -> SessionHandle {
    session_with(house, CALLS).await
}

fn notice() -> Notice {
    Notice::FriendRemoved { identity: person("bob").identity }
}

/// Takes all there is until the socket ends; returns how many frames and the last of them.
async fn drain(mut attached: Attached) -> (usize, String) {
    let (mut count, mut last) = (0, String::new());
    while let Some(Outgoing::Frame(frame)) = attached.frames.recv().await {
        count += 1;
        last = frame;
    }
    (count, last)
}

impl Attached {
    /// Waits for a frame that says `what`, past all others.
    async fn hears(&mut self, what: &str) {
        let frames = async {
            while let Some(Outgoing::Frame(frame)) = self.frames.recv().await {
                if frame.contains(&format!("\"{what}\"")) {
                    return;
                }
            }
            panic!("the socket ended before: {what}");
        };
        tokio::time::timeout(KEEP_FOR, frames).await.unwrap_or_else(|_| panic!("never heard: {what}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_goes_without_a_word_is_noticed() {
    let mut house = House::new();
    let session = session(&house).await;
    let attached = session.attach(client(CALLS), None).await.unwrap();
    house.sees("alice", PresenceState::Online).await;
    drop(attached);
    house.sees("alice", PresenceState::Offline).await;
    assert!(session.attach(client(CALLS), Some(0)).await.is_some(), "it may come back");
    house.sees("alice", PresenceState::Online).await;
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_is_not_read_is_cut_off_and_the_next_goes_on_after_it() {
    let house = House::new();
    let session = session(&house).await;
    let attached = session.attach(client(CALLS), None).await.unwrap();
    let sent = KEPT + SOCKET_QUEUE + 100;
    for _ in 0..sent {
        session.notify(notice());
        tokio::task::yield_now().await;
    }
    let (got, _) = drain(attached).await;
    assert_eq!(got, KEPT + SOCKET_QUEUE);
    let mut next = session.attach(client(CALLS), Some(got as u64)).await.unwrap();
    for seq in got + 1..=sent {
        let Some(Outgoing::Frame(frame)) = next.frames.recv().await else { panic!("{seq} is missing") };
        assert!(frame.contains(&format!("\"seq\":{seq},")), "{frame}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_is_ended_for_the_token_it_goes_by_and_for_no_earlier_one() {
    let house = House::new();
    let session = session(&house).await;
    session.refuse(UnixMillis(10), ClosingReason::Revoked).await;
    let attached = session.attach(client(CALLS), None).await.expect("it came with a later one");
    session.refuse(UnixMillis(20), ClosingReason::Revoked).await;
    let (_, last) = drain(attached).await;
    assert!(last.contains("revoked"), "{last}");
    assert!(session.attach(client(CALLS), None).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_handed_an_earlier_token_ends_with_that_one() {
    let house = House::new();
    let session = session(&house).await;
    let attached = session.attach(client(CALLS), None).await.unwrap();
    session.renewed(attached.socket, Token { issued_at: UnixMillis(10), ..CALLS }).await;
    assert_eq!(session.token_issued_at(), UnixMillis(10));
    session.refuse(UnixMillis(10), ClosingReason::TokenExpired).await;
    let (_, last) = drain(attached).await;
    assert!(last.contains("token_expired"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn what_rings_follows_the_token_the_client_brought_last() {
    let mut house = House::new();
    let session = session_with(&house, NO_CALLS).await;
    let mut attached = session.attach(client(NO_CALLS), None).await.unwrap();
    let mut bob = house.phone("bob").await;
    bob.calls("alice").await;
    bob.ends(EndReason::BUSY).await;
    session.renewed(attached.socket, CALLS).await;
    bob.calls("alice").await;
    attached.hears("call_incoming").await;
    session.renewed(attached.socket, NO_CALLS).await;
    attached.hears("call_incoming_ended").await;
    bob.ends(EndReason::OFFLINE).await;
    house.sees("alice", PresenceState::Online).await;
    // So it is for who comes back.
    let mut attached = session.attach(client(CALLS), Some(0)).await.unwrap();
    let (call, _) = bob.calls("alice").await;
    attached.hears(&call.to_string()).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_on_when_its_client_brings_a_token_that_is_not_good_for_calls() {
    let house = House::new();
    let session = session(&house).await;
    let mut attached = session.attach(client(CALLS), None).await.unwrap();
    let mut bob = house.phone("bob").await;
    let (call, leg) = bob.calls("alice").await;
    attached.hears("call_incoming").await;
    let (endpoint, answer) = (ClientId(Uuid::nil()).into(), LegId(entropy::uuid()));
    session.calls.answer(endpoint, call, answer).await.unwrap();
    house.calls.leg_up(leg).await;
    house.calls.leg_up(answer).await;
    bob.is_told(CallState::Connected).await;
    session.renewed(attached.socket, NO_CALLS).await;
    session.calls.hold(endpoint, call, true).await.unwrap();
    assert_eq!(session.calls.ongoing(endpoint).await.len(), 1);
    session.calls.hang_up(endpoint, call).await.unwrap();
    bob.ends(EndReason::HUNG_UP).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_brought_on_a_socket_that_another_has_taken_the_place_of_changes_nothing() {
    let house = House::new();
    let session = session(&house).await;
    let before = session.attach(client(CALLS), None).await.unwrap();
    let mut attached = session.attach(client(CALLS), Some(0)).await.unwrap();
    session.renewed(before.socket, NO_CALLS).await;
    assert_eq!(session.token_issued_at(), CALLS.issued_at);
    house.phone("bob").await.calls("alice").await;
    attached.hears("call_incoming").await;
}

#[tokio::test(start_paused = true)]
async fn what_one_session_asked_is_not_done_for_the_next_of_the_same_client() {
    let house = House::new();
    let first = session(&house).await;
    let (endpoint, leg) = (ClientId(Uuid::nil()).into(), LegId(entropy::uuid()));
    let next = session(&house).await;
    let call = CallId(entropy::uuid());
    let late = first.calls.start(endpoint, call, person("bob"), leg, None).await;
    assert_eq!(late.unwrap_err().code, FailureCode::Conflict);
    assert_eq!(next.calls.ongoing(endpoint).await, []);
    let (bob, call) = (house.phone("bob").await, CallId(entropy::uuid()));
    next.calls.start(endpoint, call, person("bob"), leg, None).await.unwrap();
    assert!(first.calls.hang_up(endpoint, call).await.is_err());
    assert_eq!(first.calls.ongoing(endpoint).await, [], "nor is it told of");
    assert_eq!(next.calls.ongoing(endpoint).await.len(), 1);
    drop(bob);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_missed_a_notice_is_given_up_and_says_so() {
    let house = House::new();
    let session = session(&house).await;
    let attached = session.attach(client(CALLS), None).await.unwrap();
    // All at once: the session's task has no turn in between.
    for _ in 0..=MAILBOX {
        session.notify(notice());
    }
    let (_, last) = drain(attached).await;
    assert!(last.contains("too_slow"), "{last}");
}
