//! What is typed in plain mode, line by line: an answer to what is asked, a number of the list told last, or a command of the
//! palette. What would open as a picture on the screen becomes something to tell, or a question.

use super::super::keys::{Action, Row, TABLE};
use super::super::message::{Effect, Message, Subject};
use super::super::model::{Choice, Input, Model, Mood, Naming, Pane, Popup, Question, SoundPopup, SoundRow, part};
use super::actions::{self, Trigger};
use super::{choose, desk, groups, history, palette, pick_up, say, sharing};
use crate::config::nearest;
use crate::domain::dtmf::Tone;
use crate::domain::id::CallId;
use crate::domain::person::Person;
use crate::domain::place::Place;
use crate::domain::text::printable;
use crate::phone::command::Command;
use crate::phone::event::AudioDevice;
use crate::texts::plain;

/// The longest line that is taken, in characters.
const LONGEST: usize = 600;

/// How many commands are named that could have been meant.
const NEAREST: usize = 3;

/// The actions that are about pictures, or about moving in them.
const OF_PICTURES: [Action; 19] = [
    Action::Ladder,
    Action::Pause,
    Action::TimeMode,
    Action::Palette,
    Action::Repaint,
    Action::Next,
    Action::Previous,
    Action::PageDown,
    Action::PageUp,
    Action::First,
    Action::Last,
    Action::NextPane,
    Action::PreviousPane,
    Action::Mark,
    Action::More,
    Action::Less,
    Action::Clear,
    Action::Yes,
    Action::Help,
];

/// The commands that plain mode takes, in the order of the help.
pub(crate) fn words() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(|row| !OF_PICTURES.contains(&row.action))
}

/// A message begins: it is known then whether somebody typed.
pub(super) fn begin(model: &mut Model, message: &Message) {
    if let Some(typing) = &mut model.plain
        && !matches!(message, Message::Tick(_))
    {
        typing.answered = matches!(message, Message::Line(_));
    }
}

/// A line was typed.
pub(super) fn typed(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    let text = printable(text.trim(), LONGEST);
    if text.is_empty() {
        return;
    }
    model.changed = true;
    let (before, rang) = (standing(model), first_ringing(model));
    if !answers(model, &text, effects) {
        run(model, &text, effects);
    }
    let mut done: Vec<String> = done(effects).collect();
    if let Some(incoming) =
        model.board.first_ringing().filter(|incoming| rang.is_some_and(|call| call != incoming.call))
    {
        done.push(plain::meant(incoming.from.display_name.as_str()));
    }
    if done.is_empty() && effects.is_empty() && model.popup.is_none() && standing(model) == before {
        return effects.push(said(plain::NOTHING_CHANGED));
    }
    effects.extend(done.into_iter().map(said));
}

fn first_ringing(model: &Model) -> Option<CallId> {
    model.board.first_ringing().map(|incoming| incoming.call)
}

fn said(text: impl Into<String>) -> Effect {
    Effect::Tell(Subject::Said(text.into()))
}

/// What a line that was typed may change without anything that is done or asked: what was told, what waits, what is
/// selected.
fn standing(model: &Model) -> impl PartialEq + use<> {
    let waits = (model.pending.is_some(), model.friends.removal.is_some());
    (model.events.total, waits, model.board.shown_id(), model.shared.len(), model.ended.is_some())
}

/// What is told at once of what is done now: of these things, the phone tells only where they fail.
fn done(effects: &[Effect]) -> impl Iterator<Item = String> {
    let commands = effects.iter().filter_map(|effect| match effect {
        Effect::Phone(command) => Some(command),
        _ => None,
    });
    let tones: String = commands
        .clone()
        .filter_map(|command| match command {
            Command::Dtmf { tone, .. } => Some(tone.to_string()),
            _ => None,
        })
        .collect();
    let others = commands.filter_map(|command| match command {
        Command::NoteCall { note, .. } => Some(plain::NOTED[usize::from(note.is_none())].to_owned()),
        Command::UseMicrophone(_) | Command::UseSpeaker(_) => Some(plain::CHOSEN.to_owned()),
        Command::UseRinger(_) => Some(plain::CHOSEN.to_owned()),
        _ => None,
    });
    let sent = (!tones.is_empty()).then(|| plain::tones_sent(&tones));
    sent.into_iter().chain(others).collect::<Vec<_>>().into_iter()
}

