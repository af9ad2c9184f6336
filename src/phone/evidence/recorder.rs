//! The recorder: a handle that everything is told to, and that everything is read from.
//!
//! What it costs is a short lock and one parse of a frame; it is never used by a thread that carries sound.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::commands;
use super::entry::{Ended, Entry, Frame, Kind, LegStep, LinkStep, Sound, Way, What};
use super::redact;
use super::ring::{Limits, Ring};
use super::spill::{Flushed, Spill};
use super::story::{self, Explanation};
use crate::base::clock;
use crate::control::explanation::Stage;
use crate::domain::call::CallState;
use crate::domain::id::CallId;
use crate::domain::text::printable;
use crate::domain::transfer::HandedTo;
use crate::phone::command::Command;
use crate::phone::event::{AudioState, CallView, DeviceState, Event, MediaState, Summary};
use crate::texts::{diagnosis, state};

/// The longest text of an entry, in characters.
const LONGEST: usize = 400;

/// Requests whose answers are awaited, at the most.
const ASKED: usize = 256;

/// Calls whose last state is kept, so that only changes are remembered.
const CALLS: usize = 64;

/// The recorder of a phone; a copy of it is the same one.
#[derive(Clone)]
pub struct Recorder(Arc<Shared>);

struct Shared {
    began: Instant,
    state: Mutex<State>,
}

struct State {
    ring: Ring,
    next: u64,
    /// Requests that were not answered yet, with the call they are about.
    asked: VecDeque<(u64, Option<CallId>)>,
    /// What was remembered last of each call.
    calls: BTreeMap<CallId, (CallState, Sound, bool)>,
    spill: Option<Spill>,
}

/// What is new since somebody looked last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct News {
    /// The new entries, the oldest first.
    pub entries: Vec<Arc<Entry>>,
    /// The number of the oldest entry still remembered.
    pub first: u64,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new(Limits::default(), None)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

impl Recorder {
    /// A recorder with these limits, that also writes what it remembers into a file of `folder`, for whoever looks later.
    /// Where that can't be written it does without.
    pub fn new(limits: Limits, folder: Option<&Path>) -> Self {
        let spill = folder.and_then(|folder| {
            Spill::start(folder, clock::unix_now())
                .inspect_err(|why| tracing::warn!(%why, "evidence is not kept on disk"))
                .ok()
        });
        let state = State { ring: Ring::new(limits), next: 1, asked: VecDeque::new(), calls: BTreeMap::new(), spill };
        Self(Arc::new(Shared { began: clock::now(), state: Mutex::new(state) }))
    }

    /// A frame went out, or came in. What is secret in it is taken out first.
    pub fn frame(&self, way: Way, text: &str) {
        let Ok(mut frame) = serde_json::from_str::<Value>(text) else {
            return self.add(None, What::Warning(format!("a frame of {} bytes that is no JSON", text.len()).into()));
        };
        redact::value(&mut frame);
        let (kind, name, body) = named(&frame);
        let id = frame.get("id").or_else(|| frame.get("seq")).and_then(Value::as_u64);
        let about = body.map(|body| body.get("record").unwrap_or(body));
        let call = about.and_then(|about| about.get("call_id")).and_then(Value::as_str).and_then(|id| id.parse().ok());
        let frame = Frame::new(way, kind, &printable(&name, 60), id, &frame);
        let mut state = self.lock();
        let call = match (kind, id) {
            (Kind::Request, Some(id)) => {
                state.ask(id, call);
                call
            }
            (Kind::Response | Kind::Failure, Some(id)) => state.answered(id).flatten().or(call),
            _ => call,
        };
        self.put(&mut state, call, What::Frame(frame));
    }

    /// The connection to the service came a step further, or was lost.
    pub fn link(&self, step: LinkStep) {
        self.add(None, What::Link(step));
    }

    /// A step of the connection to the service was taken.
    pub fn linked(&self, stage: Stage, took: Duration) {
        self.link(LinkStep::Done { stage, took_us: micros(took) });
    }

    /// A step of the connection to the service failed.
    pub fn link_failed(&self, stage: Stage, why: &str) {
        self.link(LinkStep::Failed { stage, why: words(why), nobody_listens: false });
    }

    /// What was agreed on by TLS.
    pub fn secured(&self, facts: &str) {
        self.link(LinkStep::Secured { facts: words(facts) });
    }

