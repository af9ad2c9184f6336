//! Which legs and rooms want attention, and when: a heap, so that quiet ones cost nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

pub(super) struct Timers<K> {
    heap: BinaryHeap<Reverse<(Instant, K)>>,
}

/// The earliest entry a leg or room has in the heap: saves entries that would only be skipped.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Queued(Option<Instant>);

impl<K: Ord> Default for Timers<K> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new() }
    }
}

impl<K: Ord> Timers<K> {
    /// Asks that `key` gets attention at `at` or earlier.
    pub(super) fn want(&mut self, key: K, at: Instant, queued: &mut Queued) {
        if queued.0.is_none_or(|earlier| at < earlier) {
            queued.0 = Some(at);
            self.heap.push(Reverse((at, key)));
        }
    }

    /// When the next one wants attention.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// One whose time has come; it may be gone, or have nothing to do yet.
    pub(super) fn due(&mut self, now: Instant) -> Option<(K, Instant)> {
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
