//! What takes its time, and is done beside the loop: copying a text, writing a file, gathering evidence.

use std::fs::OpenOptions;
use std::io::{self, Write};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::clipboard;
use super::message::{Copied, Message, NotSignedOut, ScriptRecorded};
use crate::base::task;
use crate::outside::Steering;
use crate::phone::account::Who;
use crate::phone::evidence::entry::Entry;

/// What evidence is made of.
#[derive(Debug)]
pub struct Shot {
    /// What the phone remembers.
    pub entries: Vec<Arc<Entry>>,
    /// What the screen shows, as plain text.
    pub screen: String,
}

/// Writes evidence into a file, which comes back; or why it could not be written, for a person.
pub type Collector = Box<dyn Fn(Shot) -> Pin<Box<dyn Future<Output = Result<PathBuf, String>> + Send>> + Send>;

/// Signs out of a saved sign-in.
pub type SignOut = Box<dyn Fn(Who) -> Pin<Box<dyn Future<Output = Result<(), NotSignedOut>> + Send>> + Send>;

/// What is done for the screen by whoever opens it.
pub struct Hands {
    /// Writes evidence.
    pub collector: Collector,
    /// Signs out.
    pub sign_out: SignOut,
}

/// How many that are run may wait to be told.
const RUN: usize = 8;

/// An errand that was run.
#[expect(clippy::large_enum_variant, reason = "made and taken one at a time, and seldom")]
pub(super) enum Run {
    /// A text was to be copied: what took it, and which it is.
    Copied(Copied, String),
    /// What became of it.
    Done(Message),
}

/// Runs errands.
pub(super) struct Errands {
    hands: Hands,
    steering: Steering,
    tell: mpsc::Sender<Run>,
    told: mpsc::Receiver<Run>,
}

impl Errands {
    pub(super) fn new(hands: Hands, steering: Steering) -> Self {
        let (tell, told) = mpsc::channel(RUN);
        Self { hands, steering, tell, told }
    }

    /// The next that was run.
    pub(super) async fn next(&mut self) -> Run {
        match self.told.recv().await {
            Some(run) => run,
            // Never: a sender is held here.
            None => std::future::pending().await,
        }
    }

    /// Has evidence written beside this task: there is something to compress, and devices to be asked.
    pub(super) fn collect(&self, shot: Shot) {
        let (writing, tell) = ((self.hands.collector)(shot), self.tell.clone());
        task::spawn("evidence", async move {
            let written = writing.await.map(|path| path.display().to_string());
            tell.send(Run::Done(Message::Evidence(written))).await.ok();
        });
    }

    /// Signs out beside this task: the service is told.
    pub(super) fn sign_out(&self, who: Who) {
        let (ending, tell) = ((self.hands.sign_out)(who.clone()), self.tell.clone());
        task::spawn("sign-out", async move {
            let failed = ending.await.err();
            tell.send(Run::Done(Message::SignedOut { who, failed })).await.ok();
        });
    }

    /// Copies a text on a thread of its own: clipboard programs may take their time.
    pub(super) fn copy(&self, text: String) {
        let tell = self.tell.clone();
        let for_terminal = text.clone();
        let copying = task::thread("clipboard", move || {
            // With so many answers waiting already, this one says nothing new.
            let _ = tell.try_send(Run::Copied(clipboard::copy(&text), text));
        });
        if copying.is_err() {
            let _ = self.tell.try_send(Run::Copied(Copied::Terminal, for_terminal));
        }
    }

    /// Writes a file on a thread of its own: disks may take their time.
    pub(super) fn export(&self, file: String, table: String) {
        let tell = self.tell.clone();
        let named = file.clone();
        let writing = task::thread("export", move || {
            let failed = write_new(&file, &table).err().map(|why| why.to_string());
            // With so many answers waiting already, this one is missed the least.
            let _ = tell.try_send(Run::Done(Message::Exported { file, failed }));
        });
        if let Err(why) = writing {
            let _ = self.tell.try_send(Run::Done(Message::Exported { file: named, failed: Some(why.to_string()) }));
        }
    }

    /// Begins a file of what is done, on a thread of its own: disks may take their time.
    pub(super) fn record_script(&self, file: String) {
        let (tell, steering, named) = (self.tell.clone(), self.steering.clone(), file.clone());
        let begin = task::thread("recording", move || {
            let became = match steering.record(Path::new(&file)) {
                Ok(()) => ScriptRecorded::Begun(file),
                Err(why) => ScriptRecorded::Failed { file, why: why.to_string() },
            };
            // With so many answers waiting already, this one is missed the least.
            let _ = tell.try_send(Run::Done(Message::ScriptRecorded(became)));
        });
        if let Err(why) = begin {
            let became = ScriptRecorded::Failed { file: named, why: why.to_string() };
            let _ = self.tell.try_send(Run::Done(Message::ScriptRecorded(became)));
        }
    }

    /// Ends it; the message says which it was.
    pub(super) fn stop_recording(&self) -> Message {
        let ended = self.steering.stop_recording().map(|file| file.display().to_string());
        Message::ScriptRecorded(ended.map_or(ScriptRecorded::Nothing, ScriptRecorded::Ended))
    }
}

/// Writes a file that is not there yet; whom one called is nobody else's business.
fn write_new(file: &str, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(file)?;
    file.write_all(text.as_bytes())
}
