//! What the identity service did, counted: read by metrics.

use prometheus_client::metrics::counter::Counter;

/// The running counters; clones count on.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Sign-ins that succeeded: with a password, or with an account elsewhere.
    pub signed_in: Counter,
    /// Sign-ins that did not: a wrong name or password, a disabled account or none, the store out of order.
    pub refused: Counter,
    /// Sign-ins that were not looked at, after too many wrong ones.
    pub throttled: Counter,
    /// Access tokens that were issued.
    pub issued: Counter,
    /// How often all tokens of an identity were revoked.
    pub revoked: Counter,
}

impl Tally {
    /// Counts a sign-in by how it ended.
    pub(super) fn sign_in_ended<T, E>(&self, signed_in: &Result<T, E>) {
        match signed_in {
            Ok(_) => self.signed_in.inc(),
            Err(_) => self.refused.inc(),
        };
    }
}
