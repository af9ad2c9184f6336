//! What is wrong with the sound of the call, and what to do: one thing at a time, the gravest, steady and in words.

use ratatui::layout::Rect;

use super::paper::Paper;
use crate::phone::event::Diagnosis;
use crate::terminal::keys::Action;
use crate::terminal::model::{LiveCall, Model};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::{columns, wrapped};
use crate::texts::{diagnosis, sound};

/// How many rows a diagnosis takes at most.
const MOST: u16 = 4;

/// How far its text is from the left: behind the sign.
const INDENT: u16 = 3;

/// A key that helps, and what it does.
type Help = (String, String);

/// How many rows the diagnosis takes in a card `width` columns wide inside: none when nothing is wrong.
pub(super) fn rows(model: &Model, call: &LiveCall, width: u16) -> u16 {
    let Some((_, text, helps)) = told(model, call) else { return 0 };
    let (lines, last) = measured(&text, width);
    lines + u16::from(last + helps_width(&helps) > width.saturating_sub(1))
}

/// How many rows a text takes, and where the last ends.
fn measured(text: &str, width: u16) -> (u16, u16) {
    let lines = wrapped(text, width.saturating_sub(INDENT + 1)).take(usize::from(MOST));
    let (count, last) = lines.fold((0, 0), |(count, _), line| (count + 1, columns(line)));
    (count, INDENT + last)
}

fn helps_width(helps: &[Help]) -> u16 {
    helps.iter().map(|(key, word)| columns(key) + columns(word) + 3).sum()
}

/// The gravest diagnosis, in as many rows as `place` has.
pub(super) fn lines(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) {
    let Some((first, text, helps)) = told(paper.model, call) else { return };
    let style = paper.style(role(first));
    let sign = paper.glyphs().warning;
    paper.pen(area::row(place, 0)).text(" ", style).text(sign, style);
    for (row, line) in (0..MOST).zip(wrapped(&text, place.width.saturating_sub(INDENT + 1))) {
        paper.pen(area::row(place, row)).skip(INDENT).text(line, style);
    }
    let (count, last) = measured(&text, place.width);
    let fits = last + helps_width(&helps) <= place.width.saturating_sub(1);
    let (row, column) = if fits { (count.saturating_sub(1), last) } else { (count, INDENT - 2) };
    offer(paper, area::row(place, row), column, &helps);
}

/// The gravest diagnosis in one row: its sentence if that fits, else a few words. Says whether there is one.
pub(super) fn line(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) -> bool {
    let Some((first, text, helps)) = told(paper.model, call) else { return false };
    let style = paper.style(role(first));
    let sign = paper.glyphs().warning;
    let fits = INDENT + columns(&text) + helps_width(&helps) <= place.width;
    let text = if fits { &text } else { diagnosis::short(first) };
    let mut pen = paper.pen(place);
    pen.text(" ", style).text(sign, style).text(" ", style).text(text, style);
    let used = pen.column().saturating_sub(place.x);
    offer(paper, place, used, &helps);
    true
}

/// Writes the keys that help, from `column` on.
fn offer(paper: &mut Paper<'_>, place: Rect, column: u16, helps: &[Help]) {
    let (key_style, dim) = (paper.style(Role::Key), paper.style(Role::Dim));
    let mut pen = paper.pen(place);
    pen.skip(column);
    for (key, word) in helps {
        pen.text("  ", dim).text(key, key_style).text(" ", dim).text(word, dim);
    }
}

/// The gravest diagnosis, as a sentence; the keys that help, and the one that tells of the others.
fn told(model: &Model, call: &LiveCall) -> Option<(Diagnosis, String, Vec<Help>)> {
    let mut troubles = call.troubles();
    let first = troubles.next()?;
    let action = match first {
        Diagnosis::SpeakingWhileMuted | Diagnosis::SharedCard => Action::Mute,
        Diagnosis::DeviceGone(_)
        | Diagnosis::MicrophoneSilent { .. }
        | Diagnosis::NetworkPoor
        | Diagnosis::TheyHearBadly
        | Diagnosis::EchoSuspected => Action::Devices,
    };
    let word = if action == Action::Mute { sound::UNMUTE } else { action.row().hint };
    let mut helps = vec![(model.key_of(action), word.to_owned())];
    match troubles.count() {
        0 => {}
        more => helps.push((model.key_of(Action::Quality), sound::more(more))),
    }
    Some((first, diagnosis::sentence(first), helps))
}

fn role(diagnosis: Diagnosis) -> Role {
    match diagnosis {
        Diagnosis::SpeakingWhileMuted | Diagnosis::DeviceGone(_) | Diagnosis::MicrophoneSilent { .. } => Role::Bad,
        Diagnosis::NetworkPoor | Diagnosis::TheyHearBadly | Diagnosis::EchoSuspected | Diagnosis::SharedCard => {
            Role::Warn
        }
    }
}
