//! The favourites, as lamps of a desk telephone: each with its number, always in the same order, and what that person is
//! doing.

use ratatui::layout::Rect;

use super::paper::Paper;
use crate::domain::person::{Favourite, Friend};
use crate::terminal::keys::Action;
use crate::terminal::model::{Model, Pane};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::columns;
use crate::texts::state;

/// How many rows the friends keep beneath the panel.
const BENEATH: u16 = 8;

/// How many favourites stand beside each other where there is no panel.
const BESIDE: u16 = 3;

/// How many rows the rest of the screen keeps above those.
const ABOVE: u16 = 7;

/// How many rows the panel takes of `height`: none where nobody is a favourite, or the friends have no room left.
pub(super) fn rows(model: &Model, height: u16) -> u16 {
    let rows = count(model) + 2;
    if rows > 2 && height >= rows + BENEATH { rows } else { 0 }
}

/// How many rows the strip takes of `height`, where the friends are not seen.
pub(super) fn strip_rows(model: &Model, height: u16) -> u16 {
    let rows = count(model).div_ceil(BESIDE);
    if model.focus != Pane::Friends && height >= rows + ABOVE { rows } else { 0 }
}

fn count(model: &Model) -> u16 {
    u16::try_from(model.friends.favourites().count()).unwrap_or(u16::MAX)
}

/// The panel: one row each.
pub(super) fn panel(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    let here = model.focus == Pane::Friends;
    let selected = model.friends.current().filter(|_| here).map(|friend| &friend.person.identity);
    let focused = model.popup.is_none() && model.friends.current().is_some_and(|friend| friend.favourite.is_some());
    let title = format!("FAVOURITES  {}", model.keys.keys(Action::Direct));
    let inside = paper.panel(place, title.trim_end(), here && focused);
    for (line, (number, friend)) in (0..).zip(model.friends.favourites()) {
        let chosen = selected == Some(&friend.person.identity);
        lamp(paper, area::row(inside, line), number, friend, chosen);
    }
}

/// The strip: three beside each other, without a border.
pub(super) fn strip(paper: &mut Paper<'_>, place: Rect) {
    let width = place.width / BESIDE;
    let model = paper.model;
    for (index, (number, friend)) in (0..).zip(model.friends.favourites()) {
        let mut row = area::row(place, index / BESIDE);
        area::left(&mut row, width * (index % BESIDE));
        lamp(paper, area::left(&mut row, width), number, friend, false);
    }
}

/// One favourite: number, sign, name and state; one at whom it rings stands out.
fn lamp(paper: &mut Paper<'_>, place: Rect, number: Favourite, friend: &Friend, selected: bool) {
    let (sign, role) = paper.presence(friend.presence.state);
    let rings = paper.model.rings_at(friend);
    let (mut key, mut text, mut colour) = (paper.style(Role::Key), paper.style(Role::Text), paper.style(role));
    if selected || rings {
        let role = if selected { Role::Selected } else { Role::Ring };
        paper.fill(place, role);
        (key, text, colour) = (paper.style(role), paper.style(role), paper.style(role));
    }
    let mark = if selected { paper.glyphs().selected } else { " " };
    let word = state::presence(friend.presence.state);
    let name = friend.person.display_name.as_str();
    let mut pen = paper.pen(place);
    pen.text(mark, text).text(&number.to_string(), key).text(" ", text).text(sign, colour).text(" ", text);
    if columns(name) + columns(word) + 2 <= pen.room() {
        pen.right(" ", colour).right(word, colour).text(name, text);
    } else {
        // A long name keeps at least half of the row.
        let half = pen.room() / 2;
        pen.column_of(name, half, text).text(" ", text).text(word, colour);
    }
}
