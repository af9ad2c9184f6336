//! Friend requests: asked, accepted, declined, withdrawn. Who asks learns when it is accepted, and nothing else.

use super::friends::{full, full_there, nobody, on_the_list};
use super::{Identities, MAX_FRIENDS, locked};
use crate::base::clock;
use crate::config::FriendPolicy;
use crate::domain::call::Direction;
use crate::domain::id::Identity;
use crate::domain::person::{FriendRequest, Person};
use crate::protocol::failure::{Failure, FailureCode};
use crate::service::store::friend_requests::{self as requests, Accepted, Asked, Most};

/// How many requests of somebody, and to somebody, may be open.
pub const MAX_REQUESTS: usize = 100;

/// What came of adding somebody to a friend list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Befriended {
    /// That person is on it.
    Added(Person),
    /// Each is on the list of the other.
    Both(Person),
    /// That person was asked; the open request, as who asked sees it.
    Asked(FriendRequest),
}

impl Identities {
    /// Puts `friend` on the list of `owner`, or asks first, as the policy is. Bots are not asked.
    ///
    /// # Errors
    /// As [`Identities::add_friend`]; `conflict` when that person was asked before and when too many requests are open,
    /// `too_many_requests`.
    pub async fn befriend(&self, owner: &Identity, friend: &Identity) -> Result<Befriended, Failure> {
        let direct = self.inner.settings.people.friends == FriendPolicy::Direct;
        if direct || self.bot(friend).is_some() {
            return self.add_friend(owner, friend).await.map(Befriended::Added);
        }
        let person = self.may_add(owner, friend).await?;
        if self.is_friend(owner, friend).await? {
            return Err(on_the_list(&person));
        }
        locked(&self.inner.asks).take(owner.clone(), clock::now()).map_err(|wait| {
            let message = format!("you ask too many people; try again in {} s", wait.0.as_secs() + 1);
            Failure::new(FailureCode::TooManyRequests, message)
        })?;
        let now = clock::unix_now();
        let conflict = |message: String| Err(Failure::new(FailureCode::Conflict, message));
        let most = Most { open: MAX_REQUESTS, friends: MAX_FRIENDS };
        match requests::ask(&self.inner.db, owner, friend, most, now).await? {
            Asked::Friends => Ok(Befriended::Both(person)),
            Asked::Open => Ok(Befriended::Asked(FriendRequest { person, direction: Direction::Outgoing, at: now })),
            Asked::Before => conflict(format!("you have asked {} already", person.display_name)),
            Asked::TooMany => conflict(format!("{MAX_REQUESTS} of your requests are open; withdraw one of them first")),
            Asked::TooManyThere => {
                conflict(format!("{} has too many open requests; try again later", person.display_name))
            }
            Asked::Full => Err(full()),
            Asked::FullThere => Err(full_there(&person)),
        }
    }

    /// The open requests of `who`, in both directions, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn friend_requests(&self, who: &Identity) -> Result<Vec<FriendRequest>, Failure> {
        Ok(requests::open(&self.inner.db, who, MAX_REQUESTS).await?)
    }

    /// The open request of `asker` that `asked` may see.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn friend_request_of(&self, asker: &Person, asked: &Identity) -> Result<Option<FriendRequest>, Failure> {
        Ok(requests::of(&self.inner.db, asker, asked).await?)
    }

    /// `asked` accepts what `asker` asked: each is on the list of the other. Says who that is.
    ///
    /// # Errors
    /// `not_found` when nothing such is open, `conflict` for a full list.
    pub async fn accept_friend(&self, asked: &Identity, asker: &Identity) -> Result<Person, Failure> {
        let person = self.may_add(asked, asker).await?;
        match requests::accept(&self.inner.db, asked, asker, MAX_FRIENDS, clock::unix_now()).await? {
            Accepted::Done => Ok(person),
            Accepted::None => Err(none()),
            Accepted::Full => Err(full()),
            Accepted::FullThere => Err(full_there(&person)),
        }
    }

    /// `asked` declines what `asker` asked, who is not told.
    ///
    /// # Errors
    /// `not_found` when nothing such is open.
    pub async fn decline_friend(&self, asked: &Identity, asker: &Identity) -> Result<(), Failure> {
        if requests::decline(&self.inner.db, asked, asker).await? { Ok(()) } else { Err(none()) }
    }

    /// `asker` withdraws what was asked; says whether `asked` saw it.
    ///
    /// # Errors
    /// `not_found` when nothing such is open.
    pub async fn withdraw_friend(&self, asker: &Identity, asked: &Identity) -> Result<bool, Failure> {
        if self.person(asked).await?.is_none() {
            return Err(nobody());
        }
        requests::withdraw(&self.inner.db, asker, asked).await?.ok_or_else(none)
    }
}

fn none() -> Failure {
    Failure::new(FailureCode::NotFound, "there is no such friend request; it was withdrawn, or answered already")
}
