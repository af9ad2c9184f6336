//! The incoming call, and the group that somebody shares: banners above everything, at every size, that take no focus and
//! no typed letter.

use ratatui::layout::Rect;

use super::paper::Paper;
use crate::terminal::keys::Action;
use crate::terminal::model::{Model, title};
use crate::terminal::theme::Role;
use crate::terminal::update::rings;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::columns;
use crate::texts::{clock, group};

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
    let (title, text) = match &first.group {
        Some(_) => (" INVITATION  ", rings(first)),
        None => (" INCOMING CALL  ", format!("{} ({})", first.from.display_name, first.from.name)),
    };
    let told = columns(title) + columns(&text) + columns(&time) + columns(&more) + 8;
    let one_row = told.max(46).saturating_add(columns(&keys)) <= place.width;
    let text_row = area::row(place, place.height / 3);
    let mut pen = paper.pen(text_row);
    pen.right("  ", style);
    if one_row {
        pen.right(&keys, style).right("  ", style);
    }
    pen.right(&time, style).right(" ", style).right(&more, style);
    pen.text(" ", style).text(sign, style).text(title, style).text(&text, style);
    if !one_row {
        paper.pen(area::row(place, place.height / 3 + 1)).text("   ", style).text(&keys, style);
    }
}

/// How many rows the groups that somebody shares take: none when nobody does.
pub(super) fn shared_rows(model: &Model, screen: Rect) -> u16 {
    let Some(text) = shared_text(model) else { return 0 };
    if columns(&text) + columns(&shared_keys(model)) + 6 <= screen.width { 1 } else { 2 }
}

/// A group that somebody shares: told in still colours, and with nothing that rings.
pub(super) fn shared(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    let Some(text) = shared_text(model) else { return };
    paper.fill(place, Role::Badge);
    let style = paper.style(Role::Badge);
    let keys = shared_keys(model);
    let sign = paper.glyphs().incoming;
    let mut pen = paper.pen(area::row(place, 0));
    if place.height == 1 {
        pen.right("  ", style).right(&keys, style).right("  ", style);
    }
    pen.text(" ", style).text(sign, style).text(" ", style).text(&text, style);
    paper.pen(area::row(place, 1)).text("   ", style).text(&keys, style);
}

/// Who shares which group; the newest, and how many there are beside it.
pub(super) fn shared_text(model: &Model) -> Option<String> {
    let last = model.shared.last()?;
    let listed = model.groups.list.iter().find(|row| row.group.id == last.card.group.id);
    let here = listed.map_or(last.here, |row| u32::try_from(row.here.len()).unwrap_or(u32::MAX));
    let text = group::shares(last.by.display_name.as_str(), &title(&last.card.group), here);
    Some(match model.shared.len() {
        1 => text,
        count => format!("{text} (and {} more)", count - 1),
    })
}

/// The keys for what is shared: those that act where the focus is.
pub(super) fn shared_keys(model: &Model) -> String {
    let separator = model.look.glyphs.separator;
    let later = acting(model, Action::Later);
    let later = if later.is_empty() { String::new() } else { format!(" {separator} {later} later") };
    if model.call.is_some() {
        format!("hang up before you join{later}")
    } else {
        format!("{} join{later}", acting(model, Action::JoinShared))
    }
}

/// The keys of an action that act where the focus is.
fn acting(model: &Model, action: Action) -> String {
    let context = model.context();
    let keys = model.keys.keys(action);
    let acting =
        keys.split(' ').filter(|key| key.parse().is_ok_and(|key| model.keys.action(key, context) == Some(action)));
    acting.collect::<Vec<_>>().join(" / ")
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
    let separator = model.look.glyphs.separator;
    if model.call.is_some() {
        format!("{} decline {separator} hang up before you answer", acting(model, Action::Decline))
    } else {
        format!("{} answer {separator} {} decline", acting(model, Action::Answer), acting(model, Action::Decline))
    }
}
