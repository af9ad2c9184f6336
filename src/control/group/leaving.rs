//! Going: by leaving, by vanishing, by the end of the call for everybody. Who goes leaves the others alone.

use std::time::Instant;

use super::GroupCall;
use super::effects::{Effect, Entry, News, Refusal};
use crate::domain::end_reason::EndReason;
use crate::domain::id::EndpointId;
use crate::domain::record::Outcome;

impl GroupCall {
    pub(super) fn leave(&mut self, endpoint: EndpointId, out: &mut Vec<Effect>) {
        if self.rung.contains_key(&endpoint) {
            return self.decline(endpoint, out);
        }
        if !self.has(endpoint) {
            return out.push(self.stranger());
        }
        out.push(Effect::Accept);
        self.remove(endpoint, EndReason::HUNG_UP, out);
    }

    pub(super) fn left(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        if let Some(ring) = self.ring_of(endpoint) {
            ring.left(endpoint, now);
            self.rung.remove(&endpoint);
        }
        self.remove(endpoint, EndReason::HUNG_UP, out);
    }

    /// One that is in goes; one that rings stops, and the last one to do so with it the invitation.
    pub(super) fn revoked(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        if let Some(ring) = self.ring_of(endpoint) {
            ring.left(endpoint, now);
            let nobody_rings = ring.endpoints().next().is_none();
            out.push(Effect::StopRinging { endpoint, reason: EndReason::REVOKED });
            if let Some(number) = self.rung.remove(&endpoint).filter(|_| nobody_rings) {
                self.end_invitation(number, EndReason::OFFLINE, out);
            }
        }
        self.remove(endpoint, EndReason::REVOKED, out);
    }

    pub(super) fn end_for_all(&mut self, endpoint: EndpointId, out: &mut Vec<Effect>) {
        let who = self.members.get(&endpoint).and_then(|member| self.rows.get(&member.number));
        let Some(who) = who.map(|row| &row.person.identity) else {
            return out.push(self.stranger());
        };
        if !self.enders.contains(who) {
            return out.push(Effect::Refuse(Refusal::NotYours));
        }
        out.push(Effect::Accept);
        self.remove_all(EndReason::ENDED_FOR_ALL, out);
    }

    pub(super) fn stop(&mut self, out: &mut Vec<Effect>) {
        self.end_invitations(EndReason::SERVICE_LOST, out);
        self.remove_all(EndReason::SERVICE_LOST, out);
    }

    pub(super) fn deadline_passed(&mut self, now: Instant, out: &mut Vec<Effect>) {
        let due = |at: &(Instant, EndReason)| at.0 <= now;
        let members = self.members.iter();
        let out_now = members.filter_map(|(id, m)| m.ending().filter(due).map(|(_, reason)| (*id, reason)));
        for (endpoint, reason) in out_now.collect::<Vec<_>>() {
            self.remove(endpoint, reason, out);
        }
        let gone = self.members.values().filter(|m| !m.link.gone && m.link.gone_from().is_some_and(|at| at <= now));
        self.changes.rows.extend(gone.map(|m| m.number));
        let first = |endings: &mut dyn Iterator<Item = (Instant, EndReason)>| endings.min_by_key(|(at, _)| *at);
        let over = self
            .rings()
            .filter_map(|(number, ring)| first(&mut ring.endings()).filter(due).map(|(_, reason)| (number, reason)));
        for (number, reason) in over.collect::<Vec<_>>() {
            self.end_invitation(number, reason, out);
        }
    }

    fn remove_all(&mut self, reason: EndReason, out: &mut Vec<Effect>) {
        for endpoint in self.endpoints().collect::<Vec<_>>() {
            self.remove(endpoint, reason, out);
        }
    }

    fn end_invitations(&mut self, reason: EndReason, out: &mut Vec<Effect>) {
        for number in self.invited.iter().copied().collect::<Vec<_>>() {
            self.end_invitation(number, reason, out);
        }
    }

    /// Takes an endpoint out of the call; with the last of its person, the person.
    fn remove(&mut self, endpoint: EndpointId, reason: EndReason, out: &mut Vec<Effect>) {
        let Some(mut member) = self.members.remove(&endpoint) else { return };
        self.close(member.link.leg.take(), out);
        out.push(Effect::Tell { endpoint, news: News::Ended(reason) });
        out.push(Effect::Released { endpoint });
        let Some(row) = self.rows.get_mut(&member.number) else { return };
        row.endpoints.remove(&endpoint);
        self.changes.rows.insert(member.number);
        if !row.endpoints.is_empty() {
            return;
        }
        let talked = row.connected || [EndReason::HUNG_UP, EndReason::ENDED_FOR_ALL].contains(&reason);
        let outcome = if talked { Outcome::Answered } else { Outcome::Failed };
        out.push(Effect::Record { who: row.person.identity.clone(), entry: Entry::Ended { outcome, reason } });
        self.rows.remove(&member.number);
        self.speakers.retain(|number| *number != member.number);
        self.batch.numbers.insert(member.number);
        self.changes.people = true;
    }

    /// Ends a call nobody is in any more, once.
    pub(super) fn finish(&mut self, out: &mut Vec<Effect>) {
        self.end_invitations(EndReason::CANCELLED, out);
        out.push(Effect::Occupied);
        out.push(Effect::Finished);
        *self = Self { over: true, ..Self::default() };
    }
}
