//! One room: its members, who of them is on stage, and whom each of them hears.

use std::time::Instant;

use super::leg::Leg;
use super::legs::{LegKey, Legs};
use super::timers::Queued;
use crate::control::hearing::{Choice, Hearing};
use crate::control::speakers::{Change, Seat, Speakers};
use crate::domain::id::{CallId, LegId};

/// The most sources a leg hears of those that are chosen by their loudness: more are a noise.
const MOST_HEARD: usize = 16;
/// The most places kept for those a leg must not hear: the other clients of one person.
const MOST_EXCEPT: usize = 4;

pub(super) struct Room {
    pub(super) call: CallId,
    members: Vec<Member>,
    /// The member in each seat.
    seats: Vec<LegKey>,
    pub(super) speakers: Speakers,
    pub(super) queued: Queued,
}

struct Member {
    key: LegKey,
    wants: Wants,
}

/// What a member's hearing means for the room, in few bytes: they are looked through for all members at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Wants {
    /// How many of those on stage it hears.
    heard: usize,
    /// How many of those it may meet there and must not hear, itself included.
    not: usize,
    /// Whether it names legs that it hears whoever is loud.
    names: bool,
    /// Whether it hears every open source.
    all: bool,
}

impl Room {
    pub(super) fn new(call: CallId) -> Self {
        Self { call, members: Vec::new(), seats: Vec::new(), speakers: Speakers::default(), queued: Queued::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn member(&self, n: usize) -> LegKey {
        self.members[n].key
    }

    /// Who sits in a seat; after it was left, who sat there.
    pub(super) fn at(&self, seat: Seat) -> LegKey {
        self.seats[seat.index()]
    }

    /// Takes a seat for a leg that will be `key`.
    pub(super) fn take_seat(&mut self) -> Seat {
        self.speakers.join()
    }

    pub(super) fn enter(&mut self, key: LegKey, seat: Seat) {
        self.members.push(Member { key, wants: Wants::default() });
        if seat.index() == self.seats.len() {
            self.seats.push(key);
        } else {
            self.seats[seat.index()] = key;
        }
    }

    pub(super) fn leave(&mut self, key: LegKey, seat: Seat, now: Instant) -> Change {
        self.members.retain(|member| member.key != key);
        let left = self.speakers.leave(seat, now);
        left | self.fit_stage(now)
    }

    /// The hearing of a member, or the number of its slots, is another.
    pub(super) fn wants(&mut self, key: LegKey, leg: &Leg, now: Instant) -> Change {
        let wants = Wants::of(leg);
        let Some(member) = self.members.iter_mut().find(|member| member.key == key) else { return Change::default() };
        if std::mem::replace(&mut member.wants, wants) == wants {
            return Change::default();
        }
        self.fit_stage(now)
    }

    /// The stage is as large as whoever hears most needs it, and all hear of it what whoever hears least does.
    fn fit_stage(&mut self, now: Instant) -> Change {
        let hearing = || self.members.iter().map(|member| member.wants).filter(|wants| wants.heard > 0);
        let places = hearing().map(|wants| wants.heard + wants.not).max().unwrap_or(0);
        let shared = hearing().map(|wants| wants.heard).min().unwrap_or(0);
        self.speakers.set_places(places, shared, now)
    }

    /// Whether somebody hears every open source.
    pub(super) fn is_recorded(&self) -> bool {
        self.members.iter().any(|member| member.wants.all)
    }

    /// Whether somebody hears the leg `id` whoever is loud.
    pub(super) fn is_named(&self, id: LegId, legs: &Legs) -> bool {
        let names = |member: &&Member| member.wants.names;
        self.members.iter().filter(names).filter_map(|member| legs.get(member.key)).any(|leg| {
            let only = matches!(&leg.hearing.choice, Choice::Only(only) if only.contains(&id));
            only || leg.hearing.pinned.contains(&id)
        })
    }

    /// Gathers whom `receiver` hears, the most important first. How many of them it hears by their names.
    pub(super) fn choose(&self, legs: &Legs, receiver: LegKey, chosen: &mut Vec<LegKey>) -> usize {
        chosen.clear();
        let Some(leg) = legs.get(receiver) else { return 0 };
        let Hearing { choice, except, pinned } = &leg.hearing;
        let here = |id: &LegId| {
            let key = legs.key(*id).filter(|&key| key != receiver && !except.contains(id))?;
            (legs.get(key)?.call == self.call).then_some(key)
        };
        let not =
            |key| key == receiver || (!except.is_empty() && legs.get(key).is_none_or(|leg| except.contains(&leg.id)));
        for key in pinned.iter().filter_map(here) {
            add(chosen, key);
        }
        let named = chosen.len();
        match choice {
            Choice::Only(only) => {
                for key in only.iter().filter_map(here) {
                    add(chosen, key);
                }
                chosen.len()
            }
            Choice::Loudest(n) => {
                let most = named + usize::from(*n).min(MOST_HEARD);
                for key in self.speakers.stage().iter().map(|&seat| self.at(seat)).filter(|&key| !not(key)) {
                    if chosen.len() < most {
                        add(chosen, key);
                    }
                }
                named
            }
            Choice::All => {
                let open = |key: &LegKey| legs.get(*key).is_some_and(|leg| leg.source.open);
                for key in self.members.iter().map(|member| member.key).filter(open).filter(|&key| !not(key)) {
                    if !chosen[..named].contains(&key) {
                        chosen.push(key);
                    }
                }
                chosen.len()
            }
        }
    }
}

impl Wants {
    fn of(leg: &Leg) -> Self {
        let Hearing { choice, except, pinned } = &leg.hearing;
        let heard = match choice {
            Choice::Loudest(n) => usize::from(*n).min(MOST_HEARD).min(leg.slots().saturating_sub(pinned.len())),
            Choice::Only(_) | Choice::All => 0,
        };
        Self {
            heard,
            not: 1 + except.len().min(MOST_EXCEPT),
            names: !pinned.is_empty() || matches!(choice, Choice::Only(only) if !only.is_empty()),
            all: *choice == Choice::All,
        }
    }
}

fn add(chosen: &mut Vec<LegKey>, key: LegKey) {
    if !chosen.contains(&key) {
        chosen.push(key);
    }
}
