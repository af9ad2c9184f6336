//! One call's way out: ticks of the microphone to packets of Opus, with DTMF in between. Sequence numbers are the leg's;
//! what the microphone's sound is made of is decided before.
//!
//! Timestamps say when sound was picked up (RFC 3550 section 5.1): they go on whether it is sent or not. Silence takes the
//! place of what nobody is to hear (mute, hold). Where nothing was sent, be it that the encoder leaves out a pause or that the
//! microphone gave nothing, the next packet that is no pause bears the marker (RFC 3551 section 4.1).

use super::spoken::Spoken;
use crate::base::seed::Seed;
use crate::domain::dtmf::Tone;
use crate::media::dtmf::Sender;
use crate::media::level::{self, Meter};
use crate::media::opus::{Encoder, Encoding, OpusError, PACKET_ROOM};
use crate::media::packet::{FRAME, Kind, Outgoing, TICK};
use crate::media::tick::Tick;

/// A packet of so many bytes or fewer has nothing in it but that there is nothing (RFC 6716 section 2.1.9).
const EMPTY: usize = 2;

/// At least so often a packet is sent, samples: 400 ms.
const LONGEST_SILENCE: usize = 40 * TICK;

/// As much loss is always expected, per cent: where some comes, it comes unannounced. What this costs where nothing is
/// lost is hardly measurable (0.08 of PESQ-WB), and it is what saves the most where something is.
const LEAST_LOSS: u8 = 5;

/// Makes packets of what the microphone picks up.
pub(super) struct Sending {
    encoding: Encoding,
    encoder: Encoder,
    /// What takes its place at the next boundary of 20 ms.
    next: Option<Encoding>,
    loss: u8,
    spoken: Spoken,
    timestamp: u32,
    /// The samples of the next packet, interleaved where they are stereo.
    frame: [f32; 2 * FRAME],
    /// Samples of each channel in it.
    filled: usize,
    /// Samples since the last boundary of 20 ms: the steps of DTMF.
    step: usize,
    dtmf: Sender,
    /// Samples a telephone event still takes the place of.
    covered: usize,
    /// Samples since the last packet.
    since_sent: usize,
    /// Whether the packets before were empty.
    paused: bool,
    sent: u64,
    bytes: u64,
    level: Meter,
}

/// What became of a tick.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// A packet to be sent.
    pub(super) packet: Option<Outgoing>,
    /// A DTMF tone that begins with it.
    pub(super) begins: Option<Tone>,
}

impl Sending {
    pub(super) fn new(encoding: Encoding) -> Result<Self, OpusError> {
        let mut sending = Self {
            encoding,
            encoder: Encoder::new(encoding)?,
            next: None,
            loss: LEAST_LOSS,
            spoken: Spoken::default(),
            // RFC 3550 section 5.1: the first timestamp is random.
            timestamp: Seed::fresh().next_u64() as u32,
            frame: [0.0; 2 * FRAME],
            filled: 0,
            step: 0,
            dtmf: Sender::default(),
            covered: 0,
            since_sent: 0,
            paused: false,
            sent: 0,
            bytes: 0,
            level: Meter::default(),
        };
        sending.tell_loss();
        Ok(sending)
    }

    /// Encodes in another way from the next boundary of 20 ms on; timestamps go on.
    pub(super) fn encode_as(&mut self, encoding: Encoding) {
        self.next = (encoding != self.encoding).then_some(encoding);
    }

    /// So many per cent of the packets are lost on their way. It holds for encoders to come as well.
    pub(super) fn set_expected_loss(&mut self, percent: u8) {
        self.loss = percent.clamp(LEAST_LOSS, 100);
        self.tell_loss();
    }

    fn tell_loss(&mut self) {
        if self.encoding.error_correction
            && let Err(error) = self.encoder.set_expected_loss(self.loss)
        {
            tracing::debug!(%error, "the expected loss stays as it was");
        }
    }

    /// Sends a tone after those that wait.
    pub(super) fn send_dtmf(&mut self, tone: Tone) {
        if !self.dtmf.queue(tone) {
            tracing::warn!("too many DTMF tones wait to be sent; one is left out");
        }
    }

    /// Packets sent so far.
    pub(super) fn packets(&self) -> u64 {
        self.sent
    }

    /// Bytes of sound sent so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The mean level of what was audible so far, dBFS.
    pub(super) fn level(&self) -> Option<f32> {
        self.level.mean()
    }

