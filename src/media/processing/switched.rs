//! A part of the processing that comes, goes or is replaced while sound runs through it, without a click: the next one
//! hears along for a while, then one tick fades from one to the other.

use crate::media::packet::TICK;

/// A part of the processing.
pub(super) trait Stage {
    /// Processes 10 ms in place.
    fn process(&mut self, samples: &mut [f32; TICK]);
}

/// A place in the chain, with a part in it or none.
pub(super) struct Switched<S> {
    current: Option<S>,
    next: Option<Next<S>>,
}

struct Next<S> {
    stage: Option<S>,
    /// Ticks until it takes over.
    wait: u32,
}

impl<S> Default for Switched<S> {
    fn default() -> Self {
        Self { current: None, next: None }
    }
}

impl<S: Stage> Switched<S> {
    pub(super) fn new(current: Option<S>) -> Self {
        Self { current, next: None }
    }

    /// Puts `stage` in after `wait` ticks; one that was to come before it never does.
    pub(super) fn replace(&mut self, stage: Option<S>, wait: u32) {
        self.next = Some(Next { stage, wait });
    }

    /// Leaves the part in charge where it is: one that was to come never does.
    pub(super) fn keep(&mut self) {
        self.next = None;
    }

    /// Whether sound goes through untouched.
    pub(super) fn is_idle(&self) -> bool {
        self.current.is_none() && self.next.is_none()
    }

    /// The part in charge.
    pub(super) fn current(&self) -> Option<&S> {
        self.current.as_ref()
    }

    /// Tells something to the part in charge and to the one to come.
    pub(super) fn each(&mut self, mut tell: impl FnMut(&mut S)) {
        let next = self.next.as_mut().and_then(|next| next.stage.as_mut());
        self.current.iter_mut().chain(next).for_each(&mut tell);
    }

    pub(super) fn process(&mut self, samples: &mut [f32; TICK]) {
        let heard = *samples;
        if let Some(stage) = &mut self.current {
            stage.process(samples);
        }
        let Some(next) = &mut self.next else { return };
        let mut other = heard;
        if let Some(stage) = &mut next.stage {
            stage.process(&mut other);
        }
        if next.wait > 0 {
            next.wait -= 1;
            return;
        }
        fade(samples, &other);
        self.current = self.next.take().and_then(|next| next.stage);
    }
}

/// Fades from `samples` to `other` within the tick.
fn fade(samples: &mut [f32; TICK], other: &[f32; TICK]) {
    for (at, (sample, other)) in samples.iter_mut().zip(other).enumerate() {
        let share = (at + 1) as f32 / TICK as f32;
        *sample += (other - *sample) * share;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Times(f32);

    impl Stage for Times {
        fn process(&mut self, samples: &mut [f32; TICK]) {
            samples.iter_mut().for_each(|sample| *sample *= self.0);
        }
    }

    #[test]
    fn the_next_part_hears_along_and_is_faded_to() {
        let mut place = Switched::new(Some(Times(2.0)));
        place.replace(Some(Times(4.0)), 3);
        let levels: Vec<(f32, f32)> = (0..5).map(|_| ends(&mut place)).collect();
        assert_eq!(levels[..3], [(2.0, 2.0); 3]);
        assert!((levels[3].0 - 2.0).abs() < 0.01 && (levels[3].1 - 4.0).abs() < 0.01, "{levels:?}");
        assert_eq!(levels[4], (4.0, 4.0));
    }

    #[test]
    fn an_empty_place_is_idle_once_what_was_in_it_is_faded_out() {
        let mut place = Switched::new(Some(Times(0.0)));
        place.replace(Some(Times(5.0)), 9);
        place.replace(None, 0);
        assert!(!place.is_idle());
        assert!((ends(&mut place).1 - 1.0).abs() < 0.01, "the one that was to come never does");
        assert!(place.is_idle());
        assert_eq!(ends(&mut place), (1.0, 1.0));
    }

    #[test]
    fn a_part_that_is_kept_goes_on_undisturbed() {
        let mut place = Switched::new(Some(Times(2.0)));
        place.replace(None, 2);
        assert_eq!(ends(&mut place), (2.0, 2.0));
        place.keep();
        assert_eq!((0..5).map(|_| ends(&mut place)).collect::<Vec<_>>(), [(2.0, 2.0); 5]);
    }

    fn ends(place: &mut Switched<Times>) -> (f32, f32) {
        let mut samples = [1.0; TICK];
        place.process(&mut samples);
        (samples[0], samples[TICK - 1])
    }
}
