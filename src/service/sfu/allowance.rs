//! How much of something may come: so many per second for good, and a burst now and then. Pure.

use std::time::{Duration, Instant};

/// Counts what comes, as the moment until which it would have lasted at the steady rate (a leaky bucket).
#[derive(Debug)]
pub(super) struct Allowance {
    each: Duration,
    burst: Duration,
    until: Option<Instant>,
}

impl Allowance {
    /// So many per second, at least 1; what `burst` would bring at this rate may come at once.
    pub(super) fn new(per_second: u32, burst: Duration) -> Self {
        Self { each: Duration::from_secs(1) / per_second.max(1), burst, until: None }
    }

    /// One more came. Whether it is within what is allowed.
    pub(super) fn takes(&mut self, now: Instant) -> bool {
        let until = self.until.map_or(now, |until| until.max(now));
        let allowed = until - now < self.burst;
        if allowed {
            self.until = Some(until + self.each);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    #[test]
    fn a_burst_passes_and_then_the_steady_rate() {
        let mut allowance = Allowance::new(200, Duration::from_secs(1));
        let mut now = clock::now();
        let passed = |allowance: &mut Allowance, now, n| (0..n).filter(|_| allowance.takes(now)).count();
        assert_eq!(passed(&mut allowance, now, 1_000), 200);
        for _ in 0..100 {
            now += Duration::from_millis(100);
            assert_eq!(passed(&mut allowance, now, 1_000), 20);
        }
        now += Duration::from_secs(60);
        assert_eq!(passed(&mut allowance, now, 1_000), 200, "rest is not saved up beyond the burst");
    }

    #[test]
    fn who_keeps_to_the_rate_is_never_stopped() {
        let mut allowance = Allowance::new(200, Duration::from_secs(1));
        let start = clock::now();
        assert!((0..10_000).all(|n| allowance.takes(start + Duration::from_millis(5) * n)));
    }
}
