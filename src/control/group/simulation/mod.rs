//! Group calls under random events: joins, leaves, losses, invitations, late and wrong requests, deadlines in between. An
//! observer that sees effects alone keeps its own books and holds them to what must always be true.

mod observer;

use std::time::{Duration, Instant};

use uuid::Uuid;

use observer::Observer;

use super::*;
use crate::base::clock;
use crate::base::seed::Seed;
use crate::control::ring::{Candidate, Reach};
use crate::domain::id::DisplayName;

/// Calls that are played through, and events in each.
const CALLS: u64 = 400;
const EVENTS: u64 = 200;

const PEOPLE: u64 = 8;

#[test]
fn whatever_happens_all_know_the_same_hear_the_others_and_the_call_ends() {
    let mut seen = Seen::default();
    for seed in 0..CALLS {
        let played = std::panic::catch_unwind(|| play(seed));
        let observer = played.unwrap_or_else(|_| panic!("the call of seed {seed} broke a rule"));
        seen.add(&observer);
    }
    assert!(seen.joins > 2000 && seen.answers > 200 && seen.ends > 2000 && seen.rosters > 10_000, "{seen:?}");
    assert!(seen.echoes_cut > 2000 && seen.invites_ended > 150, "{seen:?}");
}

/// What happened often enough to be sure that it was tried.
#[derive(Debug, Default)]
struct Seen {
    joins: usize,
    answers: usize,
    ends: usize,
    rosters: usize,
    echoes_cut: usize,
    invites_ended: usize,
}

impl Seen {
    fn add(&mut self, observer: &Observer) {
        let other = &observer.seen;
        self.joins += other.joins;
        self.answers += other.answers;
        self.ends += other.ends;
        self.rosters += other.rosters;
        self.echoes_cut += other.echoes_cut;
        self.invites_ended += other.invites_ended;
    }
}

fn play(seed: u64) -> Observer {
    let mut world = World::new(seed);
    for _ in 0..EVENTS {
        world.time_passes();
        let event = world.any_event();
        world.feed(event);
        if world.call.is_over() {
            break;
        }
    }
    world.all_leave();
    assert!(world.observer.finished && world.call.is_over());
    world.observer
}

fn person(who: u64) -> Person {
    Person::new(
        Identity::acs(Uuid::nil(), Uuid::from_u128(who.into())),
        format!("person{who}").parse().unwrap(),
        DisplayName::from(format!("Person {who}")),
    )
}

fn endpoint(who: u64, which: u64) -> EndpointId {
    EndpointId(Uuid::from_u128(u128::from(who * 10 + which)))
}

fn who_is(endpoint: EndpointId) -> u64 {
    u64::try_from(endpoint.0.as_u128() / 10).unwrap()
}

