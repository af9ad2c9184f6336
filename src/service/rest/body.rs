//! Reading JSON bodies and path parts, with typed refusals.

use std::fmt::Display;
use std::str::FromStr;

use axum::RequestPartsExt;
use axum::body::{Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::MAX_BODY;
use super::answer::Refusal;
use crate::protocol::failure::{Failure, FailureCode};

/// A body of `application/json`. No other type is taken: a web page can send those elsewhere without asking.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            let message = "the body must be application/json";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, FailureCode::BadRequest, message));
        }
        // Told from what is announced where it can be; a body that comes in chunks is cut off on the way.
        if request.body().size_hint().lower() > MAX_BODY as u64 {
            return Err(too_long());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_long(),
            _ => bad("the body broke off"),
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| bad(format!("the body can't be read: {error}")))
    }
}

/// What the one segment of the path names that is no fixed word.
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: FromStr<Err: Display>> FromRequestParts<S> for Named<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Path(raw) = parts.extract::<Path<String>>().await.map_err(|_| bad("the path can't be read"))?;
        raw.parse().map(Self).map_err(|error| bad(format!("{error}")))
    }
}

/// What the query asks for; names nobody knows are ignored.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Query(asked) = Query::try_from_uri(&parts.uri).map_err(|why| bad(why.body_text()))?;
        Ok(Self(asked))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    sent.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// The refusal of a body that is longer than [`MAX_BODY`].
pub(super) fn too_long() -> Refusal {
    let message = format!("a body has at most {MAX_BODY} bytes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, FailureCode::BadRequest, message)
}

fn bad(message: impl Into<String>) -> Refusal {
    Failure::new(FailureCode::BadRequest, message).into()
}
