//! How often programs may do what: the limits of ACS for identities, each per 30 seconds.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::service::limits::{Buckets, Rate, Wait};

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service::rest) enum Operation {
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

impl Operation {
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
    buckets: Arc<Mutex<[Buckets<()>; Operation::ALL.len()]>>,
}

impl Limits {
    pub(in crate::service::rest) fn new() -> Self {
        let bucket = |operation: Operation| {
            let rate = Rate { burst: operation.limit(), every: PERIOD / operation.limit() };
            Buckets::new(rate, 1)
        };
        Self { buckets: Arc::new(Mutex::new(Operation::ALL.map(bucket))) }
    }

    /// Counts one `operation`.
    pub(super) fn take(&self, operation: Operation, now: Instant) -> Result<(), Wait> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Operation::ALL.iter().position(|one| *one == operation).expect("all operations are listed");
        buckets[place].take((), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    #[test]
    fn each_operation_has_its_own_limit_in_thirty_seconds() {
        let (limits, now) = (Limits::new(), clock::now());
        for operation in Operation::ALL {
            for _ in 0..operation.limit() {
                assert_eq!(limits.take(operation, now), Ok(()), "{operation:?}");
            }
            assert!(limits.take(operation, now).is_err(), "{operation:?}");
            for _ in 0..operation.limit() {
                assert_eq!(limits.take(operation, now + PERIOD), Ok(()), "{operation:?}");
            }
        }
    }
}
