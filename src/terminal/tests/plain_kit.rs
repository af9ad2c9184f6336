//! A phone in plain mode, for tests: what it hears and is typed, what it tells and commands.

use super::desk_kit::{id, with};
use super::kit::{NOW, friends, person, records, sound};
use crate::domain::call::CallState;
use crate::domain::presence::{Presence, PresenceState};
use crate::phone::command::Command;
use crate::phone::event::{Event, Link};
use crate::terminal::message::{Effect, Message};
use crate::terminal::model::{Model, ScreenOptions};
use crate::terminal::plain::Plain;
use crate::terminal::update::update;

/// A phone in plain mode, with verbs.
pub(super) struct Line {
    pub(super) model: Model,
    pub(super) plain: Plain,
    told: Vec<String>,
    commands: Vec<Command>,
    pub(super) quit: bool,
}

impl Line {
    pub(super) fn blank(push_to_talk: bool) -> Self {
        let options = ScreenOptions { plain: true, push_to_talk, ..ScreenOptions::default() };
        let model = Model::new(&options, false, NOW).unwrap();
        Self { model, plain: Plain::default(), told: Vec::new(), commands: Vec::new(), quit: false }
    }

    /// Signed in, with friends and call records.
    pub(super) fn ready() -> Self {
        Self::ready_with(false)
    }

    pub(super) fn ready_with(push_to_talk: bool) -> Self {
        let mut line = Self::blank(push_to_talk);
        line.hears(Event::Link(Link::Up));
        line.hears(Event::Me(person("alice")));
        line.hears(Event::MyPresence(Presence::now(PresenceState::Online)));
        line.hears(Event::Friends(friends()));
        line.hears(Event::History(records()));
        line.hears(Event::Sound(sound()));
        line.told.clear();
        line.commands.clear();
        line
    }

    /// Talking to Bob.
    pub(super) fn talking() -> Self {
        let mut line = Self::ready();
        line.hears(Event::Call(with(1, "bob", CallState::Connected)));
        line.hears(Event::Active(Some(id(1))));
        line.told.clear();
        line
    }

    pub(super) fn takes(&mut self, message: Message) {
        let effects = update(&mut self.model, message);
        self.told.extend(self.plain.tell(&self.model, &effects));
        for effect in effects {
            match effect {
                Effect::Phone(command) => self.commands.push(command),
                Effect::Quit => self.quit = true,
                _ => {}
            }
        }
    }

    pub(super) fn hears(&mut self, event: Event) {
        self.takes(Message::Phone(event));
    }

    pub(super) fn types(&mut self, text: &str) {
        self.takes(Message::Line(format!("{text}\n")));
    }

    pub(super) fn waits(&mut self, millis: i64) {
        let now = self.model.now.plus(millis);
        self.takes(Message::Tick(now));
    }

    /// What was told since this was asked last.
    pub(super) fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    pub(super) fn commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }
}
