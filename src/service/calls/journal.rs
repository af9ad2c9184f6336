//! What is to be kept of calls and people, on its way to the store: the task that owns the calls never waits for a disk.
//!
//! There is at most one entry per call, and in it the newest record of each person: a newer one replaces the one that
//! still waits. New calls are refused while the journal is full. Failed writes are tried again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};

use super::mailbox::{Message, Reply};
use super::ports::{OwnedRecord, Records};
use super::refusals;
use crate::domain::id::{CallId, Identity};
use crate::domain::time::UnixMillis;

/// Calls whose records may wait before new calls are refused.
const FULL: usize = 1024;

/// Calls written at once: they share one commit.
const BATCH: usize = 64;

/// How long after a failed write the next is tried.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How often a call's records are tried before they are given up.
const ATTEMPTS: u32 = 60;

/// The journal: filled by the task that owns the calls, emptied by [`write()`].
#[derive(Debug, Default)]
pub(super) struct Journal {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    order: VecDeque<CallId>,
    entries: BTreeMap<CallId, Entry>,
    seen: BTreeMap<Identity, UnixMillis>,
    /// Of `seen`, what is being written.
    writing: Option<(Identity, UnixMillis)>,
    closed: bool,
    done: Option<oneshot::Sender<()>>,
}

#[derive(Debug)]
struct Entry {
    call: CallId,
    records: BTreeMap<Identity, OwnedRecord>,
    reply: Option<Reply>,
    attempts: u32,
}

enum Work {
    Records(Vec<Entry>),
    Seen(Identity, UnixMillis),
    Done,
}

impl Journal {
    /// Whether no new call should begin.
    pub fn is_full(&self) -> bool {
        self.state().entries.len() >= FULL
    }

