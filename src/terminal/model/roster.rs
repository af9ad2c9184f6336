//! The people of a group call on the screen: who speaks, who is selected, who fits the search.
//!
//! What costs a walk over everybody is done here, once for each change; the view only looks at the rows it shows.

use std::collections::HashMap;

use super::Input;
use super::friends::matches;
use crate::domain::call::{ParticipantState, RosterRow};
use crate::domain::text::folded;

/// From how many people on a search is offered.
pub(crate) const SEARCH_FROM: usize = 21;

/// How many speakers and heard voices are kept: a service sends fewer.
const VOICES: usize = 16;

/// What the screen keeps of a roster beside its rows.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    /// The text names are searched by.
    pub search: Input,
    /// Whether it is being typed.
    pub searching: bool,
    /// The number of the selected participant; `None` for the user's own row.
    pub selected: Option<u16>,
    /// The index of the selected row among those shown.
    pub cursor: usize,
    /// The numbers of those who speak, the loudest first.
    pub speakers: Vec<u16>,
    /// What is heard of participants now: number and level, dBFS.
    pub heard: Vec<(u16, f32)>,
    /// Where those who speak stand among the rows, the loudest first.
    pub speaking: Vec<usize>,
    /// Where those who fit the search stand; `None` while nothing is searched.
    pub found: Option<Vec<usize>>,
    /// How many others are in the call.
    pub here: usize,
    /// How many of them hear this user: they are not on hold, and their connection is up.
    pub hearing: usize,
    /// How many are being rung, or on their way in.
    pub coming: usize,
}

/// Who came into a call and who left it between two rosters: positions in the later, and in the earlier.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Moves {
    pub(crate) came: Vec<usize>,
    pub(crate) left: Vec<usize>,
}

impl Roster {
    /// The rows changed: everything that hangs on them is found anew.
    pub(crate) fn take(&mut self, rows: &[RosterRow]) {
        let count =
            |wanted: fn(ParticipantState) -> bool| rows.iter().filter(|row| wanted(row.participant.state)).count();
        self.here = count(ParticipantState::is_here);
        self.hearing = count(|state| state == ParticipantState::Connected);
        self.coming = count(is_coming);
        self.find(rows);
        self.listen(rows);
    }

    /// The text searched for changed.
    pub(crate) fn find(&mut self, rows: &[RosterRow]) {
        let needle = folded(self.search.trimmed());
        self.found = (!needle.is_empty()).then(|| {
            let fits = |row: &RosterRow| matches(&row.participant.person, &needle);
            (0..rows.len()).filter(|at| fits(&rows[*at])).collect()
        });
        self.cursor = self.index(rows);
    }

    /// Others speak now; says whether that is a change.
    pub(crate) fn speak(&mut self, mut speakers: Vec<u16>, rows: &[RosterRow]) -> bool {
        speakers.truncate(VOICES);
        let changed = self.speakers != speakers;
        self.speakers = speakers;
        self.listen(rows);
        changed
    }

    /// Levels of those who are heard; says whether one of them looks different in a meter of `steps` steps.
    pub(crate) fn hear(&mut self, mut heard: Vec<(u16, f32)>, steps: impl Fn(f32) -> u16) -> bool {
        heard.truncate(VOICES);
        heard.retain(|(_, level)| steps(*level) > 0);
        heard.sort_unstable_by_key(|(number, _)| *number);
        let looks = |heard: &[(u16, f32)]| heard.iter().map(|(n, level)| (*n, steps(*level))).collect::<Vec<_>>();
        let changed = looks(&heard) != looks(&self.heard);
        self.heard = heard;
        changed
    }

    /// What is heard of a participant now.
    pub fn level(&self, number: u16) -> Option<f32> {
        self.heard.iter().find(|(n, _)| *n == number).map(|(_, level)| *level)
    }

    /// How many rows are shown: the user's own and everybody's, or those that fit the search.
    pub fn shown(&self, rows: &[RosterRow]) -> usize {
        self.found.as_ref().map_or(rows.len() + 1, Vec::len)
    }

    /// The row shown at `index`: where it stands among the participants, `None` for the user's own.
    pub fn at(&self, index: usize) -> Option<usize> {
        match &self.found {
            Some(found) => found.get(index).copied(),
            None => index.checked_sub(1),
        }
    }

