//! Refusals on HTTP: the status that fits each failure, and a JSON body always.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::ErrorBody;

/// A failure with its HTTP status. It stands beside the response made of it, for whoever says it in other words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub(super) status: StatusCode,
    pub(super) failure: Failure,
}

impl Refusal {
    /// A refusal whose status says more than its failure code does.
    pub fn new(status: StatusCode, code: FailureCode, message: impl Into<String>) -> Self {
        Self { status, failure: Failure::new(code, message) }
    }

    /// The refusal of what was carried out, and answered with something else than it is to be answered with.
    pub(super) fn unexpected() -> Self {
        Failure::broken().into()
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self { status: status_of(failure.code), failure }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(ErrorBody { error: self.failure.clone() });
        let mut response = (self.status, body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The HTTP status of a failure.
pub fn status_of(code: FailureCode) -> StatusCode {
    match code {
        FailureCode::BadRequest | FailureCode::NotUnderstood => StatusCode::BAD_REQUEST,
        FailureCode::Unauthenticated | FailureCode::TokenExpired => StatusCode::UNAUTHORIZED,
        FailureCode::Forbidden => StatusCode::FORBIDDEN,
        FailureCode::NotFound => StatusCode::NOT_FOUND,
        FailureCode::Conflict => StatusCode::CONFLICT,
        FailureCode::MediaRefused => StatusCode::UNPROCESSABLE_ENTITY,
        FailureCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        FailureCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        FailureCode::Internal | FailureCode::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The answer to a path that is not in the table.
pub(super) async fn no_such_route() -> Refusal {
    Failure::new(FailureCode::NotFound, "this service has no such path").into()
}

/// The answer to a known path with another method.
pub(super) async fn no_such_method() -> Refusal {
    let message = "this path does not take that method";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, FailureCode::BadRequest, message)
}

/// Tokens and people are in these answers: nobody in between keeps them.
pub(super) async fn not_stored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
