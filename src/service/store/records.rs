//! Call records: one for each participant of each call.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{Sqlite, Transaction};

use super::identities::person;
use super::{Db, StoreError, writing};
use crate::domain::call::Peer;
use crate::domain::end_reason::EndReason;
use crate::domain::group::{GroupName, GroupRef};
use crate::domain::id::Identity;
use crate::domain::record::CallRecord;
use crate::domain::time::UnixMillis;

/// A participant's record of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose record it is.
    pub owner: Identity,
    /// The record.
    pub record: CallRecord,
}

/// Keeps whole records, new or changed: when a call begins to ring, is answered, ends. All entries or none, on the disk
/// when this returns. A record that has ended is never opened again by a write that comes late.
///
/// # Errors
/// See [`StoreError`].
pub async fn keep(db: &Db, entries: &[Entry]) -> Result<(), StoreError> {
    let mut tx = writing(db).await?;
    for entry in entries {
        keep_one(&mut tx, entry).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The newest `limit` records of `owner`, newest first.
///
/// # Errors
/// See [`StoreError`].
pub async fn list(db: &Db, owner: &Identity, limit: usize) -> Result<Vec<CallRecord>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT call_id, with_identity, with_user_name, with_display_name, group_id, group_name, direction, outcome, \
         started_at, answered_at, ended_at, end_code, end_sub_code \
         FROM call_records WHERE identity = $1 ORDER BY started_at DESC, call_id LIMIT $2",
    )
    .bind(owner.as_str())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::record).collect()
}

/// Closes the records that a service which was killed left open, and says how many there were: answered calls stay
/// answered, unanswered ones were missed by the callee and failed for the caller. Nobody knows when they ended, so
/// the last thing known of a call counts as its end.
///
/// # Errors
/// See [`StoreError`].
pub async fn close_open(db: &Db, reason: EndReason) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "UPDATE call_records SET end_code = $1, end_sub_code = $2, ended_at = COALESCE(answered_at, started_at), \
         outcome = CASE WHEN answered_at IS NOT NULL THEN 'answered' WHEN direction = 'incoming' THEN 'missed' \
         ELSE 'failed' END WHERE ended_at IS NULL",
    )
    .bind(i64::from(reason.code))
    .bind(i64::from(reason.sub_code))
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

async fn keep_one(tx: &mut Transaction<'static, Sqlite>, Entry { owner, record }: &Entry) -> Result<(), StoreError> {
    let (with, group) = (record.with.person(), record.with.group());
    sqlx::query(
        "INSERT INTO call_records (call_id, identity, with_identity, with_user_name, with_display_name, group_id, \
         group_name, direction, outcome, started_at, answered_at, ended_at, end_code, end_sub_code) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
         ON CONFLICT (call_id, identity) DO UPDATE SET outcome = excluded.outcome, \
         answered_at = excluded.answered_at, ended_at = excluded.ended_at, end_code = excluded.end_code, \
         end_sub_code = excluded.end_sub_code \
         WHERE call_records.ended_at IS NULL OR excluded.ended_at IS NOT NULL",
    )
    .bind(record.call_id.to_string())
    .bind(owner.as_str())
    .bind(with.map(|person| person.identity.as_str()))
    .bind(with.map(|person| person.name.as_str()))
    .bind(with.map(|person| person.display_name.as_str()))
    .bind(group.map(|group| group.id.to_string()))
    .bind(group.and_then(|group| group.name.as_ref()).map(GroupName::as_str))
    .bind(word(&record.direction))
    .bind(word(&record.outcome))
    .bind(record.started_at.0)
    .bind(record.answered_at.map(|at| at.0))
    .bind(record.ended_at.map(|at| at.0))
    .bind(record.end.map(|end| i64::from(end.code)))
    .bind(record.end.map(|end| i64::from(end.sub_code)))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    call_id: String,
    with_identity: Option<String>,
    with_user_name: Option<String>,
    with_display_name: Option<String>,
    group_id: Option<String>,
    group_name: Option<String>,
    direction: String,
    outcome: String,
    started_at: i64,
    answered_at: Option<i64>,
    ended_at: Option<i64>,
    end_code: Option<i64>,
    end_sub_code: Option<i64>,
}

impl Row {
    fn record(self) -> Result<CallRecord, StoreError> {
        Ok(CallRecord {
            call_id: self.call_id.parse().map_err(|_| StoreError::Damaged("call id"))?,
            with: self.with()?,
            direction: from_word(self.direction)?,
            outcome: from_word(self.outcome)?,
            started_at: UnixMillis(self.started_at),
            answered_at: self.answered_at.map(UnixMillis),
            ended_at: self.ended_at.map(UnixMillis),
            end: self.end_code.zip(self.end_sub_code).map(reason).transpose()?,
            answered_by: None,
            note: None,
        })
    }

    fn with(&self) -> Result<Peer, StoreError> {
        if let Some(id) = &self.group_id {
            let id = id.parse().map_err(|_| StoreError::Damaged("group id"))?;
            let name = self.group_name.clone().map(GroupName::try_from).transpose();
            return Ok(Peer::Group(GroupRef { id, name: name.map_err(|_| StoreError::Damaged("group name"))? }));
        }
        match (self.with_identity.clone(), self.with_user_name.clone(), self.with_display_name.clone()) {
            (Some(identity), Some(name), Some(shown)) => Ok(Peer::Person(person((identity, name, shown))?)),
            _ => Err(StoreError::Damaged("call record")),
        }
    }
}

fn reason((code, sub_code): (i64, i64)) -> Result<EndReason, StoreError> {
    let damaged = |_| StoreError::Damaged("end reason");
    Ok(EndReason { code: u16::try_from(code).map_err(damaged)?, sub_code: u32::try_from(sub_code).map_err(damaged)? })
}

/// The word a value has on the wire: the store uses the same.
fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("directions and outcomes are words on the wire, not {other:?}"),
    }
}

fn from_word<T: DeserializeOwned>(word: String) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|_| StoreError::Damaged("word"))
}
