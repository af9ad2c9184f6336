//! The legs of a shard, in numbered places, so that the hot path finds a leg without hashing.

use std::collections::HashMap;

use super::leg::Leg;
use crate::domain::id::LegId;

/// A leg's place. A place is used again, a key never: the turn tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LegKey {
    place: u32,
    turn: u32,
}

#[derive(Default)]
pub(super) struct Legs {
    places: Vec<Place>,
    free: Vec<u32>,
    by_id: HashMap<LegId, LegKey>,
}

struct Place {
    turn: u32,
    leg: Option<Box<Leg>>,
}

impl Legs {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn keys(&self) -> Vec<LegKey> {
        self.by_id.values().copied().collect()
    }

    pub(super) fn key(&self, id: LegId) -> Option<LegKey> {
        self.by_id.get(&id).copied()
    }

    pub(super) fn get(&self, key: LegKey) -> Option<&Leg> {
        let place = self.places.get(key.place as usize)?;
        if place.turn == key.turn { place.leg.as_deref() } else { None }
    }

    pub(super) fn get_mut(&mut self, key: LegKey) -> Option<&mut Leg> {
        let place = self.places.get_mut(key.place as usize)?;
        if place.turn == key.turn { place.leg.as_deref_mut() } else { None }
    }

    /// Adds a leg; the caller has checked that its id is new.
    pub(super) fn insert(&mut self, leg: Leg) -> LegKey {
        let at = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place { turn: 0, leg: None });
            u32::try_from(self.places.len() - 1).expect("the number of legs is limited far below 2^32")
        });
        let place = &mut self.places[at as usize];
        let key = LegKey { place: at, turn: place.turn };
        self.by_id.insert(leg.id, key);
        place.leg = Some(Box::new(leg));
        key
    }

    pub(super) fn remove(&mut self, key: LegKey) -> Option<Box<Leg>> {
        let place = self.places.get_mut(key.place as usize).filter(|place| place.turn == key.turn)?;
        let leg = place.leg.take()?;
        place.turn = place.turn.wrapping_add(1);
        self.free.push(key.place);
        self.by_id.remove(&leg.id);
        Some(leg)
    }
}

#[cfg(test)]
impl LegKey {
    pub(super) fn for_tests(place: u32) -> Self {
        Self { place, turn: 0 }
    }
}
