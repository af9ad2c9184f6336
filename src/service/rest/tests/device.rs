//! Signing in with an account elsewhere, where the issuer is a real HTTP server that answers what it is told to. (Against a
//! provider made by others: tests/sdk.)

use std::collections::VecDeque;

use axum::Json;
use axum::routing::post;

use super::exchange::Provider;
use super::*;
use crate::config::OidcAccounts;
use crate::domain::id::Identity;
use crate::protocol::failure::{SIGN_IN_DENIED, SIGN_IN_OVER};
use crate::protocol::rest::{DevicePolled, DeviceSignIn, SignInWays};
use crate::service::bus::News;

const CLIENT: &str = "switchboard";

/// An issuer with the endpoints of RFC 8628, and what it answers at the token endpoint, one after the other.
struct Elsewhere {
    provider: Arc<Provider>,
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    /// The forms it was sent.
    forms: Arc<Mutex<Vec<Value>>>,
}

impl Elsewhere {
    async fn start() -> Self {
        let (answers, forms) = <(Arc<Mutex<VecDeque<(u16, Value)>>>, Arc<Mutex<Vec<Value>>>)>::default();
        let (to_device, to_token, answered) = (forms.clone(), forms.clone(), answers.clone());
        let device = async move |body: String| {
            to_device.lock().unwrap().push(form(&body));
            Json(json!({"device_code": "the device code", "user_code": "WDJB-MJHT", "interval": 1, "expires_in": 60,
                        "verification_uri": "https://login.example/device"}))
        };
        let token = async move |body: String| {
            to_token.lock().unwrap().push(form(&body));
            let (status, body) =
                answered.lock().unwrap().pop_front().expect("it is asked no more often than it answers");
            (StatusCode::from_u16(status).unwrap(), Json(body))
        };
        let more = Router::new().route("/device", post(device)).route("/token", post(token));
        let provider = Provider::with(
            more,
            |url| json!({"device_authorization_endpoint": format!("{url}/device"), "token_endpoint": format!("{url}/token")}),
        );
        Self { provider: Arc::new(provider.await), answers, forms }
    }

    fn oidc(&self, accounts: OidcAccounts) -> Oidc {
        let sign_in = Some(self.provider.url.parse().unwrap());
        Oidc { sign_in, client_id: CLIENT.to_owned(), accounts, ..Oidc::default() }
    }

    /// What the token of somebody says that belongs to the sign-in begun last.
    fn claims(&self, subject: &str) -> Value {
        let nonce = self.forms.lock().unwrap().iter().rev().find_map(|form| form.get("nonce").cloned()).unwrap();
        let exp = clock::unix_now().seconds() + 60;
        json!({"iss": self.provider.url, "sub": subject, "aud": CLIENT, "exp": exp, "nonce": nonce,
               "preferred_username": "Alice@login.example", "name": "Alice \u{1b}Smith"})
    }

    /// Answers the next asking with the token that says so.
    fn gives(&self, claims: &Value) {
        self.answers(200, json!({"id_token": self.provider.token("RS256", "r", claims), "access_token": "x"}));
    }

    fn answers(&self, status: u16, body: Value) {
        self.answers.lock().unwrap().push_back((status, body));
    }
}

/// The fields of a form.
fn form(body: &str) -> Value {
    let url = reqwest::Url::parse(&format!("http://form.invalid/?{body}")).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), json!(value))).collect()
}

async fn begin(kit: &Kit) -> DeviceSignIn {
    let response = kit.post("/api/v1/sign-in/device", json!({})).await;
    assert_eq!(response.status(), StatusCode::OK);
    read(response).await
}

async fn poll(kit: &Kit, begun: &DeviceSignIn) -> Response {
    kit.post("/api/v1/sign-in/device/poll", json!({"handle": begun.handle})).await
}

/// The first answer that is none to wait after.
async fn outcome(kit: &Kit, begun: &DeviceSignIn) -> Response {
    loop {
        tokio::time::sleep(Duration::from_millis(1010)).await;
        let response = poll(kit, begun).await;
        if response.status() != StatusCode::OK {
            return response;
        }
        let text = response.text().await.unwrap();
        if !text.contains("pending") {
            return axum::http::Response::new(text).into();
        }
    }
}

