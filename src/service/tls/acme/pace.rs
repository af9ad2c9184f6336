//! When certificates are renewed, and how long to wait after an order that failed. Pure.

use std::time::Duration;

use crate::domain::time::UnixMillis;

/// When a certificate is to be replaced: at two thirds of its life.
pub(super) fn due_at(from: UnixMillis, until: UnixMillis) -> UnixMillis {
    from.plus(until.since(from) / 3 * 2)
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
