//! What the task does for direct calls, and for the requests any call takes.

use std::time::Instant;

use super::fence::fenced;
use super::mailbox::{Reply, StartCall};
use super::owner::{Owner, answer};
use super::refusals;
use super::running::{Direct, Machine, Running};
use crate::control::call::{Call, Event, Start};
use crate::control::forwarding::Route;
use crate::domain::id::{CallId, EndpointId, LegId};
use crate::protocol::failure::Failure;

impl Owner {
    pub(super) fn start(&mut self, start: StartCall, reply: Reply, now: Instant) {
        if let Err(failure) = self.check_start(&start) {
            return answer(reply, Err(failure));
        }
        let Some(caller) = self.roster.seat(start.endpoint).map(|seat| seat.person.clone()) else { return };
        let mut route = Route::of_call(&caller.identity, &start.to.identity);
        let (way, people) = self.way(&mut route, &start.to, &caller.identity, now);
        let callee = way.onward;
        let begin = Start { caller: start.endpoint, leg: start.leg, ring_for: start.ring_for, callee };
        let Some((call, effects)) = fenced(start.call, || Call::start(begin, now)) else {
            return answer(reply, Err(refusals::broken()));
        };
        let Some(seat) = self.roster.seat_mut(start.endpoint) else { return };
        seat.calls.insert(start.call);
        self.legs.insert(start.leg, start.call);
        let direct = Direct::new(call, start.endpoint, (caller, start.to), route.clone(), people);
        self.running.insert(start.call, Running::new(start.call, Machine::Direct(Box::new(direct))));
        self.keep_from_blockers(start.call, &route);
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
            return Err(refusals::no_room(seat));
        }
        if self.journal.is_full() {
            return Err(refusals::not_kept());
        }
        Ok(())
    }

    pub(super) fn request(&mut self, call: CallId, event: Event, now: Instant) -> Result<(), Failure> {
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
        if let Event::Answer { endpoint, leg } = event
            && self.running.get(&call).is_some_and(|running| running.group().is_some())
        {
            return self.answer_into_group(call, endpoint, leg, now);
        }
        self.drive(call, event, now).unwrap_or_else(|| Err(refusals::no_such_call()))?;
        if let Some((endpoint, leg)) = brings {
            self.take_part(call, endpoint, leg, now);
        }
        Ok(())
    }

    fn check_room(&self, id: EndpointId, call: CallId) -> Result<(), Failure> {
        let seat = self.roster.seat(id).ok_or_else(refusals::not_registered)?;
        if seat.has_room() || seat.calls.contains(&call) { Ok(()) } else { Err(refusals::no_room(seat)) }
    }

    fn take_part(&mut self, call: CallId, endpoint: EndpointId, leg: LegId, now: Instant) {
        self.legs.insert(leg, call);
        if let Some(running) = self.running.get_mut(&call) {
            running.moved.remove(&endpoint);
        }
        if let Some(seat) = self.roster.seat_mut(endpoint) {
            seat.ringing.remove(&call);
            seat.calls.insert(call);
        }
        self.publish_of(endpoint, now);
    }
}
