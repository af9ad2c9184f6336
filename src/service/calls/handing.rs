//! What the task does for calls that go on with somebody else: transferred, to somebody who is rung or into another call
//! of the same endpoint; and rung back where nobody takes them. Parking is in [`super::parking`], merging in
//! [`super::merging`].

use std::time::Instant;

use super::fence::fenced;
use super::owner::Owner;
use super::refusals;
use super::running::{Direct, Machine};
use crate::control::call::{Call, Effect, Event, Newcomer};
use crate::control::forwarding::Route;
use crate::domain::end_reason::EndReason;
use crate::domain::id::{CallId, EndpointId};
use crate::domain::person::Person;
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;

/// To whom a call is transferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// To somebody who is rung.
    Person(Person),
    /// To the other side of another call of the same endpoint.
    Call(CallId),
}

impl Owner {
    pub(super) fn transfer(
        &mut self,
        endpoint: EndpointId,
        call: CallId,
        to: Handed,
        now: Instant,
    ) -> Result<(), Failure> {
        match to {
            Handed::Person(who) => self.transfer_to(endpoint, call, who, now),
            Handed::Call(with) => self.transfer_into(endpoint, call, with, now),
        }
    }

    /// Somebody else is rung, or to whom that one forwards the call.
    fn transfer_to(&mut self, endpoint: EndpointId, call: CallId, who: Person, now: Instant) -> Result<(), Failure> {
        let direct = self.to_hand_on(endpoint, call)?;
        if direct.is_with(&who) {
            return Err(refusals::handed_to_those_in_it());
        }
        let stays = direct.other_than(endpoint).ok_or_else(refusals::no_such_call)?.identity.clone();
        let giver = &self.roster.seat(endpoint).ok_or_else(refusals::not_registered)?.person.identity;
        let mut route = Route::of_transfer(&stays, giver, &who.identity);
        let (way, people) = self.way(&mut route, &who, &stays, now);
        if let Some(reason) = way.onward.unreachable() {
            return Err(refusals::unreachable(&people.last().unwrap_or(&who).display_name, reason));
        }
        if let Some(direct) = self.direct_mut(call) {
            direct.onward = people.into();
        }
        self.act(call, Some(who), now, |call| call.transfer(endpoint, &way.onward, now))
    }

    /// The other side of another call comes in: at once where that one is connected; where it still rings, it rings for
    /// this call instead.
    fn transfer_into(&mut self, endpoint: EndpointId, call: CallId, with: CallId, now: Instant) -> Result<(), Failure> {
        if call == with {
            return Err(refusals::into_itself());
        }
        let direct = self.to_hand_on(endpoint, call)?;
        let consult = self.direct_of(endpoint, with)?;
        let who = consult.other_than(endpoint).ok_or_else(refusals::no_such_call)?.clone();
        if direct.is_with(&who) {
            return Err(refusals::handed_to_those_in_it());
        }
        if consult.call.rung_side().is_some() && !consult.call.is_parked() {
            self.transfer_to(endpoint, call, who, now)?;
            // It rings for the call that was handed on now. One that is over by now needs no end.
            let _ = self.drive(with, Event::HangUp { endpoint }, now);
            return Ok(());
        }
        let stays = direct.other_than(endpoint).ok_or_else(refusals::no_such_call)?.clone();
        let newcomer = self.to_hand_on(endpoint, with)?.call.opposite(endpoint).ok_or_else(refusals::no_such_call)?;
        let moved = Notice::CallMoved { call_id: with, into: call, with: stays, group: None };
        if let Some(running) = self.running.get_mut(&call) {
            running.moved.insert(newcomer.endpoint, with);
        }
        self.replace(endpoint, call, (who, newcomer), moved, now)?;
        self.dissolve(endpoint, with, EndReason::TRANSFERRED, now);
        Ok(())
    }

    /// An endpoint of another call takes the place of `endpoint`. It is told before anything else about this call.
    fn replace(
        &mut self,
        endpoint: EndpointId,
        call: CallId,
        (who, newcomer): (Person, Newcomer),
        moved: Notice,
        now: Instant,
    ) -> Result<(), Failure> {
        if let Some(seat) = self.roster.seat_mut(newcomer.endpoint) {
            seat.calls.insert(call);
        }
        if let Some(direct) = self.direct_mut(call) {
            direct.concerned.insert(newcomer.endpoint);
        }
        self.push(newcomer.endpoint, moved, now);
        self.act(call, Some(who), now, |call| call.replace(endpoint, newcomer, now))
    }

    /// Ends a call for an endpoint, whose other side was told where it goes on.
    pub(super) fn dissolve(&mut self, endpoint: EndpointId, call: CallId, reason: EndReason, now: Instant) {
        // One that broke on the way is over for both.
        let _ = self.act(call, None, now, |call| call.dissolve(endpoint, reason, now));
    }

    /// Rings at who handed a call on: it was not taken.
    pub(super) fn ring_back(&mut self, call: CallId, now: Instant) {
        let candidates = self.direct(call).and_then(|direct| {
            let (giver, from) = (direct.giver.as_ref()?, direct.from());
            Some(self.candidates(&giver.identity, &from.identity, now))
        });
        let candidates = candidates.unwrap_or_default();
        // It asks for nothing that could be refused.
        let _ = self.act(call, None, now, |call| call.ring_back(&candidates, now));
    }

    /// Lets the machine of a direct call do something; `next` is who it is handed on to by that.
    pub(super) fn act(
        &mut self,
        call: CallId,
        next: Option<Person>,
        now: Instant,
        act: impl FnOnce(&mut Call) -> Vec<Effect>,
    ) -> Result<(), Failure> {
        let Some(direct) = self.direct_mut(call) else { return Err(refusals::no_such_call()) };
        direct.next = next;
        let verdict = match fenced(call, || act(&mut direct.call)) {
            Some(effects) => self.apply(call, effects, None, now),
            None => self.broken(call, now),
        };
        verdict.unwrap_or(Ok(()))
    }

    /// The direct call an endpoint hands on, if it may do so now.
    pub(super) fn to_hand_on(&self, endpoint: EndpointId, call: CallId) -> Result<&Direct, Failure> {
        let direct = self.direct_of(endpoint, call)?;
        match direct.call.cannot_hand_on(endpoint) {
            Some(why) => Err(refusals::refused(why)),
            None => Ok(direct),
        }
    }

    /// A direct call that an endpoint takes part in.
    fn direct_of(&self, endpoint: EndpointId, call: CallId) -> Result<&Direct, Failure> {
        if !self.roster.seat(endpoint).is_some_and(|seat| seat.calls.contains(&call)) {
            return Err(refusals::no_such_call());
        }
        let running = self.running.get(&call).ok_or_else(refusals::no_such_call)?;
        match &running.machine {
            Machine::Direct(direct) => Ok(direct),
            Machine::Group { .. } => Err(refusals::not_a_group_call()),
        }
    }

    pub(super) fn direct(&self, call: CallId) -> Option<&Direct> {
        match &self.running.get(&call)?.machine {
            Machine::Direct(direct) => Some(direct),
            Machine::Group { .. } => None,
        }
    }

    pub(super) fn direct_mut(&mut self, call: CallId) -> Option<&mut Direct> {
        match &mut self.running.get_mut(&call)?.machine {
            Machine::Direct(direct) => Some(direct),
            Machine::Group { .. } => None,
        }
    }
}
