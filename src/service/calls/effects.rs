//! Carries out what a call's machine decided, effect by effect, in order.

use std::time::Instant;

use super::mailbox::Reply;
use super::owner::Owner;
use super::refusals;
use crate::base::clock;
use crate::control::call::{Effect, Event};
use crate::control::hearing::Hearing;
use crate::domain::id::{CallId, EndpointId};
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;

/// What came of a request; `None` when the event was none.
type Verdict = Option<Result<(), Failure>>;

impl Owner {
    /// Hands an event to a call's machine. `None` also when there is no such call.
    pub(super) fn drive(&mut self, call: CallId, event: Event, now: Instant) -> Verdict {
        let effects = self.running.get_mut(&call)?.machine.handle(event, now);
        self.apply(call, effects, None, now)
    }

    /// Carries out the effects of one event. A `reply` is answered once the records they wrote are kept.
    pub(super) fn apply(&mut self, call: CallId, effects: Vec<Effect>, reply: Option<Reply>, now: Instant) -> Verdict {
        let mut verdict = None;
        let mut finished = false;
        let mut too_slow = Vec::new();
        for effect in effects {
            match effect {
                Effect::Accept => verdict = Some(Ok(())),
                Effect::Refuse(why) => verdict = Some(Err(refusals::refused(why))),
                Effect::Finished => finished = true,
                effect => too_slow.extend(self.carry_out(call, effect)),
            }
        }
        if let Some(running) = self.running.get_mut(&call)
            && let Some(records) = running.take_unwritten()
        {
            self.journal.put(call, records, reply);
        }
        if finished {
            self.finish(call, now);
        } else {
            self.set_timer(call);
        }
        for endpoint in too_slow {
            self.lose(endpoint, now);
        }
        verdict
    }

    /// Carries out one effect; an endpoint found too slow on the way is returned.
    fn carry_out(&mut self, call: CallId, effect: Effect) -> Option<EndpointId> {
        let running = self.running.get_mut(&call)?;
        match effect {
            Effect::Ring { endpoint } => {
                running.rung.insert(endpoint);
                let notice = running.incoming();
                self.roster.seat_mut(endpoint)?.ringing.insert(call);
                return self.push_effect(endpoint, notice);
            }
            Effect::StopRinging { endpoint, reason } => {
                self.roster.seat_mut(endpoint)?.ringing.remove(&call);
                return self.push_effect(endpoint, Notice::CallIncomingEnded { call_id: call, reason });
            }
            Effect::Tell { endpoint, news } => {
                let notice = running.notice(endpoint, news);
                return self.push_effect(endpoint, notice);
            }
            Effect::SetSources { leg, sources } => self.switch.hear(leg, Hearing::only(sources)),
            Effect::HoldMusic { to, on } => self.switch.hold_music(call, to, on),
            Effect::CloseLeg { leg } => {
                self.legs.remove(&leg);
                self.switch.close(leg);
            }
            Effect::Record { side, entry } => running.record(side, entry, clock::unix_now()),
            Effect::Accept | Effect::Refuse(_) | Effect::Finished => {}
        }
        None
    }

    fn push_effect(&mut self, endpoint: EndpointId, notice: Notice) -> Option<EndpointId> {
        (!self.roster.push(endpoint, notice)).then_some(endpoint)
    }

    fn set_timer(&mut self, call: CallId) {
        let Some(running) = self.running.get_mut(&call) else { return };
        let next = running.machine.next_deadline();
        if let Some(before) = std::mem::replace(&mut running.timer, next) {
            self.timers.remove(&(before, call));
        }
        self.timers.extend(next.map(|at| (at, call)));
    }

    /// Forgets a call that is over.
    fn finish(&mut self, call: CallId, now: Instant) {
        let Some(running) = self.running.remove(&call) else { return };
        if let Some(at) = running.timer {
            self.timers.remove(&(at, call));
        }
        if let Some(calls) = self.calls_to.get_mut(&running.callee.identity) {
            calls.remove(&call);
            if calls.is_empty() {
                self.calls_to.remove(&running.callee.identity);
            }
        }
        for endpoint in running.endpoints() {
            if let Some(seat) = self.roster.seat_mut(endpoint) {
                seat.ringing.remove(&call);
                seat.calls.remove(&call);
            }
            self.publish_of(endpoint, now);
        }
    }
}
