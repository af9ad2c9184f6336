//! What the task does for calls that somebody picks up while they ring at somebody else. Who may do that is decided
//! elsewhere.

use std::time::Instant;

use super::owner::Owner;
use super::refusals;
use super::running::Direct;
use crate::domain::id::{CallId, EndpointId, Identity, LegId};
use crate::domain::person::Person;
use crate::protocol::failure::Failure;

impl Owner {
    pub(super) fn rings_at(&self, endpoint: EndpointId, at: &Identity) -> Result<(CallId, Person), Failure> {
        let me = &self.with_room(endpoint)?.identity;
        if self.rulebook.blocks(at, me) {
            return Err(refusals::nothing_rings());
        }
        let own = |direct: &Direct| direct.from().identity == *me;
        let rings =
            || self.calls_to.get(at).into_iter().flatten().filter_map(|call| Some((*call, self.to_pick_up(*call)?)));
        match rings().filter(|(_, direct)| !own(direct)).min_by_key(|(_, direct)| direct.rings_since) {
            Some((call, direct)) => Ok((call, direct.from().clone())),
            None if rings().next().is_some() => Err(refusals::picks_up_own_call()),
            None => Err(refusals::nothing_rings()),
        }
    }

    pub(super) fn pick_up_ringing(
        &mut self,
        endpoint: EndpointId,
        at: &Identity,
        call: CallId,
        leg: LegId,
        now: Instant,
    ) -> Result<(), Failure> {
        let me = &self.with_room(endpoint)?.identity;
        let rings = self.to_pick_up(call).filter(|direct| direct.rung().identity == *at);
        let rings = rings.filter(|_| !self.rulebook.blocks(at, me));
        if rings.ok_or_else(refusals::rings_no_more)?.from().identity == *me {
            return Err(refusals::picks_up_own_call());
        }
        if self.legs.contains_key(&leg) {
            return Err(refusals::leg_in_use());
        }
        self.come_in(call, endpoint, leg, now, |this| {
            Some(this.act(call, None, now, |call| call.pick_up_ringing(endpoint, leg, now)))
        })
    }

    fn to_pick_up(&self, call: CallId) -> Option<&Direct> {
        self.direct(call).filter(|direct| direct.call.rings_at_somebody())
    }

    /// Whose an endpoint is that can take one more call.
    fn with_room(&self, endpoint: EndpointId) -> Result<&Person, Failure> {
        let seat = self.roster.seat(endpoint).ok_or_else(refusals::not_registered)?;
        if seat.has_room() { Ok(&seat.person) } else { Err(refusals::no_room(seat)) }
    }
}
