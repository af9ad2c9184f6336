//! The ladder: what was sent between this phone and the service, and what came of it, as far as it is remembered.
//!
//! It holds the remembered entries themselves, not copies, and of each only whether it is shown. What is new is brought to
//! it from time to time, while it is open.

mod diff;
mod filter;

use std::sync::Arc;

pub use diff::{Change, diff};
use filter::Filter;

use super::Input;
use crate::domain::time::UnixMillis;
use crate::phone::evidence::News;
use crate::phone::evidence::entry::{Entry, What};
use crate::phone::evidence::export;

/// How often what is new is looked for, ms.
const LOOK: i64 = 250;

/// How times are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeMode {
    /// The time of day.
    #[default]
    Absolute,
    /// Since the phone started.
    Relative,
    /// Since the row above.
    Delta,
}

impl TimeMode {
    /// The one after this.
    pub fn next(self) -> Self {
        match self {
            Self::Absolute => Self::Relative,
            Self::Relative => Self::Delta,
            Self::Delta => Self::Absolute,
        }
    }
}

/// A message, or what two differ in, opened over the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it is.
    pub title: String,
    /// Its lines.
    pub lines: Vec<(Change, String)>,
    /// How many rows it is scrolled down.
    pub scroll: usize,
}

/// The ladder.
#[derive(Debug, Clone, Default)]
pub struct Ladder {
    entries: Vec<Arc<Entry>>,
    /// Which of them fit the filter.
    shown: Vec<usize>,
    /// Which of those shown is selected.
    selected: usize,
    /// The number of the newest entry taken in.
    newest: u64,
    /// What is typed to narrow it.
    pub filter: Input,
    /// Whether it is being typed.
    pub typing: bool,
    /// Whether the newest row is to be seen.
    pub follows: bool,
    /// Whether nothing new is taken in.
    pub paused: bool,
    /// How times are shown.
    pub time: TimeMode,
    /// The numbers of the rows marked, at most two; the older mark first.
    pub marks: Vec<u64>,
    /// What is opened over it.
    pub opened: Option<Opened>,
    /// When what is new is looked for next; `None` while that was asked for.
    pub look_at: Option<UnixMillis>,
}

impl Ladder {
    /// A ladder that follows what happens; nothing is in it yet.
    pub fn new() -> Self {
        Self { follows: true, ..Self::default() }
    }

    /// Takes in what is new, at the time `now`. Whether the picture is another one then.
    pub fn take(&mut self, news: News, now: UnixMillis) -> bool {
        self.look_at = (!self.paused).then(|| now.plus(LOOK));
        let gone = self.forget(news.first);
        if news.entries.is_empty() || self.paused {
            return gone;
        }
        let filter = Filter::new(self.filter.text());
        let from = self.entries.len();
        self.newest = news.entries.last().map_or(self.newest, |entry| entry.seq);
        self.entries.extend(news.entries);
        let before = self.shown.len();
        let new = self.entries[from..].iter().enumerate().filter(|(_, entry)| filter.fits(entry));
        self.shown.extend(new.map(|(at, _)| from + at));
        if self.follows {
            self.selected = self.shown.len().saturating_sub(1);
        }
        gone || self.shown.len() != before
    }

    /// Forgets what is no longer remembered; whether that could be seen.
    fn forget(&mut self, first: u64) -> bool {
        let gone = self.entries.partition_point(|entry| entry.seq < first);
        if gone == 0 {
            return false;
        }
        self.entries.drain(..gone);
        let unseen = self.shown.partition_point(|at| *at < gone);
        self.shown.drain(..unseen);
        self.shown.iter_mut().for_each(|at| *at -= gone);
        self.selected = self.selected.saturating_sub(unseen);
        self.marks.retain(|seq| *seq >= first);
        unseen > 0
    }

