//! Streams of ALSA, each on a thread of its own that sleeps until the device has sound or room, and then copies all there
//! is. cpal's own threads copy whole periods only, and ask for the delay each time: behind a sound server, whose pieces are
//! no periods, a microphone spins until one is complete, for up to a whole core; and a server that does not know the delay
//! just then (at the start, after running dry) answers with an error, again and again, until the stream is opened anew.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::Duration;

use alsa::Direction;
use alsa::pcm::{Access, Format, HwParams, IO, IoFormat, PCM};
use cpal::{ErrorKind, FromSample, Sample, SampleFormat};

use super::callback::{Input, Output};
use super::voice::priority;
use super::watch::Counters;
use crate::base::task;

/// What is asked of ALSA.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) format: SampleFormat,
    pub(super) channels: u16,
    pub(super) rate: u32,
    /// Frames to copy at a time.
    pub(super) period: usize,
}

/// A running stream; stops when dropped.
pub(super) struct Stream {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// Keeps ALSA's configuration.
    _device: cpal::Device,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Until it has ended, hardware stays taken. Its panic is logged already.
            thread.join().ok();
        }
    }
}

/// Periods in the buffer of a microphone. They cost no time: what is there is taken at once.
const MICROPHONE_PERIODS: i64 = 8;
/// Periods in the buffer of a speaker: the least with which sound servers keep the period that is asked for.
const SPEAKER_PERIODS: i64 = 3;

/// Whether this file knows the format; the other formats are cpal's.
pub(super) fn knows(format: SampleFormat) -> bool {
    alsa_format(format).is_some()
}

fn alsa_format(format: SampleFormat) -> Option<Format> {
    match format {
        SampleFormat::F32 => Some(Format::float()),
        SampleFormat::I16 => Some(Format::s16()),
        SampleFormat::I32 => Some(Format::s32()),
        _ => None,
    }
}

/// Why a stream was not opened.
#[derive(Debug)]
pub(super) enum NotOpened {
    /// What ALSA says.
    Alsa(alsa::Error),
    /// There is no thread for it, or it ended in a panic.
    Thread(String),
}

/// Opens a microphone and starts it; what it gives goes to `into`. Says how many frames it gives at a time.
pub(super) fn open_microphone(
    device: cpal::Device,
    name: String,
    wanted: Wanted,
    into: Input,
) -> Result<(Stream, usize), NotOpened> {
    let counters = into.counters.clone();
    let open = move || {
        let work = Work::prepared(&name, Direction::Capture, MICROPHONE_PERIODS, &wanted, counters)?;
        work.pcm.start()?;
        Ok(work)
    };
    let room = MICROPHONE_PERIODS as usize;
    started(device, "microphone", open, move |work, stopping| match work.format {
        SampleFormat::I16 => work.take::<i16>(into, room, stopping),
        SampleFormat::I32 => work.take::<i32>(into, room, stopping),
        _ => work.take::<f32>(into, room, stopping),
    })
}

/// Opens a speaker and starts it; what it plays comes from `from`. Says how many frames it takes at a time.
pub(super) fn open_speaker(
    device: cpal::Device,
    name: String,
    wanted: Wanted,
    from: Output,
) -> Result<(Stream, usize), NotOpened> {
    let counters = from.counters();
    let open = move || Work::prepared(&name, Direction::Playback, SPEAKER_PERIODS, &wanted, counters);
    started(device, "speaker", open, move |work, stopping| match work.format {
        SampleFormat::I16 => work.give::<i16>(from, stopping),
        SampleFormat::I32 => work.give::<i32>(from, stopping),
        _ => work.give::<f32>(from, stopping),
    })
}

/// Opens and runs a stream on a thread of its own, which runs before others. So do the threads that a sound server's
/// library starts while the stream is opened, for they inherit it: all of its sound goes through them.
fn started(
    device: cpal::Device,
    name: &'static str,
    open: impl FnOnce() -> alsa::Result<Work> + Send + 'static,
    run: impl FnOnce(Work, &AtomicBool) + Send + 'static,
) -> Result<(Stream, usize), NotOpened> {
    let stopping = Arc::new(AtomicBool::new(false));
    let told = stopping.clone();
    let (tell, opened) = sync_channel(1);
    let body = move || {
        priority::raise();
        match open() {
            Ok(work) => {
                // Whoever waits for it is there: opening has no other end.
                tell.send(Ok(work.period)).ok();
                run(work, &told);
            }
            Err(error) => drop(tell.send(Err(error))),
        }
    };
    let thread = task::thread(name, body).map_err(|error| NotOpened::Thread(error.to_string()))?;
    let stream = Stream { stopping, thread: Some(thread), _device: device };
    match opened.recv() {
        Ok(Ok(period)) => Ok((stream, period)),
        Ok(Err(error)) => Err(NotOpened::Alsa(error)),
        Err(_) => Err(NotOpened::Thread("the sound system failed".to_owned())),
    }
}

