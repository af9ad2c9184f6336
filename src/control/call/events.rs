//! Everything that can happen to a direct call, but for what hands it on to others: those are methods of [`super::Call`].

use crate::domain::id::{EndpointId, LegId};

/// An event. The first seven are requests: each is answered by exactly one [`super::Effect::Accept`] or
/// [`super::Effect::Refuse`]; the rest are facts, and never are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An endpoint says that it rings.
    Ringing {
        /// Which.
        endpoint: EndpointId,
    },
    /// An endpoint that rings answers.
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
    /// An endpoint hangs up; the caller cancels so before an answer, and one that rings declines.
    HangUp {
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
    /// An endpoint that knows nothing of this call is there now: one of whoever is rung that can ring, or one that
    /// takes part and lost its memory.
    Appeared {
        /// Which.
        endpoint: EndpointId,
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
    /// Nothing at all has come from a leg for [`super::SILENT_AFTER`].
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
    /// The deadline of [`super::Call::next_deadline`] has passed.
    DeadlinePassed,
    /// The service stops.
    Stop,
}
