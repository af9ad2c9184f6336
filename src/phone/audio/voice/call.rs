//! The sound of one call: what the microphone gives goes out, what arrives is mixed, and its figures.

use std::path::Path;
use std::time::Instant;

use super::super::wav::Recorder;
use super::figures::Figures;
use super::loudness::Loudness;
use super::send::{Sending, Sent};
use super::slot::Slot;
use super::{LegSound, MicrophoneFacts, SoundSummary, VoiceEvent};
use crate::domain::dtmf::Tone;
use crate::domain::id::CallId;
use crate::media::dtmf::SideTone;
use crate::media::level::{self, Meter};
use crate::media::mixer::Mixer;
use crate::media::opus::{Encoding, OpusError};
use crate::media::tick::Tick;
use crate::phone::event::{DeviceFigures, Quality};

/// Receive slots a leg may have; packets of others are ignored.
const SLOTS: usize = 16;

/// Packets taken from the ring at a time, so that a flood of them does not stop the sound.
const MOST_PACKETS: usize = 256;

/// The sound of one call.
pub(super) struct CallSound {
    pub(super) call: CallId,
    /// Whether it is settled that this phone has the sound card for it, or not.
    pub(super) claimed: bool,
    leg: LegSound,
    sending: Sending,
    slots: Vec<Slot>,
    side_tone: Option<SideTone>,
    recorder: Option<Recorder>,
    muted: bool,
    held: bool,
    early: bool,
    heard_something: bool,
    heard_ms: u64,
    level_in: Meter,
    microphone: Meter,
    speaker: Meter,
    others: Loudness,
    figures: Figures,
}

impl CallSound {
    pub(super) fn new(call: CallId, leg: LegSound, encoding: Encoding) -> Result<Self, OpusError> {
        Ok(Self {
            call,
            claimed: false,
            leg,
            sending: Sending::new(encoding)?,
            slots: Vec::new(),
            side_tone: None,
            recorder: None,
            muted: false,
            held: false,
            early: false,
            heard_something: false,
            heard_ms: 0,
            level_in: Meter::default(),
            microphone: Meter::default(),
            speaker: Meter::default(),
            others: Loudness::default(),
            figures: Figures::default(),
        })
    }

    pub(super) fn record(&mut self, path: &Path) -> Result<(), String> {
        self.recorder = Some(Recorder::create(path).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Whether the recording has ended before the call; said once.
    pub(super) fn recording_failed(&mut self) -> bool {
        let failed = self.recorder.as_ref().is_some_and(Recorder::failed);
        if failed {
            self.recorder = None;
        }
        failed
    }

    pub(super) fn replace_leg(&mut self, leg: LegSound) {
        self.leg = leg;
        self.slots.iter_mut().for_each(Slot::restart);
    }

    pub(super) fn is_early(&self) -> bool {
        self.early
    }

    pub(super) fn set_early(&mut self, on: bool) {
        if self.early && !on {
            self.heard_something = false;
        }
        self.early = on;
    }

    pub(super) fn set_muted(&mut self, on: bool) {
        self.muted = on;
    }

    pub(super) fn set_held(&mut self, on: bool) {
        self.held = on;
    }

    pub(super) fn is_held(&self) -> bool {
        self.held
    }

    pub(super) fn set_expected_loss(&mut self, percent: u8) {
        self.sending.set_expected_loss(percent);
    }

    pub(super) fn encode_as(&mut self, encoding: Encoding) {
        self.sending.encode_as(encoding);
    }

    pub(super) fn send_dtmf(&mut self, tone: Tone) {
        self.sending.send_dtmf(tone);
    }

    /// Sorts the packets that arrived into their jitter buffers.
    pub(super) fn receive(&mut self, now: Instant, mut tell: impl FnMut(VoiceEvent)) {
        for _ in 0..MOST_PACKETS {
            let Ok(packet) = self.leg.incoming.pop() else { return };
            let call = self.call;
            let Some(slot) = self.slot(packet.slot) else { continue };
            if let Some(tone) = slot.receive(&packet, now) {
                tell(VoiceEvent::Dtmf { call, slot: packet.slot, mark: packet.mark, tone });
            }
        }
    }

    fn slot(&mut self, number: u8) -> Option<&mut Slot> {
        if let Some(index) = self.slots.iter().position(|slot| slot.number == number) {
            return self.slots.get_mut(index);
        }
        if self.slots.len() == SLOTS {
            return None;
        }
        self.slots.push(Slot::new(number).ok()?);
        self.slots.last_mut()
    }

    /// Takes 10 ms of the microphone, processed; where a packet is complete with it, it leaves.
    pub(super) fn capture(&mut self, tick: &Tick) {
        self.microphone.add(tick.power());
        let sent = (!(self.muted || self.held || self.early)).then_some(tick);
        if let Some(recorder) = &mut self.recorder {
            match sent {
                Some(tick) => recorder.sent(tick),
                None => recorder.sent(&Tick::default()),
            }
        }
        let sent = self.sending.take(sent);
        self.leave(sent);
    }

    /// So many ticks of the microphone never came.
    pub(super) fn miss(&mut self, ticks: usize) {
        let sent = self.sending.miss(ticks);
        self.leave(sent);
    }

    fn leave(&mut self, sent: Sent) {
        if let Some(tone) = sent.begins {
            self.side_tone = Some(SideTone::new(tone));
        }
        if let Some(packet) = sent.packet {
            (self.leg.outgoing)(packet);
        }
    }

    /// Adds 10 ms of what arrived, and the side tone, to the mix; says whether it is the first sound.
    pub(super) fn render(&mut self, mixer: &mut Mixer, now: Instant) -> bool {
        let (mut heard, mut tick) = (Tick::default(), Tick::default());
        for slot in &mut self.slots {
            let whose = slot.pull(&mut tick, now);
            if let Some(mark) = whose
                && !self.held
            {
                self.others.add(mark, tick.power());
            }
            heard.add(&tick, 1.0);
        }
        if self.held {
            heard.clear();
        }
        mixer.add(&heard, 1.0);
        if let Some(side_tone) = &mut self.side_tone {
            if side_tone.fill(tick.mono_mut()) {
                mixer.add(&tick, 1.0);
            } else {
                self.side_tone = None;
            }
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.heard(&heard);
        }
        self.measure(heard.power())
    }

    fn measure(&mut self, power: f32) -> bool {
        self.speaker.add(power);
        if level::from_power(power) <= level::AUDIBLE {
            return false;
        }
        self.heard_ms += 10;
        self.level_in.add(power);
        !std::mem::replace(&mut self.heard_something, true)
    }

    /// The levels since they were last asked for, with what is known of the microphone.
    pub(super) fn levels(&mut self, facts: MicrophoneFacts) -> VoiceEvent {
        VoiceEvent::Levels {
            call: self.call,
            microphone: self.microphone.take(),
            speaker: self.speaker.take(),
            heard: self.others.take(),
            facts: MicrophoneFacts { muted: self.muted, ..facts },
        }
    }

    pub(super) fn quality(&mut self, device: DeviceFigures, now: Instant) -> Quality {
        let sent = (self.sending.packets(), self.sending.bytes());
        self.figures.reckon(&mut self.slots, sent, device, now)
    }

    pub(super) fn summary(&mut self, device: DeviceFigures, now: Instant) -> SoundSummary {
        SoundSummary {
            quality: self.quality(device, now),
            heard_ms: self.heard_ms,
            level_in_dbfs: self.level_in.mean(),
            level_out_dbfs: self.sending.level(),
        }
    }
}
