//! What hurts others waits for a moment before it is done, so that it can be taken back.

use crate::domain::id::CallId;
use crate::domain::park::ParkSlot;
use crate::domain::time::UnixMillis;
use crate::phone::command::{Command, TransferTo};

/// Something that is done soon, unless it is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What.
    pub what: Handing,
    /// When it is done.
    pub until: UnixMillis,
}

/// A call that leaves this phone, or takes in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handing {
    /// Its other side is handed on.
    Transfer {
        /// Which call.
        call: CallId,
        /// To whom, for the phone.
        to: String,
        /// To whom, for a person.
        name: String,
    },
    /// Its other side waits in a slot.
    Park {
        /// Which call.
        call: CallId,
        /// Where; the first free slot when absent.
        slot: Option<ParkSlot>,
    },
    /// The people of another call come into it.
    Merge {
        /// Which call.
        call: CallId,
        /// The other one.
        with: CallId,
    },
}

impl Handing {
    /// The calls it is about.
    pub fn calls(&self) -> (CallId, Option<CallId>) {
        match self {
            Self::Transfer { call, .. } | Self::Park { call, .. } => (*call, None),
            Self::Merge { call, with } => (*call, Some(*with)),
        }
    }

    /// Whether it is about this call.
    pub fn is_about(&self, id: CallId) -> bool {
        let (call, with) = self.calls();
        call == id || with == Some(id)
    }

    /// What the phone is told.
    pub fn command(self) -> Command {
        match self {
            Self::Transfer { call, to, .. } => Command::Transfer { call, to: TransferTo::Person(to) },
            Self::Park { call, slot } => Command::Park { call, slot },
            Self::Merge { call, with } => Command::Merge { call, with },
        }
    }
}

impl Pending {
    /// How many seconds are left, at least one.
    pub fn seconds(&self, now: UnixMillis) -> i64 {
        ((self.until.since(now) + 999) / 1000).max(1)
    }
}
