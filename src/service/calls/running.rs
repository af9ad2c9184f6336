//! One running call as the service sees it: the machine that decides, the people, and their records so far.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use super::book::Book;
use crate::control::call::{Call, Entry, News, Next, Side};
use crate::control::forwarding::Route;
use crate::control::group::{self, GroupCall};
use crate::domain::call::{Direction, Participant, Peer};
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId, Identity, LegId};
use crate::domain::park::ParkSlot;
use crate::domain::person::Person;
use crate::domain::record::Outcome;
use crate::domain::time::UnixMillis;
use crate::domain::transfer::{HandedTo, Via};
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
    /// Endpoints that were moved here and have still to bring a leg, and from which call.
    pub moved: BTreeMap<EndpointId, CallId>,
}

/// What decides about a call.
#[derive(Debug)]
pub(super) enum Machine {
    Direct(Box<Direct>),
    Group { call: Box<GroupCall>, group: Group },
}

/// A direct call, and who is on its two sides now.
#[derive(Debug)]
pub(super) struct Direct {
    pub call: Call,
    caller: Person,
    callee: Person,
    /// Whom the request at hand hands it on to.
    pub next: Option<Person>,
    /// Who handed it on last.
    pub giver: Option<Person>,
    /// At whom it has been since it was called.
    pub route: Route,
    /// To whom the machine's forwards lead, one after another.
    pub onward: VecDeque<Person>,
    /// How it comes to ring, when nobody simply called.
    pub via: Option<Via>,
    /// Where it is parked.
    pub slot: Option<ParkSlot>,
    /// Whose endpoints have to ring when they connect.
    pub rings: Option<Identity>,
    /// Since when they do.
    pub rings_since: Option<Instant>,
    /// Every endpoint that has, or had, to do with it.
    pub concerned: BTreeSet<EndpointId>,
}

