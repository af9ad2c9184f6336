//! Calls under random events: duplicates, late ones, wrong endpoints, losses, deadlines in between; handed on, parked and
//! picked up by and to anybody. An observer that sees effects alone keeps its own books ([`observer`]) and holds them to
//! what must always be true.

mod observer;

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::*;
use crate::base::clock;
use crate::base::seed::Seed;
use crate::control::forwarding::FORWARDS_MAX;
use crate::domain::forwarding::ForwardWhen;
use observer::{Observer, is_request};

/// Calls that are played through.
const CALLS: u64 = 4000;

/// No call outlives the last event of its people by more: parked, it waits the longest, or forwarded again and again.
const LONGEST: Duration = Duration::from_secs(PARKED_MAX.as_secs() + 301);

/// People, each with two endpoints.
const ALICE: u128 = 1;
const BOB: u128 = 2;
const PEOPLE: u128 = 4;
/// Somebody nobody calls.
const STRANGER: u128 = 5;

/// The leg the call begins with.
const FIRST: LegId = LegId(Uuid::from_u128(100));

/// One of the endpoints of somebody.
fn endpoint(who: u128, which: u128) -> EndpointId {
    EndpointId(Uuid::from_u128(who * 10 + which))
}

fn person(endpoint: EndpointId) -> u128 {
    endpoint.0.as_u128() / 10
}

#[test]
fn whatever_happens_every_call_ends_and_both_sides_agree() {
    let (mut ends, mut done) = (BTreeSet::new(), Done::default());
    for seed in 0..CALLS {
        let played = std::panic::catch_unwind(|| play(seed));
        let (observer, did) = played.unwrap_or_else(|_| panic!("the call of seed {seed} broke a rule"));
        ends.extend(observer.end.map(|end| (end.code, end.sub_code)));
        done.add(&did, observer.was_connected);
    }
    let all: BTreeSet<_> = EndReason::ALL.iter().map(|end| (end.code, end.sub_code)).collect();
    let never: BTreeSet<_> = all.difference(&ends).copied().collect();
    // These are told to others than those who take part to the end.
    let others = [
        EndReason::ENDED_FOR_ALL,
        EndReason::ANSWERED_ELSEWHERE,
        EndReason::PARKED,
        EndReason::MERGED,
        EndReason::FORWARDED,
        EndReason::PICKED_UP,
    ];
    assert_eq!(never, others.map(|end| (end.code, end.sub_code)).into(), "the events reach every end of a call");
    done.check();
}

/// What happened, over all calls.
#[derive(Debug, Default)]
struct Done {
    connected: u32,
    transferred: u32,
    taken: u32,
    given_back: u32,
    taken_back: u32,
    replaced: u32,
    parked: u32,
    picked_up: u32,
    picked_up_ringing: u32,
    never_up: u32,
    recalled: u32,
    chains: u32,
    forwarded: u32,
    rang_on: u32,
    forwards_taken: u32,
}

impl Done {
    fn add(&mut self, did: &Self, connected: bool) {
        self.connected += u32::from(connected);
        self.transferred += did.transferred;
        self.taken += did.taken;
        self.given_back += did.given_back;
        self.taken_back += did.taken_back;
        self.replaced += did.replaced;
        self.parked += did.parked;
        self.picked_up += did.picked_up;
        self.picked_up_ringing += did.picked_up_ringing;
        self.never_up += did.never_up;
        self.recalled += did.recalled;
        self.forwarded += did.forwarded;
        self.rang_on += did.rang_on;
        self.forwards_taken += did.forwards_taken;
        self.chains += u32::from(did.transferred + did.replaced + did.parked > 1);
    }

    fn check(&self) {
        let counts = [
            self.connected,
            self.transferred,
            self.taken,
            self.given_back,
            self.taken_back,
            self.replaced,
            self.parked,
            self.picked_up,
            self.picked_up_ringing,
            self.never_up,
            self.recalled,
            self.chains,
            self.forwarded,
            self.rang_on,
            self.forwards_taken,
        ];
        assert!(counts.iter().all(|count| *count > 40), "some things hardly happen: {self:?}");
    }
}

/// Plays one call to its end.
fn play(seed: u64) -> (Observer, Done) {
    let mut world = World::new(seed);
    for _ in 0..world.dice.below(90) {
        world.random_event();
    }
    world.somebody_leaves();
    world.run_out();
    world.late_events();
    (world.observer, world.done)
}

