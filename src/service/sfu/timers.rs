//! Which legs want attention, and when: a heap, so that quiet legs cost nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use super::legs::LegKey;

#[derive(Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, LegKey)>>,
}

/// The earliest entry a leg has in the heap: saves entries that would only be skipped.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Queued(Option<Instant>);

impl Timers {
    /// Asks that `key` gets attention at `at` or earlier.
    pub(super) fn want(&mut self, key: LegKey, at: Instant, queued: &mut Queued) {
        if queued.0.is_none_or(|earlier| at < earlier) {
            queued.0 = Some(at);
            self.heap.push(Reverse((at, key)));
        }
    }

    /// When the next leg wants attention.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// A leg whose time has come; it may be gone, or have nothing to do yet.
    pub(super) fn due(&mut self, now: Instant) -> Option<(LegKey, Instant)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((at, key))| (key, at))
    }
}

impl Queued {
    /// An entry left the heap.
    pub(super) fn popped(&mut self, at: Instant) {
        if self.0 == Some(at) {
            self.0 = None;
        }
    }
}
