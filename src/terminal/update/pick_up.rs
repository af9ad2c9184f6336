//! What a person picks up: parked calls, and what rings at friends.

use super::super::message::Effect;
use super::super::model::{Model, Mood, Pickable, Picked, Popup};
use super::{note, say};
use crate::domain::park::ParkSlot;
use crate::phone::command::Command;
use crate::texts::desk;

/// Picks up the only call there is to be picked up, or opens the choice of them.
pub(super) fn ask(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.pickable()[..] {
        [] => say(model, Mood::Plain, desk::NOTHING_TO_PICK_UP),
        [only] => effects.push(Effect::Phone(only.command())),
        _ => model.popup = Some(Popup::PickUp(0)),
    }
}

/// Picks up what a text names: the number of a slot, or at whom it rings.
pub(super) fn named(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    let number = text.chars().all(|c| c.is_ascii_digit());
    match text.parse::<ParkSlot>() {
        Ok(slot) => effects.push(Effect::Phone(Command::PickUp(slot))),
        Err(why) if number => say(model, Mood::Warn, why.to_string()),
        Err(_) => effects.push(Effect::Phone(Command::PickUpRinging(text.to_owned()))),
    }
}

/// Picks up what is selected in the choice.
pub(super) fn selected(model: &mut Model, selected: usize, effects: &mut Vec<Effect>) {
    let command = model.pickable().get(selected).map(Pickable::command);
    model.popup = None;
    effects.extend(command.map(Effect::Phone));
}

/// The choice keeps what was selected in it, wherever that stands now.
pub(super) fn keep(model: &mut Model, picked: Option<Picked>) {
    let (Some(picked), Some(Popup::PickUp(_))) = (picked, &model.popup) else { return };
    match model.pickable().iter().position(|one| one.key() == picked) {
        Some(at) => model.popup = Some(Popup::PickUp(at)),
        None => {
            model.popup = None;
            note(model, Mood::Plain, desk::PICK_UP_GONE);
        }
    }
}
