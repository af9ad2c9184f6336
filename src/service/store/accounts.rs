//! Accounts: who may sign in, and with which password hash.

use sqlx::{Sqlite, Transaction};

use super::identities::{Gone, organisation};
use super::{Db, StoreError, identities, writing};
use crate::base::secret::Secret;
use crate::domain::id::{DisplayName, Identity, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::role::Role;
use crate::domain::text::folded;
use crate::domain::time::UnixMillis;
use crate::protocol::rest::{Account, OrganisationRow};

/// An account with what only the service may see.
#[derive(Debug, Clone)]
pub struct StoredAccount {
    /// What others may see.
    pub account: Account,
    /// argon2id in PHC form; none for a demo account nobody gave a password.
    pub password_hash: Option<Secret<String>>,
    /// Whether the demo secret opens it.
    pub demo: bool,
}

type Row = (String, String, Option<String>, i64, i64, i64, Option<String>, String, String);

/// The rule by which names are folded: see the schema.
pub(super) const FOLDED_BY: i64 = 2;

/// A statement that selects [`Row`]s.
macro_rules! rows {
    ($which:literal) => {
        concat!(
            "SELECT a.user_name, a.display_name, a.password_hash, a.demo, a.disabled, a.created_at, i.identity, a.role, ",
            "a.organisation FROM accounts a LEFT JOIN identities i ON i.user_name = a.user_name ",
            $which
        )
    };
}

/// How adding an account for an identity went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is there, and has the identity.
    Done,
    /// The name is taken.
    Taken,
    /// The identity is gone, or has an account.
    NotFree,
}

/// Adds an account; `false` when the name is taken.
///
/// # Errors
/// See [`StoreError`].
pub async fn add(db: &Db, new: &StoredAccount) -> Result<bool, StoreError> {
    let mut tx = writing(db).await?;
    let added = insert(&mut tx, new).await?;
    tx.commit().await?;
    Ok(added)
}

/// Adds an account for `identity`, which has none so far. Nothing is changed unless all of it is.
///
/// # Errors
/// See [`StoreError`].
pub async fn add_for(db: &Db, new: &StoredAccount, identity: &Identity) -> Result<Added, StoreError> {
    let mut tx = writing(db).await?;
    if !insert(&mut tx, new).await? {
        return Ok(Added::Taken);
    }
    let done =
        sqlx::query("UPDATE identities SET user_name = $1, name = NULL WHERE identity = $2 AND user_name IS NULL")
            .bind(new.account.user.as_str())
            .bind(identity.as_str())
            .execute(&mut *tx)
            .await?;
    if done.rows_affected() != 1 {
        return Ok(Added::NotFree);
    }
    tx.commit().await?;
    Ok(Added::Done)
}

async fn insert(tx: &mut Transaction<'static, Sqlite>, new: &StoredAccount) -> Result<bool, StoreError> {
    let StoredAccount { account, password_hash, demo } = new;
    let done = sqlx::query(
        "INSERT INTO accounts (user_name, display_name, folded_name, password_hash, demo, disabled, created_at, role, \
         organisation, folded_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (user_name) DO NOTHING",
    )
    .bind(account.user.as_str())
    .bind(account.display_name.as_str())
    .bind(folded(account.display_name.as_str()))
    .bind(password_hash.as_ref().map(|hash| hash.expose().as_str()))
    .bind(i64::from(*demo))
    .bind(i64::from(account.disabled))
    .bind(account.created_at.0)
    .bind(account.role.as_str())
    .bind(account.organisation.as_str())
    .bind(FOLDED_BY)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The account that has this identity.
///
/// # Errors
/// See [`StoreError`].
pub async fn of_identity(db: &Db, identity: &Identity) -> Result<Option<StoredAccount>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as(rows!("WHERE i.identity = $1")).bind(identity.as_str()).fetch_optional(db).await?;
    row.map(stored).transpose()
}

/// The account called `user`.
///
/// # Errors
/// See [`StoreError`].
pub async fn find(db: &Db, user: &UserName) -> Result<Option<StoredAccount>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as(rows!("WHERE a.user_name = $1")).bind(user.as_str()).fetch_optional(db).await?;
    row.map(stored).transpose()
}

/// The accounts that follow `after`, or the first ones, by name; `limit` at the most.
///
/// # Errors
/// See [`StoreError`].
pub async fn list(db: &Db, after: Option<&UserName>, limit: u16) -> Result<Vec<Account>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(rows!("WHERE a.user_name > $1 ORDER BY a.user_name LIMIT $2"))
        .bind(after.map_or("", UserName::as_str))
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    rows.into_iter().map(|row| Ok(stored(row)?.account)).collect()
}

