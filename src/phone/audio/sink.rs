//! Where sound is played: one little trait, and the sinks that need no device.

use std::path::Path;
use std::time::Instant;

use super::pace::Pace;
use super::wav::{WavError, WavWriter};
use crate::media::tick::Tick;

/// A sink of sound, asked again and again by the voice thread.
pub(super) trait Sink {
    /// Sound begins after a rest.
    fn start(&mut self);

    /// Whether it wants a tick at `now`; one must follow.
    fn wants(&mut self, now: Instant) -> bool;

    /// Plays 10 ms.
    fn put(&mut self, tick: &Tick);

    /// Nothing comes for a while: what was played is brought to where it belongs.
    fn rest(&mut self);

    /// Why nothing can be played any more, if so.
    fn trouble(&mut self, now: Instant) -> Option<&'static str>;
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

    fn trouble(&mut self, _: Instant) -> Option<&'static str> {
        None
    }
}

/// A mono WAV file, in real time.
pub(super) struct FileSink {
    pace: Pace,
    writer: WavWriter,
}

impl FileSink {
    pub(super) fn create(path: &Path) -> Result<Self, WavError> {
        Ok(Self { pace: Pace::default(), writer: WavWriter::create(path, 1)? })
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
        self.writer.write(tick.clone().mono_mut());
    }

    fn rest(&mut self) {
        self.writer.flush();
    }

    fn trouble(&mut self, _: Instant) -> Option<&'static str> {
        self.writer.failed().then_some("the WAV file can't be written any further")
    }
}
