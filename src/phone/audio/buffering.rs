//! How much sound waits at a device: how much it takes or gives at a time, which grows when it can't keep up, and how far
//! the speaker's ring is kept ahead of it. Only arithmetic.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::media::packet::TICK;

/// What is asked of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Opening {
    /// The smallest buffers it keeps up with, rather than steady ones.
    pub(super) tight: bool,
    /// Two channels, where it has them.
    pub(super) stereo: bool,
}

/// How much a device is asked to take or give at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step(u8);

/// Frames at 48 kHz: 5, 10, 15, 20, 30 and 40 ms.
const LENGTHS: [usize; 6] = [240, 480, 720, 960, 1440, 1920];

impl Step {
    /// Where a device begins of which nothing is known.
    pub(super) fn first(opening: Opening) -> Self {
        Self(u8::from(!opening.tight))
    }

    /// Frames at 48 kHz.
    pub(super) fn frames(self) -> usize {
        LENGTHS[usize::from(self.0)]
    }

    /// The next larger one.
    pub(super) fn larger(self) -> Option<Self> {
        Self::from_number(self.0 + 1)
    }

    /// As kept in a file.
    pub(super) fn number(self) -> u8 {
        self.0
    }

    /// As read from a file.
    pub(super) fn from_number(number: u8) -> Option<Self> {
        (usize::from(number) < LENGTHS.len()).then_some(Self(number))
    }
}

/// Times a device may fall behind within [`STRUGGLES_WITHIN`] before it is given larger buffers.
const STRUGGLES: usize = 3;
const STRUGGLES_WITHIN: Duration = Duration::from_secs(10);

/// Notices when a device falls behind again and again.
#[derive(Debug, Default)]
pub(super) struct Struggle {
    at: VecDeque<Instant>,
}

impl Struggle {
    /// It fell behind so many times since the last look; says whether that is too often.
    pub(super) fn happened(&mut self, times: u64, now: Instant) -> bool {
        while self.at.front().is_some_and(|at| now.saturating_duration_since(*at) > STRUGGLES_WITHIN) {
            self.at.pop_front();
        }
        for _ in 0..times.min(STRUGGLES as u64) {
            self.at.push_back(now);
        }
        let too_often = self.at.len() >= STRUGGLES;
        if too_often {
            self.at.clear();
        }
        too_often
    }
}

/// The ring's margin over one callback is looked at this often, and lowered when it was more than enough in each of
/// the last [`QUIET`] looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const QUIET: u32 = 10;

/// By how much the margin shrinks at a time: 2.5 ms.
const LESS: usize = TICK / 4;

/// The most the margin may grow to: 60 ms.
const MOST: usize = 6 * TICK;

/// How far the speaker's ring is kept ahead: one callback, and a margin for everything that comes late. The margin grows
/// as soon as the ring was empty once, and shrinks slowly while there was always something left. In frames at 48 kHz.
#[derive(Debug)]
pub(super) struct Margin {
    frames: usize,
    /// What has to be left after every callback for the margin to shrink.
    reserve: usize,
    underruns: u64,
    least_left: usize,
    quiet: u32,
    next_look: Option<Instant>,
}

impl Margin {
    pub(super) fn new(opening: Opening) -> Self {
        let (frames, reserve) = if opening.tight { (TICK / 2, TICK / 8) } else { (TICK, TICK / 4) };
        Self { frames, reserve, underruns: 0, least_left: usize::MAX, quiet: 0, next_look: None }
    }

    /// What it is now.
    pub(super) fn frames(&self) -> usize {
        self.frames
    }

    /// How often the ring was empty so far, and the least that a callback left in it since the last look, if any came.
    pub(super) fn adapt(&mut self, underruns: u64, left: impl FnOnce() -> Option<usize>, now: Instant) {
        if underruns > self.underruns {
            self.underruns = underruns;
            self.frames = (self.frames + TICK).min(MOST);
            self.reserve = (self.reserve + TICK / 4).min(2 * TICK);
            self.begin_anew(now);
            left();
        } else if self.next_look.is_none_or(|at| now >= at) {
            self.next_look = Some(now + LOOK_EVERY);
            if let Some(left) = left() {
                self.least_left = self.least_left.min(left);
                self.quiet += 1;
            }
            if self.quiet >= QUIET {
                if self.least_left >= self.reserve + LESS {
                    self.frames = self.frames.saturating_sub(LESS);
                }
                self.begin_anew(now);
            }
        }
    }

    fn begin_anew(&mut self, now: Instant) {
        (self.quiet, self.least_left, self.next_look) = (0, usize::MAX, Some(now + LOOK_EVERY));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEADY: Opening = Opening { tight: false, stereo: false };
    const TIGHT: Opening = Opening { tight: true, stereo: false };

    #[test]
    fn steps_grow_to_the_largest_and_survive_a_file() {
        let mut step = Step::first(TIGHT);
        let mut lengths = vec![step.frames()];
        while let Some(larger) = step.larger() {
            assert_eq!(Step::from_number(larger.number()), Some(larger));
            step = larger;
            lengths.push(step.frames());
        }
        assert_eq!(lengths, LENGTHS);
        assert_eq!(Step::first(STEADY).frames(), TICK);
        assert_eq!(Step::from_number(200), None);
    }

    #[test]
    fn three_times_within_ten_seconds_is_too_often() {
        let start = crate::base::clock::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut struggle = Struggle::default();
        assert!(!struggle.happened(1, at(0)) && !struggle.happened(1, at(6)) && !struggle.happened(0, at(9)));
        assert!(!struggle.happened(1, at(12)), "the first is forgotten by now");
        assert!(struggle.happened(1, at(13)));
        assert!(!struggle.happened(2, at(14)), "it begins anew");
        assert!(struggle.happened(50, at(15)));
    }

    #[test]
    fn the_margin_grows_with_an_underrun_and_finds_the_least_that_is_enough() {
        let start = crate::base::clock::now();
        let mut margin = Margin::new(STEADY);
        assert_eq!(margin.frames(), TICK);
        margin.adapt(1, || Some(0), start);
        assert_eq!(margin.frames(), 2 * TICK);
        // Callbacks come up to 8 ms late or early: so much of the margin is needed.
        let needed = 384;
        for second in 1..3_600 {
            let left = margin.frames() - needed;
            margin.adapt(1, || Some(left), start + Duration::from_secs(second));
        }
        assert!((needed..needed + TICK).contains(&margin.frames()), "{}", margin.frames());
    }

    #[test]
    fn the_margin_neither_grows_nor_shrinks_without_end() {
        let start = crate::base::clock::now();
        let mut margin = Margin::new(TIGHT);
        (1..100).for_each(|n| margin.adapt(n, || None, start));
        assert_eq!(margin.frames(), MOST);
        for second in 0..10_000 {
            margin.adapt(99, || Some(100_000), start + Duration::from_secs(second));
        }
        assert_eq!(margin.frames(), 0);
        let before = margin.frames();
        (0..100).for_each(|n| margin.adapt(99, || None, start + Duration::from_secs(20_000 + n)));
        assert_eq!(margin.frames(), before, "no callbacks prove nothing");
    }
}
