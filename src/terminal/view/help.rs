//! The help menu: every action with its keys; over SSH also how to use the sound card where the person is.

use ratatui::layout::{Position, Rect};

use super::paper::Paper;
use super::pickers;
use crate::terminal::keys::{Row, TABLE};
use crate::terminal::model::Input;
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::wrapped;
use crate::texts::{screen, ssh};

/// How wide the menu is at most.
const WIDTH: u16 = 100;

/// How many rows there are at most, and a few more for what is wrapped on small screens.
pub(crate) const ROWS: usize = TABLE.len() + 24;

/// A row of the menu.
enum Line {
    /// An action, with its keys.
    Action(&'static Row, String),
    /// A line of the recipe: whether it is a command.
    Recipe(String, bool),
    Blank,
}

/// The menu; where the search is typed comes back.
pub(super) fn help(paper: &mut Paper<'_>, place: Rect, search: &Input, scroll: usize) -> Option<Position> {
    let mut inside = paper.popup(area::middle(place, WIDTH, 60), "KEYS AND COMMANDS");
    let cursor = pickers::typed(paper, area::top(&mut inside, 1), " search: ", search);
    let lines = lines(paper, search.trimmed(), inside.width);
    if lines.is_empty() {
        let dim = paper.style(Role::Dim);
        paper.pen(inside).text(" ", dim).text(screen::NOTHING_FITS, dim);
    }
    let start = scroll.min(lines.len().saturating_sub(usize::from(inside.height)));
    for line in &lines[start..] {
        let place = area::top(&mut inside, 1);
        match line {
            Line::Action(row, keys) => action(paper, place, row, keys),
            Line::Recipe(text, is_command) => {
                let style = paper.style(if *is_command { Role::Title } else { Role::Text });
                paper.pen(place).text(" ", style).text(text, style);
            }
            Line::Blank => {}
        }
    }
    cursor
}

/// What fits the search: the recipe for sound over SSH, while the phone is used so, then the actions.
fn lines(paper: &Paper<'_>, searched: &str, width: u16) -> Vec<Line> {
    let needle = searched.to_lowercase();
    let mut lines = Vec::new();
    if let Some(session) = &paper.model.look.ssh
        && (needle.is_empty() || "ssh".starts_with(&needle))
    {
        for text in ssh::recipe(&session.host, session.reached_at()) {
            match text.strip_prefix("$ ") {
                Some(command) => lines.push(Line::Recipe(format!("  {command}"), true)),
                None => {
                    let prose = wrapped(&text, width.saturating_sub(2));
                    lines.extend(prose.map(|line| Line::Recipe(line.to_owned(), false)));
                }
            }
        }
        lines.push(Line::Blank);
    }
    let fits = |row: &Row, keys: &str| {
        needle.is_empty()
            || row.help.to_lowercase().contains(&needle)
            || row.words.iter().any(|word| word.contains(&needle))
            || keys.split(' ').any(|key| key.to_lowercase() == needle)
    };
    let rows = TABLE.iter().map(|row| (row, paper.model.keys.keys(row.action)));
    lines.extend(rows.filter(|(row, keys)| fits(row, keys)).map(|(row, keys)| Line::Action(row, keys)));
    lines
}

fn action(paper: &mut Paper<'_>, place: Rect, row: &Row, keys: &str) {
    let (key, text, dim) = (paper.style(Role::Key), paper.style(Role::Text), paper.style(Role::Dim));
    let (key, text) = if paper.model.offers(row.action) { (key, text) } else { (dim, dim) };
    let mut pen = paper.pen(place);
    pen.right(" ", dim);
    // What has no key is done by its word.
    if keys.is_empty() {
        let word = format!(":{}", row.words[0]);
        pen.text(" ", text).column_of(&word, 15, key).text(" ", text).text(row.help, text);
        return;
    }
    if pen.room() >= 80 {
        pen.right(&row.words.join(", "), dim).right(" :", dim);
    }
    pen.text(" ", text).column_of(keys, 15, key).text(" ", text).text(row.help, text);
}
