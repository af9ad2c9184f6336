//! What must last: one SQLite file in the data folder, one file of this module per aggregate.
//!
//! Opens the file, brings its schema up to date and names what can go wrong. Statements only: what they mean, who may
//! run them and in which words a refusal is given is decided above. Every write is on the disk when its call returns.

pub mod access_keys;
pub mod accounts;
pub mod audit;
pub mod backup;
pub mod blocks;
pub mod friend_requests;
pub mod friends;
pub mod groups;
pub mod identities;
pub mod keys;
pub mod outside_subjects;
pub mod records;
pub mod refresh_tokens;
pub mod rules;
pub mod settings;
mod timed;
mod words;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};

use crate::base::entropy;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};

pub use self::timed::Db;

/// The name of the database in the data folder.
pub const FILE: &str = "switchboard.db";

/// How long a statement waits for another process to let go of the file.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Few: SQLite has one writer at a time, and each connection is a thread with its own page cache.
const CONNECTIONS: u32 = 4;

static MIGRATIONS: Migrator = sqlx::migrate!("src/service/store/migrations");

/// Why the database can't be opened. The messages say what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder can't be made or written in.
    #[error("can't write in the data folder {}: {source}. Make it writable, or choose another one with --data", folder.display())]
    Folder {
        /// The data folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds something else, or is damaged.
    #[error("{} is not a database, or it is damaged. Restore a backup, or move it away to start afresh", file.display())]
    NotADatabase {
        /// The database file.
        file: PathBuf,
    },
    /// Another process holds the file.
    #[error("{} is locked by another process. Stop the other service that uses it, or choose another folder with --data", file.display())]
    Locked {
        /// The database file.
        file: PathBuf,
    },
    /// The file was written by a newer version of this program.
    #[error("{} was written by a newer version of switchboard (schema {version}). Run that version, or choose another folder with --data", file.display())]
    NewerSchema {
        /// The database file.
        file: PathBuf,
        /// The schema version this program does not know.
        version: i64,
    },
    /// Anything else.
    #[error("can't open {}: {source}", file.display())]
    Other {
        /// The database file.
        file: PathBuf,
        /// What the database said.
        source: sqlx::Error,
    },
}

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It may work later: the file is locked, the disk is full, the service is stopping.
    #[error("the database can't be used now: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Whom or what a row is about was removed in the same moment.
    #[error("what this is about is there no more: {0}")]
    Gone(#[source] sqlx::Error),
    /// It will not work later either.
    #[error("the database refused a statement: {0}")]
    Fault(#[source] sqlx::Error),
    /// A stored value is not what this program wrote.
    #[error("the database holds a damaged {0}")]
    Damaged(&'static str),
}

/// Opens the database in `folder`, making both (0700, 0600) when they are not there, and brings its schema up to date.
///
/// # Errors
/// See [`OpenError`].
pub async fn open(folder: &Path) -> Result<Db, OpenError> {
    open_within(folder, BUSY_TIMEOUT).await
}

/// [`open`], waiting only for `patience` when the file is locked, at this moment and in every later statement.
///
/// # Errors
/// See [`OpenError`].
pub async fn open_within(folder: &Path, patience: Duration) -> Result<Db, OpenError> {
    let file = folder.join(FILE);
    prepare(folder, &file).map_err(|source| OpenError::Folder { folder: folder.to_owned(), source })?;
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(patience)
        .foreign_keys(true)
        .statement_cache_capacity(64);
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .min_connections(1)
        .max_lifetime(None)
        .acquire_timeout(patience + Duration::from_secs(3))
        .idle_timeout(Duration::from_secs(60))
        .test_before_acquire(false);
    let pool = pool.connect_with(options).await.map_err(|e| open_error(&file, e))?;
    MIGRATIONS.run(&pool).await.map_err(|e| migrate_error(&file, e))?;
    let db = Db::new(pool);
    check_writable(&db).await.map_err(|e| open_error(&file, e))?;
    accounts::fold_anew(&db).await.map_err(|e| open_error(&file, e))?;
    records::fold_anew(&db).await.map_err(|e| open_error(&file, e))?;
    Ok(db)
}

/// With an up-to-date schema nothing was written so far: a file that another process holds would only be met later.
async fn check_writable(db: &Db) -> Result<(), sqlx::Error> {
    db.begin_with("BEGIN IMMEDIATE").await?.rollback().await
}

/// Writes something and waits until it is on the disk, to find out whether that works.
///
/// # Errors
/// See [`StoreError`].
pub async fn probe(db: &Db, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO settings (name, value) VALUES ('probed_at', $1) ON CONFLICT (name) DO UPDATE SET value = $1",
    )
    .bind(now.0.to_string())
    .execute(db)
    .await?;
    Ok(())
}

/// A transaction that writes: it takes its lock at once, since one that reads first can't wait for it later.
async fn writing(db: &Db) -> Result<Transaction<'static, Sqlite>, StoreError> {
    let _waiting = db.waiting();
    Ok(db.begin_with("BEGIN IMMEDIATE").await?)
}

