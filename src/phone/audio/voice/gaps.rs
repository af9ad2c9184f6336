//! Notices time for which the microphone gave nothing: it stalled, it is being opened, or the program was held up. Pure;
//! the time is an argument.

use std::time::{Duration, Instant};

use crate::media::packet::{SAMPLE_RATE, TICK};

const ONE_TICK: Duration = Duration::from_nanos(TICK as u64 * 1_000_000_000 / SAMPLE_RATE as u64);

/// A microphone may be this late: more than any gives at a time. What it has not given by then never comes.
const LATE: Duration = Duration::from_millis(100);

/// Of being late or early, each tick forgives this part: the clock of a sound card is not ours, and what it gives at a
/// time is no lateness.
const FORGIVEN: u32 = 64;

/// Where the microphone should be by now.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// When the next tick is due; unknown before the first.
    due: Option<Instant>,
    /// Whether it gives nothing at present.
    within: bool,
}

impl Gaps {
    /// A tick was taken.
    pub(super) fn came(&mut self, now: Instant) {
        let due = *self.due.get_or_insert(now) + ONE_TICK;
        let late = now.saturating_duration_since(due);
        let forgiven = if late < LATE { late / FORGIVEN } else { Duration::ZERO };
        let early = due.saturating_duration_since(now) / FORGIVEN;
        self.due = Some(due + forgiven - early);
        self.within = false;
    }

    /// There is no further tick: how many will never come, besides those told before.
    pub(super) fn missing(&mut self, now: Instant) -> usize {
        let Some(due) = self.due else { return 0 };
        let late = now.saturating_duration_since(due);
        if late < if self.within { ONE_TICK } else { LATE } {
            return 0;
        }
        self.within = true;
        let ticks = u32::try_from(late.as_nanos() / ONE_TICK.as_nanos()).unwrap_or(u32::MAX);
        self.due = Some(due + ONE_TICK * ticks);
        ticks as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    #[test]
    fn whatever_a_microphone_gives_at_a_time_nothing_is_missing() {
        for (period, each) in [(5, 5_000), (10, 10_003), (21, 20_993), (40, 40_012), (85, 84_975), (150, 150_000)] {
            let mut microphone = Microphone::new();
            // Ten minutes, of a clock that is not ours.
            let missing: usize = (0..600_000 / period).map(|_| microphone.gives(period, each)).sum();
            let settles = if period > 100 { 15 } else { 0 };
            assert!(missing <= settles, "{period} ms each {each} µs: {missing} ticks");
        }
    }

    #[test]
    fn what_a_held_up_program_finds_is_late_and_not_missing() {
        let mut microphone = Microphone::new();
        (0..100).for_each(|_| assert_eq!(microphone.gives(10, 10_000), 0));
        microphone.now += Duration::from_millis(150);
        assert_eq!(microphone.gives(150, 0), 0);
        (0..100).for_each(|_| assert_eq!(microphone.gives(10, 10_000), 0));
    }

    #[test]
    fn what_a_stalled_microphone_did_not_give_is_missing_to_the_tick() {
        for stall in [200, 1_000, 3_000, 86_400_000] {
            let mut microphone = Microphone::new();
            (0..100).for_each(|_| assert_eq!(microphone.gives(10, 10_000), 0));
            // Looked for all the time, or once it is back: nothing is ready for that.
            let often: usize = (0..20).map(|_| microphone.gives(0, stall * 1_000 / 20)).sum();
            let missing = often + microphone.gives(10, 10_000);
            assert!(missing.abs_diff(stall as usize / 10) <= 1, "{missing} ticks of {stall} ms");
            (0..100).for_each(|_| assert_eq!(microphone.gives(10, 10_000), 0, "{stall} ms"));
        }
    }

    #[test]
    fn before_its_first_sound_nothing_is_missing() {
        assert_eq!(Gaps::default().missing(clock::now()), 0);
    }

    /// A microphone that is looked at every 5 ms.
    struct Microphone {
        gaps: Gaps,
        now: Instant,
        /// Since the last tick began, ms.
        rest: u64,
    }

    impl Microphone {
        fn new() -> Self {
            let mut gaps = Gaps::default();
            gaps.came(clock::now());
            Self { gaps, now: clock::now(), rest: 0 }
        }

        /// After so many microseconds it gives so many milliseconds; how many ticks are told to be missing.
        fn gives(&mut self, millis: u64, after: u64) -> usize {
            let until = self.now + Duration::from_micros(after);
            let mut missing = 0;
            while self.now + Duration::from_millis(5) < until && after < 60_000_000 {
                self.now += Duration::from_millis(5);
                missing += self.gaps.missing(self.now);
            }
            self.now = until;
            self.rest += millis;
            (0..self.rest / 10).for_each(|_| self.gaps.came(self.now));
            self.rest %= 10;
            missing + self.gaps.missing(self.now)
        }
    }
}
