//! The books of whoever carries out the effects, and what must be true in them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Effect, Entry, Event, News, Next, Side, person};
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::domain::id::{EndpointId, LegId};

#[derive(Default)]
pub(super) struct Observer {
    pub ringing: BTreeSet<EndpointId>,
    /// Whose endpoints may ring.
    pub rung_person: Option<u128>,
    /// Whom the request at hand names.
    pub named: Option<u128>,
    /// To whom the forwards at hand lead.
    pub onward: VecDeque<u128>,
    pub open: BTreeSet<LegId>,
    /// The legs that were up once, and whose each is.
    up: BTreeSet<LegId>,
    of: BTreeMap<EndpointId, LegId>,
    hears: BTreeMap<LegId, Vec<LegId>>,
    music: BTreeSet<LegId>,
    /// Who takes part, and of these who has still to bring a leg.
    pub members: BTreeSet<EndpointId>,
    pub expected: BTreeSet<EndpointId>,
    states: BTreeMap<EndpointId, CallState>,
    told_end: BTreeMap<EndpointId, EndReason>,
    /// Who moved into another call, and is told nothing.
    moved: Option<EndpointId>,
    /// Whether the record of whoever is on a side is open.
    entries: BTreeMap<Side, bool>,
    pub given_back: bool,
    pub was_connected: bool,
    pub end: Option<EndReason>,
    pub finished: bool,
}

impl Observer {
    pub fn new(caller: EndpointId, leg: LegId, callee: u128) -> Self {
        let mut observer = Self { rung_person: Some(callee), ..Self::default() };
        observer.comes(caller, leg);
        observer
    }

    /// Takes part from now on, with this leg.
    pub fn comes(&mut self, endpoint: EndpointId, leg: LegId) {
        self.expects(endpoint);
        self.brings(endpoint, leg);
    }

    /// Takes part from now on, and will bring a leg.
    pub fn expects(&mut self, endpoint: EndpointId) {
        assert!(self.members.insert(endpoint), "{endpoint} takes part already");
        self.expected.insert(endpoint);
        self.states.insert(endpoint, CallState::Connecting);
    }

    /// Will be told elsewhere that the call is over.
    pub fn moves_away(&mut self, endpoint: EndpointId) {
        self.moved = Some(endpoint);
    }

    fn brings(&mut self, endpoint: EndpointId, leg: LegId) {
        assert!(self.open.insert(leg));
        self.expected.remove(&endpoint);
        self.of.insert(endpoint, leg);
    }

    /// Takes an event.
    pub fn note(&mut self, event: Event, accepted: bool) {
        match event {
            Event::Answer { endpoint, leg } if accepted => {
                assert!(self.ringing.remove(&endpoint), "only one that rings answers");
                self.comes(endpoint, leg);
            }
            Event::Rejoin { endpoint, leg } if accepted => self.brings(endpoint, leg),
            Event::Left { endpoint } => drop(self.ringing.remove(&endpoint)),
            Event::LegUp { leg } if self.open.contains(&leg) => drop(self.up.insert(leg)),
            _ => {}
        }
    }

    /// Takes the effects of one event, or one request.
    pub fn see(&mut self, effects: &[Effect], request: bool) {
        let answers = effects.iter().filter(|e| matches!(e, Effect::Accept | Effect::Refuse(_))).count();
        assert_eq!(answers, usize::from(request), "{effects:?}");
        effects.iter().for_each(|effect| self.carry_out(effect));
    }

    fn carry_out(&mut self, effect: &Effect) {
        assert!(!self.finished, "{effect:?} after the end");
        match effect {
            Effect::Accept | Effect::Refuse(_) => {}
            Effect::Ring { endpoint } => {
                assert_eq!(Some(person(*endpoint)), self.rung_person, "somebody else is rung");
                assert!(!self.members.contains(endpoint), "one that takes part is rung");
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
                self.up.remove(leg);
            }
            Effect::Left { endpoint } => {
                assert!(self.members.remove(endpoint), "it took no part");
                self.expected.remove(endpoint);
                assert!(self.told_end.remove(endpoint).is_some(), "it was told nothing");
                self.states.remove(endpoint);
                self.of.remove(endpoint);
            }
            Effect::HandedOn { side, to, told } => {
                assert!(self.members.contains(told), "{effect:?}");
                assert!(self.ringing.is_empty() || matches!(to, Next::Taker { .. }), "somebody still rings");
                // What goes before the side is somebody else's is in the record of who was there.
                assert_eq!(self.entries.get(side).copied(), Some(false), "the record before is open");
                self.rung_person = match to {
                    Next::Forwarded { .. } => Some(self.onward.pop_front().expect("a forward leads to somebody")),
                    Next::Named => self.named.take(),
                    Next::Giver { .. } | Next::Slot | Next::Taker { .. } => None,
                };
            }
            Effect::RingBack => assert!(self.ringing.is_empty(), "somebody still rings"),
            Effect::Forward { rings_on, .. } => assert!(*rings_on || self.rung_person.is_some(), "nobody was rung"),
            Effect::Record { side, entry } => self.record(*side, *entry),
            Effect::Finished => self.finish(),
        }
    }

