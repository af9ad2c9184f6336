//! Handing a connected call on: one side leaves, and somebody else takes its place. Rung (a blind transfer), or as an
//! endpoint of another call that is expected to bring its leg (an attended one).

use std::time::{Duration, Instant};

use super::effects::{Effect, Entry, News, Next, Refusal, Side};
use super::ending::of_rung;
use super::member::Member;
use super::place::{Place, Rung, Setup, Then, Wait};
use super::{Call, Candidate, Onward, SETUP_MAX};
use crate::control::ring;
use crate::domain::end_reason::EndReason;
use crate::domain::id::EndpointId;
use crate::domain::record::Outcome;

/// How long it rings at whom a call is transferred to.
pub const TRANSFER_MAX: Duration = Duration::from_secs(20);

/// How long it rings at who handed a call on that was not taken.
pub const RETURN_MAX: Duration = Duration::from_secs(30);

/// An endpoint that comes from another call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newcomer {
    /// Which.
    pub endpoint: EndpointId,
    /// Whether its microphone is off.
    pub muted: bool,
}

impl Call {
    /// An endpoint hands the other side on to somebody who is rung, or to whom that one forwards it: all endpoints of that
    /// person, none of which takes part. The endpoint has left then.
    pub fn transfer(&mut self, endpoint: EndpointId, to: &Onward, now: Instant) -> Vec<Effect> {
        self.hand_on(endpoint, EndReason::TRANSFERRED, now, |call, side, out| {
            *call.place_mut(side) = Place::Rung(Rung::new(TRANSFER_MAX, Then::GiveBack, now));
            call.wait = Wait::RingBack;
            call.handed(side, Next::Named, out);
            out.push(Effect::Record { side, entry: Entry::Rung });
            call.pass_on(side, Outcome::Missed, &to.forwards, out);
            call.ring_free(&to.candidates, now, out);
        })
    }

    /// An endpoint hands the other side on to an endpoint of another call, which has [`SETUP_MAX`] to bring its leg. The
    /// first has left then.
    pub fn replace(&mut self, endpoint: EndpointId, newcomer: Newcomer, now: Instant) -> Vec<Effect> {
        self.hand_on(endpoint, EndReason::TRANSFERRED, now, |call, side, out| {
            *call.place_mut(side) = Place::Here(Member::expected(newcomer.endpoint, newcomer.muted));
            call.setup = Some(Setup { until: now + SETUP_MAX, newcomer: side, then: Then::GiveBack });
            call.wait = Wait::Music;
            call.handed(side, Next::Named, out);
            out.push(Effect::Record { side, entry: Entry::Taken });
        })
    }

    /// Ends the call for an endpoint whose other side moves into another call: that one is told so elsewhere.
    pub fn dissolve(&mut self, endpoint: EndpointId, reason: EndReason, now: Instant) -> Vec<Effect> {
        let mut out = Vec::new();
        match self.may_hand_on(endpoint) {
            Err(why) => out.push(Effect::Refuse(why)),
            Ok(_) => {
                out.push(Effect::Accept);
                self.close_legs(&mut out);
                out.push(Effect::Tell { endpoint, news: News::Ended(reason) });
                let entry = Entry::Ended { outcome: Outcome::Answered, reason };
                out.extend(Side::BOTH.map(|side| Effect::Record { side, entry }));
                self.finish(&mut out);
            }
        }
        self.settle(now, &mut out);
        out
    }

    /// These are the endpoints of who handed the call on, as [`Effect::RingBack`] asked. When none can be rung, a
    /// parked call stays where it is, and another ends.
    pub fn ring_back(&mut self, giver: &[Candidate], now: Instant) -> Vec<Effect> {
        let mut out = Vec::new();
        match ring::unreachable(giver) {
            Some(reason) => self.not_taken(reason, now, &mut out),
            None => self.ring_free(giver, now, &mut out),
        }
        self.settle(now, &mut out);
        out
    }

