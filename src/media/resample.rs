//! Changes the sample rate of a mono stream, for files and devices that do not run at 48 kHz.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Async, FixedAsync, Resampler as _, SincInterpolationParameters, SincInterpolationType, WindowFunction};

/// The sample rates that can be converted, Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;

/// Taps of the filter: 0.7 ms of delay and inaudible artefacts.
const TAPS: usize = 64;

/// A sample rate outside [`RATES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sample rate of {0} Hz can't be converted")]
pub struct BadRate(pub u32);

/// A converter between two rates.
pub struct Resampler {
    inner: Async<f32>,
    input: Vec<f32>,
    output: Vec<f32>,
}

impl Resampler {
    /// A converter from `from` Hz to `to` Hz.
    ///
    /// # Errors
    /// [`BadRate`] when one of them is outside [`RATES`].
    pub fn new(from: u32, to: u32) -> Result<Self, BadRate> {
        if let Some(bad) = [from, to].into_iter().find(|rate| !RATES.contains(rate)) {
            return Err(BadRate(bad));
        }
        let parameters = SincInterpolationParameters {
            interpolation: SincInterpolationType::Linear,
            oversampling_factor: 256,
            ..SincInterpolationParameters::new(TAPS, WindowFunction::BlackmanHarris2)
        };
        let ratio = f64::from(to) / f64::from(from);
        let chunk = (from / 100) as usize;
        let inner = Async::new_sinc(ratio, 1.1, &parameters, chunk, 1, FixedAsync::Input).map_err(|_| BadRate(from))?;
        let output = vec![0.0; inner.output_frames_max()];
        Ok(Self { inner, input: Vec::with_capacity(chunk), output })
    }

    /// Takes any number of samples, and hands what can be converted already to `out`, in pieces of about 10 ms.
    pub fn push(&mut self, mut samples: &[f32], mut out: impl FnMut(&[f32])) {
        while !samples.is_empty() {
            let chunk = self.inner.input_frames_next();
            let room = chunk.saturating_sub(self.input.len()).min(samples.len());
            self.input.extend_from_slice(&samples[..room]);
            samples = &samples[room..];
            if self.input.len() < chunk {
                return;
            }
            out(self.convert());
            self.input.clear();
        }
    }

    /// Samples at the output rate by which everything comes out later.
    pub fn delay(&self) -> usize {
        self.inner.output_delay()
    }

    fn convert(&mut self) -> &[f32] {
        let frames = self.output.len();
        let from = InterleavedSlice::new(&self.input, 1, self.input.len());
        let to = InterleavedSlice::new_mut(&mut self.output, 1, frames);
        let (Ok(from), Ok(mut to)) = (from, to) else { return &[] };
        match self.inner.process_into_buffer(&from, &mut to, None) {
            Ok((_, made)) => &self.output[..made],
            Err(_) => &[],
        }
    }
}

/// A whole clip at another rate, as long as it was.
///
/// # Errors
/// [`BadRate`] when one of the rates is outside [`RATES`].
pub fn clip(samples: &[f32], from: u32, to: u32) -> Result<Vec<f32>, BadRate> {
    if from == to {
        return Ok(samples.to_vec());
    }
    let mut resampler = Resampler::new(from, to)?;
    let length = (samples.len() as u64 * u64::from(to) / u64::from(from)) as usize;
    let delay = resampler.delay();
    let mut out = Vec::with_capacity(length + delay + to as usize / 10);
    resampler.push(samples, |piece| out.extend_from_slice(piece));
    // Silence pushes the end out of the filter.
    resampler.push(&vec![0.0; from as usize / 10], |piece| out.extend_from_slice(piece));
    out.drain(..delay.min(out.len()));
    out.resize(length, 0.0);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::level;
    use crate::media::tones::strength;

    #[test]
    fn a_tone_keeps_its_pitch_level_and_length() {
        for rate in [8_000, 11_025, 16_000, 44_100, 96_000] {
            let tone: Vec<f32> =
                (0..rate).map(|n| (n as f32 * std::f32::consts::TAU * 440.0 / rate as f32).sin() * 0.5).collect();
            let out = clip(&tone, rate, 48_000).unwrap();
            assert_eq!(out.len(), 48_000, "{rate}");
            let middle = &out[4_800..43_200];
            assert!((level::dbfs(middle) - -9.03).abs() < 0.2, "{rate}: {}", level::dbfs(middle));
            assert!(strength(middle, 440.0) > 0.49, "{rate}: {}", strength(middle, 440.0));
        }
    }

    #[test]
    fn a_stream_in_odd_pieces_loses_nothing() {
        let mut resampler = Resampler::new(44_100, 48_000).unwrap();
        let (mut fed, mut made) = (0, 0);
        for piece in (1..400).cycle().take(4_000) {
            resampler.push(&vec![0.1; piece], |out| made += out.len());
            fed += piece;
        }
        let expected = fed as f64 * 48_000.0 / 44_100.0;
        assert!((made as f64 - expected).abs() < 1_000.0, "{made} of {expected}");
    }

    #[test]
    fn impossible_rates_are_refused() {
        assert_eq!(Resampler::new(0, 48_000).err(), Some(BadRate(0)));
        assert_eq!(Resampler::new(48_000, u32::MAX).err(), Some(BadRate(u32::MAX)));
    }
}
