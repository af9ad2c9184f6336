//! What the task does for people who are blocked: to them, whoever blocks them is offline. How else they are kept away is
//! where the calls of others are looked at: in [`super::forwarding`], [`super::picking`] and [`super::parking`].

use std::collections::BTreeSet;
use std::time::Instant;

use super::forwarding::{comes_back, from};
use super::owner::Owner;
use crate::base::clock;
use crate::control::call::{Candidate, Event};
use crate::control::forwarding::Route;
use crate::domain::end_reason::EndReason;
use crate::domain::id::{CallId, EndpointId, Identity};
use crate::domain::park::ParkedCall;
use crate::protocol::notice::Notice;

impl Owner {
    pub(super) fn set_blocked(&mut self, who: &Identity, blocked: BTreeSet<Identity>, now: Instant) {
        let before = self.rulebook.set_blocked(who.clone(), blocked.clone());
        for call in self.rings_from(who, &blocked) {
            self.hush(call, who, now);
        }
        for other in before.symmetric_difference(&blocked) {
            self.tell_slots_about(who, other, now);
        }
    }

    /// The endpoints of somebody who is rung by `from`; as if there were none, for somebody blocked.
    pub(super) fn candidates_unless_blocked(&self, who: &Identity, from: &Identity, now: Instant) -> Vec<Candidate> {
        if self.rulebook.blocks(who, from) { Vec::new() } else { self.candidates(who, from, now) }
    }

    /// Nothing is kept of a call for those on its way whom it must not reach.
    pub(super) fn keep_from_blockers(&mut self, call: CallId, route: &Route) {
        let been = route.been();
        let blocks = |(at, who): &(usize, &Identity)| been[..*at].iter().any(|other| self.rulebook.blocks(who, other));
        let unreached: Vec<&Identity> = been.iter().enumerate().filter(blocks).map(|(_, who)| who).collect();
        if let Some(running) = self.running.get_mut(&call) {
            unreached.into_iter().for_each(|who| running.book.leave_out(who));
        }
    }

    /// Whether a parked call is not shown to somebody: who parked it, or waits there, blocks them, and would be seen to be
    /// there. What they parked themselves, they see.
    pub(super) fn is_hidden(&self, parked: &ParkedCall, from: &Identity) -> bool {
        let blocks_them = |who: &Identity| self.rulebook.blocks(who, from);
        parked.by.identity != *from && (blocks_them(&parked.by.identity) || blocks_them(&parked.person.identity))
    }

    /// The calls of some that ring at somebody who did not hand them on.
    fn rings_from(&self, who: &Identity, some: &BTreeSet<Identity>) -> Vec<CallId> {
        let theirs = |call: &&CallId| {
            let machine = self.running.get(call).map(|running| &running.machine);
            machine.is_some_and(|it| from(it, who).is_some_and(|from| some.contains(from)) && !comes_back(it, who))
        };
        self.calls_to.get(who).into_iter().flatten().filter(theirs).copied().collect()
    }

    /// A call does not ring at somebody any more, who declined it. Who calls sees what there is to see when all of somebody's
    /// phones are switched off while they ring.
    fn hush(&mut self, call: CallId, who: &Identity, now: Instant) {
        if let Some(running) = self.running.get_mut(&call) {
            running.book.part(who, clock::unix_now());
        }
        let rings = |id: &EndpointId| self.roster.seat(*id).is_some_and(|seat| seat.ringing.contains(&call));
        let ringing: Vec<EndpointId> = self.roster.endpoints_of(who).filter(rings).collect();
        for endpoint in ringing {
            if let Some(seat) = self.roster.seat_mut(endpoint) {
                seat.ringing.remove(&call);
            }
            self.push(endpoint, Notice::CallIncomingEnded { call_id: call, reason: EndReason::DECLINED }, now);
            self.drive(call, Event::Left { endpoint }, now);
        }
        self.write_records(call, None);
        self.publish(who, now);
    }

    /// Somebody is blocked, or is no more, and sees other parked calls than before.
    fn tell_slots_about(&mut self, who: &Identity, other: &Identity, now: Instant) {
        let about = |parked: &ParkedCall| {
            let names_who = parked.by.identity == *who || parked.person.identity == *who;
            names_who && parked.by.identity != *other
        };
        let slots: Vec<_> = self.lot.all().into_iter().filter(about).map(|parked| parked.slot).collect();
        let endpoints: Vec<EndpointId> = self.roster.endpoints_of(other).collect();
        for slot in slots {
            for endpoint in &endpoints {
                self.tell_slot_at(slot, *endpoint, now);
            }
        }
    }
}
