//! A screen too small for panels: the state that must not be missed, and its keys, before the wish for more room.

use ratatui::layout::Rect;

use super::banner;
use super::board;
use super::call::badge;
use super::header;
use super::paper::Paper;
use super::prompts;
use crate::phone::event::Link;
use crate::terminal::keys::Action;
use crate::terminal::model::{Model, Popup, has_microphone};
use crate::terminal::theme::Role;
use crate::terminal::update::{rings, told_soon};
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::{columns, wrapped};
use crate::texts::{clock, desk, group, screen};

/// As many rows as there are, the most urgent first.
pub(super) fn tiny(paper: &mut Paper<'_>, mut place: Rect) {
    let model = paper.model;
    let first = model.board.first_ringing();
    if let Some(first) = first {
        let role = banner::role(model);
        let style = paper.style(role);
        let (keys, few) = (banner::keys(model), banner::few_keys(model));
        let keys = if columns(&keys) <= place.width { keys } else { few };
        let row = area::top(&mut place, 1);
        paper.fill(row, role);
        let text = rings(first, model.me.as_ref());
        paper.pen(row).text(&text, style);
        let row = area::top(&mut place, 1);
        paper.fill(row, role);
        paper.pen(row).text(&keys, style);
    }
    if let Some(call) = model.call() {
        let (word, sign, role) = badge(paper, call);
        let (badge, text, warn) = (paper.style(role), paper.style(Role::Text), paper.style(Role::Warn));
        let time = clock::duration(model.now.since(call.counted_from()));
        let row = area::top(&mut place, 1);
        paper.pen(row).text(word, badge).text(" ", badge).text(sign, badge).text(" ", text).text(&time, text);
        let named = [Some(call.view.call), first.map(|first| first.call)];
        let others = || model.board.rows().iter().filter(|row| !named.contains(&Some(row.line.call())));
        if others().next().is_some() {
            let (text, keys) = (board::more(others()), model.keys.keys(Action::Pick));
            let (warn, key) = (paper.style(Role::Warn), paper.style(Role::Key));
            let row = area::top(&mut place, 1);
            paper.pen(row).text(&text, warn).text(" ", warn).text(&keys, key);
        }
        let row = area::top(&mut place, 1);
        let microphone = match (call.view.muted, has_microphone(model.audio.as_ref())) {
            (true, _) => "mic MUTED ",
            (false, true) => "mic LIVE ",
            (false, false) => "mic NONE ",
        };
        let people = if call.is_group() { group::people(call.roster.here + 1, 0) } else { String::new() };
        let (talking, muted) = (header::talking_muted(model), paper.style(Role::Muted));
        let mut pen = paper.pen(row);
        if let Some(talking) = talking {
            pen.text(talking.trim(), muted);
        } else {
            pen.text(microphone, text);
            if columns(call.name()) + 1 + columns(&people) <= pen.room() {
                pen.right(&people, text);
            }
            pen.text(call.name(), text);
        }
        let row = area::top(&mut place, 1);
        if model.armed_until.is_some() {
            paper.pen(row).text(&header::again(model), warn);
        } else {
            header::hints(paper, row);
        }
    } else if let Some(text) = banner::shared_text(model).filter(|_| first.is_none()) {
        let style = paper.style(Role::Badge);
        for text in [text, banner::shared_keys(model)] {
            let row = area::top(&mut place, 1);
            paper.fill(row, Role::Badge);
            paper.pen(row).text(&text, style);
        }
    } else if first.is_none() {
        let (title, text) = (paper.style(Role::Title), paper.style(Role::Text));
        let state = match &model.link.link {
            Link::Up => "connected",
            Link::Connecting => "connecting",
            Link::Down { .. } => "no connection",
            Link::Refused { .. } => "sign-in refused",
        };
        let row = area::top(&mut place, 1);
        paper.pen(row).text(&model.look.title, title);
        let row = area::top(&mut place, 1);
        paper.pen(row).text(state, text);
        let row = area::top(&mut place, header::all_rows(model));
        header::forwarded(paper, row);
    }
    let dim = paper.style(Role::Dim);
    if let Some(text) = decides(model) {
        let warn = paper.style(Role::Warn);
        for line in wrapped(&text, place.width) {
            paper.pen(area::top(&mut place, 1)).text(line, warn);
        }
        return;
    }
    let row = area::top(&mut place, 1);
    let wish = screen::MAKE_ME_BIGGER[usize::from(model.call().is_some())];
    paper.pen(row).text(wish, dim);
    if model.call().is_none() {
        let row = area::top(&mut place, 1);
        header::hints(paper, row);
    }
}

/// What the keys of the hints decide now, where it is nowhere else to be read: a question, or what is done soon.
fn decides(model: &Model) -> Option<String> {
    let question = match &model.popup {
        Some(Popup::Confirm(question)) => prompts::asked(model, question),
        _ => None,
    };
    let soon = || {
        let pending = model.pending.as_ref()?;
        Some(desk::countdown(&told_soon(model, &pending.what), pending.seconds(model.now)))
    };
    question.or_else(soon).filter(|_| model.call().is_some())
}