struct World {
    dice: Seed,
    now: Instant,
    call: Call,
    observer: Observer,
    legs: Vec<LegId>,
    /// Who is on the two sides; `None` for a slot.
    people: [Option<u128>; 2],
    /// Whom the request at hand names, and who handed the call on last.
    named: u128,
    giver: u128,
    /// How often it was forwarded, and to whom the forwards at hand lead.
    forwards: usize,
    onward: VecDeque<u128>,
    done: Done,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Seed::new(seed);
        let now = clock::now();
        let mut callee = candidates(&mut dice, BOB);
        callee.truncate(usize::from(dice.below(20) > 0) * usize::try_from(1 + dice.below(2)).unwrap());
        let ring_for = Duration::from_secs(dice.below(320));
        let caller = endpoint(ALICE, 0);
        let mut callee = Onward { candidates: callee, wishes: wishes(&mut dice), forwards: Vec::new() };
        let mut onward = VecDeque::new();
        if dice.below(8) == 0 {
            onward.push_back(BOB + 1);
            callee = Onward { candidates: candidates(&mut dice, BOB + 1), forwards: vec![ForwardWhen::Busy], ..callee };
        }
        let forwards = onward.len();
        let (call, effects) = Call::start(Start { caller, leg: FIRST, ring_for, callee }, now);
        let mut observer = Observer::new(caller, FIRST, BOB);
        observer.onward = onward.clone();
        observer.see(&effects, true);
        let (people, legs, done) = ([Some(ALICE), Some(BOB)], vec![FIRST], Done::default());
        let mut world =
            Self { dice, now, call, observer, legs, people, named: BOB, giver: ALICE, forwards, onward, done };
        world.follow(&effects);
        world
    }

    fn random_event(&mut self) {
        self.let_time_pass();
        // Mostly what a call is made of; the rest is noise.
        match self.dice.below(6) {
            0..=2 => self.next_step(),
            3 => self.somebody_hands_on(),
            _ => {
                let event = self.any_event();
                self.feed(event);
            }
        }
    }

    fn let_time_pass(&mut self) {
        let pause = match self.dice.below(8) {
            0 => Duration::from_millis(self.dice.below(40_000)),
            1 => Duration::from_millis(self.dice.below(1000)),
            2 if self.call.is_parked() => Duration::from_secs(self.dice.below(200)),
            _ => Duration::ZERO,
        };
        let until = self.now + pause;
        // Deadlines come on time, late, or after another event.
        while let Some(at) = self.call.next_deadline().filter(|at| *at <= until)
            && self.dice.below(4) > 0
        {
            self.now = self.now.max(at);
            self.feed(Event::DeadlinePassed);
            self.assert_progress();
        }
        self.now = until.max(self.now);
    }

    fn next_step(&mut self) {
        let rung = self.observer.ringing.iter().next().copied();
        let leg = self.legs[self.legs.len() - 1];
        let expected = self.observer.expected.iter().next().copied();
        match (self.dice.below(6), rung, expected) {
            (0, Some(endpoint), _) => self.feed(Event::Ringing { endpoint }),
            (1, Some(endpoint), _) => {
                let leg = self.fresh_leg();
                self.feed(Event::Answer { endpoint, leg });
            }
            (2, _, Some(endpoint)) => {
                let leg = self.fresh_leg();
                self.feed(Event::Rejoin { endpoint, leg });
            }
            (3, ..) => self.feed(Event::LegUp { leg: FIRST }),
            (4, ..) if self.call.is_parked() && self.dice.below(3) == 0 => self.picks_up(),
            (5, ..) if self.call.rings_at_somebody() && self.dice.below(4) == 0 => self.picks_up_ringing(),
            _ => self.feed(Event::LegUp { leg }),
        }
    }

    /// Anybody hands the call on, allowed or not.
    fn somebody_hands_on(&mut self) {
        let by = match self.dice.below(4) {
            0 => self.anybody(),
            _ => {
                let members: Vec<EndpointId> = self.observer.members.iter().copied().collect();
                let Some(by) = members.get(self.pick(members.len().max(1))).copied() else { return };
                by
            }
        };
        let Some(to) = self.somebody_else() else { return };
        self.named = to;
        self.observer.named = Some(to);
        let candidates = candidates(&mut self.dice, to);
        let before = self.giver;
        self.giver = person(by);
        let accepted = match self.dice.below(8) {
            0..=3 => {
                let mut onward = Onward::from(candidates);
                if self.dice.below(4) == 0 {
                    let next = self.leads_on(to);
                    onward = Onward { forwards: vec![ForwardWhen::Always], ..next };
                }
                let effects = self.call.transfer(by, &onward, self.now);
                let accepted = self.saw(None, &effects);
                self.done.transferred += u32::from(accepted);
                accepted
            }
            4 | 5 => {
                let newcomer = Newcomer { endpoint: endpoint(to, 0), muted: self.dice.below(2) == 0 };
                let effects = self.call.replace(by, newcomer, self.now);
                let expected = effects.contains(&Effect::Accept).then_some(newcomer.endpoint);
                let accepted = self.saw(expected.map(Comes::Expected), &effects);
                self.done.replaced += u32::from(accepted);
                accepted
            }
            6 => {
                let effects = self.call.park(by, self.now);
                let accepted = self.saw(None, &effects);
                self.done.parked += u32::from(accepted);
                accepted
            }
            _ if self.dice.below(6) == 0 => {
                let moves = self.call.opposite(by).map(|other| other.endpoint);
                let effects = self.call.dissolve(by, EndReason::TRANSFERRED, self.now);
                let comes = moves.filter(|_| effects.contains(&Effect::Accept)).map(Comes::Away);
                self.saw(comes, &effects)
            }
            _ => {
                match self.dice.below(3) {
                    0 => self.picks_up_ringing(),
                    _ => self.picks_up(),
                }
                false
            }
        };
        if !accepted {
            self.giver = before;
        }
    }

    fn picks_up(&mut self) {
        let by = self.somebody_else().map_or_else(|| endpoint(STRANGER, 0), |who| endpoint(who, 1));
        let leg = self.brought_leg();
        let recalls = !self.observer.ringing.is_empty();
        let effects = self.call.pick_up(by, leg, self.now);
        let comes = effects.contains(&Effect::Accept).then_some(Comes::WithLeg(by, leg));
        let accepted = self.saw(comes, &effects);
        self.done.picked_up += u32::from(accepted);
        assert!(!accepted || !recalls || self.observer.ringing.is_empty(), "it rings on");
    }

    fn picks_up_ringing(&mut self) {
        let by = self.somebody_else().map_or_else(|| endpoint(STRANGER, 0), |who| endpoint(who, 1));
        let leg = self.brought_leg();
        let rings = self.call.rings_at_somebody();
        let effects = self.call.pick_up_ringing(by, leg, self.now);
        let comes = effects.contains(&Effect::Accept).then_some(Comes::WithLeg(by, leg));
        let accepted = self.saw(comes, &effects);
        self.done.picked_up_ringing += u32::from(accepted);
        assert!(!accepted || (rings && self.observer.ringing.is_empty()), "it rang nowhere, or rings on");
    }

    /// Somebody who is on neither side.
    fn somebody_else(&mut self) -> Option<u128> {
        let which = self.pick(2);
        (1..=PEOPLE).filter(|who| !self.people.contains(&Some(*who))).nth(which)
    }

    fn any_event(&mut self) -> Event {
        let endpoint = self.anybody();
        let known = self.somebody_known();
        let leg = self.pick(self.legs.len());
        let leg = self.legs[leg];
        let on = self.dice.below(2) == 0;
        match self.dice.below(40) {
            0..=2 => Event::Ringing { endpoint },
            3..=4 => Event::Answer { endpoint, leg: self.brought_leg() },
            5 if on => Event::Decline { endpoint },
            6 if on => Event::HangUp { endpoint },
            7..=11 => Event::Hold { endpoint, on },
            12..=13 => Event::Mute { endpoint, on },
            14..=16 => Event::Rejoin { endpoint, leg: self.brought_leg() },
            17..=18 => Event::Appeared { endpoint: known },
            19..=21 => Event::Lost { endpoint },
            22..=24 => Event::Back { endpoint },
            25 if on => Event::Left { endpoint },
            25 => Event::Revoked { endpoint },
            26..=31 => Event::LegUp { leg },
            32..=34 => Event::LegSilent { leg },
            35..=36 => Event::LegHeard { leg },
            37 => Event::LegFailed { leg },
            _ => Event::DeadlinePassed,
        }
    }

    /// After this only deadlines are left to come.
    fn somebody_leaves(&mut self) {
        let members: Vec<EndpointId> = self.observer.members.iter().copied().collect();
        let Some(endpoint) = members.get(self.pick(members.len().max(1))).copied() else { return };
        let legs: Vec<LegId> = self.observer.open.iter().copied().collect();
        match self.dice.below(9) {
            0 => self.feed(Event::Stop),
            1 => self.feed(Event::Left { endpoint }),
            2 | 3 => self.feed(Event::Lost { endpoint }),
            4 => legs.into_iter().for_each(|leg| self.feed(Event::LegFailed { leg })),
            5 => legs.into_iter().for_each(|leg| self.feed(Event::LegSilent { leg })),
            // Whoever waits is well: what was begun has to come to an end by itself.
            6 if self.call.rung_side().is_some() || self.call.is_parked() => {}
            _ => {
                legs.into_iter().for_each(|leg| self.feed(Event::LegSilent { leg }));
                self.feed(Event::Lost { endpoint });
            }
        }
    }

    fn run_out(&mut self) {
        let left = self.now;
        while let Some(at) = self.call.next_deadline() {
            self.now = self.now.max(at);
            self.feed(Event::DeadlinePassed);
            self.assert_progress();
        }
        if !self.call.is_over() {
            // Both are well in a connected call: nothing has to end it but they.
            assert!(self.observer.is_agreed());
            let endpoint = *self.observer.members.first().unwrap();
            self.feed(Event::HangUp { endpoint });
        }
        assert!(self.now - left <= LONGEST, "it took {:?} to end", self.now - left);
        assert!(self.call.is_over() && self.observer.finished);
        assert_eq!(self.call.next_deadline(), None);
    }

    fn late_events(&mut self) {
        for _ in 0..10 {
            let event = self.any_event();
            let effects = self.call.handle(event, self.now);
            let expected = if is_request(event) { vec![Effect::Refuse(Refusal::Over)] } else { vec![] };
            assert_eq!(effects, expected, "{event:?}");
        }
        assert_eq!(self.call.ring_back(&[], self.now), []);
        assert_eq!(self.call.forward(None, self.now), []);
        assert_eq!(self.call.park(endpoint(ALICE, 0), self.now), [Effect::Refuse(Refusal::Over)]);
        let leg = self.fresh_leg();
        assert_eq!(self.call.pick_up_ringing(endpoint(STRANGER, 0), leg, self.now), [Effect::Refuse(Refusal::Over)]);
    }

    fn feed(&mut self, event: Event) {
        let over = self.call.is_over();
        let rung = self.call.rung_side();
        let given_back = self.observer.given_back;
        let effects = self.call.handle(event, self.now);
        if over {
            assert!(effects.iter().all(|effect| *effect == Effect::Refuse(Refusal::Over)));
            return;
        }
        self.observer.note(event, effects.contains(&Effect::Accept));
        if let Event::Answer { .. } = event
            && effects.contains(&Effect::Accept)
            && self.done.transferred + self.done.parked > 0
        {
            self.done.taken += u32::from(rung.is_some() && !given_back);
            self.done.taken_back += u32::from(given_back);
        }
        if matches!(event, Event::Answer { .. }) && self.forwards > 0 && effects.contains(&Effect::Accept) {
            self.done.forwards_taken += 1;
        }
        self.observer.see(&effects, is_request(event));
        self.follow(&effects);
    }

    /// Takes the effects of what is no event; whether it was accepted.
    fn saw(&mut self, comes: Option<Comes>, effects: &[Effect]) -> bool {
        match comes {
            Some(Comes::Expected(endpoint)) => self.observer.expects(endpoint),
            Some(Comes::WithLeg(endpoint, leg)) => self.observer.comes(endpoint, leg),
            Some(Comes::Away(endpoint)) => self.observer.moves_away(endpoint),
            None => {}
        }
        let over = effects == [Effect::Refuse(Refusal::Over)];
        if !over {
            self.observer.see(effects, true);
            self.follow(effects);
        }
        effects.contains(&Effect::Accept)
    }

    /// Knows who is on which side, and answers who is to be rung.
    fn follow(&mut self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::HandedOn { side, to, .. } = effect {
                let who = match to {
                    Next::Named => Some(self.named),
                    Next::Forwarded { .. } => self.onward.pop_front(),
                    Next::Giver { .. } => Some(self.giver),
                    Next::Slot => None,
                    Next::Taker { endpoint } => Some(person(*endpoint)),
                };
                self.people[usize::from(*side == Side::Callee)] = who;
            }
        }
        if effects.contains(&Effect::RingBack) {
            self.observer.given_back = true;
            self.observer.rung_person = Some(self.giver);
            self.done.given_back += u32::from(!self.call.is_parked());
            self.done.recalled += u32::from(self.call.is_parked());
            self.done.never_up += u32::from(effects.iter().any(|effect| matches!(effect, Effect::Left { .. })));
            // Now and then nobody answers: the machine must come to an end all the same.
            if self.dice.below(10) > 0 {
                let giver = candidates(&mut self.dice, self.giver);
                let effects = self.call.ring_back(&giver, self.now);
                self.observer.see(&effects, false);
            }
        }
        for effect in effects {
            if let Effect::Forward { rings_on, .. } = effect {
                self.is_asked_to_forward(*rings_on);
            }
        }
        self.observer.check(self.call.next_deadline().is_some());
    }

    /// Whoever is rung wishes the call forwarded, and mostly there is somebody.
    fn is_asked_to_forward(&mut self, rings_on: bool) {
        self.onward.clear();
        let to = self.people[usize::from(self.call.rung_side() == Some(Side::Callee))].unwrap_or(BOB);
        let onward = (self.forwards < FORWARDS_MAX && self.dice.below(5) > 0).then(|| self.leads_on(to));
        let onward = onward.filter(|onward| !rings_on || onward.unreachable().is_none());
        self.done.rang_on += u32::from(rings_on && onward.is_none());
        self.done.forwarded += u32::from(onward.is_some());
        let effects = self.call.forward(onward.as_ref(), self.now);
        self.observer.see(&effects, false);
        self.follow(&effects);
    }

    /// Somebody else who is on neither side is rung instead of `instead`, or another one whom that one leads to.
    fn leads_on(&mut self, instead: u128) -> Onward {
        let others: Vec<u128> =
            (1..=PEOPLE).filter(|who| !self.people.contains(&Some(*who)) && *who != instead).collect();
        self.onward = others[..1 + self.pick(others.len())].to_vec().into();
        self.observer.onward = self.onward.clone();
        self.forwards += self.onward.len();
        let last = others[self.onward.len() - 1];
        let forwards = vec![ForwardWhen::NoAnswer; self.onward.len()];
        Onward { forwards, candidates: candidates(&mut self.dice, last), wishes: wishes(&mut self.dice) }
    }

    /// A deadline that was served must not come again at once.
    fn assert_progress(&self) {
        assert!(self.call.next_deadline().is_none_or(|at| self.now < at), "a deadline stands still");
    }

    fn anybody(&mut self) -> EndpointId {
        let who = 1 + self.dice.below(5);
        let members: Vec<EndpointId> = self.observer.members.iter().copied().collect();
        if self.dice.below(2) == 0 && !members.is_empty() {
            return members[self.pick(members.len())];
        }
        endpoint(u128::from(who), u128::from(self.dice.below(2)))
    }

    /// One that takes part, or is whoever's who is rung.
    fn somebody_known(&mut self) -> EndpointId {
        let rung = self.observer.rung_person.filter(|_| self.call.rung_side().is_some());
        let mut known: Vec<EndpointId> = self.observer.members.iter().copied().collect();
        known.extend(rung.into_iter().flat_map(|who| [endpoint(who, 0), endpoint(who, 1)]));
        let which = self.pick(known.len().max(1));
        known.get(which).copied().unwrap_or_else(|| endpoint(STRANGER, 0))
    }

    fn fresh_leg(&mut self) -> LegId {
        let leg = LegId(Uuid::from_u128(100 + self.legs.len() as u128));
        self.legs.push(leg);
        leg
    }

    /// A fresh leg, or one of the call; closed ones never come again.
    fn brought_leg(&mut self) -> LegId {
        let open = self.observer.open.iter().next().copied().filter(|_| self.dice.below(5) == 0);
        open.unwrap_or_else(|| self.fresh_leg())
    }

    fn pick(&mut self, among: usize) -> usize {
        usize::try_from(self.dice.below(among as u64)).unwrap()
    }
}

/// An endpoint that comes or goes by what is no event.
#[derive(Clone, Copy)]
enum Comes {
    Expected(EndpointId),
    WithLeg(EndpointId, LegId),
    Away(EndpointId),
}

fn wishes(dice: &mut Seed) -> Wishes {
    let after = Duration::from_secs(5 + dice.below(60));
    Wishes { declined: dice.below(2) == 0, unanswered: (dice.below(2) == 0).then_some(after) }
}

fn candidates(dice: &mut Seed, who: u128) -> Vec<Candidate> {
    let reach = |dice: &mut Seed| match dice.below(12) {
        0 => Reach::InCall,
        1 => Reach::DoNotDisturb,
        2 => Reach::Lost,
        _ => Reach::Free,
    };
    [0, 1].into_iter().map(|which| Candidate { endpoint: endpoint(who, which), reach: reach(dice) }).collect()
}
