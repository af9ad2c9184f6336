//! What the callbacks of a stream count, and whether that looks alive. Opening it again is decided elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cpal::ErrorKind;

/// What callbacks count.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) callbacks: AtomicU64,
    /// Frames of the largest callback.
    pub(super) largest: AtomicU32,
    pub(super) errors: AtomicU64,
    /// Samples that were missing, or had no room.
    pub(super) missed: AtomicU64,
}

impl Counters {
    /// A callback was given, or asked for, so many frames.
    pub(super) fn called(&self, frames: usize) {
        self.callbacks.fetch_add(1, Ordering::Relaxed);
        self.largest.fetch_max(u32::try_from(frames).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// The stream reported an error.
    pub(super) fn failed(&self, kind: ErrorKind) {
        // An overrun or a new route mends itself; the rest, repeated, does not.
        if !matches!(kind, ErrorKind::Xrun | ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied) {
            self.errors.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A stream without a callback for this long is dead. Errors alone prove nothing: behind ALSA, PulseAudio reports a
/// few hundred while a stream starts, for it does not know its delay yet, and then works.
const DEAD_AFTER: Duration = Duration::from_millis(500);

/// Watches whether a stream is alive.
pub(super) struct Watch {
    pub(super) counters: Arc<Counters>,
    callbacks: u64,
    errors: u64,
    alive_at: Option<Instant>,
}

impl Watch {
    pub(super) fn new(counters: Arc<Counters>) -> Self {
        Self { counters, callbacks: 0, errors: 0, alive_at: None }
    }

    /// Why the stream is no longer of use, if so.
    pub(super) fn trouble(&mut self, now: Instant) -> Option<&'static str> {
        let callbacks = self.counters.callbacks.load(Ordering::Relaxed);
        let errors = self.counters.errors.load(Ordering::Relaxed);
        let alive_at = *self.alive_at.get_or_insert(now);
        if callbacks != self.callbacks {
            (self.callbacks, self.errors, self.alive_at) = (callbacks, errors, Some(now));
            return None;
        }
        match (now.saturating_duration_since(alive_at) > DEAD_AFTER, errors > self.errors) {
            (false, _) => None,
            (true, true) => Some("the sound device reports one error after the other"),
            (true, false) => Some("the sound device has gone silent"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_in_trouble_without_callbacks_and_not_for_errors_alone() {
        let counters = Arc::new(Counters::default());
        let mut watch = Watch::new(counters.clone());
        let start = crate::base::clock::now();
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!(watch.trouble(at(0)), None);
        for step in 1..50 {
            counters.called(480);
            (0..100).for_each(|_| counters.failed(ErrorKind::BackendError));
            assert_eq!(watch.trouble(at(step * 100)), None, "errors, but it works");
        }
        assert_eq!(watch.trouble(at(5_300)), None);
        assert_eq!(watch.trouble(at(5_500)), Some("the sound device has gone silent"));
        counters.failed(ErrorKind::BackendError);
        assert_eq!(watch.trouble(at(5_600)), Some("the sound device reports one error after the other"));
        counters.called(480);
        assert_eq!(watch.trouble(at(5_700)), None);
    }
}
