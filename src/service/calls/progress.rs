//! The calls that go on at one moment, for whoever asks from outside of them: who is in them, since when, and how they stand.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::owner::Owner;
use super::running::{Direct, Machine, Running};
use crate::control::call::Side;
use crate::domain::call::Participant;
use crate::domain::group::MAX_HERE;
use crate::domain::id::{CallId, Identity};
use crate::protocol::rest::{CallInProgress, CallStanding};

/// Which calls are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedCalls {
    /// Those this person takes part in, or at whose clients they ring; all where it is nobody's.
    pub of: Option<Identity>,
    /// Those whose IDs follow this one.
    pub after: Option<CallId>,
    /// How many at the most.
    pub limit: usize,
}

impl Owner {
    /// The calls that are wanted, by ID.
    pub(super) fn in_progress(&self, wanted: &WantedCalls) -> Vec<CallInProgress> {
        let from = wanted.after.map_or(Bound::Unbounded, Bound::Excluded);
        let Some(who) = &wanted.of else {
            let running = self.running.range((from, Bound::Unbounded)).map(|(_, running)| running);
            return running.take(wanted.limit).map(Running::in_progress).collect();
        };
        let seats = self.roster.endpoints_of(who).filter_map(|endpoint| self.roster.seat(endpoint));
        let calls: BTreeSet<CallId> = seats.flat_map(|seat| seat.concerned()).collect();
        let running = calls.range((from, Bound::Unbounded)).filter_map(|call| self.running.get(call));
        running.take(wanted.limit).map(Running::in_progress).collect()
    }
}

impl Running {
    /// How the call stands as a whole.
    pub(super) fn standing(&self) -> CallStanding {
        match &self.machine {
            Machine::Group { .. } => CallStanding::Connected,
            Machine::Direct(direct) if direct.slot.is_some() => CallStanding::Parked,
            Machine::Direct(direct) if direct.call.rung_side().is_some() => CallStanding::Ringing,
            Machine::Direct(_) => CallStanding::Connected,
        }
    }

    /// The first participants, and how many there are in all.
    fn participants(&self) -> (Vec<Participant>, usize) {
        match &self.machine {
            Machine::Group { call, .. } => {
                let all = call.participants();
                let count = all.len();
                (all.take(MAX_HERE).collect(), count)
            }
            Machine::Direct(direct) => {
                let both = Side::BOTH.map(|side| direct.participant(side));
                (both.into(), Side::BOTH.len())
            }
        }
    }

    fn in_progress(&self) -> CallInProgress {
        let (participants, count) = self.participants();
        CallInProgress {
            call_id: self.id,
            standing: self.standing(),
            since: self.book.began().unwrap_or_default(),
            connected_since: self.book.connected_since(),
            group: self.group().map(|group| group.reference()),
            participants,
            count: u32::try_from(count).unwrap_or(u32::MAX),
        }
    }
}

impl Direct {
    fn participant(&self, side: Side) -> Participant {
        let (state, muted) = self.call.standing(side);
        Participant { person: self.person(side).clone(), state, muted }
    }
}
