//! What is wrong with the sound of a call that a person can do something about: facts in, diagnoses out.
//!
//! It knows no devices and no packets; it is told what they do. What is wrong has to last before it is told, and to be
//! over for longer before it is taken back, so that nothing flickers. What there is no telling of for a while, as when nobody
//! speaks or nothing arrives, is taken back too.

mod latch;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
mod voice;

use std::time::{Duration, Instant};

use self::latch::{Latch, Sign};
use self::voice::MutedVoice;
use crate::base::deadline::earlier;

/// Something wrong with the sound of a call that a person can do something about; the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Diagnosis {
    /// A device stopped working, and nothing has taken its place.
    DeviceGone(AudioDevice),
    /// The microphone gives nothing but silence.
    MicrophoneSilent {
        /// Whether every sample is zero, as where the system keeps the microphone from the program.
        exact_zeros: bool,
    },
    /// Somebody speaks into the microphone while it is off.
    SpeakingWhileMuted,
    /// The network loses or delays much of what is heard.
    NetworkPoor,
    /// The network loses or delays much of what is sent: the others hear badly.
    TheyHearBadly,
    /// What the speaker plays comes back through the microphone.
    EchoSuspected,
    /// Another softphone on this machine uses the same sound card: this one began with the microphone off.
    SharedCard,
}

impl Diagnosis {
    /// Each there can be, the gravest first.
    pub const ALL: [Self; 10] = [
        Self::DeviceGone(AudioDevice::Microphone),
        Self::DeviceGone(AudioDevice::Speaker),
        Self::DeviceGone(AudioDevice::Ringer),
        Self::MicrophoneSilent { exact_zeros: true },
        Self::MicrophoneSilent { exact_zeros: false },
        Self::SpeakingWhileMuted,
        Self::NetworkPoor,
        Self::TheyHearBadly,
        Self::EchoSuspected,
        Self::SharedCard,
    ];
}

/// A part of the sound equipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AudioDevice {
    /// Where sound is taken from.
    Microphone,
    /// Where calls are played.
    Speaker,
    /// Where ringing is played.
    Ringer,
}

/// Something that may mean that something is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fact {
    /// What a device does; told whenever that changes.
    Device(AudioDevice, DeviceFact),
    /// What the microphone picks up; told about ten times a second. What is no device never has anything wrong with it.
    Microphone(Microphone),
    /// How what is heard arrives; told about once a second.
    Heard(Way),
    /// How what is sent arrives; told about once a second.
    Sent(Way),
    /// The call began with the microphone off, because another softphone uses the sound card.
    SharedCard,
    /// The user turned the microphone on.
    Unmuted,
    /// The time of [`Watch::next_deadline`] has come.
    DeadlinePassed,
}

/// What a device does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceFact {
    /// Nothing: it is not needed.
    #[default]
    Idle,
    /// Its work.
    Works,
    /// It should, and does not.
    Fails,
}

/// What a microphone picks up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Microphone {
    /// Whether somebody speaks into it now.
    pub voice: bool,
    /// For how long every sample was exactly zero, ms.
    pub exact_zeros_ms: u32,
    /// For how long there was less than any room's noise, ms.
    pub silent_ms: u32,
    /// Whether it is off for the call.
    pub muted: bool,
    /// How much of what is played comes back, 0 to 1; `None` while too little was played to tell.
    pub echo: Option<f32>,
}

/// How sound arrives after its way through the network, over the last seconds; `None` where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Way {
    /// Packets lost, per cent.
    pub lost_percent: Option<f32>,
    /// Interarrival jitter (RFC 3550 section 6.4.1), ms.
    pub jitter_ms: Option<f32>,
    /// Round trip, ms.
    pub rtt_ms: Option<f32>,
    /// The estimated mean opinion score ([`crate::media::mos`]).
    pub mos: Option<f32>,
}

/// Bounds beyond which a way is bad, and within which it is good; between them it stays what it was. An estimate of 3.1 is
/// where ITU-T G.107 Annex B says that nearly all users are dissatisfied below; a round trip of 400 ms and more makes
/// people talk at once (ITU-T G.114: 400 ms one way is the limit, of which the network must leave something).
const BAD: Bounds = Bounds { lost_percent: 5.0, jitter_ms: 50.0, rtt_ms: 400.0, mos: 3.1 };
const GOOD: Bounds = Bounds { lost_percent: 3.0, jitter_ms: 35.0, rtt_ms: 300.0, mos: 3.4 };

/// How long a way has to be bad, and good again.
const WAY_BAD_FOR: Duration = Duration::from_secs(3);
const WAY_GOOD_FOR: Duration = Duration::from_secs(6);

/// How much has to come back of what is played to be called echo, and how little to call it gone.
const ECHO: f32 = 0.5;
const NO_ECHO: f32 = 0.3;
/// How long it has to come back, and to be gone.
const ECHO_FOR: Duration = Duration::from_secs(3);
const NO_ECHO_FOR: Duration = Duration::from_secs(6);

/// How long a microphone may be silent, ms, and how long it must not be before it counts as mended.
const SILENT_MS: u32 = 5_000;
const SOUND_FOR: Duration = Duration::from_secs(2);

/// How long a device may take to be replaced, or opened anew.
const GONE_FOR: Duration = Duration::from_millis(1500);

/// The least time between two changes of what is told.
const APART: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy)]
struct Bounds {
    lost_percent: f32,
    jitter_ms: f32,
    rtt_ms: f32,
    mos: f32,
}

