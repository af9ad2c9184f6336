//! What is in a WAV file: how much of its sound is one tone.

use std::f64::consts::TAU;
use std::path::Path;

/// Goertzel's algorithm is run over pieces of this many parts of a second: where sound was lost or late, the phase of a
/// tone jumps, and only the piece it jumps in suffers.
const PIECES: u32 = 20;

/// Below this mean power of its samples, a piece is a gap: −50 dBFS.
const GAP: f64 = 10_000.0;

/// The share (0 to 1) of the power of the last second of `file` that is at `hertz`, a multiple of [`PIECES`]. Gaps, where a
/// busy machine had nothing to play, do not count.
pub fn share_of(file: &Path, hertz: u16) -> f64 {
    let pieces = pieces(file, hertz);
    let last = pieces.iter().rev().take(PIECES as usize);
    let (at_hertz, all) = last.fold((0.0, 0.0), |(at_hertz, all), piece| (at_hertz + piece.0, all + piece.1));
    at_hertz / f64::max(all, 1.0)
}

/// How many seconds of `file` are to a good part at `hertz`, a multiple of [`PIECES`].
pub fn seconds_of(file: &Path, hertz: u16) -> f64 {
    let good = pieces(file, hertz).iter().filter(|(at_hertz, all)| *at_hertz > 0.2 * all).count();
    good as f64 / f64::from(PIECES)
}

/// The power at `hertz` and at all frequencies of each piece that is no gap.
fn pieces(file: &Path, hertz: u16) -> Vec<(f64, f64)> {
    let mut reader = hound::WavReader::open(file).unwrap();
    let rate = reader.spec().sample_rate;
    let samples: Vec<f64> = reader.samples::<i16>().map(|sample| f64::from(sample.unwrap())).collect();
    let step = 2.0 * (TAU * f64::from(hertz) / f64::from(rate)).cos();
    let pieces = samples.chunks_exact((rate / PIECES) as usize);
    let powers =
        pieces.map(|piece| (power(piece, step), piece.iter().map(|sample| sample * sample).sum::<f64>(), piece));
    powers.filter(|(_, all, piece)| *all > GAP * piece.len() as f64).map(|(at_hertz, all, _)| (at_hertz, all)).collect()
}

fn power(piece: &[f64], step: f64) -> f64 {
    let (one, two) = piece.iter().fold((0.0, 0.0), |(one, two), sample| (sample + step * one - two, one));
    (one * one + two * two - step * one * two) * 2.0 / piece.len() as f64
}
