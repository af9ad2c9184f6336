//! Draws the model. Total: any model on any size draws something and never panics; reads no clock.

mod banner;
mod board;
mod call;
mod contacts;
mod details;
mod diagnosis;
mod explained;
mod favourites;
mod groups;
mod header;
mod help;
mod history;
mod ladder;
mod notes;
mod panes;
mod paper;
mod pickers;
mod popups;
mod prompts;
mod quality;
mod roster;
mod rules;
mod share;
mod sound;
mod tiny;
mod welcome;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::model::{Model, Pane};
use super::widgets::area;
use paper::Paper;

pub(crate) use details::ROWS as QUALITY_ROWS;
pub(crate) use help::ROWS as HELP_ROWS;

/// How the screen is divided, by its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// At least 120 by 30: three columns.
    Wide,
    /// At least 100 by 24: two columns.
    Medium,
    /// At least 80 by 24: one main panel below the call.
    Narrow,
    /// At least 40 by 10: the call's lines and what fits below.
    Compact,
    /// Anything smaller: the call's state and its keys.
    Tiny,
}

/// The class of a size.
pub fn class(width: u16, height: u16) -> Class {
    match (width, height) {
        (120.., 30..) => Class::Wide,
        (100.., 24..) => Class::Medium,
        (80.., 24..) => Class::Narrow,
        (40.., 10..) => Class::Compact,
        _ => Class::Tiny,
    }
}

/// How many rows the board has at least, whatever is beneath it.
const LEAST: u16 = 3;

/// How many rows are left below the card when the board is above it.
const BELOW: u16 = 6;

/// How many rows the call records take at least below the people of a group call.
const HISTORY: u16 = 6;

/// Draws the whole screen.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if let Some(cursor) = draw(model, area, frame.buffer_mut()) {
        frame.set_cursor_position(cursor);
    }
}

/// Draws the whole screen into a buffer; where text is typed comes back.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let area = area.intersection(buffer.area);
    let mut paper = Paper { model, buffer };
    let class = class(area.width, area.height);
    if class == Class::Tiny {
        tiny::tiny(&mut paper, area);
        return None;
    }
    let mut rest = area;
    header::header(&mut paper, area::top(&mut rest, 1));
    header::forwarded(&mut paper, area::top(&mut rest, header::forwarded_rows(model, area.width)));
    header::link(&mut paper, area::top(&mut rest, header::link_rows(model, area.width)));
    banner::banner(&mut paper, area::top(&mut rest, banner::rows(model, area)));
    banner::asking(&mut paper, area::top(&mut rest, banner::asking_rows(model, area.width)));
    banner::shared(&mut paper, area::top(&mut rest, banner::shared_rows(model, area)));
    notes::strip(&mut paper, area::top(&mut rest, notes::rows(model, area)));
    let hints = area::bottom(&mut rest, 1);
    header::hints(&mut paper, hints);
    header::notice(&mut paper, area::bottom(&mut rest, header::notice_rows(model, area.width)));
    let cursor = match class {
        Class::Wide => wide(&mut paper, rest),
        Class::Medium => medium(&mut paper, rest),
        Class::Narrow => narrow(&mut paper, rest),
        Class::Compact | Class::Tiny => compact(&mut paper, rest),
    };
    popups::popup(&mut paper, rest).or(cursor)
}

fn wide(paper: &mut Paper<'_>, mut rest: Rect) -> Option<Position> {
    let cursor = people_known(paper, area::left(&mut rest, 30));
    let mut right = area::right(&mut rest, 36);
    let rows = call::rows(paper.model, rest.width);
    board_above(paper, &mut rest, rows);
    if paper.model.call().is_some() {
        quality::panel(paper, area::top(&mut right, rows));
    }
    panes::events(paper, right);
    call::card(paper, area::top(&mut rest, rows));
    let below = below_the_call(paper, rest);
    cursor.or(below)
}

