//! Where calls are parked: numbered slots, each with one call.

use std::collections::BTreeMap;

use crate::domain::id::Identity;
use crate::domain::park::{ParkSlot, ParkedCall};

/// The slots in use.
#[derive(Debug, Default)]
pub(super) struct Lot {
    slots: BTreeMap<ParkSlot, ParkedCall>,
}

/// Why there is no slot for one more call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoSlot {
    /// The one that was asked for is taken.
    Taken(ParkSlot),
    /// All are taken.
    Full,
    /// Whoever parks it has [`PERSON_MAX`] there already.
    TooMany,
}

/// How many slots one person may have calls in: the others are for everybody else.
pub(super) const PERSON_MAX: usize = 8;

impl Lot {
    /// A free slot for a call of `by`: the one that is wanted, or the first.
    pub fn free(&self, wanted: Option<ParkSlot>, by: &Identity) -> Result<ParkSlot, NoSlot> {
        match wanted {
            _ if self.slots.values().filter(|parked| parked.by.identity == *by).count() >= PERSON_MAX => {
                Err(NoSlot::TooMany)
            }
            Some(slot) if self.slots.contains_key(&slot) => Err(NoSlot::Taken(slot)),
            Some(slot) => Ok(slot),
            None => ParkSlot::all().find(|slot| !self.slots.contains_key(slot)).ok_or(NoSlot::Full),
        }
    }

    pub fn put(&mut self, parked: ParkedCall) {
        self.slots.insert(parked.slot, parked);
    }

    pub fn take(&mut self, slot: ParkSlot) -> Option<ParkedCall> {
        self.slots.remove(&slot)
    }

    pub fn get(&self, slot: ParkSlot) -> Option<&ParkedCall> {
        self.slots.get(&slot)
    }

    /// All of them, by slot.
    pub fn all(&self) -> Vec<ParkedCall> {
        self.slots.values().cloned().collect()
    }
}

#[cfg(test)]
impl Lot {
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::kit::person;
    use super::*;
    use crate::domain::id::CallId;
    use crate::domain::time::UnixMillis;

    fn slot(number: u8) -> ParkSlot {
        number.try_into().unwrap()
    }

    fn parked(number: u8) -> ParkedCall {
        let call_id = CallId(Uuid::from_u128(number.into()));
        ParkedCall { slot: slot(number), call_id, person: person("bob"), by: person("alice"), since: UnixMillis(1) }
    }

    #[test]
    fn a_call_gets_the_slot_it_wants_or_the_first_that_is_free() {
        let mut lot = Lot::default();
        lot.put(parked(1));
        lot.put(parked(3));
        let me = &person("alice").identity;
        assert_eq!(lot.free(None, me), Ok(slot(2)));
        assert_eq!(lot.free(Some(slot(7)), me), Ok(slot(7)));
        assert_eq!(lot.free(Some(slot(3)), me), Err(NoSlot::Taken(slot(3))));
        assert_eq!(lot.all(), [parked(1), parked(3)]);
        assert_eq!(lot.take(slot(1)), Some(parked(1)));
        assert_eq!((lot.take(slot(1)), lot.get(slot(1))), (None, None));
        assert_eq!(lot.free(None, me), Ok(slot(1)));
    }

    #[test]
    fn there_are_twenty_slots_and_no_more() {
        let mut lot = Lot::default();
        (1..=ParkSlot::LAST).for_each(|number| lot.put(parked(number)));
        let somebody = &person("bob").identity;
        assert_eq!(lot.free(None, somebody), Err(NoSlot::Full));
        assert_eq!(lot.free(Some(slot(20)), somebody), Err(NoSlot::Taken(slot(20))));
    }

    #[test]
    fn nobody_takes_the_slots_of_all_the_others() {
        let mut lot = Lot::default();
        (1..=8).for_each(|number| lot.put(parked(number)));
        let (me, other) = (&person("alice").identity, &person("bob").identity);
        assert_eq!(lot.free(None, me), Err(NoSlot::TooMany));
        assert_eq!(lot.free(Some(slot(9)), me), Err(NoSlot::TooMany));
        assert_eq!(lot.free(None, other), Ok(slot(9)));
        lot.take(slot(4));
        assert_eq!(lot.free(None, me), Ok(slot(4)));
    }
}
