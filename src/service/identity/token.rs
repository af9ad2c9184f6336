//! Tokens: what is in them, signing and verifying. Whether an identity still counts is decided elsewhere.
//!
//! There are two kinds, and neither is ever taken for the other: those people act with, with the claims of ACS, and those
//! programs act with, which name an audience.

use std::time::Duration;

use jsonwebtoken::{Algorithm, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::keys::KeyRing;
use crate::base::secret::Secret;
use crate::domain::id::{Identity, UserName};
use crate::domain::scope::Scopes;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};

/// The longest token looked at, in bytes; ours have about 800.
pub(super) const MAX_LENGTH: usize = 4096;

/// Whom tokens of programs are for.
const AUDIENCE: &str = "apps";

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
    /// Whether a program gave it out; ACS has nothing of the kind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    delegated: bool,
}

/// The claims of a program's token (RFC 7519 section 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct AppClaims {
    aud: String,
    /// The resource that issued it.
    iss: Uuid,
    sub: UserName,
    exp: i64,
    iat: i64,
}

/// A token that was issued here and has not run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Who acts with it.
    pub identity: Identity,
    /// What it is good for.
    pub scopes: Scopes,
    /// When it runs out.
    pub expires_at: UnixMillis,
    /// When it was issued.
    pub issued_at: UnixMillis,
    /// Whether a program gave it out, which may not have done all that its holder may do.
    pub delegated: bool,
}

/// A program whose token was issued here and has not run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedApp {
    /// What the program was called when the token was issued.
    pub name: UserName,
    /// When the token runs out.
    pub expires_at: UnixMillis,
}

/// A token to be issued to somebody.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grant<'a> {
    pub(super) identity: &'a Identity,
    pub(super) scopes: Scopes,
    pub(super) life: Duration,
    pub(super) now: UnixMillis,
    /// Everything until then was revoked.
    pub(super) not_before: UnixMillis,
    /// Whether a program gives it out.
    pub(super) delegated: bool,
}

impl Grant<'_> {
    /// What it is dated: later than it is issued where everything until then was revoked.
    pub(super) fn dated(&self) -> UnixMillis {
        self.now.max(self.not_before.plus(1))
    }
}

/// Issues a token, and says when it runs out.
///
/// # Errors
/// `internal` when the key refuses to sign.
pub(super) fn issue(keys: &KeyRing, resource: Uuid, grant: Grant<'_>) -> Result<(Secret<String>, UnixMillis), Failure> {
    let Grant { identity, scopes, life, now, delegated, .. } = grant;
    let exp = ends(now, life);
    let claims = Claims {
        skypeid: identity.as_str().trim_start_matches("8:").to_owned(),
        scp: 1792,
        csi: grant.dated().0.to_string(),
        exp,
        iat: now.seconds(),
        rgn: "local".to_owned(),
        acs_scope: scopes.to_string(),
        resource_id: resource,
        resource_location: "local".to_owned(),
        delegated,
    };
    Ok((sign(keys, &claims)?, UnixMillis(exp.saturating_mul(1000))))
}

/// Issues a token for the program `name`, and says when it runs out.
///
/// # Errors
/// `internal` when the key refuses to sign.
pub(super) fn issue_app(
    keys: &KeyRing,
    resource: Uuid,
    name: UserName,
    life: Duration,
    now: UnixMillis,
) -> Result<(Secret<String>, UnixMillis), Failure> {
    let exp = ends(now, life);
    let claims = AppClaims { aud: AUDIENCE.to_owned(), iss: resource, sub: name, exp, iat: now.seconds() };
    Ok((sign(keys, &claims)?, UnixMillis(exp.saturating_mul(1000))))
}

/// What `token` says, if it was signed here for `resource` and has not run out.
///
/// # Errors
/// `token_expired` for one that ran out, `unauthenticated` for anything else.
pub(super) fn verify(keys: &KeyRing, resource: Uuid, token: &str, now: UnixMillis) -> Result<Verified, Failure> {
    let claims: Claims = read(keys, token, now).ok_or_else(refused)?;
    if claims.resource_id != resource {
        return Err(refused());
    }
    let delegated = claims.delegated;
    let identity = format!("8:{}", claims.skypeid).parse().map_err(|_| refused())?;
    let scopes = claims.acs_scope.parse().map_err(|_| refused())?;
    let issued_at = claims.csi.parse().map(UnixMillis).map_err(|_| refused())?;
    Ok(Verified { identity, scopes, expires_at: not_yet(claims.exp, now)?, issued_at, delegated })
}

/// Which program acts with `token`.
///
/// # Errors
/// As [`verify`].
pub(super) fn verify_app(keys: &KeyRing, resource: Uuid, token: &str, now: UnixMillis) -> Result<VerifiedApp, Failure> {
    let claims: AppClaims = read(keys, token, now).ok_or_else(refused)?;
    if claims.iss != resource || claims.aud != AUDIENCE {
        return Err(refused());
    }
    Ok(VerifiedApp { name: claims.sub, expires_at: not_yet(claims.exp, now)? })
}

/// A token that does not count, whatever the cause.
pub(super) fn refused() -> Failure {
    Failure::new(FailureCode::Unauthenticated, "the access token is not valid here: sign in again")
}

/// A token that ran out.
pub(super) fn ran_out() -> Failure {
    Failure::new(FailureCode::TokenExpired, "the access token ran out: refresh it, or sign in again")
}

/// The instant `exp`, if it lies ahead.
fn not_yet(exp: i64, now: UnixMillis) -> Result<UnixMillis, Failure> {
    let expires_at = UnixMillis(exp.saturating_mul(1000));
    if expires_at <= now { Err(ran_out()) } else { Ok(expires_at) }
}

/// When a token ends that lasts for `life`, in seconds.
fn ends(now: UnixMillis, life: Duration) -> i64 {
    now.seconds().saturating_add(i64::try_from(life.as_secs()).unwrap_or(i64::MAX))
}

fn sign(keys: &KeyRing, claims: &impl Serialize) -> Result<Secret<String>, Failure> {
    let signed = keys.signs(|key| {
        let (kid, x5t) = (Some(key.id.clone()), Some(key.id.clone()));
        jsonwebtoken::encode(&Header { kid, x5t, ..Header::new(Algorithm::RS256) }, claims, &key.signing)
    });
    signed.map(Secret::new).map_err(|error| {
        tracing::error!(%error, "a token could not be signed");
        Failure::new(FailureCode::Internal, "the service failed to sign a token; its log knows more")
    })
}

fn read<T: DeserializeOwned + Clone>(keys: &KeyRing, token: &str, now: UnixMillis) -> Option<T> {
    if token.len() > MAX_LENGTH {
        return None;
    }
    let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
    let mut rules = Validation::new(Algorithm::RS256);
    // Compared with the caller's clock instead of the library's; the audience, by whom the token is for.
    rules.validate_exp = false;
    rules.validate_aud = false;
    keys.verifies(&kid, now, |key| jsonwebtoken::decode(token, &key.verifying, &rules).ok())?.map(|data| data.claims)
}
