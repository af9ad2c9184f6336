//! Decoded samples that wait to be played, and a little of what was played, in one channel or two.

use crate::media::packet::TICK;
use crate::media::tick::Tick;

/// Samples of the past that are kept: 20 ms, for the pitch to be found in.
pub(super) const HISTORY: usize = 960;

/// Sound, and how far it is played.
#[derive(Debug)]
pub(super) struct Sound {
    left: Vec<f32>,
    /// Of no meaning while it is mono.
    right: Vec<f32>,
    stereo: bool,
    /// Where what is ready begins.
    at: usize,
}

impl Sound {
    /// Silence has been played; nothing is ready. `room`: how many samples will ever be ready, for memory.
    pub(super) fn new(room: usize) -> Self {
        let mut left = Vec::with_capacity(room + 2 * HISTORY);
        left.resize(HISTORY, 0.0);
        Self { left, right: Vec::new(), stereo: false, at: HISTORY }
    }

    /// Samples not played yet.
    pub(super) fn ready(&self) -> usize {
        self.left.len() - self.at
    }

    /// Adds samples, `channels` interleaved. The whole becomes stereo with the first that are, and mono again with the
    /// first that are not.
    pub(super) fn append(&mut self, samples: &[f32], channels: usize) {
        self.become_stereo(channels == 2);
        if self.stereo {
            self.left.extend(samples.iter().step_by(2));
            self.right.extend(samples.iter().skip(1).step_by(2));
        } else {
            self.left.extend_from_slice(samples);
        }
    }

    /// The same changes to each channel.
    pub(super) fn each(&mut self, mut change: impl FnMut(&mut Vec<f32>, usize)) {
        change(&mut self.left, self.at);
        if self.stereo {
            change(&mut self.right, self.at);
        }
    }

    /// What to look for a pitch in: the louder channel, and where what is ready begins in it.
    pub(super) fn louder(&self) -> (&[f32], usize) {
        let power = |samples: &[f32]| samples.iter().map(|s| s * s).sum::<f32>();
        if self.stereo && power(&self.right) > power(&self.left) {
            (&self.right, self.at)
        } else {
            (&self.left, self.at)
        }
    }

    /// Plays 10 ms, which must be ready.
    pub(super) fn take(&mut self, out: &mut Tick) {
        let (from, to) = (self.at, self.at + TICK);
        if self.stereo {
            let (left, right) = out.stereo_mut();
            left.copy_from_slice(&self.left[from..to]);
            right.copy_from_slice(&self.right[from..to]);
        } else {
            out.mono_mut().copy_from_slice(&self.left[from..to]);
        }
        self.at = to;
        self.drop_past();
    }

    /// Nothing is ready any more, and the past is silence.
    pub(super) fn clear(&mut self) {
        self.become_stereo(false);
        self.left.clear();
        self.left.resize(HISTORY, 0.0);
        self.at = HISTORY;
    }

    fn become_stereo(&mut self, stereo: bool) {
        if stereo && !self.stereo {
            self.right.clear();
            self.right.extend_from_slice(&self.left);
        } else if self.stereo && !stereo {
            self.left.iter_mut().zip(&self.right).for_each(|(left, right)| *left = (*left + right) / 2.0);
        }
        self.stereo = stereo;
    }

    fn drop_past(&mut self) {
        let past = self.at - HISTORY;
        self.left.drain(..past);
        if self.stereo {
            self.right.drain(..past);
        }
        self.at = HISTORY;
    }
}
