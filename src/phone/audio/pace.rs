//! Ticks by the clock, for sources and sinks that have no clock of their own: exactly 480 samples per 10 ms since the
//! start, however late anybody looks.

use std::time::{Duration, Instant};

use crate::media::packet::{SAMPLE_RATE, TICK};

/// After being away longer than this (a suspended machine), the ticks in between are left out.
const LONGEST_CATCH_UP: Duration = Duration::from_secs(1);

/// Counts the ticks that are due.
#[derive(Debug, Default)]
pub(super) struct Pace {
    start: Option<Instant>,
    done: u64,
}

impl Pace {
    /// Whether a tick is due at `now`; counts it. The first is due at once.
    pub(super) fn due(&mut self, now: Instant) -> bool {
        let start = *self.start.get_or_insert(now);
        let at = start + Duration::from_nanos(self.done * TICK as u64 * 1_000_000_000 / u64::from(SAMPLE_RATE));
        let Some(late) = now.checked_duration_since(at) else { return false };
        if late > LONGEST_CATCH_UP {
            *self = Self { start: Some(now), done: 0 };
        }
        self.done += 1;
        true
    }

    /// Starts anew with the next tick.
    pub(super) fn restart(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tick_is_lost_or_invented_however_late_anybody_looks() {
        let start = crate::base::clock::now();
        let (mut pace, mut ticks) = (Pace::default(), 0);
        for millis in [0, 3, 9, 10, 11, 35, 36, 100, 100, 590, 1000] {
            while pace.due(start + Duration::from_millis(millis)) {
                ticks += 1;
            }
            assert_eq!(ticks, 1 + millis / 10, "at {millis} ms");
        }
    }

    #[test]
    fn a_suspended_machine_does_not_catch_up() {
        let start = crate::base::clock::now();
        let mut pace = Pace::default();
        assert!(pace.due(start));
        let later = start + Duration::from_secs(3600);
        assert!(pace.due(later));
        assert!(!pace.due(later));
    }
}
