//! What the task does for calls that people forward, and for those who do not want to be disturbed: looks up who can be
//! rung by whom, and finds out who is next.

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

    /// Where a call goes that was just made, or handed on, and the people on the way.
    pub(super) fn way(&self, route: &mut Route, to: &Person, from: &Identity, now: Instant) -> (Way, Vec<Person>) {
        let way = route.begin(|who| self.standing(who, from, now));
        let people = self.rulebook.people(to, &way.people);
        (way, people)
    }

    /// Whoever is rung does not take the call: it goes on to whom the rules name, if they do.
    pub(super) fn forward(&mut self, call: CallId, when: ForwardWhen, rings_on: bool, now: Instant) {
        let followed = self.direct(call).and_then(|direct| {
            let (mut route, from) = (direct.route.clone(), &direct.from().identity);
            let way = route.follow(when, rings_on, |who| self.standing(who, from, now))?;
            let people = self.rulebook.people(direct.rung(), &way.people);
            Some((route, way, people))
        });
        let onward = followed.map(|(route, way, people)| {
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
            let from = self.running.get(call).and_then(|running| from(&running.machine, who));
            from.is_none_or(|from| !self.rulebook.is_disturbed(who, from))
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
fn from<'a>(machine: &'a Machine, who: &Identity) -> Option<&'a Identity> {
    match machine {
        Machine::Direct(direct) => Some(&direct.from().identity),
        Machine::Group { call, .. } => call.inviter_of(who).map(|inviter| &inviter.identity),
    }
}
