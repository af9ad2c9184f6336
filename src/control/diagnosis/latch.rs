//! A condition that has to last before it counts, and to be over for a while before it no longer does; one of which nothing
//! is known any more is forgotten.

use std::time::{Duration, Instant};

/// What a fact says about a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It holds.
    Bad,
    /// It does not hold.
    Good,
    /// It neither holds nor is over: it stays what it was.
    Between,
    /// There is nothing to tell it by.
    Unknown,
}

/// After so long with nothing to tell it by, a condition no longer counts.
pub(super) const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);

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
    /// Since when there is nothing to tell it by.
    unknown: Option<Instant>,
}

impl Latch {
    /// Takes a sign. The condition counts once all signs were bad for `enter`, and no longer once all were good for
    /// `leave`, or there were none for [`FORGOTTEN_AFTER`].
    pub(super) fn see(&mut self, sign: Sign, enter: Duration, leave: Duration, now: Instant) {
        let (opposite, lasts) = if self.on { (Sign::Good, leave) } else { (Sign::Bad, enter) };
        let against = held(&mut self.against, sign == opposite, now);
        let unknown = held(&mut self.unknown, sign == Sign::Unknown, now);
        if against.is_some_and(|time| time >= lasts) {
            *self = Self { on: !self.on, ..Self::default() };
        } else if unknown.is_some_and(|time| time >= FORGOTTEN_AFTER) {
            self.on = false;
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.on
    }
}

/// For how long something has been so, if it is.
fn held(since: &mut Option<Instant>, is: bool, now: Instant) -> Option<Duration> {
    *since = is.then(|| since.unwrap_or(now));
    since.map(|since| now.saturating_duration_since(since))
}
