//! A condition that has to last before it counts, and to be over for a while before it no longer does.

use std::time::{Duration, Instant};

/// What a fact says about a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It holds.
    Bad,
    /// It does not hold.
    Good,
    /// It can't be told.
    Unclear,
}

impl Sign {
    pub(super) fn bad_if(bad: bool) -> Self {
        if bad { Self::Bad } else { Self::Good }
    }
}

/// A condition; at first it does not hold.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Latch {
    on: bool,
    /// Since when the signs are against it.
    against: Option<Instant>,
}

impl Latch {
    /// Takes a sign. The condition counts once all signs were bad for `enter`, and no longer once all were good for
    /// `leave`.
    pub(super) fn see(&mut self, sign: Sign, enter: Duration, leave: Duration, now: Instant) {
        let (opposite, lasts) = if self.on { (Sign::Good, leave) } else { (Sign::Bad, enter) };
        if sign != opposite {
            self.against = None;
            return;
        }
        let since = *self.against.get_or_insert(now);
        if now.saturating_duration_since(since) >= lasts {
            *self = Self { on: !self.on, against: None };
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.on
    }
}
