//! The panels: friends, events.

use ratatui::layout::{Position, Rect};

use super::paper::{Paper, mood};
use crate::domain::person::Friend;
use crate::domain::presence::PresenceState;
use crate::terminal::keys::Action;
use crate::terminal::model::Pane;
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::{columns, wrapped};
use crate::terminal::widgets::rows::window;
use crate::texts::favourites::ALL_ABOVE;
use crate::texts::{clock, organisation, screen, state};

/// The friend list, favourites first unless they have a panel `apart`; where the filter is typed comes back.
pub(super) fn friends(paper: &mut Paper<'_>, place: Rect, apart: bool) -> Option<Position> {
    let model = paper.model;
    let friends = &model.friends;
    let chosen_above = apart && friends.filter.text().is_empty() && !friends.filtering;
    let chosen_above = chosen_above && friends.current().is_some_and(|friend| friend.favourite.is_some());
    let focused = model.focus == Pane::Friends && model.popup.is_none() && !chosen_above;
    let title = format!("FRIENDS {}", friends.list.len());
    let mut inside = paper.panel(place, &title, focused);
    let mut cursor = None;
    if friends.filtering || !friends.filter.text().is_empty() {
        let row = area::top(&mut inside, 1);
        let (key, text) = (paper.style(Role::Key), paper.style(Role::Text));
        let mut pen = paper.pen(row);
        pen.text("/", key);
        let at = pen.column().saturating_add(columns(friends.filter.before_cursor()));
        pen.text(friends.filter.text(), text);
        cursor = (friends.filtering && at < row.right()).then_some(Position::new(at, row.y));
    }
    let filtered = !friends.filter.text().is_empty();
    let all: Vec<&Friend> = friends.shown().collect();
    // Those in a panel of their own are not repeated, unless they were looked for.
    let above = if apart && !filtered { friends.favourites().count().min(all.len()) } else { 0 };
    let rows = &all[above..];
    let numbers = above == 0 && friends.favourites().next().is_some();
    if rows.is_empty() && above > 0 {
        empty(paper, inside, ALL_ABOVE);
        return cursor;
    }
    if rows.is_empty() {
        let (add, clear) = (model.key_of(Action::AddFriend), model.key_of(Action::Back));
        let text = screen::no_friends(friends.loaded, friends.list.is_empty(), &add, &clear);
        empty(paper, inside, &text);
        return cursor;
    }
    let selected = friends.index().checked_sub(above);
    for (line, index) in (0..).zip(window(rows.len(), selected.unwrap_or(0), inside.height)) {
        let here = Some(index) == selected && model.focus == Pane::Friends;
        friend(paper, area::row(inside, line), rows[index], numbers, here);
    }
    cursor
}

/// A friend; behind a column for numbers, where some have one.
fn friend(paper: &mut Paper<'_>, place: Rect, friend: &Friend, numbers: bool, selected: bool) {
    let presence = friend.presence;
    let (sign, role) = paper.presence(presence.state);
    let (mut colour, mut text) = (paper.style(role), paper.style(Role::Text));
    let (mut key, mut dim) = (paper.style(Role::Key), paper.style(Role::Dim));
    if paper.model.rings_at(friend) {
        paper.fill(place, Role::Ring);
        let ring = paper.style(Role::Ring);
        (colour, text, key, dim) = (ring, ring, ring, ring);
    }
    if presence.state == PresenceState::Offline {
        text = paper.style(Role::Dim);
    }
    if selected {
        paper.fill(place, Role::Selected);
        (colour, text) = (paper.style(Role::Selected), paper.style(Role::Selected));
        (key, dim) = (text, text);
    }
    let mark = if selected { paper.glyphs().selected } else { " " };
    let word = match (presence.state, presence.last_seen) {
        (PresenceState::Offline, Some(at)) => {
            format!("seen {}", clock::moment(at, paper.model.now, paper.model.look.offset))
        }
        (state, _) => state::presence(state).to_owned(),
    };
    let me = paper.model.me.as_ref();
    let mut pen = paper.pen(place);
    pen.text(mark, text);
    if numbers {
        let number = friend.favourite.map_or_else(|| " ".to_owned(), |number| number.to_string());
        pen.text(&number, key).text(" ", text);
    }
    pen.text(sign, colour).text(" ", text);
    let name = friend.person.display_name.as_str();
    let taken = columns(name) + columns(&word) + 2;
    let free = pen.room().saturating_sub(taken + 2);
    let external = friend.person.external_to(me).map(|of| format!("  {}", organisation::external_in(of, free)));
    let external = external.unwrap_or_default();
    if taken + columns(&external) <= pen.room() {
        pen.right(" ", colour).right(&word, colour);
        pen.text(name, text).text(&external, dim);
    } else {
        // A long name keeps at least half of the row.
        let half = pen.room() / 2;
        pen.column_of(name, half.saturating_sub(columns(&external)), text).text(&external, dim);
        pen.text(" ", text).text(&word, colour);
    }
}

/// What an empty panel says.
pub(super) fn empty(paper: &mut Paper<'_>, place: Rect, text: &str) {
    let dim = paper.style(Role::Dim);
    for (line, text) in (0..).zip(wrapped(text, place.width.saturating_sub(2))) {
        paper.pen(area::row(place, line)).text(" ", dim).text(text, dim);
    }
}

/// What happened, the newest at the bottom.
pub(super) fn events(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    let events = &model.events;
    let focused = model.focus == Pane::Events && model.popup.is_none();
    let title = if events.back > 0 { format!("EVENTS  {} newer below", events.back) } else { "EVENTS".to_owned() };
    let inside = paper.panel(place, &title, focused);
    if events.entries.is_empty() {
        return empty(paper, inside, "nothing happened yet");
    }
    let room = inside.width.saturating_sub(10);
    let mut row = inside.height;
    // From the newest shown upwards; an entry takes as many rows as it needs.
    for entry in events.entries.iter().rev().skip(events.back) {
        let lines = u16::try_from(wrapped(&entry.text, room).count()).unwrap_or(u16::MAX);
        let Some(top) = row.checked_sub(lines.max(1)) else { break };
        let (dim, style) = (paper.style(Role::Dim), paper.style(mood(entry.mood)));
        let at = clock::time_of_day(entry.at, model.look.offset);
        paper.pen(area::row(inside, top)).text(" ", dim).text(&at, dim);
        for (line, text) in (top..).zip(wrapped(&entry.text, room)) {
            paper.pen(area::row(inside, line)).skip(10).text(text, style);
        }
        row = top;
    }
}
