//! What the calls need from others, as small traits: the SFU that carries the sound, and the store that keeps records.

use futures_util::future::BoxFuture;

use crate::control::hearing::{Hearing, Source};
use crate::domain::id::{CallId, Identity, LegId};
use crate::domain::presence::Presence;
use crate::domain::record::CallRecord;
use crate::domain::time::UnixMillis;

/// What the calls ask of the SFU. Called from the task that owns all calls: a call must neither block nor fail; a leg
/// the SFU does not know (any more) is not worth a word.
pub trait Switch: Send {
    /// Lets `leg` hear these, and no other; nobody until it is said.
    fn hear(&self, leg: LegId, hearing: Hearing);

    /// Offers `leg` to those that choose, or does not. Legs that name it hear it either way.
    fn set_source(&self, leg: LegId, source: Source);

    /// Begins or ends hold music for the leg `to`. It never plays while the leg hears others.
    fn hold_music(&self, call: CallId, to: LegId, on: bool);

    /// Closes a leg; nothing is reported of it afterwards.
    fn close(&self, leg: LegId);
}

/// A call record and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRecord {
    /// Whose.
    pub owner: Identity,
    /// The record.
    pub record: CallRecord,
}

/// Records could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("call records can't be kept: {0}")]
pub struct NotKept(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// What the calls ask of the store.
pub trait Records: Send + Sync {
    /// Keeps `records`, all or none, and durably: they are not lost when the process is killed right afterwards.
    /// A record is known by its owner and its call; a later one replaces an earlier one of the same start. One with
    /// another start stays as it is (clients choose the ids of calls): that is no failure. What was kept comes back, with
    /// what is noted about it.
    fn keep<'a>(&'a self, records: &'a [OwnedRecord]) -> BoxFuture<'a, Result<Vec<OwnedRecord>, NotKept>>;

    /// Notes that a person's last client was there until `at`.
    fn seen<'a>(&'a self, who: &'a Identity, at: UnixMillis) -> BoxFuture<'a, Result<(), NotKept>>;

    /// When each of these people was last seen, in their order; `None` for who never was.
    fn last_seen<'a>(&'a self, who: &'a [Identity]) -> BoxFuture<'a, Vec<Option<UnixMillis>>>;
}

/// Somebody has another presence now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceChanged {
    /// Who.
    pub identity: Identity,
    /// What it is now.
    pub presence: Presence,
}

/// What a receive slot of a leg carries, as the SFU knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotUse {
    /// The media section (`mid` of the SDP).
    pub mid: String,
    /// The leg heard there; absent for what the service plays.
    pub source: Option<LegId>,
}
