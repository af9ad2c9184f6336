//! Which identity somebody has whom another issuer of tokens knows.

use super::identities::identity;
use super::{Db, StoreError, writing};
use crate::domain::id::Identity;

/// The identity of `subject` at `issuer`, if it has one.
///
/// # Errors
/// See [`StoreError`].
pub async fn find(db: &Db, issuer: &str, subject: &str) -> Result<Option<Identity>, StoreError> {
    let raw: Option<String> =
        sqlx::query_scalar("SELECT identity FROM outside_subjects WHERE issuer = $1 AND subject = $2")
            .bind(issuer)
            .bind(subject)
            .fetch_optional(db)
            .await?;
    raw.map(identity).transpose()
}

/// Binds `offer` to `subject` at `issuer` unless it has an identity already, and returns the one it has now.
///
/// # Errors
/// See [`StoreError`].
pub async fn bind(db: &Db, issuer: &str, subject: &str, offer: &Identity) -> Result<Identity, StoreError> {
    let mut tx = writing(db).await?;
    sqlx::query("INSERT INTO outside_subjects (issuer, subject, identity) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(issuer)
        .bind(subject)
        .bind(offer.as_str())
        .execute(&mut *tx)
        .await?;
    let raw: String = sqlx::query_scalar("SELECT identity FROM outside_subjects WHERE issuer = $1 AND subject = $2")
        .bind(issuer)
        .bind(subject)
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    identity(raw)
}

/// Ends that `subject` at `issuer` has `identity`; `false` when it had not.
///
/// # Errors
/// See [`StoreError`].
pub async fn unbind(db: &Db, issuer: &str, subject: &str, identity: &Identity) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM outside_subjects WHERE issuer = $1 AND subject = $2 AND identity = $3")
        .bind(issuer)
        .bind(subject)
        .bind(identity.as_str())
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
