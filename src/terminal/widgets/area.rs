//! Cutting rectangles. Total: what is not there can't be cut off, and comes back empty.

use ratatui::layout::Rect;

/// Cuts `rows` rows off the top of `area`.
pub(crate) fn top(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let cut = Rect { height: rows, ..*area };
    area.y += rows;
    area.height -= rows;
    cut
}

/// Cuts `rows` rows off the bottom of `area`.
pub(crate) fn bottom(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    area.height -= rows;
    Rect { y: area.y + area.height, height: rows, ..*area }
}

/// Cuts `columns` columns off the left of `area`.
pub(crate) fn left(area: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    let cut = Rect { width: columns, ..*area };
    area.x += columns;
    area.width -= columns;
    cut
}

/// Cuts `columns` columns off the right of `area`.
pub(crate) fn right(area: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    area.width -= columns;
    Rect { x: area.x + area.width, width: columns, ..*area }
}

/// A rectangle of at most `width` by `height` in the middle of `area`.
pub(crate) fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// The row `index` rows below the top of `area`; empty when there is none.
pub(crate) fn row(area: Rect, index: u16) -> Rect {
    if index < area.height {
        Rect { y: area.y + index, height: 1, ..area }
    } else {
        Rect { y: area.y, height: 0, ..area }
    }
}
