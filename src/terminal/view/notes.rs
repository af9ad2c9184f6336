//! Notes about calls: the newest one about whom matters now, and the entry for one.

use ratatui::layout::{Position, Rect};

use super::paper::Paper;
use super::pickers::typed;
use crate::terminal::model::{Model, NotePrompt};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::wrapped;
use crate::texts::{clock, history, state};

/// From how many rows on the screen has one for a note.
const FROM: u16 = 12;

/// How many rows the note takes: none when there is none, or no room.
pub(super) fn rows(model: &Model, screen: Rect) -> u16 {
    u16::from(screen.height >= FROM && model.note_now().is_some())
}

/// The newest note about who rings, or whom the call is with.
pub(super) fn strip(paper: &mut Paper<'_>, place: Rect) {
    let model = paper.model;
    let Some(record) = model.note_now() else { return };
    let Some(note) = &record.note else { return };
    let when = clock::moment(record.started_at, model.now, model.look.offset);
    let about = model.peer_now().map(|peer| history::note_about(state::peer(&peer), &when)).unwrap_or_default();
    let (label, text) = (paper.style(Role::Held), paper.style(Role::Text));
    paper.pen(place).text(" ", label).text(&about, label).text(" ", text).text(note.as_str(), text);
}

/// The entry for a note.
pub(super) fn prompt(paper: &mut Paper<'_>, place: Rect, prompt: &NotePrompt) -> Option<Position> {
    let when = clock::moment(prompt.at, paper.model.now, paper.model.look.offset);
    let title = format!("NOTE  {}, {when}", prompt.who);
    let mut inside = paper.popup(area::middle(place, 76, 6), &title);
    let cursor = typed(paper, area::top(&mut inside, 1), " note: ", &prompt.input);
    area::top(&mut inside, 1);
    let dim = paper.style(Role::Dim);
    let hint = history::note_hint(&prompt.who, !prompt.before.is_empty());
    for (row, line) in (0..).zip(wrapped(&hint, inside.width.saturating_sub(2))) {
        paper.pen(area::row(inside, row)).text(" ", dim).text(line, dim);
    }
    cursor
}
