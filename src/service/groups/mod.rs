//! Groups as the service keeps them: the named ones and who has them on their list, the codes of all, and how long the
//! code of a group without a name is good.
//!
//! ```text
//!   named:    create ─▶ on its owner's list ── share, join ─▶ on other lists ── given up by its owner ─▶ code ended
//!   unnamed:  begin (first join, or a direct call that grows) ─▶ used … unused for a day ─▶ code ended
//!   a code that ended is told as such for a week; then nobody knows it any more
//! ```
//!
//! Knows nothing of calls: who is in a group is told to [`Groups::used`] by whoever does. Wrong codes are counted here,
//! for every way a code can come in.

mod code;
mod guesses;
mod refusals;
mod sharing;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use self::guesses::Asker;
pub(crate) use self::refusals::{no_such_group, nobody_there};
pub(crate) use self::sharing::MAX_SHARED_WITH;

use self::guesses::Guesses;
use super::identity::Identities;
use super::limits::{Buckets, Rate};
use super::store::Db;
use super::store::groups::{self as stored, Added, Cursor, StoredGroup};
use crate::base::clock;
use crate::domain::group::{Group, GroupCode, GroupKey, GroupName, GroupRow};
use crate::domain::id::{GroupId, Identity};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};

/// How many groups with a name somebody may own.
pub(crate) const MAX_OWNED: usize = 100;

/// How many groups of others a list keeps; what is shared beyond that is told, and not kept.
pub(crate) const MAX_FROM_OTHERS: usize = 100;

/// How long the code of a group without a name is good after it was last used, in milliseconds.
const CODE_LASTS: i64 = 24 * 60 * 60 * 1000;

/// How long a code that ended is told as such, in milliseconds.
const ENDED_KNOWN_FOR: i64 = 7 * 24 * 60 * 60 * 1000;

/// A use is noted when the last one noted is older than this, in milliseconds: not every join is worth a write.
const NOTED_EVERY: i64 = 60 * 1000;

/// How often somebody may have a new group made, with or without a name.
const NEW: Rate = Rate { burst: 500, every: Duration::from_secs(5) };

/// People remembered for each limit.
const PEOPLE: usize = 10_000;

/// How often a code that happens to be in use is drawn anew. Of 27⁸, one is met once in a lifetime.
const DRAWS: usize = 8;

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A group the service keeps.
    Kept(StoredGroup),
    /// An ID the service keeps nothing of: any GUID may be joined.
    Unused(GroupId),
}

impl Found {
    /// The group's ID.
    pub(crate) fn id(&self) -> GroupId {
        match self {
            Self::Kept(kept) => kept.group.id,
            Self::Unused(id) => *id,
        }
    }
}

/// The groups of this service; cheap to clone.
#[derive(Clone)]
pub(crate) struct Groups {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    identities: Identities,
    guesses: Mutex<Guesses>,
    new: Mutex<Buckets<Identity>>,
    shares: Mutex<Buckets<Identity>>,
}

impl Groups {
    /// The groups kept in `db`.
    pub(crate) fn new(db: Db, identities: Identities) -> Self {
        let inner = Inner {
            db,
            identities,
            guesses: Mutex::new(Guesses::new()),
            new: Mutex::new(Buckets::new(NEW, PEOPLE)),
            shares: Mutex::new(Buckets::new(sharing::SHARES, PEOPLE)),
        };
        Self { inner: Arc::new(inner) }
    }

    /// What a key stands for.
    ///
    /// # Errors
    /// `not_found` for a code that stands for nothing (subcode [`CODE_ENDED`](crate::protocol::failure::CODE_ENDED) if it did until lately),
    /// `too_many_requests` when `asker` brought too many of those, whether this one is right or not.
    pub(crate) async fn find(&self, key: &GroupKey, asker: &Asker, now: UnixMillis) -> Result<Found, Failure> {
        match key {
            GroupKey::Id(id) => {
                let kept = stored::by_id(&self.inner.db, *id).await?.filter(|group| is_good(group, now));
                Ok(kept.map_or(Found::Unused(*id), Found::Kept))
            }
            GroupKey::Code(code) => self.find_by_code(code, asker, now).await.map(Found::Kept),
        }
    }

    async fn find_by_code(&self, code: &GroupCode, asker: &Asker, now: UnixMillis) -> Result<StoredGroup, Failure> {
        locked(&self.inner.guesses).take(asker, clock::now()).map_err(refusals::too_many_guesses)?;
        let found = self.by_code(code, now).await;
        if !matches!(&found, Err(failure) if failure.code == FailureCode::NotFound) {
            locked(&self.inner.guesses).give_back(asker, clock::now());
        }
        found
    }

    async fn by_code(&self, code: &GroupCode, now: UnixMillis) -> Result<StoredGroup, Failure> {
        match stored::by_code(&self.inner.db, code).await? {
            Some(group) if is_good(&group, now) => Ok(group),
            Some(_) => Err(refusals::code_ended()),
            None if stored::has_ended(&self.inner.db, code).await? => Err(refusals::code_ended()),
            None => Err(refusals::no_such_code()),
        }
    }

    /// Makes a group with a name, and puts it on its owner's list.
    ///
    /// # Errors
    /// `conflict` when the owner has one of this name, or as many as anybody may; `too_many_requests`.
    pub(crate) async fn create(&self, owner: &Identity, name: GroupName, now: UnixMillis) -> Result<Group, Failure> {
        self.may_make_another(owner)?;
        let id = GroupId(crate::base::entropy::uuid());
        self.add(id, Some(name), owner, now).await?.ok_or_else(refusals::out_of_codes)
    }

