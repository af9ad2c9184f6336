//! Takes a microphone's sound from ALSA, on a thread of its own that sleeps until there is some, and then takes all there
//! is. cpal takes whole periods only: behind a sound server, whose pieces are none, it spins until one is complete, for up
//! to a whole core (see docs/sound.md).

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use alsa::Direction;
use alsa::pcm::{Access, Format, HwParams, IO, IoFormat, PCM};
use cpal::{ErrorKind, FromSample, Sample, SampleFormat};

use super::callback::Input;
use super::watch::Counters;
use crate::base::task;

/// What is asked of ALSA.
pub(super) struct Wanted {
    pub(super) format: SampleFormat,
    pub(super) channels: u16,
    pub(super) rate: u32,
    /// Frames after which there is enough to wake up for.
    pub(super) period: usize,
}

/// A running microphone; stops when dropped.
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

/// Periods in the buffer. They cost no time: what is there is taken at once.
const PERIODS: i64 = 8;

/// Whether this file can take sound of this format; the other formats are cpal's.
pub(super) fn can_take(format: SampleFormat) -> bool {
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

/// Opens a device and starts it; what it gives goes to `into`.
pub(super) fn open(device: cpal::Device, name: &str, wanted: &Wanted, into: Input) -> Result<Stream, String> {
    let pcm = prepared(name, wanted).map_err(|error| error.to_string())?;
    let room = wanted.period * PERIODS as usize * usize::from(wanted.channels);
    let stopping = Arc::new(AtomicBool::new(false));
    let work = Work { pcm, into, stopping: stopping.clone() };
    let thread = match wanted.format {
        SampleFormat::I16 => task::thread("microphone", move || work.run::<i16>(room)),
        SampleFormat::I32 => task::thread("microphone", move || work.run::<i32>(room)),
        _ => task::thread("microphone", move || work.run::<f32>(room)),
    };
    let thread = Some(thread.map_err(|error| error.to_string())?);
    Ok(Stream { stopping, thread, _device: device })
}

fn prepared(name: &str, wanted: &Wanted) -> alsa::Result<PCM> {
    let pcm = PCM::new(name, Direction::Capture, true)?;
    {
        let about = HwParams::any(&pcm)?;
        about.set_access(Access::RWInterleaved)?;
        about.set_format(alsa_format(wanted.format).unwrap_or(Format::float()))?;
        about.set_channels(wanted.channels.into())?;
        about.set_rate(wanted.rate, alsa::ValueOr::Nearest)?;
        let period = about.set_period_size_near(wanted.period as i64, alsa::ValueOr::Nearest)?;
        about.set_buffer_size_near(period * PERIODS)?;
        pcm.hw_params(&about)?;
    }
    pcm.prepare()?;
    pcm.start()?;
    Ok(pcm)
}

/// How long it sleeps at most before it looks whether to stop.
const LOOK_EVERY_MS: u32 = 50;
/// How long it rests when woken for nothing, and after an error.
const FOR_NOTHING: Duration = Duration::from_millis(1);
const AFTER_ERROR: Duration = Duration::from_millis(5);

/// What the thread works with.
struct Work {
    pcm: PCM,
    into: Input,
    stopping: Arc<AtomicBool>,
}

impl Work {
    fn run<T: Sample + IoFormat>(self, room: usize)
    where
        f32: FromSample<T>,
    {
        let Self { pcm, mut into, stopping } = self;
        let counters = into.counters.clone();
        let io = match pcm.io_checked::<T>() {
            Ok(io) => io,
            Err(error) => return tracing::error!(%error, "the microphone has another format than it was given"),
        };
        let mut data = vec![T::EQUILIBRIUM; room];
        while !stopping.load(Ordering::Relaxed) {
            match taken(&pcm, &io, &mut data, into.channels) {
                Ok(0) => std::thread::sleep(FOR_NOTHING),
                Ok(samples) => into.take(&data[..samples]),
                Err(error) if !mended(&pcm, error.errno(), &counters) => return,
                Err(_) => (),
            }
        }
    }
}

/// Waits until there is sound, and takes what there is; returns how many samples.
fn taken<T: IoFormat>(pcm: &PCM, io: &IO<'_, T>, data: &mut [T], channels: usize) -> alsa::Result<usize> {
    pcm.wait(Some(LOOK_EVERY_MS))?;
    let there = usize::try_from(pcm.avail_update()?).unwrap_or(0) * channels;
    // Never more than there is: a whole period would be waited for.
    let samples = there.min(data.len());
    if samples == 0 {
        return Ok(0);
    }
    match io.readi(&mut data[..samples]) {
        Ok(frames) => Ok(frames * channels),
        Err(error) if error.errno() == libc::EAGAIN => Ok(0),
        Err(error) => Err(error),
    }
}

/// Counts an error, and does what can be done about it; says whether to go on.
fn mended(pcm: &PCM, errno: c_int, counters: &Counters) -> bool {
    match errno {
        libc::EPIPE | libc::ESTRPIPE => {
            counters.failed(ErrorKind::Xrun);
            if pcm.prepare().and_then(|()| pcm.start()).is_err() {
                counters.failed(ErrorKind::BackendError);
                std::thread::sleep(AFTER_ERROR);
            }
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
