//! The connection of one endpoint to a call: its socket and its leg. The rules of leaving and resuming, the same for
//! every kind of call.

use std::time::{Duration, Instant};

use crate::base::deadline::earlier;
use crate::domain::end_reason::EndReason;
use crate::domain::id::LegId;

/// How long nothing has come from a leg when it is reported as silent.
pub const SILENT_AFTER: Duration = Duration::from_secs(3);

/// After how long without a socket an endpoint counts as gone whose leg never came up, or broke.
pub const GONE_AFTER: Duration = Duration::from_secs(3);

/// How long the others keep the place of an endpoint that is gone.
pub const VANISHED_AFTER: Duration = Duration::from_secs(10);

/// How long an endpoint may be without its socket, or without sound, and come back (the limit of ACS).
pub const ABSENT_MAX: Duration = Duration::from_secs(120);

/// Socket and leg of an endpoint that takes part.
#[derive(Debug)]
pub(super) struct Connection {
    /// Absent after it failed, until the endpoint rejoins; and while it is still to be brought.
    pub leg: Option<LegId>,
    pub media: Media,
    /// Since when the socket is lost.
    pub lost_at: Option<Instant>,
    /// Whether it counts as gone for the others.
    pub gone: bool,
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

impl Connection {
    pub fn new(leg: LegId) -> Self {
        Self { leg: Some(leg), media: Media::Starting { down_since: None }, lost_at: None, gone: false }
    }

    /// Of an endpoint that has still to bring its leg.
    pub fn expected() -> Self {
        Self { leg: None, media: Media::Starting { down_since: None }, lost_at: None, gone: false }
    }

    /// Whether the leg can be wired to others. A silent leg stays wired: its sound may come back any moment.
    pub fn wired_leg(&self) -> Option<LegId> {
        match self.media {
            Media::Up | Media::Silent { .. } => self.leg,
            Media::Starting { .. } | Media::Failed { .. } => None,
        }
    }

    pub fn lost(&mut self, now: Instant) {
        self.lost_at = self.lost_at.or(Some(now));
    }

    pub fn back(&mut self) {
        self.lost_at = None;
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

    /// The leg broke. It is taken, to be closed.
    pub fn leg_failed(&mut self, now: Instant) -> Option<LegId> {
        self.media = Media::Failed { since: self.down_since().unwrap_or(now) };
        self.leg.take()
    }

    /// Takes a new leg in the place of the old one, which is to be closed. The endpoint is here, or it could not have
    /// asked.
    pub fn rejoin(&mut self, leg: LegId, now: Instant) -> Option<LegId> {
        self.media = Media::Starting { down_since: Some(self.down_since().unwrap_or(now)) };
        self.lost_at = None;
        self.leg.replace(leg)
    }

    /// Notes whether the endpoint counts as gone by now.
    pub fn note_gone(&mut self, now: Instant) {
        self.gone = self.gone_from().is_some_and(|at| at <= now);
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

    /// When, and why, this endpoint's absence ends its part. Before it was `connected`, a lost leg alone does not: the
    /// set-up has its own deadline.
    pub fn ends_at(&self, connected: bool) -> Option<(Instant, EndReason)> {
        let gone = self.gone_from().map(|at| at + VANISHED_AFTER);
        let lost = self.lost_at.map(|at| at + ABSENT_MAX);
        let vanished = earlier(gone, lost).map(|at| (at, EndReason::VANISHED));
        let silent = self.down_since().filter(|_| connected).map(|at| (at + ABSENT_MAX, EndReason::MEDIA_LOST));
        vanished.into_iter().chain(silent).min_by_key(|(at, _)| *at)
    }

    /// Since when there is nothing from a leg that was there before.
    fn down_since(&self) -> Option<Instant> {
        match self.media {
            Media::Up => None,
            Media::Starting { down_since } => down_since,
            Media::Silent { since } | Media::Failed { since } => Some(since),
        }
    }
}