    /// Why an endpoint can't hand the call on now; `None` when it can.
    pub fn cannot_hand_on(&self, endpoint: EndpointId) -> Option<Refusal> {
        self.may_hand_on(endpoint).err()
    }

    /// Why an endpoint can't bring the call into a group call now, held by itself or not; `None` when it can.
    pub fn cannot_merge(&self, endpoint: EndpointId) -> Option<Refusal> {
        let held = |side: Side| self.member(side.other()).is_some_and(|other| other.holding);
        match self.may_hand_on(endpoint) {
            Err(why) => Some(why),
            Ok(side) => held(side).then_some(Refusal::Held),
        }
    }

    /// Lets an endpoint leave, and `next` say who follows on its side.
    pub(super) fn hand_on(
        &mut self,
        endpoint: EndpointId,
        reason: EndReason,
        now: Instant,
        next: impl FnOnce(&mut Self, Side, &mut Vec<Effect>),
    ) -> Vec<Effect> {
        let mut out = Vec::new();
        match self.may_hand_on(endpoint) {
            Err(why) => out.push(Effect::Refuse(why)),
            Ok(side) => {
                out.push(Effect::Accept);
                self.leave(side, Outcome::Answered, reason, &mut out);
                next(self, side, &mut out);
            }
        }
        self.settle(now, &mut out);
        out
    }

    fn may_hand_on(&self, endpoint: EndpointId) -> Result<Side, Refusal> {
        if self.is_over() {
            return Err(Refusal::Over);
        }
        let side = self.side_of(endpoint).ok_or(Refusal::NotInCall)?;
        if self.is_connected() { Ok(side) } else { Err(Refusal::NotConnected) }
    }

    /// Takes an endpoint out of the call, which goes on.
    fn leave(&mut self, side: Side, outcome: Outcome, reason: EndReason, out: &mut Vec<Effect>) {
        let Place::Here(mut member) = std::mem::replace(self.place_mut(side), Place::Nobody) else { return };
        let leg = member.link.leg.take();
        member.close(leg, out);
        let endpoint = member.endpoint;
        out.push(Effect::Tell { endpoint, news: News::Ended(reason) });
        out.push(Effect::Record { side, entry: Entry::Ended { outcome, reason } });
        out.push(Effect::Left { endpoint });
    }

    /// Whoever is on the other side is to be told that this one is somebody else's now.
    pub(super) fn handed(&mut self, side: Side, to: Next, out: &mut Vec<Effect>) {
        let Place::Here(other) = self.place_mut(side.other()) else { return };
        other.told.other = None;
        out.push(Effect::HandedOn { side, to, told: other.endpoint });
    }

    /// Whom the call was handed on to does not take it: it rings at who handed it on.
    pub(super) fn give_back(&mut self, side: Side, reason: EndReason, now: Instant, out: &mut Vec<Effect>) {
        self.stop_ringing(None, reason, out);
        out.push(Effect::Record { side, entry: Entry::Ended { outcome: of_rung(reason), reason } });
        self.ring_giver(side, reason, now, out);
    }

    /// Whoever took what was handed on never came up: it rings at who handed it on.
    pub(super) fn not_up(&mut self, reason: EndReason, now: Instant, out: &mut Vec<Effect>) {
        let Some(setup) = self.setup.take() else { return };
        self.leave(setup.newcomer, Outcome::Failed, reason, out);
        self.ring_giver(setup.newcomer, reason, now, out);
    }

    fn ring_giver(&mut self, side: Side, reason: EndReason, now: Instant, out: &mut Vec<Effect>) {
        *self.place_mut(side) = Place::Rung(Rung::new(RETURN_MAX, Then::EndFor(reason), now));
        self.wait = Wait::RingBack;
        self.handed(side, Next::Giver { reason }, out);
        out.push(Effect::Record { side, entry: Entry::Rung });
        out.push(Effect::RingBack);
    }
}
