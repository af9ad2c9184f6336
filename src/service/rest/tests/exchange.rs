//! Tokens of other issuers exchanged for ours. The issuer is a real HTTP server, with keys of its own.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair as _};
use axum::Json;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::watch;

use super::*;
use crate::domain::id::Identity;

const ACCESS: &str = "/access/entra/:exchangeAccessToken?api-version=2025-03-02-preview";
const TEAMS: &str = "/teamsUser/:exchangeAccessToken?api-version=2023-10-01";
pub(super) const AUDIENCE: &str = "client-1";

/// An issuer of tokens: one RSA key, and one elliptic one.
pub(super) struct Provider {
    pub(super) url: String,
    rsa: KeyPair,
    ec: EcdsaKeyPair,
    /// How often its keys were asked for.
    fetched: watch::Sender<usize>,
    /// Whether it answers that.
    answers: watch::Sender<bool>,
}

impl Provider {
    pub(super) async fn start() -> Self {
        Self::with(Router::new(), |_| json!({})).await
    }

    /// The same, with `more` routes, of which its description of itself says what `describe` makes of its URL.
    pub(super) async fn with(more: Router, describe: impl FnOnce(&str) -> Value) -> Self {
        let rsa = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let ec = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (modulus, exponent) = (rsa.public_key().modulus(), rsa.public_key().exponent());
        let point = ec.public_key().as_ref();
        let keys = json!({"keys": [
            {"kty": "RSA", "kid": "r", "use": "sig", "n": text(modulus.big_endian_without_leading_zero()),
             "e": text(exponent.big_endian_without_leading_zero())},
            {"kty": "of another kind", "kid": "x"},
            {"kty": "EC", "kid": "e", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..])},
        ]});
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut described = describe(&url);
        described["issuer"] = json!(url);
        described["jwks_uri"] = json!(format!("{url}/keys"));
        let (fetched, answers) = (watch::Sender::new(0), watch::Sender::new(true));
        let (count, mut may_answer) = (fetched.clone(), answers.subscribe());
        let published = async move || {
            count.send_modify(|count| *count += 1);
            may_answer.wait_for(|may| *may).await.unwrap();
            Json(keys)
        };
        let routes = more.route("/.well-known/openid-configuration", get(async move || Json(described)));
        let routes = routes.route("/keys", get(published));
        task::spawn("test-issuer", async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, rsa, ec, fetched, answers }
    }

    /// How often its keys were asked for.
    pub(super) fn fetches(&self) -> usize {
        *self.fetched.borrow()
    }

    /// Waits until they are.
    pub(super) async fn is_asked(&self) {
        self.fetched.subscribe().wait_for(|count| *count > 0).await.unwrap();
    }

    /// Whether it answers when it is asked for its keys.
    pub(super) fn answers(&self, may: bool) {
        self.answers.send_replace(may);
    }

    pub(super) fn oidc(&self) -> Oidc {
        Oidc { issuers: vec![self.url.parse().unwrap()], audiences: vec![AUDIENCE.to_owned()], ..Oidc::default() }
    }

    /// What a token of "sam" says, for an hour.
    fn claims(&self) -> Value {
        let exp = clock::unix_now().seconds() + 3600;
        json!({"iss": self.url, "sub": "sam", "aud": AUDIENCE, "exp": exp, "azp": "app-1", "oid": "object-1"})
    }

    pub(super) fn token(&self, algorithm: &str, key: &str, claims: &Value) -> String {
        let header = json!({"alg": algorithm, "kid": key, "typ": "JWT"});
        let [header, claims] = [header.to_string(), claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
        let text = format!("{header}.{claims}");
        let signature = match algorithm {
            "RS256" => {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                let random = SystemRandom::new();
                self.rsa.sign(&signature::RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
                signature
            }
            "ES256" => self.ec.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref().to_vec(),
            // The public key as the secret: what a check that trusts the header would take.
            "HS256" => {
                let public = self.rsa.public_key().as_der().unwrap();
                let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_ref());
                aws_lc_rs::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
            _ => Vec::new(),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

async fn exchange(kit: &Kit, token: &str) -> (u16, Value) {
    let response = kit.request(Method::POST, ACCESS).bearer_auth(token).json(&json!({})).send().await.unwrap();
    (response.status().as_u16(), read(response).await)
}

async fn identity_of(kit: &Kit, token: &Value) -> Identity {
    kit.identities.verify(token["token"].as_str().unwrap(), clock::unix_now()).await.unwrap().identity
}

#[tokio::test]
async fn somebody_of_another_issuer_gets_an_identity_and_keeps_it() {
    let provider = Provider::start().await;
    let kit = Kit::believing(&provider.oidc(), |_| {}).await;
    let mut seen = Vec::new();
    for (algorithm, key) in [("RS256", "r"), ("ES256", "e"), ("RS256", "r")] {
        let (status, body) = exchange(&kit, &provider.token(algorithm, key, &provider.claims())).await;
        assert_eq!(status, 200, "{body}");
        seen.push(identity_of(&kit, &body["accessToken"]).await);
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    let mut other = provider.claims();
    other["sub"] = json!("eve");
    other["aud"] = json!(["x", AUDIENCE]);
    let (_, body) = exchange(&kit, &provider.token("RS256", "r", &other)).await;
    assert_ne!(identity_of(&kit, &body["accessToken"]).await, seen[0]);
    assert_eq!(provider.fetches(), 1, "the keys are kept");

    kit.identities.delete_identity(&seen[0]).await.unwrap();
    let (_, body) = exchange(&kit, &provider.token("RS256", "r", &provider.claims())).await;
    assert_ne!(identity_of(&kit, &body["accessToken"]).await, seen[0], "deleted ones never come back");
}

#[tokio::test]
async fn a_program_exchanges_the_token_of_the_user_it_names() {
    let provider = Provider::start().await;
    let kit = Kit::believing(&provider.oidc(), |_| {}).await;
    let token = provider.token("RS256", "r", &provider.claims());
    let ask = async |app: &str, user: &str| {
        let body = json!({"token": token, "appId": app, "userId": user}).to_string();
        let response = kit.signed(Method::POST, TEAMS, &body).send().await.unwrap();
        (response.status().as_u16(), read::<Value>(response).await)
    };
    let (status, body) = ask("app-1", "object-1").await;
    assert_eq!(status, 200, "{body}");
    identity_of(&kit, &body).await;
    assert_eq!(ask("app-2", "object-1").await.1["error"]["target"], "appId");
    assert_eq!(ask("app-1", "sam").await.1["error"]["target"], "userId");
}

#[tokio::test]
async fn tokens_that_prove_nothing_are_refused() {
    let provider = Provider::start().await;
    let kit = Kit::believing(&provider.oidc(), |_| {}).await;
    let stranger = Provider::start().await;
    let changed = |name: &str, value: Value| {
        let mut claims = provider.claims();
        claims[name] = value;
        provider.token("RS256", "r", &claims)
    };
    let now = clock::unix_now().seconds();
    let good = provider.token("RS256", "r", &provider.claims());
    let mut cut = good.clone();
    cut.truncate(good.len() - 8);
    for (what, token) in [
        ("alg none", provider.token("none", "r", &provider.claims())),
        ("the public key as a secret", provider.token("HS256", "r", &provider.claims())),
        ("an algorithm of another key", provider.token("ES256", "r", &provider.claims())),
        ("an unknown key", provider.token("RS256", "zzz", &provider.claims())),
        ("another's signature", stranger.token("RS256", "r", &provider.claims())),
        ("a foreign issuer", stranger.token("RS256", "r", &stranger.claims())),
        ("another audience", changed("aud", json!("client-2"))),
        ("run out", changed("exp", json!(now - 1))),
        ("not yet", changed("nbf", json!(now + 3600))),
        ("nobody", changed("sub", json!(""))),
        ("cut off", cut),
        ("no token", "nonsense".to_owned()),
        ("too long", format!("{good}{}", "A".repeat(20_000))),
    ] {
        let (status, body) = exchange(&kit, &token).await;
        assert_eq!((status, body["error"]["code"].as_str()), (401, Some("Denied")), "{what}: {body}");
    }
    assert_eq!(stranger.fetches(), 0, "nothing is fetched of a stranger");
    assert_eq!(provider.fetches(), 1, "unknown keys have them fetched once a minute at the most");
    assert_eq!(exchange(&kit, &good).await.0, 200);
}

#[tokio::test]
async fn where_no_issuer_is_believed_or_none_answers_that_is_said() {
    let kit = Kit::new().await;
    let (status, body) = exchange(&kit, "a.b.c").await;
    assert_eq!(status, 403);
    assert!(body["error"]["message"].as_str().unwrap().contains("[oidc]"), "{body}");

    let provider = Provider::start().await;
    // A port nobody listens on: it was free a moment ago.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://{gone}");
    let oidc = Oidc { issuers: vec![url.parse().unwrap()], audiences: vec![AUDIENCE.to_owned()], ..Oidc::default() };
    let kit = Kit::believing(&oidc, |_| {}).await;
    let mut claims = provider.claims();
    claims["iss"] = json!(url);
    // The second time, too, when it is not looked for again.
    for _ in 0..2 {
        let (status, body) = exchange(&kit, &provider.token("RS256", "r", &claims)).await;
        assert_eq!((status, body["error"]["code"].as_str()), (502, Some("BadGateway")), "{body}");
    }
}

#[tokio::test]
async fn what_proves_nothing_uses_up_nobodys_exchanges() {
    let provider = Provider::start().await;
    let kit = Kit::believing(&provider.oidc(), |_| {}).await;
    for _ in 0..600 {
        assert_eq!(exchange(&kit, "a.b.c").await.0, 401);
    }
    assert_eq!(exchange(&kit, &provider.token("RS256", "r", &provider.claims())).await.0, 200);
}
