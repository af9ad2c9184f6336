//! The records of one running call: one for each person who took part, or was rung.

use std::collections::{BTreeMap, BTreeSet};

use super::ports::OwnedRecord;
use crate::domain::call::{Direction, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{CallId, Identity};
use crate::domain::person::Person;
use crate::domain::record::{CallRecord, Outcome};
use crate::domain::time::UnixMillis;

/// The records of one call.
#[derive(Debug)]
pub(super) struct Book {
    call: CallId,
    records: BTreeMap<Identity, CallRecord>,
    /// Since when it rings, or rang last, at whom.
    rung: BTreeMap<Identity, UnixMillis>,
    /// Who forwarded it, and how it went for them if nobody takes it.
    forwarded: Vec<(Identity, Outcome)>,
    /// Whose changed since they were last put into the journal.
    unwritten: BTreeSet<Identity>,
    /// For whom nothing is kept.
    left_out: BTreeSet<Identity>,
    /// Of those who have no more to do with it, what is still to be written.
    parted: Vec<OwnedRecord>,
}

impl Book {
    pub fn new(call: CallId) -> Self {
        Self {
            call,
            records: BTreeMap::new(),
            rung: BTreeMap::new(),
            forwarded: Vec::new(),
            unwritten: BTreeSet::new(),
            left_out: BTreeSet::new(),
            parted: Vec::new(),
        }
    }

    pub fn get(&self, who: &Identity) -> Option<&CallRecord> {
        self.records.get(who)
    }

    /// When the call began.
    pub fn began(&self) -> Option<UnixMillis> {
        self.records.values().map(|record| record.started_at).min()
    }

    /// Since when people talk in it.
    pub fn connected_since(&self) -> Option<UnixMillis> {
        self.records.values().filter_map(|record| record.answered_at).min()
    }

    /// The call began for somebody. Who was in it before, and left, goes on with the same record.
    pub fn begin(&mut self, who: &Identity, with: Peer, direction: Direction, at: UnixMillis) {
        if self.left_out.contains(who) {
            return;
        }
        let call_id = self.call;
        let fresh = || CallRecord {
            call_id,
            with,
            direction,
            outcome: Outcome::Ongoing,
            started_at: at,
            answered_at: None,
            ended_at: None,
            end: None,
            answered_by: None,
            note: None,
        };
        self.rung.insert(who.clone(), at);
        let record = self.records.entry(who.clone()).or_insert_with(fresh);
        (record.outcome, record.ended_at, record.end) = (Outcome::Ongoing, None, None);
        if record.answered_at.is_none() {
            // Somebody else picked it up, who was rung again since.
            record.answered_by = None;
        }
        self.unwritten.insert(who.clone());
    }

    /// Somebody is rung into it. Who was in it before keeps that record as it is, unless they follow.
    pub fn rung(&mut self, who: &Identity, with: Peer, at: UnixMillis) {
        self.rung.insert(who.clone(), at);
        if self.records.get(who).is_none_or(|record| record.answered_at.is_none()) {
            self.begin(who, with, Direction::Incoming, at);
        }
    }

    /// Since when it rings at somebody: the record may have begun before, for a call that rang there twice.
    pub fn rings_since(&self, who: &Identity) -> Option<UnixMillis> {
        self.rung.get(who).copied()
    }

    /// It rang at somebody, and somebody else picked it up. Who was in it before keeps that record as it is.
    pub fn picked_up(&mut self, who: &Identity, by: &Person, at: UnixMillis) {
        if let Some(record) = self.records.get_mut(who).filter(|record| record.answered_at.is_none()) {
            (record.outcome, record.answered_by) = (Outcome::Answered, Some(by.clone()));
            (record.ended_at, record.end) = (Some(at), Some(EndReason::PICKED_UP));
            self.unwritten.insert(who.clone());
        }
    }

    /// Somebody is in the call.
    pub fn answered(&mut self, who: &Identity, at: UnixMillis) {
        if let Some(record) = self.records.get_mut(who) {
            record.answered_at = record.answered_at.or(Some(at));
            self.unwritten.insert(who.clone());
        }
    }

    /// Somebody, who may not be who the call was with, has it now.
    pub fn taken(&mut self, whose: &Identity, by: &Person) {
        if let Some(record) = self.records.get_mut(whose) {
            let as_it_began = record.with.person().is_some_and(|with| with.identity == by.identity);
            record.answered_by = (!as_it_began).then(|| by.clone());
            self.unwritten.insert(whose.clone());
        }
    }

    /// Somebody forwards it: how it goes for them is open until somebody takes it, or nobody does.
    pub fn forwarded(&mut self, who: &Identity, outcome: Outcome) {
        self.forwarded.push((who.clone(), outcome));
    }

    /// What was forwarded is taken: it counts as answered, by whoever did, who may have forwarded it themselves before.
    pub fn forwards_taken(&mut self, by: &Person, at: UnixMillis) {
        for (who, _) in std::mem::take(&mut self.forwarded).into_iter().filter(|(who, _)| *who != by.identity) {
            // Who was in it before keeps that record as it is.
            if let Some(record) = self.records.get_mut(&who).filter(|record| record.ended_at.is_none()) {
                record.answered_by = Some(by.clone());
                self.ended(&who, Outcome::Answered, EndReason::FORWARDED, at);
            }
        }
    }

    /// What was forwarded is not taken by anybody.
    pub fn forwards_not_taken(&mut self, at: UnixMillis) {
        for (who, outcome) in std::mem::take(&mut self.forwarded) {
            self.ended(&who, outcome, EndReason::FORWARDED, at);
        }
    }

    /// Somebody misses it who may have been in it before, with others: it is `with` who waits there now.
    pub fn missed(&mut self, who: &Identity, with: Peer, reason: EndReason, at: UnixMillis) {
        if let Some(record) = self.records.get_mut(who) {
            record.with = with;
        }
        self.ended(who, Outcome::Missed, reason, at);
    }

    /// The call is over for somebody. Who was in it before, and was rung again and declined, keeps that record as it is.
    pub fn ended(&mut self, who: &Identity, outcome: Outcome, reason: EndReason, at: UnixMillis) {
        if let Some(record) = self.records.get_mut(who) {
            if record.answered_at.is_some() && outcome == Outcome::Declined {
                return;
            }
            if outcome == Outcome::Missed {
                // Also of who was in it before: it came back, or was handed on again, and nobody was there. That is what
                // is news, and is called back for.
                (record.answered_at, record.direction, record.answered_by) = (None, Direction::Incoming, None);
            }
            // Taken, and not come about: nobody talked. Who was in it before it rang once more did.
            let since = self.rung.get(who).copied();
            if outcome == Outcome::Failed && record.answered_at >= since {
                record.answered_at = None;
            }
            (record.outcome, record.ended_at, record.end) = (outcome, Some(at), Some(reason));
            self.unwritten.insert(who.clone());
        }
    }

    /// Ends every record that is still open: the call broke.
    pub fn break_off(&mut self, reason: EndReason, at: UnixMillis) {
        let open: Vec<Identity> =
            self.records.iter().filter(|(_, r)| r.ended_at.is_none()).map(|(who, _)| who.clone()).collect();
        for who in open {
            let answered = self.records.get(&who).is_some_and(|record| record.answered_at.is_some());
            self.ended(&who, if answered { Outcome::Answered } else { Outcome::Failed }, reason, at);
        }
    }

    /// Nothing is kept of the call for somebody whom it is not to reach; said before it begins for them.
    pub fn leave_out(&mut self, who: &Identity) {
        if !self.records.contains_key(who) {
            self.left_out.insert(who.clone());
        }
    }

    /// Somebody will have nothing more to do with what rings there: it was declined. Nothing that follows changes that, unless
    /// it begins there anew.
    pub fn part(&mut self, who: &Identity, at: UnixMillis) {
        if self.records.get(who).is_some_and(|record| record.ended_at.is_none()) {
            self.ended(who, Outcome::Declined, EndReason::DECLINED, at);
        }
        let changed = self.unwritten.remove(who);
        let record = self.records.remove(who).filter(|_| changed);
        self.parted.extend(record.map(|record| OwnedRecord { owner: who.clone(), record }));
        self.forwarded.retain(|(forwarder, _)| forwarder != who);
    }

    /// The records that changed since the last time; `None` when none did.
    pub fn take_unwritten(&mut self) -> Option<Vec<OwnedRecord>> {
        let changed = std::mem::take(&mut self.unwritten);
        let owned = |owner: Identity| {
            let record = self.records.get(&owner)?.clone();
            Some(OwnedRecord { owner, record })
        };
        let mut records: Vec<OwnedRecord> = changed.into_iter().filter_map(owned).collect();
        records.append(&mut self.parted);
        (!records.is_empty()).then_some(records)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::service::calls::kit::person;

    #[test]
    fn a_call_that_was_taken_and_did_not_come_about_was_not_answered() {
        let [alice, bob] = ["alice", "bob"].map(person);
        let mut book = Book::new(CallId(Uuid::nil()));
        book.begin(&alice.identity, Peer::Person(bob.clone()), Direction::Outgoing, UnixMillis(1_000));
        book.begin(&bob.identity, Peer::Person(alice.clone()), Direction::Incoming, UnixMillis(1_000));
        for who in [&alice.identity, &bob.identity] {
            book.answered(who, UnixMillis(3_000));
            book.ended(who, Outcome::Failed, EndReason::SETUP_TIMEOUT, UnixMillis(18_000));
            assert_eq!(book.get(who).unwrap().answered_at, None);
        }
        // It comes back to her after a talk, and fails only then.
        book.begin(&alice.identity, Peer::Person(bob.clone()), Direction::Outgoing, UnixMillis(1_000));
        book.answered(&alice.identity, UnixMillis(3_000));
        book.rung(&alice.identity, Peer::Person(bob), UnixMillis(60_000));
        book.answered(&alice.identity, UnixMillis(61_000));
        book.ended(&alice.identity, Outcome::Failed, EndReason::SETUP_TIMEOUT, UnixMillis(76_000));
        assert_eq!(book.get(&alice.identity).unwrap().answered_at, Some(UnixMillis(3_000)));
    }

    #[test]
    fn a_call_that_rings_again_where_it_was_picked_up_rings_since_then() {
        let [alice, bob, carol] = ["alice", "bob", "carol"].map(person);
        let mut book = Book::new(CallId(Uuid::nil()));
        book.begin(&bob.identity, Peer::Person(alice.clone()), Direction::Incoming, UnixMillis(1_000));
        assert_eq!(book.rings_since(&bob.identity), Some(UnixMillis(1_000)));
        book.picked_up(&bob.identity, &carol, UnixMillis(3_000));
        book.rung(&bob.identity, Peer::Person(alice), UnixMillis(21_000));
        assert_eq!(book.rings_since(&bob.identity), Some(UnixMillis(21_000)));
        assert_eq!(book.get(&bob.identity).unwrap().started_at, UnixMillis(1_000), "its row keeps its place");
        assert_eq!(book.rings_since(&carol.identity), None);
    }
}
