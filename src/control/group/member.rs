//! Who is in a group call: rows of the roster, one for each person, and the endpoints behind them.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::control::connection::{Connection, Media};
use crate::control::hearing::{Choice, Hearing, Source};
use crate::control::ring::Ring;
use crate::domain::call::{CallState, ParticipantState};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{EndpointId, LegId};
use crate::domain::person::Person;

/// How many speakers a leg hears at once.
pub(super) const HEARD_AT_ONCE: u8 = 4;

/// A row of the roster: a person who takes part, or rings.
#[derive(Debug)]
pub(super) struct Row {
    pub person: Person,
    /// The endpoints of this person that take part.
    pub endpoints: BTreeSet<EndpointId>,
    /// Whether a leg of this person was ever up.
    pub connected: bool,
    /// While none takes part.
    pub invitation: Option<Invitation>,
    /// What goes to everybody next, or went last: state, and whether muted.
    pub noted: Option<(ParticipantState, bool)>,
}

/// Somebody is being rung into the call.
#[derive(Debug)]
pub(super) struct Invitation {
    /// The endpoint that invited.
    pub by: EndpointId,
    /// Whose that is.
    pub inviter: Person,
    pub ring: Ring,
    /// Whether an endpoint said that it rings.
    pub rang: bool,
}

/// An endpoint that takes part.
#[derive(Debug)]
pub(super) struct Member {
    /// The row of its person.
    pub number: u16,
    pub link: Connection,
    /// Until when the leg must be up; `None` once it was.
    pub setup_until: Option<Instant>,
    pub muted: bool,
    pub holding: bool,
    /// Whom the leg hears now.
    pub hears: Hearing,
    /// How the leg is offered now; `None` while nothing was said.
    pub source: Option<Source>,
    /// The state it was told; `None` when it knows nothing.
    pub told: Option<CallState>,
}

impl Row {
    pub fn new(person: Person) -> Self {
        Self { person, endpoints: BTreeSet::new(), connected: false, invitation: None, noted: None }
    }
}

impl Member {
    pub fn new(number: u16, link: Connection, muted: bool) -> Self {
        Self {
            number,
            link,
            setup_until: None,
            muted,
            holding: false,
            hears: Hearing::default(),
            source: None,
            told: Some(CallState::Connecting),
        }
    }

    pub fn is_connected(&self) -> bool {
        self.setup_until.is_none()
    }

    /// Whether sound is to flow.
    fn talks(&self) -> bool {
        self.link.wired_leg().is_some() && !self.holding
    }

    /// Whom the leg is to hear; `except` are the other legs of the same person.
    pub fn hearing(&self, except: Vec<LegId>) -> Hearing {
        if !self.talks() {
            return Hearing::default();
        }
        Hearing { choice: Choice::Loudest(HEARD_AT_ONCE), except, pinned: Vec::new() }
    }

    /// How the leg is to be offered. Open while muted, too: silence takes nobody's place, and tones are to be heard.
    pub fn offered(&self) -> Source {
        Source { open: self.talks(), mark: Some(self.number) }
    }

    /// A leg is off the connection, or another one is on it: nothing was said of it yet.
    pub fn forget_wiring(&mut self) {
        self.hears = Hearing::default();
        self.source = None;
    }

    /// The state of the call for this endpoint.
    pub fn state(&self) -> CallState {
        if !self.is_connected() {
            CallState::Connecting
        } else if self.holding {
            CallState::LocalHold
        } else {
            CallState::Connected
        }
    }

    /// Where this endpoint stands for the others.
    pub fn standing(&self) -> ParticipantState {
        if self.link.gone {
            ParticipantState::Disconnected
        } else if self.link.lost_at.is_some() || (self.is_connected() && self.link.media != Media::Up) {
            ParticipantState::Reconnecting
        } else if !self.is_connected() {
            ParticipantState::Connecting
        } else if self.holding {
            ParticipantState::Hold
        } else {
            ParticipantState::Connected
        }
    }

    /// When, and why, it is out of the call if nothing else happens.
    pub fn ending(&self) -> Option<(Instant, EndReason)> {
        let absent = self.link.ends_at(self.is_connected());
        let setup = self.setup_until.map(|at| (at, EndReason::NO_MEDIA_PATH));
        absent.into_iter().chain(setup).min_by_key(|(at, _)| *at)
    }
}

/// How well somebody is in a call, the best first: of several endpoints of a person the best counts.
pub(super) fn rank(state: ParticipantState) -> u8 {
    match state {
        ParticipantState::Connected => 0,
        ParticipantState::Hold => 1,
        ParticipantState::Reconnecting => 2,
        ParticipantState::Connecting => 3,
        ParticipantState::Ringing => 4,
        ParticipantState::Idle => 5,
        ParticipantState::Disconnected => 6,
    }
}
