//! A curve of small bars, one column each.

use ratatui::style::Style;

use super::pen::Pen;
use crate::terminal::theme::Glyphs;

/// Draws a curve of parts (0 to 1), blank where nothing is known. A curve that is still young begins at the left, and keeps
/// its place to the right.
pub(crate) fn spark(pen: &mut Pen<'_>, glyphs: &Glyphs, curve: &[Option<f32>], style: Style) {
    let young = curve.iter().take_while(|part| part.is_none()).count();
    for part in &curve[young..] {
        pen.text(part.map_or(" ", |part| bar(glyphs, part)), style);
    }
    for _ in 0..young {
        pen.text(" ", style);
    }
}

/// The bar of a part: the lowest for nothing, the highest only for all of it.
fn bar(glyphs: &Glyphs, part: f32) -> &'static str {
    let top = glyphs.bars.len() - 1;
    // `as` saturates, and takes what is no number for zero.
    let step = (part.clamp(0.0, 1.0) * top as f32).round() as usize;
    glyphs.bars[step.min(top)]
}

#[cfg(test)]
mod tests {
    use super::bar;
    use crate::terminal::theme::{ASCII, UNICODE};

    #[test]
    fn bars_grow_with_their_part() {
        for (part, wanted) in [(0.0, "▁"), (0.5, "▅"), (1.0, "█"), (7.0, "█"), (-1.0, "▁"), (f32::NAN, "▁")]
        {
            assert_eq!(bar(&UNICODE, part), wanted, "{part}");
        }
        assert!(ASCII.bars.concat().is_ascii());
    }
}
