//! What somebody sees who has no friends and no calls yet: what to press, in the order that works.

use ratatui::layout::Rect;

use super::paper::Paper;
use crate::phone::event::Link;
use crate::terminal::keys::Action;
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::wrapped;
use crate::texts::screen;

/// What to press: an action's key, what to type behind it, and what that does.
const STEPS: &[(Action, &str, &str)] = &[
    (Action::Dial, "echo", "it greets you, then you hear yourself"),
    (Action::Dial, "callback", "hang up: it calls you back in seconds"),
    (Action::AddFriend, "", "put somebody on your friend list"),
    (Action::Dial, "", "call anybody by name or identity"),
    (Action::StartGroup, "", "start a group call, and share its link"),
    (Action::Join, "", "join a group by link, code or name"),
    (Action::Devices, "", "choose microphone and speaker"),
    (Action::Help, "", "all that can be done, with its keys"),
];

/// The first steps.
pub(super) fn welcome(paper: &mut Paper<'_>, place: Rect) {
    let mut inside = paper.panel(place, "WELCOME", false);
    let (title, key, text) = (paper.style(Role::Title), paper.style(Role::Key), paper.style(Role::Text));
    let greeting = match &paper.model.link.link {
        Link::Up => screen::WELCOME[0],
        Link::Connecting => screen::WELCOME[1],
        Link::Down { .. } => screen::WELCOME[2],
        Link::Refused { .. } => screen::WELCOME[3],
    };
    let room = inside.width.saturating_sub(2);
    if inside.height > 10 {
        area::top(&mut inside, 1);
    }
    for line in wrapped(greeting, room) {
        let row = area::top(&mut inside, 1);
        paper.pen(row).text(" ", title).text(line, title);
    }
    if inside.height > 8 {
        area::top(&mut inside, 1);
    }
    let wide = inside.width >= 64;
    let enter = paper.model.key_of(Action::Accept);
    for (action, typed, what) in STEPS {
        let key_of = paper.model.key_of(*action);
        let keys = if typed.is_empty() { key_of } else { format!("{key_of} {typed} {enter}") };
        let row = area::top(&mut inside, 1);
        let mut pen = paper.pen(row);
        pen.text("  ", text).column_of(&keys, if wide { 18 } else { 17 }, key).text(what, text);
    }
}
