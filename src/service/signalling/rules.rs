//! What people say about all of their calls: rules, and what they chose to be. Kept first, then told to the running calls
//! and to all clients of the account.

use super::Signalling;
use super::requests::Caller;
use crate::domain::forwarding::CallRules;
use crate::domain::id::Identity;
use crate::domain::presence::PresenceChoice;
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;
use crate::protocol::response::Response;
use crate::service::bus::{Listener, News};
use crate::service::calls::Calls;
use crate::service::identity::Identities;
use crate::service::store::StoreError;

/// Tells the calls what is kept of all accounts, before anybody can call.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn load(identities: &Identities, calls: &Calls) -> Result<(), StoreError> {
    for (who, rules, presence) in identities.all_rules().await? {
        calls.set_rules(who.clone(), rules).await;
        calls.set_presence(who, presence).await;
    }
    Ok(())
}

impl Signalling {
    pub(super) async fn rules_set(&self, caller: &Caller, rules: CallRules) -> Result<Response, Failure> {
        let owner = &caller.person.identity;
        let _one_at_a_time = self.accounts.lock().await;
        self.identities.set_rules(owner, rules).await?;
        self.tell_rules(owner).await?;
        Ok(Response::Done {})
    }

    pub(super) async fn presence_set(&self, who: &Identity, presence: PresenceChoice) -> Result<Response, Failure> {
        let _one_at_a_time = self.accounts.lock().await;
        self.identities.set_presence(who, presence).await?;
        self.calls.set_presence(who.clone(), presence).await;
        Ok(Response::Done {})
    }

    /// Looks up whose rules lead to accounts that were closed, opened again or removed.
    pub(super) async fn follow_standings(self, mut changed: Listener<Identity>) {
        while let Some(news) = changed.next().await {
            let told = match news {
                News::Item(who) => self.tell_rules_naming(&who).await,
                // Which ones were missed is unknown: all are looked up.
                News::Missed(_) => self.tell_all_rules().await,
            };
            if let Err(failure) = told {
                tracing::warn!(%failure, "rules that name somebody who came or went were not looked up");
            }
        }
    }

    async fn tell_rules_naming(&self, who: &Identity) -> Result<(), Failure> {
        let _one_at_a_time = self.accounts.lock().await;
        for owner in self.identities.rules_naming(who).await? {
            self.tell_rules(&owner).await?;
        }
        // One that is removed has no rules any more.
        self.tell_rules(who).await
    }

    async fn tell_all_rules(&self) -> Result<(), Failure> {
        let _one_at_a_time = self.accounts.lock().await;
        for (owner, ..) in self.identities.all_rules().await? {
            self.tell_rules(&owner).await?;
        }
        Ok(())
    }

    /// Tells the calls, and all clients of the account, what its rules are now.
    async fn tell_rules(&self, owner: &Identity) -> Result<(), Failure> {
        let rules = self.identities.rules(owner).await?;
        self.calls.set_rules(owner.clone(), rules.clone()).await;
        self.registry.notify(owner, &Notice::RulesChanged { rules });
        Ok(())
    }
}
