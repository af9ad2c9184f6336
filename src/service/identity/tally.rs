//! What the identity service did, counted: read by metrics.

use prometheus_client::metrics::counter::Counter;

/// The running counters; clones count on.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Sign-ins with the right password.
    pub signed_in: Counter,
    /// Sign-ins that were refused: a wrong name or password, a disabled account.
    pub refused: Counter,
    /// Sign-ins that were not looked at, after too many wrong ones.
    pub throttled: Counter,
    /// Access tokens that were issued.
    pub issued: Counter,
    /// How often all tokens of an identity were revoked.
    pub revoked: Counter,
}
