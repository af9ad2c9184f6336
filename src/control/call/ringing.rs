//! Whom to ring, and which of them wins: before the first answer, and whenever somebody else is rung later.

use std::time::Instant;

use super::effects::{Effect, Entry, Next, Refusal, Side};
use super::member::{Known, Member};
use super::place::{Place, Rung, Setup, Then, Wait};
use super::{Call, Candidate, Reach, SETUP_MAX};
use crate::control::ring::Ring;
use crate::domain::end_reason::EndReason;
use crate::domain::id::{EndpointId, LegId};

impl Call {
    pub(super) fn ring_free(&mut self, candidates: &[Candidate], now: Instant, out: &mut Vec<Effect>) {
        for candidate in candidates.iter().filter(|c| c.reach == Reach::Free) {
            self.ring(candidate.endpoint, now, out);
        }
    }

    fn ring(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        let Some(ring) = self.ring_mut() else { return };
        ring.add(endpoint, now);
        out.push(Effect::Ring { endpoint });
    }

    pub(super) fn ringing(&mut self, endpoint: EndpointId, out: &mut Vec<Effect>) {
        let answer = self.check_ringing(endpoint);
        if answer == Effect::Accept && self.wait == Wait::Silence {
            self.wait = Wait::RingBack;
        }
        out.push(answer);
    }

    pub(super) fn answer(&mut self, endpoint: EndpointId, leg: LegId, now: Instant, out: &mut Vec<Effect>) {
        let allowed = self.check_ringing(endpoint);
        let Some(side) = self.rung_side().filter(|_| allowed == Effect::Accept) else { return out.push(allowed) };
        if self.owner_of(leg).is_some() {
            return out.push(Effect::Refuse(Refusal::LegInUse));
        }
        out.push(Effect::Accept);
        self.stop_ringing(Some(endpoint), EndReason::ANSWERED_ELSEWHERE, out);
        let before = std::mem::replace(self.place_mut(side), Place::Here(Member::new(endpoint, leg)));
        let then = match &before {
            Place::Rung(rung) => rung.then,
            Place::Parked(_) => Then::GiveBack,
            Place::Here(_) | Place::Nobody => Then::End,
        };
        self.setup = Some(Setup { until: now + SETUP_MAX, newcomer: side, then });
        match before {
            Place::Rung(Rung { then: Then::End, .. }) => {
                out.extend(Side::BOTH.map(|side| Effect::Record { side, entry: Entry::Answered }));
            }
            Place::Rung(_) => out.push(Effect::Record { side, entry: Entry::Taken }),
            Place::Parked(_) => {
                self.handed(side, Next::Taker { endpoint }, out);
                out.push(Effect::Record { side, entry: Entry::Taken });
            }
            Place::Here(_) | Place::Nobody => {}
        }
    }

    pub(super) fn decline(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        let allowed = self.check_ringing(endpoint);
        let accepted = allowed == Effect::Accept;
        out.push(allowed);
        if accepted {
            self.not_taken(EndReason::DECLINED, now, out);
        }
    }

    /// Whoever is rung does not take the call.
    pub(super) fn not_taken(&mut self, reason: EndReason, now: Instant, out: &mut Vec<Effect>) {
        let Some(side) = self.rung_side() else { return };
        match self.place_mut(side) {
            Place::Rung(Rung { then: Then::End, forwards, .. }) => match forwards.ask(reason) {
                Some(when) => out.push(Effect::Forward { when, rings_on: false }),
                None => self.end(reason, out),
            },
            Place::Rung(Rung { then: Then::GiveBack, .. }) => self.give_back(side, reason, now, out),
            Place::Rung(Rung { then: Then::EndFor(first), .. }) => {
                let first = *first;
                self.end_as(first, reason, out);
            }
            Place::Parked(_) => self.stay_parked(reason, now, out),
            Place::Here(_) | Place::Nobody => {}
        }
    }

    /// One of the endpoints of whoever is rung connected: it rings too. One that takes part and lost its memory is told
    /// all anew.
    pub(super) fn appeared(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        match self.member_mut(endpoint) {
            Some(member) => {
                member.link.back();
                member.told = Known::default();
            }
            None => self.ring(endpoint, now, out),
        }
    }

    pub(super) fn rung_lost(&mut self, endpoint: EndpointId, now: Instant) {
        if let Some(ring) = self.ring_mut() {
            ring.lost(endpoint, now);
        }
    }

    pub(super) fn rung_back(&mut self, endpoint: EndpointId, now: Instant) {
        if let Some(ring) = self.ring_mut() {
            ring.back(endpoint, now);
        }
    }

    pub(super) fn rung_left(&mut self, endpoint: EndpointId, now: Instant) {
        if let Some(ring) = self.ring_mut() {
            ring.left(endpoint, now);
        }
    }

    /// Stops all that ring, but for the one that answered.
    pub(super) fn stop_ringing(&self, winner: Option<EndpointId>, reason: EndReason, out: &mut Vec<Effect>) {
        let rung = self.rings().flat_map(Ring::endpoints);
        let others = rung.filter(|endpoint| Some(*endpoint) != winner);
        out.extend(others.map(|endpoint| Effect::StopRinging { endpoint, reason }));
    }

    /// Whether none of the endpoints of whoever is rung rings.
    pub(super) fn rings_nobody(&self) -> bool {
        self.rings().flat_map(Ring::endpoints).next().is_none()
    }

    pub(super) fn is_rung(&self, endpoint: EndpointId) -> bool {
        self.rings().any(|ring| ring.rings(endpoint))
    }

    fn rings(&self) -> impl Iterator<Item = &Ring> {
        Side::BOTH.into_iter().filter_map(|side| self.place(side).ring())
    }

    fn ring_mut(&mut self) -> Option<&mut Ring> {
        self.caller.ring_mut().or_else(|| self.callee.ring_mut())
    }

    /// Whether an endpoint may do what only one that rings may.
    fn check_ringing(&self, endpoint: EndpointId) -> Effect {
        if self.is_rung(endpoint) {
            return Effect::Accept;
        }
        let both_here = self.members().count() == 2;
        match self.side_of(endpoint) {
            Some(_) => Effect::Refuse(Refusal::NotRinging),
            None if both_here => Effect::Refuse(Refusal::AnsweredElsewhere),
            None => self.stranger(),
        }
    }
}
