//! Whether sound should be shortened, because it waits longer than it has to, or lengthened, because it does not wait
//! long enough.

use std::time::Instant;

use super::delay::samples;
use super::stretch::SHORTEST;
use crate::media::packet::TICK;

/// Packets whose wait is watched before anything is done about it, and at least.
const WATCHED: usize = 8;
const FEWEST: usize = 3;

/// Pulls among which the longest pause is looked for.
const PULLS: usize = 32;

/// What a wait may fall short of before sound is lengthened, samples: 1 ms.
const SHORT: i64 = 48;

/// What should happen to the sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nothing.
    Keep,
    /// It waits longer than it has to by this many samples.
    Shorten(usize),
    /// It does not wait long enough, by this many samples.
    Lengthen(usize),
}

/// The waits of the last packets, and the rhythm of the pulls.
#[derive(Debug, Default)]
pub(super) struct Pace {
    waits: [i64; WATCHED],
    watched: usize,
    next: usize,
    last_pull: Option<Instant>,
    pauses: [i64; PULLS],
    pulls: usize,
}

impl Pace {
    /// Notes that sound is pulled now.
    pub(super) fn pulled(&mut self, now: Instant) {
        if let Some(last) = self.last_pull {
            self.pauses[self.pulls % PULLS] = samples(now.saturating_duration_since(last));
            self.pulls = self.pulls.wrapping_add(1);
        }
        self.last_pull = Some(now);
    }

    /// Notes how long a packet waits until it is heard, counted from when it could have come at the earliest.
    pub(super) fn waits(&mut self, wait: i64) {
        self.waits[self.next % WATCHED] = wait;
        self.next = self.next.wrapping_add(1);
        self.watched = (self.watched + 1).min(WATCHED);
    }

    /// All that follows is heard `by` samples later, or earlier.
    pub(super) fn shift(&mut self, by: i64) {
        self.waits.iter_mut().for_each(|wait| *wait += by);
    }

    /// The order of things was disturbed: what was is no measure any more.
    pub(super) fn forget(&mut self) {
        self.watched = 0;
    }

    /// The shortest of the recent waits.
    pub(super) fn shortest(&self) -> Option<i64> {
        let from = self.next.wrapping_sub(self.watched);
        (0..self.watched).map(|at| self.waits[from.wrapping_add(at) % WATCHED]).min()
    }

    /// What should happen for packets to wait `target`, where `left` samples were ready still when the last one was
    /// needed: it is needed before it is heard, by that much.
    pub(super) fn wish(&self, target: i64, left: usize) -> Wish {
        if self.watched < FEWEST {
            return Wish::Keep;
        }
        let Some(shortest) = self.shortest() else { return Wish::Keep };
        let surplus = shortest - left as i64 - target;
        if surplus < -SHORT {
            return Wish::Lengthen(surplus.unsigned_abs() as usize);
        }
        // Packets are needed when sound is pulled, not between: a wait shorter by less than a pull changes nothing
        // but how much is left, and one pull earlier a packet may be there or not.
        let step = self.pauses.iter().copied().max().unwrap_or(0).max(TICK as i64);
        match left + (surplus.max(0) / step * step) as usize {
            most if most < SHORTEST => Wish::Keep,
            most => Wish::Shorten(most),
        }
    }
}
