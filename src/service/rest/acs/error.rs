//! Refusals in the shape the official SDKs read: `{"error":{"code","message","target"?}}`.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::signature::Unsigned;
use crate::protocol::failure::{Failure, FailureCode};
use crate::service::limits::Wait;
use crate::service::rest::Refusal;

/// A refusal of a route of ACS. Only one for calling too often says when to come back: the SDKs try again by themselves
/// whatever status has that header, and nothing else gets better by waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::service::rest) struct AcsError {
    status: StatusCode,
    code: &'static str,
    message: String,
    target: Option<&'static str>,
    retry_after: Option<Duration>,
}

impl AcsError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), target: None, retry_after: None }
    }

    /// A request that can't be meant.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// A request whose sender is not known.
    pub(super) fn denied(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Denied", message)
    }

    /// A body of more than `limit` bytes.
    pub(super) fn too_long(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", format!("a body has at most {limit} bytes"))
    }

    /// The same, about the part of the request called `target`.
    pub(super) fn about(self, target: &'static str) -> Self {
        Self { target: Some(target), ..self }
    }
}

impl From<Unsigned> for AcsError {
    fn from(why: Unsigned) -> Self {
        Self::denied(why.to_string())
    }
}

impl From<Wait> for AcsError {
    fn from(Wait(wait): Wait) -> Self {
        let message = "too many of these in 30 seconds; try again a little later";
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", message);
        Self { retry_after: Some(wait), ..error }
    }
}

impl From<Refusal> for AcsError {
    fn from(Refusal { status, failure }: Refusal) -> Self {
        let code = match failure.code {
            _ if status == StatusCode::METHOD_NOT_ALLOWED => "MethodNotAllowed",
            FailureCode::BadRequest | FailureCode::NotUnderstood | FailureCode::MediaRefused => "BadRequest",
            FailureCode::Unauthenticated | FailureCode::TokenExpired => "Denied",
            FailureCode::Forbidden => "Forbidden",
            FailureCode::NotFound => "NotFound",
            FailureCode::Conflict => "Conflict",
            FailureCode::TooManyRequests => "TooManyRequests",
            FailureCode::Unavailable => "ServiceUnavailable",
            FailureCode::Internal | FailureCode::Unknown => "InternalServerError",
        };
        Self::new(status, code, failure.message)
    }
}

impl From<Failure> for AcsError {
    fn from(failure: Failure) -> Self {
        Refusal::from(failure).into()
    }
}

/// Says in the words of ACS what was refused in ours: what is common to all routes knows only those.
pub(in crate::service::rest) async fn in_its_words(response: Response) -> Response {
    let Some(refusal) = response.extensions().get::<Refusal>() else { return response };
    let mut said = AcsError::from(refusal.clone()).into_response();
    if let Some(methods) = response.headers().get(header::ALLOW) {
        said.headers_mut().insert(header::ALLOW, methods.clone());
    }
    said
}

#[derive(Serialize)]
struct Body<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'static str>,
}

impl IntoResponse for AcsError {
    fn into_response(self) -> Response {
        let error = Inner { code: self.code, message: &self.message, target: self.target };
        let mut response = (self.status, Json(Body { error })).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let schemes = HeaderValue::from_static("HMAC-SHA256, Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, schemes);
        }
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_handler_that_panics_is_told_of_in_the_words_of_acs() {
        let said = in_its_words(Refusal::unexpected().into_response()).await;
        assert_eq!(said.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(said.into_body(), 1000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["error"]["code"], "InternalServerError");
    }
}
