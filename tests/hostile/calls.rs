//! Calls asked for wrongly: refused by kind, and no leg stays behind.

use switchboard::domain::id::{CallId, Identity};
use switchboard::domain::record::HistoryFilter;
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::frame::{FromService, Welcome};
use switchboard::protocol::notice::Notice;
use switchboard::protocol::request::Request;
use switchboard::protocol::response::Response;

use crate::raw::{Raw, call, legs, offer};
use crate::support::TestService;

fn nobody() -> Identity {
    "8:acs:nobody_here".parse().unwrap()
}

fn friend(welcome: &Welcome, name: &str) -> Identity {
    let found = welcome.friends.iter().find(|friend| friend.person.name.as_str() == name);
    found.unwrap().person.identity.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_one_can_not_call_or_befriend_is_refused_by_kind() {
    let service = TestService::start().await;
    let (mut alice, welcome) = Raw::welcomed(&service, "alice").await;
    let me = welcome.me.identity.clone();
    let start = |to: &Identity, ring_seconds| Request::CallStart {
        call_id: call(),
        to: to.clone(),
        offer: offer(),
        ring_seconds,
    };
    assert_eq!(alice.is_refused(start(&me, None)).await, FailureCode::BadRequest);
    assert_eq!(alice.is_refused(start(&nobody(), None)).await, FailureCode::NotFound);
    let bob = friend(&welcome, "bob");
    for seconds in [0, 301, u16::MAX] {
        assert_eq!(alice.is_refused(start(&bob, Some(seconds))).await, FailureCode::BadRequest);
    }
    assert_eq!(alice.is_refused(Request::FriendAdd { identity: me.clone() }).await, FailureCode::BadRequest);
    assert_eq!(alice.is_refused(Request::FriendAdd { identity: nobody() }).await, FailureCode::NotFound);
    assert_eq!(alice.is_refused(Request::FriendAdd { identity: bob }).await, FailureCode::Conflict);
    assert_eq!(alice.is_refused(Request::FriendRemove { identity: nobody() }).await, FailureCode::NotFound);
    legs(&service, 0).await;
    alice.is_served().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_and_histories_keep_their_bounds() {
    let service = TestService::start().await;
    let (mut alice, _) = Raw::welcomed(&service, "alice").await;
    for (text, expected) in [
        ("bob", 1),
        ("\u{1b}[31mb\u{0}o\u{202e}b", 0),
        ("\u{0}b\u{7}ob", 1),
        ("", 0),
        ("\u{1b}\u{7}", 0),
        ("%", 0),
        ("' OR 1=1 --", 0),
    ] {
        let found = alice.ask(Request::PeopleSearch { text: text.to_owned() }).await;
        let Ok(Response::People { people }) = found else { panic!("{found:?} for {text:?}") };
        assert_eq!(people.len(), expected, "{text:?}");
    }
    let long = alice.ask(Request::PeopleSearch { text: "b".repeat(60_000) }).await;
    assert!(matches!(long, Ok(Response::People { people }) if people.is_empty()));
    for limit in [0, 501, u16::MAX] {
        assert_eq!(alice.is_refused(listing(limit)).await, FailureCode::BadRequest);
    }
    assert!(matches!(alice.ask(listing(500)).await, Ok(Response::History { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_that_mean_harm_are_refused_or_made_harmless() {
    let service = TestService::start().await;
    let (mut alice, welcome) = Raw::welcomed(&service, "alice").await;
    let call_id = alice.starts_call(&friend(&welcome, "bob")).await;
    alice.notice(|notice| matches!(notice, Notice::HistoryAdded { .. }).then_some(())).await;
    for note in ["\"\"", "\"\\u0000\\u001b\"", "7", "[]", "{}", "\"\\ud800\""] {
        let id = 1_000_000;
        let text = format!(r#"{{"id":{id},"request":{{"history_note":{{"call_id":"{call_id}","note":{note}}}}}}}"#);
        alice.says(&text).await;
        let Some(FromService::Failure { failure, .. }) = alice.answer().await else { panic!("{note} was taken") };
        assert_eq!(failure.code, FailureCode::BadRequest, "{note}");
    }
    for (id, note, kept) in [
        (call_id, Some("\u{1b}]52;c;\u{7}=cmd|'/c calc'!A1\u{202e}\n'; DROP TABLE call_records; --"), true),
        (call(), Some("of no call"), false),
        (call(), None, false),
    ] {
        let note = note.map(|note| note.parse().unwrap());
        match alice.ask_patiently(Request::HistoryNote { call_id: id, note }).await {
            Ok(Response::Done {}) => assert!(kept),
            Err(failure) => assert!(!kept && failure.code == FailureCode::NotFound, "{failure:?}"),
            Ok(other) => panic!("{other:?}"),
        }
    }
    // Far longer than a note may be; cut where it was read.
    let long = format!(
        r#"{{"id":2000000,"request":{{"history_note":{{"call_id":"{call_id}","note":"{}"}}}}}}"#,
        "\u{1f4de}".repeat(15_000)
    );
    alice.says(&long).await;
    assert!(matches!(alice.answer().await, Some(FromService::Response { .. })));
    let Ok(Response::History { records }) = alice.ask_patiently(listing(500)).await else { panic!("no history") };
    let note = records[0].note.as_ref().unwrap();
    assert_eq!((records.len(), note.as_str()), (1, &*"\u{1f4de}".repeat(500)));
    for text in ["\u{1f4de}", "%", "_", "' OR 1=1 --", &"\u{1f4de}".repeat(15_000)] {
        let filter = HistoryFilter { text: Some(text.to_owned()), ..HistoryFilter::default() };
        let found = alice.ask_patiently(Request::HistoryList { limit: 500, filter }).await;
        let Ok(Response::History { records }) = found else { panic!("{found:?}") };
        assert_eq!(records.len(), usize::from(text.starts_with('\u{1f4de}')), "{text:.20}");
    }
    alice.is_served().await;
}

fn listing(limit: u16) -> Request {
    Request::HistoryList { limit, filter: HistoryFilter::default() }
}

/// Whatever is wanted of this call, it is not there.
async fn knows_no_call(client: &mut Raw, call_id: CallId) {
    for request in [
        Request::CallRinging { call_id },
        Request::CallAnswer { call_id, offer: offer() },
        Request::CallDecline { call_id },
        Request::CallHangUp { call_id },
        Request::CallHold { call_id, on: true },
        Request::CallMute { call_id, on: true },
        Request::CallRejoin { call_id, offer: offer() },
    ] {
        assert_eq!(client.is_refused(request.clone()).await, FailureCode::NotFound, "{request:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verbs_on_calls_that_are_not_there_are_not_found() {
    let service = TestService::start().await;
    let (mut alice, _) = Raw::welcomed(&service, "alice").await;
    let call_id = call();
    knows_no_call(&mut alice, call_id).await;
    legs(&service, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_into_a_call_of_others() {
    let service = TestService::start().await;
    let (mut alice, welcome) = Raw::welcomed(&service, "alice").await;
    let (mut bob, _) = Raw::welcomed(&service, "bob").await;
    let (mut carol, _) = Raw::welcomed(&service, "carol").await;
    let call_id = alice.starts_call(&friend(&welcome, "bob")).await;
    assert_eq!(bob.rings().await, call_id);
    knows_no_call(&mut carol, call_id).await;
    // Nor does the caller answer for the callee, or anybody answer twice.
    let answer = || Request::CallAnswer { call_id, offer: offer() };
    assert!(alice.ask(answer()).await.is_err());
    assert!(matches!(bob.ask(answer()).await, Ok(Response::Leg { .. })));
    assert!(bob.ask(answer()).await.is_err());
    legs(&service, 2).await;
    assert!(matches!(alice.ask(Request::CallHangUp { call_id }).await, Ok(Response::Done {})));
    bob.notice(|notice| matches!(notice, Notice::CallEnded { .. }).then_some(())).await;
    legs(&service, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_id_is_used_once() {
    let service = TestService::start().await;
    let (mut alice, welcome) = Raw::welcomed(&service, "alice").await;
    let (mut bob, _) = Raw::welcomed(&service, "bob").await;
    let (mut carol, _) = Raw::welcomed(&service, "carol").await;
    let to = friend(&welcome, "bob");
    let call_id = alice.starts_call(&to).await;
    bob.rings().await;
    let again = Request::CallStart { call_id, to, offer: offer(), ring_seconds: None };
    assert_eq!(alice.is_refused(again.clone()).await, FailureCode::Conflict);
    assert_eq!(carol.is_refused(again).await, FailureCode::Conflict);
    legs(&service, 1).await;
    assert!(matches!(bob.ask(Request::CallAnswer { call_id, offer: offer() }).await, Ok(Response::Leg { .. })));
}
