//! Programs that come in with a token of another issuer. The issuer is a real HTTP server, with keys of its own.

use super::exchange::{AUDIENCE, Provider};
use super::*;
use crate::config::{OidcProgram, OidcPrograms};

const CREATE: &str = "/identities?api-version=2023-10-01";

impl Provider {
    /// Settings that let its program `crm` in, and nobody else of it.
    pub(super) fn of_programs(&self) -> Oidc {
        let crm = OidcProgram { issuer: self.url.parse().unwrap(), client: "crm".to_owned(), subject: None };
        Oidc { audiences: vec![AUDIENCE.to_owned()], programs: OidcPrograms(vec![crm]), ..Oidc::default() }
    }

    /// What the token says that `crm` has got for itself, for an hour.
    pub(super) fn crm(&self) -> Value {
        let exp = clock::unix_now().seconds() + 3600;
        json!({"iss": self.url, "sub": "crm", "client_id": "crm", "aud": AUDIENCE, "exp": exp, "scope": "calls"})
    }
}

async fn create(kit: &Kit, token: &str) -> (u16, Value) {
    let response = kit.request(Method::POST, CREATE).bearer_auth(token).send().await.unwrap();
    (response.status().as_u16(), read(response).await)
}

#[tokio::test]
async fn a_program_of_an_issuer_comes_in_under_its_name_there() {
    let provider = Provider::start().await;
    let kit = Kit::believing(&provider.of_programs(), |_| {}).await;
    for (algorithm, key) in [("RS256", "r"), ("ES256", "e")] {
        let (status, body) = create(&kit, &provider.token(algorithm, key, &provider.crm())).await;
        assert_eq!(status, 201, "{body}");
    }
    let trail = kit.audit("").await.entries;
    assert_eq!(
        (trail[0].who.as_str(), trail[0].what.as_str()),
        (&*format!("app:crm@{}", provider.url), "identity-made")
    );
    // A token of this service goes on being one.
    let app = kit.identities.issue_app_token("crm", Duration::from_secs(60), clock::unix_now()).unwrap().0;
    assert_eq!(create(&kit, app.expose()).await.0, 201);
    assert_eq!(kit.audit("").await.entries[0].who, "app:crm");
}

#[tokio::test]
async fn a_program_whose_subject_is_another_than_its_client_is_known_by_both() {
    let provider = Provider::start().await;
    let mut oidc = provider.of_programs();
    oidc.programs.0[0].subject = Some("object-7".to_owned());
    let kit = Kit::believing(&oidc, |_| {}).await;
    let mut claims = provider.crm();
    assert_eq!(create(&kit, &provider.token("RS256", "r", &claims)).await.0, 403);
    claims["sub"] = json!("object-7");
    assert_eq!(create(&kit, &provider.token("RS256", "r", &claims)).await.0, 201);
}

#[tokio::test]
async fn nobody_else_of_the_issuer_comes_in_and_neither_does_what_it_never_signed() {
    let provider = Provider::start().await;
    let kit = Kit::believing(&provider.of_programs(), |_| {}).await;
    let stranger = Provider::start().await;
    let changed = |changes: Value| {
        let mut claims = provider.crm();
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        provider.token("RS256", "r", &claims)
    };
    let now = clock::unix_now().seconds();
    for (what, expected, token) in [
        ("a person who signed in with the program", 403, changed(json!({"sub": "alice"}))),
        ("one who is called like it there", 403, changed(json!({"auth_time": now}))),
        ("another program", 403, changed(json!({"sub": "erp", "client_id": "erp"}))),
        ("an ID token", 403, changed(json!({"client_id": null, "nonce": "n"}))),
        ("for others", 401, changed(json!({"aud": "elsewhere"}))),
        ("run out", 401, changed(json!({"exp": now - 1}))),
        ("not yet", 401, changed(json!({"nbf": now + 3600}))),
        ("alg none", 401, provider.token("none", "r", &provider.crm())),
        ("the public key as a secret", 401, provider.token("HS256", "r", &provider.crm())),
        ("an unknown key", 401, provider.token("RS256", "zzz", &provider.crm())),
        ("another's signature", 401, stranger.token("RS256", "r", &provider.crm())),
        ("another issuer", 401, stranger.token("RS256", "r", &stranger.crm())),
    ] {
        let (status, body) = create(&kit, &token).await;
        assert_eq!(status, expected, "{what}: {body}");
    }
    let (_, body) = create(&kit, &changed(json!({"sub": "alice"}))).await;
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("subject alice") && message.contains("oidc.programs"), "{message}");
    assert_eq!(stranger.fetches(), 0, "nothing is fetched of a stranger");
    let deeds: Vec<String> = kit.audit("").await.entries.into_iter().map(|entry| entry.what).collect();
    assert_eq!(deeds, [""; 0]);
}

#[tokio::test]
async fn unless_the_settings_say_so_no_program_of_an_issuer_comes_in() {
    let provider = Provider::start().await;
    let kit = Kit::believing(&provider.oidc(), |_| {}).await;
    assert_eq!(create(&kit, &provider.token("RS256", "r", &provider.crm())).await.0, 401);
    assert_eq!(provider.fetches(), 0);
}

#[tokio::test]
async fn whoever_goes_away_while_keys_are_fetched_keeps_them_from_nobody() {
    let provider = Provider::start().await;
    let issuers = Issuers::new(&provider.of_programs());
    let (token, now) = (provider.token("RS256", "r", &provider.crm()), clock::unix_now());
    provider.answers(false);
    tokio::select! {
        _ = issuers.program(&token, now) => panic!("there are no keys yet"),
        () = provider.is_asked() => {}
    }
    provider.answers(true);
    assert!(issuers.program(&token, now).await.is_ok_and(|app| app.is_some()));
    assert_eq!(provider.fetches(), 1);
}
