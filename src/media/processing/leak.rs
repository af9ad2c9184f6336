//! Whether what the speaker plays comes back: the loudness of both, tick by tick, laid over each other.
//!
//! Two people who talk begin and end together now and then, and both are loud in between: over seconds, their loudness goes up
//! and down alike without any echo. So only what changes from syllable to syllable counts, and it has to go on for long.

use crate::media::level;

/// Ticks that are looked at: 8 s.
const LENGTH: usize = 800;

/// Loudness is taken relative to its mean over so many ticks before and after: a quarter of a second, a syllable and its
/// neighbours, in all.
const AROUND: usize = 12;

/// The longest way from the speaker back, ticks: 500 ms.
const LONGEST_LAG: usize = 50;

/// Ticks between two looks: 1 s.
const EVERY: usize = 100;

/// Softer than this is not heard, dBFS.
const FAINTEST: f32 = -60.0;

/// Ticks that must have been loud at the far end, before anything is said: 1.5 s.
const ENOUGH: usize = 150;

/// Above this a tick of the far end is loud, dBFS.
const LOUD: f32 = -45.0;

/// Compares what is played with what is sent.
#[derive(Debug, Clone)]
pub struct Leak {
    /// Loudness above what is not heard, dB; a ring.
    far: [f32; LENGTH],
    near: [f32; LENGTH],
    /// The next place in the rings.
    at: usize,
    seen: usize,
    loudest: f32,
    found: Option<f32>,
}

impl Default for Leak {
    fn default() -> Self {
        Self { far: [0.0; LENGTH], near: [0.0; LENGTH], at: 0, seen: 0, loudest: FAINTEST, found: None }
    }
}

impl Leak {
    /// A tick of this power is played, the next in turn or more than one within a tick of the microphone.
    pub fn far(&mut self, power: f32) {
        self.loudest = self.loudest.max(level::from_power(power));
    }

    /// A tick of the microphone has this power, after all processing.
    pub fn near(&mut self, power: f32) {
        self.far[self.at] = self.loudest - FAINTEST;
        self.near[self.at] = level::from_power(power).max(FAINTEST) - FAINTEST;
        self.loudest = FAINTEST;
        self.at = (self.at + 1) % LENGTH;
        self.seen += 1;
        if self.seen.is_multiple_of(EVERY) {
            self.found = self.look();
        }
    }

    /// How much of what is played comes back, 0 (nothing) to 1 (one goes up and down as the other), over the last
    /// seconds: the correlation of their loudness at the delay where it is highest. `None` while too little is played.
    pub fn found(&self) -> Option<f32> {
        self.found
    }

    fn look(&self) -> Option<f32> {
        let loud = self.far.iter().filter(|far| **far > LOUD - FAINTEST).count();
        if loud < ENOUGH || self.seen < LENGTH {
            return None;
        }
        let (far, near) = (self.syllables(&self.far), self.syllables(&self.near));
        let best = (0..LONGEST_LAG).map(|lag| correlation(&far[..LENGTH - lag], &near[lag..])).fold(0.0, f32::max);
        Some(best.clamp(0.0, 1.0))
    }

    /// A ring from its oldest tick on, each relative to those around it.
    fn syllables(&self, ring: &[f32; LENGTH]) -> [f32; LENGTH] {
        let mut loudness = *ring;
        loudness.rotate_left(self.at);
        std::array::from_fn(|tick| {
            let around = &loudness[tick.saturating_sub(AROUND)..(tick + AROUND + 1).min(LENGTH)];
            loudness[tick] - around.iter().sum::<f32>() / around.len() as f32
        })
    }
}

/// Pearson's.
fn correlation(far: &[f32], near: &[f32]) -> f32 {
    let (mut far_sum, mut near_sum, mut far_far, mut near_near, mut both) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (far, near) in far.iter().zip(near) {
        far_sum += far;
        near_sum += near;
        far_far += far * far;
        near_near += near * near;
        both += far * near;
    }
    let count = far.len() as f32;
    let spread = (far_far - far_sum * far_sum / count) * (near_near - near_sum * near_sum / count);
    if spread <= 1.0 { 0.0 } else { (both - far_sum * near_sum / count) / spread.sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed::Seed;

    #[test]
    fn what_comes_back_later_and_softer_is_found() {
        let mut leak = Leak::default();
        let far = syllables(1);
        for tick in 0..2 * LENGTH {
            leak.far(far[tick]);
            leak.near(if tick < 17 { 0.0 } else { far[tick - 17] * 0.05 });
        }
        assert!(leak.found().unwrap() > 0.9, "{:?}", leak.found());
    }

    #[test]
    fn somebody_else_speaking_is_no_echo_and_silence_says_nothing() {
        for seed in 2..20 {
            let mut leak = Leak::default();
            let (far, near) = (syllables(seed), syllables(seed + 100));
            for tick in 0..2 * LENGTH {
                leak.far(far[tick]);
                leak.near(near[tick]);
            }
            assert!(leak.found().unwrap() < 0.5, "seed {seed}: {:?}", leak.found());
        }
        let mut leak = Leak::default();
        for power in syllables(1) {
            leak.far(0.0);
            leak.near(power);
        }
        assert_eq!(leak.found(), None);
    }

    #[test]
    fn two_who_begin_and_end_together_are_no_echo() {
        let (mut looks, mut alike) = (0, 0);
        for seed in 0..20 {
            let mut leak = Leak::default();
            let (far, near) = (syllables(2 * seed), syllables(2 * seed + 1));
            for tick in 0..2 * LENGTH {
                // Three seconds each, two of silence.
                let talk = if tick % 500 < 300 { 1.0 } else { 0.0 };
                leak.far(far[tick] * talk);
                leak.near(near[tick] * talk);
                if tick >= LENGTH && tick.is_multiple_of(EVERY) {
                    looks += 1;
                    alike += u32::from(leak.found().unwrap() >= 0.5);
                }
            }
        }
        assert!(alike * 20 < looks, "{alike} of {looks}");
    }

    #[test]
    fn a_cancelled_echo_is_none() {
        let mut leak = Leak::default();
        for power in syllables(3) {
            leak.far(power);
            leak.near(power * 1e-5);
        }
        assert!(leak.found().unwrap() < 0.1, "{:?}", leak.found());
    }

    /// Powers of ticks of something like speech: syllables and pauses of 50 to 300 ms.
    fn syllables(seed: u64) -> Vec<f32> {
        let mut random = Seed::new(seed);
        let mut powers = Vec::new();
        while powers.len() < 2 * LENGTH {
            let loud = 1e-3 + 1e-2 * random.unit() as f32;
            let (on, off) = (5 + random.below(25), 3 + random.below(25));
            powers.extend((0..on).map(|_| loud));
            powers.extend((0..off).map(|_| 1e-7));
        }
        powers
    }
}
