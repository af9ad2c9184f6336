//! Opens the streams of sound devices: chooses their format, and asks for buffers until they are about as long as wanted.
//! Opening may take long (a sound server that does not answer): not for a thread that must not wait.

use std::sync::Arc;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig, SupportedStreamConfigRange};

#[cfg(target_os = "linux")]
use super::alsa_streams;
use super::buffering::{Opening, Step};
use super::callback::{Input, Output};
use super::capture::CardSource;
use super::cards::{self, Direction};
use super::playback::CardSink;
use super::sink::Sink;
use super::source::Source;
use super::watch::Counters;
use crate::media::packet::SAMPLE_RATE;

/// Why a device can't be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum OpenError {
    /// There is none.
    #[error("there is no sound device")]
    Absent,
    /// The sound system refuses it.
    #[error("{words}")]
    Refused {
        /// Why, as far as that is understood.
        why: Why,
        /// The same in the sound system's words.
        words: String,
    },
    /// It can't be used: why, for a person.
    #[error("{0}")]
    Failed(String),
}

/// Why a sound system refuses a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// There is none of that name, or no server to reach it by.
    Missing,
    /// Somebody else has it, who does not share.
    Busy,
    /// This user may not use it.
    Denied,
    /// Something else.
    Unknown,
}

impl OpenError {
    /// The reason in a few words, for a person.
    pub(super) fn in_short(&self) -> String {
        match self {
            Self::Refused { why: Why::Missing, .. } => "unplugged, or not there".to_owned(),
            Self::Refused { why: Why::Busy, .. } => "another program uses it".to_owned(),
            Self::Refused { why: Why::Denied, .. } => "the system does not allow it".to_owned(),
            Self::Refused { why: Why::Unknown, .. } => "the sound system refuses it".to_owned(),
            Self::Absent | Self::Failed(_) => self.to_string(),
        }
    }

    /// Whether somebody has it, who may let go of it any moment.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Refused { why: Why::Busy, .. })
    }
}

/// Opens a microphone by name, or the default one; returns it with its description.
pub(super) fn open_microphone(
    wanted: Option<&str>,
    opening: Opening,
    step: Step,
) -> Result<(Box<dyn Source>, String), OpenError> {
    let device = device(wanted, Direction::Input)?;
    let ranges = device.supported_input_configs().map_err(|error| refusal(wanted, &error))?;
    let format = Format::best(ranges, opening.stereo).ok_or_else(no_format)?;
    let name = cards::description(&device);
    let (width, rate) = (format.width(opening), format.rate);
    let (ring, consumer) = ring(rate, width);
    let counters = Arc::new(Counters::default());
    let into = Input { ring, width, channels: format.channels.into(), counters: counters.clone() };
    let period = step.frames() * rate as usize / SAMPLE_RATE as usize;
    #[cfg(target_os = "linux")]
    if let Some(pcm) = cards::alsa_name(&device).filter(|_| alsa_streams::knows(format.format)) {
        let opened = alsa_streams::open_microphone(device, pcm, format.of_alsa(period), into);
        let (stream, period) = opened.map_err(|why| alsa_refusal(wanted, why))?;
        return Ok((Box::new(CardSource::new(stream, consumer, (rate, width, period), counters)?), name));
    }
    let config = format.config(BufferSize::Fixed(u32::try_from(period).unwrap_or(480)));
    let stream = input_of(&device, config, format.format, into).map_err(|error| refusal(wanted, &error))?;
    stream.play().map_err(|error| refusal(wanted, &error))?;
    let period = stream.buffer_size().map_or(period, |frames| frames as usize);
    Ok((Box::new(CardSource::new(stream, consumer, (rate, width, period), counters)?), name))
}

