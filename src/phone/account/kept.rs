//! A sign-in as it is kept: a file only its owner can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::{AccountError, SavedSignIn};

/// Reads a kept sign-in.
///
/// # Errors
/// [`AccountError::File`] when it is not there or not readable as one.
pub fn load(path: &Path) -> Result<SavedSignIn, AccountError> {
    let failed = |source| AccountError::File { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(failed)?;
    serde_json::from_str(&text).map_err(|e| failed(io::Error::new(io::ErrorKind::InvalidData, e)))
}

/// Holds off other phones of this user until it is dropped.
pub(super) async fn lock(path: &Path) -> Result<File, AccountError> {
    let path = path.with_extension("lock");
    let failed = {
        let path = path.clone();
        move |source| AccountError::File { path, source }
    };
    let locked = tokio::task::spawn_blocking(move || {
        let file = private(&path).open(&path)?;
        file.lock()?;
        Ok(file)
    });
    locked.await.map_err(io::Error::other).and_then(|lock| lock).map_err(failed)
}

/// Writes beside the file first and renames, so that a kill in between loses neither the old nor the new sign-in.
pub(super) fn save(path: &Path, saved: &SavedSignIn) -> Result<(), AccountError> {
    let failed = |source| AccountError::File { path: path.to_owned(), source };
    let text = serde_json::to_string_pretty(saved).map_err(|e| failed(e.into()))?;
    let beside = path.with_extension("new");
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = private(&beside).truncate(true).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(failed)
}

/// Options that create a file only its owner can read.
fn private(_path: &Path) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
