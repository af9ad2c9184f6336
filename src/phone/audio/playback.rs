//! A sound card's speaker as a sink: the voice thread's end of its ring.

use std::sync::Arc;
use std::time::Instant;

use super::buffering::{Margin, Opening};
use super::capture::resampler;
use super::sink::Sink;
use super::source::Health;
use super::streams::OpenError;
use super::watch::Counters;
use crate::media::packet::SAMPLE_RATE;
use crate::media::resample::Resampler;
use crate::media::tick::Tick;
use crate::phone::event::DeviceFigures;

/// A speaker. Its ring is kept one callback and a margin ahead: so the device's own clock sets the pace, and never more
/// than that waits.
pub(super) struct CardSink<S> {
    /// Sound is played as long as it lives.
    _stream: S,
    ring: rtrb::Producer<f32>,
    /// One per channel, or none at 48 kHz.
    resamplers: Vec<Resampler>,
    /// 10 ms at the device's rate, channel by channel, and interleaved.
    tracks: [Vec<f32>; 2],
    frames: Vec<f32>,
    width: usize,
    rate: usize,
    /// How much the first callback is expected to take, frames.
    first: usize,
    margin: Margin,
    counters: Arc<Counters>,
}

impl<S> CardSink<S> {
    /// For a ring of as many channels as `width` says, and a first callback of `first` frames.
    pub(super) fn new(
        stream: S,
        ring: rtrb::Producer<f32>,
        (rate, width, first): (u32, usize, usize),
        opening: Opening,
        counters: Arc<Counters>,
    ) -> Result<Self, OpenError> {
        let mut resamplers = Vec::new();
        for _ in 0..width {
            resamplers.extend(resampler(SAMPLE_RATE, rate)?);
        }
        let room = || Vec::with_capacity(rate as usize / 50);
        Ok(Self {
            _stream: stream,
            ring,
            resamplers,
            tracks: [room(), room()],
            frames: Vec::with_capacity(rate as usize / 50 * width),
            width,
            rate: rate as usize,
            first,
            margin: Margin::new(opening),
            counters,
        })
    }

    fn adapt(&mut self, now: Instant) {
        let counters = &self.counters;
        let left = || counters.take_least_left().map(|frames| frames * SAMPLE_RATE as usize / self.rate);
        self.margin.adapt(counters.underruns(), left, now);
    }
}

impl<S: Send> Sink for CardSink<S> {
    fn start(&mut self) {
        self.counters.set_resting(false);
    }

    fn wants(&mut self, now: Instant) -> bool {
        self.adapt(now);
        let capacity = self.ring.buffer().capacity() / self.width;
        let waiting = capacity - self.ring.slots() / self.width;
        let largest = self.counters.largest();
        let callback = if largest == 0 { self.first } else { largest };
        let ahead = callback + self.margin.frames() * self.rate / SAMPLE_RATE as usize;
        waiting < ahead.min(capacity - self.rate / 50)
    }

    fn put(&mut self, tick: &Tick) {
        let mut mixed = Tick::default();
        let (left, right) = if self.width == 1 && tick.is_stereo() {
            mixed.add(tick, 1.0);
            mixed.mono_mut();
            (mixed.left(), mixed.left())
        } else {
            (tick.left(), tick.right())
        };
        for (channel, (track, sound)) in self.tracks.iter_mut().zip([left, right]).take(self.width).enumerate() {
            track.clear();
            match self.resamplers.get_mut(channel) {
                None => track.extend_from_slice(sound),
                Some(resampler) => resampler.push(sound, |piece| track.extend_from_slice(piece)),
            }
        }
        let [left, right] = &self.tracks;
        let frames = if self.width == 1 {
            left
        } else {
            self.frames.clear();
            self.frames.extend(left.iter().zip(right).flat_map(|(left, right)| [*left, *right]));
            &self.frames
        };
        let (_, left_over) = self.ring.push_partial_slice(frames);
        self.counters.missed(left_over.len() / self.width);
    }

    fn rest(&mut self) {
        self.counters.set_resting(true);
        let (missed, margin) = (self.counters.frames_missed(), self.margin.frames());
        tracing::debug!(missed, margin, "frames the speaker had to do without, and how far it was kept ahead");
    }

    fn health(&mut self) -> Health {
        Health::Stream(self.counters.vitals())
    }