/// Opens a speaker by name, or the default one; returns it with its description.
pub(super) fn open_speaker(
    wanted: Option<&str>,
    opening: Opening,
    step: Step,
) -> Result<(Box<dyn Sink>, String), OpenError> {
    let device = device(wanted, Direction::Output)?;
    let ranges = device.supported_output_configs().map_err(|error| refusal(wanted, &error))?;
    let format = Format::best(ranges, opening.stereo).ok_or_else(no_format)?;
    let period = u32::try_from(step.frames()).unwrap_or(SAMPLE_RATE) * format.rate / SAMPLE_RATE;
    #[cfg(target_os = "linux")]
    if let Some(pcm) = cards::alsa_name(&device).filter(|_| alsa_streams::knows(format.format)) {
        let name = cards::description(&device);
        return Ok((alsa_speaker(device, pcm, format, opening, period as usize, wanted)?, name));
    }
    let sink = speaker(&device, format, opening, period).map_err(|why| match why {
        Refused::Device(error) => refusal(wanted, &error),
        Refused::Rate(error) => error,
    })?;
    Ok((sink, cards::description(&device)))
}

#[cfg(target_os = "linux")]
fn alsa_speaker(
    device: cpal::Device,
    pcm: String,
    format: Format,
    opening: Opening,
    period: usize,
    wanted: Option<&str>,
) -> Result<Box<dyn Sink>, OpenError> {
    let width = format.width(opening);
    let (ring, consumer) = ring(format.rate, width);
    let counters = Arc::new(Counters::default());
    let from = Output::new(consumer, width, format.channels.into(), counters.clone());
    let opened = alsa_streams::open_speaker(device, pcm, format.of_alsa(period), from);
    let (stream, given) = opened.map_err(|why| alsa_refusal(wanted, why))?;
    tracing::debug!(given, asked = period, "frames the speaker takes at a time");
    Ok(Box::new(CardSink::new(stream, ring, (format.rate, width, given), opening, counters)?))
}

#[cfg(target_os = "linux")]
fn alsa_refusal(wanted: Option<&str>, error: alsa_streams::NotOpened) -> OpenError {
    match error {
        alsa_streams::NotOpened::Alsa(error) => refused(wanted, why_of(error.errno()), &error),
        alsa_streams::NotOpened::Thread(error) => refused(wanted, Why::Unknown, &error),
    }
}

#[cfg(target_os = "linux")]
fn why_of(errno: i32) -> Why {
    match errno {
        libc::ENOENT | libc::ENODEV | libc::ENXIO | libc::ECONNREFUSED => Why::Missing,
        libc::EBUSY | libc::EAGAIN => Why::Busy,
        libc::EACCES | libc::EPERM => Why::Denied,
        _ => Why::Unknown,
    }
}

fn refused(wanted: Option<&str>, why: Why, error: &dyn std::fmt::Display) -> OpenError {
    let words = match wanted {
        None => error.to_string(),
        Some(name) => format!("the sound device `{name}` can't be opened: {error}"),
    };
    OpenError::Refused { why, words }
}

/// Some systems give less than is asked (two thirds, for they make three periods of two): so more is asked for at first,
/// and what is wanted where that was given indeed.
fn speaker(device: &cpal::Device, format: Format, opening: Opening, period: u32) -> Result<Box<dyn Sink>, Refused> {
    let more = period * 3 / 2;
    match built_speaker(device, format, opening, BufferSize::Fixed(more)) {
        Ok((_, given)) if given > period * 5 / 4 => {
            let again = built_speaker(device, format, opening, BufferSize::Fixed(period));
            again.or_else(|_| built_speaker(device, format, opening, BufferSize::Fixed(more)))
        }
        Err(Refused::Device(error)) if error.kind() == ErrorKind::UnsupportedConfig => {
            built_speaker(device, format, opening, BufferSize::Default)
        }
        done => done,
    }
    .map(|(sink, given)| {
        tracing::debug!(given, asked = period, "frames the speaker takes at a time");
        sink
    })
}

/// Why a speaker was not built.
enum Refused {
    Device(cpal::Error),
    Rate(OpenError),
}

/// Builds a speaker and starts it; returns how much it takes at a time.
fn built_speaker(
    device: &cpal::Device,
    format: Format,
    opening: Opening,
    size: BufferSize,
) -> Result<(Box<dyn Sink>, u32), Refused> {
    let width = format.width(opening);
    let (ring, consumer) = ring(format.rate, width);
    let counters = Arc::new(Counters::default());
    let from = Output::new(consumer, width, format.channels.into(), counters.clone());
    let stream = output_of(device, format.config(size), format.format, from).map_err(Refused::Device)?;
    let given = stream.buffer_size().unwrap_or(SAMPLE_RATE / 50);
    // Streams do not start by themselves.
    stream.play().map_err(Refused::Device)?;
    let shape = (format.rate, width, given as usize);
    let sink = CardSink::new(stream, ring, shape, opening, counters).map_err(Refused::Rate)?;
    Ok((Box::new(sink), given))
}

