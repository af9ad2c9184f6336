//! What each action of the key table does.

use super::super::keys::Action;
use super::super::message::Effect;
use super::super::model::{DevicePicker, Input, Model, Mood, Palette, Pane, Popup, Purpose, Removal};
use super::{call, choose, palette, say};
use crate::phone::command::Command;
use crate::texts::screen;

/// How long a removal can be taken back, ms.
const UNDO: i64 = 3000;

/// How an action was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    /// By a key that is easily pressed by mistake.
    Letter,
    /// By a function key or a typed command.
    Deliberate,
}

pub(super) fn perform(model: &mut Model, action: Action, trigger: Trigger, effects: &mut Vec<Effect>) {
    match action {
        Action::Answer => call::answer(model, effects),
        Action::Decline => call::decline(model, effects),
        Action::HangUp => call::hang_up(model, trigger, effects),
        Action::Mute => call::mute(model, None, effects),
        Action::Hold => call::hold(model, None, effects),
        Action::Keypad => call::keypad(model),
        Action::Dial => choose::open(model, Purpose::Call, "", effects),
        Action::Redial => redial(model, effects),
        Action::AddFriend => choose::open(model, Purpose::AddFriend, "", effects),
        Action::Accept => accept(model, effects),
        Action::RemoveFriend => remove_friend(model, effects),
        Action::Undo => undo(model),
        Action::Filter => filter(model),
        Action::Friends => focus(model, Pane::Friends, effects),
        Action::History => focus(model, Pane::History, effects),
        Action::Events => focus(model, Pane::Events, effects),
        Action::Devices => devices(model, effects),
        Action::Microphone | Action::Speaker => devices(model, effects),
        Action::Presence => presence(model),
        Action::Next => choose::step(model, 1),
        Action::Previous => choose::step(model, -1),
        Action::PageDown => choose::step(model, 10),
        Action::PageUp => choose::step(model, -10),
        Action::First => choose::step(model, isize::MIN),
        Action::Last => choose::step(model, isize::MAX),
        Action::NextPane => focus(model, beside(model.focus, true), effects),
        Action::PreviousPane => focus(model, beside(model.focus, false), effects),
        Action::Back => back(model),
        Action::Yes => yes(model, effects),
        Action::Palette => model.popup = Some(Popup::Palette(Palette::default())),
        Action::Help => help(model),
        Action::Repaint => effects.push(Effect::Repaint),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Quit if trigger == Trigger::Letter && closes_first(model) => model.popup = None,
        Action::Quit => quit(model, effects),
    }
    model.changed = true;
}

fn accept(model: &mut Model, effects: &mut Vec<Effect>) {
    match &model.popup {
        Some(Popup::Dial(_)) => choose::take(model, effects),
        Some(Popup::Palette(_)) => palette::run(model, effects),
        Some(Popup::Devices(picker)) => choose::device(model, *picker, effects),
        Some(Popup::Presence(row)) => choose::presence(model, *row, effects),
        Some(Popup::Help { .. }) => model.popup = None,
        Some(Popup::Keypad | Popup::ConfirmQuit) => {}
        None if model.friends.filtering => model.friends.filtering = false,
        None => call_selected(model, effects),
    }
}

fn call_selected(model: &mut Model, effects: &mut Vec<Effect>) {
    let person = match model.focus {
        Pane::Friends => model.friends.current().map(|friend| friend.person.clone()),
        Pane::History => model.history.current().and_then(|record| record.with.person().cloned()),
        Pane::Events => None,
    };
    match person {
        Some(person) => call::start(model, person.identity.as_str().to_owned(), effects),
        None if model.focus == Pane::Events => {}
        None => {
            let text = screen::nobody_selected(&model.key_of(Action::Dial));
            say(model, Mood::Plain, text);
        }
    }
}

fn redial(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.last_person().map(|person| person.identity.as_str().to_owned()) {
        Some(to) => call::start(model, to, effects),
        None => say(model, Mood::Plain, screen::NO_LAST_CALL),
    }
}

fn remove_friend(model: &mut Model, effects: &mut Vec<Effect>) {
    finish_removal(model, effects);
    if model.focus != Pane::Friends {
        return;
    }
    let Some(person) = model.friends.current().map(|friend| friend.person.clone()) else { return };
    let index = model.friends.index();
    model.friends.removal = Some(Removal { person, until: model.now.plus(UNDO) });
    let last = model.friends.shown().count().saturating_sub(1);
    let next = model.friends.shown().nth(index.min(last)).map(|friend| friend.person.identity.clone());
    model.friends.selected = next;
}

fn undo(model: &mut Model) {
    if let Some(removal) = model.friends.removal.take() {
        model.friends.selected = Some(removal.person.identity);
    }
}

/// Carries out the removal that waits to be taken back, if there is one.
pub(super) fn finish_removal(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(removal) = model.friends.removal.take() {
        let gone = removal.person.identity;
        model.friends.list.retain(|friend| friend.person.identity != gone);
        effects.push(Effect::Phone(Command::RemoveFriend(gone)));
        model.changed = true;
    }
}

fn filter(model: &mut Model) {
    model.focus = Pane::Friends;
    model.friends.filtering = true;
}

pub(super) fn focus(model: &mut Model, pane: Pane, effects: &mut Vec<Effect>) {
    model.popup = None;
    model.focus = pane;
    if pane == Pane::History {
        model.history.unseen = 0;
        if !model.history.loaded {
            effects.push(Effect::Phone(Command::LoadHistory));
        }
    }
}

fn beside(pane: Pane, forward: bool) -> Pane {
    match (pane, forward) {
        (Pane::Friends, true) | (Pane::Events, false) => Pane::History,
        (Pane::History, true) | (Pane::Friends, false) => Pane::Events,
        (Pane::Events, true) | (Pane::History, false) => Pane::Friends,
    }
}

fn devices(model: &mut Model, effects: &mut Vec<Effect>) {
    model.popup = Some(Popup::Devices(DevicePicker::default()));
    effects.push(Effect::Phone(Command::ListDevices));
}

fn presence(model: &mut Model) {
    let row = choose::CHOICES.iter().position(|choice| Some(choose::shown_as(*choice)) == model.presence);
    model.popup = Some(Popup::Presence(row.unwrap_or(0)));
}

fn help(model: &mut Model) {
    model.popup = match model.popup {
        Some(Popup::Help { .. }) => None,
        _ => Some(Popup::Help { search: Input::default(), scroll: 0 }),
    };
}

fn back(model: &mut Model) {
    if model.popup.take().is_some() {
        return;
    }
    if model.friends.filtering || !model.friends.filter.text().is_empty() {
        model.friends.filtering = false;
        model.friends.filter.clear();
    } else if model.ended.take().is_none() {
        model.notice = None;
        model.focus = Pane::Friends;
    }
}

fn yes(model: &mut Model, effects: &mut Vec<Effect>) {
    if matches!(model.popup, Some(Popup::ConfirmQuit)) {
        leave(model, effects);
    }
}

/// Whether the letter that leaves only closes what is open.
fn closes_first(model: &Model) -> bool {
    model.popup.as_ref().is_some_and(|popup| !matches!(popup, Popup::ConfirmQuit))
}

/// Leaves; during a call it asks first, and a second time means yes.
pub(super) fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    match &model.popup {
        Some(Popup::ConfirmQuit) => leave(model, effects),
        _ if model.call.is_some() => model.popup = Some(Popup::ConfirmQuit),
        _ => leave(model, effects),
    }
}

fn leave(model: &mut Model, effects: &mut Vec<Effect>) {
    finish_removal(model, effects);
    effects.push(Effect::Quit);
}
