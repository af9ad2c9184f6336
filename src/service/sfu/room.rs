//! The rooms of a shard: the legs of each call, who hears whom, and the way of a packet from one leg to the others.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::egress::Egress;
use super::event::{SfuEvent, SlotUse};
use super::leg::{End, Leg, Media, Route};
use super::legs::{LegKey, Legs};
use super::local::Heard;
use crate::domain::id::{CallId, LegId};

/// Receivers looked at before the first of them gets its packet: what they need fits well into the caches.
const TOUCHED_AT_ONCE: usize = 32;

#[derive(Default)]
pub(super) struct Rooms {
    pub(super) legs: Legs,
    members: HashMap<CallId, Vec<LegKey>>,
    /// Receivers with packets that have been written and not yet sent.
    dirty: Vec<LegKey>,
    /// Receivers whose connection panicked.
    broken: Vec<LegKey>,
}

/// What became of a packet.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivered {
    pub(super) forwarded: u64,
    pub(super) dropped: u64,
}

impl Rooms {
    /// Puts a leg into the room of its call. Slot changes are told to `events`.
    pub(super) fn open(&mut self, leg: Leg, events: &mut impl FnMut(SfuEvent)) -> LegKey {
        let call = leg.call;
        let key = self.legs.insert(leg);
        self.members.entry(call).or_default().push(key);
        self.rewire(call, events);
        key
    }

    /// Takes a leg out of its room.
    pub(super) fn close(&mut self, key: LegKey, events: &mut impl FnMut(SfuEvent)) -> Option<Box<Leg>> {
        let leg = self.legs.remove(key)?;
        if let Some(members) = self.members.get_mut(&leg.call) {
            members.retain(|&member| member != key);
            if members.is_empty() {
                self.members.remove(&leg.call);
            }
        }
        self.rewire(leg.call, events);
        Some(leg)
    }

    /// Whom `leg` is to hear from now on.
    pub(super) fn set_sources(&mut self, leg: LegId, sources: Vec<LegId>, events: &mut impl FnMut(SfuEvent)) {
        let Some(leg) = self.legs.key(leg).and_then(|key| self.legs.get_mut(key)) else { return };
        leg.wanted = sources;
        let call = leg.call;
        self.rewire(call, events);
    }

    /// The receive slots of a leg became more.
    pub(super) fn new_slot(&mut self, key: LegKey, events: &mut impl FnMut(SfuEvent)) {
        if let Some(call) = self.legs.get(key).map(|leg| leg.call) {
            self.rewire(call, events);
        }
    }

    /// Carries a packet to whoever hears its sender: into `out`, or into connections that send it when they are run, see
    /// [`Rooms::take_dirty`].
    pub(super) fn forward(&mut self, from: LegKey, media: &Media, now: Instant, out: &mut Egress) -> Delivered {
        let Some(sender) = self.legs.get_mut(from) else { return Delivered::default() };
        let source = sender.id;
        // The routes are lent out for the time of the loop: nobody else reads them, and nothing is copied.
        let routes = std::mem::take(&mut sender.routes);
        let mut delivered = Delivered::default();
        for routes in routes.chunks(TOUCHED_AT_ONCE) {
            self.touch(routes);
            for route in routes {
                if self.deliver(source, *route, media, now, out) {
                    delivered.forwarded += 1;
                } else {
                    delivered.dropped += 1;
                }
            }
        }
        if let Some(sender) = self.legs.get_mut(from) {
            sender.routes = routes;
        }
        delivered
    }

    /// The next receiver with packets that have been written and not yet sent.
    pub(super) fn take_dirty(&mut self) -> Option<LegKey> {
        self.dirty.pop()
    }

    /// The next receiver that has to be given up.
    pub(super) fn take_broken(&mut self) -> Option<LegKey> {
        self.broken.pop()
    }

    /// Brings what the receivers' packets will need into the processor's caches. Fifty legs that were last used 20 ms ago are
    /// in none: looked at all at once, they are fetched side by side instead of one after the other.
    fn touch(&self, routes: &[Route]) {
        let touched = routes.iter().fold(0, |sum, route| match self.legs.get(route.to).map(|leg| &leg.end) {
            Some(End::Remote(remote)) => sum ^ remote.touch(route.slot),
            _ => sum,
        });
        std::hint::black_box(touched);
    }

    fn deliver(&mut self, source: LegId, route: Route, media: &Media, now: Instant, out: &mut Egress) -> bool {
        let Some(receiver) = self.legs.get_mut(route.to) else { return false };
        match &mut receiver.end {
            End::Remote(remote) => {
                let waiting = remote.dirty;
                let written = catch_unwind(AssertUnwindSafe(|| remote.write(route.slot, media, now, out)));
                let written = written.unwrap_or_else(|_| {
                    self.broken.push(route.to);
                    false
                });
                if remote.dirty && !waiting {
                    self.dirty.push(route.to);
                }
                written
            }
            End::Local(end) => {
                let heard = Heard { source, sequence: media.sequence, packet: media.packet.clone() };
                end.to_leg.push(heard).is_ok()
            }
        }
    }

    /// Works out anew who hears whom in a room. Rare (somebody comes, goes, holds), so it may take its time.
    fn rewire(&mut self, call: CallId, events: &mut impl FnMut(SfuEvent)) {
        let members = self.members.get(&call).cloned().unwrap_or_default();
        for &member in &members {
            if let Some(leg) = self.legs.get_mut(member) {
                leg.routes.clear();
            }
        }
        for &member in &members {
            for (source, slot) in self.assign(call, member, events) {
                if let Some(leg) = self.legs.get_mut(source) {
                    leg.routes.push(Route { to: member, slot });
                }
            }
        }
    }

    /// Which sources `receiver` hears, and in which slots.
    fn assign(&mut self, call: CallId, receiver: LegKey, events: &mut impl FnMut(SfuEvent)) -> Vec<(LegKey, usize)> {
        let Some(leg) = self.legs.get(receiver) else { return Vec::new() };
        let present: Vec<_> = leg.wanted.iter().filter_map(|&id| self.present(call, receiver, id)).collect();
        let Some(remote) = self.legs.get_mut(receiver).and_then(Leg::remote) else {
            return present.into_iter().map(|source| (source, 0)).collect();
        };
        let changed = remote.assignment.assign(&present);
        for &slot in &changed {
            remote.switch(slot);
        }
        let assigned = present.iter().filter_map(|&source| Some((source, remote.assignment.slot(source)?))).collect();
        if !changed.is_empty() {
            self.slots(receiver).into_iter().for_each(events);
        }
        assigned
    }

    /// Who is heard in which slot of a leg.
    fn slots(&self, receiver: LegKey) -> Option<SfuEvent> {
        let leg = self.legs.get(receiver)?;
        let End::Remote(remote) = &leg.end else { return None };
        let id = |key| self.legs.get(key).map(|source| source.id);
        let slot = |(at, mid)| SlotUse { mid, source: remote.assignment.source(at).and_then(id) };
        Some(SfuEvent::Slots { leg: leg.id, slots: remote.slot_mids().enumerate().map(slot).collect() })
    }

    /// The key of `source`, when it is in the same room, and not the receiver itself.
    fn present(&self, call: CallId, receiver: LegKey, source: LegId) -> Option<LegKey> {
        let key = self.legs.key(source).filter(|&key| key != receiver)?;
        (self.legs.get(key)?.call == call).then_some(key)
    }
}
