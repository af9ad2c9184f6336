//! Streams of sound devices as sources and sinks. The devices' callbacks only copy between the device and a lock-free
//! ring, and count; everything else happens on the voice thread.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig, SupportedStreamConfigRange};

use super::cards::{self, Direction};
use super::sink::Sink;
use super::source::{Source, Taken};
use super::watch::{Counters, Watch};
use crate::media::packet::{SAMPLE_RATE, TICK};
use crate::media::resample::Resampler;
use crate::media::tick::Tick;

/// Why a device can't be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum OpenError {
    /// There is none.
    #[error("there is no sound device")]
    Absent,
    /// It can't be used.
    #[error("{0}")]
    Failed(String),
}

/// Opens a microphone by name, or the default one; returns it with its description.
pub(super) fn open_microphone(wanted: Option<&str>) -> Result<(Box<dyn Source>, String), OpenError> {
    let device = device(wanted, Direction::Input)?;
    let ranges = device.supported_input_configs().map_err(|error| refusal(wanted, &error))?;
    let (config, format) = best(ranges, buffer_size(wanted)).ok_or_else(no_format)?;
    let (producer, ring) = rtrb::RingBuffer::new(config.sample_rate as usize / 2);
    let counters = Arc::new(Counters::default());
    let into = Input { ring: producer, channels: usize::from(config.channels), counters: counters.clone() };
    let stream = match format {
        SampleFormat::F32 => input::<f32>(&device, config, into),
        SampleFormat::I16 => input::<i16>(&device, config, into),
        SampleFormat::I24 => input::<cpal::I24>(&device, config, into),
        SampleFormat::I32 => input::<i32>(&device, config, into),
        SampleFormat::U8 => input::<u8>(&device, config, into),
        SampleFormat::U16 => input::<u16>(&device, config, into),
        SampleFormat::F64 => input::<f64>(&device, config, into),
        _ => return Err(no_format()),
    };
    let stream = playing(stream, wanted)?;
    let source = CardSource::new(stream, ring, config.sample_rate, counters)?;
    Ok((Box::new(source), cards::description(&device)))
}

/// Opens a speaker by name, or the default one; returns it with its description.
pub(super) fn open_speaker(wanted: Option<&str>) -> Result<(Box<dyn Sink>, String), OpenError> {
    let device = device(wanted, Direction::Output)?;
    let ranges = device.supported_output_configs().map_err(|error| refusal(wanted, &error))?;
    let (config, format) = best(ranges, buffer_size(wanted)).ok_or_else(no_format)?;
    let (ring, consumer) = rtrb::RingBuffer::new(config.sample_rate as usize / 2);
    let counters = Arc::new(Counters::default());
    let from = Output { ring: consumer, channels: usize::from(config.channels), counters: counters.clone() };
    let stream = match format {
        SampleFormat::F32 => output::<f32>(&device, config, from),
        SampleFormat::I16 => output::<i16>(&device, config, from),
        SampleFormat::I24 => output::<cpal::I24>(&device, config, from),
        SampleFormat::I32 => output::<i32>(&device, config, from),
        SampleFormat::U8 => output::<u8>(&device, config, from),
        SampleFormat::U16 => output::<u16>(&device, config, from),
        SampleFormat::F64 => output::<f64>(&device, config, from),
        _ => return Err(no_format()),
    };
    let stream = playing(stream, wanted)?;
    let first = stream.buffer_size().unwrap_or(TICK as u32);
    let sink = CardSink::new(stream, ring, config.sample_rate, first as usize, counters)?;
    Ok((Box::new(sink), cards::description(&device)))
}

fn device(wanted: Option<&str>, direction: Direction) -> Result<cpal::Device, OpenError> {
    match (wanted, direction) {
        (Some(name), _) => {
            let missing = || OpenError::Failed(format!("there is no sound device called `{name}`"));
            cards::find(name, direction).ok_or_else(missing)
        }
        (None, Direction::Input) => cards::host().default_input_device().ok_or(OpenError::Absent),
        (None, Direction::Output) => cards::host().default_output_device().ok_or(OpenError::Absent),
    }
}

