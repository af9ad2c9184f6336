//! The key that signs access tokens: RSA of 2048 bits, made on the first start and kept in the database (a 0600 file).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};

use super::StartError;
use crate::service::store::{Db, settings};

const SETTING: &str = "signing_key";

/// Signs tokens and verifies them.
pub(super) struct SigningKey {
    /// Names the key in token headers and in the JWK set.
    pub(super) id: String,
    pub(super) signing: EncodingKey,
    pub(super) verifying: DecodingKey,
    modulus: String,
    exponent: String,
}

impl SigningKey {
    /// The key kept in the database; made there first if there is none.
    pub(super) async fn load(db: &Db) -> Result<Self, StartError> {
        let kept = match settings::get(db, SETTING).await? {
            Some(kept) => kept,
            None => {
                let made = tokio::task::spawn_blocking(generate).await.map_err(|_| StartError::Key("made"))?;
                settings::keep(db, SETTING, &made.ok_or(StartError::Key("made"))?).await?
            }
        };
        Self::read(&kept).ok_or(StartError::Key("read"))
    }

    fn read(kept: &str) -> Option<Self> {
        let der = STANDARD.decode(kept).ok()?;
        let pair = KeyPair::from_pkcs8(&der).ok()?;
        let public = pair.public_key();
        let hash = digest(&SHA256, public.as_ref());
        Some(Self {
            id: URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]),
            signing: EncodingKey::from_rsa_der(pkcs1(&der)?),
            verifying: DecodingKey::from_rsa_der(public.as_ref()),
            modulus: URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            exponent: URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        })
    }

    /// The public half as a JWK set (RFC 7517, RFC 7518 section 6.3.1).
    pub(super) fn jwks(&self) -> Value {
        let key = json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "n": self.modulus, "e": self.exponent,
        });
        json!({ "keys": [key] })
    }
}

/// A fresh key, PKCS#8 in base64.
fn generate() -> Option<String> {
    let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
    let der = pair.as_der().ok()?;
    Some(STANDARD.encode(der.as_ref()))
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
