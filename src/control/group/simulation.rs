//! Group calls under random events: joins, leaves, losses, invitations, late and wrong requests, deadlines in between. An
//! observer that sees effects alone keeps its own books and holds them to what must always be true.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::*;
use crate::base::clock;
use crate::base::seed::Seed;
use crate::control::hearing::{Choice, Hearing, Source};
use crate::control::ring::{Candidate, Reach};
use crate::domain::call::{CallState, ParticipantState};
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
    Person {
        identity: Identity::acs(Uuid::nil(), Uuid::from_u128(who.into())),
        name: format!("person{who}").parse().unwrap(),
        display_name: DisplayName::from(format!("Person {who}")),
    }
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
        match self.dice.below(40) {
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

/// What an endpoint in the call is known to be, and what it was told.
#[derive(Debug, Default)]
struct Known {
    leg: Option<LegId>,
    muted: bool,
    holding: bool,
    state: Option<CallState>,
    roster: BTreeMap<u16, (Identity, ParticipantState, bool)>,
}

/// Keeps books of effects alone.
#[derive(Debug, Default)]
struct Observer {
    members: BTreeMap<EndpointId, Known>,
    ringing: BTreeSet<EndpointId>,
    invited: BTreeSet<Identity>,
    open: BTreeSet<LegId>,
    up: BTreeSet<LegId>,
    hears: BTreeMap<LegId, Hearing>,
    sources: BTreeMap<LegId, Source>,
    entries: BTreeMap<Identity, Vec<Entry>>,
    numbers: BTreeMap<u16, Identity>,
    finished: bool,
    seen: Seen,
}

impl Observer {
    fn see(&mut self, event: &Event, effects: &[Effect]) {
        let answers = effects.iter().filter(|e| matches!(e, Effect::Accept | Effect::Refuse(_))).count();
        assert_eq!(answers, usize::from(is_request(event)), "{event:?} {effects:?}");
        if effects.contains(&Effect::Accept) {
            self.accepted(event);
        }
        match event {
            Event::LegUp { leg } if self.open.contains(leg) => drop(self.up.insert(*leg)),
            Event::Left { endpoint } => drop(self.ringing.remove(endpoint)),
            Event::Appeared { endpoint, .. } => {
                if let Some(known) = self.members.get_mut(endpoint) {
                    (known.state, known.roster) = (None, BTreeMap::new());
                }
            }
            _ => {}
        }
        effects.iter().for_each(|effect| self.carry_out(effect));
    }

    fn accepted(&mut self, event: &Event) {
        match event {
            Event::Join(join) => self.comes_in(join.endpoint, join.leg, join.muted),
            Event::Answer { endpoint, leg } => {
                assert!(self.ringing.remove(endpoint), "only one that rings answers");
                self.seen.answers += 1;
                self.comes_in(*endpoint, *leg, false);
            }
            Event::Rejoin { endpoint, leg } => {
                self.members.get_mut(endpoint).unwrap().leg = Some(*leg);
                assert!(self.open.insert(*leg));
            }
            Event::Mute { endpoint, on } => self.members.get_mut(endpoint).unwrap().muted = *on,
            Event::Hold { endpoint, on } => self.members.get_mut(endpoint).unwrap().holding = *on,
            _ => {}
        }
    }

    fn comes_in(&mut self, endpoint: EndpointId, leg: LegId, muted: bool) {
        self.seen.joins += 1;
        let known = Known { leg: Some(leg), muted, ..Known::default() };
        assert!(self.members.insert(endpoint, known).is_none(), "in twice");
        assert!(self.open.insert(leg));
    }

    fn carry_out(&mut self, effect: &Effect) {
        assert!(!self.finished || matches!(effect, Effect::Refuse(_)), "{effect:?} after the end");
        match effect {
            Effect::Accept | Effect::Refuse(_) | Effect::Occupied => {}
            Effect::Invited { who, on: true } => assert!(self.invited.insert(who.clone())),
            Effect::Invited { who, on: false } => assert!(self.invited.remove(who)),
            Effect::Ring { endpoint, .. } => {
                assert!(!self.members.contains_key(endpoint), "one that is in does not ring");
                assert!(self.invited.contains(&person(who_is(*endpoint)).identity));
                self.ringing.insert(*endpoint);
            }
            Effect::StopRinging { endpoint, .. } => assert!(self.ringing.remove(endpoint), "{endpoint} did not ring"),
            Effect::Tell { endpoint, news } => self.tell(*endpoint, news),
            Effect::TellAll(news) => {
                for endpoint in self.members.keys().copied().collect::<Vec<_>>() {
                    self.tell(endpoint, news);
                }
            }
            Effect::SetSource { leg, source } => {
                assert!(self.up.contains(leg) && self.open.contains(leg), "{effect:?}");
                self.sources.insert(*leg, *source);
            }
            Effect::Hear { leg, hearing } => {
                assert!(self.open.contains(leg), "{effect:?}");
                self.hears.insert(*leg, hearing.clone());
            }
            Effect::CloseLeg { leg } => {
                assert!(self.open.remove(leg), "{effect:?}");
                self.up.remove(leg);
                self.hears.remove(leg);
                self.sources.remove(leg);
                self.members.values_mut().filter(|m| m.leg == Some(*leg)).for_each(|m| m.leg = None);
            }
            Effect::Record { who, entry } => self.record(who, *entry),
            Effect::Released { endpoint } => {
                let known = self.members.remove(endpoint).expect("it was in");
                assert_eq!(known.leg, None, "released with a leg");
                assert_eq!(known.state, Some(CallState::Disconnected), "released untold");
                self.seen.ends += 1;
            }
            Effect::Finished => self.finish(),
        }
    }

    fn tell(&mut self, endpoint: EndpointId, news: &News) {
        let known = self.members.get_mut(&endpoint).expect("only those in the call are told");
        match news {
            News::State(state) => known.state = Some(*state),
            News::Ended(_) => known.state = Some(CallState::Disconnected),
            News::Group { .. } => {}
            News::InviteEnded { .. } => self.seen.invites_ended += 1,
            News::Roster { whole, rows, left } => {
                self.seen.rosters += 1;
                assert!(rows.len() <= ROWS_MAX);
                if *whole {
                    known.roster.clear();
                }
                left.iter().for_each(|number| drop(known.roster.remove(number)));
                for row in rows {
                    let who = row.participant.person.identity.clone();
                    let owner = self.numbers.entry(row.number).or_insert_with(|| who.clone());
                    assert_eq!(*owner, who, "a number was given to somebody else");
                    known.roster.insert(row.number, (who, row.participant.state, row.participant.muted));
                }
            }
            News::Speakers(numbers) => {
                assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len(), "a speaker twice");
            }
        }
    }

    fn record(&mut self, who: &Identity, entry: Entry) {
        let entries = self.entries.entry(who.clone()).or_default();
        let open = entries.last().is_some_and(|last| !matches!(last, Entry::Ended { .. }));
        match entry {
            Entry::Rung => assert!(!open, "rung while in"),
            Entry::Joined => assert_ne!(entries.last(), Some(&Entry::Joined), "in twice"),
            Entry::Ended { .. } => assert!(open, "ended twice"),
        }
        entries.push(entry);
    }

    fn finish(&mut self) {
        self.finished = true;
        assert!(self.members.is_empty() && self.ringing.is_empty() && self.invited.is_empty() && self.open.is_empty());
        assert!(self.entries.values().all(|e| matches!(e.last(), Some(Entry::Ended { .. }))), "a record stays open");
    }

    /// What must be true between two events.
    fn check(&mut self) {
        assert!(self.finished == self.members.is_empty(), "a call without members goes on");
        for (endpoint, known) in &self.members {
            let Some(leg) = known.leg else { continue };
            let talks = self.up.contains(&leg) && !known.holding;
            let open = self.sources.get(&leg).is_some_and(|source| source.open);
            assert_eq!(open, talks && !known.muted, "{endpoint} is offered wrongly");
            let hearing = self.hears.get(&leg).cloned().unwrap_or_default();
            if !talks {
                assert_eq!(hearing, Hearing::default(), "{endpoint} hears though it does not talk");
                continue;
            }
            let mine = self.members.iter().filter(|(id, _)| who_is(**id) == who_is(*endpoint) && *id != endpoint);
            let mine: BTreeSet<LegId> = mine.filter_map(|(_, other)| other.leg).collect();
            assert_eq!(hearing.choice, Choice::Loudest(4));
            assert_eq!(hearing.except.iter().copied().collect::<BTreeSet<_>>(), mine, "{endpoint} hears an echo");
            self.seen.echoes_cut += usize::from(!mine.is_empty());
        }
        let marks: BTreeMap<u16, u64> = self
            .members
            .iter()
            .filter_map(|(endpoint, known)| Some((self.sources.get(&known.leg?)?.mark?, who_is(*endpoint))))
            .collect();
        for (mark, who) in marks {
            assert!(self.numbers.get(&mark).is_none_or(|owner| *owner == person(who).identity), "a wrong mark");
        }
    }

    /// Once all that was gathered is told, all know the same, and it is so.
    fn check_rosters(&self, call: &GroupCall, now: Instant) {
        if call.batch.due.is_some() {
            assert!(call.batch.due > Some(now), "told too late");
            return;
        }
        let people: BTreeSet<Identity> = self.members.keys().map(|id| person(who_is(*id)).identity).collect();
        let all: BTreeSet<Identity> = people.union(&self.invited).cloned().collect();
        assert_eq!(call.here().map(|p| p.identity.clone()).collect::<BTreeSet<_>>(), people);
        for known in self.members.values() {
            let told: BTreeSet<Identity> = known.roster.values().map(|(who, ..)| who.clone()).collect();
            assert_eq!((told.len(), &told), (known.roster.len(), &all), "each person is one row");
            let first = self.members.values().next().map(|first| &first.roster);
            assert_eq!(Some(&known.roster), first, "they know different things");
            for (who, state, muted) in known.roster.values() {
                let theirs = || self.members.iter().filter(|(id, _)| person(who_is(**id)).identity == *who);
                assert_eq!(*muted, theirs().next().is_some() && theirs().all(|(_, m)| m.muted));
                let held = theirs().next().is_some() && theirs().all(|(_, m)| m.holding);
                assert!(!held || *state != ParticipantState::Connected, "{who} holds, and is shown as talking");
            }
        }
    }
}

fn is_request(event: &Event) -> bool {
    matches!(
        event,
        Event::Join(_)
            | Event::Invite(_)
            | Event::Ringing { .. }
            | Event::Answer { .. }
            | Event::Decline { .. }
            | Event::Leave { .. }
            | Event::Hold { .. }
            | Event::Mute { .. }
            | Event::Rejoin { .. }
            | Event::EndForAll { .. }
    )
}
