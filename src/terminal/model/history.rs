//! The call records on the screen: newest first, searched here and at the service, with notes and the count of what was
//! missed.

use std::collections::BTreeMap;

use super::friends::matches as named;
use super::{Input, LiveCall, Model, Pane};
use crate::domain::call::Peer;
use crate::domain::id::{CallId, Identity};
use crate::domain::record::{CallRecord, HistoryFilter};
use crate::domain::text::folded;
use crate::domain::time::UnixMillis;
use crate::phone::command::HISTORY;

/// How many call records are kept on the screen.
const RECORDS: usize = 500;

/// How many people's notes are remembered that the service was asked for.
const REMEMBERED: usize = 100;

/// The call records, newest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The records.
    pub records: Vec<CallRecord>,
    /// Whether the phone told them yet.
    pub loaded: bool,
    /// Which is selected; the newest when none is, or when it is gone.
    pub selected: Option<CallId>,
    /// How many calls were missed since somebody looked, as the service counts.
    pub missed: u32,
    /// The text records are searched by.
    pub filter: Input,
    /// Whether it is being typed.
    pub filtering: bool,
    /// When the service is asked for what fits: a little after the last key.
    pub search_at: Option<UnixMillis>,
    /// What the service found, and for which text.
    found: (String, Vec<CallRecord>),
    /// The newest records with a note about somebody, as the service was asked; `None` where it has none, or has not
    /// answered yet.
    remembered: BTreeMap<Identity, Option<CallRecord>>,
}

/// A note being written about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotePrompt {
    /// Which call.
    pub call: CallId,
    /// Whom it is or was with.
    pub who: String,
    /// When it began.
    pub at: UnixMillis,
    /// The note there is.
    pub before: String,
    /// What is typed.
    pub input: Input,
}

impl History {
    /// Takes the records as the phone told them.
    pub fn set(&mut self, mut records: Vec<CallRecord>) {
        records.truncate(RECORDS);
        self.records = records;
        self.loaded = true;
    }

    /// Adds a record where its beginning belongs, or takes it for the one of the same call, which keeps its place.
    pub fn add(&mut self, record: CallRecord) {
        let all = self.records.iter_mut().chain(&mut self.found.1).chain(self.remembered.values_mut().flatten());
        for known in all.filter(|known| known.call_id == record.call_id) {
            *known = record.clone();
        }
        if self.get(record.call_id).is_some() {
            return;
        }
        let at = self.records.partition_point(|known| known.started_at > record.started_at);
        // What is older than all there is may have others before it, which only the service knows.
        if at < self.records.len() || !self.is_cut() {
            self.records.insert(at, record);
            self.records.truncate(RECORDS);
        }
    }

    /// The record of a call.
    pub fn get(&self, call: CallId) -> Option<&CallRecord> {
        self.records.iter().find(|record| record.call_id == call)
    }

    /// The record of a call, be it one that only the service had.
    pub fn known(&self, call: CallId) -> Option<&CallRecord> {
        let asked = self.found.1.iter().chain(self.remembered.values().flatten());
        self.records.iter().chain(asked).find(|record| record.call_id == call)
    }

    /// Whether the service may have more records than are here.
    pub fn is_cut(&self) -> bool {
        self.records.len() >= usize::from(HISTORY)
    }

    /// The rows to show: those that fit what is searched for, with what the service found.
    pub fn shown(&self) -> Vec<&CallRecord> {
        let text = folded(self.filter.trimmed());
        if text.is_empty() {
            return self.records.iter().collect();
        }
        let mut rows: Vec<&CallRecord> = self.records.iter().filter(|record| fits(record, &text)).collect();
        if self.found.0 == self.filter.trimmed() {
            rows.extend(self.found.1.iter().filter(|found| self.get(found.call_id).is_none()));
            rows.sort_by_key(|record| std::cmp::Reverse(record.started_at));
        }
        rows
    }

    /// The index of the selected row among those shown.
    pub fn index(&self) -> usize {
        let selected = |call| self.shown().iter().position(|record| record.call_id == call);
        self.selected.and_then(selected).unwrap_or(0)
    }