/// Signs in with an account whose token says so.
async fn signs_in(kit: &Kit, elsewhere: &Elsewhere, subject: &str) -> Result<SignedIn, (u16, Failure)> {
    let begun = begin(kit).await;
    elsewhere.gives(&elsewhere.claims(subject));
    let response = outcome(kit, &begun).await;
    if response.status() != StatusCode::OK {
        return Err(refusal(response).await);
    }
    match read(response).await {
        DevicePolled::SignedIn(signed_in) => Ok(*signed_in),
        DevicePolled::Pending { .. } => panic!("not waited for"),
    }
}

#[tokio::test]
async fn somebody_signs_in_with_an_account_elsewhere() {
    let elsewhere = Elsewhere::start().await;
    let kit = Kit::believing(&elsewhere.oidc(OidcAccounts::Made), |_| {}).await;
    let ways: SignInWays = read(kit.get("/api/v1/sign-in/ways").send().await.unwrap()).await;
    assert_eq!(ways.oidc.as_deref(), Some("127.0.0.1"));

    kit.add("alice").await;
    let begun = begin(&kit).await;
    assert_eq!((begun.user_code.as_str(), begun.interval, begun.issuer.as_str()), ("WDJB-MJHT", 1, "127.0.0.1"));
    // Asked too early, the issuer is not asked.
    let early: DevicePolled = read(poll(&kit, &begun).await).await;
    assert!(matches!(early, DevicePolled::Pending { interval: 1 }), "{early:?}");
    elsewhere.answers(400, json!({"error": "authorization_pending"}));
    elsewhere.gives(&elsewhere.claims("sub-1"));
    let DevicePolled::SignedIn(first) = read(outcome(&kit, &begun).await).await else { panic!("signed in") };
    assert_eq!(first.me.name.as_str(), "alice-2", "never an account that was there before");
    assert_eq!(first.me.display_name.as_str(), "Alice Smith");
    kit.identities.verify(first.access_token.expose(), clock::unix_now()).await.unwrap();
    let (status, failure) = refusal(poll(&kit, &begun).await).await;
    assert_eq!((status, failure.sub_code), (404, SIGN_IN_OVER), "it works once");

    let again = signs_in(&kit, &elsewhere, "sub-1").await.unwrap();
    assert_eq!(again.me, first.me);
    let other = signs_in(&kit, &elsewhere, "sub-2").await.unwrap();
    assert_eq!(other.me.name.as_str(), "alice-3");

    let asked = elsewhere.forms.lock().unwrap().clone();
    assert_eq!(asked[0]["scope"], "openid profile email");
    assert_eq!(asked[1]["device_code"], "the device code");
    let made: Vec<_> = kit.audit("").await.entries.into_iter().filter(|one| one.what == "account-added").collect();
    assert_eq!(made.len(), 3, "{made:?}");
    assert_eq!(made[0].detail.as_deref(), Some("at the first sign-in with 127.0.0.1"));

    kit.identities.set_disabled(&first.me.name, true).await.unwrap();
    let (status, failure) = signs_in(&kit, &elsewhere, "sub-1").await.unwrap_err();
    assert!((status, failure.sub_code) == (403, 0) && failure.message.contains("disabled"), "{failure:?}");
}

