//! Sound to process: something like speech, noise, a room. All of it from seeds.

use std::f32::consts::TAU;

use crate::base::seed::Seed;
use crate::media::packet::TICK;
use crate::media::tick::Tick;

pub(super) const SECOND: usize = 48_000;

/// Something like speech: syllables of a wandering pitch through vowels' formants, hisses, pauses; about −22 dBFS while
/// it sounds.
pub(super) fn speech(seed: u64, seconds: usize) -> Vec<f32> {
    let mut random = Seed::new(seed);
    let mut sound = Vec::with_capacity(seconds * SECOND);
    while sound.len() < seconds * SECOND {
        let length = SECOND / 1000 * (80 + random.below(220)) as usize;
        let longest = if random.below(4) == 0 { 500 } else { 80 };
        let gap = SECOND / 1000 * (20 + random.below(longest)) as usize;
        syllable(&mut random, length, &mut sound);
        sound.resize(sound.len() + gap, 0.0);
    }
    sound.truncate(seconds * SECOND);
    sound
}

fn syllable(random: &mut Seed, length: usize, sound: &mut Vec<f32>) {
    const VOWELS: [[f32; 3]; 5] = [
        [730.0, 1090.0, 2440.0],
        [270.0, 2290.0, 3010.0],
        [300.0, 870.0, 2240.0],
        [530.0, 1840.0, 2480.0],
        [570.0, 840.0, 2410.0],
    ];
    let hiss = random.below(4) == 0;
    let formants = if hiss { [3500.0, 5000.0, 6500.0] } else { VOWELS[random.below(5) as usize] };
    let mut filters = formants.map(|hertz| Resonator::new(hertz, if hiss { 900.0 } else { 90.0 }));
    let pitch = 100.0 + 90.0 * random.unit() as f32;
    let loudness = 0.4 + 0.6 * random.unit() as f32;
    let (mut phase, begin) = (0.0_f32, sound.len());
    for at in 0..length {
        let place = at as f32 / length as f32;
        phase += pitch * (1.1 - 0.2 * place) / SECOND as f32;
        let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
        phase %= 1.0;
        let noise = random.unit() as f32 * 2.0 - 1.0;
        let excitation = if hiss { 0.3 * noise } else { pulse * 6.0 + 0.02 * noise };
        let voiced: f32 = filters.iter_mut().map(|filter| filter.next(excitation)).sum();
        sound.push(voiced * (std::f32::consts::PI * place).sin().sqrt());
    }
    let power = crate::media::level::power(&sound[begin..]).sqrt().max(1e-6);
    sound[begin..].iter_mut().for_each(|sample| *sample = (*sample * 0.11 * loudness / power).clamp(-0.9, 0.9));
}

struct Resonator {
    a: [f32; 2],
    gain: f32,
    past: [f32; 2],
}

impl Resonator {
    fn new(hertz: f32, width: f32) -> Self {
        let radius = (-std::f32::consts::PI * width / SECOND as f32).exp();
        let a = [2.0 * radius * (TAU * hertz / SECOND as f32).cos(), -radius * radius];
        Self { a, gain: 1.0 - radius, past: [0.0; 2] }
    }

    fn next(&mut self, sample: f32) -> f32 {
        let out = self.gain * sample + self.a[0] * self.past[0] + self.a[1] * self.past[1];
        self.past = [out, self.past[0]];
        out
    }
}

/// White noise of this level, dBFS.
pub(super) fn noise(seed: u64, seconds: usize, dbfs: f32) -> Vec<f32> {
    let mut random = Seed::new(seed);
    // Evenly spread between −1 and 1, its power is a third.
    let scale = 10_f32.powf(dbfs / 20.0) * 3_f32.sqrt();
    (0..seconds * SECOND).map(|_| (random.unit() as f32 * 2.0 - 1.0) * scale).collect()
}

/// What comes back of `far` in a room: after 60 ms, with 150 ms of reverberation, as loud as it was.
pub(super) fn echo(seed: u64, far: &[f32]) -> Vec<f32> {
    let mut random = Seed::new(seed);
    let first = SECOND * 60 / 1000;
    let mut taps = vec![(first, 0.7)];
    for _ in 0..40 {
        let after = (random.unit() * 0.15 * SECOND as f64) as usize;
        let strength = 0.35 * (-6.9 * after as f32 / (0.15 * SECOND as f32)).exp();
        taps.push((first + after, strength * (random.unit() as f32 * 2.0 - 1.0)));
    }
    let mut heard = vec![0.0; far.len()];
    for (delay, gain) in taps {
        for (at, sample) in heard.iter_mut().enumerate().skip(delay) {
            *sample += gain * far[at - delay];
        }
    }
    heard
}

pub(super) fn sum(one: &[f32], other: &[f32]) -> Vec<f32> {
    one.iter().zip(other).map(|(one, other)| one + other).collect()
}

/// Runs a microphone through a processor while `far` is played (or nothing); returns what leaves.
pub(super) fn run(processor: &mut super::Processor, near: &[f32], far: Option<&[f32]>) -> Vec<f32> {
    let mut out = Vec::with_capacity(near.len());
    for (at, samples) in near.chunks_exact(TICK).enumerate() {
        if let Some(far) = far {
            processor.render(&tick(&far[at * TICK..][..TICK]));
        }
        let mut tick = tick(samples);
        processor.capture(&mut tick);
        out.extend_from_slice(tick.left());
    }
    out
}

pub(super) fn tick(samples: &[f32]) -> Tick {
    Tick::from(<[f32; TICK]>::try_from(samples).unwrap())
}

/// How well the loudness of `out` follows that of `sound` once it is delayed as it fits best: the delay in samples, and
/// the correlation. Waves themselves can't be compared: splitting into bands and merging moves their phases.
pub(super) fn follows(sound: &[f32], out: &[f32]) -> (usize, f32) {
    let (sound, out) = (loudness(sound), loudness(out));
    let of = |delay: usize| {
        let out = &out[delay..delay + sound.len()];
        let count = sound.len() as f32;
        let (a, b) = (sound.iter().sum::<f32>() / count, out.iter().sum::<f32>() / count);
        let pairs = sound.iter().zip(out).map(|(x, y)| (x - a, y - b));
        let (both, xx, yy) =
            pairs.fold((0.0, 0.0, 0.0), |(both, xx, yy), (x, y)| (both + x * y, xx + x * x, yy + y * y));
        both / (xx * yy).sqrt().max(1e-12)
    };
    let steps = out.len() - sound.len();
    let (steps, alike) = (0..steps).map(|delay| (delay, of(delay))).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    (steps * STEP, alike)
}

/// Steps of half a millisecond.
const STEP: usize = 24;

/// The amplitude of every step and the three after it.
fn loudness(sound: &[f32]) -> Vec<f32> {
    sound.windows(4 * STEP).step_by(STEP).map(|window| crate::media::level::power(window).sqrt()).collect()
}
