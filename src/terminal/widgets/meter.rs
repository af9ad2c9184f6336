//! A sound level as a bar.

use ratatui::style::Style;

use super::pen::Pen;
use crate::terminal::theme::Glyphs;

/// The level at which the bar is empty, dBFS.
const FLOOR: f32 = -60.0;

/// How wide the small meter of a participant is, columns.
pub(crate) const ROSTER_METER: u16 = 6;

/// How many of `steps` steps a level fills: none at or below −60 dBFS, all at 0 dBFS.
pub(crate) fn steps(level: f32, steps: u16) -> u16 {
    let part = ((level - FLOOR) / -FLOOR).clamp(0.0, 1.0);
    let filled = (part * f32::from(steps)).round();
    // `as` saturates, and takes what is no number for zero.
    (filled as u16).min(steps)
}

/// Draws `level` as a bar of `width` columns.
pub(crate) fn meter(pen: &mut Pen<'_>, glyphs: &Glyphs, level: f32, width: u16, on: Style, off: Style) {
    let width = width.min(pen.room());
    let filled = steps(level, width);
    for column in 0..width {
        let (sign, style) = if column < filled { (glyphs.meter_on, on) } else { (glyphs.meter_off, off) };
        pen.text(sign, style);
    }
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn levels_fill_their_part_of_the_bar() {
        for (level, filled) in [(-127.0, 0), (-60.0, 0), (-30.0, 5), (0.0, 10), (6.0, 10), (f32::NAN, 0)] {
            assert_eq!(steps(level, 10), filled, "{level}");
        }
        assert_eq!(steps(0.0, 0), 0);
    }
}
