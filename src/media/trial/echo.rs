//! The way from the speaker back into the microphone: chirps are played, and looked for in what was recorded.
//!
//! A chirp sweeps through the pitches of speech. Correlating with it gathers all its energy into one instant, so it is
//! found far below the noise of a room, and its instant is the delay.

use std::f64::consts::TAU;

use crate::media::level;
use crate::media::packet::SAMPLE_RATE;
use crate::media::resample;

/// The rate correlations are made at, Hz: enough for the pitches of the chirps.
const RATE: u32 = 4_000;

/// When each chirp begins, ms: uneven, so that no shift makes all of them fit but the right one.
const BEGINS_MS: [u32; 5] = [0, 310, 690, 1130, 1640];

/// How long a chirp lasts, ms, and its raised-cosine edges.
const CHIRP_MS: u32 = 120;
const EDGE_MS: u32 = 8;

/// The pitches it sweeps through, Hz: what even small speakers play.
const LOW: f64 = 400.0;
const HIGH: f64 = 1_800.0;

/// −17 dBFS: as loud as a voice on a call.
const AMPLITUDE: f64 = 0.2;

/// How late an echo is still looked for, ms: Bluetooth speakers take 300.
pub const ECHO_WITHIN_MS: u32 = 1000;

/// How far the best shift has to stand out of the typical one to be an echo: speech comes to 7.5, noise to 6.5.
const STANDS_OUT: f32 = 10.0;

/// How long a room goes on sounding, ms.
const FADES_MS: u32 = 80;

/// What comes back of the speaker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Echo {
    /// From the sample's being played to its being recorded, ms: through all buffers, the speaker, the air and the
    /// microphone.
    pub delay_ms: f32,
    /// How loud it is against what was played, dB: 0 is as loud, −40 hardly anything.
    pub db: f32,
}

/// What is to be played: 48 kHz.
pub fn chirps() -> Vec<f32> {
    let chirp = chirp();
    let last = BEGINS_MS[BEGINS_MS.len() - 1];
    let mut sound = vec![0.0; samples(last, SAMPLE_RATE) + chirp.len()];
    for begins in BEGINS_MS {
        sound[samples(begins, SAMPLE_RATE)..][..chirp.len()].copy_from_slice(&chirp);
    }
    sound
}

fn chirp() -> Vec<f32> {
    let (length, edge) = (samples(CHIRP_MS, SAMPLE_RATE), samples(EDGE_MS, SAMPLE_RATE) as f64);
    let seconds = f64::from(CHIRP_MS) / 1000.0;
    let sample = |n: usize| {
        let at = n as f64 / f64::from(SAMPLE_RATE);
        let phase = TAU * (LOW * at + (HIGH - LOW) * at * at / (2.0 * seconds));
        let from_end = (n.min(length - 1 - n) as f64).min(edge);
        (AMPLITUDE * phase.sin() * (0.5 - 0.5 * (TAU / 2.0 * from_end / edge).cos())) as f32
    };
    (0..length).map(sample).collect()
}

fn samples(millis: u32, rate: u32) -> usize {
    (millis * (rate / 1000)) as usize
}

/// Looks for [`chirps`] in `recorded` (48 kHz), which begins at the instant their first sample was played. `None` where
/// they are not heard, as with a headset.
pub fn find_echo(recorded: &[f32]) -> Option<Echo> {
    let at_rate = |sound: &[f32]| resample::clip(sound, SAMPLE_RATE, RATE).ok();
    let (recorded, chirp) = (at_rate(recorded)?, at_rate(&chirp())?);
    let longest = samples(BEGINS_MS[BEGINS_MS.len() - 1], RATE) + chirp.len();
    let shifts = recorded.len().checked_sub(longest)?.min(samples(ECHO_WITHIN_MS, RATE));
    let fits: Vec<Fit> = (0..shifts).map(|shift| Fit::of(&recorded, &chirp, shift)).collect();
    let mut usual: Vec<f32> = fits.iter().map(|fit| fit.mean.abs()).collect();
    usual.sort_unstable_by(f32::total_cmp);
    let typical = *usual.get(shifts / 2)?;
    let best = fits.iter().map(|fit| fit.agreed).fold(0.0, f32::max);
    // An exact silence has no typical shift: the recording of a card that gives zeros.
    if best < 1e-5 || best < STANDS_OUT * typical {
        return None;
    }
    // The direct way comes first, though a reflection may be louder. Its peak is where the rise to it ends.
    let rise = fits.iter().position(|fit| fit.agreed >= best / 2.0)?;
    let peak = rise + fits[rise..].windows(2).position(|pair| pair[1].agreed < pair[0].agreed)?;
    let played = level::power(&chirp);
    let power = came_back(&recorded, peak).max(fits[peak].mean.powi(2) * played);
    Some(Echo { delay_ms: peak as f32 * 1000.0 / RATE as f32, db: 10.0 * (power / played).log10() })
}

/// How loud the chirps are in a recording that is shifted: 1 as loud as they were played, negative when turned over, as
/// some microphones do.
struct Fit {
    /// On the whole.
    mean: f32,
    /// At least so much in all of them but one, whichever the sign: a word at the wrong moment fits one chirp by chance,
    /// and not the others.
    agreed: f32,
}

