//! Where the user's calls go, as rows: each case with its target, who rings nevertheless, who may pick up.

use ratatui::layout::Rect;

use super::paper::Paper;
use super::pickers::select;
use crate::domain::forwarding::{AccountRules, ForwardWhen};
use crate::domain::id::Identity;
use crate::terminal::model::{RuleRow, rule_rows};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::columns;
use crate::terminal::widgets::rows::window;
use crate::texts::rules as texts;

/// How wide the popup is.
const WIDTH: u16 = 78;

/// How wide the names of the rows are, the mark before them left out.
const LABEL: u16 = 16;

/// How wide the values are at least.
const VALUE: u16 = 16;

/// The rows.
pub(super) fn popup(paper: &mut Paper<'_>, place: Rect, selected: usize) {
    let rows = rule_rows(&paper.model.rules);
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(2).min(20);
    let inside = paper.popup(area::middle(place, WIDTH, height), texts::TITLE);
    for (line, index) in (0..).zip(window(rows.len(), selected, inside.height)) {
        row(paper, area::row(inside, line), &rows[index], index == selected);
    }
}

fn row(paper: &mut Paper<'_>, place: Rect, row: &RuleRow, selected: bool) {
    let rules = &paper.model.rules;
    let (label, value, means) = match row {
        RuleRow::Forward(when) => (texts::case(*when), target(rules, *when), texts::means(*when)),
        RuleRow::Except(who) => (texts::EXCEPT, name(rules, who).to_owned(), texts::EXCEPT_MEANS),
        RuleRow::AddExcept => (texts::EXCEPT, texts::ADD_EXCEPT.to_owned(), texts::EXCEPT_MEANS),
        RuleRow::PickUp => {
            let by = rules.rules.pick_up;
            (texts::PICKS_UP, texts::pick_up_by(by).to_owned(), texts::pick_up_means(by))
        }
    };
    let set = row.is_set(rules);
    let text = select(paper, place, selected);
    let (title, value_style, dim) = if selected {
        (text, text, text)
    } else {
        (paper.style(Role::Title), paper.style(if set { Role::Warn } else { Role::Text }), paper.style(Role::Dim))
    };
    let glyphs = paper.glyphs();
    let mark = if selected { glyphs.selected } else { " " };
    let sign = if set && matches!(row, RuleRow::Forward(_)) { glyphs.outgoing } else { " " };
    let mut pen = paper.pen(place);
    pen.text(mark, text).column_of(label, LABEL, title).text(sign, value_style).text(" ", text);
    let width = columns(&value).max(VALUE).min(pen.room());
    pen.column_of(&value, width, value_style);
    if columns(means) + 2 <= pen.room() {
        pen.text("  ", dim).text(means, dim);
    }
}

/// Where calls go in a case, and after how long, if they go anywhere.
fn target(rules: &AccountRules, when: ForwardWhen) -> String {
    match texts::to(rules, when) {
        Some(to) if when == ForwardWhen::NoAnswer => texts::to_after(to, rules.rules.after_seconds),
        to => to.unwrap_or(texts::NOBODY).to_owned(),
    }
}

fn name<'a>(rules: &'a AccountRules, who: &'a Identity) -> &'a str {
    rules.person(who).map_or(who.as_str(), |person| person.display_name.as_str())
}
