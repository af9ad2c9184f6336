//! Where one source follows another in the same slot: the end of the first, and the beginning of the second.

use std::time::Instant;

use super::{FADE_TO, JitterBuffer, Pulled, fade};
use crate::media::packet::TICK;

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
        match (self.queue.first_is(), self.source) {
            (None, _) => Follows::Nothing,
            (Some((mark, true)), Some(source)) if mark != source => Follows::Another(mark),
            (Some((mark, false)), Some(source)) if mark != source => Follows::TonesOfAnother,
            (Some(_), _) => Follows::More,
        }
    }

    /// Another source speaks from here on: the sound of the one before ends, and play begins anew once it has waited.
    pub(super) fn switch(&mut self, mark: Option<u16>, missing: u64, now: Instant) {
        self.stats.lost += missing;
        self.queue.skip(missing);
        let ends_in_sound = !self.ready.is_empty() || self.bridged < FADE_TO;
        if ends_in_sound {
            self.fade_out();
        }
        self.decoder.reset();
        self.source = Some(mark);
        self.bridged = FADE_TO;
        self.owed = 0;
        if !self.has_waited(now) {
            self.playing = false;
            if !ends_in_sound {
                self.ready_is = Pulled::Silence;
                self.ready.resize(TICK, 0.0);
            }
        }
    }

    /// Fills the tick with the end of what is heard: the decoder goes on a little way beyond it, down to silence.
    fn fade_out(&mut self) {
        let heard = self.ready.len();
        if heard == 0 {
            self.ready_of = self.source.flatten();
        }
        let more = &mut self.scratch[..TICK];
        if self.bridged >= FADE_TO || self.decoder.conceal(more).is_err() {
            more.fill(0.0);
        }
        let gain = fade(self.bridged);
        self.ready.extend(more[..TICK - heard].iter().map(|sample| sample * gain));
        let begin = heard.min(TICK - FADE_OUT);
        for (at, sample) in self.ready[begin..].iter_mut().enumerate() {
            *sample *= 1.0 - (at as f32 / FADE_OUT as f32).min(1.0);
        }
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
