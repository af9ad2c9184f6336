//! A call of this phone: what is known of it, and how it is shown.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::figures::Figures;
use super::hold::Hold;
use super::roster::{Batch, Moves, Roster};
use crate::control::diagnosis::Watch;
use crate::domain::call::{CallState, Direction, Participant, ParticipantState, Peer, RosterRow};
use crate::domain::dtmf::Tone;
use crate::domain::end_reason::EndReason;
use crate::domain::id::{CallId, Identity};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::domain::transfer::Via;
use crate::phone::audio::voice::SoundSummary;
use crate::phone::event::{CallView, GroupCard, HandedOver, MediaState, Quality, Summary};
use crate::phone::leg::{Leg, LegTag, OfferedLeg};
use crate::protocol::notice::Slot;

/// How long the voice thread may take to hand in its last figures: far longer than it ever does, unless the machine is so
/// busy that it is seconds behind. Without them a call would be said to have been silent.
const FIGURES_WITHIN: Duration = Duration::from_secs(10);

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
pub(super) struct Call {
    pub(super) id: CallId,
    pub(super) direction: Direction,
    pub(super) with: Peer,
    pub(super) group: Option<GroupCall>,
    pub(super) state: CallState,
    pub(super) started_at: UnixMillis,
    pub(super) connected: Option<(UnixMillis, Instant)>,
    pub(super) muted: bool,
    /// As the views show them: made anew only when they change.
    pub(super) participants: Arc<[RosterRow]>,
    pub(super) media: MediaState,
    pub(super) leg: CallLeg,
    pub(super) slots: Vec<Slot>,
    /// Whether the voice thread knows this call.
    pub(super) voiced: bool,
    pub(super) figures: Figures,
    /// What is wrong with its sound.
    pub(super) watch: Watch,
    pub(super) first_sound: Option<Instant>,
    /// Since when the media is lost, and when a new leg is tried.
    pub(super) lost_since: Option<Instant>,
    pub(super) rejoin_at: Option<Instant>,
    /// How it came to ring here, when it was not simply made by who it is with.
    pub(super) via: Option<Via>,
    /// The call that waits while this one is to ask somebody first.
    pub(super) consult_of: Option<CallId>,
    pub(super) hold: Hold,
    /// Whether the service was asked to bring its people together with those of another call: who holds whom is its
    /// business until that is answered.
    pub(super) merging: bool,
    /// Who was handed on to whom out of this call, or by means of it, as far as the service was asked to.
    pub(super) handed_over: Option<HandedOver>,
    /// Set once the call has ended and only the last figures are awaited.
    pub(super) ending: Option<Ending>,
}

/// What there is besides, once it is a group call.
pub(super) struct GroupCall {
    pub(super) card: GroupCard,
    pub(super) may_end: bool,
    pub(super) roster: Roster,
    /// Tones of numbers that the roster does not know yet: sound and roster race.
    tones: Vec<(u16, Tone)>,
    /// Set while it is not told yet that the call was joined.
    pub(super) entering: Option<Entering>,
}

/// A call that was joined, while who is there is awaited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entering {
    /// Whether nobody was there.
    pub(super) first: bool,
    /// Whether the microphone is off until then.
    pub(super) muted: bool,
    /// Whether the microphone is off only until it is known how many are there.
    pub(super) mute_by_size: bool,
    /// When it is told all the same.
    pub(super) by: Instant,
}

/// Tones kept until the roster knows whose they are.
const MOST_TONES: usize = 16;

impl GroupCall {
    pub(super) fn new(card: GroupCard) -> Self {
        Self { card, may_end: false, roster: Roster::default(), tones: Vec::new(), entering: None }
    }
}

/// How a call ended, while its last figures are awaited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    pub(super) reason: EndReason,
    pub(super) connected_for: Option<Duration>,
    /// When they should have come.
    pub(super) figures_by: Instant,
}

impl Call {
    pub(super) fn new(id: CallId, direction: Direction, with: Peer, leg: OfferedLeg, started_at: UnixMillis) -> Self {
        Self { leg: CallLeg::Offered(Box::new(leg)), ..Self::without_leg(id, direction, with, started_at) }
    }

