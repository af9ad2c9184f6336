//! Routes for the administrator: accounts, and the organisations they belong to.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;

use super::Rest;
use super::answer::Refusal;
use super::audit::About;
use super::body::{Asked, Body, Named};
use super::paging::Limit;
use crate::base::clock;
use crate::domain::id::UserName;
use crate::protocol::rest::{
    Account, NewAccount, NewDisplayName, NewOrganisation, NewPassword, NewRole, OrganisationRow, OutsideSubject,
};

/// Which accounts are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct Accounts {
    after: Option<UserName>,
    limit: Option<Limit>,
}

pub(super) async fn list(
    State(rest): State<Rest>,
    Asked(asked): Asked<Accounts>,
) -> Result<Json<Vec<Account>>, Refusal> {
    let limit = asked.limit.unwrap_or_default();
    Ok(Json(rest.identities.accounts(asked.after.as_ref(), limit.rows()).await?))
}

pub(super) async fn show(State(rest): State<Rest>, Named(user): Named<UserName>) -> Result<Json<Account>, Refusal> {
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

pub(super) async fn remove(State(rest): State<Rest>, Named(user): Named<UserName>) -> Result<StatusCode, Refusal> {
    rest.identities.remove_account(&user).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn disable(State(rest): State<Rest>, Named(user): Named<UserName>) -> Result<Json<Account>, Refusal> {
    Ok(Json(rest.identities.set_disabled(&user, true).await?))
}

pub(super) async fn enable(State(rest): State<Rest>, Named(user): Named<UserName>) -> Result<Json<Account>, Refusal> {
    Ok(Json(rest.identities.set_disabled(&user, false).await?))
}

pub(super) async fn set_password(
    State(rest): State<Rest>,
    Named(user): Named<UserName>,
    Body(new): Body<NewPassword>,
) -> Result<StatusCode, Refusal> {
    rest.identities.set_password(&user, new.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn set_display_name(
    State(rest): State<Rest>,
    Named(user): Named<UserName>,
    Body(new): Body<NewDisplayName>,
) -> Result<Json<Account>, Refusal> {
    Ok(Json(rest.identities.set_display_name(&user, new.display_name).await?))
}

pub(super) async fn set_role(
    State(rest): State<Rest>,
    Named(user): Named<UserName>,
    Body(new): Body<NewRole>,
) -> Result<(Extension<About>, Json<Account>), Refusal> {
    let account = rest.identities.set_role(&user, new.role).await?;
    let about = About { whom: None, detail: Some(new.role.to_string()) };
    Ok((Extension(about), Json(account)))
}

pub(super) async fn set_organisation(
    State(rest): State<Rest>,
    Named(user): Named<UserName>,
    Body(new): Body<NewOrganisation>,
) -> Result<(Extension<About>, Json<Account>), Refusal> {
    let account = rest.identities.set_organisation(&user, &new.organisation).await?;
    let about = About { whom: None, detail: Some(new.organisation.to_string()) };
    Ok((Extension(about), Json(account)))
}

pub(super) async fn organisations(State(rest): State<Rest>) -> Result<Json<Vec<OrganisationRow>>, Refusal> {
    Ok(Json(rest.identities.organisations().await?))
}

pub(super) async fn bind(
    State(rest): State<Rest>,
    Named(user): Named<UserName>,
    Body(who): Body<OutsideSubject>,
) -> Result<(Extension<About>, Json<Account>), Refusal> {
    let account = rest.identities.bind_outsider(&user, &who, clock::unix_now()).await?;
    Ok((Extension(about_subject(&who)), Json(account)))
}

pub(super) async fn unbind(
    State(rest): State<Rest>,
    Named(user): Named<UserName>,
    Body(who): Body<OutsideSubject>,
) -> Result<(Extension<About>, Json<Account>), Refusal> {
    let account = rest.identities.unbind_outsider(&user, &who).await?;
    Ok((Extension(about_subject(&who)), Json(account)))
}

fn about_subject(who: &OutsideSubject) -> About {
    About { whom: None, detail: Some(who.to_string()) }
}