fn medium(paper: &mut Paper<'_>, mut rest: Rect) -> Option<Position> {
    let cursor = people_known(paper, area::left(&mut rest, 30));
    let rows = call::rows(paper.model, rest.width);
    board_above(paper, &mut rest, rows);
    call::card(paper, area::top(&mut rest, rows));
    if paper.model.focus == Pane::Events {
        panes::events(paper, rest);
        return cursor;
    }
    let below = below_the_call(paper, rest);
    cursor.or(below)
}

/// The board in a panel above a card of `card` rows, in the column `rest`; a few rows below the card are left.
fn board_above(paper: &mut Paper<'_>, rest: &mut Rect, card: u16) {
    let rows = board::rows(paper.model, rest.height.saturating_sub(card + BELOW).max(LEAST));
    if rows > 0 {
        board::panel(paper, area::top(rest, rows + 2));
    }
}

/// The left column: favourites, friends, the groups beneath, and the parked calls.
fn people_known(paper: &mut Paper<'_>, mut place: Rect) -> Option<Position> {
    let parked = board::parked_rows(paper.model);
    let parked = area::bottom(&mut place, parked);
    board::parked(paper, parked);
    let rows = groups::rows(paper.model, place.height);
    let groups = area::bottom(&mut place, rows);
    if groups.height > 0 {
        groups::groups(paper, groups);
    }
    let favourites = favourites::rows(paper.model, place.height);
    if favourites > 0 {
        favourites::panel(paper, area::top(&mut place, favourites));
    }
    panes::friends(paper, place, favourites > 0)
}

/// The main panel below the call: the people of a group call, the call records, or both where there is room.
fn below_the_call(paper: &mut Paper<'_>, mut place: Rect) -> Option<Position> {
    let model = paper.model;
    if model.group_call().is_none() {
        if model.is_first_run() {
            welcome::welcome(paper, place);
        } else {
            return history::history(paper, place);
        }
        return None;
    }
    let people = roster::rows(model);
    if people.saturating_add(HISTORY) <= place.height {
        let cursor = roster::people(paper, area::top(&mut place, people));
        let below = history::history(paper, place);
        return cursor.or(below);
    }
    if model.focus == Pane::History {
        return history::history(paper, place);
    }
    roster::people(paper, place)
}

fn narrow(paper: &mut Paper<'_>, mut rest: Rect) -> Option<Position> {
    parked_line(paper, &mut rest);
    let card = call::rows(paper.model, rest.width);
    let board = board::rows(paper.model, rest.height.saturating_sub(card).max(LEAST));
    board::lines(paper, area::top(&mut rest, board));
    let rows = call::rows(paper.model, rest.width);
    call::card(paper, area::top(&mut rest, rows));
    let favourites = favourites::strip_rows(paper.model, rest.height);
    favourites::strip(paper, area::bottom(&mut rest, favourites));
    focused(paper, rest)
}

/// The parked calls in a line at the bottom, if there are any.
fn parked_line(paper: &mut Paper<'_>, rest: &mut Rect) {
    if !paper.model.parked.is_empty() {
        board::parked_line(paper, area::bottom(rest, 1));
    }
}

fn compact(paper: &mut Paper<'_>, mut rest: Rect) -> Option<Position> {
    parked_line(paper, &mut rest);
    let card = call::lines_rows(paper.model, rest);
    let board = board::rows(paper.model, rest.height.saturating_sub(card + LEAST).max(LEAST));
    if board > 0 {
        board::lines(paper, area::top(&mut rest, board));
        paper.rule(area::top(&mut rest, 1));
    }
    let rows = call::lines_rows(paper.model, rest);
    call::lines(paper, area::top(&mut rest, rows));
    focused(paper, rest)
}

/// The panel with the focus alone.
fn focused(paper: &mut Paper<'_>, place: Rect) -> Option<Position> {
    match paper.model.focus {
        Pane::Friends if paper.model.is_first_run() && !paper.model.friends.filtering => welcome::welcome(paper, place),
        Pane::Friends => return panes::friends(paper, place, false),
        Pane::Groups => groups::groups(paper, place),
        Pane::People => return roster::people(paper, place),
        Pane::History => return history::history(paper, place),
        Pane::Events => panes::events(paper, place),
    }
    None
}