    /// One whose leg has still to be offered.
    pub(super) fn without_leg(id: CallId, direction: Direction, with: Peer, started_at: UnixMillis) -> Self {
        Self {
            id,
            direction,
            with,
            group: None,
            state: CallState::Connecting,
            started_at,
            connected: None,
            muted: false,
            participants: Arc::from([]),
            media: MediaState::Connecting,
            leg: CallLeg::Gone,
            slots: Vec::new(),
            voiced: false,
            figures: Figures::default(),
            watch: Watch::default(),
            first_sound: None,
            lost_since: None,
            rejoin_at: None,
            via: None,
            consult_of: None,
            hold: Hold::default(),
            merging: false,
            handed_over: None,
            ending: None,
        }
    }

    pub(super) fn view(&self) -> CallView {
        CallView {
            call: self.id,
            direction: self.direction,
            with: self.with.clone(),
            group: self.group.as_ref().map(|group| group.card.clone()),
            may_end: self.group.as_ref().is_some_and(|group| group.may_end),
            state: self.state,
            started_at: self.started_at,
            connected_at: self.connected.map(|(at, _)| at),
            muted: self.muted,
            participants: Arc::clone(&self.participants),
            media: self.media,
            consult_of: self.consult_of,
            via: self.via.clone(),
            held_since: self.hold.since(),
        }
    }

    /// Whether it was connected, whatever it does now.
    pub(super) fn was_connected(&self) -> bool {
        self.connected.is_some()
    }

    /// Whether it is with one other person.
    pub(super) fn is_direct(&self) -> bool {
        self.group.is_none()
    }

    /// Whether it can be held now, or resumed.
    pub(super) fn may_be_held(&self) -> bool {
        let talking = matches!(self.state, CallState::Connected | CallState::LocalHold | CallState::RemoteHold);
        talking && !self.merging
    }

    /// The service says how it stands. Whether it is connected for the first time.
    pub(super) fn on_state(&mut self, state: CallState, now: Instant, wall: UnixMillis) -> bool {
        self.state = state;
        self.hold.on_state(state, now, wall);
        let answered = matches!(state, CallState::Connected | CallState::LocalHold | CallState::RemoteHold);
        let connects = answered && self.connected.is_none();
        if connects {
            self.connected = Some((wall, now));
        }
        connects
    }

    /// It goes on as another call, with other people: nothing of the old leg is left. What was said and heard so far stays
    /// with it.
    pub(super) fn on_moved(&mut self, with: Person, now: Instant) {
        let by = std::mem::replace(&mut self.with, Peer::Person(with.clone()));
        if self.is_direct() {
            self.direction = Direction::Incoming;
            self.via = by.person().map(|by| Via::Transferred { by: by.clone() });
        }
        self.set_participant(Participant { person: with, state: ParticipantState::Connected, muted: false });
        self.state = CallState::Connecting;
        self.hold = Hold::default();
        self.leg = CallLeg::Gone;
        self.slots.clear();
        self.merging = false;
        self.awaits_leg(now);
    }

    /// It has no leg, and is to get one.
    pub(super) fn awaits_leg(&mut self, now: Instant) {
        self.on_lost(now);
        self.media = MediaState::Connecting;
    }

    pub(super) fn is_tag(&self, tag: LegTag) -> bool {
        matches!(&self.leg, CallLeg::Running { tag: mine, .. } if *mine == tag)
    }

    /// The other side of a direct call changed.
    pub(super) fn set_participant(&mut self, participant: Participant) {
        let row = RosterRow { number: 0, participant };
        self.participants = Arc::from([row]);
    }

    /// It is a group call now; until the roster is known, who was there stays.
    pub(super) fn set_group(&mut self, card: GroupCard) -> &mut GroupCall {
        let group = self.group.get_or_insert_with(|| GroupCall::new(card.clone()));
        group.card = card;
        group
    }

    /// It is the call of a group, and joined: the microphone is as that says, until it is known who is there.
    pub(super) fn enters(&mut self, card: GroupCard, entering: Entering) {
        self.set_group(card).entering = Some(entering);
        self.muted = entering.muted;
    }

