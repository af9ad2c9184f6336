//! Several people, their clients and a bot, all doing anything at any time, in one thread and virtual time: nothing is
//! left behind when they have gone, every leg is closed once, every record is completed, and nobody is rung by whom they block.

mod checks;
mod handing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::{broadcast, mpsc, oneshot};
use uuid::Uuid;

use super::endpoint::{Endpoint, Registration};
use super::groups::JoinCall;
use super::journal::Journal;
use super::kit::{Did, Tape, group, person};
use super::mailbox::{InviteCall, Message, StartCall};
use super::owner::Owner;
use super::ports::OwnedRecord;
use crate::base::clock;
use crate::base::seed::Seed;
use crate::control::call::Event;
use crate::domain::forwarding::{AccountRules, CallRules, ForwardWhen};
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId, GroupId, Identity, LegId};
use crate::domain::presence::PresenceChoice;
use crate::domain::record::CallRecord;
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;

/// Worlds that are played through.
const WORLDS: u64 = 150;

const NAMES: [&str; 4] = ["alice", "bob", "carol", "echo"];

#[test]
fn when_all_have_gone_nothing_is_left_of_their_calls() {
    let mut done = Done::default();
    for seed in 0..WORLDS {
        let played = std::panic::catch_unwind(|| play(seed));
        let played = played.unwrap_or_else(|_| panic!("the world of seed {seed} broke a rule"));
        done.add(&played);
    }
    assert!(done.answered > 200 && done.joined > 1000 && done.invited > 100, "{done:?}");
    let forwarded = [done.forwarded, done.taken];
    let handed = [done.transferred, done.replaced, done.parked, done.picked_up, done.picked_up_ringing, done.merged];
    let handed = [handed.as_slice(), &forwarded].concat();
    assert!(handed.iter().all(|count| *count > 50), "{done:?}");
    assert!(done.blocked > 200 && done.kept_from > 50, "{done:?}");
}

/// How often what happened.
#[derive(Debug, Default)]
struct Done {
    answered: usize,
    joined: usize,
    invited: usize,
    transferred: usize,
    replaced: usize,
    parked: usize,
    picked_up: usize,
    picked_up_ringing: usize,
    merged: usize,
    forwarded: usize,
    /// Of these, how often somebody took the call.
    taken: usize,
    blocked: usize,
    /// Calls that began as calls of somebody whom the callee blocks.
    kept_from: usize,
}

impl Done {
    fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.joined += other.joined;
        self.invited += other.invited;
        self.transferred += other.transferred;
        self.replaced += other.replaced;
        self.parked += other.parked;
        self.picked_up += other.picked_up;
        self.picked_up_ringing += other.picked_up_ringing;
        self.merged += other.merged;
        self.forwarded += other.forwarded;
        self.taken += other.taken;
        self.blocked += other.blocked;
        self.kept_from += other.kept_from;
    }
}

/// Plays one world to its end.
fn play(seed: u64) -> Done {
    let mut world = World::new(seed);
    for _ in 0..500 {
        world.something_happens();
        world.check_seats();
        world.check_rings();
        world.check_answers();
    }
    world.all_leave();
    assert!(world.owner.is_empty(), "something is left");
    world.check_legs();
    let answered = world.check_records();
    world.done.answered = answered;
    world.done.kept_from = world.kept_from.len();
    world.done
}

struct World {
    dice: Seed,
    now: Instant,
    owner: Owner,
    switch: Arc<Mutex<Vec<Did>>>,
    journal: Arc<Journal>,
    seats: BTreeMap<EndpointId, Registration>,
    queues: BTreeMap<EndpointId, mpsc::Receiver<Notice>>,
    calls: Vec<CallId>,
    legs: Vec<LegId>,
    taken: BTreeSet<LegId>,
    group_calls: BTreeSet<CallId>,
    /// Calls that went on with others than they began with.
    handed: BTreeSet<CallId>,
    /// Whom it was that blocked who called them, in calls that began so.
    kept_from: BTreeMap<CallId, Identity>,
    /// What is kept of each call, for each who has a record of it.
    kept: BTreeMap<(CallId, Identity), CallRecord>,
    done: Done,
    next_id: u128,
}

