//! Friend requests: who asked whom, and what comes of it. What somebody declined, or was asked by who is blocked, is not among
//! what they were asked; who asked finds it open all the same.

use sqlx::{Sqlite, Transaction};

use super::identities::{person, person_rows};
use super::{Db, StoreError, friends, writing};
use crate::domain::call::Direction;
use crate::domain::id::Identity;
use crate::domain::person::{FriendRequest, Person};
use crate::domain::time::UnixMillis;

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It is open.
    Open,
    /// The other had asked, or has the asker for a friend: both are friends now.
    Friends,
    /// It was open before.
    Before,
    /// The asker has too many open.
    TooMany,
    /// The other was asked by too many.
    TooManyThere,
    /// The friend list of the asker is full.
    Full,
    /// The friend list of the other is full.
    FullThere,
}

/// What came of accepting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// Both are friends now.
    Done,
    /// Nothing such is open and shown.
    None,
    /// The friend list of who accepts is full.
    Full,
    /// The friend list of who asked is full.
    FullThere,
}

/// How many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// Open requests of somebody, and to somebody.
    pub open: usize,
    /// Friends on a list.
    pub friends: usize,
}

/// What is not declined, and not asked by who is blocked; of the requests `r`.
macro_rules! shown {
    () => {
        "r.declined = 0 AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.identity = r.asked AND b.blocked = r.asker)"
    };
    ($which:literal) => {
        concat!("FROM friend_requests r WHERE ", shown!(), " AND ", $which)
    };
}

/// The open requests of `who`, in both directions, the oldest first; at most `most` in each.
///
/// # Errors
/// See [`StoreError`].
pub async fn open(db: &Db, who: &Identity, most: usize) -> Result<Vec<FriendRequest>, StoreError> {
    let incoming = person_rows!(
        ", r.asked_at",
        concat!(
            "JOIN friend_requests r ON r.asker = i.identity WHERE r.asked = $1 AND ",
            shown!(),
            " ORDER BY r.asked_at, r.asker LIMIT $2"
        )
    );
    let outgoing = person_rows!(
        ", r.asked_at",
        "JOIN friend_requests r ON r.asked = i.identity WHERE r.asker = $1 ORDER BY r.asked_at, r.asked LIMIT $2"
    );
    let mut open = requests(db, Direction::Incoming, incoming, (who, most)).await?;
    open.extend(requests(db, Direction::Outgoing, outgoing, (who, most)).await?);
    Ok(open)
}

/// A row of a person, and when that one asked or was asked.
type RequestRow = (String, String, String, String, i64);

async fn requests(
    db: &Db,
    direction: Direction,
    statement: &'static str,
    (who, most): (&Identity, usize),
) -> Result<Vec<FriendRequest>, StoreError> {
    let rows: Vec<RequestRow> = sqlx::query_as(statement)
        .bind(who.as_str())
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await?;
    let request = |(identity, name, display_name, organisation, at): RequestRow| {
        let person = person((identity, name, display_name, organisation))?;
        Ok(FriendRequest { person, direction, at: UnixMillis(at) })
    };
    rows.into_iter().map(request).collect()
}

/// The open request that `asked` sees of `asker`.
///
/// # Errors
/// See [`StoreError`].
pub async fn of(db: &Db, asker: &Person, asked: &Identity) -> Result<Option<FriendRequest>, StoreError> {
    let at: Option<i64> = sqlx::query_scalar(concat!("SELECT r.asked_at ", shown!("r.asked = $1 AND r.asker = $2")))
        .bind(asked.as_str())
        .bind(asker.identity.as_str())
        .fetch_optional(db)
        .await?;
    let request = |at| FriendRequest { person: asker.clone(), direction: Direction::Incoming, at: UnixMillis(at) };
    Ok(at.map(request))
}

