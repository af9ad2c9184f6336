//! Writing along one row, from the left or from the right; what does not fit is cut and marked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Writes along the first row of a place.
pub(crate) struct Pen<'a> {
    buffer: &'a mut Buffer,
    y: u16,
    start: u16,
    end: u16,
    ellipsis: &'static str,
}

impl<'a> Pen<'a> {
    /// A pen at the left end of the first row of `area`; without one it writes nothing.
    pub(crate) fn new(buffer: &'a mut Buffer, area: Rect, ellipsis: &'static str) -> Self {
        let area = area.intersection(buffer.area);
        let end = if area.height == 0 { area.x } else { area.right() };
        Self { buffer, y: area.y, start: area.x, end, ellipsis }
    }

    /// How many columns are left.
    pub(crate) fn room(&self) -> u16 {
        self.end - self.start
    }

    /// The column written next.
    pub(crate) fn column(&self) -> u16 {
        self.start
    }

    /// Writes `text` as far as there is room.
    pub(crate) fn text(&mut self, text: &str, style: Style) -> &mut Self {
        self.start += self.put(self.start, text, style);
        self
    }

    /// Writes `text` in at most `columns` columns and goes on behind them.
    pub(crate) fn column_of(&mut self, text: &str, columns: u16, style: Style) -> &mut Self {
        let columns = columns.min(self.room());
        let end = std::mem::replace(&mut self.end, self.start + columns);
        self.put(self.start, text, style);
        self.end = end;
        self.start += columns;
        self
    }

    /// Leaves `columns` columns blank.
    pub(crate) fn skip(&mut self, columns: u16) -> &mut Self {
        self.start += columns.min(self.room());
        self
    }

    /// Writes `text` at the right end, or not at all when it does not fit.
    pub(crate) fn right(&mut self, text: &str, style: Style) -> &mut Self {
        let width = columns(text);
        if width <= self.room() {
            let at = self.end - width;
            self.put(at, text, style);
            self.end = at;
        }
        self
    }

    fn put(&mut self, x: u16, text: &str, style: Style) -> u16 {
        let room = self.end.saturating_sub(x);
        if room == 0 {
            return 0;
        }
        if columns(text) <= room {
            return self.set(x, text, room, style);
        }
        let kept = self.set(x, cut(text, room - 1), room - 1, style);
        kept + self.set(x + kept, self.ellipsis, 1, style)
    }

    fn set(&mut self, x: u16, text: &str, room: u16, style: Style) -> u16 {
        if room == 0 {
            return 0;
        }
        let (after, _) = self.buffer.set_stringn(x, self.y, text, usize::from(room), style);
        after - x
    }
}

/// How many columns `text` takes.
pub(crate) fn columns(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// As much of `text` as takes at most `room` columns.
pub(crate) fn cut(text: &str, room: u16) -> &str {
    let mut used = 0;
    for (index, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > usize::from(room) {
            return &text[..index];
        }
    }
    text
}

/// The lines `text` takes when broken at blanks into at most `room` columns; a word that is longer is cut.
pub(crate) fn wrapped(text: &str, room: u16) -> impl Iterator<Item = &str> {
    let mut rest = text.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() || room == 0 {
            return None;
        }
        let fits = cut(rest, room);
        let line = if fits.len() == rest.len() || rest[fits.len()..].starts_with(' ') {
            fits
        } else {
            fits.rfind(' ').filter(|blank| *blank > 0).map_or(fits, |blank| &fits[..blank])
        };
        if line.is_empty() {
            rest = "";
            return None;
        }
        rest = rest[line.len()..].trim_start();
        Some(line.trim_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(width: u16, write: impl FnOnce(&mut Pen<'_>)) -> String {
        let area = Rect::new(0, 0, width, 1);
        let mut buffer = Buffer::empty(area);
        write(&mut Pen::new(&mut buffer, area, "…"));
        buffer.content().iter().map(|cell| cell.symbol()).collect()
    }

    #[test]
    fn text_that_does_not_fit_is_cut_and_marked() {
        let style = Style::new();
        assert_eq!(
            written(6, |pen| {
                pen.text("abcdefgh", style);
            }),
            "abcde…"
        );
        assert_eq!(
            written(4, |pen| {
                pen.text("日本語", style);
            }),
            "日 … "
        );
        assert_eq!(
            written(8, |pen| {
                pen.right("xy", style).text("abcdefgh", style);
            }),
            "abcde…xy"
        );
        assert_eq!(
            written(3, |pen| {
                pen.right("long", style).text("ab", style);
            }),
            "ab "
        );
        assert_eq!(
            written(6, |pen| {
                pen.column_of("abcdef", 3, style).text("z", style);
            }),
            "ab…z  "
        );
    }

    #[test]
    fn a_pen_without_a_row_writes_nothing() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 2));
        for area in [Rect::new(9, 9, 4, 1), Rect::new(0, 0, 4, 0), Rect::new(0, 0, 0, 1)] {
            Pen::new(&mut buffer, area, "…").text("abc", Style::new()).right("z", Style::new());
        }
        assert!(buffer.content().iter().all(|cell| cell.symbol() == " "));
    }

    #[test]
    fn lines_are_broken_at_blanks() {
        let lines = |text, room| wrapped(text, room).collect::<Vec<_>>();
        assert_eq!(lines("one two three", 8), ["one two", "three"]);
        assert_eq!(lines("unbreakable", 4), ["unbr", "eaka", "ble"]);
        assert_eq!(lines("日本", 1), Vec::<&str>::new());
        assert_eq!(lines("a", 0), Vec::<&str>::new());
    }
}
