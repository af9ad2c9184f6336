//! One running call as the service sees it: the machine that decides, the two people, and their records so far.

use std::collections::BTreeSet;
use std::time::Instant;

use super::ports::OwnedRecord;
use crate::control::call::{Call, Entry, News, Side};
use crate::domain::call::{Direction, Participant, Peer};
use crate::domain::id::{CallId, EndpointId};
use crate::domain::person::Person;
use crate::domain::record::{CallRecord, Outcome};
use crate::domain::time::UnixMillis;
use crate::protocol::frame::OngoingCall;
use crate::protocol::notice::Notice;

/// A running call.
#[derive(Debug)]
pub(super) struct Running {
    pub id: CallId,
    pub machine: Call,
    pub caller: Person,
    pub callee: Person,
    /// The endpoints of the callee that rang.
    pub rung: BTreeSet<EndpointId>,
    caller_endpoint: EndpointId,
    /// The machine's deadline, as noted among the timers.
    pub timer: Option<Instant>,
    records: [CallRecord; 2],
    /// Whether the records changed since they were last put into the journal.
    unwritten: bool,
}

impl Running {
    pub fn new(id: CallId, machine: Call, from: (EndpointId, Person), callee: Person, at: UnixMillis) -> Self {
        let (caller_endpoint, caller) = from;
        let record = |with: &Person, direction| CallRecord {
            call_id: id,
            with: Peer::Person(with.clone()),
            direction,
            outcome: Outcome::Ongoing,
            started_at: at,
            answered_at: None,
            ended_at: None,
            end: None,
        };
        let records = [record(&callee, Direction::Outgoing), record(&caller, Direction::Incoming)];
        Self {
            id,
            machine,
            caller,
            callee,
            rung: BTreeSet::new(),
            caller_endpoint,
            timer: None,
            records,
            unwritten: false,
        }
    }

    /// Every endpoint that has, or had, to do with the call.
    pub fn endpoints(&self) -> impl Iterator<Item = EndpointId> {
        [self.caller_endpoint].into_iter().chain(self.rung.iter().copied())
    }

    pub fn person(&self, side: Side) -> &Person {
        match side {
            Side::Caller => &self.caller,
            Side::Callee => &self.callee,
        }
    }

    /// The notice that lets an endpoint of the callee ring.
    pub fn incoming(&self) -> Notice {
        let [record, _] = &self.records;
        Notice::CallIncoming { call_id: self.id, from: self.caller.clone(), at: record.started_at, group: None }
    }

    /// The notice for an endpoint that takes part.
    pub fn notice(&self, endpoint: EndpointId, news: News) -> Notice {
        let call_id = self.id;
        match news {
            News::State(state) => Notice::CallChanged { call_id, state },
            News::Ended(reason) => Notice::CallEnded { call_id, reason },
            News::Other { state, muted } => {
                let person = if endpoint == self.caller_endpoint { &self.callee } else { &self.caller }.clone();
                Notice::CallParticipant { call_id, participant: Participant { person, state, muted } }
            }
        }
    }

    /// How the call looks to an endpoint that takes part.
    pub fn ongoing(&self, endpoint: EndpointId) -> Option<OngoingCall> {
        let part = self.machine.part(endpoint)?;
        let direction = match part.side {
            Side::Caller => Direction::Outgoing,
            Side::Callee => Direction::Incoming,
        };
        let person = self.person(part.side.other()).clone();
        let participants = vec![Participant { person, state: part.other, muted: part.other_muted }];
        Some(OngoingCall { call_id: self.id, direction, participants, group: None })
    }

    /// Keeps something in one side's record.
    pub fn record(&mut self, side: Side, entry: Entry, at: UnixMillis) {
        let [caller, callee] = &mut self.records;
        let record = match side {
            Side::Caller => caller,
            Side::Callee => callee,
        };
        match entry {
            Entry::Started => record.started_at = at,
            Entry::Answered => record.answered_at = Some(at),
            Entry::Ended { outcome, reason } => {
                record.outcome = outcome;
                record.ended_at = Some(at);
                record.end = Some(reason);
            }
        }
        self.unwritten = true;
    }

    /// The records, if they changed since the last time.
    pub fn take_unwritten(&mut self) -> Option<Vec<OwnedRecord>> {
        if !std::mem::take(&mut self.unwritten) {
            return None;
        }
        let owned = |side, record: &CallRecord| OwnedRecord {
            owner: self.person(side).identity.clone(),
            record: record.clone(),
        };
        let [caller, callee] = &self.records;
        Some(vec![owned(Side::Caller, caller), owned(Side::Callee, callee)])
    }
}
