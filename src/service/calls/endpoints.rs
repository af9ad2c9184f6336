//! What the task does about endpoints: they come, are lost, come back and leave; their calls learn of it, and so does
//! everybody who follows their presence.

use std::collections::BTreeSet;
use std::time::Instant;

use super::endpoint::{Endpoint, Registration};
use super::owner::Owner;
use super::ports::{OwnedRecord, PresenceChanged};
use super::refusals;
use crate::base::clock;
use crate::control::call::Event;
use crate::domain::id::{CallId, EndpointId, Identity};
use crate::domain::presence::{Presence, PresenceState};
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;

impl Owner {
    pub(super) fn register(
        &mut self,
        endpoint: Endpoint,
        registration: Registration,
        now: Instant,
    ) -> Result<(), Failure> {
        let id = endpoint.id;
        let who = endpoint.person.identity.clone();
        if !self.roster.register(endpoint, registration) {
            return Err(refusals::not_yours());
        }
        let Some(seat) = self.roster.seat(id) else { return Ok(()) };
        let appears: BTreeSet<CallId> = seat.calls.iter().copied().chain(self.calls_to_ring(id)).collect();
        let missed: Vec<CallId> = seat.ringing.difference(&appears).copied().collect();
        for call in appears {
            self.drive(call, Event::Appeared { endpoint: id }, now);
        }
        for call in missed {
            self.drive(call, Event::Left { endpoint: id }, now);
            if let Some(seat) = self.roster.seat_mut(id) {
                seat.ringing.remove(&call);
            }
        }
        self.publish(&who, now);
        Ok(())
    }

    pub(super) fn lost(&mut self, registration: Registration, now: Instant) {
        if self.roster.is_current(registration) {
            self.lose(registration.id, now);
        }
    }

    pub(super) fn lose(&mut self, id: EndpointId, now: Instant) {
        if self.roster.lose(id, now) {
            self.tell_calls_of(id, Event::Lost { endpoint: id }, now);
        }
    }

    pub(super) fn back(&mut self, registration: Registration, now: Instant) {
        let id = registration.id;
        if !self.roster.is_current(registration) || !self.roster.regain(id) {
            return;
        }
        self.tell_calls_of(id, Event::Back { endpoint: id }, now);
        self.ring_waiting_calls(id, now);
        self.publish_of(id, now);
    }

    pub(super) fn left(&mut self, registration: Registration, now: Instant) {
        if self.roster.is_current(registration) {
            self.remove(registration.id, now);
        }
    }

    /// The calls the endpoint is in go on, however few it can be in from now on. Where that are none, it does not ring either.
    pub(super) fn set_max_calls(&mut self, registration: Registration, max_calls: usize, now: Instant) {
        let id = registration.id;
        let Some(seat) = self.roster.seat_mut(id).filter(|seat| seat.is_of(registration)) else { return };
        let before = seat.set_max_calls(max_calls);
        if max_calls == 0 {
            let rings: Vec<CallId> = seat.ringing.iter().copied().collect();
            for call in rings {
                self.drive(call, Event::Revoked { endpoint: id }, now);
            }
            self.publish_of(id, now);
        } else if max_calls > before {
            self.ring_waiting_calls(id, now);
        }
    }

    /// The endpoints stay registered: whoever brought them takes them away.
    pub(super) fn revoked(&mut self, who: &Identity, now: Instant) {
        for id in self.roster.endpoints_of(who).collect::<Vec<_>>() {
            self.tell_calls_of(id, Event::Revoked { endpoint: id }, now);
        }
        self.publish(who, now);
    }

    pub(super) fn remove(&mut self, id: EndpointId, now: Instant) {
        self.tell_calls_of(id, Event::Left { endpoint: id }, now);
        let who = self.roster.seat(id).map(|seat| seat.person.identity.clone());
        self.roster.forget(id);
        if let Some(who) = who {
            self.publish(&who, now);
        }
    }

    fn tell_calls_of(&mut self, id: EndpointId, event: Event, now: Instant) {
        let concerned = self.roster.seat(id).map(|seat| seat.concerned()).unwrap_or_default();
        for call in concerned {
            self.drive(call, event, now);
        }
    }

    pub(super) fn kept(&mut self, records: Vec<OwnedRecord>, now: Instant) {
        for OwnedRecord { owner, record } in records.into_iter().filter(|kept| kept.record.ended_at.is_some()) {
            let endpoints: Vec<EndpointId> = self.roster.endpoints_of(&owner).collect();
            for endpoint in endpoints {
                self.push(endpoint, Notice::HistoryAdded { record: record.clone() }, now);
            }
        }
    }

    pub(super) fn push(&mut self, endpoint: EndpointId, notice: Notice, now: Instant) {
        if !self.roster.push(endpoint, notice) {
            self.lose(endpoint, now);
        }
    }

    pub(super) fn publish_of(&mut self, id: EndpointId, now: Instant) {
        if let Some(who) = self.roster.seat(id).map(|seat| seat.person.identity.clone()) {
            self.publish(&who, now);
        }
    }

    /// What somebody is doing; when they were last seen, as far as that is still to be written.
    pub(super) fn presence_of(&self, who: &Identity) -> Presence {
        match self.presence.get(who) {
            Some(state) => Presence::now(*state),
            None => Presence::offline(self.journal.last_seen(who)),
        }
    }

    /// Publishes somebody's presence, if it is another than before.
    pub(super) fn publish(&mut self, who: &Identity, now: Instant) {
        let state = self.roster.state_of(who, self.rulebook.choice(who), now);
        let before = self.presence.get(who).copied().unwrap_or(PresenceState::Offline);
        if state == before {
            return;
        }
        let presence = if state == PresenceState::Offline {
            let seen = clock::unix_now();
            self.presence.remove(who);
            self.journal.seen(who.clone(), seen);
            Presence::offline(Some(seen))
        } else {
            self.presence.insert(who.clone(), state);
            Presence::now(state)
        };
        // Nobody listening is fine: presence can be asked for at any time.
        let _ = self.presence_changes.send(PresenceChanged { identity: who.clone(), presence });
    }
}
