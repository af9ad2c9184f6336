//! The rules no world may break.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::oneshot;

use super::{NAMES, World};
use crate::control::hearing::{Choice, Hearing};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{CallId, Identity};
use crate::domain::record::Outcome;
use crate::service::calls::counts::Counts;
use crate::service::calls::forwarding::{comes_back, from};
use crate::service::calls::kit::{Did, person};
use crate::service::calls::mailbox::Message;
use crate::service::calls::progress::WantedCalls;
use crate::service::calls::running::Machine;

impl World {
    /// Who is seated in a call takes part in it, and what is in a slot is parked.
    pub(super) fn check_seats(&self) {
        for id in self.owner.roster.endpoints() {
            let seat = self.owner.roster.seat(id).unwrap();
            for call in &seat.calls {
                let running = self.owner.running.get(call).expect("a call that is over has a seat");
                assert!(running.ongoing(id, &seat.person.identity).is_some(), "{id} takes no part in {call}");
                assert!(running.book.get(&seat.person.identity).is_some(), "{id} has no record of {call}");
            }
            assert!(seat.ringing.iter().all(|call| self.owner.running.contains_key(call)), "it rings for no call");
        }
        for parked in self.owner.lot.all() {
            let Machine::Direct(direct) = &self.owner.running[&parked.call_id].machine else { panic!("a group waits") };
            assert!(direct.call.is_parked() && direct.slot == Some(parked.slot));
        }
    }

    /// Nothing rings at who blocks the caller, but what they handed on themselves; nor where no call can be taken.
    pub(super) fn check_rings(&self) {
        for id in self.owner.roster.endpoints() {
            let seat = self.owner.roster.seat(id).unwrap();
            let who = &seat.person.identity;
            assert!(seat.max_calls() > 0 || seat.ringing.is_empty(), "{id} can take no call, and rings");
            for call in &seat.ringing {
                let machine = &self.owner.running[call].machine;
                let blocked = from(machine, who).is_some_and(|from| self.owner.rulebook.blocks(who, from));
                assert!(!blocked || comes_back(machine, who), "{call} rings at {id}, who blocks the caller");
            }
        }
    }

    /// What is told to who asks fits to what there is.
    pub(super) fn check_answers(&mut self) {
        let (reply, mut counts) = oneshot::channel();
        self.send(Message::Count { reply });
        let Counts { ringing, parked, connected, groups, .. } = counts.try_recv().unwrap();
        let (reply, mut calls) = oneshot::channel();
        let all = WantedCalls { of: None, after: None, limit: usize::MAX };
        self.send(Message::InProgress { wanted: all, reply });
        let calls = calls.try_recv().unwrap().into_iter().map(|call| call.call_id);
        assert!(calls.eq(self.owner.running.keys().copied()));
        assert_eq!(ringing + parked + connected + groups, self.owner.running.len() as u64);
        for name in NAMES {
            let who = person(name).identity;
            let (reply, mut parked) = oneshot::channel();
            self.send(Message::Parked { seen_by: who.clone(), reply });
            let blocks = |other: &Identity| self.owner.rulebook.blocks(other, &who);
            let others = parked.try_recv().unwrap().into_iter().filter(|parked| parked.by.identity != who);
            for parked in others {
                assert!(!blocks(&parked.by.identity) && !blocks(&parked.person.identity), "{who} sees who blocks them");
            }
        }
    }

    pub(super) fn check_legs(&self) {
        let mut closed = BTreeSet::new();
        for did in self.switch.lock().unwrap().iter() {
            match did {
                Did::Close(leg) => assert!(closed.insert(*leg), "closed twice"),
                Did::Hears(leg, Hearing { choice: Choice::Only(sources), .. }) => {
                    assert!(![leg].into_iter().chain(sources).any(|l| closed.contains(l)));
                }
                Did::Hears(leg, _) | Did::Offers(leg, _) | Did::Music(leg, _) => assert!(!closed.contains(leg)),
            }
        }
        assert_eq!(closed, self.taken, "the legs of the calls are closed, and no others");
    }

    pub(super) fn check_records(&mut self) -> usize {
        let mut owners: BTreeMap<CallId, BTreeSet<Identity>> = BTreeMap::new();
        let (mut answered, mut forwarded) = (0, BTreeSet::new());
        self.writes();
        for ((call, owner), record) in &self.kept {
            assert!(record.ended_at.is_some() && record.end.is_some(), "never ended: {record:?} of {owner}");
            answered += usize::from(record.answered_at.is_some());
            if record.end == Some(EndReason::FORWARDED) {
                forwarded.insert(*call);
                self.done.forwarded += 1;
                self.done.taken += usize::from(record.outcome == Outcome::Answered);
            }
            owners.entry(*call).or_default().insert(owner.clone());
        }
        for (call, owners) in &owners {
            let others = self.group_calls.contains(call) || self.handed.contains(call) || forwarded.contains(call);
            match self.kept_from.get(call) {
                Some(who) => assert!(owners.len() == 1 && !owners.contains(who), "whose records? {owners:?}"),
                None => assert!(others || owners.len() == 2, "whose records? {owners:?}"),
            }
        }
        assert_eq!(owners.len() + 1, self.calls.len(), "every call begun has its records");
        answered / 2
    }
}
