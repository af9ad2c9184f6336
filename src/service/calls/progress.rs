//! The calls that go on at one moment, for whoever asks from outside of them: who is in them, since when, and how they stand.

use super::owner::Owner;
use super::running::{Machine, Running};
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
        let follows = |call: &CallId| wanted.after.is_none_or(|after| *call > after);
        let calls: Vec<CallId> = match &wanted.of {
            None => self.running.keys().copied().filter(follows).take(wanted.limit).collect(),
            Some(who) => {
                let seats = self.roster.endpoints_of(who).filter_map(|endpoint| self.roster.seat(endpoint));
                let mut calls: Vec<CallId> = seats.flat_map(|seat| seat.concerned()).filter(follows).collect();
                calls.sort_unstable();
                calls.dedup();
                calls
            }
        };
        let running = calls.iter().filter_map(|call| self.running.get(call));
        running.map(Running::in_progress).take(wanted.limit).collect()
    }
}

impl Running {
    fn in_progress(&self) -> CallInProgress {
        let (standing, participants) = match &self.machine {
            Machine::Group { call, .. } => (CallStanding::Connected, call.participants().collect()),
            Machine::Direct(direct) => {
                let participants: Vec<Participant> = Side::BOTH
                    .into_iter()
                    .map(|side| {
                        let (state, muted) = direct.call.standing(side);
                        Participant { person: direct.person(side).clone(), state, muted }
                    })
                    .collect();
                let standing = match direct.slot {
                    Some(_) => CallStanding::Parked,
                    None if direct.call.rung_side().is_some() => CallStanding::Ringing,
                    None => CallStanding::Connected,
                };
                (standing, participants)
            }
        };
        let mut participants: Vec<Participant> = participants;
        let count = u32::try_from(participants.len()).unwrap_or(u32::MAX);
        participants.truncate(MAX_HERE);
        CallInProgress {
            call_id: self.id,
            standing,
            since: self.book.began().unwrap_or_default(),
            connected_since: self.book.connected_since(),
            group: self.group().map(|group| group.reference()),
            participants,
            count,
        }
    }
}
