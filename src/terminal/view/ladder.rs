//! The ladder: you, the service and the sound as columns, messages as arrows between them, and beside them what came of
//! them. Only the rows that are seen are looked at.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::paper::Paper;
use super::pickers;
use crate::phone::evidence::entry::{Entry, Frame, Kind, LegStep, LinkStep, Way, What};
use crate::phone::evidence::export::{call_name, clock, label};
use crate::terminal::model::{Change, Ladder, Opened, TimeMode};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::{Pen, columns, cut};
use crate::terminal::widgets::rows::window;
use crate::texts::evidence;

/// The columns of the time, and of the call behind it.
const TIME: u16 = 13;
const CALL: u16 = 8;

/// From this width on what is opened is beside the ladder, and not above it.
const BESIDE: u16 = 110;

/// The ladder; where the filter is typed comes back.
pub(super) fn ladder(paper: &mut Paper<'_>, place: Rect, ladder: &Ladder) -> Option<Position> {
    let mut inside = paper.popup(place, &title(ladder));
    let cursor = filter(paper, &mut inside, ladder);
    match &ladder.opened {
        Some(opened) if inside.width >= BESIDE => {
            let width = inside.width * 2 / 5;
            let right = area::right(&mut inside, width);
            rows(paper, inside, ladder);
            message(paper, right, opened);
        }
        Some(opened) => message(paper, inside, opened),
        None => rows(paper, inside, ladder),
    }
    cursor
}

fn title(ladder: &Ladder) -> String {
    let mut title = "LADDER".to_owned();
    if ladder.rows() > 0 {
        title.push_str(&format!("  {} of {}", ladder.index() + 1, ladder.rows()));
    }
    if ladder.paused {
        title.push_str(&format!("  {}", evidence::PAUSED));
    }
    title
}

fn filter(paper: &mut Paper<'_>, inside: &mut Rect, ladder: &Ladder) -> Option<Position> {
    if !ladder.typing && ladder.filter.text().is_empty() {
        return None;
    }
    let cursor = pickers::typed(paper, area::top(inside, 1), " filter: ", &ladder.filter);
    cursor.filter(|_| ladder.typing)
}

/// How wide the way between you and the service is.
fn lane(width: u16) -> u16 {
    if width >= 100 { 34 } else { 27 }
}

fn rows(paper: &mut Paper<'_>, mut place: Rect, ladder: &Ladder) {
    let dim = paper.style(Role::Dim);
    head(paper, area::top(&mut place, 1));
    if ladder.rows() == 0 {
        let text = if ladder.filter.text().is_empty() { evidence::NOTHING_YET } else { evidence::NOTHING_FITS };
        paper.pen(place).text(" ", dim).text(text, dim);
    }
    for index in window(ladder.rows(), ladder.index(), place.height) {
        let Some((entry, above)) = ladder.row(index) else { return };
        let line = area::top(&mut place, 1);
        let selected = index == ladder.index();
        if selected {
            paper.fill(line, Role::Selected);
        }
        let time = time(paper, ladder, entry, above);
        let marked = ladder.marks.contains(&entry.seq);
        row(paper, line, &Shown { entry, time, selected, marked });
    }
}

fn head(paper: &mut Paper<'_>, place: Rect) {
    let title = paper.style(Role::Title);
    let lane = lane(place.width);
    let [you, service, sound] = evidence::SIDES;
    let mut pen = paper.pen(place);
    pen.column_of(" time", TIME + 1, title).column_of("call", CALL - 1, title);
    pen.column_of(you, lane + 1, title).column_of(service, 10, title).text(sound, title);
}

fn time(paper: &Paper<'_>, ladder: &Ladder, entry: &Entry, above: Option<&Entry>) -> String {
    let since = |us: u64| format!("+{}.{:03}", us / 1_000_000, us / 1000 % 1000);
    match ladder.time {
        TimeMode::Absolute => clock(entry.unix_ms, paper.model.look.offset),
        TimeMode::Relative => since(entry.at_us),
        TimeMode::Delta => since(above.map_or(0, |above| entry.at_us.saturating_sub(above.at_us))),
    }
}

/// A row that is seen.
struct Shown<'a> {
    entry: &'a Entry,
    time: String,
    selected: bool,
    marked: bool,
}

