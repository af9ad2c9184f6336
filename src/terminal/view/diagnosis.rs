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
const MOST: usize = 4;

/// How many rows the diagnosis takes in a card `width` columns wide inside: none when nothing is wrong.
pub(super) fn rows(model: &Model, call: &LiveCall, width: u16) -> u16 {
    let Some((_, text)) = told(model, call) else { return 0 };
    u16::try_from(wrapped(&text, width.saturating_sub(4)).take(MOST).count()).unwrap_or(0)
}

/// The gravest diagnosis, in as many rows as `place` has.
pub(super) fn lines(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) {
    let Some((first, text)) = told(paper.model, call) else { return };
    let style = paper.style(role(first));
    let sign = paper.glyphs().warning;
    paper.pen(area::row(place, 0)).text(" ", style).text(sign, style);
    for (row, line) in (0..).zip(wrapped(&text, place.width.saturating_sub(4)).take(MOST)) {
        paper.pen(area::row(place, row)).skip(3).text(line, style);
    }
}

/// The gravest diagnosis in one row: its sentence if that fits, else a few words. Says whether there is one.
pub(super) fn line(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) -> bool {
    let Some((first, text)) = told(paper.model, call) else { return false };
    let style = paper.style(role(first));
    let sign = paper.glyphs().warning;
    let short = format!("{} {}", diagnosis::short(first), remedy(paper.model, first));
    let text = if columns(&text) + 4 <= place.width { text } else { short };
    paper.pen(place).text(" ", style).text(sign, style).text(" ", style).text(&text, style);
    true
}

/// The gravest diagnosis, as a sentence with the key that helps, and how many others there are.
fn told(model: &Model, call: &LiveCall) -> Option<(Diagnosis, String)> {
    let mut troubles = call.troubles();
    let first = troubles.next()?;
    let mut text = format!("{} {}", diagnosis::sentence(first), remedy(model, first));
    match troubles.count() {
        0 => {}
        more => text.push_str(&format!(" {}", sound::and_more(more, &model.key_of(Action::Quality)))),
    }
    Some((first, text))
}

fn remedy(model: &Model, diagnosis: Diagnosis) -> String {
    sound::remedy(diagnosis, &model.key_of(Action::Mute), &model.key_of(Action::Devices))
}

fn role(diagnosis: Diagnosis) -> Role {
    match diagnosis {
        Diagnosis::SpeakingWhileMuted | Diagnosis::DeviceGone(_) | Diagnosis::MicrophoneSilent { .. } => Role::Bad,
        Diagnosis::NetworkPoor | Diagnosis::TheyHearBadly | Diagnosis::EchoSuspected | Diagnosis::SharedCard => {
            Role::Warn
        }
    }
}