    /// Takes 10 ms of the microphone, or `None` where nothing of it is to be sent: silence then is.
    pub(super) fn take(&mut self, tick: Option<&Tick>) -> Sent {
        if self.step == 0 && self.filled == 0 {
            self.change_over();
        }
        match tick {
            Some(tick) => {
                self.spoken.hear(tick.power());
                self.fill(tick.left(), tick.right());
            }
            None => self.fill(&[0.0; TICK], &[0.0; TICK]),
        }
        self.filled += TICK;
        if self.filled < self.encoding.frame {
            return Sent::default();
        }
        let event_goes_on = self.covered > 0;
        let sent = self.frame_is_full(tick.is_none());
        self.filled = 0;
        self.step = (self.step + self.encoding.frame) % FRAME;
        self.timestamp = self.timestamp.wrapping_add(self.encoding.frame as u32);
        let says_something = sent.packet.is_some() || event_goes_on;
        self.since_sent = if says_something { 0 } else { self.since_sent.saturating_add(self.encoding.frame) };
        self.sent += u64::from(sent.packet.is_some());
        sent
    }

    /// So many ticks will never come. A packet that was begun is filled up with silence.
    pub(super) fn miss(&mut self, ticks: usize) -> Sent {
        let begun = ticks > 0 && self.filled > 0;
        let sent = if begun { self.take(None) } else { Sent::default() };
        let samples = ticks.saturating_sub(usize::from(begun)).saturating_mul(TICK);
        // Truncation is meant: RTP timestamps wrap at 2^32.
        self.timestamp = self.timestamp.wrapping_add(samples as u32);
        self.since_sent = self.since_sent.saturating_add(samples);
        sent
    }

    fn fill(&mut self, left: &[f32; TICK], right: &[f32; TICK]) {
        if self.encoding.stereo {
            let place = &mut self.frame[2 * self.filled..][..2 * TICK];
            for (pair, (left, right)) in place.chunks_exact_mut(2).zip(left.iter().zip(right)) {
                pair.copy_from_slice(&[*left, *right]);
            }
        } else {
            // Of two channels, both are heard.
            let place = &mut self.frame[self.filled..][..TICK];
            place.iter_mut().zip(left.iter().zip(right)).for_each(|(sample, (l, r))| *sample = (l + r) / 2.0);
        }
    }

    /// Nothing is half done: another encoder takes over, if one is wanted and to be had.
    fn change_over(&mut self) {
        let Some(encoding) = self.next.take() else { return };
        match Encoder::new(encoding) {
            Ok(encoder) => {
                (self.encoder, self.encoding) = (encoder, encoding);
                self.paused = false;
                self.tell_loss();
            }
            Err(error) => tracing::warn!(%error, "sound is encoded as before"),
        }
    }

    fn frame_is_full(&mut self, silent: bool) -> Sent {
        if self.covered > 0 {
            self.covered = self.covered.saturating_sub(self.encoding.frame);
            return Sent::default();
        }
        if self.step == 0
            && let Some(event) = self.dtmf.next(self.timestamp)
        {
            self.covered = FRAME.saturating_sub(self.encoding.frame);
            // Levels drive who is heard: a tone is nobody speaking.
            let packet = Outgoing {
                kind: Kind::TelephoneEvent,
                timestamp: event.timestamp,
                marker: event.marker,
                payload: event.payload.to_vec(),
                level: 127,
                voice: false,
            };
            return Sent { packet: Some(packet), begins: event.begins };
        }
        Sent { packet: self.encode(silent), begins: None }
    }

    fn encode(&mut self, silent: bool) -> Option<Outgoing> {
        let channels = if self.encoding.stereo { 2 } else { 1 };
        let frame = &self.frame[..channels * self.encoding.frame];
        let power = level::power(frame);
        let dbfs = level::from_power(power);
        if dbfs > level::AUDIBLE {
            self.level.add(power);
        }
        let mut room = [0; PACKET_ROOM];
        let payload = match self.encoder.encode(frame, &mut room) {
            Ok(length) => &room[..length],
            Err(error) => {
                tracing::debug!(%error, "a frame is left out");
                return None;
            }
        };
        let (empty, voice) = (payload.len() <= EMPTY, !silent && self.spoken.voice());
        let due = self.since_sent.saturating_add(self.encoding.frame) >= LONGEST_SILENCE;
        // The first empty packet says that a pause begins; those after it say nothing.
        if empty && self.paused && !due {
            return None;
        }
        // What keeps a pause alive, an empty packet or the noise of the room, ends none; nor does silence.
        let goes_on = self.paused && !voice && (due || silent);
        let marker = self.sent == 0 || self.since_sent > 0 && !goes_on;
        self.paused = empty || goes_on;
        self.bytes += payload.len() as u64;
        Some(Outgoing {
            kind: Kind::Opus,
            timestamp: self.timestamp,
            marker,
            payload: payload.to_vec(),
            level: if silent { 127 } else { level::rfc6464(dbfs) },
            voice,
        })
    }
}

#[cfg(test)]
mod tests;
