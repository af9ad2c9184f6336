//! Where sound is taken from: one little trait, and the sources that need no device.

use std::time::Instant;

use super::pace::Pace;
use super::wav::{WavError, WavReader};
use crate::media::packet::SAMPLE_RATE;
use crate::media::tick::Tick;

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

/// A source of sound, asked again and again by the voice thread.
pub(super) trait Source {
    /// Somebody begins to listen.
    fn start(&mut self);

    /// Overwrites `out` with the next 10 ms, if they are due at `now`.
    fn take(&mut self, out: &mut Tick, now: Instant) -> Taken;

    /// Why nothing more is to be expected, if so.
    fn trouble(&mut self, now: Instant) -> Option<&'static str>;
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

    fn trouble(&mut self, _: Instant) -> Option<&'static str> {
        None
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

    fn trouble(&mut self, _: Instant) -> Option<&'static str> {
        None
    }
}

/// A WAV file, once, in real time; then silence.
pub(super) struct FileSource {
    pace: Pace,
    reader: Option<WavReader>,
}

impl FileSource {
    pub(super) fn open(path: &std::path::Path) -> Result<Self, WavError> {
        Ok(Self { pace: Pace::default(), reader: Some(WavReader::open(path)?) })
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
            Some(samples) => out.mono_mut()[samples..].fill(0.0),
        }
        Taken::Sound
    }

    fn trouble(&mut self, _: Instant) -> Option<&'static str> {
        None
    }
}
