//! What a running phone is doing, as one value that other programs get: laid together from the phone's events. Pure.

mod rows;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(super) use self::rows::other_side;
pub use self::rows::{CallRow, FavouriteRow, ParkedRow};
use crate::domain::call::{CallState, Direction};
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::CallId;
use crate::domain::person::{FriendRequest, Person};
use crate::domain::presence::PresenceState;
use crate::phone::event::{CallView, Event, Incoming, Link};
use crate::texts::rules;

/// What the phone is doing now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The name its user signs in with.
    pub account: String,
    /// How its user is shown.
    pub name: String,
    /// The service it is signed in to.
    pub server: String,
    /// Whether it has a screen.
    pub screen: bool,
    /// Its process.
    pub pid: u32,
    /// The connection to the service.
    pub link: LinkState,
    /// What others see of the user, once that is known.
    pub presence: Option<PresenceState>,
    /// How many calls were missed since the last look at them.
    pub missed: u32,
    /// Its calls, those that ring here included, by number.
    pub calls: Vec<CallRow>,
    /// The parked calls, by slot.
    pub parked: Vec<ParkedRow>,
    /// Whom all calls are forwarded to, as shown.
    #[serde(default)]
    pub forwarded_to: Option<String>,
    /// The favourites, by number.
    #[serde(default)]
    pub favourites: Vec<FavouriteRow>,
    /// How many people ask to be friends.
    #[serde(default)]
    pub friend_requests: usize,
    /// People, who are told when that is asked for.
    #[serde(skip)]
    pub people: People,
    /// The call that was active before the one that is; for the phone alone.
    #[serde(skip)]
    pub before: Option<CallId>,
}

/// Lists of people, which may be long; once they are known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct People {
    /// The user.
    pub me: Option<Person>,
    /// The open friend requests.
    pub requests: Option<Arc<[FriendRequest]>>,
    /// Who is blocked.
    pub blocked: Option<Arc<[Person]>>,
}

/// The connection to the service, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Being made.
    Connecting,
    /// Up.
    Up,
    /// Lost; it comes back by itself.
    Down,
    /// Refused for good.
    Refused,
}

impl Status {
    /// A phone nothing is known of yet but where it signs in.
    pub fn new(server: String, screen: bool, pid: u32) -> Self {
        Self {
            account: String::new(),
            name: String::new(),
            server,
            screen,
            pid,
            link: LinkState::Connecting,
            presence: None,
            missed: 0,
            calls: Vec::new(),
            parked: Vec::new(),
            forwarded_to: None,
            favourites: Vec::new(),
            friend_requests: 0,
            people: People::default(),
            before: None,
        }
    }

    /// Takes in what the phone tells. Says whether anything is different now.
    pub fn take(&mut self, event: &Event) -> bool {
        match event {
            Event::Link(link) => set(&mut self.link, LinkState::of(link)),
            Event::Me(person) => {
                self.people.me = Some(person.clone());
                let account = set(&mut self.account, person.name.as_str().to_owned());
                set(&mut self.name, person.display_name.as_str().to_owned()) || account
            }
            Event::MyPresence(presence) => set(&mut self.presence, Some(presence.state)),
            Event::Missed(count) => set(&mut self.missed, *count),
            Event::ParkedCalls(parked) => set(&mut self.parked, parked.iter().map(ParkedRow::of).collect()),
            Event::Rules(told) => set(&mut self.forwarded_to, rules::to(told, ForwardWhen::Always).map(str::to_owned)),
            Event::Friends(friends) => set(&mut self.favourites, FavouriteRow::all(friends)),
            Event::FriendRequests(requests) => {
                let asks = |request: &&FriendRequest| request.direction == Direction::Incoming;
                self.friend_requests = requests.iter().filter(asks).count();
                set(&mut self.people.requests, Some(requests.as_slice().into()))
            }
            Event::Blocked(people) => set(&mut self.people.blocked, Some(people.as_slice().into())),
            Event::Presence { identity, presence } => {
                let row = self.favourites.iter_mut().find(|row| row.identity == *identity);
                row.is_some_and(|row| set(&mut row.presence, presence.state))
            }
            Event::Incoming(incoming) => self.rings(incoming),
            Event::Call(view) => self.changed(view),
            Event::Active(active) => self.activate(*active),
            Event::IncomingEnded { call, .. } => self.gone(*call),
            Event::Moved { call, into } => self.goes_on(*call, *into),
            Event::Ended(summary) => self.gone(summary.call),
            _ => false,
        }
    }

