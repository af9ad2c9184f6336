//! A sound card's microphone as a source: the voice thread's end of its ring.

use std::sync::Arc;
use std::time::Instant;

use super::source::{Health, Source, Taken};
use super::streams::OpenError;
use super::watch::Counters;
use crate::media::packet::{SAMPLE_RATE, TICK};
use crate::media::resample::Resampler;
use crate::media::tick::Tick;
use crate::phone::event::DeviceFigures;

/// A microphone. Paced by the device's own clock: a tick is due as soon as it is there, so that never more than part of
/// one waits.
pub(super) struct CardSource<S> {
    /// Sound comes as long as it lives.
    _stream: S,
    ring: rtrb::Consumer<f32>,
    /// 10 ms at the device's rate, of one channel or two interleaved.
    raw: Vec<f32>,
    tracks: Vec<Track>,
    /// More than this in the ring is old: the voice thread was held up. In samples.
    most_waiting: usize,
    counters: Arc<Counters>,
    /// Times old sound was left out.
    overruns: u64,
    /// Whether anything was taken since the start; before, nobody listened.
    taking: bool,
}

/// One channel on its way to 48 kHz.
struct Track {
    resampler: Option<Resampler>,
    raw: Vec<f32>,
    ready: Vec<f32>,
}

impl<S> CardSource<S> {
    /// For a ring of as many channels as `width` says, and a device that gives `period` frames at a time.
    pub(super) fn new(
        stream: S,
        ring: rtrb::Consumer<f32>,
        (rate, width, period): (u32, usize, usize),
        counters: Arc<Counters>,
    ) -> Result<Self, OpenError> {
        let tick = rate as usize / 100;
        // What comes at once is not old, however much it is.
        let capacity = ring.buffer().capacity() / width;
        let most_waiting = (rate as usize / 5).max(2 * period).min(capacity.saturating_sub(tick)) * width;
        let track = || -> Result<Track, OpenError> {
            let ready = Vec::with_capacity(4 * TICK);
            Ok(Track { resampler: resampler(rate, SAMPLE_RATE)?, raw: Vec::with_capacity(tick), ready })
        };
        Ok(Self {
            _stream: stream,
            ring,
            raw: vec![0.0; tick * width],
            tracks: (0..width).map(|_| track()).collect::<Result<_, _>>()?,
            most_waiting,
            counters,
            overruns: 0,
            taking: false,
        })
    }

    fn clear(&mut self) {
        if let Ok(old) = self.ring.read_chunk(self.ring.slots()) {
            old.commit_all();
        }
        self.tracks.iter_mut().for_each(|track| track.ready.clear());
    }

    /// Brings the next 10 ms of the device into the tracks, if they are there.
    fn advance(&mut self) -> bool {
        if self.ring.pop_entire_slice(&mut self.raw).is_err() {
            return false;
        }
        let width = self.tracks.len();
        for (channel, track) in self.tracks.iter_mut().enumerate() {
            track.raw.clear();
            track.raw.extend(self.raw.iter().skip(channel).step_by(width));
            let ready = &mut track.ready;
            match &mut track.resampler {
                None => ready.extend_from_slice(&track.raw),
                Some(resampler) => resampler.push(&track.raw, |piece| ready.extend_from_slice(piece)),
            }
        }
        true
    }
}

impl<S: Send> Source for CardSource<S> {
    fn start(&mut self) {
        self.clear();
        self.taking = false;
    }

    fn take(&mut self, out: &mut Tick, _: Instant) -> Taken {
        if self.ring.slots() > self.most_waiting {
            self.clear();
            self.overruns += u64::from(self.taking);
        }
        self.taking = true;
        while self.tracks.iter().any(|track| track.ready.len() < TICK) {
            if !self.advance() {
                return Taken::NotYet;
            }
        }
        match self.tracks.as_mut_slice() {
            [left, right] => {
                let (l, r) = out.stereo_mut();
                l.copy_from_slice(&left.ready[..TICK]);
                r.copy_from_slice(&right.ready[..TICK]);
            }
            tracks => tracks.iter().for_each(|track| out.mono_mut().copy_from_slice(&track.ready[..TICK])),
        }
        self.tracks.iter_mut().for_each(|track| drop(track.ready.drain(..TICK)));
        Taken::Sound
    }

    fn health(&mut self) -> Health {
        Health::Stream(self.counters.vitals())
    }

    fn figures(&self) -> DeviceFigures {
        DeviceFigures { overruns: self.overruns + self.counters.xruns(), ..DeviceFigures::default() }
    }
}

