//! Prompts of one line: where to join, how to name a group; and the questions that take a yes.

use ratatui::layout::{Position, Rect};

use super::paper::Paper;
use super::pickers::typed;
use crate::domain::group::{GroupKey, GroupName};
use crate::domain::place::{NotAPlace, Place};
use crate::terminal::keys::Action;
use crate::terminal::model::{JoinPrompt, Model, NamePrompt, Naming, Question};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::wrapped;
use crate::texts::{accounts, contacts, desk, group, refusal};

/// How wide the prompts are.
const WIDTH: u16 = 64;

/// The prompt for a place to join, and what its text stands for.
pub(super) fn join(paper: &mut Paper<'_>, place: Rect, prompt: &JoinPrompt) -> Option<Position> {
    let mut inside = paper.popup(area::middle(place, WIDTH, 6), "JOIN A GROUP");
    let cursor = typed(paper, area::top(&mut inside, 1), " group: ", &prompt.input);
    area::top(&mut inside, 1);
    let (role, text) = place_is(paper, prompt.input.trimmed());
    told(paper, inside, &text, role);
    cursor
}

/// What a text stands for as a place, in words.
fn place_is(paper: &Paper<'_>, typed: &str) -> (Role, String) {
    match typed.parse::<Place>() {
        Ok(Place::Link { origin, .. }) => (Role::Good, format!("{} of {origin}", group::PLACE_IS[0])),
        Ok(Place::Key(GroupKey::Id(_))) => (Role::Good, group::PLACE_IS[1].to_owned()),
        Ok(Place::Key(GroupKey::Code(_))) => (Role::Good, group::PLACE_IS[2].to_owned()),
        Ok(Place::Name(name)) => match paper.model.groups.called(&name) {
            Some(row) => {
                let name = row.group.name.as_ref().map_or("", GroupName::as_str);
                (Role::Good, format!("{name}: {}", group::here(row.here.len())))
            }
            None => (Role::Warn, refusal::no_group_called(&name)),
        },
        Err(NotAPlace::Empty) => (Role::Dim, group::PLACE_LOOKS_LIKE.join(" ")),
        Err(why) => (Role::Bad, why.to_string()),
    }
}

/// The prompt for the name of a new group.
pub(super) fn name(paper: &mut Paper<'_>, place: Rect, prompt: &NamePrompt) -> Option<Position> {
    let (title, hint) = match prompt.naming {
        Naming::Start => ("START A GROUP CALL", group::NAME_IT[0]),
        Naming::Create => ("MAKE A GROUP", group::NAME_IT[1]),
    };
    let mut inside = paper.popup(area::middle(place, WIDTH, 6), title);
    let cursor = typed(paper, area::top(&mut inside, 1), " name: ", &prompt.input);
    area::top(&mut inside, 1);
    match prompt.input.trimmed() {
        "" => told(paper, inside, hint, Role::Dim),
        text => {
            if let Err(why) = text.parse::<GroupName>() {
                told(paper, inside, &why.to_string(), Role::Bad);
            }
        }
    }
    cursor
}

fn told(paper: &mut Paper<'_>, place: Rect, text: &str, role: Role) {
    let style = paper.style(role);
    for (row, line) in (0..).zip(wrapped(text, place.width.saturating_sub(2))) {
        paper.pen(area::row(place, row)).text(" ", style).text(line, style);
    }
}

/// What is asked, in a sentence.
pub(super) fn asked(model: &Model, question: &Question) -> Option<String> {
    Some(match question {
        Question::Quit => desk::leaving(model.board.live().count()),
        Question::EndForAll => {
            let call = model.group_call()?;
            group::end_for_all(call.name(), call.roster.here)
        }
        Question::Block(person) => contacts::block(person.display_name.as_str()),
        Question::RemoveGroup { title, mine, .. } => group::give_up(title, *mine),
        Question::SignOut(who) => accounts::sign_out(&who.to_string()),
    })
}

/// A question that takes a yes.
pub(super) fn confirm(paper: &mut Paper<'_>, place: Rect, question: &Question) {
    let Some(text) = asked(paper.model, question) else { return };
    let (title, yes, no) = match question {
        Question::Quit => ("LEAVE?", "hang up and leave", "stay"),
        Question::EndForAll => ("END FOR EVERYBODY?", "end it", "go on"),
        Question::Block(_) => ("BLOCK?", "block", "leave it"),
        Question::RemoveGroup { .. } => ("REMOVE THE GROUP?", "remove it", "keep it"),
        Question::SignOut(_) => ("SIGN OUT?", "sign out", "stay"),
    };
    let width = if *question == Question::Quit { 46 } else { 58 };
    let lines = wrapped(&text, width - 4).count().max(1);
    let height = u16::try_from(lines).unwrap_or(1).saturating_add(3);
    let mut inside = paper.popup(area::middle(place, width, height), title);
    let (warn, key, plain) = (paper.style(Role::Warn), paper.style(Role::Key), paper.style(Role::Text));
    let last = area::bottom(&mut inside, 1);
    for (row, line) in (0..).zip(wrapped(&text, inside.width.saturating_sub(2))) {
        paper.pen(area::row(inside, row)).text(" ", warn).text(line, warn);
    }
    let (yes_key, back) = (paper.model.key_of(Action::Yes), paper.model.key_of(Action::Back));
    let mut pen = paper.pen(last);
    pen.text(" ", plain).text(&yes_key, key).text(" ", plain).text(yes, plain).text("   ", plain);
    pen.text(&back, key).text(" ", plain).text(no, plain);
}
