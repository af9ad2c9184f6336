//! The share card of a group, and the friends to share it with.
//!
//! The card has no border beside the link: a line that is selected with the mouse is the link and nothing else.

use ratatui::layout::Rect;

use super::paper::Paper;
use super::pickers::select;
use crate::phone::event::{GroupCard, LinkReach};
use crate::terminal::keys::Action;
use crate::terminal::model::{Qr, ShareCard, ShareWith, title};
use crate::terminal::theme::Role;
use crate::terminal::widgets::pen::{columns, cut, wrapped};
use crate::terminal::widgets::rows::window;
use crate::terminal::widgets::{area, frame};
use crate::texts::{group, share as texts, state};

/// Between the QR code and the text beside it, columns.
const GAP: u16 = 2;

/// How wide the text beside the QR code is at least: an ID with its label.
const TEXT: u16 = 41;

/// The card of a group.
pub(super) fn card(paper: &mut Paper<'_>, mut place: Rect, share: &ShareCard) {
    frame::clear(paper.buffer, place, paper.style(Role::Text));
    heading(paper, area::top(&mut place, 1), &share.card);
    link(paper, &mut place, &share.card.link);
    let code = share.code.as_ref().filter(|_| !paper.model.look.is_ascii());
    let Some(code) = code else { return details(paper, place, &share.card) };
    let (width, height) = (code.size(), code.size().div_ceil(2));
    let about = details_rows(&share.card, place.width);
    if place.height >= height && place.width >= width + GAP + TEXT {
        draw(paper, area::left(&mut place, width), code);
        area::left(&mut place, GAP);
    } else if place.height >= height + about && place.width >= width {
        draw(paper, area::bottom(&mut place, height), code);
    }
    details(paper, place, &share.card);
}

fn heading(paper: &mut Paper<'_>, place: Rect, card: &GroupCard) {
    let (border, heading) = (paper.style(Role::Focus), paper.style(Role::Title));
    let rule = paper.glyphs().rule;
    let name = title(&card.group);
    let mut pen = paper.pen(place);
    pen.text(rule, border).text(rule, border).text(" SHARE ", heading).text(&name, heading).text(" ", heading);
    while pen.room() > 0 {
        pen.text(rule, border);
    }
}

/// The link alone, from the first column on; one that is longer than the screen is wide goes on below.
fn link(paper: &mut Paper<'_>, place: &mut Rect, link: &str) {
    let style = paper.style(Role::Key);
    let mut rest = link;
    while !rest.is_empty() && place.height > 0 {
        let line = cut(rest, place.width);
        if line.is_empty() {
            return;
        }
        let row = area::top(place, 1);
        paper.pen(row).text(line, style);
        rest = &rest[line.len()..];
    }
}

/// What there is to say beside the link, in rows: code, ID, where the link works, what to press.
fn details_rows(card: &GroupCard, width: u16) -> u16 {
    let reach = wrapped(reach(card), width.saturating_sub(1)).count();
    u16::try_from(reach).unwrap_or(u16::MAX).saturating_add(4)
}

fn reach(card: &GroupCard) -> &'static str {
    match card.reach {
        LinkReach::ThisMachine => texts::this_machine_only(),
        LinkReach::Network => "",
    }
}

fn details(paper: &mut Paper<'_>, mut place: Rect, card: &GroupCard) {
    let (dim, text, warn, key) =
        (paper.style(Role::Dim), paper.style(Role::Title), paper.style(Role::Warn), paper.style(Role::Key));
    // What does not fit: the blank row first, then the ID.
    let rows = details_rows(card, place.width);
    if place.height > rows {
        area::top(&mut place, 1);
    }
    let row = area::top(&mut place, 1);
    paper.pen(row).text("code ", dim).text(&card.group.code.to_string(), text);
    if place.height + 1 >= rows {
        let row = area::top(&mut place, 1);
        paper.pen(row).text("ID   ", dim).text(&card.group.id.to_string(), text);
    }
    if place.height >= 3 {
        area::top(&mut place, 1);
    }
    for line in wrapped(reach(card), place.width.saturating_sub(1)) {
        let row = area::top(&mut place, 1);
        paper.pen(row).text(line, warn);
    }
    if place.height > 1 && card.reach == LinkReach::ThisMachine {
        area::top(&mut place, 1);
    }
    let (copy, with) = (paper.model.key_of(Action::CopyLink), paper.model.key_of(Action::ShareWith));
    let mut pen = paper.pen(area::row(place, 0));
    pen.text(&copy, key).text(" copy link   ", dim).text(&with, key).text(" share with friends", dim);
}

/// The code as half blocks: two modules in a cell, dark on light.
fn draw(paper: &mut Paper<'_>, place: Rect, code: &Qr) {
    let style = paper.style(Role::Qr);
    for line in 0..code.size().div_ceil(2) {
        let mut pen = paper.pen(area::row(place, line));
        for column in 0..code.size() {
            let dark = (code.is_dark(column, 2 * line), code.is_dark(column, 2 * line + 1));
            let cell = match dark {
                (true, true) => "█",
                (true, false) => "▀",
                (false, true) => "▄",
                (false, false) => " ",
            };
            pen.text(cell, style);
        }
    }
}

/// The friends to share with.
pub(super) fn friends(paper: &mut Paper<'_>, place: Rect, choice: &ShareWith) {
    let heading = format!("SHARE {}  {}", title(&choice.share.card.group), group::marked(choice.marked.len()));
    let list = &paper.model.friends.list;
    let height = u16::try_from(list.len()).unwrap_or(u16::MAX).saturating_add(2).min(16);
    let inside = paper.popup(area::middle(place, 56, height), &heading);
    for (line, index) in (0..).zip(window(list.len(), choice.selected, inside.height)) {
        let friend = &list[index];
        let row = area::row(inside, line);
        let style = select(paper, row, index == choice.selected);
        let mark = if index == choice.selected { paper.glyphs().selected } else { " " };
        let marked = if choice.marked.contains(&friend.person.identity) { "[x] " } else { "[ ] " };
        let (name, presence) = (friend.person.display_name.as_str(), state::presence(friend.presence.state));
        let mut pen = paper.pen(row);
        pen.text(mark, style).text(marked, style);
        if columns(name) + columns(presence) + 2 <= pen.room() {
            pen.right(" ", style).right(presence, style);
        }
        pen.text(name, style);
    }
}
