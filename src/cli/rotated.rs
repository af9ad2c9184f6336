//! A log file that does not grow for ever: at a length it is put aside, and the oldest of those put aside goes.
//!
//! Several programs of one user may write to the same one. Whoever finds it too long puts it aside, the others follow to the
//! new one with their next line.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A log is put aside when it is longer, bytes.
pub(crate) const LONGEST: u64 = 2 << 20;

/// How many files there are at the most, with the one being written.
pub(crate) const FILES: u32 = 5;

/// A log file.
#[derive(Debug)]
pub(crate) struct Rotated {
    path: PathBuf,
    longest: u64,
    file: File,
}

impl Rotated {
    /// The log at `path`, appended to; only its owner can read it.
    ///
    /// # Errors
    /// When its folder can't be made, or it can't be written.
    pub(crate) fn open(path: &Path, longest: u64) -> io::Result<Self> {
        let mut log = Self { path: path.to_owned(), longest, file: append_to(path)? };
        log.put_aside()?;
        Ok(log)
    }

    /// The file written to now, for what can only be handed a file.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Goes on with a new file where this one is long enough.
    fn put_aside(&mut self) -> io::Result<()> {
        if self.file.metadata()?.len() < self.longest {
            return Ok(());
        }
        let lock = append_to(&numbered(&self.path, "lock"))?;
        // Somebody else does it now: until that is done a few lines more do no harm.
        if lock.try_lock().is_err() {
            return Ok(());
        }
        // It may have been done since.
        if fs::metadata(&self.path).is_ok_and(|now| now.len() >= self.longest) {
            for number in (1..FILES).rev() {
                let older = numbered(&self.path, &number.to_string());
                let newer =
                    if number == 1 { self.path.clone() } else { numbered(&self.path, &(number - 1).to_string()) };
                match fs::rename(newer, older) {
                    Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
                    _ => {}
                }
            }
        }
        // A program that is being started holds a copy of the file for a moment: closing it here would not let go of it.
        lock.unlock()?;
        self.file = append_to(&self.path)?;
        Ok(())
    }
}

impl Write for Rotated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Where the file can't be put aside it is written on: a log that is too long is better than none.
        self.put_aside().ok();
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The file at `path`, to be appended to; made if it is not there, for its owner alone.
fn append_to(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn numbered(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs(folder: &Path) -> Vec<(String, u64)> {
        let about =
            |file: fs::DirEntry| (file.file_name().to_string_lossy().into_owned(), file.metadata().unwrap().len());
        let mut all: Vec<_> = fs::read_dir(folder).unwrap().map(|file| about(file.unwrap())).collect();
        all.retain(|(name, _)| !name.ends_with(".lock"));
        all.sort();
        all
    }

    #[test]
    fn a_log_is_put_aside_at_its_length_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Rotated::open(&folder.path().join("logs").join("phone.log"), 100).unwrap();
        for line in 0..1000 {
            writeln!(log, "line {line:03}").unwrap();
        }
        let all = logs(&folder.path().join("logs"));
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["phone.log", "phone.log.1", "phone.log.2", "phone.log.3", "phone.log.4"]);
        assert!(all.iter().all(|(_, length)| *length <= 110), "{all:?}");
        let newest = fs::read_to_string(folder.path().join("logs/phone.log")).unwrap();
        assert!(newest.ends_with("line 999\n"), "{newest}");
    }

    #[test]
    fn two_writers_go_on_in_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("phone.log");
        let (mut one, mut other) = (Rotated::open(&path, 50).unwrap(), Rotated::open(&path, 50).unwrap());
        for _ in 0..10 {
            writeln!(one, "from the one").unwrap();
            writeln!(other, "from the other").unwrap();
        }
        writeln!(one, "the last of the one").unwrap();
        writeln!(other, "the last of the other").unwrap();
        let all =
            ["phone.log", "phone.log.1"].map(|name| fs::read_to_string(folder.path().join(name)).unwrap()).concat();
        assert!(all.contains("the last of the one") && all.contains("the last of the other"), "{all}");
        assert!(logs(folder.path()).len() <= usize::try_from(FILES).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_log_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let log = Rotated::open(&folder.path().join("phone.log"), 50).unwrap();
        assert_eq!(log.file().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
