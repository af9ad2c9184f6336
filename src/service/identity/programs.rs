//! What programs do with identities: they make them, without an account, give out tokens for them, revoke and delete
//! them. And the tokens programs act with themselves.

use std::sync::atomic::Ordering;
use std::time::Duration;

use uuid::Uuid;

use super::token::{self, Grant, VerifiedApp};
use super::{Identities, MAX_TOKEN_LIFE};
use crate::base::secret::Secret;
use crate::base::{clock, entropy};
use crate::domain::id::{Identity, UserName};
use crate::domain::scope::Scopes;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::service::bus::Listener;
use crate::service::store::identities::{self, Gone};

/// How often a name is looked for that nobody has: of 2⁴⁸ names, the first one is nearly always free.
const NAMES_TRIED: usize = 4;

/// What the names of identities without an account begin with, and how many hexadecimal digits follow.
const ACCOUNTLESS: &str = "user-";
const DIGITS: usize = 12;

impl Identities {
    /// Makes an identity without an account: whoever has a token for it can call and be called.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn create_identity(&self, now: UnixMillis) -> Result<Identity, Failure> {
        for _ in 0..NAMES_TRIED {
            let user = entropy::uuid();
            let identity = Identity::acs(self.inner.resource, user);
            if identities::add(&self.inner.db, &identity, &name_of(user), now).await? {
                return Ok(identity);
            }
        }
        Err(Failure::new(FailureCode::Unavailable, "no name was free for a new identity; try again"))
    }

    /// A token that a program gives out for an identity, with or without an account, and when it runs out. It is good for all
    /// that its `scopes` say, and never for administrating: that is not for every program. The refresh tokens of who signed in
    /// are none of its business: it ends with its `life`.
    ///
    /// # Errors
    /// `not_found` for an identity that was never made here or was deleted, `forbidden` for a disabled account,
    /// `bad_request` for a life beyond [`MAX_TOKEN_LIFE`] and for no scopes.
    pub async fn issue_token(
        &self,
        identity: &Identity,
        scopes: Scopes,
        life: Duration,
        now: UnixMillis,
    ) -> Result<(Secret<String>, UnixMillis), Failure> {
        let not_before = UnixMillis(0);
        self.issue(Grant { identity, scopes, life, now, not_before, delegated: true }).await
    }

    /// The token that is asked for, if its holder may have one now.
    pub(super) async fn issue(&self, asked: Grant<'_>) -> Result<(Secret<String>, UnixMillis), Failure> {
        check_life(asked.life)?;
        if asked.scopes.is_empty() {
            return Err(Failure::new(FailureCode::BadRequest, "a token has at least one scope"));
        }
        let identity = asked.identity;
        let standing = identities::standing(&self.inner.db, identity).await?.ok_or_else(|| unknown(identity))?;
        if standing.disabled {
            return Err(super::sign_in::disabled());
        }
        self.grant(Grant { not_before: standing.tokens_not_before, ..asked })
    }

    /// Ends every token of an identity, refresh tokens included; those issued from now on count.
    ///
    /// # Errors
    /// `not_found` for an identity that was never made here or was deleted.
    pub async fn revoke_tokens(&self, identity: &Identity, now: UnixMillis) -> Result<(), Failure> {
        if self.end_tokens(identity, now).await? { Ok(()) } else { Err(unknown(identity)) }
    }

    /// Deletes an identity for good, with its tokens, friends, rules and past calls. An account it had stays, and gets
    /// another identity when one is needed. One that is gone already is fine.
    ///
    /// # Errors
    /// `not_found` for an identity that is none of this service's.
    pub async fn delete_identity(&self, identity: &Identity) -> Result<(), Failure> {
        let ours = identity.as_str().starts_with(&format!("8:acs:{}_", self.inner.resource));
        if !ours || self.bot(identity).is_some() {
            return Err(unknown(identity));
        }
        let changing = self.inner.remembered.changing(Some(identity));
        let gone = identities::remove(&self.inner.db, identity, clock::unix_now()).await?;
        drop(changing);
        if let Some(gone) = gone {
            self.tell_gone(gone);
        }
        Ok(())
    }

    /// A token a program called `name` acts with, as with an access key, and when it runs out. The name is written as a
    /// user name, and is no account: it only says in the logs who acted.
    ///
    /// # Errors
    /// `bad_request` for a name that is none and a life beyond [`MAX_TOKEN_LIFE`].
    pub fn issue_app_token(
        &self,
        name: &str,
        life: Duration,
        now: UnixMillis,
    ) -> Result<(Secret<String>, UnixMillis), Failure> {
        check_life(life)?;
        let name: UserName = name.parse().map_err(|_| {
            Failure::new(
                FailureCode::BadRequest,
                "an app's name is 1 to 64 characters of a-z, 0-9, dot, dash and underscore",
            )
        })?;
        self.inner.tally.issued.inc();
        token::issue_app(&self.inner.keys, self.inner.resource, name, life, now)
    }

    /// Which program acts with a token.
    ///
    /// # Errors
    /// `token_expired` for one that ran out; `unauthenticated` for one that was not issued here, or to a person.
    pub fn verify_app(&self, token: &str, now: UnixMillis) -> Result<VerifiedApp, Failure> {
        token::verify_app(&self.inner.keys, self.inner.resource, token, now)
    }

    /// Signs a token.
    pub(super) fn grant(&self, grant: Grant<'_>) -> Result<(Secret<String>, UnixMillis), Failure> {
        self.inner.tally.issued.inc();
        self.inner.last_dated.fetch_max(grant.dated().0, Ordering::SeqCst);
        token::issue(&self.inner.keys, self.inner.resource, grant)
    }

    /// Ends every token of an identity and tells whoever serves its clients; `false` when there is none such.
    pub(super) async fn end_tokens(&self, identity: &Identity, now: UnixMillis) -> Result<bool, Failure> {
        // Whatever was issued is ended, also when the machine's clock went back since.
        let until = now.max(UnixMillis(self.inner.last_dated.load(Ordering::SeqCst)));
        let changing = self.inner.remembered.changing(Some(identity));
        let there = identities::revoke(&self.inner.db, identity, until).await?;
        drop(changing);
        if there {
            self.inner.tally.revoked.inc();
            self.inner.revoked.tell(identity.clone());
        }
        Ok(there)
    }

    /// Hears of identities that are no more.
    pub fn gone(&self) -> Listener<Gone> {
        self.inner.gone.listen()
    }

    /// Tells everybody concerned that an identity is no more.
    pub(super) fn tell_gone(&self, gone: Gone) {
        self.inner.revoked.tell(gone.identity.clone());
        self.inner.standing_changed.tell(gone.identity.clone());
        self.inner.gone.tell(gone);
    }
}

/// What somebody without an account is called: `user-` and the first twelve digits of the GUID.
fn name_of(user: Uuid) -> UserName {
    let digits = user.simple().to_string();
    format!("{ACCOUNTLESS}{}", &digits[..DIGITS]).parse().expect("hexadecimal digits are allowed in user names")
}

/// Whether a name is one of those, which nobody gets unless an administrator says so.
pub(super) fn is_of_the_accountless(name: &UserName) -> bool {
    let digits = name.as_str().strip_prefix(ACCOUNTLESS).map(str::as_bytes);
    digits.is_some_and(|digits| digits.len() == DIGITS && digits.iter().all(u8::is_ascii_hexdigit))
}

fn check_life(life: Duration) -> Result<(), Failure> {
    if life <= MAX_TOKEN_LIFE {
        return Ok(());
    }
    Err(Failure::new(FailureCode::BadRequest, "a token lasts at most 24 hours"))
}

fn unknown(identity: &Identity) -> Failure {
    Failure::new(FailureCode::NotFound, format!("nobody has the identity {identity}"))
}
