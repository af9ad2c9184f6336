//! How unevenly packets travel: how long to wait before play begins, and when more waits than is of any use.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::media::packet::{FRAME, SAMPLE_RATE};

/// Shortest and longest wait before play begins, samples: 20 and 200 ms.
const SHORTEST: i64 = FRAME as i64;
const LONGEST: i64 = 10 * FRAME as i64;

/// Packets whose travel times are remembered: about 4 s.
const REMEMBERED: usize = 200;

/// A change of travel time that is no jitter but a new timeline, samples: 3 s.
const NEW_TIMELINE: i64 = 3 * SAMPLE_RATE as i64;

/// Travel times of the recent packets, relative to each other.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// The first arrival, and the last timestamp unwrapped.
    origin: Option<(Instant, u32, i64)>,
    travel: VecDeque<i64>,
    jitter: f64,
}

impl Arrivals {
    pub(super) fn observe(&mut self, timestamp: u32, now: Instant) {
        let (start, last, unwrapped) = self.origin.unwrap_or((now, timestamp, 0));
        // A 32-bit difference read as signed unwraps the timestamp, whichever way it goes.
        let unwrapped = unwrapped + i64::from(timestamp.wrapping_sub(last).cast_signed());
        self.origin = Some((start, timestamp, unwrapped));
        let arrived = now.saturating_duration_since(start).as_secs_f64() * f64::from(SAMPLE_RATE);
        let travel = arrived as i64 - unwrapped;
        if let Some(before) = self.travel.back() {
            let change = travel - before;
            if change.abs() > NEW_TIMELINE {
                self.travel.clear();
            } else {
                self.jitter += (change.abs() as f64 - self.jitter) / 16.0;
            }
        }
        if self.travel.len() == REMEMBERED {
            self.travel.pop_front();
        }
        self.travel.push_back(travel);
    }

    pub(super) fn jitter_ms(&self) -> f32 {
        (self.jitter / 48.0) as f32
    }

    /// How long the first packet waits, so that the slowest of the recent ones would still have come in time.
    pub(super) fn start_delay(&self) -> Duration {
        let (low, high) = self.travel.iter().fold((i64::MAX, i64::MIN), |(low, high), t| (low.min(*t), high.max(*t)));
        let spread = if self.travel.is_empty() { 0 } else { high - low };
        let samples = spread.clamp(SHORTEST, LONGEST);
        Duration::from_nanos(samples.unsigned_abs() * 1_000_000_000 / u64::from(SAMPLE_RATE))
    }
}

/// How long the buffer is watched before it is shortened.
const WATCH: Duration = Duration::from_secs(2);

/// What may always wait, samples: 40 ms.
const USEFUL: usize = 2 * FRAME;

/// Finds out when more waits than was ever needed: sender and receiver drift, or a stall is over.
#[derive(Debug, Default)]
pub(super) struct Surplus {
    since: Option<Instant>,
    least: Option<usize>,
    /// Frames that can be left out, and whether that has already waited for a quiet one in vain.
    frames: usize,
    overdue: bool,
}

impl Surplus {
    /// Notes how many samples wait at `now`.
    pub(super) fn observe(&mut self, waiting: usize, now: Instant) {
        self.least = Some(self.least.map_or(waiting, |least| least.min(waiting)));
        if waiting < USEFUL {
            self.frames = 0;
            self.overdue = false;
        }
        let since = *self.since.get_or_insert(now);
        if now.saturating_duration_since(since) >= WATCH {
            let surplus = self.least.unwrap_or(0).saturating_sub(USEFUL) / FRAME + 1;
            let too_much = self.least.is_some_and(|least| least >= USEFUL);
            self.overdue = too_much && self.frames > 0 || surplus > 5;
            self.frames = if too_much { surplus } else { 0 };
            self.least = None;
            self.since = Some(now);
        }
    }

    /// Whether a frame may be left out now; counts it as done.
    pub(super) fn may_leave_out(&mut self, quiet: bool) -> bool {
        let yes = self.frames > 0 && (quiet || self.overdue);
        if yes {
            self.frames -= 1;
        }
        yes
    }

    pub(super) fn clear(&mut self, now: Instant) {
        *self = Self { since: Some(now), ..Self::default() };
    }
}
