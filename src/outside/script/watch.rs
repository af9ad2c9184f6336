//! What a phone does while a script plays, as far as the script may wait for it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Until;
use crate::domain::call::CallState;
use crate::domain::id::CallId;
use crate::domain::person::Person;
use crate::outside::format::call_word;
use crate::outside::line::Asked;
use crate::outside::order::Order;
use crate::outside::status::{CallRow, LinkState, Status};
use crate::phone::event::Event;
use crate::texts::outside;

/// What is louder is heard, dBFS.
const AUDIBLE: f32 = -50.0;

/// The longest time one level stands for: they come ten times a second.
const LEVEL: Duration = Duration::from_millis(250);

/// How much that happened is kept for whoever waits for it later.
const KEPT: usize = 256;

/// Something that happened, and that a script can wait for once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Happening {
    Ended,
    Tone(char),
    Told(&'static str),
}

/// The phone, as a script sees it.
#[derive(Debug)]
pub(super) struct Watch {
    status: Status,
    callers: Vec<(CallId, Person)>,
    happened: VecDeque<Happening>,
    ear: Ear,
}

/// What is heard in the active call, since somebody listens.
#[derive(Debug, Default)]
struct Ear {
    heard: Duration,
    quiet: Duration,
    last: Option<Instant>,
}

impl Default for Watch {
    fn default() -> Self {
        let status = Status::new(String::new(), false, 0);
        Self { status, callers: Vec::new(), happened: VecDeque::new(), ear: Ear::default() }
    }
}

impl Watch {
    /// Takes in what the phone tells, and by which names that is told to programs.
    pub(super) fn hears(&mut self, event: &Event, told: &[&'static str], now: Instant) {
        self.status.take(event);
        match event {
            Event::Incoming(incoming) => {
                self.callers.retain(|(call, _)| *call != incoming.call);
                self.callers.push((incoming.call, incoming.from.clone()));
            }
            Event::Ended(_) | Event::IncomingEnded { .. } => self.happened.push_back(Happening::Ended),
            Event::Dtmf { tone, .. } => self.happened.push_back(Happening::Tone(tone.key())),
            Event::Levels { call, speaker, .. } if self.status.active().is_some_and(|row| row.call_id == *call) => {
                self.ear.hears(*speaker, now);
            }
            _ => {}
        }
        let status = &self.status;
        self.callers.retain(|(call, _)| status.call(*call).is_some_and(|row| row.rings));
        self.happened.extend(told.iter().map(|name| Happening::Told(name)));
        let over = self.happened.len().saturating_sub(KEPT);
        self.happened.drain(..over);
    }

    /// Something is ordered: what ended before has nothing to do with it, and nothing before a new call.
    pub(super) fn ordered(&mut self, asked: &Asked) {
        let begins = matches!(
            asked.order,
            Order::Call { .. } | Order::Join { .. } | Order::Answer | Order::Consult { .. } | Order::PickUp { .. }
        );
        self.happened.retain(|happening| !begins && *happening != Happening::Ended);
    }

    /// Listens from now on, for those who wait for sound or for none.
    pub(super) fn listens(&mut self) {
        self.ear = Ear::default();
    }

    /// Whether that is so, or happened; what happened is taken, with what is like it and came before.
    pub(super) fn is_met(&mut self, until: &Until) -> bool {
        let status = &self.status;
        match until {
            Until::Incoming { from: None } => status.ringing().is_some(),
            Until::Incoming { from: Some(from) } => self.callers.iter().any(|(_, caller)| is_called(caller, from)),
            Until::Ringing => status.calls.iter().any(rings_there),
            Until::Connected => status.active().is_some_and(|row| row.state == CallState::Connected),
            Until::Held => status.active().or_else(|| status.calls.first()).is_some_and(is_held),
            Until::Parked { slot } => status.parked.iter().any(|row| slot.is_none_or(|slot| row.slot == slot)),
            Until::Ended => self.takes(Happening::Ended),
            Until::Event(name) => self.takes(Happening::Told(name)),
            Until::Dtmf(tones) => self.takes_tones(tones),
            Until::Sound(time) => self.ear.heard >= *time,
            Until::Silence(time) => self.ear.quiet >= *time,
        }
    }

    fn takes(&mut self, wanted: Happening) -> bool {
        let Some(at) = self.happened.iter().position(|happening| *happening == wanted) else { return false };
        // Events are a row: who waits for the next goes on behind this one.
        let passed = |happening: &Happening| matches!((wanted, happening), (Happening::Told(_), Happening::Told(_)));
        let mut number = 0;
        self.happened.retain(|happening| {
            number += 1;
            number > at + 1 || (number <= at && !passed(happening))
        });
        true
    }

    /// Finds the tones one after another among those that arrived, and takes them with all that came before.
    fn takes_tones(&mut self, tones: &str) -> bool {
        let arrived: Vec<(usize, char)> = (0..)
            .zip(&self.happened)
            .filter_map(|(at, happening)| match happening {
                Happening::Tone(key) => Some((at, *key)),
                Happening::Ended | Happening::Told(_) => None,
            })
            .collect();
        let wanted: Vec<char> = tones.chars().collect();
        let found = arrived.windows(wanted.len()).find(|some| some.iter().map(|(_, key)| key).eq(&wanted));
        let Some((last, _)) = found.and_then(<[_]>::last) else { return false };
        let last = *last;
        let mut at = 0;
        self.happened.retain(|happening| {
            at += 1;
            at > last + 1 || !matches!(happening, Happening::Tone(_))
        });
        true
    }

    /// What the phone is doing, in a few words.
    pub(super) fn doing(&self) -> String {
        let one = |row: &CallRow| outside::a_call(&row.who, call_word(row));
        match (self.status.calls.as_slice(), self.status.link) {
            ([], LinkState::Up) => outside::NO_CALL_INSTEAD.to_owned(),
            ([], LinkState::Connecting | LinkState::Down | LinkState::Refused) => outside::NO_LINK_INSTEAD.to_owned(),
            (rows, _) => rows.iter().map(one).collect::<Vec<_>>().join(", "),
        }
    }

    /// The calls that are to be hung up when nothing is left to be played.
    pub(super) fn calls(&self) -> Vec<CallId> {
        self.status.calls.iter().filter(|row| !row.rings).map(|row| row.call_id).collect()
    }
}

impl Ear {
    fn hears(&mut self, level: f32, now: Instant) {
        let since =
            self.last.replace(now).map_or(Duration::ZERO, |last| now.saturating_duration_since(last).min(LEVEL));
        if level > AUDIBLE {
            self.heard += since;
            self.quiet = Duration::ZERO;
        } else {
            self.quiet += since;
        }
    }
}

fn is_called(person: &Person, name: &str) -> bool {
    let same = |known: &str| known.to_lowercase() == name.to_lowercase();
    same(person.name.as_str()) || same(person.display_name.as_str()) || same(person.identity.as_str())
}

fn rings_there(row: &CallRow) -> bool {
    !row.rings && (row.is_connected() || matches!(row.state, CallState::Ringing | CallState::EarlyMedia))
}

fn is_held(row: &CallRow) -> bool {
    matches!(row.state, CallState::LocalHold | CallState::RemoteHold)
}
