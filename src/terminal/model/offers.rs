//! What can be done now: decides which hints are shown, and which rows of the help menu are marked.

use super::{ContactRow, Model, Pane, Popup, RuleRow, SEARCH_FROM, SoundPopup};
use crate::domain::call::Peer;
use crate::phone::event::Link;
use crate::terminal::keys::{Action, Context};

/// The hints, most urgent first; those that do not fit are left out.
const HINTS: &[Action] = &[
    Action::Answer,
    Action::Decline,
    Action::JoinShared,
    Action::Later,
    Action::Requests,
    Action::Yes,
    Action::Complete,
    Action::Merge,
    Action::Undo,
    Action::CopyLink,
    Action::ShareWith,
    Action::Mark,
    Action::Mute,
    Action::HangUp,
    Action::Hold,
    Action::PickUp,
    Action::Transfer,
    Action::Consult,
    Action::Swap,
    Action::Share,
    Action::Invite,
    Action::Keypad,
    Action::Park,
    Action::Accept,
    Action::Note,
    Action::Redial,
    Action::Dial,
    Action::Join,
    Action::StartGroup,
    Action::Filter,
    Action::Pause,
    Action::TimeMode,
    Action::Evidence,
    Action::Back,
    Action::AddFriend,
    Action::More,
    Action::Less,
    Action::Clear,
    Action::History,
    Action::Devices,
    Action::Quality,
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
        let connected = self.call().is_some_and(super::LiveCall::is_connected);
        match action {
            Action::Answer | Action::Decline => self.is_ringing(),
            Action::HangUp | Action::Mute => self.call().is_some(),
            Action::Transfer | Action::Park => connected && up && self.group_call().is_none(),
            Action::Consult => connected && up && self.group_call().is_none() && self.board.consult().is_none(),
            // What waits to be taken back is what these keys are about while it does.
            Action::Complete => up && self.board.consult().is_some() && self.pending.is_none(),
            Action::Merge => up && connected && self.board.other().is_some(),
            Action::Swap => self.board.other().is_some(),
            Action::Pick => self.board.is_seen(),
            Action::PickUp => up && !self.pickable().is_empty(),
            Action::Direct => up && self.friends.favourites().next().is_some(),
            Action::Favour => up && self.focus == Pane::Friends && self.friends.current().is_some(),
            Action::Forward | Action::Except | Action::LetPickUp => up,
            Action::Requests => self.popup.is_none() && self.contacts.asking() > 0,
            Action::AcceptFriend | Action::DeclineFriend => up && self.contacts.asking() > 0,
            Action::WithdrawFriend => up && self.contacts.requests.len() > self.contacts.asking(),
            Action::Block => up && self.to_block().is_some(),
            Action::Unblock => up && !self.contacts.blocked.is_empty(),
            Action::DisplayName => up,
            Action::Clear if matches!(self.popup, Some(Popup::Contacts(_))) => self.contact_selected().is_some(),
            Action::Clear if matches!(self.popup, Some(Popup::Accounts(_))) => self.account_selected().is_some(),
            Action::Clear => self.rule_selected().is_some_and(|row| row.is_set(&self.rules)),
            Action::Hold | Action::Keypad => connected,
            Action::Dial | Action::Join | Action::StartGroup | Action::CreateGroup => up,
            Action::Redial => up && self.last_peer().is_some(),
            Action::Share | Action::CopyLink | Action::ShareWith => self.shareable(action),
            Action::Mark => matches!(self.popup, Some(Popup::ShareWith(_) | Popup::Ladder(_))),
            Action::Pause | Action::TimeMode => matches!(self.popup, Some(Popup::Ladder(_))),
            Action::JoinShared | Action::Later => !self.shared.is_empty(),
            Action::Invite => connected && up,
            Action::EndForAll => self.group_call().is_some_and(|call| call.view.may_end),
            Action::People => self.group_call().is_some(),
            Action::Accept => self.accepts(),
            Action::Remove => match self.focus {
                Pane::Friends => self.friends.current().is_some(),
                Pane::Groups => self.groups.current().is_some(),
                Pane::People | Pane::History | Pane::Events => false,
            },
            Action::Undo => self.friends.removal.is_some() || self.pending.is_some(),
            Action::Export => !self.history.records.is_empty(),
            Action::Note => up && self.note_prompt().is_some(),
            Action::Filter if matches!(self.popup, Some(Popup::Ladder(_))) => true,
            Action::Filter if self.focus == Pane::History => self.history.records.len() > 1,
            Action::Filter => match self.group_call() {
                Some(call) if self.focus == Pane::People => call.view.participants.len() + 1 >= SEARCH_FROM,
                Some(_) | None => self.friends.list.len() > 1,
            },
            Action::Back => {
                let searched = self.group_call().is_some_and(|call| !call.roster.search.text().is_empty());
                let searched = searched || !self.history.filter.text().is_empty();
                let asking = self.board.consult().is_some();
                self.popup.is_some() || self.is_filtering() || searched || asking || self.ended.is_some()
            }
            Action::Yes => matches!(self.popup, Some(Popup::Confirm(_))),
            Action::Quality => self.call().is_some(),
            Action::More | Action::Less => match self.popup {
                Some(Popup::Sound(SoundPopup { device: None, .. })) => true,
                _ => self.rule_selected().is_some_and(|row| row.turns(&self.rules)),
            },
            Action::RecordScript
            | Action::StopRecording
            | Action::AddFriend
            | Action::PushToTalk
            | Action::Friends
            | Action::Groups
            | Action::History
            | Action::Events
            | Action::Devices
            | Action::Microphone
            | Action::Speaker
            | Action::Ringer
            | Action::Profile
            | Action::Echo
            | Action::Noise
            | Action::Gain
            | Action::MicrophoneVolume
            | Action::SpeakerVolume
            | Action::RingVolume
            | Action::Presence
            | Action::Accounts
            | Action::Next
            | Action::Previous
            | Action::PageDown
            | Action::PageUp
            | Action::First
            | Action::Last
            | Action::NextPane
            | Action::PreviousPane
            | Action::Ladder
            | Action::Evidence
            | Action::Palette
            | Action::Help
            | Action::Repaint
            | Action::Suspend
            | Action::Quit => true,
        }
    }

    fn accepts(&self) -> bool {
        match (&self.popup, self.focus) {
            (Some(Popup::Keypad | Popup::Confirm(_) | Popup::Quality { .. }), _) => false,
            (Some(Popup::Contacts(_)), _) => matches!(self.contact_selected(), Some(ContactRow::Asks(_))),
            (Some(_), _) => true,
            (None, _) if self.is_filtering() => true,
            (None, _) if self.pending.is_some() => true,
            (None, _) if self.call().is_some() => false,
            (None, Pane::Friends) => self.friends.current().is_some(),
            (None, Pane::Groups) => self.groups.current().is_some(),
            (None, Pane::History) => self.history.current().is_some(),
            (None, Pane::People | Pane::Events) => false,
        }
    }

    /// Whether there is a group to share: on the card, in the call, or selected.
    fn shareable(&self, action: Action) -> bool {
        match (&self.popup, action) {
            (Some(Popup::Share(_)), Action::Share) => false,
            (Some(Popup::Share(_)), _) => true,
            (Some(_), _) | (None, Action::ShareWith) => false,
            (None, Action::CopyLink) => self.group_of_call().is_some(),
            (None, _) => self.group_of_call().is_some() || self.selected_group().is_some(),
        }
    }

    fn group_of_call(&self) -> Option<&crate::phone::event::GroupCard> {
        self.call().and_then(super::LiveCall::group)
    }

    /// The group selected in the panel that has the focus.
    pub(crate) fn selected_group(&self) -> Option<&crate::domain::group::GroupRow> {
        if self.focus == Pane::Groups { self.groups.current() } else { None }
    }

    /// The hints that fit the moment, in order: key and what it does. The one for help comes last and is always there.
    pub fn hints(&self) -> Vec<(String, &'static str)> {
        let context = self.context();
        let hint = |action: Action| {
            let key = self.keys.key(action, context)?;
            let word = match action {
                Action::Accept => self.accept_word(),
                Action::Redial if matches!(self.last_peer(), Some(Peer::Group(_))) => "join again",
                Action::Filter if matches!(self.focus, Pane::People | Pane::History) && context != Context::Ladder => {
                    "search"
                }
                Action::Back if context == Context::Consult => "return",
                Action::Clear if matches!(self.contact_selected(), Some(ContactRow::Asks(_))) => "decline",
                Action::More if self.turns_volume() => "louder",
                Action::Less if self.turns_volume() => "quieter",
                Action::More if self.turns_time() => "later",
                Action::Less if self.turns_time() => "sooner",
                Action::Mute if self.call().is_some_and(|call| call.view.muted) && self.talk.on => "talk",
                Action::Mute if self.call().is_some_and(|call| call.view.muted) => "unmute",
                Action::Hold if self.call().is_some_and(super::LiveCall::is_held_here) => "resume",
                action => action.row().hint,
            };
            Some((key.to_string(), word))
        };
        let useful = HINTS.iter().filter(|action| self.offers(**action) && self.is_near(**action, context));
        let mut hints: Vec<_> = useful.filter_map(|action| hint(*action)).take(MOST_HINTS - 1).collect();
        hints.extend(hint(Action::Help));
        hints
    }

    /// Whether the row of the sound popup is one with a volume.
    fn turns_volume(&self) -> bool {
        matches!(&self.popup, Some(Popup::Sound(sound)) if sound.row.device().is_some())
    }

    /// Whether the row of the rules is the one with a time.
    fn turns_time(&self) -> bool {
        matches!(self.rule_selected(), Some(RuleRow::Forward(_)))
    }

    /// Whether an action belongs to what has the focus, so that popups and calls show their own hints first.
    fn is_near(&self, action: Action, context: Context) -> bool {
        let about_list = matches!(self.focus, Pane::People | Pane::History) || context == Context::Ladder;
        let about_list = action == Action::Filter && about_list;
        let for_later = matches!(action, Action::Filter | Action::AddFriend | Action::Dial | Action::Join);
        let for_later = for_later || matches!(action, Action::StartGroup | Action::Redial);
        if self.call().is_some() && for_later && !about_list {
            return false;
        }
        // There is no room for everything that can be done to a call: these are found in the help.
        let rare = match action {
            Action::Merge => context != Context::Consult,
            Action::Invite => self.group_call().is_none(),
            // Where calls are parked, the key stands beside them; what rings at friends does not wait.
            Action::PickUp => self.call().is_some() && !self.friends.list.iter().any(|friend| self.rings_at(friend)),
            Action::Note => self.popup.is_some() || self.focus != Pane::History,
            _ => false,
        };
        if rare {
            return false;
        }
        let urgent = matches!(action, Action::Answer | Action::Decline | Action::Yes | Action::Mute | Action::HangUp);
        let on_card = matches!(action, Action::CopyLink | Action::ShareWith);
        if on_card {
            return matches!(self.popup, Some(Popup::Share(_)));
        }
        let offered = matches!(action, Action::JoinShared | Action::Later);
        if context == Context::Ladder && matches!(action, Action::Filter | Action::Pause | Action::TimeMode) {
            return true;
        }
        if action == Action::Evidence {
            return context == Context::Ladder;
        }
        let settling = matches!(action, Action::More | Action::Less | Action::Clear);
        let choosing = settling || matches!(action, Action::Accept | Action::Back | Action::Mark);
        matches!(context, Context::Panel | Context::Consult) || urgent || offered || choosing
    }

    fn accept_word(&self) -> &'static str {
        match &self.popup {
            Some(Popup::Dial(dial)) if dial.purpose == super::Purpose::AddFriend => "add",
            Some(Popup::Dial(dial)) if matches!(dial.purpose, super::Purpose::Invite(_)) => "invite",
            Some(Popup::Dial(dial)) if matches!(dial.purpose, super::Purpose::Transfer(_)) => "hand on",
            Some(Popup::Dial(dial)) if matches!(dial.purpose, super::Purpose::Consult(_)) => "ask",
            Some(Popup::Dial(dial)) if dial.purpose == super::Purpose::Except => "let ring",
            Some(Popup::Dial(dial)) if dial.purpose.is_rule() => "forward",
            Some(Popup::Rules(_)) if self.rule_selected() == Some(RuleRow::PickUp) => "change",
            Some(Popup::PickUp(_)) => "pick up",
            Some(Popup::Contacts(_)) => "accept",
            Some(Popup::Accounts(_)) => "go on as",
            Some(Popup::Join(_)) => "join",
            Some(Popup::Name(prompt)) if prompt.naming == super::Naming::Create => "make it",
            Some(Popup::Name(_)) => "start",
            Some(Popup::Note(_)) => "keep the note",
            Some(Popup::ShareWith(_)) => "share",
            Some(Popup::Share(_)) => "close",
            Some(Popup::Palette(_)) => "do it",
            Some(Popup::Help { .. }) => "close",
            Some(Popup::Sound(sound)) if sound.device.is_none() && sound.row.device().is_none() => "change",
            Some(Popup::Sound(_) | Popup::Presence(_) | Popup::Rules(_)) => "choose",
            Some(Popup::Ladder(ladder)) if ladder.typing => "keep",
            Some(Popup::Ladder(_)) => "open",
            None if self.is_filtering() => "keep",
            None if self.pending.is_some() => "do it now",
            None if self.focus == Pane::Groups => "join",
            None if self.focus == Pane::History => match self.history.current().map(|record| &record.with) {
                Some(Peer::Group(_)) => "join",
                Some(Peer::Person(_)) | None => "call back",
            },
            Some(Popup::Dial(_) | Popup::Keypad | Popup::Confirm(_) | Popup::Quality { .. }) | None => "call",
        }
    }
}
