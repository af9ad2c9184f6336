//! The program's only reader of the machine's clocks.
//!
//! Everything below the tasks takes the time as an argument, so that tests can bring their own.
#![expect(clippy::disallowed_methods, reason = "this file is where the clock is read")]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::domain::time::UnixMillis;

/// The monotonic clock: for deadlines, durations and media. Read through tokio, whose tests can pause it, so that
/// tasks and their timers always agree on the time.
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The wall clock, as milliseconds since 1970 UTC: for records and tokens.
pub fn unix_now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
