//! How the screen's state changes: a message in, effects out. Reads no clock and does no input or output.

mod accounts;
mod actions;
mod call;
mod choose;
mod contacts;
mod desk;
mod desk_events;
mod favourites;
mod group_events;
mod groups;
mod history;
mod keys;
mod ladder;
mod lines;
mod links;
mod palette;
mod phone;
mod pick_up;
mod rules;
mod sharing;
mod sound;
mod talk;
mod tick;

pub(crate) use accounts::account_keys;
pub(crate) use choose::{CHOICES, shown_as};
pub(crate) use desk::{hurry_key, told as told_soon};
pub(crate) use lines::words;
pub(crate) use palette::suggestions;

use super::message::{Effect, Message, ScriptRecorded};
use super::model::{About, Entry, LiveCall, Model, Mood, Notice};
use crate::domain::person::Person;
use crate::domain::text::printable;
use crate::phone::event::Incoming;
use crate::texts;

/// How long a notice is shown, ms.
const NOTICE: i64 = 6000;

/// Takes a message in; what is to be done about it comes back.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let mut effects = Vec::new();
    let shown = model.board.shown_id();
    lines::begin(model, &message);
    match message {
        Message::Tick(now) => tick::tick(model, now, &mut effects),
        Message::Key(event) => keys::press(model, event, &mut effects),
        Message::FocusLost => talk::lose_focus(model, &mut effects),
        Message::TellsReleases(tells) => talk::learn(model, tells),
        Message::Line(text) => lines::typed(model, &text, &mut effects),
        Message::InputEnded => actions::leave(model, &mut effects),
        Message::Paste(text) => keys::paste(model, &text),
        Message::Copied(by) => sharing::copied(model, by),
        Message::Exported { file, failed } => history::exported(model, &file, failed),
        Message::ScriptRecorded(became) => script_recorded(model, became),
        Message::Resize => model.changed = true,
        Message::Phone(event) => {
            let picked = model.picked();
            phone::heard(model, event, &mut effects);
            pick_up::keep(model, picked);
        }
        Message::PhoneBusy => phone_busy(model),
        Message::Recorded(news) => ladder::recorded(model, news),
        Message::Explained(call, why) => ladder::explained(model, call, why),
        Message::Evidence(written) => ladder::written(model, written),
        Message::SignedOut { who, failed } => accounts::signed_out(model, &who, failed),
    }
    desk_events::settle(model, shown);
    links::show(model, &mut effects);
    talk::settle(model, &mut effects);
    lines::settle(model, &mut effects);
    retitle(model, &mut effects);
    effects
}

fn script_recorded(model: &mut Model, became: ScriptRecorded) {
    use crate::texts::screen;
    let shown = |file: &str| printable(file, 100);
    match became {
        ScriptRecorded::Begun(file) => say(model, Mood::Good, screen::script_begun(&shown(&file))),
        ScriptRecorded::Ended(file) => say(model, Mood::Good, screen::script_ended(&shown(&file))),
        ScriptRecorded::Nothing => say(model, Mood::Warn, screen::NO_SCRIPT),
        ScriptRecorded::Failed { file, why } => {
            say(model, Mood::Bad, screen::script_failed(&shown(&file), &printable(&why, 100)));
        }
    }
}

fn phone_busy(model: &mut Model) {
    model.board.live_mut().for_each(LiveCall::forget_asked);
    say(model, Mood::Bad, texts::screen::PHONE_BUSY);
}

/// Shows a line for a while, and keeps it in the events.
fn say(model: &mut Model, mood: Mood, text: impl Into<String>) {
    say_about(model, mood, About::Text, text);
}

/// The same, where it is known what it is about.
fn say_about(model: &mut Model, mood: Mood, about: About, text: impl Into<String>) {
    let text = printable(&text.into(), 400);
    note_about(model, mood, about, text.clone());
    model.notice = Some(Notice { text, mood, until: model.now.plus(NOTICE) });
}

/// Keeps a line in the events.
fn note(model: &mut Model, mood: Mood, text: impl Into<String>) {
    note_about(model, mood, About::Text, text);
}

/// The same, where it is known what it is about.
fn note_about(model: &mut Model, mood: Mood, about: About, text: impl Into<String>) {
    model.events.add(Entry { at: model.now, text: text.into(), mood, about });
    model.changed = true;
}

/// Who rings, and what for, as it is told `me`.
pub(crate) fn rings(incoming: &Incoming, me: Option<&Person>) -> String {
    let who = &texts::organisation::named(&incoming.from, me);
    match &incoming.group {
        Some(group) => {
            let name = group.name.as_ref().map_or("a group call", |name| name.as_str());
            texts::group::invites(who, name)
        }
        None => {
            let calls = texts::screen::calls(who);
            match &incoming.via {
                Some(via) => format!("{calls} ({})", texts::desk::via(via)),
                None => calls,
            }
        }
    }
}

/// Names the terminal after what matters most now.
fn retitle(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = match (model.board.first_ringing(), model.call()) {
        (Some(incoming), _) => Some(rings(incoming, model.me.as_ref())),
        (None, Some(call)) => Some(format!("{} - {}", call.name(), texts::state::call(call.view.state))),
        (None, None) => None,
    };
    let missed = Some(model.history.missed).filter(|missed| *missed > 0).map(texts::screen::missed);
    let parts: Vec<String> = [now, missed, Some(model.look.title.clone())].into_iter().flatten().collect();
    let title = parts.join(" - ");
    if title != model.title {
        model.title.clone_from(&title);
        effects.push(Effect::Title(title));
    }
}
