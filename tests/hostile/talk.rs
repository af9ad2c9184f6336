//! After the welcome: too much, too fast, too long, or no sense at all.

use std::time::Duration;

use futures_util::SinkExt;
use switchboard::base::secret::Secret;
use switchboard::domain::id::{ClientId, SessionId};
use switchboard::protocol::MAX_FRAME;
use switchboard::protocol::codec::encode;
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::frame::{FromClient, FromService, Resume};
use switchboard::protocol::notice::{ClosingReason, Notice};
use switchboard::protocol::request::Request;
use switchboard::protocol::response::Response;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};

use crate::raw::{PATIENCE, Raw, client, open_over, opening, token};
use crate::support::{TestService, options};

#[tokio::test(flavor = "multi_thread")]
async fn bad_frames_are_answered_and_the_session_goes_on() {
    let service = TestService::start().await;
    let (mut raw, _) = Raw::welcomed(&service, "alice").await;
    let deep = format!(r#"{{"id":9,"request":{}1{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    let (bad, odd) = (FailureCode::BadRequest, FailureCode::NotUnderstood);
    let frames = [
        ("", None, bad),
        ("{", None, bad),
        ("\u{1b}[2J", None, bad),
        (&deep, None, bad),
        (r#"{"id":9}"#, Some(9), bad),
        (r#"{"request":{"bye":{}}}"#, None, bad),
        (r#"{"id":"9","request":{"bye":{}}}"#, None, bad),
        (r#"{"id":18446744073709551616,"request":{"bye":{}}}"#, None, bad),
        (r#"{"id":9,"request":{"fly":{}}}"#, Some(9), odd),
        (r#"{"id":9,"request":"fly"}"#, Some(9), odd),
        (r#"{"id":9,"request":{"call_start":{}}}"#, Some(9), bad),
        (r#"{"id":9,"request":{"call_ringing":{"call_id":"x"}}}"#, Some(9), bad),
        (r#"{"id":9,"request":{"friend_add":{"identity":"bob"}}}"#, Some(9), bad),
        (r#"{"id":9,"request":{"history_list":{"limit":-1}}}"#, Some(9), bad),
        (r#"{"id":9,"request":{"history_list":{"limit":70000}}}"#, Some(9), bad),
        (r#"{"id":9,"request":{"friends_list":{},"bye":{}}}"#, Some(9), bad),
    ];
    for (text, id, code) in frames {
        raw.says(text).await;
        let answer = raw.answer().await;
        let Some(FromService::Failure { id: answered, failure }) = answer else { panic!("{answer:?} to {text:.60}") };
        assert_eq!((answered, failure.code), (id, code), "{text:.60}");
    }
    raw.sends(Message::binary("{}")).await;
    assert!(matches!(raw.answer().await, Some(FromService::Failure { id: None, .. })));
    raw.says_hello(&token(&service, "alice").await, client(), None).await;
    assert!(matches!(raw.answer().await, Some(FromService::Failure { id: None, failure }) if failure.code == bad));
    raw.is_served().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_at_once_are_refused_and_later_ones_are_not() {
    let service = TestService::start().await;
    let (mut raw, _) = Raw::welcomed(&service, "alice").await;
    // Answered without a look at the database: faster than the allowance fills up again. Where that takes a while all the
    // same, more of them are asked.
    let quick = Request::PeopleSearch { text: String::new() };
    let (mut asked, mut answered, mut refused) = (0, 0, 0);
    while refused == 0 && asked < 20_000 {
        for _ in 0..105 {
            asked += 1;
            let message = encode(&FromClient::Request { id: asked, request: quick.clone() });
            raw.socket.feed(Message::text(message)).await.unwrap();
        }
        raw.socket.flush().await.unwrap();
        while answered < asked {
            answered += 1;
            match raw.answer().await.expect("an answer") {
                FromService::Response { id, .. } => assert_eq!(id, answered),
                FromService::Failure { id, failure } => {
                    assert_eq!((id, failure.code), (Some(answered), FailureCode::TooManyRequests));
                    assert!(answered > 60, "so many at once are allowed");
                    refused += 1;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert!((1..=45).contains(&refused), "{refused} of {asked} were refused");
    raw.is_served().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_only_talks_nonsense_is_hung_up_on_and_may_come_back() {
    let service = TestService::start().await;
    let (id, token) = (client(), token(&service, "alice").await);
    let (mut raw, welcome) = Raw::greets(&service, &token, id, None).await.unwrap();
    for _ in 0..500 {
        raw.says("nonsense").await;
    }
    let ending = raw.ends().await;
    assert!(matches!(ending.code, Some(CloseCode::Policy) | None), "{ending:?}");
    assert!((1..500).contains(&ending.frames.len()));
    goes_on(&service, &token, id, welcome.session_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_only_pings_is_hung_up_on() {
    let service = TestService::start().await;
    let (mut raw, _) = Raw::welcomed(&service, "alice").await;
    for _ in 0..2_000 {
        raw.sends(Message::Ping(vec![7; 100].into())).await;
    }
    let ending = raw.ends().await;
    assert!(matches!(ending.code, Some(CloseCode::Policy) | None), "{ending:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_against_the_rules_end_the_socket_and_not_the_session() {
    let service = TestService::start().await;
    let (id, token) = (client(), token(&service, "alice").await);
    let (mut raw, welcome) = Raw::greets(&service, &token, id, None).await.unwrap();
    let session_id = welcome.session_id;
    let no_text = Frame::message(vec![0xff, 0xfe, 0x80], OpCode::Data(Data::Text), true);
    let reserved = Frame::message(vec![1], OpCode::Data(Data::Reserved(3)), true);
    let broken = [
        (Message::text("x".repeat(MAX_FRAME + 1)), CloseCode::Size),
        (Message::binary(vec![0; 4 * MAX_FRAME]), CloseCode::Size),
        (Message::Frame(no_text), CloseCode::Invalid),
        (Message::Frame(reserved), CloseCode::Protocol),
    ];
    for (message, code) in broken {
        raw.sends(message).await;
        let ending = raw.ends().await;
        assert!(ending.code.is_none_or(|found| found == code), "{ending:?} instead of {code}");
        raw = goes_on(&service, &token, id, session_id).await;
    }
}

/// It takes the socket down, never the service: it has a place in its queues, a deadline for its writes, and can resume.
#[tokio::test(flavor = "multi_thread")]
async fn one_who_does_not_read_is_cut_off_and_may_come_back() {
    let service = TestService::start().await;
    let (id, token) = (client(), token(&service, "alice").await);
    let (mut filler, welcome) = Raw::greets(&service, &token, client(), None).await.unwrap();
    // A history long enough to fill a socket's buffers by a few answers.
    let echo = "8:echo123".parse().unwrap();
    let busy = welcome.friends.iter().find(|friend| friend.person.name.as_str() == "carol").unwrap();
    for _ in 0..50 {
        filler.starts_call(&busy.person.identity).await;
        filler.notice(|notice| matches!(notice, Notice::HistoryAdded { .. }).then_some(())).await;
    }
    let stream = tokio::net::TcpSocket::new_v4().unwrap();
    stream.set_recv_buffer_size(4 * 1024).unwrap();
    let mut deaf = open_over(stream.connect(service.http).await.unwrap(), opening(service.http)).await.unwrap();
    deaf.says_hello(&token, id, None).await;
    let Some(FromService::Welcome { welcome }) = deaf.frame().await else { panic!("no welcome") };
    // Fed past what the buffers of both ends hold; none of it is ever read.
    let cut = async {
        loop {
            let request =
                Request::HistoryList { limit: 500, filter: switchboard::domain::record::HistoryFilter::default() };
            deaf.requests_unheard(request).await?;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    };
    let cut: Result<(), ()> = tokio::time::timeout(PATIENCE, cut).await.expect("the deaf one is never cut off");
    assert!(cut.is_err());
    let (mut back, again) =
        Raw::greets(&service, &token, id, Some(Resume { session_id: welcome.session_id, seq: 0 })).await.unwrap();
    assert!(again.resumed);
    back.is_served().await;
    // Anew: who has not answered a ping for so long may have been given up.
    let (mut other, _) = Raw::greets(&service, &token, client(), None).await.unwrap();
    other.starts_call(&echo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_its_token_unless_a_new_one_is_handed_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.identity.access_token_life = Duration::from_secs(6);
    let service = TestService::with(folder, options).await;
    let mut account = service.account("alice").await;
    let (mut lazy, _) = Raw::greets(&service, &account.renew().await.unwrap(), client(), None).await.unwrap();
    let (mut eager, _) = Raw::greets(&service, &account.renew().await.unwrap(), client(), None).await.unwrap();
    assert!(lazy.ask(Request::TokenRenew { token: "nonsense".to_owned().into() }).await.is_err());
    let ending = async { lazy.ends().await };
    let renewing = async {
        loop {
            let token = account.renew().await.unwrap();
            assert!(matches!(eager.ask(Request::TokenRenew { token }).await, Ok(Response::Done {})));
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let ending = tokio::select! { ending = ending => ending, () = renewing => unreachable!() };
    let expired = |frame: &FromService| {
        matches!(frame, FromService::Notice { notice: Notice::Closing { reason: ClosingReason::TokenExpired }, .. })
    };
    assert!(ending.frames.iter().any(expired), "{ending:?}");
    eager.is_served().await;
}

/// The session is still there, and takes this client's next socket.
async fn goes_on(service: &TestService, token: &Secret<String>, id: ClientId, session_id: SessionId) -> Raw {
    let (mut raw, welcome) = Raw::greets(service, token, id, Some(Resume { session_id, seq: 0 })).await.unwrap();
    assert!(welcome.resumed);
    raw.is_served().await;
    raw
}
