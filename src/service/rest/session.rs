//! Routes for anyone and for users: sign in, refresh, sign out, who am I, health, keys.

use std::net::SocketAddr;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::Value;

use super::answer::Refusal;
use super::audit::About;
use super::body::Body;
use super::{Rest, openapi};
use crate::base::clock;
use crate::domain::person::Person;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::request::Request;
use crate::protocol::rest::{Health, NewMe, Refresh, SignIn, SignInWays, SignOut, SignUp, SignedIn};
use crate::service::identity::Verified;

pub(super) async fn health(State(rest): State<Rest>) -> Json<Health> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Json(Health { status: "ok".to_owned(), instance: rest.instance, version })
}

/// The OpenAPI document of our own routes, which are the same for every service.
static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi::document().to_string().into());

pub(super) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.clone()).into_response()
}

pub(super) async fn keys(State(rest): State<Rest>) -> Json<Value> {
    Json(rest.identities.jwks())
}

pub(super) async fn ways(State(rest): State<Rest>) -> Json<SignInWays> {
    let oidc = rest.device_sign_ins.host().map(str::to_owned);
    Json(SignInWays { password: true, registration: rest.identities.registers(), oidc })
}

pub(super) async fn sign_in(
    State(rest): State<Rest>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Body(request): Body<SignIn>,
) -> Result<Json<SignedIn>, Refusal> {
    let user = request.user.clone();
    let signed_in = rest.identities.sign_in(request, peer.ip(), clock::unix_now()).await;
    if signed_in.as_ref().is_err_and(|refused| refused.code == FailureCode::TooManyRequests) {
        rest.note_throttled(Some(&user), peer.ip()).await;
    }
    let signed_in = signed_in.inspect_err(|refused| tracing::info!(code = ?refused.code, "a sign-in was refused"))?;
    tracing::info!(identity = %signed_in.me.identity, "signed in");
    Ok(Json(signed_in))
}

pub(super) async fn sign_up(
    State(rest): State<Rest>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Body(request): Body<SignUp>,
) -> Result<(StatusCode, Extension<About>, Json<SignedIn>), Refusal> {
    let signed_in = rest.identities.sign_up(request, peer.ip(), clock::unix_now()).await;
    let signed_in = signed_in.inspect_err(|refused| tracing::info!(code = ?refused.code, "a sign-up was refused"))?;
    let about = About { whom: Some(signed_in.me.name.to_string()), detail: None };
    Ok((StatusCode::CREATED, Extension(about), Json(signed_in)))
}

pub(super) async fn refresh(
    State(rest): State<Rest>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Body(request): Body<Refresh>,
) -> Result<Json<SignedIn>, Refusal> {
    let signed_in = rest.identities.refresh(&request.refresh_token, clock::unix_now()).await?;
    rest.identities.seen_at(&signed_in.me.name, peer.ip());
    Ok(Json(signed_in))
}

pub(super) async fn sign_out(State(rest): State<Rest>, Body(request): Body<SignOut>) -> Result<StatusCode, Refusal> {
    rest.identities.sign_out(&request.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn me(
    State(rest): State<Rest>,
    Extension(verified): Extension<Verified>,
) -> Result<Json<Person>, Refusal> {
    Ok(Json(rest.person(&verified).await?))
}

pub(super) async fn change_me(
    State(rest): State<Rest>,
    Extension(verified): Extension<Verified>,
    Body(NewMe { display_name }): Body<NewMe>,
) -> Result<Json<Person>, Refusal> {
    if let Some(display_name) = display_name {
        rest.done(&verified, Request::ProfileSet { display_name }).await?;
    }
    Ok(Json(rest.person(&verified).await?))
}

impl Rest {
    /// Who somebody is, as is shown now.
    async fn person(&self, who: &Verified) -> Result<Person, Failure> {
        let gone = || Failure::new(FailureCode::NotFound, "the account is gone");
        self.identities.person(&who.identity).await?.ok_or_else(gone)
    }
}
