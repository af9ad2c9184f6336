//! The rows at the edges: who is signed in and how the link stands, the notice, the hints.

use ratatui::layout::Rect;

use super::paper::{Paper, mood};
use crate::domain::forwarding::ForwardWhen;
use crate::phone::event::{AudioDevice, DeviceState, Link};
use crate::terminal::keys::{Action, Context};
use crate::terminal::model::{LiveCall, Model, Pending, state};
use crate::terminal::theme::Role;
use crate::terminal::update::{hurry_key, told_soon};
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::{columns, wrapped};
use crate::texts::{contacts, desk, rules, screen, sound, ssh, state as states};

/// The top row.
pub(super) fn header(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    let glyphs = paper.glyphs();
    let (title, dim, badge) = (paper.style(Role::Title), paper.style(Role::Dim), paper.style(Role::Badge));
    let (warn, key, ring) = (paper.style(Role::Warn), paper.style(Role::Key), paper.style(Role::Ring));
    let asks = paper.style(Role::Good);
    let presence = model.presence.map(|state| (paper.presence(state), state));
    let presence = presence.map(|((sign, role), state)| (sign, paper.style(role), state));
    let (link_word, link_role) = link_word(model);
    let link_style = paper.style(link_role);
    let talking = talking_muted(model).map(|text| (text, paper.style(Role::Muted)));
    let mut pen = paper.pen(place);
    pen.right(" ", dim).right(link_word, link_style).right(" ", dim);
    if let Some((text, style)) = talking {
        pen.right(&text, style).right(" ", dim);
    }
    pen.text(" ", title).text(&model.look.title, title).text(" ", title);
    if !model.look.hint.is_empty() {
        pen.text(" ", badge).text(&model.look.hint, badge).text(" ", badge).text(" ", title);
    }
    if let Some(me) = &model.me {
        pen.text(glyphs.separator, dim).text(" ", dim).text(me.display_name.as_str(), title).text(" ", dim);
        if let Some(host) = model.signed_in_at() {
            pen.text("at ", dim).text(&host, dim).text(" ", dim);
        }
    }
    if let Some((sign, style, state)) = presence {
        pen.text(sign, style).text(" ", style).text(states::presence(state), style).text("  ", dim);
    }
    if forwarded_rows(model, place.width) == 0
        && let Some(text) = all_to(model)
    {
        pen.text(" ", ring)
            .text(glyphs.outgoing, ring)
            .text(" ", ring)
            .text(&text, ring)
            .text(" ", ring)
            .text("  ", dim);
    }
    if model.history.missed > 0 {
        let (history, missed) = (model.key_of(Action::History), screen::missed(model.history.missed));
        // The key goes before the count does, and the count is never cut: it would be another one.
        if usize::from(pen.room()) >= usize::from(columns(&missed) + columns(&history)) + 4 {
            pen.text(&missed, warn).text(" (", warn).text(&history, key).text(")  ", warn);
        } else if pen.room() >= columns(&missed) {
            pen.text(&missed, warn);
        } else {
            pen.text(glyphs.warning, warn).text(&model.history.missed.to_string(), warn);
        }
    }
    if model.contacts.asking() > 0 {
        let (badge, open) = (contacts::badge(model.contacts.asking()), model.key_of(Action::Requests));
        if usize::from(pen.room()) >= usize::from(columns(&badge) + columns(&open)) + 4 {
            pen.text(&badge, asks).text(" (", asks).text(&open, key).text(")  ", asks);
        }
    }
    if let Some(warning) = sound_warning(model).filter(|_| pen.room() > 2) {
        pen.text(glyphs.warning, warn).text(" ", warn).text(&warning, warn);
    }
}

/// To whom all calls are forwarded, in words, if they are.
fn all_to(model: &Model) -> Option<String> {
    rules::to(&model.rules, ForwardWhen::Always).map(rules::all_to)
}

/// How many rows that all calls are forwarded takes below the header: one where it does not fit in.
pub(super) fn forwarded_rows(model: &Model, width: u16) -> u16 {
    let Some(text) = all_to(model) else { return 0 };
    let hint = if model.look.hint.is_empty() { 0 } else { columns(&model.look.hint) + 3 };
    let at = model.signed_in_at().map_or(0, |host| columns(&host) + 4);
    let me = model.me.as_ref().map_or(0, |me| columns(me.display_name.as_str()) + 3 + at);
    let presence = model.presence.map_or(0, |state| columns(states::presence(state)) + 4);
    let talking = talking_muted(model).map_or(0, |text| columns(&text) + 1);
    let missed = if model.history.missed > 0 { columns(&screen::missed(model.history.missed)) + 6 } else { 0 };
    let others =
        columns(&model.look.title) + 2 + hint + me + presence + missed + columns(link_word(model).0) + 2 + talking;
    u16::from(others.saturating_add(columns(&text) + 6) > width)
}