/// On some systems there always is a default device; that it can't be asked anything is how its absence shows.
fn refusal(wanted: Option<&str>, error: &cpal::Error) -> OpenError {
    match (wanted, error.kind()) {
        (None, ErrorKind::DeviceBusy | ErrorKind::PermissionDenied) => OpenError::Failed(error.to_string()),
        (None, _) => OpenError::Absent,
        (Some(name), _) => OpenError::Failed(format!("the sound device `{name}` can't be opened: {error}")),
    }
}

fn no_format() -> OpenError {
    OpenError::Failed("the sound device offers no format that can be used".to_owned())
}

/// How many frames to ask for at a time. Sound servers behind ALSA give two thirds of it, for they make three periods
/// of the two that are asked for: 1440 becomes 20 ms. Hardware gives what is asked: 10 ms.
fn buffer_size(wanted: Option<&str>) -> BufferSize {
    let hardware = wanted.is_some_and(|name| name.contains("hw:"));
    BufferSize::Fixed(if hardware { 480 } else { 1440 })
}

/// The format nearest to ours: 48 kHz, then 32-bit float, then as few channels as can be.
fn best(
    ranges: impl Iterator<Item = SupportedStreamConfigRange>,
    buffer_size: BufferSize,
) -> Option<(StreamConfig, SampleFormat)> {
    let rate = |range: &SupportedStreamConfigRange| {
        [SAMPLE_RATE, 44_100]
            .into_iter()
            .find(|rate| range.contains_rate(*rate))
            .unwrap_or_else(|| range.max_sample_rate())
    };
    let best = ranges.filter(|range| format_rank(range.sample_format()).is_some()).min_by_key(|range| {
        (rate(range).abs_diff(SAMPLE_RATE), format_rank(range.sample_format()), range.channels())
    })?;
    let config = StreamConfig { channels: best.channels(), sample_rate: rate(&best), buffer_size };
    Some((config, best.sample_format()))
}

fn format_rank(format: SampleFormat) -> Option<usize> {
    use SampleFormat::{F32, F64, I16, I24, I32, U8, U16};
    [F32, I16, I32, I24, F64, U16, U8].into_iter().position(|known| known == format)
}

fn resampler(from: u32, to: u32) -> Result<Option<Resampler>, OpenError> {
    if from == to {
        return Ok(None);
    }
    Resampler::new(from, to).map(Some).map_err(|error| OpenError::Failed(error.to_string()))
}

/// Streams do not start by themselves.
fn playing(stream: Result<cpal::Stream, cpal::Error>, wanted: Option<&str>) -> Result<cpal::Stream, OpenError> {
    let stream = stream.map_err(|error| refusal(wanted, &error))?;
    stream.play().map_err(|error| refusal(wanted, &error))?;
    Ok(stream)
}

/// What an input callback works with.
struct Input {
    ring: rtrb::Producer<f32>,
    channels: usize,
    counters: Arc<Counters>,
}

