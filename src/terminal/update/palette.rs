//! The command line: words of the key table, some with an argument behind them.

use super::super::keys::{Action, Row, TABLE};
use super::super::message::Effect;
use super::super::model::{Input, Model, Mood, Pane, Popup, Purpose};
use super::actions::{self, Trigger};
use super::{accounts, call, choose, contacts, desk, favourites, groups, history, pick_up, rules, say, sound, talk};
use crate::domain::dtmf::Tone;
use crate::domain::presence::PresenceChoice;
use crate::phone::command::Command;
use crate::texts::screen;

/// The commands that fit what is typed, best first: those that begin with it, then those that hold its letters in order.
/// Each comes with its row.
pub(crate) fn suggestions(typed: &str) -> impl Iterator<Item = (&'static str, &'static Row)> {
    let typed = typed.trim_start().to_lowercase();
    let exact = parse(&typed).map(|(word, ..)| word);
    let all = || TABLE.iter().flat_map(|row| row.words.iter().map(move |word| (*word, row)));
    let (first, second, third) = (typed.clone(), typed.clone(), typed);
    let given = all().filter(move |(word, _)| Some(*word) == exact);
    let begin = all().filter(move |(word, _)| Some(*word) != exact && word.starts_with(first.as_str()));
    let hold = all().filter(move |(word, _)| {
        Some(*word) != exact && exact.is_none() && !word.starts_with(second.as_str()) && holds(word, &third)
    });
    given.chain(begin).chain(hold)
}

/// Whether `word` holds the characters of `typed` in their order.
fn holds(word: &str, typed: &str) -> bool {
    let mut rest = word.chars();
    typed.chars().filter(|c| *c != ' ').all(|wanted| rest.any(|c| c == wanted))
}

/// The command a text begins with (the longest), its row, and the text behind it.
pub(super) fn parse(text: &str) -> Option<(&'static str, &'static Row, &str)> {
    let words = TABLE.iter().flat_map(|row| row.words.iter().map(move |word| (*word, row)));
    words
        .filter_map(|(word, row)| {
            let start = text.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word))?;
            let rest = &text[start.len()..];
            let whole = rest.is_empty() || (rest.starts_with(' ') && !row.argument.is_empty());
            whole.then(|| (word, row, rest.trim()))
        })
        .max_by_key(|(word, ..)| word.len())
}

/// Whether a suggestion is only typed out, not run: it lacks its argument, or it hangs up, answers or hands on,
/// which takes a whole word.
fn wants_more(row: &Row) -> bool {
    let needs_argument = !row.argument.is_empty() && !row.argument.starts_with('[');
    needs_argument || matches!(row.action, Action::HangUp | Action::Answer | Action::Complete | Action::Quit)
}

/// Runs what is typed; what is no command is taken for the suggestion selected.
pub(super) fn run(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Popup::Palette(palette)) = &mut model.popup else { return };
    let typed = palette.input.trimmed().to_owned();
    let chosen = suggestions(&typed).nth(palette.selected);
    let command = match (parse(&typed), chosen) {
        (Some(command), _) if palette.selected == 0 => Some(command),
        (_, Some((word, row))) if !wants_more(row) => Some((word, row, "")),
        (_, Some((word, _))) => {
            palette.input = Input::new(&format!("{word} "));
            palette.selected = 0;
            return;
        }
        (_, None) => None,
    };
    if typed.is_empty() && palette.selected == 0 {
        model.popup = None;
        return;
    }
    match command {
        Some((word, row, argument)) => {
            model.popup = None;
            carry_out(model, word, row.action, argument, effects);
        }
        None => {
            let text = screen::no_command(&typed, &model.key_of(Action::Help));
            say(model, Mood::Warn, text);
        }
    }
}

