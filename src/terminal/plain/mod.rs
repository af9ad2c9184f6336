//! Plain mode, the second view of the model: every event is one line, in the order of the events, and what is asked for is told
//! in lines. No pictures, no escape sequences: for screen readers, and for the worst link.
//!
//! What happened is told from the model's own list of events, so that nothing is told twice or lost; what that list does not
//! have (who is muted, whose sound is cut, what is asked) follows from the model before and after a message. Levels, figures
//! and timers are told when somebody asks. What is typed, `update` takes in.

mod answers;
mod news;
mod questions;
pub mod run;
mod whereabouts;

use news::News;
use questions::Asked;

use super::message::Effect;
use super::model::Model;
use crate::texts::plain;

/// What was told so far.
#[derive(Debug, Default)]
pub struct Plain {
    news: News,
    asked: Asked,
    welcomed: bool,
}

impl Plain {
    /// The lines to tell after a message was taken in, with the effects it had.
    pub fn tell(&mut self, model: &Model, effects: &[Effect]) -> Vec<String> {
        let mut lines = Vec::new();
        if !std::mem::replace(&mut self.welcomed, true) {
            lines.push(plain::WELCOME.to_owned());
        }
        self.news.tell(model, &mut lines);
        for effect in effects {
            if let Effect::Tell(subject) = effect {
                answers::tell(model, subject, &mut lines);
            }
        }
        self.asked.tell(model, effects, &mut lines);
        lines
    }
}
