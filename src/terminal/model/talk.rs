//! Push-to-talk: calls are muted, but while a key is held; or, where the terminal does not tell when a key is released, from
//! one press to the next, and not for long.

use super::{LiveCall, Model};
use crate::domain::id::CallId;
use crate::domain::time::UnixMillis;
use crate::terminal::keys::{Action, Context, Key};
use crate::texts;

/// Push-to-talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// Whether it is on.
    pub on: bool,
    /// Whether the terminal tells when keys are released; unknown until it was asked.
    pub releases: Option<bool>,
    /// The talk that goes on.
    pub now: Option<Talking>,
    /// When the key was pressed last.
    pub(crate) pressed_at: Option<UnixMillis>,
}

/// A talk that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talking {
    /// In which call.
    pub call: CallId,
    /// The key that is held; `None` where the talk lasts until the next press.
    pub held: Option<Key>,
    /// When it ends at the latest.
    pub until: UnixMillis,
    /// Whether it was said that it ends soon.
    pub(crate) warned: bool,
}

impl Talk {
    /// Nobody talks yet.
    pub(crate) fn new(on: bool) -> Self {
        Self { on, releases: None, now: None, pressed_at: None }
    }

    /// How long before its end a talk is said to end soon, ms.
    pub(crate) const WARNING: i64 = 10_000;

    /// Whether a talk lasts as long as a key is held.
    pub fn is_hold(&self) -> bool {
        self.on && self.releases == Some(true)
    }

    /// When something of it changes though nothing happens.
    pub(crate) fn next(&self, now: UnixMillis) -> Option<UnixMillis> {
        let talking = self.now.as_ref()?;
        let warning = talking.until.plus(-Self::WARNING);
        Some(if !talking.warned && warning > now { warning } else { talking.until })
    }
}

impl Model {
    /// Whether the terminal should tell when keys are released: never while a text is typed, where some keys would be lost.
    pub fn wants_releases(&self) -> bool {
        self.talk.is_hold() && self.call().is_some() && self.context() != Context::Text
    }

    /// Whether the user talks in a call by push-to-talk.
    pub fn is_talking(&self, call: &LiveCall) -> bool {
        self.talk.now.as_ref().is_some_and(|talking| talking.call == call.view.call) && !call.view.muted
    }

    /// What push-to-talk does in a call now; `None` while it is off.
    pub fn talk_told(&self, call: &LiveCall) -> Option<String> {
        if !self.talk.on {
            return None;
        }
        let hold = self.talk.is_hold();
        let key = self.talk_key();
        let talking = self.talk.now.as_ref().filter(|_| self.is_talking(call));
        Some(match talking {
            None => texts::talk::muted(&key, hold),
            Some(Talking { held: Some(key), .. }) => texts::talk::while_held(&key.to_string()),
            Some(talking) => texts::talk::until(&key, talking.until.since(self.now)),
        })
    }

    /// The key to talk by: the space bar, if it is one; in plain mode the word.
    pub fn talk_key(&self) -> String {
        const SPACE: &str = "Space";
        if self.plain.is_some() {
            return "`talk`".to_owned();
        }
        let keys = self.keys.keys(Action::Mute);
        if keys.split(' ').any(|key| key == SPACE) { SPACE.to_owned() } else { self.key_of(Action::Mute) }
    }
}
