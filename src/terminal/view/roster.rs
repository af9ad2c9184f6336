//! The people of a group call. Rows keep still, in the order of appearance; only what is in them moves. Whatever the size of
//! the call, only the rows in sight are looked at.

use ratatui::layout::{Position, Rect};

use super::paper::Paper;
use super::pickers;
use crate::domain::call::{CallState, ParticipantState, RosterRow};
use crate::terminal::keys::Action;
use crate::terminal::model::{LiveCall, Model, Pane, has_microphone};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::meter::{ROSTER_METER, meter};
use crate::terminal::widgets::pen::columns;
use crate::terminal::widgets::rows::window;
use crate::texts::{group, organisation, state};

/// From how many columns on a row has a meter.
const METER_FROM: u16 = 34;

/// How wide the word for a state is.
const STATE: u16 = 12;

/// How a row looks: its sign, its word, their role, and the level to show, if any.
type Look = (&'static str, &'static str, Role, Option<f32>);

/// How many rows the panel takes when everybody is seen.
pub(super) fn rows(model: &Model) -> u16 {
    let people = model.group_call().map_or(0, |call| call.view.participants.len() + 1);
    let search = model.group_call().is_some_and(is_searched);
    u16::try_from(people).unwrap_or(u16::MAX).saturating_add(2 + u16::from(search))
}

fn is_searched(call: &LiveCall) -> bool {
    call.roster.searching || !call.roster.search.text().is_empty()
}

/// The people; where the search is typed comes back.
pub(super) fn people(paper: &mut Paper<'_>, place: Rect) -> Option<Position> {
    let model = paper.model;
    let call = model.group_call()?;
    let (roster, participants) = (&call.roster, &call.view.participants);
    let focused = model.focus == Pane::People && model.popup.is_none();
    let searched = is_searched(call);
    let room = place.height.saturating_sub(2 + u16::from(searched));
    let (count, selected) = (roster.shown(participants), roster.cursor);
    let seen = window(count, selected, room);
    let mut title = format!("PEOPLE {}", roster.here + 1);
    if seen.len() < count {
        title.push_str(&format!("  {}-{} of {count}", seen.start + 1, seen.end));
    }
    let mut inside = paper.panel(place, &title, focused);
    let cursor = if searched { search(paper, area::top(&mut inside, 1), call, count) } else { None };
    if count == 0 {
        let dim = paper.style(Role::Dim);
        let text = group::nobody_fits(&model.key_of(Action::Back));
        paper.pen(inside).text(" ", dim).text(&text, dim);
    }
    for (line, index) in (0..).zip(seen) {
        let here = index == selected && model.focus == Pane::People;
        let other = roster.at(index).and_then(|at| participants.get(at));
        row(paper, area::row(inside, line), call, other, here);
    }
    cursor
}

fn search(paper: &mut Paper<'_>, mut place: Rect, call: &LiveCall, found: usize) -> Option<Position> {
    let dim = paper.style(Role::Dim);
    let all = call.view.participants.len();
    let count = if call.roster.found.is_some() { format!("{found} of {all} ") } else { String::new() };
    let right = area::right(&mut place, columns(&count));
    paper.pen(right).text(&count, dim);
    pickers::typed(paper, place, "/", &call.roster.search).filter(|_| call.roster.searching)
}

