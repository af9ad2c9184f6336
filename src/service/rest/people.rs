//! Routes for users: people, and the own friend list.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;

use super::Rest;
use super::answer::Refusal;
use super::body::{Asked, Body, Named};
use super::paging::{Limit, page};
use crate::domain::id::{Identity, UserName};
use crate::protocol::request::Request;
use crate::protocol::response::Response;
use crate::protocol::rest::{Befriended, FriendsPage, NewFavourite, NewFriend, PeopleFound};
use crate::service::identity::Verified;

/// Who is looked for.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    search: String,
}

/// Which friends are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct Friends {
    after: Option<UserName>,
    limit: Option<Limit>,
}

pub(super) async fn search(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Asked(Search { search }): Asked<Search>,
) -> Result<Json<PeopleFound>, Refusal> {
    match rest.signalling.ask(&me, Request::PeopleSearch { text: search }).await? {
        Response::People { people } => Ok(Json(PeopleFound { people })),
        _ => Err(Refusal::unexpected()),
    }
}

pub(super) async fn friends(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Asked(asked): Asked<Friends>,
) -> Result<Json<FriendsPage>, Refusal> {
    let Response::Friends { friends } = rest.signalling.ask(&me, Request::FriendsList {}).await? else {
        return Err(Refusal::unexpected());
    };
    let limit = asked.limit.unwrap_or_default();
    let (friends, next) = page(friends, |friend| friend.person.name.clone(), asked.after.as_ref(), limit);
    Ok(Json(FriendsPage { friends, next }))
}

pub(super) async fn befriend(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Body(NewFriend { identity }): Body<NewFriend>,
) -> Result<Json<Befriended>, Refusal> {
    match rest.signalling.ask(&me, Request::FriendAdd { identity }).await? {
        Response::Done {} => Ok(Json(Befriended::Added)),
        Response::FriendRequested { request } => Ok(Json(Befriended::Requested { request })),
        _ => Err(Refusal::unexpected()),
    }
}

pub(super) async fn unfriend(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Named(identity): Named<Identity>,
) -> Result<StatusCode, Refusal> {
    rest.done(&me, Request::FriendRemove { identity }).await
}

pub(super) async fn favour(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Named(identity): Named<Identity>,
    Body(NewFavourite { favourite }): Body<NewFavourite>,
) -> Result<StatusCode, Refusal> {
    rest.done(&me, Request::FriendFavour { identity, favourite }).await
}

impl Rest {
    /// Has something done of which there is no more to say than that.
    pub(super) async fn done(&self, who: &Verified, request: Request) -> Result<StatusCode, Refusal> {
        self.signalling.ask(who, request).await?;
        Ok(StatusCode::NO_CONTENT)
    }
}
