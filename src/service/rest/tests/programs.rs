//! What programs do with identities, in the words of Azure Communication Services.

use super::*;
use crate::domain::id::Identity;
use crate::domain::scope::Scope;

const VERSION: &str = "api-version=2023-10-01";
const CREATE: &str = "/identities?api-version=2023-10-01";

/// Status, and code and message of a refusal.
async fn refused(request: RequestBuilder) -> (u16, String, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: {text}"));
    let part = |name: &str| body["error"][name].as_str().unwrap().to_owned();
    (status, part("code"), part("message"))
}

async fn create(kit: &Kit) -> String {
    let response = kit.signed(Method::POST, CREATE, "").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let body: Value = read(response).await;
    assert!(body.get("accessToken").is_none());
    body["identity"]["id"].as_str().unwrap().to_owned()
}

fn path(id: &str, verb: &str) -> String {
    format!("/identities/{id}{verb}?{VERSION}")
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn an_identity_is_made_gets_tokens_loses_them_and_is_deleted() {
    let kit = Kit::new().await;
    let id = create(&kit).await;
    assert_eq!(id.matches('_').count(), 1, "{id}");
    for (form, minutes) in [(id.clone(), 60), (id.replace(':', "%3A"), 1440)] {
        let body = json!({"scopes": ["voip.join"], "expiresInMinutes": minutes}).to_string();
        let response = kit.signed(Method::POST, &path(&form, "/:issueAccessToken"), &body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let token: Value = read(response).await;
        let verified = kit.identities.verify(token["token"].as_str().unwrap(), clock::unix_now()).await.unwrap();
        assert_eq!(verified.identity.as_str(), id);
        assert!(verified.scopes.has(Scope::VoipJoin) && !verified.scopes.has(Scope::Voip));
        assert!(token["expiresOn"].as_str().unwrap().ends_with("0000+00:00"), "{token}");
        let left = (verified.expires_at.0 - clock::unix_now().0) / 60_000;
        assert!((minutes - 1..=minutes).contains(&left), "{left} of {minutes}");
        let revoke = kit.signed(Method::POST, &path(&form, "/:revokeAccessTokens"), "");
        assert_eq!(status(revoke).await, 204);
        assert!(kit.identities.verify(token["token"].as_str().unwrap(), clock::unix_now()).await.is_err());
    }
    assert_eq!(status(kit.signed(Method::DELETE, &path(&id, ""), "")).await, 204);
    let body = json!({"scopes": ["voip"]}).to_string();
    let (status, code, _) = refused(kit.signed(Method::POST, &path(&id, "/:issueAccessToken"), &body)).await;
    assert_eq!((status, code.as_str()), (404, "NotFound"));
}

#[tokio::test]
async fn an_identity_and_its_token_are_made_at_once() {
    let kit = Kit::new().await;
    let body = json!({"createTokenWithScopes": ["chat", "voip"], "expiresInMinutes": null}).to_string();
    let response = kit.signed(Method::POST, CREATE, &body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let made: Value = read(response).await;
    let token = made["accessToken"]["token"].as_str().unwrap();
    let verified = kit.identities.verify(token, clock::unix_now()).await.unwrap();
    assert_eq!(verified.identity, made["identity"]["id"].as_str().unwrap().parse::<Identity>().unwrap());
    assert!((verified.expires_at.0 - clock::unix_now().0) / 60_000 >= 1439, "a day when nothing is said");
}

#[tokio::test]
async fn what_is_not_signed_as_it_should_be_is_refused_and_nothing_is_done() {
    let kit = Kit::new().await;
    let (now, key) = (clock::unix_now(), kit.access_keys.pair().primary);
    let wrong = Secret::new(STANDARD.encode([9; 64]));
    let good = || kit.signed(Method::POST, CREATE, "{}");
    let limit = Duration::from_secs(301).as_millis() as i64;
    for (request, why) in [
        (kit.request(Method::POST, CREATE), "not signed"),
        (kit.request(Method::POST, CREATE).header("authorization", "HMAC-SHA256 x"), "must read"),
        (kit.signed_with(&wrong, now, Method::POST, CREATE, "{}"), "another access key"),
        (good().body("{ }"), "SHA-256 of the body"),
        (kit.signed_with(&key, now.plus(-limit), Method::POST, CREATE, "{}"), "five minutes"),
        (kit.signed_with(&key, now.plus(limit), Method::POST, CREATE, "{}"), "five minutes"),
        (kit.request(Method::POST, CREATE).bearer_auth("a.b.c"), "token"),
    ] {
        let (status, code, message) = refused(request).await;
        assert_eq!((status, code.as_str()), (401, "Denied"), "{message}");
        assert!(message.contains(why), "{message} has nothing of {why}");
    }
}

#[tokio::test]
async fn the_other_key_counts_while_one_is_replaced() {
    let kit = Kit::new().await;
    let old = kit.access_keys.pair();
    let made = |key: &Secret<String>| kit.signed_with(key, clock::unix_now(), Method::POST, CREATE, "");
    assert_eq!((status(made(&old.primary)).await, status(made(&old.secondary)).await), (201, 201));
    let path = "/api/v1/admin/keys/primary/rotate";
    let new: AccessKeyPair = read(kit.administrate(Method::POST, path, json!(null)).await).await;
    assert_eq!((status(made(&old.primary)).await, status(made(&old.secondary)).await), (401, 201));
    assert_eq!((status(made(&new.primary)).await, new.secondary), (201, old.secondary));
    let shown: AccessKeyPair = read(kit.signed(Method::GET, "/api/v1/admin/keys", "").send().await.unwrap()).await;
    assert_eq!(shown.primary, kit.access_keys.pair().primary, "an access key administrates, too");
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_with_what_is_wrong() {
    let kit = Kit::new().await;
    let id = create(&kit).await;
    let issue = path(&id, "/:issueAccessToken");
    for (path, body, why) in [
        (CREATE, r#"{"createTokenWithScopes":["fly"]}"#, "fly"),
        (CREATE, r#"{"createTokenWithScopes":["voip"],"expiresInMinutes":59}"#, "59"),
        (CREATE, r#"{"createTokenWithScopes":["voip"],"expiresInMinutes":1441}"#, "1441"),
        (CREATE, r#"{"createTokenWithScopes":["voip"],"expiresInMinutes":60.5}"#, "can't be read"),
        (CREATE, r#"{"createTokenWithScopes":"voip"}"#, "can't be read"),
        (CREATE, "{", "can't be read"),
        (CREATE, "\u{0}", "can't be read"),
        (&issue, "", "can't be read"),
        (&issue, "{}", "scopes"),
        (&issue, r#"{"scopes":[]}"#, "at least one"),
        (&issue, r#"{"scopes":["voip","VOIP"]}"#, "VOIP"),
        (&issue, r#"{"scopes":["voip"],"expiresInMinutes":-1}"#, "-1"),
        ("/identities/nobody/:issueAccessToken?api-version=2023-10-01", r#"{"scopes":["voip"]}"#, "not an identity"),
    ] {
        let (status, code, message) = refused(kit.signed(Method::POST, path, body)).await;
        assert_eq!((status, code.as_str()), (400, "BadRequest"), "{body}: {message}");
        assert!(message.contains(why), "{message} has nothing of {why}");
    }
    let unknown = id.replace(&id[id.len() - 4..], "0000");
    for (method, verb, body) in
        [(Method::POST, "/:issueAccessToken", r#"{"scopes":["voip"]}"#), (Method::POST, "/:revokeAccessTokens", "")]
    {
        for nobody in [unknown.as_str(), "8:acs:nonsense", "8:echo123"] {
            let (status, code, _) = refused(kit.signed(method.clone(), &path(nobody, verb), body)).await;
            assert_eq!((status, code.as_str()), (404, "NotFound"), "{nobody}");
        }
    }
}

#[tokio::test]
async fn a_version_is_needed_and_every_one_from_the_first_on_will_do() {
    let kit = Kit::new().await;
    for version in ["2021-03-07", "2022-06-01", "2022-10-01", "2023-10-01", "2031-12-31-preview"] {
        assert_eq!(status(kit.signed(Method::POST, &format!("/identities?api-version={version}"), "")).await, 201);
    }
    for (query, expected) in [
        ("", "ApiVersionUnspecified"),
        ("?api-version=", "ApiVersionUnspecified"),
        ("?version=2023-10-01", "ApiVersionUnspecified"),
        ("?api-version=2020-07-20", "UnsupportedApiVersion"),
        ("?api-version=latest", "UnsupportedApiVersion"),
    ] {
        let (status, code, _) = refused(kit.signed(Method::POST, &format!("/identities{query}"), "")).await;
        assert_eq!((status, code.as_str()), (400, expected), "{query}");
    }
}

#[tokio::test]
async fn a_request_gets_its_own_id_back() {
    let kit = Kit::new().await;
    for request in [kit.signed(Method::POST, CREATE, ""), kit.request(Method::POST, "/identities")] {
        let response = request.header("x-ms-client-request-id", "my-id-7").send().await.unwrap();
        assert_eq!(response.headers()["x-ms-client-request-id"], "my-id-7");
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
    let plain = kit.signed(Method::POST, CREATE, "").send().await.unwrap();
    assert!(!plain.headers().contains_key("x-ms-client-request-id"));
}

#[tokio::test]
async fn a_long_body_is_refused_without_being_kept() {
    let kit = Kit::new().await;
    let ten_megabytes = "x".repeat(10 * 1024 * 1024);
    let (status, code, _) = refused(kit.signed(Method::POST, CREATE, &ten_megabytes)).await;
    assert_eq!((status, code.as_str()), (413, "RequestEntityTooLarge"));
    let chunks = kit.signed(Method::POST, CREATE, &ten_megabytes);
    let parts = ten_megabytes.as_bytes().chunks(50_000).map(|part| Ok::<_, std::io::Error>(part.to_vec()));
    let stream = futures_util::stream::iter(parts.collect::<Vec<_>>());
    let (status, code, _) = refused(chunks.body(reqwest::Body::wrap_stream(stream))).await;
    assert_eq!((status, code.as_str()), (413, "RequestEntityTooLarge"));
}

#[tokio::test]
async fn too_many_at_once_are_told_when_to_come_back() {
    let rate = Rate { burst: 2, every: Duration::from_secs(90) };
    let kit = Kit::with(|rest| rest.programs = Arc::new(Mutex::new(Buckets::new(rate, 10)))).await;
    for _ in 0..2 {
        create(&kit).await;
    }
    let response = kit.signed(Method::POST, CREATE, "").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=91).contains(&seconds), "{seconds}");
    let body: Value = read(response).await;
    assert_eq!(body["error"]["code"], "TooManyRequests");
}

#[tokio::test]
async fn tokens_are_issued_to_people_and_programs_by_administrators() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let ask = async |body: Value| kit.administrate(Method::POST, "/api/v1/admin/tokens", body).await;
    let issued: IssuedToken = read(ask(json!({"user": {"name": "alice"}, "minutes": 90})).await).await;
    let verified = kit.identities.verify(issued.token.expose(), clock::unix_now()).await.unwrap();
    assert_eq!(Some(verified.identity), issued.identity);
    let id = create(&kit).await;
    let body = json!({"user": {"name": id, "scopes": "voip.join"}, "minutes": 60});
    let issued: IssuedToken = read(ask(body).await).await;
    assert_eq!(issued.identity.unwrap().as_str(), id);
    let app: IssuedToken = read(ask(json!({"app": {"name": "crm"}, "minutes": 60})).await).await;
    assert_eq!(app.identity, None);
    assert_eq!(status(kit.request(Method::POST, CREATE).bearer_auth(app.token.expose())).await, 201);
    for (body, expected) in [
        (json!({"user": {"name": "alice"}, "minutes": 59}), 400),
        (json!({"user": {"name": "alice", "scopes": "fly"}, "minutes": 60}), 400),
        (json!({"user": {"name": "a b"}, "minutes": 60}), 400),
        (json!({"app": {"name": "a b"}, "minutes": 60}), 400),
        (json!({"minutes": 60}), 400),
        (json!({"user": {"name": "zed"}, "minutes": 60}), 404),
    ] {
        assert_eq!(refusal(ask(body.clone()).await).await.0, expected, "{body}");
    }
    let old = kit.identities.jwks()["keys"].as_array().unwrap().len();
    let rotated = kit.administrate(Method::POST, "/api/v1/admin/signing-key/rotate", json!(null)).await;
    assert_eq!(rotated.status(), StatusCode::NO_CONTENT);
    assert_eq!(kit.identities.jwks()["keys"].as_array().unwrap().len(), old + 1);
}

#[tokio::test]
async fn administrators_end_every_token_of_somebody() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let revoke =
        async |user: &str| kit.administrate(Method::POST, "/api/v1/admin/tokens/revoke", json!({ "user": user })).await;
    let me = async |token: &Secret<String>| status(kit.get("/api/v1/me").bearer_auth(token.expose())).await;
    let first = kit.sign_in("alice").await;
    assert_eq!(revoke("ALICE").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(me(&first.access_token).await, 401);
    let refreshed = kit.post("/api/v1/refresh", json!({"refresh_token": first.refresh_token})).await;
    assert_eq!(refusal(refreshed).await.0, 401, "nothing renews itself");
    let second = kit.sign_in("alice").await;
    assert_eq!(me(&second.access_token).await, 200, "those issued from then on count");
    assert_eq!(revoke(second.me.identity.as_str()).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(me(&second.access_token).await, 401);
    for (nobody, expected) in [("zed", 404), ("8:acs:nonsense", 404), ("a b", 400)] {
        assert_eq!(refusal(revoke(nobody).await).await.0, expected, "{nobody}");
    }
    let noted = kit.audit("").await.entries.into_iter().filter(|one| one.what == "tokens-revoked");
    assert_eq!(noted.filter_map(|one| one.about).collect::<Vec<_>>(), [second.me.identity.as_str(), "alice"]);
}

/// A program may act as anybody, and not administrate: it does not get to by acting as an administrator.
#[tokio::test]
async fn what_a_program_gives_out_for_an_administrator_does_not_administrate() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let alice = kit.sign_in("alice").await.me.identity;
    kit.administrate(Method::POST, "/api/v1/admin/users/alice/role", json!({"role": "admin"})).await;
    let issue = async |body: Value| -> IssuedToken {
        read(kit.administrate(Method::POST, "/api/v1/admin/tokens", body).await).await
    };
    let app = issue(json!({"app": {"name": "crm"}, "minutes": 60})).await;
    let asked = kit.request(Method::POST, &path(alice.as_str(), "/:issueAccessToken")).bearer_auth(app.token.expose());
    let given: Value = read(asked.json(&json!({"scopes": ["voip"]})).send().await.unwrap()).await;
    let given = given["token"].as_str().unwrap();
    assert_eq!(status(kit.get("/api/v1/me").bearer_auth(given)).await, 200);
    let (status_of_it, failure) = refusal(kit.get("/api/v1/admin/keys").bearer_auth(given).send().await.unwrap()).await;
    assert_eq!((status_of_it, failure.code), (403, FailureCode::Forbidden), "{failure}");
    let own = issue(json!({"user": {"name": "alice"}, "minutes": 60})).await;
    assert_eq!(status(kit.get("/api/v1/admin/keys").bearer_auth(own.token.expose())).await, 200);
}

#[tokio::test]
async fn what_all_routes_refuse_is_refused_in_the_words_of_acs_here() {
    let kit = Kit::new().await;
    let request = kit.signed(Method::PUT, CREATE, "").header("x-ms-client-request-id", "my-id-7");
    let response = request.send().await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap())
    );
    assert_eq!(response.headers()["x-ms-client-request-id"], "my-id-7");
    let body: Value = read(response).await;
    assert_eq!(body["error"]["code"], "MethodNotAllowed");

    let kit = Kit::with(|rest| rest.deadline = Duration::from_millis(20)).await;
    let head = format!("POST {CREATE} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n", kit.address);
    let signed = kit.signed(Method::POST, CREATE, "{").build().unwrap();
    let signed: String = ["authorization", "x-ms-date", "x-ms-content-sha256"]
        .iter()
        .map(|name| format!("{name}: {}\r\n", signed.headers()[*name].to_str().unwrap()))
        .collect();
    let answer = kit.raw(&format!("{head}{signed}Connection: close\r\nContent-Length: 10\r\n\r\n{{")).await;
    assert!(answer.contains(" 503 ") && answer.contains(r#""code":"ServiceUnavailable""#), "{answer}");
}
