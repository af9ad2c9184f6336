//! Accounts that people make for themselves.

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use switchboard::phone::account::{Account, AccountError};
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::rest::{AuditPage, SignUp};
use switchboard::service::{ServiceOptions, identity};

use crate::support::{TestPhone, TestService, options, silence};

async fn open_to_all() -> TestService {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path());
    let identity = identity::Settings { registration: true, ..options.identity };
    TestService::with(folder, ServiceOptions { identity, ..options }).await
}

fn dave() -> SignUp {
    let password = "correct horse".to_owned().into();
    SignUp { user: "dave".parse().unwrap(), display_name: Some("Dave".into()), password }
}

async fn asks(service: &TestService, body: &Value) -> Response {
    let request = reqwest::Client::new().post(service.server().rest("/api/v1/sign-up")).json(body);
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_makes_an_account_can_call_at_once_and_it_is_noted() {
    let service = open_to_all().await;
    assert!(Account::ways(&service.server().into()).await.unwrap().registration);
    let account = Account::sign_up(&service.server(), dave()).await.unwrap();
    let mut dave = TestPhone::start("dave", account, silence()).await;
    let mut alice = service.silent_phone("alice").await;
    dave.calls("alice").await;
    assert_eq!(alice.rings().await.from.display_name.as_str(), "Dave");
    let secret = service.running.as_ref().unwrap().admin_secret.expose().clone();
    let trail = reqwest::Client::new().get(service.server().rest("/api/v1/admin/audit")).bearer_auth(secret);
    let trail: AuditPage = trail.send().await.unwrap().json().await.unwrap();
    let noted = trail.entries.iter().find(|entry| entry.what == "account-signed-up").unwrap();
    assert_eq!((noted.who.as_str(), noted.about.as_deref()), ("nobody", Some("dave")));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_not_wanted_whoever_asks_is_told_who_makes_accounts() {
    let service = TestService::start().await;
    assert!(!Account::ways(&service.server().into()).await.unwrap().registration);
    let refused = Account::sign_up(&service.server(), dave()).await;
    let Err(AccountError::Refused(failure)) = refused else { panic!("{refused:?}") };
    assert_eq!(failure.code, FailureCode::Forbidden);
    assert!(failure.message.contains("whoever runs it"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sign_up_is_refused_and_makes_nothing() {
    let service = open_to_all().await;
    let body = |user: &str, password: &str| json!({ "user": user, "password": password });
    let role = json!({ "user": "eve", "password": "correct horse", "role": "admin", "organisation": "acme" });
    let cases = [
        (body("Dave Smith", "correct horse"), StatusCode::BAD_REQUEST),
        (body("dave", "short"), StatusCode::BAD_REQUEST),
        (json!({ "user": "dave" }), StatusCode::BAD_REQUEST),
        (body("alice", "correct horse"), StatusCode::CONFLICT),
        // What is not for whoever signs up to say is not heard.
        (role, StatusCode::CREATED),
    ];
    for (body, status) in cases {
        assert_eq!(asks(&service, &body).await.status(), status, "{body}");
    }
    let eve = service.identities().account(&"eve".parse().unwrap()).await.unwrap();
    assert!(eve.organisation.is_main() && eve.role.as_str() == "user");
    let all = service.identities().accounts(None, 500).await.unwrap();
    assert!(all.iter().all(|account| account.user.as_str() != "dave"));
}
