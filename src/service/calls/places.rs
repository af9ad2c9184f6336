//! Where groups meet: the running call of each, one reserved for those about to begin one, and how often it is told who
//! is there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::domain::id::{CallId, GroupId};

/// How long a call stays reserved for a group nobody has joined yet: opening a leg takes far less.
const RESERVED_FOR: Duration = Duration::from_secs(30);

/// How many groups may have a call reserved; the oldest reservation makes way for one more.
const RESERVED_MAX: usize = 4096;

/// The calls of groups.
#[derive(Debug, Default)]
pub(super) struct Places {
    running: BTreeMap<GroupId, CallId>,
    reserved: BTreeMap<GroupId, (CallId, Instant)>,
    expiring: BTreeSet<(Instant, GroupId)>,
}

impl Places {
    pub fn running(&self, group: GroupId) -> Option<CallId> {
        self.running.get(&group).copied()
    }

    pub fn reserved(&self, group: GroupId) -> Option<CallId> {
        self.reserved.get(&group).map(|(call, _)| *call)
    }

    /// Reserves a call for a group of which none runs: `fresh`, or the one reserved before, for as long again.
    pub fn reserve(&mut self, group: GroupId, fresh: CallId, now: Instant) -> CallId {
        let call = self.release(group).unwrap_or(fresh);
        if self.reserved.len() >= RESERVED_MAX
            && let Some((_, oldest)) = self.expiring.pop_first()
        {
            self.reserved.remove(&oldest);
        }
        let until = now + RESERVED_FOR;
        self.reserved.insert(group, (call, until));
        self.expiring.insert((until, group));
        call
    }

    pub fn begin(&mut self, group: GroupId, call: CallId) {
        self.release(group);
        self.running.insert(group, call);
    }

    pub fn end(&mut self, group: GroupId, call: CallId) {
        if self.running(group) == Some(call) {
            self.running.remove(&group);
        }
    }

    /// Forgets the call reserved for a group, and says which it was.
    pub fn release(&mut self, group: GroupId) -> Option<CallId> {
        let (call, until) = self.reserved.remove(&group)?;
        self.expiring.remove(&(until, group));
        Some(call)
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        self.expiring.first().map(|(at, _)| *at)
    }

    /// Forgets reservations nobody came for.
    pub fn expire(&mut self, now: Instant) {
        while let Some((_, group)) = self.expiring.first().copied().filter(|(at, _)| *at <= now) {
            self.release(group);
        }
    }
}

#[cfg(test)]
impl Places {
    pub fn is_empty(&self) -> bool {
        self.running.is_empty() && self.reserved.is_empty() && self.expiring.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::base::clock;

    fn group(n: u128) -> GroupId {
        GroupId(Uuid::from_u128(n))
    }

    fn call(n: u128) -> CallId {
        CallId(Uuid::from_u128(n))
    }

    #[test]
    fn all_who_ask_at_the_same_time_are_told_the_same_call() {
        let (mut places, now) = (Places::default(), clock::now());
        assert_eq!(places.reserve(group(1), call(1), now), call(1));
        assert_eq!(places.reserve(group(1), call(2), now + RESERVED_FOR / 2), call(1));
        places.expire(now + RESERVED_FOR);
        assert_eq!(places.reserved(group(1)), Some(call(1)), "asked for again, it is kept for as long again");
        places.expire(now + RESERVED_FOR * 2);
        assert!(places.is_empty());
        assert_eq!(places.reserve(group(1), call(3), now), call(3));
    }

    #[test]
    fn reservations_are_bounded_and_the_oldest_makes_way() {
        let (mut places, now) = (Places::default(), clock::now());
        for n in 0..RESERVED_MAX as u128 + 10 {
            places.reserve(group(n), call(n), now + Duration::from_micros(n as u64));
        }
        assert_eq!((places.reserved.len(), places.expiring.len()), (RESERVED_MAX, RESERVED_MAX));
        assert_eq!(places.reserved(group(9)), None);
        assert_eq!(places.reserved(group(10)), Some(call(10)));
    }
}
