//! A few seconds of somebody speaking: how loud they are, out of what noise, and whether anything is wrong.

use crate::media::level::{self, SILENCE};
use crate::media::packet::TICK;

/// What was heard of somebody who was asked to speak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spoken {
    /// What to think of it.
    pub voice: Voice,
    /// How loud they speak, pauses left out, dBFS.
    pub dbfs: f32,
    /// The highest sample, dBFS: 0 is all there is room for.
    pub peak_dbfs: f32,
    /// What there is in pauses, dBFS.
    pub noise_dbfs: f32,
}

/// What to think of a voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Every sample is zero: no microphone does that by itself.
    Zeros,
    /// Nobody is heard.
    Silent,
    /// Something is heard that never changes: a hum or a tone, and nobody who speaks.
    Steady,
    /// Somebody is heard, so softly that the others will strain to.
    Faint,
    /// Somebody is heard well.
    Good,
    /// So loud that the tops are cut off.
    Clipping,
}

/// Softer than this nobody speaks, dBFS.
const SOFTEST_VOICE: f32 = -55.0;

/// How much louder than the background somebody speaks, dB.
const ABOVE_NOISE: f32 = 9.0;

/// Louder than this is counted as speech whatever the background, dBFS.
const SURELY_SOUND: f32 = -40.0;

/// A voice softer than this is faint, dBFS.
const FAINT: f32 = -38.0;

/// Between the soft and the loud moments of speech there is at least this, dB.
const LEAST_SPREAD: f32 = 6.0;

/// A sample as high as this is cut off, and how many in a million may be.
const CUT_OFF: f32 = 0.985;
const CUT_OFF_PER_MILLION: usize = 500;

/// Speech lasts at least this many ticks of 10 ms.
const SHORTEST: usize = 15;

/// Judges a recording of 48 kHz.
pub fn judge(sound: &[f32]) -> Spoken {
    let powers: Vec<f32> = sound.chunks_exact(TICK).map(level::power).collect();
    let mut levels: Vec<f32> = powers.iter().map(|power| level::from_power(*power)).collect();
    levels.sort_unstable_by(f32::total_cmp);
    let at = |share: f32| levels.get((levels.len() as f32 * share) as usize).copied().unwrap_or(SILENCE);
    let (noise, loud) = (at(0.1), at(0.9));
    let threshold = (noise + ABOVE_NOISE).clamp(SOFTEST_VOICE, SURELY_SOUND);
    let spoken: Vec<f32> = powers.into_iter().filter(|power| level::from_power(*power) > threshold).collect();
    let dbfs = level::from_power(spoken.iter().sum::<f32>() / spoken.len().max(1) as f32);
    let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let cut_off = sound.iter().filter(|sample| sample.abs() >= CUT_OFF).count();
    let voice = if peak == 0.0 {
        Voice::Zeros
    } else if spoken.len() < SHORTEST {
        Voice::Silent
    } else if cut_off * 1_000_000 > sound.len() * CUT_OFF_PER_MILLION {
        Voice::Clipping
    } else if loud - noise < LEAST_SPREAD {
        Voice::Steady
    } else if dbfs < FAINT {
        Voice::Faint
    } else {
        Voice::Good
    };
    Spoken { voice, dbfs, peak_dbfs: level::from_power(peak * peak), noise_dbfs: noise }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed::Seed;

    #[test]
    fn a_voice_is_judged_by_its_level() {
        for (seed, db, expected) in [
            (1, -20.0, Voice::Good),
            (2, -12.0, Voice::Good),
            (3, -32.0, Voice::Good),
            (4, -46.0, Voice::Faint),
            (5, 6.0, Voice::Clipping),
            (6, -70.0, Voice::Silent),
        ] {
            let spoken = judge(&speech(seed, db, -65.0));
            assert_eq!(spoken.voice, expected, "seed {seed}: {spoken:?}");
            if expected == Voice::Good {
                assert!((spoken.dbfs - db).abs() < 2.0 && (spoken.noise_dbfs - -65.0).abs() < 3.0, "{spoken:?}");
                assert!(spoken.peak_dbfs > spoken.dbfs + 2.0 && spoken.peak_dbfs <= 0.0, "{spoken:?}");
            }
        }
    }

    #[test]
    fn a_voice_is_heard_out_of_a_noisy_room() {
        let spoken = judge(&speech(7, -20.0, -42.0));
        assert_eq!(spoken.voice, Voice::Good, "{spoken:?}");
        assert!((spoken.noise_dbfs - -42.0).abs() < 2.0, "{spoken:?}");
    }

    #[test]
    fn what_is_no_voice_is_told_apart() {
        let tone: Vec<f32> = (0..48_000).map(|n| (n as f32 * 0.0576).sin() * 0.3).collect();
        for (sound, expected) in [
            (vec![0.0; 48_000], Voice::Zeros),
            (Vec::new(), Voice::Zeros),
            (speech(8, -120.0, -70.0), Voice::Silent),
            (speech(9, -120.0, -30.0), Voice::Steady),
            (tone, Voice::Steady),
        ] {
            assert_eq!(judge(&sound).voice, expected);
        }
    }

    /// Four seconds of something like words at `db`, in noise at `noise`, both dBFS; cut off at full scale.
    fn speech(seed: u64, db: f32, noise: f32) -> Vec<f32> {
        let mut random = Seed::new(seed);
        // The levels of a sum of three sines of 1, 1/2, 1/3, and of a sum of three even distributions.
        let (voice, hiss) = (10_f32.powf(db / 20.0) / 0.825, 10_f32.powf(noise / 20.0) / 0.5);
        let sample = |n: usize| {
            let at = n as f32 / 48_000.0;
            let wave = |h: f32| (std::f32::consts::TAU * 150.0 * h * at).sin() / h;
            let word = if n % 24_000 < 14_000 { 1.0 } else { 0.0 };
            let noise = (random.unit() + random.unit() + random.unit() - 1.5) as f32;
            (voice * word * (wave(1.0) + wave(2.0) + wave(3.0)) + hiss * noise).clamp(-1.0, 1.0)
        };
        (0..192_000).map(sample).collect()
    }
}
