//! One direct call, from the caller's request to its end, as a machine: events in, effects out.
//!
//! ```text
//!            start ──────────────────────────────┐
//!              │ a client of the callee can ring │ none can: OFFLINE, BUSY, DO_NOT_DISTURB
//!              ▼                                 │
//!        ┌──────────┐  decline, cancel, ring     │
//!   ┌──▶ │ ringing  │  timeout, caller vanished, │
//!   │    │          │  nobody left to ring ──────┤
//!   │    └──────────┘                            │
//!   └──────────┤ forwarded: somebody else is rung instead
//!              │                                 │
//!              │ first answer (others: ANSWERED_ELSEWHERE)
//!              ▼                                 │
//!        ┌──────────┐  hang up, a leg not up     │
//!   ┌──▶ │ set-up   │  within 15 s, vanished ────┤
//!   │    └──────────┘                            │
//!   │          │ both legs up                    │
//!   │          ▼                                 │
//!   │  ┌─▶┌──────────────┐  hang up, vanished,   │
//!   │  │  │  connected   │  sound lost 120 s ────┤
//!   │  │  └──────────────┘                       │
//!   │  │ hold / resume by either (or both):      │
//!   │  └─ local hold, remote hold                ▼
//!   │          │                             finished
//!   │          │ one side hands the other on: its leg is closed, and it was told the end
//!   │          ▼
//!   │    transferred ──▶ somebody else is rung, 20 s ──▶ not taken: whoever handed it on is rung, 30 s ──▶ finished
//!   ├────── an answer ───────────┘────────────────────────────┘
//!   │    replaced ─────▶ an endpoint of another call is expected to bring its leg within 15 s
//!   ├────── its leg ─────────────┘
//!   │    parked ───────▶ waits with music; 120 s ──▶ whoever parked it is rung, 30 s ──┐ 15 min after it was
//!   └────── picked up ───────────┘ ◀──────────────── not taken, and rung again later ◀─┘ parked: finished
//! ```
//!
//! While it rings at somebody, somebody else may pick it up, and set-up follows. A set-up that fails ends the call; but one of
//! a call that was handed on, or parked, gives it back to who did that.
//!
//! The side that stays has, at any time, somebody to hear, or ring-back or music until a deadline, or was told the end:
//! what it is that it hears meanwhile is in its state (ringing: ring-back, made by the phone; remote hold: music).
//! Either side may hand the other on, whoever called; only one at a time, from connected to connected.
//!
//! An endpoint that takes part stands, for the other side, as one of:
//!
//! ```text
//!                 socket lost, or nothing from the leg
//!   connected ──────────────────────────────────────────▶ reconnecting ── 120 s ──▶ the call ends
//!       ▲ ▲                                                  │     (VANISHED, or MEDIA_LOST with the socket alive)
//!       │ └── socket back and leg heard, or a new leg up ────┘
//!       │                                                    │ socket lost and nothing from the leg for 3 s
//!       └──────────── the same ──────────────── disconnected ◀
//!                                                    └── 10 s ──▶ the call ends (VANISHED)
//! ```
//!
//! The machine reads no clock, does no IO and can't fail: a request that is not allowed yields [`Effect::Refuse`].
//! It knows endpoints and legs, not people, sockets or packets; who may call whom, who is on which side, and in how many
//! calls an endpoint can be, is decided and known elsewhere. DTMF travels with the sound and is not its business.

mod effects;
mod ending;
mod events;
mod forwarding;
mod handing;
mod member;
mod parked;
mod picking;
mod place;
mod ringing;
mod talking;
mod view;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

pub use effects::{Effect, Entry, News, Next, Refusal, Side};
pub use events::Event;
pub use handing::{Newcomer, RETURN_MAX, TRANSFER_MAX};
pub use parked::{PARK_MAX, PARKED_MAX};

pub use super::connection::{ABSENT_MAX, GONE_AFTER, SILENT_AFTER, VANISHED_AFTER};
pub use super::forwarding::{Onward, Wishes};
pub use super::ring::{Candidate, NOBODY_MAX, RING_DEFAULT, Reach};

use super::connection::Connection;
use crate::domain::call::{CallState, ParticipantState};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{EndpointId, LegId};
use crate::domain::record::Outcome;
use member::Member;
use place::{Place, Rung, Setup, Then, Wait};

