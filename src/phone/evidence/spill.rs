//! The last sessions on disk, as lines of JSON, so that there is evidence after the program has ended, however that was.
//!
//! Written by a thread of its own, which nobody waits for; what it has no room for is left out. Two files a session, and a
//! few sessions, are all there is: 4 MiB each at the most.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use super::entry::Entry;
use crate::base::task;
use crate::domain::time::UnixMillis;

/// A file is put aside when it is longer, bytes; the one put aside before goes.
const LONGEST: u64 = 2 << 20;

/// How many sessions are kept.
const SESSIONS: usize = 8;

/// Entries waiting to be written.
const WAITING: usize = 4096;

/// How long a flush may take.
const FLUSH_WITHIN: Duration = Duration::from_millis(500);

/// What the files of a session end with: the newer part, and the older.
const NEWER: &str = ".jsonl";
const OLDER: &str = ".older.jsonl";

enum Order {
    Write(Arc<Entry>),
    Flush(SyncSender<()>),
}

/// The writing end. The thread ends with it.
pub(super) struct Spill(SyncSender<Order>);

/// A flush that was asked for.
pub(super) struct Flushed(Receiver<()>);

impl Flushed {
    /// Waits until it is done, or for too long; whether it was done.
    pub(super) fn wait(self) -> bool {
        self.0.recv_timeout(FLUSH_WITHIN).is_ok()
    }
}

impl Spill {
    /// Begins the file of a session that begins `now`, and takes away those of the oldest sessions.
    pub(super) fn start(folder: &Path, now: UnixMillis) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let before = newest_sessions(folder);
        for old in before.iter().skip(SESSIONS - 1) {
            fs::remove_file(old).ok();
            fs::remove_file(older(old)).ok();
        }
        // The number of milliseconds has the same length for centuries: names sort by age.
        let name = |ms: i64| folder.join(format!("session-{ms}-{}{NEWER}", std::process::id()));
        let is_newest = |path: &PathBuf| before.first().is_none_or(|newest| path > newest);
        let path = (now.0..).map(name).find(is_newest).unwrap_or_else(|| name(now.0));
        let mut writer = Writer { file: create(&path)?, path, written: 0 };
        let (orders, waiting) = sync_channel(WAITING);
        task::thread("evidence", move || {
            if let Err(why) = writer.run(&waiting) {
                tracing::warn!(%why, "evidence is not kept on disk any more");
            }
        })?;
        Ok(Self(orders))
    }

    /// Has an entry written, if there is room.
    pub(super) fn write(&self, entry: &Arc<Entry>) {
        // A disk that hangs must not hold up a call; the ring has it all the same.
        self.0.try_send(Order::Write(Arc::clone(entry))).ok();
    }

    /// Asks for what was written so far to be on disk.
    pub(super) fn flush(&self) -> Option<Flushed> {
        let (done, wait) = sync_channel(1);
        self.0.try_send(Order::Flush(done)).ok().map(|()| Flushed(wait))
    }
}

struct Writer {
    path: PathBuf,
    file: BufWriter<File>,
    written: u64,
}

impl Writer {
    fn run(&mut self, waiting: &Receiver<Order>) -> io::Result<()> {
        while let Ok(order) = waiting.recv() {
            let mut order = Some(order);
            // What is there already is written in one go.
            while let Some(now) = order {
                match now {
                    Order::Write(entry) => self.write(&entry)?,
                    Order::Flush(done) => {
                        self.file.flush()?;
                        done.try_send(()).ok();
                    }
                }
                order = waiting.try_recv().ok();
            }
            self.file.flush()?;
        }
        Ok(())
    }

    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        if self.written + line.len() as u64 > LONGEST {
            self.file.flush()?;
            fs::rename(&self.path, older(&self.path))?;
            self.file = create(&self.path)?;
            self.written = 0;
        }
        self.written += line.len() as u64;
        self.file.write_all(&line)
    }
}

/// A new file that only its owner can read.
fn create(path: &Path) -> io::Result<BufWriter<File>> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(BufWriter::new(options.open(path)?))
}

fn older(path: &Path) -> PathBuf {
    let text = path.to_string_lossy();
    PathBuf::from(format!("{}{OLDER}", text.trim_end_matches(NEWER)))
}

/// The files of the sessions kept in `folder`, the newest first.
pub fn newest_sessions(folder: &Path) -> Vec<PathBuf> {
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let is_session = |name: &str| name.starts_with("session-") && name.ends_with(NEWER) && !name.ends_with(OLDER);
    let mut found: Vec<PathBuf> = files
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| is_session(&name.to_string_lossy())))
        .collect();
    found.sort();
    found.reverse();
    found
}

/// The entries of a session's files, the oldest first. Lines that can't be read, as the last one of a program that was
/// killed, are left out.
///
/// # Errors
/// When the newer file can't be read.
pub fn read_session(path: &Path) -> io::Result<Vec<Arc<Entry>>> {
    let mut text = fs::read(older(path)).unwrap_or_default();
    text.extend(fs::read(path)?);
    Ok(read_lines(&text))
}

/// The entries of such lines; those that are none are left out.
pub fn read_lines(text: &[u8]) -> Vec<Arc<Entry>> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.filter_map(|line| serde_json::from_slice(line).ok()).map(Arc::new).collect()
}