    /// The call with this ID.
    pub fn call(&self, call: CallId) -> Option<&CallRow> {
        self.calls.iter().find(|row| row.call_id == call)
    }

    /// The call that is heard; of one call alone, that one, unless it still has to be answered.
    pub fn active(&self) -> Option<&CallRow> {
        let mut others = self.calls.iter().filter(|row| !row.rings);
        let only = || others.next().filter(|_| others.next().is_none());
        self.calls.iter().find(|row| row.active).or_else(only)
    }

    /// The call that has been ringing here the longest.
    pub fn ringing(&self) -> Option<&CallRow> {
        self.calls.iter().filter(|row| row.rings).min_by_key(|row| row.since)
    }

    /// The call to change over to: the one that was active before, or else the first that is connected beside the active
    /// one.
    pub fn other(&self) -> Option<&CallRow> {
        let active = self.active().map(|row| row.call_id);
        let mut others = self.calls.iter().filter(|row| row.is_connected() && Some(row.call_id) != active);
        let before = others.clone().find(|row| Some(row.call_id) == self.before);
        before.or_else(|| others.next())
    }

    fn rings(&mut self, incoming: &Incoming) -> bool {
        let mut row = CallRow::ringing(incoming);
        match self.calls.iter_mut().find(|known| known.call_id == row.call_id) {
            // Told again after a reconnect, or on its way to being answered.
            Some(known) if known.rings => {
                row.number = known.number;
                set(known, row)
            }
            Some(_) => false,
            None => self.add(row),
        }
    }

    fn changed(&mut self, view: &CallView) -> bool {
        if view.state == CallState::Disconnected {
            return self.gone(view.call);
        }
        let mut row = CallRow::of(view);
        match self.calls.iter_mut().find(|known| known.call_id == row.call_id) {
            Some(known) => {
                (row.active, row.number) = (known.active, known.number);
                set(known, row)
            }
            None => self.add(row),
        }
    }

    /// Gives a call the first number that is free.
    fn add(&mut self, mut row: CallRow) -> bool {
        let taken = self.calls.iter().zip(1..).take_while(|(row, number)| row.number == *number).count();
        row.number = taken + 1;
        self.calls.insert(taken, row);
        true
    }

    /// A call goes on under another id, with its number.
    fn goes_on(&mut self, call: CallId, into: CallId) -> bool {
        if self.before == Some(call) {
            self.before = Some(into);
        }
        let number = self.call(call).map(|row| row.number);
        self.gone(call);
        if let Some((row, number)) = self.calls.iter_mut().find(|row| row.call_id == into).zip(number) {
            row.number = number;
        }
        self.calls.sort_by_key(|row| row.number);
        number.is_some()
    }

    fn activate(&mut self, active: Option<CallId>) -> bool {
        let was = self.calls.iter().find(|row| row.active).map(|row| row.call_id);
        if was.is_some() && was != active {
            self.before = was;
        }
        let mut changed = false;
        for row in &mut self.calls {
            changed |= set(&mut row.active, Some(row.call_id) == active);
        }
        changed
    }

    fn gone(&mut self, call: CallId) -> bool {
        let before = self.calls.len();
        self.calls.retain(|row| row.call_id != call);
        self.calls.len() != before
    }
}

/// Puts `value` there. Says whether another one was there.
fn set<T: PartialEq>(place: &mut T, value: T) -> bool {
    let differs = *place != value;
    *place = value;
    differs
}

impl LinkState {
    fn of(link: &Link) -> Self {
        match link {
            Link::Connecting => Self::Connecting,
            Link::Up => Self::Up,
            Link::Down { .. } => Self::Down,
            Link::Refused { .. } => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests;
