//! The voice thread's handle: what it can be told and what it tells. Nothing here ever waits.
//!
//! One thread owns codecs, jitter buffers and devices. It runs only while something sounds (a call is attached, or a
//! tone plays) and otherwise sleeps until told something. Towards it goes a bounded queue of commands; packets reach
//! it through each leg's ring, and leave it through the leg's closure.

mod call;
mod equipment;
mod figures;
mod gaps;
mod kinds;
mod loudness;
mod near;
mod opener;
mod outbox;
pub(super) mod ports;
pub(super) mod priority;
mod send;
mod shared;
mod slot;
mod spoken;
mod supervision;
#[cfg(test)]
mod tests;
mod thread;
mod volumes;

use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Instant;

use tokio::sync::mpsc;

use super::device::{SinkChoice, SourceChoice};
use crate::base::task;
use crate::domain::dtmf::Tone;
use crate::domain::id::CallId;
use crate::media::packet::{Outgoing, Received};
use crate::media::processing::Wishes;
use crate::media::profile::Profile;
use crate::media::tones::{CallTone, Region, ShortTone};
use crate::phone::event::{AudioDevice, AudioState, Quality, SoundState};
use equipment::Cards;

/// Commands that may wait for the thread; it takes them every 5 ms while it runs.
const COMMANDS: usize = 256;

/// What the voice thread starts with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VoiceConfig {
    /// Where sound is taken from.
    pub microphone: SourceChoice,
    /// Where sound is played.
    pub speaker: SinkChoice,
    /// Where ringing is played, if not where calls are.
    pub ringer: Option<SinkChoice>,
    /// Whose call tones to play.
    pub region: Region,
    /// What sound is made for.
    pub profile: Profile,
    /// What is done to the microphone's sound beside that.
    pub wishes: Wishes,
    /// The folder where it is kept how loud each device was set, and which sound cards are in use by phones of this
    /// machine; `None` keeps and minds neither.
    pub folder: Option<PathBuf>,
}

/// The two ends of a leg, as the voice thread needs them.
pub struct LegSound {
    /// Packets that arrive, of all receive slots: room for a second of each is plenty.
    pub incoming: rtrb::Consumer<Received>,
    /// Takes packets to be sent. Called on the voice thread: it must neither wait nor take long.
    pub outgoing: Box<dyn FnMut(Outgoing) + Send>,
}

/// What the voice thread tells. Levels and quality are left out when nobody takes them in time; the rest waits.
#[derive(Debug, Clone, PartialEq)]
pub enum VoiceEvent {
    /// Sound levels, ten times a second per call, or once where it is held beside another; dBFS (−127 is silence).
    Levels {
        /// Which call.
        call: CallId,
        /// What the microphone picks up, also while it is off for the call.
        microphone: f32,
        /// What arrives.
        speaker: f32,
        /// What arrives of each source that is audible, by its mark and in their order.
        heard: Vec<(u16, f32)>,
        /// What a diagnosis needs to know of the microphone.
        facts: MicrophoneFacts,
    },
    /// The voice's part of the quality figures, once a second per call; the round trip is the leg's to add.
    Quality {
        /// Which call.
        call: CallId,
        /// The figures.
        quality: Quality,
    },
    /// A DTMF tone arrived.
    Dtmf {
        /// In which call.
        call: CallId,
        /// In which receive slot of its leg.
        slot: u8,
        /// Whose it is: the source mark of its packet, if it has one.
        mark: Option<u16>,
        /// The tone.
        tone: Tone,
    },
    /// The devices in use changed state.
    Audio(AudioState),
    /// What is done to the sound changed, or how loud it is; the first thing told.
    Sound(SoundState),
    /// Another softphone of this machine has a call on the same sound card: this call is to begin with the microphone
    /// off. Told at most once per call, before anything of the microphone was sent.
    SharedCard {
        /// Which call.
        call: CallId,
    },
    /// Something louder than −50 dBFS arrived, for the first time since the call was attached or left early media.
    FirstSound {
        /// In which call.
        call: CallId,
        /// When it was played.
        at: Instant,
    },
    /// The WAV file that is the microphone is over.
    MicrophoneFinished {
        /// The call it was heard in.
        call: CallId,
    },
    /// The recording of a call can't be made, or not any further.
    RecordingFailed {
        /// Which call.
        call: CallId,
        /// Why, for a person.
        why: String,
    },
    /// A call is detached: the last thing told about it.
    Finished {
        /// Which.
        call: CallId,
        /// What it was like.
        sound: SoundSummary,
    },
}

