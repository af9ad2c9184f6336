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
async fn only_what_asks_for_our_subprotocol_under_our_name_gets_a_socket() {
    let service = TestService::start().await;
    let (protocol, missing) = ("Sec-WebSocket-Protocol", HeaderValue::from_static(""));
    for (header, value, status, code) in [
        (protocol, missing, 400, FailureCode::BadRequest),
        (protocol, HeaderValue::from_static("chat"), 400, FailureCode::BadRequest),
        (protocol, HeaderValue::from_static("switchboard.v0, switchboard.v2"), 400, FailureCode::BadRequest),
        ("Origin", HeaderValue::from_static("https://evil.example"), 403, FailureCode::Forbidden),
        ("Origin", HeaderValue::from_static("null"), 403, FailureCode::Forbidden),
        ("Host", HeaderValue::from_static("evil.example"), 403, FailureCode::Forbidden),
    ] {
        let mut request = opening(service.http);
        request.headers_mut().insert(header, value.clone());
        if value.is_empty() {
            request.headers_mut().remove(header);
        }
        let Err((found, body)) = open(service.http, request).await else { panic!("{header}: {value:?} was let in") };
        let body: ErrorBody = serde_json::from_str(&body).unwrap();
        assert_eq!((found, body.error.code), (status, code), "{header}: {value:?}");
        assert!(header != protocol || body.error.message.contains("switchboard.v1"), "{}", body.error.message);
    }
    let plain = reqwest::get(format!("http://{}{PATH}", service.http)).await.unwrap();
    assert!(plain.status().is_client_error());
    assert_eq!(plain.json::<ErrorBody>().await.unwrap().error.code, FailureCode::BadRequest);
    let mut several = opening(service.http);
    several.headers_mut().insert(protocol, HeaderValue::from_static("switchboard.v2, switchboard.v1"));
    let mut raw = open(service.http, several).await.unwrap();
    raw.says_hello(&token(&service, "alice").await, client(), None).await;
    assert!(matches!(raw.frame().await, Some(FromService::Welcome { .. })));
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