    /// The index of the selected row among those shown; the first when it is not among them.
    fn index(&self, rows: &[RosterRow]) -> usize {
        let Some(number) = self.selected else { return 0 };
        let is_it = |at: usize| rows.get(at).is_some_and(|row| row.number == number);
        match &self.found {
            Some(found) => found.iter().position(|at| is_it(*at)).unwrap_or(0),
            None => (0..rows.len()).position(is_it).map_or(0, |at| at + 1),
        }
    }

    /// Selects the row `by` rows on (or back), staying within what is shown.
    pub(crate) fn select(&mut self, by: isize, rows: &[RosterRow]) {
        let last = self.shown(rows).saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
        self.selected = self.at(self.cursor).and_then(|at| rows.get(at)).map(|row| row.number);
    }

    fn listen(&mut self, rows: &[RosterRow]) {
        let at = |number: &u16| rows.iter().position(|row| row.number == *number);
        self.speaking = self.speakers.iter().filter_map(at).collect();
    }
}

/// Who came and who left between two rosters.
pub(crate) fn moves(before: &[RosterRow], after: &[RosterRow]) -> Moves {
    let here = |rows: &[RosterRow]| -> HashMap<u16, usize> {
        let here = rows.iter().enumerate().filter(|(_, row)| row.participant.state.is_here());
        here.map(|(at, row)| (row.number, at)).collect()
    };
    let (before, after) = (here(before), here(after));
    let missing = |of: &HashMap<u16, usize>, from: &HashMap<u16, usize>| {
        let mut at: Vec<usize> = of.iter().filter(|(n, _)| !from.contains_key(n)).map(|(_, at)| *at).collect();
        at.sort_unstable();
        at
    };
    Moves { came: missing(&after, &before), left: missing(&before, &after) }
}

fn is_coming(state: ParticipantState) -> bool {
    matches!(state, ParticipantState::Idle | ParticipantState::Connecting | ParticipantState::Ringing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::Participant;
    use crate::domain::person::Person;

    fn rows(numbers: &[u16]) -> Vec<RosterRow> {
        let person = |number: u16| {
            Person::new(
                format!("8:acs:demo_p{number}").parse().unwrap(),
                format!("p{number}").parse().unwrap(),
                format!("Person {number}").as_str().into(),
            )
        };
        let row = |number: &u16| RosterRow {
            number: *number,
            participant: Participant { person: person(*number), state: ParticipantState::Connected, muted: false },
        };
        numbers.iter().map(row).collect()
    }

    #[test]
    fn the_selection_stays_with_the_person() {
        let mut roster = Roster::default();
        let before = rows(&[1, 2, 3]);
        roster.take(&before);
        roster.select(2, &before);
        assert_eq!((roster.selected, roster.cursor), (Some(2), 2));
        let after = rows(&[2, 3, 4]);
        roster.take(&after);
        assert_eq!(roster.cursor, 1);
        roster.select(isize::MIN, &after);
        assert_eq!((roster.selected, roster.at(0)), (None, None), "the first row is the user's own");
        roster.select(isize::MAX, &after);
        assert_eq!(roster.selected, Some(4));
    }

    #[test]
    fn a_search_shows_only_those_who_fit() {
        let mut roster = Roster::default();
        let everybody = rows(&[1, 2, 12, 21]);
        roster.search = Input::new(" PERSON 2");
        roster.take(&everybody);
        assert_eq!((roster.shown(&everybody), roster.at(0), roster.at(1), roster.at(2)), (2, Some(1), Some(3), None));
        roster.select(1, &everybody);
        assert_eq!(roster.selected, Some(21));
        roster.search.clear();
        roster.find(&everybody);
        assert_eq!((roster.shown(&everybody), roster.cursor), (5, 4));
    }

    #[test]
    fn speakers_are_found_among_the_rows_again_when_those_change() {
        let mut roster = Roster::default();
        let before = rows(&[1, 2, 3]);
        assert!(roster.speak(vec![3, 9], &before));
        assert!(!roster.speak(vec![3, 9], &before));
        assert_eq!(roster.speaking, [2]);
        roster.take(&rows(&[2, 3, 9]));
        assert_eq!(roster.speaking, [1, 2]);
    }

    #[test]
    fn who_came_and_who_left_is_told_apart_from_who_rings() {
        let before = rows(&[1, 2, 3]);
        let mut after = rows(&[3, 1, 4, 5]);
        after[3].participant.state = ParticipantState::Ringing;
        assert_eq!(moves(&before, &after), Moves { came: vec![2], left: vec![1] });
    }
}
