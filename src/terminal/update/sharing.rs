//! Sharing a group: its card, its link on the clipboard, friends who are told.

use super::super::message::{Copied, Effect};
use super::super::model::{LiveCall, Model, Mood, Popup, ShareCard, ShareWith};
use super::say;
use crate::domain::group::GroupKey;
use crate::phone::command::Command;
use crate::phone::event::GroupCard;
use crate::texts::group;

/// Shows the card of the group selected, or else of the call's.
pub(super) fn share(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(row) = model.selected_group() {
        // Only the service knows the link; the card opens with its answer.
        effects.push(Effect::Phone(Command::ShowGroup(row.group.id.to_string())));
    } else if let Some(card) = of_call(model) {
        model.popup = Some(Popup::Share(ShareCard::new(card)));
    } else {
        say(model, Mood::Plain, group::NOTHING_TO_SHARE);
    }
}

fn of_call(model: &Model) -> Option<GroupCard> {
    model.call().and_then(LiveCall::group).cloned()
}

/// Copies the link of the card, or of the call's group.
pub(super) fn copy(model: &mut Model, effects: &mut Vec<Effect>) {
    let card = match &model.popup {
        Some(Popup::Share(share)) => Some(share.card.clone()),
        _ => of_call(model),
    };
    match card {
        Some(card) => effects.push(Effect::Copy(card.link)),
        None => share(model, effects),
    }
}

/// What was to be copied was taken.
pub(super) fn copied(model: &mut Model, by: Copied) {
    match by {
        Copied::Program(name) => say(model, Mood::Good, group::copied_with(name)),
        Copied::Terminal => say(model, Mood::Good, group::SENT_TO_TERMINAL),
    }
}

/// Opens the choice of friends to share the card's group with.
pub(super) fn ask_friends(model: &mut Model) {
    let share = match model.popup.take() {
        Some(Popup::Share(share)) => Some(share),
        other => {
            model.popup = other;
            of_call(model).map(ShareCard::new)
        }
    };
    let Some(share) = share else { return say(model, Mood::Plain, group::NOTHING_TO_SHARE) };
    if model.friends.list.is_empty() {
        model.popup = Some(Popup::Share(share));
        return say(model, Mood::Plain, group::NO_FRIENDS);
    }
    model.popup = Some(Popup::ShareWith(ShareWith { share, marked: Default::default(), selected: 0 }));
}

/// Marks the selected friend, or takes the mark away.
pub(super) fn mark(model: &mut Model) {
    let Some(Popup::ShareWith(choice)) = &mut model.popup else { return };
    let Some(friend) = model.friends.list.get(choice.selected) else { return };
    let identity = &friend.person.identity;
    if !choice.marked.remove(identity) {
        choice.marked.insert(identity.clone());
    }
}

/// Shares with the friends marked, or with the one selected when none is.
pub(super) fn with_friends(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Popup::ShareWith(choice)) = model.popup.take() else { return };
    let mut with: Vec<String> = choice.marked.iter().map(|identity| identity.as_str().to_owned()).collect();
    if with.is_empty() {
        let selected = model.friends.list.get(choice.selected);
        with.extend(selected.map(|friend| friend.person.identity.as_str().to_owned()));
    }
    let group = GroupKey::Id(choice.share.card.group.id);
    model.popup = Some(Popup::Share(choice.share));
    effects.push(Effect::Phone(Command::ShareGroup { group, with }));
}
