//! The jitter buffer of one receive slot: packets in as they arrive, 10 ms of sound out whenever asked.
//!
//! Pure and in virtual time: both ends bring the time. It owns the decoder, because what to do about a missing packet
//! (wait, restore it from the next, make it up) and when to decode are one decision. It follows sequence numbers;
//! timestamps say how unevenly packets travel, and where a sender paused. Telephone events take their place in the
//! sequence as silence; reading them is [`super::dtmf`]'s.
//!
//! How long sound waits follows what the network does (`target`), by changing its length unnoticeably (`stretch`).
//!
//! What is missing is restored from the copy the next packet carries, or made up by the decoder. Opus' deep redundancy
//! (DRED) is not used: it would take the place of these copies, and what it adds, sound from further back, comes too late
//! for a wait of a frame or two; the binding also restores only what directly precedes a packet.
//!
//! A slot may carry one speaker after another, told apart by the mark of their packets. Where the mark changes, nothing
//! is restored or made up from one for the other: the sound of the first ends softly, the decoder forgets it, and play
//! begins anew with the second. A tick of sound never holds two of them.

mod codec;
mod delay;
mod noise;
mod pace;
mod play;
mod queue;
mod sound;
mod stretch;
mod switch;
mod target;
#[cfg(test)]
mod tests;

use std::time::Instant;

use super::opus::{LONGEST, OpusError};
use super::packet::{FRAME, Kind, Received, TICK};
use super::tick::Tick;
use codec::Codec;
use delay::Arrivals;
use noise::Background;
use pace::Pace;
use queue::{Arrival, Queue};
use sound::Sound;
use target::Target;

/// What a tick of sound was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    /// What was sent.
    Speech,
    /// A lost packet, restored from the copy the next one carries.
    Repaired,
    /// Made up for what is lost or late.
    Concealed,
    /// Nobody sends, or it is not time yet, or a telephone event: silence, or the noise of a speaker's background.
    Silence,
}

/// Figures of a jitter buffer since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct JitterStats {
    /// Packets that arrived, doubles left out.
    pub received: u64,
    /// Packets that never arrived.
    pub lost: u64,
    /// Packets that arrived too late to be played.
    pub late: u64,
    /// Packets that arrived again.
    pub duplicates: u64,
    /// Packets that were no Opus.
    pub malformed: u64,
    /// Lost packets restored from the next one.
    pub repaired: u64,
    /// Sound made up, ms.
    pub concealed_ms: u64,
    /// Whole packets left out because too much waited, ms.
    pub skipped_ms: u64,
    /// Taken out of the sound by shortening it unnoticeably, ms.
    pub shortened_ms: u64,
    /// Put into the sound by lengthening it unnoticeably, ms.
    pub lengthened_ms: u64,
    /// Interarrival jitter (RFC 3550 section 6.4.1), ms.
    pub jitter_ms: f32,
    /// Sound waiting now, ms.
    pub buffer_ms: f32,
    /// How long packets should wait at present, counted from when they could have come at the earliest, ms.
    pub target_ms: f32,
}

/// Lost packets in a row that are bridged; after a longer gap the stream simply goes on.
const LONGEST_BRIDGE: u64 = 10;

/// When play begins, what waits longer than it has to, and this, is left out at once, samples: 20 ms. It gathered while
/// nobody asked, as when a sound device takes its time to open.
const LONGEST_BACKLOG: i64 = FRAME as i64;

/// Packets wait no longer than this for copies of lost ones, samples: 50 ms.
const LONGEST_FOR_COPIES: i64 = 2400;

