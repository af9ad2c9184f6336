//! Routes for users and administrators: calls that go on, and one's own past ones.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;

use super::Rest;
use super::answer::Refusal;
use super::body::{Asked, Body, Named};
use super::paging::{Limit, page};
use crate::domain::id::{CallId, Identity};
use crate::domain::record::{CallRecord, HistoryFilter};
use crate::protocol::request::Request;
use crate::protocol::response::Response;
use crate::protocol::rest::{CallsPage, HistoryPage, NewNote};
use crate::service::calls::WantedCalls;
use crate::service::identity::Verified;

/// Which calls are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct Calls {
    after: Option<CallId>,
    limit: Option<Limit>,
}

/// Which call records are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct History {
    before: Option<CallId>,
    limit: Option<Limit>,
    with: Option<Identity>,
    text: Option<String>,
    #[serde(default)]
    missed: bool,
}

pub(super) async fn mine(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Asked(asked): Asked<Calls>,
) -> Result<Json<CallsPage>, Refusal> {
    rest.calls(Some(me.identity), asked).await
}

pub(super) async fn all(State(rest): State<Rest>, Asked(asked): Asked<Calls>) -> Result<Json<CallsPage>, Refusal> {
    rest.calls(None, asked).await
}

pub(super) async fn history(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Asked(asked): Asked<History>,
) -> Result<Json<HistoryPage>, Refusal> {
    let History { before, limit, with, text, missed } = asked;
    let filter = HistoryFilter { with, text, missed, before };
    let records = rest.records(&me, limit.unwrap_or_default().rows(), filter.clone()).await?;
    // Of long notes fewer records come than were asked for: whether that is all, only the next one tells.
    let next = match records.last().map(|last| last.call_id) {
        Some(last) => {
            let following = HistoryFilter { before: Some(last), ..filter };
            (!rest.records(&me, 1, following).await?.is_empty()).then_some(last)
        }
        None => None,
    };
    Ok(Json(HistoryPage { records, next }))
}

pub(super) async fn note(
    State(rest): State<Rest>,
    Extension(me): Extension<Verified>,
    Named(call_id): Named<CallId>,
    Body(NewNote { note }): Body<NewNote>,
) -> Result<StatusCode, Refusal> {
    rest.done(&me, Request::HistoryNote { call_id, note }).await
}

pub(super) async fn seen(State(rest): State<Rest>, Extension(me): Extension<Verified>) -> Result<StatusCode, Refusal> {
    rest.done(&me, Request::HistorySeen {}).await
}

impl Rest {
    async fn calls(&self, of: Option<Identity>, asked: Calls) -> Result<Json<CallsPage>, Refusal> {
        let limit = asked.limit.unwrap_or_default();
        // One more than wanted tells whether there are more.
        let wanted = WantedCalls { of, after: asked.after, limit: usize::from(limit.rows()) + 1 };
        let calls = self.signalling.calls_in_progress(wanted).await?;
        let (calls, next) = page(calls, |call| call.call_id, asked.after.as_ref(), limit);
        Ok(Json(CallsPage { calls, next }))
    }

    async fn records(&self, who: &Verified, limit: u16, filter: HistoryFilter) -> Result<Vec<CallRecord>, Refusal> {
        match self.signalling.ask(who, Request::HistoryList { limit, filter }).await? {
            Response::History { records } => Ok(records),
            _ => Err(Refusal::unexpected()),
        }
    }
}
