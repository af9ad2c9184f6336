//! Who of a call's participants came, went or changed, so that a roster of hundreds is told by its changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::call::{ParticipantState, RosterRow};
use crate::domain::id::Identity;
use crate::domain::person::Person;

/// The roster of one call as it was told last.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    rows: Option<Arc<[RosterRow]>>,
    known: BTreeMap<Identity, Known>,
    round: u64,
}

#[derive(Debug)]
struct Known {
    person: Person,
    state: ParticipantState,
    muted: bool,
    /// The last round this participant was listed in; `None` before the first roster, for who is only expected.
    listed: Option<u64>,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Of whom.
    pub(crate) person: Person,
    /// Where that participant stands now.
    pub(crate) state: ParticipantState,
    /// Whether the microphone is off.
    pub(crate) muted: bool,
    /// What it is for a person.
    pub(crate) kind: Kind,
}

/// Coming, going, or something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Was not there before.
    Came,
    /// Is gone.
    Left,
    /// Was there, and is.
    Changed,
}

impl Roster {
    /// Somebody who will be in the roster, such as who calls. Tells nothing the second time.
    pub(crate) fn expect(&mut self, person: &Person, state: ParticipantState) -> Option<Change> {
        if self.known.contains_key(&person.identity) {
            return None;
        }
        let known = Known { person: person.clone(), state, muted: false, listed: None };
        self.known.insert(person.identity.clone(), known);
        Some(Change { person: person.clone(), state, muted: false, kind: Kind::Came })
    }

    /// The changes from the roster told last to `rows`, in their order, those who left last.
    pub(crate) fn changes(&mut self, rows: &Arc<[RosterRow]>) -> Vec<Change> {
        if self.rows.as_ref().is_some_and(|told| Arc::ptr_eq(told, rows)) {
            return Vec::new();
        }
        self.rows = Some(Arc::clone(rows));
        self.round += 1;
        let mut changes: Vec<Change> = rows.iter().filter_map(|row| self.row(row)).collect();
        let round = self.round;
        let left = self.known.extract_if(.., |_, known| known.listed.is_some_and(|listed| listed != round));
        changes.extend(left.filter(|(_, known)| known.state != ParticipantState::Disconnected).map(|(_, known)| {
            let state = ParticipantState::Disconnected;
            let kind = if known.state.is_here() { Kind::Left } else { Kind::Changed };
            Change { person: known.person, state, muted: known.muted, kind }
        }));
        changes
    }

    /// How many are in it, of those told last.
    pub(crate) fn here(&self) -> usize {
        let rows = self.rows.as_deref().unwrap_or_default();
        rows.iter().filter(|row| row.participant.state.is_here()).count()
    }

    /// Who has `number`.
    pub(crate) fn by_number(&self, number: u16) -> Option<&Person> {
        let rows = self.rows.as_deref().unwrap_or_default();
        rows.iter().find(|row| row.number == number).map(|row| &row.participant.person)
    }

    fn row(&mut self, row: &RosterRow) -> Option<Change> {
        let participant = &row.participant;
        let (state, muted) = (participant.state, participant.muted);
        let kind = match self.known.get_mut(&participant.person.identity) {
            Some(known) => {
                known.listed = Some(self.round);
                if (known.state, known.muted) == (state, muted) {
                    return None;
                }
                let kind = of(known.state, state);
                (known.state, known.muted) = (state, muted);
                kind
            }
            None => {
                let person = participant.person.clone();
                let known = Known { person, state, muted, listed: Some(self.round) };
                self.known.insert(participant.person.identity.clone(), known);
                if state.is_here() { Kind::Came } else { Kind::Changed }
            }
        };
        Some(Change { person: participant.person.clone(), state, muted, kind })
    }
}

fn of(before: ParticipantState, now: ParticipantState) -> Kind {
    match (before.is_here(), now.is_here()) {
        (false, true) => Kind::Came,
        (true, false) => Kind::Left,
        (true, true) | (false, false) => Kind::Changed,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::call::Participant;

    /// A person of the tests: `8:acs:1_NAME`.
    pub(crate) fn person(name: &str) -> Person {
        let mut shown = name.to_owned();
        shown[..1].make_ascii_uppercase();
        Person::new(format!("8:acs:1_{name}").parse().unwrap(), name.parse().unwrap(), shown.as_str().into())
    }

    /// A roster of the tests, numbered from 1.
    pub(crate) fn rows(people: &[(&str, ParticipantState)]) -> Arc<[RosterRow]> {
        let row = |(at, (name, state)): (usize, &(&str, ParticipantState))| RosterRow {
            number: u16::try_from(at + 1).unwrap(),
            participant: Participant { person: person(name), state: *state, muted: false },
        };
        people.iter().enumerate().map(row).collect()
    }

    fn told(roster: &mut Roster, people: &[(&str, ParticipantState)]) -> Vec<(String, Kind)> {
        roster.changes(&rows(people)).into_iter().map(|c| (c.person.name.as_str().to_owned(), c.kind)).collect()
    }

    const IN: ParticipantState = ParticipantState::Connected;
    const RINGS: ParticipantState = ParticipantState::Ringing;

    #[test]
    fn only_what_changed_is_told() {
        let mut roster = Roster::default();
        let said = |name: &str, kind| (name.to_owned(), kind);
        assert_eq!(told(&mut roster, &[("bob", IN)]), [said("bob", Kind::Came)]);
        assert_eq!(told(&mut roster, &[("bob", IN), ("carol", RINGS)]), [said("carol", Kind::Changed)]);
        assert_eq!(told(&mut roster, &[("bob", IN), ("carol", IN)]), [said("carol", Kind::Came)]);
        assert_eq!(
            told(&mut roster, &[("carol", ParticipantState::Hold)]),
            [said("carol", Kind::Changed), said("bob", Kind::Left)]
        );
        assert_eq!(roster.here(), 1);
        assert_eq!(roster.by_number(1).unwrap().name.as_str(), "carol");
        assert!(told(&mut roster, &[("carol", ParticipantState::Hold)]).is_empty());
    }

    #[test]
    fn who_is_expected_has_not_left_before_the_first_roster() {
        let mut roster = Roster::default();
        assert!(roster.expect(&person("bob"), IN).is_some());
        assert_eq!(roster.expect(&person("bob"), IN), None);
        assert!(told(&mut roster, &[]).is_empty());
        assert!(told(&mut roster, &[("bob", IN)]).is_empty());
        assert_eq!(told(&mut roster, &[]), [("bob".to_owned(), Kind::Left)]);
    }

    #[test]
    fn the_same_roster_again_costs_nothing_and_says_nothing() {
        let mut roster = Roster::default();
        let rows = rows(&[("bob", IN)]);
        assert_eq!(roster.changes(&rows).len(), 1);
        assert!(roster.changes(&rows).is_empty());
    }
}
