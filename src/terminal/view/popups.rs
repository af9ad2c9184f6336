//! What is open above the panels.

use ratatui::layout::{Position, Rect};

use super::paper::Paper;
use super::{board, contacts, details, help, ladder, notes, pickers, prompts, rules, share, sound};
use crate::terminal::keys::Row;
use crate::terminal::model::{Palette, Popup};
use crate::terminal::theme::Role;
use crate::terminal::update::suggestions;
use crate::terminal::widgets::area;
use crate::terminal::widgets::rows::window;

/// Draws what is open; where text is typed comes back.
pub(super) fn popup(paper: &mut Paper<'_>, place: Rect) -> Option<Position> {
    match &paper.model.popup {
        None => return None,
        Some(Popup::Dial(dial)) => return pickers::dial(paper, place, dial),
        Some(Popup::Palette(line)) => return palette(paper, place, line),
        Some(Popup::Help { search, scroll }) => return help::help(paper, place, search, *scroll),
        Some(Popup::Sound(open)) => sound::popup(paper, place, *open),
        Some(Popup::Quality { scroll }) => details::popup(paper, place, *scroll),
        Some(Popup::Presence(selected)) => pickers::presence(paper, place, *selected),
        Some(Popup::PickUp(selected)) => board::choice(paper, place, *selected),
        Some(Popup::Contacts(selected)) => contacts::popup(paper, place, *selected),
        Some(Popup::Accounts(selected)) => pickers::accounts(paper, place, *selected),
        Some(Popup::Rules(selected)) => rules::popup(paper, place, *selected),
        Some(Popup::Join(prompt)) => return prompts::join(paper, place, prompt),
        Some(Popup::Name(prompt)) => return prompts::name(paper, place, prompt),
        Some(Popup::Note(prompt)) => return notes::prompt(paper, place, prompt),
        Some(Popup::Share(card)) => share::card(paper, place, card),
        Some(Popup::ShareWith(choice)) => share::friends(paper, place, choice),
        Some(Popup::Ladder(open)) => return ladder::ladder(paper, place, open),
        Some(Popup::Keypad) => keypad(paper, place),
        Some(Popup::Confirm(question)) => prompts::confirm(paper, place, question),
    }
    None
}

fn palette(paper: &mut Paper<'_>, mut place: Rect, line: &Palette) -> Option<Position> {
    let rows: Vec<(&str, &Row)> = suggestions(line.input.text()).collect();
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(3).clamp(4, 14);
    let mut inside = paper.popup(area::bottom(&mut place, height), "COMMAND");
    let cursor = pickers::typed(paper, area::top(&mut inside, 1), " :", &line.input);
    let (key, text, dim, chosen) =
        (paper.style(Role::Key), paper.style(Role::Text), paper.style(Role::Dim), paper.style(Role::Selected));
    if rows.is_empty() {
        paper.pen(inside).text(" no such command", dim);
    }
    for (index, (word, row)) in (0..).zip(&rows).skip(window(rows.len(), line.selected, inside.height).start) {
        let keys = paper.model.keys.keys(row.action);
        let here = index == line.selected;
        let place = area::top(&mut inside, 1);
        let (word_style, text, dim) = if here { (chosen, chosen, chosen) } else { (key, text, dim) };
        if here {
            paper.fill(place, Role::Selected);
        }
        let mark = if here { paper.glyphs().selected } else { " " };
        let mut pen = paper.pen(place);
        pen.right(" ", dim).right(&keys, dim).right(" ", dim);
        pen.text(mark, text).column_of(word, 15, word_style).column_of(row.argument, 8, dim).text(row.help, text);
    }
    cursor
}

fn keypad(paper: &mut Paper<'_>, place: Rect) {
    let inside = paper.popup(area::middle(place, 30, 8), "KEYPAD  DTMF");
    let (title, dim) = (paper.style(Role::Title), paper.style(Role::Dim));
    for (line, keys) in (0..).zip(["1   2   3", "4   5   6", "7   8   9", "*   0   #"]) {
        paper.pen(area::row(inside, line)).text("         ", dim).text(keys, title);
    }
    let Some(call) = paper.model.call() else { return };
    let sent: String = call.sent.iter().map(|tone| tone.key()).collect();
    let received: String = call.received.iter().map(|tone| tone.key()).collect();
    paper.pen(area::row(inside, 4)).text(" sent ", dim).text(&sent, title);
    paper.pen(area::row(inside, 5)).text(" received ", dim).text(&received, title);
}
