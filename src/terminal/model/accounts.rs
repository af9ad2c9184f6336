//! The sign-ins that are saved on this machine, as the screen lists them.

use super::{Model, Popup};
use crate::config::ServerUrl;
use crate::domain::id::UserName;
use crate::phone::account::{Keeper, Who};

/// A saved sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedAccount {
    /// Whose.
    pub user: UserName,
    /// At which service.
    pub server: ServerUrl,
    /// Where it is kept.
    pub keeper: Keeper,
    /// Whether this phone is signed in with it.
    pub used: bool,
}

/// As whom a person wants to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoOn {
    /// With this saved sign-in.
    As(Who),
    /// With one that is yet to be made.
    AsNew,
    /// With another one, for this one is to be forgotten.
    Without(Who),
}

impl SavedAccount {
    /// What it is called, so that no other one is meant.
    pub fn who(&self) -> Who {
        Who::whole(&self.user, &self.server)
    }
}

impl Model {
    /// What stands beside the name in the header: the service, where several sign-ins are saved.
    pub fn signed_in_at(&self) -> Option<String> {
        let used = self.accounts.iter().find(|account| account.used).filter(|_| self.accounts.len() > 1)?;
        let (host, port) = used.server.socket();
        let same_host = |other: &&SavedAccount| other.server.socket().0 == host && other.server.socket().1 != port;
        let several = self.accounts.iter().any(|other| same_host(&other));
        Some(if several { format!("{host}:{port}") } else { host.to_owned() })
    }

    /// The saved sign-in selected in the list of them.
    pub fn account_selected(&self) -> Option<&SavedAccount> {
        match self.popup {
            Some(Popup::Accounts(row)) => self.accounts.get(row),
            _ => None,
        }
    }
}
