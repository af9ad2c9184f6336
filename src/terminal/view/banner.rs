//! The incoming call, and the group that somebody shares: banners above everything, at every size, that take no focus and
//! no typed letter.

use ratatui::layout::Rect;

use super::paper::Paper;
use crate::terminal::keys::{Action, Context};
use crate::terminal::model::{Model, title};
use crate::terminal::theme::Role;
use crate::terminal::update::rings;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::columns;
use crate::texts::organisation::introduced;
use crate::texts::{clock, desk, group};

/// How long one look of the banner lasts, ms.
const BLINK: i64 = crate::terminal::model::BLINK;

/// How many rows the banner takes: none when nothing rings, few beside a talk.
pub(super) fn rows(model: &Model, screen: Rect) -> u16 {
    match (model.is_ringing(), screen.height) {
        (false, _) => 0,
        (true, _) if model.call().is_some() => {
            if beside(model).1 <= screen.width {
                1
            } else {
                2
            }
        }
        (true, 16..) => 3,
        (true, _) => 2,
    }
}

/// Who calls, how long it has been ringing, and what to press.
pub(super) fn banner(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    if model.call().is_some() {
        return beside_a_talk(paper, place);
    }
    let Some(first) = model.board.first_ringing() else { return };
    let role = role(model);
    let style = paper.style(role);
    paper.fill(place, role);
    let time = clock::duration(model.now.since(first.at));
    let keys = keys(model);
    let more = others(model);
    let (sign, me) = (paper.glyphs().waiting, model.me.as_ref());
    let (title, text) = match (&first.group, &first.via) {
        (Some(_), _) => (" INVITATION  ", rings(first, me)),
        (None, None) => (" INCOMING CALL  ", introduced(&first.from, me)),
        (None, Some(via)) => (" INCOMING CALL  ", format!("{}, {}", introduced(&first.from, me), desk::via(via))),
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

/// How many calls ring beside the one that is named.
fn others(model: &Model) -> String {
    match model.board.ringing().count() {
        0 | 1 => String::new(),
        count => format!(" and {} more ", count - 1),
    }
}

/// What is said of a call that rings beside a talk, and how wide that is in one row.
fn beside(model: &Model) -> (String, u16) {
    let Some(first) = model.board.first_ringing() else { return (String::new(), 0) };
    let text = rings(first, model.me.as_ref());
    let time = columns(&clock::duration(model.now.since(first.at)));
    let width = columns(&text) + columns(&others(model)) + time + columns(&keys(model)) + 9;
    (text, width)
}

/// A call that rings beside a talk: a still line, so that the talk stays in sight.
fn beside_a_talk(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    let Some(first) = model.board.first_ringing() else { return };
    let (text, _) = beside(model);
    let (time, keys, more) = (clock::duration(model.now.since(first.at)), keys(model), others(model));
    let style = paper.style(Role::Ring);
    paper.fill(place, Role::Ring);
    let sign = paper.glyphs().waiting;
    let one_row = place.height < 2;
    let mut pen = paper.pen(area::row(place, 0));
    pen.right(" ", style);
    if one_row {
        pen.right(&keys, style).right("  ", style);
    }
    pen.right(&time, style).right(" ", style).right(&more, style);
    pen.text(" ", style).text(sign, style).text("  ", style).text(&text, style);
    paper.pen(area::row(place, 1)).text("    ", style).text(&keys, style);
}

/// How many rows tell that somebody is asked while a call waits: none when nobody is.
pub(super) fn asking_rows(model: &Model, width: u16) -> u16 {
    let Some((text, keys)) = asked(model, width) else { return 0 };
    if keys.is_empty() || columns(&text) + columns(&keys) + 6 <= width { 1 } else { 2 }
}

/// Who is asked, who waits, and what can be done about it.
pub(super) fn asking(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    let Some((text, keys)) = asked(model, place.width) else { return };
    paper.fill(place, Role::Badge);
    let style = paper.style(Role::Badge);
    let mut pen = paper.pen(area::row(place, 0));
    if place.height == 1 {
        pen.right(" ", style).right(&keys, style).right("  ", style);
    }
    pen.text(" ", style).text(&text, style);
    if place.height > 1 {
        paper.pen(area::row(place, 1)).text(" ", style).text(&keys, style);
    }
}

/// Who is asked and who waits, in words, and the keys for it, in as many words as fit in a row.
fn asked(model: &Model, width: u16) -> Option<(String, String)> {
    let (asked, waiting) = model.board.consult()?;
    let keys = asking_keys(model, false);
    // Where a text is typed, a list is open or something waits to be taken back, these keys do something else.
    let reached = model.context() == Context::Consult && model.pending.is_none();
    let keys = match reached {
        true if columns(&keys) + 4 <= width => keys,
        true => asking_keys(model, true),
        false => String::new(),
    };
    Some((desk::asking(asked.name(), waiting.name()), keys))
}

fn asking_keys(model: &Model, few: bool) -> String {
    let Some((asked, waiting)) = model.board.consult() else { return String::new() };
    let key = |action: Action| {
        let key = model.keys.key(action, Context::Consult);
        key.map_or_else(|| format!(":{}", action.row().words[0]), |key| key.to_string())
    };
    let (complete, merge, back) = (key(Action::Complete), key(Action::Merge), key(Action::Back));
    let mut parts = desk::asking_keys(asked.name(), waiting.name(), [&complete, &merge, &back], few).to_vec();
    if !asked.is_connected() {
        // Who rings can't be joined yet.
        parts.remove(1);
    }
    parts.join(&format!(" {} ", model.look.glyphs.separator))
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
    format!("{} join{later}", acting(model, Action::JoinShared))
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
    format!("{} answer {} decline", first(Action::Answer), first(Action::Decline))
}

/// The keys for what rings: those that act where the focus is.
pub(super) fn keys(model: &Model) -> String {
    let separator = model.look.glyphs.separator;
    format!("{} answer {separator} {} decline", acting(model, Action::Answer), acting(model, Action::Decline))
}
