//! Writes a session down as a script: what the phone is told becomes orders, what it tells becomes lines that wait, and
//! the time a person took becomes pauses.
//!
//! A line is written only when its words, asked of the phone as it is, make the very command it was told
//! (`Order::plan`): what is written plays. What was refused is left as a comment.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::wait::{Short, Until, WITHIN, WaitFor};
use super::words;
use crate::domain::call::CallState;
use crate::domain::id::{CallId, Identity};
use crate::domain::person::Person;
use crate::domain::text::printable;
use crate::outside::line::Asked;
use crate::outside::order::{Order, Plan};
use crate::outside::status::Status;
use crate::outside::waiting::{Waiting, Wish};
use crate::phone::command::{Command, TransferTo};
use crate::phone::event::{CallView, Event};

/// A pause shorter than this is none.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// Tones that follow each other within this time are one line.
const ONE_LINE: Duration = Duration::from_secs(2);

/// How many people are known by name at the most.
const KNOWN: usize = 10_000;

/// Names for identities, from what a phone tells.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<Identity, String>);

impl Names {
    /// Learns who is told of.
    pub fn hears(&mut self, event: &Event) {
        match event {
            Event::Friends(friends) => friends.iter().for_each(|friend| self.learn(&friend.person)),
            Event::FriendRequests(requests) => requests.iter().for_each(|request| self.learn(&request.person)),
            Event::Blocked(people) => people.iter().for_each(|person| self.learn(person)),
            Event::People { people, .. } => people.iter().for_each(|person| self.learn(person)),
            Event::Incoming(incoming) => self.learn(&incoming.from),
            Event::Call(view) => view.other_side().into_iter().for_each(|person| self.learn(person)),
            _ => {}
        }
    }

    fn learn(&mut self, person: &Person) {
        if self.0.len() < KNOWN {
            self.0.insert(person.identity.clone(), person.name.as_str().to_owned());
        }
    }

    /// The name for what was typed or chosen: that of the identity it is, or else itself.
    fn of(&self, to: &str) -> String {
        let known = to.parse().ok().and_then(|identity: Identity| self.0.get(&identity));
        known.map_or(to, String::as_str).to_owned()
    }
}

/// Writes lines.
#[derive(Debug)]
pub struct Scribe {
    status: Status,
    names: Names,
    lines: VecDeque<Entry>,
    /// When the last thing happened that a line tells of.
    last: Instant,
    /// Calls made from here that were not connected yet.
    calling: Vec<CallId>,
    /// Calls that end because the phone was told so.
    ending: Vec<CallId>,
    /// A group call is being started.
    starting: bool,
}

/// A line, or one that is still being made.
#[derive(Debug)]
enum Entry {
    Ready(String),
    /// An order whose outcome is not known yet.
    Ordered {
        words: String,
        waiting: Waiting,
        until: Instant,
        ends: Vec<CallId>,
    },
    /// Tones to which others may come: sent with these words behind them, or received.
    Tones {
        sent: Option<String>,
        tones: String,
        at: Instant,
    },
}

impl Scribe {
    /// A scribe for a phone that does that, and knows these people.
    pub(in crate::outside) fn new(status: Status, names: Names, now: Instant) -> Self {
        Self {
            status,
            names,
            lines: VecDeque::new(),
            last: now,
            calling: Vec::new(),
            ending: Vec::new(),
            starting: false,
        }
    }

    /// The phone is told something.
    pub(in crate::outside) fn tells(&mut self, command: &Command, now: Instant) {
        self.starting = matches!(command, Command::StartGroup { .. }) || self.starting;
        let Some(order) = order_of(command) else {
            if let Some(what) = without_words(command) {
                self.paused(now);
                self.lines.push_back(Entry::Ready(format!("# no words for that: {what}")));
            }
            return;
        };
        let Some((which, plan)) = self.plan(&order, command) else { return };
        let words = words::of(&Asked::new(self.named(order), which.clone()));
        let Some(words) = words else { return };
        if let Command::Dtmf { tone, .. } = command {
            let which = words.split_once(" --").map(|(_, which)| format!(" --{which}")).unwrap_or_default();
            return self.tone(Some(which), tone.key(), now);
        }
        self.paused(now);
        let ends = ends(command, &plan);
        self.ending.extend(ends.iter().copied());
        self.lines.push_back(match plan {
            Plan::Tell { until: waiting, .. } => {
                let until = now + waiting.patience();
                Entry::Ordered { words, waiting, until, ends }
            }
            Plan::JustTell { .. } | Plan::Nothing(_) | Plan::Show(_) => Entry::Ready(words),
        });
    }

