//! Packets in order of their sequence numbers: what is next, what is missing, what came twice or too late.

use std::time::Instant;

use crate::media::opus;
use crate::media::packet::{Kind, Received};

/// Packets that may wait, by sequence number: 2.5 s of 20 ms. What is older is left out.
const ROOM: u64 = 128;

/// A packet this far from where the stream is belongs to another stream, once a second one confirms it.
const FAR: u64 = 250;

/// No stream gets this far; it leaves room to count on.
const HIGHEST: u64 = u64::MAX / 2;

/// How a packet fits the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It waits now.
    New,
    /// Its time has passed.
    Late,
    /// It had arrived already.
    Duplicate,
    /// It is far from everything else; ignored unless another follows it.
    Stray,
    /// The sender started again: everything so far is void.
    Restart,
}

/// A packet that waits, or a place for one.
#[derive(Debug)]
pub(super) struct Waiting {
    sequence: Option<u64>,
    /// What the payload is.
    pub(super) kind: Kind,
    /// The packet, if it is Opus.
    pub(super) payload: Vec<u8>,
    /// The timestamp, unwrapped.
    pub(super) timestamp: i64,
    /// Whether its sender said that a talk spurt or a source begins.
    pub(super) marker: bool,
    /// Whose it is.
    pub(super) mark: Option<u16>,
    /// When it arrived.
    pub(super) at: Instant,
}

/// The packets that wait, and the sequence number to be played next.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// By sequence number, modulo their number; made with the first packet, and kept for those to come.
    places: Vec<Waiting>,
    waiting: usize,
    /// The lowest number that waits.
    first: Option<u64>,
    /// The next to be played; unknown until play begins.
    next: Option<u64>,
    /// The highest number seen, and whether each of the 128 up to it has arrived (lowest bit: the highest itself).
    highest: u64,
    seen: u128,
    stray: Option<u64>,
}

impl Queue {
    /// Takes a packet that arrived at `now`. `timestamp` is its own, unwrapped.
    pub(super) fn insert(&mut self, packet: &Received, timestamp: i64, now: Instant) -> Arrival {
        let sequence = packet.sequence;
        if sequence > HIGHEST {
            return Arrival::Stray;
        }
        if self.seen != 0 && self.highest.abs_diff(sequence) > FAR {
            let confirmed = self.stray.is_some_and(|stray| sequence == stray.wrapping_add(1));
            self.stray = Some(sequence);
            return if confirmed { Arrival::Restart } else { Arrival::Stray };
        }
        self.stray = None;
        if !self.mark(sequence) {
            return Arrival::Duplicate;
        }
        if self.next.is_some_and(|next| sequence < next) || self.highest - sequence >= ROOM {
            return Arrival::Late;
        }
        while self.first.is_some_and(|first| self.highest - first >= ROOM) {
            self.take_first();
        }
        self.put(packet, timestamp, now);
        Arrival::New
    }

    /// Forgets everything; the memory stays.
    pub(super) fn clear(&mut self) {
        let mut places = std::mem::take(&mut self.places);
        places.iter_mut().for_each(|place| place.sequence = None);
        *self = Self { places, ..Self::default() };
    }

    /// Whether a packet would be the newest so far.
    pub(super) fn is_ahead(&self, sequence: u64) -> bool {
        self.seen == 0 || sequence > self.highest
    }

    /// Whether none waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// The first that waits.
    pub(super) fn first(&self) -> Option<&Waiting> {
        self.places.get(place(self.first?))
    }

    /// Play begins with the first that waits; says how many are missing since it last stopped.
    pub(super) fn begin(&mut self) -> u64 {
        let missing = self.missing().unwrap_or(0);
        self.skip(missing);
        self.next = self.next.or(self.first);
        missing
    }

    /// Packets from the next to the last, the missing ones counted.
    pub(super) fn span(&self) -> u64 {
        let Some(first) = self.first else { return 0 };
        let missing = self.missing().unwrap_or(0);
        self.highest - first + 1 + if missing > super::LONGEST_BRIDGE { 0 } else { missing }
    }

    /// How many are missing before the first that waits; `None` when none waits.
    pub(super) fn missing(&self) -> Option<u64> {
        let first = self.first?;
        Some(self.next.map_or(0, |next| first - next))
    }

    /// The packet after the one missing, if it carries a copy of it and is of the same talk spurt.
    pub(super) fn copy_of_lost(&self) -> Option<&[u8]> {
        let first = self.first()?;
        let carries = first.kind == Kind::Opus && !first.marker && opus::has_copy(&first.payload);
        carries.then_some(&first.payload)
    }

    /// Gives up on the next `count`.
    pub(super) fn skip(&mut self, count: u64) {
        self.next = self.next.map(|next| next + count);
    }

    /// Takes the next packet out of the sequence, if it waits.
    pub(super) fn take(&mut self) -> Option<&Waiting> {
        let next = self.next?;
        if self.first != Some(next) {
            return None;
        }
        self.take_first()
    }

    /// Takes the first that waits; play goes on after it.
    pub(super) fn take_first(&mut self) -> Option<&Waiting> {
        let first = self.first?;
        self.next = self.next.map(|next| next.max(first + 1));
        let place = self.places.get_mut(place(first))?;
        place.sequence = None;
        self.waiting -= 1;
        self.first = if self.waiting == 0 { None } else { self.following(first) };
        self.places.get(self::place(first))
    }

    /// Notes that `sequence` has arrived; says whether for the first time.
    fn mark(&mut self, sequence: u64) -> bool {
        if self.is_ahead(sequence) {
            let ahead = u32::try_from(sequence.wrapping_sub(self.highest)).unwrap_or(u32::MAX);
            self.seen = if self.seen == 0 { 1 } else { self.seen.checked_shl(ahead).unwrap_or(0) | 1 };
            self.highest = sequence;
            return true;
        }
        let bit = 1_u128.checked_shl((self.highest - sequence) as u32).unwrap_or(0);
        // Older than we remember: to the listener it is late, which a double of it would be too.
        let new = self.seen & bit == 0;
        self.seen |= bit;
        new
    }

    fn put(&mut self, packet: &Received, timestamp: i64, now: Instant) {
        if self.places.is_empty() {
            self.places.resize_with(ROOM as usize, || Waiting {
                sequence: None,
                kind: Kind::Opus,
                payload: Vec::new(),
                timestamp,
                marker: false,
                mark: None,
                at: now,
            });
        }
        let place = &mut self.places[place(packet.sequence)];
        place.payload.clear();
        if packet.kind == Kind::Opus {
            place.payload.extend_from_slice(&packet.payload);
        }
        place.sequence = Some(packet.sequence);
        (place.kind, place.timestamp, place.marker) = (packet.kind, timestamp, packet.marker);
        (place.mark, place.at) = (packet.mark, now);
        self.waiting += 1;
        self.first = Some(self.first.map_or(packet.sequence, |first| first.min(packet.sequence)));
    }

    fn following(&self, sequence: u64) -> Option<u64> {
        (sequence + 1..=self.highest).find(|next| self.places[place(*next)].sequence == Some(*next))
    }
}

fn place(sequence: u64) -> usize {
    (sequence % ROOM) as usize
}

#[cfg(test)]
impl Queue {
    pub(super) fn len(&self) -> usize {
        self.waiting
    }
}
