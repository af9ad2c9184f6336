//! Who hears whom, worked out step by step or all at once: after any order of orders, what every leg hears and where every
//! leg's packets go are two views of the same.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Poll, Token, Waker};

use super::kit::{call, dtmf, leg, opus};
use crate::base::clock;
use crate::base::seed::Seed;
use crate::control::hearing::{Choice, Hearing, Source};
use crate::domain::id::LegId;
use crate::service::sfu::LocalLeg;
use crate::service::sfu::egress::Egress;
use crate::service::sfu::leg::{End, Leg, Media};
use crate::service::sfu::local::{Bell, pair};
use crate::service::sfu::rooms::Rooms;

const LEGS: u64 = 30;
const ROOMS: u64 = 3;

struct World {
    dice: Seed,
    now: Instant,
    rooms: Rooms,
    bell: Arc<Bell>,
    ends: Vec<LocalLeg>,
    sequence: u64,
    // Holds the bell's queue.
    _poll: Poll,
}

#[test]
fn routes_and_edges_agree_and_keep_to_what_is_asked() {
    let mut heard = 0;
    for seed in 0..12 {
        let played = std::panic::catch_unwind(|| {
            let mut world = World::new(seed);
            (0..1_500).map(|_| world.step()).sum::<u64>()
        });
        heard += played.unwrap_or_else(|_| panic!("seed {seed} broke a rule"));
    }
    assert!(heard > 6_000, "only {heard} packets were heard");
}

impl World {
    fn new(seed: u64) -> Self {
        let poll = Poll::new().unwrap();
        let bell = Arc::new(Bell::new(Waker::new(poll.registry(), Token(0)).unwrap()));
        let (rooms, now) = (Rooms::default(), clock::now());
        Self { dice: Seed::new(seed), now, rooms, bell, ends: Vec::new(), sequence: 0, _poll: poll }
    }

    /// Does something. How many packets were heard.
    fn step(&mut self) -> u64 {
        self.now += Duration::from_millis(self.dice.below(60));
        while self.rooms.keep_time(self.now) {}
        let id = leg(self.dice.below(LEGS).into());
        let mut heard = 0;
        match self.dice.below(12) {
            0 | 1 => self.opens(id),
            2 if self.dice.below(3) == 0 => self.closes(id),
            3 => {
                let hearing = self.hearing();
                self.rooms.hear(id, hearing, self.now);
            }
            4 => self.rooms.set_source(id, Source { open: self.dice.below(4) > 0, mark: None }, self.now),
            _ => heard = self.speaks(id),
        }
        self.holds();
        heard
    }

    fn opens(&mut self, id: LegId) {
        if self.rooms.legs.key(id).is_none() {
            let (near, far) = pair(id, Arc::clone(&self.bell));
            self.ends.push(near);
            self.rooms.open(Leg::new(id, call(self.dice.below(ROOMS).into()), End::Local(far)));
        }
    }

    fn closes(&mut self, id: LegId) {
        if let Some(key) = self.rooms.legs.key(id) {
            self.rooms.close(key, self.now);
            self.ends.retain(|end| end.id() != id);
        }
    }

    fn hearing(&mut self) -> Hearing {
        let choice = match self.dice.below(6) {
            0 => Choice::All,
            1 => Choice::Only(self.some(4)),
            _ => Choice::Loudest(self.dice.below(5) as u8),
        };
        Hearing { choice, except: self.some(3), pinned: self.some(2) }
    }

    fn some(&mut self, most: u64) -> Vec<LegId> {
        (0..self.dice.below(most)).map(|_| leg(self.dice.below(LEGS).into())).collect()
    }

    fn speaks(&mut self, id: LegId) -> u64 {
        let Some(key) = self.rooms.legs.key(id) else { return 0 };
        self.sequence += 1;
        let packet = if self.dice.below(10) == 0 { dtmf(0, 5, 960) } else { opus(1, b"hello") };
        let mut media = Media::new(self.sequence, false, packet);
        let delivered = self.rooms.forward(key, &mut media, self.now, &mut Egress::default());
        for end in &mut self.ends {
            while end.hear().is_some() {}
        }
        assert_eq!(delivered.dropped, 0);
        delivered.forwarded
    }

    fn holds(&self) {
        let legs = &self.rooms.legs;
        let (mut edges, mut routes) = (Vec::new(), Vec::new());
        for key in legs.keys() {
            let receiver = legs.get(key).unwrap();
            let Hearing { choice, except, pinned } = &receiver.hearing;
            for edge in &receiver.edges {
                let source = legs.get(edge.from).expect("who is heard is there");
                assert_ne!(edge.from, key, "nobody hears itself");
                assert_eq!(source.call, receiver.call, "nobody hears another room");
                assert!(!except.contains(&source.id));
                let chosen = match choice {
                    Choice::Only(only) => only.contains(&source.id),
                    Choice::Loudest(_) | Choice::All => source.source.open,
                };
                assert!(chosen || pinned.contains(&source.id), "only who is chosen is heard");
                edges.push((edge.from, key));
            }
            if let Choice::Loudest(n) = choice {
                assert!(receiver.edges.len() <= usize::from(*n) + pinned.len());
            }
            routes.extend(receiver.routes.iter().map(|route| (key, route.to)));
        }
        edges.sort_unstable();
        routes.sort_unstable();
        assert!(edges.windows(2).all(|pair| pair[0] != pair[1]), "nobody is heard twice");
        assert_eq!(edges, routes);
        self.misses_nobody();
    }

    /// Who is named, or open where all are heard, is heard.
    fn misses_nobody(&self) {
        let legs = &self.rooms.legs;
        for key in legs.keys() {
            let receiver = legs.get(key).unwrap();
            let Hearing { choice, except, pinned } = &receiver.hearing;
            for other in legs.keys().into_iter().filter(|&other| other != key) {
                let source = legs.get(other).unwrap();
                let named = pinned.contains(&source.id)
                    || matches!(choice, Choice::Only(only) if only.contains(&source.id))
                    || (*choice == Choice::All && source.source.open);
                if named && source.call == receiver.call && !except.contains(&source.id) {
                    assert!(receiver.edges.iter().any(|edge| edge.from == other), "somebody is missed");
                }
            }
        }
    }
}