    /// The phone tells something.
    pub(in crate::outside) fn hears(&mut self, event: &Event, now: Instant) {
        self.names.hears(event);
        let failed = self.settle(event, now);
        match event {
            Event::Incoming(incoming) if self.status.call(incoming.call).is_none() => {
                let from = Some(self.names.of(incoming.from.identity.as_str()));
                self.waits(Until::Incoming { from }, now);
            }
            Event::IncomingEnded { call, .. } if !self.ends_here(*call) && !failed => self.waits(Until::Ended, now),
            Event::Ended(summary) if !self.ends_here(summary.call) && !failed => self.waits(Until::Ended, now),
            Event::Call(view) => self.changed(view, now),
            Event::Dtmf { tone, .. } => self.tone(None, tone.key(), now),
            Event::HandedOn { .. } => self.waits(Until::Event("handed_on"), now),
            Event::Joined { group, .. } if self.starting => {
                self.starting = false;
                let order = Order::Join { place: group.group.code.to_string() };
                let words = words::of(&Asked::new(order, None)).unwrap_or_default();
                self.lines.push_back(Entry::Ready(words));
            }
            Event::Moved { call, into } => {
                for known in self.calling.iter_mut().chain(&mut self.ending).filter(|known| **known == *call) {
                    *known = *into;
                }
            }
            _ => {}
        }
        self.status.take(event);
    }

    /// The lines that are sure by now, in their order.
    pub(in crate::outside) fn written(&mut self, now: Instant) -> Vec<String> {
        for entry in &mut self.lines {
            let late = match entry {
                Entry::Ready(_) => false,
                Entry::Ordered { until, .. } => *until <= now,
                Entry::Tones { at, .. } => *at + ONE_LINE <= now,
            };
            if late {
                entry.is_sure();
            }
        }
        // What stands before a later line gets nothing more.
        let behind = self.lines.len().saturating_sub(1);
        self.lines
            .iter_mut()
            .take(behind)
            .filter(|entry| matches!(entry, Entry::Tones { .. }))
            .for_each(Entry::is_sure);
        let mut written = Vec::new();
        while let Some(Entry::Ready(_)) = self.lines.front() {
            if let Some(Entry::Ready(line)) = self.lines.pop_front() {
                written.push(line);
            }
        }
        written
    }

    /// All lines that are left.
    pub(in crate::outside) fn rest(&mut self) -> Vec<String> {
        self.lines.iter_mut().for_each(Entry::is_sure);
        self.lines
            .drain(..)
            .filter_map(|entry| match entry {
                Entry::Ready(line) => Some(line),
                Entry::Ordered { .. } | Entry::Tones { .. } => None,
            })
            .collect()
    }

    /// The words that make this command now: without naming the call where that is enough.
    fn plan(&self, order: &Order, command: &Command) -> Option<(Option<String>, Plan)> {
        let wanted = bare(command.clone());
        let number = call_of(command).and_then(|call| self.status.call(call)).map(|row| row.number.to_string());
        let candidates = [None, number];
        candidates.into_iter().find_map(|which| {
            let plan = order.plan(which.as_deref(), &self.status).ok()?;
            let same = match &plan {
                Plan::Tell { commands, .. } | Plan::JustTell { commands, .. } => {
                    matches!(commands.as_slice(), [one] if bare(one.clone()) == wanted)
                }
                Plan::Nothing(_) | Plan::Show(_) => false,
            };
            same.then_some((which, plan))
        })
    }

