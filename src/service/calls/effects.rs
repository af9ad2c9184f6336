//! Carries out what a direct call's machine decided, effect by effect, in order; and what follows from any effects.

use std::time::Instant;

use super::fence::fenced;
use super::mailbox::Reply;
use super::owner::Owner;
use super::refusals;
use super::running::Machine;
use crate::base::clock;
use crate::control::call::{Effect, Entry, Event, Next};
use crate::control::hearing::Hearing;
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::{CallId, EndpointId, Identity};
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;

/// What came of a request; `None` when the event was none.
pub(super) type Verdict = Option<Result<(), Failure>>;

/// What the effects of one event come to.
#[derive(Default)]
pub(super) struct Outcome {
    pub verdict: Verdict,
    pub finished: bool,
    /// Endpoints that do not read what they are told.
    pub too_slow: Vec<EndpointId>,
}

/// What a machine asks for; answered after the rest.
enum Asked {
    RingBack,
    Forward { when: ForwardWhen, rings_on: bool },
}

impl Owner {
    /// Hands an event to a call's machine. `None` also when there is no such call.
    pub(super) fn drive(&mut self, call: CallId, event: Event, now: Instant) -> Verdict {
        let Machine::Direct(direct) = &mut self.running.get_mut(&call)?.machine else {
            let event = self.for_group(event)?;
            return self.drive_group(call, event, now);
        };
        match fenced(call, || direct.call.handle(event, now)) {
            Some(effects) => self.apply(call, effects, None, now),
            None => self.broken(call, now),
        }
    }

    /// Ends a call whose machine panicked.
    pub(super) fn broken(&mut self, call: CallId, now: Instant) -> Verdict {
        self.break_off(call, now);
        Some(Err(refusals::broken()))
    }

    /// Carries out the effects of one event. A `reply` is answered once the records they wrote are kept.
    pub(super) fn apply(&mut self, call: CallId, effects: Vec<Effect>, reply: Option<Reply>, now: Instant) -> Verdict {
        let (mut outcome, mut asked) = (Outcome::default(), None);
        for effect in effects {
            match effect {
                Effect::Accept => outcome.verdict = Some(Ok(())),
                Effect::Refuse(why) => outcome.verdict = Some(Err(refusals::refused(why))),
                Effect::Finished => outcome.finished = true,
                Effect::RingBack => asked = Some(Asked::RingBack),
                Effect::Forward { when, rings_on } => asked = Some(Asked::Forward { when, rings_on }),
                effect => outcome.too_slow.extend(self.carry_out(call, effect, now)),
            }
        }
        let verdict = self.conclude(call, outcome, reply, now);
        match asked {
            Some(Asked::RingBack) => self.ring_back(call, now),
            Some(Asked::Forward { when, rings_on }) => self.forward(call, when, rings_on, now),
            None => {}
        }
        verdict
    }

    /// After the effects of an event: records, the next deadline or the end, and endpoints that were too slow.
    pub(super) fn conclude(&mut self, call: CallId, outcome: Outcome, reply: Option<Reply>, now: Instant) -> Verdict {
        self.write_records(call, reply);
        let mut verdict = outcome.verdict;
        if outcome.finished {
            self.finish(call, now);
        } else {
            self.keep_up(call, now);
            if self.set_timer(call).is_none() {
                verdict = self.broken(call, now);
            }
        }
        for endpoint in outcome.too_slow {
            self.lose(endpoint, now);
        }
        verdict
    }

    pub(super) fn write_records(&mut self, call: CallId, reply: Option<Reply>) {
        if let Some(running) = self.running.get_mut(&call)
            && let Some(records) = running.book.take_unwritten()
        {
            self.journal.put(call, records, reply);
        }
    }

    /// After the effects of an event: whose endpoints ring should they connect, and whether it is still parked.
    fn keep_up(&mut self, call: CallId, now: Instant) {
        let Some(direct) = self.direct_mut(call) else { return };
        let slot = direct.slot.take_if(|_| !direct.call.is_parked());
        let rings = direct.call.rung_side().map(|side| &direct.person(side).identity);
        if rings != direct.rings.as_ref() {
            let rings = rings.cloned();
            let before = std::mem::replace(&mut direct.rings, rings.clone());
            direct.rings_since = rings.is_some().then_some(now);
            if let Some(who) = before {
                self.no_call_to(&who, call);
            }
            if let Some(who) = rings {
                self.calls_to.entry(who).or_default().insert(call);
            }
        }
        if let Some(slot) = slot {
            self.unpark(slot, now);
        }
    }

