//! Backups: one file that brings a whole service back.
//!
//! A backup is the database as it was at one moment, with one table more: the files beside it without which clients would
//! not know the service again (its certificate authority, its account with a public one). Put into an empty data folder as the
//! database, those files come out of it at the next start ([`unpack`]), and the table goes.

mod files;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};

use self::files::Gathered;
use super::{Db, sqlite};
use crate::base::entropy;
use crate::protocol::failure::{Failure, FailureCode};

/// The header by which a service tells of each file that it left out.
pub const LEFT_OUT: &str = "x-left-out";

/// What a backup is called while it is made, with a random part.
const PREFIX: &str = "backup-";
const SUFFIX: &str = ".tmp";

/// Why there is no backup, or none to be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The disk of the data folder has no room for it.
    #[error("there is no room for a backup in the data folder {}: it takes as much as the database", folder.display())]
    Full {
        /// The data folder.
        folder: PathBuf,
    },
    /// The database can't be read, or the copy can't be written.
    #[error("no backup could be made: {0}")]
    Database(#[source] sqlx::Error),
    /// A file can't be read or written.
    #[error("{} can't be read or written: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is said to be a backup wants to write outside of the data folder.
    #[error("the backup holds a file that does not belong into a data folder")]
    Foreign,
}

/// A backup that was just made; gone from the disk once this is dropped.
#[derive(Debug)]
pub struct Snapshot {
    path: PathBuf,
    file: File,
    length: u64,
    left_out: Vec<String>,
}

impl Snapshot {
    /// How many bytes it has.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The files that belong into it and are not in it, and why: in printable ASCII, as whoever runs the service is told.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// The next bytes; none at its end.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; 64 * 1024];
        let count = self.file.read(&mut bytes)?;
        bytes.truncate(count);
        Ok(bytes)
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // Left behind, it goes at the next start.
        fs::remove_file(&self.path).ok();
    }
}

/// Makes a backup of the database and of what lies beside it in `folder`, while both are in use.
///
/// # Errors
/// See [`BackupError`]; nothing is left behind then.
pub async fn make(db: &Db, folder: &Path) -> Result<Snapshot, BackupError> {
    let random = u64::from_le_bytes(entropy::bytes());
    let path = folder.join(format!("{PREFIX}{random:016x}{SUFFIX}"));
    // Made empty first, so that nobody else can ever read it: the copy goes into the empty file.
    let file = create(&path)?;
    let mut snapshot = Snapshot { path, file, length: 0, left_out: Vec::new() };
    snapshot.left_out = fill(db, folder, &snapshot.path).await?;
    for what in &snapshot.left_out {
        tracing::warn!(what, "a file is left out of the backup");
    }
    let failed = |source| BackupError::File { path: snapshot.path.clone(), source };
    let file = File::open(&snapshot.path).map_err(failed)?;
    snapshot.length = file.metadata().map_err(failed)?.len();
    snapshot.file = file;
    Ok(snapshot)
}

/// Says what is left out.
async fn fill(db: &Db, folder: &Path, path: &Path) -> Result<Vec<String>, BackupError> {
    let failed = |error| failure(folder, error);
    let text = path.to_str().ok_or_else(|| BackupError::File {
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidInput, "the name of the folder is no UTF-8"),
    })?;
    sqlx::query("VACUUM INTO $1").bind(text).execute(db).await.map_err(failed)?;
    let options = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Delete);
    let mut copy = options.connect().await.map_err(failed)?;
    let put = put_files(&mut copy, folder).await;
    let closed = copy.close().await.map_err(failed);
    let left_out = put?;
    closed.map(|()| left_out)
}

async fn put_files(copy: &mut SqliteConnection, folder: &Path) -> Result<Vec<String>, BackupError> {
    let failed = |error| failure(folder, error);
    let Gathered { files, left_out } = files::gather(folder)?;
    let mut tx = copy.begin().await.map_err(failed)?;
    sqlx::query("CREATE TABLE backup_files (path TEXT NOT NULL PRIMARY KEY, content BLOB NOT NULL)")
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    for (path, content) in files {
        sqlx::query("INSERT INTO backup_files (path, content) VALUES ($1, $2)")
            .bind(path)
            .bind(content)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
    }
    tx.commit().await.map_err(failed)?;
    Ok(left_out)
}

