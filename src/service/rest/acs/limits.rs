//! How often programs may do what: the limits of ACS for identities, each per 30 seconds.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::service::limits::{Buckets, Rate, Wait};

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service::rest) enum Limited {
    /// Identities made.
    Create,
    /// Identities made together with a token.
    CreateWithToken,
    /// Tokens issued.
    Issue,
    /// Identities whose tokens are revoked.
    Revoke,
    /// Identities deleted.
    Delete,
    /// Tokens of others exchanged.
    Exchange,
}

const PERIOD: Duration = Duration::from_secs(30);

impl Limited {
    const ALL: [Self; 6] =
        [Self::Create, Self::CreateWithToken, Self::Issue, Self::Revoke, Self::Delete, Self::Exchange];

    /// How often in [`PERIOD`].
    fn limit(self) -> u32 {
        match self {
            Self::Create | Self::CreateWithToken | Self::Issue => 1000,
            Self::Revoke | Self::Delete | Self::Exchange => 500,
        }
    }
}

/// Counts what programs do. All clones count together.
#[derive(Clone)]
pub(in crate::service::rest) struct Limits {
    buckets: Arc<Mutex<[Buckets<()>; Limited::ALL.len()]>>,
}

impl Limits {
    pub(in crate::service::rest) fn new() -> Self {
        let bucket = |what: Limited| {
            let rate = Rate { burst: what.limit(), every: PERIOD / what.limit() };
            Buckets::new(rate, 1)
        };
        Self { buckets: Arc::new(Mutex::new(Limited::ALL.map(bucket))) }
    }

    /// Counts one more.
    pub(super) fn take(&self, what: Limited, now: Instant) -> Result<(), Wait> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Limited::ALL.iter().position(|one| *one == what).expect("all are listed");
        buckets[place].take((), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    #[test]
    fn each_has_its_own_limit_in_thirty_seconds() {
        let (limits, now) = (Limits::new(), clock::now());
        for what in Limited::ALL {
            for _ in 0..what.limit() {
                assert_eq!(limits.take(what, now), Ok(()), "{what:?}");
            }
            assert!(limits.take(what, now).is_err(), "{what:?}");
            for _ in 0..what.limit() {
                assert_eq!(limits.take(what, now + PERIOD), Ok(()), "{what:?}");
            }
        }
    }
}