pub(super) fn carry_out(model: &mut Model, word: &str, action: Action, argument: &str, effects: &mut Vec<Effect>) {
    match (action, argument) {
        (Action::Mute, _) => call::mute(model, Some(word == "mute"), effects),
        (Action::PushToTalk, how) => talk::command(model, how, effects),
        (Action::Hold, _) => call::hold(model, Some(word == "hold"), effects),
        (Action::Presence, _) => presence(model, word, effects),
        (
            Action::Microphone
            | Action::Speaker
            | Action::Ringer
            | Action::Profile
            | Action::Echo
            | Action::Noise
            | Action::Gain
            | Action::MicrophoneVolume
            | Action::SpeakerVolume
            | Action::RingVolume,
            text,
        ) => sound::command(model, action, text, effects),
        (Action::Export, file) if !file.is_empty() => history::export(model, file, effects),
        (Action::RecordScript, file) if !file.is_empty() => effects.push(Effect::RecordScript(Some(file.to_owned()))),
        (Action::Note, text) if !text.is_empty() => history::note(model, text, effects),
        (Action::Filter, text) if !text.is_empty() && model.focus == Pane::History => history::search_for(model, text),
        (Action::Filter, text) if !text.is_empty() => {
            model.focus = Pane::Friends;
            model.friends.filter = Input::new(text);
        }
        (Action::Keypad, tones) if !tones.is_empty() => dtmf(model, tones, effects),
        (Action::Dial, row) if is_row(model, row) => desk::pick_named(model, row, effects),
        (Action::Pick, row) => desk::pick_named(model, row, effects),
        (Action::Transfer, to) if !to.is_empty() => desk::transfer_shown(model, to, effects),
        (Action::Consult, who) if !who.is_empty() => desk::consult_shown(model, who, effects),
        (Action::Complete, row) if !row.is_empty() => desk::complete_row(model, row, effects),
        (Action::Merge, row) => desk::merge(model, row, effects),
        (Action::Park, slot) => desk::park(model, slot, effects),
        (Action::PickUp, what) if !what.is_empty() => pick_up::named(model, what, effects),
        (Action::Direct, number) => favourites::direct_named(model, number, effects),
        (Action::Favour, who) if !who.is_empty() => favourites::named(model, who, effects),
        (Action::Forward, rule) if !rule.is_empty() => rules::forward_named(model, rule, effects),
        (Action::Except, who) if !who.is_empty() => rules::except_named(who, effects),
        (Action::LetPickUp, who) if !who.is_empty() => rules::let_pick_up(model, who, effects),
        (Action::Accounts, who) if !who.is_empty() => accounts::named(model, who, effects),
        (Action::Dial, to) if !to.is_empty() => call::start(model, to.to_owned(), effects),
        (
            Action::AcceptFriend
            | Action::DeclineFriend
            | Action::WithdrawFriend
            | Action::Block
            | Action::Unblock
            | Action::DisplayName,
            who,
        ) if !who.is_empty() => contacts::named(action, who, effects),
        (Action::AddFriend, who) if !who.is_empty() => effects.push(Effect::Phone(Command::AddFriend(who.to_owned()))),
        (Action::Join, place) if !place.is_empty() => groups::join(model, place.to_owned(), effects),
        (Action::StartGroup, name) if !name.is_empty() => groups::start(model, name, effects),
        (Action::CreateGroup, name) if !name.is_empty() => groups::create(model, name, effects),
        (Action::Share, group) if !group.is_empty() => {
            effects.push(Effect::Phone(Command::ShowGroup(group.to_owned())));
        }
        (Action::Invite, who) if !who.is_empty() => groups::invite(model, None, who.to_owned(), who, effects),
        (Action::Remove, _) => {
            model.focus = if word == "remove group" { Pane::Groups } else { Pane::Friends };
            actions::perform(model, action, Trigger::Deliberate, effects);
        }
        (Action::Dial, _) => choose::open(model, Purpose::Call, "", effects),
        (action, _) => actions::perform(model, action, Trigger::Deliberate, effects),
    }
}

/// Whether a text is the number of a row of the board.
fn is_row(model: &Model, text: &str) -> bool {
    text.parse().is_ok_and(|number| model.board.row(number).is_some())
}

fn presence(model: &mut Model, word: &str, effects: &mut Vec<Effect>) {
    let choice = match word {
        "online" => PresenceChoice::Online,
        "away" => PresenceChoice::Away,
        "dnd" => PresenceChoice::DoNotDisturb,
        _ => return actions::perform(model, Action::Presence, Trigger::Deliberate, effects),
    };
    effects.push(Effect::Phone(Command::SetPresence(choice)));
}

/// Sends tones one after another; all of them, or none when one is no tone.
pub(super) fn dtmf(model: &mut Model, tones: &str, effects: &mut Vec<Effect>) {
    let tones: Result<Vec<Tone>, _> = tones.chars().filter(|c| *c != ' ').take(32).map(Tone::try_from).collect();
    match tones {
        Ok(tones) => tones.into_iter().for_each(|tone| call::dtmf(model, tone, effects)),
        Err(error) => say(model, Mood::Warn, error.to_string()),
    }
}