#[tokio::test]
async fn where_only_the_known_sign_in_an_administrator_binds_them() {
    let elsewhere = Elsewhere::start().await;
    let kit = Kit::believing(&elsewhere.oidc(OidcAccounts::Known), |_| {}).await;
    kit.add("alice").await;
    kit.add("bob").await;
    let (status, failure) = signs_in(&kit, &elsewhere, "sub-1").await.unwrap_err();
    assert!(status == 403 && failure.message.contains("sub-1"), "{failure:?}");

    let body = json!({"issuer": elsewhere.provider.url, "subject": "sub-1"});
    let bound: Account = read(kit.administrate(Method::POST, "/api/v1/admin/users/bob/bind", &body).await).await;
    assert!(bound.identity.is_some());
    let signed_in = signs_in(&kit, &elsewhere, "sub-1").await.unwrap();
    assert_eq!((signed_in.me.name.as_str(), Some(signed_in.me.identity)), ("bob", bound.identity));

    let other = kit.administrate(Method::POST, "/api/v1/admin/users/alice/bind", &body).await;
    assert_eq!(refusal(other).await.0, 409);
    for wrong in
        [json!({"issuer": "nonsense", "subject": "s"}), json!({"issuer": elsewhere.provider.url, "subject": ""})]
    {
        let refused = kit.administrate(Method::POST, "/api/v1/admin/users/bob/bind", wrong).await;
        assert_eq!(refusal(refused).await.0, 400);
    }
    let unbound = kit.administrate(Method::POST, "/api/v1/admin/users/bob/unbind", &body).await;
    assert_eq!(unbound.status(), StatusCode::OK);
    let again = kit.administrate(Method::POST, "/api/v1/admin/users/bob/unbind", &body).await;
    assert_eq!(refusal(again).await.0, 404);
    assert_eq!(signs_in(&kit, &elsewhere, "sub-1").await.unwrap_err().0, 403);
}

#[tokio::test]
async fn somebody_who_had_an_identity_without_an_account_keeps_it() {
    let elsewhere = Elsewhere::start().await;
    let oidc = Oidc {
        issuers: vec![elsewhere.provider.url.parse().unwrap()],
        audiences: vec![CLIENT.to_owned()],
        ..elsewhere.oidc(OidcAccounts::Made)
    };
    let kit = Kit::believing(&oidc, |_| {}).await;
    begin(&kit).await;
    let token = elsewhere.provider.token("RS256", "r", &elsewhere.claims("sub-1"));
    let path = "/access/entra/:exchangeAccessToken?api-version=2025-03-02-preview";
    let exchanged: Value =
        read(kit.request(Method::POST, path).bearer_auth(token).json(&json!({})).send().await.unwrap()).await;
    let token = exchanged["accessToken"]["token"].as_str().unwrap();
    let before: Identity = kit.identities.verify(token, clock::unix_now()).await.unwrap().identity;
    let mut shown_otherwise = kit.identities.shown_otherwise();
    let signed_in = signs_in(&kit, &elsewhere, "sub-1").await.unwrap();
    assert_eq!((&signed_in.me.identity, signed_in.me.name.as_str()), (&before, "alice"));
    assert_eq!(shown_otherwise.next().await, Some(News::Item(signed_in.me.identity)), "who knew it is told the name");
    assert_eq!(elsewhere.provider.fetches(), 1, "its keys are fetched once for both");
}

#[tokio::test]
async fn nobody_gets_an_account_called_as_people_without_one_are() {
    let elsewhere = Elsewhere::start().await;
    let kit = Kit::believing(&elsewhere.oidc(OidcAccounts::Made), |_| {}).await;
    let begun = begin(&kit).await;
    let mut claims = elsewhere.claims("sub-1");
    claims["preferred_username"] = json!("user-0123456789ab");
    elsewhere.gives(&claims);
    let DevicePolled::SignedIn(signed_in) = read(outcome(&kit, &begun).await).await else { panic!("signed in") };
    assert_eq!(signed_in.me.name.as_str(), "user-0123456789ab-2");
}

