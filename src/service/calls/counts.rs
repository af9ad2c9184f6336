//! How many calls there are, by what they are: read by metrics when somebody asks.

use super::running::{Machine, Running};

/// The running calls at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Direct calls in which somebody is rung.
    pub ringing: u64,
    /// Direct calls that are parked.
    pub parked: u64,
    /// Direct calls of two people, on hold or not.
    pub connected: u64,
    /// Group calls.
    pub groups: u64,
    /// People in group calls.
    pub in_groups: u64,
}

impl Counts {
    pub(super) fn of<'a>(running: impl Iterator<Item = &'a Running>) -> Self {
        running.fold(Self::default(), Self::and)
    }

    fn and(mut self, running: &Running) -> Self {
        match &running.machine {
            Machine::Group { call, .. } => {
                self.groups += 1;
                self.in_groups += call.here().count() as u64;
            }
            Machine::Direct(direct) if direct.slot.is_some() => self.parked += 1,
            Machine::Direct(direct) if direct.call.rung_side().is_some() => self.ringing += 1,
            Machine::Direct(_) => self.connected += 1,
        }
        self
    }
}
