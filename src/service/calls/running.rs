//! One running call as the service sees it: the machine that decides, the people, and their records so far.

use std::collections::BTreeSet;
use std::time::Instant;

use super::book::Book;
use crate::control::call::{Call, Entry, News, Side};
use crate::control::group::{self, GroupCall};
use crate::domain::call::{Direction, Participant, Peer};
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId, Identity, LegId};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::protocol::frame::OngoingCall;
use crate::protocol::notice::Notice;

/// A running call.
#[derive(Debug)]
pub(super) struct Running {
    pub id: CallId,
    pub machine: Machine,
    pub book: Book,
    /// The machine's deadline, as noted among the timers.
    pub timer: Option<Instant>,
}

/// What decides about a call.
#[derive(Debug)]
pub(super) enum Machine {
    Direct(Box<Direct>),
    Group { call: Box<GroupCall>, group: Group },
}

/// A direct call and its two people.
#[derive(Debug)]
pub(super) struct Direct {
    pub call: Call,
    pub caller: Person,
    pub callee: Person,
    pub caller_endpoint: EndpointId,
    /// The endpoints of the callee that rang.
    pub rung: BTreeSet<EndpointId>,
}

impl Running {
    pub fn new(id: CallId, machine: Machine) -> Self {
        Self { id, machine, book: Book::new(id), timer: None }
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        match &self.machine {
            Machine::Direct(direct) => direct.call.next_deadline(),
            Machine::Group { call, .. } => call.next_deadline(),
        }
    }

    /// The group, of a group call.
    pub fn group(&self) -> Option<&Group> {
        match &self.machine {
            Machine::Direct(_) => None,
            Machine::Group { group, .. } => Some(group),
        }
    }

    /// Who is in it, of a group call.
    pub fn here(&self) -> Vec<Person> {
        match &self.machine {
            Machine::Direct(_) => Vec::new(),
            Machine::Group { call, .. } => call.here().cloned().collect(),
        }
    }

    /// The endpoint a leg belongs to, and whose it is.
    pub fn owner_of(&self, leg: LegId) -> Option<(EndpointId, &Person)> {
        match &self.machine {
            Machine::Direct(direct) => {
                let (side, endpoint) = direct.call.owner_of(leg)?;
                Some((endpoint, direct.person(side)))
            }
            Machine::Group { call, .. } => call.owner_of(leg),
        }
    }

    /// How the call looks to an endpoint that takes part.
    pub fn ongoing(&self, endpoint: EndpointId, who: &Identity) -> Option<OngoingCall> {
        let call_id = self.id;
        match &self.machine {
            Machine::Direct(direct) => {
                let (direction, other) = direct.seen_by(endpoint)?;
                Some(OngoingCall { call_id, direction, participants: vec![other], group: None })
            }
            Machine::Group { call, group } => {
                let direction = self.book.get(who).map_or(Direction::Outgoing, |record| record.direction);
                let ongoing = OngoingCall { call_id, direction, participants: Vec::new(), group: Some(group.clone()) };
                call.has(endpoint).then_some(ongoing)
            }
        }
    }

    /// Keeps something in the record of one side of a direct call.
    pub fn record(&mut self, side: Side, entry: Entry, at: UnixMillis) {
        let Machine::Direct(direct) = &self.machine else { return };
        let (who, with) = (&direct.person(side).identity, direct.person(side.other()));
        let direction = match side {
            Side::Caller => Direction::Outgoing,
            Side::Callee => Direction::Incoming,
        };
        match entry {
            Entry::Started => self.book.begin(who, Peer::Person(with.clone()), direction, at),
            Entry::Answered => self.book.answered(who, at),
            Entry::Ended { outcome, reason } => self.book.ended(who, outcome, reason, at),
        }
    }

    /// Keeps something in the record of somebody in a group call.
    pub fn record_of(&mut self, who: &Identity, entry: group::Entry, at: UnixMillis) {
        let Machine::Group { group, .. } = &self.machine else { return };
        let with = || Peer::Group(group.reference());
        match entry {
            group::Entry::Rung => self.book.rung(who, with(), at),
            group::Entry::Joined => {
                self.book.begin(who, with(), Direction::Outgoing, at);
                self.book.answered(who, at);
            }
            group::Entry::Ended { outcome, reason } => self.book.ended(who, outcome, reason, at),
        }
    }
}

impl Direct {
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

    /// The notice for an endpoint that takes part.
    pub fn notice(&self, call_id: CallId, endpoint: EndpointId, news: News) -> Notice {
        match news {
            News::State(state) => Notice::CallChanged { call_id, state },
            News::Ended(reason) => Notice::CallEnded { call_id, reason },
            News::Other { state, muted } => {
                let person = if endpoint == self.caller_endpoint { &self.callee } else { &self.caller }.clone();
                Notice::CallParticipant { call_id, participant: Participant { person, state, muted } }
            }
        }
    }

    /// Which way the call was made for an endpoint that takes part, and the other side.
    fn seen_by(&self, endpoint: EndpointId) -> Option<(Direction, Participant)> {
        let part = self.call.part(endpoint)?;
        let direction = match part.side {
            Side::Caller => Direction::Outgoing,
            Side::Callee => Direction::Incoming,
        };
        let person = self.person(part.side.other()).clone();
        Some((direction, Participant { person, state: part.other, muted: part.other_muted }))
    }
}
