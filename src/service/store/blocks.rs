//! Block lists: who blocks whom, and since when the blocked are shown that the other is offline.

use std::collections::{BTreeMap, BTreeSet};

use super::identities::{PersonRow, identity, person, person_rows};
use super::{Db, StoreError};
use crate::domain::id::Identity;
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;

/// The people `owner` blocks.
///
/// # Errors
/// See [`StoreError`].
pub async fn people(db: &Db, owner: &Identity) -> Result<Vec<Person>, StoreError> {
    let rows: Vec<PersonRow> =
        sqlx::query_as(person_rows!("JOIN blocks b ON b.blocked = i.identity WHERE b.identity = $1"))
            .bind(owner.as_str())
            .fetch_all(db)
            .await?;
    rows.into_iter().map(person).collect()
}

/// Whom `owner` blocks.
///
/// # Errors
/// See [`StoreError`].
pub async fn identities(db: &Db, owner: &Identity) -> Result<BTreeSet<Identity>, StoreError> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT blocked FROM blocks WHERE identity = $1").bind(owner.as_str()).fetch_all(db).await?;
    rows.into_iter().map(identity).collect()
}

/// The block lists of everybody who has one.
///
/// # Errors
/// See [`StoreError`].
pub async fn all(db: &Db) -> Result<BTreeMap<Identity, BTreeSet<Identity>>, StoreError> {
    let rows: Vec<(String, String)> = sqlx::query_as("SELECT identity, blocked FROM blocks").fetch_all(db).await?;
    let mut lists: BTreeMap<Identity, BTreeSet<Identity>> = BTreeMap::new();
    for (owner, blocked) in rows {
        lists.entry(identity(owner)?).or_default().insert(identity(blocked)?);
    }
    Ok(lists)
}

/// Who blocks `blocked`, and when each is shown there to have been seen last.
///
/// # Errors
/// See [`StoreError`].
pub async fn of(db: &Db, blocked: &Identity) -> Result<BTreeMap<Identity, Option<UnixMillis>>, StoreError> {
    let rows: Vec<(String, Option<i64>)> = sqlx::query_as("SELECT identity, last_seen FROM blocks WHERE blocked = $1")
        .bind(blocked.as_str())
        .fetch_all(db)
        .await?;
    rows.into_iter().map(|(owner, seen)| Ok((identity(owner)?, seen.map(UnixMillis)))).collect()
}

/// Puts `blocked` on the list of `owner`, unless that holds `most` already; `false` when it was there, or was not put there.
/// `last_seen` is when `owner` is shown there to have been seen last.
///
/// # Errors
/// See [`StoreError`]; a fault when one of them is no identity that is kept.
pub async fn add(
    db: &Db,
    owner: &Identity,
    blocked: &Identity,
    last_seen: Option<UnixMillis>,
    most: usize,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO blocks (identity, blocked, blocked_at, last_seen) SELECT $1, $2, $3, $4 \
         WHERE (SELECT COUNT(*) FROM blocks WHERE identity = $1) < $5 ON CONFLICT (identity, blocked) DO NOTHING",
    )
    .bind(owner.as_str())
    .bind(blocked.as_str())
    .bind(now.0)
    .bind(last_seen.map(|at| at.0))
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes `blocked` off the list of `owner`; `false` when it was not there.
///
/// # Errors
/// See [`StoreError`].
pub async fn remove(db: &Db, owner: &Identity, blocked: &Identity) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM blocks WHERE identity = $1 AND blocked = $2")
        .bind(owner.as_str())
        .bind(blocked.as_str())
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