/// The role of the account that has this identity, and its user name; `None` without an open one.
///
/// # Errors
/// See [`StoreError`].
pub async fn role_of(db: &Db, identity: &Identity) -> Result<Option<(UserName, Role)>, StoreError> {
    let row: Option<(String, String)> = sqlx::query_as(
        "SELECT a.user_name, a.role FROM accounts a JOIN identities i ON i.user_name = a.user_name \
         WHERE i.identity = $1 AND a.disabled = 0",
    )
    .bind(identity.as_str())
    .fetch_optional(db)
    .await?;
    row.map(|(user, role)| Ok((user_name(&user)?, self::role(&role)?))).transpose()
}

/// Shows the account under another name; `false` when there is no such account.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_display_name(db: &Db, user: &UserName, name: &DisplayName) -> Result<bool, StoreError> {
    let statement = "UPDATE accounts SET display_name = $2, folded_name = $3, folded_by = $4 WHERE user_name = $1";
    let done = sqlx::query(statement)
        .bind(user.as_str())
        .bind(name.as_str())
        .bind(folded(name.as_str()))
        .bind(FOLDED_BY)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Folds the names anew that were folded by an older rule.
pub(super) async fn fold_anew(db: &Db) -> Result<(), sqlx::Error> {
    let older: Vec<(String, String)> =
        sqlx::query_as("SELECT user_name, display_name FROM accounts WHERE folded_by < $1")
            .bind(FOLDED_BY)
            .fetch_all(db)
            .await?;
    if older.is_empty() {
        return Ok(());
    }
    let mut tx = db.begin_with("BEGIN IMMEDIATE").await?;
    for (user, display_name) in older {
        sqlx::query("UPDATE accounts SET folded_name = $2, folded_by = $3 WHERE user_name = $1")
            .bind(user)
            .bind(folded(&display_name))
            .bind(FOLDED_BY)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await
}

/// Gives the account another role; `false` when there is no such account.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_role(db: &Db, user: &UserName, role: Role) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE accounts SET role = $2 WHERE user_name = $1")
        .bind(user.as_str())
        .bind(role.as_str())
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Moves the account into an organisation; `false` when there is no such account.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_organisation(db: &Db, user: &UserName, to: &Organisation) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE accounts SET organisation = $2 WHERE user_name = $1")
        .bind(user.as_str())
        .bind(to.as_str())
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The organisations accounts belong to, by name.
///
/// # Errors
/// See [`StoreError`].
pub async fn organisations(db: &Db) -> Result<Vec<OrganisationRow>, StoreError> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT organisation, COUNT(*) FROM accounts GROUP BY organisation ORDER BY organisation")
            .fetch_all(db)
            .await?;
    let row = |(name, members): (String, i64)| {
        Ok(OrganisationRow { name: organisation(name)?, members: u64::try_from(members).unwrap_or(0) })
    };
    rows.into_iter().map(row).collect()
}

/// Replaces the password hash; `false` when there is no such account.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_password(db: &Db, user: &UserName, hash: &Secret<String>) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE accounts SET password_hash = $2 WHERE user_name = $1")
        .bind(user.as_str())
        .bind(hash.expose().as_str())
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Closes or opens the account; `false` when there is no such account.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_disabled(db: &Db, user: &UserName, disabled: bool) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE accounts SET disabled = $2 WHERE user_name = $1")
        .bind(user.as_str())
        .bind(i64::from(disabled))
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// What went with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The identity it had.
    pub identity: Option<Gone>,
}

/// Removes the account with its identity, tokens, friend list, groups and own call records, and from the lists of others;
/// `None` when there is no such account.
///
/// # Errors
/// See [`StoreError`].
pub async fn remove(db: &Db, user: &UserName, now: UnixMillis) -> Result<Option<Removed>, StoreError> {
    let mut tx = writing(db).await?;
    let identity: Option<String> = sqlx::query_scalar("SELECT identity FROM identities WHERE user_name = $1")
        .bind(user.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    let identity = match identity.map(identities::identity).transpose()? {
        Some(identity) => identities::remove_within(&mut tx, &identity, now).await?,
        None => None,
    };
    let done = sqlx::query("DELETE FROM accounts WHERE user_name = $1").bind(user.as_str()).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok((done.rows_affected() == 1).then_some(Removed { identity }))
}

fn stored(
    (user, display_name, hash, demo, disabled, created_at, identity, role, of): Row,
) -> Result<StoredAccount, StoreError> {
    let identity = identity.map(|raw| raw.parse::<Identity>()).transpose();
    Ok(StoredAccount {
        account: Account {
            user: user_name(&user)?,
            display_name: DisplayName::from(display_name),
            identity: identity.map_err(|_| StoreError::Damaged("identity"))?,
            disabled: disabled != 0,
            created_at: UnixMillis(created_at),
            role: self::role(&role)?,
            organisation: organisation(of)?,
        },
        password_hash: hash.map(Secret::new),
        demo: demo != 0,
    })
}

fn user_name(raw: &str) -> Result<UserName, StoreError> {
    raw.parse().map_err(|_| StoreError::Damaged("user name"))
}

fn role(raw: &str) -> Result<Role, StoreError> {
    raw.parse().map_err(|_| StoreError::Damaged("role"))
}