fn device(wanted: Option<&str>, direction: Direction) -> Result<cpal::Device, OpenError> {
    match (wanted, direction) {
        (Some(name), _) => {
            let words = format!("there is no sound device called `{name}`");
            let missing = || OpenError::Refused { why: Why::Missing, words };
            cards::find(name, direction).ok_or_else(missing)
        }
        (None, Direction::Input) => cards::host().default_input_device().ok_or(OpenError::Absent),
        (None, Direction::Output) => cards::host().default_output_device().ok_or(OpenError::Absent),
    }
}

/// On some systems there always is a default device; that it can't be asked anything is how its absence shows.
fn refusal(wanted: Option<&str>, error: &cpal::Error) -> OpenError {
    let why = match error.kind() {
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => Why::Missing,
        ErrorKind::DeviceBusy => Why::Busy,
        ErrorKind::PermissionDenied => Why::Denied,
        _ => Why::Unknown,
    };
    match (wanted, why) {
        (None, Why::Missing | Why::Unknown) => OpenError::Absent,
        _ => refused(wanted, why, error),
    }
}

fn no_format() -> OpenError {
    OpenError::Failed("the sound device offers no format that can be used".to_owned())
}

/// A ring for half a second.
fn ring(rate: u32, width: usize) -> (rtrb::Producer<f32>, rtrb::Consumer<f32>) {
    rtrb::RingBuffer::new(rate as usize / 2 * width)
}

/// The format a device is opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Format {
    channels: u16,
    rate: u32,
    format: SampleFormat,
}

impl Format {
    /// The one nearest to ours: 48 kHz, then 32-bit float, then as few channels as can be, but two for stereo.
    fn best(ranges: impl Iterator<Item = SupportedStreamConfigRange>, stereo: bool) -> Option<Self> {
        let rate = |range: &SupportedStreamConfigRange| {
            [SAMPLE_RATE, 44_100]
                .into_iter()
                .find(|rate| range.contains_rate(*rate))
                .unwrap_or_else(|| range.max_sample_rate())
        };
        let usable = ranges.filter(|range| format_rank(range.sample_format()).is_some() && range.channels() > 0);
        let best = usable.min_by_key(|range| {
            let lacks = stereo && range.channels() < 2;
            (lacks, rate(range).abs_diff(SAMPLE_RATE), format_rank(range.sample_format()), range.channels())
        })?;
        Some(Self { channels: best.channels(), rate: rate(&best), format: best.sample_format() })
    }

    #[cfg(target_os = "linux")]
    fn of_alsa(self, period: usize) -> alsa_streams::Wanted {
        alsa_streams::Wanted { format: self.format, channels: self.channels, rate: self.rate, period }
    }

    fn config(self, buffer_size: BufferSize) -> StreamConfig {
        StreamConfig { channels: self.channels, sample_rate: self.rate, buffer_size }
    }

    /// Channels of the ring.
    fn width(self, opening: Opening) -> usize {
        if opening.stereo && self.channels >= 2 { 2 } else { 1 }
    }
}

fn format_rank(format: SampleFormat) -> Option<usize> {
    use SampleFormat::{F32, F64, I16, I24, I32, U8, U16};
    [F32, I16, I32, I24, F64, U16, U8].into_iter().position(|known| known == format)
}

fn input_of(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    into: Input,
) -> Result<cpal::Stream, cpal::Error> {
    match format {
        SampleFormat::F32 => input::<f32>(device, config, into),
        SampleFormat::I16 => input::<i16>(device, config, into),
        SampleFormat::I24 => input::<cpal::I24>(device, config, into),
        SampleFormat::I32 => input::<i32>(device, config, into),
        SampleFormat::U8 => input::<u8>(device, config, into),
        SampleFormat::U16 => input::<u16>(device, config, into),
        SampleFormat::F64 => input::<f64>(device, config, into),
        _ => Err(ErrorKind::UnsupportedConfig.into()),
    }
}

