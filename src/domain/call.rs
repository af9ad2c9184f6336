//! Calls: their states, whom they are with, and the people in them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::group::GroupRef;
use super::person::Person;

/// Where a call stands for one client. The states, and their names, are those of the ACS Calling SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CallState {
    /// Not begun.
    None,
    /// Being set up.
    Connecting,
    /// The other side rings.
    Ringing,
    /// Not answered yet, but there is something to hear.
    EarlyMedia,
    /// Waiting to be admitted.
    InLobby,
    /// Talking.
    Connected,
    /// Held by this client.
    LocalHold,
    /// Held by the other side.
    RemoteHold,
    /// Hanging up.
    Disconnecting,
    /// Over.
    Disconnected,
}

/// Where another participant of a call stands; names of the ACS Calling SDK, with `Reconnecting` for one whose
/// connection was lost and may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ParticipantState {
    /// Not invited yet.
    Idle,
    /// Being reached.
    Connecting,
    /// A client of this person rings.
    Ringing,
    /// In the call.
    Connected,
    /// In the call, on hold.
    Hold,
    /// In the call, but the connection is lost for the moment.
    Reconnecting,
    /// Gone.
    Disconnected,
}

impl ParticipantState {
    /// Whether somebody in this state is in the call, whatever the connection.
    pub fn is_here(self) -> bool {
        match self {
            Self::Connected | Self::Hold | Self::Reconnecting => true,
            Self::Idle | Self::Connecting | Self::Ringing | Self::Disconnected => false,
        }
    }
}

/// Another participant, as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Participant {
    /// Who it is.
    pub person: Person,
    /// Where this participant stands.
    pub state: ParticipantState,
    /// Whether this participant's microphone is off.
    #[serde(default)]
    pub muted: bool,
}

/// A participant's row in the roster of a call. All clients of one person are one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterRow {
    /// The participant's number in this call, from 1 in the order of appearance; never given to somebody else. The
    /// packets of the participant's sound carry it ([`crate::media::mark`]).
    pub number: u16,
    /// The participant now.
    #[serde(flatten)]
    pub participant: Participant,
}

/// Whom a call is with, as it began; in a record, `with` a person or a `group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Peer {
    /// The other side of a direct call.
    #[serde(rename = "with")]
    Person(Person),
    /// A group.
    #[serde(rename = "group")]
    Group(GroupRef),
}

impl Peer {
    /// The other side of a direct call.
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::Person(person) => Some(person),
            Self::Group(_) => None,
        }
    }

    /// The group.
    pub fn group(&self) -> Option<&GroupRef> {
        match self {
            Self::Person(_) => None,
            Self::Group(group) => Some(group),
        }
    }
}

/// Which way a call was made, as one of its participants sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody called this person.
    Incoming,
    /// This person called, or joined.
    Outgoing,
}
