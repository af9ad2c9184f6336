//! Opens and closes sound devices, and looks for them, on a thread of its own: any of it may take long when a sound
//! server does not answer, and calls must go on meanwhile.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};

use super::super::buffering::{Opening, Step};
use super::super::streams::OpenError;
use super::ports::Kind;
use super::priority;
use crate::base::task;

/// Jobs and answers that may wait. A job is given when the one before is answered, but for closing and for one more
/// opening when another device is chosen.
const WAITING: usize = 8;

enum Job<K: Kind> {
    Open { number: u64, choice: K::Choice, opening: Opening, step: Step },
    Close(Box<K::Port>),
    Look { number: u64, choice: K::Choice },
}

/// What a device was opened as.
pub(super) struct Opened<K: Kind> {
    pub(super) port: Box<K::Port>,
    /// What it is called.
    pub(super) name: String,
    /// The system's default device at that time.
    pub(super) default: Option<String>,
}

/// What came of a job, and of which.
pub(super) enum Answer<K: Kind> {
    Opened {
        number: u64,
        result: Result<Opened<K>, OpenError>,
    },
    Looked {
        number: u64,
        there: bool,
        default: Option<String>,
    },
    /// The thread is no more: whatever it did panicked.
    Ended,
}

/// The thread's handle; it ends when this is dropped, after what it was given.
pub(super) struct Opener<K: Kind> {
    jobs: SyncSender<Job<K>>,
    answers: Receiver<Answer<K>>,
}

impl<K: Kind> Opener<K> {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread left to give.
    pub(super) fn start() -> std::io::Result<Self> {
        let (jobs, inbox) = sync_channel::<Job<K>>(WAITING);
        let (outbox, answers) = sync_channel(WAITING);
        task::thread("sound devices", move || {
            priority::ordinary();
            while let Ok(job) = inbox.recv() {
                let Some(answer) = work(job) else { continue };
                // Nobody waits any more: what was opened is closed again here.
                if outbox.send(answer).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { jobs, answers })
    }

    /// Opens a device, after everything given before. Answered, unless too much waits: then `false`.
    pub(super) fn open(&self, number: u64, choice: K::Choice, opening: Opening, step: Step) -> bool {
        self.jobs.try_send(Job::Open { number, choice, opening, step }).is_ok()
    }

    /// Closes a device, before anything given later.
    pub(super) fn close(&self, port: Box<K::Port>) {
        if let Err(TrySendError::Full(Job::Close(port)) | TrySendError::Disconnected(Job::Close(port))) =
            self.jobs.try_send(Job::Close(port))
        {
            close_aside::<K>(port);
        }
    }

    /// Looks for a device.
    pub(super) fn look(&self, number: u64, choice: K::Choice) {
        // It is looked for again.
        self.jobs.try_send(Job::Look { number, choice }).ok();
    }

    /// The next answer, if there is one.
    pub(super) fn answer(&self) -> Option<Answer<K>> {
        match self.answers.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Answer::Ended),
        }
    }
}

/// Closes a device without waiting for it.
pub(super) fn close_aside<K: Kind>(port: Box<K::Port>) {
    let closing = move || {
        priority::ordinary();
        drop(port);
    };
    if task::thread("sound device", closing).is_err() {
        tracing::debug!("a sound device was closed in place, for want of a thread");
    }
}

fn work<K: Kind>(job: Job<K>) -> Option<Answer<K>> {
    match job {
        Job::Open { number, choice, opening, step } => {
            let result = K::open(&choice, opening, step);
            let result = result.map(|(port, name)| Opened { port, name, default: K::default_name() });
            Some(Answer::Opened { number, result })
        }
        Job::Close(port) => {
            drop(port);
            None
        }
        Job::Look { number, choice } => {
            Some(Answer::Looked { number, there: K::is_there(&choice), default: K::default_name() })
        }
    }
}
