//! Calls under random events: duplicates, late ones, wrong endpoints, losses, deadlines in between. An observer that
//! sees effects alone keeps its own books and holds them to what must always be true.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::*;
use crate::base::clock;
use crate::base::seed::Seed;
use crate::domain::call::CallState;

/// Calls that are played through.
const CALLS: u64 = 3000;

/// No call outlives the last event of its people by more: the longest ring is the longest deadline.
const LONGEST: Duration = Duration::from_secs(301);

const ALICE: EndpointId = EndpointId(Uuid::from_u128(1));
const BOB: EndpointId = EndpointId(Uuid::from_u128(2));
const BOB_TOO: EndpointId = EndpointId(Uuid::from_u128(3));
const STRANGER: EndpointId = EndpointId(Uuid::from_u128(4));

#[test]
fn whatever_happens_every_call_ends_and_both_sides_agree() {
    let mut ends = BTreeSet::new();
    let mut connected = 0;
    for seed in 0..CALLS {
        let played = std::panic::catch_unwind(|| play(seed));
        let observer = played.unwrap_or_else(|_| panic!("the call of seed {seed} broke a rule"));
        ends.extend(observer.end.map(|end| (end.code, end.sub_code)));
        connected += u32::from(observer.was_connected);
    }
    let all: BTreeSet<_> = EndReason::ALL.iter().map(|end| (end.code, end.sub_code)).collect();
    let never: BTreeSet<_> = all.difference(&ends).copied().collect();
    let others = [EndReason::ENDED_FOR_ALL, EndReason::ANSWERED_ELSEWHERE].map(|end| (end.code, end.sub_code));
    assert_eq!(never, others.into(), "the random events reach every end of a call");
    assert!(connected > 500, "only {connected} calls were connected");
}

/// Plays one call to its end.
fn play(seed: u64) -> Observer {
    let mut world = World::new(seed);
    for _ in 0..world.dice.below(60) {
        world.random_event();
    }
    world.somebody_leaves();
    world.run_out();
    world.late_events();
    world.observer
}

