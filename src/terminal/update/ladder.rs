//! The ladder, the explanation of a call that went wrong, and the evidence that is written.

use super::super::message::Effect;
use super::super::model::{Ladder, Model, Mood, Popup};
use super::say;
use crate::domain::id::CallId;
use crate::phone::evidence::News;
use crate::phone::evidence::story::Explanation;
use crate::texts::evidence;

/// Opens the ladder.
pub(super) fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    model.popup = Some(Popup::Ladder(Box::new(Ladder::new())));
    effects.push(Effect::Look(0));
}

/// Asks for what is new, where it is time.
pub(super) fn tick(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now;
    if let Some(ladder) = shown(model)
        && ladder.look_at.is_some_and(|at| at <= now)
    {
        ladder.look_at = None;
        effects.push(Effect::Look(ladder.newest()));
    }
}

/// What is new.
pub(super) fn recorded(model: &mut Model, news: News) {
    let now = model.now;
    if let Some(ladder) = shown(model) {
        model.changed |= ladder.take(news, now);
    }
}

/// Opens what is selected; ends typing.
pub(super) fn accept(model: &mut Model) {
    if let Some(ladder) = shown(model) {
        if ladder.typing {
            ladder.typing = false;
        } else {
            ladder.open();
        }
    }
}

/// Begins typing what narrows it; whether it is open.
pub(super) fn filter(model: &mut Model) -> bool {
    shown(model).map(|ladder| ladder.typing = true).is_some()
}

pub(super) fn mark(model: &mut Model) {
    if let Some(ladder) = shown(model) {
        ladder.mark();
    }
}

pub(super) fn pause(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(ladder) = shown(model) {
        ladder.pause();
        if !ladder.paused {
            effects.push(Effect::Look(ladder.newest()));
        }
    }
}

pub(super) fn time_mode(model: &mut Model) {
    if let Some(ladder) = shown(model) {
        ladder.time = ladder.time.next();
    }
}

/// Closes what is open in the ladder, or the ladder itself.
pub(super) fn back(model: &mut Model, mut ladder: Box<Ladder>) {
    if ladder.close() {
        model.popup = Some(Popup::Ladder(ladder));
    }
}

/// Why a call went wrong, or that it did not.
pub(super) fn explained(model: &mut Model, call: CallId, why: Option<Box<Explanation>>) {
    model.explained = why.map(|why| (call, *why));
    model.changed = true;
}

/// Has evidence written.
pub(super) fn collect(model: &mut Model, effects: &mut Vec<Effect>) {
    say(model, Mood::Plain, evidence::COLLECTING);
    effects.push(Effect::Evidence);
}

/// Evidence was written, or not.
pub(super) fn written(model: &mut Model, written: Result<String, String>) {
    match written {
        Ok(path) => say(model, Mood::Good, evidence::written(&path)),
        Err(why) => say(model, Mood::Bad, evidence::not_written(&why)),
    }
}

fn shown(model: &mut Model) -> Option<&mut Ladder> {
    match &mut model.popup {
        Some(Popup::Ladder(ladder)) => Some(ladder),
        _ => None,
    }
}
