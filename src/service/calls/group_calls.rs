//! What the task does for groups: where one meets, who may join, and a direct call that becomes a group's.

use std::time::Instant;

use super::effects::Verdict;
use super::fence::fenced;
use super::groups::{GroupPlace, JoinCall, JoinedCall};
use super::mailbox::InviteCall;
use super::owner::Owner;
use super::refusals;
use super::running::{Machine, Running};
use crate::control::call;
use crate::control::group::{Event, GroupCall, Invite, Join};
use crate::control::ring;
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId, GroupId, LegId};
use crate::protocol::failure::Failure;

impl Owner {
    pub(super) fn place_of(&mut self, group: GroupId, fresh: CallId, now: Instant) -> GroupPlace {
        match self.places.running(group) {
            Some(call) => GroupPlace { call, running: true, here: self.here(group) },
            None => GroupPlace { call: self.places.reserve(group, fresh, now), running: false, here: Vec::new() },
        }
    }

    pub(super) fn join(&mut self, join: JoinCall, now: Instant) -> Result<JoinedCall, Failure> {
        let running = self.places.running(join.group.id);
        if running.is_none() && join.existing {
            return Err(refusals::nobody_there());
        }
        if running.or_else(|| self.places.reserved(join.group.id)) != Some(join.call) {
            return Err(refusals::place_changed());
        }
        let seat = self.roster.seat(join.endpoint).ok_or_else(refusals::not_registered)?;
        if seat.calls.contains(&join.call) {
            return Err(refusals::already_in());
        }
        if !seat.has_room() {
            return Err(refusals::no_room(seat));
        }
        if self.legs.contains_key(&join.leg) {
            return Err(refusals::leg_in_use());
        }
        if self.journal.is_full() {
            return Err(refusals::not_kept());
        }
        let JoinCall { endpoint, group, call, leg, muted, owner, .. } = join;
        let event = Join { endpoint, person: seat.person.clone(), leg, muted, owner };
        let first = running.is_none();
        self.come_in(call, endpoint, leg, now, |this| {
            if first {
                this.begin_group(call, group, event, now)
            } else {
                this.drive_group(call, Event::Join(event), now)
            }
        })?;
        Ok(JoinedCall { first })
    }

    pub(super) fn answer_into_group(
        &mut self,
        call: CallId,
        endpoint: EndpointId,
        leg: LegId,
        now: Instant,
    ) -> Result<(), Failure> {
        let here = |this: &Self| match (&this.running.get(&call)?.machine, this.roster.seat(endpoint)) {
            (Machine::Group { call, .. }, Some(seat)) => Some(call.has_person(&seat.person.identity)),
            _ => None,
        };
        let elsewhere = here(self) == Some(true);
        let event = Event::Answer { endpoint, leg };
        let answered = self.come_in(call, endpoint, leg, now, |this| this.drive_group(call, event, now));
        answered.map_err(|failure| {
            let late = elsewhere && failure == refusals::no_such_call();
            if late { refusals::refused(call::Refusal::AnsweredElsewhere) } else { failure }
        })
    }

    /// Seats an endpoint in a group call and lets it come in; one that is refused is unseated again. It is seated first,
    /// so that the call learns of it should it not read the first thing it is told.
    pub(super) fn come_in(
        &mut self,
        call: CallId,
        endpoint: EndpointId,
        leg: LegId,
        now: Instant,
        come: impl FnOnce(&mut Self) -> Verdict,
    ) -> Result<(), Failure> {
        self.legs.insert(leg, call);
        let seated = self.roster.seat_mut(endpoint).is_some_and(|seat| seat.calls.insert(call));
        let came = come(self).unwrap_or_else(|| Err(refusals::no_such_call()));
        if came.is_err() {
            self.legs.remove(&leg);
        }
        if let Some(seat) = self.roster.seat_mut(endpoint) {
            if came.is_ok() {
                seat.ringing.remove(&call);
            } else if seated {
                seat.calls.remove(&call);
            }
        }
        self.publish_of(endpoint, now);
        came
    }

    fn begin_group(&mut self, call: CallId, group: Group, first: Join, now: Instant) -> Verdict {
        // A client chose the id of the reserved call for one of its own: it is taken.
        if self.running.contains_key(&call) {
            self.places.release(group.id);
            return Some(Err(refusals::place_changed()));
        }
        let Some((machine, effects)) = fenced(call, || GroupCall::start(first, now)) else {
            return Some(Err(refusals::broken()));
        };
        self.places.begin(group.id, call);
        let machine = Machine::Group { call: Box::new(machine), group };
        self.running.insert(call, Running::new(call, machine));
        self.apply_group(call, effects, now)
    }

