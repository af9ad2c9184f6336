//! Access tokens: what is in them, signing and verifying. Whether an identity still counts is decided elsewhere.

use std::time::Duration;

use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::keys::SigningKey;
use crate::base::secret::Secret;
use crate::domain::id::Identity;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};

/// The longest token looked at, in bytes; ours have about 800.
const MAX_LENGTH: usize = 4096;

/// The claims of an ACS user access token. Payload bytes are ASCII without `>`, `?`, `~` and DEL, so that its base64url
/// has neither `-` nor `_`: an official client decodes it as plain base64 and would drop them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Claims {
    /// The identity without its leading `8:`.
    skypeid: String,
    /// What ACS puts there for calling and chat.
    scp: u32,
    /// When it was issued, in milliseconds, as text: finer than `iat`, so that revoking and issuing can follow at once.
    csi: String,
    exp: i64,
    iat: i64,
    rgn: String,
    #[serde(rename = "acsScope")]
    acs_scope: String,
    #[serde(rename = "resourceId")]
    resource_id: Uuid,
    #[serde(rename = "resourceLocation")]
    resource_location: String,
}

/// A token that was issued here and has not run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Who acts with it.
    pub identity: Identity,
    /// When it runs out.
    pub expires_at: UnixMillis,
    /// When it was issued.
    pub issued_at: UnixMillis,
}

/// Issues a token for `identity`, and says when it runs out.
///
/// # Errors
/// `internal` when the key refuses to sign.
pub(super) fn issue(
    key: &SigningKey,
    resource: Uuid,
    identity: &Identity,
    issued_at: UnixMillis,
    life: Duration,
) -> Result<(Secret<String>, UnixMillis), Failure> {
    let exp = issued_at.seconds().saturating_add(i64::try_from(life.as_secs()).unwrap_or(i64::MAX));
    let claims = Claims {
        skypeid: identity.as_str().trim_start_matches("8:").to_owned(),
        scp: 1792,
        csi: issued_at.0.to_string(),
        exp,
        iat: issued_at.seconds(),
        rgn: "local".to_owned(),
        acs_scope: "chat,voip".to_owned(),
        resource_id: resource,
        resource_location: "local".to_owned(),
    };
    let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::RS256) };
    let token = jsonwebtoken::encode(&header, &claims, &key.signing).map_err(|error| {
        tracing::error!(%error, "an access token could not be signed");
        Failure::new(FailureCode::Internal, "the service failed to sign a token; its log knows more")
    })?;
    Ok((Secret::new(token), UnixMillis(exp.saturating_mul(1000))))
}

/// What `token` says, if `key` signed it for `resource` and it has not run out.
///
/// # Errors
/// `token_expired` for one that ran out, `unauthenticated` for anything else.
pub(super) fn verify(key: &SigningKey, resource: Uuid, token: &str, now: UnixMillis) -> Result<Verified, Failure> {
    let claims = read(key, token).filter(|claims| claims.resource_id == resource).ok_or_else(refused)?;
    let identity = format!("8:{}", claims.skypeid).parse().map_err(|_| refused())?;
    let issued_at = claims.csi.parse().map(UnixMillis).map_err(|_| refused())?;
    let expires_at = UnixMillis(claims.exp.saturating_mul(1000));
    if expires_at <= now {
        return Err(Failure::new(FailureCode::TokenExpired, "the access token ran out: refresh it, or sign in again"));
    }
    Ok(Verified { identity, expires_at, issued_at })
}

/// A token that does not count, whatever the cause.
pub(super) fn refused() -> Failure {
    Failure::new(FailureCode::Unauthenticated, "the access token is not valid here: sign in again")
}

fn read(key: &SigningKey, token: &str) -> Option<Claims> {
    if token.len() > MAX_LENGTH {
        return None;
    }
    let mut rules = Validation::new(Algorithm::RS256);
    // Compared with the caller's clock instead of the library's.
    rules.validate_exp = false;
    rules.validate_aud = false;
    let data = jsonwebtoken::decode(token, &key.verifying, &rules).ok()?;
    (data.header.kid.as_deref() == Some(key.id.as_str())).then_some(data.claims)
}
