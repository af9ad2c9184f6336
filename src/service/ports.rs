//! What `calls` needs from others, as it wants it: the SFU as a switch, the store as its keeper of records.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::calls::{NotKept, OwnedRecord, Records, SlotUse, Switch};
use super::identity::Identities;
use super::sfu::{self, Sfu};
use super::store::{Db, records};
use crate::domain::id::{CallId, Identity, LegId};
use crate::domain::time::UnixMillis;

/// The SFU, as `calls` switches it.
pub(super) struct SfuSwitch {
    sfu: Sfu,
}

impl SfuSwitch {
    pub(super) fn new(sfu: Sfu) -> Self {
        Self { sfu }
    }
}

impl Switch for SfuSwitch {
    fn set_sources(&self, leg: LegId, sources: &[LegId]) {
        log(leg, self.sfu.set_sources(leg, sources));
    }

    fn hold_music(&self, _call: CallId, _to: LegId, _on: bool) {}

    fn close(&self, leg: LegId) {
        log(leg, self.sfu.close(leg));
    }
}

/// An SFU that can't keep up, or has stopped, is worth a line; the leg ends by its own time-outs.
fn log(leg: LegId, done: Result<(), sfu::SfuError>) {
    if let Err(error) = done {
        tracing::warn!(%leg, %error, "the SFU did not take an order");
    }
}

/// A receive slot in the words of `calls`.
pub(super) fn slot_use(slot: sfu::SlotUse) -> SlotUse {
    SlotUse { mid: slot.mid, source: slot.source }
}

/// The store, as `calls` keeps records in it.
pub(super) struct StoreRecords {
    db: Db,
    identities: Identities,
}

impl StoreRecords {
    pub(super) fn new(db: Db, identities: Identities) -> Self {
        Self { db, identities }
    }

    async fn keep_all(&self, owned: &[OwnedRecord]) -> Result<(), NotKept> {
        let entry = |owned: &OwnedRecord| records::Entry { owner: owned.owner.clone(), record: owned.record.clone() };
        let entries: Vec<records::Entry> = owned.iter().map(entry).collect();
        records::keep(&self.db, &entries).await.map_err(|e| NotKept(Box::new(e)))
    }

    async fn last_seen_of(&self, who: &[Identity]) -> Vec<Option<UnixMillis>> {
        let mut seen = Vec::with_capacity(who.len());
        for identity in who {
            // Unknown is as good as never: it is only shown.
            seen.push(self.identities.last_seen(identity).await.ok().flatten());
        }
        seen
    }
}

impl Records for StoreRecords {
    fn keep<'a>(&'a self, records: &'a [OwnedRecord]) -> BoxFuture<'a, Result<(), NotKept>> {
        self.keep_all(records).boxed()
    }

    fn seen<'a>(&'a self, who: &'a Identity, at: UnixMillis) -> BoxFuture<'a, Result<(), NotKept>> {
        async move { self.identities.set_last_seen(who, at).await.map_err(|e| NotKept(Box::new(e))) }.boxed()
    }

    fn last_seen<'a>(&'a self, who: &'a [Identity]) -> BoxFuture<'a, Vec<Option<UnixMillis>>> {
        self.last_seen_of(who).boxed()
    }
}
