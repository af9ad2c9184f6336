//! Before the answer: whom to ring, and which of them wins.

use std::collections::BTreeMap;
use std::time::Instant;

use super::effects::{Effect, Entry, Refusal, Side};
use super::member::Member;
use super::talking::Talking;
use super::{Call, Candidate, NOBODY_MAX, Phase, Reach, SETUP_MAX};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{EndpointId, LegId};

/// What is known while the call rings.
#[derive(Debug)]
pub(super) struct Ringing {
    /// The endpoints that ring, and how they do.
    pub rung: BTreeMap<EndpointId, Rung>,
    /// When it has rung long enough.
    pub until: Instant,
    /// Since when none of them is connected.
    pub alone_since: Option<Instant>,
}

/// How an endpoint rings.
#[derive(Debug, Default)]
pub(super) struct Rung {
    /// Its socket is lost; what it is told waits for it.
    lost: bool,
}

impl Ringing {
    fn note_alone(&mut self, now: Instant) {
        let alone = self.rung.values().all(|rung| rung.lost);
        self.alone_since = alone.then(|| self.alone_since.unwrap_or(now));
    }

    /// When, and why, the ringing ends by itself.
    pub fn endings(&self) -> impl Iterator<Item = (Instant, EndReason)> + use<> {
        let alone = self.alone_since.map(|since| (since + NOBODY_MAX, EndReason::OFFLINE));
        [(self.until, EndReason::RING_TIMEOUT)].into_iter().chain(alone)
    }
}

impl Call {
    /// Rings every endpoint of the callee that can ring, or ends the call with the reason why none can.
    pub(super) fn ring_first(&mut self, callee: &[Candidate], now: Instant, out: &mut Vec<Effect>) {
        let any = |reach| callee.iter().any(|c| c.reach == reach);
        for candidate in callee.iter().filter(|c| c.reach == Reach::Free) {
            self.ring(candidate.endpoint, now, out);
        }
        if any(Reach::Free) {
        } else if any(Reach::InCall) {
            self.end(EndReason::BUSY, out);
        } else if any(Reach::DoNotDisturb) {
            self.end(EndReason::DO_NOT_DISTURB, out);
        } else if any(Reach::Lost) {
            self.wait_for_the_lost(now);
        } else {
            self.end(EndReason::OFFLINE, out);
        }
    }

    fn wait_for_the_lost(&mut self, now: Instant) {
        if let Phase::Ringing(ringing) = &mut self.phase {
            ringing.note_alone(now);
        }
    }

    fn ring(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        let Phase::Ringing(ringing) = &mut self.phase else { return };
        ringing.rung.insert(endpoint, Rung::default());
        ringing.note_alone(now);
        out.push(Effect::Ring { endpoint });
    }

    pub(super) fn ringing(&mut self, endpoint: EndpointId, out: &mut Vec<Effect>) {
        let answer = self.check_ringing(endpoint);
        self.rang |= answer == Effect::Accept;
        out.push(answer);
    }

    pub(super) fn answer(&mut self, endpoint: EndpointId, leg: LegId, now: Instant, out: &mut Vec<Effect>) {
        let allowed = self.check_ringing(endpoint);
        if allowed != Effect::Accept {
            return out.push(allowed);
        }
        if self.caller.leg == Some(leg) {
            return out.push(Effect::Refuse(Refusal::LegInUse));
        }
        out.push(Effect::Accept);
        self.stop_ringing(Some(endpoint), EndReason::ANSWERED_ELSEWHERE, out);
        out.extend(Side::BOTH.map(|side| Effect::Record { side, entry: Entry::Answered }));
        let callee = Member::new(endpoint, leg);
        self.phase = Phase::Talking(Talking { callee, setup_until: Some(now + SETUP_MAX) });
    }

    pub(super) fn decline(&mut self, endpoint: EndpointId, out: &mut Vec<Effect>) {
        let allowed = self.check_ringing(endpoint);
        let accepted = allowed == Effect::Accept;
        out.push(allowed);
        if accepted {
            self.end(EndReason::DECLINED, out);
        }
    }

    /// One of the callee's endpoints connected: it rings too. One that takes part and lost its memory is told all anew.
    pub(super) fn appeared(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        match self.member_mut(endpoint) {
            Some(member) => {
                member.lost_at = None;
                member.told = None;
            }
            None => self.ring(endpoint, now, out),
        }
    }

    pub(super) fn rung_lost(&mut self, endpoint: EndpointId, now: Instant) {
        let Phase::Ringing(ringing) = &mut self.phase else { return };
        if let Some(rung) = ringing.rung.get_mut(&endpoint) {
            rung.lost = true;
            ringing.note_alone(now);
        }
    }

    pub(super) fn rung_back(&mut self, endpoint: EndpointId, now: Instant) {
        let Phase::Ringing(ringing) = &mut self.phase else { return };
        if let Some(rung) = ringing.rung.get_mut(&endpoint) {
            rung.lost = false;
            ringing.note_alone(now);
        }
    }

    pub(super) fn rung_left(&mut self, endpoint: EndpointId, now: Instant) {
        let Phase::Ringing(ringing) = &mut self.phase else { return };
        if ringing.rung.remove(&endpoint).is_some() {
            ringing.note_alone(now);
        }
    }

    /// Stops all that ring, but for the one that answered.
    pub(super) fn stop_ringing(&self, winner: Option<EndpointId>, reason: EndReason, out: &mut Vec<Effect>) {
        let Phase::Ringing(ringing) = &self.phase else { return };
        let others = ringing.rung.keys().filter(|&&endpoint| Some(endpoint) != winner);
        out.extend(others.map(|&endpoint| Effect::StopRinging { endpoint, reason }));
    }

    pub(super) fn is_rung(&self, endpoint: EndpointId) -> bool {
        matches!(&self.phase, Phase::Ringing(ringing) if ringing.rung.contains_key(&endpoint))
    }

    /// Whether an endpoint may do what only one that rings may.
    fn check_ringing(&self, endpoint: EndpointId) -> Effect {
        if self.is_rung(endpoint) {
            return Effect::Accept;
        }
        let member = self.members().any(|(_, m)| m.endpoint == endpoint);
        match &self.phase {
            _ if member => Effect::Refuse(Refusal::NotRinging),
            Phase::Talking(_) => Effect::Refuse(Refusal::AnsweredElsewhere),
            Phase::Ringing(_) | Phase::Over => self.stranger(),
        }
    }
}
