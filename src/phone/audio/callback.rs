//! What the callbacks of devices do: copy between the device and a lock-free ring, spread or gather channels, count.
//! They neither allocate nor lock nor log nor call the system; in debug builds an allocation ends the program.

use std::sync::Arc;

use assert_no_alloc::assert_no_alloc;
use cpal::{FromSample, Sample};

use super::watch::Counters;

/// How much of the last sample is left after another one where sound breaks off: it is gone within 3 ms, without a click.
const FADE_OUT: f32 = 0.96;
/// By how much sound that goes on gets louder with every frame: whole again after 2.7 ms.
const FADE_IN: f32 = 1.0 / 128.0;

/// The device's end of a microphone's ring.
pub(super) struct Input {
    /// Frames of one channel or two, interleaved.
    pub(super) ring: rtrb::Producer<f32>,
    /// Channels of the ring.
    pub(super) width: usize,
    /// Channels of the device, never fewer.
    pub(super) channels: usize,
    pub(super) counters: Arc<Counters>,
}

impl Input {
    /// Takes what the device gives.
    pub(super) fn take<T: Sample>(&mut self, data: &[T])
    where
        f32: FromSample<T>,
    {
        assert_no_alloc(|| {
            let frames = data.len() / self.channels;
            self.counters.called(frames);
            let fits = frames.min(self.ring.slots() / self.width);
            if let Ok(chunk) = self.ring.write_chunk_uninit(fits * self.width) {
                let whole = data.chunks_exact(self.channels);
                if self.width == 1 {
                    chunk.fill_from_iter(whole.map(mean));
                } else {
                    chunk.fill_from_iter(whole.flat_map(|frame| [frame[0].to_sample(), frame[1].to_sample::<f32>()]));
                }
            }
            self.counters.missed(frames - fits);
        });
    }
}

fn mean<T: Sample>(frame: &[T]) -> f32
where
    f32: FromSample<T>,
{
    frame.iter().map(|sample| sample.to_sample::<f32>()).sum::<f32>() / frame.len() as f32
}

/// The device's end of a speaker's ring.
pub(super) struct Output {
    /// Frames of one channel or two, interleaved.
    ring: rtrb::Consumer<f32>,
    width: usize,
    channels: usize,
    counters: Arc<Counters>,
    /// The last frame played.
    last: [f32; 2],
    /// Below 1 while sound fades in.
    gain: f32,
    /// Whether the ring was empty the last time.
    dry: bool,
}

impl Output {
    /// For a ring of `width` channels, and a device of `channels`, never fewer.
    pub(super) fn new(ring: rtrb::Consumer<f32>, width: usize, channels: usize, counters: Arc<Counters>) -> Self {
        Self { ring, width, channels, counters, last: [0.0; 2], gain: 0.0, dry: true }
    }

    /// What it counts with.
    pub(super) fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    /// Gives the device what it asks for.
    pub(super) fn give<T: Sample + FromSample<f32>>(&mut self, data: &mut [T]) {
        assert_no_alloc(|| {
            let frames = data.len() / self.channels;
            self.counters.called(frames);
            let there = frames.min(self.ring.slots() / self.width);
            let (sound, rest) = data.split_at_mut(there * self.channels);
            self.play(sound, there);
            if frames > there {
                self.fade_out(rest);
                self.counters.missed(frames - there);
            }
            if frames > there && !self.dry {
                self.counters.underrun();
            }
            self.dry = frames > there;
            self.counters.left(self.ring.slots() / self.width);
        });
    }

    fn play<T: Sample + FromSample<f32>>(&mut self, data: &mut [T], frames: usize) {
        let Ok(chunk) = self.ring.read_chunk(frames * self.width) else { return };
        let (first, second) = chunk.as_slices();
        let mut samples = first.iter().chain(second);
        for frame in data.chunks_exact_mut(self.channels) {
            let Some(left) = samples.next() else { break };
            let right = if self.width == 2 { samples.next().unwrap_or(left) } else { left };
            self.last = [left * self.gain, right * self.gain];
            self.gain = (self.gain + FADE_IN).min(1.0);
            spread(frame, self.last, self.width);
        }
        chunk.commit_all();
    }