    fn record(&mut self, side: Side, entry: Entry) {
        let open = self.entries.get(&side).copied();
        match entry {
            Entry::Started => assert_eq!(open, None),
            Entry::Answered => assert_eq!(open, Some(true)),
            Entry::Rung => assert_eq!(open, Some(false), "a record of somebody else is open"),
            Entry::Taken => assert!(open.is_some()),
            Entry::Ended { .. } | Entry::Forwarded { .. } | Entry::PickedUp { .. } => {
                assert_eq!(open, Some(true), "ended twice");
            }
        }
        let over = matches!(entry, Entry::Ended { .. } | Entry::Forwarded { .. } | Entry::PickedUp { .. });
        self.entries.insert(side, !over);
    }

    fn tell(&mut self, endpoint: EndpointId, news: News) {
        assert!(self.members.contains(&endpoint), "{endpoint} takes no part");
        assert!(!self.told_end.contains_key(&endpoint), "told more after the end");
        match news {
            News::State(state) => {
                self.was_connected |= state == CallState::Connected;
                self.given_back &= state != CallState::Connected;
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
        let told: BTreeSet<_> = self.told_end.keys().chain(&self.moved).copied().collect();
        assert_eq!(told, self.members, "all that take part are told");
        let told = || self.told_end.values().filter(|end| **end != EndReason::REVOKED);
        let reasons: BTreeSet<_> = told().map(|end| (end.code, end.sub_code)).collect();
        assert!(reasons.len() < 2, "both are told the same, but for one that may not act any more");
        self.end = told().next().or_else(|| self.told_end.values().next()).copied();
        assert!(self.entries.values().all(|open| !open), "a record is never completed");
    }

    /// Whether two take part who know the same of each other.
    pub fn is_agreed(&self) -> bool {
        let states: Vec<CallState> = self.states.values().copied().collect();
        let [one, other] = states[..] else { return false };
        let agreed = [
            (CallState::Connected, CallState::Connected),
            (CallState::LocalHold, CallState::RemoteHold),
            (CallState::RemoteHold, CallState::LocalHold),
            (CallState::LocalHold, CallState::LocalHold),
        ];
        agreed.contains(&(one, other))
    }

    /// What must be true between two events: everybody has somebody to hear, or waits with a deadline for somebody.
    pub fn check(&self, deadline: bool) {
        if self.finished {
            return;
        }
        for (leg, sources) in &self.hears {
            for source in sources {
                assert!(self.open.contains(source), "a closed leg is heard");
                assert!(self.hears.get(source).is_some_and(|back| back.contains(leg)), "only one hears the other");
            }
        }
        for (endpoint, state) in &self.states {
            let leg = self.of.get(endpoint).filter(|leg| self.up.contains(leg));
            let music = leg.is_some_and(|leg| self.music.contains(leg));
            let waits_with_music = *state == CallState::RemoteHold;
            assert!(leg.is_none() || music == waits_with_music, "{state:?}, and music: {music}");
        }
        let states = || self.states.values().copied();
        if self.is_agreed() {
            let talking = states().all(|state| state == CallState::Connected);
            assert!(talking || self.hears.values().all(Vec::is_empty), "held, and still heard");
            let up = self.states.keys().filter(|e| self.of.get(e).is_some_and(|leg| self.up.contains(leg))).count();
            let hear = self.hears.values().filter(|sources| !sources.is_empty()).count();
            assert!(!talking || up < 2 || hear == 2, "connected, and in silence");
            return;
        }
        assert!(deadline, "somebody waits without an end: {:?}", self.states);
        assert!(self.hears.values().all(Vec::is_empty), "who waits hears somebody");
        assert!(!states().any(|state| state == CallState::Connected), "connected to nobody: {:?}", self.states);
        let newcomers = states().filter(|state| *state == CallState::Connecting).count();
        // Before the two first talk, both are connecting; later one waits, and knows for what.
        assert!(!self.was_connected || newcomers < 2, "nobody knows for what it waits");
    }
}

pub(super) fn is_request(event: Event) -> bool {
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
