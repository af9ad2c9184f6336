//! Parked calls: they wait in numbered slots, with music, until somebody picks them up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::CallId;
use super::person::Person;
use super::time::UnixMillis;
use super::whole::Whole;

/// A slot a call can be parked in: 1–20.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Whole", into = "u8")]
pub struct ParkSlot(u8);

/// What is no number of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("calls are parked in slots 1 to {}", ParkSlot::LAST)]
pub struct NotASlot;

impl ParkSlot {
    /// The number of the last slot.
    pub const LAST: u8 = 20;

    /// All slots, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=Self::LAST).map(Self)
    }

    /// The number.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for ParkSlot {
    type Error = NotASlot;

    fn try_from(number: u8) -> Result<Self, NotASlot> {
        if (1..=Self::LAST).contains(&number) { Ok(Self(number)) } else { Err(NotASlot) }
    }
}

impl TryFrom<Whole> for ParkSlot {
    type Error = NotASlot;

    fn try_from(number: Whole) -> Result<Self, NotASlot> {
        u8::try_from(number.0).map_err(|_| NotASlot)?.try_into()
    }
}

impl From<ParkSlot> for u8 {
    fn from(slot: ParkSlot) -> Self {
        slot.0
    }
}

impl FromStr for ParkSlot {
    type Err = NotASlot;

    fn from_str(text: &str) -> Result<Self, NotASlot> {
        text.trim().parse::<u8>().map_err(|_| NotASlot)?.try_into()
    }
}

impl fmt::Display for ParkSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A call that is parked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedCall {
    /// Where.
    pub slot: ParkSlot,
    /// Which call.
    pub call_id: CallId,
    /// Who waits.
    pub person: Person,
    /// Who parked it.
    pub by: Person,
    /// Since when.
    pub since: UnixMillis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_numbered_from_one_to_twenty() {
        assert_eq!(" 7 ".parse::<ParkSlot>().map(ParkSlot::number), Ok(7));
        for not in ["0", "21", "-1", "256", "", "seven"] {
            assert_eq!(not.parse::<ParkSlot>(), Err(NotASlot), "{not}");
        }
        assert_eq!(ParkSlot::all().count(), 20);
        assert_eq!(NotASlot.to_string(), "calls are parked in slots 1 to 20");
    }
}
