//! Routes for the administrator: accounts.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;

use super::Rest;
use super::answer::Refusal;
use super::audit::About;
use super::body::{Body, User};
use crate::domain::id::UserName;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{Account, NewAccount, NewDisplayName, NewPassword, NewRole};

/// The most accounts of one page, and how many there are when nobody says.
const PAGE: u16 = 500;

/// Which accounts are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct Accounts {
    after: Option<UserName>,
    limit: Option<u16>,
}

pub(super) async fn list(
    State(rest): State<Rest>,
    query: Result<Query<Accounts>, QueryRejection>,
) -> Result<Json<Vec<Account>>, Refusal> {
    let Query(asked) = query.map_err(|why| Failure::new(FailureCode::BadRequest, why.body_text()))?;
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, PAGE);
    Ok(Json(rest.identities.accounts(asked.after.as_ref(), limit).await?))
}

pub(super) async fn show(State(rest): State<Rest>, User(user): User) -> Result<Json<Account>, Refusal> {
    Ok(Json(rest.identities.account(&user).await?))
}

pub(super) async fn add(
    State(rest): State<Rest>,
    Body(new): Body<NewAccount>,
) -> Result<(StatusCode, Extension<About>, Json<Account>), Refusal> {
    let account = rest.identities.add_account(new).await?;
    let about = About { whom: Some(account.user.to_string()), detail: None };
    Ok((StatusCode::CREATED, Extension(about), Json(account)))
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

pub(super) async fn set_display_name(
    State(rest): State<Rest>,
    User(user): User,
    Body(new): Body<NewDisplayName>,
) -> Result<Json<Account>, Refusal> {
    Ok(Json(rest.identities.set_display_name(&user, new.display_name).await?))
}

pub(super) async fn set_role(
    State(rest): State<Rest>,
    User(user): User,
    Body(new): Body<NewRole>,
) -> Result<(Extension<About>, Json<Account>), Refusal> {
    let account = rest.identities.set_role(&user, new.role).await?;
    let about = About { whom: None, detail: Some(new.role.to_string()) };
    Ok((Extension(about), Json(account)))
}