fn input<T>(device: &cpal::Device, config: StreamConfig, mut into: Input) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let counters = into.counters.clone();
    let copy = move |data: &[T], _: &cpal::InputCallbackInfo| {
        into.counters.called(data.len() / into.channels);
        for frame in data.chunks_exact(into.channels) {
            let sum: f32 = frame.iter().map(|sample| sample.to_sample::<f32>()).sum();
            if into.ring.push(sum / into.channels as f32).is_err() {
                into.counters.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    device.build_input_stream(config, copy, move |error| counters.failed(error.kind()), None)
}

/// What an output callback works with.
struct Output {
    ring: rtrb::Consumer<f32>,
    channels: usize,
    counters: Arc<Counters>,
}

fn output<T>(device: &cpal::Device, config: StreamConfig, mut from: Output) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample + FromSample<f32>,
{
    let counters = from.counters.clone();
    let copy = move |data: &mut [T], _: &cpal::OutputCallbackInfo| {
        from.counters.called(data.len() / from.channels);
        for frame in data.chunks_exact_mut(from.channels) {
            let sample = from.ring.pop().unwrap_or_else(|_| {
                from.counters.missed.fetch_add(1, Ordering::Relaxed);
                0.0
            });
            frame.fill(T::from_sample(sample));
        }
    };
    device.build_output_stream(config, copy, move |error| counters.failed(error.kind()), None)
}

/// A microphone.
struct CardSource<S> {
    /// Sound comes as long as it lives.
    _stream: S,
    ring: rtrb::Consumer<f32>,
    resampler: Option<Resampler>,
    /// 10 ms at the device's rate.
    raw: Vec<f32>,
    ready: Vec<f32>,
    /// More than this in the ring is old: the voice thread was held up.
    most_waiting: usize,
    watch: Watch,
}

impl<S> CardSource<S> {
    fn new(stream: S, ring: rtrb::Consumer<f32>, rate: u32, counters: Arc<Counters>) -> Result<Self, OpenError> {
        Ok(Self {
            _stream: stream,
            ring,
            resampler: resampler(rate, SAMPLE_RATE)?,
            raw: vec![0.0; rate as usize / 100],
            ready: Vec::with_capacity(4 * TICK),
            most_waiting: rate as usize / 5,
            watch: Watch::new(counters),
        })
    }
}

impl<S> Source for CardSource<S> {
    fn start(&mut self) {
        while self.ring.pop().is_ok() {}
        self.ready.clear();
    }

    fn take(&mut self, out: &mut Tick, _: Instant) -> Taken {
        if self.ring.slots() > self.most_waiting {
            self.start();
        }
        while self.ready.len() < TICK {
            if self.ring.pop_entire_slice(&mut self.raw).is_err() {
                return Taken::NotYet;
            }
            let ready = &mut self.ready;
            match &mut self.resampler {
                None => ready.extend_from_slice(&self.raw),
                Some(resampler) => resampler.push(&self.raw, |piece| ready.extend_from_slice(piece)),
            }
        }
        out.mono_mut().copy_from_slice(&self.ready[..TICK]);
        self.ready.drain(..TICK);
        Taken::Sound
    }

    fn trouble(&mut self, now: Instant) -> Option<&'static str> {
        self.watch.trouble(now)
    }
}

/// A speaker.
struct CardSink<S> {
    /// Sound is played as long as it lives.
    _stream: S,
    ring: rtrb::Producer<f32>,
    resampler: Option<Resampler>,
    /// Samples in 10 ms at the device's rate.
    tick: usize,
    /// How much the first callback is expected to take.
    first: usize,
    watch: Watch,
}

impl<S> CardSink<S> {
    fn new(
        stream: S,
        ring: rtrb::Producer<f32>,
        rate: u32,
        first: usize,
        counters: Arc<Counters>,
    ) -> Result<Self, OpenError> {
        let resampler = resampler(SAMPLE_RATE, rate)?;
        Ok(Self { _stream: stream, ring, resampler, tick: rate as usize / 100, first, watch: Watch::new(counters) })
    }
}

impl<S> Sink for CardSink<S> {
    fn start(&mut self) {}

    /// Kept one callback and one tick ahead: the device's own clock sets the pace.
    fn wants(&mut self, _: Instant) -> bool {
        let waiting = self.ring.buffer().capacity() - self.ring.slots();
        let largest = self.watch.counters.largest.load(Ordering::Relaxed) as usize;
        let callback = if largest == 0 { self.first } else { largest };
        waiting < (callback + self.tick).min(self.ring.buffer().capacity() - 2 * self.tick)
    }

    fn put(&mut self, tick: &Tick) {
        let (ring, counters) = (&mut self.ring, &self.watch.counters);
        let mut push = |piece: &[f32]| {
            let (_, left) = ring.push_partial_slice(piece);
            counters.missed.fetch_add(left.len() as u64, Ordering::Relaxed);
        };
        match &mut self.resampler {
            None => push(tick.left()),
            Some(resampler) => resampler.push(tick.left(), push),
        }
    }

    fn rest(&mut self) {
        let missed = self.watch.counters.missed.load(Ordering::Relaxed);
        let errors = self.watch.counters.errors.load(Ordering::Relaxed);
        tracing::debug!(missed, errors, "samples the speaker had to do without, errors it reported");
    }

    fn trouble(&mut self, now: Instant) -> Option<&'static str> {
        self.watch.trouble(now)
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;
    use crate::media::tones::strength;

    #[test]
    fn a_microphone_of_another_rate_gives_the_same_tone() {
        for rate in [44_100, 48_000, 16_000] {
            let (mut device, ring) = rtrb::RingBuffer::new(rate as usize / 2);
            let mut source = CardSource::new((), ring, rate, Arc::default()).unwrap();
            let (mut sound, mut tick, now) = (Vec::new(), Tick::default(), crate::base::clock::now());
            for n in 0..rate {
                device.push((n as f32 * TAU * 440.0 / rate as f32).sin() * 0.5).unwrap();
                while source.take(&mut tick, now) == Taken::Sound {
                    sound.extend_from_slice(tick.left());
                }
            }
            assert!((46_000..=48_000).contains(&sound.len()), "{rate}: {}", sound.len());
            assert!((strength(&sound[4_800..43_200], 440.0) - 0.5).abs() < 0.02, "{rate}");
        }
    }

    #[test]
    fn old_sound_of_a_microphone_is_left_out() {
        let (mut device, ring) = rtrb::RingBuffer::new(24_000);
        let mut source = CardSource::new((), ring, SAMPLE_RATE, Arc::default()).unwrap();
        let (mut tick, now) = (Tick::default(), crate::base::clock::now());
        device.push_entire_slice(&[0.1; 20_000]).unwrap();
        assert_eq!(source.take(&mut tick, now), Taken::NotYet);
        device.push_entire_slice(&[0.2; TICK]).unwrap();
        assert_eq!(source.take(&mut tick, now), Taken::Sound);
        assert_eq!(tick, Tick::from([0.2; TICK]));
    }

    #[test]
    fn a_speaker_is_kept_one_callback_and_one_tick_ahead() {
        for (rate, callback) in [(48_000, 960), (44_100, 441), (48_000, 100_000)] {
            let (ring, mut device) = rtrb::RingBuffer::new(rate as usize / 2);
            let counters = Arc::new(Counters::default());
            let mut sink = CardSink::new((), ring, rate, 480, counters.clone()).unwrap();
            let now = crate::base::clock::now();
            let mut played = Vec::new();
            let mut n = 0;
            for _ in 0..50 {
                counters.called(callback);
                while sink.wants(now) {
                    let sine = |at| ((n + at) as f32 * TAU * 440.0 / 48_000.0).sin() * 0.5;
                    sink.put(&Tick::from(std::array::from_fn(sine)));
                    n += TICK;
                }
                let tick = rate as usize / 100;
                assert!(device.slots() <= callback + 3 * tick && device.slots() >= callback.min(20_000), "{rate}");
                played.extend((0..callback).map_while(|_| device.pop().ok()));
            }
            let scaled = 440.0 * 48_000.0 / f64::from(rate);
            assert!((strength(&played[1_000..20_000], scaled) - 0.5).abs() < 0.03, "{rate}");
            assert_eq!(counters.missed.load(Ordering::Relaxed), 0, "{rate}: nothing is left over");
        }
    }

    #[test]
    fn the_format_nearest_to_ours_is_chosen() {
        let range = |channels, low, high, format| {
            SupportedStreamConfigRange::new(channels, low, high, cpal::SupportedBufferSize::Unknown, format)
        };
        let choose = |ranges: Vec<SupportedStreamConfigRange>| {
            best(ranges.into_iter(), BufferSize::Default).map(|(config, f)| (config.channels, config.sample_rate, f))
        };
        let (low, high) = (8_000, 192_000);
        let any = vec![
            range(2, low, high, SampleFormat::F32),
            range(1, low, high, SampleFormat::I16),
            range(1, low, high, SampleFormat::F32),
        ];
        assert_eq!(choose(any), Some((1, 48_000, SampleFormat::F32)));
        let cd = vec![range(2, 44_100, 44_100, SampleFormat::F32), range(8, 48_000, 48_000, SampleFormat::I32)];
        assert_eq!(choose(cd), Some((8, 48_000, SampleFormat::I32)));
        assert_eq!(choose(vec![range(2, 16_000, 16_000, SampleFormat::U8)]), Some((2, 16_000, SampleFormat::U8)));
        assert_eq!(choose(vec![range(2, low, high, SampleFormat::DsdU8)]), None);
    }
}