/// A resampler, where the rates differ.
pub(super) fn resampler(from: u32, to: u32) -> Result<Option<Resampler>, OpenError> {
    if from == to {
        return Ok(None);
    }
    Resampler::new(from, to).map(Some).map_err(|error| OpenError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;
    use crate::base::clock;
    use crate::media::tones::strength;

    fn source(rate: u32, width: usize) -> (rtrb::Producer<f32>, CardSource<()>) {
        let (device, ring) = rtrb::RingBuffer::new(rate as usize / 2 * width);
        (device, CardSource::new((), ring, (rate, width, 480), Arc::default()).unwrap())
    }

    #[test]
    fn a_microphone_of_another_rate_gives_the_same_tone() {
        for rate in [44_100, 48_000, 16_000] {
            let (mut device, mut source) = source(rate, 1);
            let (mut sound, mut tick) = (Vec::new(), Tick::default());
            for n in 0..rate {
                device.push((n as f32 * TAU * 440.0 / rate as f32).sin() * 0.5).unwrap();
                while source.take(&mut tick, clock::now()) == Taken::Sound {
                    sound.extend_from_slice(tick.left());
                }
            }
            assert!((46_000..=48_000).contains(&sound.len()), "{rate}: {}", sound.len());
            assert!((strength(&sound[4_800..43_200], 440.0) - 0.5).abs() < 0.02, "{rate}");
        }
    }

    #[test]
    fn two_channels_stay_apart_at_any_rate() {
        for rate in [44_100, 48_000] {
            let (mut device, mut source) = source(rate, 2);
            let (mut left, mut right, mut tick) = (Vec::new(), Vec::new(), Tick::default());
            for n in 0..rate {
                let tone = |hertz: f32| (n as f32 * TAU * hertz / rate as f32).sin() * 0.5;
                device.push_entire_slice(&[tone(440.0), tone(1_000.0)]).unwrap();
                while source.take(&mut tick, clock::now()) == Taken::Sound {
                    assert!(tick.is_stereo());
                    left.extend_from_slice(tick.left());
                    right.extend_from_slice(tick.right());
                }
            }
            for (track, mine, other) in [(left, 440.0, 1_000.0), (right, 1_000.0, 440.0)] {
                assert!((strength(&track[4_800..43_200], mine) - 0.5).abs() < 0.02, "{rate}");
                assert!(strength(&track[4_800..43_200], other) < 0.01, "{rate}");
            }
        }
    }

    #[test]
    fn old_sound_of_a_microphone_is_left_out_and_counted() {
        let (mut device, mut source) = source(SAMPLE_RATE, 1);
        let (mut tick, now) = (Tick::default(), clock::now());
        for overruns in 0..3 {
            device.push_entire_slice(&[0.1; 20_000]).unwrap();
            assert_eq!(source.take(&mut tick, now), Taken::NotYet);
            device.push_entire_slice(&[0.2; TICK]).unwrap();
            assert_eq!(source.take(&mut tick, now), Taken::Sound);
            assert_eq!(tick, Tick::from([0.2; TICK]));
            assert_eq!(source.figures().overruns, overruns, "not before anybody listened");
        }
    }

    #[test]
    fn a_device_that_gives_much_at_a_time_is_heard() {
        for (rate, width, period) in [(48_000, 1, 12_000), (44_100, 2, 20_000)] {
            let (mut device, ring) = rtrb::RingBuffer::new(rate / 2 * width);
            let shape = (u32::try_from(rate).unwrap(), width, period);
            let mut source = CardSource::new((), ring, shape, Arc::default()).unwrap();
            let (mut tick, mut taken) = (Tick::default(), 0);
            for _ in 0..10 {
                device.push_entire_slice(&vec![0.1; period * width]).unwrap();
                while source.take(&mut tick, clock::now()) == Taken::Sound {
                    taken += TICK;
                }
            }
            let given = 10 * period * TICK * 100 / rate;
            assert!(taken + 2 * TICK > given, "{taken} of {given}");
            assert_eq!(source.figures().overruns, 0);
        }
    }

    #[test]
    fn never_more_than_part_of_a_tick_waits() {
        for callback in [240, 320, 441, 960, 1_024] {
            let (mut device, mut source) = source(SAMPLE_RATE, 1);
            let (mut tick, mut taken) = (Tick::default(), 0);
            // A minute.
            for given in 1..=2_880_000 / callback {
                device.push_entire_slice(&[0.1; 1_024][..callback]).unwrap();
                while source.take(&mut tick, clock::now()) == Taken::Sound {
                    taken += TICK;
                }
                assert!(given * callback - taken < TICK, "{callback}");
            }
        }
    }
}
