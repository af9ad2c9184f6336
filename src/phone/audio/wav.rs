//! WAV files: read as 48 kHz whatever they hold, written as 48 kHz 16 bit, and the stereo recorder of a call.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec};

use crate::media::packet::{SAMPLE_RATE, TICK};
use crate::media::resample::Resampler;
use crate::media::tick::Tick;

/// Why a WAV file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// It can't be opened or created.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// It is no WAV file, or a broken one.
    #[error("{path} is no WAV file that can be read: {why}")]
    NotWav {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// It holds no sound.
    #[error("{path} holds no sound")]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// Its sample rate is beyond anything sensible.
    #[error("{path} has a sample rate of {rate} Hz, which can't be played")]
    Rate {
        /// Which.
        path: PathBuf,
        /// Its rate, Hz.
        rate: u32,
    },
}

/// Reads a WAV file of any rate, width and number of channels as 48 kHz of one channel or two, piece by piece.
pub struct WavReader {
    inner: hound::WavReader<BufReader<File>>,
    spec: WavSpec,
    /// One, or left and right.
    tracks: Vec<Track>,
    ended: bool,
}

/// One channel on its way to 48 kHz.
struct Track {
    resampler: Option<Resampler>,
    raw: Vec<f32>,
    /// Converted samples that wait.
    ready: VecDeque<f32>,
}

impl WavReader {
    /// Opens a file and looks at its header; what it holds is read as one channel.
    ///
    /// # Errors
    /// [`WavError`] when it can't be opened, is no WAV file, or holds no sound.
    pub fn open(path: &Path) -> Result<Self, WavError> {
        Self::with_tracks(path, 1)
    }

    /// The same, but reads its first two channels as left and right, if it has two.
    ///
    /// # Errors
    /// As of [`WavReader::open`].
    pub fn open_stereo(path: &Path) -> Result<Self, WavError> {
        Self::with_tracks(path, 2)
    }

    fn with_tracks(path: &Path, most: usize) -> Result<Self, WavError> {
        let path = path.to_owned();
        let file = match File::open(&path) {
            Ok(file) if file.metadata().is_ok_and(|about| about.is_dir()) => {
                return Err(WavError::NotWav { path, why: "it is a folder".to_owned() });
            }
            Ok(file) => file,
            Err(why) => return Err(WavError::File { path, why }),
        };
        let inner = match hound::WavReader::new(BufReader::new(file)) {
            Ok(inner) => inner,
            Err(why) => return Err(WavError::NotWav { path, why: why.to_string() }),
        };
        let spec = inner.spec();
        if inner.duration() == 0 {
            return Err(WavError::Empty { path });
        }
        let rate = spec.sample_rate;
        let track = || -> Result<Track, WavError> {
            let resampler = (rate != SAMPLE_RATE).then(|| Resampler::new(rate, SAMPLE_RATE)).transpose();
            let resampler = resampler.map_err(|_| WavError::Rate { path: path.clone(), rate })?;
            Ok(Track { resampler, raw: Vec::new(), ready: VecDeque::new() })
        };
        let tracks = (0..most.min(spec.channels.into())).map(|_| track()).collect::<Result<_, _>>()?;
        Ok(Self { inner, spec, tracks, ended: false })
    }

    /// Fills `out` as far as there is sound; returns how many frames. 0 is the end, as is a broken rest of the file.
    pub fn read(&mut self, out: &mut Tick) -> usize {
        while !self.ended && self.tracks.iter().any(|track| track.ready.len() < TICK) {
            self.convert();
        }
        let frames = self.tracks.iter().map(|track| track.ready.len()).min().unwrap_or(0).min(TICK);
        let fill = |out: &mut [f32; TICK], track: &mut Track| {
            out.iter_mut().zip(track.ready.drain(..frames)).for_each(|(out, sample)| *out = sample);
        };
        match self.tracks.as_mut_slice() {
            [left, right] => {
                let (l, r) = out.stereo_mut();
                fill(l, left);
                fill(r, right);
            }
            tracks => tracks.iter_mut().for_each(|track| fill(out.mono_mut(), track)),
        }
        frames
    }

    /// Converts the next 10 ms of the file.
    fn convert(&mut self) {
        let frames = (self.spec.sample_rate / 100).max(1) as usize;
        for _ in 0..frames {
            if self.frame().is_none() {
                self.ended = true;
                break;
            }
        }
        for Track { resampler, raw, ready } in &mut self.tracks {
            match resampler {
                None => ready.extend(raw.iter()),
                Some(resampler) => {
                    if self.ended {
                        // Silence pushes the end out of the filter.
                        raw.resize(raw.len() + frames * 2, 0.0);
                    }
                    resampler.push(raw, |piece| ready.extend(piece));
                }
            }
            raw.clear();
        }
    }

