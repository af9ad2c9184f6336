//! What plain mode keeps beside what the screen shows: which list a number means, and what can be chosen by number in answer
//! to what is asked.

use super::{Model, Pane, Popup, device_rows};
use crate::domain::person::Person;
use crate::domain::presence::PresenceChoice;
use crate::domain::time::UnixMillis;
use crate::phone::event::AudioDevice;
use crate::terminal::update::CHOICES;

/// What plain mode keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typing {
    /// The list that was told last: a number means one of its rows.
    pub listed: Option<Pane>,
    /// Whether the last message was a line: what is asked no more then was answered, or put away.
    pub answered: bool,
}

/// Something that is chosen by its number.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// A person.
    Person(Person),
    /// What can be picked up, by its place among that.
    PickUp(usize),
    /// A presence.
    Presence(PresenceChoice),
    /// A device, by its place among those of its kind.
    Device(AudioDevice, usize),
}

/// The most people that are offered by number.
const MOST: usize = 20;

impl Model {
    /// What can be chosen by number in answer to what is asked; the first is number 1.
    pub fn choices(&self) -> Vec<Choice> {
        match &self.popup {
            Some(Popup::Dial(dial)) => {
                let people = dial.candidates(&self.friends.list).into_iter().take(MOST);
                people.map(|person| Choice::Person(person.clone())).collect()
            }
            Some(Popup::ShareWith(_)) => {
                let people = self.friends.list.iter().take(MOST);
                people.map(|friend| Choice::Person(friend.person.clone())).collect()
            }
            Some(Popup::PickUp(_)) => (0..self.pickable().len()).map(Choice::PickUp).collect(),
            Some(Popup::Presence(_)) => CHOICES.into_iter().map(Choice::Presence).collect(),
            Some(Popup::Sound(_)) => self.device_choices(),
            _ => Vec::new(),
        }
    }

    /// When something has to be done next though nothing happens: what is only seen, such as timers, left out.
    pub fn next_due(&self) -> Option<UnixMillis> {
        let search = match &self.popup {
            Some(Popup::Dial(dial)) => dial.search_at,
            _ => None,
        };
        [
            self.bell_at,
            self.friends.removal.as_ref().map(|removal| removal.until),
            self.pending.as_ref().map(|pending| pending.until),
            self.talk.next(self.now),
            search,
            self.history.search_at,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn device_choices(&self) -> Vec<Choice> {
        let Some(devices) = &self.devices else { return Vec::new() };
        let kinds = [AudioDevice::Microphone, AudioDevice::Speaker, AudioDevice::Ringer];
        let rows = |which| (0..device_rows(which, devices, &self.sound).len()).map(move |at| Choice::Device(which, at));
        kinds.into_iter().flat_map(rows).collect()
    }
}
