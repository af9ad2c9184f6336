//! What the task does for calls that go on with somebody else: transferred, parked and picked up, merged.

use std::time::Instant;

use super::mailbox::MergeCalls;
use super::owner::Owner;
use super::refusals;
use crate::domain::id::{CallId, EndpointId, LegId};
use crate::domain::park::{ParkSlot, ParkedCall};
use crate::domain::person::Person;
use crate::protocol::failure::Failure;

/// To whom a call is transferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// To somebody who is rung.
    Person(Person),
    /// To the other side of another call of the same endpoint.
    Call(CallId),
}

impl Owner {
    pub(super) fn transfer(
        &mut self,
        _endpoint: EndpointId,
        _call: CallId,
        _to: Handed,
        _now: Instant,
    ) -> Result<(), Failure> {
        Err(refusals::no_such_call())
    }

    pub(super) fn merge(&mut self, _merge: MergeCalls, _now: Instant) -> Result<(), Failure> {
        Err(refusals::no_such_call())
    }

    pub(super) fn park(
        &mut self,
        _endpoint: EndpointId,
        _call: CallId,
        _slot: Option<ParkSlot>,
        _now: Instant,
    ) -> Result<ParkSlot, Failure> {
        Err(refusals::no_such_call())
    }

    pub(super) fn pick_up(
        &mut self,
        _endpoint: EndpointId,
        _slot: ParkSlot,
        _call: CallId,
        _leg: LegId,
        _now: Instant,
    ) -> Result<(), Failure> {
        Err(refusals::no_such_call())
    }

    pub(super) fn parked(&self) -> Vec<ParkedCall> {
        Vec::new()
    }
}
