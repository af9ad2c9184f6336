//! When a packet would have come at the earliest, and how much later than that each one comes.
//!
//! The fastest packet of the last two seconds draws a line from timestamps to arrivals; whatever comes later than this
//! line says is delayed by that much. The line follows clocks that drift apart and paths that change.

use std::time::{Duration, Instant};

use crate::media::packet::SAMPLE_RATE;

/// A change of travel time that is no jitter but a new timeline, samples: 3 s.
const NEW_TIMELINE: i64 = 3 * SAMPLE_RATE as i64;

/// The line is remembered in spans of a quarter of a second, samples, eight of them.
const SPAN: i64 = SAMPLE_RATE as i64 / 4;
const SPANS: usize = 8;

/// Travel times of the recent packets, relative to each other. Times are in samples from the first arrival on.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    start: Option<Instant>,
    /// The last timestamp, unwrapped.
    last: Option<i64>,
    travel: Option<i64>,
    /// The shortest travel time within each span, the present one first, and when the present one ends.
    fastest: [Option<i64>; SPANS],
    ends: i64,
    jitter: f64,
}

impl Arrivals {
    /// Notes a packet of sound; returns by how many samples it is delayed.
    pub(super) fn observe(&mut self, timestamp: u32, now: Instant) -> i64 {
        let unwrapped = self.unwrapped(timestamp);
        self.last = Some(unwrapped);
        let arrived = self.since_start(now);
        let travel = arrived - unwrapped;
        if let Some(before) = self.travel {
            let change = travel - before;
            if change.abs() > NEW_TIMELINE {
                self.forget();
            } else {
                self.jitter += (change.abs() as f64 - self.jitter) / 16.0;
            }
        }
        self.travel = Some(travel);
        self.note(travel, arrived);
        self.base().map_or(0, |base| travel - base)
    }

    /// A timestamp unwrapped: a 32-bit difference read as signed goes whichever way is shorter.
    pub(super) fn unwrapped(&self, timestamp: u32) -> i64 {
        self.last.map_or_else(
            || i64::from(timestamp),
            |last| last.saturating_add(i64::from(timestamp.wrapping_sub(last as u32).cast_signed())),
        )
    }

    /// By how many samples `now` is later than the earliest that `timestamp` could have come.
    pub(super) fn delay(&self, timestamp: i64, now: Instant) -> Option<i64> {
        Some(self.since_start(now) - timestamp - self.base()?)
    }

    pub(super) fn jitter_ms(&self) -> f32 {
        (self.jitter / 48.0) as f32
    }

    /// Another source, or another path: what was is no measure any more.
    pub(super) fn forget(&mut self) {
        self.fastest = [None; SPANS];
        self.travel = None;
    }

    /// The path seems to have become longer: only the last moments count.
    pub(super) fn doubt(&mut self) {
        self.fastest[2..].fill(None);
    }

    fn base(&self) -> Option<i64> {
        self.fastest.iter().flatten().min().copied()
    }

    fn note(&mut self, travel: i64, arrived: i64) {
        let over = arrived.saturating_sub(self.ends);
        if over >= 0 {
            let spans = usize::try_from(over / SPAN + 1).map_or(SPANS, |spans| spans.min(SPANS));
            self.fastest.rotate_right(spans % SPANS);
            self.fastest[..spans].fill(None);
            self.ends = arrived + SPAN - over % SPAN;
        }
        self.fastest[0] = Some(self.fastest[0].map_or(travel, |fastest| fastest.min(travel)));
    }

    fn since_start(&self, now: Instant) -> i64 {
        self.start.map_or(0, |start| samples(now.saturating_duration_since(start)))
    }

    /// Time counts from the first packet on.
    pub(super) fn begin(&mut self, now: Instant) {
        self.start.get_or_insert(now);
    }
}

/// A time in samples.
pub(super) fn samples(time: Duration) -> i64 {
    i64::try_from(time.as_nanos() * u128::from(SAMPLE_RATE) / 1_000_000_000).unwrap_or(i64::MAX / 4)
}
