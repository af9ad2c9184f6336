//! Past calls: searched, noted, seen to be missed.

use super::super::keys::Action;
use super::super::message::Effect;
use super::super::model::{About, Input, Model, Mood, Pane, Popup};
use super::{note_about as keep_about, say};
use crate::domain::call::Peer;
use crate::domain::id::CallId;
use crate::domain::record::{CallNote, CallRecord, HistoryFilter, Outcome};
use crate::domain::text::printable;
use crate::phone::command::Command;
use crate::phone::event::Link;
use crate::texts::{self, screen, state};

/// How long after the last key the service is asked, ms.
const SEARCH_AFTER: i64 = 150;

/// A record is new, complete, or noted.
pub(super) fn recorded(model: &mut Model, record: CallRecord, effects: &mut Vec<Effect>) {
    // A note about a call missed long ago is no news of it.
    let is_news = match model.history.known(record.call_id) {
        Some(known) => known.outcome != Outcome::Missed,
        None => record.note.is_none(),
    };
    if record.outcome == Outcome::Missed && is_news {
        let text = screen::missed_from(state::peer(&record.with));
        keep_about(model, Mood::Warn, About::Missed(record.call_id), text.clone());
        effects.push(Effect::Notify(text));
    }
    model.history.add(record);
}

/// Somebody looks at the list: what was missed is seen now.
pub(super) fn look(model: &Model, effects: &mut Vec<Effect>) {
    if model.history.missed > 0 && model.link.link == Link::Up {
        effects.push(Effect::Phone(Command::SeeMissed));
    }
}

/// Opens the entry for a note.
pub(super) fn ask(model: &mut Model) {
    match model.note_prompt() {
        Some(prompt) => model.popup = Some(Popup::Note(prompt)),
        None => nothing_to_note(model),
    }
}

/// Notes what the entry holds; an emptied one takes the note away.
pub(super) fn take(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(Popup::Note(prompt)) = model.popup.take()
        && prompt.input.trimmed() != prompt.before
    {
        write(prompt.call, prompt.input.trimmed(), effects);
    }
}

/// Notes `text`, as the palette's command says.
pub(super) fn note(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    match model.note_prompt() {
        Some(prompt) => write(prompt.call, text, effects),
        None => nothing_to_note(model),
    }
}

fn write(call: CallId, text: &str, effects: &mut Vec<Effect>) {
    let note: Option<CallNote> = text.parse().ok();
    effects.push(Effect::Phone(Command::NoteCall { call, note }));
}

fn nothing_to_note(model: &mut Model) {
    let text = screen::nothing_to_note(&model.key_of(Action::History));
    say(model, Mood::Plain, text);
}

/// Begins to search the records.
pub(super) fn filter(model: &mut Model) {
    model.history.filtering = true;
}

/// Searches the records for `text`.
pub(super) fn search_for(model: &mut Model, text: &str) {
    model.history.filter = Input::new(text);
    retyped(model);
}

/// Another text is searched for: the service is asked a little later, if it may know more.
pub(super) fn retyped(model: &mut Model) {
    let more = model.history.is_cut() && !model.history.filter.trimmed().is_empty();
    model.history.search_at = more.then(|| model.now.plus(SEARCH_AFTER));
}

/// Asks the service for what fits the text.
pub(super) fn search(model: &mut Model, effects: &mut Vec<Effect>) {
    model.history.search_at = None;
    let text = Some(model.history.filter.trimmed().to_owned());
    effects.push(Effect::Phone(Command::SearchHistory(HistoryFilter { text, ..HistoryFilter::default() })));
}

/// Ends the search, if there is one where the focus is.
pub(super) fn clear(model: &mut Model) -> bool {
    let searched = model.focus == Pane::History && (model.history.filtering || !model.history.filter.text().is_empty());
    if searched {
        model.history.filtering = false;
        model.history.filter.clear();
        model.history.search_at = None;
    }
    searched
}

/// Somebody rings or is called: notes about them may have to be asked for.
pub(super) fn recall(model: &mut Model, peer: &Peer, effects: &mut Vec<Effect>) {
    if let Some(person) = peer.person()
        && model.history.wonders_about(&person.identity)
    {
        let with = Some(person.identity.clone());
        effects.push(Effect::Phone(Command::SearchHistory(HistoryFilter { with, ..HistoryFilter::default() })));
    }
}

/// Has the records listed written into a file.
pub(super) fn export(model: &Model, file: &str, effects: &mut Vec<Effect>) {
    let table = texts::history::csv(model.history.shown());
    effects.push(Effect::Export { file: file.to_owned(), table });
}

/// The records are in the file, or could not be written there.
pub(super) fn exported(model: &mut Model, file: &str, failed: Option<String>) {
    let mood = if failed.is_some() { Mood::Bad } else { Mood::Good };
    let (file, failed) = (printable(file, 100), failed.map(|why| printable(&why, 100)));
    say(model, mood, screen::exported(&file, failed.as_deref()));
}
