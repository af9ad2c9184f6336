//! The panel of groups: the user's list, with who is in each now.

use ratatui::layout::Rect;

use super::panes::empty;
use super::paper::Paper;
use crate::domain::group::GroupRow;
use crate::terminal::keys::Action;
use crate::terminal::model::{Model, Pane, title};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::{Pen, columns};
use crate::terminal::widgets::rows::window;
use crate::texts::group;

/// From how many columns on a row names those who are in the group.
const NAMES_FROM: u16 = 44;

/// How many rows the panel takes beneath the friends: none before the groups are told.
pub(super) fn rows(model: &Model, height: u16) -> u16 {
    let groups = &model.groups;
    let focused = model.focus == Pane::Groups;
    if !groups.loaded && groups.list.is_empty() && !focused {
        return 0;
    }
    // Two for the border, one for the names of those in the selected group.
    let wanted = u16::try_from(groups.list.len()).unwrap_or(u16::MAX).saturating_add(3).max(4);
    wanted.min(if focused { height / 2 } else { height / 3 })
}

/// The groups.
pub(super) fn groups(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    let groups = &model.groups;
    let focused = model.focus == Pane::Groups;
    let mut inside = paper.panel(place, &format!("GROUPS {}", groups.list.len()), focused && model.popup.is_none());
    if groups.list.is_empty() {
        let text = group::no_groups(groups.loaded, &model.key_of(Action::StartGroup), &model.key_of(Action::Join));
        return empty(paper, inside, &text);
    }
    let wide = inside.width >= NAMES_FROM;
    let selected = groups.index();
    // Where a row has no room for them, the names of the selected group are beneath it.
    let below = groups.list.get(selected).filter(|row| !wide && !row.here.is_empty() && inside.height > 1);
    let height = inside.height - u16::from(below.is_some());
    for index in window(groups.list.len(), selected, height) {
        let place = area::top(&mut inside, 1);
        row(paper, place, &groups.list[index], index == selected && focused, wide);
        if let Some(group) = below.filter(|_| index == selected) {
            let dim = paper.style(Role::Dim);
            let place = area::top(&mut inside, 1);
            let mut pen = paper.pen(place);
            pen.skip(3);
            names(&mut pen, group, dim);
        }
    }
}

fn row(paper: &mut Paper<'_>, place: Rect, row: &GroupRow, selected: bool, wide: bool) {
    let glyphs = paper.glyphs();
    let (sign, role) = if row.here.is_empty() { (glyphs.offline, Role::Dim) } else { (glyphs.live, Role::Live) };
    let (mut style, mut text, mut dim) = (paper.style(role), paper.style(Role::Text), paper.style(Role::Dim));
    if selected {
        paper.fill(place, Role::Selected);
        let chosen = paper.style(Role::Selected);
        (style, text, dim) = (chosen, chosen, chosen);
    }
    let mark = if selected { glyphs.selected } else { " " };
    let (name, count) = (title(&row.group), group::here(row.here.len()));
    let mut pen = paper.pen(place);
    pen.text(mark, text).text(sign, style).text(" ", text);
    if wide {
        let width = (pen.room() / 3).clamp(12, 32);
        pen.column_of(&name, width, text).text("  ", dim).column_of(&count, 8, style).text(" ", dim);
        names(&mut pen, row, dim);
    } else {
        pen.right(" ", dim).right(&count, style).right(" ", dim);
        let room = pen.room();
        pen.column_of(&name, room.min(columns(&name)), text);
    }
}

/// The names of those in a group, as far as there is room.
fn names(pen: &mut Pen<'_>, row: &GroupRow, style: ratatui::style::Style) {
    for (index, person) in row.here.iter().enumerate() {
        if pen.room() == 0 {
            return;
        }
        pen.text(if index == 0 { "" } else { ", " }, style).text(person.display_name.as_str(), style);
    }
}