/// What is open and no question is told, and closed.
pub(super) fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.plain.is_none() {
        return;
    }
    model.friends.filtering = false;
    model.history.filtering = false;
    let tell = match model.popup.take_if(|popup| !is_question(popup)) {
        Some(Popup::Share(share)) => Subject::Share(share.card),
        Some(Popup::Quality { .. }) => Subject::Quality,
        Some(Popup::Rules(_)) => Subject::Rules,
        Some(_) => return say(model, Mood::Plain, plain::ON_THE_SCREEN),
        None => return,
    };
    effects.push(Effect::Tell(tell));
}

/// Whether what is open asks for something that can be typed.
fn is_question(popup: &Popup) -> bool {
    matches!(
        popup,
        Popup::Dial(_)
            | Popup::Join(_)
            | Popup::Name(_)
            | Popup::Note(_)
            | Popup::Keypad
            | Popup::Presence(_)
            | Popup::PickUp(_)
            | Popup::ShareWith(_)
            | Popup::Sound(_)
            | Popup::Confirm(_)
    )
}

/// Takes a line for the answer to what is asked, if something is and the line fits.
fn answers(model: &mut Model, text: &str, effects: &mut Vec<Effect>) -> bool {
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

/// The place in a list that a text names by its number.
fn number(text: &str) -> Option<usize> {
    text.parse::<usize>().ok()?.checked_sub(1)
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

/// Runs a command; what was asked before it is not done.
fn run(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    let asked = model.popup.take();
    let listed = model.plain.as_ref().and_then(|typing| typing.listed);
    if let Some(at) = number(text) {
        return match listed {
            Some(pane) => pick(model, pane, at, effects),
            None => desk::pick(model, at + 1, effects),
        };
    }
    if let Some(subject) = own(text) {
        return effects.push(Effect::Tell(subject));
    }
    let Some((word, row, argument)) = palette::parse(text).filter(|(_, row, _)| row.action != Action::Yes) else {
        return unknown(model, text);
    };
    if OF_PICTURES.contains(&row.action) {
        return say(model, Mood::Plain, plain::ON_THE_SCREEN);
    }
    if let (Action::Dial, Some(at), Some(pane)) = (row.action, number(argument), listed) {
        pick(model, pane, at, effects);
        if let Some(peer) = actions::selected(model) {
            actions::meet(model, &peer, effects);
        }
        return;
    }
    if matches!(asked, Some(Popup::Confirm(Question::Quit))) && row.action == Action::Quit {
        model.popup = asked;
    }
    command(model, word, row.action, argument, effects);
}

fn command(model: &mut Model, word: &str, action: Action, argument: &str, effects: &mut Vec<Effect>) {
    list(model, None);
    let muted = model.board.heard_mut().map(|live| live.mute_asked.unwrap_or(live.view.muted));
    let held =
        model.board.active().filter(|live| live.is_connected() && model.board.shown_id() == Some(live.view.call));
    let held = held.map(|live| live.hold_asked.unwrap_or_else(|| live.is_held_here()));
    match (action, argument) {
        (Action::Hold, _) if held == Some(word == "hold") => effects.push(said(plain::NOTHING_CHANGED)),
        (Action::Mute, _) if muted == Some(word == "mute") => effects.push(Effect::Tell(Subject::Microphone)),
        (Action::Undo, _) if model.pending.is_none() && model.friends.removal.is_none() => {
            say(model, Mood::Plain, plain::NOTHING_TO_UNDO);
        }
        (Action::Back, _) if model.board.consult().is_none() => say(model, Mood::Plain, plain::NOTHING_ASKED),
        (Action::Profile | Action::Echo | Action::Noise | Action::Gain, "") => {
            effects.push(said(setting(model, action)));
            effects.push(Effect::Tell(Subject::Help(word.to_owned())));
        }
        (Action::MicrophoneVolume | Action::SpeakerVolume | Action::RingVolume, "") => {
            effects.push(said(setting(model, action)));
            effects.push(Effect::Tell(Subject::Help(word.to_owned())));
        }
        (Action::Filter, "") => say(model, Mood::Plain, plain::FILTER_WHAT),
        _ => palette::carry_out(model, word, action, argument, effects),
    }
    let pane = match action {
        Action::Friends => Pane::Friends,
        Action::Groups => Pane::Groups,
        Action::People => Pane::People,
        Action::History => Pane::History,
        Action::Events => Pane::Events,
        Action::Filter if !argument.is_empty() => model.focus,
        _ => return,
    };
    if model.focus == pane {
        list(model, Some(pane));
        effects.push(Effect::Tell(Subject::List(pane)));
    }
}

/// How the sound is set now, of what an action sets.
fn setting(model: &Model, action: Action) -> String {
    let now = &model.sound;
    let wished = |row| part(row, now).map_or("auto", |part| part.wished);
    let volume = |which, db| plain::setting(&plain::volume_of(which), &crate::texts::sound::volume(db));
    match action {
        Action::Echo => plain::setting(plain::ECHO, wished(SoundRow::Echo)),
        Action::Noise => plain::setting(plain::NOISE, wished(SoundRow::Noise)),
        Action::Gain => plain::setting(plain::GAIN, wished(SoundRow::Gain)),
        Action::MicrophoneVolume => volume(AudioDevice::Microphone, now.microphone_db),
        Action::SpeakerVolume => volume(AudioDevice::Speaker, now.speaker_db),
        Action::RingVolume => volume(AudioDevice::Ringer, now.ringer_db),
        _ => plain::setting(plain::PROFILE, now.profile.as_str()),
    }
}

fn list(model: &mut Model, pane: Option<Pane>) {
    if let Some(typing) = &mut model.plain {
        typing.listed = pane;
    }
    if pane.is_none() {
        // What a list was narrowed by is over with it.
        model.friends.filter.clear();
        model.history.filter.clear();
        model.history.search_at = None;
    }
}

/// Selects a row of a list.
fn pick(model: &mut Model, pane: Pane, at: usize, effects: &mut Vec<Effect>) {
    let count = match pane {
        Pane::Friends => model.friends.shown().count(),
        Pane::Groups => model.groups.list.len(),
        Pane::History => model.history.shown().len(),
        Pane::People | Pane::Events => 0,
    };
    if at >= count {
        return say(model, Mood::Warn, plain::no_row(at + 1));
    }
    model.focus = pane;
    choose::step(model, isize::MIN);
    choose::step(model, isize::try_from(at).unwrap_or(0));
    let name = actions::selected(model).map_or_else(String::new, |peer| crate::texts::state::peer(&peer).to_owned());
    effects.push(Effect::Tell(Subject::Said(plain::selected(&name, pane == Pane::Groups))));
}

/// The words of plain mode alone.
fn own(text: &str) -> Option<Subject> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match word.to_lowercase().as_str() {
        "where" if rest.is_empty() => Some(Subject::Where),
        "help" | "keys" => Some(Subject::Help(rest.trim().to_lowercase())),
        _ => None,
    }
}

/// Says that there is no such command, and which ones are like it.
fn unknown(model: &mut Model, text: &str) {
    if matches!(text.to_lowercase().as_str(), "yes" | "y" | "no" | "n") {
        return say(model, Mood::Plain, plain::NOTHING_ASKED);
    }
    let word = text.split(' ').next().unwrap_or(text).to_lowercase();
    let known = || words().flat_map(|row| row.words.iter().copied()).chain(["where", "help"]);
    let slip = nearest(&word, known());
    let begun = known().filter(|known| word.len() > 1 && known.starts_with(word.as_str()));
    let mut like: Vec<&str> = slip.into_iter().chain(begun).collect();
    like.dedup();
    like.truncate(NEAREST);
    say(model, Mood::Warn, plain::no_command(text, &like));
}
