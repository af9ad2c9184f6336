//! What the SFU tells the rest of the service about its legs.

use crate::domain::id::{CallId, LegId};

/// Something happened to a leg. [`SfuEvent::LegFailed`] is the last word about it; after [`super::Sfu::close`], what was on
/// its way may still arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SfuEvent {
    /// Sound can flow both ways (ICE and DTLS are done; at once for a leg inside this process).
    LegUp {
        /// Which leg.
        leg: LegId,
    },
    /// No datagram of any kind came from this leg for [`super::SfuConfig::silent_after`].
    LegSilent {
        /// Which leg.
        leg: LegId,
    },
    /// A silent leg is heard of again.
    LegHeard {
        /// Which leg.
        leg: LegId,
    },
    /// The leg is gone.
    LegFailed {
        /// Which leg.
        leg: LegId,
        /// Why.
        why: LegFailure,
    },
    /// Which source is heard in which receive slot of a leg; all its slots, in the order of its media sections. Told of
    /// sources that the leg hears by their names alone: those chosen by their loudness change often, and every packet of
    /// theirs carries a mark that says whose it is ([`crate::media::mark`]).
    Slots {
        /// Whose slots.
        leg: LegId,
        /// The slots.
        slots: Vec<SlotUse>,
    },
    /// Who speaks in the room of a call in which somebody hears the loudest.
    Speakers {
        /// Which call.
        call: CallId,
        /// Who, the loudest first; at most [`crate::control::speakers::MOST_TOLD`].
        speakers: Vec<LegId>,
    },
}

impl SfuEvent {
    /// The leg it is about, when it is about one.
    pub fn leg(&self) -> Option<LegId> {
        match self {
            Self::LegUp { leg }
            | Self::LegSilent { leg }
            | Self::LegHeard { leg }
            | Self::LegFailed { leg, .. }
            | Self::Slots { leg, .. } => Some(*leg),
            Self::Speakers { .. } => None,
        }
    }
}

/// One receive slot of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotUse {
    /// The media section (`mid` of the SDP).
    pub mid: String,
    /// The leg heard there by its name; `None` while there is no such leg.
    pub source: Option<LegId>,
}

/// Why a leg is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegFailure {
    /// ICE and DTLS were not done within [`super::SfuConfig::setup_within`].
    SetupTimeout,
    /// The DTLS handshake or the connection broke: wrong certificate, a protocol error.
    Protocol,
    /// Silent for [`super::SfuConfig::lost_after`].
    Lost,
    /// The other side closed its connection.
    ClosedByPeer,
}
