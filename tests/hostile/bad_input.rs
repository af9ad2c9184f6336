//! What programs and people send that must not count, over HTTP and the signalling, and the code each is refused with.
//!
//! The whole list, and where each row is tried; what is tried elsewhere is not repeated here.
//!
//! | bad input | refused with | tried in |
//! |---|---|---|
//! | a wrong access key | 401 `Denied` | `src/service/rest/tests/programs.rs`, `tests/sdk` |
//! | a body altered after signing | 401 `Denied` | the same |
//! | a stale date, or one ahead | 401 `Denied` | the same |
//! | a signature on another path, method or host | 401 `Denied` | here |
//! | a request sent again within five minutes | taken, for two of one second are the same to the byte | `tests/sdk` |
//! | a refresh token used twice | 401 `unauthenticated`, and the sign-in ends | here, `src/service/identity/tests/sign_in.rs` |
//! | an unknown identity | 404 `NotFound` | `src/service/rest/tests/programs.rs`, `tests/sdk` |
//! | minutes out of range, an unknown scope | 400 `BadRequest` | the same |
//! | a body of 10 MB | 413 `RequestEntityTooLarge`; 413 `bad_request` on our own routes | here, `src/service/rest/tests/{programs,doors}.rs` |
//! | malformed JSON | 400 | `src/service/rest/tests/{programs,doors}.rs`, `talk.rs` |
//! | a malformed token, `alg:none` | 401 `unauthenticated` | `hello.rs`, `readers.rs`, `src/service/identity/tests/tokens.rs` |
//! | HS256 with our public key as its secret, a key the token brings along, an unknown key | 401 `unauthenticated`, `Denied` | here |
//! | a program's token as a user's, and the other way round | 401 | here, `src/service/rest/tests/routes.rs` |
//! | the token of a foreign issuer | 401 `Denied` | `src/service/rest/tests/exchange.rs`; another service's: `hello.rs` |
//! | an issuer's token for programs: a person's, an ID token, that of a program nobody named | 403 `Forbidden` | `src/service/rest/tests/outside_programs.rs`, `tests/sdk/oidc.rs` |
//! | the same for another audience, run out, `alg:none`, HS256 with the issuer's public key | 401 `Denied` | `src/service/rest/tests/outside_programs.rs` |
//! | a token that ran out | 401 `token_expired` | `hello.rs`, `src/service/identity/tests/tokens.rs` |
//! | a token that was revoked | 401 `unauthenticated`, at once | here, `tests/service/tokens.rs` |
//! | an expired certificate, a name that is not its own | the phone does not connect | `src/phone/trust/tests.rs` |
//! | a fingerprint that has changed | the phone turns away, loudly | `tests/service/trust.rs`, `src/phone/trust/tests.rs` |
//! | anything nearly right, on every route | never a 5xx | `src/service/rest/tests/mutated.rs` |

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use switchboard::base::clock;
use switchboard::base::secret::Secret;
use switchboard::domain::scope::Scopes;
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::frame::{FromService, Resume};
use switchboard::protocol::notice::{ClosingReason, Notice};
use switchboard::protocol::request::Request;
use switchboard::protocol::rest::{AccessKeyPair, SignIn, SignedIn};
use switchboard::service::rest::acs::signature::Key;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::raw::{Raw, client, token};
use crate::support::TestService;

const CREATE: &str = "/identities?api-version=2023-10-01";
const HOUR: Duration = Duration::from_secs(3600);

/// Who means harm: a client of HTTP, and the service it is turned against.
struct Foe {
    service: TestService,
    client: Client,
}

impl Foe {
    async fn new() -> Self {
        Self { service: TestService::start().await, client: Client::new() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.service.http))
    }

    /// The headers that sign `method`, `path` and an empty body for `host` with an access key of the service.
    async fn signature(&self, method: &str, path: &str, host: &str) -> [(&'static str, String); 3] {
        let secret = self.service.running.as_ref().unwrap().admin_secret.expose().clone();
        let keys = self.request(Method::GET, "/api/v1/admin/keys").bearer_auth(secret).send().await.unwrap();
        let keys: AccessKeyPair = keys.json().await.unwrap();
        let date = OffsetDateTime::from_unix_timestamp(clock::unix_now().seconds()).unwrap();
        let date = date.format(&Rfc2822).unwrap().replace("+0000", "GMT");
        let hash = STANDARD.encode(digest(&SHA256, b""));
        let key = Key::new(&STANDARD.decode(keys.primary.expose()).unwrap());
        let signature = key.sign(&format!("{method}\n{path}\n{date};{host};{hash}"));
        let authorization =
            format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
        [("authorization", authorization), ("x-ms-date", date), ("x-ms-content-sha256", hash)]
    }
}

