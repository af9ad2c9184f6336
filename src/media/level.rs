//! How loud sound is, and whether somebody speaks.

/// What silence measures, dBFS: the lowest value RFC 6464 can say.
pub const SILENCE: f32 = -127.0;

/// Anything softer counts as silence when a call is summed up, dBFS.
pub const AUDIBLE: f32 = -50.0;

/// The RMS level of `samples`, dBFS (a full-scale square wave is 0, a full-scale sine −3), at least [`SILENCE`].
pub fn dbfs(samples: &[f32]) -> f32 {
    from_power(power(samples))
}

/// The mean power of `samples`: 1 is a full-scale square wave.
pub fn power(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    // One sum waits for each addition before the next; several go side by side. This is asked a dozen times a tick.
    let mut sums = [0.0_f32; LANES];
    let eights = samples.chunks_exact(LANES);
    let rest: f32 = eights.remainder().iter().map(|s| s * s).sum();
    for eight in eights {
        sums.iter_mut().zip(eight).for_each(|(sum, s)| *sum += s * s);
    }
    (sums.iter().sum::<f32>() + rest) / samples.len() as f32
}

/// Sums that are added up at once.
const LANES: usize = 8;

/// A mean power as dBFS, between [`SILENCE`] and 0.
pub fn from_power(power: f32) -> f32 {
    if power > 0.0 { (10.0 * power.log10()).clamp(SILENCE, 0.0) } else { SILENCE }
}

/// A level in dBFS as RFC 6464 section 3 wants it: 0 (loudest) to 127 (silence).
pub fn rfc6464(dbfs: f32) -> u8 {
    // In 0..=127 by the clamp, so the cast keeps the value.
    (-dbfs).round().clamp(0.0, 127.0) as u8
}

/// The mean level over many blocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meter {
    sum: f64,
    blocks: u64,
}

impl Meter {
    /// Counts a block in.
    pub fn add(&mut self, power: f32) {
        self.sum += f64::from(power);
        self.blocks += 1;
    }

    /// The mean level of the blocks so far, dBFS; `None` when there were none.
    pub fn mean(&self) -> Option<f32> {
        (self.blocks > 0).then(|| from_power((self.sum / self.blocks as f64) as f32))
    }

    /// The mean level since the last call, dBFS; [`SILENCE`] when there was nothing.
    pub fn take(&mut self) -> f32 {
        let mean = self.mean().unwrap_or(SILENCE);
        *self = Self::default();
        mean
    }
}

/// Says for each frame whether somebody speaks: louder than the background by a margin, with a little persistence.
#[derive(Debug, Clone)]
pub struct VoiceActivity {
    background: f32,
    hold: u32,
}

const MARGIN_DB: f32 = 9.0;
const LOUDEST_BACKGROUND: f32 = -40.0;
const BACKGROUND_RISE_DB: f32 = 0.04;
const HOLD_FRAMES: u32 = 10;

impl Default for VoiceActivity {
    fn default() -> Self {
        Self { background: -60.0, hold: 0 }
    }
}

impl VoiceActivity {
    /// Hears one frame (20 ms) of the given level, and says whether it belongs to speech.
    pub fn hear(&mut self, dbfs: f32) -> bool {
        // The background follows down at once and up slowly, so that speech does not become background.
        self.background = (self.background + BACKGROUND_RISE_DB).min(dbfs.max(SILENCE)).min(LOUDEST_BACKGROUND);
        if dbfs > AUDIBLE && dbfs > self.background + MARGIN_DB {
            self.hold = HOLD_FRAMES;
        } else {
            self.hold = self.hold.saturating_sub(1);
        }
        self.hold > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_known_waves() {
        let sine: Vec<f32> = (0..4800).map(|n| (n as f32 * std::f32::consts::TAU / 48.0).sin()).collect();
        for (wave, expected) in [(vec![0.0; 480], SILENCE), (vec![1.0; 480], 0.0), (sine, -3.01), (vec![0.1; 9], -20.0)]
        {
            assert!((dbfs(&wave) - expected).abs() < 0.01, "{expected}");
        }
        assert_eq!(dbfs(&[]), SILENCE);
        assert_eq!(dbfs(&[4.0; 4]), 0.0);
    }

    #[test]
    fn rfc_6464_levels_stay_within_seven_bits() {
        for (dbfs, level) in [(0.0, 0), (-3.01, 3), (-50.4, 50), (-127.0, 127), (-300.0, 127), (6.0, 0)] {
            assert_eq!(rfc6464(dbfs), level);
        }
        assert_eq!(rfc6464(f32::NAN), 0);
    }

    #[test]
    fn a_meter_averages_power_and_starts_again() {
        let mut meter = Meter::default();
        assert_eq!((meter.mean(), meter.take()), (None, SILENCE));
        meter.add(0.01);
        meter.add(0.0);
        assert!((meter.take() - -23.01).abs() < 0.01);
        assert_eq!(meter.mean(), None);
    }

    #[test]
    fn speech_is_voice_and_a_steady_hum_is_not() {
        let mut activity = VoiceActivity::default();
        assert!((0..100).all(|_| !activity.hear(-70.0)));
        assert!(activity.hear(-25.0));
        assert!((0..8).all(|_| activity.hear(-70.0)), "a short pause belongs to it");
        assert!((0..100).filter(|_| activity.hear(-70.0)).count() < 5);
        for _ in 0..3000 {
            activity.hear(-45.0);
        }
        assert!(!activity.hear(-45.0), "a hum becomes background");
        assert!(activity.hear(-20.0));
    }
}