    /// Takes records of a call that changed, as they are now; a `reply` is answered once they are kept.
    pub fn put(&self, call: CallId, records: Vec<OwnedRecord>, reply: Option<Reply>) {
        let records = records.into_iter().map(|owned| (owned.owner.clone(), owned)).collect();
        let mut state = self.state();
        match state.entries.get_mut(&call) {
            Some(entry) => {
                entry.records.extend(records);
                entry.reply = reply.or_else(|| entry.reply.take());
            }
            None => state.push(Entry { call, records, reply, attempts: 0 }),
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Notes when somebody was last seen.
    pub fn seen(&self, who: Identity, at: UnixMillis) {
        self.state().seen.insert(who, at);
        self.wake.notify_one();
    }

    /// When somebody was last seen, if that is not written yet.
    pub fn last_seen(&self, who: &Identity) -> Option<UnixMillis> {
        let state = self.state();
        let writing = || state.writing.as_ref().filter(|(written, _)| written == who).map(|(_, at)| *at);
        state.seen.get(who).copied().or_else(writing)
    }

    /// Nothing more comes; `done` is told when all is written.
    pub fn close(&self, done: Option<oneshot::Sender<()>>) {
        let mut state = self.state();
        state.closed = true;
        state.done = done;
        drop(state);
        self.wake.notify_one();
    }

    async fn next(&self) -> Work {
        loop {
            if let Some(work) = self.state().take() {
                return work;
            }
            self.wake.notified().await;
        }
    }

    /// Puts back what could not be written, but for what is newer by now. Whoever waits for an answer is refused.
    fn put_back(&self, batch: Vec<Entry>) -> Vec<CallId> {
        let mut state = self.state();
        let mut refused = Vec::new();
        for mut entry in batch {
            refused.extend(refuse(&mut entry));
            entry.attempts += 1;
            if entry.attempts >= ATTEMPTS {
                tracing::error!(call = %entry.call, "the records of a call could not be kept and are given up");
            } else if let Some(newer) = state.entries.get_mut(&entry.call) {
                entry.records.append(&mut newer.records);
                newer.records = entry.records;
            } else {
                state.push(entry);
            }
        }
        refused.extend(state.entries.values_mut().filter_map(refuse));
        refused
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, entry: Entry) {
        self.order.push_back(entry.call);
        self.entries.insert(entry.call, entry);
    }

    /// What is to be written next; what was taken before is written by then.
    fn take(&mut self) -> Option<Work> {
        self.writing = None;
        let mut batch = Vec::new();
        while batch.len() < BATCH
            && let Some(call) = self.order.pop_front()
            && let Some(entry) = self.entries.remove(&call)
        {
            // One that failed before is tried alone, so that it can't hold up others for ever.
            let alone = entry.attempts > 0;
            if alone && !batch.is_empty() {
                self.order.push_front(call);
                self.entries.insert(call, entry);
                break;
            }
            batch.push(entry);
            if alone {
                break;
            }
        }
        if !batch.is_empty() {
            return Some(Work::Records(batch));
        }
        if let Some((who, at)) = self.seen.pop_first() {
            self.writing = Some((who.clone(), at));
            return Some(Work::Seen(who, at));
        }
        self.closed.then_some(Work::Done)
    }
}

fn refuse(entry: &mut Entry) -> Option<CallId> {
    let reply = entry.reply.take()?;
    // An answer nobody waits for any more is nobody's loss.
    let _ = reply.send(Err(refusals::not_kept()));
    Some(entry.call)
}

#[cfg(test)]
impl Journal {
    /// Takes all records that wait, as if they were written.
    pub fn drain(&self) -> Vec<OwnedRecord> {
        let mut state = self.state();
        state.order.clear();
        std::mem::take(&mut state.entries).into_values().flat_map(|entry| entry.records.into_values()).collect()
    }
}

/// Writes what the journal holds until it is closed and empty; tells the owner of the calls what was kept.
pub(super) async fn write(journal: Arc<Journal>, store: Arc<dyn Records>, owner: mpsc::WeakSender<Message>) {
    loop {
        match journal.next().await {
            Work::Records(batch) => write_records(&journal, store.as_ref(), &owner, batch).await,
            Work::Seen(who, at) => {
                if let Err(error) = store.seen(&who, at).await {
                    tracing::warn!(%error, "a last-seen time was not kept");
                }
            }
            Work::Done => break,
        }
    }
    if let Some(done) = journal.state().done.take() {
        let _ = done.send(());
    }
}

async fn write_records(journal: &Journal, store: &dyn Records, owner: &mpsc::WeakSender<Message>, batch: Vec<Entry>) {
    let records: Vec<OwnedRecord> = batch.iter().flat_map(|entry| entry.records.values().cloned()).collect();
    match store.keep(&records).await {
        Ok(kept) => {
            for reply in batch.into_iter().filter_map(|entry| entry.reply) {
                let _ = reply.send(Ok(()));
            }
            tell(owner, Message::Kept(kept)).await;
        }
        Err(error) => {
            tracing::warn!(%error, calls = batch.len(), "call records were not kept; trying again");
            for call in journal.put_back(batch) {
                tell(owner, Message::NotKept(call)).await;
            }
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }
}

/// An owner that has stopped needs no news.
async fn tell(owner: &mpsc::WeakSender<Message>, message: Message) {
    if let Some(owner) = owner.upgrade() {
        let _ = owner.send(message).await;
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::kit::{group, person};
    use super::*;
    use crate::domain::call::{Direction, Peer};
    use crate::domain::record::{CallRecord, Outcome};

    fn record(name: &str, outcome: Outcome) -> OwnedRecord {
        let record = CallRecord {
            call_id: CallId(Uuid::nil()),
            with: Peer::Group(group(1).reference()),
            direction: Direction::Outgoing,
            outcome,
            started_at: UnixMillis(1),
            answered_at: None,
            ended_at: None,
            end: None,
            answered_by: None,
            note: None,
        };
        OwnedRecord { owner: person(name).identity, record }
    }

    fn take(journal: &Journal) -> Vec<Entry> {
        match journal.state().take() {
            Some(Work::Records(batch)) => batch,
            _ => panic!("there is something to write"),
        }
    }

    #[test]
    fn of_one_call_the_newest_record_of_each_person_waits() {
        let (journal, call) = (Journal::default(), CallId(Uuid::nil()));
        journal.put(call, vec![record("alice", Outcome::Ongoing)], None);
        journal.put(call, vec![record("bob", Outcome::Ongoing)], None);
        journal.put(call, vec![record("alice", Outcome::Answered)], None);
        assert_eq!(journal.drain(), [record("alice", Outcome::Answered), record("bob", Outcome::Ongoing)]);
    }

    #[test]
    fn what_could_not_be_written_gives_way_to_what_is_newer_alone() {
        let (journal, call) = (Journal::default(), CallId(Uuid::nil()));
        journal.put(call, vec![record("alice", Outcome::Ongoing), record("bob", Outcome::Ongoing)], None);
        let failed = take(&journal);
        journal.put(call, vec![record("alice", Outcome::Answered)], None);
        assert_eq!(journal.put_back(failed), []);
        assert_eq!(journal.drain(), [record("alice", Outcome::Answered), record("bob", Outcome::Ongoing)]);
    }
}
