//! What the task does for calls that people forward, and for those who do not want to be disturbed: looks up who can be
//! rung by whom, and finds out who is next.

use std::cell::RefCell;
use std::time::Instant;

use super::owner::Owner;
use super::running::Machine;
use crate::control::call::{Candidate, Event, Reach};
use crate::control::forwarding::{Route, Standing, Way};
use crate::domain::forwarding::{AccountRules, ForwardWhen};
use crate::domain::id::{CallId, EndpointId, Identity};
use crate::domain::person::Person;
use crate::domain::presence::PresenceChoice;

impl Owner {
    pub(super) fn set_rules(&mut self, who: Identity, rules: AccountRules) {
        self.rulebook.set_rules(who, rules);
    }

    pub(super) fn set_presence(&mut self, who: Identity, choice: PresenceChoice, now: Instant) {
        self.rulebook.set_choice(who.clone(), choice);
        self.publish(&who, now);
    }

    /// How somebody stands for a call from `from`.
    fn standing(&self, who: &Identity, from: &Identity, now: Instant) -> Standing {
        Standing {
            rules: self.rulebook.rules(who),
            candidates: self.roster.candidates(who, now),
            do_not_disturb: self.rulebook.is_disturbed(who, from),
        }
    }

    /// The endpoints of somebody who is rung for a call from `from`, whatever the rules say of forwarding.
    pub(super) fn candidates(&self, who: &Identity, from: &Identity, now: Instant) -> Vec<Candidate> {
        self.standing(who, from, now).into_candidates()
    }

    /// The same on a route, where nothing stands open to whom somebody blocks who called, handed it on or forwarded it: as if
    /// they were offline, and said nothing.
    fn standing_on<'a>(
        &'a self,
        route: &Route,
        from: &'a Identity,
        now: Instant,
    ) -> impl Fn(&Identity) -> Standing + use<'a> {
        let passed = RefCell::new(route.been().to_vec());
        move |who| {
            let blocked = passed.borrow().iter().any(|other| self.rulebook.blocks(who, other));
            passed.borrow_mut().push(who.clone());
            if blocked { Standing::default() } else { self.standing(who, from, now) }
        }
    }

    /// Where a call goes that was just made, or handed on, and the people on the way.
    pub(super) fn way(&self, route: &mut Route, to: &Person, from: &Identity, now: Instant) -> (Way, Vec<Person>) {
        let look = self.standing_on(route, from, now);
        let way = route.begin(look);
        let people = self.rulebook.people(to, &way.people);
        (way, people)
    }

    /// Whoever is rung does not take the call: it goes on to whom the rules name, if they do.
    pub(super) fn forward(&mut self, call: CallId, when: ForwardWhen, rings_on: bool, now: Instant) {
        let followed = self.direct(call).and_then(|direct| {
            let (mut route, from) = (direct.route.clone(), &direct.from().identity);
            let look = self.standing_on(&route, from, now);
            let way = route.follow(when, rings_on, look)?;
            let people = self.rulebook.people(direct.rung(), &way.people);
            Some((route, way, people))
        });
        let onward = followed.map(|(route, way, people)| {
            self.keep_from_blockers(call, &route);
            if let Some(direct) = self.direct_mut(call) {
                direct.route = route;
                direct.onward = people.into();
            }
            way.onward
        });
        // It asks for nothing that could be refused.
        let _ = self.act(call, None, now, |call| call.forward(onward.as_ref(), now));
    }

    /// Calls that ring at the endpoint's person, and may ring here too.
    pub(super) fn calls_to_ring(&self, id: EndpointId) -> Vec<CallId> {
        let Some(seat) = self.roster.seat(id).filter(|seat| seat.reach() == Reach::Free) else { return Vec::new() };
        let who = &seat.person.identity;
        let may_ring = |call: &&CallId| {
            let Some(machine) = self.running.get(call).map(|running| &running.machine) else { return true };
            let Some(from) = from(machine, who) else { return true };
            let blocked = self.rulebook.blocks(who, from) && !comes_back(machine, who);
            !blocked && !self.rulebook.is_disturbed(who, from)
        };
        self.calls_to.get(who).into_iter().flatten().filter(may_ring).copied().collect()
    }

    /// Calls that began while the endpoint could not ring ring now.
    pub(super) fn ring_waiting_calls(&mut self, id: EndpointId, now: Instant) {
        for call in self.calls_to_ring(id) {
            if self.roster.seat(id).is_some_and(|seat| !seat.ringing.contains(&call)) {
                self.drive(call, Event::Appeared { endpoint: id }, now);
            }
        }
    }
}

/// Who makes the call that rings at somebody.
pub(super) fn from<'a>(machine: &'a Machine, who: &Identity) -> Option<&'a Identity> {
    match machine {
        Machine::Direct(direct) => Some(&direct.from().identity),
        Machine::Group { call, .. } => call.inviter_of(who).map(|inviter| &inviter.identity),
    }
}

/// Whether a call rings at somebody because that one handed it on, and nobody took it.
pub(super) fn comes_back(machine: &Machine, who: &Identity) -> bool {
    match machine {
        Machine::Direct(direct) => direct.giver.as_ref().is_some_and(|giver| giver.identity == *who),
        Machine::Group { .. } => false,
    }
}
