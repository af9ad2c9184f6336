//! The one task that owns all running calls: takes messages and deadlines, one at a time, and lets the machines decide.
//! Carrying out what they decide is in [`super::effects`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{broadcast, mpsc, oneshot};

use super::counts::Counts;
use super::groups::GroupOccupied;
use super::journal::Journal;
use super::lot::Lot;
use super::mailbox::{Message, Reply};
use super::paced::Paced;
use super::places::Places;
use super::ports::{PresenceChanged, SlotUse, Switch};
use super::roster::Roster;
use super::rulebook::Rulebook;
use super::running::Running;
use crate::base::{clock, deadline};
use crate::control::call::Event;
use crate::control::group;
use crate::domain::id::{CallId, EndpointId, GroupId, Identity, LegId};
use crate::domain::park::ParkSlot;
use crate::domain::presence::PresenceState;
use crate::protocol::failure::Failure;
use crate::protocol::frame::OngoingCall;
use crate::protocol::notice::{Notice, Slot};

/// How often, at most, it is told who is in a group.
const OCCUPANCY_TOLD_EVERY: Duration = Duration::from_secs(1);

/// How often, at most, it is told what is in a slot: everybody is, whoever parks and fetches however fast.
const SLOT_TOLD_EVERY: Duration = Duration::from_millis(250);

/// The state of the task.
pub(super) struct Owner {
    pub(super) switch: Box<dyn Switch>,
    pub(super) journal: Arc<Journal>,
    pub(super) roster: Roster,
    pub(super) rulebook: Rulebook,
    pub(super) running: BTreeMap<CallId, Running>,
    pub(super) legs: BTreeMap<LegId, CallId>,
    /// The calls that ring at each person: a client that connects may have to ring too.
    pub(super) calls_to: BTreeMap<Identity, BTreeSet<CallId>>,
    pub(super) timers: BTreeSet<(Instant, CallId)>,
    /// What was last published of everybody who is not offline.
    pub(super) presence: BTreeMap<Identity, PresenceState>,
    pub(super) presence_changes: broadcast::Sender<PresenceChanged>,
    pub(super) places: Places,
    /// Who is in which group, as it was told.
    pub(super) occupancy: Paced<GroupId>,
    pub(super) lot: Lot,
    /// What is in which slot, as it was told.
    pub(super) slots: Paced<ParkSlot>,
    pub(super) occupied_changes: broadcast::Sender<GroupOccupied>,
}