/// Takes out of a database that was a backup the files that belong beside it; those that are there stay as they are.
/// Does nothing with any other database.
///
/// # Errors
/// See [`BackupError`]; the next try finds everything as this one did.
pub async fn unpack(db: &Db, folder: &Path) -> Result<(), BackupError> {
    sweep(folder);
    let failed = |error| failure(folder, error);
    let there: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'backup_files'")
            .fetch_one(db)
            .await
            .map_err(failed)?;
    if there == 0 {
        return Ok(());
    }
    let files: Vec<(String, Vec<u8>)> =
        sqlx::query_as("SELECT path, content FROM backup_files ORDER BY path").fetch_all(db).await.map_err(failed)?;
    for (path, content) in &files {
        files::place(folder, Path::new(path), content)?;
    }
    sqlx::query("DROP TABLE backup_files").execute(db).await.map_err(failed)?;
    Ok(())
}

/// Removes what a service that was killed left behind of a backup.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX) && name.contains(SUFFIX)) {
            // What can't be removed now is tried again at the next start.
            fs::remove_file(entry.path()).ok();
        }
    }
}

/// A new file that only its owner can read.
fn create(path: &Path) -> Result<File, BackupError> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| BackupError::File { path: path.to_owned(), source })
}

fn failure(folder: &Path, error: sqlx::Error) -> BackupError {
    match super::result_code(&error) {
        Some(sqlite::FULL) => BackupError::Full { folder: folder.to_owned() },
        _ => BackupError::Database(error),
    }
}

