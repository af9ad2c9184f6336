//! Several people, their clients and a bot, all doing anything at any time, in one thread and virtual time: nothing is
//! left behind when they have gone, every leg is closed once, every record is completed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::{broadcast, mpsc, oneshot};
use uuid::Uuid;

use super::endpoint::{Endpoint, Registration};
use super::groups::JoinCall;
use super::handing::Handed;
use super::journal::Journal;
use super::kit::{Did, Tape, group, person};
use super::mailbox::{InviteCall, MergeCalls, Message, StartCall};
use super::owner::Owner;
use super::running::{Machine, Running};
use crate::base::clock;
use crate::base::seed::Seed;
use crate::control::call::Event;
use crate::control::hearing::{Choice, Hearing};
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::{AccountRules, CallRules, ForwardWhen};
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId, GroupId, Identity, LegId};
use crate::domain::presence::PresenceChoice;
use crate::domain::record::Outcome;
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
    }
}

/// Plays one world to its end.
fn play(seed: u64) -> Done {
    let mut world = World::new(seed);
    for _ in 0..500 {
        world.something_happens();
        world.check_seats();
    }
    world.all_leave();
    assert!(world.owner.is_empty(), "something is left");
    world.check_legs();
    let answered = world.check_records();
    world.done.answered = answered;
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

    /// Somebody hands a direct call on, allowed or not; mostly one of their own, whose legs have come up.
    fn somebody_hands_on(&mut self) {
        let direct = |(call, running): (&CallId, &Running)| running.group().is_none().then_some(*call);
        let running: Vec<CallId> = self.owner.running.iter().filter_map(direct).collect();
        if running.is_empty() {
            return;
        }
        let call = running[self.pick(running.len(), running.len())];
        let mut seated = self.owner.roster.endpoints();
        seated.retain(|id| self.calls_of(*id).contains(&call));
        if seated.is_empty() {
            return;
        }
        let mut endpoint = seated[self.pick(seated.len(), seated.len())];
        let mine = self.calls_of(endpoint);
        let with = mine[self.pick(mine.len(), mine.len())];
        if self.dice.below(4) > 0 {
            let of_both = |of: CallId| of == call || of == with;
            let legs: Vec<LegId> =
                self.owner.legs.iter().filter(|(_, of)| of_both(**of)).map(|(leg, _)| *leg).collect();
            legs.into_iter().for_each(|leg| self.leg(leg, Event::LegUp { leg }));
        }
        if self.dice.below(10) == 0 {
            endpoint = self.somebody().1;
        }
        let who = person(NAMES[self.pick(4, 4)]);
        if self.dice.below(3) == 0 {
            return self.consults();
        }
        if self.dice.below(4) == 0 {
            return self.picks_up_ringing();
        }
        match self.dice.below(12) {
            0..=3 => self.transfers(endpoint, call, Handed::Person(who)),
            4..=6 => self.transfers(endpoint, call, Handed::Call(with)),
            7 => self.merges(endpoint, call, with),
            8 => self.parks(endpoint, call),
            _ => self.picks_up(),
        }
    }

    /// Somebody calls two others, and brings them together, or whoever of them is there.
    fn consults(&mut self) {
        let (_, endpoint) = self.somebody();
        let first = self.talks(endpoint);
        let second = self.talks(endpoint);
        if let (Some(first), Some(second)) = (first, second) {
            match self.dice.below(3) {
                0 => self.merges(endpoint, first, second),
                _ => self.transfers(endpoint, first, Handed::Call(second)),
            }
        }
    }

    /// Calls somebody, who mostly answers; both legs come up.
    fn talks(&mut self, endpoint: EndpointId) -> Option<CallId> {
        let before = self.calls.len();
        self.calls(endpoint);
        let call = self.calls.get(before).copied()?;
        let rings = |id: &EndpointId| self.owner.roster.seat(*id).is_some_and(|seat| seat.ringing.contains(&call));
        let answers = self.owner.roster.endpoints().into_iter().find(rings);
        if let Some(endpoint) = answers.filter(|_| self.dice.below(5) > 0) {
            self.brings_leg(call, |leg| Event::Answer { endpoint, leg });
        }
        let legs: Vec<LegId> = self.owner.legs.iter().filter(|(_, of)| **of == call).map(|(leg, _)| *leg).collect();
        legs.into_iter().for_each(|leg| self.leg(leg, Event::LegUp { leg }));
        Some(call)
    }

    fn calls_of(&self, endpoint: EndpointId) -> Vec<CallId> {
        self.owner.roster.seat(endpoint).map(|seat| seat.calls.iter().copied().collect()).unwrap_or_default()
    }

    fn transfers(&mut self, endpoint: EndpointId, call: CallId, to: Handed) {
        let attended = matches!(to, Handed::Call(_));
        let (reply, mut answer) = oneshot::channel();
        self.send(Message::Transfer { endpoint, call, to, reply });
        if answer.try_recv().expect("a transfer is answered at once").is_ok() {
            self.handed.insert(call);
            *if attended { &mut self.done.replaced } else { &mut self.done.transferred } += 1;
        }
    }

    fn merges(&mut self, endpoint: EndpointId, call: CallId, with: CallId) {
        let (reply, mut answer) = oneshot::channel();
        let group = Group { id: GroupId(call.0), ..group(0) };
        self.send(Message::Merge { merge: MergeCalls { endpoint, call, with, group }, reply });
        if answer.try_recv().expect("a merge is answered at once").is_ok() {
            self.done.merged += 1;
        }
        if self.owner.running.get(&call).is_some_and(|running| running.group().is_some()) {
            self.group_calls.insert(call);
        }
    }

    fn parks(&mut self, endpoint: EndpointId, call: CallId) {
        let (reply, mut answer) = oneshot::channel();
        let slot = (self.dice.below(3) == 0).then(|| 1.try_into().unwrap());
        self.send(Message::Park { endpoint, call, slot, reply });
        if answer.try_recv().expect("it is parked at once").is_ok() {
            self.handed.insert(call);
            self.done.parked += 1;
        }
    }

    fn picks_up(&mut self) {
        let (_, endpoint) = self.somebody();
        let parked = self.owner.lot.all();
        let Some(parked) = parked.first() else { return };
        let leg = LegId(Uuid::from_u128(self.fresh()));
        let (reply, mut answer) = oneshot::channel();
        let (slot, call) = (parked.slot, parked.call_id);
        self.send(Message::PickUp { endpoint, slot, call, leg, reply });
        if answer.try_recv().expect("it is picked up at once").is_ok() {
            self.takes(leg);
            self.done.picked_up += 1;
        }
    }

    fn picks_up_ringing(&mut self) {
        let (_, endpoint) = self.somebody();
        let at = self.owner.calls_to.keys().next().cloned();
        let at = at.unwrap_or_else(|| person(NAMES[self.pick(4, 4)]).identity);
        let (reply, mut answer) = oneshot::channel();
        self.send(Message::RingsAt { endpoint, at: at.clone(), reply });
        let Ok((mut call, _)) = answer.try_recv().expect("it is found at once") else { return };
        if self.dice.below(10) == 0 {
            let which = self.pick(self.calls.len(), self.calls.len());
            call = self.calls[which];
        }
        let leg = LegId(Uuid::from_u128(self.fresh()));
        let (reply, mut answer) = oneshot::channel();
        self.send(Message::PickUpRinging { endpoint, at, call, leg, reply });
        if answer.try_recv().expect("it is picked up at once").is_ok() {
            self.takes(leg);
            self.handed.insert(call);
            self.done.picked_up_ringing += 1;
        }
    }

    /// Who is seated in a call takes part in it, and what is in a slot is parked.
    fn check_seats(&self) {
        for id in self.owner.roster.endpoints() {
            let seat = self.owner.roster.seat(id).unwrap();
            for call in &seat.calls {
                let running = self.owner.running.get(call).expect("a call that is over has a seat");
                assert!(running.ongoing(id, &seat.person.identity).is_some(), "{id} takes no part in {call}");
            }
            assert!(seat.ringing.iter().all(|call| self.owner.running.contains_key(call)), "it rings for no call");
        }
        for parked in self.owner.lot.all() {
            let Machine::Direct(direct) = &self.owner.running[&parked.call_id].machine else { panic!("a group waits") };
            assert!(direct.call.is_parked() && direct.slot == Some(parked.slot));
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

    fn check_records(&mut self) -> usize {
        let mut owners: BTreeMap<CallId, BTreeSet<Identity>> = BTreeMap::new();
        let (mut answered, mut forwarded) = (0, BTreeSet::new());
        for kept in self.journal.drain() {
            assert!(kept.record.ended_at.is_some() && kept.record.end.is_some(), "never ended: {kept:?}");
            answered += usize::from(kept.record.answered_at.is_some());
            if kept.record.end == Some(EndReason::FORWARDED) {
                forwarded.insert(kept.record.call_id);
                self.done.forwarded += 1;
                self.done.taken += usize::from(kept.record.outcome == Outcome::Answered);
            }
            owners.entry(kept.record.call_id).or_default().insert(kept.owner);
        }
        for (call, owners) in &owners {
            let others = self.group_calls.contains(call) || self.handed.contains(call) || forwarded.contains(call);
            assert!(others || owners.len() == 2, "whose records? {owners:?}");
        }
        assert_eq!(owners.len() + 1, self.calls.len(), "every call begun has its records");
        answered / 2
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