    /// People by their names.
    fn named(&self, order: Order) -> Order {
        match order {
            Order::Call { to } => Order::Call { to: self.names.of(&to) },
            Order::Transfer { to } => Order::Transfer { to: self.names.of(&to) },
            Order::Consult { to } => Order::Consult { to: self.names.of(&to) },
            Order::AddFriend { who } => Order::AddFriend { who: self.names.of(&who) },
            Order::AcceptFriend { who } => Order::AcceptFriend { who: self.names.of(&who) },
            Order::DeclineFriend { who } => Order::DeclineFriend { who: self.names.of(&who) },
            Order::WithdrawFriend { who } => Order::WithdrawFriend { who: self.names.of(&who) },
            Order::Block { who } => Order::Block { who: self.names.of(&who) },
            Order::Unblock { who } => Order::Unblock { who: self.names.of(&who) },
            other => other,
        }
    }

    /// The person took their time.
    fn paused(&mut self, now: Instant) {
        let pause = now.saturating_duration_since(self.last);
        if pause >= SHORTEST_PAUSE {
            let seconds = Duration::from_secs((pause.as_millis() + 500) as u64 / 1000);
            self.lines.push_back(Entry::Ready(format!("sleep {}", Short(seconds))));
        }
        self.last = now;
    }

    fn waits(&mut self, until: Until, now: Instant) {
        let took = now.saturating_duration_since(self.last);
        self.last = now;
        // Twice as long as it took, and some more: the others have their own pace.
        let within = WITHIN.max(Duration::from_secs((took.as_secs() * 2).div_ceil(10) * 10));
        self.lines.push_back(Entry::Ready(WaitFor { until, within }.to_string()));
    }

    fn tone(&mut self, sent: Option<String>, key: char, now: Instant) {
        match self.lines.back_mut() {
            Some(Entry::Tones { sent: before, tones, at }) if *before == sent && *at + ONE_LINE > now => {
                tones.push(key);
                *at = now;
                self.last = now;
                return;
            }
            _ => {}
        }
        if sent.is_some() {
            self.paused(now);
        }
        self.last = now;
        self.lines.push_back(Entry::Tones { sent, tones: key.to_string(), at: now });
    }

    /// Whether a call ends because the phone was told so; asked once.
    fn ends_here(&mut self, call: CallId) -> bool {
        self.calling.retain(|known| *known != call);
        let before = self.ending.len();
        self.ending.retain(|known| *known != call);
        self.ending.len() != before
    }

    /// Orders that are done, or refused, now. Says whether a call did not come about by this.
    fn settle(&mut self, event: &Event, now: Instant) -> bool {
        let mut failed = false;
        for entry in &mut self.lines {
            let Entry::Ordered { words, waiting, ends, .. } = entry else { continue };
            if let Some(call) = waiting.claims(event) {
                self.calling.push(call);
            }
            match waiting.hears(event) {
                None => continue,
                Some(Ok(_)) => {
                    self.last = now;
                    entry.is_sure();
                }
                Some(Err(refused)) => {
                    failed |= matches!(waiting.wish, Wish::Begun { .. } | Wish::PickedUp { .. } | Wish::Joined { .. });
                    self.ending.retain(|call| !ends.contains(call));
                    let why = printable(&refused.message, 200);
                    *entry = Entry::Ready(format!("# refused: {words} ({why})"));
                }
            }
        }
        failed
    }

    /// What a call became that the script has to wait for.
    fn changed(&mut self, view: &CallView, now: Instant) {
        let before = self.status.call(view.call).map(|row| row.state);
        let is_active = self.status.active().is_none_or(|row| row.call_id == view.call);
        match view.state {
            CallState::Connected if self.calling.contains(&view.call) => {
                self.calling.retain(|known| *known != view.call);
                self.waits(Until::Connected, now);
            }
            CallState::Connected if before == Some(CallState::RemoteHold) && is_active => {
                self.waits(Until::Connected, now);
            }
            // The other side hands it on: somebody else is rung.
            CallState::Ringing if before == Some(CallState::Connected) => {
                self.calling.push(view.call);
                self.waits(Until::Event("state"), now);
            }
            CallState::RemoteHold if before == Some(CallState::Connected) && is_active => self.waits(Until::Held, now),
            _ => {}
        }
    }
}

