//! What the task does when the people of two calls come together: one becomes a group call, or is one, and the other side
//! of the second call comes in with a new leg.

use std::time::Instant;

use super::fence::fenced;
use super::mailbox::MergeCalls;
use super::owner::Owner;
use super::refusals;
use super::running::Machine;
use crate::control::call;
use crate::control::group::{self, Event};
use crate::domain::end_reason::EndReason;
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId};
use crate::domain::person::Person;
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;

impl Owner {
    pub(super) fn merge(&mut self, merge: MergeCalls, now: Instant) -> Result<(), Failure> {
        let MergeCalls { endpoint, call, with, group } = merge;
        if call == with {
            return Err(refusals::into_itself());
        }
        let by = self.roster.seat(endpoint).ok_or_else(refusals::no_such_call)?.person.clone();
        let second = self.to_hand_on(endpoint, with)?;
        let who = second.other_than(endpoint).ok_or_else(refusals::no_such_call)?.clone();
        let newcomer = second.call.opposite(endpoint).ok_or_else(refusals::no_such_call)?;
        self.check_merge(endpoint, call, &who, &group)?;
        if self.roster.seat(newcomer.endpoint).is_some_and(|seat| seat.calls.contains(&call)) {
            return Err(refusals::invitee_is_in());
        }
        // Heard by all from now on: what it held, it resumes.
        self.drive(call, call::Event::Hold { endpoint, on: false }, now).unwrap_or(Ok(()))?;
        self.grow(call, group, now)?;
        let expect = group::Expect { endpoint: newcomer.endpoint, person: who, muted: newcomer.muted };
        self.expect(call, with, expect, by, now)?;
        self.dissolve(endpoint, with, EndReason::MERGED, now);
        Ok(())
    }

    /// Whether `who` may come into a call now, by somebody in it.
    fn check_merge(&self, endpoint: EndpointId, call: CallId, who: &Person, group: &Group) -> Result<(), Failure> {
        if !self.roster.seat(endpoint).is_some_and(|seat| seat.calls.contains(&call)) {
            return Err(refusals::no_such_call());
        }
        let running = self.running.get(&call).ok_or_else(refusals::no_such_call)?;
        match &running.machine {
            Machine::Group { call, .. } if call.is_connected(endpoint) => {
                call.no_room(&who.identity).map_or(Ok(()), |why| Err(refusals::refused_in_group(why)))
            }
            Machine::Group { .. } => Err(refusals::refused(call::Refusal::NotConnected)),
            Machine::Direct(direct) => match direct.call.cannot_merge(endpoint) {
                Some(call::Refusal::Held) => Err(refusals::held_by_other()),
                Some(why) => Err(refusals::refused(why)),
                None if self.places.running(group.id).is_some() => Err(refusals::group_in_use()),
                None => Ok(()),
            },
        }
    }

    /// An endpoint of the call `from` is to bring its leg into a group call. It is told so before anything else about it.
    fn expect(
        &mut self,
        call: CallId,
        from: CallId,
        expect: group::Expect,
        by: Person,
        now: Instant,
    ) -> Result<(), Failure> {
        let newcomer = expect.endpoint;
        let Some(running) = self.running.get_mut(&call) else { return Err(refusals::no_such_call()) };
        let Machine::Group { call: machine, group } = &mut running.machine else {
            return Err(refusals::no_such_call());
        };
        let moved = Notice::CallMoved { call_id: from, into: call, with: by, group: Some(group.clone()) };
        let Some(effects) = fenced(call, || machine.handle(Event::Expect(expect), now)) else {
            return self.broken(call, now).unwrap_or(Ok(()));
        };
        if effects.first() == Some(&group::Effect::Accept) {
            running.moved.insert(newcomer, from);
            if let Some(seat) = self.roster.seat_mut(newcomer) {
                seat.calls.insert(call);
                seat.ringing.remove(&call);
            }
            self.push(newcomer, moved, now);
        }
        self.apply_group(call, effects, now).unwrap_or(Ok(()))
    }
}