impl World {
    fn new(seed: u64) -> Self {
        let switch = Arc::default();
        let journal = Arc::new(Journal::default());
        let owner = Owner::new(
            Box::new(Tape(Arc::clone(&switch))),
            Arc::clone(&journal),
            broadcast::channel(4).0,
            broadcast::channel(4).0,
        );
        Self {
            dice: Seed::new(seed),
            now: clock::now(),
            owner,
            switch,
            journal,
            seats: BTreeMap::new(),
            queues: BTreeMap::new(),
            calls: vec![CallId(Uuid::nil())],
            legs: vec![LegId(Uuid::nil())],
            taken: BTreeSet::new(),
            group_calls: BTreeSet::new(),
            handed: BTreeSet::new(),
            kept_from: BTreeMap::new(),
            kept: BTreeMap::new(),
            done: Done::default(),
            next_id: 1000,
        }
    }

    fn something_happens(&mut self) {
        self.time_passes();
        let (name, endpoint) = self.somebody();
        let call = self.pick(self.calls.len().min(3), self.calls.len());
        let leg = self.pick(self.legs.len().min(4), self.legs.len());
        let (call, leg) = (self.calls[call], self.legs[leg]);
        let on = self.dice.below(2) == 0;
        match self.dice.below(8) {
            0 | 1 => return self.something_happens_in_groups(endpoint, call, leg),
            2 | 3 => return self.somebody_hands_on(),
            _ => {}
        }
        let seat = self.seats.get(&endpoint).copied();
        match self.dice.below(28) {
            0..=3 => self.registers(name, endpoint),
            4..=6 => self.calls(endpoint),
            7..=10 => self.brings_leg(call, |leg| Event::Answer { endpoint, leg }),
            11 => self.brings_leg(call, |leg| Event::Rejoin { endpoint, leg }),
            12 => drop(self.asks(call, Event::Ringing { endpoint })),
            13 if on => drop(self.asks(call, Event::HangUp { endpoint })),
            14 => drop(self.asks(call, Event::Hold { endpoint, on })),
            15 => drop(self.asks(call, Event::Mute { endpoint, on })),
            16 | 17 => self.leg(leg, Event::LegUp { leg }),
            18 if on => self.leg(leg, Event::LegSilent { leg }),
            18 => self.leg(leg, Event::LegFailed { leg }),
            19 => self.queues.values_mut().for_each(|queue| while queue.try_recv().is_ok() {}),
            20 => seat.into_iter().for_each(|seat| self.send(Message::Lost(seat))),
            21 => seat.into_iter().for_each(|seat| self.send(Message::Back(seat))),
            22 if on => seat.into_iter().for_each(|seat| self.send(Message::Left(seat))),
            23 => seat.into_iter().for_each(|seat| {
                let max_calls = if self.dice.below(4) == 0 { 0 } else { 3 };
                self.send(Message::SetMaxCalls { registration: seat, max_calls });
            }),
            24 if on => self.blocks(name),
            25 => self.writes(),
            26 if on => self.send(Message::NotKept(call)),
            22 => {
                let (done, _) = oneshot::channel();
                self.send(Message::Revoked { who: person(name).identity, done });
            }
            _ => {
                let choice = [PresenceChoice::Online, PresenceChoice::Away, PresenceChoice::DoNotDisturb];
                let choice = choice[self.pick(3, 3)];
                self.send(Message::SetPresence { who: person(name).identity, choice });
                self.sets_rules(name);
            }
        }
    }

