//! Refresh tokens, by their hashes. Those that follow one sign-in are a family; each is exchanged once for the next.

use sqlx::{Sqlite, Transaction};

use super::identities::identity;
use super::{Db, StoreError, writing};
use crate::domain::id::Identity;
use crate::domain::time::UnixMillis;

/// For how long, in ms, the last token before the current one is accepted once more: for a client that was cut off
/// before it could keep the answer. As long as a session is kept for a client without a connection.
pub const GRACE_MS: i64 = 120_000;

/// What became of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchange {
    /// The new token counts; it is this identity's.
    Done(Identity),
    /// There is no such token, or it ran out.
    Unknown,
    /// It was exchanged before: somebody has a copy. Its whole family is gone.
    Reused(Identity),
}

/// A new token to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewToken<'a> {
    /// SHA-256 of it, as text.
    pub hash: &'a str,
    /// When it runs out.
    pub expires_at: UnixMillis,
}

#[derive(sqlx::FromRow)]
struct Row {
    family: String,
    identity: String,
    expires_at: i64,
    rotated_at: Option<i64>,
    successor: Option<String>,
}

/// Begins a family for `owner`, and forgets the tokens of `owner` that ran out.
///
/// # Errors
/// See [`StoreError`].
pub async fn begin(
    db: &Db,
    owner: &Identity,
    family: &str,
    token: NewToken<'_>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let mut tx = writing(db).await?;
    forget_expired(&mut tx, owner.as_str(), now).await?;
    insert(&mut tx, owner.as_str(), family, token).await?;
    tx.commit().await?;
    Ok(())
}

/// Exchanges the token with `hash` for `next`, and forgets the tokens of its owner that ran out.
///
/// # Errors
/// See [`StoreError`].
pub async fn exchange(db: &Db, hash: &str, next: NewToken<'_>, now: UnixMillis) -> Result<Exchange, StoreError> {
    let mut tx = writing(db).await?;
    let row: Option<Row> = sqlx::query_as(
        "SELECT family, identity, expires_at, rotated_at, successor FROM refresh_tokens WHERE token_hash = $1",
    )
    .bind(hash)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row.filter(|row| row.expires_at > now.0) else {
        return Ok(Exchange::Unknown);
    };
    if let Some(at) = row.rotated_at {
        let in_grace = now.since(UnixMillis(at)) <= GRACE_MS;
        if !in_grace || !retire(&mut tx, row.successor.as_deref()).await? {
            delete_family(&mut tx, &row.family).await?;
            tx.commit().await?;
            return Ok(Exchange::Reused(identity(row.identity)?));
        }
    }
    forget_expired(&mut tx, &row.identity, now).await?;
    insert(&mut tx, &row.identity, &row.family, next).await?;
    sqlx::query("UPDATE refresh_tokens SET rotated_at = $2, successor = $3 WHERE token_hash = $1")
        .bind(hash)
        .bind(row.rotated_at.unwrap_or(now.0))
        .bind(next.hash)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Exchange::Done(identity(row.identity)?))
}

/// Whether the token with `hash` is still kept: it goes when its sign-in ends or its identity is revoked.
///
/// # Errors
/// See [`StoreError`].
pub async fn is_kept(db: &Db, hash: &str) -> Result<bool, StoreError> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM refresh_tokens WHERE token_hash = $1")
        .bind(hash)
        .fetch_one(db)
        .await?;
    Ok(count == 1)
}

/// Ends the family of the token with `hash`, if there is one.
///
/// # Errors
/// See [`StoreError`].
pub async fn end(db: &Db, hash: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM refresh_tokens WHERE family IN (SELECT family FROM refresh_tokens WHERE token_hash = $1)")
        .bind(hash)
        .execute(db)
        .await?;
    Ok(())
}

/// Marks the unused `successor` as exchanged long ago, so that whoever shows it later is noticed; `false` when it was
/// used or is gone.
async fn retire(tx: &mut Transaction<'static, Sqlite>, successor: Option<&str>) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE refresh_tokens SET rotated_at = 0 WHERE token_hash = $1 AND rotated_at IS NULL")
        .bind(successor)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

async fn forget_expired(tx: &mut Transaction<'static, Sqlite>, owner: &str, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM refresh_tokens WHERE identity = $1 AND expires_at <= $2")
        .bind(owner)
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn insert(
    tx: &mut Transaction<'static, Sqlite>,
    owner: &str,
    family: &str,
    token: NewToken<'_>,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO refresh_tokens (token_hash, family, identity, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(token.hash)
        .bind(family)
        .bind(owner)
        .bind(token.expires_at.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn delete_family(tx: &mut Transaction<'static, Sqlite>, family: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM refresh_tokens WHERE family = $1").bind(family).execute(&mut **tx).await?;
    Ok(())
}
