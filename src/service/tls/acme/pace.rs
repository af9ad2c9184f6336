//! When certificates are renewed, and how long to wait after an order that failed. Pure.

use std::time::Duration;

use crate::domain::time::UnixMillis;

/// How long to wait after a certificate that came and can't be used: authorities give the same one only a few times a week.
pub(super) const AFTER_A_USELESS_ONE: Duration = A_DAY;

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long nothing is ordered after a certificate that came, also where it began long ago by this machine's clock. A clock that
/// is wrong would use up what an authority gives in a week within minutes.
pub(super) fn rest_after(from: UnixMillis, until: UnixMillis) -> Duration {
    Duration::from_millis(u64::try_from(until.since(from) / 3).unwrap_or_default()).min(A_DAY)
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
    fn an_authority_that_gave_one_is_left_alone_for_a_while() {
        let rest = |seconds: i64| rest_after(UnixMillis(5), UnixMillis(5 + seconds * 1_000));
        assert_eq!(rest(90 * 24 * 60 * 60), A_DAY);
        assert_eq!(rest(15), Duration::from_secs(5), "a short one is renewed in time");
        assert_eq!(rest(-1), Duration::ZERO);
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
