//! What an ACME authority is answered that looks whether a host name is this service (HTTP-01, RFC 8555 section 8.3).

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::{Rest, answer};

pub(super) async fn answer(State(rest): State<Rest>, token: Result<Path<String>, PathRejection>) -> Response {
    match token.ok().and_then(|Path(token)| rest.answers.to(&token)) {
        Some(answer) => answer.into_response(),
        None => answer::no_such_route().await.into_response(),
    }
}
