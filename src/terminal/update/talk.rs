//! Push-to-talk: who holds a key talks; every other call is muted, however it came to be unmuted.

use super::super::keys::{Action, Key};
use super::super::message::Effect;
use super::super::model::{LiveCall, Model, Mood, Talk, Talking};
use super::say;
use crate::domain::id::CallId;
use crate::phone::command::Command;
use crate::texts::{screen, sound, talk};
use crossterm::event::KeyCode;

/// How long a talk may last at the most, ms: a release that gets lost must not leave a microphone on.
const LONGEST: i64 = 60_000;

/// Presses that follow each other faster than that come from a key that is held, in a terminal that does not tell, ms.
const REPEATS: i64 = 100;

/// The key is pressed.
pub(super) fn press(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    let now = model.now;
    if model.talk.is_hold() {
        return begin(model, Some(key), effects);
    }
    let before = model.talk.pressed_at.replace(now);
    if before.is_none_or(|at| !(0..REPEATS).contains(&now.since(at))) {
        want(model, None, effects);
    }
}

/// The key is still held, as the terminal tells.
pub(super) fn repeat(model: &mut Model, key: Key) {
    let until = model.now.plus(LONGEST);
    if let Some(talking) = model.talk.now.as_mut().filter(|talking| talking.held.is_some_and(|held| is_same(held, key)))
    {
        (talking.until, talking.warned) = (until, false);
    }
}

/// A key is released: if it is the one that is held, the talk is over, whatever is open now.
pub(super) fn release(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    let held = model.talk.now.as_ref().and_then(|talking| talking.held);
    if held.is_some_and(|held| is_same(held, key)) {
        end(model, effects);
    }
}

/// Whether it is the same key: modifiers may have been pressed or released meanwhile.
fn is_same(held: Key, key: Key) -> bool {
    match (held.code(), key.code()) {
        (KeyCode::Char(held), KeyCode::Char(key)) => held.to_lowercase().eq(key.to_lowercase()),
        (held, key) => held == key,
    }
}

/// What is typed goes elsewhere: a key that is held can't be seen to be released.
pub(super) fn lose_focus(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.talk.now.as_ref().is_some_and(|talking| talking.held.is_some()) {
        end(model, effects);
    }
}

/// Whether the terminal tells when keys are released.
pub(super) fn learn(model: &mut Model, tells: bool) {
    model.talk.releases = Some(tells);
    if model.talk.on {
        say(model, Mood::Good, talk::on(&model.talk_key(), tells));
    }
}

/// Talks, or stops; the other way round when `talks` is not given.
pub(super) fn want(model: &mut Model, talks: Option<bool>, effects: &mut Vec<Effect>) {
    let Some(muted) = model.board.heard_mut().map(|live| is_muted(live)) else {
        return say(model, Mood::Plain, screen::NO_CALL);
    };
    if talks.unwrap_or(muted) {
        begin(model, None, effects);
    } else if model.talk.now.is_some() {
        end(model, effects);
    } else if let Some(call) = model.board.heard_mut().map(|live| live.view.call) {
        set_muted(model, call, true, effects);
    }
}

fn begin(model: &mut Model, held: Option<Key>, effects: &mut Vec<Effect>) {
    let Some((call, on_hold)) = model.board.heard_mut().map(|live| (live.view.call, live.is_held_here())) else {
        return say(model, Mood::Plain, screen::NO_CALL);
    };
    if on_hold {
        let key = model.key_of(Action::Hold);
        return say(model, Mood::Plain, talk::resume_first(&key));
    }
    model.talk.now = Some(Talking { call, held, until: model.now.plus(LONGEST), warned: false });
    set_muted(model, call, false, effects);
}

/// Ends the talk, if there is one.
pub(super) fn end(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(talking) = model.talk.now.take() {
        set_muted(model, talking.call, true, effects);
    }
}

