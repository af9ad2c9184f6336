//! Where everything stands: every call, what is parked, the connection, the rules.

use crate::domain::call::CallState;
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::Identity;
use crate::phone::event::{Link, Transport};
use crate::terminal::model::{Handed, Line, LiveCall, Model, Row};
use crate::terminal::update::{rings, told_soon};
use crate::texts::rules as texts;
use crate::texts::{clock, desk, diagnosis, group, plain, quality, screen, state};

/// Tells it.
pub(super) fn tell(model: &Model, lines: &mut Vec<String>) {
    if model.board.rows().is_empty() {
        lines.push(screen::NO_CALL.to_owned());
    }
    lines.extend(model.board.rows().iter().map(|row| call(model, row)));
    if let Some(pending) = &model.pending {
        lines.push(plain::soon(&told_soon(model, &pending.what), pending.seconds(model.now)));
    }
    for parked in &model.parked {
        let waits = clock::span(model.now.since(parked.since));
        let (who, by) = (&parked.person.display_name, &parked.by.display_name);
        lines.push(format!("Slot {}: {who}, parked by {by}, waiting for {waits}.", parked.slot));
    }
    lines.push(me(model));
    forwards(model, lines);
    if model.history.missed > 0 {
        lines.push(plain::missed(model.history.missed));
    }
}

/// Where calls are forwarded, who rings nevertheless, and who may pick up.
pub(super) fn rules(model: &Model, lines: &mut Vec<String>) {
    let before = lines.len();
    forwards(model, lines);
    if lines.len() == before {
        lines.push(plain::NO_FORWARDS.to_owned());
    }
    let rules = &model.rules.rules;
    if rules.no_answer.is_some() {
        lines.push(plain::forwarded_after(rules.after_seconds));
    }
    lines.extend(rules.except.iter().map(|who| texts::excepted(named(model, who), true)));
    lines.push(texts::picked_up_by(rules.pick_up).to_owned());
}

fn forwards(model: &Model, lines: &mut Vec<String>) {
    for when in ForwardWhen::ALL {
        if let Some(to) = model.rules.rules.to(when) {
            lines.push(plain::forwarded(when, named(model, to)));
        }
    }
}

fn named<'a>(model: &'a Model, who: &'a Identity) -> &'a str {
    model.rules.person(who).map_or(who.as_str(), |person| person.display_name.as_str())
}

/// A row of the board: who, how it stands, for how long, whether the microphone is on, and whether it is heard.
fn call(model: &Model, row: &Row) -> String {
    let since = clock::span(model.now.since(row.line.counted_from()));
    match &row.line {
        Line::Ringing(incoming) => format!("Call {}: {}, for {since}.", row.number, rings(incoming, model.me.as_ref())),
        Line::Live(live) => {
            let mut parts = vec![live.name().to_owned(), stands(live).to_owned(), since];
            parts.extend(waits(model, live));
            if live.is_connected() {
                parts.push(if live.view.muted { "your microphone is off" } else { "your microphone is on" }.to_owned());
            }
            if !live.is_group() && live.are_they_muted() {
                parts.push("they are muted".to_owned());
            }
            if live.is_group() {
                parts.push(group::people(live.roster.here + 1, live.roster.coming));
            }
            if let Some(wrong) = live.troubles().next() {
                parts.push(format!("trouble: {}", diagnosis::short(wrong)));
            }
            if model.board.active().is_some_and(|active| active.view.call == live.view.call) {
                parts.push("active".to_owned());
            }
            format!("Call {}: {}.", row.number, parts.join(", "))
        }
    }
}

/// How a call stands, in a few words.
fn stands(live: &LiveCall) -> &'static str {
    match live.view.state {
        _ if live.hanging_up => "hanging up",
        _ if live.is_reconnecting() => "the sound is cut",
        CallState::None | CallState::Connecting => "connecting",
        CallState::Ringing => "ringing there",
        CallState::EarlyMedia => "ringing there, with something to hear",
        CallState::InLobby => "waiting to be let in",
        CallState::Connected => "talking",
        CallState::LocalHold => "on hold by you",
        CallState::RemoteHold if live.is_parked() => "parked by them",
        CallState::RemoteHold => "on hold by them",
        CallState::Disconnecting | CallState::Disconnected => "hanging up",
    }
}

/// What it is waiting for.
fn waits(model: &Model, live: &LiveCall) -> Option<String> {
    let asked = model.board.live().find(|other| other.view.consult_of == Some(live.view.call));
    let waiting = live.view.consult_of.and_then(|call| model.board.get(call));
    let handed = live.handed.as_ref().filter(|_| live.view.state == CallState::Ringing || live.is_parked());
    asked
        .map(|other| desk::waits_for(other.name()))
        .or_else(|| waiting.map(|other| desk::asked_for(other.name())))
        .or_else(|| handed.map(|Handed { by, to, forwarded, comes_back }| desk::waits(by, to, *forwarded, *comes_back)))
}

fn me(model: &Model) -> String {
    let name = model.me.as_ref().map_or("not signed in", |me| me.display_name.as_str());
    let presence = model.presence.map_or("", state::presence);
    let link = match &model.link.link {
        Link::Up => "connected to the service".to_owned(),
        Link::Connecting => "connecting to the service".to_owned(),
        Link::Down { reason, .. } => format!("no connection to the service: {reason}"),
        Link::Refused { reason } => format!("the service refused: {reason}"),
    };
    let talk = if model.talk.on { ", push-to-talk on" } else { "" };
    if presence.is_empty() {
        format!("You: {name}, {link}{talk}.")
    } else {
        format!("You: {name}, {presence}, {link}{talk}.")
    }
}

/// How well both sides of the call hear each other.
pub(super) fn quality_of(model: &Model, lines: &mut Vec<String>) {
    let Some(live) = model.call() else { return lines.push(screen::NO_CALL.to_owned()) };
    let Some(figures) = &live.quality else { return lines.push(plain::NO_FIGURES.to_owned()) };
    let (mos_in, mos_out) = live.scores();
    let scores = mos_in.map(quality::we_hear).into_iter().chain(mos_out.map(quality::they_hear));
    let rtt = figures.rtt_ms.map_or_else(|| "not known yet".to_owned(), |rtt| format!("{rtt:.0} ms"));
    let loss = crate::terminal::model::percent(figures.lost_packets, figures.received_packets);
    let rest = format!("round trip {rtt}, loss {loss:.1} %, jitter {:.0} ms", figures.jitter_ms);
    let over = figures.transport.filter(|over| *over == Transport::Tcp).map(|_| "over TCP".to_owned());
    let told: Vec<String> = scores.chain([rest]).chain(over).collect();
    lines.push(format!("{}: {}.", live.name(), told.join(", ")));
    lines.extend(live.troubles().map(diagnosis::sentence));
}
