//! Groups, their codes, and on whose list they are.

use sqlx::{Sqlite, Transaction};

use super::identities::{identity, person};
use super::{Db, StoreError, writing};
use crate::domain::group::{Group, GroupCode, GroupName};
use crate::domain::id::{GroupId, Identity};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;

/// A group with what only the service knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGroup {
    /// The group.
    pub group: Group,
    /// Whose it is: who made it, or was first in it.
    pub owner: Identity,
    /// The account behind the owner; none for a bot.
    pub person: Option<Person>,
    /// When it was last known to be used.
    pub used_at: UnixMillis,
}

/// What came of adding a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// It is kept.
    Yes,
    /// There is a group with this ID.
    IdTaken,
    /// The code is in use, or was until lately.
    CodeTaken,
    /// The owner has a group of this name.
    NameTaken,
    /// The owner has as many groups with a name as anybody may.
    TooMany,
}

#[derive(sqlx::FromRow)]
struct Row {
    group_id: String,
    owner: String,
    name: Option<String>,
    code: String,
    used_at: i64,
    user_name: Option<String>,
    display_name: Option<String>,
    organisation: String,
}

/// A statement that selects [`Row`]s.
macro_rules! rows {
    ($which:literal) => {
        concat!(
            "SELECT g.group_id, g.owner, g.name, g.code, g.used_at, ",
            "COALESCE(a.user_name, i.name) AS user_name, COALESCE(a.display_name, i.name) AS display_name, ",
            "COALESCE(a.organisation, 'main') AS organisation FROM groups g ",
            "LEFT JOIN identities i ON i.identity = g.owner LEFT JOIN accounts a ON a.user_name = i.user_name ",
            $which
        )
    };
}

/// Adds a group; one with a name also to the list of its owner, who may have `most` of them.
///
/// # Errors
/// See [`StoreError`].
pub async fn add(db: &Db, group: &Group, owner: &Identity, most: usize, now: UnixMillis) -> Result<Added, StoreError> {
    let mut tx = writing(db).await?;
    let obstacle = obstacle(&mut tx, group, owner, most).await?;
    if obstacle != Added::Yes {
        return Ok(obstacle);
    }
    sqlx::query(
        "INSERT INTO groups (group_id, owner, name, folded_name, code, created_at, used_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(group.id.to_string())
    .bind(owner.as_str())
    .bind(group.name.as_ref().map(GroupName::as_str))
    .bind(group.name.as_ref().map(in_lower_case))
    .bind(group.code.as_str())
    .bind(now.0)
    .execute(&mut *tx)
    .await?;
    if group.name.is_some() {
        sqlx::query(
            "INSERT INTO group_list (identity, group_id, added_at) \
             SELECT identity, $2, $3 FROM identities WHERE identity = $1",
        )
        .bind(owner.as_str())
        .bind(group.id.to_string())
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(Added::Yes)
}

/// What is in the way of a new group; [`Added::Yes`] when nothing is.
async fn obstacle(
    tx: &mut Transaction<'static, Sqlite>,
    group: &Group,
    owner: &Identity,
    most: usize,
) -> Result<Added, StoreError> {
    let (same_id, same_code): (i64, i64) = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM groups WHERE group_id = $1), \
         EXISTS (SELECT 1 FROM groups WHERE code = $2) OR EXISTS (SELECT 1 FROM ended_codes WHERE code = $2)",
    )
    .bind(group.id.to_string())
    .bind(group.code.as_str())
    .fetch_one(&mut **tx)
    .await?;
    if same_id != 0 {
        return Ok(Added::IdTaken);
    }
    if let Some(name) = &group.name {
        let (same_name, count): (i64, i64) = sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM groups WHERE owner = $1 AND folded_name = $2), \
             (SELECT COUNT(*) FROM groups WHERE owner = $1 AND name IS NOT NULL)",
        )
        .bind(owner.as_str())
        .bind(in_lower_case(name))
        .fetch_one(&mut **tx)
        .await?;
        if same_name != 0 {
            return Ok(Added::NameTaken);
        }
        if usize::try_from(count).unwrap_or(usize::MAX) >= most {
            return Ok(Added::TooMany);
        }
    }
    Ok(if same_code == 0 { Added::Yes } else { Added::CodeTaken })
}

