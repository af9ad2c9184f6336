//! Routes for users: the groups of one's own list.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;

use super::Rest;
use super::answer::Refusal;
use super::body::{Asked, Body, Named};
use super::paging::{Limit, page};
use crate::domain::group::{GroupKey, GroupRow};
use crate::domain::id::GroupId;
use crate::protocol::request::Request;
use crate::protocol::response::Response;
use crate::protocol::rest::{GroupsPage, NewGroup};
use crate::service::identity::Verified;

/// Which groups are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct Groups {
    after: Option<GroupId>,
    limit: Option<Limit>,
}

pub(super) async fn list(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Asked(asked): Asked<Groups>,
) -> Result<Json<GroupsPage>, Refusal> {
    let Response::Groups { groups } = rest.signalling.ask(&me, Request::GroupsList {}).await? else {
        return Err(Refusal::unexpected());
    };
    let limit = asked.limit.unwrap_or_default();
    let (groups, next) = page(groups, |row| row.group.id, asked.after.as_ref(), limit);
    Ok(Json(GroupsPage { groups, next }))
}

pub(super) async fn create(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Body(NewGroup { name }): Body<NewGroup>,
) -> Result<(StatusCode, Json<GroupRow>), Refusal> {
    Ok((StatusCode::CREATED, Json(rest.group(&me, Request::GroupCreate { name }).await?)))
}

pub(super) async fn show(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Named(group): Named<GroupKey>,
) -> Result<Json<GroupRow>, Refusal> {
    Ok(Json(rest.group(&me, Request::GroupShow { group }).await?))
}

pub(super) async fn remove(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Named(group): Named<GroupKey>,
) -> Result<StatusCode, Refusal> {
    let group_id = match group {
        GroupKey::Id(id) => id,
        GroupKey::Code(_) => rest.group(&me, Request::GroupShow { group }).await?.group.id,
    };
    rest.done(&me, Request::GroupRemove { group_id }).await
}

impl Rest {
    /// Asks for what is answered with a group.
    async fn group(&self, who: &Verified, request: Request) -> Result<GroupRow, Refusal> {
        match self.signalling.ask(who, request).await? {
            Response::Group { group } => Ok(group),
            _ => Err(Refusal::unexpected()),
        }
    }
}
