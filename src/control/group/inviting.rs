//! Ringing people into the call. An invitation outlives whoever made it, as long as somebody is in the call.

use std::time::Instant;

use super::effects::{Effect, Entry, News, Refusal};
use super::events::Invite;
use super::member::{Invitation, Row};
use super::{GroupCall, RINGING_MAX};
use crate::control::ring::{RING_DEFAULT, Reach, Ring};
use crate::domain::end_reason::EndReason;
use crate::domain::group::MAX_PARTICIPANTS;
use crate::domain::id::{EndpointId, Identity};
use crate::domain::person::Person;
use crate::domain::record::Outcome;

impl GroupCall {
    pub(super) fn invite(&mut self, invite: Invite, now: Instant, out: &mut Vec<Effect>) {
        let Invite { endpoint, person, candidates } = invite;
        let Some(inviter) = self.may_invite(endpoint, &person.identity, out) else { return };
        let Some(number) = self.number_for(&person) else {
            return out.push(Effect::Refuse(Refusal::Full));
        };
        out.push(Effect::Accept);
        let who = person.identity.clone();
        out.push(Effect::Record { who: who.clone(), entry: Entry::Rung });
        out.push(Effect::Invited { who, on: true });
        let ring = Ring::new(now + RING_DEFAULT, now);
        let mut row = Row::new(person);
        row.invitation = Some(Invitation { by: endpoint, inviter, ring, rang: false });
        self.rows.insert(number, row);
        self.invited.insert(number);
        self.changes.rows.insert(number);
        for candidate in candidates.iter().filter(|c| c.reach == Reach::Free) {
            self.ring(number, candidate.endpoint, now, out);
        }
    }

    /// Whose invitation it would be; refused otherwise.
    fn may_invite(&self, endpoint: EndpointId, who: &Identity, out: &mut Vec<Effect>) -> Option<Person> {
        let Some(member) = self.members.get(&endpoint) else {
            out.push(self.stranger());
            return None;
        };
        let invitee = self.row_of(who);
        let refusal = if !member.is_connected() {
            Some(Refusal::NotConnected)
        } else if invitee.is_some_and(|row| row.invitation.is_none()) {
            Some(Refusal::InviteeIsIn)
        } else if invitee.is_some() {
            Some(Refusal::InviteeRings)
        } else if self.members.len() >= MAX_PARTICIPANTS {
            Some(Refusal::Full)
        } else if self.invited.len() >= RINGING_MAX {
            Some(Refusal::TooManyRing)
        } else {
            None
        };
        out.extend(refusal.map(Effect::Refuse));
        if refusal.is_some() {
            return None;
        }
        self.rows.get(&member.number).map(|row| row.person.clone())
    }

    fn ring(&mut self, number: u16, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        let Some(invitation) = self.rows.get_mut(&number).and_then(|row| row.invitation.as_mut()) else { return };
        invitation.ring.add(endpoint, now);
        self.rung.insert(endpoint, number);
        out.push(Effect::Ring { endpoint, by: invitation.inviter.clone() });
    }

    pub(super) fn ringing(&mut self, endpoint: EndpointId, out: &mut Vec<Effect>) {
        let Some(&number) = self.rung.get(&endpoint) else {
            let refusal = self.not_ringing(endpoint);
            return out.push(refusal);
        };
        out.push(Effect::Accept);
        if let Some(invitation) = self.rows.get_mut(&number).and_then(|row| row.invitation.as_mut()) {
            invitation.rang = true;
        }
        self.changes.rows.insert(number);
    }

    pub(super) fn decline(&mut self, endpoint: EndpointId, out: &mut Vec<Effect>) {
        let Some(&number) = self.rung.get(&endpoint) else {
            let refusal = self.not_ringing(endpoint);
            return out.push(refusal);
        };
        out.push(Effect::Accept);
        self.end_invitation(number, EndReason::DECLINED, out);
    }

    /// One of somebody invited connected: it rings too. One that takes part and lost its memory is told all anew.
    pub(super) fn appeared(&mut self, endpoint: EndpointId, who: &Identity, now: Instant, out: &mut Vec<Effect>) {
        if let Some(member) = self.member_mut(endpoint) {
            member.link.back();
            member.told = None;
            return self.changes.newcomers.push(endpoint);
        }
        if let Some(number) = self.numbers.get(who).copied() {
            self.ring(number, endpoint, now, out);
        }
    }

    /// Who invited somebody who is being rung.
    pub fn inviter_of(&self, who: &Identity) -> Option<&Person> {
        let row = self.row_of(who)?;
        row.invitation.as_ref().map(|invitation| &invitation.inviter)
    }

    /// The ring an endpoint takes part in, if it rings.
    pub(super) fn ring_of(&mut self, endpoint: EndpointId) -> Option<&mut Ring> {
        let row = self.rows.get_mut(self.rung.get(&endpoint)?)?;
        row.invitation.as_mut().map(|invitation| &mut invitation.ring)
    }

    /// All rings, with the number of whom they are for.
    pub(super) fn rings(&self) -> impl Iterator<Item = (u16, &Ring)> {
        let invitation = |number: &u16| Some((*number, &self.rows.get(number)?.invitation.as_ref()?.ring));
        self.invited.iter().filter_map(invitation)
    }

    /// Ends an invitation that was not answered: the row is gone, and the inviter is told.
    pub(super) fn end_invitation(&mut self, number: u16, reason: EndReason, out: &mut Vec<Effect>) {
        let Some(invitation) = self.end_ring(number, None, reason, out) else { return };
        let Some(row) = self.rows.remove(&number) else { return };
        self.batch.numbers.insert(number);
        let outcome = if reason == EndReason::DECLINED { Outcome::Declined } else { Outcome::Missed };
        out.push(Effect::Record { who: row.person.identity.clone(), entry: Entry::Ended { outcome, reason } });
        if self.has(invitation.by) {
            let news = News::InviteEnded { person: row.person, reason };
            out.push(Effect::Tell { endpoint: invitation.by, news });
        }
    }

    /// Stops all endpoints of a person that ring, but for the one that answered.
    pub(super) fn end_ring(
        &mut self,
        number: u16,
        winner: Option<EndpointId>,
        reason: EndReason,
        out: &mut Vec<Effect>,
    ) -> Option<Invitation> {
        let row = self.rows.get_mut(&number)?;
        let invitation = row.invitation.take()?;
        self.invited.remove(&number);
        for endpoint in invitation.ring.endpoints() {
            self.rung.remove(&endpoint);
            if Some(endpoint) != winner {
                out.push(Effect::StopRinging { endpoint, reason });
            }
        }
        out.push(Effect::Invited { who: row.person.identity.clone(), on: false });
        Some(invitation)
    }

    /// Why an endpoint may not do what only one that rings may.
    pub(super) fn not_ringing(&self, endpoint: EndpointId) -> Effect {
        if self.has(endpoint) { Effect::Refuse(Refusal::NotRinging) } else { self.stranger() }
    }
}
