//! What a person does with several calls: pick, swap, transfer, ask first, merge, park; and what of that can be taken back
//! for a moment.

use super::super::keys::Action;
use super::super::message::Effect;
use super::super::model::{Handing, LiveCall, Model, Mood, Pending, Purpose};
use super::{actions, choose, say};
use crate::domain::id::CallId;
use crate::domain::park::ParkSlot;
use crate::phone::command::{Command, TransferTo};
use crate::texts::{desk, screen};

/// How long a transfer, a park or a merge can be taken back, ms.
const UNDO: i64 = 3000;

/// Picks a row: what is on hold, or beside the talk, is talked to; what rings is only picked.
pub(super) fn pick(model: &mut Model, number: usize, effects: &mut Vec<Effect>) {
    let Some(row) = model.board.row(number) else {
        if !model.board.rows().is_empty() {
            say(model, Mood::Plain, desk::no_row(number));
        }
        return;
    };
    let call = row.line.call();
    let heard = model.board.active().is_some_and(|live| live.view.call == call);
    let talks = row.line.live().filter(|live| live.is_connected() && (!heard || live.is_held_here()));
    // One that is the only one, and heard though the phone named none, needs nothing.
    let alone = !model.board.is_seen() && row.line.live().is_some_and(|live| !live.is_held_here());
    if talks.is_some() && !alone {
        effects.push(Effect::Phone(Command::Activate(call)));
    }
    model.board.pick(call);
}

/// Picks the row a text names.
pub(super) fn pick_named(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    match text.parse() {
        Ok(number) => pick(model, number, effects),
        Err(_) => say(model, Mood::Warn, desk::not_a_row(text)),
    }
}

/// Changes over to the other of the two latest calls.
pub(super) fn swap(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.board.other().map(|other| other.view.call) {
        Some(other) => {
            effects.push(Effect::Phone(Command::Activate(other)));
            model.board.pick(other);
        }
        None => say(model, Mood::Plain, desk::NO_OTHER_CALL),
    }
}

/// The call in the card, if it can be handed on or parked; otherwise it is said why not.
fn direct(model: &mut Model) -> Option<CallId> {
    let why = match model.call() {
        Some(live) if live.is_group() => desk::NOT_A_GROUP,
        Some(live) if live.is_connected() => return Some(live.view.call),
        Some(_) => desk::ONCE_ANSWERED,
        None => screen::NO_CALL,
    };
    say(model, Mood::Plain, why);
    None
}

/// Whether what waits to be taken back is of this kind, and about the call in the card: a second press does it at once.
fn again(model: &mut Model, is: fn(&Handing) -> bool, effects: &mut Vec<Effect>) -> bool {
    let shown = model.board.shown_id();
    let waits = model
        .pending
        .as_ref()
        .is_some_and(|pending| is(&pending.what) && shown.is_some_and(|shown| pending.what.is_about(shown)));
    if waits {
        carry_out(model, effects);
    }
    waits
}

/// Opens the entry for whom to hand the call on to; pressed again while that waits, it is done at once.
pub(super) fn ask_target(model: &mut Model, effects: &mut Vec<Effect>) {
    if again(model, |what| matches!(what, Handing::Transfer { .. }), effects) {
        return;
    }
    if let Some(call) = direct(model) {
        choose::open(model, Purpose::Transfer(call), "", effects);
    }
}

/// Hands the call in the card on to somebody, as typed.
pub(super) fn transfer_shown(model: &mut Model, to: &str, effects: &mut Vec<Effect>) {
    if let Some(call) = direct(model) {
        transfer(model, call, to.to_owned(), to.to_owned(), effects);
    }
}

/// Hands the call in the card on to somebody known.
pub(super) fn transfer_to(model: &mut Model, to: String, name: &str, effects: &mut Vec<Effect>) {
    if let Some(call) = direct(model) {
        transfer(model, call, to, name.to_owned(), effects);
    }
}

