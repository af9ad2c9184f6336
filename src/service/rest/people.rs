//! Routes for users: people, the own friend list, friend requests, and whom one blocks.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;

use super::Rest;
use super::answer::Refusal;
use super::body::{Asked, Body, Named};
use super::paging::{Limit, page};
use crate::domain::id::{Identity, UserName};
use crate::domain::person::Person;
use crate::protocol::request::Request;
use crate::protocol::response::Response;
use crate::protocol::rest::{
    Befriended, BlockedPage, FriendRequestsPage, FriendsPage, NewBlocked, NewFavourite, NewFriend, PeopleFound,
};
use crate::service::identity::Verified;

/// Who is looked for.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    search: String,
}

/// Which people of a list are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct ByName {
    after: Option<UserName>,
    limit: Option<Limit>,
}

impl ByName {
    /// The rows that are wanted, and the name the next page follows, where there is one.
    fn page<R>(self, rows: Vec<R>, who: impl Fn(&R) -> &Person) -> (Vec<R>, Option<UserName>) {
        page(rows, |row| who(row).name.clone(), self.after.as_ref(), self.limit.unwrap_or_default())
    }
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
    Asked(asked): Asked<ByName>,
) -> Result<Json<FriendsPage>, Refusal> {
    let Response::Friends { friends } = rest.signalling.ask(&me, Request::FriendsList {}).await? else {
        return Err(Refusal::unexpected());
    };
    let (friends, next) = asked.page(friends, |friend| &friend.person);
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

pub(super) async fn requests(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Asked(asked): Asked<ByName>,
) -> Result<Json<FriendRequestsPage>, Refusal> {
    let Response::FriendRequests { requests } = rest.signalling.ask(&me, Request::FriendRequestsList {}).await? else {
        return Err(Refusal::unexpected());
    };
    let (requests, next) = asked.page(requests, |request| &request.person);
    Ok(Json(FriendRequestsPage { requests, next }))
}

pub(super) async fn accept(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Named(identity): Named<Identity>,
) -> Result<StatusCode, Refusal> {
    rest.done(&me, Request::FriendAccept { identity }).await
}

pub(super) async fn decline(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Named(identity): Named<Identity>,
) -> Result<StatusCode, Refusal> {
    rest.done(&me, Request::FriendDecline { identity }).await
}

pub(super) async fn withdraw(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Named(identity): Named<Identity>,
) -> Result<StatusCode, Refusal> {
    rest.done(&me, Request::FriendWithdraw { identity }).await
}

pub(super) async fn blocked(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Asked(asked): Asked<ByName>,
) -> Result<Json<BlockedPage>, Refusal> {
    let Response::Blocked { people } = rest.signalling.ask(&me, Request::BlockedList {}).await? else {
        return Err(Refusal::unexpected());
    };
    let (people, next) = asked.page(people, |person| person);
    Ok(Json(BlockedPage { people, next }))
}

pub(super) async fn block(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Body(NewBlocked { identity }): Body<NewBlocked>,
) -> Result<StatusCode, Refusal> {
    rest.done(&me, Request::PersonBlock { identity }).await
}

pub(super) async fn unblock(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Named(identity): Named<Identity>,
) -> Result<StatusCode, Refusal> {
    rest.done(&me, Request::PersonUnblock { identity }).await
}

impl Rest {
    /// Has something done of which there is no more to say than that.
    pub(super) async fn done(&self, who: &Verified, request: Request) -> Result<StatusCode, Refusal> {
        self.signalling.ask(who, request).await?;
        Ok(StatusCode::NO_CONTENT)
    }
}
