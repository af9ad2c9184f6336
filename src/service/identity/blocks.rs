//! Block lists. Who is blocked is not told so, by nothing of what is here.

use std::collections::{BTreeMap, BTreeSet};

use super::Identities;
use super::friends::nobody;
use super::people::by_display_name;
use crate::base::clock;
use crate::domain::id::Identity;
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::service::store::{StoreError, blocks};

/// How many people somebody may block.
pub const MAX_BLOCKED: usize = 500;

impl Identities {
    /// The people `owner` blocks, sorted by display name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn blocked(&self, owner: &Identity) -> Result<Vec<Person>, Failure> {
        let mut people = blocks::people(&self.inner.db, owner).await?;
        people.sort_by_cached_key(by_display_name);
        Ok(people)
    }

    /// Whom `owner` blocks.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn block_list(&self, owner: &Identity) -> Result<BTreeSet<Identity>, Failure> {
        Ok(blocks::identities(&self.inner.db, owner).await?)
    }

    /// The block lists of everybody who has one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn block_lists(&self) -> Result<BTreeMap<Identity, BTreeSet<Identity>>, StoreError> {
        blocks::all(&self.inner.db).await
    }

    /// Who blocks `identity`, and when each is shown there to have been seen last.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn blockers(&self, identity: &Identity) -> Result<BTreeMap<Identity, Option<UnixMillis>>, Failure> {
        Ok(blocks::of(&self.inner.db, identity).await?)
    }

    /// Whom `owner` could block by this identity.
    ///
    /// # Errors
    /// `not_found` for an identity nobody has, `bad_request` for oneself and for bots, who call nobody unasked.
    pub async fn to_block(&self, owner: &Identity, identity: &Identity) -> Result<Person, Failure> {
        let bad = |message: &str| Err(Failure::new(FailureCode::BadRequest, message));
        if owner == identity {
            return bad("you can't block yourself");
        }
        if self.bot(identity).is_some() {
            return bad("that is a service of this place, which calls nobody unasked; it can't be blocked");
        }
        self.person(identity).await?.ok_or_else(nobody)
    }

    /// Puts `person` on the block list of `owner`, who is shown there to have been seen last at `last_seen`.
    ///
    /// # Errors
    /// `conflict` for somebody who is on it, and for a full list.
    pub async fn block(&self, owner: &Identity, person: &Person, last_seen: Option<UnixMillis>) -> Result<(), Failure> {
        let (db, now) = (&self.inner.db, clock::unix_now());
        if blocks::add(db, owner, &person.identity, last_seen, MAX_BLOCKED, now).await? {
            return Ok(());
        }
        let there = self.blockers(&person.identity).await?.contains_key(owner);
        let message = match there {
            true => format!("you block {} already", person.display_name),
            false => format!("a block list holds at most {MAX_BLOCKED} people; unblock somebody first"),
        };
        Err(Failure::new(FailureCode::Conflict, message))
    }

    /// Takes somebody off the block list of `owner`.
    ///
    /// # Errors
    /// `not_found` for somebody who is not on it.
    pub async fn unblock(&self, owner: &Identity, identity: &Identity) -> Result<(), Failure> {
        if blocks::remove(&self.inner.db, owner, identity).await? {
            return Ok(());
        }
        Err(Failure::new(FailureCode::NotFound, "that person is not on your block list"))
    }
}
