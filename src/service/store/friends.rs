//! Friend lists: who is on whose, and who is a favourite under which number.

use sqlx::{Sqlite, Transaction};

use super::identities::{PersonRow, identity, person, person_rows};
use super::{Db, StoreError, writing};
use crate::domain::id::Identity;
use crate::domain::person::{Favourite, Person};
use crate::domain::time::UnixMillis;

/// The friends of `owner` who have an identity here, so all but bots.
///
/// # Errors
/// See [`StoreError`].
pub async fn people(db: &Db, owner: &Identity) -> Result<Vec<Person>, StoreError> {
    let rows: Vec<PersonRow> =
        sqlx::query_as(person_rows!("JOIN friends f ON f.friend = i.identity WHERE f.identity = $1"))
            .bind(owner.as_str())
            .fetch_all(db)
            .await?;
    rows.into_iter().map(person).collect()
}

/// Every identity on the friend list of `owner`, bots included.
///
/// # Errors
/// See [`StoreError`].
pub async fn identities(db: &Db, owner: &Identity) -> Result<Vec<Identity>, StoreError> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT friend FROM friends WHERE identity = $1").bind(owner.as_str()).fetch_all(db).await?;
    rows.into_iter().map(identity).collect()
}

/// Who has `friend` on the friend list.
///
/// # Errors
/// See [`StoreError`].
pub async fn followers(db: &Db, friend: &Identity) -> Result<Vec<Identity>, StoreError> {
    let rows: Vec<String> = sqlx::query_scalar("SELECT identity FROM friends WHERE friend = $1")
        .bind(friend.as_str())
        .fetch_all(db)
        .await?;
    rows.into_iter().map(identity).collect()
}

/// Who has `friend` on the friend list, and is not blocked there.
///
/// # Errors
/// See [`StoreError`].
pub async fn watchers(db: &Db, friend: &Identity) -> Result<Vec<Identity>, StoreError> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT f.identity FROM friends f WHERE f.friend = $1 AND NOT EXISTS \
         (SELECT 1 FROM blocks b WHERE b.identity = f.friend AND b.blocked = f.identity)",
    )
    .bind(friend.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(identity).collect()
}

/// Whether `friend` is on the list of `owner`.
///
/// # Errors
/// See [`StoreError`].
pub async fn has(db: &Db, owner: &Identity, friend: &Identity) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM friends WHERE identity = $1 AND friend = $2")
        .bind(owner.as_str())
        .bind(friend.as_str())
        .fetch_optional(db)
        .await?;
    Ok(found.is_some())
}

/// What came of putting somebody on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// There they are.
    Done,
    /// They were there before.
    There,
    /// The list is full.
    Full,
}

/// Puts `friend` on the list of `owner`, which holds `most` at the most.
///
/// # Errors
/// See [`StoreError`]; a fault when `owner` is no identity that is kept.
pub async fn add(
    db: &Db,
    owner: &Identity,
    friend: &Identity,
    most: usize,
    now: UnixMillis,
) -> Result<Added, StoreError> {
    let mut tx = writing(db).await?;
    if !has_room(&mut tx, owner, friend, most).await? {
        return Ok(Added::Full);
    }
    let added = put(&mut tx, owner, friend, now).await?;
    tx.commit().await?;
    Ok(if added { Added::Done } else { Added::There })
}

/// Whether `friend` is on the list of `owner`, or may be put there.
pub(super) async fn has_room(
    tx: &mut Transaction<'static, Sqlite>,
    owner: &Identity,
    friend: &Identity,
    most: usize,
) -> Result<bool, StoreError> {
    let others: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM friends WHERE identity = $1 AND friend <> $2")
        .bind(owner.as_str())
        .bind(friend.as_str())
        .fetch_one(&mut **tx)
        .await?;
    Ok(usize::try_from(others).unwrap_or(0) < most)
}