/// Asks; so many are open of each at the most, and so many friends on the list of each.
///
/// # Errors
/// See [`StoreError`]; a fault when one of them is no identity that is kept.
pub async fn ask(
    db: &Db,
    asker: &Identity,
    asked: &Identity,
    most: Most,
    now: UnixMillis,
) -> Result<Asked, StoreError> {
    let mut tx = writing(db).await?;
    if !friends::has_room(&mut tx, asker, asked, most.friends).await? {
        return Ok(Asked::Full);
    }
    let wanted: i64 = sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM friend_requests WHERE asker = $2 AND asked = $1) \
         + (SELECT COUNT(*) FROM friends WHERE identity = $2 AND friend = $1)",
    )
    .bind(asker.as_str())
    .bind(asked.as_str())
    .fetch_one(&mut *tx)
    .await?;
    if wanted != 0 {
        if !friends::has_room(&mut tx, asked, asker, most.friends).await? {
            return Ok(Asked::FullThere);
        }
        befriend(&mut tx, asker, asked, now).await?;
        tx.commit().await?;
        return Ok(Asked::Friends);
    }
    let count = |count: i64| usize::try_from(count).unwrap_or(0);
    let open: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM friend_requests WHERE asker = $1")
        .bind(asker.as_str())
        .fetch_one(&mut *tx)
        .await?;
    let there: i64 = sqlx::query_scalar(concat!("SELECT COUNT(*) ", shown!("r.asked = $1")))
        .bind(asked.as_str())
        .fetch_one(&mut *tx)
        .await?;
    let before: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM friend_requests WHERE asker = $1 AND asked = $2")
        .bind(asker.as_str())
        .bind(asked.as_str())
        .fetch_one(&mut *tx)
        .await?;
    if before != 0 {
        return Ok(Asked::Before);
    }
    if count(open) >= most.open {
        return Ok(Asked::TooMany);
    }
    if count(there) >= most.open {
        return Ok(Asked::TooManyThere);
    }
    sqlx::query("INSERT INTO friend_requests (asker, asked, asked_at) VALUES ($1, $2, $3)")
        .bind(asker.as_str())
        .bind(asked.as_str())
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Asked::Open)
}

/// `asked` accepts what `asker` asked, if that is open and shown: both are friends then. So many are on the list of each at
/// the most.
///
/// # Errors
/// See [`StoreError`].
pub async fn accept(
    db: &Db,
    asked: &Identity,
    asker: &Identity,
    most: usize,
    now: UnixMillis,
) -> Result<Accepted, StoreError> {
    let mut tx = writing(db).await?;
    let open: i64 = sqlx::query_scalar(concat!("SELECT COUNT(*) ", shown!("r.asked = $1 AND r.asker = $2")))
        .bind(asked.as_str())
        .bind(asker.as_str())
        .fetch_one(&mut *tx)
        .await?;
    if open == 0 {
        return Ok(Accepted::None);
    }
    if !friends::has_room(&mut tx, asked, asker, most).await? {
        return Ok(Accepted::Full);
    }
    if !friends::has_room(&mut tx, asker, asked, most).await? {
        return Ok(Accepted::FullThere);
    }
    befriend(&mut tx, asker, asked, now).await?;
    tx.commit().await?;
    Ok(Accepted::Done)
}

/// `asked` declines what `asker` asked; `false` when nothing such is open and shown.
///
/// # Errors
/// See [`StoreError`].
pub async fn decline(db: &Db, asked: &Identity, asker: &Identity) -> Result<bool, StoreError> {
    let done = sqlx::query(concat!(
        "UPDATE friend_requests AS r SET declined = 1 WHERE r.asked = $1 AND r.asker = $2 AND ",
        shown!()
    ))
    .bind(asked.as_str())
    .bind(asker.as_str())
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// `asker` withdraws what was asked; says whether `asked` saw it. `None` when there was nothing.
///
/// # Errors
/// See [`StoreError`].
pub async fn withdraw(db: &Db, asker: &Identity, asked: &Identity) -> Result<Option<bool>, StoreError> {
    let mut tx = writing(db).await?;
    let shown: i64 = sqlx::query_scalar(concat!("SELECT COUNT(*) ", shown!("r.asked = $2 AND r.asker = $1")))
        .bind(asker.as_str())
        .bind(asked.as_str())
        .fetch_one(&mut *tx)
        .await?;
    let done = sqlx::query("DELETE FROM friend_requests WHERE asker = $1 AND asked = $2")
        .bind(asker.as_str())
        .bind(asked.as_str())
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok((done.rows_affected() == 1).then_some(shown != 0))
}

/// Puts each on the list of the other; what they asked each other is over.
async fn befriend(
    tx: &mut Transaction<'static, Sqlite>,
    one: &Identity,
    other: &Identity,
    now: UnixMillis,
) -> Result<(), StoreError> {
    for (owner, friend) in [(one, other), (other, one)] {
        friends::put(tx, owner, friend, now).await?;
        sqlx::query("DELETE FROM friend_requests WHERE asker = $1 AND asked = $2")
            .bind(owner.as_str())
            .bind(friend.as_str())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
