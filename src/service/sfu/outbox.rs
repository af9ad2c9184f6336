//! Events on their way out of a shard: none is lost, and a slow reader never holds the shard up.
//!
//! What is not read yet is kept here. It stays small because a newer event takes the place of what it makes stale:
//! a leg never has more than one of each sort waiting.

use std::collections::VecDeque;
use std::mem::discriminant;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::event::SfuEvent;

pub(super) struct Outbox {
    to: Sender<SfuEvent>,
    waiting: VecDeque<SfuEvent>,
}

impl Outbox {
    pub(super) fn new(to: Sender<SfuEvent>) -> Self {
        Self { to, waiting: VecDeque::new() }
    }

    /// Queues an event behind those that wait.
    pub(super) fn push(&mut self, event: SfuEvent) {
        self.waiting.retain(|old| !supersedes(&event, old));
        self.waiting.push_back(event);
    }

    /// Hands over what the reader has room for. Whether some are still waiting.
    pub(super) fn deliver(&mut self) -> bool {
        while let Some(event) = self.waiting.pop_front() {
            match self.to.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    return true;
                }
                // Nobody is interested any more: the service is stopping.
                Err(TrySendError::Closed(_)) => self.waiting.clear(),
            }
        }
        false
    }
}

fn supersedes(new: &SfuEvent, old: &SfuEvent) -> bool {
    if let (SfuEvent::Speakers { call: new, .. }, SfuEvent::Speakers { call: old, .. }) = (new, old) {
        return new == old;
    }
    let silence = |event: &SfuEvent| matches!(event, SfuEvent::LegSilent { .. } | SfuEvent::LegHeard { .. });
    let same = discriminant(new) == discriminant(old) || (silence(new) && silence(old));
    same && new.leg() == old.leg()
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use uuid::Uuid;

    use super::*;
    use crate::domain::id::{CallId, LegId};

    fn leg(n: u128) -> LegId {
        LegId(Uuid::from_u128(n))
    }

    #[test]
    fn a_slow_reader_gets_everything_in_order() {
        let (to, mut from) = mpsc::channel(1);
        let mut outbox = Outbox::new(to);
        for n in 1..=3 {
            outbox.push(SfuEvent::LegUp { leg: leg(n) });
        }
        for n in 1..=3 {
            assert_eq!(outbox.deliver(), n < 3);
            assert_eq!(from.try_recv().unwrap().leg(), Some(leg(n)));
        }
    }

    #[test]
    fn what_became_stale_makes_room() {
        let (to, mut from) = mpsc::channel(8);
        let mut outbox = Outbox::new(to);
        for _ in 0..100 {
            outbox.push(SfuEvent::LegSilent { leg: leg(1) });
            outbox.push(SfuEvent::LegHeard { leg: leg(1) });
        }
        assert_eq!(outbox.waiting.len(), 1);
        outbox.deliver();
        assert_eq!(from.try_recv().unwrap(), SfuEvent::LegHeard { leg: leg(1) });
    }

    #[test]
    fn who_speaks_is_told_of_every_call_and_once() {
        let (to, mut from) = mpsc::channel(8);
        let mut outbox = Outbox::new(to);
        let speaks = |call, n| SfuEvent::Speakers { call: CallId(Uuid::from_u128(call)), speakers: vec![leg(n)] };
        for n in 1..=100 {
            outbox.push(speaks(1, n));
            outbox.push(speaks(2, n));
        }
        outbox.deliver();
        assert_eq!((from.try_recv().unwrap(), from.try_recv().unwrap()), (speaks(1, 100), speaks(2, 100)));
        assert!(from.try_recv().is_err());
    }
}
