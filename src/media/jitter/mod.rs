//! The jitter buffer of one receive slot: packets in as they arrive, 10 ms of sound out whenever asked.
//!
//! Pure and in virtual time: both ends bring the time. It owns the decoder, because what to do about a missing packet
//! (wait, restore it from the next, make it up) and when to decode are one decision. It follows sequence numbers;
//! timestamps serve to measure how unevenly packets travel. Telephone events take their place in the sequence as
//! silence; reading them is [`super::dtmf`]'s.
//!
//! A slot may carry one speaker after another, told apart by the mark of their packets. Where the mark changes, nothing
//! is restored or made up from one for the other: the sound of the first ends softly, the decoder forgets it, and play
//! begins anew with the second. A tick of sound never holds two of them.

mod delay;
mod queue;
mod switch;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use super::level;
use super::opus::{self, Decoder, LONGEST, OpusError};
use super::packet::{FRAME, Kind, Received, SAMPLE_RATE, TICK};
use super::tick::Tick;
use delay::{Arrivals, Surplus};
use queue::{Arrival, Content, Queue};
use switch::Follows;

/// What a tick of sound was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    /// What was sent.
    Speech,
    /// A lost packet, restored from the copy the next one carries.
    Repaired,
    /// Made up for what is lost or late.
    Concealed,
    /// Nothing: nobody sends, or it is not time yet, or a telephone event.
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
    /// Sound left out because too much waited, ms.
    pub skipped_ms: u64,
    /// Interarrival jitter (RFC 3550 section 6.4.1), ms.
    pub jitter_ms: f32,
    /// Sound waiting now, ms.
    pub buffer_ms: f32,
}

/// Concealed samples after which concealment begins to fade, and after which it is silent: 60 and 120 ms.
const FADE_FROM: usize = 2880;
const FADE_TO: usize = 5760;

/// Lost packets in a row that are bridged; after a longer gap the stream simply goes on.
const LONGEST_BRIDGE: u64 = 10;

/// A frame below this level may be left out unnoticed, dBFS.
const QUIET: f32 = -45.0;

/// When play begins, what waits longer than it has to, and this, is left out at once, samples: 60 ms. It gathered while
/// nobody asked, as when a sound device takes its time to open.
const LONGEST_BACKLOG: usize = 3 * FRAME;

/// The jitter buffer of one slot.
pub struct JitterBuffer {
    decoder: Decoder,
    queue: Queue,
    arrivals: Arrivals,
    surplus: Surplus,
    playing: bool,
    /// Whom the decoder has heard last; unknown before the first packet.
    source: Option<Option<u16>>,
    /// Decoded samples not played yet, all of one source.
    ready: Vec<f32>,
    ready_is: Pulled,
    /// Whose the samples of the last tick were.
    ready_of: Option<u16>,
    /// Samples of the frame before: how long a missing one is taken to be.
    frame: usize,
    /// Samples made up in a row.
    bridged: usize,
    /// Samples made up while the next packet was awaited: taken off it, should it turn out to be lost.
    owed: usize,
    scratch: Box<[f32; LONGEST]>,
    stats: JitterStats,
    concealed: u64,
    skipped: u64,
}

impl JitterBuffer {
    /// An empty buffer.
    ///
    /// # Errors
    /// [`OpusError::SetUp`] when there is no decoder to be had.
    pub fn new() -> Result<Self, OpusError> {
        Ok(Self {
            decoder: Decoder::new()?,
            queue: Queue::default(),
            arrivals: Arrivals::default(),
            surplus: Surplus::default(),
            playing: false,
            source: None,
            ready: Vec::with_capacity(2 * LONGEST),
            ready_is: Pulled::Silence,
            ready_of: None,
            frame: FRAME,
            bridged: 0,
            owed: 0,
            scratch: Box::new([0.0; LONGEST]),
            stats: JitterStats::default(),
            concealed: 0,
            skipped: 0,
        })
    }

