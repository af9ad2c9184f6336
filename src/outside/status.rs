//! What a running phone is doing, as one value that other programs get: laid together from the phone's events. Pure.

use serde::{Deserialize, Serialize};

use crate::domain::call::{CallState, Direction, Peer};
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::{CallId, Identity};
use crate::domain::park::{ParkSlot, ParkedCall};
use crate::domain::person::{Favourite, Friend};
use crate::domain::presence::PresenceState;
use crate::domain::time::UnixMillis;
use crate::phone::event::{CallView, Event, Incoming, Link};
use crate::texts::{desk, rules, state};

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
    /// The call that was active before the one that is; for the phone alone.
    #[serde(skip)]
    pub before: Option<CallId>,
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

/// A call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRow {
    /// Its number on the screen, from 1: the first that was free when it came, and its own until it is over.
    pub number: usize,
    /// Which.
    pub call_id: CallId,
    /// Its state.
    pub state: CallState,
    /// Who called whom.
    pub direction: Direction,
    /// Whether it rings here, and can be answered or declined.
    pub rings: bool,
    /// Whom it is with, as shown: a person, or a group.
    pub who: String,
    /// Where calls for the other side go, of a direct call.
    pub identity: Option<Identity>,
    /// Whether it is a group call.
    pub group: bool,
    /// Whether it is the one that is heard, and hears.
    pub active: bool,
    /// Whether the microphone is off.
    pub muted: bool,
    /// When it began.
    pub since: UnixMillis,
    /// When it was connected.
    pub connected_at: Option<UnixMillis>,
    /// Since when this phone holds it.
    pub held_since: Option<UnixMillis>,
    /// The call that waits while this one is to ask somebody first.
    pub consult_of: Option<CallId>,
    /// How it came to ring here, in a few words, when it was not simply made by who it is with.
    pub via: Option<String>,
}

/// A parked call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedRow {
    /// Where.
    pub slot: ParkSlot,
    /// Who waits.
    pub who: String,
    /// Who parked it.
    pub by: String,
    /// Since when.
    pub since: UnixMillis,
}

