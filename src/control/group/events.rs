//! Everything that can happen to a group call.

use crate::control::ring::Candidate;
use crate::domain::id::{EndpointId, Identity, LegId};
use crate::domain::person::Person;

/// An event. The first eleven are requests: each is answered by exactly one [`super::Effect::Accept`] or
/// [`super::Effect::Refuse`]; the rest are facts, and never are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An endpoint joins, uninvited.
    Join(Join),
    /// An endpoint of another call is to come in, and to bring its leg by [`Event::Rejoin`].
    Expect(Expect),
    /// An endpoint invites somebody.
    Invite(Invite),
    /// An endpoint says that it rings.
    Ringing {
        /// Which.
        endpoint: EndpointId,
    },
    /// An endpoint that rings answers: it joins.
    Answer {
        /// Which.
        endpoint: EndpointId,
        /// Its leg; the call's from now on, unless refused.
        leg: LegId,
    },
    /// An endpoint that rings declines, for its person.
    Decline {
        /// Which.
        endpoint: EndpointId,
    },
    /// An endpoint leaves; one that rings declines so.
    Leave {
        /// Which.
        endpoint: EndpointId,
    },
    /// An endpoint holds or resumes.
    Hold {
        /// Which.
        endpoint: EndpointId,
        /// Whether it is to be held.
        on: bool,
    },
    /// An endpoint says whether its microphone is off.
    Mute {
        /// Which.
        endpoint: EndpointId,
        /// Whether it is off.
        on: bool,
    },
    /// An endpoint of the call brings a new leg in the place of its old one; or its first, when it was expected.
    Rejoin {
        /// Which.
        endpoint: EndpointId,
        /// The new leg; the call's from now on, unless refused.
        leg: LegId,
    },
    /// An endpoint ends the call for everybody.
    EndForAll {
        /// Which.
        endpoint: EndpointId,
    },
    /// An endpoint that knows nothing of this call is there now: one of somebody invited that can ring, or one that
    /// takes part and lost its memory.
    Appeared {
        /// Which.
        endpoint: EndpointId,
        /// Whose it is.
        who: Identity,
    },
    /// An endpoint lost its socket; it may come back.
    Lost {
        /// Which.
        endpoint: EndpointId,
    },
    /// An endpoint has its socket back, and knows all it was told.
    Back {
        /// Which.
        endpoint: EndpointId,
    },
    /// An endpoint left for good.
    Left {
        /// Which.
        endpoint: EndpointId,
    },
    /// Whoever an endpoint acts for may not act any more: it is out at once, and is told so.
    Revoked {
        /// Which.
        endpoint: EndpointId,
    },
    /// A leg is set up: sound can flow.
    LegUp {
        /// Which.
        leg: LegId,
    },
    /// Nothing at all has come from a leg for [`crate::control::connection::SILENT_AFTER`].
    LegSilent {
        /// Which.
        leg: LegId,
    },
    /// Something came from a leg again.
    LegHeard {
        /// Which.
        leg: LegId,
    },
    /// A leg can't be set up, or broke for good.
    LegFailed {
        /// Which.
        leg: LegId,
    },
    /// These legs speak now, the loudest first.
    Speakers(Vec<LegId>),
    /// The deadline of [`super::GroupCall::next_deadline`] has passed.
    DeadlinePassed,
    /// The service stops.
    Stop,
}

/// An endpoint that joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Which.
    pub endpoint: EndpointId,
    /// Whose it is.
    pub person: Person,
    /// Its leg; the call's from now on, unless refused.
    pub leg: LegId,
    /// Whether its microphone is off.
    pub muted: bool,
    /// Whether this person owns the group.
    pub owner: bool,
}

/// An endpoint that comes from another call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// Which.
    pub endpoint: EndpointId,
    /// Whose it is.
    pub person: Person,
    /// Whether its microphone is off.
    pub muted: bool,
}

/// Somebody who is to be rung into the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The endpoint that invites.
    pub endpoint: EndpointId,
    /// Who is invited.
    pub person: Person,
    /// All endpoints of that person. One of them can ring, or is lost for the moment
    /// ([`crate::control::ring::unreachable`]).
    pub candidates: Vec<Candidate>,
}
