//! Where sound is taken from: one little trait, and the sources that need no device.

use std::time::Instant;

use super::pace::Pace;
use super::watch::Vitals;
use super::wav::{WavError, WavReader};
use crate::media::packet::SAMPLE_RATE;
use crate::media::tick::Tick;
use crate::phone::event::DeviceFigures;

/// What a source gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// No tick is due yet.
    NotYet,
    /// A tick of sound.
    Sound,
    /// A tick of silence, the first after the last sound there is. Said once.
    Over,
}

/// How a source or a sink is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// Nothing can happen to it.
    Well,
    /// It is of no use any more, opening it again would not help, and why.
    Over(&'static str),
    /// A stream of a device: what it has counted says how it is.
    Stream(Vitals),
}

/// A source of sound, asked again and again by the voice thread.
pub(super) trait Source: Send {
    /// Somebody begins to listen.
    fn start(&mut self);

    /// Overwrites `out` with the next 10 ms, if they are due at `now`.
    fn take(&mut self, out: &mut Tick, now: Instant) -> Taken;

    /// How it is.
    fn health(&mut self) -> Health {
        Health::Well
    }

    /// What it had to leave out since it was opened.
    fn figures(&self) -> DeviceFigures {
        DeviceFigures::default()
    }
}

/// Nothing, in real time.
#[derive(Debug, Default)]
pub(super) struct Silence {
    pace: Pace,
}

impl Source for Silence {
    fn start(&mut self) {
        self.pace.restart();
    }

    fn take(&mut self, out: &mut Tick, now: Instant) -> Taken {
        if !self.pace.due(now) {
            return Taken::NotYet;
        }
        out.clear();
        Taken::Sound
    }
}

/// A steady sine at −12 dBFS, in real time.
#[derive(Debug)]
pub(super) struct Sine {
    pace: Pace,
    step: f64,
    phase: f64,
}

const SINE_AMPLITUDE: f64 = 0.355;

impl Sine {
    pub(super) fn new(hertz: u16) -> Self {
        let step = std::f64::consts::TAU * f64::from(hertz) / f64::from(SAMPLE_RATE);
        Self { pace: Pace::default(), step, phase: 0.0 }
    }
}

impl Source for Sine {
    fn start(&mut self) {
        self.pace.restart();
    }

    fn take(&mut self, out: &mut Tick, now: Instant) -> Taken {
        if !self.pace.due(now) {
            return Taken::NotYet;
        }
        for sample in out.mono_mut() {
            *sample = (self.phase.sin() * SINE_AMPLITUDE) as f32;
            self.phase = (self.phase + self.step) % std::f64::consts::TAU;
        }
        Taken::Sound
    }
}

/// A WAV file, once, in real time; then silence.
pub(super) struct FileSource {
    pace: Pace,
    reader: Option<WavReader>,
}

impl FileSource {
    /// Reads it in two channels, if `stereo` and it has them.
    pub(super) fn open(path: &std::path::Path, stereo: bool) -> Result<Self, WavError> {
        let reader = if stereo { WavReader::open_stereo(path)? } else { WavReader::open(path)? };
        Ok(Self { pace: Pace::default(), reader: Some(reader) })
    }
}

impl Source for FileSource {
    fn start(&mut self) {
        self.pace.restart();
    }

    fn take(&mut self, out: &mut Tick, now: Instant) -> Taken {
        if !self.pace.due(now) {
            return Taken::NotYet;
        }
        let read = self.reader.as_mut().map(|reader| reader.read(out));
        match read {
            None => out.clear(),
            Some(0) => {
                self.reader = None;
                out.clear();
                return Taken::Over;
            }
            Some(samples) if out.is_stereo() => {
                let (left, right) = out.stereo_mut();
                left[samples..].fill(0.0);
                right[samples..].fill(0.0);
            }
            Some(samples) => out.mono_mut()[samples..].fill(0.0),
        }
        Taken::Sound
    }
}
