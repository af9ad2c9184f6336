//! A key is pressed: it is an action of the key table, or it types.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

use super::super::keys::{Action, Context, Key};
use super::super::message::Effect;
use super::super::model::{Input, Model, Pane, Popup};
use super::actions::{self, Trigger};
use super::{call, choose, desk, favourites, groups, history, talk};
use crate::domain::dtmf::Tone;
use crate::domain::place::Place;

pub(super) fn press(model: &mut Model, event: KeyEvent, effects: &mut Vec<Effect>) {
    let key = Key::from(event);
    if event.kind == KeyEventKind::Release {
        return talk::release(model, key, effects);
    }
    let context = model.context();
    model.changed = true;
    let action = model.keys.action(key, context);
    if action.is_some_and(|action| action != Action::HangUp) {
        model.armed_until = None;
    }
    if model.focus == Pane::History && context == Context::Panel && action.is_some_and(looks) {
        history::look(model, effects);
    }
    match action {
        Some(Action::Mute) if model.talk.on && event.kind == KeyEventKind::Repeat => talk::repeat(model, key),
        Some(Action::Mute) if model.talk.on => talk::press(model, key, effects),
        // A key held down is pressed once where that matters to others.
        Some(
            Action::HangUp
            | Action::Mute
            | Action::Hold
            | Action::Mark
            | Action::Swap
            | Action::Pick
            | Action::Transfer
            | Action::Merge
            | Action::Park
            | Action::PickUp
            | Action::Direct
            | Action::Favour
            | Action::Complete
            | Action::Accept,
        ) if event.kind == KeyEventKind::Repeat => {}
        Some(Action::Pick) => {
            if let Some(row) = model.keys.place(Action::Pick, key) {
                desk::pick(model, row, effects);
            }
        }
        Some(Action::Direct) => {
            if let Some(number) = model.keys.place(Action::Direct, key) {
                favourites::direct(model, number, effects);
            }
        }
        Some(action) => {
            let trigger = if key.is_function() || key.ctrl() { Trigger::Deliberate } else { Trigger::Letter };
            actions::perform(model, action, trigger, effects);
        }
        None if context == Context::Text && favourite(model, key, effects) => {}
        None if context == Context::Text => edit(model, key),
        None if context == Context::Keypad => {
            // The four tones of letters take capitals: a small letter is too easily meant as a key.
            let capital = key.typed().filter(|c| !c.is_ascii_lowercase());
            if let Some(tone) = capital.and_then(|c| Tone::try_from(c).ok()) {
                call::dtmf(model, tone, effects);
            }
        }
        None => {}
    }
}

/// A digit where somebody is chosen, before anything is typed: the favourite of this number.
fn favourite(model: &mut Model, key: Key, effects: &mut Vec<Effect>) -> bool {
    let Some(Popup::Dial(dial)) = &model.popup else { return false };
    let friend = key.typed().and_then(|digit| dial.favourite(digit, &model.friends.list));
    let Some(person) = friend.cloned() else { return false };
    let purpose = dial.purpose;
    choose::wanted(model, purpose, person.identity.as_str().to_owned(), person.display_name.as_str(), effects);
    true
}

/// Whether somebody looks through a list who does this.
fn looks(action: Action) -> bool {
    let moves = [Action::Next, Action::Previous, Action::PageDown, Action::PageUp, Action::First, Action::Last];
    moves.contains(&action)
}

pub(super) fn paste(model: &mut Model, text: &str) {
    model.changed = true;
    match model.context() {
        // A link that is pasted for a person to call is meant to be joined.
        Context::Text if matches!(model.popup, Some(Popup::Dial(_))) && is_link(text) => {
            groups::ask_where(model, text.trim());
        }
        Context::Text => change(model, |input| input.insert(text)),
        Context::Panel | Context::Consult | Context::List | Context::Marks | Context::Keypad if is_link(text) => {
            groups::ask_where(model, text.trim());
        }
        Context::Panel
        | Context::Consult
        | Context::List
        | Context::Marks
        | Context::Keypad
        | Context::Confirm
        | Context::Ladder => {}
    }
}

/// Whether a text is nothing but the link of a group.
fn is_link(text: &str) -> bool {
    matches!(text.parse(), Ok(Place::Link { .. }))
}

fn edit(model: &mut Model, key: Key) {
    match (key.code(), key.ctrl()) {
        (KeyCode::Char('u'), true) => change(model, Input::clear),
        (KeyCode::Char('w'), true) => change(model, Input::delete_word),
        (KeyCode::Char('a'), true) => change(model, Input::home),
        (KeyCode::Char('e'), true) => change(model, Input::end),
        (KeyCode::Backspace, _) => change(model, Input::backspace),
        (KeyCode::Delete, _) => change(model, Input::delete),
        (KeyCode::Left, _) => change(model, Input::left),
        (KeyCode::Right, _) => change(model, Input::right),
        (KeyCode::Home, _) => change(model, Input::home),
        (KeyCode::End, _) => change(model, Input::end),
        _ => {
            if let Some(c) = key.typed() {
                change(model, |input| input.insert(c.encode_utf8(&mut [0; 4])));
            }
        }
    }
}

/// Edits the text being typed; if it is another one then, what hangs on it starts anew.
fn change(model: &mut Model, edit: impl FnOnce(&mut Input)) {
    model.changed = true;
    let (now, searches) = (model.now, model.is_searching_history());
    match &mut model.popup {
        Some(Popup::Dial(dial)) => {
            let before = dial.input.trimmed().to_owned();
            edit(&mut dial.input);
            if dial.input.trimmed() != before {
                choose::retyped(dial, now);
            }
        }
        Some(Popup::Palette(palette)) => {
            edit(&mut palette.input);
            palette.selected = 0;
        }
        Some(Popup::Help { search, scroll }) => {
            edit(search);
            *scroll = 0;
        }
        Some(Popup::Ladder(ladder)) => {
            let before = ladder.filter.text().to_owned();
            edit(&mut ladder.filter);
            ladder.narrow(&before);
        }
        Some(Popup::Join(prompt)) => edit(&mut prompt.input),
        Some(Popup::Name(prompt)) => edit(&mut prompt.input),
        Some(Popup::Note(prompt)) => edit(&mut prompt.input),
        Some(
            Popup::Sound(_)
            | Popup::Quality { .. }
            | Popup::Keypad
            | Popup::Presence(_)
            | Popup::PickUp(_)
            | Popup::Rules(_)
            | Popup::Contacts(_)
            | Popup::Accounts(_)
            | Popup::Share(_)
            | Popup::ShareWith(_)
            | Popup::Confirm(_),
        ) => {}
        None if searches => {
            edit(&mut model.history.filter);
            history::retyped(model);
        }
        None => match model.board.shown_mut() {
            Some(call) if call.roster.searching => {
                edit(&mut call.roster.search);
                call.roster.find(&call.view.participants);
            }
            Some(_) | None => edit(&mut model.friends.filter),
        },
    }
}