/// Puts `friend` on the list of `owner`; `false` when it is there already.
pub(super) async fn put(
    tx: &mut Transaction<'static, Sqlite>,
    owner: &Identity,
    friend: &Identity,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO friends (identity, friend, added_at) VALUES ($1, $2, $3) ON CONFLICT (identity, friend) DO NOTHING",
    )
    .bind(owner.as_str())
    .bind(friend.as_str())
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes `friend` off the list of `owner`, and where they are friends of `both` sides, `owner` off the list of `friend`. Says
/// whether that one was there; `None` when `friend` was not.
///
/// # Errors
/// See [`StoreError`].
pub async fn remove(db: &Db, owner: &Identity, friend: &Identity, both: bool) -> Result<Option<bool>, StoreError> {
    let mut tx = writing(db).await?;
    if !remove_row(&mut tx, owner, friend).await? {
        return Ok(None);
    }
    let there_too = both && remove_row(&mut tx, friend, owner).await?;
    tx.commit().await?;
    Ok(Some(there_too))
}

async fn remove_row(
    tx: &mut Transaction<'static, Sqlite>,
    owner: &Identity,
    friend: &Identity,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("DELETE FROM friends WHERE identity = $1 AND friend = $2")
        .bind(owner.as_str())
        .bind(friend.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The favourites of `owner`, with their numbers.
///
/// # Errors
/// See [`StoreError`].
pub async fn favourites(db: &Db, owner: &Identity) -> Result<Vec<(Identity, Favourite)>, StoreError> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT friend, favourite FROM friends WHERE identity = $1 AND favourite IS NOT NULL")
            .bind(owner.as_str())
            .fetch_all(db)
            .await?;
    rows.into_iter().map(|(friend, raw)| Ok((identity(friend)?, number(raw)?))).collect()
}

/// The number `friend` has on the list of `owner`, if any; `None` for somebody who is not on it.
///
/// # Errors
/// See [`StoreError`].
pub async fn favourite(db: &Db, owner: &Identity, friend: &Identity) -> Result<Option<Option<Favourite>>, StoreError> {
    let row: Option<Option<i64>> =
        sqlx::query_scalar("SELECT favourite FROM friends WHERE identity = $1 AND friend = $2")
            .bind(owner.as_str())
            .bind(friend.as_str())
            .fetch_optional(db)
            .await?;
    row.map(|raw| raw.map(number).transpose()).transpose()
}

fn number(raw: i64) -> Result<Favourite, StoreError> {
    let number = u8::try_from(raw).ok().and_then(|number| number.try_into().ok());
    number.ok_or(StoreError::Damaged("favourite"))
}

/// Makes `friend` the favourite of `owner` under a number, or no favourite. Says who had that number before, if that
/// was somebody else; `None` when `friend` is not on the list, and nothing changed.
///
/// # Errors
/// See [`StoreError`].
pub async fn favour(
    db: &Db,
    owner: &Identity,
    friend: &Identity,
    favourite: Option<Favourite>,
) -> Result<Option<Option<Identity>>, StoreError> {
    let number = favourite.map(|favourite| i64::from(favourite.number()));
    let mut tx = writing(db).await?;
    let before: Option<String> = sqlx::query_scalar(
        "UPDATE friends SET favourite = NULL WHERE identity = $1 AND favourite = $2 AND friend <> $3 RETURNING friend",
    )
    .bind(owner.as_str())
    .bind(number)
    .bind(friend.as_str())
    .fetch_optional(&mut *tx)
    .await?;
    let done = sqlx::query("UPDATE friends SET favourite = $2 WHERE identity = $1 AND friend = $3")
        .bind(owner.as_str())
        .bind(number)
        .bind(friend.as_str())
        .execute(&mut *tx)
        .await?;
    if done.rows_affected() == 0 {
        tx.rollback().await?;
        return Ok(None);
    }
    tx.commit().await?;
    before.map(identity).transpose().map(Some)
}
