//! A side of a direct call: an endpoint that takes part, somebody who is rung, or a slot where the call is parked.

use std::time::{Duration, Instant};

use super::effects::Side;
use super::member::Member;
use super::parked::Parked;
use crate::control::ring::Ring;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::ForwardWhen;

/// One side.
#[derive(Debug)]
pub(super) enum Place {
    /// An endpoint takes part; its leg may have still to be brought.
    Here(Member),
    /// Somebody is rung.
    Rung(Rung),
    /// Whoever picks it up.
    Parked(Parked),
    /// The call is over.
    Nobody,
}

/// Somebody is rung.
#[derive(Debug)]
pub(super) struct Rung {
    pub ring: Ring,
    pub then: Then,
    pub forwards: Forwards,
}

/// In which cases there is still to be asked whether whoever is rung forwards the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Forwards {
    pub declined: bool,
    pub unanswered: bool,
    /// When that is asked though it rings on.
    pub at: Option<Instant>,
    /// It is being asked: for this reason it does not ring any more.
    pub asked: Option<EndReason>,
}

/// What follows when whoever is rung does not take the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It ends for that reason: it was simply called.
    End,
    /// It is given back to who handed it on.
    GiveBack,
    /// It ends for the reason it was given back for.
    EndFor(EndReason),
}

/// One side came last, and is not connected to the other yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setup {
    /// Until when it must be.
    pub until: Instant,
    /// Which side it is.
    pub newcomer: Side,
    /// What follows when it is not: as when nobody had taken the call.
    pub then: Then,
}

/// What the side hears that waits for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// Nothing yet: no endpoint has said that it rings.
    Silence,
    /// Ring-back, of its own making.
    RingBack,
    /// Music.
    Music,
}

/// What is to happen at a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The call ends.
    End(EndReason),
    /// Whoever is rung did not take it.
    NotTaken(EndReason),
    /// Nobody has answered for as long as whoever is rung wishes.
    Forward,
    /// Whoever took it does not come up: it is given back.
    NotUp(EndReason),
    /// Whoever parked it is to be rung.
    Recall,
}

impl Rung {
    /// Rings nobody yet, for so long.
    pub fn new(ring_for: Duration, then: Then, now: Instant) -> Self {
        Self { ring: Ring::new(now + ring_for, now), then, forwards: Forwards::default() }
    }
}

impl Forwards {
    /// What is to be asked now that it is not taken; once for each case.
    pub fn ask(&mut self, reason: EndReason) -> Option<ForwardWhen> {
        let (wished, when) = match reason {
            EndReason::DECLINED => (&mut self.declined, ForwardWhen::Busy),
            EndReason::RING_TIMEOUT | EndReason::OFFLINE => (&mut self.unanswered, ForwardWhen::NoAnswer),
            _ => return None,
        };
        if !std::mem::take(wished) {
            return None;
        }
        self.asked = Some(reason);
        Some(when)
    }
}

impl Place {
    /// The ring, while somebody is rung for this side.
    pub fn ring(&self) -> Option<&Ring> {
        match self {
            Self::Rung(rung) => Some(&rung.ring),
            Self::Parked(parked) => parked.ring.as_ref(),
            Self::Here(_) | Self::Nobody => None,
        }
    }

    pub fn ring_mut(&mut self) -> Option<&mut Ring> {
        match self {
            Self::Rung(rung) => Some(&mut rung.ring),
            Self::Parked(parked) => parked.ring.as_mut(),
            Self::Here(_) | Self::Nobody => None,
        }
    }

    /// What happens by itself while nobody is here.
    pub fn dues(&self) -> impl Iterator<Item = (Instant, Due)> + use<> {
        let ringing = self.ring().map(Ring::endings).into_iter().flatten();
        let (parked, forward) = match self {
            Self::Parked(parked) => (Some(parked.dues()), None),
            Self::Rung(rung) => (None, rung.forwards.at.map(|at| (at, Due::Forward))),
            Self::Here(_) | Self::Nobody => (None, None),
        };
        let ringing = ringing.map(|(at, reason)| (at, Due::NotTaken(reason)));
        ringing.chain(forward).chain(parked.into_iter().flatten())
    }
}
