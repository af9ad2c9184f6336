//! Before the answer: whom to ring, and which of them wins.

use std::time::Instant;

use super::effects::{Effect, Entry, Refusal, Side};
use super::member::Member;
use super::talking::Talking;
use super::{Call, Candidate, Phase, Reach, SETUP_MAX};
use crate::control::ring;
use crate::domain::end_reason::EndReason;
use crate::domain::id::{EndpointId, LegId};

impl Call {
    /// Rings every endpoint of the callee that can ring, or ends the call with the reason why none can.
    pub(super) fn ring_first(&mut self, callee: &[Candidate], now: Instant, out: &mut Vec<Effect>) {
        for candidate in callee.iter().filter(|c| c.reach == Reach::Free) {
            self.ring(candidate.endpoint, now, out);
        }
        if let Some(reason) = ring::unreachable(callee) {
            self.end(reason, out);
        }
    }

    fn ring(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        let Phase::Ringing(ringing) = &mut self.phase else { return };
        ringing.add(endpoint, now);
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
        if self.caller.link.leg == Some(leg) {
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
                member.link.back();
                member.told = None;
            }
            None => self.ring(endpoint, now, out),
        }
    }

    pub(super) fn rung_lost(&mut self, endpoint: EndpointId, now: Instant) {
        if let Phase::Ringing(ringing) = &mut self.phase {
            ringing.lost(endpoint, now);
        }
    }

    pub(super) fn rung_back(&mut self, endpoint: EndpointId, now: Instant) {
        if let Phase::Ringing(ringing) = &mut self.phase {
            ringing.back(endpoint, now);
        }
    }

    pub(super) fn rung_left(&mut self, endpoint: EndpointId, now: Instant) {
        if let Phase::Ringing(ringing) = &mut self.phase {
            ringing.left(endpoint, now);
        }
    }

    /// Stops all that ring, but for the one that answered.
    pub(super) fn stop_ringing(&self, winner: Option<EndpointId>, reason: EndReason, out: &mut Vec<Effect>) {
        let Phase::Ringing(ringing) = &self.phase else { return };
        let others = ringing.endpoints().filter(|endpoint| Some(*endpoint) != winner);
        out.extend(others.map(|endpoint| Effect::StopRinging { endpoint, reason }));
    }

    pub(super) fn is_rung(&self, endpoint: EndpointId) -> bool {
        matches!(&self.phase, Phase::Ringing(ringing) if ringing.rings(endpoint))
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