/// How long it sleeps at most before it looks whether to stop.
const LOOK_EVERY_MS: u32 = 50;
/// How long it rests when woken for nothing, and after an error.
const FOR_NOTHING: Duration = Duration::from_millis(1);
const AFTER_ERROR: Duration = Duration::from_millis(5);

/// What a thread works with.
struct Work {
    pcm: PCM,
    format: SampleFormat,
    channels: usize,
    period: usize,
    counters: Arc<Counters>,
}

impl Work {
    /// Opens a device, ready to start.
    fn prepared(
        name: &str,
        direction: Direction,
        periods: i64,
        wanted: &Wanted,
        counters: Arc<Counters>,
    ) -> alsa::Result<Self> {
        let pcm = PCM::new(name, direction, true)?;
        let period;
        {
            let about = HwParams::any(&pcm)?;
            about.set_access(Access::RWInterleaved)?;
            about.set_format(alsa_format(wanted.format).unwrap_or(Format::float()))?;
            about.set_channels(wanted.channels.into())?;
            about.set_rate(wanted.rate, alsa::ValueOr::Nearest)?;
            period = about.set_period_size_near(wanted.period as i64, alsa::ValueOr::Nearest)?;
            let buffer = about.set_buffer_size_near(period * periods)?;
            pcm.hw_params(&about)?;
            let how = pcm.sw_params_current()?;
            how.set_avail_min(period)?;
            // More than the whole buffer would never be there.
            how.set_start_threshold(if direction == Direction::Playback { buffer.min(2 * period) } else { 1 })?;
            pcm.sw_params(&how)?;
        }
        pcm.prepare()?;
        let period = usize::try_from(period).unwrap_or(wanted.period);
        Ok(Self { pcm, format: wanted.format, channels: wanted.channels.into(), period, counters })
    }

    fn take<T: Sample + IoFormat>(self, mut into: Input, periods: usize, stopping: &AtomicBool)
    where
        f32: FromSample<T>,
    {
        let mut data = vec![T::EQUILIBRIUM; self.period * periods * self.channels];
        self.repeat(stopping, |io: &IO<'_, T>, there| {
            let samples = (there * self.channels).min(data.len());
            let frames = io.readi(&mut data[..samples])?;
            into.take(&data[..frames * self.channels]);
            Ok(())
        });
    }

    fn give<T: Sample + IoFormat + FromSample<f32>>(self, mut from: Output, stopping: &AtomicBool) {
        let mut data = vec![T::EQUILIBRIUM; self.period * self.channels];
        self.repeat(stopping, |io: &IO<'_, T>, room| {
            let samples = (room * self.channels).min(data.len());
            from.give(&mut data[..samples]);
            // There is room for all of it.
            io.writei(&data[..samples]).map(|_| ())
        });
    }

    /// Copies whenever there is something to copy, until told to stop or the device is gone. Never more than there is: a
    /// whole period would be waited for.
    fn repeat<T: IoFormat>(&self, stopping: &AtomicBool, mut copy: impl FnMut(&IO<'_, T>, usize) -> alsa::Result<()>) {
        let io = match self.pcm.io_checked::<T>() {
            Ok(io) => io,
            Err(error) => return tracing::error!(%error, "a sound device has another format than it was given"),
        };
        while !stopping.load(Ordering::Relaxed) {
            let there = self.pcm.wait(Some(LOOK_EVERY_MS)).and_then(|_| self.pcm.avail_update());
            let copied = match there {
                Ok(frames) if frames > 0 => copy(&io, usize::try_from(frames).unwrap_or(0)),
                Ok(_) => {
                    std::thread::sleep(FOR_NOTHING);
                    Ok(())
                }
                Err(error) => Err(error),
            };
            if copied.is_err_and(|error| !mended(&self.pcm, error.errno(), &self.counters)) {
                return;
            }
        }
    }
}

/// Counts an error, and does what can be done about it; says whether to go on.
fn mended(pcm: &PCM, errno: c_int, counters: &Counters) -> bool {
    match errno {
        libc::EAGAIN => std::thread::sleep(FOR_NOTHING),
        libc::EPIPE | libc::ESTRPIPE => {
            counters.failed(ErrorKind::Xrun);
            // A speaker starts by itself once there is something to play.
            let takes = pcm.info().is_ok_and(|about| about.get_stream() == Direction::Capture);
            if pcm.prepare().and_then(|()| if takes { pcm.start() } else { Ok(()) }).is_err() {
                counters.failed(ErrorKind::BackendError);
                std::thread::sleep(AFTER_ERROR);
            }
            // One that fails so at once, again and again, must not take the core of whoever would close it.
            std::thread::sleep(FOR_NOTHING);
        }
        libc::ENODEV => {
            counters.failed(ErrorKind::DeviceNotAvailable);
            return false;
        }
        _ => {
            counters.failed(ErrorKind::BackendError);
            std::thread::sleep(AFTER_ERROR);
        }
    }
    true
}
