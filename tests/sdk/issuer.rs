//! Another issuer of tokens, as OpenID Connect has it: a real HTTP server with one key.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use switchboard::base::{clock, task};
use tokio::net::TcpListener;

/// For whom its tokens are.
pub const AUDIENCE: &str = "switchboard-tests";
/// The program they are given to, and the user they speak of.
pub const APP: &str = "app-1";
pub const USER: &str = "object-1";

/// An issuer that runs.
pub struct Issuer {
    pub url: String,
    /// A token of it, for an hour.
    pub token: String,
}

impl Issuer {
    pub async fn start() -> Self {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (modulus, exponent) = (key.public_key().modulus(), key.public_key().exponent());
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let keys = json!({"keys": [{
            "kty": "RSA", "kid": "one", "use": "sig", "n": text(modulus.big_endian_without_leading_zero()),
            "e": text(exponent.big_endian_without_leading_zero()),
        }]});
        let described = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(async move || Json(described)))
            .route("/keys", get(async move || Json(keys)));
        task::spawn("issuer", async move { axum::serve(listener, routes).await.unwrap() });
        let token = signed(&key, &url);
        Self { url, token }
    }
}

fn signed(key: &KeyPair, issuer: &str) -> String {
    let header = json!({"alg": "RS256", "kid": "one", "typ": "JWT"});
    let exp = clock::unix_now().seconds() + 3600;
    let claims = json!({"iss": issuer, "sub": "sam", "aud": AUDIENCE, "exp": exp, "azp": APP, "oid": USER});
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let text = format!("{header}.{claims}");
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}
