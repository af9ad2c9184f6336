//! What whoever runs the service asks of it: its figures, and whether it is ready; and what is noted of every request.

use axum::Json;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::Rest;
use super::answer::Refusal;
use crate::base::{clock, entropy};
use crate::protocol::failure::Failure;
use crate::protocol::rest::Readiness;
use crate::service::observe::OPEN_METRICS;
use crate::service::store::backup;

/// Names a request in its answer and in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names a file that is not in a backup, and why.
const LEFT_OUT: HeaderName = HeaderName::from_static(backup::LEFT_OUT);
/// How many are named: clients take a hundred headers.
const MOST_LEFT_OUT: usize = 50;

pub(super) async fn metrics(State(rest): State<Rest>) -> Response {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], rest.observer.metrics().await).into_response()
}

pub(super) async fn readiness(State(rest): State<Rest>) -> (StatusCode, Json<Readiness>) {
    let readiness = rest.observer.readiness().await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

/// A backup of the whole service, as it is now; what is left out of it, its headers tell.
pub(super) async fn backup(State(rest): State<Rest>) -> Result<Response, Refusal> {
    let snapshot = backup::make(rest.observer.db(), rest.observer.folder()).await.map_err(Failure::from)?;
    let length = snapshot.length();
    let left_out: Vec<_> = snapshot.left_out().iter().filter_map(|what| HeaderValue::try_from(what).ok()).collect();
    let pieces = futures_util::stream::try_unfold(snapshot, async |mut snapshot| {
        let read = tokio::task::spawn_blocking(move || snapshot.read().map(|piece| (piece, snapshot)));
        let (piece, snapshot) = read.await.map_err(std::io::Error::other)??;
        Ok::<_, std::io::Error>((!piece.is_empty()).then_some((piece, snapshot)))
    });
    let kind = HeaderValue::from_static("application/vnd.sqlite3");
    let name = HeaderValue::from_static("attachment; filename=\"switchboard.backup\"");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, name),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
    ];
    let mut response = (headers, Body::from_stream(pieces)).into_response();
    for what in left_out.into_iter().take(MOST_LEFT_OUT) {
        response.headers_mut().append(LEFT_OUT, what);
    }
    Ok(response)
}

/// Counts the request, and gives it an id, under which the log tells what went wrong with it.
pub(super) async fn observed(State(rest): State<Rest>, request: Request, next: Next) -> Response {
    let began = clock::now();
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "other".to_owned());
    let id = format!("{:016x}", u64::from_le_bytes(entropy::bytes()));
    let span = tracing::info_span!("request", %id, method, route);
    let mut response = next.run(request).instrument(span).await;
    let took = clock::now().saturating_duration_since(began);
    rest.observer.answered(method, &route, response.status().as_u16(), took);
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The name of a method; a peer may make up others, which are one here.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
