//! A line that answers what is asked: yes or no, a number of what can be chosen, a name, a place, tones, a note.

use super::{number, own};
use crate::domain::dtmf::Tone;
use crate::domain::person::Person;
use crate::domain::place::Place;
use crate::phone::event::AudioDevice;
use crate::terminal::keys::Action;
use crate::terminal::message::{Effect, Subject};
use crate::terminal::model::{Choice, Input, Model, Mood, Naming, Popup, SoundPopup, SoundRow};
use crate::terminal::update::actions::{self, Trigger};
use crate::terminal::update::{choose, groups, history, palette, pick_up, say, sharing};
use crate::texts::plain;

/// Takes a line for the answer to what is asked, if something is and the line fits.
pub(super) fn answers(model: &mut Model, text: &str, effects: &mut Vec<Effect>) -> bool {
    let Some(popup) = &model.popup else { return false };
    let word = text.to_lowercase();
    match word.as_str() {
        "no" | "n" | "back" => {
            model.popup = None;
            effects.push(Effect::Tell(Subject::Said(plain::NOT_DONE.to_owned())));
            return true;
        }
        "yes" | "y" => return says_yes(model, effects),
        _ => {}
    }
    if let Some(choice) = number(text).and_then(|at| model.choices().into_iter().nth(at)) {
        take(model, choice, effects);
        return true;
    }
    let is_tones =
        |text: &str| text.chars().all(|c| c == ' ' || (!c.is_ascii_lowercase() && Tone::try_from(c).is_ok()));
    match popup {
        Popup::Keypad if is_tones(text) => palette::dtmf(model, text, effects),
        Popup::ShareWith(_) if text.contains([' ', ',']) => return share_with(model, text, effects),
        Popup::Dial(_) if is_named(model, text) => name(model, text, effects),
        _ if is_command(text) => return false,
        Popup::Dial(_) => name(model, text, effects),
        Popup::Join(_) => place(model, text, effects),
        Popup::Name(prompt) => {
            let naming = prompt.naming;
            call_it(model, naming, text, effects);
        }
        Popup::Note(_) => note(model, text, effects),
        Popup::Confirm(_) => effects.push(Effect::Tell(Subject::Question)),
        _ => return false,
    }
    true
}

fn is_command(text: &str) -> bool {
    palette::parse(text).is_some() || own(text).is_some()
}

/// Whether somebody who is offered is called exactly so, and it is no word about a call that must not wait.
fn is_named(model: &Model, text: &str) -> bool {
    let urgent = [Action::Answer, Action::Decline, Action::HangUp];
    let is_urgent = palette::parse(text).is_some_and(|(_, row, _)| urgent.contains(&row.action));
    let is_it = |choice: &Choice| matches!(choice, Choice::Person(person) if is_called(person, text));
    !is_urgent && model.choices().iter().any(is_it)
}

fn is_called(person: &Person, text: &str) -> bool {
    let display = person.display_name.as_str().to_lowercase();
    person.name.as_str().eq_ignore_ascii_case(text) || display == text.to_lowercase()
}

/// Yes: to a question, or to what is filled in already.
fn says_yes(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let filled = match &model.popup {
        Some(Popup::Dial(dial)) => !dial.input.trimmed().is_empty(),
        Some(Popup::Join(prompt)) => !prompt.input.trimmed().is_empty(),
        Some(Popup::Confirm(_)) => {
            actions::perform(model, Action::Yes, Trigger::Deliberate, effects);
            return true;
        }
        _ => false,
    };
    if filled {
        actions::perform(model, Action::Accept, Trigger::Deliberate, effects);
    }
    filled
}

/// Takes what was chosen by its number.
fn take(model: &mut Model, choice: Choice, effects: &mut Vec<Effect>) {
    match choice {
        Choice::Person(person) => match &model.popup {
            Some(Popup::Dial(dial)) => {
                let purpose = dial.purpose;
                let name = person.display_name.as_str().to_owned();
                choose::wanted(model, purpose, person.identity.as_str().to_owned(), &name, effects);
            }
            Some(Popup::ShareWith(_)) => {
                if let Some(Popup::ShareWith(choice)) = &mut model.popup {
                    choice.marked.insert(person.identity);
                }
                shared(model, effects);
            }
            _ => {}
        },
        Choice::PickUp(at) => pick_up::selected(model, at, effects),
        Choice::Presence(choice) => {
            let row = choose::CHOICES.iter().position(|known| *known == choice).unwrap_or(0);
            choose::presence(model, row, effects);
        }
        Choice::Device(which, at) => device(model, which, at, effects),
    }
}

fn device(model: &mut Model, which: AudioDevice, at: usize, effects: &mut Vec<Effect>) {
    let row = match which {
        AudioDevice::Microphone => SoundRow::Microphone,
        AudioDevice::Speaker => SoundRow::Speaker,
        AudioDevice::Ringer => SoundRow::Ringer,
    };
    model.popup = Some(Popup::Sound(SoundPopup { row, device: Some(at) }));
    actions::perform(model, Action::Accept, Trigger::Deliberate, effects);
    model.popup = None;
}

/// Several friends by their numbers.
fn share_with(model: &mut Model, text: &str, effects: &mut Vec<Effect>) -> bool {
    let numbers = text.split([' ', ',']).filter(|word| !word.is_empty()).map(number);
    let Some(numbers) = numbers.collect::<Option<Vec<usize>>>() else { return false };
    let friends: Option<Vec<_>> =
        numbers.into_iter().map(|at| Some(model.friends.list.get(at)?.person.identity.clone())).collect();
    let (Some(friends), Some(Popup::ShareWith(choice))) = (friends, &mut model.popup) else { return false };
    choice.marked.extend(friends);
    shared(model, effects);
    true
}

fn shared(model: &mut Model, effects: &mut Vec<Effect>) {
    sharing::with_friends(model, effects);
    model.popup = None;
}

/// A name for the entry that is open: taken where it is clear who is meant, or else asked again with those it could be.
fn name(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    let Some(Popup::Dial(dial)) = &mut model.popup else { return };
    dial.input = Input::new(text);
    dial.selected = 0;
    let purpose = dial.purpose;
    let people = dial.candidates(&model.friends.list);
    let exact: Vec<_> = people.iter().filter(|person| is_called(person, text)).collect();
    let meant = match (&exact[..], &people[..]) {
        ([one], _) => Some((**one).clone()),
        ([], [one]) => Some((*one).clone()),
        ([], []) => None,
        _ => return effects.push(Effect::Tell(Subject::Question)),
    };
    let (whom, name) = match &meant {
        Some(person) => (person.identity.as_str(), person.display_name.as_str()),
        None => (text, text),
    };
    choose::wanted(model, purpose, whom.to_owned(), name, effects);
}

fn place(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    match text.parse::<Place>() {
        Ok(_) => {
            model.popup = None;
            groups::join(model, text.to_owned(), effects);
        }
        Err(why) => say(model, Mood::Warn, why.to_string()),
    }
}

/// A name for a group; a dash is none.
fn call_it(model: &mut Model, naming: Naming, text: &str, effects: &mut Vec<Effect>) {
    model.popup = None;
    match naming {
        Naming::Start => groups::start(model, if text == "-" { "" } else { text }, effects),
        Naming::Create => groups::create(model, text, effects),
    }
}

/// A note; a dash takes the one there is away.
fn note(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    if let Some(Popup::Note(prompt)) = &mut model.popup {
        prompt.input = Input::new(if text == "-" { "" } else { text });
    }
    history::take(model, effects);
}
