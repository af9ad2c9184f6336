//! The softphone without a screen: typed [`command::Command`]s in, typed [`event::Event`]s out.
//!
//! Both the screen and the headless commands drive it through these two types and nothing else.

pub mod account;
pub mod audio;
pub mod command;
pub mod connector;
mod engine;
pub mod event;
pub mod evidence;
mod leg;
mod signalling;
pub mod trust;
pub mod whom;
mod words;

use std::path::PathBuf;

use tokio::sync::mpsc;

use self::account::Account;
use self::audio::voice::{Voice, VoiceConfig};
use self::command::Command;
use self::connector::Connector;
use self::engine::{Engine, Inputs, Options, Outputs};
use self::event::Event;
use self::evidence::{Limits, Recorder};
use self::signalling::Link;
use crate::base::{entropy, task};
use crate::config::{JoinMuted, MediaOver, Phone};
use crate::domain::id::ClientId;

/// Commands waiting for the engine.
const COMMANDS: usize = 64;

/// Events waiting for the listener; the engine waits when it is this far behind.
const EVENTS: usize = 1024;

/// Messages waiting between the engine and the signalling task, the legs and the voice thread.
const INNER: usize = 256;

/// The most calls a phone can be in at once: as many as a person can keep apart, and a service lets ring.
pub const MOST_CALLS: u8 = 8;

/// How a phone behaves.
#[derive(Debug, Clone)]
pub struct PhoneOptions {
    /// In how many calls it can be at once, 1 to [`MOST_CALLS`]: while it is in fewer, more ring here.
    pub max_calls: u8,
    /// Where sound is taken from and played.
    pub voice: VoiceConfig,
    /// A WAV file for what both sides of a call say: left = me, right = them.
    pub record: Option<PathBuf>,
    /// Whether tones are played: ring, ring-back and busy, and those of group calls.
    pub tones: bool,
    /// Whether the caller is told that this phone rings.
    pub rings: bool,
    /// How it behaves in group calls.
    pub groups: GroupOptions,
    /// What sound goes over.
    pub media_over: MediaOver,
    /// The folder in which it keeps what it remembers of itself, for after it has ended.
    pub evidence: Option<PathBuf>,
}

/// How a phone behaves in group calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupOptions {
    /// Whether they are joined with the microphone off.
    pub join_muted: JoinMuted,
    /// Whether a short tone is played when somebody comes or goes, given that tones are played at all.
    pub roster_tones: bool,
}

impl Default for GroupOptions {
    fn default() -> Self {
        let Phone { join_muted, roster_tones, .. } = Phone::default();
        Self { join_muted, roster_tones }
    }
}

/// The two ends of a running phone. The phone quits when either is dropped.
#[derive(Debug)]
pub struct PhoneLink {
    /// Tells the phone what to do.
    pub commands: mpsc::Sender<Command>,
    /// What the phone tells; it ends after [`Command::Quit`].
    pub events: mpsc::Receiver<Event>,
    /// What the phone remembers of itself.
    pub recorder: Recorder,
}

/// Whether the service's WebSocket can be opened from here; nothing is said on it.
///
/// # Errors
/// Why not, for a person.
pub async fn try_signalling(way: &Connector) -> Result<(), String> {
    signalling::try_signalling(way).await
}

/// Starts a phone for `account`. It connects by itself, and again when the connection is lost.
///
/// # Errors
/// When the system gives no thread for the voice.
pub fn start(account: Account, options: PhoneOptions) -> std::io::Result<PhoneLink> {
    let (commands, from_commands) = mpsc::channel(COMMANDS);
    let (to_events, events) = mpsc::channel(EVENTS);
    let (to_link, requests) = mpsc::channel(INNER);
    let (from_link, link) = mpsc::channel(INNER);
    let (from_voice, voice_events) = mpsc::channel(INNER);
    let (from_legs, legs) = mpsc::channel(INNER);
    let (microphone, speaker) = (options.voice.microphone.clone(), options.voice.speaker.clone());
    let voice = Voice::start(options.voice, from_voice)?;
    let client = ClientId(entropy::uuid());
    let server = account.server().clone();
    let max_calls = options.max_calls.clamp(1, MOST_CALLS);
    let recorder = Recorder::new(Limits::default(), options.evidence.as_deref());
    task::spawn("link", Link::new(account, client, max_calls, requests, from_link, recorder.clone()).run());
    let out = Outputs { events: to_events, link: to_link, voice, legs: from_legs, recorder: recorder.clone() };
    let engine = Engine::new(
        out,
        Options {
            max_calls,
            record: options.record,
            microphone,
            speaker,
            tones: options.tones,
            rings: options.rings,
            join_muted: options.groups.join_muted,
            media_over: options.media_over,
            roster_tones: options.groups.roster_tones,
        },
        &server,
    );
    task::spawn("engine", engine.run(Inputs { commands: from_commands, link, voice: voice_events, legs }));
    Ok(PhoneLink { commands, events, recorder })
}
