//! One issuer: what it says of itself, the keys it publishes, and checking a token with them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::keys::{Keys, Look};
use super::token::{self, Claims};
use super::{MAX_NAME, NotBelieved};
use crate::base::{clock, task};
use crate::config::Issuer;
use crate::domain::time::UnixMillis;
use crate::service::identity::locked;

/// The longest document fetched, in bytes.
const MAX_DOCUMENT: usize = 256 * 1024;
/// The most keys kept of one issuer.
const MAX_KEYS: usize = 64;
/// How long fetching one document may take.
const FETCH_WITHIN: Duration = Duration::from_secs(5);
/// How long what an issuer says of itself, its keys too, is taken to be so.
pub(super) const DESCRIBED_FOR: Duration = Duration::from_secs(60 * 60);
/// How far, in milliseconds, the clock of an issuer may be from ours.
const LEEWAY_MS: i64 = 60_000;

/// One issuer, what it says of itself, and what it signs with.
pub(in crate::service::identity) struct Source {
    name: String,
    client: OnceLock<reqwest::Client>,
    described: Mutex<Option<(Instant, Discovery)>>,
    keys: Mutex<Keys>,
    /// Held while keys are fetched.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

/// What is needed of an issuer's description of itself (OpenID Connect Discovery section 3).
#[derive(Debug, Clone, Deserialize)]
pub(in crate::service::identity) struct Discovery {
    issuer: String,
    jwks_uri: String,
    /// Where a device begins a sign-in (RFC 8628 section 4).
    pub(in crate::service::identity) device_authorization_endpoint: Option<String>,
    pub(in crate::service::identity) token_endpoint: Option<String>,
    pub(in crate::service::identity) userinfo_endpoint: Option<String>,
    /// How a client may prove itself there; `client_secret_basic` when absent.
    #[serde(default)]
    pub(in crate::service::identity) token_endpoint_auth_methods_supported: Vec<String>,
}

/// A JWK set whose keys are read one by one: those of kinds nobody here knows harm no other.
#[derive(Debug, Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

impl Source {
    /// That issuer. Nothing is fetched yet.
    pub(super) fn new(issuer: &Issuer) -> Arc<Self> {
        Arc::new(Self {
            name: issuer.as_str().to_owned(),
            client: OnceLock::new(),
            described: Mutex::default(),
            keys: Mutex::default(),
            fetching: Arc::default(),
        })
    }

    /// Whether this is its name, letter by letter.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// What a token of this issuer says that is signed with one of its keys, and counts now. For whom it is, the caller
    /// looks.
    pub(in crate::service::identity) async fn verify(
        self: &Arc<Self>,
        token: &str,
        now: UnixMillis,
    ) -> Result<Claims, NotBelieved> {
        let (header, _) = token::read(token).ok_or(NotBelieved::Invalid)?;
        let algorithm = match header.alg.as_str() {
            "RS256" => Algorithm::RS256,
            "ES256" => Algorithm::ES256,
            _ => return Err(NotBelieved::Invalid),
        };
        let key = self.key(&header.kid).await?;
        let claims = token::signed(token, &key, algorithm).ok_or(NotBelieved::Invalid)?;
        let named = [&claims.iss, &claims.sub].iter().all(|name| !name.is_empty() && name.len() <= MAX_NAME);
        if claims.iss != self.name || !named {
            return Err(NotBelieved::Invalid);
        }
        let begins = claims.nbf.map_or(i64::MIN, |nbf| nbf.saturating_mul(1000).saturating_sub(LEEWAY_MS));
        let counts = claims.exp.saturating_mul(1000) > now.0 && now.0 >= begins;
        if counts { Ok(claims) } else { Err(NotBelieved::Expired) }
    }

    /// What the issuer says of itself, or said a while ago.
    pub(in crate::service::identity) async fn described(&self) -> Result<Discovery, String> {
        let kept = locked(&self.described).clone();
        match kept {
            Some((at, described)) if clock::now().saturating_duration_since(at) < DESCRIBED_FOR => Ok(described),
            _ => self.describe().await,
        }
    }

    /// What requests to it are made with: no redirects, and not for ever.
    pub(in crate::service::identity) fn client(&self) -> Result<reqwest::Client, String> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let built =
            reqwest::Client::builder().timeout(FETCH_WITHIN).redirect(reqwest::redirect::Policy::none()).build();
        let client = built.map_err(|why| why.to_string())?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// The key with this id; fetched where that is due.
    async fn key(self: &Arc<Self>, id: &str) -> Result<Jwk, NotBelieved> {
        if self.look(id) == Look::Fetch {
            let turn = Arc::clone(&self.fetching).lock_owned().await;
            // Whoever waited for another's fetching finds what that one brought.
            if self.look(id) == Look::Fetch {
                let me = Arc::clone(self);
                // To its end: a peer that goes away keeps no key from the others.
                let fetching = task::spawn("issuer keys", async move {
                    me.fetch().await;
                    drop(turn);
                });
                fetching.await.ok();
            }
        }
        match self.look(id) {
            Look::Found(key) => Ok(*key),
            Look::Unknown => Err(NotBelieved::Invalid),
            Look::Unreachable | Look::Fetch => Err(NotBelieved::Unreachable),
        }
    }

    fn look(&self, id: &str) -> Look {
        locked(&self.keys).look(id, clock::now())
    }

    async fn fetch(&self) {
        match self.published().await {
            Ok(keys) => locked(&self.keys).fetched(keys, clock::now()),
            Err(why) => {
                tracing::warn!(issuer = self.name, why, "the keys of an issuer of tokens can't be fetched");
                locked(&self.keys).failed(clock::now());
            }
        }
    }

    /// The keys it publishes, by their ids.
    async fn published(&self) -> Result<BTreeMap<String, Jwk>, String> {
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
pub(in crate::service::identity) async fn sent(
    url: &str,
    request: reqwest::RequestBuilder,
) -> Result<(u16, Vec<u8>), String> {
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