    fn figures(&self) -> DeviceFigures {
        DeviceFigures { underruns: self.counters.underruns() + self.counters.xruns(), ..DeviceFigures::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;
    use std::time::Duration;

    use super::super::callback::Output;
    use super::*;
    use crate::base::clock;
    use crate::media::packet::TICK;
    use crate::media::tones::strength;

    const STEADY: Opening = Opening { tight: false, stereo: false };

    /// A speaker and its device, whose callbacks the test makes.
    struct Card {
        sink: CardSink<()>,
        device: Output,
        counters: Arc<Counters>,
        width: usize,
        played: Vec<f32>,
    }

    impl Card {
        fn new(rate: u32, width: usize, first: usize, opening: Opening) -> Self {
            let (ring, consumer) = rtrb::RingBuffer::new(rate as usize / 2 * width);
            let counters = Arc::new(Counters::default());
            let sink = CardSink::new((), ring, (rate, width, first), opening, counters.clone()).unwrap();
            Self {
                sink,
                device: Output::new(consumer, width, width, counters.clone()),
                counters,
                width,
                played: Vec::new(),
            }
        }

        fn feed(&mut self, now: Instant, mut next: impl FnMut() -> Tick) {
            while self.sink.wants(now) {
                self.sink.put(&next());
            }
        }

        fn call_back(&mut self, frames: usize) {
            let mut data = vec![0.0; frames * self.width];
            self.device.give(&mut data);
            self.played.extend(data);
        }

        fn waiting(&self) -> usize {
            (self.sink.ring.buffer().capacity() - self.sink.ring.slots()) / self.width
        }
    }

    #[test]
    fn a_speaker_is_kept_one_callback_and_a_margin_ahead() {
        for (rate, callback) in [(48_000, 960), (44_100, 441), (48_000, 100_000)] {
            let mut card = Card::new(rate, 1, 480, STEADY);
            let (now, tick) = (clock::now(), rate as usize / 100);
            let mut n = 0;
            for _ in 0..50 {
                card.counters.called(callback);
                card.feed(now, || {
                    n += TICK;
                    let sine = |at| ((n + at) as f32 * TAU * 440.0 / 48_000.0).sin() * 0.5;
                    Tick::from(std::array::from_fn(sine))
                });
                let waiting = card.waiting();
                assert!(waiting <= callback + 3 * tick && waiting >= callback.min(20_000), "{rate}: {waiting}");
                card.call_back(callback.min(waiting));
            }
            let scaled = 440.0 * 48_000.0 / f64::from(rate);
            assert!((strength(&card.played[1_000..20_000], scaled) - 0.5).abs() < 0.03, "{rate}");
            assert_eq!(card.counters.frames_missed(), 0, "{rate}: nothing is left over");
        }
    }

    #[test]
    fn a_stereo_tick_plays_in_two_channels_or_mixed_down_and_a_mono_one_in_both() {
        let mut stereo = Tick::default();
        let (left, right) = stereo.stereo_mut();
        left.fill(0.5);
        right.fill(-0.25);
        for (width, tick, expected) in [
            (2, stereo.clone(), vec![0.5, -0.25]),
            (2, Tick::from([0.5; TICK]), vec![0.5, 0.5]),
            (1, stereo, vec![0.125]),
            (1, Tick::from([0.5; TICK]), vec![0.5]),
        ] {
            let mut card = Card::new(48_000, width, 480, STEADY);
            card.feed(clock::now(), || tick.clone());
            card.call_back(480);
            assert_eq!(card.played[400 * width..401 * width], expected, "{width}");
        }
    }

    /// Callbacks every 10 ms, each up to `late` ms late, and a voice thread that looks every 5 ms, for so many seconds;
    /// returns underruns in the last half, and the mean of what waited before each callback there, ms.
    fn simulate(opening: Opening, late: u64, seconds: u64) -> (u64, f64) {
        let mut card = Card::new(48_000, 1, 480, opening);
        let mut dice = crate::base::seed::Seed::new(7);
        let (start, mut callback, mut before, mut waited) = (clock::now(), 0_u64, 0, Vec::new());
        let mut due = 0;
        for millis in 0..seconds * 1_000 {
            if millis % 5 == 0 {
                card.feed(start + Duration::from_millis(millis), Tick::default);
            }
            if millis >= due {
                waited.push(card.waiting() as f64 / 48.0);
                card.call_back(480);
                callback += 1;
                due = callback * 10 + dice.below(late + 1);
            }
            if millis == seconds * 500 {
                before = card.counters.underruns();
                waited.clear();
            }
        }
        (card.counters.underruns() - before, waited.iter().sum::<f64>() / waited.len() as f64)
    }

    #[test]
    fn the_ring_settles_at_the_lowest_level_that_does_not_run_dry() {
        let tight = Opening { tight: true, ..STEADY };
        for (opening, late, at_most) in [(tight, 0, 18.0), (tight, 8, 27.0), (STEADY, 0, 18.0), (STEADY, 8, 27.0)] {
            let (underruns, waited) = simulate(opening, late, 200);
            assert!(underruns == 0 && waited <= at_most, "{opening:?} {late}: {underruns} underruns, {waited} ms");
        }
    }

    #[test]
    fn a_speaker_whose_clock_drifts_is_neither_flooded_nor_starved_for_hours() {
        // 2000 ppm fast and slow for four minutes, as 200 for forty: the sink asks for ticks as its own clock needs them.
        for callbacks_per_second in [100.2, 99.8] {
            let mut card = Card::new(48_000, 1, 480, STEADY);
            let (start, mut called, mut most) = (clock::now(), 0, 0);
            for look in 0..200 * 240_u64 {
                let due = (look as f64 * callbacks_per_second / 200.0) as u64;
                card.feed(start + Duration::from_millis(look * 5), Tick::default);
                most = most.max(card.waiting());
                while called < due {
                    card.call_back(480);
                    called += 1;
                }
                card.played.clear();
            }
            assert!(card.counters.underruns() == 0 && most <= 3 * TICK, "{} {most}", card.counters.underruns());
        }
    }
}
