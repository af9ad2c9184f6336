//! The rooms of a shard: the legs of each call, who hears whom, and the way of a packet from one leg to the others.
//!
//! Forwarding follows a plain list of receivers per source. The lists are made anew only when the stage of a room, somebody's
//! hearing or the membership changes, at a cost that grows with the room, not with its square.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::egress::Egress;
use super::event::{SfuEvent, SlotUse};
use super::leg::{Edge, End, Leg, Media, Place, Route};
use super::legs::{LegKey, Legs};
use super::local::Heard;
use super::room::Room;
use super::timers::Timers;
use crate::control::hearing::{Hearing, Source};
use crate::control::speakers::{Change, Sound};
use crate::domain::id::{CallId, LegId};
use crate::media::packet::Kind;

/// Receivers looked at before the first of them gets its packet: what they need fits well into the caches.
const TOUCHED_AT_ONCE: usize = 32;

#[derive(Default)]
pub(super) struct Rooms {
    pub(super) legs: Legs,
    /// Numbered, so that a packet finds its room without hashing.
    rooms: Vec<Room>,
    free: Vec<usize>,
    by_call: HashMap<CallId, usize>,
    timers: Timers<usize>,
    events: Vec<SfuEvent>,
    /// How often a stage changed.
    stage_changes: u64,
    /// Receivers with packets that have been written and not yet sent.
    dirty: Vec<LegKey>,
    /// Receivers whose connection panicked.
    broken: Vec<LegKey>,
    /// Whom a receiver hears; kept for its memory.
    chosen: Vec<LegKey>,
}

/// What became of a packet.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivered {
    pub(super) forwarded: u64,
    pub(super) dropped: u64,
}

impl Rooms {
    /// Puts a leg into the room of its call.
    pub(super) fn open(&mut self, mut leg: Leg) -> LegKey {
        let id = leg.id;
        let at = self.room_of(leg.call);
        let room = &mut self.rooms[at];
        let seat = room.take_seat();
        leg.place = Some(Place { room: at, seat });
        let key = self.legs.insert(leg);
        room.enter(key, seat);
        if room.is_named(id, &self.legs) {
            self.rewire(at);
        }
        key
    }

    /// Takes a leg out of its room.
    pub(super) fn close(&mut self, key: LegKey, now: Instant) -> Option<Box<Leg>> {
        let leg = self.legs.remove(key)?;
        let Place { room: at, seat } = leg.place?;
        let change = self.rooms[at].leave(key, seat, now);
        if self.rooms[at].is_empty() {
            self.by_call.remove(&leg.call);
            self.rooms[at] = Room::new(leg.call);
            self.free.push(at);
            return Some(leg);
        }
        self.unroute(key, &leg.edges);
        if !leg.routes.is_empty() && !change.stage {
            self.rewire(at);
        }
        self.follow_up(at, change);
        Some(leg)
    }

    /// Whom `leg` is to hear from now on.
    pub(super) fn hear(&mut self, leg: LegId, hearing: Hearing, now: Instant) {
        let Some(key) = self.legs.key(leg) else { return };
        if let Some(leg) = self.legs.get_mut(key) {
            leg.hearing = hearing;
        }
        self.hears_otherwise(key, now);
    }

    /// How `leg` is offered to those that choose.
    pub(super) fn set_source(&mut self, leg: LegId, source: Source, now: Instant) {
        let Some(leg) = self.legs.key(leg).and_then(|key| self.legs.get_mut(key)) else { return };
        let before = std::mem::replace(&mut leg.source, source);
        let Some(Place { room: at, seat }) = leg.place else { return };
        if before.open == source.open {
            return;
        }
        let change = self.rooms[at].speakers.set_open(seat, source.open, now);
        if self.rooms[at].is_recorded() && !change.stage {
            self.rewire(at);
        }
        self.follow_up(at, change);
    }

    /// The receive slots of a leg became more.
    pub(super) fn new_slot(&mut self, key: LegKey, now: Instant) {
        self.hears_otherwise(key, now);
    }

