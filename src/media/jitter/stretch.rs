//! Shortens and lengthens sound by whole periods of its pitch, so that it stays as it was but for its length (waveform
//! similarity overlap-add).

use super::sound::{HISTORY, Sound};

/// The shortest and the longest period looked for, samples: 2.5 and 15 ms.
pub(super) const SHORTEST: usize = 120;
const LONGEST: usize = 720;

/// Samples over which one period fades into the next, at most: 5 ms.
const OVERLAP: usize = 240;

/// Samples before the seam that must be alike too: 5 ms.
const BEFORE: usize = 240;

/// The pitch is looked for at a sixth of the rate, 8 kHz, first.
const COARSE: usize = 6;

/// How alike two periods must be, of 1.
pub(super) const ALIKE: f32 = 0.6;

/// How alike two periods sound that are nothing but noise.
const NOISE: f32 = 0.3;

/// Leaves out a period of at most `most` samples from what is ready, if it finds one that repeats at least as `alike`;
/// returns its length.
pub(super) fn shorten(sound: &mut Sound, most: usize, alike: f32) -> usize {
    let overlap = OVERLAP.min(sound.ready() / 4);
    let longest = LONGEST.min(most).min(sound.ready() - overlap);
    let (samples, at) = sound.louder();
    let Some((lag, likeness)) = best(samples, at, overlap, longest, |at, lag| at + lag) else { return 0 };
    if likeness < alike {
        return 0;
    }
    sound.each(|samples, at| {
        for n in 0..overlap {
            let (old, new) = weights(n, overlap, likeness);
            samples[at + n] = samples[at + n] * old + samples[at + lag + n] * new;
        }
        samples.copy_within(at + lag + overlap.., at + overlap);
        samples.truncate(samples.len() - lag);
    });
    lag
}

/// Plays a period of what was played last once more, if there is one that repeats at least as `alike`; returns its
/// length.
pub(super) fn lengthen(sound: &mut Sound, alike: f32) -> usize {
    let overlap = OVERLAP.min(sound.ready() / 4);
    let (samples, at) = sound.louder();
    let Some((lag, likeness)) = best(samples, at, overlap, LONGEST, |at, lag| at - lag) else { return 0 };
    if likeness < alike {
        return 0;
    }
    sound.each(|samples, at| {
        let mut next = [0.0; OVERLAP];
        next[..overlap].copy_from_slice(&samples[at..at + overlap]);
        let length = samples.len();
        samples.resize(length + lag, 0.0);
        samples.copy_within(at - lag..length, at);
        for (n, next) in next[..overlap].iter().enumerate() {
            let (old, new) = weights(n, overlap, likeness);
            samples[at + n] = next * old + samples[at + n] * new;
        }
    });
    lag
}

/// What remains of the old and what comes of the new at step `n` of a fade. Noise adds up by power, likes by amplitude.
fn weights(n: usize, overlap: usize, likeness: f32) -> (f32, f32) {
    let new = (n as f32 + 0.5) / overlap as f32;
    if likeness < NOISE { ((1.0 - new).sqrt(), new.sqrt()) } else { (1.0 - new, new) }
}

/// The lag at which the sound around the seam `at` is most like itself, and how alike; `None` where there is no room
/// for any. `moved` says where the seam is moved to by a lag.
fn best(
    samples: &[f32],
    at: usize,
    overlap: usize,
    longest: usize,
    moved: impl Fn(usize, usize) -> usize,
) -> Option<(usize, f32)> {
    if longest < SHORTEST || overlap == 0 {
        return None;
    }
    let mut thin = [0.0; (2 * HISTORY + 2 * LONGEST) / COARSE];
    let begin = at - HISTORY;
    let end = samples.len().min(at + LONGEST + overlap);
    for (thin, block) in thin.iter_mut().zip(samples[begin..end].chunks_exact(COARSE)) {
        *thin = block.iter().sum();
    }
    let window = (BEFORE + overlap) / COARSE;
    let thin_seam = (HISTORY - BEFORE) / COARSE;
    let found = (SHORTEST / COARSE..=longest / COARSE)
        .map(|lag| (lag, likeness(&thin, thin_seam, moved(thin_seam, lag), window)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let near = found.0 * COARSE;
    let from = at - BEFORE;
    (near.saturating_sub(COARSE).max(SHORTEST)..=(near + COARSE).min(longest))
        .map(|lag| (lag, likeness(samples, from, moved(from, lag), BEFORE + overlap)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The normalised correlation of two windows.
fn likeness(samples: &[f32], one: usize, other: usize, window: usize) -> f32 {
    let (mut product, mut left, mut right) = (0.0_f32, 1e-9_f32, 1e-9_f32);
    for (a, b) in samples[one..one + window].iter().zip(&samples[other..other + window]) {
        product += a * b;
        left += a * a;
        right += b * b;
    }
    product / (left * right).sqrt()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::media::tones::strength;

    #[test]
    fn a_voice_stretched_keeps_its_pitch_and_has_no_seam() {
        for shorter in [true, false] {
            let mut sound = Sound::new(9600);
            sound.append(&voice(0, 2400), 1);
            let mut heard = Vec::new();
            let mut tick = crate::media::tick::Tick::default();
            let mut changed = 0;
            for frame in 0..60 {
                sound.append(&voice(2400 + frame * 960, 960), 1);
                changed += if shorter { shorten(&mut sound, LONGEST, ALIKE) } else { lengthen(&mut sound, ALIKE) };
                while sound.ready() >= 2400 {
                    sound.take(&mut tick);
                    heard.extend_from_slice(tick.left());
                }
            }
            assert!(changed > 60 * 120, "{shorter}: {changed}");
            let harmonics: f64 = [150.0, 300.0, 450.0].map(|hertz| strength(&heard[..19_200], hertz)).iter().sum();
            assert!((harmonics - 0.6).abs() < 0.06, "{shorter}: {harmonics}");
            let steepest = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            assert!(steepest < 0.03, "{shorter}: {steepest}");
        }
    }

    #[test]
    fn what_is_never_like_itself_is_left_as_it_is() {
        let mut random = crate::base::seed::Seed::new(3);
        let mut sound = Sound::new(9600);
        let noise: Vec<f32> = (0..4800).map(|_| random.unit() as f32 - 0.5).collect();
        sound.append(&noise, 1);
        assert_eq!((shorten(&mut sound, LONGEST, ALIKE), lengthen(&mut sound, ALIKE)), (0, 0));
        assert_eq!(sound.ready(), 4800);
        assert!(shorten(&mut sound, LONGEST, -1.0) > 0, "unless anything will do");
    }

    #[test]
    fn nothing_is_taken_beyond_what_is_allowed() {
        let mut sound = Sound::new(9600);
        sound.append(&voice(0, 4800), 1);
        assert_eq!(shorten(&mut sound, SHORTEST - 1, ALIKE), 0);
        let lag = shorten(&mut sound, 400, ALIKE);
        assert!((310..330).contains(&lag), "one period of 150 Hz: {lag}");
        assert_eq!(sound.ready(), 4800 - lag);
    }

    /// Three harmonics of 150 Hz, 0.2 each.
    fn voice(from: usize, count: usize) -> Vec<f32> {
        let wave = |at: usize| {
            [150.0, 300.0, 450.0].map(|hertz| (hertz * at as f64 / 48_000.0 * TAU).sin()).iter().sum::<f64>()
        };
        (from..from + count).map(|at| (wave(at) * 0.2) as f32).collect()
    }
}
