//! What changes often, and is told to many: at once when it was quiet before, else as it is after a while.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// When it was told of which thing.
#[derive(Debug)]
pub(super) struct Paced<K> {
    every: Duration,
    /// Things told of a moment ago, and whether each changed since.
    told: BTreeMap<K, bool>,
    due: BTreeSet<(Instant, K)>,
}

impl<K: Copy + Ord> Paced<K> {
    /// Each thing is told of at most so often.
    pub fn every(every: Duration) -> Self {
        Self { every, told: BTreeMap::new(), due: BTreeSet::new() }
    }

    /// Something is another now. Whether that is to be told at once.
    pub fn changed(&mut self, what: K, now: Instant) -> bool {
        match self.told.get_mut(&what) {
            Some(changed) => {
                *changed = true;
                false
            }
            None => {
                self.wait(what, now);
                true
            }
        }
    }

    /// Something of which is to be told now; called until there is none.
    pub fn take_due(&mut self, now: Instant) -> Option<K> {
        while let Some((_, what)) = self.due.first().copied().filter(|(at, _)| *at <= now) {
            self.due.pop_first();
            if self.told.remove(&what) == Some(true) {
                self.wait(what, now);
                return Some(what);
            }
        }
        None
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    fn wait(&mut self, what: K, now: Instant) {
        self.told.insert(what, false);
        self.due.insert((now + self.every, what));
    }
}

#[cfg(test)]
impl<K> Paced<K> {
    pub fn is_empty(&self) -> bool {
        self.told.is_empty() && self.due.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    #[test]
    fn what_changes_all_the_time_is_told_of_now_and_then_and_at_last() {
        let second = Duration::from_secs(1);
        let (mut paced, now) = (Paced::every(second), clock::now());
        assert!(paced.changed(1, now));
        assert!(!paced.changed(1, now));
        assert!(paced.changed(2, now), "another");
        assert_eq!(paced.take_due(now + second / 2), None);
        assert_eq!(paced.take_due(now + second), Some(1));
        assert_eq!(paced.take_due(now + second), None);
        assert_eq!(paced.take_due(now + second * 2), None);
        assert!(paced.is_empty());
    }
}