/// A favourite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FavouriteRow {
    /// The number.
    pub number: Favourite,
    /// Who, as shown.
    pub who: String,
    /// Where calls for that person go.
    pub identity: Identity,
    /// What that person is doing.
    pub presence: PresenceState,
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
            before: None,
        }
    }

    /// Takes in what the phone tells. Says whether anything is different now.
    pub fn take(&mut self, event: &Event) -> bool {
        match event {
            Event::Link(link) => set(&mut self.link, LinkState::of(link)),
            Event::Me(person) => {
                let account = set(&mut self.account, person.name.as_str().to_owned());
                set(&mut self.name, person.display_name.as_str().to_owned()) || account
            }
            Event::MyPresence(presence) => set(&mut self.presence, Some(presence.state)),
            Event::Missed(count) => set(&mut self.missed, *count),
            Event::ParkedCalls(parked) => set(&mut self.parked, parked.iter().map(ParkedRow::of).collect()),
            Event::Rules(told) => set(&mut self.forwarded_to, rules::to(told, ForwardWhen::Always).map(str::to_owned)),
            Event::Friends(friends) => set(&mut self.favourites, FavouriteRow::all(friends)),
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

impl CallRow {
    fn ringing(incoming: &Incoming) -> Self {
        Self {
            number: 0,
            call_id: incoming.call,
            state: CallState::Ringing,
            direction: Direction::Incoming,
            rings: true,
            who: incoming.from.display_name.as_str().to_owned(),
            identity: Some(incoming.from.identity.clone()),
            group: incoming.group.is_some(),
            active: false,
            muted: false,
            since: incoming.at,
            connected_at: None,
            held_since: None,
            consult_of: None,
            via: incoming.via.as_ref().map(desk::via),
        }
    }

    fn of(view: &CallView) -> Self {
        let (who, identity) = other_side(view);
        Self {
            number: 0,
            call_id: view.call,
            state: view.state,
            direction: view.direction,
            rings: false,
            who,
            identity,
            group: is_group(view),
            active: false,
            muted: view.muted,
            since: view.started_at,
            connected_at: view.connected_at,
            held_since: view.held_since,
            consult_of: view.consult_of,
            via: view.via.as_ref().map(desk::via),
        }
    }

    /// Whether it was answered: somebody talks, or is on hold.
    pub fn is_connected(&self) -> bool {
        match self.state {
            CallState::Connected | CallState::LocalHold | CallState::RemoteHold => true,
            CallState::None
            | CallState::Connecting
            | CallState::Ringing
            | CallState::EarlyMedia
            | CallState::InLobby
            | CallState::Disconnecting
            | CallState::Disconnected => false,
        }
    }

    /// Whether this phone holds it.
    pub fn is_held(&self) -> bool {
        self.state == CallState::LocalHold
    }
}

impl FavouriteRow {
    /// Those of a friend list, by number.
    fn all(friends: &[Friend]) -> Vec<Self> {
        let row = |friend: &Friend| {
            Some(Self {
                number: friend.favourite?,
                who: friend.person.display_name.as_str().to_owned(),
                identity: friend.person.identity.clone(),
                presence: friend.presence.state,
            })
        };
        let mut rows: Vec<Self> = friends.iter().filter_map(row).collect();
        rows.sort_by_key(|row| row.number);
        rows
    }
}

impl ParkedRow {
    fn of(parked: &ParkedCall) -> Self {
        Self {
            slot: parked.slot,
            who: parked.person.display_name.as_str().to_owned(),
            by: parked.by.display_name.as_str().to_owned(),
            since: parked.since,
        }
    }
}

fn is_group(view: &CallView) -> bool {
    view.group.is_some() || matches!(view.with, Peer::Group(_))
}

/// Whom a call is with now, as shown, and the identity of somebody who is alone there. The other side of a direct call may
/// be another person than the call began with.
pub(super) fn other_side(view: &CallView) -> (String, Option<Identity>) {
    match (&view.group, view.other_side()) {
        (None, Some(person)) if !is_group(view) => {
            (person.display_name.as_str().to_owned(), Some(person.identity.clone()))
        }
        (Some(card), _) => (state::peer(&Peer::Group(card.group.reference())).to_owned(), None),
        (None, _) => (state::peer(&view.with).to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{bob, call, carol, group_call, incoming, me, number, summary};
    use super::*;
    use crate::domain::end_reason::EndReason;
    use crate::domain::forwarding::{AccountRules, CallRules};
    use crate::domain::person::Person;
    use crate::domain::presence::Presence;
    use crate::domain::transfer::Via;

    fn status() -> Status {
        let mut status = Status::new("http://h:1".to_owned(), true, 7);
        assert!(status.take(&Event::Me(me())));
        status
    }

    #[test]
    fn what_does_not_change_it_says_so() {
        let mut status = status();
        assert!(!status.take(&Event::Me(me())));
        assert!(status.take(&Event::Link(Link::Up)) && !status.take(&Event::Link(Link::Up)));
        assert!(status.take(&Event::MyPresence(Presence::now(PresenceState::Away))));
        assert!(status.take(&Event::Missed(2)) && !status.take(&Event::Missed(2)));
        assert!(!status.take(&Event::Warning("x".to_owned())));
        assert_eq!((status.account.as_str(), status.missed), ("alice", 2));
    }

    #[test]
    fn calls_keep_their_row_from_the_first_ring_on() {
        let mut status = status();
        status.take(&Event::Incoming(incoming(1, bob())));
        status.take(&Event::Incoming(incoming(2, carol())));
        assert_eq!(status.ringing().map(|row| row.who.as_str()), Some("Bob"));
        status.take(&Event::Call(call(1, bob(), CallState::Connected)));
        status.take(&Event::Active(Some(number(1))));
        let rows: Vec<_> = status.calls.iter().map(|row| (row.who.as_str(), row.rings, row.active)).collect();
        assert_eq!(rows, [("Bob", false, true), ("Carol", true, false)]);
        assert_eq!(status.active().map(|row| row.call_id), Some(number(1)));
        // Told again while it is answered: it does not ring once more.
        assert!(!status.take(&Event::Incoming(incoming(1, bob()))));
        status.take(&Event::Ended(summary(1, bob(), EndReason::HUNG_UP)));
        assert_eq!(status.calls.len(), 1);
        assert_eq!(status.active(), None);
        let gone = Event::IncomingEnded { call: number(2), from: carol(), reason: EndReason::CANCELLED };
        assert!(status.take(&gone) && status.calls.is_empty());
    }

    #[test]
    fn a_number_that_is_free_is_given_again() {
        let mut status = status();
        (1..=3).for_each(|id| assert!(status.take(&Event::Incoming(incoming(id, bob())))));
        status.take(&Event::IncomingEnded { call: number(2), from: bob(), reason: EndReason::CANCELLED });
        status.take(&Event::Call(call(4, carol(), CallState::Connecting)));
        let rows: Vec<_> = status.calls.iter().map(|row| (row.number, row.call_id)).collect();
        assert_eq!(rows, [(1, number(1)), (2, number(4)), (3, number(3))]);
    }

    #[test]
    fn favourites_and_that_all_calls_are_forwarded_are_told() {
        let mut status = status();
        let friend = |person: Person, favourite: Option<u8>| Friend {
            person,
            presence: Presence::now(PresenceState::Online),
            favourite: favourite.map(|number| number.try_into().unwrap()),
        };
        assert!(status.take(&Event::Friends(vec![friend(bob(), Some(2)), friend(carol(), None)])));
        let presence = Presence::now(PresenceState::Ringing);
        assert!(status.take(&Event::Presence { identity: bob().identity, presence }));
        assert!(!status.take(&Event::Presence { identity: carol().identity, presence }));
        let told = serde_json::to_string(&status.favourites).unwrap();
        assert_eq!(told, r#"[{"number":2,"who":"Bob","identity":"8:acs:demo_bob","presence":"ringing"}]"#);
        let rules = CallRules { always: Some(carol().identity), ..CallRules::default() };
        assert!(status.take(&Event::Rules(AccountRules { rules, people: vec![carol()] })));
        assert_eq!(status.forwarded_to.as_deref(), Some("Carol"));
        assert!(status.take(&Event::Rules(AccountRules::default())) && status.forwarded_to.is_none());
    }

    #[test]
    fn the_other_call_is_the_one_talked_to_before() {
        let mut status = status();
        assert_eq!(status.other(), None);
        for id in 1..=3 {
            status.take(&Event::Call(call(id, bob(), CallState::LocalHold)));
            status.take(&Event::Active(Some(number(id))));
        }
        assert_eq!(status.other().map(|row| row.call_id), Some(number(2)));
        status.take(&Event::Active(Some(number(1))));
        assert_eq!(status.other().map(|row| row.call_id), Some(number(3)));
        status.take(&Event::Ended(summary(3, bob(), EndReason::HUNG_UP)));
        assert_eq!(status.other().map(|row| row.call_id), Some(number(2)));
    }

    #[test]
    fn a_call_alone_is_the_active_one() {
        let mut status = status();
        status.take(&Event::Call(call(1, bob(), CallState::Ringing)));
        assert_eq!(status.active().map(|row| row.who.as_str()), Some("Bob"));
        status.take(&Event::Call(call(2, carol(), CallState::Ringing)));
        assert_eq!(status.active(), None);
    }

    #[test]
    fn who_is_there_now_is_told_and_not_who_was_called() {
        let mut status = status();
        let mut view = call(1, bob(), CallState::Connected);
        view.participants = call(1, carol(), CallState::Connected).participants;
        view.via = Some(Via::Transferred { by: bob() });
        status.take(&Event::Call(view));
        let row = status.calls.first().unwrap();
        assert_eq!((row.who.as_str(), row.identity.clone()), ("Carol", Some(carol().identity)));
        assert_eq!(row.via.as_deref(), Some("from Bob"));
        status.take(&Event::Call(group_call(2, "Ops bridge")));
        let row = status.calls.last().unwrap();
        assert_eq!((row.who.as_str(), row.group, &row.identity), ("Ops bridge", true, &None));
    }

    #[test]
    fn a_call_that_goes_on_under_another_id_is_one_row_and_still_the_one_talked_to_before() {
        let mut status = status();
        status.take(&Event::Call(call(1, bob(), CallState::Connected)));
        status.take(&Event::Call(call(2, carol(), CallState::Connecting)));
        status.take(&Event::Moved { call: number(1), into: number(2) });
        assert_eq!(status.calls.iter().map(|row| (row.number, row.call_id)).collect::<Vec<_>>(), [(1, number(2))]);
        for id in [2, 3, 4] {
            status.take(&Event::Call(call(id, bob(), CallState::LocalHold)));
            status.take(&Event::Active(Some(number(id))));
        }
        status.take(&Event::Call(call(5, carol(), CallState::LocalHold)));
        status.take(&Event::Moved { call: number(3), into: number(5) });
        assert_eq!(status.other().map(|row| row.call_id), Some(number(5)));
    }

    #[test]
    fn it_is_read_as_it_was_written_and_may_gain_fields() {
        let mut status = status();
        status.take(&Event::Call(call(1, bob(), CallState::LocalHold)));
        let mut written = serde_json::to_value(&status).unwrap();
        assert_eq!(written["calls"][0]["state"], "localHold");
        written["moon"] = "full".into();
        assert_eq!(serde_json::from_value::<Status>(written).unwrap(), status);
    }
}
