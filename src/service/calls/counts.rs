//! How many calls there are, by what they are: read by metrics when somebody asks.

use super::running::{Machine, Running};
use crate::protocol::rest::CallStanding;

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
        if let Machine::Group { call, .. } = &running.machine {
            self.groups += 1;
            self.in_groups += call.here().count() as u64;
            return self;
        }
        match running.standing() {
            CallStanding::Parked => self.parked += 1,
            CallStanding::Ringing => self.ringing += 1,
            CallStanding::Connected => self.connected += 1,
        }
        self
    }
}
