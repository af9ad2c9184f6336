//! Tokens programs give out: for identities without an account, for less than everything; and what a revocation does to
//! whoever acts with one.

use std::time::Duration;

use switchboard::base::clock;
use switchboard::domain::call::CallState;
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::id::Identity;
use switchboard::domain::scope::Scopes;
use switchboard::phone::account::Account;
use switchboard::phone::command::Command;
use switchboard::phone::event::Refusal;
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::frame::Resume;
use switchboard::protocol::request::Request;
use switchboard::protocol::response::Response;

use crate::raw::{self, Raw};
use crate::support::proxy::TcpProxy;
use crate::support::{TestPhone, TestService, connect, silence, tone};

const HOUR: Duration = Duration::from_secs(3600);

async fn account(service: &TestService, identity: &Identity, scopes: &str) -> Account {
    let scopes: Scopes = scopes.parse().unwrap();
    let issued = service.identities().issue_token(identity, scopes, HOUR, clock::unix_now()).await;
    Account::token(service.server(), issued.unwrap().0)
}

/// Somebody without an account, signed in with a token for `scopes`.
async fn guest(service: &TestService, name: &str, scopes: &str) -> (Identity, TestPhone) {
    let identity = service.identities().create_identity(clock::unix_now()).await.unwrap();
    let phone = TestPhone::start(name, account(service, &identity, scopes).await, silence()).await;
    (identity, phone)
}

async fn revoke(service: &TestService, identity: &Identity) {
    service.identities().revoke_tokens(identity, clock::unix_now()).await.unwrap();
}

