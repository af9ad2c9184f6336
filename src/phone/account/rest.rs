//! The REST requests of an account.

use serde::{Deserialize, Serialize};

use super::AccountError;
use crate::base::cause::innermost;
use crate::phone::connector::Connector;
use crate::phone::trust::{self, tls_error};
use crate::protocol::failure::FailureCode;
use crate::protocol::rest::ErrorBody;

pub(super) async fn post<B: Serialize, A: for<'a> Deserialize<'a>>(
    way: &Connector,
    route: &str,
    body: &B,
) -> Result<A, AccountError> {
    read(way, send(way, route, body).await?).await
}

pub(super) async fn send<B: Serialize>(
    way: &Connector,
    route: &str,
    body: &B,
) -> Result<reqwest::Response, AccountError> {
    answered(way, client(way)?.post(way.server().rest(route)).json(body)).await
}

/// What requests are made with.
pub(super) fn client(way: &Connector) -> Result<&reqwest::Client, AccountError> {
    way.client().map_err(AccountError::Untrusted)
}

/// Why a request had no answer.
pub fn unreachable(way: &Connector, error: &reqwest::Error) -> AccountError {
    let server = way.server();
    match tls_error(error) {
        Some(why) => match trust::distrust(why) {
            Some(why) => AccountError::Untrusted(why),
            None => AccountError::Unreachable(format!("no answer from {server}: {}", trust::words(why))),
        },
        // It took the connection, and not the request.
        None if !server.is_tls() && !error.is_connect() && !error.is_timeout() => AccountError::Unreachable(format!(
            "no usable answer from {server}: {}; does it take https:// only?",
            innermost(error)
        )),
        None => AccountError::Unreachable(format!("no answer from {server}: {}", innermost(error))),
    }
}

/// What was answered.
///
/// # Errors
/// [`AccountError::Unreachable`] when it is something else.
pub async fn read<A: for<'a> Deserialize<'a>>(way: &Connector, response: reqwest::Response) -> Result<A, AccountError> {
    let other = |e: reqwest::Error| {
        let server = way.server();
        AccountError::Unreachable(format!(
            "{server} answered something else than a Switchboard service would: {}",
            innermost(&e)
        ))
    };
    response.json().await.map_err(other)
}

/// Sends a request; an answer that is a refusal becomes an error.
pub(super) async fn answered(
    way: &Connector,
    request: reqwest::RequestBuilder,
) -> Result<reqwest::Response, AccountError> {
    let response = request.send().await.map_err(|e| unreachable(way, &e))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    match response.json::<ErrorBody>().await {
        Ok(body) if worth_another_try(body.error.code) => Err(AccountError::Unreachable(body.error.message)),
        Ok(body) => Err(AccountError::Refused(body.error)),
        Err(_) => {
            let server = way.server();
            let https = if server.is_tls() { "" } else { " Or does it take https:// only?" };
            Err(AccountError::Unreachable(format!("{server} answered {status}; is it a Switchboard service?{https}")))
        }
    }
}

fn worth_another_try(code: FailureCode) -> bool {
    matches!(code, FailureCode::TooManyRequests | FailureCode::Unavailable | FailureCode::Internal)
}