/// Hands a call on to somebody, in a moment.
pub(super) fn transfer(model: &mut Model, call: CallId, to: String, name: String, effects: &mut Vec<Effect>) {
    let Some(live) = model.board.get(call) else { return say(model, Mood::Plain, screen::NO_CALL) };
    if live.other_side().is_some_and(|person| person.identity.as_str() == to) {
        say(model, Mood::Warn, desk::there_already(&name));
    } else if live.is_connected() {
        begin(model, Handing::Transfer { call, to, name }, effects);
    } else {
        say(model, Mood::Plain, desk::ONCE_ANSWERED);
    }
}

/// Opens the entry for whom to ask.
pub(super) fn ask_whom(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.board.consult().is_some() {
        return say(model, Mood::Plain, desk::ASKING_ALREADY);
    }
    if let Some(call) = direct(model) {
        choose::open(model, Purpose::Consult(call), "", effects);
    }
}

/// Asks somebody, as typed, while the call in the card waits.
pub(super) fn consult_shown(model: &mut Model, to: &str, effects: &mut Vec<Effect>) {
    if model.board.consult().is_some() {
        return say(model, Mood::Plain, desk::ASKING_ALREADY);
    }
    if let Some(call) = direct(model) {
        consult(model, call, to.to_owned(), effects);
    }
}

/// Asks somebody while a call waits.
pub(super) fn consult(model: &mut Model, call: CallId, to: String, effects: &mut Vec<Effect>) {
    if model.board.get(call).is_some_and(LiveCall::is_connected) {
        effects.push(Effect::Phone(Command::Consult { call, to }));
    } else {
        say(model, Mood::Plain, desk::ONCE_ANSWERED);
    }
}

/// Hands the waiting call on to the one who is asked. What waits to be done is done instead, at once.
pub(super) fn complete(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.pending.is_some() {
        return carry_out(model, effects);
    }
    match model.board.consult().map(|(asked, waiting)| (asked.view.call, waiting.view.call)) {
        Some((asked, call)) => complete_to(call, asked, effects),
        None => say(model, Mood::Plain, desk::ASKING_NOBODY),
    }
}

/// Hands the call of a row on to the other side of the one in the card.
pub(super) fn complete_row(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    let Some(to) = direct(model) else { return };
    if let Some(call) = other_row(model, text, to) {
        complete_to(call, to, effects);
    }
}

/// Hands a call on to the other side of another one.
fn complete_to(call: CallId, to: CallId, effects: &mut Vec<Effect>) {
    effects.push(Effect::Phone(Command::Transfer { call, to: TransferTo::Call(to) }));
}

/// The answered call of the row a text names, if it is another than `shown`; otherwise it is said why not.
fn other_row(model: &mut Model, text: &str, shown: CallId) -> Option<CallId> {
    let row = text.parse().ok().and_then(|number| model.board.row(number));
    let Some(row) = row else {
        say(model, Mood::Warn, desk::not_a_row(text));
        return None;
    };
    let fits = row.line.live().filter(|live| live.is_connected() && live.view.call != shown);
    let call = fits.map(|live| live.view.call);
    if call.is_none() {
        say(model, Mood::Plain, desk::NO_OTHER_CALL);
    }
    call
}

