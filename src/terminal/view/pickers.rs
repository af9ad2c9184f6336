//! Popups to choose from: people, presence.

use ratatui::layout::{Position, Rect};

use super::paper::Paper;
use crate::domain::id::CallId;
use crate::terminal::keys::Action;
use crate::terminal::model::{Dial, Input, LiveCall, Purpose};
use crate::terminal::theme::Role;
use crate::terminal::update::{CHOICES, account_keys, shown_as};
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::columns;
use crate::terminal::widgets::rows::window;
use crate::texts::{accounts as texts, desk, favourites, rules, screen, state};

/// A line being typed behind a prompt; where its cursor stands comes back.
pub(super) fn typed(paper: &mut Paper<'_>, row: Rect, prompt: &str, input: &Input) -> Option<Position> {
    let (key, text) = (paper.style(Role::Key), paper.style(Role::Text));
    let mut pen = paper.pen(row);
    pen.text(prompt, key);
    let room = pen.room().saturating_sub(1);
    let before = input.before_cursor();
    // The end of what is before the cursor stays in sight.
    let mut shown = input.text();
    while columns(before) - (columns(input.text()) - columns(shown)) > room {
        let mut rest = shown.chars();
        rest.next();
        shown = rest.as_str();
    }
    let hidden = input.text().len() - shown.len();
    let at = pen.column() + columns(before.get(hidden..).unwrap_or_default());
    pen.text(shown, text);
    (at < row.right() && row.height > 0).then_some(Position::new(at, row.y))
}

/// The entry for a person.
pub(super) fn dial(paper: &mut Paper<'_>, place: Rect, dial: &Dial) -> Option<Position> {
    let title = match dial.purpose {
        Purpose::Call => "CALL".to_owned(),
        Purpose::AddFriend => "ADD A FRIEND".to_owned(),
        Purpose::Invite(_) => "INVITE INTO THE CALL".to_owned(),
        Purpose::Transfer(call) => desk::hand_on(call_name(paper, call)),
        Purpose::Consult(call) => desk::ask_first(call_name(paper, call)),
        Purpose::Forward(when) => rules::forward_to(when),
        Purpose::Except => rules::WHO_RINGS.to_owned(),
    };
    let mut inside = paper.popup(area::middle(place, 64, 16), &title);
    let cursor = typed(paper, area::top(&mut inside, 1), " name or identity: ", &dial.input);
    let dim = paper.style(Role::Dim);
    let rows = dial.candidates(&paper.model.friends.list);
    let digits = dial.takes_digits() && paper.model.friends.favourites().next().is_some();
    if dial.purpose.hands_on() && dial.takes_digits() && !digits {
        let text = favourites::how_to(&paper.model.key_of(Action::Favour));
        paper.pen(area::bottom(&mut inside, 1)).text(" ", dim).text(&text, dim);
    }
    if rows.is_empty() {
        let text = match (dial.input.trimmed().is_empty(), dial.search_at.is_some()) {
            (true, _) => screen::ENTRY[0],
            (false, true) => screen::ENTRY[1],
            (false, false) => screen::ENTRY[2],
        };
        area::top(&mut inside, 1);
        paper.pen(inside).text(" ", dim).text(text, dim);
        return cursor;
    }
    for (line, index) in (0..).zip(window(rows.len(), dial.selected, inside.height)) {
        let person = rows[index];
        let selected = index == dial.selected;
        let friends = &paper.model.friends.list;
        let friend = friends.iter().find(|friend| friend.person.identity == person.identity);
        let seen = friend.map(|friend| friend.presence.state);
        let presence = seen.map_or("", state::presence);
        let sign = seen.filter(|_| dial.purpose.hands_on()).map_or("", |state| paper.presence(state).0);
        let number = friend.and_then(|friend| friend.favourite);
        let digit = if digits { number.map_or_else(|| "  ".to_owned(), |n| format!("{n} ")) } else { String::new() };
        let row = area::row(inside, line);
        let style = select(paper, row, selected);
        let mark = if selected { paper.glyphs().selected } else { " " };
        let mut pen = paper.pen(row);
        pen.right(" ", style).right(presence, style).right(" ", style).right(sign, style);
        pen.text(mark, style).text(" ", style).text(&digit, style);
        pen.text(person.display_name.as_str(), style).text("  ", style).text(person.name.as_str(), style);
    }
    cursor
}

/// What a call is called in the title of an entry.
fn call_name<'a>(paper: &Paper<'a>, call: CallId) -> &'a str {
    paper.model.board.get(call).map_or("THE CALL", LiveCall::name)
}

/// Marks a row that is selected; its style comes back.
pub(super) fn select(paper: &mut Paper<'_>, row: Rect, selected: bool) -> ratatui::style::Style {
    if selected {
        paper.fill(row, Role::Selected);
    }
    paper.style(if selected { Role::Selected } else { Role::Text })
}

/// The saved sign-ins, and a row to add one.
pub(super) fn accounts(paper: &mut Paper<'_>, place: Rect, selected: usize) {
    let model = paper.model;
    let height = u16::try_from(model.accounts.len()).unwrap_or(u16::MAX).saturating_add(4).clamp(5, 16);
    let mut inside = paper.popup(area::middle(place, 72, height), texts::TITLE);
    let (dim, keys) = (paper.style(Role::Dim), account_keys(model));
    paper.pen(area::bottom(&mut inside, 1)).text(" ", dim).text(&keys, dim);
    let servers = model.accounts.iter().map(|account| columns(&account.server.to_string()));
    let widest = servers.max().unwrap_or(0) + 2;
    for (line, index) in (0..).zip(window(model.accounts.len() + 1, selected, inside.height)) {
        let row = area::row(inside, line);
        let style = select(paper, row, index == selected);
        let mark = if index == selected { paper.glyphs().selected } else { " " };
        let mut pen = paper.pen(row);
        let Some(account) = model.accounts.get(index) else {
            pen.text(mark, style).text(" ", style).text(texts::ADD, style);
            continue;
        };
        let used = if account.used { texts::USED } else { "" };
        pen.right(" ", style).right(used, style).right(" ", style);
        pen.text(mark, style).text(" ", style).column_of(account.user.as_str(), 16, style);
        pen.column_of(&account.server.to_string(), widest, style).text(account.keeper.as_str(), style);
    }
}

/// What the user may be for others.
pub(super) fn presence(paper: &mut Paper<'_>, place: Rect, selected: usize) {
    let inside = paper.popup(area::middle(place, 62, 5), "WHAT OTHERS SEE OF YOU");
    for (line, choice) in (0..).zip(CHOICES) {
        let (sign, _) = paper.presence(shown_as(choice));
        let row = area::row(inside, line);
        let here = usize::from(line) == selected;
        let style = select(paper, row, here);
        let mark = if here { paper.glyphs().selected } else { " " };
        let mut pen = paper.pen(row);
        pen.text(mark, style).text(sign, style).text(" ", style).column_of(state::choice(choice), 16, style);
        pen.text(state::choice_means(choice), style);
    }
}
