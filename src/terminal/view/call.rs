//! The call: the card of the call going on or just ended, and its lines on small screens.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paper::Paper;
use super::{diagnosis, explained, quality};
use crate::domain::call::{CallState, Direction};
use crate::domain::dtmf::Tone;
use crate::domain::transfer::HandedTo;
use crate::phone::event::{DeviceState, MediaState};
use crate::terminal::keys::Action;
use crate::terminal::model::{Ended, Handed, LiveCall, Model, has_microphone};
use crate::terminal::theme::{Glyphs, Role};
use crate::terminal::widgets::area;
use crate::terminal::widgets::meter::meter;
use crate::terminal::widgets::pen::{Pen, columns, cut, wrapped};
use crate::texts::{clock, desk, group, organisation, screen, state, talk};

/// How many rows the card takes when it is `width` columns wide: none without a call.
pub(super) fn rows(model: &Model, width: u16) -> u16 {
    match (model.call(), &model.ended) {
        (Some(call), _) => {
            let wrong = diagnosis::rows(model, call, width.saturating_sub(2));
            // A row is kept for tones, or for the first of a diagnosis.
            FIXED + wrong.saturating_add(u16::from(has_tones(call))).max(1)
        }
        (None, Some(ended)) => 8 + explained::rows(model, ended.summary.call, width.saturating_sub(2)),
        (None, None) => 0,
    }
}

/// How many rows of the card are always there: its border, who and how it stands, the levels, the quality.
const FIXED: u16 = 9;

/// How many columns of a name stay, however long the rest of the line is.
const LEAST_NAME: u16 = 12;

/// From how many rows on a small screen tells the quality of a call in which nothing is wrong.
const QUALITY_FROM: u16 = 14;

/// How many rows the call takes on a small screen, of which `place` is left.
pub(super) fn lines_rows(model: &Model, place: Rect) -> u16 {
    let width = place.width;
    match (model.call(), &model.ended) {
        (Some(call), _) => {
            let judged = call.troubles().next().is_some() || place.height >= QUALITY_FROM;
            3 + u16::from(call.is_group()) + u16::from(judged)
        }
        (None, Some(ended)) => {
            let ending = &ended.ending;
            let room = width.saturating_sub(2);
            let lines = wrapped(&ending.what, room).count() + wrapped(ending.advice, room).count();
            1 + u16::try_from(lines).unwrap_or(u16::MAX).min(4)
        }
        (None, None) => 0,
    }
}

/// The card of the call going on, or of the one just ended.
pub(super) fn card(paper: &mut Paper<'_>, place: Rect) {
    if let Some(call) = paper.model.call() {
        live(paper, place, call);
    } else if let Some(ended) = &paper.model.ended {
        over(paper, place, ended);
    }
}

/// The call on a small screen, without a border.
pub(super) fn lines(paper: &mut Paper<'_>, mut place: Rect) {
    if let Some(call) = paper.model.call() {
        who(paper, area::top(&mut place, 1), call);
        if call.is_group() {
            means(paper, area::top(&mut place, 1), call);
        }
        microphone(paper, area::top(&mut place, 1), call);
        let row = area::top(&mut place, 1);
        if call.sent_at.is_some() || !call.received.is_empty() {
            tones(paper, row, call);
        } else if call.is_group() && speaker_trouble(paper.model).is_none() {
            speaking(paper, row, call);
        } else {
            speaker(paper, row, call);
        }
        if !diagnosis::line(paper, place, call) {
            quality::line(paper, place, call);
        }
    } else if let Some(ended) = &paper.model.ended {
        over_lines(paper, place, ended);
    }
}

fn live(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) {
    let mut inside = paper.panel(place, "CALL", false);
    who(paper, area::row(inside, 0), call);
    means(paper, area::row(inside, 1), call);
    if call.is_group() {
        speaking(paper, area::row(inside, 2), call);
    }
    microphone(paper, area::row(inside, 3), call);
    speaker(paper, area::row(inside, 4), call);
    quality::strip(paper, area::bottom(&mut inside, 2), call);
    area::top(&mut inside, 5);
    if has_tones(call) {
        tones(paper, area::top(&mut inside, 1), call);
    }
    diagnosis::lines(paper, inside, call);
}

fn has_tones(call: &LiveCall) -> bool {
    !(call.sent.is_empty() && call.received.is_empty())
}

