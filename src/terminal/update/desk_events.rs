//! What the phone tells of several calls, taken into the model.

use super::super::keys::Action;
use super::super::message::Effect;
use super::super::model::{Handed, LiveCall, Model, Mood, Pane, Popup, Purpose, Question};
use super::{desk as doing, say};
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::CallId;
use crate::domain::park::{ParkSlot, ParkedCall};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::domain::transfer::HandedTo;
use crate::texts::desk;

/// The call is handed on: by the other side, by whoever was called and forwards it, or by who picks it up.
pub(super) fn handed_on(model: &mut Model, call: CallId, by: Person, to: HandedTo, forwarded: Option<ForwardWhen>) {
    let Some(live) = model.board.get_mut(call) else { return };
    let comes_back = live.comes_back(&by);
    let text = desk::handed_on(&by, &to, forwarded, comes_back);
    live.handed = Some(Handed { by, to, forwarded, comes_back });
    say(model, Mood::Warn, text);
}

/// A call goes on as another one.
pub(super) fn moved(model: &mut Model, call: CallId, into: CallId) {
    doing::forget(model, call);
    if let Some(dial) = dial_about(model, call) {
        *dial = moved_purpose(*dial, into);
    }
    model.board.rename(call, into);
    if let Some(talking) = model.talk.now.as_mut().filter(|talking| talking.call == call) {
        talking.call = into;
    }
    let text = model.board.get(into).map(|live| match live.is_group() {
        true => desk::MOVED_TO_GROUP.to_owned(),
        false => desk::moved(live.name()),
    });
    if let Some(text) = text {
        say(model, Mood::Good, text);
    }
}

/// What the entry for a person is about, if that is this call.
fn dial_about(model: &mut Model, call: CallId) -> Option<&mut Purpose> {
    match &mut model.popup {
        Some(Popup::Dial(dial)) if dial.purpose.call() == Some(call) => Some(&mut dial.purpose),
        _ => None,
    }
}

fn moved_purpose(purpose: Purpose, into: CallId) -> Purpose {
    match purpose {
        Purpose::Invite(_) => Purpose::Invite(into),
        Purpose::Transfer(_) => Purpose::Transfer(into),
        Purpose::Consult(_) => Purpose::Consult(into),
        Purpose::Call | Purpose::AddFriend | Purpose::Forward(_) | Purpose::Except => purpose,
    }
}

/// Somebody has been on hold for a while.
pub(super) fn held_long(model: &mut Model, call: CallId, since: UnixMillis, effects: &mut Vec<Effect>) {
    let row = model.board.rows().iter().find(|row| row.line.call() == call);
    let Some((row, live)) = row.and_then(|row| Some((row.number, row.line.live()?))) else { return };
    let several = model.board.is_seen();
    let text = desk::waited(live.name(), model.now.since(since), several.then_some(row));
    say(model, Mood::Warn, text);
    if model.bell {
        effects.push(Effect::Bell);
    }
}

/// A call of this phone was parked.
pub(super) fn was_parked(model: &mut Model, call: CallId, slot: ParkSlot) {
    let known = model.board.get(call).map(|live| live.name().to_owned());
    let name = known.unwrap_or_else(|| "The call".to_owned());
    let text = desk::parked(&name, slot, &model.key_of(Action::PickUp));
    say(model, Mood::Good, text);
}

/// The parked calls, as they are now.
pub(super) fn parked(model: &mut Model, mut calls: Vec<ParkedCall>) {
    calls.sort_by_key(|call| call.slot);
    model.parked = calls;
}

/// What hangs on the call in the card changes with it: a letter pressed once, an open keypad, a question, the focus.
pub(super) fn settle(model: &mut Model, before: Option<CallId>) {
    let now = model.board.shown_id();
    if before != now {
        model.armed_until = None;
        let about_it = matches!(model.popup, Some(Popup::Keypad | Popup::Confirm(Question::EndForAll)));
        if about_it && before.is_some() {
            model.popup = None;
        }
        if let Some(live) = model.board.shown_mut() {
            live.roster.searching = false;
        }
    }
    if model.focus == Pane::People && model.group_call().is_none() {
        let came_from = model.board.live().find_map(|live: &LiveCall| live.came_from);
        model.focus = came_from.filter(|pane| *pane != Pane::People).unwrap_or(Pane::Friends);
    }
}
