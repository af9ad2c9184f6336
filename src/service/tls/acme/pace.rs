//! When certificates are renewed, and how long to wait after an order that failed. Pure.

use std::time::Duration;

use crate::domain::time::UnixMillis;
use crate::service::tls::due_at;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// When the next one is ordered after one that was had at `now`: when it is to be replaced, and not at once where it has begun
/// long ago by this machine's clock. A clock that is wrong would use up what an authority gives in a week within minutes.
pub(super) fn next_after(from: UnixMillis, until: UnixMillis, now: UnixMillis) -> UnixMillis {
    due_at(from, until).max(now.plus((until.since(from) / 3).clamp(0, DAY)))
}

/// How long to wait after so many failures in a row: authorities take only a few failed ones an hour.
pub(super) fn wait_after(failures: u32) -> Duration {
    let minutes = match failures {
        0 | 1 => 2,
        2 => 15,
        3 => 60,
        _ => 6 * 60,
    };
    Duration::from_secs(minutes * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewal_leaves_a_third_of_the_life_for_what_may_go_wrong() {
        assert_eq!(due_at(UnixMillis(1_000), UnixMillis(91_000)), UnixMillis(61_000));
        assert_eq!(due_at(UnixMillis(5), UnixMillis(0)), UnixMillis(5));
    }

    #[test]
    fn a_clock_that_is_wrong_orders_no_certificate_after_the_other() {
        let days = |days: i64| UnixMillis(days * DAY);
        let next = |now: i64| next_after(days(0), days(90), days(now));
        assert_eq!(next(0), days(60));
        assert_eq!(next(70), days(71));
        let (from, until) = (UnixMillis(0), UnixMillis(6_000));
        assert_eq!(next_after(from, until, UnixMillis(500)), UnixMillis(4_000));
        assert_eq!(next_after(from, until, UnixMillis(5_000)), UnixMillis(7_000), "a short one is over by then");
    }

    #[test]
    fn an_authority_is_asked_ever_less_often_and_never_not_at_all() {
        let waits: Vec<_> = (1..9).map(wait_after).collect();
        assert!(waits.is_sorted(), "{waits:?}");
        let first_hour: u32 = waits
            .iter()
            .scan(Duration::ZERO, |at, wait| {
                *at += *wait;
                Some(u32::from(*at < Duration::from_secs(3600)))
            })
            .sum();
        assert!(first_hour < 4, "too often for common limits");
        assert_eq!(wait_after(u32::MAX), Duration::from_secs(6 * 3600));
    }
}
