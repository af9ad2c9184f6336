//! What is asked, with the answers to choose from by number.

use std::mem::{Discriminant, discriminant};

use crate::phone::event::AudioDevice;
use crate::terminal::message::{Effect, Subject};
use crate::terminal::model::{Choice, Model, Naming, Pickable, Popup, Purpose, Question, device_rows};
use crate::texts::{accounts, clock, contacts, group, plain, screen, sound, state};

/// What was asked last.
#[derive(Debug, Default)]
pub(super) struct Asked {
    what: Option<(Discriminant<Popup>, usize)>,
}

impl Asked {
    /// Asks what is new, or was asked for once more; says that something is asked no more where nobody answered it.
    pub(super) fn tell(&mut self, model: &Model, effects: &[Effect], lines: &mut Vec<String>) {
        let now = model.popup.as_ref().map(|popup| (discriminant(popup), of_devices(model, popup)));
        let again = effects.contains(&Effect::Tell(Subject::Question));
        let withdrawn =
            self.what.is_some() && now.is_none() && !model.plain.as_ref().is_some_and(|plain| plain.answered);
        if withdrawn {
            lines.push(plain::WITHDRAWN.to_owned());
        }
        if let Some(popup) = model.popup.as_ref().filter(|_| again || now != self.what) {
            ask(model, popup, lines);
        }
        self.what = now;
    }
}

/// How many devices there are to choose from: they may be listed after that was asked for.
fn of_devices(model: &Model, popup: &Popup) -> usize {
    if matches!(popup, Popup::Sound(_)) { model.choices().len() } else { 0 }
}

fn ask(model: &Model, popup: &Popup, lines: &mut Vec<String>) {
    let choices: Vec<String> = model.choices().iter().map(|choice| choice_row(model, choice)).collect();
    let question = match popup {
        Popup::Dial(dial) => {
            let what = match dial.purpose {
                Purpose::Call => plain::WHOM[0],
                Purpose::AddFriend => plain::WHOM[1],
                Purpose::Invite(_) => plain::WHOM[2],
                Purpose::Transfer(_) => plain::WHOM[3],
                Purpose::Consult(_) => plain::WHOM[4],
                Purpose::Forward(_) => plain::WHOM[5],
                Purpose::Except => plain::WHOM[6],
            };
            let filled = dial.input.trimmed();
            match (choices.is_empty(), filled.is_empty()) {
                (false, _) => format!("{what} {}", plain::TYPE_NAME[0]),
                (true, true) => format!("{what} {}", plain::TYPE_NAME[1]),
                (true, false) => format!("{what} {filled}? {}", plain::TYPE_NAME[2]),
            }
        }
        Popup::Join(prompt) if prompt.input.trimmed().is_empty() => plain::WHERE.to_owned(),
        Popup::Join(prompt) => format!("{} {}? {}", plain::JOIN, prompt.input.trimmed(), plain::YES_OR_NO),
        Popup::Name(prompt) => match prompt.naming {
            Naming::Start => plain::NAME_NEW.to_owned(),
            Naming::Create => plain::NAME_KEPT.to_owned(),
        },
        Popup::Note(prompt) => plain::note(&prompt.who, &prompt.before),
        Popup::Keypad => plain::TONES.to_owned(),
        Popup::Presence(_) => plain::WHICH_PRESENCE.to_owned(),
        Popup::PickUp(_) => plain::WHICH_PICKED_UP.to_owned(),
        Popup::ShareWith(_) => plain::SHARE_WITH.to_owned(),
        Popup::Sound(_) if choices.is_empty() => plain::DEVICES_COME.to_owned(),
        Popup::Sound(_) => plain::WHICH_DEVICE.to_owned(),
        Popup::Confirm(question) => format!("{} {}", confirm(model, question), plain::YES_OR_NO),
        // What else opens is closed before it is seen here.
        _ => return,
    };
    lines.push(question);
    lines.extend((1..).zip(choices).map(|(number, choice)| plain::row(number, &choice)));
}

fn confirm(model: &Model, question: &Question) -> String {
    match question {
        Question::Quit => screen::LEAVING_HANGS_UP.to_owned(),
        Question::EndForAll => {
            let (name, here) = model.group_call().map_or(("", 0), |live| (live.name(), live.roster.here));
            group::end_for_all(name, here)
        }
        Question::Block(person) => contacts::block(person.display_name.as_str()),
        Question::RemoveGroup { title, mine, .. } => group::give_up(title, *mine),
        Question::SignOut(who) => accounts::sign_out(&who.to_string()),
    }
}

fn choice_row(model: &Model, choice: &Choice) -> String {
    match choice {
        Choice::Person(person) => {
            let friend = model.friends.list.iter().find(|friend| friend.person.identity == person.identity);
            match friend {
                Some(friend) => format!("{}, {}", person.display_name, state::presence(friend.presence.state)),
                None => format!("{} ({})", person.display_name, person.name),
            }
        }
        Choice::PickUp(at) => model.pickable().get(*at).map_or_else(String::new, |pickable| match pickable {
            Pickable::Ringing(friend) => format!("what rings at {}", friend.person.display_name),
            Pickable::Parked(parked) => {
                let waits = clock::span(model.now.since(parked.since));
                format!(
                    "slot {}, {}, parked by {}, waiting for {waits}",
                    parked.slot, parked.person.display_name, parked.by.display_name
                )
            }
        }),
        Choice::Presence(choice) => format!("{}, {}", state::choice(*choice), state::choice_means(*choice)),
        Choice::Device(which, at) => device(model, *which, *at),
    }
}

fn device(model: &Model, which: AudioDevice, at: usize) -> String {
    let rows = model.devices.as_ref().map(|devices| device_rows(which, devices, &model.sound)).unwrap_or_default();
    let Some(row) = rows.get(at) else { return String::new() };
    let name = match (row.info, at, which) {
        (Some(info), ..) => crate::domain::text::printable(&info.name, 100),
        (None, 0, AudioDevice::Ringer) => plain::WHERE_CALLS_ARE.to_owned(),
        (None, ..) => plain::SYSTEMS_DEFAULT.to_owned(),
    };
    let now = if row.current { plain::CHOSEN_NOW } else { "" };
    format!("{} {name}{now}", sound::device(which))
}
