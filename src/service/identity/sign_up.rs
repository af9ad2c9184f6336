//! Making an account for oneself, where whoever runs the service lets people do so.

use std::net::IpAddr;

use super::programs::is_of_the_accountless;
use super::{Identities, locked};
use crate::base::clock;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{NewAccount, SignUp, SignedIn};
use crate::service::limits::{self, Wait};

impl Identities {
    /// Whether people may make accounts for themselves.
    pub fn registers(&self) -> bool {
        self.inner.settings.registration
    }

    /// Makes an account for whoever asks, and signs in with it. It is of the usual organisation, and no administrator.
    ///
    /// # Errors
    /// `forbidden` where people may not do so, `too_many_requests` for a peer that makes or tries too many, `conflict` for a
    /// name that is taken or kept for others than people, `bad_request` for a password of the wrong length.
    pub async fn sign_up(&self, request: SignUp, peer: IpAddr, now: UnixMillis) -> Result<SignedIn, Failure> {
        if !self.registers() {
            return Err(Failure::new(FailureCode::Forbidden, NOT_HERE));
        }
        let peer = limits::peer(peer);
        locked(&self.inner.sign_ups).take(peer, clock::now()).map_err(too_many)?;
        let SignUp { user, display_name, password } = request;
        if is_of_the_accountless(&user) {
            return Err(super::accounts::taken(&user));
        }
        self.add_account(NewAccount { display_name, ..NewAccount::new(user.clone(), password) }).await?;
        let gone = || Failure::new(FailureCode::NotFound, "the account was removed again");
        let me = self.identify(&user, now).await?.ok_or_else(gone)?;
        let signed_in = self.begin_sign_in(me, now).await?;
        self.seen_at(&user, peer);
        Ok(signed_in)
    }
}

const NOT_HERE: &str = "accounts of this service are made by whoever runs it: ask them for one";

fn too_many(Wait(wait): Wait) -> Failure {
    let seconds = wait.as_secs() + 1;
    let wait = if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) };
    let message = format!("too many accounts were asked for from this address; try again in {wait}");
    Failure::new(FailureCode::TooManyRequests, message)
}