/// How many rows that takes where the header has no place for it.
pub(super) fn all_rows(model: &Model) -> u16 {
    u16::from(all_to(model).is_some())
}

/// All calls are forwarded: nobody may miss that none rings here.
pub(super) fn forwarded(paper: &mut Paper<'_>, place: Rect) {
    let Some(text) = all_to(paper.model).filter(|_| place.height > 0) else { return };
    paper.fill(place, Role::Ring);
    let (ring, sign) = (paper.style(Role::Ring), paper.glyphs().outgoing);
    paper.pen(place).text(" ", ring).text(sign, ring).text(" ", ring).text(&text, ring);
}

fn link_word(model: &Model) -> (&'static str, Role) {
    match &model.link.link {
        Link::Connecting => ("connecting", Role::Warn),
        Link::Up => ("connected", Role::Good),
        Link::Down { .. } => ("NO CONNECTION", Role::Bad),
        Link::Refused { .. } => ("SIGN-IN REFUSED", Role::Bad),
    }
}

/// The badge of somebody who speaks into a microphone that is off: at every size, whatever else is open.
pub(super) fn talking_muted(model: &Model) -> Option<String> {
    let talking = model.board.live().any(LiveCall::is_talking_muted);
    talking.then(|| format!(" {} ", sound::muted_but_talking(&model.key_of(Action::Mute))))
}

fn sound_warning(model: &Model) -> Option<String> {
    let audio = model.audio.as_ref()?;
    let all = [AudioDevice::Microphone, AudioDevice::Speaker, AudioDevice::Ringer];
    let is_broken = |which: &AudioDevice| matches!(state(audio, *which), DeviceState::Absent | DeviceState::Failed(_));
    let broken: Vec<AudioDevice> = all.into_iter().filter(is_broken).collect();
    sound::missing(&broken)
}

/// How many rows the state of the link needs: none while it is up.
pub(super) fn link_rows(model: &Model, width: u16) -> u16 {
    match &model.link.link {
        Link::Up => 0,
        Link::Connecting => u16::from(model.call().is_some()),
        Link::Down { .. } => 1,
        Link::Refused { reason } => {
            lines(reason, width.saturating_sub(4), 2) + lines(&sign_in(model), width.saturating_sub(4), 2)
        }
    }
}

fn sign_in(model: &Model) -> String {
    screen::sign_in_again(&model.key_of(Action::Quit))
}

/// How many rows `text` takes, at most `most`.
fn lines(text: &str, width: u16, most: usize) -> u16 {
    u16::try_from(wrapped(text, width).take(most).count()).unwrap_or(0)
}

/// What is wrong with the link, and what to do.
pub(super) fn link(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    let (bad, warn) = (paper.style(Role::Bad), paper.style(Role::Warn));
    let sign = paper.glyphs().warning;
    match &model.link.link {
        Link::Up => {}
        Link::Connecting => {
            let mut pen = paper.pen(place);
            pen.text(" ", warn).text(sign, warn).text(" ", warn).text(screen::LINKING, warn);
            pen.text(" ", warn).text(screen::CALL_GOES_ON, warn).text(".", warn);
        }
        Link::Down { reason, .. } => {
            let again = screen::trying_again(model.link.retry_at.map(|at| (at.since(model.now) + 999) / 1000));
            let mut pen = paper.pen(place);
            pen.right(" ", warn).right(&again, warn).right(" ", warn);
            pen.text(" ", bad).text(sign, bad).text(" ", bad);
            if model.call().is_some() {
                pen.text(screen::CALL_GOES_ON, warn).text("; ", warn);
            }
            pen.text(reason.trim_end_matches('.'), bad).text(".", bad);
        }
        Link::Refused { reason } => {
            let room = place.width.saturating_sub(4);
            paper.pen(area::row(place, 0)).text(" ", bad).text(sign, bad);
            let sign_in = sign_in(model);
            let reason = wrapped(reason, room).take(2).map(|line| (line, bad));
            let advice = wrapped(&sign_in, room).take(2).map(|line| (line, warn));
            for (row, (line, style)) in (0..).zip(reason.chain(advice)) {
                paper.pen(area::row(place, row)).skip(3).text(line, style);
            }
        }
    }
}

