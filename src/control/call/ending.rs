//! How a call ends: by whom, when by itself, and what goes into the records. Both sides always learn the same reason.

use std::time::Instant;

use super::effects::{Effect, Entry, News, Side};
use super::{Call, Phase};
use crate::domain::end_reason::EndReason;
use crate::domain::id::EndpointId;
use crate::domain::record::Outcome;

impl Call {
    pub(super) fn hang_up(&mut self, endpoint: EndpointId, out: &mut Vec<Effect>) {
        if self.is_rung(endpoint) {
            return self.decline(endpoint, out);
        }
        if self.member_mut(endpoint).is_none() {
            let stranger = self.stranger();
            return out.push(stranger);
        }
        out.push(Effect::Accept);
        self.end_by_member(out);
    }

    pub(super) fn left(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        if self.member_mut(endpoint).is_some() {
            self.end_by_member(out);
        } else {
            self.rung_left(endpoint, now);
        }
    }

    fn end_by_member(&mut self, out: &mut Vec<Effect>) {
        let reason = match self.phase {
            Phase::Ringing(_) => EndReason::CANCELLED,
            Phase::Talking(_) | Phase::Over => EndReason::HUNG_UP,
        };
        self.end(reason, out);
    }

    pub(super) fn deadline_passed(&mut self, now: Instant, out: &mut Vec<Effect>) {
        let due = self.endings().filter(|(at, _)| *at <= now).min_by_key(|(at, _)| *at);
        if let Some((_, reason)) = due {
            self.end(reason, out);
        }
    }

    /// When, and why, the call ends if nothing else happens.
    pub(super) fn endings(&self) -> impl Iterator<Item = (Instant, EndReason)> {
        let connected = self.is_connected();
        let absent = self.members().filter_map(move |(_, m)| m.link.ends_at(connected));
        let (ringing, setup) = match &self.phase {
            Phase::Ringing(ringing) => (Some(ringing.endings()), None),
            Phase::Talking(talking) => (None, talking.setup_ending()),
            Phase::Over => (None, None),
        };
        absent.chain(ringing.into_iter().flatten()).chain(setup)
    }

    /// Ends the call, once.
    pub(super) fn end(&mut self, reason: EndReason, out: &mut Vec<Effect>) {
        if self.is_over() {
            return;
        }
        let outcomes = self.outcomes(reason);
        self.stop_ringing(None, reason, out);
        for (_, member) in self.members_mut() {
            let leg = member.link.leg.take();
            member.close(leg, out);
        }
        let told = self.members().map(|(_, m)| Effect::Tell { endpoint: m.endpoint, news: News::Ended(reason) });
        out.extend(told);
        for (side, outcome) in Side::BOTH.into_iter().zip(outcomes) {
            out.push(Effect::Record { side, entry: Entry::Ended { outcome, reason } });
        }
        out.push(Effect::Finished);
        self.phase = Phase::Over;
    }

    /// How it went, for the caller and for the callee.
    fn outcomes(&self, reason: EndReason) -> [Outcome; 2] {
        match &self.phase {
            Phase::Talking(_) if self.is_connected() || reason == EndReason::HUNG_UP => [Outcome::Answered; 2],
            Phase::Talking(_) => [Outcome::Failed; 2],
            Phase::Ringing(_) | Phase::Over => unanswered(reason),
        }
    }
}

fn unanswered(reason: EndReason) -> [Outcome; 2] {
    match reason {
        EndReason::DECLINED => [Outcome::Declined; 2],
        EndReason::CANCELLED => [Outcome::Cancelled, Outcome::Missed],
        EndReason::BUSY | EndReason::DO_NOT_DISTURB => [Outcome::Busy, Outcome::Missed],
        EndReason::RING_TIMEOUT | EndReason::OFFLINE => [Outcome::NoAnswer, Outcome::Missed],
        _ => [Outcome::Failed, Outcome::Missed],
    }
}
