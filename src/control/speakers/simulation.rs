//! Rooms full of people, random by a seed: an observer who keeps its own books holds the stage to its rules.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::*;
use crate::base::clock;
use crate::base::seed::Seed;

const ROOMS: u64 = 25;
const FRAME: Duration = Duration::from_millis(20);

#[test]
fn whatever_people_do_the_stage_keeps_its_rules() {
    let (mut changes, mut taken, mut left, mut tired) = (0, 0, 0, 0);
    for seed in 0..ROOMS {
        let played = std::panic::catch_unwind(|| play(seed));
        let observer = played.unwrap_or_else(|_| panic!("the room of seed {seed} broke a rule"));
        changes += observer.changes;
        taken += observer.taken;
        left += observer.left;
        tired += observer.tired;
    }
    assert!(
        changes > 2_000 && taken > 500 && left > 200 && tired > 10,
        "too little happened: {changes}, {taken}, {left}, {tired}"
    );
}

/// Plays one room for a minute and a half.
fn play(seed: u64) -> Observer {
    let mut world = World::new(seed);
    for _ in 0..4_500 {
        world.frame();
    }
    world.observer
}

struct World {
    dice: Seed,
    now: Instant,
    speakers: Speakers,
    people: Vec<Person>,
    places: usize,
    shared: usize,
    observer: Observer,
}

struct Person {
    seat: Seat,
    open: bool,
    level: u8,
    /// Frames until it does something else.
    rest: u64,
    does: Does,
}

#[derive(Clone, Copy, PartialEq)]
enum Does {
    Nothing,
    Speak,
    Dial,
}

/// What is known of a source from its packets alone.
#[derive(Clone, Copy, Default)]
struct Known {
    began: Option<Instant>,
    last: Option<Instant>,
}