    /// The group with this ID; one the service keeps nothing of begins now, without a name.
    ///
    /// # Errors
    /// `too_many_requests` when `by` has begun too many.
    pub(crate) async fn begin(&self, by: &Identity, id: GroupId, now: UnixMillis) -> Result<Group, Failure> {
        match stored::by_id(&self.inner.db, id).await? {
            Some(group) if is_good(&group, now) => return Ok(group.group),
            Some(_) => drop(self.tidy(now).await?),
            None => {}
        }
        self.may_make_another(by)?;
        if let Some(group) = self.add(id, None, by, now).await? {
            return Ok(group);
        }
        // Somebody else began it at the same moment.
        let begun = stored::by_id(&self.inner.db, id).await?;
        begun.map(|begun| begun.group).ok_or_else(refusals::out_of_codes)
    }

    /// Adds a group with a code drawn at random; none when there is a group with this ID.
    async fn add(
        &self,
        id: GroupId,
        name: Option<GroupName>,
        owner: &Identity,
        now: UnixMillis,
    ) -> Result<Option<Group>, Failure> {
        for _ in 0..DRAWS {
            let group = Group { id, name: name.clone(), code: code::draw() };
            match stored::add(&self.inner.db, &group, owner, MAX_OWNED, now).await? {
                Added::Yes => return Ok(Some(group)),
                Added::CodeTaken => {}
                Added::IdTaken => return Ok(None),
                Added::NameTaken => return Err(refusals::name_taken(name.as_ref())),
                Added::TooMany => return Err(refusals::too_many_groups()),
            }
        }
        Err(refusals::out_of_codes())
    }

    fn may_make_another(&self, who: &Identity) -> Result<(), Failure> {
        locked(&self.inner.new).take(who.clone(), clock::now()).map_err(refusals::too_many_new)
    }

    /// The groups on somebody's list, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn listed(&self, who: &Identity) -> Result<Vec<StoredGroup>, Failure> {
        Ok(stored::listed(&self.inner.db, who).await?)
    }

    /// Who has the group on the list.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn listed_by(&self, id: GroupId) -> Result<Vec<Identity>, Failure> {
        Ok(stored::listed_by(&self.inner.db, id).await?)
    }

    /// Notes that somebody is in a group: one with a name is on their list from now on, the code of one without lasts.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn joined(&self, who: &Identity, group: &Group, now: UnixMillis) -> Result<(), Failure> {
        if group.name.is_none() {
            return self.used(&[group.id], now).await;
        }
        if !stored::is_listed(&self.inner.db, who, group.id).await? {
            stored::list(&self.inner.db, std::slice::from_ref(who), group.id, MAX_FROM_OTHERS, now).await?;
        }
        Ok(())
    }

    /// Takes a group off somebody's list. Of its owner it is given up: its code ends. Says whom to tell that it is gone
    /// from their lists.
    ///
    /// # Errors
    /// `not_found` when it is not on the list.
    pub(crate) async fn remove(&self, who: &Identity, id: GroupId, now: UnixMillis) -> Result<Vec<Identity>, Failure> {
        let group = stored::by_id(&self.inner.db, id).await?;
        if group.is_some_and(|group| group.owner == *who && group.group.name.is_some()) {
            return Ok(stored::end(&self.inner.db, id, now).await?);
        }
        let removed = stored::unlist(&self.inner.db, who, id).await?;
        if removed { Ok(vec![who.clone()]) } else { Err(refusals::not_on_list()) }
    }

    /// A group as others see it; none when its owner is gone.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn row(&self, stored: StoredGroup, here: Vec<Person>) -> Result<Option<GroupRow>, Failure> {
        let owner = match stored.person {
            Some(person) => Some(person),
            None => self.inner.identities.person(&stored.owner).await?,
        };
        Ok(owner.map(|owner| GroupRow { group: stored.group, owner, here }))
    }

    /// Notes that somebody is in these groups, or was until now.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn used(&self, ids: &[GroupId], now: UnixMillis) -> Result<(), Failure> {
        let noted = now.plus(-NOTED_EVERY);
        let unnoted = stored::last_used(&self.inner.db, ids).await?.into_iter().filter(|(at, _)| *at < noted);
        let unnoted: Vec<GroupId> = unnoted.map(|(_, id)| id).collect();
        if !unnoted.is_empty() {
            stored::used(&self.inner.db, &unnoted, now).await?;
        }
        Ok(())
    }

    /// Groups without a name that nobody was known to use for `millis`: some, the longest unused first, after `cursor`.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn unused_for(
        &self,
        millis: i64,
        cursor: Option<Cursor>,
        now: UnixMillis,
    ) -> Result<Vec<Cursor>, Failure> {
        let start = (UnixMillis(i64::MIN), GroupId(uuid::Uuid::nil()));
        Ok(stored::idle(&self.inner.db, now.plus(-millis), cursor.unwrap_or(start), PAGE).await?)
    }

    /// Ends the groups whose codes are not good any more, and forgets codes that ended long ago.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn tidy(&self, now: UnixMillis) -> Result<u64, Failure> {
        Ok(stored::tidy(&self.inner.db, now.plus(-CODE_LASTS), now.plus(-ENDED_KNOWN_FOR), now).await?)
    }
}

/// How many groups [`Groups::unused_for`] tells at once.
const PAGE: usize = 500;

/// Whether a group is still to be found.
fn is_good(group: &StoredGroup, now: UnixMillis) -> bool {
    group.group.name.is_some() || now.since(group.used_at) <= CODE_LASTS
}

/// The value behind a lock, also after a panic of another holder: none of ours leaves a value half changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