    /// There is no TCP connection to the service.
    pub fn unconnected(&self, why: &io::Error) {
        let nobody_listens = why.kind() == io::ErrorKind::ConnectionRefused;
        self.link(LinkStep::Failed { stage: Stage::Tcp, why: words(&why.to_string()), nobody_listens });
    }

    /// The connection to the service is lost, or was not made.
    pub fn link_down(&self, why: &str, retry_in: Duration) {
        self.link(LinkStep::Down { why: words(why), retry_ms: micros(retry_in) / 1000 });
    }

    /// The service refuses this phone for good.
    pub fn link_refused(&self, why: &str) {
        self.link(LinkStep::Refused { why: words(why) });
    }

    /// A leg of `call` did something.
    pub fn leg(&self, call: CallId, leg: u64, step: LegStep) {
        self.add(Some(call), What::Leg { leg, step });
    }

    /// A call is recorded into a file.
    pub fn recording(&self, call: CallId, file: &Path) {
        // Relative to where this was started; whoever collects the evidence may be elsewhere.
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        self.add(Some(call), What::Recording(words(&file.to_string_lossy())));
    }

    /// The phone was told to do something. Notes, and tones, which may be somebody's number, are not kept.
    pub fn command(&self, command: &Command) {
        self.add(None, What::Command(words(&commands::in_words(command))));
    }

    /// The phone tells something.
    pub fn heard(&self, event: &Event) {
        match event {
            Event::Call(view) => self.call(view),
            Event::Quality { call, quality } => self.add(Some(*call), What::Quality(Box::new(quality.into()))),
            Event::Diagnoses { call, diagnoses } => {
                let all = diagnoses.iter().map(|one| diagnosis::short(*one).into()).collect();
                self.add(Some(*call), What::Diagnoses(all));
            }
            Event::Ended(summary) => self.ended(summary),
            Event::Audio(audio) => self.add(None, What::Devices(devices(audio).into())),
            Event::Refused(refused) => {
                let (what, why) = (words(refused.what), words(&refused.why.to_string()));
                self.add(refused.call, What::Refused { what, why });
            }
            Event::Warning(text) => self.add(None, What::Warning(words(text))),
            Event::Incoming(incoming) => self.happened(incoming.call, &format!("{} calls", incoming.from.display_name)),
            Event::IncomingEnded { call, from, reason } => {
                let from = words(from.display_name.as_str());
                self.add(Some(*call), What::Rang { from, end: *reason });
            }
            Event::Joined { call, first, .. } => {
                self.happened(*call, if *first { "joined, as the first" } else { "joined" });
            }
            Event::Active(Some(call)) => self.happened(*call, "is the active call"),
            Event::Active(None) => self.add(None, What::Happened("no call is active".into())),
            Event::HandedOn { call, by, to: HandedTo::Person { person }, forwarded: Some(_) } => {
                let (by, to) = (&by.display_name, &person.display_name);
                self.happened(*call, &format!("forwarded by {by} to {to}"));
            }
            Event::HandedOn { call, by, .. } => self.happened(*call, &format!("handed on by {}", by.display_name)),
            Event::Moved { call, into } => self.happened(*call, &format!("goes on as {into}")),
            Event::PickedUp(call) => self.happened(*call, "picked up"),
            Event::Parked { call, slot } => self.happened(*call, &format!("parked in slot {slot}")),
            Event::Dtmf { call, .. } => self.happened(*call, "a tone arrived"),
            Event::MicrophoneFinished(call) => self.happened(*call, "the sound file of the microphone is over"),
            // The rest is lists, which frames have shown, levels ten times a second, and the connection, of which the
            // signalling task tells itself, in its order.
            _ => {}
        }
    }

    /// Everything that is remembered, the oldest first.
    pub fn snapshot(&self) -> Vec<Arc<Entry>> {
        self.lock().ring.iter().cloned().collect()
    }

    /// What came after the entry numbered `seq`.
    pub fn since(&self, seq: u64) -> News {
        let state = self.lock();
        News { entries: state.ring.after(seq).cloned().collect(), first: state.ring.first().unwrap_or(state.next) }
    }

    /// Why a call went wrong; `None` where it did not, or nothing is known of it.
    pub fn explain(&self, call: CallId) -> Option<Explanation> {
        story::of_call(&self.snapshot(), call)
    }

    /// Why the service can't be reached; `None` where it can.
    pub fn explain_link(&self) -> Option<Explanation> {
        story::of_link(&self.snapshot())
    }

