//! Where a call goes that people forward: who is rung in the end, by whose rules, and what is to happen if it is not
//! taken there.
//!
//! A [`Route`] remembers at whom a call has been. Nobody is passed twice, who calls never, and at most
//! [`FORWARDS_MAX`] forward it: a rule that would break this is skipped as if it were not there. Who somebody is, and how
//! their endpoints stand, is asked of a function; people who are gone must not be named by the rules it tells.

use std::time::Duration;

use super::ring::{self, Candidate, Reach};
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::{CallRules, ForwardWhen};
use crate::domain::id::Identity;

#[cfg(test)]
mod tests;

/// How often a call is forwarded at the most.
pub const FORWARDS_MAX: usize = 5;

/// The order in which the cases count before anybody is rung.
const ORDER: [ForwardWhen; 4] =
    [ForwardWhen::Always, ForwardWhen::DoNotDisturb, ForwardWhen::Busy, ForwardWhen::NoAnswer];

/// How somebody stands who may be rung.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// The rules of the account; none for who has no account.
    pub rules: CallRules,
    /// All endpoints, as if nobody minded being disturbed.
    pub candidates: Vec<Candidate>,
    /// Whether who calls would disturb.
    pub do_not_disturb: bool,
}

/// Who is rung in the end, as the machine of a call takes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Onward {
    /// In which cases it is forwarded on the way there; empty where whom it was meant for is rung.
    pub forwards: Vec<ForwardWhen>,
    /// All endpoints of who is rung.
    pub candidates: Vec<Candidate>,
    /// What is asked for again when it is not taken.
    pub wishes: Wishes,
}

/// In which cases whoever is rung wishes the call forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wishes {
    /// When it is declined.
    pub declined: bool,
    /// When nobody answers for that long, or nobody is connected any more.
    pub unanswered: Option<Duration>,
}

/// A way through the rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Way {
    /// To whom each of `onward.forwards` leads.
    pub people: Vec<Identity>,
    /// Who is rung in the end.
    pub onward: Onward,
}

/// At whom a call has been.
#[derive(Debug, Clone)]
pub struct Route {
    /// Who must not be rung, and at whom it has been; the last is at whom it is.
    been: Vec<Identity>,
    forwards: usize,
    /// It goes back to who transferred it when it is not taken, whatever the rules say.
    returns: bool,
}

impl Standing {
    /// The endpoints, none of which can ring where that would disturb.
    pub fn into_candidates(mut self) -> Vec<Candidate> {
        if self.do_not_disturb {
            self.candidates.iter_mut().for_each(|candidate| candidate.reach = Reach::DoNotDisturb);
        }
        self.candidates
    }
}

impl Onward {
    /// Why nobody can be rung in the end; `None` when somebody can.
    pub fn unreachable(&self) -> Option<EndReason> {
        ring::unreachable(&self.candidates)
    }
}

impl From<Vec<Candidate>> for Onward {
    /// These are rung, without a forward before or after.
    fn from(candidates: Vec<Candidate>) -> Self {
        Self { candidates, ..Self::default() }
    }
}

impl Route {
    /// Of a call.
    pub fn of_call(caller: &Identity, callee: &Identity) -> Self {
        Self { been: vec![caller.clone(), callee.clone()], forwards: 0, returns: false }
    }

    /// Of a call that `giver` hands on to `to`; `stays` is on the other side.
    pub fn of_transfer(stays: &Identity, giver: &Identity, to: &Identity) -> Self {
        Self { been: vec![stays.clone(), giver.clone(), to.clone()], forwards: 0, returns: true }
    }

    /// Follows the rules from whom the call is meant for, before anybody is rung.
    pub fn begin(&mut self, look: impl Fn(&Identity) -> Standing) -> Way {
        let mut way = Way::default();
        loop {
            let standing = self.at().map(&look).unwrap_or_default();
            match cases(&standing, self.returns).find_map(|when| self.next(when, &standing.rules)) {
                Some((when, to)) => self.go(when, to, &mut way),
                None => {
                    way.onward.wishes = self.wishes(&standing.rules);
                    way.onward.candidates = standing.into_candidates();
                    return way;
                }
            }
        }
    }

    /// Follows the rules on from who was rung and does not take the call, in this case. `None` where they lead nowhere;
    /// nor anywhere else while it `rings_on` there, unless somebody can be rung in the end.
    pub fn follow(&mut self, when: ForwardWhen, rings_on: bool, look: impl Fn(&Identity) -> Standing) -> Option<Way> {
        let mut route = self.clone();
        let mut way = Way::default();
        let (when, to) = route.next(when, &look(route.at()?).rules)?;
        route.go(when, to, &mut way);
        let rest = route.begin(look);
        way.people.extend(rest.people);
        way.onward.forwards.extend(rest.onward.forwards);
        way.onward = Onward { forwards: way.onward.forwards, ..rest.onward };
        if rings_on && way.onward.unreachable().is_some() {
            return None;
        }
        *self = route;
        Some(way)
    }

    /// Whom it comes from, and at whom it has been; the last is at whom it is.
    pub fn been(&self) -> &[Identity] {
        &self.been
    }

    fn at(&self) -> Option<&Identity> {
        self.been.last()
    }

    /// Where the call may go in this case.
    fn next(&self, when: ForwardWhen, rules: &CallRules) -> Option<(ForwardWhen, Identity)> {
        let to = rules.to(when).filter(|to| !self.been.contains(to) && self.forwards < FORWARDS_MAX)?;
        Some((when, to.clone()))
    }

    fn go(&mut self, when: ForwardWhen, to: Identity, way: &mut Way) {
        self.forwards += 1;
        self.been.push(to.clone());
        way.people.push(to);
        way.onward.forwards.push(when);
    }

    fn wishes(&self, rules: &CallRules) -> Wishes {
        if self.returns {
            return Wishes::default();
        }
        let goes = |when| self.next(when, rules).is_some();
        let after = Duration::from_secs(rules.after_seconds.seconds().into());
        Wishes { declined: goes(ForwardWhen::Busy), unanswered: goes(ForwardWhen::NoAnswer).then_some(after) }
    }
}

/// In which cases a call is forwarded without ringing, the first that leads somewhere before all others.
fn cases(standing: &Standing, returns: bool) -> impl Iterator<Item = ForwardWhen> + use<> {
    let (disturbs, reached) = (standing.do_not_disturb, ring::unreachable(&standing.candidates));
    ORDER.into_iter().filter(move |when| match when {
        ForwardWhen::Always => true,
        ForwardWhen::DoNotDisturb => disturbs,
        ForwardWhen::Busy => reached == Some(EndReason::BUSY),
        ForwardWhen::NoAnswer => reached == Some(EndReason::OFFLINE) && !returns,
    })
}
