//! The access keys of programs, by name.

use super::{Db, StoreError};
use crate::base::secret::Secret;
use crate::domain::time::UnixMillis;

/// Keeps `key` under `name` unless there is one already, and returns the one kept.
///
/// # Errors
/// See [`StoreError`].
pub async fn keep(db: &Db, name: &str, key: &Secret<String>, now: UnixMillis) -> Result<Secret<String>, StoreError> {
    sqlx::query("INSERT INTO access_keys (name, key, made_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING")
        .bind(name)
        .bind(key.expose().as_str())
        .bind(now.0)
        .execute(db)
        .await?;
    let kept: String =
        sqlx::query_scalar("SELECT key FROM access_keys WHERE name = $1").bind(name).fetch_one(db).await?;
    Ok(Secret::new(kept))
}

/// Replaces the key kept under `name`.
///
/// # Errors
/// See [`StoreError`].
pub async fn replace(db: &Db, name: &str, key: &Secret<String>, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("UPDATE access_keys SET key = $2, made_at = $3 WHERE name = $1")
        .bind(name)
        .bind(key.expose().as_str())
        .bind(now.0)
        .execute(db)
        .await?;
    Ok(())
}
