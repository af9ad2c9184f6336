//! What the service tells without being asked.

use serde::{Deserialize, Serialize};

use crate::domain::call::{CallState, Participant};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{CallId, Identity};
use crate::domain::person::{Friend, Person};
use crate::domain::presence::Presence;
use crate::domain::record::CallRecord;
use crate::domain::time::UnixMillis;

/// A notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Somebody calls: ring, and say so with `call_ringing`.
    CallIncoming {
        /// Which call.
        call_id: CallId,
        /// Who calls.
        from: Person,
        /// Since when.
        at: UnixMillis,
    },
    /// Stop ringing: the call was cancelled, answered elsewhere, or rang too long.
    CallIncomingEnded {
        /// Which call.
        call_id: CallId,
        /// Why.
        reason: EndReason,
    },
    /// The state of a call, for this client.
    CallChanged {
        /// Which call.
        call_id: CallId,
        /// Its state now.
        state: CallState,
    },
    /// Another participant of a call came, went or changed.
    CallParticipant {
        /// Which call.
        call_id: CallId,
        /// The participant now.
        participant: Participant,
    },
    /// Which participant is heard in which receive slot of this client's leg.
    CallSlots {
        /// Which call.
        call_id: CallId,
        /// The slots in use.
        slots: Vec<Slot>,
    },
    /// The call is over for this client.
    CallEnded {
        /// Which call.
        call_id: CallId,
        /// Why.
        reason: EndReason,
    },
    /// Somebody on the friend list, or the user, has another presence now.
    PresenceChanged {
        /// Who.
        identity: Identity,
        /// What it is now.
        presence: Presence,
    },
    /// A row was added to the friend list, by any of the user's clients.
    FriendAdded {
        /// The row.
        friend: Friend,
    },
    /// A row was taken off the friend list, by any of the user's clients.
    FriendRemoved {
        /// Whose.
        identity: Identity,
    },
    /// A call record was made or completed.
    HistoryAdded {
        /// The record.
        record: CallRecord,
    },
    /// The service closes the session; the socket ends next.
    Closing {
        /// Why.
        reason: ClosingReason,
    },
}

/// A receive slot in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The media section (`mid` of the SDP) it arrives in.
    pub mid: String,
    /// Who is heard there; absent for what the service plays (hold music, prompts).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Identity>,
}

/// Why the service closes a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosingReason {
    /// The service stops; calls go on once it is back, or end.
    Stopping,
    /// The access token ran out and no new one came.
    TokenExpired,
    /// The account was disabled, or its tokens revoked.
    Revoked,
    /// The same client connected again.
    Replaced,
    /// The client did not read its notices in time.
    TooSlow,
}
