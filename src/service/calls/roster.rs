//! Who is there: the registered endpoints of each person, and the presence that follows from them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::endpoint::{Endpoint, Registration};
use crate::control::call::{ABSENT_MAX, Candidate, Reach};
use crate::domain::id::{CallId, EndpointId, Identity};
use crate::domain::person::Person;
use crate::domain::presence::{PresenceChoice, PresenceState};
use crate::protocol::notice::Notice;

/// How long a lost endpoint still counts as there: sockets break and come back.
const PRESENT_AFTER_LOSS: Duration = Duration::from_secs(5);

/// How long a lost endpoint is remembered when nobody says that it left: longer than it may come back.
const REMEMBERED_AFTER_LOSS: Duration = Duration::from_secs(ABSENT_MAX.as_secs() + 60);

/// The registered endpoints.
#[derive(Debug, Default)]
pub(super) struct Roster {
    seats: BTreeMap<EndpointId, Seat>,
    people: BTreeMap<Identity, BTreeSet<EndpointId>>,
    /// When a lost endpoint stops counting as there, and when it is forgotten.
    due: BTreeSet<(Instant, EndpointId)>,
}

/// A registered endpoint.
#[derive(Debug)]
pub(super) struct Seat {
    pub person: Person,
    turn: u64,
    max_calls: usize,
    busy_from: usize,
    seen_ringing: bool,
    /// Closed once it was too slow.
    notices: Option<mpsc::Sender<Notice>>,
    lost_at: Option<Instant>,
    /// The calls it takes part in.
    pub calls: BTreeSet<CallId>,
    /// The calls that ring here.
    pub ringing: BTreeSet<CallId>,
}

impl Seat {
    /// Whether it can take one more call.
    pub fn has_room(&self) -> bool {
        self.calls.len() < self.max_calls
    }

    pub fn is_lost(&self) -> bool {
        self.lost_at.is_some()
    }

    /// Whether it can ring, as far as nobody minds being disturbed.
    pub fn reach(&self) -> Reach {
        if !self.has_room() {
            Reach::InCall
        } else if self.is_lost() {
            Reach::Lost
        } else {
            Reach::Free
        }
    }

    /// In how many calls it can be at once.
    pub fn max_calls(&self) -> usize {
        self.max_calls
    }

    /// Sets that; the number before comes back.
    pub fn set_max_calls(&mut self, max_calls: usize) -> usize {
        std::mem::replace(&mut self.max_calls, max_calls)
    }

    /// Whether news of this registration still counts.
    pub fn is_of(&self, registration: Registration) -> bool {
        self.turn == registration.turn
    }

    /// All calls that have to do with it.
    pub fn concerned(&self) -> Vec<CallId> {
        self.calls.union(&self.ringing).copied().collect()
    }

    fn is_present(&self, now: Instant) -> bool {
        !self.calls.is_empty() || self.lost_at.is_none_or(|at| now < at + PRESENT_AFTER_LOSS)
    }

    fn is_in_call(&self) -> bool {
        self.calls.len() >= self.busy_from
    }

    fn is_seen_ringing(&self) -> bool {
        self.seen_ringing && !self.ringing.is_empty()
    }
}

impl Roster {
    /// Seats an endpoint; one with the same id keeps its calls. `false` when the id is another person's.
    pub fn register(&mut self, endpoint: Endpoint, registration: Registration) -> bool {
        let Endpoint { id, person, max_calls, busy_from, seen_ringing, notices } = endpoint;
        let before = self.seats.get(&id);
        if before.is_some_and(|seat| seat.person.identity != person.identity) {
            return false;
        }
        let lost_at = before.and_then(|seat| seat.lost_at);
        let (calls, ringing) = before.map(|seat| (seat.calls.clone(), seat.ringing.clone())).unwrap_or_default();
        self.clear_due(id, lost_at);
        self.people.entry(person.identity.clone()).or_default().insert(id);
        let turn = registration.turn;
        let notices = Some(notices);
        let seat = Seat { person, turn, max_calls, busy_from, seen_ringing, notices, lost_at: None, calls, ringing };
        self.seats.insert(id, seat);
        true
    }

    /// Marks an endpoint as lost. `false` when it was already, or is not there.
    pub fn lose(&mut self, id: EndpointId, now: Instant) -> bool {
        let Some(seat) = self.seats.get_mut(&id).filter(|seat| !seat.is_lost()) else { return false };
        seat.lost_at = Some(now);
        self.due.insert((now + PRESENT_AFTER_LOSS, id));
        self.due.insert((now + REMEMBERED_AFTER_LOSS, id));
        true
    }

    /// Marks a lost endpoint as back. `false` when it was not lost, or was too slow to be told anything.
    pub fn regain(&mut self, id: EndpointId) -> bool {
        let Some(seat) = self.seats.get_mut(&id).filter(|seat| seat.notices.is_some()) else { return false };
        let lost_at = seat.lost_at.take();
        self.clear_due(id, lost_at);
        lost_at.is_some()
    }