fn prepare(folder: &Path, file: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let opened = std::fs::OpenOptions::new().read(true).append(true).create(true).open(file)?;
    restrict(folder, &opened)
}

/// Closes folder and file to everybody else before anything is written; SQLite gives its side files the same mode.
#[cfg(unix)]
fn restrict(folder: &Path, file: &std::fs::File) -> std::io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    file.set_permissions(Permissions::from_mode(0o600))
}

/// On other systems the user's own folders are closed to others by their place.
#[cfg(not(unix))]
fn restrict(_folder: &Path, _file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

fn open_error(file: &Path, error: sqlx::Error) -> OpenError {
    let file = file.to_owned();
    match result_code(&error) {
        Some(sqlite::BUSY | sqlite::LOCKED) => OpenError::Locked { file },
        Some(sqlite::NOTADB | sqlite::CORRUPT) => OpenError::NotADatabase { file },
        _ => OpenError::Other { file, source: error },
    }
}

fn migrate_error(file: &Path, error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(version) | MigrateError::VersionMismatch(version) => {
            OpenError::NewerSchema { file: file.to_owned(), version }
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => open_error(file, error),
        other => OpenError::Other { file: file.to_owned(), source: sqlx::Error::Migrate(Box::new(other)) },
    }
}

/// Primary result codes of SQLite (<https://www.sqlite.org/rescode.html>).
mod sqlite {
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const READONLY: i32 = 8;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const NOTADB: i32 = 26;
}

/// The primary part of SQLite's extended result code.
fn result_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlite::{BUSY, CANTOPEN, FULL, IOERR, LOCKED, READONLY};

        let passing = matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed)
            || matches!(result_code(&error), Some(BUSY | LOCKED | READONLY | IOERR | FULL | CANTOPEN));
        let refers_to_nothing =
            error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation);
        match (passing, refers_to_nothing) {
            (true, _) => Self::Unavailable(error),
            (false, true) => Self::Gone(error),
            (false, false) => Self::Fault(error),
        }
    }
}

/// What a peer is told; the rest goes to the log, under a reference where it is a fault.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if let StoreError::Unavailable(_) = error {
            tracing::warn!(%error, "the database is not available");
            return Self::new(FailureCode::Unavailable, "the service can't reach its data just now; try again shortly");
        }
        if let StoreError::Gone(_) = error {
            return Self::new(FailureCode::NotFound, "somebody or something this is about was removed just now");
        }
        let reference = u32::from_le_bytes(entropy::bytes());
        tracing::error!(%error, reference = format!("{reference:08x}"), "the database failed");
        Self::new(FailureCode::Internal, format!("the service failed; its log knows more under {reference:08x}"))
    }
}
