//! Everything a group call can want done, as values: whoever drives the machine carries them out in their order.

use crate::control::hearing::{Hearing, Source};
use crate::domain::call::{CallState, RosterRow};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{EndpointId, Identity, LegId};
use crate::domain::person::Person;
use crate::domain::record::Outcome;

/// An effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The request was carried out.
    Accept,
    /// The request was not, and changed nothing; a leg it brought is not the call's.
    Refuse(Refusal),
    /// Endpoints of this person that appear may have to ring ([`super::Event::Appeared`]), or need not any more.
    Invited {
        /// Who.
        who: Identity,
        /// Whether they may.
        on: bool,
    },
    /// Let an endpoint ring.
    Ring {
        /// Which.
        endpoint: EndpointId,
        /// Who invites.
        by: Person,
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
    /// Tell it to every endpoint of the call ([`super::GroupCall::endpoints`]).
    TellAll(News),
    /// Offer a leg to those that choose, or do not.
    SetSource {
        /// The leg.
        leg: LegId,
        /// How it is offered.
        source: Source,
    },
    /// Let a leg hear these, and no other. A leg of which nothing was said hears nobody.
    Hear {
        /// The leg that hears.
        leg: LegId,
        /// Whom it hears.
        hearing: Hearing,
    },
    /// Close a leg: the call is done with it.
    CloseLeg {
        /// Which.
        leg: LegId,
    },
    /// Keep something in the record of a person.
    Record {
        /// Whose record.
        who: Identity,
        /// What.
        entry: Entry,
    },
    /// An endpoint takes part no more.
    Released {
        /// Which.
        endpoint: EndpointId,
    },
    /// Other people are in the call than before ([`super::GroupCall::here`]).
    Occupied,
    /// The call is over; nothing follows.
    Finished,
}

/// What an endpoint of a call is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The state of the call for this endpoint.
    State(CallState),
    /// It is a group call.
    Group {
        /// Whether this person may end it for everybody.
        may_end: bool,
    },
    /// The roster changed.
    Roster {
        /// Whether this is all of it, or its beginning: what was known before is void.
        whole: bool,
        /// Rows that are new or changed, by number; at most [`super::ROWS_MAX`].
        rows: Vec<RosterRow>,
        /// Numbers of rows that are gone.
        left: Vec<u16>,
    },
    /// Who speaks now: numbers in the roster, the loudest first.
    Speakers(Vec<u16>),
    /// Somebody this endpoint invited did not answer.
    InviteEnded {
        /// Who.
        person: Person,
        /// Why.
        reason: EndReason,
    },
    /// The call is over for this endpoint.
    Ended(EndReason),
}

/// What goes into the record of a person. A person who leaves and comes back goes on with the same record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The person was rung.
    Rung,
    /// The person is in the call.
    Joined,
    /// The call is over for this person.
    Ended {
        /// How it went.
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
    /// The endpoint takes part already.
    AlreadyIn,
    /// Whoever is invited takes part already.
    InviteeIsIn,
    /// Whoever is invited rings already.
    InviteeRings,
    /// As many ring as may at once ([`super::RINGING_MAX`]).
    TooManyRing,
    /// The endpoint's leg was not up yet.
    NotConnected,
    /// The leg belongs to the call already.
    LegInUse,
    /// As many take part as may ([`crate::domain::group::MAX_PARTICIPANTS`]).
    Full,
    /// As many endpoints of this person take part as may ([`super::CLIENTS_MAX`]).
    TooManyClients,
    /// Only who started the call, or owns its group, may do this.
    NotYours,
    /// The call is over.
    Over,
}
