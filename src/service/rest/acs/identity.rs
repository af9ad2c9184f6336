//! What programs do with identities: create, issue a token, revoke tokens, delete.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::error::AcsError;
use super::limits::Limited;
use crate::base::clock;
use crate::base::secret::Secret;
use crate::domain::id::Identity;
use crate::domain::scope::Scopes;
use crate::domain::text::printable;
use crate::domain::time::UnixMillis;
use crate::service::rest::Rest;
use crate::service::rest::audit::About;

/// How long a token may last, in minutes.
const MINUTES: std::ops::RangeInclusive<i64> = 60..=1440;

/// `POST /identities`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    #[serde(default)]
    create_token_with_scopes: Option<Vec<String>>,
    #[serde(default)]
    expires_in_minutes: Option<i64>,
}

/// `POST /identities/{id}/:issueAccessToken`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issue {
    scopes: Vec<String>,
    #[serde(default)]
    expires_in_minutes: Option<i64>,
}

/// The answer to the first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::service::rest) struct Created {
    identity: CreatedIdentity,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<Token>,
}

#[derive(Debug, Serialize)]
struct CreatedIdentity {
    id: Identity,
}

/// The answer to the second.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::service::rest) struct Token {
    token: Secret<String>,
    /// RFC 3339, with an offset.
    expires_on: String,
}

impl From<(Secret<String>, UnixMillis)> for Token {
    fn from((token, expires_at): (Secret<String>, UnixMillis)) -> Self {
        Self { token, expires_on: azure_time(expires_at) }
    }
}

pub(in crate::service::rest) async fn create(
    State(rest): State<Rest>,
    body: Bytes,
) -> Result<(StatusCode, Extension<About>, Json<Created>), AcsError> {
    let asked: Create = if body.is_empty() { Create::default() } else { read(&body)? };
    let life = life(asked.expires_in_minutes)?;
    let scopes = asked.create_token_with_scopes.filter(|scopes| !scopes.is_empty());
    let scopes = scopes.map(|words| read_scopes(&words, "createTokenWithScopes")).transpose()?;
    let what = if scopes.is_some() { Limited::CreateWithToken } else { Limited::Create };
    rest.limits.take(what, clock::now())?;
    let now = clock::unix_now();
    let id = rest.identities.create_identity(now).await?;
    let access_token = match scopes {
        Some(scopes) => Some(rest.identities.issue_token(&id, scopes, life, now).await?.into()),
        None => None,
    };
    let about = About { whom: Some(id.to_string()), detail: scopes.map(|scopes| format!("with a token for {scopes}")) };
    Ok((StatusCode::CREATED, Extension(about), Json(Created { identity: CreatedIdentity { id }, access_token })))
}

pub(in crate::service::rest) async fn issue(
    State(rest): State<Rest>,
    id: Result<Path<String>, PathRejection>,
    body: Bytes,
) -> Result<(Extension<About>, Json<Token>), AcsError> {
    let identity = identity(id)?;
    let asked: Issue = read(&body)?;
    let (scopes, life) = (read_scopes(&asked.scopes, "scopes")?, life(asked.expires_in_minutes)?);
    rest.limits.take(Limited::Issue, clock::now())?;
    let token = rest.identities.issue_token(&identity, scopes, life, clock::unix_now()).await?;
    let about = About { whom: None, detail: Some(scopes.to_string()) };
    Ok((Extension(about), Json(token.into())))
}

pub(in crate::service::rest) async fn revoke(
    State(rest): State<Rest>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, AcsError> {
    let identity = identity(id)?;
    rest.limits.take(Limited::Revoke, clock::now())?;
    rest.identities.revoke_tokens(&identity, clock::unix_now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(in crate::service::rest) async fn delete(
    State(rest): State<Rest>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, AcsError> {
    let identity = identity(id)?;
    rest.limits.take(Limited::Delete, clock::now())?;
    rest.identities.delete_identity(&identity).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The body as JSON.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, AcsError> {
    serde_json::from_slice(body).map_err(|why| AcsError::bad(format!("the body can't be read: {why}")))
}

fn identity(id: Result<Path<String>, PathRejection>) -> Result<Identity, AcsError> {
    let Path(id) = id.map_err(|why| AcsError::bad(why.body_text()).about("id"))?;
    id.parse().map_err(|why| AcsError::bad(format!("{why}")).about("id"))
}

fn life(minutes: Option<i64>) -> Result<Duration, AcsError> {
    let minutes = minutes.unwrap_or(*MINUTES.end());
    let asked = u64::try_from(minutes).ok().filter(|_| MINUTES.contains(&minutes));
    let out_of_range = || {
        let message = format!("expiresInMinutes is {} to {}, not {minutes}", MINUTES.start(), MINUTES.end());
        AcsError::bad(message).about("expiresInMinutes")
    };
    asked.map(|minutes| Duration::from_secs(60 * minutes)).ok_or_else(out_of_range)
}

fn read_scopes(words: &[String], target: &'static str) -> Result<Scopes, AcsError> {
    let scope = |word: &String| {
        let unknown = |why| AcsError::bad(format!("{}: {why}", printable(word, 40))).about(target);
        word.parse().map_err(unknown)
    };
    let scopes: Scopes = words.iter().map(scope).collect::<Result<_, _>>()?;
    if scopes.is_empty() { Err(AcsError::bad("a token has at least one scope").about(target)) } else { Ok(scopes) }
}

/// As Azure writes instants: RFC 3339 with seven digits after the second, and an offset.
fn azure_time(at: UnixMillis) -> String {
    let utc = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, (hour, minute, second)) = (utc.date(), utc.to_hms());
    let millis = at.0.rem_euclid(1000);
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{millis:03}0000+00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_azure_writes_them() {
        assert_eq!(azure_time(UnixMillis(1_795_433_109_135)), "2026-11-23T11:25:09.1350000+00:00");
        assert_eq!(azure_time(UnixMillis(0)), "1970-01-01T00:00:00.0000000+00:00");
    }

    #[test]
    fn a_token_lasts_an_hour_to_a_day_and_a_day_when_nothing_is_said() {
        for (minutes, expected) in [(None, 1440), (Some(60), 60), (Some(1440), 1440)] {
            assert_eq!(life(minutes), Ok(Duration::from_secs(60 * expected)));
        }
        for minutes in [i64::MIN, -1, 0, 59, 1441, i64::MAX] {
            assert!(life(Some(minutes)).is_err(), "{minutes}");
        }
    }
}