/// The jitter buffer of one slot.
pub struct JitterBuffer {
    codec: Codec,
    queue: Queue,
    arrivals: Arrivals,
    /// Whose packets the arrivals are.
    measured: Option<Option<u16>>,
    target: Target,
    pace: Pace,
    sound: Sound,
    background: Background,
    playing: bool,
    /// Whom the decoder has heard last; unknown before the first packet.
    source: Option<Option<u16>>,
    /// What the samples that are ready are, up to the last of them that is not silence; how many these are.
    ready_is: Pulled,
    sounding: usize,
    /// Whose the samples of the last tick were.
    ready_of: Option<u16>,
    /// Samples of the packet before: how long a missing one is taken to be.
    frame: usize,
    /// The timestamp at which what is ready ends, unwrapped.
    end: Option<i64>,
    /// How strong the decoder's sound is at the end of what is ready: 0 when something else is heard.
    strength: f32,
    /// Samples made up in a row, background included.
    made_up: usize,
    /// Samples made up while the next packet was awaited: taken off it, should it turn out to be lost.
    owed: usize,
    /// Samples since the last packet.
    idle: usize,
    /// Whether what is heard is background: a pause of the sender's is no loss then.
    resting: bool,
    /// The share of packets lost of late, and whether waiting for copies of them is worth it.
    losses: f32,
    copies_pay: bool,
    since_stretch: usize,
    /// Samples for which a wish to change the length has not come true.
    wished: usize,
    played: Option<i64>,
    stats: JitterStats,
    concealed: u64,
    skipped: u64,
    shortened: u64,
    lengthened: u64,
}

impl JitterBuffer {
    /// An empty buffer.
    ///
    /// # Errors
    /// [`OpusError::SetUp`] when there is no decoder to be had.
    pub fn new() -> Result<Self, OpusError> {
        Ok(Self {
            codec: Codec::new()?,
            queue: Queue::default(),
            arrivals: Arrivals::default(),
            measured: None,
            target: Target::default(),
            pace: Pace::default(),
            sound: Sound::new(2 * LONGEST),
            background: Background::default(),
            playing: false,
            source: None,
            ready_is: Pulled::Silence,
            sounding: 0,
            ready_of: None,
            frame: FRAME,
            end: None,
            strength: 0.0,
            made_up: 0,
            owed: 0,
            idle: 0,
            resting: false,
            losses: 0.0,
            copies_pay: false,
            since_stretch: 0,
            wished: 0,
            played: None,
            stats: JitterStats::default(),
            concealed: 0,
            skipped: 0,
            shortened: 0,
            lengthened: 0,
        })
    }

    /// Takes a packet of this slot that arrived at `now`. Telephone events belong here too: they fill their place in
    /// the sequence.
    pub fn insert(&mut self, packet: &Received, now: Instant) {
        self.arrivals.begin(now);
        let ahead = self.queue.is_ahead(packet.sequence);
        match self.queue.insert(packet, self.arrivals.unwrapped(packet.timestamp), now) {
            Arrival::New => self.stats.received += 1,
            Arrival::Late => {
                self.stats.received += 1;
                self.stats.late += 1;
                self.stats.lost = self.stats.lost.saturating_sub(1);
            }
            Arrival::Duplicate => {
                self.stats.duplicates += 1;
                return;
            }
            Arrival::Stray => return,
            Arrival::Restart => {
                self.restart();
                self.arrivals.begin(now);
                self.queue.insert(packet, self.arrivals.unwrapped(packet.timestamp), now);
                self.stats.received += 1;
            }
        }
        if packet.kind == Kind::Opus {
            self.measure(packet, ahead, now);
        }
    }

    /// Overwrites `out` with the 10 ms to be played at `now`.
    pub fn pull(&mut self, out: &mut Tick, now: Instant) -> Pulled {
        self.pace.pulled(now);
        if !self.playing && !self.begins(now) {
            out.clear();
            return Pulled::Silence;
        }
        while self.sound.ready() < TICK {
            self.step(now);
        }
        self.played = self.end.map(|end| end - self.sound.ready() as i64);
        self.sound.take(out);
        let pulled = if self.sounding == 0 { Pulled::Silence } else { self.ready_is };
        self.sounding = self.sounding.saturating_sub(TICK);
        if pulled == Pulled::Speech {
            self.background.hear(out.left(), out.power());
        }
        if self.idle >= play::NOBODY && self.queue.is_empty() {
            self.pause();
        }
        pulled
    }

