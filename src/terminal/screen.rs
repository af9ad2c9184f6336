//! The model together with what it is drawn on: messages in, effects out, and a picture only when something changed.

use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::message::{Effect, Message};
use super::model::Model;
use super::picture;
use super::update::update;
use super::view::{draw, view};
use crate::domain::time::UnixMillis;

/// The shortest time between two pictures: about thirty a second.
pub const PACE: Duration = Duration::from_millis(33);

/// A model and its terminal.
#[derive(Debug)]
pub struct Screen<B: Backend> {
    model: Model,
    terminal: Terminal<B>,
    draws: u64,
    drawn_at: Option<Instant>,
}

impl<B: Backend> Screen<B> {
    /// A screen that was not drawn yet.
    ///
    /// # Errors
    /// When the terminal does not tell its size.
    pub fn new(model: Model, backend: B) -> Result<Self, B::Error> {
        Ok(Self { model, terminal: Terminal::new(backend)?, draws: 0, drawn_at: None })
    }

    /// What is shown.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What it is drawn on.
    pub fn backend_mut(&mut self) -> &mut B {
        self.terminal.backend_mut()
    }

    /// What is shown, as plain text.
    ///
    /// # Errors
    /// When the terminal does not tell its size.
    pub fn text(&self) -> Result<String, B::Error> {
        let area = Rect::from((Position::ORIGIN, self.terminal.size()?));
        let mut buffer = Buffer::empty(area);
        draw(&self.model, area, &mut buffer);
        Ok(picture::text(&buffer))
    }

    /// How many pictures were drawn so far.
    pub fn draws(&self) -> u64 {
        self.draws
    }

    /// Takes a message in, at the time `now`; what is to be done about it comes back.
    pub fn take(&mut self, now: UnixMillis, message: Message) -> Vec<Effect> {
        let mut effects = update(&mut self.model, Message::Tick(now));
        if !matches!(message, Message::Tick(_)) {
            effects.extend(update(&mut self.model, message));
        }
        effects
    }

    /// When the next picture may be drawn, `now` at the earliest; `None` when nothing changed since the last.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        self.model.changed.then(|| self.drawn_at.map_or(now, |at| now.max(at + PACE)))
    }

    /// Draws if something changed and the last picture is old enough. Says whether it drew.
    ///
    /// # Errors
    /// When the terminal can't be written to.
    pub fn draw(&mut self, now: Instant) -> Result<bool, B::Error> {
        if self.due(now) != Some(now) {
            return Ok(false);
        }
        self.terminal.draw(|frame| view(&self.model, frame))?;
        self.model.changed = false;
        self.drawn_at = Some(now);
        self.draws += 1;
        Ok(true)
    }

    /// Forgets what is on the terminal: the next picture is drawn whole.
    ///
    /// # Errors
    /// When the terminal can't be written to.
    pub fn repaint(&mut self) -> Result<(), B::Error> {
        // Not `clear`: that one asks the terminal where its cursor is, and waits for an answer among the keys.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())?;
        self.model.changed = true;
        self.drawn_at = None;
        Ok(())
    }
}
