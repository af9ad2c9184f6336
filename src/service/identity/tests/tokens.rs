//! Access tokens: their form, and which ones count.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::token::Grant;
use super::*;
use crate::domain::scope::Scopes;

#[tokio::test]
async fn a_token_has_the_claims_of_acs() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let signed_in = kit.sign_in("alice", PASSWORD).await.unwrap();
    let [header, payload, _] = parts(&signed_in.access_token);
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    let kid = kit.identities.jwks()["keys"][0]["kid"].clone();
    assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": kid, "x5t": kid}));

    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert_eq!(exp - iat, 3600);
    assert_eq!(signed_in.expires_at, UnixMillis(exp * 1000));
    let issued_ms: i64 = claims["csi"].as_str().unwrap().parse().unwrap();
    assert_eq!(issued_ms / 1000, iat);
    let expected = json!({
        "skypeid": signed_in.me.identity.as_str().strip_prefix("8:").unwrap(), "scp": 1792, "csi": claims["csi"],
        "iat": iat, "exp": exp, "rgn": "local", "acsScope": "chat,voip",
        "resourceId": kit.identities.resource().to_string(), "resourceLocation": "local",
    });
    assert_eq!(claims, expected);
}

#[tokio::test]
async fn clients_that_read_payloads_as_plain_base64_can() {
    let kit = Kit::new().await;
    for number in 0..50 {
        let identity = Identity::acs(kit.identities.resource(), entropy::uuid());
        let at = UnixMillis(1_795_000_000_000 + number * 7919);
        let life = Duration::from_secs(3600);
        let not_before = UnixMillis(0);
        let delegated = number % 2 == 0;
        let grant = Grant { identity: &identity, scopes: Scopes::USER, life, now: at, not_before, delegated };
        let (token, _) = kit.identities.grant(grant).unwrap();
        let [_, payload, _] = parts(&token);
        let plain = STANDARD_NO_PAD.decode(payload).expect("no - and no _");
        assert!(plain.is_ascii());
    }
}

#[tokio::test]
async fn a_token_counts_until_it_runs_out() {
    let kit = Kit::with(Settings { access_token_life: Duration::from_secs(5), ..Settings::default() }).await;
    kit.add("alice").await;
    let signed_in = kit.sign_in("alice", PASSWORD).await.unwrap();
    let token = signed_in.access_token.expose();
    let verified = kit.identities.verify(token, signed_in.expires_at.plus(-1)).await.unwrap();
    assert_eq!((verified.identity, verified.expires_at), (signed_in.me.identity, signed_in.expires_at));
    assert_eq!(kit.identities.verify(token, signed_in.expires_at).await.code(), FailureCode::TokenExpired);
}

#[tokio::test]
async fn tokens_that_are_not_ours_are_refused() {
    let (kit, other) = (Kit::new().await, Kit::new().await);
    kit.add("alice").await;
    other.add("alice").await;
    let good = kit.sign_in("alice", PASSWORD).await.unwrap().access_token;
    let foreign = other.sign_in("alice", PASSWORD).await.unwrap().access_token;
    let [header, payload, signature] = parts(&good);
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let symmetric = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let [_, other_payload, _] = parts(&foreign);
    for bad in [
        String::new(),
        "a.b.c".to_owned(),
        "x".repeat(1_000_000),
        foreign.expose().clone(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{unsigned}.{payload}."),
        format!("{symmetric}.{payload}.{signature}"),
        format!("{header}.{other_payload}.{signature}"),
        format!("{header}.{payload}.{}", &signature[1..]),
    ] {
        assert_eq!(kit.verify(&secret(&bad)).await.code(), FailureCode::Unauthenticated, "{bad:.80}");
    }
    kit.verify(&good).await.unwrap();
}

#[tokio::test]
async fn the_published_key_verifies_our_tokens() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let token = kit.sign_in("alice", PASSWORD).await.unwrap().access_token;
    let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_value(kit.identities.jwks()).unwrap();
    let kid = jsonwebtoken::decode_header(token.expose()).unwrap().kid.unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(jwks.find(&kid).unwrap()).unwrap();
    let rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    jsonwebtoken::decode::<Value>(token.expose(), &key, &rules).unwrap();
}

#[tokio::test]
async fn a_revoked_token_stops_and_the_next_one_counts_at_once() {
    let kit = Kit::new().await;
    let alice = kit.add("alice").await;
    let before = kit.sign_in("alice", PASSWORD).await.unwrap();
    kit.verify(&before.access_token).await.unwrap();
    let mut revoked = kit.identities.revoked();
    kit.identities.set_password(&alice, secret("battery staple")).await.unwrap();
    assert_eq!(revoked.next().await, Some(News::Item(before.me.identity.clone())));
    assert_eq!(kit.verify(&before.access_token).await.code(), FailureCode::Unauthenticated);
    let refreshed = kit.identities.refresh(&before.refresh_token, clock::unix_now()).await;
    assert_eq!(refreshed.code(), FailureCode::Unauthenticated);
    assert_eq!(kit.sign_in("alice", PASSWORD).await.code(), FailureCode::Unauthenticated);
    let after = kit.sign_in("alice", "battery staple").await.unwrap();
    kit.verify(&after.access_token).await.unwrap();
}

#[tokio::test]
async fn the_tokens_of_a_disabled_or_removed_account_stop() {
    let kit = Kit::new().await;
    let alice = kit.add("alice").await;
    let token = kit.sign_in("alice", PASSWORD).await.unwrap().access_token;
    kit.verify(&token).await.unwrap();
    kit.identities.set_disabled(&alice, true).await.unwrap();
    assert_eq!(kit.verify(&token).await.code(), FailureCode::Forbidden);
    kit.identities.set_disabled(&alice, false).await.unwrap();
    assert_eq!(kit.verify(&token).await.code(), FailureCode::Unauthenticated, "it was revoked");
    let token = kit.sign_in("alice", PASSWORD).await.unwrap().access_token;
    kit.verify(&token).await.unwrap();
    kit.identities.remove_account(&alice).await.unwrap();
    assert_eq!(kit.verify(&token).await.code(), FailureCode::Unauthenticated);
}

/// The first check is remembered; what is checked from then on needs no signature, and is refused all the same.
#[tokio::test]
async fn a_token_that_was_checked_before_is_refused_after_a_revocation_and_after_its_end() {
    let kit = Kit::new().await;
    let (who, now) = (kit.identities.create_identity(clock::unix_now()).await.unwrap(), clock::unix_now());
    let issue = async || kit.identities.issue_token(&who, Scopes::USER, Duration::from_secs(60), now).await.unwrap();
    let (token, ends) = issue().await;
    for _ in 0..2 {
        kit.verify(&token).await.unwrap();
        kit.identities.rotate_signing_key(now).await.unwrap();
    }
    assert_eq!(kit.identities.verify(token.expose(), ends).await.code(), FailureCode::TokenExpired);
    kit.identities.revoke_tokens(&who, now).await.unwrap();
    assert_eq!(kit.verify(&token).await.code(), FailureCode::Unauthenticated);
    let (next, _) = issue().await;
    kit.verify(&next).await.unwrap();
    kit.identities.delete_identity(&who).await.unwrap();
    assert_eq!(kit.verify(&next).await.code(), FailureCode::Unauthenticated);
}

fn parts(token: &Secret<String>) -> [&str; 3] {
    token.expose().split('.').collect::<Vec<_>>().try_into().unwrap()
}
