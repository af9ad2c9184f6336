//! A border with a title around a place.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::area;
use super::pen::Pen;
use crate::terminal::theme::Glyphs;

/// Draws a border around `place` with `title` in it; what is left inside comes back.
pub(crate) fn frame(
    buffer: &mut Buffer,
    place: Rect,
    glyphs: &Glyphs,
    title: &str,
    border: Style,
    title_style: Style,
) -> Rect {
    let place = place.intersection(buffer.area);
    if place.width < 2 || place.height < 2 {
        return Rect { width: 0, height: 0, ..place };
    }
    let (left, right) = (place.x, place.right() - 1);
    let (top, bottom) = (place.y, place.bottom() - 1);
    let set = &glyphs.border;
    let mut put = |x: u16, y: u16, symbol: &str| {
        buffer[(x, y)].set_symbol(symbol).set_style(border);
    };
    for x in left..=right {
        put(x, top, set.horizontal_top);
        put(x, bottom, set.horizontal_bottom);
    }
    for y in top..=bottom {
        put(left, y, set.vertical_left);
        put(right, y, set.vertical_right);
    }
    put(left, top, set.top_left);
    put(right, top, set.top_right);
    put(left, bottom, set.bottom_left);
    put(right, bottom, set.bottom_right);
    let mut inside = Rect::new(left + 1, top, place.width - 2, 1);
    area::left(&mut inside, 1);
    if !title.is_empty() {
        Pen::new(buffer, inside, glyphs.ellipsis).text(title, title_style);
    }
    Rect::new(left + 1, top + 1, place.width - 2, place.height - 2)
}

/// Blanks a place, for what is drawn above other things.
pub(crate) fn clear(buffer: &mut Buffer, place: Rect, style: Style) {
    let place = place.intersection(buffer.area);
    for y in place.top()..place.bottom() {
        for x in place.left()..place.right() {
            let cell = &mut buffer[(x, y)];
            cell.reset();
            cell.set_style(style);
        }
    }
}
