//! A call on the screen.

use std::collections::VecDeque;

use crate::domain::call::{CallState, ParticipantState};
use crate::domain::dtmf::Tone;
use crate::domain::time::UnixMillis;
use crate::phone::event::{CallView, MediaState, Quality, Summary};

/// How many tones are shown, each way.
const TONES: usize = 16;

/// How long the badge of a sent tone stays, ms.
const TONE_BADGE: i64 = 1500;

/// Silence, dBFS: the floor of the meters' scale.
pub const SILENCE: f32 = -127.0;

/// The call going on.
#[derive(Debug, Clone)]
pub struct LiveCall {
    /// What the phone said of it last.
    pub view: CallView,
    /// What the microphone picks up, dBFS.
    pub microphone: f32,
    /// What is heard, dBFS.
    pub speaker: f32,
    /// The quality figures, once there are some.
    pub quality: Option<Quality>,
    /// Tones sent, newest last.
    pub sent: VecDeque<Tone>,
    /// Tones received, newest last.
    pub received: VecDeque<Tone>,
    /// When the last tone was sent.
    pub sent_at: Option<UnixMillis>,
    /// A microphone state asked for, until the phone tells the new one.
    pub mute_asked: Option<bool>,
    /// A hold asked for, until the phone tells the new state.
    pub hold_asked: Option<bool>,
    /// Whether hanging up was asked for.
    pub hanging_up: bool,
}

impl LiveCall {
    /// A call the phone just told of.
    pub fn new(view: CallView) -> Self {
        Self {
            view,
            microphone: SILENCE,
            speaker: SILENCE,
            quality: None,
            sent: VecDeque::new(),
            received: VecDeque::new(),
            sent_at: None,
            mute_asked: None,
            hold_asked: None,
            hanging_up: false,
        }
    }

    /// The instant its timer counts from: the answer, or the start while there is none.
    pub fn counted_from(&self) -> UnixMillis {
        self.view.connected_at.unwrap_or(self.view.started_at)
    }

    /// Whether it was answered.
    pub fn is_connected(&self) -> bool {
        matches!(self.view.state, CallState::Connected | CallState::LocalHold | CallState::RemoteHold)
    }

    /// Whether this side holds it.
    pub fn is_held_here(&self) -> bool {
        self.view.state == CallState::LocalHold
    }

    /// Whether the connection of this side or the other is lost for the moment.
    pub fn is_reconnecting(&self) -> bool {
        self.is_connected() && self.view.media == MediaState::Lost
    }

    /// Whether the other side's connection is lost for the moment.
    pub fn are_they_reconnecting(&self) -> bool {
        self.view.participants.iter().any(|row| row.participant.state == ParticipantState::Reconnecting)
    }

    /// Whether the other side's microphone is off.
    pub fn are_they_muted(&self) -> bool {
        self.view.participants.iter().any(|row| row.participant.muted)
    }

    /// What was asked for is not going to happen.
    pub fn forget_asked(&mut self) {
        (self.mute_asked, self.hold_asked, self.hanging_up) = (None, None, false);
    }

    /// Notes a tone sent.
    pub fn note_sent(&mut self, tone: Tone, now: UnixMillis) {
        push(&mut self.sent, tone);
        self.sent_at = Some(now);
    }

    /// Notes a tone received.
    pub fn note_received(&mut self, tone: Tone) {
        push(&mut self.received, tone);
    }

    /// Until when the badge of sent tones is shown; `None` when there is none.
    pub fn tones_until(&self) -> Option<UnixMillis> {
        self.sent_at.map(|at| at.plus(TONE_BADGE))
    }
}

fn push(tones: &mut VecDeque<Tone>, tone: Tone) {
    if tones.len() == TONES {
        tones.pop_front();
    }
    tones.push_back(tone);
}

/// A call that is over, until its card is put away.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// What it was like.
    pub summary: Summary,
    /// When it ended.
    pub at: UnixMillis,
}
