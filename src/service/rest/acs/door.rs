//! What a request of a program passes before a handler sees it: its peer's rate, the version it asks for, and the proof
//! of an access key or a token.

use std::net::SocketAddr;
use std::sync::PoisonError;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, FromRequest, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;

use super::MAX_BODY;
use super::error::AcsError;
use super::signature::{Claim, Key, Unsigned};
use crate::base::clock;
use crate::domain::text::printable;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::AccessKeyName;
use crate::service::identity::{AccessKeys, OutsideApp};
use crate::service::limits;
use crate::service::rest::Rest;
use crate::service::rest::audit::Actor;
use crate::service::rest::doors::bearer;

/// The oldest version of the interface that is spoken here; every later one is taken to be like the last one known.
const FIRST_VERSION: &str = "2021-03-07";
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
/// So much of a body that is too long is read and thrown away: a client that is still sending it would otherwise hear of
/// a broken connection instead of the reason.
const THROWN_AWAY: usize = 16 * 1024 * 1024;

/// Why an access key did not prove a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service::rest) enum Unproven {
    /// Its signature does not count.
    Unsigned(Unsigned),
    /// Its body is longer than the route takes.
    TooLong,
    /// Its body did not arrive whole.
    BrokenOff,
}

/// Lets programs in: with an access key, or with a token of a program, of this service or of an issuer it believes.
pub(in crate::service::rest) async fn programs(State(rest): State<Rest>, request: Request, next: Next) -> Response {
    match let_in(&rest, request).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Slows peers down that call far more often than their limits allow.
pub(in crate::service::rest) async fn in_bounds(State(rest): State<Rest>, request: Request, next: Next) -> Response {
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
        tracing::error!("the HTTP server does not say who its peers are");
        let failure = Failure::new(FailureCode::Internal, "the service is set up wrongly; its log knows more");
        return AcsError::from(failure).into_response();
    };
    let peer = limits::peer(peer.ip());
    let taken = rest.programs.lock().unwrap_or_else(PoisonError::into_inner).take(peer, clock::now());
    match taken {
        Ok(()) => next.run(request).await,
        Err(wait) => AcsError::from(wait).into_response(),
    }
}

/// Refuses requests that name no version of the interface, or one that is not spoken here.
pub(in crate::service::rest) async fn known_version(request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked = query.split('&').find_map(|pair| pair.strip_prefix("api-version="));
    let bad = |code, message| AcsError::new(StatusCode::BAD_REQUEST, code, message).about("api-version");
    let error = match asked {
        None | Some("") => bad("ApiVersionUnspecified", "an api-version is needed, such as 2023-10-01".to_owned()),
        Some(version) if is_version(version) => return next.run(request).await,
        Some(version) => {
            let shown = printable(version, 40);
            let message =
                format!("the api-version {shown} is not supported: use 2023-10-01, or another from {FIRST_VERSION} on");
            bad("UnsupportedApiVersion", message)
        }
    };
    error.into_response()
}

/// Gives a request's own id back with the answer.
pub(in crate::service::rest) async fn answer_as_asked(request: Request, next: Next) -> Response {
    let id = request.headers().get(CLIENT_REQUEST_ID).filter(|id| id.len() <= 128).cloned();
    let mut response = next.run(request).await;
    if let Some(id) = id {
        response.headers_mut().insert(CLIENT_REQUEST_ID, id);
    }
    response
}

/// The request with its body read, if one of the access keys signed it.
///
/// The body is as long as the request's own limit allows. Nothing of it is read before the headers say that the request
/// is signed now, and nothing of one that is announced to be too long is kept.
pub(in crate::service::rest) async fn signed_by_a_key(
    keys: &AccessKeys,
    request: Request,
    max_body: usize,
    now: UnixMillis,
) -> Result<Request, Unproven> {
    let claim = Claim::read(request.headers(), now).map_err(Unproven::Unsigned)?;
    let (parts, body) = whole(request, max_body).await?;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let keys = keys.bytes().map(|bytes| Key::new(bytes.expose()));
    let signer = claim.check(parts.method.as_str(), target, host, &body, &keys).map_err(Unproven::Unsigned)?;
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(Actor(format!("access-key:{}", AccessKeyName::ALL[signer].word())));
    Ok(request)
}

async fn let_in(rest: &Rest, request: Request) -> Result<Request, AcsError> {
    let now = clock::unix_now();
    let refused = |why| match why {
        Unproven::Unsigned(why) => AcsError::from(why),
        Unproven::TooLong => AcsError::too_long(MAX_BODY),
        Unproven::BrokenOff => AcsError::bad("the body broke off"),
    };
    if let Some(token) = bearer(request.headers()) {
        let actor = holder(rest, token, now).await?;
        let (parts, body) = whole(request, MAX_BODY).await.map_err(refused)?;
        let mut request = Request::from_parts(parts, Body::from(body));
        request.extensions_mut().insert(actor);
        return Ok(request);
    }
    signed_by_a_key(&rest.access_keys, request, MAX_BODY, now).await.map_err(refused)
}

/// The program that acts with a token: of an issuer whose programs are let in, or of this service.
async fn holder(rest: &Rest, token: &str, now: UnixMillis) -> Result<Actor, AcsError> {
    match rest.issuers.program(token, now).await? {
        Some(OutsideApp { client, issuer }) => Ok(Actor(format!("app:{client}@{issuer}"))),
        None => Ok(Actor(format!("app:{}", rest.identities.verify_app(token, now)?.name))),
    }
}

/// A request and its whole body, which is as long as `max_body` and the request's own limit allow. Nothing of one that is
/// announced to be longer is kept.
async fn whole(request: Request, max_body: usize) -> Result<(Parts, Bytes), Unproven> {
    let announced = request.body().size_hint().lower();
    let (parts, body) = request.into_parts();
    if announced > max_body as u64 {
        throw_away(body).await;
        return Err(Unproven::TooLong);
    }
    let whole = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let body = whole.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Unproven::TooLong,
        _ => Unproven::BrokenOff,
    })?;
    Ok((parts, body))
}

async fn throw_away(body: Body) {
    let (mut frames, mut read) = (body.into_data_stream(), 0);
    while let Some(Ok(frame)) = frames.next().await {
        read += frame.len();
        if read > THROWN_AWAY {
            return;
        }
    }
}

/// Whether `text` is a version from [`FIRST_VERSION`] on: a date, and perhaps a word such as `-preview`.
fn is_version(text: &str) -> bool {
    let Some((date, word)) = text.split_at_checked(10) else { return false };
    let dated = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let worded = word.is_empty() || (word.starts_with('-') && word.bytes().all(|byte| byte.is_ascii_graphic()));
    dated && worded && date >= FIRST_VERSION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_from_the_first_one_on_are_spoken() {
        for good in ["2021-03-07", "2022-06-01", "2022-10-01", "2023-10-01", "2025-03-02-preview", "2031-01-01"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "1", "2020-07-20", "2020-07-20-preview2", "2023-10-0", "2023/10/01", "2023-10-01x", "latest"] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