    /// Waits a moment until what was told is on disk, where that is kept; whether it is.
    pub fn flush(&self) -> bool {
        let flushed = self.lock().spill.as_ref().and_then(Spill::flush);
        flushed.is_some_and(Flushed::wait)
    }

    fn call(&self, view: &CallView) {
        let sound = match view.media {
            MediaState::Connecting => Sound::Connecting,
            MediaState::Flowing => Sound::Flowing,
            MediaState::Lost => Sound::Lost,
        };
        let now = (view.state, sound, view.muted);
        let mut state = self.lock();
        if state.calls.len() >= CALLS && !state.calls.contains_key(&view.call) {
            state.calls.pop_first();
        }
        if state.calls.insert(view.call, now) == Some(now) {
            return;
        }
        let with = words(state::peer(&view.with));
        self.put(&mut state, Some(view.call), What::State { state: view.state, sound, muted: view.muted, with });
    }

    fn ended(&self, summary: &Summary) {
        let ended = Ended {
            direction: summary.direction,
            with: words(state::peer(&summary.with)),
            end: summary.end,
            connected_ms: summary.connected_for.map(|time| micros(time) / 1000),
            heard_ms: summary.heard_ms,
            quality: (&summary.quality).into(),
        };
        let mut state = self.lock();
        state.calls.remove(&summary.call);
        self.put(&mut state, Some(summary.call), What::Ended(Box::new(ended)));
    }

    fn happened(&self, call: CallId, text: &str) {
        self.add(Some(call), What::Happened(words(text)));
    }

    fn add(&self, call: Option<CallId>, what: What) {
        self.put(&mut self.lock(), call, what);
    }

    fn put(&self, state: &mut State, call: Option<CallId>, what: What) {
        let at_us = micros(clock::now().saturating_duration_since(self.0.began));
        let entry = Arc::new(Entry { seq: state.next, at_us, unix_ms: clock::unix_now(), call, what });
        state.next += 1;
        if let Some(spill) = &state.spill {
            spill.write(&entry);
        }
        state.ring.push(entry);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked while holding it left a whole entry, or none.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ask(&mut self, id: u64, call: Option<CallId>) {
        if self.asked.len() == ASKED {
            self.asked.pop_front();
        }
        self.asked.push_back((id, call));
    }

    fn answered(&mut self, id: u64) -> Option<Option<CallId>> {
        let at = self.asked.iter().position(|(asked, _)| *asked == id)?;
        self.asked.remove(at).map(|(_, call)| call)
    }
}

/// Kind, name and content of a frame.
fn named(frame: &Value) -> (Kind, String, Option<&Value>) {
    const VARIANTS: [(&str, Kind); 3] =
        [("request", Kind::Request), ("response", Kind::Response), ("notice", Kind::Notice)];
    for (field, kind) in VARIANTS {
        match frame.get(field) {
            Some(Value::Object(variant)) => {
                let (name, body) = variant.iter().next().map_or(("", None), |(name, body)| (name.as_str(), Some(body)));
                return (kind, name.to_owned(), body);
            }
            Some(Value::String(name)) => return (kind, name.clone(), None),
            _ => {}
        }
    }
    if let Some(failure) = frame.get("failure") {
        let code = failure.get("code").and_then(Value::as_str).unwrap_or("failure");
        return (Kind::Failure, code.to_owned(), Some(failure));
    }
    match (frame.get("hello"), frame.get("welcome")) {
        (Some(hello), _) => (Kind::Hello, "hello".to_owned(), Some(hello)),
        (_, Some(welcome)) => (Kind::Welcome, "welcome".to_owned(), Some(welcome)),
        _ => (Kind::Unknown, "unknown".to_owned(), None),
    }
}

/// Microphone, speaker and ringer, in words.
fn devices(audio: &AudioState) -> String {
    let one = |device: &DeviceState| match device {
        DeviceState::Idle => "not in use".to_owned(),
        DeviceState::Working(name) => printable(name, 80),
        DeviceState::Instead { name, of } => format!("{} instead of {}", printable(name, 80), printable(of, 80)),
        DeviceState::Absent => "none".to_owned(),
        DeviceState::Failed(why) => format!("failed: {}", printable(why, 120)),
    };
    let (microphone, speaker, ringer) = (one(&audio.microphone), one(&audio.speaker), one(&audio.ringer));
    format!("microphone: {microphone}; speaker: {speaker}; ringer: {ringer}")
}

fn words(text: &str) -> Box<str> {
    redact::text(&printable(text, LONGEST)).into()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
