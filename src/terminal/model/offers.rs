//! What can be done now: decides which hints are shown, and which rows of the help menu are marked.

use super::{Model, Pane, Popup};
use crate::phone::event::Link;
use crate::terminal::keys::{Action, Context};

/// The hints, most urgent first; those that do not fit are left out.
const HINTS: &[Action] = &[
    Action::Answer,
    Action::Decline,
    Action::Yes,
    Action::Undo,
    Action::Mute,
    Action::HangUp,
    Action::Hold,
    Action::Keypad,
    Action::Accept,
    Action::Redial,
    Action::Dial,
    Action::Filter,
    Action::Back,
    Action::AddFriend,
    Action::History,
    Action::Devices,
    Action::NextPane,
    Action::Palette,
    Action::Quit,
];

/// How many hints are shown at most, the one for help included.
pub(crate) const MOST_HINTS: usize = 8;

impl Model {
    /// Whether `action` would do something useful now.
    pub fn offers(&self, action: Action) -> bool {
        let up = self.link.link == Link::Up;
        let connected = self.call.as_ref().is_some_and(super::LiveCall::is_connected);
        match action {
            Action::Answer => !self.ringing.is_empty() && self.call.is_none(),
            Action::Decline => !self.ringing.is_empty(),
            Action::HangUp | Action::Mute => self.call.is_some(),
            Action::Hold | Action::Keypad => connected,
            Action::Dial => self.call.is_none() && up,
            Action::Redial => self.call.is_none() && up && self.last_person().is_some(),
            Action::Accept => self.accepts(),
            Action::RemoveFriend => self.focus == Pane::Friends && self.friends.current().is_some(),
            Action::Undo => self.friends.removal.is_some(),
            Action::Filter => self.friends.list.len() > 1,
            Action::Back => self.popup.is_some() || self.friends.filtering || self.ended.is_some(),
            Action::Yes => matches!(self.popup, Some(Popup::ConfirmQuit)),
            Action::AddFriend
            | Action::Friends
            | Action::History
            | Action::Events
            | Action::Devices
            | Action::Microphone
            | Action::Speaker
            | Action::Presence
            | Action::Next
            | Action::Previous
            | Action::PageDown
            | Action::PageUp
            | Action::First
            | Action::Last
            | Action::NextPane
            | Action::PreviousPane
            | Action::Palette
            | Action::Help
            | Action::Repaint
            | Action::Suspend
            | Action::Quit => true,
        }
    }

    fn accepts(&self) -> bool {
        match (&self.popup, self.focus) {
            (Some(Popup::Keypad | Popup::ConfirmQuit), _) => false,
            (Some(_), _) => true,
            (None, _) if self.friends.filtering => true,
            (None, _) if self.call.is_some() => false,
            (None, Pane::Friends) => self.friends.current().is_some(),
            (None, Pane::History) => self.history.current().is_some(),
            (None, Pane::Events) => false,
        }
    }

    /// The hints for now, in order: key and what it does. The one for help comes last and is always there.
    pub fn hints(&self) -> Vec<(String, &'static str)> {
        let context = self.context();
        let hint = |action: Action| {
            let key = self.keys.key(action, context)?;
            let word = match action {
                Action::Accept => self.accept_word(),
                Action::Mute if self.call.as_ref().is_some_and(|call| call.view.muted) => "unmute",
                Action::Hold if self.call.as_ref().is_some_and(super::LiveCall::is_held_here) => "resume",
                action => action.row().hint,
            };
            Some((key.to_string(), word))
        };
        let useful = HINTS.iter().filter(|action| self.offers(**action) && self.is_near(**action, context));
        let mut hints: Vec<_> = useful.filter_map(|action| hint(*action)).take(MOST_HINTS - 1).collect();
        hints.extend(hint(Action::Help));
        hints
    }

    /// Whether an action belongs to what has the focus, so that popups and calls show their own hints first.
    fn is_near(&self, action: Action, context: Context) -> bool {
        if self.call.is_some() && matches!(action, Action::Filter | Action::AddFriend) {
            return false;
        }
        let urgent = matches!(action, Action::Answer | Action::Decline | Action::Yes | Action::Mute | Action::HangUp);
        context == Context::Panel || urgent || matches!(action, Action::Accept | Action::Back)
    }

    fn accept_word(&self) -> &'static str {
        match &self.popup {
            Some(Popup::Dial(dial)) if dial.purpose == super::Purpose::AddFriend => "add",
            Some(Popup::Palette(_)) => "do it",
            Some(Popup::Help { .. }) => "close",
            Some(Popup::Devices(_) | Popup::Presence(_)) => "choose",
            None if self.friends.filtering => "keep",
            None if self.focus == Pane::History => "call back",
            Some(Popup::Dial(_) | Popup::Keypad | Popup::ConfirmQuit) | None => "call",
        }
    }
}