    /// Carries out one effect; an endpoint found too slow on the way is returned.
    fn carry_out(&mut self, call: CallId, effect: Effect, now: Instant) -> Option<EndpointId> {
        let running = self.running.get_mut(&call)?;
        let Machine::Direct(direct) = &mut running.machine else { return None };
        match effect {
            Effect::Ring { endpoint } => {
                direct.concerned.insert(endpoint);
                let at = running.book.rings_since(&direct.rung().identity).unwrap_or_else(clock::unix_now);
                let (from, via) = (direct.from().clone(), direct.via.clone());
                self.roster.seat_mut(endpoint)?.ringing.insert(call);
                self.publish_of(endpoint, now);
                return self.push_effect(endpoint, Notice::CallIncoming { call_id: call, from, at, group: None, via });
            }
            Effect::StopRinging { endpoint, reason } => {
                self.roster.seat_mut(endpoint)?.ringing.remove(&call);
                self.publish_of(endpoint, now);
                return self.push_effect(endpoint, Notice::CallIncomingEnded { call_id: call, reason });
            }
            Effect::Tell { endpoint, news } => {
                let notice = direct.notice(call, endpoint, news)?;
                return self.push_effect(endpoint, notice);
            }
            Effect::SetSources { leg, sources } => self.switch.hear(leg, Hearing::only(sources)),
            Effect::HoldMusic { to, on } => self.switch.hold_music(call, to, on),
            Effect::CloseLeg { leg } => {
                self.legs.remove(&leg);
                self.switch.close(leg);
            }
            Effect::HandedOn { side, to, told } => {
                let taker = match to {
                    Next::Taker { endpoint } => {
                        direct.concerned.insert(endpoint);
                        self.roster.seat(endpoint).map(|seat| seat.person.clone())
                    }
                    Next::Named | Next::Forwarded { .. } | Next::Giver { .. } | Next::Slot => None,
                };
                let notice = direct.handed_on(call, side, to, taker)?;
                return self.push_effect(told, notice);
            }
            Effect::Left { endpoint } => self.release(endpoint, call, now),
            Effect::Record { side, entry: Entry::PickedUp { endpoint } } => {
                if let Some(seat) = self.roster.seat(endpoint) {
                    running.picked_up(side, &seat.person, clock::unix_now());
                }
            }
            Effect::Record { side, entry } => running.record(side, entry, clock::unix_now()),
            Effect::Accept | Effect::Refuse(_) | Effect::Finished | Effect::RingBack | Effect::Forward { .. } => {}
        }
        None
    }

    pub(super) fn push_effect(&mut self, endpoint: EndpointId, notice: Notice) -> Option<EndpointId> {
        (!self.roster.push(endpoint, notice)).then_some(endpoint)
    }

    /// Notes a call's next deadline; `None` when its machine panicked.
    fn set_timer(&mut self, call: CallId) -> Option<()> {
        let Some(running) = self.running.get_mut(&call) else { return Some(()) };
        let next = fenced(call, || running.next_deadline())?;
        if running.timer == next {
            return Some(());
        }
        if let Some(before) = std::mem::replace(&mut running.timer, next) {
            self.timers.remove(&(before, call));
        }
        self.timers.extend(next.map(|at| (at, call)));
        Some(())
    }

    /// Forgets a call that is over.
    pub(super) fn finish(&mut self, call: CallId, now: Instant) {
        let Some(running) = self.running.remove(&call) else { return };
        if let Some(at) = running.timer {
            self.timers.remove(&(at, call));
        }
        match running.machine {
            Machine::Group { group, .. } => self.places.end(group.id, call),
            Machine::Direct(direct) => {
                if let Some(who) = &direct.rings {
                    self.no_call_to(who, call);
                }
                for endpoint in direct.concerned {
                    self.release(endpoint, call, now);
                }
                if let Some(slot) = direct.slot {
                    self.unpark(slot, now);
                }
            }
        }
    }

    /// An endpoint has nothing to do with a call any more.
    pub(super) fn release(&mut self, endpoint: EndpointId, call: CallId, now: Instant) {
        if let Some(seat) = self.roster.seat_mut(endpoint) {
            seat.ringing.remove(&call);
            seat.calls.remove(&call);
        }
        self.publish_of(endpoint, now);
    }

    /// Endpoints of somebody that connect need not ring for a call any more.
    pub(super) fn no_call_to(&mut self, who: &Identity, call: CallId) {
        if let Some(calls) = self.calls_to.get_mut(who) {
            calls.remove(&call);
            if calls.is_empty() {
                self.calls_to.remove(who);
            }
        }
    }
}
