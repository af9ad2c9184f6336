//! One endpoint that takes part in a direct call: its connection, what it hears, and what it was told.

use super::effects::Effect;
use crate::control::connection::Connection;
use crate::domain::call::{CallState, ParticipantState};
use crate::domain::id::{EndpointId, LegId};

/// An endpoint that takes part.
#[derive(Debug)]
pub(super) struct Member {
    pub endpoint: EndpointId,
    pub link: Connection,
    pub muted: bool,
    pub holding: bool,
    /// Whom the leg hears now.
    pub hears: Option<LegId>,
    /// Whether the leg hears hold music now.
    pub music: bool,
    /// What this endpoint was last told; `None` when it knows nothing.
    pub told: Option<View>,
}

/// What one endpoint knows of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    pub state: CallState,
    pub other: ParticipantState,
    pub other_muted: bool,
}

impl Member {
    pub fn new(endpoint: EndpointId, leg: LegId) -> Self {
        Self {
            endpoint,
            link: Connection::new(leg),
            muted: false,
            holding: false,
            hears: None,
            music: false,
            told: Some(View { state: CallState::Connecting, other: ParticipantState::Connecting, other_muted: false }),
        }
    }

    /// Closes a leg taken off the connection, hold music first.
    pub fn close(&mut self, leg: Option<LegId>, out: &mut Vec<Effect>) {
        let Some(leg) = leg else { return };
        if std::mem::take(&mut self.music) {
            out.push(Effect::HoldMusic { to: leg, on: false });
        }
        self.hears = None;
        out.push(Effect::CloseLeg { leg });
    }
}