/// Watches over the sound of one call.
#[derive(Debug, Default)]
pub struct Watch {
    devices: [Device; 3],
    silent: Latch,
    exact_zeros: bool,
    speaking: MutedVoice,
    heard: Latch,
    sent: Latch,
    echo: Latch,
    shared_card: bool,
    /// What is wrong, and what of it was told.
    wrong: Vec<Diagnosis>,
    told: Vec<Diagnosis>,
    told_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Device {
    fact: DeviceFact,
    worked: bool,
    fails_since: Option<Instant>,
}

impl Watch {
    /// Takes a fact. All that is wrong, the gravest first, if that is to be told anew.
    pub fn handle(&mut self, fact: Fact, now: Instant) -> Option<Vec<Diagnosis>> {
        match fact {
            Fact::Device(which, fact) => self.devices[which as usize].on_fact(fact, now),
            Fact::Microphone(microphone) => self.on_microphone(microphone, now),
            Fact::Heard(way) => self.heard.see(way.sign(), WAY_BAD_FOR, WAY_GOOD_FOR, now),
            Fact::Sent(way) => self.sent.see(way.sign(), WAY_BAD_FOR, WAY_GOOD_FOR, now),
            Fact::SharedCard => self.shared_card = true,
            // Who does has read why it was off.
            Fact::Unmuted => self.shared_card = false,
            Fact::DeadlinePassed => {}
        }
        self.tell(now)
    }

    /// When it wants to be called again, if no fact comes before.
    pub fn next_deadline(&self) -> Option<Instant> {
        let devices = [AudioDevice::Microphone, AudioDevice::Speaker, AudioDevice::Ringer];
        let going = devices.into_iter().filter(|which| !self.wrong.contains(&Diagnosis::DeviceGone(*which)));
        let gone = going.filter_map(|which| self.devices[which as usize].gone_at()).min();
        let kept_back = self.told_at.filter(|_| self.wrong != self.told).map(|told| told + APART);
        earlier(gone, kept_back)
    }

    fn on_microphone(&mut self, microphone: Microphone, now: Instant) {
        let Microphone { voice, exact_zeros_ms, silent_ms, muted, echo } = microphone;
        let works = self.devices[AudioDevice::Microphone as usize].fact == DeviceFact::Works;
        let silent = works && !muted && silent_ms.max(exact_zeros_ms) >= SILENT_MS;
        self.silent.see(Sign::bad_if(silent), Duration::ZERO, SOUND_FOR, now);
        if silent {
            self.exact_zeros = exact_zeros_ms >= SILENT_MS;
        }
        self.speaking.hear(voice, muted, now);
        let echo = match echo {
            _ if muted => Sign::Good,
            Some(echo) if echo >= ECHO => Sign::Bad,
            Some(echo) if echo < NO_ECHO => Sign::Good,
            Some(_) => Sign::Between,
            None => Sign::Unknown,
        };
        self.echo.see(echo, ECHO_FOR, NO_ECHO_FOR, now);
    }

    fn tell(&mut self, now: Instant) -> Option<Vec<Diagnosis>> {
        self.wrong = self.all_wrong(now);
        if self.wrong == self.told || self.told_at.is_some_and(|told| now < told + APART) {
            return None;
        }
        self.told_at = Some(now);
        self.told.clone_from(&self.wrong);
        Some(self.told.clone())
    }

    /// All that is wrong, the gravest first.
    fn all_wrong(&self, now: Instant) -> Vec<Diagnosis> {
        let gone = |which: AudioDevice| self.devices[which as usize].gone_at().is_some_and(|at| at <= now);
        [
            (gone(AudioDevice::Microphone), Diagnosis::DeviceGone(AudioDevice::Microphone)),
            (gone(AudioDevice::Speaker), Diagnosis::DeviceGone(AudioDevice::Speaker)),
            (gone(AudioDevice::Ringer), Diagnosis::DeviceGone(AudioDevice::Ringer)),
            (self.silent.is_on(), Diagnosis::MicrophoneSilent { exact_zeros: self.exact_zeros }),
            (self.speaking.is_on(), Diagnosis::SpeakingWhileMuted),
            (self.heard.is_on(), Diagnosis::NetworkPoor),
            (self.sent.is_on(), Diagnosis::TheyHearBadly),
            (self.echo.is_on(), Diagnosis::EchoSuspected),
            (self.shared_card, Diagnosis::SharedCard),
        ]
        .into_iter()
        .filter_map(|(is, diagnosis)| is.then_some(diagnosis))
        .collect()
    }
}

impl Device {
    fn on_fact(&mut self, fact: DeviceFact, now: Instant) {
        self.fact = fact;
        match fact {
            DeviceFact::Works => *self = Self { fact, worked: true, fails_since: None },
            DeviceFact::Idle => self.fails_since = None,
            // What never worked can't be plugged in again; its state is said elsewhere.
            DeviceFact::Fails if self.worked => self.fails_since = self.fails_since.or(Some(now)),
            DeviceFact::Fails => {}
        }
    }

    /// When it counts as gone.
    fn gone_at(&self) -> Option<Instant> {
        self.fails_since.map(|since| since + GONE_FOR)
    }
}

impl Way {
    fn sign(&self) -> Sign {
        if *self == Self::default() {
            Sign::Unknown
        } else if self.is_beyond(&BAD) {
            Sign::Bad
        } else if self.is_beyond(&GOOD) {
            Sign::Between
        } else {
            Sign::Good
        }
    }

    fn is_beyond(&self, bounds: &Bounds) -> bool {
        let reaches = |figure: Option<f32>, bound: f32| figure.is_some_and(|figure| figure >= bound);
        reaches(self.lost_percent, bounds.lost_percent)
            || reaches(self.jitter_ms, bounds.jitter_ms)
            || reaches(self.rtt_ms, bounds.rtt_ms)
            || self.mos.is_some_and(|mos| mos < bounds.mos)
    }
}