/// The badge of a call: word, sign and role.
pub(super) fn badge(paper: &Paper<'_>, call: &LiveCall) -> (&'static str, &'static str, Role) {
    let glyphs = paper.glyphs();
    if call.hanging_up {
        return ("HANGING UP", glyphs.ended, Role::Warn);
    }
    match call.view.state {
        CallState::Connected | CallState::LocalHold | CallState::RemoteHold if call.is_reconnecting() => {
            ("RECONNECTING", glyphs.waiting, Role::Warn)
        }
        CallState::Connected if paper.model.is_talking(call) => (talk::TALKING, glyphs.live, Role::Live),
        CallState::Connected if call.view.muted => ("MUTED", glyphs.muted, Role::Muted),
        CallState::Connected if !has_microphone(paper.model.audio.as_ref()) => ("NO MIC", glyphs.muted, Role::Warn),
        CallState::Connected => ("LIVE", glyphs.live, Role::Live),
        CallState::LocalHold | CallState::RemoteHold => (state::call(call.view.state), glyphs.held, Role::Held),
        CallState::Disconnecting | CallState::Disconnected => (state::call(call.view.state), glyphs.ended, Role::Warn),
        CallState::None | CallState::Connecting | CallState::Ringing | CallState::EarlyMedia | CallState::InLobby => {
            (state::call(call.view.state), glyphs.waiting, Role::Warn)
        }
    }
}

/// Who it is with, the badge, and the timer.
fn who(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) {
    let (word, sign, role) = badge(paper, call);
    let (badge, title, dim) = (paper.style(role), paper.style(Role::Title), paper.style(Role::Dim));
    let (external, me) = (paper.style(Role::Warn), paper.model.me.as_ref());
    let time = clock::duration(paper.model.now.since(call.counted_from()));
    let mut pen = paper.pen(place);
    pen.right(" ", dim).right(&time, title).right("  ", dim);
    pen.text(" ", dim).text(word, badge).text(" ", badge).text(sign, badge).text("  ", dim);
    pen.text(call.name(), title).text("  ", dim);
    match call.other_side() {
        _ if call.is_group() => {
            pen.text(&group::people(call.roster.here + 1, call.roster.coming), dim);
        }
        Some(person) => {
            pen.text(person.name.as_str(), dim);
            if let Some(of) = person.external_to(me) {
                let free = pen.room().saturating_sub(2);
                pen.text("  ", dim).text(&organisation::external_in(of, free), external);
            }
        }
        None => {}
    }
    // How it came to ring says nothing of the others in a group call.
    if let Some(via) = call.view.via.as_ref().filter(|_| !call.is_group()) {
        pen.text("  ", dim).text(&desk::via(via), dim);
    }
}

/// Who speaks in a group call, the loudest first.
fn speaking(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) {
    let (dim, live) = (paper.style(Role::Dim), paper.style(Role::Live));
    let sign = paper.glyphs().speaking;
    let mut pen = paper.pen(place);
    pen.text(" speaking ", dim);
    if call.roster.speaking.is_empty() {
        pen.text(group::SILENT, dim);
        return;
    }
    pen.text(sign, live).text(" ", live);
    let rows = call.roster.speaking.iter().filter_map(|at| call.view.participants.get(*at));
    for (index, row) in rows.enumerate() {
        pen.text(if index == 0 { "" } else { ", " }, dim).text(row.participant.person.display_name.as_str(), live);
    }
}

/// What the state means for the person.
fn means(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) {
    if call.is_group() {
        let (text, role) = means_for_group(paper.model, call);
        let style = paper.style(role);
        paper.pen(place).text(" ", style).text(&text, style);
        return;
    }
    if let Some(Handed { by, to, forwarded, comes_back }) = handed(call) {
        let style = paper.style(Role::Warn);
        let text = desk::waits(by, to, *forwarded, *comes_back);
        paper.pen(place).text(" ", style).text(&text, style);
        return;
    }
    let name = call.name();
    let deaf = !has_microphone(paper.model.audio.as_ref());
    let (resume, choose) = (paper.model.key_of(Action::Hold), paper.model.key_of(Action::Devices));
    let plain = match call.view.state {
        CallState::Connected if deaf && !call.view.muted => screen::hears_nothing(call.are_they_muted(), &choose),
        state => screen::means(state, call.view.muted, call.are_they_muted(), &resume),
    };
    let (text, role): (&str, Role) = match call.view.state {
        CallState::Connected | CallState::LocalHold | CallState::RemoteHold if call.is_reconnecting() => {
            (screen::SOUND_CUT, Role::Warn)
        }
        CallState::Connected if call.are_they_reconnecting() => (screen::THEY_RECONNECT, Role::Warn),
        CallState::Connected if call.view.media == MediaState::Connecting => (screen::SOUND_COMING, Role::Warn),
        CallState::Connected if call.view.muted => (&plain, Role::Bad),
        CallState::Connected if deaf => (&plain, Role::Warn),
        CallState::Connected if call.are_they_muted() => (&plain, Role::Text),
        CallState::LocalHold | CallState::RemoteHold => (&plain, Role::Held),
        CallState::Connected
        | CallState::None
        | CallState::Connecting
        | CallState::Ringing
        | CallState::EarlyMedia
        | CallState::InLobby
        | CallState::Disconnecting
        | CallState::Disconnected => (&plain, Role::Dim),
    };
    let style = paper.style(role);
    // A long name gives way to what is the matter; it stands above.
    let room = place.width.saturating_sub(columns(text) + 2).max(LEAST_NAME);
    let ellipsis = paper.glyphs().ellipsis;
    let mut pen = paper.pen(place);
    pen.text(" ", style);
    if columns(name) <= room {
        pen.text(name, style);
    } else {
        pen.text(cut(name, room.saturating_sub(1)), style).text(ellipsis, style);
    }
    pen.text(" ", style).text(text, style);
}