/// How many rows what was said last takes; one is always kept, so that the screen does not jump.
pub(super) fn notice_rows(model: &Model, width: u16) -> u16 {
    let waits = model.armed_until.is_some() || model.friends.removal.is_some() || model.pending.is_some();
    match &model.notice {
        Some(notice) if !waits => lines(&notice.text, width.saturating_sub(2), 3).max(1),
        Some(_) | None => 1,
    }
}

/// The rows above the hints: what was said last, unless a key waits to be pressed again.
pub(super) fn notice(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    if model.armed_until.is_some() {
        let text = again(model);
        let style = paper.style(Role::Warn);
        paper.pen(place).text(" ", style).text(&text, style);
        return;
    }
    if let Some(pending) = &model.pending {
        return countdown(paper, place, pending);
    }
    if let Some(removal) = &model.friends.removal {
        let seconds = (removal.until.since(model.now) + 999) / 1000;
        let name = removal.person.display_name.as_str();
        let text = screen::taken_off(name, seconds, &model.key_of(Action::Undo));
        let style = paper.style(Role::Warn);
        paper.pen(place).text(" ", style).text(&text, style);
        return;
    }
    if let Some(notice) = &model.notice {
        let style = paper.style(mood(notice.mood));
        // What does not fit is in the events.
        for (row, line) in (0..).zip(wrapped(&notice.text, place.width.saturating_sub(2))) {
            paper.pen(area::row(place, row)).text(" ", style).text(line, style);
        }
        return;
    }
    whose_sound(paper, place);
}

/// What is done soon, unless it is taken back.
fn countdown(paper: &mut Paper<'_>, place: Rect, pending: &Pending) {
    let model = paper.model;
    let text = desk::countdown(&told_soon(model, &pending.what), pending.seconds(model.now));
    let undo = model.key_of(Action::Undo);
    let mut keys = desk::countdown_keys(&undo, &hurry_key(model));
    if columns(&text) + columns(&keys) + 4 > place.width {
        keys = desk::countdown_key(&undo);
    }
    let (warn, key) = (paper.style(Role::Warn), paper.style(Role::Key));
    let mut pen = paper.pen(place);
    pen.right(" ", warn).right(&keys, key).right("  ", warn).text(" ", warn).text(&text, warn);
}

/// Over SSH, while nothing else has to be said: whose sound card is used.
fn whose_sound(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    let Some(session) = &model.look.ssh else { return };
    let (dim, key) = (paper.style(Role::Dim), paper.style(Role::Key));
    let (host, client) = (&session.host, session.client.as_deref());
    let mut text = ssh::whose_card(host, client);
    if columns(&text) + 2 > place.width {
        text = ssh::whose_card_shortly(host, client);
    }
    let help = model.key_of(Action::Help);
    let mut pen = paper.pen(place);
    if columns(&text) + columns(&help) + columns(ssh::USE_YOURS) + 5 <= pen.room() {
        pen.right(" ", dim).right(ssh::USE_YOURS, dim).right(" ", dim).right(&help, key);
    }
    pen.text(" ", dim).text(&text, dim);
}

/// What a letter pressed once says: press it again.
pub(super) fn again(model: &Model) -> String {
    let key = model.keys.key(Action::HangUp, Context::Panel).map_or_else(|| "b".to_owned(), |key| key.to_string());
    screen::press_again(&key)
}

/// The bottom row: the keys that matter now, as many as fit, the one for help always.
pub(super) fn hints(paper: &mut Paper<'_>, place: Rect) {
    let hints = paper.model.hints();
    let (key, dim) = (paper.style(Role::Key), paper.style(Role::Dim));
    let width = |(key, word): &(String, &str)| columns(key) + 1 + columns(word) + 2;
    let Some((last, others)) = hints.split_last() else { return };
    let mut pen = paper.pen(place);
    pen.text(" ", dim);
    for hint in others {
        if width(hint) + width(last) <= pen.room() {
            pen.text(&hint.0, key).text(" ", dim).text(hint.1, dim).text("  ", dim);
        }
    }
    pen.text(&last.0, key).text(" ", dim).text(last.1, dim);
}