struct World {
    dice: Seed,
    now: Instant,
    call: Call,
    observer: Observer,
    legs: Vec<LegId>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Seed::new(seed);
        let now = clock::now();
        let leg = LegId(Uuid::from_u128(100));
        let reach = |dice: &mut Seed| match dice.below(12) {
            0 => Reach::InCall,
            1 => Reach::DoNotDisturb,
            2 => Reach::Lost,
            _ => Reach::Free,
        };
        let mut callee = vec![
            Candidate { endpoint: BOB, reach: reach(&mut dice) },
            Candidate { endpoint: BOB_TOO, reach: reach(&mut dice) },
        ];
        callee.truncate(usize::from(dice.below(20) > 0) * usize::try_from(1 + dice.below(2)).unwrap());
        let ring_for = Duration::from_secs(dice.below(320));
        let (call, effects) = Call::start(Start { caller: ALICE, leg, ring_for, callee }, now);
        let mut observer = Observer::new(leg);
        observer.see(None, &effects);
        Self { dice, now, call, observer, legs: vec![leg] }
    }

    fn random_event(&mut self) {
        self.let_time_pass();
        // Mostly what a call is made of; the rest is noise.
        let event = match self.dice.below(5) {
            0 | 1 => self.next_step(),
            _ => self.any_event(),
        };
        self.feed(event);
    }

    fn let_time_pass(&mut self) {
        let pause = match self.dice.below(5) {
            0 => Duration::from_millis(self.dice.below(20_000)),
            1 => Duration::from_millis(self.dice.below(1000)),
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

    fn next_step(&mut self) -> Event {
        let leg = self.legs[self.legs.len() - 1];
        match self.dice.below(5) {
            0 => Event::Ringing { endpoint: BOB },
            1 => Event::Answer { endpoint: BOB, leg: self.fresh_leg() },
            2 => Event::LegUp { leg: self.legs[0] },
            _ => Event::LegUp { leg },
        }
    }

    fn any_event(&mut self) -> Event {
        let endpoint = [ALICE, BOB, BOB_TOO, STRANGER][self.pick(4)];
        let known = [ALICE, BOB, BOB_TOO][self.pick(3)];
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
            26..=31 => Event::LegUp { leg },
            32..=34 => Event::LegSilent { leg },
            35..=36 => Event::LegHeard { leg },
            37 => Event::LegFailed { leg },
            _ => Event::DeadlinePassed,
        }
    }

    /// After this only deadlines are left to come.
    fn somebody_leaves(&mut self) {
        let endpoint = [ALICE, BOB][self.pick(2)];
        let legs: Vec<LegId> = self.observer.open.iter().copied().collect();
        match self.dice.below(8) {
            0 => self.feed(Event::Stop),
            1 => self.feed(Event::Left { endpoint }),
            2 | 3 => self.feed(Event::Lost { endpoint: ALICE }),
            4 => legs.into_iter().for_each(|leg| self.feed(Event::LegFailed { leg })),
            5 => legs.into_iter().for_each(|leg| self.feed(Event::LegSilent { leg })),
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
            assert!(self.observer.was_connected);
            self.feed(Event::HangUp { endpoint: ALICE });
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
    }

    fn feed(&mut self, event: Event) {
        let over = self.call.is_over();
        let effects = self.call.handle(event, self.now);
        if over {
            assert!(effects.iter().all(|effect| *effect == Effect::Refuse(Refusal::Over)));
            return;
        }
        self.observer.see(Some(event), &effects);
        self.observer.check();
    }

    /// A deadline that was served must not come again at once.
    fn assert_progress(&self) {
        assert!(self.call.next_deadline().is_none_or(|at| self.now < at), "a deadline stands still");
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

/// The books of whoever carries out the effects.
#[derive(Default)]
struct Observer {
    ringing: BTreeSet<EndpointId>,
    open: BTreeSet<LegId>,
    hears: BTreeMap<LegId, Vec<LegId>>,
    music: BTreeSet<LegId>,
    states: BTreeMap<EndpointId, CallState>,
    told_end: BTreeMap<EndpointId, EndReason>,
    answered_by: Option<EndpointId>,
    entries: BTreeMap<Side, Vec<Entry>>,
    was_connected: bool,
    end: Option<EndReason>,
    finished: bool,
}

impl Observer {
    fn new(leg: LegId) -> Self {
        Self { open: [leg].into(), ..Self::default() }
    }

    /// Takes the effects of one event; of the start when there is none.
    fn see(&mut self, event: Option<Event>, effects: &[Effect]) {
        let answers = effects.iter().filter(|e| matches!(e, Effect::Accept | Effect::Refuse(_))).count();
        assert_eq!(answers, usize::from(event.is_none_or(is_request)), "{event:?} {effects:?}");
        match event {
            Some(Event::Answer { endpoint, leg }) if effects.contains(&Effect::Accept) => {
                assert!(self.ringing.remove(&endpoint), "only one that rings answers");
                assert_eq!(self.answered_by.replace(endpoint), None, "a call is answered once");
                assert!(self.open.insert(leg));
            }
            Some(Event::Rejoin { leg, .. }) if effects.contains(&Effect::Accept) => assert!(self.open.insert(leg)),
            Some(Event::Left { endpoint }) => drop(self.ringing.remove(&endpoint)),
            _ => {}
        }
        effects.iter().for_each(|effect| self.carry_out(effect));
    }

    fn carry_out(&mut self, effect: &Effect) {
        assert!(!self.finished, "{effect:?} after the end");
        match effect {
            Effect::Accept | Effect::Refuse(_) => {}
            Effect::Ring { endpoint } => {
                assert!([BOB, BOB_TOO].contains(endpoint));
                assert_eq!(self.answered_by, None, "an answered call does not ring");
                self.ringing.insert(*endpoint);
            }
            Effect::StopRinging { endpoint, .. } => assert!(self.ringing.remove(endpoint), "{endpoint} did not ring"),
            Effect::Tell { endpoint, news } => self.tell(*endpoint, *news),
            Effect::SetSources { leg, sources } => {
                assert!(self.open.contains(leg) && sources.iter().all(|s| self.open.contains(s)), "{effect:?}");
                assert!(!self.music.contains(leg), "music and sources together");
                self.hears.insert(*leg, sources.clone());
            }
            Effect::HoldMusic { to, on: true } => {
                assert!(self.open.contains(to) && self.hears.get(to).is_none_or(Vec::is_empty));
                assert!(self.music.insert(*to));
            }
            Effect::HoldMusic { to, on: false } => assert!(self.music.remove(to)),
            Effect::CloseLeg { leg } => {
                assert!(!self.music.contains(leg) && self.open.remove(leg), "{effect:?}");
                self.hears.remove(leg);
            }
            Effect::Record { side, entry } => self.entries.entry(*side).or_default().push(*entry),
            Effect::Finished => self.finish(),
        }
    }

    fn tell(&mut self, endpoint: EndpointId, news: News) {
        assert!(endpoint == ALICE || Some(endpoint) == self.answered_by, "{endpoint} takes no part");
        assert!(!self.told_end.contains_key(&endpoint), "told more after the end");
        match news {
            News::State(state) => {
                self.was_connected |= state == CallState::Connected;
                self.states.insert(endpoint, state);
            }
            News::Other { .. } => {}
            News::Ended(reason) => drop(self.told_end.insert(endpoint, reason)),
        }
    }

    fn finish(&mut self) {
        self.finished = true;
        assert!(self.ringing.is_empty(), "still ringing: {:?}", self.ringing);
        assert!(self.open.is_empty(), "still open: {:?}", self.open);
        assert!(self.music.is_empty());
        let members: BTreeSet<_> = [ALICE].into_iter().chain(self.answered_by).collect();
        assert_eq!(self.told_end.keys().copied().collect::<BTreeSet<_>>(), members, "all that take part are told");
        let reasons: BTreeSet<_> = self.told_end.values().map(|end| (end.code, end.sub_code)).collect();
        assert_eq!(reasons.len(), 1, "both are told the same");
        self.end = self.told_end.values().next().copied();
        for side in Side::BOTH {
            let entries = &self.entries[&side];
            let answered = usize::from(self.answered_by.is_some());
            assert_eq!(entries.len(), 2 + answered);
            assert_eq!(entries[0], Entry::Started);
            assert_eq!(entries.iter().filter(|e| **e == Entry::Answered).count(), answered);
            assert!(matches!(entries.last(), Some(Entry::Ended { reason, .. }) if Some(*reason) == self.end));
        }
    }

    /// What must be true between two events.
    fn check(&self) {
        if self.finished {
            return;
        }
        for (leg, sources) in &self.hears {
            for source in sources {
                assert!(self.open.contains(source), "a closed leg is heard");
                assert!(self.hears.get(source).is_some_and(|back| back.contains(leg)), "only one hears the other");
            }
        }
        let Some(bob) = self.answered_by.filter(|_| self.was_connected) else { return };
        let pair = (self.states[&ALICE], self.states[&bob]);
        let agreed = [
            (CallState::Connected, CallState::Connected),
            (CallState::LocalHold, CallState::RemoteHold),
            (CallState::RemoteHold, CallState::LocalHold),
            (CallState::LocalHold, CallState::LocalHold),
        ];
        assert!(agreed.contains(&pair), "they disagree: {pair:?}");
        let talking = pair == agreed[0];
        assert!(talking || self.hears.values().all(Vec::is_empty), "held, and still heard");
        assert!(!talking || self.music.is_empty(), "music without a hold");
    }
}

fn is_request(event: Event) -> bool {
    matches!(
        event,
        Event::Ringing { .. }
            | Event::Answer { .. }
            | Event::Decline { .. }
            | Event::HangUp { .. }
            | Event::Hold { .. }
            | Event::Mute { .. }
            | Event::Rejoin { .. }
    )
}
