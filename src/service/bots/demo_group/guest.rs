//! When a guest comes and goes. Pure; the time is an argument.

use std::time::{Duration, Instant};

use super::Guest;
use crate::base::seed::Seed;
use crate::domain::id::CallId;
use crate::protocol::notice::Notice;

/// How long somebody is let alone with the group before each comes.
const ADA_COMES: Duration = Duration::from_millis(0);
const BEN_COMES: Duration = Duration::from_millis(300);
const KIM_COMES: Duration = Duration::from_secs(6);

/// How long Kim stays and stays away at least, and how much longer it may be.
const KIM: (Duration, u64) = (Duration::from_secs(10), 10_000);

/// When it is tried again after it went wrong.
const AGAIN: Duration = Duration::from_secs(1);

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Join the group's call.
    Join,
    /// Leave the call.
    Leave(CallId),
    /// Decline a direct call.
    Decline(CallId),
}

/// One guest.
#[derive(Debug)]
pub(super) struct Machine {
    guest: Guest,
    dice: Seed,
    occupied: bool,
    place: Place,
}

/// Where the guest is.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Not there; comes at `due`.
    Away { due: Option<Instant> },
    /// About to be there.
    Joining,
    /// There; goes at `until`.
    There { call: CallId, until: Option<Instant> },
}

impl Machine {
    /// A guest who is not there.
    pub(super) fn new(guest: Guest, seed: u64) -> Self {
        Self { guest, dice: Seed::new(seed), occupied: false, place: Place::Away { due: None } }
    }

    /// Whether somebody else than guests is in the group.
    pub(super) fn occupied(&mut self, occupied: bool, now: Instant) -> Option<Action> {
        let was = std::mem::replace(&mut self.occupied, occupied);
        match (was, occupied) {
            (false, true) => self.somebody_came(now),
            (true, false) => return self.everybody_left(),
            (true, true) | (false, false) => {}
        }
        None
    }

    /// The guest is in the call.
    pub(super) fn joined(&mut self, call: CallId, now: Instant) -> Option<Action> {
        if self.occupied {
            self.place = Place::There { call, until: self.while_kim(now) };
            return None;
        }
        self.place = Place::Away { due: None };
        Some(Action::Leave(call))
    }

    /// The guest could not join.
    pub(super) fn refused(&mut self, now: Instant) {
        self.away_until(now + AGAIN);
    }

    /// Takes a notice.
    pub(super) fn notice(&mut self, notice: &Notice, now: Instant) -> Option<Action> {
        match (notice, self.place) {
            (Notice::CallIncoming { call_id, .. }, _) => Some(Action::Decline(*call_id)),
            (Notice::CallEnded { call_id, .. }, Place::There { call, .. }) if *call_id == call => {
                self.away_until(now + AGAIN);
                None
            }
            _ => None,
        }
    }

