//! Friend requests and blocked people, as rows of one list.

use ratatui::layout::Rect;

use super::paper::Paper;
use super::pickers::select;
use crate::terminal::model::ContactRow;
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::rows::window;
use crate::texts::contacts as texts;

/// How wide the popup is.
const WIDTH: u16 = 64;

/// The rows.
pub(super) fn popup(paper: &mut Paper<'_>, place: Rect, selected: usize) {
    let model = paper.model;
    let rows = model.contacts.rows();
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(2).clamp(3, 20);
    let inside = paper.popup(area::middle(place, WIDTH, height), texts::TITLE);
    if rows.is_empty() {
        let dim = paper.style(Role::Dim);
        paper.pen(inside).text(" ", dim).text(texts::EMPTY, dim);
    }
    for (line, index) in (0..).zip(window(rows.len(), selected, inside.height)) {
        row(paper, area::row(inside, line), &rows[index], index == selected);
    }
}

fn row(paper: &mut Paper<'_>, place: Rect, row: &ContactRow<'_>, selected: bool) {
    let (what, role) = match row {
        ContactRow::Asks(_) => (texts::ROWS[0], Role::Good),
        ContactRow::Asked(_) => (texts::ROWS[1], Role::Dim),
        ContactRow::Blocked(_) => (texts::ROWS[2], Role::Warn),
    };
    let text = select(paper, place, selected);
    let (style, dim) = if selected { (text, text) } else { (paper.style(role), paper.style(Role::Dim)) };
    let mark = if selected { paper.glyphs().selected } else { " " };
    let person = row.person();
    let mut pen = paper.pen(place);
    pen.right(" ", style).right(what, style).right(" ", style);
    pen.text(mark, text).text(" ", text).text(person.display_name.as_str(), text);
    pen.text("  ", dim).text(person.name.as_str(), dim);
}
