//! What the phone tells, taken into the model.

use std::sync::Arc;

use super::super::message::Effect;
use super::super::model::{About, Ended, LinkView, LiveCall, Model, Mood, NoLink, Pane, Popup, Question};
use super::super::widgets::meter::{ROSTER_METER, steps};
use super::{
    contacts, desk as doing, desk_events, favourites, group_events, history, links, note, note_about, rules, say,
    say_about, sound, tick,
};
use crate::domain::call::{CallState, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::presence::Presence;
use crate::domain::text::printable;
use crate::domain::time::UnixMillis;
use crate::phone::command::Command;
use crate::phone::event::{CallView, Event, Incoming, Link, Quality, Refused, Summary, Transport};
use crate::texts::quality::goes_over;
use crate::texts::{clock, desk, end, screen, state};

pub(super) fn heard(model: &mut Model, event: Event, effects: &mut Vec<Effect>) {
    model.changed |= !matches!(event, Event::Levels { .. } | Event::Speakers { .. } | Event::Done { .. });
    match event {
        Event::Link(link) => linked(model, link, effects),
        Event::Me(person) => model.me = Some(person),
        Event::MyPresence(presence) => model.presence = Some(presence.state),
        Event::Friends(list) => favourites::listed(model, list),
        Event::FriendRequests(requests) => contacts::asked(model, requests),
        Event::FriendRequested(request) => contacts::news(model, &request, effects),
        Event::Blocked(people) => contacts::blocked(model, people),
        Event::Presence { identity, presence } => friend_is(model, &identity, presence),
        Event::People { text, people } => {
            if let Some(Popup::Dial(dial)) = &mut model.popup
                && dial.input.trimmed() == text
            {
                dial.found = people;
            }
        }
        Event::History(records) => model.history.set(records),
        Event::Recorded(record) => history::recorded(model, record, effects),
        Event::HistoryFound { filter, records } => model.history.take_found(filter, records),
        Event::Missed(count) => model.history.missed = count,
        Event::Incoming(incoming) => {
            history::recall(model, &Peer::Person(incoming.from.clone()), effects);
            rings(model, incoming, effects);
        }
        Event::IncomingEnded { call, from, reason } => {
            stop_ringing(model, call);
            let ending = end::ending(reason, crate::domain::call::Direction::Incoming, from.display_name.as_str());
            let text = desk::ended(from.display_name.as_str(), &ending);
            say_about(model, Mood::Plain, About::RangOut(call), text);
        }
        Event::Call(view) => {
            history::recall(model, &view.with, effects);
            call(model, view);
        }
        Event::Active(call) => model.board.activate(call),
        Event::HandedOn { call, by, to, forwarded } => desk_events::handed_on(model, call, by, to, forwarded),
        Event::Moved { call, into } => desk_events::moved(model, call, into),
        Event::HeldLong { call, since } => desk_events::held_long(model, call, since, effects),
        Event::Rules(told) => rules::told(model, told),
        // Its call is on the board.
        Event::PickedUp(_) => {}
        Event::Parked { call, slot } => desk_events::was_parked(model, call, slot),
        Event::ParkedCalls(calls) => desk_events::parked(model, calls),
        Event::Joined { call, group, first } => group_events::joined(model, call, &group, first),
        Event::Speakers { call, speakers } => speak(model, call, speakers),
        Event::Groups(list) => model.groups.set(list),
        Event::Group { card, row } => group_events::told(model, card, row),
        Event::GroupShared { card, by, here } => group_events::shared(model, card, by, here, effects),
        Event::Shared { group, with } => group_events::was_shared(model, group, &with),
        Event::Dtmf { call, tone, from } => {
            if let Some(live) = live(model, call) {
                live.note_received(tone);
                let name = live.person(&from).unwrap_or_else(|| live.name()).to_owned();
                note(model, Mood::Plain, format!("tone {tone} from {name}"));
            }
        }
        Event::Levels { call, microphone, speaker, heard } => levels(model, call, microphone, speaker, heard),
        Event::Quality { call, quality } => measured(model, call, quality),
        Event::Transport { transport, forced, .. } => {
            let mood = if transport == Transport::Tcp { Mood::Warn } else { Mood::Good };
            say(model, mood, goes_over(transport, forced).to_owned());
        }
        Event::MicrophoneFinished(_) => {
            say(model, Mood::Plain, "the sound file that was the microphone is over".to_owned());
        }
        Event::Ended(summary) => {
            effects.push(Effect::Explain(summary.call));
            ended(model, summary);
        }
        Event::Devices(devices) => model.devices = Some(devices),
        Event::Audio(audio) => sound::changed(model, audio),
        Event::Sound(now) => model.sound = now,
        Event::Diagnoses { call, diagnoses } => sound::diagnosed(model, call, diagnoses),
        Event::Opened(link) => links::opened(model, link),
        // What has changed is told by itself.
        Event::Done { .. } => {}
        Event::Refused(refused) => refuse(model, refused),
        Event::Warning(text) => say(model, Mood::Warn, text),
    }
}

fn linked(model: &mut Model, link: Link, effects: &mut Vec<Effect>) {
    let link = match link {
        Link::Down { reason, retry_in } => Link::Down { reason: printable(&reason, 200), retry_in },
        Link::Refused { reason } => Link::Refused { reason: printable(&reason, 200) },
        link @ (Link::Connecting | Link::Up) => link,
    };
    let (mut retry_at, mut noted) = (None, model.link.noted.take());
    let was_up = model.link.link == Link::Up;
    match &link {
        Link::Connecting => {}
        Link::Up if !was_up => {
            noted = None;
            note(model, Mood::Good, screen::LINKED);
            effects.push(Effect::Phone(Command::LoadHistory));
            effects.push(Effect::Phone(Command::LoadGroups));
        }
        Link::Up => {}
        Link::Down { reason, retry_in } => {
            let millis = i64::try_from(retry_in.as_millis()).unwrap_or(i64::MAX);
            retry_at = Some(model.now.plus(millis));
            // Each further try that fails for the same reason is no news.
            let why = if was_up { NoLink::Lost } else { NoLink::Fails(reason.clone()) };
            if noted.as_ref().is_none_or(|noted| *noted != NoLink::Lost && *noted != why) {
                note(model, Mood::Warn, format!("no connection to the service: {reason}"));
            }
            noted = Some(why);
        }
        Link::Refused { reason } => note(model, Mood::Bad, format!("the service refused: {reason}")),
    }
    model.link = LinkView { link, retry_at, noted };
}

fn friend_is(model: &mut Model, identity: &crate::domain::id::Identity, presence: Presence) {
    let friend = model.friends.list.iter_mut().find(|friend| friend.person.identity == *identity);
    if let Some(friend) = friend {
        friend.presence = presence;
    }
}

fn rings(model: &mut Model, incoming: Incoming, effects: &mut Vec<Effect>) {
    let (text, call) = (super::rings(&incoming, model.me.as_ref()), incoming.call);
    if !model.board.ring(incoming) {
        return;
    }
    note_about(model, Mood::Warn, About::Rings(call), text.clone());
    effects.push(Effect::Notify(text));
    if model.bell {
        effects.push(Effect::Bell);
    }
    model.bell_at = Some(model.now.plus(tick::BELL));
}

fn stop_ringing(model: &mut Model, call: CallId) {
    model.board.stop_ringing(call);
    if !model.is_ringing() {
        model.bell_at = None;
    }
}

/// A call this phone is in or makes.
pub(super) fn live(model: &mut Model, call: CallId) -> Option<&mut LiveCall> {
    model.board.get_mut(call)
}

/// A call began or changed.
fn call(model: &mut Model, mut view: CallView) {
    if view.state == CallState::Disconnected {
        stop_ringing(model, view.call);
        return;
    }
    if let Some(card) = &mut view.group {
        group_events::made_printable(card);
    }
    let (id, before) = (view.call, live(model, view.call).map(|live| live.view.state));
    let was = live(model, id).map(|live| (!live.is_group()).then(|| live.name().to_owned()));
    let moves = match model.board.get_mut(id) {
        Some(live) => {
            let earlier = Arc::clone(&live.view.participants);
            Some((live.take(view), earlier))
        }
        None => {
            model.ended = None;
            model.board.connect(view);
            if !model.is_ringing() {
                model.bell_at = None;
            }
            None
        }
    };
    let Some(live) = model.board.get(id) else { return };
    if before != Some(live.view.state) {
        let text = stands(live, before, model.now);
        note_about(model, Mood::Plain, About::Stands(id), text);
    }
    group_events::grown(model, id, was);
    if let Some((moves, earlier)) = moves {
        group_events::moved(model, id, &moves, &earlier);
    }
}

/// What a new state of a call is told as.
fn stands(live: &LiveCall, before: Option<CallState>, now: UnixMillis) -> String {
    let (view, name) = (&live.view, live.name());
    match (before, view.state) {
        (_, CallState::Connected) if view.connected_at.is_none_or(|at| now.since(at) < 2000) => {
            format!("{name}: connected after {}", clock::span(connect_time(view)))
        }
        _ => format!("{name}: {}", state::call(view.state).to_lowercase()),
    }
}

fn connect_time(view: &CallView) -> i64 {
    view.connected_at.unwrap_or(view.started_at).since(view.started_at)
}

/// Sound levels: only a whole decibel is seen, and of each participant only a step of the small meter.
fn levels(model: &mut Model, call: CallId, microphone: f32, speaker: f32, heard: Vec<(u16, f32)>) {
    let Some(live) = live(model, call) else { return };
    let seen = |a: f32, b: f32| a.round() != b.round();
    let mut changed = seen(live.microphone, microphone) || seen(live.speaker, speaker);
    (live.microphone, live.speaker) = (microphone, speaker);
    changed |= live.roster.hear(heard, |level| steps(level, ROSTER_METER));
    model.changed |= changed;
}

fn speak(model: &mut Model, call: CallId, speakers: Vec<u16>) {
    let Some(live) = live(model, call) else { return };
    let changed = live.roster.speak(speakers, &live.view.participants);
    model.changed |= changed;
}

fn measured(model: &mut Model, call: CallId, quality: Quality) {
    if let Some(live) = live(model, call) {
        live.trail.take(&quality);
        live.quality = Some(quality);
    }
}

/// A call is over: its card is shown once no other call is left.
fn ended(model: &mut Model, summary: Summary) {
    stop_ringing(model, summary.call);
    let was_shown = model.board.shown_id().is_none_or(|shown| shown == summary.call);
    doing::forget(model, summary.call);
    let gone = model.board.remove(summary.call);
    let known = gone.as_ref().map(LiveCall::name).filter(|name| !name.is_empty());
    let name = known.unwrap_or_else(|| state::peer(&summary.with)).to_owned();
    let mood = if summary.end.is_normal() { Mood::Plain } else { Mood::Warn };
    close_about(model, summary.call, was_shown);
    if was_shown && model.focus == Pane::People {
        let came_from = gone.as_ref().and_then(|live| live.came_from);
        model.focus = came_from.filter(|pane| *pane != Pane::People).unwrap_or(Pane::Friends);
    }
    let connected = summary.connected_for.is_some();
    let mut ending = end::ending_of(summary.end, summary.direction, &name, connected);
    if let Some(handed) = summary.handed_over.as_ref().filter(|_| summary.end == EndReason::TRANSFERRED) {
        ending.what = desk::went(handed.who.display_name.as_str(), handed.to.display_name.as_str());
    }
    if model.call().is_some() {
        // Where it is parked was said, and is what is said out loud next.
        if summary.end != EndReason::PARKED {
            say(model, mood, desk::ended(&name, &ending));
        }
    } else {
        note_about(model, mood, About::Ended(summary.call), desk::about(&name, &ending.what));
        model.armed_until = None;
        if model.is_ringing() {
            model.bell_at = Some(model.now.plus(tick::BELL));
        }
        model.ended = Some(Ended { summary, name, ending, at: model.now });
    }
}

/// Closes what is open about a call that is over.
fn close_about(model: &mut Model, call: CallId, was_shown: bool) {
    let about_it = match &model.popup {
        Some(Popup::Keypad | Popup::Quality { .. } | Popup::Confirm(Question::EndForAll)) => was_shown,
        Some(Popup::Confirm(Question::Quit)) => model.call().is_none(),
        Some(Popup::Dial(dial)) => dial.purpose.call() == Some(call),
        _ => false,
    };
    if about_it {
        model.popup = None;
    }
}

fn refuse(model: &mut Model, refused: Refused) {
    if let Some(live) = refused.call.and_then(|call| live(model, call)) {
        live.forget_asked();
    }
    say(model, Mood::Bad, format!("{}: {}", refused.what, refused.why));
}
