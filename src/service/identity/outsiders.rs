//! People of other issuers (OpenID Connect): the identity that somebody is here whom an issuer vouches for, and their
//! account where they sign in with it.

use super::device::Names;
use super::issuers::MAX_NAME;
use super::programs::is_of_the_accountless;
use super::{Identities, Outsider};
use crate::base::entropy;
use crate::config::{Issuer, OidcAccounts};
use crate::domain::id::{DisplayName, Identity, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::role::Role;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{Account, OutsideSubject, SignedIn};
use crate::service::store::accounts::{self, Added, StoredAccount};
use crate::service::store::{identities, outside_subjects};

/// How often the account of an identity is looked for and made: a second time where another request was quicker.
const TRIES: usize = 2;

impl Identities {
    /// The identity of somebody another issuer vouches for, made on first use. When it was deleted, the next is another.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of_outsider(&self, who: &Outsider, now: UnixMillis) -> Result<Identity, Failure> {
        let db = &self.inner.db;
        if let Some(identity) = outside_subjects::find(db, &who.issuer, &who.subject).await? {
            return Ok(identity);
        }
        let offer = self.create_identity(now).await?;
        let bound = outside_subjects::bind(db, &who.issuer, &who.subject, &offer).await?;
        if bound != offer {
            // Another request of the same person was quicker.
            self.delete_identity(&offer).await?;
        }
        Ok(bound)
    }

    /// Signs in somebody another issuer vouches for, and says which account was made for that, if one was. Who has none
    /// gets one called after `names` where `accounts` lets everybody in: always a new one, whatever accounts there are.
    ///
    /// # Errors
    /// `forbidden` for a disabled account, and for somebody without one where only the known may sign in.
    pub(super) async fn sign_in_outsider(
        &self,
        who: &Outsider,
        names: &Names,
        accounts: OidcAccounts,
        now: UnixMillis,
    ) -> Result<(SignedIn, Option<UserName>), Failure> {
        let signing_in = async {
            let (stored, made) = match self.account_of_outsider(who).await? {
                Some(stored) => (stored, false),
                None if accounts == OidcAccounts::Made => self.make_account_of(who, names, now).await?,
                None => return Err(not_known(who)),
            };
            if stored.account.disabled {
                return Err(super::sign_in::disabled());
            }
            let user = stored.account.user;
            let me = self.identify(&user, now).await?.ok_or_else(|| not_known(who))?;
            Ok((self.begin_sign_in(me, now).await?, made.then_some(user)))
        };
        let signed_in = signing_in.await;
        self.inner.tally.sign_in_ended(&signed_in);
        signed_in
    }

    /// Binds somebody of another issuer to an account: whoever signs in there so is signed in as that account.
    ///
    /// # Errors
    /// `not_found` without such an account, `bad_request` for no issuer or subject, `conflict` for somebody who is bound to
    /// another account.
    pub async fn bind_outsider(
        &self,
        user: &UserName,
        who: &OutsideSubject,
        now: UnixMillis,
    ) -> Result<Account, Failure> {
        check(who)?;
        let account = self.account(user).await?;
        let me = self.identify(user, now).await?.ok_or_else(|| super::accounts::no_such_account(user))?;
        let bound = outside_subjects::bind(&self.inner.db, &who.issuer, &who.subject, &me.identity).await?;
        if bound != me.identity {
            let other = self.person(&bound).await?.map_or_else(|| bound.to_string(), |person| person.name.to_string());
            let message = format!("{} of {} is bound to {other} already", who.subject, who.issuer);
            return Err(Failure::new(FailureCode::Conflict, message));
        }
        Ok(Account { identity: Some(me.identity), ..account })
    }

    /// Ends that. What is signed in stays signed in.
    ///
    /// # Errors
    /// `not_found` without such an account, or where it is not bound so.
    pub async fn unbind_outsider(&self, user: &UserName, who: &OutsideSubject) -> Result<Account, Failure> {
        let account = self.account(user).await?;
        let there = match &account.identity {
            Some(identity) => outside_subjects::unbind(&self.inner.db, &who.issuer, &who.subject, identity).await?,
            None => false,
        };
        let message = || format!("{user} is not bound to {} of {}", who.subject, who.issuer);
        if there { Ok(account) } else { Err(Failure::new(FailureCode::NotFound, message())) }
    }

    async fn account_of_outsider(&self, who: &Outsider) -> Result<Option<StoredAccount>, Failure> {
        let db = &self.inner.db;
        match outside_subjects::find(db, &who.issuer, &who.subject).await? {
            Some(identity) => Ok(accounts::of_identity(db, &identity).await?),
            None => Ok(None),
        }
    }

    /// The account of somebody who had none a moment ago, and whether it was made here.
    async fn make_account_of(
        &self,
        who: &Outsider,
        names: &Names,
        now: UnixMillis,
    ) -> Result<(StoredAccount, bool), Failure> {
        for _ in 0..TRIES {
            let identity = self.of_outsider(who, now).await?;
            for user in names.user_names(u32::from_le_bytes(entropy::bytes())) {
                let new = without_password(&user, names, &identity, now);
                if self.is_taken(&user, &identity).await? {
                    continue;
                }
                match accounts::add_for(&self.inner.db, &new, &identity).await? {
                    Added::Done => {
                        // Whoever knew the identity without an account knew it by another name.
                        self.inner.shown_otherwise.tell(identity);
                        return Ok((new, true));
                    }
                    Added::Taken => {}
                    Added::NotFree => break,
                }
            }
            // It has one by now, or is gone.
            if let Some(stored) = self.account_of_outsider(who).await? {
                return Ok((stored, false));
            }
        }
        Err(Failure::new(FailureCode::Unavailable, "no account could be made for you just now; try again"))
    }

    /// Whether somebody else than `identity` is called `user`, or may be.
    async fn is_taken(&self, user: &UserName, identity: &Identity) -> Result<bool, Failure> {
        if is_of_the_accountless(user) {
            return Ok(true);
        }
        let is_bot = self.inner.bots.iter().any(|bot| bot.name == *user);
        let named = identities::named(&self.inner.db, user).await?;
        Ok(is_bot || named.is_some_and(|person| person.identity != *identity))
    }
}

fn without_password(user: &UserName, names: &Names, identity: &Identity, now: UnixMillis) -> StoredAccount {
    let shown = names.name.as_deref().map(DisplayName::from);
    let account = Account {
        user: user.clone(),
        display_name: super::accounts::shown_as(shown, user),
        identity: Some(identity.clone()),
        disabled: false,
        created_at: now,
        role: Role::User,
        organisation: Organisation::default(),
    };
    StoredAccount { account, password_hash: None, demo: false }
}

fn check(who: &OutsideSubject) -> Result<(), Failure> {
    let bad = |message: String| Failure::new(FailureCode::BadRequest, message);
    who.issuer.parse::<Issuer>().map_err(|why| bad(why.to_string()))?;
    if [&who.issuer, &who.subject].iter().any(|text| text.is_empty() || text.len() > MAX_NAME) {
        return Err(bad(format!("issuer and subject have 1 to {MAX_NAME} bytes")));
    }
    Ok(())
}

fn not_known(who: &Outsider) -> Failure {
    let Outsider { issuer, subject, .. } = who;
    let message = format!(
        "{issuer} knows you, but you have no account here; ask whoever runs the service to bind one to your subject there, \
         {subject}"
    );
    Failure::new(FailureCode::Forbidden, message)
}
