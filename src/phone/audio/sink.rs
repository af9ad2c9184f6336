//! Where sound is played: one little trait, and the sinks that need no device.

use std::path::Path;
use std::time::Instant;

use super::pace::Pace;
use super::source::Health;
use super::wav::{WavError, WavWriter};
use crate::media::packet::TICK;
use crate::media::tick::Tick;
use crate::phone::event::DeviceFigures;

/// A sink of sound, asked again and again by the voice thread.
pub(super) trait Sink: Send {
    /// Sound begins after a rest.
    fn start(&mut self);

    /// Whether it wants a tick at `now`; one must follow.
    fn wants(&mut self, now: Instant) -> bool;

    /// Plays 10 ms.
    fn put(&mut self, tick: &Tick);

    /// Nothing comes for a while: what was played is brought to where it belongs.
    fn rest(&mut self);

    /// How it is.
    fn health(&mut self) -> Health {
        Health::Well
    }

    /// What it had to do without since it was opened.
    fn figures(&self) -> DeviceFigures {
        DeviceFigures::default()
    }
}

/// Nowhere, in real time.
#[derive(Debug, Default)]
pub(super) struct Nowhere {
    pace: Pace,
}

impl Sink for Nowhere {
    fn start(&mut self) {
        self.pace.restart();
    }

    fn wants(&mut self, now: Instant) -> bool {
        self.pace.due(now)
    }

    fn put(&mut self, _: &Tick) {}

    fn rest(&mut self) {}
}

/// A WAV file, in real time.
pub(super) struct FileSink {
    pace: Pace,
    writer: WavWriter,
    stereo: bool,
}

impl FileSink {
    /// Creates it, with one channel or two.
    pub(super) fn create(path: &Path, stereo: bool) -> Result<Self, WavError> {
        let writer = WavWriter::create(path, if stereo { 2 } else { 1 })?;
        Ok(Self { pace: Pace::default(), writer, stereo })
    }
}

impl Sink for FileSink {
    fn start(&mut self) {
        self.pace.restart();
    }

    fn wants(&mut self, now: Instant) -> bool {
        self.pace.due(now)
    }

    fn put(&mut self, tick: &Tick) {
        if !self.stereo {
            return self.writer.write(tick.clone().mono_mut());
        }
        let mut frames = [0.0; 2 * TICK];
        for (frame, (left, right)) in frames.chunks_exact_mut(2).zip(tick.left().iter().zip(tick.right())) {
            frame.copy_from_slice(&[*left, *right]);
        }
        self.writer.write(&frames);
    }

    fn rest(&mut self) {
        self.writer.flush();
    }

    fn health(&mut self) -> Health {
        if self.writer.failed() { Health::Over("the WAV file can't be written any further") } else { Health::Well }
    }
}
