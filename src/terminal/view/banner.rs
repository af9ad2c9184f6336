//! The incoming call: a banner above everything, at every size, that takes no focus and no typed letter.

use ratatui::layout::Rect;

use super::paper::Paper;
use crate::terminal::keys::Action;
use crate::terminal::model::Model;
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::columns;
use crate::texts::clock;

/// How long one look of the banner lasts, ms.
const BLINK: i64 = crate::terminal::model::BLINK;

/// How many rows the banner takes: none when nothing rings.
pub(super) fn rows(model: &Model, screen: Rect) -> u16 {
    match (model.ringing.is_empty(), screen.height) {
        (true, _) => 0,
        (false, 16..) => 3,
        (false, _) => 2,
    }
}

/// Who calls, how long it has been ringing, and what to press.
pub(super) fn banner(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    let Some(first) = model.ringing.first() else { return };
    let role = role(model);
    let style = paper.style(role);
    paper.fill(place, role);
    let time = clock::duration(model.now.since(first.at));
    let keys = keys(model);
    let more = if model.ringing.len() > 1 { format!(" and {} more ", model.ringing.len() - 1) } else { String::new() };
    let sign = paper.glyphs().waiting;
    let one_row = 46 + columns(&keys) <= place.width;
    let text_row = area::row(place, place.height / 3);
    let mut pen = paper.pen(text_row);
    pen.right("  ", style);
    if one_row {
        pen.right(&keys, style).right("  ", style);
    }
    pen.right(&time, style).right(" ", style).right(&more, style);
    pen.text(" ", style).text(sign, style).text(" INCOMING CALL  ", style);
    pen.text(first.from.display_name.as_str(), style).text(" (", style);
    pen.text(first.from.name.as_str(), style).text(")", style);
    if !one_row {
        paper.pen(area::row(place, place.height / 3 + 1)).text("   ", style).text(&keys, style);
    }
}

/// The banner's look: it changes twice a second.
pub(super) fn role(model: &Model) -> Role {
    if model.now.0.div_euclid(BLINK) % 2 == 0 { Role::Ring } else { Role::RingBlink }
}

/// The first key of each, for the smallest screens.
pub(super) fn few_keys(model: &Model) -> String {
    let first = |action: Action| model.keys.key(action, model.context()).map(|key| key.to_string()).unwrap_or_default();
    match model.call {
        Some(_) => format!("{} decline", first(Action::Decline)),
        None => format!("{} answer {} decline", first(Action::Answer), first(Action::Decline)),
    }
}

/// The keys for what rings: those that act where the focus is.
pub(super) fn keys(model: &Model) -> String {
    let context = model.context();
    let all = |action: Action| {
        let keys = model.keys.keys(action);
        let acting =
            keys.split(' ').filter(|key| key.parse().is_ok_and(|key| model.keys.action(key, context) == Some(action)));
        acting.collect::<Vec<_>>().join(" / ")
    };
    let separator = model.look.glyphs.separator;
    if model.call.is_some() {
        format!("{} decline {separator} hang up before you answer", all(Action::Decline))
    } else {
        format!("{} answer {separator} {} decline", all(Action::Answer), all(Action::Decline))
    }
}