/// The group with this ID.
///
/// # Errors
/// See [`StoreError`].
pub async fn by_id(db: &Db, id: GroupId) -> Result<Option<StoredGroup>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as(rows!("WHERE g.group_id = $1")).bind(id.to_string()).fetch_optional(db).await?;
    row.map(Row::stored).transpose()
}

/// The group with this code.
///
/// # Errors
/// See [`StoreError`].
pub async fn by_code(db: &Db, code: &GroupCode) -> Result<Option<StoredGroup>, StoreError> {
    let row: Option<Row> = sqlx::query_as(rows!("WHERE g.code = $1")).bind(code.as_str()).fetch_optional(db).await?;
    row.map(Row::stored).transpose()
}

/// Whether the code stood for a group until lately.
///
/// # Errors
/// See [`StoreError`].
pub async fn has_ended(db: &Db, code: &GroupCode) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM ended_codes WHERE code = $1)")
        .bind(code.as_str())
        .fetch_one(db)
        .await?;
    Ok(found != 0)
}

/// The groups on the list of `owner`, by name.
///
/// # Errors
/// See [`StoreError`].
pub async fn listed(db: &Db, owner: &Identity) -> Result<Vec<StoredGroup>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(rows!(
        "JOIN group_list l ON l.group_id = g.group_id WHERE l.identity = $1 ORDER BY g.folded_name, g.created_at, g.group_id"
    ))
    .bind(owner.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::stored).collect()
}

/// Who has the group on the list.
///
/// # Errors
/// See [`StoreError`].
pub async fn listed_by(db: &Db, id: GroupId) -> Result<Vec<Identity>, StoreError> {
    let rows: Vec<String> = sqlx::query_scalar("SELECT identity FROM group_list WHERE group_id = $1")
        .bind(id.to_string())
        .fetch_all(db)
        .await?;
    rows.into_iter().map(identity).collect()
}

/// Whether the group is on the list of `owner`.
///
/// # Errors
/// See [`StoreError`].
pub async fn is_listed(db: &Db, owner: &Identity, id: GroupId) -> Result<bool, StoreError> {
    let found: i64 =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM group_list WHERE identity = $1 AND group_id = $2)")
            .bind(owner.as_str())
            .bind(id.to_string())
            .fetch_one(db)
            .await?;
    Ok(found != 0)
}

/// Puts a group on the lists of all these, unless it is there, has no name, or is somebody else's and they have `most`
/// of such already. Identities without an account are passed over.
///
/// # Errors
/// See [`StoreError`].
pub async fn list(db: &Db, who: &[Identity], id: GroupId, most: usize, now: UnixMillis) -> Result<(), StoreError> {
    let mut tx = writing(db).await?;
    for identity in who {
        sqlx::query(
            "INSERT INTO group_list (identity, group_id, added_at) \
             SELECT i.identity, g.group_id, $3 FROM identities i JOIN groups g ON g.group_id = $2 \
             WHERE i.identity = $1 AND g.name IS NOT NULL AND (g.owner = $1 OR $4 > \
             (SELECT COUNT(*) FROM group_list l JOIN groups o ON o.group_id = l.group_id \
             WHERE l.identity = $1 AND o.owner <> $1)) ON CONFLICT (identity, group_id) DO NOTHING",
        )
        .bind(identity.as_str())
        .bind(id.to_string())
        .bind(now.0)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Takes a group off the list of `owner`; `false` when it was not there.
///
/// # Errors
/// See [`StoreError`].
pub async fn unlist(db: &Db, owner: &Identity, id: GroupId) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM group_list WHERE identity = $1 AND group_id = $2")
        .bind(owner.as_str())
        .bind(id.to_string())
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets a group and ends its code; says who had it on the list.
///
/// # Errors
/// See [`StoreError`].
pub async fn end(db: &Db, id: GroupId, now: UnixMillis) -> Result<Vec<Identity>, StoreError> {
    let mut tx = writing(db).await?;
    let listed: Vec<String> = sqlx::query_scalar("SELECT identity FROM group_list WHERE group_id = $1")
        .bind(id.to_string())
        .fetch_all(&mut *tx)
        .await?;
    sqlx::query("INSERT INTO ended_codes (code, ended_at) SELECT code, $2 FROM groups WHERE group_id = $1")
        .bind(id.to_string())
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query("DELETE FROM groups WHERE group_id = $1").bind(id.to_string()).execute(&mut *tx).await?;
    tx.commit().await?;
    listed.into_iter().map(identity).collect()
}

/// When each of these groups that is without a name was last used.
///
/// # Errors
/// See [`StoreError`].
pub async fn last_used(db: &Db, ids: &[GroupId]) -> Result<Vec<Cursor>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let at: Option<i64> = sqlx::query_scalar("SELECT used_at FROM groups WHERE group_id = $1 AND name IS NULL")
            .bind(id.to_string())
            .fetch_optional(db)
            .await?;
        found.extend(at.map(|at| (UnixMillis(at), *id)));
    }
    Ok(found)
}

