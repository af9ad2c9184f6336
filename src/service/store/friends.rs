//! Friend lists: who is on whose.

use super::identities::{PersonRow, identity, person};
use super::{Db, StoreError};
use crate::domain::id::Identity;
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;

/// The friends of `owner` who have an account.
///
/// # Errors
/// See [`StoreError`].
pub async fn people(db: &Db, owner: &Identity) -> Result<Vec<Person>, StoreError> {
    let rows: Vec<PersonRow> = sqlx::query_as(
        "SELECT i.identity, a.user_name, a.display_name FROM friends f \
         JOIN identities i ON i.identity = f.friend JOIN accounts a ON a.user_name = i.user_name WHERE f.identity = $1",
    )
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

/// How many friends `owner` has.
///
/// # Errors
/// See [`StoreError`].
pub async fn count(db: &Db, owner: &Identity) -> Result<usize, StoreError> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM friends WHERE identity = $1")
        .bind(owner.as_str())
        .fetch_one(db)
        .await?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Puts `friend` on the list of `owner`; `false` when it is there already.
///
/// # Errors
/// See [`StoreError`]; a fault when `owner` is no identity with an account.
pub async fn add(db: &Db, owner: &Identity, friend: &Identity, now: UnixMillis) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO friends (identity, friend, added_at) VALUES ($1, $2, $3) ON CONFLICT (identity, friend) DO NOTHING",
    )
    .bind(owner.as_str())
    .bind(friend.as_str())
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes `friend` off the list of `owner`; `false` when it was not there.
///
/// # Errors
/// See [`StoreError`].
pub async fn remove(db: &Db, owner: &Identity, friend: &Identity) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM friends WHERE identity = $1 AND friend = $2")
        .bind(owner.as_str())
        .bind(friend.as_str())
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
