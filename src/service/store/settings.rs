//! Values the service makes once and keeps: such as its resource id.

use super::{Db, StoreError};

/// The value kept under `name`.
///
/// # Errors
/// See [`StoreError`].
pub async fn get(db: &Db, name: &str) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT value FROM settings WHERE name = $1").bind(name).fetch_optional(db).await?)
}

/// Keeps `value` under `name` unless there is one already, and returns the one kept.
///
/// # Errors
/// See [`StoreError`].
pub async fn keep(db: &Db, name: &str, value: &str) -> Result<String, StoreError> {
    sqlx::query("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(name)
        .bind(value)
        .execute(db)
        .await?;
    Ok(sqlx::query_scalar("SELECT value FROM settings WHERE name = $1").bind(name).fetch_one(db).await?)
}
