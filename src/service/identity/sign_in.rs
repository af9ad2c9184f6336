//! Signing in, staying signed in, signing out; and telling whether an access token counts.

use std::net::IpAddr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::remembered::Print;
use super::token::Grant;
use super::tries::Try;
use super::{Identities, MAX_TOKEN_LIFE, Verified, locked, token};
use crate::base::secret::Secret;
use crate::base::{clock, entropy};
use crate::domain::audit::Deed;
use crate::domain::id::{Identity, UserName};
use crate::domain::person::Person;
use crate::domain::scope::Scopes;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{SignIn, SignedIn};
use crate::service::limits::{self, Wait};
use crate::service::store::accounts::{self, StoredAccount};
use crate::service::store::audit::{self, NewEntry};
use crate::service::store::identities::{self, Standing};
use crate::service::store::refresh_tokens::{self, Exchange, NewToken};

impl Identities {
    /// Signs somebody in who knows the password, or the demo secret for a demo account.
    ///
    /// # Errors
    /// `unauthenticated` for an unknown name and for a wrong password alike, `forbidden` for a disabled account,
    /// `too_many_requests` for too many wrong tries on this account or from this peer.
    pub async fn sign_in(&self, request: SignIn, peer: IpAddr, now: UnixMillis) -> Result<SignedIn, Failure> {
        let tally = &self.inner.tally;
        let peer = limits::peer(peer);
        let counted = locked(&self.inner.tries).take(&request.user, peer, clock::now());
        let counted = counted.map_err(throttled).inspect_err(|_| {
            tally.throttled.inc();
        })?;
        let signed_in = self.sign_in_once(request, counted, now).await;
        tally.sign_in_ended(&signed_in);
        if let Ok(signed_in) = &signed_in {
            self.seen_at(&signed_in.me.name, peer);
        }
        signed_in
    }

    /// Signs somebody in whose try was counted.
    async fn sign_in_once(&self, request: SignIn, counted: Try, now: UnixMillis) -> Result<SignedIn, Failure> {
        let SignIn { user, password } = request;
        let checked = self.check_password(&user, password).await;
        if !matches!(checked, Ok(None)) {
            locked(&self.inner.tries).give_back(counted, clock::now());
        }
        let wrong = || Failure::new(FailureCode::Unauthenticated, "wrong user name or password");
        let then = checked?.ok_or_else(wrong)?;
        if then.account.disabled {
            return Err(disabled());
        }
        let me = self.identify(&user, now).await?.ok_or_else(wrong)?;
        let signed_in = self.begin_sign_in(me, now).await?;
        // The password may have been changed, and everything revoked, before the new token was kept.
        let since = accounts::find(&self.inner.db, &user).await?;
        if since.is_none_or(|since| since.password_hash != then.password_hash) {
            self.sign_out(&signed_in.refresh_token).await?;
            return Err(wrong());
        }
        Ok(signed_in)
    }

    /// The first tokens of a sign-in of somebody who has proven who it is.
    pub(super) async fn begin_sign_in(&self, me: Person, now: UnixMillis) -> Result<SignedIn, Failure> {
        let refresh = fresh_token();
        let next = NewToken { hash: &hash(&refresh), expires_at: self.refresh_ends(now) };
        refresh_tokens::begin(&self.inner.db, &me.identity, &entropy::uuid().to_string(), next, now).await?;
        self.tokens(me, refresh, now).await
    }

    /// Remembers that whoever an account belongs to is at `peer`: what others guess does not keep that one from signing in.
    pub fn seen_at(&self, user: &UserName, peer: IpAddr) {
        locked(&self.inner.tries).seen(user, limits::peer(peer));
    }

    /// Exchanges a refresh token for new tokens. Each works once; the last one works again for a short while, as long as
    /// its successor was not used.
    ///
    /// # Errors
    /// `unauthenticated` for one that is unknown, ran out or was used before (which ends every token of that sign-in),
    /// `forbidden` for a disabled account.
    pub async fn refresh(&self, refresh_token: &Secret<String>, now: UnixMillis) -> Result<SignedIn, Failure> {
        let refresh = fresh_token();
        let next = NewToken { hash: &hash(&refresh), expires_at: self.refresh_ends(now) };
        match refresh_tokens::exchange(&self.inner.db, &hash(refresh_token), next, now).await? {
            Exchange::Done(identity) => {
                let me = self.person(&identity).await?.ok_or_else(signed_out)?;
                self.tokens(me, refresh, now).await
            }
            Exchange::Unknown => Err(signed_out()),
            Exchange::Reused(identity) => {
                tracing::warn!("a refresh token was used twice; its sign-in was ended");
                self.note_reuse(&identity, now).await;
                Err(signed_out())
            }
        }
    }

