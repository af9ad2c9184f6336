//! The call this phone is in: what is known of it, and how it is shown.

use std::time::{Duration, Instant};

use crate::domain::call::{CallState, Direction, Participant, Peer, RosterRow};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{CallId, Identity};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::phone::audio::voice::SoundSummary;
use crate::phone::event::{CallView, MediaState, Quality, Summary};
use crate::phone::leg::{Leg, LegTag, OfferedLeg};
use crate::protocol::notice::Slot;

/// How long the voice thread may take to hand in its last figures.
const FIGURES_WITHIN: Duration = Duration::from_secs(1);

/// How long a lost leg may come back by itself before a new one is tried, and how long between tries.
const REJOIN_EVERY: Duration = Duration::from_secs(3);

/// How long a call is kept whose connection is lost altogether (ACS: reconnection 120 s).
pub(super) const GIVE_UP_AFTER: Duration = Duration::from_secs(120);

/// The media connection of a call.
pub(super) enum CallLeg {
    /// Waiting for the service's answer.
    Offered(Box<OfferedLeg>),
    /// Running, or trying to.
    Running { leg: Leg, tag: LegTag },
    /// None any more.
    Gone,
}

/// Call, leg and figures.
pub(super) struct ActiveCall {
    pub(super) id: CallId,
    pub(super) direction: Direction,
    pub(super) with: Person,
    pub(super) state: CallState,
    pub(super) started_at: UnixMillis,
    pub(super) connected: Option<(UnixMillis, Instant)>,
    pub(super) muted: bool,
    pub(super) participants: Vec<Participant>,
    pub(super) media: MediaState,
    pub(super) leg: CallLeg,
    pub(super) slots: Vec<Slot>,
    /// Whether the voice thread knows this call.
    pub(super) voiced: bool,
    pub(super) quality: Quality,
    pub(super) first_sound: Option<Instant>,
    /// Since when the media is lost, and when a new leg is tried.
    pub(super) lost_since: Option<Instant>,
    pub(super) rejoin_at: Option<Instant>,
    /// Set once the call has ended and only the last figures are awaited.
    pub(super) ending: Option<Ending>,
}

/// How a call ended, while its last figures are awaited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    pub(super) reason: EndReason,
    pub(super) connected_for: Option<Duration>,
    figures_by: Instant,
}

impl ActiveCall {
    pub(super) fn new(id: CallId, direction: Direction, with: Person, leg: OfferedLeg, started_at: UnixMillis) -> Self {
        Self {
            id,
            direction,
            with,
            state: CallState::Connecting,
            started_at,
            connected: None,
            muted: false,
            participants: Vec::new(),
            media: MediaState::Connecting,
            leg: CallLeg::Offered(Box::new(leg)),
            slots: Vec::new(),
            voiced: false,
            quality: Quality::default(),
            first_sound: None,
            lost_since: None,
            rejoin_at: None,
            ending: None,
        }
    }

    pub(super) fn view(&self) -> CallView {
        CallView {
            call: self.id,
            direction: self.direction,
            with: Peer::Person(self.with.clone()),
            group: None,
            may_end: false,
            state: self.state,
            started_at: self.started_at,
            connected_at: self.connected.map(|(at, _)| at),
            muted: self.muted,
            participants: self.participants.iter().map(|p| RosterRow { number: 0, participant: p.clone() }).collect(),
            media: self.media,
        }
    }

    pub(super) fn is_tag(&self, tag: LegTag) -> bool {
        matches!(&self.leg, CallLeg::Running { tag: mine, .. } if *mine == tag)
    }

    pub(super) fn set_participant(&mut self, participant: Participant) {
        let known = self.participants.iter_mut().find(|p| p.person.identity == participant.person.identity);
        match known {
            Some(known) => *known = participant,
            None => self.participants.push(participant),
        }
    }

    /// Who is heard in receive slot `index`; the other side where the service has not said.
    pub(super) fn heard_in(&self, index: u8) -> Identity {
        let mid = match &self.leg {
            CallLeg::Running { leg, .. } => leg.slots.get(usize::from(index)),
            CallLeg::Offered(_) | CallLeg::Gone => None,
        };
        let slot = mid.and_then(|mid| self.slots.iter().find(|slot| slot.mid == *mid));
        slot.and_then(|slot| slot.source.clone()).unwrap_or_else(|| self.with.identity.clone())
    }

    /// The voice thread's figures; the round trip is the leg's.
    pub(super) fn on_quality(&mut self, quality: Quality) {
        self.quality = Quality { rtt_ms: self.quality.rtt_ms, ..quality };
    }

    /// The media went quiet: a new leg is tried after a while.
    pub(super) fn on_lost(&mut self, now: Instant) {
        self.media = MediaState::Lost;
        self.lost_since.get_or_insert(now);
        self.rejoin_at = Some(now + REJOIN_EVERY);
    }

    /// Sound flows (again).
    pub(super) fn on_flowing(&mut self) {
        self.media = MediaState::Flowing;
        self.lost_since = None;
        self.rejoin_at = None;
    }

    pub(super) fn end(&mut self, reason: EndReason, now: Instant) {
        let connected_for = self.connected.map(|(_, since)| now.saturating_duration_since(since));
        self.ending = Some(Ending { reason, connected_for, figures_by: now + FIGURES_WITHIN });
        self.state = CallState::Disconnected;
        self.leg = CallLeg::Gone;
        self.rejoin_at = None;
    }

    /// What the call was like, given how it ended and the voice thread's figures (none when it never had sound).
    pub(super) fn summary(&self, ending: Ending, sound: &SoundSummary) -> Summary {
        let first_audio =
            self.connected.zip(self.first_sound).map(|((_, since), first)| first.saturating_duration_since(since));
        Summary {
            call: self.id,
            direction: self.direction,
            with: Peer::Person(self.with.clone()),
            end: ending.reason,
            connected_for: ending.connected_for,
            quality: self.quality,
            first_audio_ms: first_audio.and_then(|wait| u64::try_from(wait.as_millis()).ok()),
            heard_ms: sound.heard_ms,
            level_out_dbfs: sound.level_out_dbfs,
            level_in_dbfs: sound.level_in_dbfs,
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match self.ending {
            Some(ending) => Some(ending.figures_by),
            None => {
                let give_up = self.lost_since.map(|since| since + GIVE_UP_AFTER);
                crate::base::deadline::earlier(self.rejoin_at, give_up)
            }
        }
    }
}
