//! How much of the echo is taken away, measured: the power before and after, while the far end is loud.

use crate::media::level;

/// A far end softer than this makes no echo worth measuring, dBFS.
const LOUD: f32 = -45.0;

/// How long the room may answer after the far end was loud, ticks: 300 ms.
const TAIL: u32 = 30;

/// Ticks that make one measurement: half a second of a loud far end.
const WINDOW: u32 = 50;

/// Measurements whose median counts; odd. In some of them somebody speaks here.
const KEPT: usize = 7;

/// What comes back softer than this on the average is no echo, dBFS.
const FAINTEST: f32 = -60.0;

/// Nothing softer than this is told apart from silence, as power: −100 dBFS.
const FLOOR: f32 = 1e-10;

/// Measures echo return loss enhancement.
#[derive(Debug, Clone, Default)]
pub(super) struct Erle {
    loud_for: u32,
    before: f32,
    after: f32,
    ticks: u32,
    kept: [f32; KEPT],
    measured: usize,
}

impl Erle {
    /// A tick of this power is played.
    pub(super) fn far(&mut self, power: f32) {
        self.loud_for = if level::from_power(power) > LOUD { TAIL } else { self.loud_for.saturating_sub(1) };
    }

    /// A tick of the microphone had these powers.
    pub(super) fn near(&mut self, before: f32, after: f32) {
        if self.loud_for == 0 {
            return;
        }
        self.before += before;
        self.after += after;
        self.ticks += 1;
        if self.ticks == WINDOW {
            if level::from_power(self.before / WINDOW as f32) > FAINTEST {
                let after = (self.after / WINDOW as f32).max(FLOOR);
                self.kept[self.measured % KEPT] = 10.0 * (self.before / WINDOW as f32 / after).log10();
                self.measured += 1;
            }
            (self.before, self.after, self.ticks) = (0.0, 0.0, 0);
        }
    }

    /// The median of the last measurements, dB.
    pub(super) fn db(&self) -> Option<f32> {
        let mut kept = self.kept;
        let known = &mut kept[..self.measured.min(KEPT)];
        known.sort_unstable_by(f32::total_cmp);
        known.get(known.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_power_taken_away_while_the_far_end_is_loud() {
        let mut erle = Erle::default();
        run(&mut erle, 0.0, 1e-3, 1e-3, 200);
        assert_eq!(erle.db(), None, "nobody speaks there");
        run(&mut erle, 1e-2, 1e-8, 1e-9, 200);
        assert_eq!(erle.db(), None, "nothing comes back");
        run(&mut erle, 1e-2, 1e-3, 1e-6, 400);
        assert!((erle.db().unwrap() - 30.0).abs() < 0.1, "{erle:?}");
    }

    #[test]
    fn words_spoken_here_do_not_count() {
        let mut erle = Erle::default();
        for _ in 0..4 {
            run(&mut erle, 1e-2, 1e-3, 1e-7, 100);
            run(&mut erle, 1e-2, 1e-2, 1e-2, 50);
        }
        assert!((erle.db().unwrap() - 40.0).abs() < 0.1, "{erle:?}");
        run(&mut erle, 1e-2, 1e-3, 0.0, 400);
        assert!(erle.db().unwrap() <= 70.1, "perfect silence is no infinity: {erle:?}");
    }

    fn run(erle: &mut Erle, far: f32, before: f32, after: f32, ticks: u32) {
        for _ in 0..ticks {
            erle.far(far);
            erle.near(before, after);
        }
    }
}