    pub(super) fn invite(&mut self, invite: InviteCall, now: Instant) -> Result<(), Failure> {
        let InviteCall { endpoint, call, who, group } = invite;
        let seat = self.roster.seat(endpoint).filter(|seat| seat.calls.contains(&call));
        let inviter = &seat.ok_or_else(refusals::no_such_call)?.person;
        if inviter.identity == who.identity {
            return Err(refusals::invites_oneself());
        }
        let running = self.running.get(&call).ok_or_else(refusals::no_such_call)?;
        match &running.machine {
            Machine::Direct(direct) => {
                if let Some(why) = direct.call.cannot_grow() {
                    return Err(refusals::refused(why));
                }
                if direct.is_with(&who) {
                    return Err(refusals::invitee_is_in());
                }
                if self.places.running(group.id).is_some() {
                    return Err(refusals::group_in_use());
                }
            }
            Machine::Group { call, .. } if call.has_person(&who.identity) => return Err(refusals::invitee_is_in()),
            Machine::Group { .. } => {}
        }
        let candidates = self.candidates_unless_blocked(&who.identity, &inviter.identity, now);
        if let Some(reason) = ring::unreachable(&candidates) {
            return Err(refusals::unreachable(&who.display_name, reason));
        }
        self.grow(call, group, now)?;
        let event = Event::Invite(Invite { endpoint, person: who, candidates });
        self.drive_group(call, event, now).unwrap_or_else(|| Err(refusals::no_such_call()))
    }

    /// Makes a direct call the call of a group. A group call stays as it is.
    pub(super) fn grow(&mut self, call: CallId, group: Group, now: Instant) -> Result<(), Failure> {
        let Some(running) = self.running.remove(&call) else { return Err(refusals::no_such_call()) };
        let Machine::Direct(direct) = running.machine else {
            self.running.insert(call, running);
            return Ok(());
        };
        let id = group.id;
        let [caller, callee] = call::Side::BOTH.map(|side| direct.person(side).clone());
        let grown = fenced(call, || GroupCall::grow(direct.call, caller, callee, now)).flatten();
        let (machine, effects) = grown.unwrap_or_default();
        let machine = Machine::Group { call: Box::new(machine), group };
        self.running.insert(call, Running { machine, ..running });
        if effects.is_empty() {
            self.break_off(call, now);
            return Err(refusals::broken());
        }
        self.places.begin(id, call);
        self.apply_group(call, effects, now);
        Ok(())
    }

    pub(super) fn end_for_all(&mut self, endpoint: EndpointId, call: CallId, now: Instant) -> Result<(), Failure> {
        let ended = self.drive_group(call, Event::EndForAll { endpoint }, now);
        ended.unwrap_or_else(|| Err(refusals::no_such_call()))
    }

    /// What an event of any call is to a group call; `None` when it concerns nobody there.
    pub(super) fn for_group(&self, event: call::Event) -> Option<Event> {
        use call::Event as Any;
        Some(match event {
            Any::Ringing { endpoint } => Event::Ringing { endpoint },
            Any::Answer { endpoint, leg } => Event::Answer { endpoint, leg },
            Any::Decline { endpoint } => Event::Decline { endpoint },
            Any::HangUp { endpoint } => Event::Leave { endpoint },
            Any::Hold { endpoint, on } => Event::Hold { endpoint, on },
            Any::Mute { endpoint, on } => Event::Mute { endpoint, on },
            Any::Rejoin { endpoint, leg } => Event::Rejoin { endpoint, leg },
            Any::Appeared { endpoint } => {
                Event::Appeared { endpoint, who: self.roster.seat(endpoint)?.person.identity.clone() }
            }
            Any::Lost { endpoint } => Event::Lost { endpoint },
            Any::Back { endpoint } => Event::Back { endpoint },
            Any::Left { endpoint } => Event::Left { endpoint },
            Any::Revoked { endpoint } => Event::Revoked { endpoint },
            Any::LegUp { leg } => Event::LegUp { leg },
            Any::LegSilent { leg } => Event::LegSilent { leg },
            Any::LegHeard { leg } => Event::LegHeard { leg },
            Any::LegFailed { leg } => Event::LegFailed { leg },
            Any::DeadlinePassed => Event::DeadlinePassed,
            Any::Stop => Event::Stop,
        })
    }
}
