//! The microphone's sound, once for all calls: processed, turned up or down, and watched. What is played is heard here
//! too, for it comes back.

use super::MicrophoneFacts;
use super::spoken::Spoken;
use crate::media::level;
use crate::media::mixer::Mixer;
use crate::media::processing::{Leak, Processing, Processor};
use crate::media::tick::Tick;

/// What is softer than this is no sound of a room, dBFS: even a silent one has noise.
const NOTHING: f32 = -75.0;

/// The microphone's side of the voice thread.
#[derive(Default)]
pub(super) struct Near {
    processor: Processor,
    volume: Mixer,
    leak: Leak,
    /// Whether what comes is of a device, and what is played goes to one.
    echoes: bool,
    spoken: Spoken,
    zero_ticks: u32,
    silent_ticks: u32,
    /// Whether anything was heard since it was made.
    used: bool,
}

impl Near {
    /// Does this to the sound from now on.
    pub(super) fn process(&mut self, wanted: Processing) {
        if self.processor.processing() == wanted {
            return;
        }
        if self.used { self.processor.switch(wanted) } else { self.processor = Processor::new(wanted) }
    }

    /// Says whether the speaker can be heard by the microphone: both are devices.
    pub(super) fn set_echoes(&mut self, on: bool) {
        if self.echoes != on {
            self.echoes = on;
            self.leak = Leak::default();
        }
    }

    /// The microphone or the speaker is another: what was learnt of the ones before is forgotten.
    pub(super) fn restart(&mut self) {
        if self.used {
            let processor = Processor::new(self.processor.processing());
            let volume = std::mem::take(&mut self.volume);
            *self = Self { processor, volume, echoes: self.echoes, ..Self::default() };
        }
    }

    /// A microphone delivers from now on, or none any more: how long it has been silent is counted anew, for what stood in
    /// for it was silence.
    pub(super) fn listen_anew(&mut self) {
        self.zero_ticks = 0;
        self.silent_ticks = 0;
    }

    /// Turns the sound up or down, as a factor of the amplitude.
    pub(super) fn turn(&mut self, volume: f32) {
        self.volume.turn(volume);
    }

    /// These 10 ms are played next.
    pub(super) fn render(&mut self, played: &Tick) {
        self.used = true;
        self.processor.render(played);
        if self.echoes {
            self.leak.far(played.power());
        }
    }

    /// Makes of 10 ms that were picked up what is sent.
    pub(super) fn capture(&mut self, tick: &mut Tick) {
        self.used = true;
        self.watch(tick.power());
        self.processor.capture(tick);
        if !self.volume.is_neutral() {
            let quiet = tick.clone();
            self.volume.add(&quiet, 1.0);
            self.volume.finish(tick);
        }
        let power = tick.power();
        if !power.is_finite() {
            // Nothing is done to it, and a broken driver hands over what is no number.
            tick.clear();
            return;
        }
        self.spoken.hear(power);
        if self.echoes {
            self.leak.near(power);
        }
    }

    fn watch(&mut self, power: f32) {
        let count = |on: bool, ticks: u32| if on { ticks.saturating_add(1) } else { 0 };
        self.zero_ticks = count(power == 0.0, self.zero_ticks);
        self.silent_ticks = count(level::from_power(power) < NOTHING, self.silent_ticks);
    }

    /// What a diagnosis needs to know of it.
    pub(super) fn facts(&self) -> MicrophoneFacts {
        MicrophoneFacts {
            voice: self.spoken.voice(),
            exact_zeros_ms: self.zero_ticks.saturating_mul(10),
            silent_ms: self.silent_ticks.saturating_mul(10),
            muted: false,
            echo: if self.echoes { self.leak.found() } else { None },
        }
    }

    /// How much of the echo is taken away, dB.
    pub(super) fn erle_db(&self) -> Option<f32> {
        self.processor.erle_db()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::packet::TICK;

    #[test]
    fn zeros_silence_and_voice_are_told_apart() {
        let mut near = Near::default();
        let hear = |near: &mut Near, sample: f32, ticks: usize| {
            (0..ticks).for_each(|_| near.capture(&mut Tick::from([sample; TICK])));
            near.facts()
        };
        let facts = hear(&mut near, 0.0, 30);
        assert_eq!((facts.exact_zeros_ms, facts.silent_ms, facts.voice), (300, 300, false));
        let facts = hear(&mut near, 1e-5, 20);
        assert_eq!((facts.exact_zeros_ms, facts.silent_ms), (0, 500));
        let facts = hear(&mut near, 0.1, 4);
        assert_eq!((facts.silent_ms, facts.voice, facts.echo), (0, true, None));
    }

    #[test]
    fn the_silence_before_a_microphone_delivered_is_not_its_own() {
        let mut near = Near::default();
        (0..1500).for_each(|_| near.capture(&mut Tick::default()));
        near.listen_anew();
        near.capture(&mut Tick::default());
        assert_eq!((near.facts().exact_zeros_ms, near.facts().silent_ms), (10, 10));
    }

    #[test]
    fn broken_samples_are_silence_and_loud_ones_stay_below_full_scale() {
        let mut near = Near::default();
        let mut tick = Tick::from([f32::NAN; TICK]);
        near.capture(&mut tick);
        assert_eq!(tick, Tick::default());
        near.turn(10.0);
        for _ in 0..3 {
            let mut tick = Tick::from([0.5; TICK]);
            near.capture(&mut tick);
            assert!(tick.peak() <= 1.0, "{}", tick.peak());
        }
    }

    #[test]
    fn what_comes_back_is_told_where_both_are_devices() {
        let mut near = Near::default();
        near.set_echoes(true);
        for n in 0..1200 {
            let loud = if n % 37 < 20 { 0.2 } else { 0.0 };
            near.render(&Tick::from([loud; TICK]));
            near.capture(&mut Tick::from([loud * 0.3; TICK]));
        }
        assert!(near.facts().echo.unwrap() > 0.9, "{:?}", near.facts());
        near.set_echoes(false);
        assert_eq!(near.facts().echo, None);
    }
}
