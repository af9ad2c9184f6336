//! Before the welcome: the handshake, the hello, and those who never say one.

use switchboard::base::secret::Secret;
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::frame::FromService;
use switchboard::protocol::request::Request;
use switchboard::protocol::rest::ErrorBody;
use switchboard::protocol::{MAX_FRAME, PATH};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::raw::{Raw, client, open, opening, token};
use crate::support::{TestService, options};

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_does_not_name_the_subprotocol_is_refused() {
    let service = TestService::start().await;
    for wrong in [None, Some("chat"), Some("switchboard.v0, switchboard.v2")] {
        let mut request = opening(service.http);
        request.headers_mut().remove("Sec-WebSocket-Protocol");
        if let Some(wrong) = wrong {
            request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(wrong));
        }
        let Err((status, body)) = open(service.http, request).await else { panic!("{wrong:?} was let in") };
        let body: ErrorBody = serde_json::from_str(&body).unwrap();
        assert_eq!((status, body.error.code), (400, FailureCode::BadRequest));
        assert!(body.error.message.contains("switchboard.v1"), "{}", body.error.message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_names_several_subprotocols_gets_ours() {
    let service = TestService::start().await;
    let mut request = opening(service.http);
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("switchboard.v2, switchboard.v1"));
    let mut raw = open(service.http, request).await.unwrap();
    raw.says_hello(&token(&service, "alice").await, client(), None).await;
    assert!(matches!(raw.frame().await, Some(FromService::Welcome { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_no_websocket_is_refused_in_json() {
    let service = TestService::start().await;
    let answer = reqwest::get(format!("http://{}{PATH}", service.http)).await.unwrap();
    assert!(answer.status().is_client_error());
    let body: ErrorBody = answer.json().await.unwrap();
    assert_eq!(body.error.code, FailureCode::BadRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_and_other_names_get_no_socket() {
    let service = TestService::start().await;
    for (header, value) in [("Origin", "https://evil.example"), ("Origin", "null"), ("Host", "evil.example")] {
        let mut request = opening(service.http);
        request.headers_mut().insert(header, HeaderValue::from_static(value));
        let Err((status, body)) = open(service.http, request).await else { panic!("{header}: {value} was let in") };
        let body: ErrorBody = serde_json::from_str(&body).unwrap();
        assert_eq!((status, body.error.code), (403, FailureCode::Forbidden));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_no_hello_is_hung_up_on() {
    let service = TestService::start().await;
    let mut silent = Raw::connect(service.http).await;
    let mut pinging = Raw::connect(service.http).await;
    pinging.sends(Message::Ping(Vec::new().into())).await;
    let (silent, pinging) = tokio::join!(silent.ends(), pinging.ends());
    assert_eq!((silent.code, pinging.code), (Some(CloseCode::Policy), Some(CloseCode::Policy)));
    assert_eq!(service.running.as_ref().unwrap().clients(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_hello_is_refused_and_hung_up_on() {
    let service = TestService::start().await;
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    let nested = format!(r#"{{"hello":{}1{}}}"#, r#"{"hello":"#.repeat(5_000), "}".repeat(5_000));
    let first = [
        (r#"{"id":1,"request":{"friends_list":{}}}"#, FailureCode::Unauthenticated),
        ("", FailureCode::BadRequest),
        ("hello", FailureCode::BadRequest),
        ("\0\0\0", FailureCode::BadRequest),
        ("null", FailureCode::BadRequest),
        ("{}", FailureCode::BadRequest),
        (r#"{"hello":{}}"#, FailureCode::BadRequest),
        (r#"{"hello":[[]]}"#, FailureCode::BadRequest),
        (r#"{"hello":{"token":"x","client_id":"not a uuid"}}"#, FailureCode::BadRequest),
        (r#"{"id":-1,"request":"\ud800"}"#, FailureCode::BadRequest),
        (&deep, FailureCode::BadRequest),
        (&nested, FailureCode::BadRequest),
    ];
    for (text, code) in first {
        let mut raw = Raw::connect(service.http).await;
        raw.says(text).await;
        let ending = raw.ends().await;
        let [FromService::Failure { id: None, failure }] = &ending.frames[..] else {
            panic!("{ending:?} to {text:.60}")
        };
        assert_eq!((failure.code, ending.code), (code, Some(CloseCode::Policy)), "{text:.60}");
    }
    let mut binary = Raw::connect(service.http).await;
    binary.sends(Message::binary(vec![0, 159, 146, 150])).await;
    assert!(matches!(binary.ends().await.frames[..], [FromService::Failure { .. }]));
    let mut long = Raw::connect(service.http).await;
    long.says(&"x".repeat(MAX_FRAME + 1)).await;
    long.ends().await;
    assert_eq!(service.running.as_ref().unwrap().clients(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_token_of_this_service_is_let_in() {
    let (service, other) = (TestService::start().await, TestService::start().await);
    let good = token(&service, "alice").await;
    let parts: Vec<&str> = good.expose().split('.').collect();
    let none = "eyJhbGciOiJub25lIn0";
    for bad in [
        String::new(),
        "x".to_owned(),
        "a.b.c".to_owned(),
        "....".to_owned(),
        "é".repeat(5_000),
        "x".repeat(30_000),
        format!("{none}.{}.", parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], parts[2].chars().rev().collect::<String>()),
        format!("{}.{}.{}", parts[0], parts[0], parts[2]),
        format!("{} ", good.expose()),
        token(&other, "alice").await.expose().clone(),
    ] {
        let Err(failure) = Raw::greets(&service, &Secret::new(bad.clone()), client(), None).await else {
            panic!("let in with {bad:.40}")
        };
        assert_eq!(failure.code, FailureCode::Unauthenticated, "{bad:.40}");
    }
    Raw::greets(&service, &good, client(), None).await.unwrap().0.is_served().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ran_out_is_told_apart_from_one_that_never_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.identity.access_token_life = std::time::Duration::ZERO;
    let service = TestService::with(folder, options).await;
    let account = service.account("alice").await;
    let mut other = account.clone();
    let token = other.renew().await.unwrap();
    let Err(failure) = Raw::greets(&service, &token, client(), None).await else { panic!("let in") };
    assert_eq!(failure.code, FailureCode::TokenExpired);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_id_belongs_to_whoever_had_it_first() {
    let service = TestService::start().await;
    let (alices, bobs) = (token(&service, "alice").await, token(&service, "bob").await);
    let id = client();
    let (mut alice, _) = Raw::greets(&service, &alices, id, None).await.unwrap();
    let Err(failure) = Raw::greets(&service, &bobs, id, None).await else { panic!("taken over") };
    assert_eq!(failure.code, FailureCode::Forbidden);
    alice.is_served().await;
    assert_eq!(alice.is_refused(Request::TokenRenew { token: bobs }).await, FailureCode::Forbidden);
}
