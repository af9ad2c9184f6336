//! After every event: what the legs of the rows concerned should hear, what everybody should know, and the effects that
//! make it so.

use std::time::Instant;

use super::effects::{Effect, News};
use super::member::{Row, rank};
use super::{GATHER, GroupCall, ROWS_MAX};
use crate::domain::call::{Participant, ParticipantState, RosterRow};
use crate::domain::id::{EndpointId, LegId};

impl GroupCall {
    /// Brings wiring and knowledge up to date; a call nobody is in any more ends.
    pub(super) fn settle(&mut self, now: Instant, out: &mut Vec<Effect>) {
        if self.over {
            return;
        }
        if self.members.is_empty() {
            return self.finish(out);
        }
        let changes = std::mem::take(&mut self.changes);
        let concerned: Vec<EndpointId> =
            changes.rows.iter().filter_map(|n| self.rows.get(n)).flat_map(|row| &row.endpoints).copied().collect();
        for endpoint in &concerned {
            self.offer(*endpoint, now, out);
        }
        for endpoint in &concerned {
            self.wire(*endpoint, out);
        }
        for endpoint in concerned {
            self.tell_state(endpoint, out);
        }
        for number in changes.rows {
            self.note(number);
        }
        for endpoint in changes.newcomers {
            self.greet(endpoint, out);
        }
        if changes.people {
            out.push(Effect::Occupied);
        }
        self.tell_roster(now, out);
    }

    fn offer(&mut self, endpoint: EndpointId, now: Instant, out: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&endpoint) else { return };
        member.link.note_gone(now);
        let Some(leg) = member.link.wired_leg() else { return };
        let source = member.offered();
        if member.source.replace(source) != Some(source) {
            out.push(Effect::SetSource { leg, source });
        }
    }

    fn wire(&mut self, endpoint: EndpointId, out: &mut Vec<Effect>) {
        let Some(member) = self.members.get(&endpoint) else { return };
        let Some(leg) = member.link.leg else { return };
        let hearing = member.hearing(self.other_legs(member.number, endpoint));
        let Some(member) = self.members.get_mut(&endpoint) else { return };
        if member.hears != hearing {
            member.hears = hearing.clone();
            out.push(Effect::Hear { leg, hearing });
        }
    }

    /// The legs of the other endpoints of a person.
    fn other_legs(&self, number: u16, endpoint: EndpointId) -> Vec<LegId> {
        let endpoints = self.rows.get(&number).into_iter().flat_map(|row| &row.endpoints);
        let others = endpoints.filter(|other| **other != endpoint).filter_map(|other| self.members.get(other));
        others.filter_map(|member| member.link.leg).collect()
    }

    fn tell_state(&mut self, endpoint: EndpointId, out: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&endpoint) else { return };
        let state = member.state();
        if member.told.replace(state) != Some(state) {
            out.push(Effect::Tell { endpoint, news: News::State(state) });
        }
    }

    /// Notes for all what became of a row.
    fn note(&mut self, number: u16) {
        let Some(row) = self.rows.get(&number) else { return };
        let standing = self.standing(row);
        let Some(row) = self.rows.get_mut(&number) else { return };
        if row.noted.replace(standing) != Some(standing) {
            self.batch.numbers.insert(number);
        }
    }

    /// Everybody of the roster, in the order of appearance.
    pub fn participants(&self) -> impl ExactSizeIterator<Item = Participant> {
        self.rows.iter().map(|(number, row)| self.roster_row(*number, row).participant)
    }

    /// Where a person stands, and whether muted: the best of the endpoints, and all of them.
    fn standing(&self, row: &Row) -> (ParticipantState, bool) {
        let members = || row.endpoints.iter().filter_map(|endpoint| self.members.get(endpoint));
        let best = members().map(super::Member::standing).min_by_key(|state| rank(*state));
        let waiting = match &row.invitation {
            Some(invitation) if invitation.rang => ParticipantState::Ringing,
            _ => ParticipantState::Connecting,
        };
        (best.unwrap_or(waiting), best.is_some() && members().all(|member| member.muted))
    }

    /// Tells one that knows nothing what it came into.
    fn greet(&self, endpoint: EndpointId, out: &mut Vec<Effect>) {
        let Some(row) = self.members.get(&endpoint).and_then(|member| self.rows.get(&member.number)) else { return };
        let may_end = self.enders.contains(&row.person.identity);
        let rows: Vec<RosterRow> = self.rows.iter().map(|(number, row)| self.roster_row(*number, row)).collect();
        let mut news = vec![News::Group { may_end }];
        news.extend(in_parts(true, rows, Vec::new()));
        if !self.speakers.is_empty() {
            news.push(News::Speakers(self.speakers.clone()));
        }
        out.extend(news.into_iter().map(|news| Effect::Tell { endpoint, news }));
    }

    /// Tells all what was gathered, when it is time.
    fn tell_roster(&mut self, now: Instant, out: &mut Vec<Effect>) {
        if self.batch.numbers.is_empty() {
            return;
        }
        if now < *self.batch.due.get_or_insert(now + GATHER) {
            return;
        }
        let numbers = std::mem::take(&mut self.batch).numbers;
        let (there, left): (Vec<u16>, Vec<u16>) = numbers.into_iter().partition(|n| self.rows.contains_key(n));
        let row = |number: u16| Some(self.roster_row(number, self.rows.get(&number)?));
        let rows = there.into_iter().filter_map(row).collect();
        out.extend(in_parts(false, rows, left).into_iter().map(Effect::TellAll));
    }

    fn roster_row(&self, number: u16, row: &Row) -> RosterRow {
        let (state, muted) = row.noted.unwrap_or_else(|| self.standing(row));
        RosterRow { number, participant: Participant { person: row.person.clone(), state, muted } }
    }
}

/// News of the roster, in parts of bounded length.
fn in_parts(whole: bool, mut rows: Vec<RosterRow>, left: Vec<u16>) -> Vec<News> {
    let mut news = Vec::new();
    let (mut whole, mut left) = (whole, left);
    loop {
        let rest = rows.split_off(rows.len().min(ROWS_MAX));
        news.push(News::Roster { whole, rows, left: std::mem::take(&mut left) });
        if rest.is_empty() {
            return news;
        }
        (whole, rows) = (false, rest);
    }
}
