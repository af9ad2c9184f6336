//! Other issuers of tokens, whom the service believes (OpenID Connect): what they say of themselves, and checking a token of
//! theirs with the keys they publish. Who it names is then somebody of ours is `outsiders`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::device::Names;
use super::locked;
use crate::base::clock;
use crate::config::{Issuer, Oidc};
use crate::domain::time::UnixMillis;

/// The longest token looked at, in bytes: those of large companies list groups.
const MAX_TOKEN: usize = 16 * 1024;
/// The longest document fetched, in bytes.
const MAX_DOCUMENT: usize = 256 * 1024;
/// The most keys kept of one issuer.
const MAX_KEYS: usize = 64;
/// The longest issuer and subject kept, in bytes.
pub(super) const MAX_NAME: usize = 512;
/// How long fetching one document may take.
const FETCH_WITHIN: Duration = Duration::from_secs(5);
/// A token that names an unknown key has an issuer's keys fetched anew, at most this often.
const FETCH_EVERY: Duration = Duration::from_secs(60);
/// How long what an issuer says of itself is taken to be so.
const DESCRIBED_FOR: Duration = Duration::from_secs(60 * 60);
/// How far, in milliseconds, the clock of an issuer may be from ours.
const LEEWAY_MS: i64 = 60_000;

/// Somebody another issuer vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outsider {
    /// Who vouches.
    pub issuer: String,
    /// For whom: the issuer's own name for this person, never used again for another.
    pub subject: String,
    /// The person's id in the issuer's directory (`oid`), where it has one.
    pub object: Option<String>,
    /// The program the token was given to (`azp` or `appid`), where it says so.
    pub program: Option<String>,
    /// Whom the token is for.
    pub audiences: Vec<String>,
}

/// Why a token of another issuer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    /// No other issuer is believed here.
    #[error(
        "this service believes no other issuer of tokens: whoever runs it names issuers and audiences in [oidc] of its settings"
    )]
    NoIssuers,
    /// The token is not of one of these issuers, not for this service, or not signed by its issuer.
    #[error(
        "the presented token is not valid here: it needs an issuer, an audience and a signature this service believes"
    )]
    Invalid,
    /// The token ran out, or does not count yet.
    #[error("the presented token ran out, or does not count yet")]
    Expired,
    /// The keys of its issuer can't be had.
    #[error("the issuer of the presented token can't be reached to check it; try again later")]
    Unreachable,
}

/// The issuers that are believed. Cheap to clone; all clones share what was fetched.
#[derive(Clone)]
pub struct Issuers {
    inner: Arc<Inner>,
}

struct Inner {
    audiences: Vec<String>,
    issuers: Vec<Source>,
}

/// One issuer, what it says of itself, and what it signs with.
pub(super) struct Source {
    name: String,
    client: OnceLock<reqwest::Client>,
    described: Mutex<Option<(Instant, Discovery)>>,
    /// By their ids.
    keys: Mutex<BTreeMap<String, Jwk>>,
    /// When they were last fetched, or tried to be.
    fetching: tokio::sync::Mutex<Option<Instant>>,
}

/// What is needed of a token's claims (RFC 7519 section 4.1, OpenID Connect Core section 2).
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    exp: i64,
    nbf: Option<i64>,
    aud: Audience,
    oid: Option<String>,
    azp: Option<String>,
    appid: Option<String>,
    /// What whoever asked for the token made up for it.
    pub(super) nonce: Option<String>,
    /// What the person is called there.
    #[serde(flatten)]
    pub(super) names: Names,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// What is needed of a token's header (RFC 7515 section 4.1).
#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

/// What is needed of an issuer's description of itself (OpenID Connect Discovery section 3).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Discovery {
    issuer: String,
    jwks_uri: String,
    /// Where a device begins a sign-in (RFC 8628 section 4).
    pub(super) device_authorization_endpoint: Option<String>,
    pub(super) token_endpoint: Option<String>,
    pub(super) userinfo_endpoint: Option<String>,
    /// How a client may prove itself there; `client_secret_basic` when absent.
    #[serde(default)]
    pub(super) token_endpoint_auth_methods_supported: Vec<String>,
}