    /// Somebody blocks another one, or nobody any more.
    fn blocks(&mut self, name: &str) {
        let other = person(NAMES[self.pick(4, 4)]).identity;
        let blocked = (self.dice.below(2) == 0 && other != person(name).identity).then_some(other);
        self.done.blocked += usize::from(blocked.is_some());
        self.send(Message::SetBlocked { who: person(name).identity, blocked: blocked.into_iter().collect() });
    }

    /// What waits in the journal is written, and the owner told.
    fn writes(&mut self) {
        let records = self.journal.drain();
        for OwnedRecord { owner, record } in records.clone() {
            self.kept.insert((record.call_id, owner), record);
        }
        self.send(Message::Kept(records));
    }

    fn sets_rules(&mut self, name: &str) {
        let mut rules = CallRules { after_seconds: 5.try_into().unwrap(), ..CallRules::default() };
        for when in ForwardWhen::ALL {
            let to = (self.dice.below(3) == 0).then(|| person(NAMES[self.pick(4, 4)]).identity);
            rules.set(when, to);
        }
        if self.dice.below(2) == 0 {
            rules.except = vec![person(NAMES[self.pick(4, 4)]).identity];
        }
        // Now and then somebody is gone whom they name.
        let gone = self.pick(10, 10);
        let people = NAMES.into_iter().enumerate().filter(|(which, _)| *which != gone).map(|(_, name)| person(name));
        let rules = AccountRules { rules, people: people.collect() };
        self.send(Message::SetRules { who: person(name).identity, rules });
    }

    fn something_happens_in_groups(&mut self, endpoint: EndpointId, call: CallId, leg: LegId) {
        let who = person(NAMES[self.pick(4, 4)]);
        match self.dice.below(10) {
            0..=4 => self.joins(endpoint),
            5..=7 => {
                let seat = self.owner.roster.seat(endpoint);
                let call = seat.and_then(|seat| seat.calls.first().copied()).unwrap_or(call);
                let group = Group { id: GroupId(call.0), ..group(0) };
                let (reply, mut answer) = oneshot::channel();
                self.send(Message::Invite { invite: InviteCall { endpoint, call, who, group }, reply });
                if answer.try_recv().expect("an invitation is answered at once").is_ok() {
                    self.group_calls.insert(call);
                    self.done.invited += 1;
                }
            }
            8 => {
                let (reply, _answer) = oneshot::channel();
                self.send(Message::EndForAll { endpoint, call, reply });
            }
            _ => self.send(Message::Speakers { call, speakers: vec![leg] }),
        }
    }

    /// Somebody joins one of two groups; now and then where it met a while ago.
    fn joins(&mut self, endpoint: EndpointId) {
        let group = group(1 + u128::from(self.dice.below(2)));
        let (reply, mut answer) = oneshot::channel();
        let fresh = CallId(Uuid::from_u128(self.fresh()));
        self.send(Message::PlaceOf { group: group.id, fresh, reply });
        let place = answer.try_recv().unwrap();
        let stale = self.dice.below(10) == 0;
        let call = if stale { self.calls[self.calls.len() - 1] } else { place.call };
        let (leg, existing, muted) = (LegId(Uuid::from_u128(self.fresh())), self.dice.below(8) == 0, false);
        let (reply, mut answer) = oneshot::channel();
        let join = JoinCall { endpoint, group, call, leg, existing, muted, owner: self.dice.below(9) == 0 };
        self.send(Message::Join { join, reply });
        if let Ok(joined) = answer.try_recv().expect("a join is answered at once") {
            self.takes(leg);
            self.done.joined += 1;
            if joined.first {
                self.calls.push(call);
                self.group_calls.insert(call);
            }
        }
    }

    fn time_passes(&mut self) {
        if self.dice.below(4) > 0 {
            return;
        }
        self.now += Duration::from_millis(self.dice.below(8000));
        while self.owner.next_deadline().is_some_and(|at| at <= self.now) {
            self.owner.deadlines_passed(self.now);
        }
    }

