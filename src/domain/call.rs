//! Calls: their states and the people in them.

use serde::{Deserialize, Serialize};

use super::person::Person;

/// Where a call stands for one client. The states, and their names, are those of the ACS Calling SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// Another participant, as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Who it is.
    pub person: Person,
    /// Where this participant stands.
    pub state: ParticipantState,
    /// Whether this participant's microphone is off.
    #[serde(default)]
    pub muted: bool,
}

/// Which way a call was made, as one of its participants sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody called this person.
    Incoming,
    /// This person called.
    Outgoing,
}