impl Fit {
    fn of(recorded: &[f32], chirp: &[f32], shift: usize) -> Self {
        let energy: f32 = chirp.iter().map(|sample| sample * sample).sum();
        let mut gains = BEGINS_MS.map(|begins| {
            let piece = &recorded[shift + samples(begins, RATE)..][..chirp.len()];
            piece.iter().zip(chirp).map(|(recorded, chirp)| recorded * chirp).sum::<f32>() / energy
        });
        gains.sort_unstable_by(f32::total_cmp);
        let mean = gains.iter().sum::<f32>() / gains.len() as f32;
        Self { mean, agreed: gains[1].max(-gains[gains.len() - 2]).max(0.0) }
    }
}

/// The power that came back: what the chirps, shifted by `delay`, stand out of the quietest moment between them.
fn came_back(recorded: &[f32], delay: usize) -> f32 {
    let power = |from_ms: u32, length_ms: u32| {
        let from = delay + samples(from_ms, RATE);
        recorded.get(from..from + samples(length_ms, RATE)).map_or(f32::INFINITY, level::power)
    };
    let during = BEGINS_MS.iter().map(|begins| power(*begins, CHIRP_MS)).sum::<f32>() / BEGINS_MS.len() as f32;
    let between = BEGINS_MS[..BEGINS_MS.len() - 1].iter().map(|begins| power(begins + CHIRP_MS + FADES_MS, 100));
    (during - between.fold(f32::INFINITY, f32::min)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed::Seed;

    const NOISE: f64 = 0.01;

    #[test]
    fn an_echo_is_found_with_its_delay_and_its_level() {
        for (seed, delay_ms, db) in [(1, 12.0, -6.0), (2, 60.0, -20.0), (3, 250.0, -30.0), (4, 900.0, -3.0)] {
            let echo = find_echo(&room(seed, NOISE, &[(delay_ms, db)])).expect("an echo");
            assert!((echo.delay_ms - delay_ms).abs() < 1.0, "seed {seed}: {echo:?} for {delay_ms} ms");
            assert!((f64::from(echo.db) - f64::from(db)).abs() < 1.5, "seed {seed}: {echo:?} for {db} dB");
        }
    }

    #[test]
    fn an_echo_below_the_noise_of_the_room_is_found() {
        // −17 dBFS played, −45 dB back: −62 dBFS in noise of −45.
        let echo = find_echo(&room(5, NOISE, &[(80.0, -45.0)])).expect("an echo");
        assert!((echo.delay_ms - 80.0).abs() < 1.0, "{echo:?}");
        assert!((-51.0..-36.0).contains(&echo.db), "{echo:?}");
    }

    #[test]
    fn a_room_that_goes_on_sounding_has_the_delay_of_the_direct_way() {
        let mut ways = vec![(60.0, -20.0)];
        let mut random = Seed::new(6);
        ways.extend((1..60).map(|n| (60.0 + n as f32 * 2.5, -23.0 - n as f32 * 0.4 - random.below(6) as f32)));
        let echo = find_echo(&room(6, NOISE, &ways)).expect("an echo");
        assert!((echo.delay_ms - 60.0).abs() < 1.0, "{echo:?}");
        assert!((-21.0..-8.0).contains(&echo.db), "reflections count: {echo:?}");
    }

    #[test]
    fn with_a_headset_none_is_found() {
        for seed in 10..20 {
            assert_eq!(find_echo(&room(seed, NOISE, &[])), None, "seed {seed}: noise alone");
        }
        assert_eq!(find_echo(&room(20, 0.0, &[])), None, "exact silence");
        assert_eq!(find_echo(&[]), None);
    }

    #[test]
    fn a_voice_and_a_hum_are_no_echo() {
        for seed in 30..36 {
            let mut sound = room(seed, 0.001, &[]);
            let (mut random, mut phase, mut pitch, mut loud) = (Seed::new(seed), 0.0, 120.0, 0.0);
            for (n, sample) in sound.iter_mut().enumerate() {
                // Every 80 ms another sound, a third of them pauses.
                if n % 3_840 == 0 {
                    (pitch, loud) =
                        (100.0 + 80.0 * random.unit(), if random.below(3) == 0 { 0.0 } else { random.unit() });
                }
                phase += TAU * pitch / 48_000.0;
                let voice: f64 = (1..20).map(|h| (phase * f64::from(h)).sin() / f64::from(h)).sum();
                let hum = 0.02 * (TAU * 50.0 * n as f64 / 48_000.0).sin();
                *sample += (0.15 * voice * loud + hum) as f32;
            }
            assert_eq!(find_echo(&sound), None, "seed {seed}");
        }
    }

    /// What a microphone records in a noisy room to which the chirps come on these ways: delay in ms, level in dB.
    fn room(seed: u64, noise: f64, ways: &[(f32, f32)]) -> Vec<f32> {
        let mut random = Seed::new(seed);
        let chirps = chirps();
        let mut sound: Vec<f32> = (0..chirps.len() + samples(ECHO_WITHIN_MS, SAMPLE_RATE))
            .map(|_| ((random.unit() + random.unit() + random.unit() - 1.5) * noise) as f32)
            .collect();
        for (delay_ms, db) in ways {
            let (delay, gain) = ((delay_ms * 48.0) as usize, 10_f32.powf(db / 20.0));
            for (sample, chirp) in sound[delay..].iter_mut().zip(&chirps) {
                *sample += chirp * gain;
            }
        }
        sound
    }
}
