//! What a request passes before a handler sees it: our names, its peer's rate, the deadline, and who may come in.

use std::net::{IpAddr, SocketAddr};
use std::sync::PoisonError;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::acs::signature::Claim;
use super::acs::{self, Unproven};
use super::answer::Refusal;
use super::audit::Actor;
use super::{MAX_BODY, Names, Rest, body};
use crate::base::clock;
use crate::protocol::failure::{Failure, FailureCode};
use crate::service::limits::{self, Wait};

/// Refuses requests whose `Host` is not this service and those a page of another site sends.
pub(super) async fn only_ours(State(names): State<Names>, request: Request, next: Next) -> Response {
    match check_names(&names, &request) {
        Ok(()) => next.run(request).await,
        Err(message) => refuse(FailureCode::Forbidden, message),
    }
}

/// Refuses a peer that calls too often.
pub(super) async fn not_too_often(State(rest): State<Rest>, request: Request, next: Next) -> Response {
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
        tracing::error!("the HTTP server does not say who its peers are");
        return refuse(FailureCode::Internal, "the service is set up wrongly; its log knows more");
    };
    let taken = rest.peers.lock().unwrap_or_else(PoisonError::into_inner).take(limits::peer(peer.ip()), clock::now());
    match taken {
        Ok(()) => next.run(request).await,
        Err(Wait(wait)) => {
            let message = format!("too many requests; try again in {} ms", wait.as_millis() + 1);
            refuse(FailureCode::TooManyRequests, message)
        }
    }
}

/// Gives up on a request that takes too long, a body that trickles in included.
pub(super) async fn in_time(State(rest): State<Rest>, request: Request, next: Next) -> Response {
    let deadline = if request.uri().path() == super::BACKUP { super::BACKUP_DEADLINE } else { rest.deadline };
    match tokio::time::timeout(deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let message = "the request took too long; it may still be carried out: look before you try again";
            refuse(FailureCode::Unavailable, message)
        }
    }
}

/// Lets users in, and tells the handler who it is.
pub(super) async fn users(State(rest): State<Rest>, mut request: Request, next: Next) -> Response {
    let Some(token) = bearer(request.headers()) else {
        return refuse(FailureCode::Unauthenticated, "sign in first: this needs an access token as bearer");
    };
    match rest.identities.verify(token, clock::unix_now()).await {
        Ok(verified) => {
            request.extensions_mut().insert(verified);
            next.run(request).await
        }
        Err(failure) => Refusal::from(failure).into_response(),
    }
}

/// Lets in whoever knows the admin secret or signs with an access key, and users whose accounts have the role; tells the
/// handler who it is.
pub(super) async fn admins(State(rest): State<Rest>, mut request: Request, next: Next) -> Response {
    if Claim::is_made(request.headers()) {
        let proven = acs::signed_by_a_key(&rest.access_keys, request, MAX_BODY, clock::unix_now()).await;
        return match proven {
            Ok(request) => next.run(request).await,
            Err(Unproven::Unsigned(why)) => refuse(FailureCode::Unauthenticated, why.to_string()),
            Err(Unproven::TooLong) => body::too_long().into_response(),
            Err(Unproven::BrokenOff) => refuse(FailureCode::BadRequest, "the body broke off"),
        };
    }
    match administrator(&rest, bearer(request.headers()).unwrap_or_default()).await {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(failure) => Refusal::from(failure).into_response(),
    }
}

async fn administrator(rest: &Rest, shown: &str) -> Result<Actor, Failure> {
    // Hashes have one length, so that comparing them tells nothing about the secret's.
    let [given, secret] = [shown, rest.admin_secret.expose()].map(|text| digest(&SHA256, text.as_bytes()));
    if verify_slices_are_equal(given.as_ref(), secret.as_ref()).is_ok() {
        return Ok(Actor("admin-secret".to_owned()));
    }
    let verified = rest.identities.verify(shown, clock::unix_now()).await.map_err(|refused| match refused.code {
        FailureCode::Unauthenticated => {
            let message = "this needs the service's admin secret as bearer, which is in service.json in its data \
                           folder, or the access token of an account with the role admin, or a signature made with \
                           an access key";
            Failure::new(FailureCode::Unauthenticated, message)
        }
        _ => refused,
    })?;
    let administrator = rest.identities.administrator(&verified.identity).await?;
    let user = administrator.ok_or_else(|| {
        Failure::new(FailureCode::Forbidden, "this account may not administrate: it needs the role admin")
    })?;
    if verified.delegated {
        let message = "a token that a program gave out does not administrate, whosever it is: sign in";
        return Err(Failure::new(FailureCode::Forbidden, message));
    }
    Ok(Actor(format!("user:{user}")))
}

/// Lets in who asks on this machine; from elsewhere as [`admins`]. What came through a proxy is from elsewhere.
pub(super) async fn locals(state: State<Rest>, request: Request, next: Next) -> Response {
    if is_local(&request) { next.run(request).await } else { admins(state, request, next).await }
}

fn is_local(request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let near = peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
    let headers = request.headers();
    let passed_on = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    near && is_loopback_name(host) && !passed_on.iter().any(|name| headers.contains_key(*name))
}

/// Whether a `Host` is `localhost` or a loopback address.
fn is_loopback_name(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_matches(['[', ']']);
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn check_names(names: &Names, request: &Request) -> Result<(), String> {
    let hosts: Vec<_> =
        request.headers().get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or("")).collect();
    let host_known = match hosts[..] {
        [host] => names.is_host(host),
        _ => false,
    };
    // A target in absolute form names a host too, and it wins over the header (RFC 9112 section 3.2.2).
    let target_known = request.uri().authority().is_none_or(|authority| names.is_host(authority.as_str()));
    if !host_known || !target_known {
        return Err("this service does not go by the name in Host; add it with --public-url if it should".to_owned());
    }
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    if !origins.all(|origin| origin.to_str().is_ok_and(|origin| names.is_origin(origin))) {
        return Err("this service takes no requests from pages of other web sites (Origin)".to_owned());
    }
    Ok(())
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn refuse(code: FailureCode, message: impl Into<String>) -> Response {
    Refusal::from(Failure::new(code, message)).into_response()
}
