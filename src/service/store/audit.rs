//! The audit trail: who did what, about whom, when, and from where.

use std::net::IpAddr;

use super::{Db, StoreError, writing};
use crate::domain::audit::Deed;
use crate::domain::time::UnixMillis;
use crate::protocol::rest::AuditEntry;

/// Something to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewEntry<'a> {
    /// When.
    pub at: UnixMillis,
    /// Who did it.
    pub who: &'a str,
    /// What was done.
    pub what: Deed,
    /// About whom, if anybody.
    pub about: Option<&'a str>,
    /// What else there is to say.
    pub detail: Option<&'a str>,
    /// The address it was asked from.
    pub address: Option<IpAddr>,
}

/// Which entries are wanted; the newest come first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// None that are older.
    pub since: Option<UnixMillis>,
    /// Only those before this one.
    pub before: Option<i64>,
    /// This many at the most.
    pub limit: u16,
}

type Row = (i64, i64, String, String, Option<String>, Option<String>, Option<String>);

/// Keeps an entry.
///
/// # Errors
/// See [`StoreError`].
pub async fn add(db: &Db, new: &NewEntry<'_>) -> Result<(), StoreError> {
    let mut tx = writing(db).await?;
    sqlx::query(
        "INSERT INTO audit (entry, at, who, what, about, detail, address) \
         SELECT COALESCE(MAX(entry), 0) + 1, $1, $2, $3, $4, $5, $6 FROM audit",
    )
    .bind(new.at.0)
    .bind(new.who)
    .bind(new.what.as_str())
    .bind(new.about)
    .bind(new.detail)
    .bind(new.address.map(|address| address.to_string()))
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// The entries that are wanted.
///
/// # Errors
/// See [`StoreError`].
pub async fn list(db: &Db, wanted: Wanted) -> Result<Vec<AuditEntry>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT entry, at, who, what, about, detail, address FROM audit \
         WHERE at >= $1 AND entry < $2 ORDER BY entry DESC LIMIT $3",
    )
    .bind(wanted.since.map_or(i64::MIN, |since| since.0))
    .bind(wanted.before.unwrap_or(i64::MAX))
    .bind(i64::from(wanted.limit))
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(entry).collect())
}

/// Forgets what is older than `before`; says how much that was.
///
/// # Errors
/// See [`StoreError`].
pub async fn forget(db: &Db, before: UnixMillis) -> Result<u64, StoreError> {
    // The newest one stays: the next is counted from it.
    let done = sqlx::query("DELETE FROM audit WHERE at < $1 AND entry < (SELECT MAX(entry) FROM audit)")
        .bind(before.0)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

fn entry((entry, at, who, what, about, detail, address): Row) -> AuditEntry {
    AuditEntry { entry, at: UnixMillis(at), who, what, about, detail, address }
}
