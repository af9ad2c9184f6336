//! What is in a WAV file: how much of its sound is one tone.

use std::f64::consts::TAU;
use std::path::Path;

/// Goertzel's algorithm is run over pieces of this many parts of a second: where sound was lost or late, the phase of a
/// tone jumps, and only the piece it jumps in suffers.
const PIECES: u32 = 20;

/// The share (0 to 1) of the power of the last second of `file` that is at `hertz`, a multiple of [`PIECES`].
pub fn share_of(file: &Path, hertz: u16) -> f64 {
    let mut reader = hound::WavReader::open(file).unwrap();
    let rate = reader.spec().sample_rate;
    let samples: Vec<f64> = reader.samples::<i16>().map(|sample| f64::from(sample.unwrap())).collect();
    let last = &samples[samples.len().saturating_sub(rate as usize)..];
    let step = 2.0 * (TAU * f64::from(hertz) / f64::from(rate)).cos();
    let at_hertz: f64 = last.chunks((rate / PIECES) as usize).map(|piece| power(piece, step)).sum();
    at_hertz / last.iter().map(|sample| sample * sample).sum::<f64>().max(1.0)
}

fn power(piece: &[f64], step: f64) -> f64 {
    let (one, two) = piece.iter().fold((0.0, 0.0), |(one, two), sample| (sample + step * one - two, one));
    (one * one + two * two - step * one * two) * 2.0 / piece.len() as f64
}
