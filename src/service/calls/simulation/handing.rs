//! Calls that people hand on: transferred, merged, parked and picked up.

use tokio::sync::oneshot;
use uuid::Uuid;

use super::{NAMES, World};
use crate::control::call::Event;
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId, GroupId, LegId};
use crate::service::calls::handing::Handed;
use crate::service::calls::kit::{group, person};
use crate::service::calls::mailbox::{MergeCalls, Message};
use crate::service::calls::running::Running;

impl World {
    /// Somebody hands a direct call on, allowed or not; mostly one of their own, whose legs have come up.
    pub(super) fn somebody_hands_on(&mut self) {
        let direct = |(call, running): (&CallId, &Running)| running.group().is_none().then_some(*call);
        let running: Vec<CallId> = self.owner.running.iter().filter_map(direct).collect();
        if running.is_empty() {
            return;
        }
        let call = running[self.pick(running.len(), running.len())];
        let mut seated = self.owner.roster.endpoints();
        seated.retain(|id| self.calls_of(*id).contains(&call));
        if seated.is_empty() {
            return;
        }
        let mut endpoint = seated[self.pick(seated.len(), seated.len())];
        let mine = self.calls_of(endpoint);
        let with = mine[self.pick(mine.len(), mine.len())];
        if self.dice.below(4) > 0 {
            let of_both = |of: CallId| of == call || of == with;
            let legs: Vec<LegId> =
                self.owner.legs.iter().filter(|(_, of)| of_both(**of)).map(|(leg, _)| *leg).collect();
            legs.into_iter().for_each(|leg| self.leg(leg, Event::LegUp { leg }));
        }
        if self.dice.below(10) == 0 {
            endpoint = self.somebody().1;
        }
        let who = person(NAMES[self.pick(4, 4)]);
        if self.dice.below(3) == 0 {
            return self.consults();
        }
        if self.dice.below(4) == 0 {
            return self.picks_up_ringing();
        }
        match self.dice.below(12) {
            0..=3 => self.transfers(endpoint, call, Handed::Person(who)),
            4..=6 => self.transfers(endpoint, call, Handed::Call(with)),
            7 => self.merges(endpoint, call, with),
            8 => self.parks(endpoint, call),
            _ => self.picks_up(),
        }
    }

    /// Somebody calls two others, and brings them together, or whoever of them is there.
    fn consults(&mut self) {
        let (_, endpoint) = self.somebody();
        let first = self.talks(endpoint);
        let second = self.talks(endpoint);
        if let (Some(first), Some(second)) = (first, second) {
            match self.dice.below(3) {
                0 => self.merges(endpoint, first, second),
                _ => self.transfers(endpoint, first, Handed::Call(second)),
            }
        }
    }

    /// Calls somebody, who mostly answers; both legs come up.
    fn talks(&mut self, endpoint: EndpointId) -> Option<CallId> {
        let before = self.calls.len();
        self.calls(endpoint);
        let call = self.calls.get(before).copied()?;
        let rings = |id: &EndpointId| self.owner.roster.seat(*id).is_some_and(|seat| seat.ringing.contains(&call));
        let answers = self.owner.roster.endpoints().into_iter().find(rings);
        if let Some(endpoint) = answers.filter(|_| self.dice.below(5) > 0) {
            self.brings_leg(call, |leg| Event::Answer { endpoint, leg });
        }
        let legs: Vec<LegId> = self.owner.legs.iter().filter(|(_, of)| **of == call).map(|(leg, _)| *leg).collect();
        legs.into_iter().for_each(|leg| self.leg(leg, Event::LegUp { leg }));
        Some(call)
    }

    fn calls_of(&self, endpoint: EndpointId) -> Vec<CallId> {
        self.owner.roster.seat(endpoint).map(|seat| seat.calls.iter().copied().collect()).unwrap_or_default()
    }

    fn transfers(&mut self, endpoint: EndpointId, call: CallId, to: Handed) {
        let attended = matches!(to, Handed::Call(_));
        let (reply, mut answer) = oneshot::channel();
        self.send(Message::Transfer { endpoint, call, to, reply });
        if answer.try_recv().expect("a transfer is answered at once").is_ok() {
            self.handed.insert(call);
            *if attended { &mut self.done.replaced } else { &mut self.done.transferred } += 1;
        }
    }

    fn merges(&mut self, endpoint: EndpointId, call: CallId, with: CallId) {
        let (reply, mut answer) = oneshot::channel();
        let group = Group { id: GroupId(call.0), ..group(0) };
        self.send(Message::Merge { merge: MergeCalls { endpoint, call, with, group }, reply });
        if answer.try_recv().expect("a merge is answered at once").is_ok() {
            self.done.merged += 1;
        }
        if self.owner.running.get(&call).is_some_and(|running| running.group().is_some()) {
            self.group_calls.insert(call);
        }
    }

    fn parks(&mut self, endpoint: EndpointId, call: CallId) {
        let (reply, mut answer) = oneshot::channel();
        let slot = (self.dice.below(3) == 0).then(|| 1.try_into().unwrap());
        self.send(Message::Park { endpoint, call, slot, reply });
        if answer.try_recv().expect("it is parked at once").is_ok() {
            self.handed.insert(call);
            self.done.parked += 1;
        }
    }

    fn picks_up(&mut self) {
        let (_, endpoint) = self.somebody();
        let parked = self.owner.lot.all();
        let Some(parked) = parked.first() else { return };
        let leg = LegId(Uuid::from_u128(self.fresh()));
        let (reply, mut answer) = oneshot::channel();
        let (slot, call) = (parked.slot, parked.call_id);
        self.send(Message::PickUp { endpoint, slot, call, leg, reply });
        if answer.try_recv().expect("it is picked up at once").is_ok() {
            self.takes(leg);
            self.done.picked_up += 1;
        }
    }

    fn picks_up_ringing(&mut self) {
        let (_, endpoint) = self.somebody();
        let at = self.owner.calls_to.keys().next().cloned();
        let at = at.unwrap_or_else(|| person(NAMES[self.pick(4, 4)]).identity);
        let (reply, mut answer) = oneshot::channel();
        self.send(Message::RingsAt { endpoint, at: at.clone(), reply });
        let Ok((mut call, _)) = answer.try_recv().expect("it is found at once") else { return };
        if self.dice.below(10) == 0 {
            let which = self.pick(self.calls.len(), self.calls.len());
            call = self.calls[which];
        }
        let leg = LegId(Uuid::from_u128(self.fresh()));
        let (reply, mut answer) = oneshot::channel();
        self.send(Message::PickUpRinging { endpoint, at, call, leg, reply });
        if answer.try_recv().expect("it is picked up at once").is_ok() {
            self.takes(leg);
            self.handed.insert(call);
            self.done.picked_up_ringing += 1;
        }
    }
}
