//! What is typed in plain mode, line by line: an answer to what is asked, a number of the list told last, or a command of the
//! palette. What would open as a picture on the screen becomes something to tell, or a question.

mod answers;

use super::super::keys::{Action, Row, TABLE};
use super::super::message::{Effect, Message, Subject};
use super::super::model::{Model, Mood, Pane, Popup, Question, SoundRow, part};
use super::{actions, choose, desk, palette, say};
use crate::config::nearest;
use crate::domain::id::CallId;
use crate::domain::text::printable;
use crate::phone::command::Command;
use crate::phone::event::AudioDevice;
use crate::texts::{plain, sound, state};

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
    if !answers::answers(model, &text, effects) {
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
        Some(Popup::Contacts(_)) => Subject::Contacts,
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

/// The place in a list that a text names by its number.
fn number(text: &str) -> Option<usize> {
    text.parse::<usize>().ok()?.checked_sub(1)
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
        (
            Action::Profile
            | Action::Echo
            | Action::Noise
            | Action::Gain
            | Action::MicrophoneVolume
            | Action::SpeakerVolume
            | Action::RingVolume,
            "",
        ) => {
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
    let volume = |which, db| plain::setting(&plain::volume_of(which), &sound::volume(db));
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
    let name = actions::selected(model).map_or_else(String::new, |peer| state::peer(&peer).to_owned());
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