    fn fade_out<T: Sample + FromSample<f32>>(&mut self, data: &mut [T]) {
        for frame in data.chunks_exact_mut(self.channels) {
            self.last = self.last.map(|sample| sample * FADE_OUT);
            spread(frame, self.last, self.width);
        }
        self.gain = 0.0;
    }
}

/// One channel goes to all of the device, two to its first two.
fn spread<T: Sample + FromSample<f32>>(frame: &mut [T], [left, right]: [f32; 2], width: usize) {
    match frame {
        [first, second, others @ ..] if width == 2 => {
            (*first, *second) = (T::from_sample(left), T::from_sample(right));
            others.fill(T::EQUILIBRIUM);
        }
        frame => frame.fill(T::from_sample(left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(width: usize, channels: usize) -> (rtrb::Producer<f32>, Output, Arc<Counters>) {
        let (ring, consumer) = rtrb::RingBuffer::new(4_800);
        let counters = Arc::new(Counters::default());
        (ring, Output::new(consumer, width, channels, counters.clone()), counters)
    }

    #[test]
    fn a_microphone_of_any_width_fills_one_channel_or_two() {
        for (channels, width, expected) in [(1, 1, vec![0.5, -0.5]), (2, 1, vec![0.25, 0.0]), (3, 2, vec![0.3, 0.6])] {
            let (ring, mut out) = rtrb::RingBuffer::new(100);
            let mut input = Input { ring, width, channels, counters: Arc::default() };
            let data: &[f32] = match channels {
                1 => &[0.5, -0.5],
                2 => &[0.3, 0.2, 0.4, -0.4],
                _ => &[0.3, 0.6, 0.9],
            };
            input.take(data);
            let got: Vec<f32> = std::iter::from_fn(|| out.pop().ok()).collect();
            assert!(
                got.len() == expected.len() && got.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6),
                "{got:?}"
            );
        }
    }

    #[test]
    fn what_has_no_room_is_counted_and_whole_frames_stay_whole() {
        let (ring, mut out) = rtrb::RingBuffer::new(5);
        let counters = Arc::new(Counters::default());
        let mut input = Input { ring, width: 2, channels: 2, counters: counters.clone() };
        input.take(&[1_i16; 8]);
        assert_eq!((out.slots(), counters.frames_missed()), (4, 2));
        assert!((out.pop().unwrap() - 1.0 / 32_768.0).abs() < 1e-7);
    }

    #[test]
    fn one_channel_plays_on_all_and_two_on_the_first_two() {
        let (mut ring, mut output, _) = output(1, 3);
        ring.push_entire_slice(&[0.5; 400]).unwrap();
        let mut data = [0.0_f32; 900];
        output.give(&mut data);
        assert_eq!(data[897..], [0.5, 0.5, 0.5]);

        let (mut ring, mut output, _) = self::output(2, 3);
        ring.push_entire_slice(&[0.5, -0.25].repeat(300)).unwrap();
        output.give(&mut data);
        assert_eq!(data[897..], [0.5, -0.25, 0.0]);
    }

    #[test]
    fn sound_that_breaks_off_fades_and_comes_back_without_a_click() {
        let (mut ring, mut output, counters) = output(1, 1);
        let mut data = [0.0_f32; 480];
        output.give(&mut data);
        assert_eq!((counters.underruns(), counters.frames_missed()), (0, 480), "nothing was played yet");
        let mut heard = Vec::new();
        for callback in 0..6 {
            // Every second time, less than asked for.
            ring.push_entire_slice(&[0.8; 480][..if callback % 2 == 0 { 480 } else { 200 }]).unwrap();
            output.give(&mut data);
            heard.extend_from_slice(&data);
        }
        let steepest = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.04, "{steepest}");
        assert!((heard[300] - 0.8).abs() < 1e-6 && heard[959].abs() < 1e-4, "{} {}", heard[300], heard[959]);
        assert_eq!(counters.underruns(), 3);
        assert_eq!(counters.take_least_left(), Some(0));
    }
}
