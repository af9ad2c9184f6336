//! The events on the screen.

use std::collections::VecDeque;

use crate::domain::id::CallId;
use crate::domain::time::UnixMillis;

/// How many events are kept on the screen.
const EVENTS: usize = 500;

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
    /// What it is about.
    pub about: About,
}

/// What an entry is about, where a view may tell that in words of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// What its text says.
    Text,
    /// A call began to ring here.
    Rings(CallId),
    /// A call stopped ringing here, and was not answered here.
    RangOut(CallId),
    /// A call was missed.
    Missed(CallId),
    /// A call began, or stands otherwise than before.
    Stands(CallId),
    /// The last call is over.
    Ended(CallId),
    /// Somebody shares a group.
    Shared,
}

/// What happened, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Events {
    /// The entries.
    pub entries: VecDeque<Entry>,
    /// How many rows the view is scrolled back from the newest.
    pub back: usize,
    /// How many were added so far, those no longer kept included.
    pub total: usize,
}

impl Events {
    /// Adds an entry; a view scrolled back stays where it is.
    pub fn add(&mut self, entry: Entry) {
        if self.entries.len() == EVENTS {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.total += 1;
        if self.back > 0 {
            self.scroll(-1);
        }
    }

    /// Scrolls `by` rows towards the newest (or back).
    pub fn scroll(&mut self, by: isize) {
        self.back = self.back.saturating_add_signed(by.saturating_neg()).min(self.entries.len().saturating_sub(1));
    }
}
