//! What is kept of a call after it ended: one record for each participant.

use serde::{Deserialize, Serialize};

use super::call::{Direction, Peer};
use super::end_reason::EndReason;
use super::id::CallId;
use super::time::UnixMillis;

/// How a call went, as one participant sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Still going on.
    Ongoing,
    /// They talked.
    Answered,
    /// It rang here, or could not ring, and nobody answered.
    Missed,
    /// The callee declined.
    Declined,
    /// The callee was in another call, or does not want to be disturbed.
    Busy,
    /// The callee did not answer, or is offline.
    NoAnswer,
    /// The caller gave up.
    Cancelled,
    /// Something went wrong.
    Failed,
}

/// One participant's record of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Which call.
    pub call_id: CallId,
    /// The other side.
    #[serde(flatten)]
    pub with: Peer,
    /// Who called whom.
    pub direction: Direction,
    /// How it went.
    pub outcome: Outcome,
    /// When it began to ring.
    pub started_at: UnixMillis,
    /// When it was answered, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<UnixMillis>,
    /// When it ended, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<UnixMillis>,
    /// Why it ended, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<EndReason>,
}
