//! `switchboard admin backup`: the whole service in one file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::office::{Office, Pieces};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;

/// Backups.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The file holds everything: accounts, groups, call records, the keys that sign tokens, and the service's own certificate
authority. Whoever has it can be the service: keep it as safe as the data folder. To restore it, stop the service, empty
its folder, copy the file there as switchboard.db, and start the service again.

Where something in the folder tls can't be kept in it, the file is made all the same, what is missing is named, and the exit
code is 1.

Examples:
  switchboard admin backup service.backup
  switchboard admin backup --force /backups/today.backup")]
pub struct BackupArgs {
    /// Where to
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
}

/// Makes one; the file is there as a whole or not at all.
///
/// # Errors
/// When there is such a file already, none can be made, or it can't be written; and when it was made, but without some of the
/// files that lie beside the database.
pub(super) async fn run(arguments: &BackupArgs, office: &Office, output: &mut Output) -> Result<Exit, Failure> {
    let target = &arguments.file;
    let taken = || {
        let why = format!("{} is there already; replace it with --force, or choose another name", target.display());
        Failure::new(Exit::Usage, why)
    };
    if !arguments.force && target.exists() {
        return Err(taken());
    }
    let mut pieces = office.backup().await?;
    let left_out = pieces.left_out();
    let failed = |why: io::Error| Failure::new(Exit::Failed, format!("{} can't be written: {why}", target.display()));
    let mut beside = Beside::open(target).map_err(failed)?;
    let length = fill(&mut beside, &mut pieces, failed).await?;
    match beside.becomes(target, arguments.force) {
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => return Err(taken()),
        became => became.map_err(failed)?,
    }
    output.progress(&format!("{} holds the service as it was just now, in {length} bytes", target.display()));
    if left_out.is_empty() {
        return Ok(Exit::Done);
    }
    let why =
        format!("not everything is in it:\n  {}\nput these elsewhere, or back them up yourself", left_out.join("\n  "));
    Err(Failure::new(Exit::Failed, why))
}

async fn fill(
    beside: &mut Beside,
    pieces: &mut Pieces<'_>,
    failed: impl Fn(io::Error) -> Failure,
) -> Result<u64, Failure> {
    let mut length = 0;
    while let Some(piece) = pieces.next().await? {
        beside.file.write_all(&piece).map_err(&failed)?;
        length += piece.len() as u64;
    }
    Ok(length)
}

/// A file beside the one that is to be; gone when dropped.
struct Beside {
    path: PathBuf,
    file: File,
}

impl Beside {
    fn open(target: &Path) -> io::Result<Self> {
        let mut name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        name.push(".part");
        let path = target.with_file_name(name);
        // What a backup that was killed left behind.
        fs::remove_file(&path).ok();
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        Ok(Self { path, file })
    }

    /// Puts it in its place once it is on the disk; in that of another file only if it may.
    fn becomes(&self, target: &Path, replace: bool) -> io::Result<()> {
        self.file.sync_all()?;
        if replace {
            return fs::rename(&self.path, target);
        }
        match fs::hard_link(&self.path, target) {
            // Some file systems know no links: somebody who takes the name at this moment loses it there.
            Err(why) if why.kind() != io::ErrorKind::AlreadyExists && !target.exists() => {
                fs::rename(&self.path, target)
            }
            linked => linked,
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It is there no more once it has its name.
        fs::remove_file(&self.path).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_its_place_as_a_whole_and_another_ones_only_if_it_may() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("service.backup");
        let write = |text: &str, replace: bool| {
            let mut beside = Beside::open(&target).unwrap();
            beside.file.write_all(text.as_bytes()).unwrap();
            beside.becomes(&target, replace)
        };
        write("one", false).unwrap();
        assert_eq!(write("two", false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&target).unwrap(), "one");
        write("three", true).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "three");
        drop(Beside::open(&target).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