/// What only the voice thread knows of the microphone: the ground a diagnosis stands on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MicrophoneFacts {
    /// Whether somebody speaks into it, also while it is off for the call.
    pub voice: bool,
    /// For how long every sample has been exactly zero, ms.
    pub exact_zeros_ms: u32,
    /// For how long nothing louder than −75 dBFS has come, ms: less than any room's noise.
    pub silent_ms: u32,
    /// Whether it is off for the call.
    pub muted: bool,
    /// How much of what the speaker plays comes back in what is sent, over the last seconds: 0 (nothing) to 1 (it goes
    /// up and down with it). `None` while too little was played to tell.
    pub echo: Option<f32>,
}

/// What a call sounded like, once it is detached.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SoundSummary {
    /// The last quality figures.
    pub quality: Quality,
    /// How much of what arrived was louder than −50 dBFS, ms.
    pub heard_ms: u64,
    /// Mean level of what arrived while louder than −50 dBFS, dBFS.
    pub level_in_dbfs: Option<f32>,
    /// Mean level of what was sent while louder than −50 dBFS, dBFS.
    pub level_out_dbfs: Option<f32>,
}

/// A handle to the voice thread. Its verbs never wait; when all handles are gone, the thread ends.
#[derive(Debug, Clone)]
pub struct Voice {
    commands: SyncSender<Command>,
}

impl Voice {
    /// Starts the thread. It tells `events`, which end once it has stopped and all files are written.
    ///
    /// # Errors
    /// When the system has no thread left to give.
    pub fn start(config: VoiceConfig, events: mpsc::Sender<VoiceEvent>) -> std::io::Result<Self> {
        Self::start_with(config, Cards::REAL, events)
    }

    fn start_with(config: VoiceConfig, cards: Cards, events: mpsc::Sender<VoiceEvent>) -> std::io::Result<Self> {
        let (commands, inbox) = sync_channel(COMMANDS);
        task::thread("voice", move || thread::run(config, cards, &inbox, events))?;
        Ok(Self { commands })
    }

    /// A call has a leg: sends the microphone into it, plays what arrives. `record` is a WAV file for both sides.
    pub fn attach(&self, call: CallId, leg: LegSound, record: Option<PathBuf>) {
        self.tell(Command::Attach { call, leg, record, early: false });
    }

    /// A call whose other side has not answered yet has a leg: as [`Voice::attach`], but early from the start.
    pub fn attach_early(&self, call: CallId, leg: LegSound, record: Option<PathBuf>) {
        self.tell(Command::Attach { call, leg, record, early: true });
    }

    /// A call has another leg: jitter buffers begin anew, RTP timestamps go on.
    pub fn replace_leg(&self, call: CallId, leg: LegSound) {
        self.tell(Command::ReplaceLeg { call, leg });
    }

    /// A call goes on under another id, with all that was said and heard so far; of the old id nothing more is told.
    pub fn rename(&self, call: CallId, into: CallId) {
        self.tell(Command::Rename { call, into });
    }

    /// A call is over; answered by [`VoiceEvent::Finished`].
    pub fn detach(&self, call: CallId) {
        self.tell(Command::Detach(call));
    }

    /// Says whether a call is early, that is, whether its other side has yet to answer. Until then silence is sent and
    /// the microphone is left alone, so that a file begins with the answer; what arrives is played.
    pub fn set_early(&self, call: CallId, on: bool) {
        self.tell(Command::Early { call, on });
    }