impl Running {
    pub fn new(id: CallId, machine: Machine) -> Self {
        Self { id, machine, book: Book::new(id), timer: None, moved: BTreeMap::new() }
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
        let (call_id, moved_from) = (self.id, self.moved.get(&endpoint).copied());
        match &self.machine {
            Machine::Direct(direct) => {
                let direction = self.book.get(who).map_or(Direction::Incoming, |record| record.direction);
                let other = direct.seen_by(endpoint)?;
                Some(OngoingCall { call_id, direction, participants: vec![other], group: None, moved_from })
            }
            Machine::Group { call, group } => {
                let direction = self.book.get(who).map_or(Direction::Outgoing, |record| record.direction);
                let (participants, group) = (Vec::new(), Some(group.clone()));
                let ongoing = OngoingCall { call_id, direction, participants, group, moved_from };
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
            Entry::Answered => {
                self.book.answered(who, at);
                match side {
                    Side::Caller => self.book.taken(who, with),
                    Side::Callee => self.book.forwards_taken(direct.person(side), at),
                }
            }
            Entry::Rung => self.book.rung(who, Peer::Person(with.clone()), at),
            Entry::Taken => {
                self.book.begin(who, Peer::Person(with.clone()), Direction::Incoming, at);
                self.book.answered(who, at);
                self.book.taken(&with.identity, direct.person(side));
                self.book.forwards_taken(direct.person(side), at);
            }
            Entry::Forwarded { outcome } => self.book.forwarded(who, outcome),
            Entry::Ended { outcome, reason } => {
                match outcome {
                    Outcome::Missed => self.book.missed(who, Peer::Person(with.clone()), reason, at),
                    _ => self.book.ended(who, outcome, reason, at),
                }
                self.book.forwards_not_taken(at);
            }
            // By whom, the call does not know: see `picked_up`.
            Entry::PickedUp { .. } => {}
        }
    }

    /// Keeps in the record of one side of a direct call that `by` picked up what rang there.
    pub fn picked_up(&mut self, side: Side, by: &Person, at: UnixMillis) {
        if let Machine::Direct(direct) = &self.machine {
            self.book.picked_up(&direct.person(side).identity, by, at);
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
    /// A call that goes the way of `route`, which leads from the callee to each of `onward`.
    pub fn new(
        call: Call,
        endpoint: EndpointId,
        (caller, callee): (Person, Person),
        route: Route,
        onward: Vec<Person>,
    ) -> Self {
        let (concerned, onward) = ([endpoint].into(), onward.into());
        let (next, giver, via, slot, rings, rings_since) = (None, None, None, None, None, None);
        Self { call, caller, callee, next, giver, route, onward, via, slot, rings, rings_since, concerned }
    }

    pub fn person(&self, side: Side) -> &Person {
        match side {
            Side::Caller => &self.caller,
            Side::Callee => &self.callee,
        }
    }

    /// Whether this person is on one of the sides.
    pub fn is_with(&self, who: &Person) -> bool {
        Side::BOTH.into_iter().any(|side| self.person(side).identity == who.identity)
    }

    /// Who is, or is to be, on the other side of an endpoint that takes part.
    pub fn other_than(&self, endpoint: EndpointId) -> Option<&Person> {
        Some(self.person(self.call.part(endpoint)?.side.other()))
    }

    /// Who calls, for whom it rings at.
    pub fn from(&self) -> &Person {
        self.person(self.rung_side().other())
    }

    /// Whose endpoints ring.
    pub fn rung(&self) -> &Person {
        self.person(self.rung_side())
    }

    fn rung_side(&self) -> Side {
        self.call.rung_side().unwrap_or(Side::Callee)
    }

    /// The notice for an endpoint that takes part.
    pub fn notice(&self, call_id: CallId, endpoint: EndpointId, news: News) -> Option<Notice> {
        Some(match news {
            News::State(state) => Notice::CallChanged { call_id, state },
            News::Ended(reason) => Notice::CallEnded { call_id, reason },
            News::Other { state, muted } => {
                let person = self.other_than(endpoint)?.clone();
                Notice::CallParticipant { call_id, participant: Participant { person, state, muted } }
            }
        })
    }

    /// A side is somebody else's from now on; the notice for the other one. `taker` is who picked it up.
    pub fn handed_on(&mut self, call_id: CallId, side: Side, to: Next, taker: Option<Person>) -> Option<Notice> {
        let before = self.person(side).clone();
        let mut forwarded = None;
        let (by, to) = match to {
            Next::Named => {
                let person = self.next.take()?;
                self.via = Some(Via::Transferred { by: before.clone() });
                self.giver = Some(before.clone());
                (before, HandedTo::Person { person })
            }
            Next::Forwarded { when } => {
                let person = self.onward.pop_front()?;
                self.via = Some(Via::Forwarded { by: before.clone(), when });
                forwarded = Some(when);
                (before, HandedTo::Person { person })
            }
            Next::Giver { reason } => {
                let person = self.giver.clone()?;
                // Who parked it and fetched it again has nobody to blame.
                let from = (before.identity != person.identity).then_some(before);
                self.via = from.map(|from| Via::Returned { from, reason });
                (person.clone(), HandedTo::Person { person })
            }
            Next::Slot => {
                let slot = self.slot?;
                self.via = Some(Via::Recalled { slot });
                self.giver = Some(before.clone());
                (before, HandedTo::Slot { slot })
            }
            Next::Taker { .. } => {
                let person = taker?;
                (person.clone(), HandedTo::Person { person })
            }
        };
        if let HandedTo::Person { person } = &to {
            *self.person_mut(side) = person.clone();
        }
        Some(Notice::CallHandedOn { call_id, by, to, forwarded })
    }

    fn person_mut(&mut self, side: Side) -> &mut Person {
        match side {
            Side::Caller => &mut self.caller,
            Side::Callee => &mut self.callee,
        }
    }

    /// The other side of an endpoint that takes part.
    fn seen_by(&self, endpoint: EndpointId) -> Option<Participant> {
        let part = self.call.part(endpoint)?;
        let person = self.person(part.side.other()).clone();
        Some(Participant { person, state: part.other, muted: part.other_muted })
    }
}
