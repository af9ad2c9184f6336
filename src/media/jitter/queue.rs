//! Packets in order of their sequence numbers: what is next, what is missing, what came twice or too late.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::media::packet::{Kind, Received};

/// Packets that may wait: 1.3 s. What is older is left out.
const ROOM: usize = 64;

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

/// What a packet is to the listener.
#[derive(Debug)]
pub(super) enum Content {
    /// An Opus packet.
    Sound(Vec<u8>),
    /// A telephone event: silence.
    Event,
}

#[derive(Debug)]
struct Waiting {
    content: Content,
    marker: bool,
    mark: Option<u16>,
    at: Instant,
}

/// The packets that wait, and the sequence number to be played next.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<u64, Waiting>,
    /// The next to be played; unknown until play begins.
    next: Option<u64>,
    /// The highest number seen, and whether each of the 128 up to it has arrived (lowest bit: the highest itself).
    highest: u64,
    seen: u128,
    stray: Option<u64>,
}

impl Queue {
    pub(super) fn insert(&mut self, packet: &Received, now: Instant) -> Arrival {
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
        if self.next.is_some_and(|next| sequence < next) {
            return Arrival::Late;
        }
        let content = match packet.kind {
            Kind::Opus => Content::Sound(packet.payload.clone()),
            Kind::TelephoneEvent => Content::Event,
        };
        self.waiting.insert(sequence, Waiting { content, marker: packet.marker, mark: packet.mark, at: now });
        if self.waiting.len() > ROOM {
            self.take_first();
        }
        Arrival::New
    }

    /// Notes that `sequence` has arrived; says whether for the first time.
    fn mark(&mut self, sequence: u64) -> bool {
        if self.seen == 0 || sequence > self.highest {
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

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// When the first of those that wait arrived.
    pub(super) fn first_arrival(&self) -> Option<Instant> {
        self.waiting.values().map(|packet| packet.at).min()
    }

    /// Play begins with the first that waits; says how many are missing since it last stopped.
    pub(super) fn begin(&mut self) -> u64 {
        let missing = self.missing().unwrap_or(0);
        self.skip(missing);
        self.next = self.next.or_else(|| self.waiting.keys().next().copied());
        missing
    }

    /// Packets from the next to the last, the missing ones counted.
    pub(super) fn span(&self) -> u64 {
        let (Some((first, _)), Some((last, _))) = (self.waiting.first_key_value(), self.waiting.last_key_value())
        else {
            return 0;
        };
        let missing = self.missing().unwrap_or(0);
        last - first + 1 + if missing > super::LONGEST_BRIDGE { 0 } else { missing }
    }

    /// How many are missing before the first that waits; `None` when none waits.
    pub(super) fn missing(&self) -> Option<u64> {
        let (first, _) = self.waiting.first_key_value()?;
        Some(self.next.map_or(0, |next| first - next))
    }

    /// The mark of the first that waits, and whether it is sound.
    pub(super) fn first_is(&self) -> Option<(Option<u16>, bool)> {
        let (_, first) = self.waiting.first_key_value()?;
        Some((first.mark, matches!(first.content, Content::Sound(_))))
    }

    /// The packet after the one missing, if it carries a copy of it and is of the same talk spurt.
    pub(super) fn copy_of_lost(&self) -> Option<&[u8]> {
        let (_, first) = self.waiting.first_key_value()?;
        match &first.content {
            Content::Sound(payload) if !first.marker && super::carries_copy(payload) => Some(payload),
            Content::Sound(_) | Content::Event => None,
        }
    }

    /// Gives up on the next `count`.
    pub(super) fn skip(&mut self, count: u64) {
        self.next = self.next.map(|next| next + count);
    }

    /// Takes the next packet out of the sequence, if it waits and is sound that goes on as the one before it.
    pub(super) fn take_more_of(&mut self, mark: Option<u16>) -> Option<Vec<u8>> {
        let waiting = self.waiting.get(&self.next?)?;
        if waiting.marker || waiting.mark != mark || !matches!(waiting.content, Content::Sound(_)) {
            return None;
        }
        match self.take() {
            Some((Content::Sound(payload), _)) => Some(payload),
            Some((Content::Event, _)) | None => None,
        }
    }

    /// The next packet and its marker, if it waits.
    pub(super) fn take(&mut self) -> Option<(Content, bool)> {
        let next = self.next?;
        let packet = self.waiting.remove(&next)?;
        self.next = Some(next + 1);
        Some((packet.content, packet.marker))
    }

    /// Leaves out the first that waits; play goes on after it.
    pub(super) fn take_first(&mut self) -> bool {
        let first = self.waiting.pop_first();
        if let (Some((sequence, _)), Some(next)) = (&first, self.next) {
            self.next = Some(next.max(sequence + 1));
        }
        first.is_some()
    }
}

#[cfg(test)]
impl Queue {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}
