//! Everything a direct call can want done, as values: whoever drives the machine carries them out in their order.

use crate::domain::call::{CallState, ParticipantState};
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::{EndpointId, LegId};
use crate::domain::record::Outcome;

/// One of the two people of a direct call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Who called.
    Caller,
    /// Who was called.
    Callee,
}

impl Side {
    /// Both, in the order in which effects reach them.
    pub const BOTH: [Self; 2] = [Self::Caller, Self::Callee];

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Caller => Self::Callee,
            Self::Callee => Self::Caller,
        }
    }
}

/// An effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The request was carried out.
    Accept,
    /// The request was not, and changed nothing; a leg it brought is not the call's.
    Refuse(Refusal),
    /// Let an endpoint of whoever is rung ring.
    Ring {
        /// Which.
        endpoint: EndpointId,
    },
    /// Let it stop.
    StopRinging {
        /// Which.
        endpoint: EndpointId,
        /// Why.
        reason: EndReason,
    },
    /// Tell an endpoint of the call what changed.
    Tell {
        /// Which.
        endpoint: EndpointId,
        /// What changed.
        news: News,
    },
    /// Let a leg hear these legs and no other.
    SetSources {
        /// The leg that hears.
        leg: LegId,
        /// The legs it hears.
        sources: Vec<LegId>,
    },
    /// Begin or end hold music.
    HoldMusic {
        /// The leg that hears it.
        to: LegId,
        /// Whether it is to play.
        on: bool,
    },
    /// Close a leg: the call is done with it.
    CloseLeg {
        /// Which.
        leg: LegId,
    },
    /// An endpoint takes part no more; it was told the end.
    Left {
        /// Which.
        endpoint: EndpointId,
    },
    /// From here on a side is somebody else's, or waits for somebody.
    HandedOn {
        /// Which side.
        side: Side,
        /// To whom.
        to: Next,
        /// The endpoint on the other side: it is to be told.
        told: EndpointId,
    },
    /// Ask for the endpoints of who handed the call on: they are to ring ([`super::Call::ring_back`]).
    RingBack,
    /// Ask to whom whoever is rung forwards the call; to be answered at once ([`super::Call::forward`]).
    Forward {
        /// In which case.
        when: ForwardWhen,
        /// Whether it rings on meanwhile, and if nobody else can be rung.
        rings_on: bool,
    },
    /// Keep something in the record of whoever's side it is now.
    Record {
        /// Whose record.
        side: Side,
        /// What.
        entry: Entry,
    },
    /// The call is over; nothing follows.
    Finished,
}

/// Who is next on a side of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Whom the request named.
    Named,
    /// To whom whoever is there forwards it.
    Forwarded {
        /// In which case.
        when: ForwardWhen,
    },
    /// Again who handed it on: it was not taken.
    Giver {
        /// Why not.
        reason: EndReason,
    },
    /// Nobody yet: the call is parked.
    Slot,
    /// Whose endpoint this is, who picked it up: out of its slot, or while it rang at somebody else.
    Taker {
        /// Which.
        endpoint: EndpointId,
    },
}

/// What an endpoint of a call is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The state of the call for this endpoint.
    State(CallState),
    /// The other participant.
    Other {
        /// Where the other stands.
        state: ParticipantState,
        /// Whether the other's microphone is off.
        muted: bool,
    },
    /// The call is over.
    Ended(EndReason),
}

/// What goes into a call record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The call began.
    Started,
    /// It was answered.
    Answered,
    /// It rings at somebody who did not begin it: handed on, or given back.
    Rung,
    /// Somebody who did not begin it took it over.
    Taken,
    /// It is forwarded, and open how it goes for this one: as for whoever takes it, else like this.
    Forwarded {
        /// How it went if nobody takes it.
        outcome: Outcome,
    },
    /// It rang here, and somebody else picked it up.
    PickedUp {
        /// Whose endpoint this is.
        endpoint: EndpointId,
    },
    /// It ended.
    Ended {
        /// How it went, for this side.
        outcome: Outcome,
        /// Why it ended.
        reason: EndReason,
    },
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The endpoint neither rings nor takes part.
    NotInCall,
    /// The endpoint takes part in the call, but does not ring.
    NotRinging,
    /// Answered on another endpoint of the same person.
    AnsweredElsewhere,
    /// The two are not connected yet.
    NotConnected,
    /// The call is held, by either.
    Held,
    /// The call is not parked.
    NotParked,
    /// The call rings at nobody from whom it could be picked up.
    RingsNowhere,
    /// The leg belongs to the call already.
    LegInUse,
    /// The call is over.
    Over,
}