    /// The mark of whom the tick pulled last is of; of no meaning after [`Pulled::Silence`].
    pub fn source(&self) -> Option<u16> {
        self.ready_of
    }

    /// The RTP timestamp of the beginning of the tick pulled last, while packets are played.
    pub fn timestamp(&self) -> Option<u32> {
        self.played.map(|played| played as u32)
    }

    /// Drops everything that waits and expects a new stream; figures go on.
    pub fn restart(&mut self) {
        self.queue.clear();
        self.arrivals = Arrivals::default();
        self.measured = None;
        self.target = Target::default();
        self.background.forget();
        self.codec.reset();
        self.source = None;
        self.pause();
    }

    /// The figures so far.
    pub fn stats(&self) -> JitterStats {
        JitterStats {
            concealed_ms: self.concealed / 48,
            skipped_ms: self.skipped / 48,
            shortened_ms: self.shortened / 48,
            lengthened_ms: self.lengthened / 48,
            jitter_ms: self.arrivals.jitter_ms(),
            buffer_ms: (self.sound.ready() + self.queue.span() as usize * self.frame) as f32 / 48.0,
            target_ms: self.wanted() as f32 / 48.0,
            ..self.stats
        }
    }

    /// Learns from when a packet came.
    fn measure(&mut self, packet: &Received, ahead: bool, now: Instant) {
        if self.measured != Some(packet.mark) {
            if !ahead {
                return;
            }
            // Another source took another way to us.
            self.measured = Some(packet.mark);
            self.arrivals.forget();
        }
        let delay = self.arrivals.observe(packet.timestamp, now);
        self.target.observe(delay);
    }

    /// How long packets should wait. Where some are lost and the next one carries a copy, there should be time for that
    /// one to come, too, unless this takes long.
    fn wanted(&self) -> i64 {
        let known = self.target.samples();
        if self.copies_pay { known.max((known + self.frame as i64).min(LONGEST_FOR_COPIES)) } else { known }
    }

    /// Learns from a packet being there when it is needed, or not.
    fn count_loss(&mut self, lost: bool) {
        self.losses += (f32::from(u8::from(lost)) - self.losses) / 100.0;
        self.copies_pay = self.losses > if self.copies_pay { 0.01 } else { 0.03 };
    }

    /// Whether the first that waits has waited as long as it has to.
    fn has_waited(&self, now: Instant) -> bool {
        let Some(first) = self.queue.first() else { return false };
        let waited = delay::samples(now.saturating_duration_since(first.at));
        let delay = self.arrivals.delay(first.timestamp, now).unwrap_or(waited);
        delay.max(waited) >= self.wanted()
    }

    /// Whether the time has come to play what waits.
    fn begins(&mut self, now: Instant) -> bool {
        if !self.has_waited(now) {
            return false;
        }
        let most = self.wanted() + LONGEST_BACKLOG;
        while self.queue.first().is_some_and(|first| {
            let delay = self.arrivals.delay(first.timestamp, now);
            delay.is_some_and(|delay| delay > most) && self.queue.span() > 1
        }) {
            self.leave_one_out();
        }
        self.stats.lost += self.queue.begin();
        self.playing = true;
        self.idle = 0;
        true
    }

    fn pause(&mut self) {
        self.playing = false;
        self.sound.clear();
        self.pace.forget();
        self.sounding = 0;
        self.end = None;
        self.played = None;
        self.strength = 0.0;
        (self.made_up, self.owed, self.resting) = (0, 0, false);
    }

    fn leave_one_out(&mut self) {
        if self.queue.take_first().is_some() {
            self.skipped += self.frame as u64;
        }
    }
}
