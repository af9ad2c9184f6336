//! Parked: nobody is on one side, and whoever picks the call up will be. Who parked it is rung from time to time.

use std::time::{Duration, Instant};

use super::effects::{Effect, Entry, Next, Refusal};
use super::handing::RETURN_MAX;
use super::member::Member;
use super::place::{Due, Place, Setup, Then, Wait};
use super::{Call, SETUP_MAX};
use crate::control::ring::Ring;
use crate::domain::end_reason::EndReason;
use crate::domain::id::{EndpointId, LegId};

/// How long a call is parked until it rings at who parked it; and how long until it does so again.
pub const PARK_MAX: Duration = Duration::from_secs(120);

/// How long a call stays parked at the most.
pub const PARKED_MAX: Duration = Duration::from_secs(15 * 60);

/// A side nobody is on.
#[derive(Debug)]
pub(super) struct Parked {
    /// When it is given up.
    gives_up_at: Instant,
    /// When who parked it is to be rung next; counts while nobody is.
    recall_at: Instant,
    /// Who parked it is rung.
    pub ring: Option<Ring>,
}

impl Parked {
    fn new(now: Instant) -> Self {
        Self { gives_up_at: now + PARKED_MAX, recall_at: now + PARK_MAX, ring: None }
    }

    /// Nobody is rung any more: it waits for the next time.
    fn wait(&mut self, now: Instant) {
        self.ring = None;
        self.recall_at = now + PARK_MAX;
    }

    pub fn dues(&self) -> impl Iterator<Item = (Instant, Due)> + use<> {
        let recall = self.ring.is_none().then_some((self.recall_at, Due::Recall));
        [(self.gives_up_at, Due::End(EndReason::RING_TIMEOUT))].into_iter().chain(recall)
    }
}

impl Call {
    /// An endpoint parks the other side: it has left, and the other waits with music.
    pub fn park(&mut self, endpoint: EndpointId, now: Instant) -> Vec<Effect> {
        self.hand_on(endpoint, EndReason::PARKED, now, |call, side, out| {
            *call.place_mut(side) = Place::Parked(Parked::new(now));
            call.wait = Wait::Music;
            call.handed(side, Next::Slot, out);
        })
    }

    /// An endpoint that takes no part picks a parked call up, with its leg.
    pub fn pick_up(&mut self, endpoint: EndpointId, leg: LegId, now: Instant) -> Vec<Effect> {
        let mut out = Vec::new();
        self.picked_up(endpoint, leg, now, &mut out);
        self.settle(now, &mut out);
        out
    }

    /// Whether the call is parked.
    pub fn is_parked(&self) -> bool {
        self.parked().is_some()
    }

    fn parked(&self) -> Option<super::Side> {
        super::Side::BOTH.into_iter().find(|side| matches!(self.place(*side), Place::Parked(_)))
    }

    fn picked_up(&mut self, endpoint: EndpointId, leg: LegId, now: Instant, out: &mut Vec<Effect>) {
        let Some(side) = self.parked() else {
            return out.push(Effect::Refuse(if self.is_over() { Refusal::Over } else { Refusal::NotParked }));
        };
        if self.owner_of(leg).is_some() {
            return out.push(Effect::Refuse(Refusal::LegInUse));
        }
        if self.side_of(endpoint).is_some() {
            return out.push(Effect::Refuse(Refusal::NotParked));
        }
        out.push(Effect::Accept);
        // One that rings as it picks up is told that it need not ring any more, like all the others.
        self.stop_ringing(None, EndReason::ANSWERED_ELSEWHERE, out);
        *self.place_mut(side) = Place::Here(Member::new(endpoint, leg));
        self.setup = Some(Setup { until: now + SETUP_MAX, newcomer: side, then: Then::GiveBack });
        self.handed(side, Next::Taker { endpoint }, out);
        out.push(Effect::Record { side, entry: Entry::Taken });
    }

    /// It is time to ring at who parked it.
    pub(super) fn recall(&mut self, now: Instant, out: &mut Vec<Effect>) {
        let Some(side) = self.parked() else { return };
        let Place::Parked(parked) = self.place_mut(side) else { return };
        parked.ring = Some(Ring::new(now + RETURN_MAX, now));
        out.push(Effect::RingBack);
    }

    /// Who parked it does not take it now: it stays where it is.
    pub(super) fn stay_parked(&mut self, reason: EndReason, now: Instant, out: &mut Vec<Effect>) {
        self.stop_ringing(None, reason, out);
        if let Some(side) = self.parked()
            && let Place::Parked(parked) = self.place_mut(side)
        {
            parked.wait(now);
        }
    }
}
