//! The board of calls: a row each, with number, badge, who, and how long; and the calls that wait in slots.

use ratatui::layout::Rect;

use super::call::badge;
use super::paper::Paper;
use super::pickers::select;
use crate::domain::call::{CallState, Direction, Peer};
use crate::domain::park::ParkedCall;
use crate::domain::person::Friend;
use crate::terminal::keys::Action;
use crate::terminal::model::{Board, Handing, Line, LiveCall, Model, Pickable, Row};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::columns;
use crate::terminal::widgets::rows::window;
use crate::texts::{clock, desk, group};

/// How wide the badge is: the longest word, a blank, and its sign.
const BADGE: u16 = 14;

/// How many parked calls the panel lists at most.
const PARKED: u16 = 6;

/// How many rows the board takes of at most `most`, without a border: none while there is nothing to choose from.
pub(super) fn rows(model: &Model, most: u16) -> u16 {
    if !model.board.is_seen() {
        return 0;
    }
    u16::try_from(model.board.rows().len()).unwrap_or(u16::MAX).min(most)
}

/// The board with a border around it.
pub(super) fn panel(paper: &mut Paper<'_>, place: Rect) {
    let title = format!("BOARD {}", paper.model.board.rows().len());
    let inside = paper.panel(place, &title, false);
    lines(paper, inside);
}

/// The rows; where not all fit, those around the one picked, and how many more there are.
pub(super) fn lines(paper: &mut Paper<'_>, mut place: Rect) {
    let board = &paper.model.board;
    let all = board.rows();
    if place.height == 0 || all.is_empty() {
        return;
    }
    let joined = joined(paper, board);
    let fits = all.len() <= usize::from(place.height);
    let last = if fits { Rect::default() } else { area::bottom(&mut place, 1) };
    let picked = all.iter().position(|row| board.is_picked(row)).unwrap_or(0);
    let seen = window(all.len(), picked, place.height);
    for (line, index) in (0..).zip(seen.clone()) {
        row(paper, area::row(place, line), &all[index], joined[index]);
    }
    if !fits {
        let hidden = || all[..seen.start].iter().chain(&all[seen.end..]);
        let text = more(hidden());
        let (dim, key) = (paper.style(Role::Warn), paper.style(Role::Key));
        let keys = paper.model.keys.keys(Action::Pick);
        paper.pen(last).text("    ", dim).text(&text, dim).text("  ", dim).text(&keys, key);
    }
}

/// How many rows there are, and what they wait for.
pub(super) fn more<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let (mut count, mut ringing, mut held) = (0, 0, 0);
    for row in rows {
        count += 1;
        match &row.line {
            Line::Ringing(_) => ringing += 1,
            Line::Live(live) => held += usize::from(live.is_held_here()),
        }
    }
    desk::more(count, ringing, held)
}

