//! What the handle promises of group calls, in sentences. Here is what they share.

mod breaking;
mod crowd;
mod inviting;
mod joining;
mod leaving;

use super::kit::{Did, House, Phone, Talk, endpoint_of, group, person};
use super::*;
use crate::base::{clock, entropy};
use crate::control::hearing::{Choice, Hearing, Source};
use crate::domain::call::{CallState, Direction, ParticipantState, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::group::Group;
use crate::domain::record::Outcome;
use crate::protocol::failure::FailureCode;
use crate::protocol::notice::Notice;

/// A roster as it was told: name, state, muted.
type Told = Vec<(String, ParticipantState, bool)>;

impl Phone {
    /// Waits for the next news of the roster.
    async fn sees_roster(&mut self) -> (bool, Told, Vec<u16>) {
        match self.hears("roster", |n| matches!(n, Notice::CallRoster { .. })).await {
            Notice::CallRoster { whole, rows, left, .. } => {
                let told = rows.iter().map(|row| {
                    let p = &row.participant;
                    (p.person.name.to_string(), p.state, p.muted)
                });
                (whole, told.collect(), left)
            }
            other => panic!("{other:?}"),
        }
    }

    async fn is_in_group(&mut self, group: &Group) -> bool {
        match self.hears("group", |n| matches!(n, Notice::CallGroup { .. })).await {
            Notice::CallGroup { group: told, may_end, .. } => {
                assert_eq!(told, *group);
                may_end
            }
            other => panic!("{other:?}"),
        }
    }
}

fn names(people: &[Person]) -> Vec<&str> {
    people.iter().map(|person| person.name.as_str()).collect()
}
