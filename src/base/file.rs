//! Files that are put in place whole: who reads one sees what was there or what is new, and nothing in between.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Puts a file in place that only its owner can read. Its folder is made where there is none.
///
/// # Errors
/// When it can't be written: what was there stays.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    put(path, content, &private())
}

/// The same, of one that others may read, too.
///
/// # Errors
/// As [`replace`].
pub fn replace_readable(path: &Path, content: &[u8]) -> io::Result<()> {
    put(path, content, &writing())
}

/// Options that open a file for writing, and make one that only its owner can read.
pub fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "modes are for Unix"))]
    let mut options = writing();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn writing() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    options
}

fn put(path: &Path, content: &[u8], options: &OpenOptions) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    // One for each process: two may put the same file in place at once.
    let beside = path.with_added_extension(format!("{}.new", std::process::id()));
    let write = || {
        let mut file: File = options.clone().truncate(true).open(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().inspect_err(|_| {
        // Where it can't be removed either, there is nothing to be done about it.
        fs::remove_file(&beside).ok();
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_put_in_place_leaves_what_was_there_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.json");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let folder_there = folder.path().join("a/c");
        fs::create_dir_all(folder_there.join("full")).unwrap();
        replace(&folder_there, b"three").unwrap_err();
        let mut names: Vec<_> =
            fs::read_dir(folder.path().join("a")).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["b.json", "c"]);
    }

    #[cfg(unix)]
    #[test]
    fn others_read_only_what_they_may() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o077;
        let (own, all) = (folder.path().join("own"), folder.path().join("all"));
        replace(&own, b"").unwrap();
        replace_readable(&all, b"").unwrap();
        assert_eq!(mode(&own), 0);
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        assert_eq!(mode(&all), mode(&plain));
    }
}
