//! One person alone with the bots.

use std::time::Duration;

use switchboard::domain::call::CallState;
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::id::{CallId, Identity};
use switchboard::phone::command::Command;
use switchboard::phone::event::Event;

use crate::support::{TestPhone, TestService, wav};

/// Presses a key every second until the first comes back: nobody is listened to while the greeting plays.
async fn gets_an_answer(phone: &mut TestPhone, call: CallId) {
    let mut tenths = 0;
    loop {
        let returned = phone.until("get a tone back", |event| match event {
            Event::Dtmf { tone, .. } => Some(tone.key() == '5'),
            Event::Levels { .. } => {
                tenths += 1;
                (tenths % 10 == 0).then_some(false)
            }
            _ => None,
        });
        if returned.await {
            return;
        }
        assert!(tenths < 600, "no tone came back within a minute");
        phone.presses(call, "5").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_echo_returns_ones_own_tone_and_ones_own_dtmf() {
    let service = TestService::start().await;
    let mut alice = service.phone("alice", 440).await;
    let call = alice.calls("echo").await;
    alice.is(CallState::Connected).await;
    alice.hears_something().await;
    gets_an_answer(&mut alice, call).await;
    alice.presses(call, "12#").await;
    let mut returned = String::new();
    let echo: Identity = "8:echo123".parse().unwrap();
    while !returned.ends_with('#') {
        returned.push_str(&alice.is_pressed(&echo, 1).await);
    }
    // Of the keys pressed during the greeting, some more may have been heard.
    assert_eq!(returned.trim_start_matches('5'), "12#");
    alice.hears_for(15).await;
    alice.hangs_up(call).await;
    alice.ends().await;
    alice.quits().await;
    let share = wav::share_of(&service.heard("alice", 440), 440);
    assert!(share > 0.7, "the last second was {share} of the own tone");
}

#[tokio::test(flavor = "multi_thread")]
async fn music_is_heard() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    alice.calls("music").await;
    alice.is(CallState::Connected).await;
    alice.hears_for(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn busy_is_busy() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    alice.calls("busy").await;
    assert_eq!(alice.ends().await.end, EndReason::BUSY);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_rings_and_never_answers() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    alice.calls_for("nobody", Duration::from_secs(1)).await;
    alice.is(CallState::Ringing).await;
    assert_eq!(alice.ends().await.end, EndReason::RING_TIMEOUT);
}

#[tokio::test(flavor = "multi_thread")]
async fn callback_calls_back_and_can_be_answered() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let call = alice.calls("callback").await;
    alice.is(CallState::Connected).await;
    alice.hears_something().await;
    alice.hangs_up(call).await;
    let (mut ended, mut back) = (false, None);
    let back = alice.until("be called back", |event| {
        match event {
            Event::Ended(_) => ended = true,
            Event::Incoming(incoming) => back = Some(incoming.call),
            _ => {}
        }
        back.filter(|_| ended)
    });
    let back = back.await;
    assert_ne!(back, call);
    alice.tell(Command::Answer(back)).await;
    let view = alice.is(CallState::Connected).await;
    assert_eq!(view.with.person().unwrap().name.as_str(), "callback");
    alice.hears_something().await;
}
