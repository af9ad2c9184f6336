//! One word, or a few, for every state: of people, calls and records.

use crate::domain::call::{CallState, Direction, ParticipantState, Peer};
use crate::domain::presence::{PresenceChoice, PresenceState};
use crate::domain::record::Outcome;

/// Whom a call is with: a person's name, a group's, or that it is a group at all.
pub fn peer(peer: &Peer) -> &str {
    match peer {
        Peer::Person(person) => person.display_name.as_str(),
        Peer::Group(group) => group.name.as_ref().map_or(super::group::UNNAMED, |name| name.as_str()),
    }
}

/// A person's presence.
pub fn presence(state: PresenceState) -> &'static str {
    match state {
        PresenceState::Online => "online",
        PresenceState::Away => "away",
        PresenceState::InCall => "in a call",
        PresenceState::Ringing => "ringing",
        PresenceState::DoNotDisturb => "do not disturb",
        PresenceState::Offline => "offline",
    }
}

/// A presence a user may choose.
pub fn choice(choice: PresenceChoice) -> &'static str {
    match choice {
        PresenceChoice::Online => "online",
        PresenceChoice::Away => "away",
        PresenceChoice::DoNotDisturb => "do not disturb",
    }
}

/// What a choice of presence means for others.
pub fn choice_means(choice: PresenceChoice) -> &'static str {
    match choice {
        PresenceChoice::Online => "calls ring",
        PresenceChoice::Away => "calls ring, others see you are away",
        PresenceChoice::DoNotDisturb => "calls are refused without a ring",
    }
}

/// The state of a call, in capitals: it is the first thing looked for on the screen.
pub fn call(state: CallState) -> &'static str {
    match state {
        CallState::None => "NEW",
        CallState::Connecting => "CONNECTING",
        CallState::Ringing => "RINGING",
        CallState::EarlyMedia => "RINGING, listen",
        CallState::InLobby => "WAITING",
        CallState::Connected => "CONNECTED",
        CallState::LocalHold => "HOLD by you",
        CallState::RemoteHold => "HOLD by them",
        CallState::Disconnecting => "HANGING UP",
        CallState::Disconnected => "ENDED",
    }
}

/// How a call went.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ongoing => "going on",
        Outcome::Answered => "answered",
        Outcome::Missed => "MISSED",
        Outcome::Declined => "declined",
        Outcome::Busy => "busy",
        Outcome::NoAnswer => "no answer",
        Outcome::Cancelled => "cancelled",
        Outcome::Failed => "failed",
    }
}

/// Which way a call was made.
pub fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Incoming => "from",
        Direction::Outgoing => "to",
    }
}

/// Where a participant of a call stands. `speaking` and `muted` are told of those who are in it.
pub fn participant(state: ParticipantState, speaking: bool, muted: bool) -> &'static str {
    match state {
        ParticipantState::Idle => "invited",
        ParticipantState::Connecting => "connecting",
        ParticipantState::Ringing => "ringing",
        ParticipantState::Connected if muted => "muted",
        ParticipantState::Connected if speaking => "speaking",
        ParticipantState::Connected => "in the call",
        ParticipantState::Hold => "on hold",
        ParticipantState::Reconnecting => "reconnecting",
        ParticipantState::Disconnected => "gone",
    }
}
