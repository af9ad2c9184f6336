//! Whether somebody speaks, tick by tick: [`VoiceActivity`] judges frames of 20 ms, whatever frames a call is sent in.

use crate::media::level::{self, VoiceActivity};

/// Joins ticks to frames and judges these.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    activity: VoiceActivity,
    /// The power of the first tick of a frame.
    half: Option<f32>,
    voice: bool,
}

impl Spoken {
    /// Hears a tick of this power; says whether the frame that ended last belongs to speech.
    pub(super) fn hear(&mut self, power: f32) -> bool {
        match self.half.take() {
            None => self.half = Some(power),
            Some(first) => self.voice = self.activity.hear(level::from_power((first + power) / 2.0)),
        }
        self.voice
    }

    /// What was said last.
    pub(super) fn voice(&self) -> bool {
        self.voice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_is_noticed_within_a_frame_and_outlasts_a_short_pause() {
        let mut spoken = Spoken::default();
        assert!(!spoken.hear(1e-8) && !spoken.hear(1e-8) && !spoken.hear(0.01));
        assert!(spoken.hear(0.01) && spoken.voice());
        assert!((0..18).all(|_| spoken.hear(1e-8)), "a pause of less than 200 ms");
        assert!(!(0..4).map(|_| spoken.hear(1e-8)).last().unwrap());
    }
}
