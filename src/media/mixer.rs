//! Adds tracks of sound into one, and keeps the sum from clipping.

use super::packet::TICK;
use super::tick::Tick;

/// The loudest the limiter lets out.
const CEILING: f32 = 0.95;

/// How much of its way back to full gain the limiter goes in a tick: about half in 100 ms.
const RECOVERY: f32 = 0.07;

/// Samples in which the limiter turns down: 1 ms.
const ATTACK: usize = 48;

/// Adds tracks tick by tick: any number of [`Mixer::add`], then one [`Mixer::finish`].
#[derive(Debug, Clone)]
pub struct Mixer {
    sum: Tick,
    /// The limiter's.
    gain: f32,
    /// What the sum is turned up or down by, and what it is to be.
    volume: f32,
    wanted: f32,
}

impl Default for Mixer {
    fn default() -> Self {
        Self { sum: Tick::default(), gain: 1.0, volume: 1.0, wanted: 1.0 }
    }
}

impl Mixer {
    /// Adds a track to this tick, scaled by `gain`.
    pub fn add(&mut self, track: &Tick, gain: f32) {
        self.sum.add(track, gain);
    }

    /// Turns the sum up or down from the next tick on, as a factor of the amplitude; it gets there within that tick.
    pub fn turn(&mut self, volume: f32) {
        self.wanted = volume;
    }

    /// Whether a single track leaves as it comes, if it is no louder than full scale allows.
    pub fn is_neutral(&self) -> bool {
        self.wanted == 1.0 && self.volume == 1.0 && self.gain > 0.999
    }

    /// Hands out the tick, limited to full scale, and starts the next.
    pub fn finish(&mut self, out: &mut Tick) {
        let wanted = self.wanted;
        let volume = std::mem::replace(&mut self.volume, wanted);
        if (volume, wanted) != (1.0, 1.0) {
            turn(&mut self.sum, volume, wanted);
        }
        let peak = self.sum.peak();
        let recovered = self.gain + (1.0 - self.gain) * RECOVERY;
        let target = if peak * recovered > CEILING { CEILING / peak } else { recovered };
        let way = if target < self.gain { ATTACK } else { TICK };
        let begin = self.gain;
        std::mem::swap(out, &mut self.sum);
        if out.is_stereo() {
            let (left, right) = out.stereo_mut();
            limit(left, begin, target, way);
            limit(right, begin, target, way);
        } else {
            limit(out.mono_mut(), begin, target, way);
        }
        self.gain = if target.is_finite() { target.clamp(0.0, 1.0) } else { 1.0 };
        self.sum.clear();
    }
}

/// Turns a tick up or down, by `begin` at first and by `end` at last.
fn turn(tick: &mut Tick, begin: f32, end: f32) {
    if begin == end {
        return tick.scale(end);
    }
    let ramp = |samples: &mut [f32; TICK]| {
        for (at, sample) in samples.iter_mut().enumerate() {
            *sample *= begin + (end - begin) * (at + 1) as f32 / TICK as f32;
        }
    };
    if tick.is_stereo() {
        let (left, right) = tick.stereo_mut();
        ramp(left);
        ramp(right);
    } else {
        ramp(tick.mono_mut());
    }
}

/// Brings the gain from `begin` to `target` within `way` samples.
fn limit(samples: &mut [f32; TICK], begin: f32, target: f32, way: usize) {
    let step = (target - begin) / way as f32;
    for (at, sample) in samples.iter_mut().enumerate() {
        // While the gain is still on its way down, the clamp holds the first peaks.
        let limited = *sample * (begin + step * (at + 1).min(way) as f32);
        *sample = if limited.is_finite() { limited.clamp(-1.0, 1.0) } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_add_up_with_their_gains() {
        let mut mixer = Mixer::default();
        let mut out = Tick::from([9.0; TICK]);
        mixer.add(&Tick::from([0.2; TICK]), 1.0);
        mixer.add(&Tick::from([0.4; TICK]), 0.5);
        mixer.finish(&mut out);
        assert!(out.left().iter().all(|s| (s - 0.4).abs() < 1e-6));
        mixer.finish(&mut out);
        assert_eq!(out, Tick::default(), "nothing is left of the tick before");
    }

    #[test]
    fn a_loud_sum_is_turned_down_and_comes_back() {
        let mut mixer = Mixer::default();
        let mut out = Tick::default();
        for _ in 0..3 {
            mixer.add(&Tick::from([0.9; TICK]), 1.0);
            mixer.add(&Tick::from([0.9; TICK]), 1.0);
            mixer.finish(&mut out);
            assert!(out.left().iter().all(|s| s.abs() <= 1.0));
        }
        assert!((out.left()[TICK - 1] - CEILING).abs() < 0.01, "limited, not clipped: {}", out.left()[TICK - 1]);
        for _ in 0..100 {
            mixer.add(&Tick::from([0.5; TICK]), 1.0);
            mixer.finish(&mut out);
        }
        assert!((out.left()[0] - 0.5).abs() < 0.01);
    }

    #[test]
    fn the_sum_is_turned_up_and_down_within_a_tick_and_never_beyond_full_scale() {
        let mut mixer = Mixer::default();
        let mut out = Tick::default();
        let mut play = |mixer: &mut Mixer, stereo: bool| {
            let mut track = Tick::from([0.1; TICK]);
            if stereo {
                track.stereo_mut();
            }
            mixer.add(&track, 1.0);
            mixer.finish(&mut out);
            (out.left()[0], out.right()[TICK - 1])
        };
        assert!(mixer.is_neutral());
        mixer.turn(0.5);
        let (first, last) = play(&mut mixer, false);
        assert!(first > 0.099 && (last - 0.05).abs() < 1e-4, "{first} to {last}");
        mixer.turn(20.0);
        let (first, _) = play(&mut mixer, true);
        assert!(first < 0.06 && !mixer.is_neutral(), "{first}");
        let (first, last) = play(&mut mixer, true);
        assert!(first <= 1.0 && (last - CEILING).abs() < 0.01, "{first} to {last}");
        mixer.turn(1.0);
        for _ in 0..200 {
            play(&mut mixer, true);
        }
        assert!(mixer.is_neutral());
        assert!((play(&mut mixer, false).0 - 0.1).abs() < 1e-3);
    }

    #[test]
    fn broken_samples_do_not_stay() {
        let mut mixer = Mixer::default();
        let mut out = Tick::default();
        for broken in [f32::NAN, f32::INFINITY] {
            mixer.add(&Tick::from([broken; TICK]), 1.0);
            mixer.finish(&mut out);
            assert!(out.left().iter().all(|s| s.is_finite()));
        }
        for _ in 0..200 {
            mixer.add(&Tick::from([0.5; TICK]), 1.0);
            mixer.finish(&mut out);
        }
        assert!((out.left()[0] - 0.5).abs() < 0.05);
    }
}