/// Brings two calls together: the one who waits and the one who is asked; or the other of two, or that of the row named.
pub(super) fn merge(model: &mut Model, row: &str, effects: &mut Vec<Effect>) {
    if row.is_empty() && again(model, |what| matches!(what, Handing::Merge { .. }), effects) {
        return;
    }
    let consult = model.board.consult().map(|(asked, waiting)| (waiting.view.call, asked));
    let (call, with) = match (consult, row) {
        (Some((_, asked)), "") if !asked.is_connected() => return say(model, Mood::Plain, desk::ONCE_ANSWERED),
        (Some((call, asked)), "") => (call, asked.view.call),
        _ => {
            let Some(shown) = model.call().filter(|live| live.is_connected()).map(|live| live.view.call) else {
                return say(model, Mood::Plain, desk::NO_OTHER_CALL);
            };
            let with = match row {
                "" => model.board.other().map(|other| other.view.call),
                row => match other_row(model, row, shown) {
                    Some(with) => Some(with),
                    None => return,
                },
            };
            let Some(with) = with else { return say(model, Mood::Plain, desk::NO_OTHER_CALL) };
            // The people of a group call can't come into another; a direct one comes to them.
            let group = |call| model.board.get(call).is_some_and(LiveCall::is_group);
            if group(with) { (with, shown) } else { (shown, with) }
        }
    };
    if model.board.get(with).is_some_and(LiveCall::is_group) {
        return say(model, Mood::Plain, desk::TWO_GROUPS);
    }
    begin(model, Handing::Merge { call, with }, effects);
}

/// Parks the call in the card, in a moment; pressed again while that waits, at once.
pub(super) fn park(model: &mut Model, slot: &str, effects: &mut Vec<Effect>) {
    if slot.is_empty() && again(model, |what| matches!(what, Handing::Park { .. }), effects) {
        return;
    }
    let slot = match slot {
        "" => None,
        text => match text.parse::<ParkSlot>() {
            Ok(slot) => Some(slot),
            Err(why) => return say(model, Mood::Warn, why.to_string()),
        },
    };
    if let Some(call) = direct(model) {
        begin(model, Handing::Park { call, slot }, effects);
    }
}

/// Goes back from the one who is asked to the call that waits; whether somebody was asked.
pub(super) fn stop_asking(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let Some(asked) = model.board.consult().map(|(asked, _)| asked.view.call) else { return false };
    if let Some(live) = model.board.get_mut(asked) {
        live.hanging_up = true;
    }
    effects.push(Effect::Phone(Command::HangUp(asked)));
    true
}

/// Does something in a moment. What waited before was meant, and is done now, unless this is about the same call.
fn begin(model: &mut Model, what: Handing, effects: &mut Vec<Effect>) {
    let (call, with) = what.calls();
    let same = |pending: &Pending| pending.what.is_about(call) || with.is_some_and(|with| pending.what.is_about(with));
    if model.pending.as_ref().is_some_and(same) {
        model.pending = None;
    }
    carry_out(model, effects);
    model.pending = Some(Pending { what, until: model.now.plus(UNDO) });
    model.changed = true;
}

/// Does what waits to be taken back now.
pub(super) fn carry_out(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(pending) = model.pending.take() {
        effects.push(Effect::Phone(pending.what.command()));
        model.changed = true;
    }
}

/// Takes back what waits: a transfer, a park, a merge; or else the removal of a friend.
pub(super) fn undo(model: &mut Model) {
    if model.pending.take().is_some() {
        say(model, Mood::Good, desk::TAKEN_BACK);
    } else {
        actions::keep_friend(model);
    }
}

/// A call is over, or goes on as another one: what waits to be done with it is not done.
pub(super) fn forget(model: &mut Model, call: CallId) {
    let about = model.pending.as_ref().is_some_and(|pending| pending.what.is_about(call));
    if let Some(pending) = model.pending.take_if(|_| about) {
        let text = told(model, &pending.what);
        say(model, Mood::Warn, desk::nothing_left(&text));
    }
}

/// What is done soon, in words.
pub(crate) fn told(model: &Model, what: &Handing) -> String {
    let name = |call: &CallId| model.board.get(*call).map_or("the call", LiveCall::name);
    match what {
        Handing::Transfer { call, name: to, .. } => desk::going(name(call), to),
        Handing::Park { call, slot } => desk::parking(name(call), *slot),
        Handing::Merge { call, with } => desk::merging(name(call), name(with)),
    }
}

/// The key that does what waits at once, besides Enter.
pub(crate) fn hurry_key(model: &Model) -> String {
    let action = if model.board.consult().is_some() { Action::Complete } else { Action::Accept };
    model.key_of(action)
}
