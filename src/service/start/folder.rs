//! The folder of a service: for one process alone, and the database in it.

use std::fs::{File, OpenOptions};
use std::path::Path;

use super::StartError;
use crate::domain::end_reason::EndReason;
use crate::service::store::{self, Db, records};

/// Takes the folder, and the database in it as the last service left it.
pub(super) async fn open(folder: &Path) -> Result<(File, Db), StartError> {
    let lock = lock(folder)?;
    let db = store::open(folder).await?;
    store::backup::unpack(&db, folder).await?;
    let forgotten = records::close_open(&db, EndReason::SERVICE_LOST).await?;
    if forgotten > 0 {
        tracing::warn!(forgotten, "calls of a service that was killed were closed");
    }
    Ok((lock, db))
}

/// Takes the folder for one process alone, for as long as the file is open.
///
/// # Errors
/// [`StartError::Locked`] when another has it, [`StartError::Folder`] when it can't be made.
pub fn lock(folder: &Path) -> Result<File, StartError> {
    let failed = |source| StartError::Folder { folder: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let file = options.open(folder.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StartError::Locked { folder: folder.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}