/// The least and the most a caller may ask a call to ring.
pub const RING_RANGE: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(300);

/// How long the legs may take to come up after the answer; and how long an endpoint that is expected may take to bring
/// its own.
pub const SETUP_MAX: Duration = Duration::from_secs(15);

/// What a call begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The endpoint that calls.
    pub caller: EndpointId,
    /// Its leg.
    pub leg: LegId,
    /// How long it may ring at each who is rung; brought into [`RING_RANGE`].
    pub ring_for: Duration,
    /// Who is rung: the callee, or to whom the call is forwarded before it rings.
    pub callee: Onward,
}

/// A direct call.
#[derive(Debug)]
pub struct Call {
    caller: Place,
    callee: Place,
    /// While one side came last and is not connected yet.
    setup: Option<Setup>,
    /// What the side hears that waits for the other.
    wait: Wait,
    /// How long it may ring at each who is called.
    ring_for: Duration,
    over: bool,
}

/// An endpoint on its way from a direct call into a group call.
#[derive(Debug)]
pub(super) struct Moving {
    pub endpoint: EndpointId,
    pub link: Connection,
    pub muted: bool,
    /// The state it was told; `None` when it knows nothing.
    pub told: Option<CallState>,
}

/// How a call looks to one of the two endpoints that take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which side the endpoint is on.
    pub side: Side,
    /// Where the other stands.
    pub other: ParticipantState,
    /// Whether the other's microphone is off.
    pub other_muted: bool,
}

impl Call {
    /// Begins a call. The effects open with [`Effect::Accept`]; when nobody can be rung, they end with
    /// [`Effect::Finished`].
    pub fn start(start: Start, now: Instant) -> (Self, Vec<Effect>) {
        let mut out = vec![Effect::Accept];
        out.extend(Side::BOTH.map(|side| Effect::Record { side, entry: Entry::Started }));
        let ring_for = start.ring_for.clamp(*RING_RANGE.start(), *RING_RANGE.end());
        let caller = Place::Here(Member::new(start.caller, start.leg));
        let callee = Place::Rung(Rung::new(ring_for, Then::End, now));
        let mut call = Self { caller, callee, setup: None, wait: Wait::Silence, ring_for, over: false };
        call.pass_on(Side::Callee, Outcome::Missed, &start.callee.forwards, &mut out);
        call.ring_called(&start.callee, now, &mut out);
        call.settle(now, &mut out);
        (call, out)
    }

    /// Takes one event. `now` never runs backwards.
    pub fn handle(&mut self, event: Event, now: Instant) -> Vec<Effect> {
        let mut out = Vec::new();
        match event {
            Event::Ringing { endpoint } => self.ringing(endpoint, &mut out),
            Event::Answer { endpoint, leg } => self.answer(endpoint, leg, now, &mut out),
            Event::Decline { endpoint } => self.decline(endpoint, now, &mut out),
            Event::HangUp { endpoint } => self.hang_up(endpoint, now, &mut out),
            Event::Hold { endpoint, on } => self.hold(endpoint, on, &mut out),
            Event::Mute { endpoint, on } => self.mute(endpoint, on, &mut out),
            Event::Rejoin { endpoint, leg } => self.rejoin(endpoint, leg, now, &mut out),
            Event::Appeared { endpoint } => self.appeared(endpoint, now, &mut out),
            Event::Lost { endpoint } => self.lost(endpoint, now),
            Event::Back { endpoint } => self.back(endpoint, now),
            Event::Left { endpoint } => self.left(endpoint, now, &mut out),
            Event::Revoked { endpoint } => self.revoked(endpoint, now, &mut out),
            Event::LegUp { leg } => self.leg_up(leg),
            Event::LegSilent { leg } => self.leg_silent(leg, now),
            Event::LegHeard { leg } => self.leg_heard(leg),
            Event::LegFailed { leg } => self.leg_failed(leg, now, &mut out),
            Event::DeadlinePassed => self.deadline_passed(now, &mut out),
            Event::Stop => self.end(EndReason::SERVICE_LOST, &mut out),
        }
        self.settle(now, &mut out);
        out
    }

