//! Routes for signing in with an account elsewhere, by the device authorization grant (RFC 8628).

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, State};

use super::Rest;
use super::answer::Refusal;
use super::body::Body;
use crate::base::{clock, task};
use crate::domain::audit::Deed;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{DevicePoll, DevicePolled, DeviceSignIn};
use crate::service::identity::Polled;

pub(super) async fn begin(
    State(rest): State<Rest>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Result<Json<DeviceSignIn>, Refusal> {
    let begun = rest.device_sign_ins.begin(peer.ip()).await;
    if begun.as_ref().is_err_and(|refused| refused.code == FailureCode::TooManyRequests) {
        rest.note_throttled(None, peer.ip()).await;
    }
    Ok(Json(begun?))
}

/// Goes on when the peer is gone: what the issuer gives out it gives out once, and an account that is made is noted.
pub(super) async fn poll(
    State(rest): State<Rest>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Body(asked): Body<DevicePoll>,
) -> Result<Json<DevicePolled>, Refusal> {
    let polled = task::to_the_end("device sign-in", async move {
        let polled = rest.device_sign_ins.poll(&asked.handle, &rest.identities, clock::unix_now()).await;
        if let Ok(Polled::Done { signed_in, made }) = &polled {
            tracing::info!(identity = %signed_in.me.identity, "signed in with an account elsewhere");
            if let (Some(user), Some(host)) = (made, rest.device_sign_ins.host()) {
                let detail = format!("at the first sign-in with {host}");
                rest.note("nobody", Deed::AccountAdded, Some(user.as_str()), Some(&detail), Some(peer.ip())).await;
            }
        }
        polled
    });
    Ok(Json(match polled.await.ok_or_else(Failure::broken)?? {
        Polled::Pending(wait) => {
            let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            DevicePolled::Pending { interval: u32::try_from(whole).unwrap_or(u32::MAX) }
        }
        Polled::Done { signed_in, .. } => DevicePolled::SignedIn(signed_in),
    }))
}
