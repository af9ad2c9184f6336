//! Friend requests and blocked people: what is told of them, and what is done about them.

use super::super::keys::Action;
use super::super::message::Effect;
use super::super::model::{ContactRow, Model, Mood, Popup, Question};
use super::say;
use crate::domain::call::Direction;
use crate::domain::id::{DisplayName, Identity};
use crate::domain::person::{FriendRequest, Person};
use crate::phone::command::Command;
use crate::texts::contacts as texts;

/// The open requests, as the phone told them.
pub(super) fn asked(model: &mut Model, requests: Vec<FriendRequest>) {
    let selected = model.contact_selected().map(|row| row.person().identity.clone());
    model.contacts.requests = requests;
    keep_selected(model, selected.as_ref());
}

/// A request was made: nothing opens, and nothing rings, as a call may go on.
pub(super) fn news(model: &mut Model, request: &FriendRequest, effects: &mut Vec<Effect>) {
    let name = request.person.display_name.as_str();
    match request.direction {
        Direction::Incoming => {
            say(model, Mood::Good, texts::asks(name, &model.key_of(Action::Requests)));
            if model.call().is_none() && !model.is_ringing() {
                effects.push(Effect::Notify(texts::notified(name)));
            }
        }
        Direction::Outgoing => say(model, Mood::Plain, texts::was_asked(name)),
    }
}

/// Opens the list.
pub(super) fn open(model: &mut Model) {
    model.popup = Some(Popup::Contacts(0));
}

/// Accepts who asks in the row selected; of the others, says what can be done.
pub(super) fn accept(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.contact_selected() {
        Some(ContactRow::Asks(request)) => {
            let who = request.person.identity.as_str().to_owned();
            effects.push(Effect::Phone(Command::AcceptFriend(who)));
        }
        Some(ContactRow::Asked(_) | ContactRow::Blocked(_)) => {
            let text = texts::take_away(&model.key_of(Action::Clear));
            say(model, Mood::Plain, text);
        }
        None => model.popup = None,
    }
}

/// Declines who asks in the row selected, withdraws what was asked, or blocks no more.
pub(super) fn clear(model: &Model, effects: &mut Vec<Effect>) {
    let Some(row) = model.contact_selected() else { return };
    let who = row.person().identity.as_str().to_owned();
    effects.push(Effect::Phone(match row {
        ContactRow::Asks(_) => Command::DeclineFriend(who),
        ContactRow::Asked(_) => Command::WithdrawFriend(who),
        ContactRow::Blocked(_) => Command::Unblock(who),
    }));
}

/// Asks whether to block whose call rings, or who is selected.
pub(super) fn ask_to_block(model: &mut Model) {
    match model.to_block().cloned() {
        Some(person) => model.popup = Some(Popup::Confirm(Question::Block(person))),
        None => say(model, Mood::Plain, texts::SELECT_SOMEBODY),
    }
}

/// It was said yes.
pub(super) fn block(model: &mut Model, who: &str, effects: &mut Vec<Effect>) {
    model.popup = None;
    effects.push(Effect::Phone(Command::Block(who.to_owned())));
}

/// What is typed about somebody by name.
pub(super) fn named(action: Action, who: &str, effects: &mut Vec<Effect>) {
    let who = who.to_owned();
    effects.push(Effect::Phone(match action {
        Action::AcceptFriend => Command::AcceptFriend(who),
        Action::DeclineFriend => Command::DeclineFriend(who),
        Action::WithdrawFriend => Command::WithdrawFriend(who),
        Action::Unblock => Command::Unblock(who),
        Action::DisplayName => Command::SetDisplayName(DisplayName::from(who)),
        _ => Command::Block(who),
    }));
}

/// Who is blocked, as the phone told it: who is new there, or is so no more, is news.
pub(super) fn blocked(model: &mut Model, people: Vec<Person>) {
    let selected = model.contact_selected().map(|row| row.person().identity.clone());
    let before = std::mem::replace(&mut model.contacts.blocked, people);
    if std::mem::replace(&mut model.contacts.known, true) {
        let is_in = |people: &[Person], who: &Person| people.iter().any(|one| one.identity == who.identity);
        let new = model.contacts.blocked.iter().find(|person| !is_in(&before, person));
        let gone = before.iter().find(|person| !is_in(&model.contacts.blocked, person));
        let new = new.map(|person| texts::blocked(person.display_name.as_str()));
        if let Some(text) = new.or_else(|| gone.map(|person| texts::unblocked(person.display_name.as_str()))) {
            say(model, Mood::Plain, text);
        }
    }
    keep_selected(model, selected.as_ref());
}

/// Whoever was selected stays so where rows come and go, or else the row stays one of the list: a key that is pressed at that
/// moment is meant for a person.
fn keep_selected(model: &mut Model, whom: Option<&Identity>) {
    let rows = model.contacts.rows();
    let last = rows.len().saturating_sub(1);
    let there = whom.and_then(|whom| rows.iter().position(|row| row.person().identity == *whom));
    if let Some(Popup::Contacts(selected)) = &mut model.popup {
        *selected = there.unwrap_or_else(|| (*selected).min(last));
    }
}
