//! The phone's core: one task that owns what this phone knows (its calls, its friends, its connection) and turns commands,
//! signalling, media and voice events into each other. It never waits for anything but the next of these.

mod active;
mod board;
mod call;
mod desk;
mod diagnosing;
mod figures;
mod friends;
mod groups;
mod hold;
mod incoming;
mod join;
mod link;
mod media;
mod people;
mod places;
mod protection;
mod records;
mod roster;
mod rules;
mod tones;
mod verbs;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use self::board::Board;
use self::groups::Sharing;
use self::join::{Goal, Joining};
use self::people::Wanted;
use self::places::Addresses;
use super::audio::device::{SinkChoice, SourceChoice};
use super::audio::voice::{Voice, VoiceEvent};
use super::command::Command;
use super::event::{AudioState, Event, Incoming, Link, Refusal, Refused};
use super::evidence::Recorder;
use super::leg::{LegEvent, LegTag};
use super::signalling::{FromLink, ToLink};
use crate::base::{clock, deadline};
use crate::config::{JoinMuted, MediaOver, ServerUrl};
use crate::domain::forwarding::{AccountRules, CallRules};
use crate::domain::group::{GroupKey, GroupRow};
use crate::domain::id::{CallId, Identity};
use crate::domain::park::{ParkSlot, ParkedCall};
use crate::domain::person::{Friend, FriendRequest, Person};
use crate::domain::record::HistoryFilter;
use crate::media::tones::CallTone;
use crate::protocol::request::Request;

/// The channels the engine reads; see [`Engine::run`].
pub(super) struct Inputs {
    /// From the screen or a headless command.
    pub(super) commands: mpsc::Receiver<Command>,
    /// From the signalling task.
    pub(super) link: mpsc::Receiver<FromLink>,
    /// From the voice thread.
    pub(super) voice: mpsc::Receiver<VoiceEvent>,
    /// From the legs' threads.
    pub(super) legs: mpsc::Receiver<(LegTag, LegEvent)>,
}

/// What the engine writes to.
pub(super) struct Outputs {
    /// To the screen or a headless command.
    pub(super) events: mpsc::Sender<Event>,
    /// To the signalling task.
    pub(super) link: mpsc::Sender<ToLink>,
    /// The voice thread.
    pub(super) voice: Voice,
    /// Handed to every leg.
    pub(super) legs: mpsc::Sender<(LegTag, LegEvent)>,
    /// What remembers what is done and told.
    pub(super) recorder: Recorder,
}

/// How the engine behaves.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// In how many calls it can be at once.
    pub(super) max_calls: u8,
    /// Where the first call is recorded; later ones get a number.
    pub(super) record: Option<PathBuf>,
    /// Where sound is taken from and played at first.
    pub(super) microphone: SourceChoice,
    pub(super) speaker: SinkChoice,
    /// Whether ring, ring-back and busy tones are played.
    pub(super) tones: bool,
    /// Whether incoming calls are said to ring here, before anybody answers.
    pub(super) rings: bool,
    /// Whether group calls are joined with the microphone off.
    pub(super) join_muted: JoinMuted,
    /// What sound goes over.
    pub(super) media_over: MediaOver,
    /// Whether somebody's coming and going is heard in group calls, given that tones are played at all.
    pub(super) roster_tones: bool,
}

/// What an outstanding request was for.
#[derive(Debug)]
enum Pending {
    Start(CallId),
    Answer(CallId),
    Rejoin(CallId),
    Resolve {
        name: String,
        wanted: Wanted,
    },
    Search(String),
    History,
    /// The call records that match.
    HistoryFound(HistoryFilter),
    /// The list, to find a group in.
    LookUp {
        name: String,
        otherwise: Option<GroupKey>,
        goal: Goal,
    },
    /// A group to be made, and then joined.
    CreateToJoin,
    Join,
    PickUp,
    /// Anything: what comes before the answer tells whether a join came about whose own answer was lost.
    LookForJoin,
    Hold {
        call: CallId,
        on: bool,
    },
    Park(CallId),
    Merge {
        call: CallId,
        with: CallId,
    },
    /// These rules, and the words of the palette for what changes them.
    Rules {
        what: &'static str,
        rules: CallRules,
    },
    /// The list; `asked` for by a command.
    Groups {
        asked: bool,
    },
    /// A group for an event, and the words of the palette for it.
    Group(&'static str),
    Share(Sharing),
    /// A group that was shared with these people.
    Shared(Vec<Person>),
    /// A verb whose answer says that it was done, or refused.
    Verb {
        what: &'static str,
        call: Option<CallId>,
    },
    /// Nobody waits for the answer.
    Silent,
}

/// The state of the phone.
pub(super) struct Engine {
    out: Outputs,
    options: Options,
    microphone: SourceChoice,
    speaker: SinkChoice,
    /// What the sound devices do, once that was told.
    audio: Option<AudioState>,
    recordings: u32,
    /// Where signalling goes; `None` while it is down.
    service: Option<IpAddr>,
    /// Whether UDP did not get through to it when it was last tried.
    udp_blocked: bool,
    me: Option<Person>,
    friends: Vec<Friend>,
    /// The open friend requests, in both directions.
    requests: Vec<FriendRequest>,
    /// The people the user blocks, by display name.
    blocked: Vec<Person>,
    /// The groups of the user's list, once they were asked for; and whether they have changed since they were asked for.
    groups: Option<Vec<GroupRow>>,
    groups_stale: bool,
    addresses: Addresses,
    board: Board,
    /// The rules of the account, as they were told last.
    rules: AccountRules,
    /// The parked calls, by slot.
    parked: BTreeMap<ParkSlot, ParkedCall>,
    joining: Option<Joining>,
    incoming: BTreeMap<CallId, Incoming>,
    pending: BTreeMap<u64, Pending>,
    next_request: u64,
    next_leg: LegTag,
    /// Calls hung up while the connection was down, to be told once it is up again.
    hung_up: Vec<CallId>,
    /// The tone that is played until told otherwise.
    tone: Option<CallTone>,
    /// When one that plays for a while (busy) stops.
    tone_until: Option<Instant>,
    stopping: bool,
}

/// How long the busy tone is played after a call that failed.
const BUSY_TONE: Duration = Duration::from_secs(3);

/// How long saying bye to the service, and writing the last of the sound files, may take.
const BYE_WITHIN: Duration = Duration::from_millis(1500);

impl Engine {
    /// An engine for the service at `server`.
    pub(super) fn new(out: Outputs, options: Options, server: &ServerUrl) -> Self {
        Self {
            out,
            microphone: options.microphone.clone(),
            speaker: options.speaker.clone(),
            options,
            audio: None,
            recordings: 0,
            service: None,
            udp_blocked: false,
            me: None,
            friends: Vec::new(),
            requests: Vec::new(),
            blocked: Vec::new(),
            groups: None,
            groups_stale: false,
            addresses: Addresses::new(server.to_string()),
            board: Board::default(),
            rules: AccountRules::default(),
            parked: BTreeMap::new(),
            joining: None,
            incoming: BTreeMap::new(),
            pending: BTreeMap::new(),
            next_request: 1,
            next_leg: 1,
            hung_up: Vec::new(),
            tone: None,
            tone_until: None,
            stopping: false,
        }
    }

