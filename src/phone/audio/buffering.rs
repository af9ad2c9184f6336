//! How much sound waits at a device: how much it takes or gives at a time, which grows when it can't keep up, and how far
//! the speaker's ring is kept ahead of it. Only arithmetic.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

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

    /// As read from a file.
    fn from_number(number: u8) -> Option<Self> {
        (usize::from(number) < LENGTHS.len()).then_some(Self(number))
    }
}

/// What is remembered of the buffers a device needs: they grow at once, and shrink by one step at a time, only when it is
/// opened anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Habit {
    /// The number of the step it was opened with last, where that is not the one it begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u8>,
    /// For how long it has not fallen behind with that, s; no more than is needed to try a smaller one.
    #[serde(skip_serializing_if = "is_zero")]
    calm_s: u32,
    /// The number of the last step that was too small, and when that was found: Unix time, s.
    #[serde(skip_serializing_if = "Option::is_none")]
    too_small: Option<(u8, i64)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// After so much use without falling behind, a smaller step is tried.
const CALM: Duration = Duration::from_secs(600);

/// A step that was too small is not tried again before this, s.
const TRIED_AGAIN_AFTER: u64 = 86_400;

impl Habit {
    /// What to open the device with at `wall` (Unix time, s), where one of which nothing is known begins with `first`.
    pub(super) fn step(self, first: Step, wall: i64) -> Step {
        let Some(kept) = self.step.and_then(Step::from_number).filter(|step| *step > first) else { return first };
        let smaller = Step(kept.0 - 1);
        let failed =
            self.too_small.is_some_and(|(step, at)| smaller.0 <= step && wall.abs_diff(at) < TRIED_AGAIN_AFTER);
        if u64::from(self.calm_s) >= CALM.as_secs() && !failed { smaller } else { kept }
    }

    /// The habit after it was used. It `needs` another step from now on, or still the one it was opened with.
    pub(super) fn after(self, used: &Use, needs: Step, first: Step, wall: i64) -> Self {
        if needs > used.step {
            return Self { step: Some(needs.0), calm_s: 0, too_small: Some((used.step.0, wall)) };
        }
        if used.step <= first && self.step.is_none_or(|kept| kept <= first.0) {
            return self;
        }
        let goes_on = self.step == Some(used.step.0) && !used.restless;
        let before = if goes_on { self.calm_s } else { 0 };
        let calm = u64::from(before).saturating_add(used.calm().as_secs()).min(CALM.as_secs());
        Self { step: Some(used.step.0), calm_s: u32::try_from(calm).unwrap_or(u32::MAX), ..self }
    }
}

/// Streams may fall behind while they begin.
const BEGINNING: Duration = Duration::from_secs(2);

/// How an open device is used: for how long it has not fallen behind.
#[derive(Debug)]
pub(super) struct Use {
    step: Step,
    opened_at: Instant,
    calm_since: Instant,
    seen_at: Instant,
    xruns: u64,
    /// Whether it fell behind at all.
    restless: bool,
}

impl Use {
    /// It is opened with `step`.
    pub(super) fn new(step: Step, now: Instant) -> Self {
        Self { step, opened_at: now, calm_since: now, seen_at: now, xruns: 0, restless: false }
    }

    /// It has fallen behind so many times by now.
    pub(super) fn see(&mut self, xruns: u64, now: Instant) {
        self.seen_at = now;
        if xruns > self.xruns {
            self.xruns = xruns;
            if now.saturating_duration_since(self.opened_at) > BEGINNING {
                (self.calm_since, self.restless) = (now, true);
            }
        }
    }

