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
    /// Whether it was connected to the other side, whoever that was.
    pub settled: bool,
    /// Whom the leg hears now.
    pub hears: Option<LegId>,
    /// Whether the leg hears hold music now.
    pub music: bool,
    /// What this endpoint was last told.
    pub told: Known,
}

/// What one endpoint knows of the call: where it stands, and where the other side does, and whether that is muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Known {
    pub state: Option<CallState>,
    pub other: Option<(ParticipantState, bool)>,
}

impl Member {
    pub fn new(endpoint: EndpointId, leg: LegId) -> Self {
        Self::with(endpoint, Connection::new(leg))
    }

    /// One that has still to bring its leg.
    pub fn expected(endpoint: EndpointId, muted: bool) -> Self {
        Self { muted, ..Self::with(endpoint, Connection::expected()) }
    }

    fn with(endpoint: EndpointId, link: Connection) -> Self {
        let (state, other) = (Some(CallState::Connecting), Some((ParticipantState::Connecting, false)));
        Self {
            endpoint,
            link,
            muted: false,
            holding: false,
            settled: false,
            hears: None,
            music: false,
            told: Known { state, other },
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