/// A JWK set whose keys are read one by one: those of kinds nobody here knows harm no other.
#[derive(Debug, Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

impl Issuers {
    /// Those of the settings. Nothing is fetched before the first token comes.
    pub fn new(settings: &Oidc) -> Self {
        let issuers = settings.issuers.iter().map(Source::new).collect();
        Self { inner: Arc::new(Inner { audiences: settings.audiences.clone(), issuers }) }
    }

    /// For whom `token` vouches.
    ///
    /// # Errors
    /// See [`NotBelieved`].
    pub async fn verify(&self, token: &str, now: UnixMillis) -> Result<Outsider, NotBelieved> {
        if self.inner.issuers.is_empty() || self.inner.audiences.is_empty() {
            return Err(NotBelieved::NoIssuers);
        }
        // Whose it is, the token says itself; what it says counts only after it was checked.
        let (_, claimed) = read(token).ok_or(NotBelieved::Invalid)?;
        let source = self.inner.issuers.iter().find(|source| source.name == claimed.iss);
        let claims = source.ok_or(NotBelieved::Invalid)?.verify(token, now).await?;
        let who = claims.outsider();
        let for_us = who.audiences.iter().any(|one| self.inner.audiences.contains(one));
        if for_us { Ok(who) } else { Err(NotBelieved::Invalid) }
    }
}

impl Claims {
    /// Whom the token names.
    pub(super) fn outsider(self) -> Outsider {
        let audiences = match self.aud {
            Audience::One(one) => vec![one],
            Audience::Many(many) => many,
        };
        let program = self.azp.or(self.appid);
        Outsider { issuer: self.iss, subject: self.sub, object: self.oid, program, audiences }
    }
}

impl Source {
    /// That issuer. Nothing is fetched yet.
    pub(super) fn new(issuer: &Issuer) -> Self {
        Self {
            name: issuer.as_str().to_owned(),
            client: OnceLock::new(),
            described: Mutex::default(),
            keys: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    /// What a token of this issuer says that is signed with one of its keys, and counts now. For whom it is, the caller
    /// looks.
    pub(super) async fn verify(&self, token: &str, now: UnixMillis) -> Result<Claims, NotBelieved> {
        let (header, _) = read(token).ok_or(NotBelieved::Invalid)?;
        let algorithm = match header.alg.as_str() {
            "RS256" => Algorithm::RS256,
            "ES256" => Algorithm::ES256,
            _ => return Err(NotBelieved::Invalid),
        };
        let key = self.key(&header.kid).await?;
        let claims = signed(token, &key, algorithm).ok_or(NotBelieved::Invalid)?;
        let named = [&claims.iss, &claims.sub].iter().all(|name| !name.is_empty() && name.len() <= MAX_NAME);
        if claims.iss != self.name || !named {
            return Err(NotBelieved::Invalid);
        }
        let begins = claims.nbf.map_or(i64::MIN, |nbf| nbf.saturating_mul(1000).saturating_sub(LEEWAY_MS));
        let counts = claims.exp.saturating_mul(1000) > now.0 && now.0 >= begins;
        if counts { Ok(claims) } else { Err(NotBelieved::Expired) }
    }

    /// What the issuer says of itself, or said a while ago.
    pub(super) async fn described(&self) -> Result<Discovery, String> {
        let kept = locked(&self.described).clone();
        match kept {
            Some((at, described)) if clock::now().saturating_duration_since(at) < DESCRIBED_FOR => Ok(described),
            _ => self.describe().await,
        }
    }

    /// What requests to it are made with: no redirects, and not for ever.
    pub(super) fn client(&self) -> Result<reqwest::Client, String> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let built =
            reqwest::Client::builder().timeout(FETCH_WITHIN).redirect(reqwest::redirect::Policy::none()).build();
        let client = built.map_err(|why| why.to_string())?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// The key with this id; fetched, unless it is known or was looked for just now.
    async fn key(&self, id: &str) -> Result<Jwk, NotBelieved> {
        if let Some(key) = self.known(id) {
            return Ok(key);
        }
        let mut fetched_at = self.fetching.lock().await;
        // Whoever waited for another's fetching finds what that one brought.
        if let Some(key) = self.known(id) {
            return Ok(key);
        }
        let now = clock::now();
        if fetched_at.is_some_and(|at| now.saturating_duration_since(at) < FETCH_EVERY) {
            let none = locked(&self.keys).is_empty();
            return Err(if none { NotBelieved::Unreachable } else { NotBelieved::Invalid });
        }
        *fetched_at = Some(now);
        let keys = self.fetch().await.map_err(|why| {
            tracing::warn!(issuer = self.name, why, "the keys of an issuer of tokens can't be fetched");
            NotBelieved::Unreachable
        })?;
        *locked(&self.keys) = keys;
        self.known(id).ok_or(NotBelieved::Invalid)
    }

    fn known(&self, id: &str) -> Option<Jwk> {
        locked(&self.keys).get(id).cloned()
    }

    async fn fetch(&self) -> Result<BTreeMap<String, Jwk>, String> {
        let described = self.describe().await?;
        let client = self.client()?;
        let set: KeySet = document(&client, &described.jwks_uri).await?;
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let signing = keys.filter(|key| !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption)));
        Ok(signing.filter_map(|key| Some((key.common.key_id.clone()?, key))).take(MAX_KEYS).collect())
    }