    /// Takes a packet of this slot that arrived at `now`. Telephone events belong here too: they fill their place in
    /// the sequence.
    pub fn insert(&mut self, packet: &Received, now: Instant) {
        match self.queue.insert(packet, now) {
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
                self.queue.insert(packet, now);
                self.stats.received += 1;
            }
        }
        if packet.kind == Kind::Opus {
            self.arrivals.observe(packet.timestamp, now);
        }
    }

    /// Overwrites `out` with the 10 ms to be played at `now`.
    pub fn pull(&mut self, out: &mut Tick, now: Instant) -> Pulled {
        if !self.playing && !self.begins(now) {
            out.clear();
            return Pulled::Silence;
        }
        self.surplus.observe(self.waiting(), now);
        while self.ready.len() < TICK {
            self.step(now);
        }
        out.mono_mut().copy_from_slice(&self.ready[..TICK]);
        self.ready.drain(..TICK);
        let pulled = self.ready_is;
        if self.bridged >= FADE_TO && self.queue.is_empty() {
            self.pause();
        }
        pulled
    }

    /// The mark of whom the tick pulled last is of; of no meaning after [`Pulled::Silence`].
    pub fn source(&self) -> Option<u16> {
        self.ready_of
    }

    /// Drops everything that waits and expects a new stream; figures go on.
    pub fn restart(&mut self) {
        self.queue = Queue::default();
        self.arrivals = Arrivals::default();
        self.decoder.reset();
        self.source = None;
        self.pause();
    }

    /// The figures so far.
    pub fn stats(&self) -> JitterStats {
        JitterStats {
            concealed_ms: self.concealed / 48,
            skipped_ms: self.skipped / 48,
            jitter_ms: self.arrivals.jitter_ms(),
            buffer_ms: self.waiting() as f32 / 48.0,
            ..self.stats
        }
    }

    /// Samples decoded or waiting to be.
    fn waiting(&self) -> usize {
        self.ready.len() + self.queue.span() as usize * self.frame
    }

    /// Whether what waits has waited as long as it has to.
    fn has_waited(&self, now: Instant) -> bool {
        let first = self.queue.first_arrival();
        first.is_some_and(|first| now.saturating_duration_since(first) >= self.arrivals.start_delay())
    }

    /// Whether the time has come to play what waits.
    fn begins(&mut self, now: Instant) -> bool {
        if !self.has_waited(now) {
            return false;
        }
        let most = samples(self.arrivals.start_delay()) + LONGEST_BACKLOG;
        while self.waiting() > most {
            self.leave_one_out();
        }
        self.stats.lost += self.queue.begin();
        self.playing = true;
        self.surplus.clear(now);
        true
    }

    fn pause(&mut self) {
        self.playing = false;
        self.ready.clear();
        self.ready_is = Pulled::Silence;
        self.bridged = FADE_TO;
        self.owed = 0;
    }

    /// Makes at least one more sample ready, or goes on in the sequence.
    fn step(&mut self, now: Instant) {
        match (self.queue.missing(), self.follows()) {
            (None, _) | (_, Follows::Nothing) => self.bridge(TICK, true),
            (Some(missing), Follows::Another(mark)) => self.switch(mark, missing, now),
            (Some(missing), Follows::TonesOfAnother) => self.pass_over(missing),
            (Some(0), Follows::More) => self.play_next(),
            (Some(missing), Follows::More) if missing > LONGEST_BRIDGE => self.jump(missing),
            (Some(missing), Follows::More) => self.replace_lost(missing),
        }
    }

    fn jump(&mut self, missing: u64) {
        self.stats.lost += missing;
        self.queue.skip(missing);
        self.decoder.reset();
        self.bridged = FADE_TO;
        self.owed = 0;
    }

    /// The next packet is lost, for a later one is here.
    fn replace_lost(&mut self, missing: u64) {
        self.stats.lost += 1;
        let covered = self.owed.min(self.frame);
        self.owed -= covered;
        let copy = if missing == 1 { self.queue.copy_of_lost() } else { None };
        if let Some(next) = copy
            && self.decoder.decode_fec(next, &mut self.scratch[..self.frame]).is_ok()
        {
            self.stats.repaired += 1;
            self.hand_over(covered, self.frame, Pulled::Repaired);
        } else if covered < self.frame {
            self.bridge(self.frame - covered, false);
        }
        self.queue.skip(1);
    }

    fn play_next(&mut self) {
        let mark = self.queue.first_is().and_then(|(mark, _)| mark);
        let Some((content, marker)) = self.queue.take() else { return };
        self.owed = 0;
        let payload = match content {
            Content::Event => {
                self.scratch[..self.frame].fill(0.0);
                return self.hand_over(0, self.frame, Pulled::Silence);
            }
            Content::Sound(payload) => payload,
        };
        self.source = Some(mark);
        if marker {
            self.decoder.reset();
        }
        match self.decoder.decode(&payload, &mut self.scratch[..]) {
            Ok(samples) => {
                self.frame = samples;
                self.hand_over(0, samples, Pulled::Speech);
                self.shrink();
            }
            Err(_) => {
                self.stats.malformed += 1;
                self.bridge(self.frame, false);
            }
        }
    }

    /// Makes the decoded samples `from..to` ready, softly after silence.
    fn hand_over(&mut self, from: usize, to: usize, what: Pulled) {
        if self.bridged >= FADE_TO {
            let ramp = (to - from).min(TICK / 2);
            for (at, sample) in self.scratch[from..from + ramp].iter_mut().enumerate() {
                *sample *= at as f32 / ramp as f32;
            }
        }
        self.bridged = if what == Pulled::Silence { FADE_TO } else { 0 };
        self.begin_of();
        self.ready.extend_from_slice(&self.scratch[from..to]);
        self.ready_is = what;
    }

    /// Makes up `samples`, fading to silence. `awaited`: the packet may still come.
    fn bridge(&mut self, samples: usize, awaited: bool) {
        let samples = samples.clamp(TICK / 4, LONGEST);
        let begin = self.ready.len();
        self.begin_of();
        if self.bridged < FADE_TO && self.decoder.conceal(&mut self.scratch[..samples]).is_ok() {
            let bridged = self.bridged;
            let faded = self.scratch[..samples].iter().enumerate().map(|(at, s)| s * fade(bridged + at));
            self.ready.extend(faded);
            self.concealed += samples as u64;
            self.ready_is = Pulled::Concealed;
        } else {
            self.ready.resize(begin + samples, 0.0);
            self.ready_is = Pulled::Silence;
        }
        self.bridged = (self.bridged + samples).min(FADE_TO);
        if awaited {
            self.owed += samples;
        }
    }

    /// Samples become ready: notes whose the tick is that begins with them.
    fn begin_of(&mut self) {
        if self.ready.is_empty() {
            self.ready_of = self.source.flatten();
        }
    }

    /// Too much waits: leaves out a frame that just became ready. A quiet one at once; any, once it has lasted.
    fn shrink(&mut self) {
        let frame = self.frame;
        if self.ready.len() < frame {
            return;
        }
        let quiet = level::dbfs(&self.ready[self.ready.len() - frame..]) < QUIET;
        if !self.surplus.may_leave_out(quiet) || self.queue.missing() != Some(0) {
            return;
        }
        let Some(payload) = self.queue.take_more_of(self.source.flatten()) else { return };
        let Ok(samples) = self.decoder.decode(&payload, &mut self.scratch[..]) else { return };
        let start = self.ready.len() - frame;
        let overlap = frame.min(samples);
        for (at, (ready, next)) in self.ready[start..].iter_mut().zip(&self.scratch[..overlap]).enumerate() {
            let share = (at + 1) as f32 / overlap as f32;
            *ready = *ready * (1.0 - share) + next * share;
        }
        self.skipped += frame as u64;
    }

    fn leave_one_out(&mut self) {
        if self.queue.take_first() {
            self.skipped += self.frame as u64;
        }
    }
}

fn samples(time: Duration) -> usize {
    (time.as_secs_f64() * f64::from(SAMPLE_RATE)) as usize
}

fn fade(at: usize) -> f32 {
    1.0 - (at.saturating_sub(FADE_FROM) as f32 / (FADE_TO - FADE_FROM) as f32).min(1.0)
}

/// Whether a packet carries a copy of the one before; the queue asks.
fn carries_copy(payload: &[u8]) -> bool {
    opus::has_copy(payload)
}
