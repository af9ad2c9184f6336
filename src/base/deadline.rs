//! Small sums over deadlines: what comes first, and how long until then.

use std::time::{Duration, Instant};

/// The earlier of two deadlines, where either may be absent.
pub fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

/// How long to wait for `deadline`, at most `cap`; zero when it has passed.
pub fn wait(deadline: Option<Instant>, now: Instant, cap: Duration) -> Duration {
    deadline.map_or(cap, |at| at.saturating_duration_since(now).min(cap))
}

/// Sleeps until `deadline`; for ever when there is none.
pub async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
