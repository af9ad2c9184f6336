//! The sound of one call: packets of the microphone out, jitter buffers and DTMF in, and its figures.

use std::path::Path;
use std::time::Instant;

use super::super::wav::Recorder;
use super::loudness::Loudness;
use super::slot::Slot;
use super::{LegSound, MicrophoneFacts, SoundSummary, VoiceEvent};
use crate::base::seed::Seed;
use crate::domain::dtmf::Tone;
use crate::domain::id::CallId;
use crate::media::dtmf::{Sender, SideTone};
use crate::media::jitter::JitterStats;
use crate::media::level::{self, Meter, VoiceActivity};
use crate::media::mixer::Mixer;
use crate::media::opus::{Encoder, Encoding, OpusError, PACKET_ROOM};
use crate::media::packet::{FRAME, Kind, Outgoing, TICK};
use crate::media::tick::Tick;
use crate::phone::event::Quality;

/// Receive slots a leg may have; packets of others are ignored.
const SLOTS: usize = 16;

/// Packets taken from the ring at a time, so that a flood of them does not stop the sound.
const MOST_PACKETS: usize = 256;

/// The sound of one call.
pub(super) struct CallSound {
    pub(super) call: CallId,
    leg: LegSound,
    encoder: Encoder,
    activity: VoiceActivity,
    timestamp: u32,
    frame: [f32; FRAME],
    filled: usize,
    sent: u64,
    slots: Vec<Slot>,
    dtmf: Sender,
    side_tone: Option<SideTone>,
    recorder: Option<Recorder>,
    muted: bool,
    held: bool,
    early: bool,
    heard_something: bool,
    heard_ms: u64,
    level_in: Meter,
    level_out: Meter,
    microphone: Meter,
    speaker: Meter,
    others: Loudness,
}

impl CallSound {
    pub(super) fn new(call: CallId, leg: LegSound) -> Result<Self, OpusError> {
        Ok(Self {
            call,
            leg,
            encoder: Encoder::new(Encoding::SPEECH)?,
            activity: VoiceActivity::default(),
            // RFC 3550 section 5.1: the first timestamp is random.
            timestamp: Seed::fresh().next_u64() as u32,
            frame: [0.0; FRAME],
            filled: 0,
            sent: 0,
            slots: Vec::new(),
            dtmf: Sender::default(),
            side_tone: None,
            recorder: None,
            muted: false,
            held: false,
            early: false,
            heard_something: false,
            heard_ms: 0,
            level_in: Meter::default(),
            level_out: Meter::default(),
            microphone: Meter::default(),
            speaker: Meter::default(),
            others: Loudness::default(),
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

    pub(super) fn set_expected_loss(&mut self, percent: u8) {
        if let Err(error) = self.encoder.set_expected_loss(percent) {
            tracing::debug!(%error, "the expected loss stays as it was");
        }
    }

    pub(super) fn send_dtmf(&mut self, tone: Tone) {
        if !self.dtmf.queue(tone) {
            tracing::warn!("too many DTMF tones wait to be sent; one is left out");
        }
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

    /// Takes 10 ms of the microphone; every second time, a packet leaves.
    pub(super) fn capture(&mut self, tick: &Tick) {
        let power = tick.power();
        // A broken driver may hand over what is no number; it must not reach the codec.
        let broken = !power.is_finite();
        self.microphone.add(if broken { 0.0 } else { power });
        let silent = broken || self.muted || self.held || self.early;
        let place = &mut self.frame[self.filled..self.filled + TICK];
        if silent {
            place.fill(0.0);
        } else {
            place.copy_from_slice(tick.left());
        }
        if let Some(recorder) = &mut self.recorder {
            if silent { recorder.sent(&Tick::default()) } else { recorder.sent(tick) }
        }
        self.filled += TICK;
        if self.filled == FRAME {
            self.filled = 0;
            self.send(silent);
        }
    }

    fn send(&mut self, silent: bool) {
        let packet = match self.dtmf.next(self.timestamp) {
            Some(event) => {
                if let Some(tone) = event.begins {
                    self.side_tone = Some(SideTone::new(tone));
                }
                // Levels drive who is heard: a tone is nobody speaking.
                Some(Outgoing {
                    kind: Kind::TelephoneEvent,
                    timestamp: event.timestamp,
                    marker: event.marker,
                    payload: event.payload.to_vec(),
                    level: 127,
                    voice: false,
                })
            }
            None => self.encode(silent),
        };
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        if let Some(packet) = packet {
            self.sent += 1;
            (self.leg.outgoing)(packet);
        }
    }

    fn encode(&mut self, silent: bool) -> Option<Outgoing> {
        let power = level::power(&self.frame);
        let dbfs = level::from_power(power);
        let voice = !silent && self.activity.hear(dbfs);
        if dbfs > level::AUDIBLE {
            self.level_out.add(power);
        }
        let mut room = [0; PACKET_ROOM];
        match self.encoder.encode(&self.frame, &mut room) {
            Ok(length) => Some(Outgoing {
                kind: Kind::Opus,
                timestamp: self.timestamp,
                marker: self.sent == 0,
                payload: room[..length].to_vec(),
                level: if silent { 127 } else { level::rfc6464(dbfs) },
                voice,
            }),
            Err(error) => {
                tracing::debug!(%error, "a frame is left out");
                None
            }
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

    /// The levels since they were last asked for.
    pub(super) fn levels(&mut self) -> VoiceEvent {
        VoiceEvent::Levels {
            call: self.call,
            microphone: self.microphone.take(),
            speaker: self.speaker.take(),
            heard: self.others.take(),
            facts: MicrophoneFacts { muted: self.muted, ..MicrophoneFacts::default() },
        }
    }

    pub(super) fn quality(&self) -> Quality {
        let stats = self.slots.iter().map(Slot::stats);
        let sum = stats.fold(JitterStats::default(), |sum, one| JitterStats {
            received: sum.received + one.received,
            lost: sum.lost + one.lost,
            concealed_ms: sum.concealed_ms + one.concealed_ms,
            jitter_ms: sum.jitter_ms.max(one.jitter_ms),
            buffer_ms: sum.buffer_ms.max(one.buffer_ms),
            ..sum
        });
        Quality {
            rtt_ms: None,
            jitter_ms: sum.jitter_ms,
            sent_packets: self.sent,
            received_packets: sum.received,
            lost_packets: sum.lost,
            concealed_ms: sum.concealed_ms,
            buffer_ms: sum.buffer_ms,
            ..Quality::default()
        }
    }

    pub(super) fn summary(&self) -> SoundSummary {
        SoundSummary {
            quality: self.quality(),
            heard_ms: self.heard_ms,
            level_in_dbfs: self.level_in.mean(),
            level_out_dbfs: self.level_out.mean(),
        }
    }
}
