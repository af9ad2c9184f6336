//! Adds tracks of sound into one, and keeps the sum from clipping.

use super::packet::TICK;

/// The loudest the limiter lets out.
const CEILING: f32 = 0.95;

/// How much of its way back to full gain the limiter goes in a tick: about half in 100 ms.
const RECOVERY: f32 = 0.07;

/// Samples in which the limiter turns down: 1 ms.
const ATTACK: usize = 48;

/// Adds tracks tick by tick: any number of [`Mixer::add`], then one [`Mixer::finish`].
#[derive(Debug, Clone)]
pub struct Mixer {
    sum: [f32; TICK],
    gain: f32,
}

impl Default for Mixer {
    fn default() -> Self {
        Self { sum: [0.0; TICK], gain: 1.0 }
    }
}

impl Mixer {
    /// Adds a track to this tick, scaled by `gain`.
    pub fn add(&mut self, track: &[f32; TICK], gain: f32) {
        for (sum, sample) in self.sum.iter_mut().zip(track) {
            *sum += sample * gain;
        }
    }

    /// Hands out the tick, limited to full scale, and starts the next.
    pub fn finish(&mut self, out: &mut [f32; TICK]) {
        let peak = self.sum.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
        let recovered = self.gain + (1.0 - self.gain) * RECOVERY;
        let target = if peak * recovered > CEILING { CEILING / peak } else { recovered };
        let way = if target < self.gain { ATTACK } else { TICK };
        let step = (target - self.gain) / way as f32;
        for (at, (out, sum)) in out.iter_mut().zip(&self.sum).enumerate() {
            if at < way {
                self.gain += step;
            }
            // While the gain is still on its way down, the clamp holds the first peaks.
            let sample = sum * self.gain;
            *out = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
        }
        self.gain = if target.is_finite() { target.clamp(0.0, 1.0) } else { 1.0 };
        self.sum.fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_add_up_with_their_gains() {
        let mut mixer = Mixer::default();
        let mut out = [9.0; TICK];
        mixer.add(&[0.2; TICK], 1.0);
        mixer.add(&[0.4; TICK], 0.5);
        mixer.finish(&mut out);
        assert!(out.iter().all(|s| (s - 0.4).abs() < 1e-6));
        mixer.finish(&mut out);
        assert_eq!(out, [0.0; TICK], "nothing is left of the tick before");
    }

    #[test]
    fn a_loud_sum_is_turned_down_and_comes_back() {
        let mut mixer = Mixer::default();
        let mut out = [0.0; TICK];
        for _ in 0..3 {
            mixer.add(&[0.9; TICK], 1.0);
            mixer.add(&[0.9; TICK], 1.0);
            mixer.finish(&mut out);
            assert!(out.iter().all(|s| s.abs() <= 1.0));
        }
        assert!((out[TICK - 1] - CEILING).abs() < 0.01, "limited, not clipped: {}", out[TICK - 1]);
        for _ in 0..100 {
            mixer.add(&[0.5; TICK], 1.0);
            mixer.finish(&mut out);
        }
        assert!((out[0] - 0.5).abs() < 0.01);
    }

    #[test]
    fn broken_samples_do_not_stay() {
        let mut mixer = Mixer::default();
        let mut out = [0.0; TICK];
        for broken in [f32::NAN, f32::INFINITY] {
            mixer.add(&[broken; TICK], 1.0);
            mixer.finish(&mut out);
            assert!(out.iter().all(|s| s.is_finite()));
        }
        for _ in 0..200 {
            mixer.add(&[0.5; TICK], 1.0);
            mixer.finish(&mut out);
        }
        assert!((out[0] - 0.5).abs() < 0.05);
    }
}
