//! What every part of the view is handed: the model, and the buffer drawn into.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::presence::PresenceState;
use crate::terminal::model::{Model, Mood};
use crate::terminal::theme::{Glyphs, Role};
use crate::terminal::widgets::frame;
use crate::terminal::widgets::pen::Pen;

/// The model and the buffer.
pub(super) struct Paper<'a> {
    pub(super) model: &'a Model,
    pub(super) buffer: &'a mut Buffer,
}

impl<'a> Paper<'a> {
    /// A pen on the first row of `place`.
    pub(super) fn pen(&mut self, place: Rect) -> Pen<'_> {
        Pen::new(self.buffer, place, self.model.look.glyphs.ellipsis)
    }

    /// The style of a role.
    pub(super) fn style(&self, role: Role) -> Style {
        self.model.look.theme.style(role)
    }

    /// The signs.
    pub(super) fn glyphs(&self) -> &'a Glyphs {
        &self.model.look.glyphs
    }

    /// Fills a place with a style.
    pub(super) fn fill(&mut self, place: Rect, role: Role) {
        let style = self.style(role);
        self.buffer.set_style(place, style);
    }

    /// A line across a place.
    pub(super) fn rule(&mut self, place: Rect) {
        let (sign, style) = (self.glyphs().rule, self.style(Role::Border));
        let mut pen = self.pen(place);
        while pen.room() > 0 {
            pen.text(sign, style);
        }
    }

    /// A panel's border and title; what is inside comes back.
    pub(super) fn panel(&mut self, place: Rect, title: &str, focused: bool) -> Rect {
        let border = self.style(if focused { Role::Focus } else { Role::Border });
        let title_style =
            if focused { self.style(Role::Focus).patch(self.style(Role::Title)) } else { self.style(Role::Title) };
        if focused {
            let title = format!("{} {title} ", self.glyphs().selected);
            frame::frame(self.buffer, place, self.glyphs(), &title, border, title_style)
        } else {
            let title = format!(" {title} ");
            frame::frame(self.buffer, place, self.glyphs(), &title, border, title_style)
        }
    }

    /// A popup's border and title on a blanked place; what is inside comes back.
    pub(super) fn popup(&mut self, place: Rect, title: &str) -> Rect {
        frame::clear(self.buffer, place, self.style(Role::Text));
        self.panel(place, title, true)
    }

    /// Sign and role of a presence.
    pub(super) fn presence(&self, state: PresenceState) -> (&'static str, Role) {
        let glyphs = self.glyphs();
        match state {
            PresenceState::Online => (glyphs.online, Role::Good),
            PresenceState::Away => (glyphs.away, Role::Warn),
            PresenceState::InCall => (glyphs.in_call, Role::Focus),
            PresenceState::Ringing => (glyphs.waiting, Role::Warn),
            PresenceState::DoNotDisturb => (glyphs.do_not_disturb, Role::Bad),
            PresenceState::Offline => (glyphs.offline, Role::Dim),
        }
    }
}

/// The role of a mood.
pub(super) fn mood(mood: Mood) -> Role {
    match mood {
        Mood::Plain => Role::Text,
        Mood::Good => Role::Good,
        Mood::Warn => Role::Warn,
        Mood::Bad => Role::Bad,
    }
}