/// A row: of `other`, or of the user.
fn row(paper: &mut Paper<'_>, place: Rect, call: &LiveCall, other: Option<&RosterRow>, selected: bool) {
    let (sign, word, role, level) = match other {
        Some(row) => of_other(paper, call, row),
        None => of_user(paper, call),
    };
    let speaks = role == Role::Live && other.is_some();
    let (mut style, mut text, mut dim) = (paper.style(role), paper.style(Role::Text), paper.style(Role::Dim));
    if speaks {
        text = paper.style(Role::Title);
    }
    if selected {
        paper.fill(place, Role::Selected);
        let chosen = paper.style(Role::Selected);
        (style, text, dim) = (chosen, chosen, chosen);
    }
    let glyphs = paper.glyphs();
    let mark = if selected { glyphs.selected } else { " " };
    let wide = place.width >= METER_FROM;
    let right = (if wide { ROSTER_METER + 1 } else { 0 }) + STATE + 1;
    let mut pen = paper.pen(place);
    pen.text(mark, text).text(sign, style).text(" ", text);
    let name_room = pen.room().saturating_sub(right);
    let me = paper.model.me.as_ref();
    let (name, more, external) = match other {
        Some(row) => {
            let person = &row.participant.person;
            (person.display_name.as_str(), person.name.as_str(), person.external_to(me))
        }
        None => ("you", me.map_or("", |me| me.display_name.as_str()), None),
    };
    let mut pen = paper.pen(place);
    pen.skip(3);
    let used = columns(name);
    if let Some(of) = external {
        // Who is external is told before the name is told whole.
        let mark = organisation::external_in(of, name_room.saturating_sub(used + 3));
        let name_room = name_room.saturating_sub(columns(&mark) + 3);
        pen.column_of(name, used.min(name_room), text).text("  ", dim).text(&mark, dim);
        pen.column_of("", (name_room + 1).saturating_sub(used), dim);
    } else if used + 3 + columns(more) <= name_room {
        pen.text(name, text).text("  ", dim).column_of(more, name_room - used - 2, dim);
    } else {
        pen.column_of(name, name_room, text);
    }
    pen.text(" ", dim).column_of(word, STATE, style);
    if wide {
        match level {
            Some(level) => meter(&mut pen, glyphs, level, ROSTER_METER, style, dim),
            None => drop(pen.skip(ROSTER_METER)),
        }
    }
}

/// Another participant: speaking before all, then what the microphone and the connection do.
fn of_other(paper: &Paper<'_>, call: &LiveCall, row: &RosterRow) -> Look {
    let glyphs = paper.glyphs();
    let participant = &row.participant;
    let speaking = call.roster.speakers.contains(&row.number) && !participant.muted;
    let word = state::participant(participant.state, speaking, participant.muted);
    match participant.state {
        ParticipantState::Connected if participant.muted => (glyphs.muted, word, Role::Dim, None),
        ParticipantState::Connected if speaking => {
            (glyphs.speaking, word, Role::Live, Some(call.roster.level(row.number).unwrap_or(f32::NEG_INFINITY)))
        }
        ParticipantState::Connected => (glyphs.live, word, Role::Good, call.roster.level(row.number)),
        ParticipantState::Hold => (glyphs.held, word, Role::Held, None),
        ParticipantState::Reconnecting
        | ParticipantState::Idle
        | ParticipantState::Connecting
        | ParticipantState::Ringing => (glyphs.waiting, word, Role::Warn, None),
        ParticipantState::Disconnected => (glyphs.ended, word, Role::Dim, None),
    }
}

/// The user.
fn of_user(paper: &Paper<'_>, call: &LiveCall) -> Look {
    let glyphs = paper.glyphs();
    match call.view.state {
        CallState::LocalHold | CallState::RemoteHold => (glyphs.held, "on hold", Role::Held, None),
        CallState::Connected if call.is_reconnecting() => (glyphs.waiting, "reconnecting", Role::Warn, None),
        CallState::Connected if call.view.muted => (glyphs.muted, "MUTED", Role::Bad, None),
        CallState::Connected if !has_microphone(paper.model.audio.as_ref()) => {
            (glyphs.muted, "NO MIC", Role::Warn, None)
        }
        CallState::Connected => (glyphs.live, "LIVE", Role::Live, Some(call.microphone)),
        CallState::None
        | CallState::Connecting
        | CallState::Ringing
        | CallState::EarlyMedia
        | CallState::InLobby
        | CallState::Disconnecting
        | CallState::Disconnected => (glyphs.waiting, "connecting", Role::Warn, None),
    }
}
