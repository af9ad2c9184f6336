//! What the task does for parked calls: into a slot, out of it by whoever picks them up, and everybody is told.

use std::time::Instant;

use super::owner::Owner;
use super::refusals;
use crate::base::clock;
use crate::domain::id::{CallId, EndpointId, Identity, LegId};
use crate::domain::park::{ParkSlot, ParkedCall};
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;

impl Owner {
    pub(super) fn park(
        &mut self,
        endpoint: EndpointId,
        call: CallId,
        wanted: Option<ParkSlot>,
        now: Instant,
    ) -> Result<ParkSlot, Failure> {
        let direct = self.to_hand_on(endpoint, call)?;
        let person = direct.other_than(endpoint).ok_or_else(refusals::no_such_call)?.clone();
        let by = self.roster.seat(endpoint).ok_or_else(refusals::not_registered)?.person.clone();
        let slot = self.lot.free(wanted, &by.identity).map_err(refusals::no_slot)?;
        self.lot.put(ParkedCall { slot, call_id: call, person, by, since: clock::unix_now() });
        if let Some(direct) = self.direct_mut(call) {
            direct.slot = Some(slot);
        }
        self.act(call, None, now, |call| call.park(endpoint, now))?;
        self.slot_changed(slot, now);
        Ok(slot)
    }

    pub(super) fn pick_up(
        &mut self,
        endpoint: EndpointId,
        slot: ParkSlot,
        call: CallId,
        leg: LegId,
        now: Instant,
    ) -> Result<(), Failure> {
        let parked = self.lot.get(slot).filter(|parked| parked.call_id == call);
        let parked = parked.filter(|parked| self.may_see_parked(parked, endpoint));
        let waits = &parked.ok_or_else(|| refusals::nothing_parked(slot))?.person;
        let seat = self.roster.seat(endpoint).ok_or_else(refusals::not_registered)?;
        if seat.person.identity == waits.identity {
            return Err(refusals::picks_up_oneself());
        }
        if !seat.has_room() {
            return Err(refusals::no_room(seat));
        }
        if self.legs.contains_key(&leg) {
            return Err(refusals::leg_in_use());
        }
        self.come_in(call, endpoint, leg, now, |this| {
            Some(this.act(call, None, now, |call| call.pick_up(endpoint, leg, now)))
        })
    }

    pub(super) fn parked(&self, seen_by: &Identity) -> Vec<ParkedCall> {
        self.lot.all().into_iter().filter(|parked| !self.is_hidden(parked, seen_by)).collect()
    }

    fn may_see_parked(&self, parked: &ParkedCall, endpoint: EndpointId) -> bool {
        self.roster.seat(endpoint).is_none_or(|seat| !self.is_hidden(parked, &seat.person.identity))
    }

    /// Nothing is parked in a slot any more.
    pub(super) fn unpark(&mut self, slot: ParkSlot, now: Instant) {
        if self.lot.take(slot).is_some() {
            self.slot_changed(slot, now);
        }
    }

    fn slot_changed(&mut self, slot: ParkSlot, now: Instant) {
        if self.slots.changed(slot, now) {
            self.tell_slot(slot, now);
        }
    }

    /// Tells everybody what is in a slot now.
    pub(super) fn tell_slot(&mut self, slot: ParkSlot, now: Instant) {
        for endpoint in self.roster.endpoints() {
            self.tell_slot_at(slot, endpoint, now);
        }
    }

    /// Tells one endpoint what is in a slot now.
    pub(super) fn tell_slot_at(&mut self, slot: ParkSlot, endpoint: EndpointId, now: Instant) {
        let parked = self.lot.get(slot).filter(|parked| self.may_see_parked(parked, endpoint)).cloned();
        self.push(endpoint, Notice::ParkedChanged { slot, parked }, now);
    }
}
