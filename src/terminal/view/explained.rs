//! Why the last call went wrong: its time line, the likely cause, what to do next and by which key.

use ratatui::layout::Rect;

use super::paper::Paper;
use crate::control::explanation::Advice;
use crate::domain::id::CallId;
use crate::phone::evidence::story::Explanation;
use crate::terminal::keys::Action;
use crate::terminal::model::Model;
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::wrapped;

/// The most rows of each of its parts.
const MOST: usize = 3;

/// How many rows it takes when it is `width` columns wide: none for a call in which nothing went wrong.
pub(super) fn rows(model: &Model, call: CallId, width: u16) -> u16 {
    let Some(why) = explanation(model, call) else { return 0 };
    let room = width.saturating_sub(2);
    let rows: usize = parts(model, why).iter().map(|(_, text)| wrapped(text, room).take(MOST).count()).sum();
    u16::try_from(rows).unwrap_or(u16::MAX)
}

/// Draws it.
pub(super) fn lines(paper: &mut Paper<'_>, mut place: Rect, call: CallId) {
    let model = paper.model;
    let Some(why) = explanation(model, call) else { return };
    let room = place.width.saturating_sub(2);
    for (role, text) in parts(model, why) {
        let style = paper.style(role);
        for line in wrapped(&text, room).take(MOST) {
            let row = area::top(&mut place, 1);
            paper.pen(row).text(" ", style).text(line, style);
        }
    }
}

fn explanation(model: &Model, call: CallId) -> Option<&Explanation> {
    model.explained.as_ref().filter(|(of, _)| *of == call).map(|(_, why)| why)
}

fn parts(model: &Model, why: &Explanation) -> [(Role, String); 3] {
    let arrow = if model.look.is_ascii() { "->" } else { "\u{2192}" };
    let next = match key(why.advice) {
        Some(action) => format!("{} ({})", why.next.trim_end_matches('.'), model.key_of(action)),
        None => why.next.clone(),
    };
    [
        (Role::Warn, format!("likely cause: {}", why.cause)),
        (Role::Text, format!("next: {next}")),
        (Role::Dim, why.time_line(arrow)),
    ]
}

/// The key that does what is advised, where one does.
fn key(advice: Advice) -> Option<Action> {
    match advice {
        Advice::CallAgain | Advice::TryLater => Some(Action::Redial),
        Advice::CheckSound => Some(Action::Devices),
        Advice::CheckAddress
        | Advice::StartService
        | Advice::SignInAgain
        | Advice::CheckName
        | Advice::LetUdpThrough
        | Advice::CheckNetwork
        | Advice::AskOperator => None,
    }
}