    fn calm(&self) -> Duration {
        self.seen_at.saturating_duration_since(self.calm_since)
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
        // Who asks for steady sound gets it from the start, and pays 10 ms at first.
        let (frames, reserve) = if opening.tight { (TICK / 2, TICK / 8) } else { (2 * TICK, 3 * TICK / 4) };
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
            assert_eq!(Step::from_number(larger.0), Some(larger));
            step = larger;
            lengths.push(step.frames());
        }
        assert_eq!(lengths, LENGTHS);
        assert_eq!(Step::first(STEADY).frames(), TICK);
        assert_eq!(Step::from_number(200), None);
    }

    /// A device that is opened, used for so many minutes, and closed, at a time that passes meanwhile.
    struct Desk {
        habit: Habit,
        now: Instant,
        wall: i64,
    }

    impl Desk {
        fn new() -> Self {
            Self { habit: Habit::default(), now: crate::base::clock::now(), wall: 1_800_000_000 }
        }

        /// With `smallest`, it keeps up; with less it falls behind after a minute, and is given more. Says how many
        /// frames it was opened with.
        fn used(&mut self, minutes: u64, smallest: usize) -> Vec<usize> {
            let first = Step::first(STEADY);
            let mut step = self.habit.step(first, self.wall);
            let mut opened = vec![step.frames()];
            while step.frames() < smallest {
                let mut used = Use::new(step, self.now);
                self.passes(60);
                used.see(3, self.now);
                let larger = step.larger().unwrap();
                self.habit = self.habit.after(&used, larger, first, self.wall);
                step = larger;
                opened.push(step.frames());
            }
            let mut used = Use::new(step, self.now);
            used.see(1, self.now + Duration::from_secs(1));
            self.passes(60 * minutes);
            used.see(1, self.now);
            self.habit = self.habit.after(&used, step, first, self.wall);
            opened
        }

        fn passes(&mut self, seconds: u64) {
            self.now += Duration::from_secs(seconds);
            self.wall += seconds as i64;
        }
    }

    #[test]
    fn buffers_that_grew_in_a_busy_minute_shrink_again_when_it_is_opened() {
        let mut desk = Desk::new();
        assert_eq!(desk.used(3, 1_440), [480, 720, 960, 1_440]);
        assert_eq!(desk.used(8, 0), [1_440], "ten minutes count");
        assert_eq!(desk.used(60, 0), [1_440], "960 was too small today");
        desk.passes(86_400);
        for expected in [960, 720, 480, 480] {
            assert_eq!(desk.used(10, 0), [expected]);
        }
    }

    #[test]
    fn a_step_that_is_too_small_is_tried_once_a_day() {
        let mut desk = Desk::new();
        let mut tries = 0;
        for _ in 0..200 {
            tries += u32::from(desk.used(30, 720).len() > 1);
        }
        assert_eq!(tries, 5, "in 100 hours, the first time included");
        assert_eq!(desk.habit.step, Some(2));
    }

    #[test]
    fn falling_behind_begins_the_calm_anew_and_only_calm_use_counts() {
        let mut desk = Desk::new();
        desk.habit = Habit { step: Some(3), calm_s: 590, too_small: None };
        let first = Step::first(STEADY);
        let mut used = Use::new(Step(3), desk.now);
        used.see(1, desk.now + Duration::from_secs(100));
        used.see(1, desk.now + Duration::from_secs(300));
        desk.habit = desk.habit.after(&used, Step(3), first, desk.wall);
        assert_eq!(desk.habit.calm_s, 200);
        assert_eq!(Habit::default().after(&Use::new(first, desk.now), first, first, 0), Habit::default());
        let tight = Habit { step: Some(0), calm_s: 600, too_small: None };
        assert_eq!(tight.after(&Use::new(first, desk.now), first, first, 0), tight, "steady use says nothing of tight");
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
        assert_eq!(margin.frames(), 2 * TICK);
        margin.adapt(1, || Some(0), start);
        assert_eq!(margin.frames(), 3 * TICK);
        // Callbacks come up to 8 ms late or early: so much of the margin is needed.
        let needed = 384;
        for second in 1..3_600 {
            let left = margin.frames() - needed;
            margin.adapt(1, || Some(left), start + Duration::from_secs(second));
        }
        // What has to be left grew to a tick with the underrun.
        assert!((needed..needed + TICK + 2 * LESS).contains(&margin.frames()), "{}", margin.frames());
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
