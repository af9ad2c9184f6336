//! What people say about all of their calls: rules, and what they chose to be (whom they block is in [`super::people`]). Kept
//! first, then told to the running calls and to all clients of the account.

use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

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

/// Tells the calls what is kept of all accounts, before anybody can call. What can't be read of one keeps nobody else from
/// calling.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn load(identities: &Identities, calls: &Calls) -> Result<(), StoreError> {
    for who in identities.rules_owners().await? {
        match identities.said(&who).await {
            Ok((rules, presence)) => {
                calls.set_rules(who.clone(), rules).await;
                calls.set_presence(who, presence).await;
            }
            Err(why @ StoreError::Damaged(_)) => {
                tracing::error!(%why, %who, "what an account says about its calls is left out");
            }
            Err(why) => return Err(why),
        }
    }
    for (who, blocked) in identities.block_lists().await? {
        calls.set_blocked(who, blocked).await;
    }
    Ok(())
}

/// Turns in which what accounts say is kept and told, so that what is told last of an account is what was kept last. Few
/// share one: who says a lot, or much, keeps hardly anybody waiting.
#[derive(Debug, Default)]
pub(super) struct Turns {
    queues: [Mutex<()>; 32],
    order: RandomState,
}

impl Turns {
    /// Waits for a turn of this account, which lasts until it is dropped.
    pub(super) async fn of(&self, who: &Identity) -> MutexGuard<'_, ()> {
        self.queue(who).lock().await
    }

    fn queue(&self, who: &Identity) -> &Mutex<()> {
        &self.queues[self.order.hash_one(who) as usize % self.queues.len()]
    }
}

impl Signalling {
    pub(super) async fn rules_set(&self, caller: &Caller, rules: CallRules) -> Result<Response, Failure> {
        let owner = &caller.person.identity;
        let _turn = self.accounts.of(owner).await;
        self.identities.set_rules(owner, rules).await?;
        self.tell_rules(owner).await?;
        Ok(Response::Done {})
    }

    pub(super) async fn presence_set(&self, who: &Identity, presence: PresenceChoice) -> Result<Response, Failure> {
        let _turn = self.accounts.of(who).await;
        self.identities.set_presence(who, presence).await?;
        self.calls.set_presence(who.clone(), presence).await;
        Ok(Response::Done {})
    }

    /// Looks up whose rules lead to accounts that were closed, opened again or removed.
    pub(super) async fn follow_standings(self, mut changed: Listener<Identity>) {
        while let Some(news) = changed.next().await {
            let owners = match news {
                News::Item(who) => self.touched_by(who).await,
                // Which ones were missed is unknown: all are looked up.
                News::Missed(_) => self.identities.rules_owners().await.map_err(Failure::from),
            };
            match owners {
                Ok(owners) => self.tell_all_anew(&owners).await,
                Err(failure) => tracing::warn!(%failure, "whose rules name somebody who came or went is not known"),
            }
        }
    }

    /// Whose rules are others once somebody came or went.
    async fn touched_by(&self, who: Identity) -> Result<Vec<Identity>, Failure> {
        let mut owners = self.identities.rules_naming(&who).await?;
        // One that is removed has no rules any more.
        owners.push(who);
        Ok(owners)
    }

    async fn tell_all_anew(&self, owners: &[Identity]) {
        for owner in owners {
            if let Err(failure) = self.tell_rules_anew(owner).await {
                tracing::warn!(%failure, %owner, "rules that name somebody who came or went were not looked up");
            }
        }
    }

    async fn tell_rules_anew(&self, owner: &Identity) -> Result<(), Failure> {
        let _turn = self.accounts.of(owner).await;
        self.tell_rules(owner).await
    }

    /// Tells the calls, and all clients of the account, what its rules are now; in a turn of the account.
    async fn tell_rules(&self, owner: &Identity) -> Result<(), Failure> {
        let rules = self.identities.rules(owner).await?;
        self.calls.set_rules(owner.clone(), rules.clone()).await;
        self.registry.notify(owner, &Notice::RulesChanged { rules });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn accounts_wait_for_themselves_and_few_others() {
        let turns = Turns::default();
        let people: Vec<Identity> = (0..1000).map(|n| Identity::acs(Uuid::nil(), Uuid::from_u128(n))).collect();
        let turn = turns.of(&people[0]).await;
        assert!(turns.queue(&people[0]).try_lock().is_err());
        let waiting = people.iter().filter(|who| turns.queue(who).try_lock().is_err()).count();
        assert!(waiting < 200, "{waiting} of 1000 wait for one");
        drop(turn);
        assert!(people.iter().all(|who| turns.queue(who).try_lock().is_ok()));
    }
}
