//! The one task that owns all running calls: takes messages and deadlines, one at a time, and lets the machines decide.
//! Carrying out what they decide is in [`super::effects`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{broadcast, mpsc, oneshot};

use super::endpoint::{Endpoint, Registration};
use super::journal::Journal;
use super::mailbox::{Message, Reply, StartCall};
use super::ports::{OwnedRecord, PresenceChanged, SlotUse, Switch};
use super::refusals;
use super::roster::Roster;
use super::running::Running;
use crate::base::{clock, deadline};
use crate::control::call::{Call, Event, Reach, Start};
use crate::domain::id::{CallId, EndpointId, Identity, LegId};
use crate::domain::presence::{Presence, PresenceChoice, PresenceState};
use crate::protocol::failure::Failure;
use crate::protocol::frame::OngoingCall;
use crate::protocol::notice::{Notice, Slot};

/// The state of the task.
pub(super) struct Owner {
    pub(super) switch: Box<dyn Switch>,
    pub(super) journal: Arc<Journal>,
    pub(super) roster: Roster,
    pub(super) running: BTreeMap<CallId, Running>,
    pub(super) legs: BTreeMap<LegId, CallId>,
    /// The running calls to each person: a client that connects may have to ring.
    pub(super) calls_to: BTreeMap<Identity, BTreeSet<CallId>>,
    pub(super) timers: BTreeSet<(Instant, CallId)>,
    /// What was last published of everybody who is not offline.
    presence: BTreeMap<Identity, PresenceState>,
    presence_changes: broadcast::Sender<PresenceChanged>,
}

impl Owner {
    pub fn new(
        switch: Box<dyn Switch>,
        journal: Arc<Journal>,
        presence_changes: broadcast::Sender<PresenceChanged>,
    ) -> Self {
        Self {
            switch,
            journal,
            roster: Roster::default(),
            running: BTreeMap::new(),
            legs: BTreeMap::new(),
            calls_to: BTreeMap::new(),
            timers: BTreeSet::new(),
            presence: BTreeMap::new(),
            presence_changes,
        }
    }

    /// Runs until told to stop, or until nobody holds a handle any more.
    pub async fn run(mut self, mut mailbox: mpsc::Receiver<Message>) {
        let done = loop {
            tokio::select! {
                message = mailbox.recv() => match message {
                    None => break None,
                    Some(message) => if let ControlFlow::Break(done) = self.take(message, clock::now()) {
                        break Some(done);
                    },
                },
                () = deadline::sleep_until(self.next_deadline()) => self.deadlines_passed(clock::now()),
            }
        };
        self.stop(clock::now(), done);
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let timer = self.timers.first().map(|(at, _)| *at);
        deadline::earlier(timer, self.roster.next_deadline())
    }

    pub(super) fn take(&mut self, message: Message, now: Instant) -> ControlFlow<oneshot::Sender<()>> {
        match message {
            Message::Register { endpoint, registration, reply } => {
                answer(reply, self.register(endpoint, registration, now));
            }
            Message::Lost(registration) => self.lost(registration, now),
            Message::Back(registration) => self.back(registration, now),
            Message::Left(registration) => self.left(registration, now),
            Message::SetPresence { endpoint, choice } => self.set_presence(endpoint, choice, now),
            Message::Start { start, reply } => self.start(start, reply, now),
            Message::Request { call, event, reply } => answer(reply, self.request(call, event, now)),
            // Whoever asked and is gone needs no answer.
            Message::Ongoing { endpoint, reply } => drop(reply.send(self.ongoing(endpoint))),
            Message::PresenceOf { who, reply } => {
                let states = who.iter().map(|who| self.presence.get(who).copied());
                drop(reply.send(states.map(|state| state.unwrap_or(PresenceState::Offline)).collect()));
            }
            Message::Leg { leg, event } => self.leg(leg, event, now),
            Message::Slots { leg, slots } => self.slots(leg, &slots, now),
            Message::Kept(records) => self.kept(records, now),
            Message::NotKept(call) => drop(self.drive(call, Event::Stop, now)),
            Message::PlaceOf { group: _, fresh, reply } => {
                drop(reply.send(super::GroupPlace { call: fresh, running: false, here: Vec::new() }));
            }
            Message::Join { join: _, reply } => drop(reply.send(Err(refusals::stopping()))),
            Message::Invite { invite: _, reply } => answer(reply, Err(refusals::stopping())),
            Message::EndForAll { reply, .. } => answer(reply, Err(refusals::stopping())),
            Message::GroupOf { call: _, reply } => drop(reply.send(None)),
            Message::Here { groups, reply } => drop(reply.send(vec![Vec::new(); groups.len()])),
            Message::Speakers { .. } => {}
            Message::Stop { done } => return ControlFlow::Break(done),
        }
        ControlFlow::Continue(())
    }