    /// Brings the next frame of the file into the tracks, if there is a whole one.
    fn frame(&mut self) -> Option<()> {
        let (mut sum, mut both) = (0.0, [0.0; 2]);
        for channel in 0..usize::from(self.spec.channels) {
            let sample = match self.spec.sample_format {
                SampleFormat::Float => self.inner.samples::<f32>().next()?.ok()?,
                SampleFormat::Int => {
                    let full = 2_f32.powi(i32::from(self.spec.bits_per_sample) - 1);
                    self.inner.samples::<i32>().next()?.ok()? as f32 / full
                }
            };
            let sample = if sample.is_finite() { sample } else { 0.0 };
            sum += sample;
            if let Some(place) = both.get_mut(channel) {
                *place = sample;
            }
        }
        match self.tracks.as_mut_slice() {
            [left, right] => {
                left.raw.push(both[0]);
                right.raw.push(both[1]);
            }
            tracks => tracks.iter_mut().for_each(|track| track.raw.push(sum / f32::from(self.spec.channels))),
        }
        Some(())
    }
}

/// Samples between two updates of the header, so that even a killed program leaves a valid file: 1 s.
const FLUSH_EVERY: u32 = SAMPLE_RATE;

/// The most a WAV file can hold, bytes; kept below the format's 4 GiB.
const MOST_BYTES: u64 = 4_000_000_000;

/// Writes a 48 kHz, 16 bit WAV file. Valid after [`WavWriter::flush`] and when dropped.
pub struct WavWriter {
    inner: Option<hound::WavWriter<BufWriter<File>>>,
    channels: u16,
    written: u64,
    since_flush: u32,
}

impl WavWriter {
    /// Creates the file, or empties it.
    ///
    /// # Errors
    /// [`WavError::File`] when that is not possible.
    pub fn create(path: &Path, channels: u16) -> Result<Self, WavError> {
        let failed = |why| WavError::File { path: path.to_owned(), why };
        let file = File::create(path).map_err(failed)?;
        let spec =
            WavSpec { channels, sample_rate: SAMPLE_RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let inner = hound::WavWriter::new(BufWriter::new(file), spec)
            .map_err(|why| failed(std::io::Error::other(why.to_string())))?;
        let mut writer = Self { inner: Some(inner), channels, written: 0, since_flush: 0 };
        writer.flush();
        Ok(writer)
    }

    /// Appends samples, channels interleaved. A failure ends the file where it is; see [`WavWriter::failed`].
    pub fn write(&mut self, samples: &[f32]) {
        let Some(inner) = &mut self.inner else { return };
        self.written += samples.len() as u64 * 2;
        let full = self.written > MOST_BYTES;
        // In range by the clamp.
        let written =
            samples.iter().try_for_each(|s| inner.write_sample((s.clamp(-1.0, 1.0) * 32767.0).round() as i16));
        if written.is_err() || full {
            self.inner = None;
            return;
        }
        self.since_flush += samples.len() as u32 / u32::from(self.channels);
        if self.since_flush >= FLUSH_EVERY {
            self.flush();
        }
    }

    /// Brings everything, and a header that fits it, to the disk.
    pub fn flush(&mut self) {
        self.since_flush = 0;
        if self.inner.as_mut().is_some_and(|inner| inner.flush().is_err()) {
            self.inner = None;
        }
    }

    /// Whether writing has failed, for example because the disk or the file is full.
    pub fn failed(&self) -> bool {
        self.inner.is_none()
    }
}

/// How far one side of a recording may be ahead before the other is filled with silence, samples: 200 ms.
const MOST_AHEAD: usize = 9_600;

/// Records a call: left is this side, right the other.
pub struct Recorder {
    writer: WavWriter,
    left: VecDeque<f32>,
    right: VecDeque<f32>,
    both: Vec<f32>,
}

impl Recorder {
    /// Creates the file.
    ///
    /// # Errors
    /// [`WavError::File`] when that is not possible.
    pub fn create(path: &Path) -> Result<Self, WavError> {
        let writer = WavWriter::create(path, 2)?;
        Ok(Self { writer, left: VecDeque::new(), right: VecDeque::new(), both: Vec::new() })
    }

    /// Whether nothing more can be written.
    pub fn failed(&self) -> bool {
        self.writer.failed()
    }

    /// A tick this side sent.
    pub fn sent(&mut self, tick: &Tick) {
        self.left.extend(tick.clone().mono_mut().iter());
        self.write();
    }

    /// A tick this side heard.
    pub fn heard(&mut self, tick: &Tick) {
        self.right.extend(tick.clone().mono_mut().iter());
        self.write();
    }

    fn write(&mut self) {
        let ahead = self.left.len().abs_diff(self.right.len());
        if ahead > MOST_AHEAD {
            self.even_out();
        }
        let ready = self.left.len().min(self.right.len());
        self.both.clear();
        for (left, right) in self.left.drain(..ready).zip(self.right.drain(..ready)) {
            self.both.extend([left, right]);
        }
        self.writer.write(&self.both);
    }

    fn even_out(&mut self) {
        let longest = self.left.len().max(self.right.len());
        self.left.resize(longest, 0.0);
        self.right.resize(longest, 0.0);
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.even_out();
        self.write();
    }
}

#[cfg(test)]
mod tests;
