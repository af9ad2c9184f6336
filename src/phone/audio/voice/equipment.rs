//! The devices a phone uses at a time: microphone, speaker, and perhaps another speaker to ring on. Says which are real
//! ones, and when one came or went; how each is opened and opened again is its port's.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::super::buffering::Opening;
use super::super::cards;
use super::super::device::{SinkChoice, SourceChoice};
use super::super::memory::Memory;
use super::ports::{Kind, Microphone, Port, Speaker};
use crate::media::profile::Profile;
use crate::phone::event::{AudioState, DeviceFigures, DeviceState};

/// Tells real devices from files and tones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cards {
    pub(super) microphone: fn(&SourceChoice) -> bool,
    pub(super) speaker: fn(&SinkChoice) -> bool,
}

impl Cards {
    /// As it is.
    pub(super) const REAL: Self = Self {
        microphone: |choice| matches!(choice, SourceChoice::Default | SourceChoice::Device(_)),
        speaker: |choice| matches!(choice, SinkChoice::Default | SinkChoice::Device(_)),
    };
}

/// What is needed of the devices now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Needs {
    /// Whether there is a call.
    pub(super) call: bool,
    /// Whether a tone is played that belongs to calls.
    pub(super) tone: bool,
    /// Whether it rings.
    pub(super) ringing: bool,
}

/// The devices in use.
pub(super) struct Equipment {
    pub(super) microphone: Port<Microphone>,
    pub(super) speaker: Port<Speaker>,
    /// Where it rings, if not where calls are played.
    pub(super) ringer: Option<Port<Speaker>>,
    cards: Cards,
    /// Where it is kept how large the buffers of each device have to be.
    folder: Option<PathBuf>,
    microphone_is_card: bool,
    speaker_is_card: bool,
    /// What was told last.
    state: Option<AudioState>,
    rings_apart: bool,
}

impl Equipment {
    pub(super) fn new(
        cards: Cards,
        folder: Option<&Path>,
        (microphone, speaker, ringer): (SourceChoice, SinkChoice, Option<&SinkChoice>),
    ) -> Self {
        Self {
            microphone_is_card: (cards.microphone)(&microphone),
            speaker_is_card: (cards.speaker)(&speaker),
            microphone: port(microphone, folder),
            speaker: port(speaker, folder),
            ringer: ringer.map(|choice| port(choice.clone(), folder)),
            cards,
            folder: folder.map(Path::to_owned),
            state: None,
            rings_apart: false,
        }
    }

    pub(super) fn use_microphone(&mut self, choice: SourceChoice) {
        self.microphone_is_card = (self.cards.microphone)(&choice);
        self.microphone.choose(choice);
    }

    pub(super) fn use_speaker(&mut self, choice: SinkChoice) {
        self.speaker_is_card = (self.cards.speaker)(&choice);
        self.speaker.choose(choice);
    }

    pub(super) fn use_ringer(&mut self, choice: Option<&SinkChoice>) {
        self.ringer = choice.map(|choice| port(choice.clone(), self.folder.as_deref()));
    }

    /// Asks of the devices what the profile needs of them.
    pub(super) fn tune(&mut self, profile: Profile, now: Instant) {
        let opening = Opening { tight: profile.is_tight(), stereo: profile.encoding().stereo };
        self.microphone.tune(opening, now);
        self.speaker.tune(opening, now);
    }

    /// Opens what is needed, lets the rest go; returns the state of all, where it changed.
    pub(super) fn need(&mut self, needs: Needs, now: Instant) -> Option<AudioState> {
        let shared = self.ringer_is_speaker();
        if let Some(ringer) = &mut self.ringer {
            ringer.need(needs.ringing && !shared, now);
        }
        // A call that rings nowhere is missed: without its own device, it rings where calls are played; but not on a
        // headset that is nobody's business for the moment its own device takes to open.
        let apart = |ringer: &Port<Speaker>| !shared && !ringer.is_queueing() && may_work(&ringer.state());
        self.rings_apart = self.ringer.as_ref().is_some_and(apart);
        let ring_here = needs.ringing && !self.rings_apart;
        self.microphone.need(needs.call, now);
        self.speaker.need(needs.call || needs.tone || ring_here, now);
        let ringer = if shared && needs.ringing { Some(&self.speaker) } else { self.ringer.as_ref() };
        let state = AudioState {
            microphone: self.microphone.state(),
            speaker: self.speaker.state(),
            ringer: ringer.map(Port::state).unwrap_or_default(),
        };
        let changed = self.state.as_ref() != Some(&state);
        changed.then(|| self.state.insert(state).clone())
    }

    /// Whether the ringer is the speaker, by this name or another: hardware opens only once, so it rings where calls are
    /// played.
    fn ringer_is_speaker(&self) -> bool {
        let speaker = self.speaker.choice();
        self.ringer.as_ref().is_some_and(|ringer| cards::is_same_speaker(ringer.choice(), speaker))
    }

    /// Looks after devices that stopped working, and those that are being opened. Says whether one was opened, or could
    /// not be.
    pub(super) fn supervise(&mut self, now: Instant) -> bool {
        let microphone = self.microphone.supervise(now);
        let speaker = self.speaker.supervise(now);
        let ringer = self.ringer.as_mut().is_some_and(|ringer| ringer.supervise(now));
        microphone || speaker || ringer
    }

    /// Whether a device is being opened, be it needed still or not.
    pub(super) fn awaits(&self) -> bool {
        self.microphone.awaits() || self.speaker.awaits() || self.ringer.as_ref().is_some_and(Port::awaits)
    }

    /// What they had to do without so far.
    pub(super) fn figures(&self) -> DeviceFigures {
        DeviceFigures {
            overruns: self.microphone.figures().overruns,
            underruns: self.speaker.figures().underruns,
            ..DeviceFigures::default()
        }
    }

    /// Whether it rings on a device of its own.
    pub(super) fn rings_apart(&self) -> bool {
        self.rings_apart
    }

    /// Whether sound comes from a real device, as far as is known.
    pub(super) fn microphone_is_real(&self) -> bool {
        self.microphone_is_card && self.state.as_ref().is_none_or(|state| may_work(&state.microphone))
    }

    /// Whether it goes to one.
    pub(super) fn speaker_is_real(&self) -> bool {
        self.speaker_is_card && self.state.as_ref().is_none_or(|state| may_work(&state.speaker))
    }

    /// The sound card the microphone is of, while it is open.
    pub(super) fn card(&self) -> Option<&str> {
        let open = self.state.as_ref()?.microphone.open_name();
        open.filter(|_| self.microphone_is_card)
    }
}

/// An idle device may work once it is needed.
fn may_work(state: &DeviceState) -> bool {
    *state == DeviceState::Idle || state.open_name().is_some()
}

fn port<K: Kind>(choice: K::Choice, folder: Option<&Path>) -> Port<K> {
    Port::new(choice).remembering(Memory::open(folder))
}