    /// Shows what fits the text being typed; `before` is what it was.
    pub(crate) fn narrow(&mut self, before: &str) {
        let filter = Filter::new(self.filter.text());
        let selected = self.current().map(|entry| entry.seq);
        if self.filter.text().starts_with(before) && filter.only_narrows() {
            self.shown.retain(|at| filter.fits(&self.entries[*at]));
        } else {
            let fitting = self.entries.iter().enumerate().filter(|(_, entry)| filter.fits(entry));
            self.shown = fitting.map(|(at, _)| at).collect();
        }
        let seq = selected.unwrap_or(u64::MAX);
        let at = self.shown.partition_point(|at| self.entries[*at].seq < seq);
        let last = self.shown.len().saturating_sub(1);
        self.selected = if self.follows { last } else { at.min(last) };
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.shown.len()
    }

    /// The row at `index`, and the one above it.
    pub fn row(&self, index: usize) -> Option<(&Entry, Option<&Entry>)> {
        let entry = self.entries.get(*self.shown.get(index)?)?;
        let above = index.checked_sub(1).and_then(|above| self.shown.get(above));
        Some((entry, above.and_then(|at| self.entries.get(*at)).map(|entry| &**entry)))
    }

    /// Which row is selected.
    pub fn index(&self) -> usize {
        self.selected
    }

    /// The entry selected.
    pub fn current(&self) -> Option<&Entry> {
        self.row(self.selected).map(|(entry, _)| entry)
    }

    /// The number of the newest entry taken in: what is new comes after it.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// Selects the row `by` rows on (or back), or scrolls what is opened. At the last row it follows what happens.
    pub fn step(&mut self, by: isize) {
        if let Some(opened) = &mut self.opened {
            opened.scroll = opened.scroll.saturating_add_signed(by).min(opened.lines.len().saturating_sub(1));
            return;
        }
        let last = self.shown.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
        self.follows = self.selected == last;
    }

    /// Stops taking in what is new, or goes on.
    pub fn pause(&mut self) {
        self.paused = !self.paused;
    }

    /// Marks the row selected, or takes its mark away; of three marks the oldest goes.
    pub fn mark(&mut self) {
        let Some(seq) = self.current().map(|entry| entry.seq) else { return };
        match self.marks.iter().position(|marked| *marked == seq) {
            Some(at) => drop(self.marks.remove(at)),
            None => self.marks.push(seq),
        }
        if self.marks.len() > 2 {
            self.marks.remove(0);
        }
    }

    /// Opens what two marked messages differ in; else the message selected.
    pub fn open(&mut self) {
        let marked: Vec<&Entry> = self.marks.iter().filter_map(|seq| self.by_seq(*seq)).collect();
        let opened = match marked[..] {
            [first, second] => Some(Opened {
                title: format!("{} AND {}", export::label(first), export::label(second)),
                lines: diff(&export::whole(first), &export::whole(second)),
                scroll: 0,
            }),
            _ => self.current().map(|entry| Opened {
                title: export::label(entry).into_owned(),
                lines: export::whole(entry).lines().map(|line| (Change::Same, printed(line))).collect(),
                scroll: 0,
            }),
        };
        self.opened = opened;
    }

    /// Closes what is open on top; whether there was something.
    pub fn close(&mut self) -> bool {
        if self.opened.take().is_some() {
            return true;
        }
        if !self.typing && self.filter.text().is_empty() {
            return false;
        }
        let before = self.filter.text().to_owned();
        self.typing = false;
        self.filter.clear();
        self.narrow(&before);
        true
    }

    fn by_seq(&self, seq: u64) -> Option<&Entry> {
        let at = self.entries.partition_point(|entry| entry.seq < seq);
        self.entries.get(at).filter(|entry| entry.seq == seq).map(|entry| &**entry)
    }
}

/// Whether an entry is one that only fills the ladder unless it is asked for: the figures of each second.
pub(crate) fn is_routine(entry: &Entry) -> bool {
    matches!(entry.what, What::Quality(_))
}

/// A line of JSON, safe to show. JSON escapes control characters; the others that steer a terminal it does not.
fn printed(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    format!("{}{}", " ".repeat(indent), crate::domain::text::printable(line, 2000))
}

#[cfg(test)]
mod tests;
