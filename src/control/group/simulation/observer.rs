//! Sees the effects of a group call alone, keeps its own books, and holds them to what must always be true.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::{Seen, person, who_is};
use crate::control::group::{Effect, Entry, Event, GroupCall, News, ROWS_MAX};
use crate::control::hearing::{Choice, Hearing, Source};
use crate::domain::call::{CallState, ParticipantState};
use crate::domain::id::{EndpointId, Identity, LegId};

/// What an endpoint in the call is known to be, and what it was told.
#[derive(Debug, Default)]
pub(super) struct Known {
    leg: Option<LegId>,
    muted: bool,
    holding: bool,
    state: Option<CallState>,
    roster: BTreeMap<u16, (Identity, ParticipantState, bool)>,
}

/// Keeps books of effects alone.
#[derive(Debug, Default)]
pub(super) struct Observer {
    pub members: BTreeMap<EndpointId, Known>,
    pub ringing: BTreeSet<EndpointId>,
    invited: BTreeSet<Identity>,
    open: BTreeSet<LegId>,
    up: BTreeSet<LegId>,
    hears: BTreeMap<LegId, Hearing>,
    sources: BTreeMap<LegId, Source>,
    entries: BTreeMap<Identity, Vec<Entry>>,
    numbers: BTreeMap<u16, Identity>,
    pub finished: bool,
    pub seen: Seen,
}

impl Observer {
    pub fn see(&mut self, event: &Event, effects: &[Effect]) {
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
            Event::Join(join) => self.comes_in(join.endpoint, Some(join.leg), join.muted),
            Event::Expect(expect) => self.comes_in(expect.endpoint, None, expect.muted),
            Event::Answer { endpoint, leg } => {
                assert!(self.ringing.remove(endpoint), "only one that rings answers");
                self.seen.answers += 1;
                self.comes_in(*endpoint, Some(*leg), false);
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

    fn comes_in(&mut self, endpoint: EndpointId, leg: Option<LegId>, muted: bool) {
        self.seen.joins += 1;
        let known = Known { leg, muted, ..Known::default() };
        assert!(self.members.insert(endpoint, known).is_none(), "in twice");
        assert!(leg.is_none_or(|leg| self.open.insert(leg)));
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
    pub fn check(&mut self) {
        assert!(self.finished == self.members.is_empty(), "a call without members goes on");
        for (endpoint, known) in &self.members {
            let Some(leg) = known.leg else { continue };
            let talks = self.up.contains(&leg) && !known.holding;
            let open = self.sources.get(&leg).is_some_and(|source| source.open);
            assert_eq!(open, talks, "{endpoint} is offered wrongly");
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
    pub fn check_rosters(&self, call: &GroupCall, now: Instant) {
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
            | Event::Expect(_)
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