/// The bracket that joins the row of a call that waits to the row of the one who is asked.
fn joined(paper: &Paper<'_>, board: &Board) -> Vec<&'static str> {
    let rows = board.rows();
    let [first, between, last] = paper.glyphs().joined;
    let mut signs = vec![" "; rows.len()];
    let at = |call| rows.iter().position(|row| row.line.call() == call);
    for (index, row) in rows.iter().enumerate() {
        let Some(waiting) = row.line.live().and_then(|live| live.view.consult_of).and_then(at) else { continue };
        let (top, bottom) = (index.min(waiting), index.max(waiting));
        if top < bottom {
            signs[top..=bottom].fill(between);
            (signs[top], signs[bottom]) = (first, last);
        }
    }
    signs
}

fn row(paper: &mut Paper<'_>, place: Rect, row: &Row, joined: &str) {
    let model = paper.model;
    let glyphs = paper.glyphs();
    let picked = model.board.is_picked(row);
    let (word, sign, role) = badge_of(paper, row);
    let long = row.line.waits_long(model.now);
    let (note, urgent) = note(model, row);
    let (style, dim, key) = (paper.style(role), paper.style(Role::Dim), paper.style(Role::Key));
    let text = paper.style(if picked { Role::Title } else { Role::Text });
    let (time_style, note_style) =
        (if long { paper.style(Role::Bad) } else { text }, paper.style(if urgent { Role::Warn } else { Role::Dim }));
    let time = clock::duration(model.now.since(row.line.counted_from()));
    let mut pen = paper.pen(place);
    pen.right(if long { " ! " } else { "   " }, time_style).right(&time, time_style).right("  ", dim);
    pen.text(if picked { glyphs.selected } else { " " }, key);
    pen.text(&format!("{:>2} ", row.number), key).text(joined, dim).text(" ", dim);
    let used = columns(word) + 1 + columns(sign);
    pen.text(word, style).text(" ", style).text(sign, style);
    pen.skip(BADGE.saturating_sub(used)).text(" ", dim);
    pen.text(name(&row.line), text).text("  ", dim).text(&note, note_style);
}

fn name(line: &Line) -> &str {
    match line {
        Line::Ringing(incoming) => incoming.from.display_name.as_str(),
        Line::Live(live) => live.name(),
    }
}

/// The badge of a row: word, sign and role.
fn badge_of(paper: &Paper<'_>, row: &Row) -> (&'static str, &'static str, Role) {
    let glyphs = paper.glyphs();
    let live = match &row.line {
        Line::Ringing(_) => return (desk::RING, glyphs.waiting, Role::Ring),
        Line::Live(live) => live,
    };
    let plain = badge(paper, live);
    if live.hanging_up || live.is_reconnecting() {
        return plain;
    }
    match live.view.state {
        CallState::Connected if live.view.consult_of.is_some() && plain.2 == Role::Live => {
            (desk::CONSULT, glyphs.live, Role::Live)
        }
        CallState::LocalHold => (desk::HOLD, glyphs.held, Role::Held),
        CallState::RemoteHold if live.is_parked() => (desk::PARKED, glyphs.parked, Role::Held),
        CallState::RemoteHold => (desk::HELD_BY_THEM, glyphs.held, Role::Held),
        CallState::None | CallState::Connecting | CallState::Ringing | CallState::EarlyMedia
            if live.view.direction == Direction::Outgoing && !live.is_group() =>
        {
            (desk::CALLING, glyphs.waiting, Role::Warn)
        }
        CallState::None
        | CallState::Connecting
        | CallState::Ringing
        | CallState::EarlyMedia
        | CallState::InLobby
        | CallState::Connected
        | CallState::Disconnecting
        | CallState::Disconnected => plain,
    }
}

/// What is to be known of a row beside its state, and whether it is urgent: what is about to be done, whom it waits for, how
/// it came here; or else what was noted of an earlier call with them.
fn note(model: &Model, row: &Row) -> (String, bool) {
    let call = row.line.call();
    if let Some(pending) = model.pending.as_ref().filter(|pending| pending.what.is_about(call)) {
        let what = match &pending.what {
            Handing::Transfer { name, .. } => desk::soon_to(name),
            Handing::Park { .. } => desk::SOON_PARKED.to_owned(),
            Handing::Merge { .. } => desk::SOON_JOINED.to_owned(),
        };
        let undo = model.key_of(Action::Undo);
        return (desk::shortly(&what, pending.seconds(model.now), &undo), true);
    }
    let live = match &row.line {
        Line::Ringing(incoming) => {
            let place = incoming.group.as_ref().map(|group| {
                let name = group.name.as_ref().map_or(group::UNNAMED, |name| name.as_str());
                desk::into(name)
            });
            let via = place.or_else(|| incoming.via.as_ref().map(desk::via));
            return (via.unwrap_or_else(|| noted(model, &Peer::Person(incoming.from.clone()))), false);
        }
        Line::Live(live) => live,
    };
    let asked = model.board.live().find(|other| other.view.consult_of == Some(call)).map(LiveCall::name);
    let caller = live.view.consult_of.and_then(|waiting| model.board.get(waiting)).map(LiveCall::name);
    let text = match (asked, caller) {
        (Some(asked), _) => desk::waits_for(asked),
        (_, Some(caller)) => desk::asked_for(caller),
        _ if live.is_group() => group::people(live.roster.here + 1, live.roster.coming),
        _ => live.view.via.as_ref().map_or_else(|| noted(model, &live.peer()), desk::via),
    };
    (text, false)
}

/// What was noted of an earlier call with somebody; empty without.
fn noted(model: &Model, peer: &Peer) -> String {
    let note = model.history.noted(peer).and_then(|record| record.note.as_ref());
    note.map_or_else(String::new, |note| note.as_str().to_owned())
}

/// How many rows the parked calls take beneath the people known.
pub(super) fn parked_rows(model: &Model) -> u16 {
    match u16::try_from(model.parked.len()).unwrap_or(u16::MAX) {
        0 => 0,
        count => count.min(PARKED) + 2,
    }
}

/// The parked calls, one row each; where not all fit, the last row counts the rest.
pub(super) fn parked(paper: &mut Paper<'_>, place: Rect) {
    if place.height == 0 {
        return;
    }
    let model = paper.model;
    let title = format!("PARKED {}  {}", model.parked.len(), model.key_of(Action::PickUp));
    let inside = paper.panel(place, &title, false);
    for (line, call) in (0..inside.height).zip(&model.parked) {
        parked_row(paper, area::row(inside, line), call, false);
    }
}

/// One parked call: slot, who, since when, and who parked it.
fn parked_row(paper: &mut Paper<'_>, place: Rect, call: &ParkedCall, selected: bool) {
    let style = select(paper, place, selected);
    let sign = paper.glyphs().parked;
    let (key, dim) = if selected { (style, style) } else { (paper.style(Role::Key), paper.style(Role::Dim)) };
    let time = clock::duration(paper.model.now.since(call.since));
    let mut pen = paper.pen(place);
    pen.right(" ", style).right(&time, style).right(" ", style);
    pen.text(&format!("{:>3} ", call.slot.number()), key).text(sign, dim).text(" ", style);
    pen.text(call.person.display_name.as_str(), style).text("  ", dim);
    pen.text(&desk::parked_by(call.by.display_name.as_str()), dim);
}

/// The parked calls in one line, for screens without room for their panel.
pub(super) fn parked_line(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    let (badge, text, dim) = (paper.style(Role::Held), paper.style(Role::Text), paper.style(Role::Dim));
    let key = paper.style(Role::Key);
    let (glyphs, pick_up) = (paper.glyphs(), model.key_of(Action::PickUp));
    let mut pen = paper.pen(place);
    pen.right(" ", dim).right(desk::PICKS_UP, dim).right(" ", dim).right(&pick_up, key).right("  ", dim);
    pen.text(" ", dim).text(desk::PARKED, badge).text(" ", dim).text(glyphs.parked, badge);
    for (index, call) in model.parked.iter().enumerate() {
        let time = clock::duration(model.now.since(call.since));
        pen.text(if index == 0 { " " } else { " | " }, dim);
        pen.text(&call.slot.to_string(), key).text(" ", text).text(call.person.display_name.as_str(), text);
        pen.text(" ", text).text(&time, dim);
    }
}

/// The choice of what to pick up.
pub(super) fn choice(paper: &mut Paper<'_>, place: Rect, selected: usize) {
    let rows = paper.model.pickable();
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(2).clamp(3, 16);
    let inside = paper.popup(area::middle(place, 58, height), "PICK UP");
    for (line, index) in (0..).zip(window(rows.len(), selected, inside.height)) {
        let row = area::row(inside, line);
        match rows[index] {
            Pickable::Ringing(friend) => ringing_row(paper, row, friend, index == selected),
            Pickable::Parked(call) => parked_row(paper, row, call, index == selected),
        }
    }
}

/// A friend at whom it rings.
fn ringing_row(paper: &mut Paper<'_>, place: Rect, friend: &Friend, selected: bool) {
    let style = select(paper, place, selected);
    let badge = if selected { style } else { paper.style(Role::Ring) };
    let sign = paper.glyphs().waiting;
    let mut pen = paper.pen(place);
    pen.right(" ", style).right(desk::RING, badge).right(" ", style);
    pen.text("    ", style).text(sign, style).text(" ", style);
    pen.text(friend.person.display_name.as_str(), style);
}
