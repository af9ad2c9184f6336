//! What accounts say about their calls: their rules, checked and told with who the people are that they name; and what
//! their owners chose to be.

use std::collections::BTreeSet;

use super::Identities;
use crate::domain::forwarding::{AccountRules, CallRules, ForwardWhen};
use crate::domain::id::Identity;
use crate::domain::person::Person;
use crate::domain::presence::PresenceChoice;
use crate::protocol::failure::{Failure, FailureCode};
use crate::service::bus::Listener;
use crate::service::store::{StoreError, identities, rules};

impl Identities {
    /// The rules of an account. Who is gone, or whose account is closed, is not among their people.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rules(&self, owner: &Identity) -> Result<AccountRules, Failure> {
        Ok(self.said(owner).await?.0)
    }

    /// Replaces the rules of an account. Who was named before may be named on though they are gone.
    ///
    /// # Errors
    /// `bad_request` for a forward to oneself and for too many exceptions, `not_found` for somebody nobody knows.
    pub async fn set_rules(&self, owner: &Identity, mut new: CallRules) -> Result<(), Failure> {
        let bad = |message: String| Err(Failure::new(FailureCode::BadRequest, message));
        if ForwardWhen::ALL.into_iter().any(|when| new.to(when) == Some(owner)) {
            return bad("you can't forward calls to yourself; choose somebody else".to_owned());
        }
        let mut seen = BTreeSet::new();
        new.except.retain(|who| seen.insert(who.clone()));
        if new.except.len() > CallRules::MOST_EXCEPT {
            return bad(format!("do not disturb has at most {} exceptions", CallRules::MOST_EXCEPT));
        }
        let before = rules::of(&self.inner.db, owner).await?.rules;
        let known = before.named();
        for who in new.named() {
            if !known.contains(&who) && self.person(who).await?.is_none() {
                return Err(Failure::new(FailureCode::NotFound, format!("nobody has the identity {who}")));
            }
        }
        Ok(rules::set(&self.inner.db, owner, &new).await?)
    }

    /// Keeps what somebody chose to be.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_presence(&self, owner: &Identity, presence: PresenceChoice) -> Result<(), Failure> {
        Ok(rules::set_presence(&self.inner.db, owner, presence).await?)
    }

    /// The accounts that say anything.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn rules_owners(&self) -> Result<Vec<Identity>, StoreError> {
        rules::owners(&self.inner.db).await
    }

    /// All that an account says.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn said(&self, owner: &Identity) -> Result<(AccountRules, PresenceChoice), StoreError> {
        let kept = rules::of(&self.inner.db, owner).await?;
        Ok((self.with_people(kept.rules).await?, kept.presence))
    }

    /// Whose rules name somebody.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rules_naming(&self, who: &Identity) -> Result<Vec<Identity>, Failure> {
        Ok(rules::naming(&self.inner.db, who).await?)
    }

    /// Hears of identities whose accounts were closed, opened again or removed.
    pub fn standing_changed(&self) -> Listener<Identity> {
        self.inner.standing_changed.listen()
    }

    async fn with_people(&self, rules: CallRules) -> Result<AccountRules, StoreError> {
        let mut people = Vec::new();
        for who in rules.named() {
            people.extend(self.somebody_there(who).await?);
        }
        Ok(AccountRules { rules, people })
    }

    /// Who has this identity, and may sign in.
    pub(super) async fn somebody_there(&self, who: &Identity) -> Result<Option<Person>, StoreError> {
        if let Some(bot) = self.bot(who) {
            return Ok(Some(bot.clone()));
        }
        match identities::standing(&self.inner.db, who).await? {
            Some(standing) if !standing.disabled => identities::person_of(&self.inner.db, who).await,
            Some(_) | None => Ok(None),
        }
    }
}
