//! Accounts, as an administrator sees them.

use super::Identities;
use crate::base::clock;
use crate::base::secret::Secret;
use crate::domain::id::{DisplayName, UserName};
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{Account, NewAccount};
use crate::service::store::accounts::{self, StoredAccount};
use crate::service::store::identities;

impl Identities {
    /// Makes an account.
    ///
    /// # Errors
    /// `conflict` when the name is taken, `bad_request` for a password of the wrong length.
    pub async fn add_account(&self, new: NewAccount) -> Result<Account, Failure> {
        let taken = || Failure::new(FailureCode::Conflict, format!("the user name {} is taken", new.user));
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
        };
        let stored = StoredAccount { account: account.clone(), password_hash: Some(hash), demo: false };
        if accounts::add(&self.inner.db, &stored).await? { Ok(account) } else { Err(taken()) }
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn accounts(&self) -> Result<Vec<Account>, Failure> {
        Ok(accounts::list(&self.inner.db).await?)
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
        self.revoke(user).await
    }

    /// Refuses sign-ins to an account from now on and ends what is signed in, or allows them again.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn set_disabled(&self, user: &UserName, disabled: bool) -> Result<Account, Failure> {
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
        let account = self.account(user).await?;
        if !accounts::remove(&self.inner.db, user).await? {
            return Err(no_such_account(user));
        }
        if let Some(identity) = account.identity {
            self.gone(&identity);
        }
        Ok(())
    }

    async fn account(&self, user: &UserName) -> Result<Account, Failure> {
        let stored = accounts::find(&self.inner.db, user).await?;
        stored.map(|stored| stored.account).ok_or_else(|| no_such_account(user))
    }

    async fn revoke(&self, user: &UserName) -> Result<(), Failure> {
        if let Some(identity) = self.account(user).await?.identity {
            self.end_tokens(&identity, clock::unix_now()).await?;
        }
        Ok(())
    }
}

/// The display name to keep: the user name where there is nothing to show.
pub(super) fn shown_as(chosen: Option<DisplayName>, user: &UserName) -> DisplayName {
    chosen.filter(|name| !name.as_str().is_empty()).unwrap_or_else(|| DisplayName::from(user.as_str()))
}

fn no_such_account(user: &UserName) -> Failure {
    Failure::new(FailureCode::NotFound, format!("there is no account called {user}"))
}
