//! A call on the screen.

use std::collections::VecDeque;
use std::sync::Arc;

use super::roster::{Moves, moves};
use super::{Pane, Roster, Trail};
use crate::domain::call::{CallState, ParticipantState, Peer};
use crate::domain::dtmf::Tone;
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::Identity;
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::domain::transfer::HandedTo;
use crate::phone::audio::device::SourceChoice;
use crate::phone::event::{AudioState, CallView, DeviceState, Diagnosis, GroupCard, MediaState, Quality, Summary};
use crate::texts::end::Ending;
use crate::texts::{group, state};

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
    /// What the screen keeps of the people in a group call.
    pub roster: Roster,
    /// Which panel had the focus before the people of the group call took it.
    pub came_from: Option<Pane>,
    /// Whether nobody was there when the group was joined, and nobody came since.
    pub first: bool,
    /// What the microphone picks up, dBFS.
    pub microphone: f32,
    /// What is heard, dBFS.
    pub speaker: f32,
    /// The quality figures, once there are some.
    pub quality: Option<Quality>,
    /// What is wrong with its sound now, the gravest first.
    pub diagnoses: Vec<Diagnosis>,
    /// What was wrong at some time, and is in the events.
    pub(crate) noted: Vec<Diagnosis>,
    /// What its quality was like over the last minute.
    pub trail: Trail,
    /// Tones sent, newest last.
    pub sent: VecDeque<Tone>,
    /// Tones received, newest last.
    pub received: VecDeque<Tone>,
    /// When the last tone was sent.
    pub sent_at: Option<UnixMillis>,
    /// A microphone state asked for, until the phone tells the new one.
    pub mute_asked: Option<bool>,
    /// Whether the microphone was off at some time: push-to-talk turns it off once.
    pub(crate) was_quiet: bool,
    /// A hold asked for, until the phone tells the new state.
    pub hold_asked: Option<bool>,
    /// Whether hanging up was asked for.
    pub hanging_up: bool,
    /// By whom and where to it was handed on last.
    pub handed: Option<Handed>,
    /// Whether another call went on as this one.
    pub(crate) moved: bool,
}

/// How a call was handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// By whom.
    pub by: Person,
    /// Where to.
    pub to: HandedTo,
    /// In which case, where `by` never was in the call and forwards it.
    pub forwarded: Option<ForwardWhen>,
    /// Whether it comes back to `by`, who had handed it on.
    pub comes_back: bool,
}

impl LiveCall {
    /// A call the phone just told of.
    pub fn new(view: CallView) -> Self {
        let mut roster = Roster::default();
        roster.take(&view.participants);
        Self {
            view,
            roster,
            came_from: None,
            first: false,
            microphone: SILENCE,
            speaker: SILENCE,
            quality: None,
            diagnoses: Vec::new(),
            noted: Vec::new(),
            trail: Trail::default(),
            sent: VecDeque::new(),
            received: VecDeque::new(),
            sent_at: None,
            mute_asked: None,
            was_quiet: false,
            hold_asked: None,
            hanging_up: false,
            handed: None,
            moved: false,
        }
    }

    /// Takes what the phone says of it now; who came and who left comes back.
    pub(crate) fn take(&mut self, view: CallView) -> Moves {
        self.mute_asked = self.mute_asked.filter(|asked| *asked != view.muted);
        self.hold_asked = None;
        let before = std::mem::replace(&mut self.view, view).participants;
        let after = &self.view.participants;
        if Arc::ptr_eq(&before, after) {
            return Moves::default();
        }
        self.roster.take(after);
        self.first &= self.roster.here == 0;
        if self.is_group() { moves(&before, after) } else { Moves::default() }
    }

    /// The group, once it is a group call.
    pub fn group(&self) -> Option<&GroupCard> {
        self.view.group.as_ref()
    }

    /// Whether it is a group call, or is going to be one.
    pub fn is_group(&self) -> bool {
        self.view.group.is_some() || matches!(self.view.with, Peer::Group(_))
    }