/// What an administrator is told.
impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        tracing::error!(%error, "no backup could be made");
        Self::new(FailureCode::Unavailable, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tempfile::TempDir;

    use super::super::{FILE, open, settings};
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// Writes the backup where a service finds it.
    fn restore(mut snapshot: Snapshot, folder: &Path) {
        let mut file = File::create(folder.join(FILE)).unwrap();
        let mut length = 0;
        loop {
            let bytes = snapshot.read().unwrap();
            if bytes.is_empty() {
                break;
            }
            length += bytes.len() as u64;
            file.write_all(&bytes).unwrap();
        }
        assert_eq!(length, snapshot.length());
    }

    #[tokio::test]
    async fn a_backup_made_while_others_write_brings_everything_back() {
        let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let db = open(folder.path()).await.unwrap();
        settings::keep(&db, "colour", "blue").await.unwrap();
        fs::create_dir_all(folder.path().join("tls/acme")).unwrap();
        fs::write(folder.path().join("tls/ca.key"), "a key").unwrap();
        fs::write(folder.path().join("tls/acme/account.json"), "an account").unwrap();
        fs::write(folder.path().join("service.json"), "not kept").unwrap();
        let writes = (0..20).map(|number| {
            let db = db.clone();
            async move { settings::keep(&db, &format!("later-{number}"), "x").await.map(drop) }
        });
        let (snapshot, wrote) = tokio::join!(make(&db, folder.path()), futures_util::future::try_join_all(writes));
        wrote.unwrap();
        let snapshot = snapshot.unwrap();
        assert_eq!(snapshot.left_out(), [""; 0]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&snapshot.path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        restore(snapshot, other.path());
        assert!(!files(folder.path()).iter().any(|name| name.starts_with(PREFIX)), "the copy is gone");

        let db = open(other.path()).await.unwrap();
        // What is there already stays.
        fs::create_dir_all(other.path().join("tls/acme")).unwrap();
        fs::write(other.path().join("tls/acme/account.json"), "there already").unwrap();
        unpack(&db, other.path()).await.unwrap();
        assert_eq!(settings::get(&db, "colour").await.unwrap().as_deref(), Some("blue"));
        assert_eq!(fs::read_to_string(other.path().join("tls/ca.key")).unwrap(), "a key");
        assert_eq!(fs::read_to_string(other.path().join("tls/acme/account.json")).unwrap(), "there already");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(other.path().join("tls/ca.key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::remove_file(other.path().join("tls/ca.key")).unwrap();
        unpack(&db, other.path()).await.unwrap();
        assert!(!other.path().join("tls/ca.key").exists(), "it is unpacked once");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_is_left_out_is_named_with_the_reason_and_the_rest_is_kept() {
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::symlink;

        let (folder, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let db = open(folder.path()).await.unwrap();
        let at = |name: &str| folder.path().join("tls").join(name);
        fs::create_dir_all(at("1/2/3/4/5")).unwrap();
        fs::write(at("ca.key"), "a key").unwrap();
        fs::write(at("1/2/3/4/deep"), "deep").unwrap();
        fs::write(at("1/2/3/4/5/deeper"), "deeper").unwrap();
        fs::write(at("long"), vec![0; 1024 * 1024 + 1]).unwrap();
        fs::write(at("").join(std::ffi::OsStr::from_bytes(b"b\xffd\n")), "bad").unwrap();
        fs::write(elsewhere.path().join("linked"), "linked").unwrap();
        symlink(elsewhere.path().join("linked"), at("link")).unwrap();
        symlink(elsewhere.path(), at("links")).unwrap();
        symlink("nowhere", at("lost")).unwrap();
        let snapshot = make(&db, folder.path()).await.unwrap();
        let left_out = [
            r"tls/1/2/3/4/5: a folder too deep",
            r"tls/b\xef\xbf\xbdd\n: its name is no UTF-8",
            "tls/links: a link to a folder",
            "tls/long: longer than 1048576 bytes",
            "tls/lost: neither a file nor a folder",
        ];
        assert_eq!(snapshot.left_out(), left_out);

        let other = TempDir::new().unwrap();
        restore(snapshot, other.path());
        unpack(&open(other.path()).await.unwrap(), other.path()).await.unwrap();
        let there = |name: &str| fs::read_to_string(other.path().join("tls").join(name)).unwrap();
        assert_eq!([there("ca.key"), there("1/2/3/4/deep"), there("link")], ["a key", "deep", "linked"]);
    }

    #[tokio::test]
    async fn a_backup_that_fails_says_why_and_leaves_nothing() {
        let folder = TempDir::new().unwrap();
        let db = open(folder.path()).await.unwrap();
        // A file where a folder should be can't be looked through.
        fs::write(folder.path().join("tls"), "").unwrap();
        let before = files(folder.path());
        let why = make(&db, folder.path()).await.unwrap_err();
        assert!(matches!(&why, BackupError::File { path, .. } if path.ends_with("tls")), "{why}");
        assert_eq!(files(folder.path()), before);
        let nowhere = folder.path().join("nowhere");
        assert!(matches!(make(&db, &nowhere).await.unwrap_err(), BackupError::File { .. }));
    }

    #[tokio::test]
    async fn files_for_other_folders_are_refused_and_half_made_backups_swept() {
        let folder = TempDir::new().unwrap();
        let db = open(folder.path()).await.unwrap();
        fs::write(folder.path().join("backup-0123.tmp"), "half").unwrap();
        for path in ["tls/../../evil", "/tmp/evil", "evil", "service.json"] {
            for sql in [
                "DROP TABLE IF EXISTS backup_files",
                "CREATE TABLE backup_files (path TEXT NOT NULL PRIMARY KEY, content BLOB NOT NULL)",
            ] {
                sqlx::query(sql).execute(&db).await.unwrap();
            }
            sqlx::query("INSERT INTO backup_files VALUES ($1, x'00')").bind(path).execute(&db).await.unwrap();
            let why = unpack(&db, folder.path()).await.unwrap_err();
            assert!(matches!(why, BackupError::Foreign), "{path}: {why}");
        }
        assert!(!folder.path().join("backup-0123.tmp").exists());
    }
}
