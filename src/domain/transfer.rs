//! A call that goes on with somebody else: to whom it is handed on, and how one came to ring that was not simply called.

use serde::{Deserialize, Serialize};

use super::end_reason::EndReason;
use super::forwarding::ForwardWhen;
use super::id::{CallId, Identity};
use super::park::ParkSlot;
use super::person::Person;

/// To whom a call is transferred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TransferTarget {
    /// To a person, who is rung (a blind transfer).
    Person {
        /// Who.
        identity: Identity,
    },
    /// To the other side of another direct call of the same client (an attended transfer): both calls end for it.
    Call {
        /// Which.
        call_id: CallId,
    },
}

/// How a call came to ring here, when it was not simply made by who it is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Via {
    /// Somebody who was in it transfers it here.
    Transferred {
        /// Who.
        by: Person,
    },
    /// It comes back to who transferred it: it was not taken.
    Returned {
        /// By whom it was not taken.
        from: Person,
        /// Why.
        reason: EndReason,
    },
    /// Whoever was called forwards it here.
    Forwarded {
        /// Who.
        by: Person,
        /// In which case.
        when: ForwardWhen,
    },
    /// It comes back to who parked it: nobody picked it up.
    Recalled {
        /// Where it was parked.
        slot: ParkSlot,
    },
}

/// Where a call is handed on to, as the side is told that stays in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HandedTo {
    /// To a person, who rings or is there.
    Person {
        /// Who.
        person: Person,
    },
    /// To a place where anybody may pick it up.
    Slot {
        /// Which.
        slot: ParkSlot,
    },
}
