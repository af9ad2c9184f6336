//! The tap of a phone of this very process, in the hands of whoever drives it: asked as other programs ask it over its
//! socket, and told to write the session down.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};

use super::line::{Asked, Refused, Told, Why};
use super::recording::{Pen, Written};
use crate::texts::outside;

/// Something asked, and where the answer goes.
pub(super) type Question = (Asked, oneshot::Sender<Told>);

/// Recordings that wait to begin or end.
pub(super) const RECORDINGS: usize = 4;

/// The handle.
#[derive(Debug, Clone)]
pub struct Steering {
    pub(super) questions: mpsc::Sender<Question>,
    /// A file to record into; or the end of that.
    pub(super) recordings: mpsc::Sender<Option<Pen>>,
    pub(super) recorded: Arc<Mutex<Recorded>>,
}

/// The file that is recorded into, if one is, and the end of the one written last.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    file: Option<PathBuf>,
    written: Option<Written>,
}

impl Steering {
    /// Asks for something; the answer comes once it is done, or refused. Events that lead to it are told before.
    pub fn ask(&self, asked: Asked) -> oneshot::Receiver<Told> {
        let (to, answer) = oneshot::channel();
        if let Err(refused) = self.questions.try_send((asked, to)) {
            let (mpsc::error::TrySendError::Full((asked, to)) | mpsc::error::TrySendError::Closed((asked, to))) =
                refused;
            let busy = Refused::new(Why::NotNow, outside::BUSY);
            // It is this very caller who waits for it.
            to.send(Told::Refused(Refused { id: asked.id, ..busy })).ok();
        }
        answer
    }

    /// Writes what happens from now on into a new file, in place of the one written so far. Makes the file at once, which
    /// may take as long as the disk does.
    ///
    /// # Errors
    /// When there is such a file already, or it can't be made.
    pub fn record(&self, file: &Path) -> io::Result<()> {
        let (pen, written) = Pen::begin(file)?;
        self.recordings.try_send(Some(pen)).map_err(|_| io::Error::other(outside::BUSY))?;
        *self.recorded() = Recorded { file: Some(file.to_owned()), written: Some(written) };
        Ok(())
    }

    /// Writes nothing more. Says into which file it wrote, if it did.
    pub fn stop_recording(&self) -> Option<PathBuf> {
        // Where the tap is gone, so is what it recorded.
        self.recordings.try_send(None).ok();
        self.recorded().file.take()
    }

    /// Waits, for a moment at most, until everything is in the file; of a phone that has ended.
    pub fn is_written(&self) {
        let written = self.recorded().written.take();
        if let Some(written) = written {
            written.wait();
        }
    }

    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
