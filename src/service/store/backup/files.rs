//! The files beside the database that go into a backup, and back out of it.

use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path};

use super::{BackupError, create};

/// The folders within the data folder whose files go into a backup.
const KEPT: [&str; 1] = ["tls"];

/// The longest file that goes into one, in bytes: keys and certificates are far shorter.
const LONGEST: u64 = 1024 * 1024;

/// How many levels of folders are looked through.
const DEPTH: u8 = 4;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Paths within the data folder, their parts divided by `/`, and what is in them.
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// What is left out, and why; sorted.
    pub(super) left_out: Vec<String>,
}

/// The files in `folder` that go into a backup.
///
/// # Errors
/// When one can't be read.
pub(super) fn gather(folder: &Path) -> Result<Gathered, BackupError> {
    let mut gathered = Gathered::default();
    for kept in KEPT {
        gathered.look_through(folder, Path::new(kept), DEPTH)?;
    }
    gathered.left_out.sort();
    Ok(gathered)
}

impl Gathered {
    fn look_through(&mut self, folder: &Path, within: &Path, depth: u8) -> Result<(), BackupError> {
        let at = folder.join(within);
        let failed = |source| BackupError::File { path: at.clone(), source };
        let Some(entries) = unless_gone(fs::read_dir(&at)).map_err(failed)? else { return Ok(()) };
        for entry in entries {
            let path = within.join(entry.map_err(failed)?.file_name());
            self.take(folder, &path, depth)?;
        }
        Ok(())
    }

    fn take(&mut self, folder: &Path, path: &Path, depth: u8) -> Result<(), BackupError> {
        let at = folder.join(path);
        let failed = |source| BackupError::File { path: at.clone(), source };
        // What was renamed or removed meanwhile is no part of the service any more.
        let Some(itself) = unless_gone(fs::symlink_metadata(&at)).map_err(failed)? else { return Ok(()) };
        let about = match itself.is_symlink() {
            true => fs::metadata(&at).unwrap_or_else(|_| itself.clone()),
            false => itself.clone(),
        };
        let parts: Option<Vec<&str>> = path.components().map(|part| part.as_os_str().to_str()).collect();
        match parts {
            _ if about.is_dir() && itself.is_symlink() => self.leave_out(path, "a link to a folder"),
            _ if about.is_dir() && depth == 0 => self.leave_out(path, "a folder too deep"),
            _ if about.is_dir() => self.look_through(folder, path, depth - 1)?,
            _ if !about.is_file() => self.leave_out(path, "neither a file nor a folder"),
            _ if about.len() > LONGEST => self.leave_out(path, &format!("longer than {LONGEST} bytes")),
            None => self.leave_out(path, "its name is no UTF-8"),
            Some(parts) => {
                let content = unless_gone(fs::read(&at)).map_err(failed)?;
                self.files.extend(content.map(|content| (parts.join("/"), content)));
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, path: &Path, why: &str) {
        let name = path.to_string_lossy();
        self.left_out.push(format!("{}: {why}", name.as_bytes().escape_ascii()));
    }
}

fn unless_gone<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(gone) if gone.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// Puts a file of a backup where it belongs, unless it is there.
///
/// # Errors
/// When it can't be written, or belongs elsewhere than a backup's files do.
pub(super) fn place(folder: &Path, path: &Path, content: &[u8]) -> Result<(), BackupError> {
    let kept = KEPT.iter().any(|kept| path.starts_with(kept));
    if !kept || path.components().any(|part| !matches!(part, Component::Normal(_))) {
        return Err(BackupError::Foreign);
    }
    let at = folder.join(path);
    let failed = |source| BackupError::File { path: at.clone(), source };
    if at.exists() {
        return Ok(());
    }
    if let Some(parent) = at.parent() {
        make_folders(parent).map_err(failed)?;
    }
    // Under its own name only once it is whole.
    let beside = at.with_added_extension("new");
    fs::remove_file(&beside).ok();
    let mut file = create(&beside)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&beside, &at).map_err(failed)
}

fn make_folders(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