    /// When the guest comes or goes next.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match self.place {
            Place::Away { due } => due,
            Place::Joining => None,
            Place::There { until, .. } => until,
        }
    }

    /// The deadline has passed.
    pub(super) fn deadline_passed(&mut self, now: Instant) -> Option<Action> {
        if self.next_deadline().is_none_or(|at| at > now) {
            return None;
        }
        match self.place {
            Place::Away { .. } => {
                self.place = Place::Joining;
                Some(Action::Join)
            }
            Place::Joining => None,
            Place::There { call, .. } => {
                let back = self.while_kim(now);
                self.place = Place::Away { due: back };
                Some(Action::Leave(call))
            }
        }
    }

    fn somebody_came(&mut self, now: Instant) {
        if let Place::Away { due } = &mut self.place {
            let wait = match self.guest {
                Guest::Ada => ADA_COMES,
                Guest::Ben => BEN_COMES,
                Guest::Kim => KIM_COMES,
            };
            *due = Some(now + wait);
        }
    }

    fn everybody_left(&mut self) -> Option<Action> {
        match self.place {
            Place::Away { .. } => {
                self.place = Place::Away { due: None };
                None
            }
            // Known once it is there: then it leaves.
            Place::Joining => None,
            Place::There { call, .. } => {
                self.place = Place::Away { due: None };
                Some(Action::Leave(call))
            }
        }
    }

    fn away_until(&mut self, at: Instant) {
        self.place = Place::Away { due: self.occupied.then_some(at) };
    }

    /// Kim comes and goes; the others stay.
    fn while_kim(&mut self, now: Instant) -> Option<Instant> {
        match self.guest {
            Guest::Ada | Guest::Ben => None,
            Guest::Kim => Some(now + KIM.0 + Duration::from_millis(self.dice.below(KIM.1))),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::base::clock;
    use crate::domain::end_reason::EndReason;
    use crate::domain::time::UnixMillis;

    const CALL: CallId = CallId(Uuid::from_u128(7));

    fn ended() -> Notice {
        Notice::CallEnded { call_id: CALL, reason: EndReason::ENDED_FOR_ALL }
    }

    /// Lets the next deadline pass; says how long it took and what is done.
    fn waits(machine: &mut Machine, now: &mut Instant) -> (Duration, Option<Action>) {
        let at = machine.next_deadline().expect("there is a deadline");
        let waited = at - *now;
        assert_eq!(machine.deadline_passed(at - Duration::from_millis(1)), None, "it came too early");
        *now = at;
        (waited, machine.deadline_passed(at))
    }

    #[test]
    fn ada_and_ben_come_within_a_second_and_stay_until_everybody_left() {
        for guest in [Guest::Ada, Guest::Ben] {
            let (mut machine, mut now) = (Machine::new(guest, 1), clock::now());
            assert_eq!(machine.occupied(true, now), None);
            let (waited, action) = match machine.deadline_passed(now) {
                Some(action) => (Duration::ZERO, Some(action)),
                None => waits(&mut machine, &mut now),
            };
            assert_eq!(action, Some(Action::Join));
            assert!(waited < Duration::from_secs(1));
            assert_eq!(machine.joined(CALL, now), None);
            assert_eq!(machine.next_deadline(), None, "{guest:?} stays");
            assert_eq!(machine.occupied(true, now), None);
            assert_eq!(machine.occupied(false, now), Some(Action::Leave(CALL)));
            assert_eq!(machine.next_deadline(), None, "nothing is done for an empty group");
        }
    }

    #[test]
    fn kim_knocks_in_and_out_for_ten_to_twenty_seconds_each() {
        for seed in 0..50 {
            let (mut machine, mut now) = (Machine::new(Guest::Kim, seed), clock::now());
            machine.occupied(true, now);
            waits(&mut machine, &mut now);
            for _ in 0..5 {
                assert_eq!(machine.joined(CALL, now), None);
                let (stayed, leave) = waits(&mut machine, &mut now);
                assert_eq!(leave, Some(Action::Leave(CALL)));
                let (gone, join) = waits(&mut machine, &mut now);
                assert_eq!(join, Some(Action::Join));
                for spell in [stayed, gone] {
                    assert!((10..20).contains(&spell.as_secs()), "seed {seed}: {spell:?}");
                }
            }
        }
    }

    #[test]
    fn who_arrives_when_everybody_has_left_leaves_at_once() {
        let (mut machine, now) = (Machine::new(Guest::Ada, 1), clock::now());
        machine.occupied(true, now);
        assert_eq!(machine.deadline_passed(now), Some(Action::Join));
        assert_eq!(machine.occupied(false, now), None);
        assert_eq!(machine.joined(CALL, now), Some(Action::Leave(CALL)));
        assert_eq!(machine.next_deadline(), None);
    }

    #[test]
    fn what_went_wrong_is_tried_again_while_somebody_is_there() {
        let (mut machine, mut now) = (Machine::new(Guest::Ada, 1), clock::now());
        machine.occupied(true, now);
        assert_eq!(machine.deadline_passed(now), Some(Action::Join));
        machine.refused(now);
        assert_eq!(waits(&mut machine, &mut now), (AGAIN, Some(Action::Join)));
        machine.joined(CALL, now);
        assert_eq!(machine.notice(&ended(), now), None);
        assert_eq!(machine.next_deadline(), Some(now + AGAIN));
        assert_eq!(machine.occupied(false, now), None);
        assert_eq!(machine.next_deadline(), None);
    }

    #[test]
    fn who_calls_a_guest_is_declined() {
        let mut machine = Machine::new(Guest::Kim, 1);
        let from = Guest::Ada.person();
        let ring = Notice::CallIncoming { call_id: CALL, from, at: UnixMillis(0), group: None, via: None };
        assert_eq!(machine.notice(&ring, clock::now()), Some(Action::Decline(CALL)));
    }
}
