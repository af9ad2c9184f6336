//! The keys that sign tokens: RSA of 2048 bits, the first made on the first start, kept in the database (a 0600 file).
//!
//! One signs. A key that was replaced verifies until the last token it signed has run out, and is forgotten then.

use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};

use super::{Identities, MAX_TOKEN_LIFE, StartError};
use crate::base::secret::Secret;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::service::store::keys::StoredKey;
use crate::service::store::{Db, keys};

/// By how much longer a replaced key verifies than its last token lasts: a token that is being signed meanwhile.
const SLACK_MS: i64 = 60_000;

/// Signs tokens and verifies them.
pub(super) struct SigningKey {
    /// Names the key in token headers and in the JWK set.
    pub(super) id: String,
    pub(super) signing: EncodingKey,
    pub(super) verifying: DecodingKey,
    modulus: String,
    exponent: String,
    /// From when on it verifies nothing any more.
    retires_at: Option<UnixMillis>,
}

/// All keys that verify, the one that signs first.
pub(super) struct KeyRing {
    keys: RwLock<Arc<[SigningKey]>>,
    /// Held while the keys are replaced.
    rotating: tokio::sync::Mutex<()>,
}

impl Identities {
    /// Makes a new signing key, and says its id. Tokens signed before go on to count until they run out.
    ///
    /// # Errors
    /// When no key can be made, or the store fails; the old one goes on to sign then.
    pub async fn rotate_signing_key(&self, now: UnixMillis) -> Result<String, Failure> {
        let ring = &self.inner.keys;
        let _turn = ring.rotating.lock().await;
        let no_key = || Failure::new(FailureCode::Internal, "no signing key can be made; the old one goes on to sign");
        let made = generate().await.ok_or_else(no_key)?;
        let life = i64::try_from(MAX_TOKEN_LIFE.as_millis()).unwrap_or(i64::MAX);
        let kept = keys::rotate(&self.inner.db, &made, now, now.plus(life).plus(SLACK_MS)).await?;
        let kept = read(&kept).ok_or_else(no_key)?;
        ring.replace(kept);
        Ok(ring.signs(|key| key.id.clone()))
    }
}

impl KeyRing {
    /// The keys kept in the database; one is made there first if there is none.
    pub(super) async fn load(db: &Db, now: UnixMillis) -> Result<Self, StartError> {
        let mut kept = keys::list(db, now).await?;
        if kept.first().is_none_or(|key| key.retires_at.is_some()) {
            let made = generate().await.ok_or(StartError::Key("made"))?;
            kept = keys::rotate(db, &made, now, now).await?;
        }
        let keys = read(&kept).ok_or(StartError::Key("read"))?;
        Ok(Self { keys: RwLock::new(keys), rotating: tokio::sync::Mutex::default() })
    }

    /// Hands over the key that signs.
    pub(super) fn signs<T>(&self, sign: impl FnOnce(&SigningKey) -> T) -> T {
        let keys = self.all();
        sign(keys.first().expect("a ring is loaded with the key that signs, and replaced by one that has it"))
    }

    /// Hands over the key called `id`, if it verifies at `now`.
    pub(super) fn verifies<T>(&self, id: &str, now: UnixMillis, verify: impl FnOnce(&SigningKey) -> T) -> Option<T> {
        let keys = self.all();
        keys.iter().find(|key| key.id == id && key.counts(now)).map(verify)
    }

    /// The public halves of all keys that verify at `now`, as a JWK set (RFC 7517, RFC 7518 section 6.3.1).
    pub(super) fn jwks(&self, now: UnixMillis) -> Value {
        let keys: Vec<Value> = self.all().iter().filter(|key| key.counts(now)).map(SigningKey::jwk).collect();
        json!({ "keys": keys })
    }

    fn all(&self) -> Arc<[SigningKey]> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, keys: Arc<[SigningKey]>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

impl SigningKey {
    fn counts(&self, now: UnixMillis) -> bool {
        self.retires_at.is_none_or(|at| now < at)
    }

    fn jwk(&self) -> Value {
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "n": self.modulus, "e": self.exponent })
    }

    fn read(kept: &StoredKey) -> Option<Self> {
        let der = STANDARD.decode(kept.private_key.expose()).ok()?;
        let pair = KeyPair::from_pkcs8(&der).ok()?;
        let public = pair.public_key();
        let hash = digest(&SHA256, public.as_ref());
        Some(Self {
            id: URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]),
            signing: EncodingKey::from_rsa_der(pkcs1(&der)?),
            verifying: DecodingKey::from_rsa_der(public.as_ref()),
            modulus: URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            exponent: URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
            retires_at: kept.retires_at,
        })
    }
}

/// The keys, if there is one that signs and all can be read.
fn read(kept: &[StoredKey]) -> Option<Arc<[SigningKey]>> {
    kept.first().filter(|key| key.retires_at.is_none())?;
    kept.iter().map(SigningKey::read).collect()
}

/// A fresh key, PKCS#8 in base64.
async fn generate() -> Option<Secret<String>> {
    let make = || {
        let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
        let der = pair.as_der().ok()?;
        Some(Secret::new(STANDARD.encode(der.as_ref())))
    };
    tokio::task::spawn_blocking(make).await.ok()?
}

/// The RSAPrivateKey (RFC 8017 A.1.2) inside a PKCS#8 wrapping (RFC 5208): the signer takes it bare.
fn pkcs1(pkcs8: &[u8]) -> Option<&[u8]> {
    /// Version 0, then the algorithm rsaEncryption without parameters.
    const VERSION_AND_ALGORITHM: [u8; 18] =
        [2, 1, 0, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let body = long_value(0x30, pkcs8)?;
    long_value(0x04, body.strip_prefix(&VERSION_AND_ALGORITHM)?)
}

/// The value of a DER element with this tag that fills `der` and is 256 to 65535 bytes long.
fn long_value(tag: u8, der: &[u8]) -> Option<&[u8]> {
    let [first, 0x82, high, low, value @ ..] = der else { return None };
    (*first == tag && usize::from(u16::from_be_bytes([*high, *low])) == value.len()).then_some(value)
}
