//! What a person does with groups: join, start, make, invite, end, remove.

use super::super::keys::Action;
use super::super::message::Effect;
use super::super::model::{
    Input, JoinPrompt, Model, Mood, NamePrompt, Naming, Pane, Popup, Purpose, Question, settle, title,
};
use super::{choose, say};
use crate::domain::group::GroupName;
use crate::domain::id::{CallId, GroupId};
use crate::domain::place::Place;
use crate::phone::command::Command;
use crate::texts::{group, screen};

/// Opens the prompt for a place to join; `text` is in it already.
pub(super) fn ask_where(model: &mut Model, text: &str) {
    model.popup = Some(Popup::Join(JoinPrompt { input: Input::new(text) }));
}

/// Takes what the prompt holds; what is no place stays there, with the reason below it.
pub(super) fn take_place(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Popup::Join(prompt)) = &model.popup else { return };
    let place = prompt.input.trimmed().to_owned();
    if place.parse::<Place>().is_ok() {
        model.popup = None;
        join(model, place, effects);
    }
}

/// Joins a group known here by `name`.
pub(super) fn join_group(model: &mut Model, id: GroupId, name: &str, effects: &mut Vec<Effect>) {
    enter(model, id.to_string(), name, effects);
}

/// Joins a place, as typed.
pub(super) fn join(model: &mut Model, place: String, effects: &mut Vec<Effect>) {
    let name = place.clone();
    enter(model, place, &name, effects);
}

fn enter(model: &mut Model, place: String, name: &str, effects: &mut Vec<Effect>) {
    if let Err(why) = place.parse::<Place>() {
        say(model, Mood::Warn, why.to_string());
        return;
    }
    model.ended = None;
    say(model, Mood::Plain, group::joining(name));
    // With push-to-talk nobody comes in with the microphone on.
    let muted = model.talk.on.then_some(true);
    effects.push(Effect::Phone(Command::Join { place, existing: false, muted }));
}

/// Opens the prompt for the name of a new group.
pub(super) fn ask_name(model: &mut Model, naming: Naming) {
    model.popup = Some(Popup::Name(NamePrompt { naming, input: Input::default() }));
}

/// Takes the name the prompt holds; what is no name stays there, with the reason below it.
pub(super) fn take_name(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Popup::Name(prompt)) = &model.popup else { return };
    let (naming, typed) = (prompt.naming, prompt.input.trimmed().to_owned());
    let nameless = typed.is_empty() && naming == Naming::Start;
    if !nameless && typed.parse::<GroupName>().is_err() {
        return;
    }
    model.popup = None;
    match naming {
        Naming::Start => start(model, &typed, effects),
        Naming::Create => create(model, &typed, effects),
    }
}

/// Starts a group call; without a name when `name` is empty.
pub(super) fn start(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let name = if name.is_empty() { Ok(None) } else { name.parse().map(Some) };
    match name {
        Ok(name) => {
            model.ended = None;
            effects.push(Effect::Phone(Command::StartGroup { name }));
        }
        Err(why) => say(model, Mood::Warn, why.to_string()),
    }
}

/// Makes a group that is kept.
pub(super) fn create(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    match name.parse() {
        Ok(name) => effects.push(Effect::Phone(Command::CreateGroup(name))),
        Err(why) => say(model, Mood::Warn, format!("{why}")),
    }
}

/// Joins the group shared last.
pub(super) fn join_shared(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.shared.last().map(|shared| shared.card.group.clone()) {
        Some(group) => join_group(model, group.id, &title(&group), effects),
        None => say(model, Mood::Plain, group::NOTHING_SHARED),
    }
}

/// Puts the group shared last away.
pub(super) fn later(model: &mut Model) {
    if model.shared.pop().is_none() {
        say(model, Mood::Plain, group::NOTHING_SHARED);
    }
}

/// Opens the entry for somebody to be rung into the call.
pub(super) fn ask_whom(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(call) = inviting(model, None) {
        choose::open(model, Purpose::Invite(call), "", effects);
    }
}

/// Rings somebody, called `name` on the screen, into a call: the one in the card when none is given.
pub(super) fn invite(model: &mut Model, call: Option<CallId>, who: String, name: &str, effects: &mut Vec<Effect>) {
    if let Some(call) = inviting(model, call) {
        effects.push(Effect::Phone(Command::Invite { call, who }));
        say(model, Mood::Plain, group::inviting(name));
    }
}

/// The call somebody is to be invited into, if that can be done now; otherwise it is said why not.
fn inviting(model: &mut Model, call: Option<CallId>) -> Option<CallId> {
    let live = call.map_or_else(|| model.call(), |call| model.board.get(call));
    let why = match live {
        Some(live) if live.is_connected() => return Some(live.view.call),
        Some(_) => group::INVITE_LATER,
        None => screen::NO_CALL,
    };
    say(model, Mood::Plain, why);
    None
}

/// Asks whether to end the group call for everybody.
pub(super) fn ask_to_end(model: &mut Model) {
    match model.group_call() {
        Some(live) if live.view.may_end => model.popup = Some(Popup::Confirm(Question::EndForAll)),
        Some(_) => say(model, Mood::Warn, group::MAY_NOT_END),
        None => say(model, Mood::Plain, group::NO_GROUP_CALL),
    }
}

/// Ends the group call for everybody.
pub(super) fn end(model: &mut Model, effects: &mut Vec<Effect>) {
    model.popup = None;
    if let Some(live) = model.board.shown_mut() {
        live.hanging_up = true;
        effects.push(Effect::Phone(Command::EndForAll(live.view.call)));
    }
}

/// Asks whether to take the selected group off the list.
pub(super) fn ask_to_remove(model: &mut Model) {
    if model.focus != Pane::Groups {
        return;
    }
    let Some(row) = model.groups.current() else {
        let text = group::no_groups(true, &model.key_of(Action::StartGroup), &model.key_of(Action::Join));
        return say(model, Mood::Plain, text);
    };
    let mine = model.me.as_ref().is_some_and(|me| me.identity == row.owner.identity);
    let question = Question::RemoveGroup { group: row.group.id, title: title(&row.group), mine };
    model.popup = Some(Popup::Confirm(question));
}

/// Takes a group off the list.
pub(super) fn remove(model: &mut Model, group: GroupId, effects: &mut Vec<Effect>) {
    model.popup = None;
    settle(&mut model.shared, group);
    effects.push(Effect::Phone(Command::RemoveGroup(group)));
}