    /// Shows somebody otherwise from now on.
    pub fn shown_as(&mut self, person: &Person) {
        for id in self.people.get(&person.identity).into_iter().flatten() {
            if let Some(seat) = self.seats.get_mut(id) {
                seat.person = person.clone();
            }
        }
    }

    pub fn forget(&mut self, id: EndpointId) {
        let Some(seat) = self.seats.remove(&id) else { return };
        self.clear_due(id, seat.lost_at);
        if let Some(endpoints) = self.people.get_mut(&seat.person.identity) {
            endpoints.remove(&id);
            if endpoints.is_empty() {
                self.people.remove(&seat.person.identity);
            }
        }
    }

    /// Whether news of this registration still counts.
    pub fn is_current(&self, registration: Registration) -> bool {
        self.seats.get(&registration.id).is_some_and(|seat| seat.is_of(registration))
    }

    pub fn seat(&self, id: EndpointId) -> Option<&Seat> {
        self.seats.get(&id)
    }

    pub fn seat_mut(&mut self, id: EndpointId) -> Option<&mut Seat> {
        self.seats.get_mut(&id)
    }

    /// All endpoints.
    pub fn endpoints(&self) -> Vec<EndpointId> {
        self.seats.keys().copied().collect()
    }

    pub fn endpoints_of<'a>(&'a self, who: &Identity) -> impl Iterator<Item = EndpointId> + use<'a> {
        self.people.get(who).into_iter().flatten().copied()
    }

    /// The endpoints that take part in a call, or ring for it.
    pub fn concerned_by(&self, call: CallId) -> impl Iterator<Item = EndpointId> {
        let concerned = move |seat: &Seat| seat.calls.contains(&call) || seat.ringing.contains(&call);
        self.seats.iter().filter(move |(_, seat)| concerned(seat)).map(|(id, _)| *id)
    }

    /// The endpoints of somebody who is called, as if nobody minded being disturbed; those lost for long are not waited
    /// for.
    pub fn candidates(&self, who: &Identity, now: Instant) -> Vec<Candidate> {
        let seats = self.endpoints_of(who).filter_map(|id| Some((id, self.seat(id)?)));
        let seats = seats.filter(|(_, seat)| seat.is_present(now));
        seats.map(|(endpoint, seat)| Candidate { endpoint, reach: seat.reach() }).collect()
    }

    /// Pushes a notice without waiting. `false` when the endpoint is too slow, or does not read any more: its queue is
    /// closed then.
    pub fn push(&mut self, id: EndpointId, notice: Notice) -> bool {
        let Some(seat) = self.seats.get_mut(&id) else { return true };
        let Some(queue) = &seat.notices else { return true };
        if queue.try_send(notice).is_ok() {
            return true;
        }
        tracing::warn!(endpoint = %id, "an endpoint does not read its notices; it counts as lost");
        seat.notices = None;
        false
    }

    /// What somebody is doing who chose to be `choice`: what rings and a call before all else.
    pub fn state_of(&self, who: &Identity, choice: PresenceChoice, now: Instant) -> PresenceState {
        let seats = self.endpoints_of(who).filter_map(|id| self.seat(id));
        let present: Vec<&Seat> = seats.filter(|seat| seat.is_present(now)).collect();
        if present.is_empty() {
            return PresenceState::Offline;
        }
        let any = |holds: fn(&Seat) -> bool| present.iter().any(|seat| holds(seat));
        match choice {
            _ if any(Seat::is_seen_ringing) => PresenceState::Ringing,
            _ if any(Seat::is_in_call) => PresenceState::InCall,
            PresenceChoice::Online => PresenceState::Online,
            PresenceChoice::Away => PresenceState::Away,
            PresenceChoice::DoNotDisturb => PresenceState::DoNotDisturb,
        }
    }

    /// When [`Roster::take_due`] has something next.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// The next endpoint whose loss has come of age, and whether it is to be forgotten.
    pub fn take_due(&mut self, now: Instant) -> Option<(EndpointId, bool)> {
        let (at, id) = *self.due.first()?;
        if now < at {
            return None;
        }
        self.due.pop_first();
        let lost_at = self.seat(id).and_then(|seat| seat.lost_at);
        Some((id, lost_at.is_some_and(|lost| now >= lost + REMEMBERED_AFTER_LOSS)))
    }

    fn clear_due(&mut self, id: EndpointId, lost_at: Option<Instant>) {
        for at in lost_at.into_iter().flat_map(|at| [at + PRESENT_AFTER_LOSS, at + REMEMBERED_AFTER_LOSS]) {
            self.due.remove(&(at, id));
        }
    }
}

#[cfg(test)]
impl Roster {
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty() && self.people.is_empty() && self.due.is_empty()
    }
}