/// How a call was handed on, while it waits for that.
fn handed(call: &LiveCall) -> Option<&Handed> {
    let handed = call.handed.as_ref()?;
    let rings = matches!(handed.to, HandedTo::Person { .. }) && call.view.state == CallState::Ringing;
    (rings || call.is_parked()).then_some(handed)
}

/// What the state of a group call means for the person.
fn means_for_group(model: &Model, call: &LiveCall) -> (String, Role) {
    let key = |action| model.key_of(action);
    let (others, roster) = (call.roster.here, &call.roster);
    match call.view.state {
        CallState::Connected | CallState::LocalHold | CallState::RemoteHold if call.is_reconnecting() => {
            (group::SOUND_CUT.to_owned(), Role::Warn)
        }
        CallState::LocalHold | CallState::RemoteHold => (group::held(&key(Action::Hold)), Role::Held),
        CallState::Connected if call.view.media == MediaState::Connecting => {
            (group::SOUND_COMING.to_owned(), Role::Warn)
        }
        CallState::Connected if others == 0 => {
            (group::alone(call.first, roster.coming, &key(Action::Share)), Role::Warn)
        }
        CallState::Connected if call.view.muted => (group::nobody_hears_you(others, &key(Action::Mute)), Role::Bad),
        CallState::Connected if !has_microphone(model.audio.as_ref()) => {
            (group::no_microphone(others, &key(Action::Devices)), Role::Warn)
        }
        CallState::Connected => (group::hear_you(roster.hearing, others), Role::Dim),
        CallState::None | CallState::Connecting | CallState::Ringing | CallState::EarlyMedia | CallState::InLobby => {
            (group::JOINING.to_owned(), Role::Dim)
        }
        CallState::Disconnecting | CallState::Disconnected => (group::LEAVING.to_owned(), Role::Dim),
    }
}

fn microphone(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) {
    let glyphs = paper.glyphs();
    let (word, sign, role) = match (call.view.muted, has_microphone(paper.model.audio.as_ref())) {
        (true, _) => ("MUTED ", glyphs.muted, Role::Muted),
        (false, true) => ("LIVE ", glyphs.live, Role::Live),
        (false, false) => ("NONE ", glyphs.muted, Role::Warn),
    };
    let (style, dim) = (paper.style(role), paper.style(Role::Dim));
    let label = if call.view.muted { "" } else { " " };
    let broken = paper.model.audio.as_ref().and_then(|audio| trouble(&audio.microphone));
    let (on, warn) = (paper.style(if call.view.muted { Role::Dim } else { Role::Live }), paper.style(Role::Warn));
    let (choose, key) = (paper.model.key_of(Action::Devices), paper.style(Role::Key));
    let talk = paper.model.talk_told(call);
    let mut pen = paper.pen(place);
    pen.text(" mic ", dim).text(word, style).text(sign, style).text(label, dim).text(" ", dim);
    if let Some(why) = broken {
        pen.text(why, warn).text("  ", warn).text(&choose, key);
    } else if let Some(told) = talk {
        pen.text(&told, on);
    } else {
        bar(&mut pen, glyphs, call.microphone, on, dim);
    }
}

fn speaker(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) {
    let (on, dim, warn) = (paper.style(Role::Good), paper.style(Role::Dim), paper.style(Role::Warn));
    let broken = speaker_trouble(paper.model);
    let glyphs = paper.glyphs();
    let (choose, key) = (paper.model.key_of(Action::Devices), paper.style(Role::Key));
    let mut pen = paper.pen(place);
    pen.text(" spk ", dim).skip(8);
    if let Some(why) = broken {
        pen.text(why, warn).text("  ", warn).text(&choose, key);
    } else {
        bar(&mut pen, glyphs, call.speaker, on, dim);
    }
}

