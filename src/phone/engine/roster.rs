//! Who is in a group call, as the service tells it in batches. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::call::{ParticipantState, RosterRow};
use crate::domain::id::Identity;
use crate::protocol::rows::Rows;

/// The roster of a group call.
#[derive(Debug, Default)]
pub(super) struct Roster {
    /// By number, which is the order of appearance.
    rows: BTreeMap<u16, RosterRow>,
    known: bool,
}

/// What the service tells of it at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Batch {
    /// Whether rows known before and not named here are gone.
    pub(super) whole: bool,
    /// Rows that are new or changed.
    pub(super) rows: Rows,
    /// Numbers of those who left.
    pub(super) left: Vec<u16>,
}

/// Who else came into the call by a batch, or went out of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Moves {
    pub(super) came: bool,
    pub(super) went: bool,
}

impl Roster {
    /// Takes a batch. The first one says who was there already: by it, nobody comes.
    pub(super) fn apply(&mut self, batch: Batch, me: &Identity) -> Moves {
        let before = self.here_but(me);
        if batch.whole {
            self.rows.clear();
        }
        self.rows.extend(batch.rows.into_iter().map(|row| (row.number, row)));
        for number in batch.left {
            self.rows.remove(&number);
        }
        if !std::mem::replace(&mut self.known, true) {
            return Moves::default();
        }
        let after = self.here_but(me);
        let missing = |these: &[u16], those: &[u16]| these.iter().any(|number| those.binary_search(number).is_err());
        Moves { came: missing(&after, &before), went: missing(&before, &after) }
    }

    /// Whether a batch has come.
    pub(super) fn is_known(&self) -> bool {
        self.known
    }

    /// The rows of all but `me`, in the order of appearance.
    pub(super) fn others(&self, me: &Identity) -> Arc<[RosterRow]> {
        self.rows.values().filter(|row| !is(row, me)).cloned().collect()
    }

    /// How many are in the call, besides `me`; those who ring are not yet.
    pub(super) fn others_here(&self, me: &Identity) -> usize {
        self.here_but(me).len()
    }

    /// How many are in the call besides `me`, those counted who are on their way in: who joined a moment before this phone
    /// may not be connected yet.
    pub(super) fn others_coming(&self, me: &Identity) -> usize {
        let counts = |state: ParticipantState| state.is_here() || state == ParticipantState::Connecting;
        self.rows.values().filter(|row| !is(row, me) && counts(row.participant.state)).count()
    }

    /// Who has this number.
    pub(super) fn identity(&self, number: u16) -> Option<&Identity> {
        self.rows.get(&number).map(|row| &row.participant.person.identity)
    }

    /// Numbers of those in the call besides `me`, in order.
    fn here_but(&self, me: &Identity) -> Vec<u16> {
        self.rows.values().filter(|row| !is(row, me) && row.participant.state.is_here()).map(|row| row.number).collect()
    }
}

fn is(row: &RosterRow, me: &Identity) -> bool {
    row.participant.person.identity == *me
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::Participant;
    use crate::domain::person::Person;

    #[test]
    fn the_others_stand_in_the_order_of_appearance_without_me() {
        let mut roster = Roster::default();
        assert!(!roster.is_known());
        roster.apply(whole([row(3, "carol", HERE), row(1, "alice", HERE), row(2, "me", HERE)]), &me());
        assert_eq!((numbers(&roster), roster.is_known()), (vec![1, 3], true));
        roster.apply(changed([row(4, "dave", RINGS), row(1, "alice", ParticipantState::Hold)]), &me());
        assert_eq!((numbers(&roster), roster.others_here(&me())), (vec![1, 3, 4], 2));
        assert_eq!(roster.identity(2), Some(&me()), "my own number is known");
        roster.apply(left([1]), &me());
        assert_eq!(numbers(&roster), [3, 4]);
    }

    #[test]
    fn a_whole_roster_replaces_what_was_known() {
        let mut roster = Roster::default();
        roster.apply(whole([row(1, "alice", HERE), row(2, "me", HERE)]), &me());
        roster.apply(whole([row(2, "me", HERE), row(7, "bob", HERE)]), &me());
        assert_eq!(numbers(&roster), [7]);
        assert_eq!(roster.identity(1), None);
    }

    #[test]
    fn who_is_on_the_way_in_counts_among_those_who_come() {
        let mut roster = Roster::default();
        let (comes, gone) = (ParticipantState::Connecting, ParticipantState::Disconnected);
        let rows = [row(1, "alice", HERE), row(2, "me", HERE), row(3, "bob", comes), row(4, "carol", RINGS)];
        roster.apply(whole(rows), &me());
        assert_eq!((roster.others_here(&me()), roster.others_coming(&me())), (1, 2));
        roster.apply(changed([row(3, "bob", gone)]), &me());
        assert_eq!(roster.others_coming(&me()), 1);
    }

    #[test]
    fn others_come_and_go_and_i_do_not() {
        let mut roster = Roster::default();
        let moves = |came, went| Moves { came, went };
        let mut apply = |batch| roster.apply(batch, &me());
        assert_eq!(apply(whole([row(1, "alice", HERE)])), moves(false, false), "she was there already");
        assert_eq!(apply(changed([row(2, "me", HERE)])), moves(false, false));
        assert_eq!(apply(changed([row(3, "bob", RINGS)])), moves(false, false), "who rings is not there yet");
        assert_eq!(apply(changed([row(3, "bob", HERE)])), moves(true, false));
        assert_eq!(apply(changed([row(3, "bob", ParticipantState::Reconnecting)])), moves(false, false));
        let both = Batch { left: vec![1], ..changed([row(4, "carol", HERE)]) };
        assert_eq!(apply(both), moves(true, true));
        assert_eq!(apply(left([3, 99])), moves(false, true));
        assert_eq!(apply(whole([row(2, "me", HERE)])), moves(false, true));
    }

    const HERE: ParticipantState = ParticipantState::Connected;
    const RINGS: ParticipantState = ParticipantState::Ringing;

    fn me() -> Identity {
        "8:me".parse().unwrap()
    }

    fn row(number: u16, name: &str, state: ParticipantState) -> RosterRow {
        let person = Person::new(format!("8:{name}").parse().unwrap(), name.parse().unwrap(), name.into());
        RosterRow { number, participant: Participant { person, state, muted: false } }
    }

    fn changed<const N: usize>(rows: [RosterRow; N]) -> Batch {
        Batch { rows: Rows::from_iter(rows), ..Batch::default() }
    }

    fn whole<const N: usize>(rows: [RosterRow; N]) -> Batch {
        Batch { whole: true, ..changed(rows) }
    }

    fn left<const N: usize>(numbers: [u16; N]) -> Batch {
        Batch { left: numbers.into(), ..Batch::default() }
    }

    fn numbers(roster: &Roster) -> Vec<u16> {
        roster.others(&me()).iter().map(|row| row.number).collect()
    }
}