    fn all_leave(&mut self) {
        let properly = self.dice.below(2) == 0;
        for seat in self.seats.clone().into_values() {
            match self.dice.below(3) {
                0 if !properly => self.send(Message::Lost(seat)),
                _ => self.send(Message::Left(seat)),
            }
        }
        assert!(!properly || self.owner.running.is_empty(), "a call goes on without anybody");
        let left = self.now;
        while let Some(at) = self.owner.next_deadline() {
            self.now = self.now.max(at);
            self.owner.deadlines_passed(self.now);
            assert!(self.owner.next_deadline().is_none_or(|next| self.now < next), "a deadline stands still");
        }
        assert!(self.now - left < Duration::from_secs(320), "it took {:?}", self.now - left);
    }

    fn registers(&mut self, name: &str, id: EndpointId) {
        let (notices, queue) = mpsc::channel(16);
        let max_calls = if name == "echo" { 5 } else { 3 };
        let endpoint = Endpoint {
            id,
            person: person(name),
            max_calls,
            busy_from: max_calls,
            seen_ringing: name != "echo",
            notices,
        };
        let registration = Registration { id, turn: u64::try_from(self.fresh()).unwrap() };
        let (reply, mut answer) = oneshot::channel();
        self.send(Message::Register { endpoint, registration, reply });
        answer.try_recv().unwrap().unwrap();
        self.seats.insert(id, registration);
        self.queues.insert(id, queue);
    }

    fn calls(&mut self, endpoint: EndpointId) {
        let to = person(NAMES[self.pick(4, 4)]);
        let caller = self.owner.roster.seat(endpoint).map(|seat| seat.person.identity.clone());
        let kept_from = caller.is_some_and(|caller| self.owner.rulebook.blocks(&to.identity, &caller));
        let (call, leg) = (CallId(Uuid::from_u128(self.fresh())), LegId(Uuid::from_u128(self.fresh())));
        let (reply, mut answer) = oneshot::channel();
        let ring_for = Duration::from_secs(20);
        let called = to.identity.clone();
        self.send(Message::Start { start: StartCall { endpoint, call, to, leg, ring_for }, reply });
        // Nobody writes the journal: a call that began waits for its answer.
        if !matches!(answer.try_recv(), Ok(Err(_))) {
            self.calls.push(call);
            self.takes(leg);
            if kept_from {
                self.kept_from.insert(call, called);
            }
        }
    }

    fn brings_leg(&mut self, call: CallId, event: impl FnOnce(LegId) -> Event) {
        let leg = LegId(Uuid::from_u128(self.fresh()));
        if self.asks(call, event(leg)).is_ok() {
            self.takes(leg);
        }
    }

    fn takes(&mut self, leg: LegId) {
        self.legs.push(leg);
        self.taken.insert(leg);
    }

    fn asks(&mut self, call: CallId, event: Event) -> Result<(), Failure> {
        let (reply, mut answer) = oneshot::channel();
        self.send(Message::Request { call, event, reply });
        answer.try_recv().expect("a request is answered at once")
    }

    fn leg(&mut self, leg: LegId, event: Event) {
        self.send(Message::Leg { leg, event });
    }

    fn send(&mut self, message: Message) {
        assert!(self.owner.take(message, self.now).is_continue());
    }

    fn somebody(&mut self) -> (&'static str, EndpointId) {
        let who = self.pick(4, 4);
        let which = self.dice.below(2);
        (NAMES[who], EndpointId(Uuid::from_u128(who as u128 * 2 + u128::from(which))))
    }

    /// One of the last `among` of `len` things.
    fn pick(&mut self, among: usize, len: usize) -> usize {
        len - 1 - usize::try_from(self.dice.below(among as u64)).unwrap()
    }

    fn fresh(&mut self) -> u128 {
        self.next_id += 1;
        self.next_id
    }
}
