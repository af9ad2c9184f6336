//! The board: every call of this phone, one numbered row each, ringing ones included. A row keeps its number until the call
//! is gone, so that a digit read from the screen still means the same call when it is pressed.

use super::LiveCall;
use crate::domain::call::CallState;
use crate::domain::id::CallId;
use crate::domain::time::UnixMillis;
use crate::phone::event::{CallView, Incoming};

/// How many calls may ring at once: more are not shown.
const RINGING: usize = 8;

/// From when on a held call is marked: somebody waits too long, ms.
const LONG: i64 = 60_000;

/// A call on the board.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number; the keys 1 to 9 pick by it.
    pub number: usize,
    /// The call.
    pub line: Line,
}

/// What a row of the board stands for.
#[derive(Debug, Clone)]
pub enum Line {
    /// A call that rings here.
    Ringing(Box<Incoming>),
    /// A call this phone is in, or that it makes.
    Live(Box<LiveCall>),
}

impl Line {
    /// Which call.
    pub fn call(&self) -> CallId {
        match self {
            Self::Ringing(incoming) => incoming.call,
            Self::Live(live) => live.view.call,
        }
    }

    /// The call, if this phone is in it or makes it.
    pub fn live(&self) -> Option<&LiveCall> {
        match self {
            Self::Live(live) => Some(live),
            Self::Ringing(_) => None,
        }
    }

    /// The call, if it rings here.
    pub fn ringing(&self) -> Option<&Incoming> {
        match self {
            Self::Ringing(incoming) => Some(incoming),
            Self::Live(_) => None,
        }
    }

    /// The instant its timer counts from: ringing, holding and calling count themselves.
    pub fn counted_from(&self) -> UnixMillis {
        match self {
            Self::Ringing(incoming) => incoming.at,
            Self::Live(live) => {
                live.view.held_since.filter(|_| live.is_held_here()).unwrap_or_else(|| live.counted_from())
            }
        }
    }

    /// Whether somebody has waited on hold for too long.
    pub fn waits_long(&self, now: UnixMillis) -> bool {
        let held = self.live().filter(|live| live.is_held_here()).and_then(|live| live.view.held_since);
        held.is_some_and(|since| now.since(since) >= LONG)
    }
}

/// The calls of this phone.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// By number.
    rows: Vec<Row>,
    /// The one that is heard, as the phone told.
    active: Option<CallId>,
    /// The one that was active before.
    before: Option<CallId>,
    /// The one picked: shown in the card, unless it rings.
    picked: Option<CallId>,
}

impl Board {
    /// All rows, by number.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row of a number.
    pub fn row(&self, number: usize) -> Option<&Row> {
        self.rows.iter().find(|row| row.number == number)
    }

    /// The calls this phone is in or makes, by number.
    pub fn live(&self) -> impl Iterator<Item = &LiveCall> {
        self.rows.iter().filter_map(|row| row.line.live())
    }

    /// The same, to be changed.
    pub(crate) fn live_mut(&mut self) -> impl Iterator<Item = &mut LiveCall> {
        self.rows.iter_mut().filter_map(|row| match &mut row.line {
            Line::Live(live) => Some(&mut **live),
            Line::Ringing(_) => None,
        })
    }

    /// The calls that ring here, by number.
    pub fn ringing(&self) -> impl Iterator<Item = &Incoming> {
        self.rows.iter().filter_map(|row| row.line.ringing())
    }

    /// Whether the rows are worth a place of their own: one call alone has the card, or the banner.
    pub fn is_seen(&self) -> bool {
        self.rows.len() > 1
    }

    /// A call this phone is in or makes.
    pub fn get(&self, call: CallId) -> Option<&LiveCall> {
        self.live().find(|live| live.view.call == call)
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, call: CallId) -> Option<&mut LiveCall> {
        self.live_mut().find(|live| live.view.call == call)
    }

    /// The call that is heard.
    pub fn active(&self) -> Option<&LiveCall> {
        self.active.and_then(|call| self.get(call))
    }

    /// The call in the card: the one picked, or else the active one, one that is connected, any.
    pub fn shown(&self) -> Option<&LiveCall> {
        self.get(self.shown_id()?)
    }

    /// The same, to be changed.
    pub(crate) fn shown_mut(&mut self) -> Option<&mut LiveCall> {
        self.get_mut(self.shown_id()?)
    }

    /// Which call is in the card.
    pub(crate) fn shown_id(&self) -> Option<CallId> {
        let picked = self.picked.and_then(|call| self.get(call));
        let connected = || self.live().find(|live| live.is_connected());
        let shown = picked.or_else(|| self.active()).or_else(connected).or_else(|| self.live().next());
        shown.map(|live| live.view.call)
    }

