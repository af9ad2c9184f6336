//! Coming in: joining, answering an invitation, and a direct call that goes on as a group call.

use std::time::Instant;

use super::effects::{Effect, Entry, Refusal};
use super::events::{Expect, Join};
use super::member::{Member, Row};
use super::{CLIENTS_MAX, GroupCall};
use crate::control::call::{Call, SETUP_MAX};
use crate::control::connection::Connection;
use crate::domain::end_reason::EndReason;
use crate::domain::group::MAX_PARTICIPANTS;
use crate::domain::id::{EndpointId, Identity, LegId};
use crate::domain::person::Person;

impl GroupCall {
    /// Goes on with a direct call; `caller` and `callee` are who is in it. `None` when that can't be now
    /// ([`Call::cannot_grow`]): the call is lost then. The effects answer no request.
    pub fn grow(call: Call, caller: Person, callee: Person, now: Instant) -> Option<(Self, Vec<Effect>)> {
        let members = call.into_members()?;
        let mut group = Self { enders: [caller.identity.clone()].into(), ..Self::default() };
        for (moving, person) in members.into_iter().zip([caller, callee]) {
            let number = group.number_for(&person)?;
            if let Some(leg) = moving.link.leg {
                group.legs.insert(leg, moving.endpoint);
            }
            let row = group.rows.entry(number).or_insert_with(|| Row::new(person));
            row.endpoints.insert(moving.endpoint);
            row.connected = true;
            let told = moving.told;
            let member = Member { told, ..Member::new(number, moving.link, moving.muted) };
            group.members.insert(moving.endpoint, member);
            group.changes.rows.insert(number);
            group.changes.newcomers.push(moving.endpoint);
        }
        group.changes.people = true;
        let mut out = Vec::new();
        group.settle(now, &mut out);
        Some((group, out))
    }

    pub(super) fn join(&mut self, join: Join, now: Instant, out: &mut Vec<Effect>) {
        let Join { endpoint, person, leg, muted, owner } = join;
        if self.over {
            return out.push(Effect::Refuse(Refusal::Over));
        }
        if self.has(endpoint) {
            return out.push(Effect::Refuse(Refusal::AlreadyIn));
        }
        if let Some(why) = self.no_place(&person.identity, leg) {
            return out.push(Effect::Refuse(why));
        }
        let Some(number) = self.number_for(&person) else {
            return out.push(Effect::Refuse(Refusal::Full));
        };
        out.push(Effect::Accept);
        if owner {
            self.enders.insert(person.identity.clone());
        }
        self.end_ring(number, None, EndReason::ANSWERED_ELSEWHERE, out);
        self.rows.entry(number).or_insert_with(|| Row::new(person));
        self.enter(number, endpoint, Some(leg), muted, now, out);
    }

    /// One that comes from another call is in this one at once; its leg has as long to come, and to be up, as any.
    pub(super) fn expect(&mut self, expect: Expect, now: Instant, out: &mut Vec<Effect>) {
        let Expect { endpoint, person, muted } = expect;
        let refusal = if self.over {
            Some(Refusal::Over)
        } else if self.has(endpoint) {
            Some(Refusal::AlreadyIn)
        } else {
            self.no_room(&person.identity)
        };
        if let Some(why) = refusal {
            return out.push(Effect::Refuse(why));
        }
        let Some(number) = self.number_for(&person) else {
            return out.push(Effect::Refuse(Refusal::Full));
        };
        out.push(Effect::Accept);
        self.end_ring(number, None, EndReason::ANSWERED_ELSEWHERE, out);
        self.rows.entry(number).or_insert_with(|| Row::new(person));
        self.enter(number, endpoint, None, muted, now, out);
    }

    pub(super) fn answer(&mut self, endpoint: EndpointId, leg: LegId, now: Instant, out: &mut Vec<Effect>) {
        let Some(&number) = self.rung.get(&endpoint) else {
            let refusal = self.not_ringing(endpoint);
            return out.push(refusal);
        };
        let refusal = self.rows.get(&number).and_then(|row| self.no_place(&row.person.identity, leg));
        if let Some(why) = refusal {
            return out.push(Effect::Refuse(why));
        }
        out.push(Effect::Accept);
        self.end_ring(number, Some(endpoint), EndReason::ANSWERED_ELSEWHERE, out);
        self.enter(number, endpoint, Some(leg), false, now, out);
    }

    /// Seats an endpoint in the row of its person.
    fn enter(
        &mut self,
        number: u16,
        endpoint: EndpointId,
        leg: Option<LegId>,
        muted: bool,
        now: Instant,
        out: &mut Vec<Effect>,
    ) {
        let Some(row) = self.rows.get_mut(&number) else { return };
        if row.endpoints.is_empty() {
            self.changes.people = true;
            out.push(Effect::Record { who: row.person.identity.clone(), entry: Entry::Joined });
        }
        row.endpoints.insert(endpoint);
        let link = leg.map_or_else(Connection::expected, Connection::new);
        let mut member = Member::new(number, link, muted);
        member.setup_until = Some(now + SETUP_MAX);
        self.members.insert(endpoint, member);
        self.legs.extend(leg.map(|leg| (leg, endpoint)));
        self.changes.rows.insert(number);
        self.changes.newcomers.push(endpoint);
    }

    /// Why one more endpoint of this person can't come in with this leg.
    fn no_place(&self, who: &Identity, leg: LegId) -> Option<Refusal> {
        if self.legs.contains_key(&leg) { Some(Refusal::LegInUse) } else { self.no_room(who) }
    }

    /// Why one more endpoint of this person can't come in; `None` when it can.
    pub fn no_room(&self, who: &Identity) -> Option<Refusal> {
        if self.members.len() >= MAX_PARTICIPANTS {
            Some(Refusal::Full)
        } else if self.row_of(who).is_some_and(|row| row.endpoints.len() >= CLIENTS_MAX) {
            Some(Refusal::TooManyClients)
        } else {
            None
        }
    }

    /// The number of a person: the old one of somebody who comes back. `None` when all are given out.
    pub(super) fn number_for(&mut self, person: &Person) -> Option<u16> {
        if let Some(number) = self.numbers.get(&person.identity) {
            return Some(*number);
        }
        let number = u16::try_from(self.numbers.len() + 1).ok()?;
        self.numbers.insert(person.identity.clone(), number);
        Some(number)
    }
}