/// Why the service does not do what the phone was told.
async fn is_forbidden(phone: &mut TestPhone, what: &str) -> String {
    let why = phone.is_refused(what).await;
    let Refusal::Service(failure) = why else { panic!("{why:?}") };
    assert_eq!(failure.code, FailureCode::Forbidden);
    failure.message
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_account_calls_and_is_called() {
    let service = TestService::start().await;
    let (identity, mut guest) = guest(&service, "guest", "voip").await;
    let mut alice = TestPhone::start("alice", service.account("alice").await, tone(440)).await;
    let me = guest.person();
    assert_eq!((&me.identity, me.name.as_str()), (&identity, me.display_name.as_str()));
    assert!(me.name.as_str().starts_with("user-") && me.name.as_str().len() == 17, "{me:?}");
    let call = guest.calls("alice").await;
    assert_eq!(alice.rings().await.from, me);
    alice.tell(Command::Answer(call)).await;
    guest.hears_something().await;
    guest.hangs_up(call).await;
    let (_, record) = alice.ends_and_records().await;
    assert_eq!(record.call_id, call);
    for to in [me.name.as_str(), identity.as_str()] {
        let call = alice.calls(to).await;
        assert_eq!(guest.answers().await, call);
        guest.is(CallState::Connected).await;
        alice.hangs_up(call).await;
        guest.ends().await;
        alice.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_revoked_in_a_call_takes_its_holder_out_and_the_next_one_signs_in() {
    let service = TestService::start().await;
    let (identity, mut guest) = guest(&service, "guest", "voip").await;
    let mut bob = service.silent_phone("bob").await;
    connect(&mut guest, &mut bob).await;
    revoke(&service, &identity).await;
    let next = account(&service, &identity, "voip").await;
    let (end, reason) = guest.is_thrown_out().await;
    assert_eq!(end, EndReason::REVOKED);
    assert_eq!(bob.ends().await.end, EndReason::HUNG_UP);
    assert!(reason.contains("sign in again"), "{reason}");
    let mut guest = TestPhone::start("guest again", next, silence()).await;
    assert_eq!(guest.identity(), identity);
    connect(&mut guest, &mut bob).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_goes_on_without_whoever_may_not_act_any_more() {
    let service = TestService::start().await;
    let (identity, mut guest) = guest(&service, "guest", "voip").await;
    let mut alice = TestPhone::start("alice", service.account("alice").await, tone(440)).await;
    let mut bob = service.silent_phone("bob").await;
    let call = connect(&mut alice, &mut bob).await;
    alice.tell(Command::Invite { call, who: identity.as_str().to_owned() }).await;
    guest.answers().await;
    guest.hears_something().await;
    revoke(&service, &identity).await;
    assert_eq!(guest.ends().await.end, EndReason::REVOKED);
    bob.hears_something().await;
    alice.hangs_up(call).await;
    alice.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rings_at_somebody_who_may_not_act_any_more_stops_unanswered() {
    let service = TestService::start().await;
    let (identity, mut guest) = guest(&service, "guest", "voip").await;
    let mut alice = service.silent_phone("alice").await;
    alice.calls(identity.as_str()).await;
    guest.rings().await;
    revoke(&service, &identity).await;
    assert_eq!(guest.stops_ringing().await, EndReason::REVOKED);
    assert_eq!(alice.ends().await.end, EndReason::OFFLINE);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_lost_the_connection_is_out_of_the_call_as_well() {
    let (service, proxy, mut alice, mut bob, _) = TcpProxy::with_a_call().await;
    proxy.cut();
    alice.is_down().await;
    // Her sound goes on, so that the call would.
    revoke(&service, &alice.identity()).await;
    assert_eq!(bob.ends().await.end, EndReason::HUNG_UP);
    proxy.restore();
    assert!(!alice.is_turned_away().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_join_answers_but_starts_no_call_and_no_group() {
    let service = TestService::start().await;
    let (identity, mut guest) = guest(&service, "guest", "voip.join").await;
    let mut alice = service.silent_phone("alice").await;
    guest.tell(Command::Call { to: "alice".to_owned(), ring_for: None }).await;
    let why = is_forbidden(&mut guest, "call").await;
    assert!(why.contains("not start any"), "{why}");
    let call = alice.calls(identity.as_str()).await;
    guest.answers().await;
    alice.is(CallState::Connected).await;
    alice.hangs_up(call).await;
    guest.ends().await;
    guest.tell(Command::CreateGroup("Mine".parse().unwrap())).await;
    assert!(is_forbidden(&mut guest, "create group").await.contains("scope voip"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_chat_alone_is_good_for_no_call() {
    let service = TestService::start().await;
    let (identity, mut guest) = guest(&service, "guest", "chat").await;
    let mut alice = service.silent_phone("alice").await;
    guest.tell(Command::Call { to: "alice".to_owned(), ring_for: None }).await;
    let why = is_forbidden(&mut guest, "call").await;
    assert!(why.contains("not good for calls"), "{why}");
    alice.calls(identity.as_str()).await;
    assert_eq!(alice.ends().await.end, EndReason::BUSY, "nothing rings there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_rings_by_the_token_it_brought_last_renewed_or_on_coming_back() {
    let service = TestService::start().await;
    let identity = service.identities().create_identity(clock::unix_now()).await.unwrap();
    let token = async |scopes: &str| {
        let issued =
            service.identities().issue_token(&identity, scopes.parse().unwrap(), HOUR, clock::unix_now()).await;
        issued.unwrap().0
    };
    let mut alice = service.silent_phone("alice").await;
    let (chat, id) = (token("chat").await, raw::client());
    let (mut guest, welcome) = Raw::greets(&service, &chat, id, None).await.unwrap();
    let voip = token("voip").await;
    assert!(matches!(guest.ask(Request::TokenRenew { token: voip }).await, Ok(Response::Done {})));
    let call = alice.calls(identity.as_str()).await;
    assert_eq!(guest.rings().await, call);
    assert!(matches!(guest.ask(Request::TokenRenew { token: chat.clone() }).await, Ok(Response::Done {})));
    assert_eq!(alice.ends().await.end, EndReason::OFFLINE, "what rang there stops");
    alice.calls(identity.as_str()).await;
    assert_eq!(alice.ends().await.end, EndReason::BUSY, "and nothing rings any more");
    let resume = |seq| Some(Resume { session_id: welcome.session_id, seq });
    let (mut guest, resumed) = Raw::greets(&service, &token("voip.join").await, id, resume(0)).await.unwrap();
    assert!(resumed.resumed);
    let call = alice.calls(identity.as_str()).await;
    while guest.rings().await != call {}
    let (_, resumed) = Raw::greets(&service, &chat, id, resume(0)).await.unwrap();
    assert!(resumed.resumed);
    assert_eq!(alice.ends().await.end, EndReason::OFFLINE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_identity_is_out_and_never_comes_back() {
    let service = TestService::start().await;
    let (identity, mut guest) = guest(&service, "guest", "voip").await;
    let mut bob = service.silent_phone("bob").await;
    connect(&mut guest, &mut bob).await;
    service.identities().delete_identity(&identity).await.unwrap();
    assert_eq!(guest.is_thrown_out().await.0, EndReason::REVOKED);
    assert_eq!(bob.ends().await.end, EndReason::HUNG_UP);
    assert!(service.identities().issue_token(&identity, Scopes::USER, HOUR, clock::unix_now()).await.is_err());
}