    /// Looks up what the issuer says of itself.
    async fn describe(&self) -> Result<Discovery, String> {
        let url = format!("{}/.well-known/openid-configuration", self.name.trim_end_matches('/'));
        let described: Discovery = document(&self.client()?, &url).await?;
        if described.issuer != self.name {
            return Err(format!("it calls itself {}", described.issuer));
        }
        *locked(&self.described) = Some((clock::now(), described.clone()));
        Ok(described)
    }
}

/// The JSON at `url`, if that may be fetched and is not too long.
async fn document<T: DeserializeOwned>(client: &reqwest::Client, url: &str) -> Result<T, String> {
    let (status, bytes) = sent(url, client.get(url)).await?;
    if !(200..300).contains(&status) {
        return Err(format!("{url} answered {status}"));
    }
    serde_json::from_slice(&bytes).map_err(|why| format!("{url} can't be read: {why}"))
}

/// Status and body of the answer to a request to `url`, if that may be asked and the answer is not too long.
pub(super) async fn sent(url: &str, request: reqwest::RequestBuilder) -> Result<(u16, Vec<u8>), String> {
    if !Issuer::may_fetch(url) {
        return Err(format!("{url} is neither https nor on this machine"));
    }
    let mut response = request.send().await.map_err(|why| why.to_string())?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|why| why.to_string())? {
        if bytes.len() + chunk.len() > MAX_DOCUMENT {
            return Err(format!("{url} is longer than {MAX_DOCUMENT} bytes"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((response.status().as_u16(), bytes))
}

/// Header and claims as they stand in a token, not checked.
fn read(token: &str) -> Option<(Header, Claims)> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let (header, claims) = (parts.next()??, parts.next()??);
    Some((serde_json::from_slice(&header).ok()?, serde_json::from_slice(&claims).ok()?))
}

/// The claims of a token that `key` signed with `algorithm`, which is one the key is made for.
fn signed(token: &str, key: &Jwk, algorithm: Algorithm) -> Option<Claims> {
    let key = DecodingKey::from_jwk(key).ok()?;
    let mut rules = Validation::new(algorithm);
    // Compared by the caller: with its clock, and with its own names.
    rules.validate_exp = false;
    rules.validate_aud = false;
    Some(jsonwebtoken::decode(token, &key, &rules).ok()?.claims)
}
