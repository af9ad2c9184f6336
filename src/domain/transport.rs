//! What carries the sound of a call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What carries the sound of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// UDP, as it should be: what is lost holds nothing up.
    Udp,
    /// TCP, where UDP does not get through (ICE over TCP, RFC 6544).
    Tcp,
}
