//! What is in a WAV file: how much of its sound is one tone.

use std::f64::consts::TAU;
use std::path::Path;

/// The share (0 to 1) of the power of the last second of `file` that is at `hertz` (Goertzel's algorithm).
pub fn share_of(file: &Path, hertz: u16) -> f64 {
    let mut reader = hound::WavReader::open(file).unwrap();
    let rate = reader.spec().sample_rate;
    let samples: Vec<f64> = reader.samples::<i16>().map(|sample| f64::from(sample.unwrap())).collect();
    let last = &samples[samples.len().saturating_sub(rate as usize)..];
    let step = 2.0 * (TAU * f64::from(hertz) / f64::from(rate)).cos();
    let (one, two) = last.iter().fold((0.0, 0.0), |(one, two), sample| (sample + step * one - two, one));
    let at_hertz = one.mul_add(one, two.mul_add(two, -step * one * two)) * 2.0 / last.len() as f64;
    at_hertz / last.iter().map(|sample| sample * sample).sum::<f64>().max(1.0)
}