    /// Whom it is with, in a few words.
    pub fn name(&self) -> &str {
        match &self.view.group {
            Some(card) => card.group.name.as_ref().map_or(group::UNNAMED, |name| name.as_str()),
            None if self.is_group() => state::peer(&self.view.with),
            // Who is there now: the call may have been handed on since it began.
            None => self.view.other_side().map_or("", |person| person.display_name.as_str()),
        }
    }

    /// The other side of a direct call.
    pub fn other_side(&self) -> Option<&Person> {
        if self.is_group() { None } else { self.view.other_side() }
    }

    /// Whom it is with now.
    pub fn peer(&self) -> Peer {
        self.other_side().map_or_else(|| self.view.with.clone(), |person| Peer::Person(person.clone()))
    }

    /// Whether the other side parked this call, and it waits in a slot.
    pub fn is_parked(&self) -> bool {
        self.view.state == CallState::RemoteHold
            && matches!(&self.handed, Some(Handed { to: HandedTo::Slot { .. }, .. }))
    }

    /// Whether it comes back to somebody who handed it on to somebody else, and has not parked it.
    pub fn comes_back(&self, to: &Person) -> bool {
        let handed = self.handed.as_ref();
        handed.is_some_and(|handed| {
            matches!(handed.to, HandedTo::Person { .. })
                && handed.by.identity == to.identity
                && handed.forwarded.is_none()
        })
    }

    /// The name of somebody in it.
    pub fn person(&self, identity: &Identity) -> Option<&str> {
        let row = self.view.participants.iter().find(|row| row.participant.person.identity == *identity);
        row.map(|row| row.participant.person.display_name.as_str())
    }

    /// The instant its timer counts from: the answer, or the start while there is none.
    pub fn counted_from(&self) -> UnixMillis {
        self.view.connected_at.unwrap_or(self.view.started_at)
    }

    /// Whether it was answered.
    pub fn is_connected(&self) -> bool {
        matches!(self.view.state, CallState::Connected | CallState::LocalHold | CallState::RemoteHold)
    }

    /// How this side is likely to judge what it hears, and how the other one. Nobody hears what is sent before the
    /// call is answered.
    pub fn scores(&self) -> (Option<f32>, Option<f32>) {
        let quality = self.quality.as_ref().filter(|_| self.is_connected());
        (quality.and_then(|quality| quality.mos_in), quality.and_then(|quality| quality.mos_out))
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

    /// Whether the user speaks into a microphone that is off.
    pub fn is_talking_muted(&self) -> bool {
        self.view.muted && self.diagnoses.contains(&Diagnosis::SpeakingWhileMuted)
    }

    /// What is wrong now, the gravest first; what an answer of this side has mended already is left out.
    pub fn troubles(&self) -> impl Iterator<Item = Diagnosis> {
        let muted = self.view.muted;
        let about_mute =
            |diagnosis: Diagnosis| matches!(diagnosis, Diagnosis::SpeakingWhileMuted | Diagnosis::SharedCard);
        self.diagnoses.iter().copied().filter(move |diagnosis| muted || !about_mute(*diagnosis))
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

/// Whether a microphone picks up anything: there is one, it works, and it is not the choice of silence.
pub fn has_microphone(audio: Option<&AudioState>) -> bool {
    match audio.map(|audio| &audio.microphone) {
        Some(DeviceState::Absent | DeviceState::Failed(_)) => false,
        Some(DeviceState::Working(name)) => *name != SourceChoice::Silence.to_string(),
        Some(DeviceState::Idle | DeviceState::Instead { .. }) | None => true,
    }
}

/// A call that is over, until its card is put away.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// What it was like.
    pub summary: Summary,
    /// Whom it was with in the end.
    pub name: String,
    /// Why it ended, and what to do.
    pub ending: Ending,
    /// When it ended.
    pub at: UnixMillis,
}