    /// When [`Event::DeadlinePassed`] is due next; `None` once the call is over, or while nothing has to happen.
    pub fn next_deadline(&self) -> Option<Instant> {
        let due = self.dues().map(|(at, _)| at).min();
        let gone = self.members().filter(|(_, m)| !m.link.gone).filter_map(|(_, m)| m.link.gone_from()).min();
        crate::base::deadline::earlier(due, gone)
    }

    /// Whether the call is over: it takes no more events, and yields no effects.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Which side an endpoint takes part on, and how the other stands; `None` for one that takes no part (yet).
    pub fn part(&self, endpoint: EndpointId) -> Option<Part> {
        let side = self.side_of(endpoint)?;
        let (other, other_muted) = self.other_of(side);
        Some(Part { side, other, other_muted })
    }

    /// The endpoint a leg of this call belongs to.
    pub fn owner_of(&self, leg: LegId) -> Option<(Side, EndpointId)> {
        let (side, member) = self.members().find(|(_, m)| m.link.leg == Some(leg))?;
        Some((side, member.endpoint))
    }

    /// The side whose person is being rung.
    pub fn rung_side(&self) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| self.place(*side).ring().is_some())
    }

    /// The endpoint on the other side of this one, and whether its microphone is off; `None` while nobody is there.
    pub fn opposite(&self, endpoint: EndpointId) -> Option<Newcomer> {
        let member = self.member(self.side_of(endpoint)?.other())?;
        Some(Newcomer { endpoint: member.endpoint, muted: member.muted })
    }

    /// Why the call can't go on as a group call now; `None` when it can.
    pub fn cannot_grow(&self) -> Option<Refusal> {
        if !self.is_connected() {
            return Some(if self.is_over() { Refusal::Over } else { Refusal::NotConnected });
        }
        self.members().any(|(_, m)| m.holding).then_some(Refusal::Held)
    }

    /// The two endpoints, the caller's first, to go on with in a group call; `None` when that can't be now.
    pub(super) fn into_members(self) -> Option<[Moving; 2]> {
        if !self.is_connected() {
            return None;
        }
        let (Place::Here(caller), Place::Here(callee)) = (self.caller, self.callee) else { return None };
        let moving = |m: Member| Moving { endpoint: m.endpoint, link: m.link, muted: m.muted, told: m.told.state };
        Some([moving(caller), moving(callee)])
    }

    fn place(&self, side: Side) -> &Place {
        match side {
            Side::Caller => &self.caller,
            Side::Callee => &self.callee,
        }
    }

    fn place_mut(&mut self, side: Side) -> &mut Place {
        match side {
            Side::Caller => &mut self.caller,
            Side::Callee => &mut self.callee,
        }
    }

    fn member(&self, side: Side) -> Option<&Member> {
        match self.place(side) {
            Place::Here(member) => Some(member),
            Place::Rung(_) | Place::Parked(_) | Place::Nobody => None,
        }
    }

    fn members(&self) -> impl Iterator<Item = (Side, &Member)> {
        Side::BOTH.into_iter().filter_map(|side| Some((side, self.member(side)?)))
    }

    fn members_mut(&mut self) -> impl Iterator<Item = (Side, &mut Member)> {
        let places = [(Side::Caller, &mut self.caller), (Side::Callee, &mut self.callee)];
        places.into_iter().filter_map(|(side, place)| match place {
            Place::Here(member) => Some((side, member)),
            Place::Rung(_) | Place::Parked(_) | Place::Nobody => None,
        })
    }

    fn side_of(&self, endpoint: EndpointId) -> Option<Side> {
        self.members().find(|(_, m)| m.endpoint == endpoint).map(|(side, _)| side)
    }

    fn member_mut(&mut self, endpoint: EndpointId) -> Option<&mut Member> {
        self.members_mut().map(|(_, m)| m).find(|m| m.endpoint == endpoint)
    }

    fn leg_mut(&mut self, leg: LegId) -> Option<&mut Member> {
        self.members_mut().map(|(_, m)| m).find(|m| m.link.leg == Some(leg))
    }

    /// Why a request of an endpoint that takes no part is refused.
    fn stranger(&self) -> Effect {
        Effect::Refuse(if self.is_over() { Refusal::Over } else { Refusal::NotInCall })
    }
}
