//! The call records and the events on the screen.

use std::collections::VecDeque;

use crate::domain::id::CallId;
use crate::domain::record::{CallRecord, Outcome};
use crate::domain::time::UnixMillis;

/// How many call records are kept on the screen.
const RECORDS: usize = 500;

/// How many events are kept on the screen.
const EVENTS: usize = 500;

/// The call records, newest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The records.
    pub records: Vec<CallRecord>,
    /// Whether the phone told them yet.
    pub loaded: bool,
    /// Which is selected; the newest when none is, or when it is gone.
    pub selected: Option<CallId>,
    /// How many missed calls came since the list was looked at.
    pub unseen: usize,
}

impl History {
    /// Takes the records as the phone told them.
    pub fn set(&mut self, mut records: Vec<CallRecord>) {
        records.truncate(RECORDS);
        self.records = records;
        self.loaded = true;
    }

    /// Adds a record, or completes the one of the same call.
    pub fn add(&mut self, record: CallRecord) {
        let known = self.records.iter_mut().find(|r| r.call_id == record.call_id);
        let was_missed = known.as_ref().is_some_and(|r| r.outcome == Outcome::Missed);
        self.unseen += usize::from(record.outcome == Outcome::Missed && !was_missed);
        match known {
            Some(known) => *known = record,
            None => self.records.insert(0, record),
        }
        self.records.truncate(RECORDS);
    }

    /// The index of the selected record.
    pub fn index(&self) -> usize {
        self.selected.and_then(|call| self.records.iter().position(|r| r.call_id == call)).unwrap_or(0)
    }

    /// The selected record.
    pub fn current(&self) -> Option<&CallRecord> {
        self.records.get(self.index())
    }

    /// Selects the record `by` rows on (or back), staying within the list.
    pub fn select(&mut self, by: isize) {
        let last = self.records.len().saturating_sub(1);
        let index = self.index().saturating_add_signed(by).min(last);
        self.selected = self.records.get(index).map(|record| record.call_id);
    }
}

/// How something is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// To be known.
    Plain,
    /// It went well.
    Good,
    /// Look at it.
    Warn,
    /// It failed.
    Bad,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: UnixMillis,
    /// What.
    pub text: String,
    /// How it is meant.
    pub mood: Mood,
}

/// What happened, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Events {
    /// The entries.
    pub entries: VecDeque<Entry>,
    /// How many rows the view is scrolled back from the newest.
    pub back: usize,
}

impl Events {
    /// Adds an entry; a view scrolled back stays where it is.
    pub fn add(&mut self, entry: Entry) {
        if self.entries.len() == EVENTS {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        if self.back > 0 {
            self.scroll(-1);
        }
    }

    /// Scrolls `by` rows towards the newest (or back).
    pub fn scroll(&mut self, by: isize) {
        self.back = self.back.saturating_add_signed(by.saturating_neg()).min(self.entries.len().saturating_sub(1));
    }
}