/// Notes that these groups were used at `now`.
///
/// # Errors
/// See [`StoreError`].
pub async fn used(db: &Db, ids: &[GroupId], now: UnixMillis) -> Result<(), StoreError> {
    let mut tx = writing(db).await?;
    for id in ids {
        sqlx::query("UPDATE groups SET used_at = MAX(used_at, $2) WHERE group_id = $1")
            .bind(id.to_string())
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// When a group was last used, and which: [`idle`] goes on after one.
pub type Cursor = (UnixMillis, GroupId);

/// At most `limit` groups without a name that were last used before `until`, after `cursor`, the longest unused first.
///
/// # Errors
/// See [`StoreError`].
pub async fn idle(db: &Db, until: UnixMillis, cursor: Cursor, limit: usize) -> Result<Vec<Cursor>, StoreError> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT used_at, group_id FROM groups WHERE name IS NULL AND used_at < $1 AND (used_at, group_id) > ($2, $3) \
         ORDER BY used_at, group_id LIMIT $4",
    )
    .bind(until.0)
    .bind(cursor.0.0)
    .bind(cursor.1.to_string())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|(at, raw)| Ok((UnixMillis(at), id(&raw)?))).collect()
}

/// Ends every group without a name that was last used before `unused_since`, and forgets codes that ended before
/// `ended_before`. Says how many groups ended.
///
/// # Errors
/// See [`StoreError`].
pub async fn tidy(
    db: &Db,
    unused_since: UnixMillis,
    ended_before: UnixMillis,
    now: UnixMillis,
) -> Result<u64, StoreError> {
    let mut tx = writing(db).await?;
    sqlx::query(
        "INSERT INTO ended_codes (code, ended_at) SELECT code, $2 FROM groups WHERE name IS NULL AND used_at < $1",
    )
    .bind(unused_since.0)
    .bind(now.0)
    .execute(&mut *tx)
    .await?;
    let done = sqlx::query("DELETE FROM groups WHERE name IS NULL AND used_at < $1")
        .bind(unused_since.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query("DELETE FROM ended_codes WHERE ended_at < $1").bind(ended_before.0).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(done.rows_affected())
}

/// What the column `folded_name` holds: two groups of one owner may differ by accents alone.
fn in_lower_case(name: &GroupName) -> String {
    name.as_str().to_lowercase()
}

fn id(raw: &str) -> Result<GroupId, StoreError> {
    raw.parse().map_err(|_| StoreError::Damaged("group id"))
}

impl Row {
    fn stored(self) -> Result<StoredGroup, StoreError> {
        let name: Option<GroupName> =
            self.name.map(GroupName::try_from).transpose().map_err(|_| damaged("group name"))?;
        let code = self.code.parse().map_err(|_| damaged("group code"))?;
        let names = self.user_name.zip(self.display_name);
        let person_of = |(user, shown)| person((self.owner.clone(), user, shown, self.organisation));
        let account = names.map(person_of).transpose()?;
        Ok(StoredGroup {
            group: Group { id: id(&self.group_id)?, name, code },
            owner: identity(self.owner)?,
            person: account,
            used_at: UnixMillis(self.used_at),
        })
    }
}

fn damaged(what: &'static str) -> StoreError {
    StoreError::Damaged(what)
}
