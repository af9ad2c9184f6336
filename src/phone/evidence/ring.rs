//! A ring of entries that forgets the oldest: bounded in number and in bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use super::entry::Entry;

/// How much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries at the most.
    pub entries: usize,
    /// Bytes of memory at the most, with what the allocator takes for itself.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 100_000, bytes: 12 << 20 }
    }
}

/// What an entry costs beside its text: itself, the counts of its `Arc`, its place in the ring (which may be half empty),
/// and what the allocator adds to each of its parts.
const OVERHEAD: usize = size_of::<Entry>() + 16 + 16 + 3 * 16;

/// The ring.
#[derive(Debug, Default)]
pub(super) struct Ring {
    limits: Limits,
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
}

impl Ring {
    /// A ring that is empty.
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes an entry in; the oldest go where there are too many.
    pub(super) fn push(&mut self, entry: Arc<Entry>) {
        self.bytes += cost(&entry);
        self.entries.push_back(entry);
        while self.entries.len() > self.limits.entries || self.bytes > self.limits.bytes {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.bytes -= cost(&oldest);
        }
    }

    /// What there is, the oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        self.entries.iter()
    }

    /// What came after the entry numbered `seq`.
    pub(super) fn after(&self, seq: u64) -> impl Iterator<Item = &Arc<Entry>> {
        let start = self.entries.partition_point(|entry| entry.seq <= seq);
        self.entries.range(start..)
    }

    /// The number of the oldest entry there is.
    pub(super) fn first(&self) -> Option<u64> {
        self.entries.front().map(|entry| entry.seq)
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

fn cost(entry: &Entry) -> usize {
    OVERHEAD + entry.heap()
}
