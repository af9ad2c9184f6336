//! Where one source follows another in the same slot: the end of the first, and the beginning of the second.

use std::time::Instant;

use super::{JitterBuffer, Pulled};
use crate::media::packet::{Kind, TICK};

/// Samples in which the sound of a source ends that another one follows: 5 ms.
const FADE_OUT: usize = TICK / 2;

/// What comes next in the sequence, after what was heard.
#[derive(Debug)]
pub(super) enum Follows {
    /// Nothing yet.
    Nothing,
    /// More of the same source, perhaps after some that are missing.
    More,
    /// Sound of another source.
    Another(Option<u16>),
    /// Telephone events of another source.
    TonesOfAnother,
}

impl JitterBuffer {
    /// What comes next, as far as it has arrived.
    pub(super) fn follows(&self) -> Follows {
        let Some(first) = self.queue.first() else { return Follows::Nothing };
        match (first.kind, self.source) {
            (Kind::Opus, Some(source)) if first.mark != source => Follows::Another(first.mark),
            (Kind::TelephoneEvent, Some(source)) if first.mark != source => Follows::TonesOfAnother,
            (Kind::Opus | Kind::TelephoneEvent, _) => Follows::More,
        }
    }

    /// Another source speaks from here on: the sound of the one before ends, and play begins anew once it has waited.
    pub(super) fn switch(&mut self, mark: Option<u16>, missing: u64, now: Instant) {
        self.stats.lost += missing;
        self.queue.skip(missing);
        let ends_in_sound = self.sound.ready() > 0 || self.strength > 0.0;
        if ends_in_sound {
            self.fade_out();
        }
        self.codec.reset();
        self.background.forget();
        self.pace.forget();
        self.source = Some(mark);
        self.end = None;
        self.strength = 0.0;
        (self.made_up, self.owed, self.resting) = (0, 0, false);
        if !self.has_waited(now) {
            self.playing = false;
            if !ends_in_sound {
                self.sound.append(&[0.0; TICK], 1);
            }
        }
    }

    /// Fills the tick with the end of what is heard: the decoder goes on a little way beyond it, down to silence.
    fn fade_out(&mut self) {
        let heard = self.sound.ready();
        self.begin_of();
        let channels = self.codec.channels();
        if self.strength == 0.0 || self.codec.conceal(TICK).is_err() {
            self.codec.samples()[..TICK * channels].fill(0.0);
        }
        let strength = self.strength;
        let more = &mut self.codec.samples()[..(TICK - heard) * channels];
        more.iter_mut().for_each(|sample| *sample *= strength);
        self.sound.append(more, channels);
        self.sounds(if self.strength > 0.0 { Pulled::Concealed } else { self.ready_is });
        self.sound.each(|samples, at| {
            let begin = at + heard.min(TICK - FADE_OUT);
            for (step, sample) in samples[begin..].iter_mut().enumerate() {
                *sample *= 1.0 - (step as f32 / FADE_OUT as f32).min(1.0);
            }
        });
    }

    /// Telephone events of somebody else than is heard take no time from whom it is.
    pub(super) fn pass_over(&mut self, missing: u64) {
        self.stats.lost += missing;
        self.queue.skip(missing);
        self.queue.take();
    }
}

#[cfg(test)]
mod tests;