    /// The call whose microphone is meant: the one that is heard, or else the one in the card.
    pub(crate) fn heard_mut(&mut self) -> Option<&mut LiveCall> {
        let heard = self.active().map(|live| live.view.call).or_else(|| self.shown_id())?;
        self.get_mut(heard)
    }

    /// Whether this row is the one picked, or shown where none is.
    pub fn is_picked(&self, row: &Row) -> bool {
        let ringing = self.picked.filter(|call| self.ringing().any(|incoming| incoming.call == *call));
        ringing.or_else(|| self.shown_id()) == Some(row.line.call())
    }

    /// The call to answer or decline: the one picked, if it rings, or else the oldest.
    pub fn first_ringing(&self) -> Option<&Incoming> {
        let picked = self.ringing().find(|incoming| Some(incoming.call) == self.picked);
        picked.or_else(|| self.ringing().min_by_key(|incoming| incoming.at))
    }

    /// The call to change over to: the one that was active before, or else the first that is connected, beside the one shown.
    pub fn other(&self) -> Option<&LiveCall> {
        let shown = self.shown_id();
        let fits = |live: &&LiveCall| live.is_connected() && Some(live.view.call) != shown;
        let before = self.before.and_then(|call| self.get(call)).filter(fits);
        before.or_else(|| self.live().find(fits))
    }

    /// The consult call that is shown and heard, and the call that waits for it.
    pub fn consult(&self) -> Option<(&LiveCall, &LiveCall)> {
        let shown = self.shown()?;
        let heard = self.active.is_none_or(|call| call == shown.view.call);
        let waiting = self.get(shown.view.consult_of?)?;
        (heard && shown.view.state != CallState::LocalHold && !shown.hanging_up).then_some((shown, waiting))
    }

    /// Adds a call that rings; whether there was room for it, and it is new.
    pub(crate) fn ring(&mut self, incoming: Incoming) -> bool {
        let known = self.rows.iter().any(|row| row.line.call() == incoming.call);
        if known || self.ringing().count() >= RINGING {
            return false;
        }
        self.add(Line::Ringing(Box::new(incoming)));
        true
    }

    /// Adds a call this phone is in; one that rang keeps its row.
    pub(crate) fn connect(&mut self, view: CallView) {
        let line = |view| Line::Live(Box::new(LiveCall::new(view)));
        match self.rows.iter_mut().find(|row| row.line.call() == view.call) {
            Some(row) => row.line = line(view),
            None => self.add(line(view)),
        }
    }

    fn add(&mut self, line: Line) {
        let taken = self.rows.iter().zip(1..).take_while(|(row, number)| row.number == *number).count();
        self.rows.insert(taken, Row { number: taken + 1, line });
    }

    /// Takes a call that rings off the board.
    pub(crate) fn stop_ringing(&mut self, call: CallId) {
        self.rows.retain(|row| row.line.ringing().is_none_or(|incoming| incoming.call != call));
    }

    /// Takes a call off the board.
    pub(crate) fn remove(&mut self, call: CallId) -> Option<LiveCall> {
        let at = self.rows.iter().position(|row| row.line.live().is_some_and(|live| live.view.call == call))?;
        for known in [&mut self.active, &mut self.before, &mut self.picked] {
            *known = known.filter(|known| *known != call);
        }
        match self.rows.remove(at).line {
            Line::Live(live) => Some(*live),
            Line::Ringing(_) => None,
        }
    }

    /// A call goes on as another one: that takes its row.
    pub(crate) fn rename(&mut self, call: CallId, into: CallId) {
        let at = |id: CallId| move |row: &Row| row.line.call() == id;
        if self.get(into).is_none() || call == into {
            return;
        }
        let (Some(to), Some(from)) = (self.rows.iter().position(at(call)), self.rows.iter().position(at(into))) else {
            return;
        };
        let number = self.rows[to].number;
        self.rows.swap(to, from);
        self.rows[to].number = number;
        self.rows.remove(from);
        if let Some(live) = self.get_mut(into) {
            live.moved = true;
        }
        for known in [&mut self.active, &mut self.before, &mut self.picked] {
            *known = known.map(|known| if known == call { into } else { known });
        }
    }

    /// Another call is heard now, or none: the card follows.
    pub(crate) fn activate(&mut self, call: Option<CallId>) {
        if call == self.active {
            return;
        }
        if self.active.is_some() {
            self.before = self.active;
        }
        self.active = call;
        if call.is_some() {
            self.picked = call;
        }
    }

    /// Picks a row.
    pub(crate) fn pick(&mut self, call: CallId) {
        self.picked = Some(call);
    }
}
