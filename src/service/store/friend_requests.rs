//! Friend requests: who asked whom, and what comes of it. What somebody declined, or was asked by who is blocked, is not among
//! what they were asked; who asked finds it open all the same.

use sqlx::{Sqlite, Transaction};

use super::identities::{PersonRow, person, person_rows};
use super::{Db, StoreError, writing};
use crate::domain::call::Direction;
use crate::domain::id::Identity;
use crate::domain::person::{FriendRequest, Person};
use crate::domain::time::UnixMillis;

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It is open; `shown` to who was asked.
    Open {
        /// Whether that one may see it.
        shown: bool,
    },
    /// The other had asked, or has the asker for a friend: both are friends now.
    Friends,
    /// It was open before.
    Before,
    /// The asker has too many open.
    TooMany,
    /// The other was asked by too many.
    TooManyThere,
}

/// What is not declined, and not asked by who is blocked.
macro_rules! shown {
    ($which:literal) => {
        concat!(
            "FROM friend_requests r WHERE r.declined = 0 AND NOT EXISTS ",
            "(SELECT 1 FROM blocks b WHERE b.identity = r.asked AND b.blocked = r.asker) AND ",
            $which
        )
    };
}

/// The open requests of `who`, in both directions, the oldest first; at most `most` in each.
///
/// # Errors
/// See [`StoreError`].
pub async fn open(db: &Db, who: &Identity, most: usize) -> Result<Vec<FriendRequest>, StoreError> {
    let mut open = requests(
        db,
        Direction::Incoming,
        concat!("SELECT r.asker, r.asked_at ", shown!("r.asked = $1 ORDER BY r.asked_at, r.asker LIMIT $2")),
        (who, most),
    )
    .await?;
    let outgoing = "SELECT r.asked, r.asked_at FROM friend_requests r WHERE r.asker = $1 \
                    ORDER BY r.asked_at, r.asked LIMIT $2";
    open.extend(requests(db, Direction::Outgoing, outgoing, (who, most)).await?);
    Ok(open)
}

async fn requests(
    db: &Db,
    direction: Direction,
    statement: &'static str,
    (who, most): (&Identity, usize),
) -> Result<Vec<FriendRequest>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(statement)
        .bind(who.as_str())
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await?;
    let mut requests = Vec::with_capacity(rows.len());
    for (other, at) in rows {
        let row: Option<PersonRow> =
            sqlx::query_as(person_rows!("WHERE i.identity = $1")).bind(other).fetch_optional(db).await?;
        let other: Option<Person> = row.map(person).transpose()?;
        requests.extend(other.map(|person| FriendRequest { person, direction, at: UnixMillis(at) }));
    }
    Ok(requests)
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

/// Asks; of each, at most `most` are open.
///
/// # Errors
/// See [`StoreError`]; a fault when one of them is no identity that is kept.
pub async fn ask(
    db: &Db,
    asker: &Identity,
    asked: &Identity,
    most: usize,
    now: UnixMillis,
) -> Result<Asked, StoreError> {
    let mut tx = writing(db).await?;
    let wanted: i64 = sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM friend_requests WHERE asker = $2 AND asked = $1) \
         + (SELECT COUNT(*) FROM friends WHERE identity = $2 AND friend = $1)",
    )
    .bind(asker.as_str())
    .bind(asked.as_str())
    .fetch_one(&mut *tx)
    .await?;
    if wanted != 0 {
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
    if count(open) >= most {
        return Ok(Asked::TooMany);
    }
    if count(there) >= most {
        return Ok(Asked::TooManyThere);
    }
    sqlx::query("INSERT INTO friend_requests (asker, asked, asked_at) VALUES ($1, $2, $3)")
        .bind(asker.as_str())
        .bind(asked.as_str())
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    let shown: i64 = sqlx::query_scalar(concat!("SELECT COUNT(*) ", shown!("r.asked = $2 AND r.asker = $1")))
        .bind(asker.as_str())
        .bind(asked.as_str())
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Asked::Open { shown: shown != 0 })
}

/// `asked` accepts what `asker` asked, if that is open and shown: both are friends then. `false` when there is none such.
///
/// # Errors
/// See [`StoreError`].
pub async fn accept(db: &Db, asked: &Identity, asker: &Identity, now: UnixMillis) -> Result<bool, StoreError> {
    let mut tx = writing(db).await?;
    let open: i64 = sqlx::query_scalar(concat!("SELECT COUNT(*) ", shown!("r.asked = $1 AND r.asker = $2")))
        .bind(asked.as_str())
        .bind(asker.as_str())
        .fetch_one(&mut *tx)
        .await?;
    if open == 0 {
        return Ok(false);
    }
    befriend(&mut tx, asker, asked, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// `asked` declines what `asker` asked; `false` when nothing such is open and shown.
///
/// # Errors
/// See [`StoreError`].
pub async fn decline(db: &Db, asked: &Identity, asker: &Identity) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE friend_requests SET declined = 1 WHERE asked = $1 AND asker = $2 AND declined = 0 AND NOT EXISTS \
         (SELECT 1 FROM blocks b WHERE b.identity = $1 AND b.blocked = $2)",
    )
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
        sqlx::query(
            "INSERT INTO friends (identity, friend, added_at) VALUES ($1, $2, $3) \
             ON CONFLICT (identity, friend) DO NOTHING",
        )
        .bind(owner.as_str())
        .bind(friend.as_str())
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
        sqlx::query("DELETE FROM friend_requests WHERE asker = $1 AND asked = $2")
            .bind(owner.as_str())
            .bind(friend.as_str())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
