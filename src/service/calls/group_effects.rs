//! Carries out what a group call's machine decided, effect by effect, in order.

use std::time::Instant;

use super::effects::{Outcome, Verdict};
use super::fence::fenced;
use super::groups::GroupOccupied;
use super::owner::Owner;
use super::refusals;
use super::running::Machine;
use crate::base::clock;
use crate::control::group::{Effect, Event, News};
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId, GroupId};
use crate::domain::person::Person;
use crate::protocol::notice::Notice;
use crate::protocol::rows::Rows;

impl Owner {
    /// Hands an event to a group call's machine. `None` also when there is no such call.
    pub(super) fn drive_group(&mut self, call: CallId, event: Event, now: Instant) -> Verdict {
        let Machine::Group { call: machine, .. } = &mut self.running.get_mut(&call)?.machine else { return None };
        match fenced(call, || machine.handle(event, now)) {
            Some(effects) => self.apply_group(call, effects, now),
            None => self.broken(call, now),
        }
    }

    /// Carries out the effects of one event.
    pub(super) fn apply_group(&mut self, call: CallId, effects: Vec<Effect>, now: Instant) -> Verdict {
        let mut outcome = Outcome::default();
        for effect in effects {
            match effect {
                Effect::Accept => outcome.verdict = Some(Ok(())),
                Effect::Refuse(why) => outcome.verdict = Some(Err(refusals::refused_in_group(why))),
                Effect::Finished => outcome.finished = true,
                Effect::TellAll(news) => self.tell_all(call, news, &mut outcome.too_slow),
                effect => outcome.too_slow.extend(self.carry_out_in_group(call, effect, now)),
            }
        }
        self.conclude(call, outcome, None, now)
    }

    fn tell_all(&mut self, call: CallId, news: News, too_slow: &mut Vec<EndpointId>) {
        let Some(running) = self.running.get(&call) else { return };
        let Machine::Group { call: machine, group } = &running.machine else { return };
        let notice = notice(call, group, news);
        let endpoints = machine.endpoints();
        too_slow.extend(endpoints.filter(|endpoint| !self.roster.push(*endpoint, notice.clone())));
    }

    /// Carries out one effect; an endpoint found too slow on the way is returned.
    fn carry_out_in_group(&mut self, call: CallId, effect: Effect, now: Instant) -> Option<EndpointId> {
        let running = self.running.get_mut(&call)?;
        match effect {
            Effect::Ring { endpoint, by } => return self.ring_into_group(call, endpoint, by, now),
            Effect::StopRinging { endpoint, reason } => {
                self.roster.seat_mut(endpoint)?.ringing.remove(&call);
                self.publish_of(endpoint, now);
                return self.push_effect(endpoint, Notice::CallIncomingEnded { call_id: call, reason });
            }
            Effect::Tell { endpoint, news } => {
                let notice = notice(call, running.group()?, news);
                return self.push_effect(endpoint, notice);
            }
            Effect::Invited { who, on: true } => drop(self.calls_to.entry(who).or_default().insert(call)),
            Effect::Invited { who, on: false } => self.no_call_to(&who, call),
            Effect::SetSource { leg, source } => self.switch.set_source(leg, source),
            Effect::Hear { leg, hearing } => self.switch.hear(leg, hearing),
            Effect::CloseLeg { leg } => {
                self.legs.remove(&leg);
                self.switch.close(leg);
            }
            Effect::Record { who, entry } => running.record_of(&who, entry, clock::unix_now()),
            Effect::Released { endpoint } => self.release(endpoint, call, now),
            Effect::Occupied => {
                let group = running.group()?.id;
                self.occupied(group, now);
            }
            Effect::TellAll(_) | Effect::Accept | Effect::Refuse(_) | Effect::Finished => {}
        }
        None
    }

    fn ring_into_group(
        &mut self,
        call: CallId,
        endpoint: EndpointId,
        from: Person,
        now: Instant,
    ) -> Option<EndpointId> {
        let running = self.running.get(&call)?;
        let group = running.group().cloned();
        let seat = self.roster.seat_mut(endpoint)?;
        seat.ringing.insert(call);
        let at = running.book.rings_since(&seat.person.identity).unwrap_or_else(clock::unix_now);
        self.publish_of(endpoint, now);
        self.push_effect(endpoint, Notice::CallIncoming { call_id: call, from, at, group, via: None })
    }

    /// Others are in a group than before: it is told, though not too often.
    pub(super) fn occupied(&mut self, group: GroupId, now: Instant) {
        if self.occupancy.changed(group, now) {
            self.tell_occupied(group);
        }
    }

    pub(super) fn tell_occupied(&self, group: GroupId) {
        let here = self.here(group);
        // Nobody listening is fine: who is in a group can be asked for at any time.
        let _ = self.occupied_changes.send(GroupOccupied { group, here });
    }

    /// Who is in a group now.
    pub(super) fn here(&self, group: GroupId) -> Vec<Person> {
        let running = self.places.running(group).and_then(|call| self.running.get(&call));
        running.map(super::running::Running::here).unwrap_or_default()
    }
}

fn notice(call_id: CallId, group: &Group, news: News) -> Notice {
    match news {
        News::State(state) => Notice::CallChanged { call_id, state },
        News::Group { may_end } => Notice::CallGroup { call_id, group: group.clone(), may_end },
        News::Roster { whole, rows, left } => Notice::CallRoster { call_id, whole, rows: Rows::for_many(rows), left },
        News::Speakers(speakers) => Notice::CallSpeakers { call_id, speakers },
        News::InviteEnded { person, reason } => Notice::CallInviteEnded { call_id, person, reason },
        News::Ended(reason) => Notice::CallEnded { call_id, reason },
    }
}
