//! Call records: one for each participant of each call, with what its owner noted about it.

use sqlx::{Sqlite, Transaction};

use super::identities::{escaped, person};
use super::words::{from_word, word};
use super::{Db, StoreError, accounts, settings, writing};
use crate::domain::call::Peer;
use crate::domain::end_reason::EndReason;
use crate::domain::group::{GroupName, GroupRef};
use crate::domain::id::{CallId, Identity};
use crate::domain::organisation::Organisation;
use crate::domain::person::Person;
use crate::domain::record::{CallNote, CallRecord, HistoryFilter};
use crate::domain::text::folded;
use crate::domain::time::UnixMillis;

/// A participant's record of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose record it is.
    pub owner: Identity,
    /// The record.
    pub record: CallRecord,
}

/// A statement that selects [`Row`]s.
macro_rules! rows {
    ($which:literal) => {
        concat!(
            "SELECT call_id, with_identity, with_user_name, with_display_name, group_id, group_name, direction, ",
            "outcome, started_at, answered_at, ended_at, end_code, end_sub_code, answered_by_identity, ",
            "answered_by_user_name, answered_by_display_name, note, with_organisation, answered_by_organisation ",
            "FROM call_records ",
            $which
        )
    };
}

const LIST: &str = rows!(
    "WHERE identity = $1 AND (CAST($2 AS TEXT) IS NULL OR with_identity = $2 OR answered_by_identity = $2) \
     AND (CAST($3 AS TEXT) IS NULL OR folded_names LIKE $3 ESCAPE '!' OR folded_note LIKE $3 ESCAPE '!') \
     AND (CAST($4 AS BIGINT) = 0 OR outcome = 'missed') \
     AND started_at <= $5 AND (started_at < $5 OR call_id > $6) ORDER BY started_at DESC, call_id LIMIT $7"
);

/// Keeps whole records, new or changed: when a call begins to ring, is answered, ends. All entries or none, on the disk
/// when this returns. A record that has ended is never opened again by a write that comes late. What is noted about a
/// call is not touched: the entries come back with their notes, but for those that came late.
///
/// # Errors
/// See [`StoreError`].
pub async fn keep(db: &Db, entries: &[Entry]) -> Result<Vec<Entry>, StoreError> {
    let mut tx = writing(db).await?;
    let mut kept = Vec::with_capacity(entries.len());
    for entry in entries {
        if let Some(note) = keep_one(&mut tx, entry).await? {
            let record = CallRecord { note, ..entry.record.clone() };
            kept.push(Entry { owner: entry.owner.clone(), record });
        }
    }
    tx.commit().await?;
    Ok(kept)
}

/// The newest `limit` records of `owner` that match, newest first.
///
/// # Errors
/// See [`StoreError`].
pub async fn list(
    db: &Db,
    owner: &Identity,
    filter: &HistoryFilter,
    limit: usize,
) -> Result<Vec<CallRecord>, StoreError> {
    let Some((before_at, before)) = place(db, owner, filter.before).await? else { return Ok(Vec::new()) };
    let rows: Vec<Row> = sqlx::query_as(LIST)
        .bind(owner.as_str())
        .bind(filter.with.as_ref().map(Identity::as_str))
        .bind(filter.text.as_ref().map(|text| format!("%{}%", escaped(&folded(text)))))
        .bind(i64::from(filter.missed))
        .bind(before_at)
        .bind(before)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await?;
    rows.into_iter().map(Row::record).collect()
}

/// Where the records of `owner` go on that follow this one: at which instant, and there after which call. `None` when there is
/// no such record. Found out before they are listed, so that an index leads there, however far back that is.
async fn place(db: &Db, owner: &Identity, before: Option<CallId>) -> Result<Option<(i64, String)>, StoreError> {
    let Some(before) = before.map(|call| call.to_string()) else { return Ok(Some((i64::MAX, String::new()))) };
    let at: Option<i64> =
        sqlx::query_scalar("SELECT started_at FROM call_records WHERE call_id = $1 AND identity = $2")
            .bind(&before)
            .bind(owner.as_str())
            .fetch_optional(db)
            .await?;
    Ok(at.map(|at| (at, before)))
}

