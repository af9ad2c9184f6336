//! Shortens and lengthens sound by whole periods of its pitch, so that it stays as it was but for its length (waveform
//! similarity overlap-add).

use super::sound::{HISTORY, Sound};

/// The shortest and the longest period looked for, samples: 2.5 and 15 ms.
const SHORTEST: usize = 120;
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
