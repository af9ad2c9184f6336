//! The microphone and the speaker in use: opened when needed, replaced when chosen anew, and silence where there is
//! none. Whether a device that failed comes back is decided here, and nowhere else.

use std::time::{Duration, Instant};

use super::super::device::{SinkChoice, SourceChoice};
use super::super::sink::{FileSink, Nowhere, Sink};
use super::super::source::{FileSource, Silence, Sine, Source};
use super::super::streams::{self, OpenError};
use crate::phone::event::DeviceState;

/// How long after it failed, or was found absent, a device is opened again; one that failed after working this long is
/// opened again at once.
const RETRY_AFTER: Duration = Duration::from_secs(3);

/// A source or a sink.
pub(in crate::phone::audio) trait Kind {
    type Choice;
    type Port: ?Sized;
    /// What stands in for one that does not work.
    fn none() -> Box<Self::Port>;
    fn open(choice: &Self::Choice) -> Result<(Box<Self::Port>, String), OpenError>;
    /// Whether it may be closed while unused; a file would begin anew.
    fn closes(choice: &Self::Choice) -> bool;
    fn start(port: &mut Self::Port);
    fn rest(port: &mut Self::Port);
    fn trouble(port: &mut Self::Port, now: Instant) -> Option<&'static str>;
}

/// One side's device: what is wanted, what is open.
pub(super) struct Port<K: Kind> {
    choice: K::Choice,
    open: Option<Box<K::Port>>,
    state: DeviceState,
    used: bool,
    opened_at: Option<Instant>,
    retry_at: Option<Instant>,
}

impl<K: Kind> Port<K> {
    pub(super) fn new(choice: K::Choice) -> Self {
        Self { choice, open: None, state: DeviceState::Idle, used: false, opened_at: None, retry_at: None }
    }

    pub(super) fn state(&self) -> DeviceState {
        if self.used { self.state.clone() } else { DeviceState::Idle }
    }

    /// Uses another device from now on.
    pub(super) fn choose(&mut self, choice: K::Choice) {
        *self = Self::new(choice);
    }

    /// Opens the device if it is needed and not open; lets it rest, or closes it, if it is not needed.
    pub(super) fn need(&mut self, needed: bool, now: Instant) {
        if needed == self.used {
            return;
        }
        self.used = needed;
        if needed {
            match &mut self.open {
                Some(port) => K::start(port),
                None => self.open(now),
            }
        } else {
            self.retry_at = None;
            if let Some(port) = &mut self.open {
                K::rest(port);
            }
            let works = matches!(self.state, DeviceState::Working(_));
            if K::closes(&self.choice) || !works {
                self.open = None;
            }
        }
    }

    /// Takes the device out of use when it no longer works, and tries it again after a while.
    pub(super) fn supervise(&mut self, now: Instant) {
        if !self.used {
            return;
        }
        if self.retry_at.is_some_and(|at| now >= at) {
            self.open(now);
        } else if let Some(why) = self.open.as_mut().and_then(|port| K::trouble(port, now)) {
            tracing::warn!(why, "a sound device stopped working");
            let worked = self.opened_at.is_some_and(|at| now.saturating_duration_since(at) >= RETRY_AFTER);
            if worked && K::closes(&self.choice) {
                // Closed first: hardware opens only once.
                self.open = None;
                self.open(now);
            } else {
                self.fail(DeviceState::Failed(why.to_owned()), now);
            }
        }
    }

    /// The open port; only silence while unused.
    pub(super) fn get(&mut self) -> &mut K::Port {
        self.open.get_or_insert_with(K::none)
    }

    fn open(&mut self, now: Instant) {
        match K::open(&self.choice) {
            Ok((port, name)) => {
                self.open = Some(port);
                self.state = DeviceState::Working(name);
                self.opened_at = Some(now);
                self.retry_at = None;
            }
            Err(OpenError::Absent) => self.fail(DeviceState::Absent, now),
            Err(OpenError::Failed(why)) => self.fail(DeviceState::Failed(why), now),
        }
    }

    fn fail(&mut self, state: DeviceState, now: Instant) {
        // Silence that runs already goes on, or its pace would begin anew with every attempt.
        if self.open.is_none() || matches!(self.state, DeviceState::Working(_)) {
            self.open = Some(K::none());
        }
        self.state = state;
        self.retry_at = K::closes(&self.choice).then(|| now + RETRY_AFTER);
    }
}

/// The kind of port sound is taken from.
pub(in crate::phone::audio) struct Microphone;

impl Kind for Microphone {
    type Choice = SourceChoice;
    type Port = dyn Source;

    fn none() -> Box<dyn Source> {
        Box::new(Silence::default())
    }

    fn open(choice: &SourceChoice) -> Result<(Box<dyn Source>, String), OpenError> {
        let name = choice.to_string();
        Ok(match choice {
            SourceChoice::Default => streams::open_microphone(None)?,
            SourceChoice::Device(wanted) => streams::open_microphone(Some(wanted))?,
            SourceChoice::Tone(hertz) => (Box::new(Sine::new(*hertz)), name),
            SourceChoice::Silence => (Box::new(Silence::default()), name),
            SourceChoice::File(path) => {
                let file = FileSource::open(path).map_err(|error| OpenError::Failed(error.to_string()))?;
                (Box::new(file), name)
            }
        })
    }

    /// A file that is the microphone begins anew with the next call.
    fn closes(_: &SourceChoice) -> bool {
        true
    }

    fn start(port: &mut Self::Port) {
        port.start();
    }

    fn rest(_: &mut Self::Port) {}

    fn trouble(port: &mut Self::Port, now: Instant) -> Option<&'static str> {
        port.trouble(now)
    }
}

/// The kind of port sound is played to.
pub(in crate::phone::audio) struct Speaker;

impl Kind for Speaker {
    type Choice = SinkChoice;
    type Port = dyn Sink;

    fn none() -> Box<dyn Sink> {
        Box::new(Nowhere::default())
    }

    fn open(choice: &SinkChoice) -> Result<(Box<dyn Sink>, String), OpenError> {
        let name = choice.to_string();
        Ok(match choice {
            SinkChoice::Default => streams::open_speaker(None)?,
            SinkChoice::Device(wanted) => streams::open_speaker(Some(wanted))?,
            SinkChoice::Nowhere => (Box::new(Nowhere::default()), name),
            SinkChoice::File(path) => {
                let file = FileSink::create(path).map_err(|error| OpenError::Failed(error.to_string()))?;
                (Box::new(file), name)
            }
        })
    }

    /// A file that is the speaker holds all calls, one after the other.
    fn closes(choice: &SinkChoice) -> bool {
        !matches!(choice, SinkChoice::File(_))
    }

    fn start(port: &mut Self::Port) {
        port.start();
    }

    fn rest(port: &mut Self::Port) {
        port.rest();
    }

    fn trouble(port: &mut Self::Port, now: Instant) -> Option<&'static str> {
        port.trouble(now)
    }
}
