//! Several people, their clients and a bot, all doing anything at any time, in one thread and virtual time: nothing is
//! left behind when they have gone, every leg is closed once, every record is completed.

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
use crate::base::clock;
use crate::base::seed::Seed;
use crate::control::call::Event;
use crate::control::hearing::{Choice, Hearing};
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId, GroupId, Identity, LegId};
use crate::domain::presence::PresenceChoice;
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;

/// Worlds that are played through.
const WORLDS: u64 = 150;

const NAMES: [&str; 4] = ["alice", "bob", "carol", "echo"];

#[test]
fn when_all_have_gone_nothing_is_left_of_their_calls() {
    let (mut answered, mut joined, mut invited) = (0, 0, 0);
    for seed in 0..WORLDS {
        let played = std::panic::catch_unwind(|| play(seed));
        let played = played.unwrap_or_else(|_| panic!("the world of seed {seed} broke a rule"));
        (answered, joined, invited) = (answered + played.0, joined + played.1, invited + played.2);
    }
    assert!(answered > 200, "only {answered} calls were answered");
    assert!(joined > 1000 && invited > 100, "only {joined} joined, {invited} were invited");
}

/// Plays one world to its end; how many direct calls were answered, how often somebody joined a group, was invited.
fn play(seed: u64) -> (usize, usize, usize) {
    let mut world = World::new(seed);
    for _ in 0..400 {
        world.something_happens();
    }
    world.all_leave();
    assert!(world.owner.is_empty(), "something is left");
    world.check_legs();
    (world.check_records(), world.joined, world.invited)
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
    joined: usize,
    invited: usize,
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
            joined: 0,
            invited: 0,
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
        if self.dice.below(3) == 0 {
            return self.something_happens_in_groups(endpoint, call, leg);
        }
        let seat = self.seats.get(&endpoint).copied();
        match self.dice.below(24) {
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
            22 => self.send(Message::Kept(Vec::new())),
            _ => {
                let choice = [PresenceChoice::Online, PresenceChoice::Away, PresenceChoice::DoNotDisturb];
                let choice = choice[self.pick(3, 3)];
                self.send(Message::SetPresence { endpoint, choice });
            }
        }
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
                    self.invited += 1;
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
            self.joined += 1;
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

    fn check_legs(&self) {
        let mut closed = BTreeSet::new();
        for did in self.switch.lock().unwrap().iter() {
            match did {
                Did::Close(leg) => assert!(closed.insert(*leg), "closed twice"),
                Did::Hears(leg, Hearing { choice: Choice::Only(sources), .. }) => {
                    assert!(![leg].into_iter().chain(sources).any(|l| closed.contains(l)));
                }
                Did::Hears(leg, _) | Did::Offers(leg, _) | Did::Music(leg, _) => assert!(!closed.contains(leg)),
            }
        }
        assert_eq!(closed, self.taken, "the legs of the calls are closed, and no others");
    }

    fn check_records(&self) -> usize {
        let mut owners: BTreeMap<CallId, BTreeSet<Identity>> = BTreeMap::new();
        let mut answered = 0;
        for kept in self.journal.drain() {
            assert!(kept.record.ended_at.is_some() && kept.record.end.is_some(), "never ended: {kept:?}");
            answered += usize::from(kept.record.answered_at.is_some());
            owners.entry(kept.record.call_id).or_default().insert(kept.owner);
        }
        for (call, owners) in &owners {
            let two = owners.len() == 2 && !self.group_calls.contains(call);
            assert!(two || self.group_calls.contains(call), "whose records? {owners:?}");
        }
        assert_eq!(owners.len() + 1, self.calls.len(), "every call begun has its records");
        answered / 2
    }

    fn registers(&mut self, name: &str, id: EndpointId) {
        let (notices, queue) = mpsc::channel(16);
        let max_calls = if name == "echo" { 5 } else { 1 };
        let (person, presence) = (person(name), PresenceChoice::Online);
        let endpoint = Endpoint { id, person, presence, max_calls, busy_from: max_calls, notices };
        let registration = Registration { id, turn: u64::try_from(self.fresh()).unwrap() };
        let (reply, mut answer) = oneshot::channel();
        self.send(Message::Register { endpoint, registration, reply });
        answer.try_recv().unwrap().unwrap();
        self.seats.insert(id, registration);
        self.queues.insert(id, queue);
    }

    fn calls(&mut self, endpoint: EndpointId) {
        let to = person(NAMES[self.pick(4, 4)]);
        let (call, leg) = (CallId(Uuid::from_u128(self.fresh())), LegId(Uuid::from_u128(self.fresh())));
        let (reply, mut answer) = oneshot::channel();
        let ring_for = Duration::from_secs(20);
        self.send(Message::Start { start: StartCall { endpoint, call, to, leg, ring_for }, reply });
        // Nobody writes the journal: a call that began waits for its answer.
        if !matches!(answer.try_recv(), Ok(Err(_))) {
            self.calls.push(call);
            self.takes(leg);
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