#[derive(Default)]
struct Observer {
    known: BTreeMap<usize, Known>,
    /// Who is on stage, and since when.
    since: BTreeMap<usize, Instant>,
    changes: u32,
    taken: u32,
    left: u32,
    tired: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Seed::new(seed);
        let now = clock::now();
        let mut speakers = Speakers::default();
        let shared = 1 + dice.below(4) as usize;
        let places = shared + 1 + dice.below(3) as usize;
        speakers.set_places(places, shared, now);
        let mut world = Self { dice, now, speakers, people: Vec::new(), places, shared, observer: Observer::default() };
        for _ in 0..2 + world.dice.below(12) {
            world.joins();
        }
        world
    }

    fn joins(&mut self) {
        let seat = self.speakers.join();
        self.speakers.set_open(seat, true, self.now);
        let level = 10 + self.dice.below(60) as u8;
        self.people.push(Person { seat, open: true, level, rest: 0, does: Does::Nothing });
        self.observer.known.insert(seat.index(), Known::default());
    }

    /// 20 ms of the room: its packets in random order, now and then somebody who comes, goes, mutes.
    fn frame(&mut self) {
        self.now += FRAME;
        self.tick();
        if self.dice.below(200) == 0 {
            self.somebody_changes();
        }
        let first = self.dice.below(self.people.len() as u64) as usize;
        for n in 0..self.people.len() {
            self.person((first + n) % self.people.len());
        }
    }

    fn tick(&mut self) {
        while self.speakers.next_deadline().is_some_and(|at| at <= self.now) {
            let before = self.speakers.stage().to_vec();
            self.speakers.tick(self.now);
            assert!(self.speakers.next_deadline().is_none_or(|at| at > self.now), "nothing is left to be done");
            for seat in before.iter().filter(|seat| !self.speakers.stage().contains(seat)) {
                assert!(self.observer.silent_for(seat.index(), self.now) >= LEAVES, "nobody leaves before its time");
                self.observer.left += 1;
            }
            self.observer.sees(&self.speakers, self.now);
        }
    }

    fn somebody_changes(&mut self) {
        let n = self.dice.below(self.people.len() as u64) as usize;
        match self.dice.below(4) {
            0 if self.people.len() > 2 => {
                let person = self.people.swap_remove(n);
                self.speakers.leave(person.seat, self.now);
                self.observer.known.remove(&person.seat.index());
            }
            0 | 1 => self.joins(),
            _ => {
                let person = &mut self.people[n];
                person.open = !person.open;
                self.speakers.set_open(person.seat, person.open, self.now);
                self.observer.known.insert(person.seat.index(), Known::default());
            }
        }
        self.observer.sees(&self.speakers, self.now);
        self.holds();
    }

    fn person(&mut self, n: usize) {
        let person = &mut self.people[n];
        if person.rest == 0 {
            (person.does, person.rest) = match self.dice.below(20) {
                0 => (Does::Dial, 5 + self.dice.below(40)),
                1 if self.dice.below(20) == 0 => (Does::Speak, 2_500),
                1..=9 => (Does::Speak, 1 + self.dice.below(150)),
                _ => (Does::Nothing, 1 + self.dice.below(200)),
            };
        }
        person.rest -= 1;
        let jitter = self.dice.below(10) as u8;
        let sound = match person.does {
            Does::Nothing => Sound::Frame { level: 90, voice: false },
            Does::Speak => Sound::Frame { level: person.level + jitter, voice: true },
            Does::Dial => Sound::Tone,
        };
        let (seat, open, does) = (person.seat, person.open, person.does);
        let before = self.speakers.stage().to_vec();
        let change = self.speakers.heard(seat, sound, self.now);
        let after = self.speakers.stage().to_vec();
        assert_eq!(change.stage, before != after, "a change is told, and nothing else");
        if open && does != Does::Nothing {
            self.observer.hears(seat.index(), self.now);
            if before.len() < self.places {
                assert!(after.contains(&seat), "a free place is given at once");
            }
        }
        for loser in before.iter().filter(|holder| !after.contains(holder)) {
            assert!(after.contains(&seat), "a place is lost to who speaks");
            if does == Does::Speak {
                self.observer.gives_way(loser.index(), self.now);
            }
            self.observer.taken += 1;
        }
        // Who was heard by all and is not any more gave way too.
        if does == Does::Speak {
            let front = |stage: &[Seat]| stage[..stage.len().min(self.shared)].to_vec();
            for loser in front(&before).iter().filter(|holder| !front(&after).contains(holder)) {
                self.observer.gives_way(loser.index(), self.now);
            }
        }
        self.observer.changes += u32::from(change.stage);
        self.observer.sees(&self.speakers, self.now);
        self.holds();
    }

    /// What is true at any time.
    fn holds(&self) {
        let stage = self.speakers.stage();
        assert!(stage.len() <= self.places);
        for (n, seat) in stage.iter().enumerate() {
            assert!(!stage[..n].contains(seat), "nobody has two places");
            assert!(self.people.iter().any(|person| person.seat == *seat && person.open), "on stage is who is open");
        }
        let speaking = self.speakers.speaking();
        assert!(speaking.len() <= MOST_TOLD);
        for seat in speaking {
            assert!(self.people.iter().any(|person| person.seat == *seat && person.open), "who speaks is open");
        }
    }
}

impl Observer {
    fn hears(&mut self, source: usize, now: Instant) {
        let known = self.known.get_mut(&source).unwrap();
        if known.last.is_none_or(|last| now - last >= Duration::from_millis(100)) {
            known.began = Some(now);
        }
        known.last = Some(now);
    }

    fn silent_for(&self, source: usize, now: Instant) -> Duration {
        self.known[&source].last.map_or(Duration::MAX, |last| now - last)
    }

    /// Somebody lost a place to a voice: it had it for long enough, and was silent, or had not been for all too long.
    fn gives_way(&mut self, source: usize, now: Instant) {
        let tireless = self.known[&source].began.is_some_and(|began| now - began >= TIRELESS);
        let silent = self.silent_for(source, now) >= SILENT;
        assert!(silent || tireless, "a place is lost by silence");
        self.tired += u32::from(!silent);
        assert!(now - self.since[&source] >= HELD, "a place is held");
    }

    /// Who came on stage, and who is not there any more.
    fn sees(&mut self, speakers: &Speakers, now: Instant) {
        self.since.retain(|&source, _| speakers.stage().iter().any(|seat| seat.index() == source));
        for seat in speakers.stage() {
            self.since.entry(seat.index()).or_insert(now);
        }
    }
}