fn row(paper: &mut Paper<'_>, place: Rect, shown: &Shown<'_>) {
    let entry = shown.entry;
    let styled = |paper: &Paper<'_>, role| paper.style(if shown.selected { Role::Selected } else { role });
    let (text, dim, line) = (styled(paper, Role::Text), styled(paper, Role::Dim), styled(paper, Role::Border));
    let told = styled(paper, role(entry));
    let glyphs = paper.glyphs();
    let (bar, rule) = (glyphs.border.vertical_left, glyphs.rule);
    let mark = match (shown.marked, shown.selected) {
        (true, _) => glyphs.ended,
        (false, true) => glyphs.selected,
        (false, false) => " ",
    };
    let heads = if paper.model.look.is_ascii() { ["<", ">"] } else { ["\u{25c0}", "\u{25b6}"] };
    let (point, lane) = (glyphs.live, lane(place.width));
    let label = label(entry);
    let mut pen = paper.pen(place);
    pen.text(mark, told).column_of(&format!("{:>12}", shown.time), TIME, dim);
    pen.column_of(&entry.call.map_or_else(String::new, call_name), CALL - 1, dim);
    match &entry.what {
        What::Frame(frame) => {
            pen.text(bar, line);
            arrow(&mut pen, &label, frame.way, lane, (rule, heads), (line, told));
            pen.text(bar, line).text(" ", text).text(&frame.gist, dim);
        }
        What::Leg { .. } => {
            pen.text(bar, line).skip(lane).text(bar, line).skip(9).text(point, told).text(" ", told).text(&label, told);
        }
        _ => {
            pen.text(point, told).text(" ", told).text(&label, told);
        }
    }
}

/// A message on its way: a line with its name in the middle, and a head where it arrives.
fn arrow(pen: &mut Pen<'_>, label: &str, way: Way, lane: u16, signs: (&str, [&str; 2]), styles: (Style, Style)) {
    let ((rule, [left, right]), (line, told)) = (signs, styles);
    let label = cut(label, lane.saturating_sub(6));
    let rest = lane.saturating_sub(columns(label) + 3);
    let before = 2.min(rest);
    let (before, after) = match way {
        Way::Out => (before, rest - before),
        Way::In => (rest - before, before),
    };
    if way == Way::In {
        pen.text(left, told);
    }
    pen.text(&rule.repeat(usize::from(before)), line).text(" ", told).text(label, told).text(" ", told);
    pen.text(&rule.repeat(usize::from(after)), line);
    if way == Way::Out {
        pen.text(right, told);
    }
}

/// How what an entry says is meant.
fn role(entry: &Entry) -> Role {
    match &entry.what {
        What::Frame(Frame { kind: Kind::Failure, .. })
        | What::Link(LinkStep::Failed { .. } | LinkStep::Down { .. } | LinkStep::Refused { .. })
        | What::Leg { step: LegStep::Failed(_) | LegStep::Lost, .. }
        | What::Refused { .. } => Role::Bad,
        What::Warning(_) | What::Diagnoses(_) => Role::Warn,
        What::Ended(ended) if !ended.end.is_normal() => Role::Warn,
        What::Leg { .. } | What::Link(_) => Role::Good,
        What::State { .. } | What::Ended(_) => Role::Title,
        What::Quality(_)
        | What::Command(_)
        | What::Devices(_)
        | What::Recording(_)
        | What::Happened(_)
        | What::Rang { .. } => Role::Dim,
        What::Frame(_) => Role::Text,
    }
}

/// A message, or what two differ in.
fn message(paper: &mut Paper<'_>, place: Rect, opened: &Opened) {
    let inside = paper.popup(place, &opened.title);
    let height = usize::from(inside.height);
    let start = opened.scroll.min(opened.lines.len().saturating_sub(height));
    for (row, (change, line)) in (0..inside.height).zip(opened.lines.iter().skip(start)) {
        let (sign, role) = match change {
            Change::Same => (" ", Role::Text),
            Change::Gone => ("-", Role::Bad),
            Change::New => ("+", Role::Good),
        };
        let style = paper.style(role);
        paper.pen(area::row(inside, row)).text(sign, style).text(" ", style).text(line, style);
    }
}
