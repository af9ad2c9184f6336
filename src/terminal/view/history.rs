//! The call records: a row for each, and what there is to know of the one selected.

use ratatui::layout::{Position, Rect};

use super::panes::empty;
use super::paper::Paper;
use crate::domain::call::Direction;
use crate::domain::end_reason::EndReason;
use crate::domain::record::{CallRecord, Outcome};
use crate::terminal::keys::Action;
use crate::terminal::model::Pane;
use crate::terminal::theme::{Glyphs, Role};
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::{columns, wrapped};
use crate::terminal::widgets::rows::window;
use crate::texts::{clock, history, screen, state};

/// From how many rows on the list leaves some for the record selected.
const DETAILS_FROM: u16 = 8;

/// How many rows a note takes there at most.
const NOTE_ROWS: usize = 3;

/// The call records; where a text to search for is typed comes back.
pub(super) fn history(paper: &mut Paper<'_>, place: Rect) -> Option<Position> {
    let model = paper.model;
    let history = &model.history;
    let here = model.focus == Pane::History;
    let title = match history.missed {
        0 => "CALLS".to_owned(),
        missed => format!("CALLS  {}", screen::missed(missed)),
    };
    let mut inside = paper.panel(place, &title, here && model.popup.is_none());
    let cursor = search(paper, &mut inside);
    let rows = history.shown();
    if rows.is_empty() {
        let text = if history.filter.trimmed().is_empty() {
            screen::no_calls(history.loaded, &model.key_of(Action::Dial))
        } else {
            screen::no_call_holds(&model.key_of(Action::Back))
        };
        empty(paper, inside, &text);
        return cursor;
    }
    let selected = history.index();
    if here && let Some(record) = rows.get(selected) {
        details(paper, &mut inside, record);
    }
    for (line, index) in (0..).zip(window(rows.len(), selected, inside.height)) {
        row(paper, area::row(inside, line), rows[index], index == selected && here);
    }
    cursor
}

/// The text records are searched by, if there is one.
fn search(paper: &mut Paper<'_>, inside: &mut Rect) -> Option<Position> {
    let model = paper.model;
    let filter = &model.history.filter;
    if !model.is_searching_history() && filter.text().is_empty() {
        return None;
    }
    let row = area::top(inside, 1);
    let (key, text) = (paper.style(Role::Key), paper.style(Role::Text));
    let mut pen = paper.pen(row);
    pen.text("/", key);
    let at = pen.column().saturating_add(columns(filter.before_cursor()));
    pen.text(filter.text(), text);
    (model.is_searching_history() && at < row.right()).then_some(Position::new(at, row.y))
}

/// Below the list: how the call of the record ended, who answered it, what is noted about it.
fn details(paper: &mut Paper<'_>, inside: &mut Rect, record: &CallRecord) {
    if inside.height < DETAILS_FROM {
        return;
    }
    let room = inside.width.saturating_sub(2);
    let told = history::told(record);
    let note = record.note.as_ref().map_or("", |note| note.as_str());
    let told: Vec<&str> = wrapped(&told, room).take(2).collect();
    let mut note: Vec<&str> = wrapped(note, room).collect();
    // What has no row of its own follows in the last, where it is cut and marked.
    let last = note.get(NOTE_ROWS - 1..).unwrap_or_default().join(" ");
    if note.len() > NOTE_ROWS {
        note.truncate(NOTE_ROWS - 1);
        note.push(&last);
    }
    let rows = u16::try_from(told.len() + note.len()).unwrap_or(0);
    if rows == 0 {
        return;
    }
    let place = area::bottom(inside, rows + 1);
    let (dim, text) = (paper.style(Role::Dim), paper.style(Role::Text));
    let rule = paper.glyphs().rule.repeat(usize::from(place.width));
    paper.pen(area::row(place, 0)).text(&rule, dim);
    let lines = told.into_iter().map(|line| (line, dim)).chain(note.into_iter().map(|line| (line, text)));
    for (row, (line, style)) in (1..).zip(lines) {
        paper.pen(area::row(place, row)).text(" ", style).text(line, style);
    }
}

fn row(paper: &mut Paper<'_>, place: Rect, record: &CallRecord, selected: bool) {
    let glyphs = paper.glyphs();
    let way = match record.direction {
        Direction::Incoming => glyphs.incoming,
        Direction::Outgoing => glyphs.outgoing,
    };
    let (sign, role) = went(record.outcome, glyphs);
    let (mut outcome, mut text, mut dim) = (paper.style(role), paper.style(Role::Text), paper.style(Role::Dim));
    if selected {
        paper.fill(place, Role::Selected);
        let style = paper.style(Role::Selected);
        (outcome, text, dim) = (style, style, style);
    }
    let when = clock::moment(record.started_at, paper.model.now, paper.model.look.offset);
    let length = match (record.answered_at, record.ended_at) {
        // Of who forwarded it, nobody talked: who did stands beside it.
        (Some(from), Some(to)) if record.end != Some(EndReason::FORWARDED) => clock::duration(to.since(from)),
        _ => String::new(),
    };
    let mark = if selected { glyphs.selected } else { " " };
    let mut pen = paper.pen(place);
    pen.text(mark, text).text(way, outcome).text(" ", text);
    let name_width = pen.room().saturating_sub(38).clamp(8, 16);
    pen.column_of(state::direction(record.direction), 5, dim);
    pen.column_of(state::peer(&record.with), name_width, text).text(" ", text);
    pen.text(sign, outcome).text(" ", outcome).column_of(state::outcome(record.outcome), 10, outcome);
    pen.right(" ", dim);
    if pen.room() > columns(&length) + columns(&when) + 2 {
        pen.right(&length, text).right("  ", dim);
    }
    pen.text(&when, dim);
    let more = history::beside(record);
    if !more.is_empty() && pen.room() > 6 {
        pen.text("  ", dim).text(&more, dim);
    }
}

/// The sign of how a call went, and its role.
fn went(outcome: Outcome, glyphs: &Glyphs) -> (&'static str, Role) {
    match outcome {
        Outcome::Ongoing => (glyphs.in_call, Role::Good),
        Outcome::Answered => (glyphs.live, Role::Good),
        Outcome::Missed => (glyphs.warning, Role::Bad),
        Outcome::Failed => (glyphs.warning, Role::Warn),
        Outcome::Declined => (glyphs.muted, Role::Dim),
        Outcome::Busy => (glyphs.do_not_disturb, Role::Dim),
        Outcome::NoAnswer => (glyphs.offline, Role::Dim),
        Outcome::Cancelled => (glyphs.ended, Role::Dim),
    }
}
