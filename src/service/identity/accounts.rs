//! Accounts, as an administrator sees them.

use super::{Identities, locked};
use crate::base::clock;
use crate::base::secret::Secret;
use crate::domain::id::{DisplayName, Identity, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::role::Role;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{Account, NewAccount, OrganisationRow};
use crate::service::bus::Listener;
use crate::service::store::accounts::{self, StoredAccount};
use crate::service::store::identities;

impl Identities {
    /// Makes an account.
    ///
    /// # Errors
    /// `conflict` when the name is taken, `bad_request` for a password of the wrong length.
    pub async fn add_account(&self, new: NewAccount) -> Result<Account, Failure> {
        let taken = || taken(&new.user);
        let is_bot = self.inner.bots.iter().any(|bot| bot.name == new.user);
        if is_bot || accounts::find(&self.inner.db, &new.user).await?.is_some() {
            return Err(taken());
        }
        if identities::named(&self.inner.db, &new.user).await?.is_some() {
            return Err(taken());
        }
        let hash = self.inner.passwords.hash(new.password.clone()).await?;
        let account = Account {
            user: new.user.clone(),
            display_name: shown_as(new.display_name.clone(), &new.user),
            identity: None,
            disabled: false,
            created_at: clock::unix_now(),
            role: Role::User,
            organisation: new.organisation.clone(),
        };
        let stored = StoredAccount { account: account.clone(), password_hash: Some(hash), demo: false };
        if accounts::add(&self.inner.db, &stored).await? { Ok(account) } else { Err(taken()) }
    }

    /// The accounts that follow `after`, or the first ones, by name; `limit` at the most.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn accounts(&self, after: Option<&UserName>, limit: u16) -> Result<Vec<Account>, Failure> {
        Ok(accounts::list(&self.inner.db, after, limit).await?)
    }

    /// The account called `user`.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn account(&self, user: &UserName) -> Result<Account, Failure> {
        let stored = accounts::find(&self.inner.db, user).await?;
        stored.map(|stored| stored.account).ok_or_else(|| no_such_account(user))
    }

    /// The open account that has this identity, if its role lets it administrate.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn administrator(&self, identity: &Identity) -> Result<Option<UserName>, Failure> {
        let account = accounts::role_of(&self.inner.db, identity).await?;
        Ok(account.filter(|(_, role)| *role == Role::Admin).map(|(user, _)| user))
    }

    /// Shows an account under another name from now on; under its user name where there is nothing to show.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn set_display_name(&self, user: &UserName, name: DisplayName) -> Result<Account, Failure> {
        if !accounts::set_display_name(&self.inner.db, user, &shown_as(Some(name), user)).await? {
            return Err(no_such_account(user));
        }
        self.shown_anew(user).await
    }

    /// Moves an account into an organisation; one nobody belonged to is there from now on.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn set_organisation(&self, user: &UserName, to: &Organisation) -> Result<Account, Failure> {
        if !accounts::set_organisation(&self.inner.db, user, to).await? {
            return Err(no_such_account(user));
        }
        self.shown_anew(user).await
    }

    /// The organisations there are, by name: those that accounts belong to.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn organisations(&self) -> Result<Vec<OrganisationRow>, Failure> {
        Ok(accounts::organisations(&self.inner.db).await?)
    }

    /// Hears of people who are shown otherwise now: under another name, or as somebody of another organisation.
    pub fn shown_otherwise(&self) -> Listener<Identity> {
        self.inner.shown_otherwise.listen()
    }

    /// Shows the owner of an account under another name from now on, as [`Identities::set_display_name`] does.
    ///
    /// # Errors
    /// `forbidden` for an identity without an account, `unauthenticated` for one that is gone.
    pub async fn set_own_name(&self, owner: &Identity, name: DisplayName) -> Result<(), Failure> {
        if let Some(stored) = accounts::of_identity(&self.inner.db, owner).await? {
            return self.set_display_name(&stored.account.user, name).await.map(drop);
        }
        let (code, why) = match self.person(owner).await? {
            Some(_) => (
                FailureCode::Forbidden,
                "an identity without an account is called as it is; only accounts have a display name",
            ),
            None => (FailureCode::Unauthenticated, "this account is gone; sign in again"),
        };
        Err(Failure::new(code, why))
    }

    /// Says what an account may do besides calling, from its next request on.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn set_role(&self, user: &UserName, role: Role) -> Result<Account, Failure> {
        if !accounts::set_role(&self.inner.db, user, role).await? {
            return Err(no_such_account(user));
        }
        self.account(user).await
    }

    /// Gives an account a new password and ends whatever is signed in with the old one.
    ///
    /// # Errors
    /// `not_found`, or `bad_request` for a password of the wrong length.
    pub async fn set_password(&self, user: &UserName, password: Secret<String>) -> Result<(), Failure> {
        self.account(user).await?;
        let hash = self.inner.passwords.hash(password).await?;
        if !accounts::set_password(&self.inner.db, user, &hash).await? {
            return Err(no_such_account(user));
        }
        locked(&self.inner.tries).forget(user);
        self.revoke(user).await
    }

    /// Refuses sign-ins to an account from now on and ends what is signed in, or allows them again.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn set_disabled(&self, user: &UserName, disabled: bool) -> Result<Account, Failure> {
        let _changing = self.inner.remembered.changing(None);
        if !accounts::set_disabled(&self.inner.db, user, disabled).await? {
            return Err(no_such_account(user));
        }
        if disabled {
            self.revoke(user).await?;
        }
        let account = self.account(user).await?;
        if let Some(identity) = account.identity.clone() {
            self.inner.standing_changed.tell(identity);
        }
        Ok(account)
    }

    /// Removes an account for good, with its identity; somebody new under the same name is somebody else.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn remove_account(&self, user: &UserName) -> Result<(), Failure> {
        let _changing = self.inner.remembered.changing(None);
        let removed = accounts::remove(&self.inner.db, user, clock::unix_now()).await?;
        let removed = removed.ok_or_else(|| no_such_account(user))?;
        locked(&self.inner.tries).forget(user);
        if let Some(gone) = removed.identity {
            self.tell_gone(gone);
        }
        Ok(())
    }

    /// Tells that the person behind an account is shown otherwise; the account comes back.
    async fn shown_anew(&self, user: &UserName) -> Result<Account, Failure> {
        let account = self.account(user).await?;
        if let Some(identity) = account.identity.clone() {
            self.inner.shown_otherwise.tell(identity);
        }
        Ok(account)
    }

    async fn revoke(&self, user: &UserName) -> Result<(), Failure> {
        if let Some(identity) = self.account(user).await?.identity {
            self.end_tokens(&identity, clock::unix_now()).await?;
        }
        Ok(())
    }
}

/// The refusal of a name somebody has, or may not have.
pub(super) fn taken(user: &UserName) -> Failure {
    Failure::new(FailureCode::Conflict, format!("the user name {user} is taken"))
}

/// The display name to keep: the user name where there is nothing to show.
pub(super) fn shown_as(chosen: Option<DisplayName>, user: &UserName) -> DisplayName {
    chosen.filter(|name| !name.as_str().is_empty()).unwrap_or_else(|| DisplayName::from(user.as_str()))
}

pub(super) fn no_such_account(user: &UserName) -> Failure {
    Failure::new(FailureCode::NotFound, format!("there is no account called {user}"))
}
