//! One endpoint that takes part in a call: its socket, its leg, and what it was told. The rules of leaving and resuming.

use std::time::Instant;

use super::effects::Effect;
use super::{ABSENT_MAX, GONE_AFTER, VANISHED_AFTER};
use crate::base::deadline::earlier;
use crate::domain::call::{CallState, ParticipantState};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{EndpointId, LegId};

/// An endpoint that takes part.
#[derive(Debug)]
pub(super) struct Member {
    pub endpoint: EndpointId,
    /// Absent after it failed, until the endpoint rejoins.
    pub leg: Option<LegId>,
    pub media: Media,
    /// Since when the socket is lost.
    pub lost_at: Option<Instant>,
    pub muted: bool,
    pub holding: bool,
    /// Whether it counts as gone for the other side.
    pub gone: bool,
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

/// How a leg does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// Being set up; `down_since` when an earlier leg was lost.
    Starting { down_since: Option<Instant> },
    /// Up.
    Up,
    /// It was up, and nothing comes from it.
    Silent { since: Instant },
    /// It broke; there is none.
    Failed { since: Instant },
}

impl Member {
    pub fn new(endpoint: EndpointId, leg: LegId) -> Self {
        Self {
            endpoint,
            leg: Some(leg),
            media: Media::Starting { down_since: None },
            lost_at: None,
            muted: false,
            holding: false,
            gone: false,
            hears: None,
            music: false,
            told: Some(View { state: CallState::Connecting, other: ParticipantState::Connecting, other_muted: false }),
        }
    }

    /// Whether the leg can be wired to others. A silent leg stays wired: its sound may come back any moment.
    pub fn wired_leg(&self) -> Option<LegId> {
        match self.media {
            Media::Up | Media::Silent { .. } => self.leg,
            Media::Starting { .. } | Media::Failed { .. } => None,
        }
    }

    pub fn leg_up(&mut self) {
        self.media = Media::Up;
    }

    pub fn leg_silent(&mut self, now: Instant) {
        if self.media == Media::Up {
            self.media = Media::Silent { since: now };
        }
    }

    pub fn leg_heard(&mut self) {
        if let Media::Silent { .. } = self.media {
            self.media = Media::Up;
        }
    }

    pub fn leg_failed(&mut self, now: Instant, out: &mut Vec<Effect>) {
        self.media = Media::Failed { since: self.down_since().unwrap_or(now) };
        self.close_leg(out);
    }

    /// Takes a new leg in the place of the old one. The endpoint is here, or it could not have asked.
    pub fn rejoin(&mut self, leg: LegId, now: Instant, out: &mut Vec<Effect>) {
        self.media = Media::Starting { down_since: Some(self.down_since().unwrap_or(now)) };
        self.close_leg(out);
        self.leg = Some(leg);
        self.lost_at = None;
    }

    /// Closes the leg, hold music first.
    pub fn close_leg(&mut self, out: &mut Vec<Effect>) {
        let Some(leg) = self.leg.take() else { return };
        if std::mem::take(&mut self.music) {
            out.push(Effect::HoldMusic { to: leg, on: false });
        }
        self.hears = None;
        out.push(Effect::CloseLeg { leg });
    }

    /// Since when there is nothing from a leg that was there before.
    fn down_since(&self) -> Option<Instant> {
        match self.media {
            Media::Up => None,
            Media::Starting { down_since } => down_since,
            Media::Silent { since } | Media::Failed { since } => Some(since),
        }
    }

    /// From when on socket and leg both count as lost.
    pub fn gone_from(&self) -> Option<Instant> {
        let lost = self.lost_at?;
        match self.media {
            Media::Up => None,
            Media::Silent { since } => Some(lost.max(since)),
            Media::Starting { .. } | Media::Failed { .. } => Some(lost + GONE_AFTER),
        }
    }

    /// When, and why, this endpoint's absence ends the call. Before the two are connected, a lost leg alone does not:
    /// the set-up has its own deadline.
    pub fn ends_at(&self, connected: bool) -> Option<(Instant, EndReason)> {
        let gone = self.gone_from().map(|at| at + VANISHED_AFTER);
        let lost = self.lost_at.map(|at| at + ABSENT_MAX);
        let vanished = earlier(gone, lost).map(|at| (at, EndReason::VANISHED));
        let silent = self.down_since().filter(|_| connected).map(|at| (at + ABSENT_MAX, EndReason::MEDIA_LOST));
        vanished.into_iter().chain(silent).min_by_key(|(at, _)| *at)
    }
}
