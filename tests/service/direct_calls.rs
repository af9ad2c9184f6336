//! Two people call each other and talk.

use switchboard::domain::end_reason::EndReason;
use switchboard::phone::event::MediaState;

use crate::support::{TestService, connect};

#[tokio::test(flavor = "multi_thread")]
async fn a_friend_is_called_heard_and_hangs_up() {
    let service = TestService::start().await;
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.phone("bob", 660).await;
    let call = connect(&mut alice, &mut bob).await;
    alice.hears_something().await;
    bob.hears_something().await;
    bob.hangs_up(call).await;
    let (at_alice, at_bob) = (alice.ends().await, bob.ends().await);
    assert_eq!((at_alice.end, at_bob.end), (EndReason::HUNG_UP, EndReason::HUNG_UP));
    assert!(at_alice.heard_ms > 0 && at_bob.heard_ms > 0);
    assert!(at_alice.connected_for.is_some() && at_alice.first_audio_ms.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_hears_what_the_other_says_and_not_oneself() {
    let service = TestService::start().await;
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.phone("bob", 1320).await;
    let call = connect(&mut alice, &mut bob).await;
    alice.hears_for(15).await;
    bob.hears_for(15).await;
    alice.hangs_up(call).await;
    alice.ends().await;
    bob.ends().await;
    alice.quits().await;
    bob.quits().await;
    for (name, own, others) in [("alice", 440, 1320), ("bob", 1320, 440)] {
        let share = |hertz| crate::support::wav::share_of(&service.heard(name, own), hertz);
        assert!(share(others) > 0.7, "{name} heard the other: {}", share(others));
        assert!(share(own) < 0.05, "{name} heard oneself: {}", share(own));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_round_trip_to_the_service_is_measured() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    connect(&mut alice, &mut bob).await;
    for phone in [&mut alice, &mut bob] {
        let rtt = phone.measures().await.rtt_ms.unwrap();
        assert!((0.0..5_000.0).contains(&rtt), "{rtt}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_side_is_told_of_a_microphone_that_is_off() {
    let service = TestService::start().await;
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.phone("bob", 660).await;
    let call = connect(&mut alice, &mut bob).await;
    bob.hears_something().await;
    alice.mutes(call, true).await;
    bob.sees_other("muted", |alice| alice.muted).await;
    bob.hears_nothing().await;
    alice.mutes(call, false).await;
    bob.sees_other("unmuted", |alice| !alice.muted).await;
    bob.hears_something().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dtmf_tones_arrive_once_each_and_say_who_pressed() {
    let service = TestService::start().await;
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.phone("bob", 660).await;
    let call = connect(&mut alice, &mut bob).await;
    alice.presses(call, "1559#D").await;
    bob.presses(call, "A00*2C").await;
    assert_eq!(bob.is_pressed(&alice.identity(), 6).await, "1559#D");
    assert_eq!(alice.is_pressed(&bob.identity(), 6).await, "A00*2C");
    // Whatever was told twice would come before the next.
    alice.presses(call, "3").await;
    bob.presses(call, "4").await;
    assert_eq!(bob.is_pressed(&alice.identity(), 1).await, "3");
    assert_eq!(alice.is_pressed(&bob.identity(), 1).await, "4");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_calls_after_each_other_are_two_calls() {
    let service = TestService::start().await;
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.phone("bob", 660).await;
    let first = connect(&mut alice, &mut bob).await;
    alice.hangs_up(first).await;
    alice.ends().await;
    bob.ends().await;
    let second = connect(&mut bob, &mut alice).await;
    assert_ne!(first, second);
    alice.shows("have sound", |view| view.media == MediaState::Flowing).await;
    alice.hears_something().await;
    bob.hears_something().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_quits_hangs_up_first() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    connect(&mut alice, &mut bob).await;
    alice.quits().await;
    assert_eq!(bob.ends().await.end, EndReason::HUNG_UP);
}
