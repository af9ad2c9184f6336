//! Picking up what rings at somebody else: whoever does takes the place of who is rung.

use std::time::Instant;

use super::effects::{Effect, Entry, Next, Refusal, Side};
use super::member::Member;
use super::place::{Place, Setup, Then};
use super::{Call, SETUP_MAX};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{EndpointId, LegId};

impl Call {
    /// An endpoint that neither takes part nor rings picks up, with its leg, what rings at somebody: called, or handed on
    /// to. What rings again at who parked it is picked up from its slot ([`Call::pick_up`]).
    pub fn pick_up_ringing(&mut self, endpoint: EndpointId, leg: LegId, now: Instant) -> Vec<Effect> {
        let mut out = Vec::new();
        match self.may_be_picked_up(endpoint, leg) {
            Err(why) => out.push(Effect::Refuse(why)),
            Ok((side, then)) => {
                out.push(Effect::Accept);
                self.stop_ringing(None, EndReason::PICKED_UP, &mut out);
                out.push(Effect::Record { side, entry: Entry::PickedUp { endpoint } });
                *self.place_mut(side) = Place::Here(Member::new(endpoint, leg));
                self.setup = Some(Setup { until: now + SETUP_MAX, newcomer: side, then });
                if then == Then::End {
                    // Who stays in a call that was handed on has talked before.
                    out.push(Effect::Record { side: side.other(), entry: Entry::Answered });
                }
                self.handed(side, Next::Taker { endpoint }, &mut out);
                out.push(Effect::Record { side, entry: Entry::Taken });
            }
        }
        self.settle(now, &mut out);
        out
    }

    /// Whether it rings at somebody from whom it may be picked up.
    pub fn rings_at_somebody(&self) -> bool {
        self.rung_place().is_some()
    }

    fn rung_place(&self) -> Option<(Side, Then)> {
        Side::BOTH.into_iter().find_map(|side| match self.place(side) {
            Place::Rung(rung) => Some((side, rung.then)),
            Place::Here(_) | Place::Parked(_) | Place::Nobody => None,
        })
    }

    fn may_be_picked_up(&self, endpoint: EndpointId, leg: LegId) -> Result<(Side, Then), Refusal> {
        if self.is_over() {
            return Err(Refusal::Over);
        }
        let rung = self.rung_place().ok_or(Refusal::RingsNowhere)?;
        if self.owner_of(leg).is_some() {
            return Err(Refusal::LegInUse);
        }
        let has_to_do = self.side_of(endpoint).is_some() || self.is_rung(endpoint);
        if has_to_do { Err(Refusal::RingsNowhere) } else { Ok(rung) }
    }
}