/// Status and code of an answer.
async fn answer(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap_or_default();
    (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

fn signed(request: RequestBuilder, headers: &[(&'static str, String)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
}

/// A token with these claims that is not signed as ours are.
fn forged(header: Header, claims: &Value, secret: &[u8]) -> String {
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// What a token says.
fn claims(token: &Secret<String>) -> Value {
    let payload = token.expose().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A public key as somebody may take it for a secret: as text and as bytes, in each form it is written down in.
fn as_secrets(key: &Value) -> Vec<Vec<u8>> {
    let [n, e] = ["n", "e"].map(|name| key[name].as_str().unwrap());
    let [modulus, exponent] = [n, e].map(|text| URL_SAFE_NO_PAD.decode(text).unwrap());
    // RSAPublicKey (RFC 8017 A.1.1): a sequence of two integers, the first of 2048 bits and so with a zero before it.
    let mut numbers = [&[2, 0x82, 1, 1, 0], &modulus[..], &[2, 3], &exponent].concat();
    let length = u16::try_from(numbers.len()).unwrap().to_be_bytes();
    let der = [&[0x30, 0x82, length[0], length[1]], &numbers[..]].concat();
    numbers.clear();
    let lines: Vec<String> =
        STANDARD.encode(&der).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let pem = format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n", lines.join("\n"));
    vec![n.into(), modulus, der, pem.trim_end().into(), pem.into(), key.to_string().into(), Vec::new()]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_algorithm_and_no_other_key_makes_a_token_of_ours() {
    let foe = Foe::new().await;
    let jwks: Value = foe.request(Method::GET, "/.well-known/jwks.json").send().await.unwrap().json().await.unwrap();
    let key = &jwks["keys"][0];
    let kid = Some(key["kid"].as_str().unwrap().to_owned());
    let good = token(&foe.service, "alice").await;
    let app = foe.service.identities().issue_app_token("tester", HOUR, clock::unix_now()).unwrap().0;
    for claims in [claims(&good), claims(&app)] {
        let mut bad: Vec<String> = Vec::new();
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = || Header { kid: kid.clone(), ..Header::new(algorithm) };
            bad.extend(as_secrets(key).iter().map(|secret| forged(header(), &claims, secret)));
        }
        // A key that the token brings along, or that is to be fetched, or that the service does not have.
        let brings = |mut header: Value| {
            header["typ"] = json!("JWT");
            let [header, payload] = [&header, &claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
            let signature = good.expose().rsplit('.').next().unwrap();
            format!("{header}.{payload}.{signature}")
        };
        bad.extend([
            brings(json!({"alg": "none", "kid": kid})),
            brings(json!({"alg": "None"})),
            brings(json!({"alg": "RS256", "kid": "../../dev/null"})),
            brings(json!({"alg": "RS256", "kid": ""})),
            brings(json!({"alg": "RS256", "kid": 7})),
            brings(json!({"alg": "PS256", "kid": kid})),
            brings(json!({"alg": "ES256", "kid": kid})),
            brings(json!({"alg": "RS256", "kid": kid, "crit": ["b64"], "b64": false})),
            brings(json!({"alg": "RS256", "jwk": {"kty": "oct", "k": "AA"}})),
            brings(json!({"alg": "RS256", "kid": "x", "jku": "http://127.0.0.1:1/keys"})),
        ]);
        for bad in bad {
            let me = foe.request(Method::GET, "/api/v1/me").bearer_auth(&bad);
            assert_eq!(answer(me).await, (401, "unauthenticated".to_owned()), "{bad}");
            let admin = foe.request(Method::GET, "/api/v1/admin/users").bearer_auth(&bad);
            assert_eq!(answer(admin).await, (401, "unauthenticated".to_owned()), "{bad}");
            let program = foe.request(Method::POST, CREATE).bearer_auth(&bad);
            assert_eq!(answer(program).await, (401, "Denied".to_owned()), "{bad}");
        }
    }
    let secret = as_secrets(key).remove(2);
    let hello = forged(Header { kid, ..Header::new(Algorithm::HS256) }, &claims(&good), &secret);
    let Err(failure) = Raw::greets(&foe.service, &Secret::new(hello), client(), None).await else { panic!("let in") };
    assert_eq!(failure.code, FailureCode::Unauthenticated);
    assert_eq!(answer(foe.request(Method::GET, "/api/v1/me").bearer_auth(good.expose())).await.0, 200);
    assert_eq!(answer(foe.request(Method::POST, CREATE).bearer_auth(app.expose())).await.0, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_its_own_kind_alone() {
    let foe = Foe::new().await;
    let user = token(&foe.service, "alice").await;
    let app = foe.service.identities().issue_app_token("tester", HOUR, clock::unix_now()).unwrap().0;
    let unauthenticated = (401, "unauthenticated".to_owned());
    for path in ["/api/v1/me", "/api/v1/admin/users"] {
        let asked = foe.request(Method::GET, path).bearer_auth(app.expose());
        assert_eq!(answer(asked).await, unauthenticated, "{path}");
    }
    let program = foe.request(Method::POST, CREATE).bearer_auth(user.expose());
    assert_eq!(answer(program).await, (401, "Denied".to_owned()));
    let Err(failure) = Raw::greets(&foe.service, &app, client(), None).await else { panic!("let in") };
    assert_eq!(failure.code, FailureCode::Unauthenticated);
    let (mut alice, _) = Raw::greets(&foe.service, &user, client(), None).await.unwrap();
    assert_eq!(alice.is_refused(Request::TokenRenew { token: app }).await, FailureCode::Unauthenticated);
    alice.is_served().await;
    let bobs = token(&foe.service, "bob").await;
    assert_eq!(alice.is_refused(Request::TokenRenew { token: bobs }).await, FailureCode::Forbidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_good_for_what_was_signed_alone() {
    let foe = Foe::new().await;
    let (host, elsewhere) = (foe.service.http.to_string(), format!("localhost:{}", foe.service.http.port()));
    let made = foe.signature("POST", CREATE, &host).await;
    assert_eq!(answer(signed(foe.request(Method::POST, CREATE), &made)).await.0, 201);
    let denied = (401, "Denied".to_owned());
    for path in ["/identities?api-version=2022-10-01", "/identities?api-version=2023-10-01&x=y"] {
        assert_eq!(answer(signed(foe.request(Method::POST, path), &made)).await, denied, "{path}");
    }
    let id = foe.service.identities().create_identity(clock::unix_now()).await.unwrap();
    let path = |verb: &str| format!("/identities/{id}{verb}?api-version=2023-10-01");
    let revoke = foe.signature("POST", &path("/:revokeAccessTokens"), &host).await;
    assert_eq!(answer(signed(foe.request(Method::DELETE, &path("")), &revoke)).await, denied);
    let other_method = foe.signature("POST", &path(""), &host).await;
    assert_eq!(answer(signed(foe.request(Method::DELETE, &path("")), &other_method)).await, denied);
    let for_another = foe.signature("POST", CREATE, &elsewhere).await;
    assert_eq!(answer(signed(foe.request(Method::POST, CREATE), &for_another)).await, denied);
    // Of each header there is one, and none is left out.
    let mut doubled = foe.signature("POST", CREATE, &host).await.to_vec();
    doubled.push(doubled[1].clone());
    assert_eq!(answer(signed(foe.request(Method::POST, CREATE), &doubled)).await, denied);
    for missing in 0..3 {
        let mut some = foe.signature("POST", CREATE, &host).await.to_vec();
        some.remove(missing);
        assert_eq!(answer(signed(foe.request(Method::POST, CREATE), &some)).await, denied);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_comes_twice_ends_the_sign_in() {
    let foe = Foe::new().await;
    let ask = |path: &'static str, body: Value| foe.request(Method::POST, path).json(&body);
    let sign_in = SignIn { user: "alice".parse().unwrap(), password: foe.service.demo_secret() };
    let first: SignedIn =
        foe.request(Method::POST, "/api/v1/sign-in").json(&sign_in).send().await.unwrap().json().await.unwrap();
    let body = |token: &Secret<String>| json!({ "refresh_token": token });
    let second: SignedIn =
        ask("/api/v1/refresh", body(&first.refresh_token)).send().await.unwrap().json().await.unwrap();
    let third: SignedIn =
        ask("/api/v1/refresh", body(&second.refresh_token)).send().await.unwrap().json().await.unwrap();
    let unauthenticated = (401, "unauthenticated".to_owned());
    assert_eq!(answer(ask("/api/v1/refresh", body(&first.refresh_token))).await, unauthenticated);
    assert_eq!(answer(ask("/api/v1/refresh", body(&third.refresh_token))).await, unauthenticated, "all have ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_are_refused_on_either_side() {
    let foe = Foe::new().await;
    let body = vec![b'x'; 10 * 1024 * 1024];
    let program = foe.service.identities().issue_app_token("tester", HOUR, clock::unix_now()).unwrap().0;
    let by_program = foe.request(Method::POST, CREATE).bearer_auth(program.expose()).body(body.clone());
    let response = by_program.send().await;
    // A client that is still sending may hear of nothing but the connection's end.
    if let Ok(response) = response {
        assert_eq!(response.status(), 413);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "RequestEntityTooLarge");
    }
    let sign_in = foe.request(Method::POST, "/api/v1/sign-in").header("content-type", "application/json").body(body);
    if let Ok(response) = sign_in.send().await {
        assert_eq!(response.status(), 413);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "bad_request");
    }
    assert_eq!(answer(foe.request(Method::GET, "/healthz")).await.0, 200);
}

/// However checks and revocations meet: what is asked after a revocation was answered is refused, by REST and in a session
/// that is open, and what is issued after it counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_refused_in_every_race() {
    let foe = Foe::new().await;
    let identities = foe.service.identities();
    let who = identities.create_identity(clock::unix_now()).await.unwrap();
    let me = |token: &Secret<String>| foe.request(Method::GET, "/api/v1/me").bearer_auth(token.expose());
    for _ in 0..20 {
        let issued = identities.issue_token(&who, Scopes::USER, HOUR, clock::unix_now()).await.unwrap().0;
        let (mut raw, _) = Raw::greets(&foe.service, &issued, client(), None).await.unwrap();
        let checks = async {
            for _ in 0..10 {
                // Either is right while it is being revoked.
                answer(me(&issued)).await;
            }
        };
        let connects = Raw::greets(&foe.service, &issued, client(), None);
        let revokes = async { identities.revoke_tokens(&who, clock::unix_now()).await.unwrap() };
        let ((), connected, ()) = tokio::join!(checks, connects, revokes);
        assert_eq!(answer(me(&issued)).await, (401, "unauthenticated".to_owned()));
        let is_closed = |frame: &FromService| {
            matches!(frame, FromService::Notice { notice: Notice::Closing { reason: ClosingReason::Revoked }, .. })
        };
        let ending = raw.ends().await;
        assert!(ending.frames.iter().any(is_closed), "{ending:?}");
        if let Ok((mut late, _)) = connected {
            // Whoever came in just before is put out as well.
            late.ends().await;
        }
        let again = Raw::greets(&foe.service, &issued, client(), None).await;
        assert!(again.is_err_and(|failure| failure.code == FailureCode::Unauthenticated));
        let next = identities.issue_token(&who, Scopes::USER, HOUR, clock::unix_now()).await.unwrap().0;
        assert_eq!(answer(me(&next)).await.0, 200);
    }
}

/// A client that comes with a new token in the moment in which its old one is revoked goes on, whichever is first.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_with_a_new_token_is_not_put_out_for_the_old_one() {
    let foe = Foe::new().await;
    let identities = foe.service.identities();
    let who = identities.create_identity(clock::unix_now()).await.unwrap();
    let issue = async || identities.issue_token(&who, Scopes::USER, HOUR, clock::unix_now()).await.unwrap().0;
    let (id, mut token) = (client(), issue().await);
    for _ in 0..20 {
        let (mut old, welcome) = Raw::greets(&foe.service, &token, id, None).await.unwrap();
        identities.revoke_tokens(&who, clock::unix_now()).await.unwrap();
        token = issue().await;
        let resume = Resume { session_id: welcome.session_id, seq: 0 };
        let (mut new, _) = Raw::greets(&foe.service, &token, id, Some(resume)).await.unwrap();
        old.ends().await;
        new.is_served().await;
    }
}