struct World {
    dice: Seed,
    now: Instant,
    call: GroupCall,
    observer: Observer,
    legs: Vec<LegId>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self {
            dice: Seed::new(seed),
            now: clock::now(),
            call: GroupCall::default(),
            observer: Observer::default(),
            legs: vec![LegId(Uuid::nil())],
        };
        let join = world.join(1, 0);
        let (call, effects) = GroupCall::start(join.clone(), world.now);
        world.call = call;
        world.observer.see(&Event::Join(join), &effects);
        world
    }

    fn join(&mut self, who: u64, which: u64) -> Join {
        let (muted, owner) = (self.dice.below(3) == 0, self.dice.below(20) == 0);
        Join { endpoint: endpoint(who, which), person: person(who), leg: self.brought_leg(), muted, owner }
    }

    fn any_event(&mut self) -> Event {
        let (who, which) = (1 + self.dice.below(PEOPLE), self.dice.below(2));
        let endpoint = endpoint(who, which);
        let leg = self.some_leg();
        let on = self.dice.below(2) == 0;
        match self.dice.below(42) {
            41 => Event::Revoked { endpoint },
            40 => Event::Expect(Expect { endpoint, person: person(who), muted: on }),
            0..=3 => Event::Join(self.join(who, which)),
            4..=8 => Event::LegUp { leg },
            9..=12 => self.invite(endpoint),
            13 => Event::Ringing { endpoint: self.one_that_rings(endpoint) },
            14..=16 => Event::Answer { endpoint: self.one_that_rings(endpoint), leg: self.brought_leg() },
            17 => Event::Decline { endpoint: self.one_that_rings(endpoint) },
            18..=20 => Event::Leave { endpoint },
            21..=23 => Event::Hold { endpoint, on },
            24..=26 => Event::Mute { endpoint, on },
            27 | 28 => Event::Rejoin { endpoint, leg: self.brought_leg() },
            29 => Event::Appeared { endpoint, who: person(who).identity },
            30 | 31 => Event::Lost { endpoint },
            32 | 33 => Event::Back { endpoint },
            34 if on => Event::Left { endpoint },
            34 => Event::EndForAll { endpoint },
            35 => Event::LegSilent { leg },
            36 => Event::LegHeard { leg },
            37 => Event::LegFailed { leg },
            38 => Event::Speakers(vec![leg, self.some_leg()]),
            _ => Event::DeadlinePassed,
        }
    }

    /// Mostly one that rings, while there is any.
    fn one_that_rings(&mut self, otherwise: EndpointId) -> EndpointId {
        let among = self.observer.ringing.len() as u64;
        let nth = usize::try_from(self.dice.below(among + 1)).unwrap();
        self.observer.ringing.iter().nth(nth).copied().unwrap_or(otherwise)
    }

    /// Mostly by one that is in.
    fn invite(&mut self, otherwise: EndpointId) -> Event {
        let nth = usize::try_from(self.dice.below(self.observer.members.len() as u64 + 1)).unwrap();
        let by = self.observer.members.keys().nth(nth).copied().unwrap_or(otherwise);
        let who = 1 + self.dice.below(PEOPLE);
        let reach = |dice: &mut Seed| if dice.below(5) == 0 { Reach::Lost } else { Reach::Free };
        let reaches = [reach(&mut self.dice), reach(&mut self.dice)];
        let candidates = (0..2).zip(reaches).map(|(which, reach)| Candidate { endpoint: endpoint(who, which), reach });
        Event::Invite(Invite { endpoint: by, person: person(who), candidates: candidates.collect() })
    }

    fn time_passes(&mut self) {
        let pause = match self.dice.below(8) {
            0 => Duration::from_millis(self.dice.below(20_000)),
            1..=3 => Duration::from_millis(self.dice.below(400)),
            _ => Duration::ZERO,
        };
        let until = self.now + pause;
        // Deadlines come on time, late, or after another event.
        while let Some(at) = self.call.next_deadline().filter(|at| *at <= until)
            && self.dice.below(4) > 0
        {
            self.deadline(at);
        }
        self.now = until.max(self.now);
    }

    fn deadline(&mut self, at: Instant) {
        self.now = self.now.max(at);
        self.feed(Event::DeadlinePassed);
        assert!(self.call.next_deadline().is_none_or(|next| next > self.now), "a deadline stands still");
        if !self.call.is_over() {
            self.observer.check_rosters(&self.call, self.now);
        }
    }

    fn all_leave(&mut self) {
        for endpoint in self.observer.members.keys().copied().collect::<Vec<_>>() {
            let event = match self.dice.below(3) {
                0 => Event::Leave { endpoint },
                1 => Event::Left { endpoint },
                _ => Event::Lost { endpoint },
            };
            self.feed(event);
        }
        while let Some(at) = self.call.next_deadline() {
            self.deadline(at);
        }
        for event in [Event::Join(self.join(1, 0)), Event::Stop, Event::Leave { endpoint: endpoint(1, 0) }] {
            self.feed(event);
        }
    }

    fn feed(&mut self, event: Event) {
        let effects = self.call.handle(event.clone(), self.now);
        self.observer.see(&event, &effects);
        self.observer.check();
    }

    fn some_leg(&mut self) -> LegId {
        let among = self.legs.len().min(8);
        let back = usize::try_from(self.dice.below(among as u64)).unwrap();
        self.legs[self.legs.len() - 1 - back]
    }

    /// A fresh leg; rarely one that is in use.
    fn brought_leg(&mut self) -> LegId {
        if self.dice.below(12) > 0 {
            self.legs.push(LegId(Uuid::from_u128(1000 + self.legs.len() as u128)));
            return self.legs[self.legs.len() - 1];
        }
        self.some_leg()
    }
}