impl Entry {
    /// Nothing comes to it any more.
    fn is_sure(&mut self) {
        let line = match self {
            Self::Ready(_) => return,
            Self::Ordered { words, .. } => std::mem::take(words),
            Self::Tones { sent: Some(which), tones, .. } => format!("dtmf {tones}{which}"),
            Self::Tones { sent: None, tones, .. } => {
                WaitFor { until: Until::Dtmf(std::mem::take(tones)), within: WITHIN }.to_string()
            }
        };
        *self = Self::Ready(line);
    }
}

/// The order that makes a command like this, if there is one.
fn order_of(command: &Command) -> Option<Order> {
    Some(match command {
        Command::Call { to, .. } => Order::Call { to: to.clone() },
        Command::Consult { to, .. } => Order::Consult { to: to.clone() },
        Command::Activate(_) => Order::Swap,
        Command::Transfer { to: TransferTo::Person(to), .. } => Order::Transfer { to: to.clone() },
        Command::Transfer { to: TransferTo::Call(_), .. } => Order::Complete,
        Command::Merge { .. } => Order::Merge,
        Command::Park { slot, .. } => Order::Park { slot: *slot },
        Command::PickUp(slot) => Order::PickUp { slot: Some(*slot), at: None },
        Command::PickUpRinging(at) => Order::PickUp { slot: None, at: Some(at.clone()) },
        Command::Forward { when, to, after } => Order::Forward { when: Some(*when), to: to.clone(), after: *after },
        Command::Except { who, on } => Order::Except { who: who.clone(), on: *on },
        Command::LetPickUp(by) => Order::LetPickUp { by: *by },
        Command::AddFriend(who) => Order::AddFriend { who: who.clone() },
        Command::AcceptFriend(who) => Order::AcceptFriend { who: who.clone() },
        Command::DeclineFriend(who) => Order::DeclineFriend { who: who.clone() },
        Command::WithdrawFriend(who) => Order::WithdrawFriend { who: who.clone() },
        Command::Block(who) => Order::Block { who: who.clone() },
        Command::Unblock(who) => Order::Unblock { who: who.clone() },
        Command::Join { place, .. } => Order::Join { place: place.clone() },
        Command::Answer(_) => Order::Answer,
        Command::Decline(_) => Order::Decline,
        Command::HangUp(_) => Order::Hangup,
        Command::Hold { on, .. } => Order::Hold { on: Some(*on) },
        Command::Mute { on, .. } => Order::Mute { on: Some(*on) },
        Command::Dtmf { tone, .. } => Order::Dtmf { tones: tone.key().to_string() },
        Command::SetPresence(presence) => Order::Presence { presence: *presence },
        _ => return None,
    })
}

/// What is done in a call for which there are no words.
fn without_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::Invite { .. } => "invited somebody into the call".to_owned(),
        Command::EndForAll(_) => "ended the call for everybody".to_owned(),
        _ => return None,
    })
}

/// The call a command is about. Of two that are brought together or into each other, the one its words would name.
fn call_of(command: &Command) -> Option<CallId> {
    match command {
        Command::Consult { call, .. }
        | Command::Activate(call)
        | Command::Transfer { call, to: TransferTo::Person(_) }
        | Command::Transfer { to: TransferTo::Call(call), .. }
        | Command::Merge { call, .. }
        | Command::Park { call, .. }
        | Command::Answer(call)
        | Command::Decline(call)
        | Command::HangUp(call)
        | Command::Hold { call, .. }
        | Command::Mute { call, .. }
        | Command::Dtmf { call, .. } => Some(*call),
        _ => None,
    }
}

/// A command without what words don't say.
fn bare(command: Command) -> Command {
    match command {
        Command::Call { to, .. } => Command::Call { to, ring_for: None },
        Command::Join { place, .. } => Command::Join { place, existing: false, muted: None },
        other => other,
    }
}

/// The calls that end by a command.
fn ends(command: &Command, plan: &Plan) -> Vec<CallId> {
    match (command, plan) {
        (Command::HangUp(call) | Command::Decline(call) | Command::Park { call, .. }, _) => vec![*call],
        (Command::Transfer { call, to: TransferTo::Call(with) }, _) => vec![*call, *with],
        (Command::Transfer { call, .. }, _) => vec![*call],
        (_, Plan::Tell { until: Waiting { wish: Wish::Merged { with }, .. }, .. }) => vec![*with],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
