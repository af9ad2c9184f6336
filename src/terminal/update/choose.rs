//! Choosing from lists: people, devices, presence; and moving in whatever list has the focus.

use super::super::message::Effect;
use super::super::model::{Dial, LiveCall, Model, Pane, Popup, Purpose, device_rows, rule_rows};
use super::{accounts, call, desk, groups, palette, rules};
use crate::domain::presence::{PresenceChoice, PresenceState};
use crate::domain::time::UnixMillis;
use crate::phone::command::Command;

/// How long after the last key people are searched, ms.
const SEARCH_AFTER: i64 = 150;

/// The presences to choose from, in order.
pub(crate) const CHOICES: [PresenceChoice; 3] =
    [PresenceChoice::Online, PresenceChoice::Away, PresenceChoice::DoNotDisturb];

/// What others see of a choice, outside of calls.
pub(crate) fn shown_as(choice: PresenceChoice) -> PresenceState {
    match choice {
        PresenceChoice::Online => PresenceState::Online,
        PresenceChoice::Away => PresenceState::Away,
        PresenceChoice::DoNotDisturb => PresenceState::DoNotDisturb,
    }
}

/// Opens the entry for a person; a text given is searched at once.
pub(super) fn open(model: &mut Model, purpose: Purpose, text: &str, effects: &mut Vec<Effect>) {
    let mut dial = Dial::new(purpose, text);
    let call = purpose.call().filter(|_| purpose.hands_on()).and_then(|call| model.board.get(call));
    let not = call.and_then(LiveCall::other_side).or_else(|| model.me.as_ref().filter(|_| purpose.is_rule()));
    dial.without = not.map(|person| person.identity.clone());
    search(&dial, effects);
    model.popup = Some(Popup::Dial(dial));
}

/// The text of the entry changed: its people are looked for anew, a little later.
pub(super) fn retyped(dial: &mut Dial, now: UnixMillis) {
    dial.selected = 0;
    dial.search_at = Some(now.plus(SEARCH_AFTER));
}

/// Asks for the people the text of the entry could mean.
pub(super) fn search(dial: &Dial, effects: &mut Vec<Effect>) {
    let text = dial.input.trimmed();
    if !text.is_empty() {
        effects.push(Effect::Phone(Command::SearchPeople(text.to_owned())));
    }
}

/// Takes the person of the entry: the row selected, or else the text as typed.
pub(super) fn take(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Popup::Dial(dial)) = &model.popup else { return };
    let text = dial.input.trimmed();
    let chosen = dial.chosen(&model.friends.list).map(|person| person.identity.as_str());
    let whom = chosen.unwrap_or(text).to_owned();
    let name = dial.chosen(&model.friends.list).map_or(text, |person| person.display_name.as_str()).to_owned();
    let purpose = dial.purpose;
    if whom.is_empty() {
        return;
    }
    wanted(model, purpose, whom, &name, effects);
}

/// Somebody was chosen, called `name` on the screen.
pub(super) fn wanted(model: &mut Model, purpose: Purpose, whom: String, name: &str, effects: &mut Vec<Effect>) {
    model.popup = None;
    match purpose {
        Purpose::Call => call::start(model, whom, effects),
        Purpose::AddFriend => effects.push(Effect::Phone(Command::AddFriend(whom))),
        Purpose::Invite(call) => groups::invite(model, Some(call), whom, name, effects),
        Purpose::Transfer(call) => desk::transfer(model, call, whom, name.to_owned(), effects),
        Purpose::Consult(call) => desk::consult(model, call, whom, effects),
        Purpose::Forward(_) | Purpose::Except => rules::chosen(model, purpose, whom, effects),
    }
}

pub(super) fn presence(model: &mut Model, row: usize, effects: &mut Vec<Effect>) {
    model.popup = None;
    if let Some(choice) = CHOICES.get(row) {
        effects.push(Effect::Phone(Command::SetPresence(*choice)));
    }
}

/// Moves the selection of whatever has the focus `by` rows.
pub(super) fn step(model: &mut Model, by: isize) {
    let (pickable, rules) = (model.pickable().len(), rule_rows(&model.rules).len());
    let contacts = model.contacts.rows().len();
    let accounts = accounts::rows(model);
    match &mut model.popup {
        Some(Popup::PickUp(row)) => *row = moved(*row, by, pickable),
        Some(Popup::Accounts(row)) => *row = moved(*row, by, accounts),
        Some(Popup::Rules(row)) => *row = moved(*row, by, rules),
        Some(Popup::Contacts(row)) => *row = moved(*row, by, contacts),
        Some(Popup::Dial(dial)) => {
            let rows = dial.candidates(&model.friends.list).len();
            dial.selected = moved(dial.selected, by, rows);
        }
        Some(Popup::Palette(line)) => {
            let rows = palette::suggestions(line.input.text()).count();
            line.selected = moved(line.selected, by, rows);
        }
        Some(Popup::Help { scroll, .. }) => *scroll = moved(*scroll, by, super::super::view::HELP_ROWS),
        Some(Popup::Sound(popup)) => match (&mut popup.device, popup.row.device()) {
            (Some(selected), Some(which)) => {
                let devices = model.devices.as_ref();
                let rows = devices.map_or(0, |devices| device_rows(which, devices, &model.sound).len());
                *selected = moved(*selected, by, rows);
            }
            (_, None) | (None, _) => popup.row = popup.row.moved(by),
        },
        Some(Popup::Quality { scroll }) => {
            let rows = model.board.shown().and_then(|call| call.quality.as_ref()).map_or(0, |q| q.heard.len());
            *scroll = moved(*scroll, by, rows + super::super::view::QUALITY_ROWS);
        }
        Some(Popup::Presence(row)) => *row = moved(*row, by, CHOICES.len()),
        Some(Popup::ShareWith(choice)) => choice.selected = moved(choice.selected, by, model.friends.list.len()),
        Some(Popup::Ladder(ladder)) => ladder.step(by),
        Some(
            Popup::Keypad | Popup::Confirm(_) | Popup::Join(_) | Popup::Name(_) | Popup::Note(_) | Popup::Share(_),
        ) => {}
        None => match model.focus {
            _ if model.friends.filtering => model.friends.select(by),
            Pane::Friends => model.friends.select(by),
            Pane::Groups => model.groups.select(by),
            Pane::People => {
                if let Some(call) = model.board.shown_mut() {
                    call.roster.select(by, &call.view.participants);
                }
            }
            Pane::History => model.history.select(by),
            Pane::Events => model.events.scroll(by),
        },
    }
}

fn moved(selected: usize, by: isize, rows: usize) -> usize {
    selected.saturating_add_signed(by).min(rows.saturating_sub(1))
}