/// Notes something about a call of `owner`, or takes the note away; its record comes back, `None` when there is none.
///
/// # Errors
/// See [`StoreError`].
pub async fn note(
    db: &Db,
    owner: &Identity,
    call: CallId,
    note: Option<&CallNote>,
) -> Result<Option<CallRecord>, StoreError> {
    let mut tx = writing(db).await?;
    sqlx::query("UPDATE call_records SET note = $3, folded_note = $4 WHERE call_id = $1 AND identity = $2")
        .bind(call.to_string())
        .bind(owner.as_str())
        .bind(note.map(CallNote::as_str))
        .bind(note.map_or_else(String::new, |note| folded(note.as_str())))
        .execute(&mut *tx)
        .await?;
    let row: Option<Row> = sqlx::query_as(rows!("WHERE call_id = $1 AND identity = $2"))
        .bind(call.to_string())
        .bind(owner.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    tx.commit().await?;
    row.map(Row::record).transpose()
}

/// How many calls `owner` missed since [`seen`].
///
/// # Errors
/// See [`StoreError`].
pub async fn missed(db: &Db, owner: &Identity) -> Result<u32, StoreError> {
    // The words of the index, so that it is used.
    let count: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM call_records WHERE identity = $1 AND outcome = 'missed' AND seen = 0")
            .bind(owner.as_str())
            .fetch_one(db)
            .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Notes that `owner` has seen which calls were missed until now; whether that was news.
///
/// # Errors
/// See [`StoreError`].
pub async fn seen(db: &Db, owner: &Identity) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE call_records SET seen = 1 WHERE identity = $1 AND outcome = 'missed' AND seen = 0")
        .bind(owner.as_str())
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// The name of the setting that says until when calls are known to have gone on.
const ALIVE_AT: &str = "alive_at";

/// How long an answered call lasted at the least, of which nothing else is known, ms.
const MOMENT: i64 = 1000;

/// Notes that the calls of open records go on at `now`, where there are any: [`close_open`] goes by it.
///
/// # Errors
/// See [`StoreError`].
pub async fn alive(db: &Db, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO settings (name, value) SELECT $1, $2 \
         WHERE EXISTS (SELECT 1 FROM call_records WHERE ended_at IS NULL) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(ALIVE_AT)
    .bind(now.0.to_string())
    .execute(db)
    .await?;
    Ok(())
}

/// Closes the records that a service which was killed left open, and says how many there were: answered calls stay
/// answered, unanswered ones were missed by the callee and failed for the caller. Nobody knows when they ended: they were
/// [`alive`] until then, and an answered one lasted a moment.
///
/// # Errors
/// See [`StoreError`].
pub async fn close_open(db: &Db, reason: EndReason) -> Result<u64, StoreError> {
    let alive = settings::get(db, ALIVE_AT).await?.and_then(|at| at.parse().ok()).unwrap_or(0);
    let done = sqlx::query(
        "UPDATE call_records SET end_code = $1, end_sub_code = $2, \
         ended_at = CASE WHEN CAST($3 AS BIGINT) > COALESCE(answered_at + $4, started_at) THEN $3 \
         ELSE COALESCE(answered_at + $4, started_at) END, \
         outcome = CASE WHEN answered_at IS NOT NULL THEN 'answered' WHEN direction = 'incoming' THEN 'missed' \
         ELSE 'failed' END WHERE ended_at IS NULL",
    )
    .bind(i64::from(reason.code))
    .bind(i64::from(reason.sub_code))
    .bind::<i64>(alive)
    .bind(MOMENT)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Keeps one record; its note comes back, and nothing for a record that came late.
async fn keep_one(
    tx: &mut Transaction<'static, Sqlite>,
    Entry { owner, record }: &Entry,
) -> Result<Option<Option<CallNote>>, StoreError> {
    let (with, group, by) = (record.with.person(), record.with.group(), record.answered_by.as_ref());
    // A call missed once more is news once more.
    let kept: Option<Option<String>> = sqlx::query_scalar(
        "INSERT INTO call_records (call_id, identity, with_identity, with_user_name, with_display_name, group_id, \
         group_name, direction, outcome, started_at, answered_at, ended_at, end_code, end_sub_code, \
         answered_by_identity, answered_by_user_name, answered_by_display_name, folded_names, with_organisation, \
         answered_by_organisation) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) \
         ON CONFLICT (call_id, identity) DO UPDATE SET with_identity = excluded.with_identity, \
         with_user_name = excluded.with_user_name, with_display_name = excluded.with_display_name, \
         direction = excluded.direction, outcome = excluded.outcome, \
         answered_at = excluded.answered_at, ended_at = excluded.ended_at, end_code = excluded.end_code, \
         end_sub_code = excluded.end_sub_code, answered_by_identity = excluded.answered_by_identity, \
         answered_by_user_name = excluded.answered_by_user_name, \
         answered_by_display_name = excluded.answered_by_display_name, folded_names = excluded.folded_names, \
         with_organisation = excluded.with_organisation, \
         answered_by_organisation = excluded.answered_by_organisation, \
         seen = CASE WHEN call_records.ended_at = excluded.ended_at THEN call_records.seen ELSE 0 END \
         WHERE call_records.ended_at IS NULL OR excluded.ended_at IS NOT NULL RETURNING note",
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
    .bind(by.map(|person| person.identity.as_str()))
    .bind(by.map(|person| person.name.as_str()))
    .bind(by.map(|person| person.display_name.as_str()))
    .bind(folded_names(record))
    .bind(with.map_or(Organisation::MAIN, |person| person.organisation.as_str()))
    .bind(by.map_or(Organisation::MAIN, |person| person.organisation.as_str()))
    .fetch_optional(&mut **tx)
    .await?;
    kept.map(noted).transpose()
}

/// What a record is found by, beside its note: who or which group it was with, and who answered.
fn folded_names(record: &CallRecord) -> String {
    let people = record.with.person().into_iter().chain(&record.answered_by);
    let mut names: Vec<&str> = people.flat_map(|person| [person.name.as_str(), person.display_name.as_str()]).collect();
    names.extend(record.with.group().and_then(|group| group.name.as_ref()).map(GroupName::as_str));
    // No text that is searched for has a line break: none is found across two names.
    folded(&names.join("\n"))
}

/// The setting that says by which rule the names and notes of all records are folded.
const FOLDED_BY: &str = "records_folded_by";

/// How many records are folded anew in one step.
const AT_ONCE: i64 = 1000;

/// Where a record is in the table, the names it is found by, and its note.
type Found = (i64, Option<String>, Option<String>, Option<String>, Option<String>, Option<String>, Option<String>);

/// Folds names and notes anew, once, where that was done by an older rule.
pub(super) async fn fold_anew(db: &Db) -> Result<(), sqlx::Error> {
    let rule = accounts::FOLDED_BY.to_string();
    let done: Option<String> =
        sqlx::query_scalar("SELECT value FROM settings WHERE name = $1").bind(FOLDED_BY).fetch_optional(db).await?;
    if done.as_ref() == Some(&rule) {
        return Ok(());
    }
    let mut tx = db.begin_with("BEGIN IMMEDIATE").await?;
    let mut after = i64::MIN;
    loop {
        let found: Vec<Found> = sqlx::query_as(
            "SELECT rowid, with_user_name, with_display_name, answered_by_user_name, answered_by_display_name, \
             group_name, note FROM call_records WHERE rowid > $1 ORDER BY rowid LIMIT $2",
        )
        .bind(after)
        .bind(AT_ONCE)
        .fetch_all(&mut *tx)
        .await?;
        let Some(last) = found.last() else { break };
        after = last.0;
        for (row, user, shown, by_user, by_shown, group, note) in found {
            let names: Vec<String> = [user, shown, by_user, by_shown, group].into_iter().flatten().collect();
            sqlx::query("UPDATE call_records SET folded_names = $2, folded_note = $3 WHERE rowid = $1")
                .bind(row)
                .bind(folded(&names.join("\n")))
                .bind(note.map_or_else(String::new, |note| folded(&note)))
                .execute(&mut *tx)
                .await?;
        }
    }
    sqlx::query("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2")
        .bind(FOLDED_BY)
        .bind(rule)
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}

fn noted(raw: Option<String>) -> Result<Option<CallNote>, StoreError> {
    raw.map(CallNote::try_from).transpose().map_err(|_| StoreError::Damaged("note"))
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
    answered_by_identity: Option<String>,
    answered_by_user_name: Option<String>,
    answered_by_display_name: Option<String>,
    note: Option<String>,
    with_organisation: String,
    answered_by_organisation: String,
}

impl Row {
    fn record(self) -> Result<CallRecord, StoreError> {
        Ok(CallRecord {
            call_id: self.call_id.parse().map_err(|_| StoreError::Damaged("call id"))?,
            with: self.with()?,
            answered_by: self.answered_by()?,
            note: noted(self.note)?,
            direction: from_word(self.direction)?,
            outcome: from_word(self.outcome)?,
            started_at: UnixMillis(self.started_at),
            answered_at: self.answered_at.map(UnixMillis),
            ended_at: self.ended_at.map(UnixMillis),
            end: self.end_code.zip(self.end_sub_code).map(reason).transpose()?,
        })
    }

    fn with(&self) -> Result<Peer, StoreError> {
        if let Some(id) = &self.group_id {
            let id = id.parse().map_err(|_| StoreError::Damaged("group id"))?;
            let name = self.group_name.clone().map(GroupName::try_from).transpose();
            return Ok(Peer::Group(GroupRef { id, name: name.map_err(|_| StoreError::Damaged("group name"))? }));
        }
        match (self.with_identity.clone(), self.with_user_name.clone(), self.with_display_name.clone()) {
            (Some(identity), Some(name), Some(shown)) => {
                Ok(Peer::Person(person((identity, name, shown, self.with_organisation.clone()))?))
            }
            _ => Err(StoreError::Damaged("call record")),
        }
    }

    fn answered_by(&self) -> Result<Option<Person>, StoreError> {
        let (name, shown) = (self.answered_by_user_name.clone(), self.answered_by_display_name.clone());
        let row = self.answered_by_identity.clone().zip(name.zip(shown));
        let of = || self.answered_by_organisation.clone();
        row.map(|(identity, (name, shown))| person((identity, name, shown, of()))).transpose()
    }
}

fn reason((code, sub_code): (i64, i64)) -> Result<EndReason, StoreError> {
    let damaged = |_| StoreError::Damaged("end reason");
    Ok(EndReason { code: u16::try_from(code).map_err(damaged)?, sub_code: u32::try_from(sub_code).map_err(damaged)? })
}

#[cfg(test)]
mod tests;