impl Owner {
    pub fn new(
        switch: Box<dyn Switch>,
        journal: Arc<Journal>,
        presence_changes: broadcast::Sender<PresenceChanged>,
        occupied_changes: broadcast::Sender<GroupOccupied>,
    ) -> Self {
        Self {
            switch,
            journal,
            roster: Roster::default(),
            rulebook: Rulebook::default(),
            running: BTreeMap::new(),
            legs: BTreeMap::new(),
            calls_to: BTreeMap::new(),
            timers: BTreeSet::new(),
            presence: BTreeMap::new(),
            presence_changes,
            places: Places::default(),
            occupancy: Paced::every(OCCUPANCY_TOLD_EVERY),
            lot: Lot::default(),
            slots: Paced::every(SLOT_TOLD_EVERY),
            occupied_changes,
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
        let (groups, told) = (self.places.next_deadline(), self.occupancy.next_deadline());
        let others = [self.roster.next_deadline(), groups, told, self.slots.next_deadline()];
        others.into_iter().fold(timer, deadline::earlier)
    }

    pub(super) fn take(&mut self, message: Message, now: Instant) -> ControlFlow<oneshot::Sender<()>> {
        match message {
            Message::Register { endpoint, registration, reply } => {
                answer(reply, self.register(endpoint, registration, now));
            }
            Message::Lost(registration) => self.lost(registration, now),
            Message::Back(registration) => self.back(registration, now),
            Message::Left(registration) => self.left(registration, now),
            Message::SetMaxCalls { registration, max_calls } => self.set_max_calls(registration, max_calls, now),
            Message::Of(registration, message) => {
                if self.roster.is_current(registration) {
                    return self.take(*message, now);
                }
            }
            Message::Revoked { who, done } => {
                self.revoked(&who, now);
                // Whoever waits and is gone needs no answer.
                let _ = done.send(());
            }
            Message::ShownAs(person) => self.roster.shown_as(&person),
            Message::SetPresence { who, choice } => self.set_presence(who, choice, now),
            Message::SetRules { who, rules } => self.set_rules(who, rules),
            Message::SetBlocked { who, blocked } => self.set_blocked(&who, blocked, now),
            Message::Start { start, reply } => self.start(start, reply, now),
            Message::Request { call, event, reply } => answer(reply, self.request(call, event, now)),
            // Whoever asked and is gone needs no answer.
            Message::Ongoing { endpoint, reply } => drop(reply.send(self.ongoing(endpoint))),
            Message::PresenceOf { who, reply } => {
                drop(reply.send(who.iter().map(|who| self.presence_of(who)).collect()));
            }
            Message::Leg { leg, event } => self.leg(leg, event, now),
            Message::Slots { leg, slots } => self.slots(leg, &slots, now),
            Message::Kept(records) => self.kept(records, now),
            Message::NotKept(call) => drop(self.drive(call, Event::Stop, now)),
            Message::PlaceOf { group, fresh, reply } => drop(reply.send(self.place_of(group, fresh, now))),
            Message::Join { join, reply } => drop(reply.send(self.join(join, now))),
            Message::Invite { invite, reply } => answer(reply, self.invite(invite, now)),
            Message::EndForAll { endpoint, call, reply } => answer(reply, self.end_for_all(endpoint, call, now)),
            Message::Transfer { endpoint, call, to, reply } => answer(reply, self.transfer(endpoint, call, to, now)),
            Message::Merge { merge, reply } => answer(reply, self.merge(merge, now)),
            Message::Park { endpoint, call, slot, reply } => {
                drop(reply.send(self.park(endpoint, call, slot, now)));
            }
            Message::PickUp { endpoint, slot, call, leg, reply } => {
                answer(reply, self.pick_up(endpoint, slot, call, leg, now));
            }
            Message::RingsAt { endpoint, at, reply } => drop(reply.send(self.rings_at(endpoint, &at))),
            Message::PickUpRinging { endpoint, at, call, leg, reply } => {
                answer(reply, self.pick_up_ringing(endpoint, &at, call, leg, now));
            }
            Message::Parked { seen_by, reply } => drop(reply.send(self.parked(&seen_by))),
            Message::GroupOf { call, reply } => {
                drop(reply.send(self.running.get(&call).and_then(|running| running.group().cloned())));
            }
            Message::Here { groups, reply } => {
                drop(reply.send(groups.into_iter().map(|group| self.here(group)).collect()));
            }
            Message::Speakers { call, speakers } => {
                drop(self.drive_group(call, group::Event::Speakers(speakers), now));
            }
            Message::InProgress { wanted, reply } => drop(reply.send(self.in_progress(&wanted))),
            Message::Count { reply } => drop(reply.send(Counts::of(self.running.values()))),
            Message::Stop { done } => return ControlFlow::Break(done),
        }
        ControlFlow::Continue(())
    }

    pub(super) fn deadlines_passed(&mut self, now: Instant) {
        while let Some((at, call)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, call));
            if let Some(running) = self.running.get_mut(&call) {
                running.timer = None;
            }
            self.drive(call, Event::DeadlinePassed, now);
        }
        while let Some((endpoint, forget)) = self.roster.take_due(now) {
            if forget {
                self.remove(endpoint, now);
            } else {
                self.publish_of(endpoint, now);
            }
        }
        self.places.expire(now);
        while let Some(group) = self.occupancy.take_due(now) {
            self.tell_occupied(group);
        }
        while let Some(slot) = self.slots.take_due(now) {
            self.tell_slot(slot, now);
        }
    }

    fn stop(&mut self, now: Instant, done: Option<oneshot::Sender<()>>) {
        let calls: Vec<CallId> = self.running.keys().copied().collect();
        for call in calls {
            self.drive(call, Event::Stop, now);
        }
        self.journal.close(done);
    }

    fn ongoing(&self, id: EndpointId) -> Vec<OngoingCall> {
        let Some(seat) = self.roster.seat(id) else { return Vec::new() };
        let who = &seat.person.identity;
        seat.calls.iter().filter_map(|call| self.running.get(call)?.ongoing(id, who)).collect()
    }

    fn leg(&mut self, leg: LegId, event: Event, now: Instant) {
        if let Some(call) = self.legs.get(&leg).copied() {
            self.drive(call, event, now);
        }
    }

    fn slots(&mut self, leg: LegId, slots: &[SlotUse], now: Instant) {
        let Some(running) = self.legs.get(&leg).and_then(|call| self.running.get(call)) else { return };
        let Some((endpoint, _)) = running.owner_of(leg) else { return };
        let heard = |leg| Some(running.owner_of(leg)?.1.identity.clone());
        let slots = slots.iter().map(|slot| Slot { mid: slot.mid.clone(), source: slot.source.and_then(heard) });
        let notice = Notice::CallSlots { call_id: running.id, slots: slots.collect() };
        self.push(endpoint, notice, now);
    }
}

#[cfg(test)]
impl Owner {
    /// Whether nothing at all is remembered.
    pub(super) fn is_empty(&self) -> bool {
        let calls = self.running.is_empty() && self.legs.is_empty() && self.calls_to.is_empty();
        let told = self.occupancy.is_empty() && self.slots.is_empty();
        let places = self.places.is_empty() && self.lot.is_empty() && told;
        calls && places && self.timers.is_empty() && self.presence.is_empty() && self.roster.is_empty()
    }
}

/// Answers a request; whoever asked and is gone needs no answer.
pub(super) fn answer(reply: Reply, result: Result<(), Failure>) {
    let _ = reply.send(result);
}