    /// Runs until the phone is told to quit, or nobody listens any more.
    pub(super) async fn run(mut self, mut inputs: Inputs) {
        while !self.stopping {
            tokio::select! {
                biased;
                command = inputs.commands.recv() => self.on_command(command.unwrap_or(Command::Quit)).await,
                Some(event) = inputs.link.recv() => self.on_link(event).await,
                Some((tag, event)) = inputs.legs.recv() => self.on_leg(tag, event).await,
                Some(event) = inputs.voice.recv() => self.on_voice(event).await,
                () = deadline::sleep_until(self.next_deadline()) => self.on_deadline(clock::now()).await,
            }
        }
        self.out.voice.stop();
        // The voice's events end once its sound files are whole.
        let files_written = async { while inputs.voice.recv().await.is_some() {} };
        let written = tokio::time::timeout(BYE_WITHIN, files_written);
        let (_, written) = tokio::join!(self.say_bye(&mut inputs.link), written);
        if written.is_err() {
            tracing::warn!("a sound file may lack its end: it took too long to write");
        }
    }

    /// Says bye to the service and waits until that, and what was asked before it, has been taken: whoever sees the
    /// events end may end the process.
    async fn say_bye(&self, link: &mut mpsc::Receiver<FromLink>) {
        self.out.link.send(ToLink::Bye).await.ok();
        if self.service.is_some() {
            let taken = async { while link.recv().await.is_some() {} };
            tokio::time::timeout(BYE_WITHIN, taken).await.ok();
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        deadline::earlier(self.tone_until, self.board.next_deadline())
    }

    async fn on_deadline(&mut self, now: Instant) {
        if self.tone_until.is_some_and(|at| at <= now) {
            self.tone_until = None;
            self.play_tone();
        }
        self.on_call_deadlines(now).await;
    }

    /// Sends a request, remembering what it was for. Without a connection it is refused at once.
    async fn request(&mut self, request: Request, pending: Pending) {
        if self.service.is_none() {
            return self.on_no_answer(pending).await;
        }
        self.send(request, pending).await;
    }

    async fn send(&mut self, request: Request, pending: Pending) {
        let id = self.next_request;
        self.next_request += 1;
        self.pending.insert(id, pending);
        self.out.link.send(ToLink::Request { id, request }).await.ok();
    }

    async fn emit(&mut self, event: Event) {
        self.out.recorder.heard(&event);
        if self.out.events.send(event).await.is_err() {
            // Nobody listens any more: the phone ends.
            self.stopping = true;
        }
    }

    async fn refuse(&mut self, what: &'static str, call: Option<CallId>, why: Refusal) {
        self.emit(Event::Refused(Refused { what, call, why })).await;
    }

    async fn tell_link(&mut self, link: Link) {
        self.emit(Event::Link(link)).await;
    }

    /// The file for the next recording: as given for the first call, with a number for each later one.
    fn next_recording(&mut self) -> Option<PathBuf> {
        let first = self.options.record.clone()?;
        self.recordings += 1;
        if self.recordings == 1 {
            return Some(first);
        }
        let stem = first.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Some(first.with_file_name(format!("{stem}-{}.wav", self.recordings)))
    }

    fn friend_mut(&mut self, identity: &Identity) -> Option<&mut Friend> {
        self.friends.iter_mut().find(|friend| friend.person.identity == *identity)
    }
}

#[cfg(test)]
mod tests;
