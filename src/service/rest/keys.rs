//! Routes for the administrator: what programs prove themselves with, and the key that signs tokens.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::Rest;
use super::answer::Refusal;
use super::audit::About;
use super::body::{Body, Named};
use crate::base::clock;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{AccessKeyName, AccessKeyPair, IssuedToken, NewToken, RevokeTokens, as_kept};

pub(super) async fn show(State(rest): State<Rest>) -> Json<AccessKeyPair> {
    Json(rest.access_keys.pair())
}

pub(super) async fn rotate(
    State(rest): State<Rest>,
    Named(name): Named<String>,
) -> Result<Json<AccessKeyPair>, Refusal> {
    let unknown = |why| Failure::new(FailureCode::NotFound, format!("{why}"));
    let name: AccessKeyName = name.parse().map_err(unknown)?;
    Ok(Json(rest.access_keys.rotate(name).await?))
}

pub(super) async fn rotate_signing(State(rest): State<Rest>) -> Result<StatusCode, Refusal> {
    rest.identities.rotate_signing_key(clock::unix_now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn issue(
    State(rest): State<Rest>,
    Body(new): Body<NewToken>,
) -> Result<(Extension<About>, Json<IssuedToken>), Refusal> {
    let issued = rest.identities.issue_as_asked(&new, clock::unix_now()).await?;
    Ok((Extension(About { whom: Some(new.holder.to_string()), detail: None }), Json(issued)))
}

pub(super) async fn revoke(
    State(rest): State<Rest>,
    Body(whose): Body<RevokeTokens>,
) -> Result<(StatusCode, Extension<About>), Refusal> {
    rest.identities.revoke_as_asked(&whose, clock::unix_now()).await?;
    Ok((StatusCode::NO_CONTENT, Extension(About { whom: Some(as_kept(&whose.user)), detail: None })))
}
