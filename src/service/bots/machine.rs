//! What a bot decides: notices in, actions out. Pure; the time is an argument.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::Bot;
use crate::domain::call::CallState;
use crate::domain::id::CallId;
use crate::domain::person::Person;
use crate::domain::transfer::HandedTo;
use crate::protocol::notice::Notice;

/// Calls back that may be due at once; who comes later is not called back.
const MAX_CALLBACKS: usize = 64;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Say that it rings.
    Ring(CallId),
    /// Answer.
    Answer(CallId),
    /// Decline.
    Decline(CallId),
    /// Call somebody.
    Call(Person),
    /// Go on in another call, with a new leg; the first is over.
    Move(CallId, CallId),
    /// Begin to hear and speak.
    Play(CallId, Programme),
    /// The call is over: let its leg go.
    Release(CallId),
}

/// What is heard in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Programme {
    /// A greeting, then the echo.
    Echo,
    /// Music without an end.
    Music,
    /// The announcement that somebody will be called back, then silence.
    Announcement,
}

/// The state of one bot.
#[derive(Debug)]
pub(super) struct Machine {
    bot: Bot,
    callback_after: Duration,
    calls: BTreeMap<CallId, Talk>,
    callbacks: VecDeque<(Instant, Person)>,
}

#[derive(Debug)]
struct Talk {
    /// Who called, or is there instead by now; `None` when the bot called.
    caller: Option<Person>,
    playing: bool,
}

impl Machine {
    /// A bot in no call.
    pub(super) fn new(bot: Bot, callback_after: Duration) -> Self {
        Self { bot, callback_after, calls: BTreeMap::new(), callbacks: VecDeque::new() }
    }

    /// Takes a notice.
    pub(super) fn notice(&mut self, notice: &Notice, now: Instant) -> Vec<Action> {
        match notice {
            Notice::CallIncoming { call_id, from, .. } => self.incoming(*call_id, from),
            Notice::CallChanged { call_id, state: CallState::Connected } => self.connected(*call_id),
            Notice::CallIncomingEnded { call_id, .. } => self.not_answered(*call_id),
            Notice::CallEnded { call_id, .. } => self.ended(*call_id, now),
            Notice::CallHandedOn { call_id, to: HandedTo::Person { person }, .. } => self.handed_on(*call_id, person),
            Notice::CallMoved { call_id, into, with, .. } => self.moved(*call_id, *into, with),
            Notice::CallChanged { .. }
            | Notice::CallParticipant { .. }
            | Notice::CallSlots { .. }
            | Notice::CallGroup { .. }
            | Notice::CallRoster { .. }
            | Notice::CallSpeakers { .. }
            | Notice::CallInviteEnded { .. }
            | Notice::CallHandedOn { to: HandedTo::Slot { .. }, .. }
            | Notice::MissedChanged { .. }
            | Notice::ParkedChanged { .. }
            | Notice::GroupShared { .. }
            | Notice::GroupChanged { .. }
            | Notice::GroupRemoved { .. }
            | Notice::MeChanged { .. }
            | Notice::PresenceChanged { .. }
            | Notice::FriendAdded { .. }
            | Notice::FriendChanged { .. }
            | Notice::RulesChanged { .. }
            | Notice::FriendRequested { .. }
            | Notice::FriendRequestEnded { .. }
            | Notice::PersonBlocked { .. }
            | Notice::PersonUnblocked { .. }
            | Notice::FriendRemoved { .. }
            | Notice::HistoryAdded { .. }
            | Notice::Closing { .. } => Vec::new(),
        }
    }

    /// The bot itself began a call.
    pub(super) fn calling(&mut self, call: CallId) {
        self.calls.insert(call, Talk { caller: None, playing: false });
    }

    /// What was asked for a call was refused: it is over, or never began.
    pub(super) fn refused(&mut self, call: CallId) {
        self.calls.remove(&call);
    }

    /// When somebody is to be called back next.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.callbacks.front().map(|(at, _)| *at)
    }

    /// The deadline has passed.
    pub(super) fn deadline_passed(&mut self, now: Instant) -> Vec<Action> {
        let mut actions = Vec::new();
        while self.next_deadline().is_some_and(|at| at <= now) {
            actions.extend(self.callbacks.pop_front().map(|(_, person)| Action::Call(person)));
        }
        actions
    }

    fn incoming(&mut self, call: CallId, from: &Person) -> Vec<Action> {
        match self.bot {
            Bot::Busy => vec![Action::Decline(call)],
            Bot::Nobody => vec![Action::Ring(call)],
            Bot::Echo | Bot::Music | Bot::Callback => {
                self.calls.insert(call, Talk { caller: Some(from.clone()), playing: false });
                vec![Action::Ring(call), Action::Answer(call)]
            }
        }
    }

    fn connected(&mut self, call: CallId) -> Vec<Action> {
        let Some(talk) = self.calls.get_mut(&call) else { return Vec::new() };
        // A call is connected again after every hold: the programme goes on, it does not begin anew.
        if std::mem::replace(&mut talk.playing, true) {
            return Vec::new();
        }
        let programme = match (self.bot, &talk.caller) {
            (Bot::Music, _) => Programme::Music,
            (Bot::Callback, Some(_)) => Programme::Announcement,
            (Bot::Echo | Bot::Callback | Bot::Busy | Bot::Nobody, _) => Programme::Echo,
        };
        vec![Action::Play(call, programme)]
    }

    /// Somebody else is there instead of who called.
    fn handed_on(&mut self, call: CallId, to: &Person) -> Vec<Action> {
        if let Some(caller) = self.calls.get_mut(&call).and_then(|talk| talk.caller.as_mut()) {
            caller.clone_from(to);
        }
        Vec::new()
    }

    /// The call goes on as another: whoever is there hears the programme from its beginning.
    fn moved(&mut self, call: CallId, into: CallId, with: &Person) -> Vec<Action> {
        let Some(talk) = self.calls.remove(&call) else { return Vec::new() };
        let caller = talk.caller.map(|_| with.clone());
        self.calls.insert(into, Talk { caller, playing: false });
        vec![Action::Move(call, into)]
    }

    fn not_answered(&mut self, call: CallId) -> Vec<Action> {
        self.calls.remove(&call).map_or_else(Vec::new, |_| vec![Action::Release(call)])
    }

    fn ended(&mut self, call: CallId, now: Instant) -> Vec<Action> {
        let Some(talk) = self.calls.remove(&call) else { return Vec::new() };
        if self.bot == Bot::Callback
            && let Some(caller) = talk.caller
        {
            self.call_back(caller, now);
        }
        vec![Action::Release(call)]
    }

    fn call_back(&mut self, caller: Person, now: Instant) {
        let waits = self.callbacks.iter().any(|(_, person)| person.identity == caller.identity);
        if !waits && self.callbacks.len() < MAX_CALLBACKS {
            self.callbacks.push_back((now + self.callback_after, caller));
        }
    }
}