    /// The roster of a group call changed; says who came and went, and which tones have found their sender.
    pub(super) fn apply_roster(&mut self, batch: Batch, me: &Identity) -> (Moves, Vec<(Identity, Tone)>) {
        let Some(group) = &mut self.group else { return Default::default() };
        let moves = group.roster.apply(batch, me);
        self.participants = group.roster.others(me);
        let tones = std::mem::take(&mut group.tones);
        let sender = |(number, tone)| Some((group.roster.identity(number)?.clone(), tone));
        (moves, tones.into_iter().filter_map(sender).collect())
    }

    /// Who sent a tone: by the mark of its packet or, in a direct call, its slot. One whose sender is not known yet is
    /// kept until the roster says.
    pub(super) fn sender_of(&mut self, mark: Option<u16>, slot: u8, tone: Tone) -> Option<Identity> {
        if let (Some(group), Some(number)) = (&mut self.group, mark) {
            let sender = group.roster.identity(number).cloned();
            if sender.is_none() && group.tones.len() < MOST_TONES {
                group.tones.push((number, tone));
            }
            return sender;
        }
        self.heard_in(slot).or_else(|| self.other_side().map(|person| person.identity.clone()))
    }

    /// The other side of a direct call, as it is now.
    pub(super) fn other_side(&self) -> Option<&Person> {
        let now = self.participants.first().filter(|_| self.is_direct());
        now.map(|row| &row.participant.person).or_else(|| self.with.person())
    }

    /// Who is heard in receive slot `index`, as far as the service has said.
    fn heard_in(&self, index: u8) -> Option<Identity> {
        let mid = match &self.leg {
            CallLeg::Running { leg, .. } => leg.slots.get(usize::from(index)),
            CallLeg::Offered(_) | CallLeg::Gone => None,
        };
        let slot = mid.and_then(|mid| self.slots.iter().find(|slot| slot.mid == *mid));
        slot.and_then(|slot| slot.source.clone())
    }

    /// The voice thread's figures of a second; returns what is known with them.
    pub(super) fn on_quality(&mut self, voice: Quality) -> Quality {
        let Self { figures, group, .. } = self;
        match group {
            Some(group) => figures.on_voice(voice, Some(&|number| group.roster.identity(number).is_some())),
            None => figures.on_voice(voice, None),
        }
    }

    /// The media went quiet: a new leg is tried after a while.
    pub(super) fn on_lost(&mut self, now: Instant) {
        self.media = MediaState::Lost;
        self.lost_since.get_or_insert(now);
        self.rejoin_at = Some(now + REJOIN_EVERY);
    }

    /// A new leg is being tried: the next one after a while.
    pub(super) fn tries_leg(&mut self, now: Instant) {
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
    pub(super) fn summary(&mut self, ending: Ending, sound: &SoundSummary) -> Summary {
        let first_audio =
            self.connected.zip(self.first_sound).map(|((_, since), first)| first.saturating_duration_since(since));
        Summary {
            call: self.id,
            direction: self.direction,
            with: self.with.clone(),
            end: ending.reason,
            handed_over: self.handed_over.take(),
            connected_for: ending.connected_for,
            quality: self.figures.last(),
            first_audio_ms: first_audio.and_then(|wait| u64::try_from(wait.as_millis()).ok()),
            heard_ms: sound.heard_ms,
            level_out_dbfs: sound.level_out_dbfs,
            level_in_dbfs: sound.level_in_dbfs,
        }
    }

    /// Set while it is not told yet that the call was joined.
    pub(super) fn entering(&self) -> Option<Entering> {
        self.group.as_ref().and_then(|group| group.entering)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match self.ending {
            Some(ending) => Some(ending.figures_by),
            None => {
                let give_up = self.lost_since.map(|since| since + GIVE_UP_AFTER);
                let entering = self.entering().map(|entering| entering.by);
                [self.watch.next_deadline(), self.hold.next_deadline(), entering, self.rejoin_at, give_up]
                    .into_iter()
                    .flatten()
                    .min()
            }
        }
    }
}
