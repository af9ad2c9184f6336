//! Legs that are to be closed although their shard has more to do than may wait: none of them is forgotten.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::domain::id::LegId;

/// What had no room among the commands of a shard. Looking whether there is something takes no lock.
#[derive(Debug, Default)]
pub(super) struct Closing {
    any: AtomicBool,
    legs: Mutex<HashSet<LegId>>,
}

impl Closing {
    /// Has a leg closed once all was done that was asked before.
    pub(super) fn add(&self, leg: LegId) {
        let mut legs = self.legs.lock().unwrap_or_else(PoisonError::into_inner);
        legs.insert(leg);
        self.any.store(true, Ordering::Release);
    }

    /// Those that wait; `None` nearly always.
    pub(super) fn take(&self) -> Option<HashSet<LegId>> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut legs = self.legs.lock().unwrap_or_else(PoisonError::into_inner);
        self.any.store(false, Ordering::Release);
        Some(std::mem::take(&mut *legs))
    }
}
