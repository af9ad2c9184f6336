//! Exchanging a token of another issuer (OpenID Connect, such as Microsoft Entra ID) for one of this service.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

use super::error::AcsError;
use super::identity::{Token, read};
use super::limits::Limited;
use crate::base::clock;
use crate::base::secret::Secret;
use crate::domain::scope::Scopes;
use crate::service::identity::{NotBelieved, Outsider};
use crate::service::rest::Rest;
use crate::service::rest::audit::About;
use crate::service::rest::doors::bearer;

/// How long a token got by an exchange lasts.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// `POST /teamsUser/:exchangeAccessToken`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TeamsUser {
    token: Secret<String>,
    app_id: String,
    user_id: String,
}

/// The answer to the other exchanges.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::service::rest) struct Exchanged {
    access_token: Token,
}

/// A program exchanges the token of somebody, and says which of its users that is.
pub(in crate::service::rest) async fn teams_user(
    State(rest): State<Rest>,
    body: Bytes,
) -> Result<(Extension<About>, Json<Token>), AcsError> {
    let asked: TeamsUser = read(&body)?;
    rest.limits.take(Limited::Exchange, clock::now())?;
    let who = rest.issuers.verify(asked.token.expose(), clock::unix_now()).await?;
    let program =
        who.program.as_ref().map_or_else(|| who.audiences.contains(&asked.app_id), |program| *program == asked.app_id);
    if !program {
        return Err(AcsError::bad("the presented token was given to another application").about("appId"));
    }
    if asked.user_id != *who.object.as_ref().unwrap_or(&who.subject) {
        return Err(AcsError::bad("the presented token is another user's").about("userId"));
    }
    let (about, token) = token_for(&rest, &who).await?;
    Ok((Extension(about), Json(token)))
}

/// Somebody exchanges a token of their own.
pub(in crate::service::rest) async fn access(
    State(rest): State<Rest>,
    headers: HeaderMap,
) -> Result<(Extension<About>, Json<Exchanged>), AcsError> {
    let needed = || AcsError::denied("this needs a token of an issuer this service believes, as bearer");
    let presented = bearer(&headers).ok_or_else(needed)?;
    let who = rest.issuers.verify(presented, clock::unix_now()).await?;
    // Anybody may ask: what proves nothing uses nothing up of what is for all.
    rest.limits.take(Limited::Exchange, clock::now())?;
    let (about, access_token) = token_for(&rest, &who).await?;
    Ok((Extension(about), Json(Exchanged { access_token })))
}

async fn token_for(rest: &Rest, who: &Outsider) -> Result<(About, Token), AcsError> {
    let now = clock::unix_now();
    let identity = rest.identities.of_outsider(who, now).await?;
    let token = rest.identities.issue_token(&identity, Scopes::USER, LIFE, now).await?;
    let about = About { whom: Some(identity.to_string()), detail: Some(format!("for a token of {}", who.issuer)) };
    Ok((about, token.into()))
}

/// That an issuer can't be reached is no status the SDKs try again by themselves: it would look like a hang.
impl From<NotBelieved> for AcsError {
    fn from(why: NotBelieved) -> Self {
        match why {
            NotBelieved::NoIssuers | NotBelieved::NoProgram(_) => {
                Self::new(StatusCode::FORBIDDEN, "Forbidden", why.to_string())
            }
            NotBelieved::Invalid | NotBelieved::Expired => Self::denied(why.to_string()),
            NotBelieved::Unreachable => Self::new(StatusCode::BAD_GATEWAY, "BadGateway", why.to_string()),
        }
    }
}