    /// The record of the selected row.
    pub fn current(&self) -> Option<&CallRecord> {
        let rows = self.shown();
        let selected = self.selected.and_then(|call| rows.iter().find(|record| record.call_id == call).copied());
        selected.or_else(|| rows.first().copied())
    }

    /// Selects the row `by` rows on (or back), staying within the list.
    pub fn select(&mut self, by: isize) {
        let rows = self.shown();
        let index = self.index().saturating_add_signed(by).min(rows.len().saturating_sub(1));
        self.selected = rows.get(index).map(|record| record.call_id);
    }

    /// Takes what the service found.
    pub fn take_found(&mut self, filter: HistoryFilter, records: Vec<CallRecord>) {
        match (filter.with, filter.text) {
            (Some(who), None) => {
                self.remembered.insert(who, records.into_iter().find(|record| record.note.is_some()));
            }
            (None, Some(text)) => self.found = (text, records),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    /// Whether the service should be asked for notes about somebody: what is here has none, and may not be all. Asked
    /// once.
    pub fn wonders_about(&mut self, who: &Identity) -> bool {
        let known =
            self.remembered.contains_key(who) || self.records.iter().any(|r| r.note.is_some() && is_with(r, who));
        if known || !self.is_cut() {
            return false;
        }
        if self.remembered.len() == REMEMBERED {
            self.remembered.clear();
        }
        self.remembered.insert(who.clone(), None);
        true
    }

    /// The newest record with a note about somebody, or of a group.
    pub fn noted(&self, peer: &Peer) -> Option<&CallRecord> {
        let with = |record: &&CallRecord| match peer {
            Peer::Person(person) => is_with(record, &person.identity),
            Peer::Group(group) => record.with.group().is_some_and(|other| other.id == group.id),
        };
        let here = self.records.iter().filter(|record| record.note.is_some()).filter(with);
        let asked = peer.person().and_then(|person| self.remembered.get(&person.identity));
        let asked = asked.into_iter().flatten().filter(|record| record.note.is_some());
        here.chain(asked).max_by_key(|record| record.started_at)
    }
}

/// Whether a call was with somebody, or answered by them.
fn is_with(record: &CallRecord, who: &Identity) -> bool {
    record.with.person().into_iter().chain(&record.answered_by).any(|person| person.identity == *who)
}

/// Whether a record holds a text, which is folded.
fn fits(record: &CallRecord, text: &str) -> bool {
    let holds = |part: &str| folded(part).contains(text);
    let group = record.with.group().and_then(|group| group.name.as_ref());
    record.with.person().into_iter().chain(&record.answered_by).any(|person| named(person, text))
        || group.is_some_and(|name| holds(name.as_str()))
        || record.note.as_ref().is_some_and(|note| holds(note.as_str()))
}

impl Model {
    /// Whom matters most now: who rings, or else whom the call is with.
    pub fn peer_now(&self) -> Option<Peer> {
        let rings = self.board.first_ringing().map(|incoming| Peer::Person(incoming.from.clone()));
        rings.or_else(|| self.call().map(LiveCall::peer))
    }

    /// The newest record with a note about whom matters most now.
    pub fn note_now(&self) -> Option<&CallRecord> {
        self.peer_now().and_then(|peer| self.history.noted(&peer))
    }

    /// A prompt for a note: about the record selected, or else the call going on, or else the one just ended.
    pub fn note_prompt(&self) -> Option<NotePrompt> {
        let selected = self.history.current().filter(|_| self.focus == Pane::History);
        let of_record = |record: &CallRecord| (record.call_id, record.with.clone(), record.started_at);
        let live = || self.call().map(|live| (live.view.call, live.view.with.clone(), live.view.started_at));
        let over = || self.ended.as_ref().map(|ended| (ended.summary.call, ended.summary.with.clone(), ended.at));
        let (call, with, at) = selected.map(of_record).or_else(live).or_else(over)?;
        let record = selected.or_else(|| self.history.known(call));
        let before = record.and_then(|record| record.note.as_ref()).map_or("", |note| note.as_str()).to_owned();
        let input = Input::new(&before);
        Some(NotePrompt { call, who: crate::texts::state::peer(&with).to_owned(), at, before, input })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::call::Direction;
    use crate::domain::person::Person;
    use crate::domain::record::Outcome;

    fn person(name: &str) -> Person {
        Person::new(format!("8:{name}").parse().unwrap(), name.parse().unwrap(), name.to_uppercase().as_str().into())
    }

    fn record(number: u16, with: &str, note: &str) -> CallRecord {
        CallRecord {
            call_id: CallId(Uuid::from_u128(number.into())),
            with: Peer::Person(person(with)),
            direction: Direction::Incoming,
            outcome: Outcome::Answered,
            started_at: UnixMillis(i64::from(number)),
            answered_at: None,
            ended_at: None,
            end: None,
            answered_by: None,
            note: note.parse().ok(),
        }
    }

    fn numbers(rows: &[&CallRecord]) -> Vec<i64> {
        rows.iter().map(|record| record.started_at.0).collect()
    }

    #[test]
    fn a_record_told_anew_keeps_its_place_and_a_late_one_finds_it() {
        let mut history = History::default();
        history.set(vec![record(9, "bob", ""), record(5, "carol", ""), record(2, "dave", "")]);
        history.add(record(5, "carol", "wants a refund"));
        history.add(record(7, "erin", ""));
        history.add(record(1, "frank", ""));
        assert_eq!(numbers(&history.shown()), [9, 7, 5, 2, 1]);
        assert_eq!(history.records[2].note.as_ref().unwrap().as_str(), "wants a refund");
    }

    #[test]
    fn what_is_searched_is_found_here_at_once_and_at_the_service_later() {
        let mut history = History::default();
        history.set((1..=HISTORY).rev().map(|n| record(1000 + n, "bob", if n == 7 { "Refund" } else { "" })).collect());
        history.filter = Input::new("rEfUnD");
        assert_eq!(numbers(&history.shown()), [1007]);
        let filter = HistoryFilter { text: Some("rEfUnD".to_owned()), ..HistoryFilter::default() };
        history.take_found(filter.clone(), vec![record(1007, "bob", "Refund"), record(3, "carol", "refund!")]);
        assert_eq!(numbers(&history.shown()), [1007, 3]);
        history.select(1);
        assert_eq!(history.current().unwrap().started_at.0, 3);
        // A note about what only the service had comes back into its place there.
        history.add(record(3, "carol", "refund paid"));
        assert_eq!(history.current().unwrap().note.as_ref().unwrap().as_str(), "refund paid");
        assert_eq!(history.records.len(), usize::from(HISTORY));
        history.filter = Input::new("carol");
        assert!(history.shown().is_empty(), "what was found for another text does not count");
    }

    #[test]
    fn the_newest_note_about_somebody_is_remembered() {
        let mut history = History::default();
        history.set(vec![record(9, "bob", ""), record(5, "bob", "newer"), record(2, "bob", "older")]);
        let bob = Peer::Person(person("bob"));
        assert_eq!(history.noted(&bob).unwrap().started_at.0, 5);
        assert!(history.noted(&Peer::Person(person("carol"))).is_none());
        let mut by_another = record(11, "carol", "sent me to bob");
        by_another.answered_by = Some(person("bob"));
        history.add(by_another);
        assert_eq!(history.noted(&bob).unwrap().started_at.0, 11);
    }

    #[test]
    fn the_service_is_asked_once_for_notes_that_may_be_older_than_what_is_here() {
        let mut history = History::default();
        let (bob, carol) = (person("bob"), person("carol"));
        history.set(vec![record(9, "bob", "")]);
        assert!(!history.wonders_about(&bob.identity), "all there is is here");
        history.set((1..=HISTORY).rev().map(|n| record(1000 + n, "bob", if n == 7 { "x" } else { "" })).collect());
        assert!(!history.wonders_about(&bob.identity));
        assert!(history.wonders_about(&carol.identity));
        assert!(!history.wonders_about(&carol.identity));
        let filter = HistoryFilter { with: Some(carol.identity.clone()), ..HistoryFilter::default() };
        history.take_found(filter, vec![record(4, "carol", ""), record(3, "carol", "likes tea")]);
        assert_eq!(history.noted(&Peer::Person(carol.clone())).unwrap().started_at.0, 3);
        history.add(record(3, "carol", ""));
        assert!(history.noted(&Peer::Person(carol)).is_none(), "the note was taken away");
    }
}