    /// Turns the microphone off for a call, or on. While off, frames of silence are sent.
    pub fn set_muted(&self, call: CallId, on: bool) {
        self.tell(Command::Mute { call, on });
    }

    /// Holds a call, or resumes it. While held, frames of silence are sent, which keeps the leg alive, and what
    /// arrives is not played; DTMF still goes both ways.
    pub fn set_held(&self, call: CallId, on: bool) {
        self.tell(Command::Hold { call, on });
    }

    /// Sends a tone into a call as a telephone event (RFC 4733), after those sent before, and lets the user hear it.
    pub fn send_dtmf(&self, call: CallId, tone: Tone) {
        self.tell(Command::Dtmf { call, tone });
    }

    /// Says how many percent of the packets of a call are lost on their way to the others.
    pub fn set_expected_loss(&self, call: CallId, percent: u8) {
        self.tell(Command::ExpectedLoss { call, percent });
    }

    /// Plays a tone to the user until told otherwise; `None` ends it.
    pub fn play_tone(&self, tone: Option<CallTone>) {
        self.tell(Command::PlayTone(tone));
    }

    /// Plays a short tone to the user, once and into what is heard; only while there is a call.
    pub fn play_once(&self, tone: ShortTone) {
        self.tell(Command::PlayOnce(tone));
    }

    /// Takes sound from here from now on, also in running calls.
    pub fn use_microphone(&self, choice: SourceChoice) {
        self.tell(Command::UseMicrophone(choice));
    }

    /// Plays sound there from now on, also in running calls.
    pub fn use_speaker(&self, choice: SinkChoice) {
        self.tell(Command::UseSpeaker(choice));
    }

    /// Plays ringing there from now on; `None`: where calls are played.
    pub fn use_ringer(&self, choice: Option<SinkChoice>) {
        self.tell(Command::UseRinger(choice));
    }

    /// Makes sound for something else from now on, also in running calls.
    pub fn use_profile(&self, profile: Profile) {
        self.tell(Command::UseProfile(profile));
    }

    /// Says what is to be done to the microphone's sound, beside the profile.
    pub fn process(&self, wishes: Wishes) {
        self.tell(Command::Process(wishes));
    }

    /// Turns a device up or down, dB, and remembers it for this device.
    pub fn set_volume(&self, device: AudioDevice, db: i8) {
        self.tell(Command::SetVolume { device, db });
    }

    /// Stops the thread; attached calls are finished first. The events end when it has stopped.
    pub fn stop(&self) {
        self.tell(Command::Stop);
    }

    fn tell(&self, command: Command) {
        match self.commands.try_send(command) {
            Ok(()) => (),
            // Hundreds of commands within 5 ms, or a device that hangs: better to lose one than to hang as well.
            Err(TrySendError::Full(_)) => tracing::warn!("the voice thread is too busy for a command"),
            Err(TrySendError::Disconnected(_)) => tracing::debug!("the voice thread has stopped already"),
        }
    }
}

/// What the thread is told.
enum Command {
    Attach { call: CallId, leg: LegSound, record: Option<PathBuf>, early: bool },
    ReplaceLeg { call: CallId, leg: LegSound },
    Rename { call: CallId, into: CallId },
    Detach(CallId),
    Early { call: CallId, on: bool },
    Mute { call: CallId, on: bool },
    Hold { call: CallId, on: bool },
    Dtmf { call: CallId, tone: Tone },
    ExpectedLoss { call: CallId, percent: u8 },
    PlayTone(Option<CallTone>),
    PlayOnce(ShortTone),
    UseMicrophone(SourceChoice),
    UseSpeaker(SinkChoice),
    UseRinger(Option<SinkChoice>),
    UseProfile(Profile),
    Process(Wishes),
    SetVolume { device: AudioDevice, db: i8 },
    Stop,
}
