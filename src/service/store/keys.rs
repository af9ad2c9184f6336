//! The keys that sign tokens: one that signs, and those before it, for as long as a token they signed may count.

use sqlx::SqliteExecutor;

use super::{Db, StoreError, writing};
use crate::base::secret::Secret;
use crate::domain::time::UnixMillis;

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// PKCS#8 in base64.
    pub private_key: Secret<String>,
    /// From when on it verifies nothing any more; `None` for the one that signs.
    pub retires_at: Option<UnixMillis>,
}

/// The keys that still verify at `now`, the one that signs first.
///
/// # Errors
/// See [`StoreError`].
pub async fn list(db: &Db, now: UnixMillis) -> Result<Vec<StoredKey>, StoreError> {
    Ok(listed(db, now).await?)
}

async fn listed(from: impl SqliteExecutor<'_>, now: UnixMillis) -> Result<Vec<StoredKey>, sqlx::Error> {
    let rows: Vec<(String, Option<i64>)> = sqlx::query_as(
        "SELECT private_key, retires_at FROM signing_keys WHERE retires_at IS NULL OR retires_at > $1 \
         ORDER BY CASE WHEN retires_at IS NULL THEN 0 ELSE 1 END, made_at DESC",
    )
    .bind(now.0)
    .fetch_all(from)
    .await?;
    let key = |(private_key, retires_at): (String, Option<i64>)| StoredKey {
        private_key: Secret::new(private_key),
        retires_at: retires_at.map(UnixMillis),
    };
    Ok(rows.into_iter().map(key).collect())
}

/// Lets `private_key` sign from now on, and the one that did verify until `retires_at`. Those that have retired are gone.
/// Returns what there is then, as [`list`] does: nothing is changed that can't be told.
///
/// # Errors
/// See [`StoreError`].
pub async fn rotate(
    db: &Db,
    private_key: &Secret<String>,
    now: UnixMillis,
    retires_at: UnixMillis,
) -> Result<Vec<StoredKey>, StoreError> {
    let mut tx = writing(db).await?;
    sqlx::query("DELETE FROM signing_keys WHERE retires_at <= $1").bind(now.0).execute(&mut *tx).await?;
    sqlx::query("UPDATE signing_keys SET retires_at = $1 WHERE retires_at IS NULL")
        .bind(retires_at.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query("INSERT INTO signing_keys (private_key, made_at) VALUES ($1, $2)")
        .bind(private_key.expose().as_str())
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    let keys = listed(&mut *tx, now).await?;
    tx.commit().await?;
    Ok(keys)
}