#[tokio::test]
async fn tokens_that_vouch_for_nobody_here_sign_nobody_in() {
    let elsewhere = Elsewhere::start().await;
    let kit = Kit::believing(&elsewhere.oidc(OidcAccounts::Made), |_| {}).await;
    let stranger = Elsewhere::start().await;
    type Change<'a> = &'a dyn Fn(&mut Value);
    let changes: [(&str, Change<'_>); 6] = [
        ("another program's", &|claims| claims["aud"] = json!("other")),
        ("given to another program", &|claims| claims["azp"] = json!("other")),
        ("for several, and given to nobody", &|claims| claims["aud"] = json!([CLIENT, "other"])),
        ("of another sign-in", &|claims| claims["nonce"] = json!("other")),
        ("of another issuer", &|claims| claims["iss"] = json!(stranger.provider.url)),
        ("run out", &|claims| claims["exp"] = json!(7)),
    ];
    for (what, change) in changes {
        let begun = begin(&kit).await;
        let mut claims = elsewhere.claims("sub-1");
        change(&mut claims);
        elsewhere.gives(&claims);
        let (status, failure) = refusal(outcome(&kit, &begun).await).await;
        assert_eq!((status, failure.code), (503, FailureCode::Unavailable), "{what}: {failure:?}");
    }
    assert_eq!(kit.identities.accounts(None, 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_person_who_says_no_and_one_who_is_too_slow_are_told_apart() {
    let elsewhere = Elsewhere::start().await;
    let kit = Kit::believing(&elsewhere.oidc(OidcAccounts::Made), |_| {}).await;
    for (word, status, sub_code) in [("access_denied", 403, SIGN_IN_DENIED), ("expired_token", 404, SIGN_IN_OVER)] {
        let begun = begin(&kit).await;
        elsewhere.answers(400, json!({"error": word}));
        let (was, failure) = refusal(outcome(&kit, &begun).await).await;
        assert_eq!((was, failure.sub_code), (status, sub_code), "{word}: {failure:?}");
    }
    let unknown = kit.post("/api/v1/sign-in/device/poll", json!({"handle": "made up"})).await;
    assert_eq!(refusal(unknown).await.1.sub_code, SIGN_IN_OVER);
}

#[tokio::test]
async fn nobody_begins_more_sign_ins_than_a_person_would() {
    let elsewhere = Elsewhere::start().await;
    let kit = Kit::believing(&elsewhere.oidc(OidcAccounts::Made), |_| {}).await;
    for _ in 0..10 {
        begin(&kit).await;
    }
    let (status, failure) = refusal(kit.post("/api/v1/sign-in/device", json!({})).await).await;
    assert_eq!((status, failure.code), (429, FailureCode::TooManyRequests));
    assert!(kit.audit("").await.entries.iter().any(|entry| entry.what == "sign-in-throttled"));
}

#[tokio::test]
async fn while_as_many_are_open_as_may_be_no_issuer_is_asked_for_more() {
    let elsewhere = Elsewhere::start().await;
    let sign_ins = DeviceSignIns::new(&elsewhere.oidc(OidcAccounts::Made), None, &Issuers::new(&Oidc::default()));
    let mut open = 0;
    let refused = loop {
        // From one address after the other.
        match sign_ins.begin(std::net::Ipv4Addr::from_bits(0x0a00_0000 + open).into()).await {
            Ok(_) => open += 1,
            Err(refused) => break refused,
        }
    };
    assert_eq!((open, refused.code), (1024, FailureCode::TooManyRequests));
    assert_eq!(elsewhere.forms.lock().unwrap().len(), 1024);
}

#[tokio::test]
async fn a_service_without_an_issuer_says_so_and_so_does_one_whose_issuer_is_gone() {
    let kit = Kit::new().await;
    let ways: SignInWays = read(kit.get("/api/v1/sign-in/ways").send().await.unwrap()).await;
    assert_eq!(ways, SignInWays { password: true, registration: false, oidc: None });
    for path in ["/api/v1/sign-in/device", "/api/v1/sign-in/device/poll"] {
        let (status, failure) = refusal(kit.post(path, json!({"handle": "h"})).await).await;
        assert!(status == 404 && failure.message.contains("oidc.sign_in"), "{failure:?}");
    }
    // A port nobody listens on: it was free a moment ago.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let sign_in = Some(format!("http://{gone}").parse().unwrap());
    let kit = Kit::believing(&Oidc { sign_in, client_id: CLIENT.to_owned(), ..Oidc::default() }, |_| {}).await;
    let (status, failure) = refusal(kit.post("/api/v1/sign-in/device", json!({})).await).await;
    assert!(status == 503 && failure.message.contains("127.0.0.1"), "{failure:?}");
}
