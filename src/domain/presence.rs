//! What a person is doing now, as far as others may know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::time::UnixMillis;

/// One word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// A client is connected.
    Online,
    /// Connected, but said to be away.
    Away,
    /// In a call on one of the clients.
    InCall,
    /// A call rings on one of the clients.
    Ringing,
    /// Does not want to be rung.
    DoNotDisturb,
    /// No client is connected.
    Offline,
}

/// A person's presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// What the person is doing.
    pub state: PresenceState,
    /// For somebody offline: when a client was last connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<UnixMillis>,
}

impl Presence {
    /// A presence of somebody who is connected.
    pub fn now(state: PresenceState) -> Self {
        Self { state, last_seen: None }
    }

    /// Nobody there; `last_seen` when a client last was.
    pub fn offline(last_seen: Option<UnixMillis>) -> Self {
        Self { state: PresenceState::Offline, last_seen }
    }
}

/// What a user may choose to be; the rest of [`PresenceState`] is observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresenceChoice {
    /// Reachable.
    #[default]
    Online,
    /// Reachable, but said to be away.
    Away,
    /// Calls are refused as busy, without a ring.
    DoNotDisturb,
}
