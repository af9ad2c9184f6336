//! The session of a phone, written into a file as a script while it goes on.
//!
//! A thread of its own writes, so that a disk that hangs holds up no call; a file that is there is never written over, and
//! what a person does is nobody else's business (0600).

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::script::scribe::{Names, Scribe};
use super::status::Status;
use crate::base::{clock, task};
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::texts::clock::rfc3339;

/// The longest file, bytes: more than a day at a desk.
const LONGEST: usize = 4 << 20;

/// Lines waiting to be written.
const WAITING: usize = 1024;

/// How long it may take until all is written at the end.
const WITHIN: Duration = Duration::from_secs(1);

/// The end of a file to which lines are given; the file ends with it.
#[derive(Debug)]
pub(super) struct Pen {
    lines: SyncSender<String>,
}

/// Says when a file is written to its end.
#[derive(Debug)]
pub(super) struct Written(Receiver<()>);

impl Written {
    /// Waits until it is, or for too long.
    pub(super) fn wait(&self) {
        self.0.recv_timeout(WITHIN).ok();
    }
}

impl Pen {
    /// Begins a new file.
    ///
    /// # Errors
    /// When there is one already, or it can't be made.
    pub(super) fn begin(path: &Path) -> io::Result<(Self, Written)> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let file = options.open(path)?;
        let (lines, waiting) = sync_channel(WAITING);
        let (done, written) = sync_channel(1);
        task::thread("recording", move || {
            if let Err(why) = write(file, &waiting) {
                tracing::warn!(%why, "the script is not recorded any more");
            }
            // Whoever waits for it may be gone.
            done.try_send(()).ok();
        })?;
        Ok((Self { lines }, Written(written)))
    }
}

fn write(file: File, waiting: &Receiver<String>) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    while let Ok(line) = waiting.recv() {
        let mut line = Some(line);
        // What is there already is written in one go.
        while let Some(now) = line {
            writeln!(file, "{now}")?;
            line = waiting.try_recv().ok();
        }
        file.flush()?;
    }
    Ok(())
}

/// A session being written down.
#[derive(Debug)]
pub(super) struct Recording {
    scribe: Scribe,
    pen: Pen,
    bytes: usize,
}

/// The file takes no more: it is full, or the disk is.
#[derive(Debug)]
pub(super) struct Full;

impl Recording {
    /// Begins with what the phone does now.
    pub(super) fn begin(pen: Pen, status: &Status, names: &Names) -> Result<Self, Full> {
        let (now, wall) = (clock::now(), clock::unix_now());
        let mut recording = Self { scribe: Scribe::new(status.clone(), names.clone(), now), pen, bytes: 0 };
        // Begun with the phone, whose it is becomes known once it is signed in.
        let whose = if status.account.is_empty() { String::new() } else { format!(" of {}", status.account) };
        let head = format!("# A session{whose}, recorded from {} on.", rfc3339(wall));
        recording.put(vec![head, "# Replay it with `switchboard play FILE`.".to_owned()])?;
        Ok(recording)
    }

    /// The phone is told something.
    pub(super) fn tells(&mut self, command: &Command, now: Instant) -> Result<(), Full> {
        self.scribe.tells(command, now);
        self.write(now)
    }

    /// The phone tells something.
    pub(super) fn hears(&mut self, event: &Event, now: Instant) -> Result<(), Full> {
        self.scribe.hears(event, now);
        self.write(now)
    }

    /// Writes what is left, and ends the file.
    pub(super) fn end(mut self) {
        let rest = self.scribe.rest();
        // A file that is full was told of when that happened.
        self.put(rest).ok();
    }

    fn write(&mut self, now: Instant) -> Result<(), Full> {
        let lines = self.scribe.written(now);
        self.put(lines)
    }

    fn put(&mut self, lines: Vec<String>) -> Result<(), Full> {
        for line in lines {
            self.bytes += line.len() + 1;
            if self.bytes > LONGEST {
                return Err(Full);
            }
            self.pen.lines.try_send(line).map_err(|_| Full)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::kit::{bob, incoming, me};

    fn status() -> Status {
        let mut status = Status::new("http://h:1".to_owned(), true, 7);
        status.take(&Event::Me(me()));
        status
    }

    #[test]
    fn one_begun_before_it_is_known_whose_it_is_names_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.txt");
        let (pen, written) = Pen::begin(&path).unwrap();
        let unknown = Status::new(String::new(), true, 1);
        Recording::begin(pen, &unknown, &Names::default()).unwrap().end();
        written.wait();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# A session, recorded from 20"), "{text}");
    }

    #[test]
    fn it_is_written_as_it_happens_for_the_eyes_of_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.txt");
        let (pen, written) = Pen::begin(&path).unwrap();
        let mut recording = Recording::begin(pen, &status(), &Names::default()).unwrap();
        recording.hears(&Event::Incoming(incoming(1, bob())), clock::now()).unwrap();
        recording.end();
        written.wait();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# A session of alice, recorded from 20"), "{text}");
        assert!(text.ends_with("\nwait-for incoming from bob\n"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(Pen::begin(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "nothing is written over");
    }

    #[test]
    fn it_has_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let (pen, _) = Pen::begin(&folder.path().join("long")).unwrap();
        let mut recording = Recording::begin(pen, &status(), &Names::default()).unwrap();
        assert!(recording.put(vec!["x".repeat(LONGEST)]).is_err());
    }
}
