//! Friend lists, and the favourites among them.

use std::collections::BTreeMap;

use super::Identities;
use super::people::by_display_name;
use crate::base::clock;
use crate::config::FriendPolicy;
use crate::domain::id::Identity;
use crate::domain::person::{Favourite, Person};
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::service::store::friends::{self, Added};
use crate::service::store::identities;

/// How many friends somebody may have.
pub const MAX_FRIENDS: usize = 1000;

impl Identities {
    /// The friends of `owner`, sorted by display name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn friends(&self, owner: &Identity) -> Result<Vec<Person>, Failure> {
        let mut people = friends::people(&self.inner.db, owner).await?;
        let listed = friends::identities(&self.inner.db, owner).await?;
        people.extend(listed.iter().filter_map(|identity| self.bot(identity)).cloned());
        people.sort_by_cached_key(by_display_name);
        Ok(people)
    }

    /// Puts `friend` on the list of `owner`, whatever the policy, and says who that is.
    ///
    /// # Errors
    /// `not_found` for an identity nobody has, `conflict` for one that is on the list already or a full list,
    /// `bad_request` for oneself.
    pub async fn add_friend(&self, owner: &Identity, friend: &Identity) -> Result<Person, Failure> {
        let person = self.may_add(owner, friend).await?;
        match friends::add(&self.inner.db, owner, friend, MAX_FRIENDS, clock::unix_now()).await? {
            Added::Done => Ok(person),
            Added::There => Err(on_the_list(&person)),
            Added::Full => Err(full()),
        }
    }

    /// Who `friend` is, given that both are somebody, and not the same one.
    pub(super) async fn may_add(&self, owner: &Identity, friend: &Identity) -> Result<Person, Failure> {
        if owner == friend {
            return Err(Failure::new(FailureCode::BadRequest, "you can't put yourself on your own friend list"));
        }
        let person = self.person(friend).await?.ok_or_else(nobody)?;
        if self.person(owner).await?.is_none() {
            return Err(nobody());
        }
        Ok(person)
    }

    /// Takes `friend` off the list of `owner`; and `owner` off the list of `friend`, where friends are friends of each
    /// other. Says whether that one was there.
    ///
    /// # Errors
    /// `not_found` when it was not there.
    pub async fn remove_friend(&self, owner: &Identity, friend: &Identity) -> Result<bool, Failure> {
        let both = self.inner.settings.people.friends == FriendPolicy::Request;
        friends::remove(&self.inner.db, owner, friend, both).await?.ok_or_else(no_friend)
    }

    /// The favourites of `owner`, with their numbers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn favourites(&self, owner: &Identity) -> Result<BTreeMap<Identity, Favourite>, Failure> {
        Ok(friends::favourites(&self.inner.db, owner).await?.into_iter().collect())
    }

    /// The row of `friend` on the list of `owner`: who that is, and under which number; nothing for somebody who is not on it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn friend(
        &self,
        owner: &Identity,
        friend: &Identity,
    ) -> Result<Option<(Person, Option<Favourite>)>, Failure> {
        let Some(favourite) = friends::favourite(&self.inner.db, owner, friend).await? else { return Ok(None) };
        Ok(self.person(friend).await?.map(|person| (person, favourite)))
    }

    /// Makes `friend` a favourite of `owner` under a number, or none any more; says whose rows of the list are others
    /// now: whoever had the number lost it.
    ///
    /// # Errors
    /// `not_found` for somebody who is not on the list.
    pub async fn favour(
        &self,
        owner: &Identity,
        friend: &Identity,
        favourite: Option<Favourite>,
    ) -> Result<Vec<Identity>, Failure> {
        let before = friends::favour(&self.inner.db, owner, friend, favourite).await?.ok_or_else(no_friend)?;
        Ok(before.into_iter().chain([friend.clone()]).collect())
    }

    /// Whether `friend` is on the list of `owner`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_friend(&self, owner: &Identity, friend: &Identity) -> Result<bool, Failure> {
        Ok(friends::has(&self.inner.db, owner, friend).await?)
    }

    /// Who has `identity` on the friend list, and is told of its presence: whom it does not block.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn watchers(&self, identity: &Identity) -> Result<Vec<Identity>, Failure> {
        Ok(friends::watchers(&self.inner.db, identity).await?)
    }

    /// Who has `identity` on the friend list.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn followers(&self, identity: &Identity) -> Result<Vec<Identity>, Failure> {
        Ok(friends::followers(&self.inner.db, identity).await?)
    }

    /// When each friend of `owner` was last seen, for those who ever were.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn last_seen_of_friends(&self, owner: &Identity) -> Result<BTreeMap<Identity, UnixMillis>, Failure> {
        Ok(identities::last_seen_of_friends(&self.inner.db, owner).await?)
    }
}

pub(super) fn full() -> Failure {
    let message = format!("a friend list holds at most {MAX_FRIENDS} people; remove somebody first");
    Failure::new(FailureCode::Conflict, message)
}

pub(super) fn full_there(person: &Person) -> Failure {
    Failure::new(FailureCode::Conflict, format!("the friend list of {} is full", person.display_name))
}

pub(super) fn on_the_list(person: &Person) -> Failure {
    Failure::new(FailureCode::Conflict, format!("{} is on your friend list already", person.display_name))
}

fn no_friend() -> Failure {
    Failure::new(FailureCode::NotFound, "that person is not on your friend list")
}

pub(super) fn nobody() -> Failure {
    Failure::new(FailureCode::NotFound, "there is nobody with that identity")
}