fn set_muted(model: &mut Model, call: CallId, muted: bool, effects: &mut Vec<Effect>) {
    model.changed = true;
    if let Some(live) = model.board.get_mut(call)
        && is_muted(live) != muted
    {
        live.mute_asked = Some(muted);
        effects.push(Effect::Phone(Command::Mute { call, on: muted }));
    }
}

/// Whether the microphone is off for a call, or is about to be.
fn is_muted(live: &LiveCall) -> bool {
    live.mute_asked.unwrap_or(live.view.muted)
}

/// The palette's command.
pub(super) fn command(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    let on = match text {
        "on" => true,
        "off" => false,
        "" => !model.talk.on,
        _ => return say(model, Mood::Warn, sound::no_such(text, "setting of it", &["on", "off"])),
    };
    if on == model.talk.on {
        return say(model, Mood::Plain, talk::already(on));
    }
    end(model, effects);
    model.talk.on = on;
    let calls: Vec<CallId> = model.board.live().map(|live| live.view.call).collect();
    calls.into_iter().filter(|_| on).for_each(|call| set_muted(model, call, true, effects));
    match (on, model.plain.is_some(), model.talk.releases) {
        (false, ..) => say(model, Mood::Good, talk::off(&model.talk_key())),
        (true, true, _) => say(model, Mood::Good, talk::ON_PLAIN),
        (true, false, Some(hold)) => say(model, Mood::Good, talk::on(&model.talk_key(), hold)),
        // It is said once the terminal has answered.
        (true, false, None) => effects.push(Effect::AskReleases),
    }
}

/// Time goes on: a talk ends at its latest, and that is said before.
pub(super) fn tick(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now;
    let (key, held) = (model.talk_key(), model.talk.now.as_ref().is_some_and(|talking| talking.held.is_some()));
    let Some(talking) = &mut model.talk.now else { return };
    if talking.until <= now {
        end(model, effects);
        say(model, Mood::Warn, talk::ended(&key, LONGEST / 1000));
    } else if !talking.warned && talking.until.since(now) <= Talk::WARNING {
        talking.warned = true;
        let seconds = (talking.until.since(now) + 999) / 1000;
        say(model, Mood::Warn, talk::ends_soon(&key, seconds, held));
        if model.bell {
            effects.push(Effect::Bell);
        }
    }
}

/// What hangs on the calls: who is talked to is heard, and every other call is muted.
pub(super) fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.talk.on {
        return;
    }
    if let Some(talking) = &model.talk.now {
        let heard = model.board.active().or_else(|| model.call()).map(|live| live.view.call) == Some(talking.call);
        let live = model.board.get(talking.call);
        let held = talking.held.is_some();
        // Somebody else turned the microphone off; a key that is held stays in charge.
        let stopped = live.is_some_and(|live| live.view.muted && live.mute_asked.is_none()) && !held;
        let unseen = held && !model.wants_releases();
        if live.is_none() || stopped {
            model.talk.now = None;
        } else if !heard || unseen || live.is_some_and(LiveCall::is_held_here) {
            end(model, effects);
        }
    }
    let talks = model.talk.now.as_ref().map(|talking| talking.call);
    let open = model.board.live().filter(|live| !is_muted(live) && Some(live.view.call) != talks);
    let open: Vec<(CallId, bool)> = open.map(|live| (live.view.call, live.was_quiet)).collect();
    for (call, was_quiet) in open {
        let heard = model.board.active().is_some_and(|live| live.view.call == call && !live.is_held_here());
        if was_quiet && heard && model.talk.now.is_none() {
            // Another program unmuted it: that is a talk like any other, which ends by itself.
            model.talk.now = Some(Talking { call, held: None, until: model.now.plus(LONGEST), warned: false });
        } else {
            set_muted(model, call, true, effects);
        }
    }
    for live in model.board.live_mut() {
        live.was_quiet |= live.view.muted;
    }
}
