//! Actions on calls.

use super::super::keys::Action;
use super::super::message::Effect;
use super::super::model::{Model, Mood, Popup};
use super::actions::Trigger;
use super::{groups, say, talk};
use crate::domain::call::CallState;
use crate::domain::dtmf::Tone;
use crate::domain::place::Place;
use crate::phone::command::Command;
use crate::texts::screen::{self, NO_CALL, NOTHING_RINGS};

/// Within which time the letter has to be pressed again to hang up, ms.
const AGAIN: i64 = 1000;

pub(super) fn start(model: &mut Model, to: String, effects: &mut Vec<Effect>) {
    // The link of a group names nobody who could be called: it is meant to be joined.
    if matches!(to.parse(), Ok(Place::Link { .. })) {
        return groups::join(model, to, effects);
    }
    model.ended = None;
    effects.push(Effect::Phone(Command::Call { to, ring_for: None }));
}

pub(super) fn answer(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.board.first_ringing() {
        Some(incoming) => effects.push(Effect::Phone(Command::Answer(incoming.call))),
        None => say(model, Mood::Plain, NOTHING_RINGS),
    }
}

pub(super) fn decline(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.board.first_ringing() {
        Some(incoming) => effects.push(Effect::Phone(Command::Decline(incoming.call))),
        None => say(model, Mood::Plain, NOTHING_RINGS),
    }
}

pub(super) fn hang_up(model: &mut Model, trigger: Trigger, effects: &mut Vec<Effect>) {
    let Some(call) = model.board.shown_mut() else {
        model.armed_until = None;
        say(model, Mood::Plain, NO_CALL);
        return;
    };
    let armed = model.armed_until.take().is_some_and(|until| model.now < until);
    if trigger == Trigger::Deliberate || armed {
        call.hanging_up = true;
        effects.push(Effect::Phone(Command::HangUp(call.view.call)));
    } else {
        model.armed_until = Some(model.now.plus(AGAIN));
    }
}

/// Turns the microphone of the call that is heard off or on; the other way round when `on` is not given.
pub(super) fn mute(model: &mut Model, on: Option<bool>, effects: &mut Vec<Effect>) {
    if model.talk.on {
        return talk::want(model, on.map(|on| !on), effects);
    }
    let Some(call) = model.board.heard_mut() else {
        say(model, Mood::Plain, NO_CALL);
        return;
    };
    let on = on.unwrap_or_else(|| !call.mute_asked.unwrap_or(call.view.muted));
    call.mute_asked = Some(on);
    effects.push(Effect::Phone(Command::Mute { call: call.view.call, on }));
}

/// Holds or resumes; the other way round when `on` is not given. Resumed beside a talk, the call takes its place.
pub(super) fn hold(model: &mut Model, on: Option<bool>, effects: &mut Vec<Effect>) {
    let active = model.board.active().map(|live| live.view.call);
    match model.board.shown_mut() {
        Some(call) if call.is_connected() => {
            let on = on.unwrap_or_else(|| !call.hold_asked.unwrap_or_else(|| call.is_held_here()));
            call.hold_asked = Some(on);
            let call = call.view.call;
            let beside = active.is_some_and(|active| active != call);
            let command = if beside && !on { Command::Activate(call) } else { Command::Hold { call, on } };
            effects.push(Effect::Phone(command));
        }
        Some(_) => say(model, Mood::Plain, screen::HOLD_LATER),
        None => say(model, Mood::Plain, NO_CALL),
    }
}

pub(super) fn keypad(model: &mut Model) {
    if matches!(model.popup, Some(Popup::Keypad)) {
        model.popup = None;
    } else if can_send_tones(model) {
        model.popup = Some(Popup::Keypad);
    }
}

pub(super) fn dtmf(model: &mut Model, tone: Tone, effects: &mut Vec<Effect>) {
    if !can_send_tones(model) {
        return;
    }
    if let Some(call) = model.board.shown_mut() {
        call.note_sent(tone, model.now);
        effects.push(Effect::Phone(Command::Dtmf { call: call.view.call, tone }));
    }
}

fn can_send_tones(model: &mut Model) -> bool {
    match model.call().map(|call| call.view.state) {
        Some(CallState::Connected | CallState::RemoteHold | CallState::EarlyMedia) => true,
        Some(CallState::LocalHold) => {
            let text = screen::resume_first(&model.key_of(Action::Hold));
            say(model, Mood::Plain, text);
            false
        }
        Some(_) => {
            say(model, Mood::Plain, screen::TONES_LATER);
            false
        }
        None => {
            say(model, Mood::Plain, NO_CALL);
            false
        }
    }
}