    pub(super) fn deadlines_passed(&mut self, now: Instant) {
        while let Some((at, call)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, call));
            self.drive(call, Event::DeadlinePassed, now);
        }
        while let Some((endpoint, forget)) = self.roster.take_due(now) {
            if forget {
                self.remove(endpoint, now);
            } else {
                self.publish_of(endpoint, now);
            }
        }
    }

    fn stop(&mut self, now: Instant, done: Option<oneshot::Sender<()>>) {
        let calls: Vec<CallId> = self.running.keys().copied().collect();
        for call in calls {
            self.drive(call, Event::Stop, now);
        }
        self.journal.close(done);
    }

    fn register(&mut self, endpoint: Endpoint, registration: Registration, now: Instant) -> Result<(), Failure> {
        let id = endpoint.id;
        let who = endpoint.person.identity.clone();
        if !self.roster.register(endpoint, registration) {
            return Err(refusals::not_yours());
        }
        let Some(seat) = self.roster.seat(id) else { return Ok(()) };
        let mut appears = seat.calls.clone();
        if seat.reach() == Reach::Free {
            appears.extend(self.calls_to.get(&who).into_iter().flatten());
        }
        let missed: Vec<CallId> = seat.ringing.difference(&appears).copied().collect();
        for call in appears {
            self.drive(call, Event::Appeared { endpoint: id }, now);
        }
        for call in missed {
            self.drive(call, Event::Left { endpoint: id }, now);
        }
        self.publish(&who, now);
        Ok(())
    }

    fn lost(&mut self, registration: Registration, now: Instant) {
        if self.roster.is_current(registration) {
            self.lose(registration.id, now);
        }
    }

    pub(super) fn lose(&mut self, id: EndpointId, now: Instant) {
        if self.roster.lose(id, now) {
            self.tell_calls_of(id, Event::Lost { endpoint: id }, now);
        }
    }

    fn back(&mut self, registration: Registration, now: Instant) {
        let id = registration.id;
        if !self.roster.is_current(registration) || !self.roster.regain(id) {
            return;
        }
        self.tell_calls_of(id, Event::Back { endpoint: id }, now);
        self.ring_waiting_calls(id, now);
        self.publish_of(id, now);
    }

    /// Calls that began while the endpoint was lost ring now.
    fn ring_waiting_calls(&mut self, id: EndpointId, now: Instant) {
        let Some(seat) = self.roster.seat(id).filter(|seat| seat.reach() == Reach::Free) else { return };
        let to_me = self.calls_to.get(&seat.person.identity).into_iter().flatten();
        let waiting: Vec<CallId> = to_me.filter(|call| !seat.ringing.contains(call)).copied().collect();
        for call in waiting {
            self.drive(call, Event::Appeared { endpoint: id }, now);
        }
    }

    fn left(&mut self, registration: Registration, now: Instant) {
        if self.roster.is_current(registration) {
            self.remove(registration.id, now);
        }
    }

    fn remove(&mut self, id: EndpointId, now: Instant) {
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

    fn set_presence(&mut self, id: EndpointId, choice: PresenceChoice, now: Instant) {
        if let Some(seat) = self.roster.seat_mut(id) {
            seat.choice = choice;
            self.publish_of(id, now);
        }
    }

    fn start(&mut self, start: StartCall, reply: Reply, now: Instant) {
        if let Err(failure) = self.check_start(&start) {
            return answer(reply, Err(failure));
        }
        let Some(seat) = self.roster.seat_mut(start.endpoint) else { return };
        seat.calls.insert(start.call);
        let from = (start.endpoint, seat.person.clone());
        let callee = self.roster.candidates(&start.to.identity, now);
        let begin = Start { caller: start.endpoint, leg: start.leg, ring_for: start.ring_for, callee };
        let (machine, effects) = Call::start(begin, now);
        self.legs.insert(start.leg, start.call);
        self.calls_to.entry(start.to.identity.clone()).or_default().insert(start.call);
        let running = Running::new(start.call, machine, from, start.to, clock::unix_now());
        self.running.insert(start.call, running);
        self.publish_of(start.endpoint, now);
        self.apply(start.call, effects, Some(reply), now);
    }

    fn check_start(&self, start: &StartCall) -> Result<(), Failure> {
        let seat = self.roster.seat(start.endpoint).ok_or_else(refusals::not_registered)?;
        if seat.person.identity == start.to.identity {
            return Err(refusals::to_oneself());
        }
        if self.running.contains_key(&start.call) {
            return Err(refusals::call_in_use());
        }
        if self.legs.contains_key(&start.leg) {
            return Err(refusals::leg_in_use());
        }
        if !seat.has_room() {
            return Err(refusals::in_call());
        }
        if self.journal.is_full() {
            return Err(refusals::not_kept());
        }
        Ok(())
    }

    fn request(&mut self, call: CallId, event: Event, now: Instant) -> Result<(), Failure> {
        let brings = match event {
            Event::Answer { endpoint, leg } => {
                self.check_room(endpoint, call)?;
                Some((endpoint, leg))
            }
            Event::Rejoin { endpoint, leg } => Some((endpoint, leg)),
            _ => None,
        };
        if brings.is_some_and(|(_, leg)| self.legs.contains_key(&leg)) {
            return Err(refusals::leg_in_use());
        }
        self.drive(call, event, now).unwrap_or_else(|| Err(refusals::no_such_call()))?;
        if let Some((endpoint, leg)) = brings {
            self.take_part(call, endpoint, leg, now);
        }
        Ok(())
    }

    fn check_room(&self, id: EndpointId, call: CallId) -> Result<(), Failure> {
        let seat = self.roster.seat(id).ok_or_else(refusals::not_registered)?;
        if seat.has_room() || seat.calls.contains(&call) { Ok(()) } else { Err(refusals::in_call()) }
    }

    fn take_part(&mut self, call: CallId, endpoint: EndpointId, leg: LegId, now: Instant) {
        self.legs.insert(leg, call);
        if let Some(seat) = self.roster.seat_mut(endpoint) {
            seat.ringing.remove(&call);
            seat.calls.insert(call);
        }
        self.publish_of(endpoint, now);
    }

    fn ongoing(&self, id: EndpointId) -> Vec<OngoingCall> {
        let calls = self.roster.seat(id).into_iter().flat_map(|seat| &seat.calls);
        calls.filter_map(|call| self.running.get(call)?.ongoing(id)).collect()
    }

    fn leg(&mut self, leg: LegId, event: Event, now: Instant) {
        if let Some(call) = self.legs.get(&leg).copied() {
            self.drive(call, event, now);
        }
    }

    fn slots(&mut self, leg: LegId, slots: &[SlotUse], now: Instant) {
        let Some(running) = self.legs.get(&leg).and_then(|call| self.running.get(call)) else { return };
        let Some((_, endpoint)) = running.machine.owner_of(leg) else { return };
        let heard = |leg| Some(running.person(running.machine.owner_of(leg)?.0).identity.clone());
        let slots = slots.iter().map(|slot| Slot { mid: slot.mid.clone(), source: slot.source.and_then(heard) });
        let notice = Notice::CallSlots { call_id: running.id, slots: slots.collect() };
        self.push(endpoint, notice, now);
    }

    fn kept(&mut self, records: Vec<OwnedRecord>, now: Instant) {
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

    /// Publishes somebody's presence, if it is another than before.
    fn publish(&mut self, who: &Identity, now: Instant) {
        let state = self.roster.state_of(who, now);
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

#[cfg(test)]
impl Owner {
    /// Whether nothing at all is remembered.
    pub(super) fn is_empty(&self) -> bool {
        let calls = self.running.is_empty() && self.legs.is_empty() && self.calls_to.is_empty();
        calls && self.timers.is_empty() && self.presence.is_empty() && self.roster.is_empty()
    }
}

/// Answers a request; whoever asked and is gone needs no answer.
fn answer(reply: Reply, result: Result<(), Failure>) {
    let _ = reply.send(result);
}
