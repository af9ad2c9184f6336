//! What somebody sees who has no friends and no calls yet: what to press, in the order that works.

use ratatui::layout::Rect;

use super::paper::Paper;
use crate::phone::event::Link;
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::wrapped;

const STEPS: &[(&str, &str)] = &[
    ("d echo Enter", "it greets you, then you hear yourself"),
    ("d callback Enter", "hang up: it calls you back in seconds"),
    ("f", "put somebody on your friend list"),
    ("d", "call anybody by name or identity"),
    ("D", "choose microphone and speaker"),
    (":", "type a command"),
    ("?", "all that can be done, with its keys"),
];

/// The first steps.
pub(super) fn welcome(paper: &mut Paper<'_>, place: Rect) {
    let mut inside = paper.panel(place, "WELCOME", false);
    let (title, key, text) = (paper.style(Role::Title), paper.style(Role::Key), paper.style(Role::Text));
    let greeting = match &paper.model.link.link {
        Link::Up => "You are signed in. Try this:",
        Link::Connecting => "Connecting to the service. Then try this:",
        Link::Down { .. } => "There is no connection to the service now. Once it is back, try this:",
        Link::Refused { .. } => "The service refused the sign-in; the line above says what to do.",
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
    for (keys, what) in STEPS {
        let row = area::top(&mut inside, 1);
        let mut pen = paper.pen(row);
        pen.text("  ", text).column_of(keys, if wide { 18 } else { 17 }, key).text(what, text);
    }
}
