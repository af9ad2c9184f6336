//! What can become of a call before anybody answers.

use std::time::Duration;

use switchboard::domain::call::{CallState, Direction};
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::id::UserName;
use switchboard::domain::presence::{PresenceChoice, PresenceState};
use switchboard::phone::command::Command;
use switchboard::phone::event::Refusal;
use switchboard::protocol::rest::NewAccount;

use crate::support::{TestService, connect};

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_call_says_so_to_the_caller() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    alice.calls("bob").await;
    let incoming = bob.rings().await;
    assert_eq!(incoming.from, alice.person());
    alice.is(CallState::Ringing).await;
    bob.tell(Command::Decline(incoming.call)).await;
    assert_eq!(alice.ends().await.end, EndReason::DECLINED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_gives_up_stops_the_ringing() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let call = alice.calls("bob").await;
    bob.rings().await;
    alice.hangs_up(call).await;
    assert_eq!(alice.ends().await.end, EndReason::CANCELLED);
    assert_eq!(bob.stops_ringing().await, EndReason::CANCELLED);
    bob.tell(Command::Answer(call)).await;
    assert!(matches!(bob.is_refused("answer").await, Refusal::NotNow(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_nobody_answers_ends_by_itself() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    alice.calls_for("bob", Duration::from_secs(1)).await;
    bob.rings().await;
    assert_eq!(alice.ends().await.end, EndReason::RING_TIMEOUT);
    assert_eq!(bob.stops_ringing().await, EndReason::RING_TIMEOUT);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_phones_of_the_callee_ring_and_the_first_to_answer_wins() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut desk = service.phone("bob", 660).await;
    let mut mobile = service.phone("bob", 880).await;
    let call = alice.calls("bob").await;
    mobile.rings().await;
    desk.rings().await;
    desk.tell(Command::Answer(call)).await;
    desk.is(CallState::Connected).await;
    assert_eq!(mobile.stops_ringing().await, EndReason::ANSWERED_ELSEWHERE);
    alice.hears_something().await;
    // The other phone is free, and has no part in the call.
    mobile.hangs_up(call).await;
    assert!(matches!(mobile.is_refused("hang up").await, Refusal::NotNow(_)));
    alice.hears_something().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_on_one_phone_stops_all_of_them() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut desk = service.silent_phone("bob").await;
    let mut mobile = service.silent_phone("bob").await;
    let call = alice.calls("bob").await;
    mobile.rings().await;
    desk.rings().await;
    desk.tell(Command::Decline(call)).await;
    assert_eq!(mobile.stops_ringing().await, EndReason::DECLINED);
    assert_eq!(alice.ends().await.end, EndReason::DECLINED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_connects_while_it_rings_rings_too() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut desk = service.silent_phone("bob").await;
    let call = alice.calls("bob").await;
    desk.rings().await;
    let mut mobile = service.silent_phone("bob").await;
    assert_eq!(mobile.answers().await, call);
    mobile.is(CallState::Connected).await;
    assert_eq!(desk.stops_ringing().await, EndReason::ANSWERED_ELSEWHERE);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_offline_cannot_be_rung() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    alice.calls("bob").await;
    assert_eq!(alice.ends().await.end, EndReason::OFFLINE);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_a_call_is_busy() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let mut carol = service.silent_phone("carol").await;
    connect(&mut bob, &mut carol).await;
    alice.calls("bob").await;
    assert_eq!(alice.ends().await.end, EndReason::BUSY);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_want_to_be_disturbed_is_not_rung() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    bob.tell(Command::SetPresence(PresenceChoice::DoNotDisturb)).await;
    alice.sees(&bob.identity(), PresenceState::DoNotDisturb).await;
    alice.calls("bob").await;
    assert_eq!(alice.ends().await.end, EndReason::DO_NOT_DISTURB);
    bob.tell(Command::SetPresence(PresenceChoice::Online)).await;
    alice.sees(&bob.identity(), PresenceState::Online).await;
    connect(&mut alice, &mut bob).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_call_each_other_at_once_meet_or_find_each_other_busy() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    alice.calls("bob").await;
    bob.calls("alice").await;
    for (phone, side) in [(&mut alice, "alice"), (&mut bob, "bob")] {
        let call = phone.seen.iter().find_map(|event| match event {
            switchboard::phone::event::Event::Call(view) => Some(view.call),
            _ => None,
        });
        phone.hangs_up(call.unwrap()).await;
        let ended = phone.ends().await;
        assert_eq!(ended.direction, Direction::Outgoing, "{side}");
        assert!([EndReason::BUSY, EndReason::CANCELLED].contains(&ended.end), "{side}: {:?}", ended.end);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_nobody_has_is_said_to_be_nobodys() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    for nobody in ["zorro", "8:acs:not_there"] {
        alice.calls_for(nobody, Duration::from_secs(5)).await;
        assert_eq!(alice.is_refused("call").await, Refusal::NobodyCalled(nobody.to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_display_name_two_people_have_is_asked_back() {
    let service = TestService::start().await;
    for name in ["robert1", "robert2"] {
        let user: UserName = name.parse().unwrap();
        let account = NewAccount {
            display_name: Some("Robert Smith".into()),
            ..NewAccount::new(user.clone(), "a good password".to_owned().into())
        };
        service.administrates("", Some(&account)).await;
        service.signs_in(&user, &account.password).await;
    }
    let mut alice = service.silent_phone("alice").await;
    alice.calls_for("robert smith", Duration::from_secs(5)).await;
    let Refusal::Ambiguous { name, candidates } = alice.is_refused("call").await else { panic!("not ambiguous") };
    let mut names: Vec<_> = candidates.iter().map(|person| person.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!((name.as_str(), &names[..]), ("robert smith", &["robert1", "robert2"][..]));
}
