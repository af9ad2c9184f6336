//! The audit trail: noting who did what, right after it was done, and showing it.

use std::cmp::Reverse;
use std::net::{IpAddr, SocketAddr};
use std::sync::PoisonError;

use axum::Json;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{ConnectInfo, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Rest;
use super::answer::Refusal;
use super::body::Asked;
use super::paging::{Limit, page};
use crate::base::{clock, task};
use crate::domain::audit::Deed;
use crate::domain::id::UserName;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::Failure;
use crate::protocol::rest::{self, AuditPage};
use crate::service::limits;
use crate::service::store::audit::{self, NewEntry, Wanted};

/// Who asks; put beside the request by the door that let it in.
#[derive(Debug, Clone)]
pub(super) struct Actor(pub(super) String);

/// Whom an answer is about, where the path does not say, and what else there is to say; put beside it by its handler.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    pub(super) whom: Option<String>,
    pub(super) detail: Option<String>,
}

/// Which entries are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct AuditQuery {
    since: Option<i64>,
    before: Option<i64>,
    limit: Option<Limit>,
}

pub(super) async fn list(
    State(rest): State<Rest>,
    Asked(asked): Asked<AuditQuery>,
) -> Result<Json<AuditPage>, Refusal> {
    let limit = asked.limit.unwrap_or_default();
    // One more than wanted tells whether there are more.
    let wanted = Wanted { since: asked.since.map(UnixMillis), before: asked.before, limit: limit.rows() + 1 };
    let entries = audit::list(rest.observer.db(), wanted).await.map_err(Failure::from)?;
    let (entries, next) = page(entries, |entry| Reverse(entry.entry), None, limit);
    Ok(Json(AuditPage { entries, next: next.map(|Reverse(entry)| entry) }))
}

/// Notes what a request did, if it did it. Both go on when the peer is gone: nothing is done that is not noted.
pub(super) async fn noted(
    State((rest, deed)): State<(Rest, Deed)>,
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let who = request.extensions().get::<Actor>().map_or_else(|| "nobody".to_owned(), |actor| actor.0.clone());
    // A path that can't be read is refused by the handler.
    let named = params.ok().and_then(|params| params.iter().next().map(|(name, value)| as_kept(name, value)));
    let done = task::to_the_end("noted", async move {
        let response = next.run(request).await;
        if response.status().is_success() {
            let about = response.extensions().get::<About>().cloned().unwrap_or_default();
            let whom = about.whom.or(named);
            rest.note(&who, deed, whom.as_deref(), about.detail.as_deref(), peer).await;
        }
        response
    });
    done.await.unwrap_or_else(|| Refusal::from(Failure::broken()).into_response())
}

/// What the part of a path called `name` is about.
fn as_kept(name: &str, value: &str) -> String {
    if name == "user" { rest::as_kept(value) } else { value.to_owned() }
}

impl Rest {
    /// Notes that somebody is kept from trying more passwords, or more sign-ins elsewhere: once a minute for each peer,
    /// however often it tries. Only names of accounts are kept, for what else is typed there may be anything.
    pub(super) async fn note_throttled(&self, user: Option<&UserName>, peer: IpAddr) {
        let noted =
            self.throttled.lock().unwrap_or_else(PoisonError::into_inner).take(limits::peer(peer), clock::now());
        if noted.is_err() {
            return;
        }
        let about = match user {
            Some(user) if self.identities.account(user).await.is_ok() => Some(user.to_string()),
            _ => None,
        };
        self.note("nobody", Deed::SignInThrottled, about.as_deref(), None, Some(peer)).await;
    }

    pub(super) async fn note(
        &self,
        who: &str,
        what: Deed,
        about: Option<&str>,
        detail: Option<&str>,
        address: Option<IpAddr>,
    ) {
        let entry = NewEntry { at: clock::unix_now(), who, what, about, detail, address };
        if let Err(error) = audit::add(self.observer.db(), &entry).await {
            self.observer.not_audited();
            tracing::error!(%error, what = what.as_str(), "the audit trail could not take what was done");
            return;
        }
        tracing::info!(what = what.as_str(), "noted in the audit trail");
    }
}
