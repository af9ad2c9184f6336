//! How a call ends: by whom, when by itself, and what goes into the records. Both sides always learn the same reason;
//! only who is rung for a call that goes on without it may learn another, and who may not act any more.

use std::time::Instant;

use super::Call;
use super::effects::{Effect, Entry, News, Side};
use super::place::{Due, Place, Then};
use crate::domain::end_reason::EndReason;
use crate::domain::id::EndpointId;
use crate::domain::record::Outcome;

impl Call {
    pub(super) fn hang_up(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        if self.is_rung(endpoint) {
            return self.decline(endpoint, now, out);
        }
        let Some(side) = self.side_of(endpoint) else {
            return out.push(self.stranger());
        };
        out.push(Effect::Accept);
        self.end_by(side, out);
    }

    pub(super) fn left(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        match self.side_of(endpoint) {
            Some(side) => self.end_by(side, out),
            None => self.rung_left(endpoint, now),
        }
    }

    /// One that takes part hangs up, as the other side sees it; one that rings stops, and the last one to do so with it
    /// whoever was called: nobody is there any more.
    pub(super) fn revoked(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        if let Some(side) = self.side_of(endpoint) {
            let before = out.len();
            self.end_by(side, out);
            return out[before..].iter_mut().for_each(|effect| blame_revocation(effect, side, endpoint));
        }
        if !self.is_rung(endpoint) {
            return;
        }
        out.push(Effect::StopRinging { endpoint, reason: EndReason::REVOKED });
        self.rung_left(endpoint, now);
        if self.rings_nobody() {
            self.not_taken(EndReason::OFFLINE, now, out);
        }
    }

    /// One side ends the call: it gives up while the other is still rung, or hangs up.
    fn end_by(&mut self, side: Side, out: &mut Vec<Effect>) {
        let talked = self.member(side).is_some_and(|member| member.settled);
        match self.rung_side() {
            None => self.end(EndReason::HUNG_UP, out),
            Some(_) if talked => self.end_as(EndReason::HUNG_UP, EndReason::CANCELLED, out),
            Some(_) => self.end(EndReason::CANCELLED, out),
        }
    }

    pub(super) fn deadline_passed(&mut self, now: Instant, out: &mut Vec<Effect>) {
        while let Some((_, due)) = self.dues().filter(|(at, _)| *at <= now).min_by_key(|(at, _)| *at) {
            match due {
                Due::End(reason) => self.end(reason, out),
                Due::NotTaken(reason) => self.not_taken(reason, now, out),
                Due::Forward => self.not_answered(out),
                Due::NotUp(reason) => self.not_up(reason, now, out),
                Due::Recall => self.recall(now, out),
            }
            // What else is due may be different once that is answered.
            if matches!(out.last(), Some(Effect::Forward { .. })) {
                return;
            }
        }
    }

    /// When, and what, happens if nothing else does.
    pub(super) fn dues(&self) -> impl Iterator<Item = (Instant, Due)> {
        let absent = self.members().filter_map(|(side, m)| Some((side, m.link.ends_at(m.settled)?)));
        let ends = absent.chain(self.setup_ending()).map(|(side, (at, reason))| (at, self.due_without(side, reason)));
        ends.chain(self.caller.dues()).chain(self.callee.dues())
    }

    /// What follows when the endpoint of a side is missed: the call ends, unless it took what somebody handed on, and
    /// was never connected.
    fn due_without(&self, side: Side, reason: EndReason) -> Due {
        match self.setup.filter(|setup| setup.newcomer == side).map(|setup| setup.then) {
            Some(Then::GiveBack) => Due::NotUp(reason),
            Some(Then::End | Then::EndFor(_)) | None => Due::End(reason),
        }
    }

    /// Ends the call, once.
    pub(super) fn end(&mut self, reason: EndReason, out: &mut Vec<Effect>) {
        self.end_as(reason, reason, out);
    }

    /// Ends the call, once; who is rung learns `rung` as the reason.
    pub(super) fn end_as(&mut self, reason: EndReason, rung: EndReason, out: &mut Vec<Effect>) {
        if self.is_over() {
            return;
        }
        let entries = Side::BOTH.map(|side| self.last_entry(side, reason, rung));
        self.stop_ringing(None, rung, out);
        self.close_legs(out);
        let told = self.members().map(|(_, m)| Effect::Tell { endpoint: m.endpoint, news: News::Ended(reason) });
        out.extend(told);
        for (side, entry) in Side::BOTH.into_iter().zip(entries) {
            out.extend(entry.map(|entry| Effect::Record { side, entry }));
        }
        self.finish(out);
    }

    pub(super) fn close_legs(&mut self, out: &mut Vec<Effect>) {
        for (_, member) in self.members_mut() {
            let leg = member.link.leg.take();
            member.close(leg, out);
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<Effect>) {
        out.push(Effect::Finished);
        (self.caller, self.callee) = (Place::Nobody, Place::Nobody);
        self.setup = None;
        self.over = true;
    }

    /// What the record of whoever's side it is ends with; nothing where it has ended already.
    fn last_entry(&self, side: Side, reason: EndReason, rung: EndReason) -> Option<Entry> {
        match self.place(side) {
            Place::Here(_) => Some(Entry::Ended { outcome: self.outcome_of(side, reason), reason }),
            Place::Rung(_) => Some(Entry::Ended { outcome: of_rung(rung), reason: rung }),
            Place::Parked(_) | Place::Nobody => None,
        }
    }

    /// How it went for one who takes part.
    fn outcome_of(&self, side: Side, reason: EndReason) -> Outcome {
        let talked = self.member(side).is_some_and(|member| member.settled);
        match self.place(side.other()) {
            _ if talked => Outcome::Answered,
            Place::Rung(_) => of_caller(reason),
            Place::Here(_) if reason == EndReason::HUNG_UP => Outcome::Answered,
            Place::Here(_) | Place::Parked(_) | Place::Nobody => Outcome::Failed,
        }
    }
}

/// Makes the reason that one side is given, and has in its record, that it may not act any more.
fn blame_revocation(effect: &mut Effect, of: Side, at: EndpointId) {
    match effect {
        Effect::Tell { endpoint, news: News::Ended(reason) } if *endpoint == at => *reason = EndReason::REVOKED,
        Effect::Record { side, entry: Entry::Ended { reason, .. } } if *side == of => *reason = EndReason::REVOKED,
        _ => {}
    }
}

/// How an unanswered call went for who called.
fn of_caller(reason: EndReason) -> Outcome {
    match reason {
        EndReason::DECLINED => Outcome::Declined,
        EndReason::CANCELLED => Outcome::Cancelled,
        EndReason::BUSY | EndReason::DO_NOT_DISTURB => Outcome::Busy,
        EndReason::RING_TIMEOUT | EndReason::OFFLINE => Outcome::NoAnswer,
        _ => Outcome::Failed,
    }
}

/// How a call went for who was rung and did not take it.
pub(super) fn of_rung(reason: EndReason) -> Outcome {
    if reason == EndReason::DECLINED { Outcome::Declined } else { Outcome::Missed }
}