fn speaker_trouble(model: &Model) -> Option<&str> {
    model.audio.as_ref().and_then(|audio| trouble(&audio.speaker))
}

fn trouble(device: &DeviceState) -> Option<&str> {
    match device {
        DeviceState::Idle | DeviceState::Working(_) | DeviceState::Instead { .. } => None,
        DeviceState::Absent => Some(screen::WORKS_WITHOUT),
        DeviceState::Failed(_) => Some(screen::CANNOT_BE_USED),
    }
}

fn bar(pen: &mut Pen<'_>, glyphs: &Glyphs, level: f32, on: Style, off: Style) {
    let width = pen.room().saturating_sub(9).min(32);
    meter(pen, glyphs, level, width, on, off);
    if level > -100.0 {
        pen.text(&format!(" {level:>4.0} dB"), off);
    } else {
        pen.text(" silent", off);
    }
}

/// Tones sent and received; while one was just sent, with a badge.
fn tones(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) {
    let (dim, badge, title) = (paper.style(Role::Dim), paper.style(Role::Badge), paper.style(Role::Title));
    let mut pen = paper.pen(place);
    if call.sent_at.is_some() {
        pen.text(" ", dim).text("DTMF", badge).text(" sent ", dim).text(&keys(&call.sent), title).text("  ", dim);
    } else if !call.sent.is_empty() {
        pen.text(" tones sent ", dim).text(&keys(&call.sent), dim).text("  ", dim);
    }
    if !call.received.is_empty() {
        pen.text(" DTMF received ", dim).text(&keys(&call.received), title);
    }
}

fn keys(tones: &std::collections::VecDeque<Tone>) -> String {
    tones.iter().map(|tone| tone.key()).collect()
}

fn over(paper: &mut Paper<'_>, place: Rect, ended: &Ended) {
    let inside = paper.panel(place, "LAST CALL", false);
    over_lines(paper, Rect { height: inside.height.min(4), ..inside }, ended);
    let summary = &ended.summary;
    let figures = quality::totals(summary, paper.glyphs().separator);
    let (dim, key) = (paper.style(Role::Dim), paper.style(Role::Key));
    paper.pen(area::row(inside, 4)).text(" ", dim).text(&figures, dim);
    let (again, back) = (paper.model.key_of(Action::Redial), paper.model.key_of(Action::Back));
    let history = paper.model.key_of(Action::History);
    // Whoever called is called back from the history: the key for calling again is for whom one called oneself.
    let (next, what) = match (summary.direction, summary.with.person()) {
        (Direction::Incoming, _) => (&history, " calls, to call back   "),
        (Direction::Outgoing, Some(_)) => (&again, " call again   "),
        (Direction::Outgoing, None) => (&again, " join again   "),
    };
    let mut pen = paper.pen(area::row(inside, 5));
    pen.text(" ", dim).text(next, key).text(what, dim).text(&back, key).text(" put this away", dim);
    let mut below = inside;
    area::top(&mut below, 6);
    explained::lines(paper, below, summary.call);
}

/// Who it was and for how long; below, in as many rows as there are, why it ended and what to do.
fn over_lines(paper: &mut Paper<'_>, place: Rect, ended: &Ended) {
    let summary = &ended.summary;
    let Ended { name, ending, .. } = ended;
    let role = if summary.end.is_normal() { Role::Text } else { Role::Warn };
    let (badge, title, dim, style) =
        (paper.style(Role::Badge), paper.style(Role::Title), paper.style(Role::Dim), paper.style(role));
    let length = match summary.connected_for {
        Some(length) => clock::duration(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)),
        None => "not connected".to_owned(),
    };
    let sign = paper.glyphs().ended;
    let mut pen = paper.pen(area::row(place, 0));
    pen.right(" ", dim).right(&length, title).right("  ", dim);
    pen.text(" ", dim).text("ENDED ", badge).text(sign, badge).text("  ", dim).text(name, title);
    let room = place.width.saturating_sub(2);
    let what = wrapped(&ending.what, room).map(|line| (line, style));
    let advice = wrapped(ending.advice, room).map(|line| (line, dim));
    for (row, (line, style)) in (1..).zip(what.chain(advice)) {
        paper.pen(area::row(place, row)).text(" ", style).text(line, style);
    }
}