    /// Carries a packet to whoever hears its sender: into `out`, or into connections that send it when they are run, see
    /// [`Rooms::take_dirty`].
    pub(super) fn forward(&mut self, from: LegKey, media: &mut Media, now: Instant, out: &mut Egress) -> Delivered {
        let Some(sender) = self.legs.get(from) else { return Delivered::default() };
        // The stage first, so that the very packet with which somebody begins to speak is heard.
        if sender.source.open
            && let Some(place) = sender.place
        {
            self.listen(place, media, now);
        }
        let Some(sender) = self.legs.get_mut(from) else { return Delivered::default() };
        let source = sender.id;
        media.mark = sender.source.mark;
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

    /// What there is to tell.
    pub(super) fn take_events(&mut self) -> impl Iterator<Item = SfuEvent> {
        self.events.drain(..)
    }

    /// How often a stage changed since the last call.
    pub(super) fn take_stage_changes(&mut self) -> u64 {
        std::mem::take(&mut self.stage_changes)
    }

    /// When a room wants attention next.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Gives attention to a room whose time has come, if there is one.
    pub(super) fn keep_time(&mut self, now: Instant) -> bool {
        let Some((at, queued)) = self.timers.due(now) else { return false };
        let room = &mut self.rooms[at];
        room.queued.popped(queued);
        if room.speakers.next_deadline().is_some_and(|deadline| deadline <= now) {
            let change = room.speakers.tick(now);
            self.follow_up(at, change);
        } else {
            self.follow_up(at, Change { deadline: true, ..Change::default() });
        }
        true
    }

    fn room_of(&mut self, call: CallId) -> usize {
        if let Some(&at) = self.by_call.get(&call) {
            return at;
        }
        let room = Room::new(call);
        let at = self.free.pop().unwrap_or(self.rooms.len());
        if at == self.rooms.len() {
            self.rooms.push(room);
        } else {
            self.rooms[at] = room;
        }
        self.by_call.insert(call, at);
        at
    }

    /// Tells the room of a sender what a packet sounds like.
    fn listen(&mut self, place: Place, media: &Media, now: Instant) {
        let packet = &media.packet;
        let sound = match packet.kind {
            Kind::Opus => Sound::Frame { level: packet.level, voice: packet.voice },
            Kind::TelephoneEvent => Sound::Tone,
        };
        let change = self.rooms[place.room].speakers.heard(place.seat, sound, now);
        self.follow_up(place.room, change);
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

    /// A leg hears others now, or has more slots to hear them in.
    fn hears_otherwise(&mut self, key: LegKey, now: Instant) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        let Some(Place { room: at, .. }) = leg.place else { return };
        let edges = std::mem::take(&mut leg.edges);
        let change = self.rooms[at].wants(key, leg, now);
        self.unroute(key, &edges);
        if !change.stage {
            self.wire(at, key);
        }
        self.follow_up(at, change);
    }

    /// Does what follows from a change in a room.
    fn follow_up(&mut self, at: usize, change: Change) {
        if change.stage {
            self.stage_changes += 1;
            self.rewire(at);
        }
        let room = &mut self.rooms[at];
        if change.speaking {
            let id = |&seat| self.legs.get(room.at(seat)).map(|leg| leg.id);
            let speakers = room.speakers.speaking().iter().filter_map(id).collect();
            self.events.push(SfuEvent::Speakers { call: room.call, speakers });
        }
        if change.deadline
            && let Some(deadline) = room.speakers.next_deadline()
        {
            self.timers.want(at, deadline, &mut room.queued);
        }
    }

    /// Works out anew who hears whom in a room.
    fn rewire(&mut self, at: usize) {
        for n in 0..self.rooms[at].len() {
            if let Some(leg) = self.legs.get_mut(self.rooms[at].member(n)) {
                leg.routes.clear();
            }
        }
        for n in 0..self.rooms[at].len() {
            self.wire(at, self.rooms[at].member(n));
        }
    }

    /// Works out whom `receiver` hears, in which slots, and makes the routes; it has none to it.
    fn wire(&mut self, at: usize, receiver: LegKey) {
        let mut chosen = std::mem::take(&mut self.chosen);
        let named = self.rooms[at].choose(&self.legs, receiver, &mut chosen);
        if let Some(leg) = self.legs.get_mut(receiver) {
            let mut edges = std::mem::take(&mut leg.edges);
            edges.clear();
            let mut news = false;
            match &mut leg.end {
                End::Local(_) => edges.extend(chosen.iter().map(|&from| Edge { from, slot: 0 })),
                End::Remote(remote) => {
                    remote.assign(&chosen);
                    let slot = |&from| Some(Edge { from, slot: remote.assignment.slot(from)? });
                    edges.extend(chosen.iter().filter_map(slot));
                    news = remote.assignment.tell(|source| chosen[..named].contains(&source));
                }
            }
            for &Edge { from, slot } in &edges {
                if let Some(source) = self.legs.get_mut(from) {
                    source.routes.push(Route { to: receiver, slot });
                }
            }
            if let Some(leg) = self.legs.get_mut(receiver) {
                leg.edges = edges;
            }
            if news {
                self.events.extend(self.slots(receiver));
            }
        }
        self.chosen = chosen;
    }

    /// Takes the routes to `receiver` away from those it hears.
    fn unroute(&mut self, receiver: LegKey, edges: &[Edge]) {
        for edge in edges {
            if let Some(source) = self.legs.get_mut(edge.from) {
                source.routes.retain(|route| route.to != receiver);
            }
        }
    }

    /// Who is heard by name in which slot of a leg.
    fn slots(&self, receiver: LegKey) -> Option<SfuEvent> {
        let leg = self.legs.get(receiver)?;
        let End::Remote(remote) = &leg.end else { return None };
        let id = |key| self.legs.get(key).map(|source| source.id);
        let slots = remote.slot_mids().zip(remote.assignment.told());
        let slots = slots.map(|(mid, told)| SlotUse { mid, source: told.and_then(id) }).collect();
        Some(SfuEvent::Slots { leg: leg.id, slots })
    }
}
