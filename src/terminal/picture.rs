//! A picture of the screen, drawn from the same buffer as the screen itself: as SVG for the README, as text for evidence.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// Width of a cell, in SVG units.
const CELL: f32 = 8.4;

/// Height of a row, in SVG units.
const ROW: f32 = 16.4;

/// The margin around the screen, in SVG units.
const MARGIN: f32 = 12.0;

const BACKGROUND: &str = "#15181d";
const FOREGROUND: &str = "#d7dae0";

/// The sixteen colours, in the order of the terminal's palette.
const PALETTE: [&str; 16] = [
    "#15181d", "#d05d5d", "#7fb069", "#d9a441", "#5d8fd0", "#b07fc0", "#4fb3bf", "#b8bcc4", "#6f7682", "#f07878",
    "#9fd087", "#f2c063", "#82aef0", "#cf9fe0", "#74d2dd", "#f4f6f8",
];

/// The picture of `buffer`, called `title`.
pub fn svg(buffer: &Buffer, title: &str) -> String {
    let area = buffer.area;
    let width = f32::from(area.width) * CELL + 2.0 * MARGIN;
    let height = f32::from(area.height) * ROW + 2.0 * MARGIN;
    let mut out = String::new();
    line(
        &mut out,
        format_args!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">"#
        ),
    );
    line(&mut out, format_args!("<title>{}</title>", escaped(title)));
    line(&mut out, format_args!(r#"<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>"#));
    for y in 0..area.height {
        row(&mut out, buffer, y);
    }
    line(&mut out, format_args!("</svg>"));
    out
}

/// The picture of `buffer` as plain text, blanks at line ends dropped.
pub fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut out = String::new();
    for y in area.top()..area.bottom() {
        let start = out.len();
        let mut x = area.left();
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            out.push_str(symbol);
            x += u16::try_from(symbol.width()).unwrap_or(1).max(1);
        }
        out.truncate(start + out[start..].trim_end().len());
        out.push('\n');
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string can't fail.
    let _ = out.write_fmt(text);
    out.push('\n');
}

/// A row, as runs of cells that look alike.
fn row(out: &mut String, buffer: &Buffer, y: u16) {
    let area = buffer.area;
    let cell = |x: u16| &buffer[(area.x + x, area.y + y)];
    let mut x = 0;
    while x < area.width {
        let look = Look::of(cell(x));
        let start = x;
        let mut text = String::new();
        while x < area.width && Look::of(cell(x)) == look {
            let symbol = cell(x).symbol();
            text.push_str(symbol);
            x += u16::try_from(symbol.width()).unwrap_or(1).max(1);
        }
        run(out, start, x.min(area.width), y, &look, &text);
    }
}

fn run(out: &mut String, start: u16, end: u16, y: u16, look: &Look, text: &str) {
    let x = MARGIN + f32::from(start) * CELL;
    let top = MARGIN + f32::from(y) * ROW;
    let width = f32::from(end - start) * CELL;
    if look.background != BACKGROUND {
        let fill = &look.background;
        line(
            out,
            format_args!(r#"<rect x="{x:.1}" y="{top:.1}" width="{width:.1}" height="{ROW:.1}" fill="{fill}"/>"#),
        );
    }
    if text.trim().is_empty() {
        return;
    }
    // Blanks at the ends are left to the position, so that every renderer counts columns alike.
    let lead = text.len() - text.trim_start().len();
    let shown = text.trim();
    let x = x + f32::from(u16::try_from(lead).unwrap_or(0)) * CELL;
    let length = f32::from(u16::try_from(shown.width()).unwrap_or(0)) * CELL;
    let baseline = top + ROW * 0.75;
    let weight = if look.bold { r#" font-weight="bold""# } else { "" };
    let fill = &look.foreground;
    line(
        out,
        format_args!(
            r#"<text x="{x:.1}" y="{baseline:.1}" textLength="{length:.1}" lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="{fill}"{weight}>{}</text>"#,
            escaped(shown)
        ),
    );
}

/// How a cell looks.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    foreground: String,
    background: String,
    bold: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let (mut foreground, mut background) = (colour(cell.fg, FOREGROUND), colour(cell.bg, BACKGROUND));
        if cell.modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut foreground, &mut background);
        }
        Self { foreground, background, bold: cell.modifier.contains(Modifier::BOLD) }
    }
}

fn colour(colour: Color, default: &str) -> String {
    let index = match colour {
        Color::Reset => return default.to_owned(),
        Color::Rgb(r, g, b) => return format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Indexed(index) if index >= 16 => return indexed(index),
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    PALETTE[usize::from(index)].to_owned()
}

/// A colour of the 6×6×6 cube (16–231) or of the grey ramp (232–255), as xterm has them.
fn indexed(index: u8) -> String {
    if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        return format!("#{grey:02x}{grey:02x}{grey:02x}");
    }
    let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    let cube = index - 16;
    format!("#{:02x}{:02x}{:02x}", step(cube / 36), step(cube / 6 % 6), step(cube % 6))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn cells_become_runs_with_their_looks() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(1, 0, "a<b", Style::new().fg(Color::Green).add_modifier(Modifier::BOLD));
        buffer.set_string(6, 0, "日", Style::new().add_modifier(Modifier::REVERSED));
        let svg = svg(&buffer, "T & T");
        assert!(svg.contains("<title>T &amp; T</title>"));
        assert!(svg.contains(r##"fill="#7fb069" font-weight="bold">a&lt;b</text>"##), "{svg}");
        assert!(svg.contains(r##"width="16.8" height="16.4" fill="#d7dae0""##), "{svg}");
        assert_eq!(svg.matches("<text").count(), 2);
    }

    #[test]
    fn indexed_colours_are_those_of_xterm() {
        assert_eq!(indexed(16), "#000000");
        assert_eq!(indexed(208), "#ff8700");
        assert_eq!(indexed(255), "#eeeeee");
    }
}
