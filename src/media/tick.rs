//! 10 ms of sound: the step of capture, mixing and playing, of one channel or two.

use super::level;
use super::packet::TICK;

/// 10 ms of sound at 48 kHz. Speech is mono; only where somebody sends music in two channels it is stereo.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    left: [f32; TICK],
    /// Of no meaning while it is mono.
    right: [f32; TICK],
    stereo: bool,
}

impl Default for Tick {
    /// Silence.
    fn default() -> Self {
        Self { left: [0.0; TICK], right: [0.0; TICK], stereo: false }
    }
}

impl From<[f32; TICK]> for Tick {
    fn from(mono: [f32; TICK]) -> Self {
        Self { left: mono, ..Self::default() }
    }
}

impl Tick {
    /// Whether its two channels may differ.
    pub fn is_stereo(&self) -> bool {
        self.stereo
    }

    /// Becomes silence, in one channel.
    pub fn clear(&mut self) {
        self.left.fill(0.0);
        self.stereo = false;
    }

    /// What the left ear hears: of a mono tick, all there is.
    pub fn left(&self) -> &[f32; TICK] {
        &self.left
    }

    /// What the right ear hears.
    pub fn right(&self) -> &[f32; TICK] {
        if self.stereo { &self.right } else { &self.left }
    }

    /// Its samples as one channel, to be changed; a stereo tick is mixed down first.
    pub fn mono_mut(&mut self) -> &mut [f32; TICK] {
        if self.stereo {
            self.left.iter_mut().zip(&self.right).for_each(|(left, right)| *left = (*left + right) / 2.0);
            self.stereo = false;
        }
        &mut self.left
    }

    /// Its samples as two channels, left and right, to be changed; those of a mono tick are the same.
    pub fn stereo_mut(&mut self) -> (&mut [f32; TICK], &mut [f32; TICK]) {
        if !self.stereo {
            self.right = self.left;
            self.stereo = true;
        }
        (&mut self.left, &mut self.right)
    }

    /// Adds another tick, scaled by `gain`; stereo as soon as one of the two is.
    pub fn add(&mut self, other: &Self, gain: f32) {
        let more = |sum: &mut [f32; TICK], track: &[f32; TICK]| {
            sum.iter_mut().zip(track).for_each(|(sum, sample)| *sum += sample * gain);
        };
        if self.stereo || other.stereo {
            let (left, right) = self.stereo_mut();
            more(left, other.left());
            more(right, other.right());
        } else {
            more(&mut self.left, &other.left);
        }
    }

    /// Turns it up or down by a factor.
    pub fn scale(&mut self, gain: f32) {
        self.left.iter_mut().for_each(|sample| *sample *= gain);
        if self.stereo {
            self.right.iter_mut().for_each(|sample| *sample *= gain);
        }
    }

    /// The mean power of its channels: 1 is a full-scale square wave.
    pub fn power(&self) -> f32 {
        let left = level::power(&self.left);
        if self.stereo { (left + level::power(&self.right)) / 2.0 } else { left }
    }

    /// Its highest sample, whichever the sign and the channel.
    pub fn peak(&self) -> f32 {
        let of = |samples: &[f32; TICK]| samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        if self.stereo { of(&self.left).max(of(&self.right)) } else { of(&self.left) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stereo(left: f32, right: f32) -> Tick {
        let mut tick = Tick::default();
        let (l, r) = tick.stereo_mut();
        l.fill(left);
        r.fill(right);
        tick
    }

    #[test]
    fn a_mono_tick_sounds_the_same_in_both_ears() {
        let tick = Tick::from([0.25; TICK]);
        assert!(!tick.is_stereo());
        assert_eq!(tick.left(), tick.right());
        assert!((tick.power() - 0.0625).abs() < 1e-6 && (tick.peak() - 0.25).abs() < 1e-6);
    }

    #[test]
    fn stereo_is_mixed_down_and_mono_spread_out() {
        let mut tick = stereo(0.4, -0.2);
        assert!((tick.power() - 0.1).abs() < 1e-6 && (tick.peak() - 0.4).abs() < 1e-6);
        assert!(tick.mono_mut().iter().all(|sample| (sample - 0.1).abs() < 1e-6));
        assert!(!tick.is_stereo());
        let (left, right) = tick.stereo_mut();
        assert_eq!(left, right);
    }

    #[test]
    fn a_sum_is_stereo_as_soon_as_a_part_is() {
        let mut sum = Tick::from([0.1; TICK]);
        sum.add(&Tick::from([0.1; TICK]), 0.5);
        assert!(!sum.is_stereo() && (sum.left()[7] - 0.15).abs() < 1e-6);
        sum.add(&stereo(0.2, 0.4), 1.0);
        assert!((sum.left()[0] - 0.35).abs() < 1e-6 && (sum.right()[0] - 0.55).abs() < 1e-6);
        sum.add(&Tick::from([0.1; TICK]), 1.0);
        sum.scale(2.0);
        assert!((sum.left()[0] - 0.9).abs() < 1e-6 && (sum.right()[0] - 1.3).abs() < 1e-6);
        sum.clear();
        assert_eq!((sum.peak(), sum.is_stereo()), (0.0, false));
    }
}