    /// Ends the sign-in a refresh token belongs to. An unknown one is fine: it is ended already.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self, refresh_token: &Secret<String>) -> Result<(), Failure> {
        Ok(refresh_tokens::end(&self.inner.db, &hash(refresh_token)).await?)
    }

    async fn note_reuse(&self, identity: &Identity, now: UnixMillis) {
        let (what, about) = (Deed::RefreshTokenReused, Some(identity.as_str()));
        let entry = NewEntry { at: now, who: "nobody", what, about, detail: None, address: None };
        if let Err(error) = audit::add(&self.inner.db, &entry).await {
            tracing::error!(%error, what = what.as_str(), "the audit trail could not take what was done");
        }
    }

    /// Who acts with an access token.
    ///
    /// # Errors
    /// `token_expired` for one that ran out; `unauthenticated` for one that was not issued here, was revoked, or whose
    /// account is gone; `forbidden` for a disabled account.
    pub async fn verify(&self, access_token: &str, now: UnixMillis) -> Result<Verified, Failure> {
        let verified = self.read(access_token, now)?;
        self.still_counts(&verified.identity, verified.issued_at).await?;
        Ok(verified)
    }

    /// What a token says that was issued here and has not run out, whether it counts or not.
    fn read(&self, access_token: &str, now: UnixMillis) -> Result<Verified, Failure> {
        if access_token.len() > token::MAX_LENGTH {
            return Err(token::refused());
        }
        let (remembered, print) = (&self.inner.remembered, Print::of(access_token));
        if let Some(known) = remembered.token(print, now) {
            return Ok(known);
        }
        let verified = token::verify(&self.inner.keys, self.inner.resource, access_token, now)?;
        remembered.keep_token(print, verified.clone());
        Ok(verified)
    }

    /// Whether a token that was issued to an identity at some time was not revoked since.
    ///
    /// # Errors
    /// `unauthenticated` for one that was, or whose identity is gone; `forbidden` for a disabled account.
    pub async fn still_counts(&self, identity: &Identity, issued_at: UnixMillis) -> Result<(), Failure> {
        let standing = self.standing(identity).await?.ok_or_else(token::refused)?;
        if standing.disabled {
            return Err(disabled());
        }
        if issued_at <= standing.tokens_not_before { Err(token::refused()) } else { Ok(()) }
    }

    async fn standing(&self, identity: &Identity) -> Result<Option<Standing>, Failure> {
        let turn = match self.inner.remembered.standing(identity) {
            Ok(known) => return Ok(Some(known)),
            Err(turn) => turn,
        };
        let read = identities::standing(&self.inner.db, identity).await?;
        if let Some(standing) = read {
            self.inner.remembered.keep_standing(identity, standing, turn);
        }
        Ok(read)
    }

    /// The account, if it is there and this is its password. An unknown name takes the same work as a wrong password.
    async fn check_password(&self, user: &UserName, given: Secret<String>) -> Result<Option<StoredAccount>, Failure> {
        let stored = accounts::find(&self.inner.db, user).await?;
        if stored.as_ref().is_some_and(|stored| stored.demo) && self.is_demo_secret(&given) {
            return Ok(stored);
        }
        let hash = stored.as_ref().and_then(|stored| stored.password_hash.clone());
        let right = self.inner.passwords.matches(given, hash).await?;
        Ok(stored.filter(|_| right))
    }

    fn is_demo_secret(&self, given: &Secret<String>) -> bool {
        locked(&self.inner.demo_secret).as_ref().is_some_and(|secret| {
            verify_slices_are_equal(secret.expose().as_bytes(), given.expose().as_bytes()).is_ok()
        })
    }

    /// Issues the access token that goes with a refresh token just kept.
    async fn tokens(&self, me: Person, refresh_token: Secret<String>, now: UnixMillis) -> Result<SignedIn, Failure> {
        let standing = identities::standing(&self.inner.db, &me.identity).await?.ok_or_else(signed_out)?;
        if standing.disabled {
            return Err(disabled());
        }
        let life = self.inner.settings.access_token_life.min(MAX_TOKEN_LIFE);
        let (identity, not_before) = (&me.identity, standing.tokens_not_before);
        let grant = Grant { identity, scopes: Scopes::USER, life, now, not_before, delegated: false };
        let (access_token, expires_at) = self.grant(grant)?;
        // Had everything been revoked before the standing was read, the token would count all the same.
        if !refresh_tokens::is_kept(&self.inner.db, &hash(&refresh_token)).await? {
            return Err(signed_out());
        }
        Ok(SignedIn { me, access_token, expires_at, refresh_token })
    }

    fn refresh_ends(&self, now: UnixMillis) -> UnixMillis {
        now.plus(i64::try_from(self.inner.settings.refresh_token_life.as_millis()).unwrap_or(i64::MAX))
    }
}

/// 256 random bits as text.
fn fresh_token() -> Secret<String> {
    Secret::new(URL_SAFE_NO_PAD.encode(entropy::bytes::<32>()))
}

/// What is kept of a refresh token. It is random, so a plain hash is enough.
fn hash(token: &Secret<String>) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, token.expose().as_bytes()))
}

fn throttled(Wait(wait): Wait) -> Failure {
    let seconds = wait.as_secs() + 1;
    Failure::new(FailureCode::TooManyRequests, format!("too many wrong sign-ins; try again in {seconds} s"))
}

pub(super) fn disabled() -> Failure {
    Failure::new(FailureCode::Forbidden, "this account is disabled; ask whoever runs the service")
}

fn signed_out() -> Failure {
    Failure::new(FailureCode::Unauthenticated, "the sign-in has ended: sign in again")
}
