//! Calls that go on with somebody else, in sentences. Here is what the cases share.

mod forwarding;
mod merging;
mod parking;
mod picking;
mod replacing;
mod returning;
mod transferring;
mod waiting;

use super::kit::{House, Phone, endpoint_of, person};
use super::*;
use crate::base::entropy;
use crate::domain::call::{CallState, ParticipantState, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::record::{CallRecord, Outcome};
use crate::domain::transfer::{HandedTo, Via};
use crate::protocol::notice::Notice;

/// A phone with room for eight calls, in a call for others from the first on.
async fn desk(house: &House, name: &str) -> Phone {
    let (mut endpoint, notices) = endpoint_of(name, 8);
    endpoint.busy_from = 1;
    Phone::register(house, (endpoint, notices)).await
}

async fn desks<const N: usize>(house: &House, names: [&str; N]) -> [Phone; N] {
    let mut phones = Vec::new();
    for name in names {
        phones.push(desk(house, name).await);
    }
    phones.try_into().unwrap_or_else(|_| panic!("one for each name"))
}

/// The first calls the second, and they talk. The call, and the legs of both.
async fn talk(house: &House, from: &mut Phone, to: &mut Phone) -> (CallId, LegId, LegId) {
    let (call, one) = from.calls(to.person.name.as_str()).await;
    to.rings(call, from.person.name.as_str()).await;
    let other = takes(house, to, call).await;
    house.calls.leg_up(one).await;
    from.is_told(CallState::Connected).await;
    to.is_told(CallState::Connected).await;
    (call, one, other)
}

/// Answers, and the leg comes up.
async fn takes(house: &House, phone: &Phone, call: CallId) -> LegId {
    let leg = phone.answers(call).await;
    house.calls.leg_up(leg).await;
    leg
}

/// Brings a leg into a call it was moved into, which comes up.
async fn comes_in(house: &House, phone: &Phone, call: CallId) -> LegId {
    let leg = LegId(entropy::uuid());
    house.calls.rejoin(phone.id, call, leg).await.unwrap();
    house.calls.leg_up(leg).await;
    leg
}

async fn transfer(house: &House, by: &Phone, call: CallId, to: &str) -> Result<(), Failure> {
    house.calls.transfer(by.id, call, Handed::Person(person(to))).await
}

async fn attended(house: &House, by: &Phone, call: CallId, with: CallId) -> Result<(), Failure> {
    house.calls.transfer(by.id, call, Handed::Call(with)).await
}

impl Phone {
    /// Waits until a call rings here, and says who it is from and how it comes.
    async fn rings_with(&mut self, call: CallId) -> (Person, Option<Via>) {
        match self.hears("ring", |n| matches!(n, Notice::CallIncoming { call_id, .. } if *call_id == call)).await {
            Notice::CallIncoming { from, via, .. } => (from, via),
            other => panic!("{other:?}"),
        }
    }

    async fn is_handed_on(&mut self) -> (Person, HandedTo) {
        match self.hears("handed on", |n| matches!(n, Notice::CallHandedOn { .. })).await {
            Notice::CallHandedOn { by, to, .. } => (by, to),
            other => panic!("{other:?}"),
        }
    }

    async fn is_moved(&mut self) -> (CallId, CallId, Person, Option<Group>) {
        match self.hears("moved", |n| matches!(n, Notice::CallMoved { .. })).await {
            Notice::CallMoved { call_id, into, with, group } => (call_id, into, with, group),
            other => panic!("{other:?}"),
        }
    }

    /// Waits until somebody is on the other side, in this state.
    async fn sees(&mut self, name: &str, state: ParticipantState) {
        let who = person(name);
        self.hears(
            "participant",
            |n| matches!(n, Notice::CallParticipant { participant: p, .. } if p.person == who && p.state == state),
        )
        .await;
    }

    async fn sees_slot(&mut self) -> (ParkSlot, Option<ParkedCall>) {
        match self.hears("slot", |n| matches!(n, Notice::ParkedChanged { .. })).await {
            Notice::ParkedChanged { slot, parked } => (slot, parked),
            other => panic!("{other:?}"),
        }
    }
}

fn to(name: &str) -> HandedTo {
    HandedTo::Person { person: person(name) }
}

fn slot(number: u8) -> ParkSlot {
    number.try_into().unwrap()
}

/// The record of somebody, once it is completed.
async fn ended(phone: &mut Phone, call: CallId) -> CallRecord {
    let fits = |n: &Notice| matches!(n, Notice::HistoryAdded { record } if record.call_id == call);
    match phone.hears("record", fits).await {
        Notice::HistoryAdded { record } => record,
        other => panic!("{other:?}"),
    }
}

/// With whom, how it went, why it ended, and who took it.
fn summary(record: &CallRecord) -> (&str, Outcome, EndReason, Option<&str>) {
    let with = match &record.with {
        Peer::Person(person) => person.name.as_str(),
        Peer::Group(_) => "a group",
    };
    let by = record.answered_by.as_ref().map(|person| person.name.as_str());
    (with, record.outcome, record.end.unwrap(), by)
}
