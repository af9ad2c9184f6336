//! Routes for the administrator: accounts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Rest;
use super::answer::Refusal;
use super::body::{Body, User};
use crate::protocol::rest::{Account, NewAccount, NewPassword};

pub(super) async fn list(State(rest): State<Rest>) -> Result<Json<Vec<Account>>, Refusal> {
    Ok(Json(rest.identities.accounts().await?))
}

pub(super) async fn add(
    State(rest): State<Rest>,
    Body(new): Body<NewAccount>,
) -> Result<(StatusCode, Json<Account>), Refusal> {
    Ok((StatusCode::CREATED, Json(rest.identities.add_account(new).await?)))
}

pub(super) async fn remove(State(rest): State<Rest>, User(user): User) -> Result<StatusCode, Refusal> {
    rest.identities.remove_account(&user).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn disable(State(rest): State<Rest>, User(user): User) -> Result<Json<Account>, Refusal> {
    Ok(Json(rest.identities.set_disabled(&user, true).await?))
}

pub(super) async fn enable(State(rest): State<Rest>, User(user): User) -> Result<Json<Account>, Refusal> {
    Ok(Json(rest.identities.set_disabled(&user, false).await?))
}

pub(super) async fn set_password(
    State(rest): State<Rest>,
    User(user): User,
    Body(new): Body<NewPassword>,
) -> Result<StatusCode, Refusal> {
    rest.identities.set_password(&user, new.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
