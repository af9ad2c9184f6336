//! Files of certificates and keys: written whole or not at all, keys for their owner alone.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::StartError;

/// Makes the folder, for its owner alone.
pub(super) fn make_folder(folder: &Path) -> Result<(), StartError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| failed(folder, source))
}

/// What the file holds; `None` where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, StartError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed(path, source)),
    }
}

/// Writes what everybody may know.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), StartError> {
    put(path, bytes, 0o644).map_err(|source| failed(path, source))
}

/// Writes what only its owner may read.
pub(super) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), StartError> {
    put(path, bytes, 0o600).map_err(|source| failed(path, source))
}

fn put(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let beside = path.with_added_extension("new");
    // One that was left behind might be readable for others.
    match fs::remove_file(&beside) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn failed(path: &Path, source: io::Error) -> StartError {
    StartError::File { path: path.to_owned(), source }
}