fn input<T>(device: &cpal::Device, config: StreamConfig, mut into: Input) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let counters = into.counters.clone();
    let copy = move |data: &[T], _: &cpal::InputCallbackInfo| into.take(data);
    device.build_input_stream(config, copy, move |error| counters.failed(error.kind()), None)
}

fn output_of(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    from: Output,
) -> Result<cpal::Stream, cpal::Error> {
    match format {
        SampleFormat::F32 => output::<f32>(device, config, from),
        SampleFormat::I16 => output::<i16>(device, config, from),
        SampleFormat::I24 => output::<cpal::I24>(device, config, from),
        SampleFormat::I32 => output::<i32>(device, config, from),
        SampleFormat::U8 => output::<u8>(device, config, from),
        SampleFormat::U16 => output::<u16>(device, config, from),
        SampleFormat::F64 => output::<f64>(device, config, from),
        _ => Err(ErrorKind::UnsupportedConfig.into()),
    }
}

fn output<T>(device: &cpal::Device, config: StreamConfig, mut from: Output) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample + FromSample<f32>,
{
    let counters = from.counters();
    let copy = move |data: &mut [T], _: &cpal::OutputCallbackInfo| from.give(data);
    device.build_output_stream(config, copy, move |error| counters.failed(error.kind()), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_nearest_to_ours_is_chosen() {
        let range = |channels, low, high, format| {
            SupportedStreamConfigRange::new(channels, low, high, cpal::SupportedBufferSize::Unknown, format)
        };
        let choose = |ranges: &[SupportedStreamConfigRange], stereo| {
            Format::best(ranges.iter().copied(), stereo).map(|best| (best.channels, best.rate, best.format))
        };
        let (low, high) = (8_000, 192_000);
        let any = [
            range(2, low, high, SampleFormat::F32),
            range(1, low, high, SampleFormat::I16),
            range(1, low, high, SampleFormat::F32),
        ];
        assert_eq!(choose(&any, false), Some((1, 48_000, SampleFormat::F32)));
        assert_eq!(choose(&any, true), Some((2, 48_000, SampleFormat::F32)));
        assert_eq!(choose(&any[1..], true), Some((1, 48_000, SampleFormat::F32)));
        let cd = [range(2, 44_100, 44_100, SampleFormat::F32), range(8, 48_000, 48_000, SampleFormat::I32)];
        assert_eq!(choose(&cd, false), Some((8, 48_000, SampleFormat::I32)));
        let phone = [range(2, 16_000, 16_000, SampleFormat::U8)];
        assert_eq!(choose(&phone, false), Some((2, 16_000, SampleFormat::U8)));
        assert_eq!(choose(&[range(2, low, high, SampleFormat::DsdU8)], false), None);
    }

    #[test]
    fn why_a_device_is_refused_is_said_in_short_and_kept_in_full() {
        for (kind, short) in [
            (ErrorKind::DeviceNotAvailable, "unplugged, or not there"),
            (ErrorKind::DeviceBusy, "another program uses it"),
            (ErrorKind::PermissionDenied, "the system does not allow it"),
            (ErrorKind::BackendError, "the sound system refuses it"),
        ] {
            let error = refusal(Some("desk"), &kind.into());
            assert_eq!(error.in_short(), short);
            assert!(error.to_string().starts_with("the sound device `desk` can't be opened: "), "{error}");
            assert_eq!(error.is_busy(), kind == ErrorKind::DeviceBusy);
        }
        assert_eq!(refusal(None, &ErrorKind::DeviceNotAvailable.into()), OpenError::Absent);
    }

    #[test]
    fn only_what_is_asked_for_and_there_is_two_channels_wide() {
        let stereo = Opening { stereo: true, ..Opening::default() };
        let format = |channels| Format { channels, rate: 48_000, format: SampleFormat::F32 };
        assert_eq!((format(1).width(stereo), format(2).width(stereo), format(8).width(stereo)), (1, 2, 2));
        assert_eq!(format(2).width(Opening::default()), 1);
    }
}
