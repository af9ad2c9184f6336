//! What `calls` needs from others, as it wants it: the SFU as a switch, the store as its keeper of records; and the bots
//! as endpoints of it.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use tokio::sync::mpsc;

use super::bots::{self, Bot, BotParts, Calling};
use super::bus::Topic;
use super::calls::{Calls, Endpoint, NotKept, OwnedRecord, Records, SlotUse, Switch};
use super::identity::Identities;
use super::sfu::{self, Sfu};
use super::store::{Db, records};
use super::voice::HoldMusic;
use crate::base::{entropy, task};
use crate::control::hearing::{Hearing, Source};
use crate::domain::id::{CallId, EndpointId, Identity, LegId};
use crate::domain::person::Person;
use crate::domain::record::Outcome;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::Failure;

/// The SFU, as `calls` switches it.
pub(super) struct SfuSwitch {
    sfu: Sfu,
    music: HoldMusic,
}

impl SfuSwitch {
    pub(super) fn new(sfu: Sfu, music: HoldMusic) -> Self {
        Self { sfu, music }
    }
}

impl Switch for SfuSwitch {
    fn hear(&self, leg: LegId, hearing: Hearing) {
        log(leg, self.sfu.hear(leg, hearing));
    }

    fn set_source(&self, leg: LegId, source: Source) {
        log(leg, self.sfu.set_source(leg, source));
    }

    fn hold_music(&self, call: CallId, to: LegId, on: bool) {
        if on {
            self.music.play(call, to);
        } else {
            self.music.stop(to);
        }
    }

    fn close(&self, leg: LegId) {
        self.music.stop(leg);
        log(leg, self.sfu.close(leg));
    }
}

/// An SFU that has stopped is worth a line.
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
    /// Who has missed a call.
    missed: Topic<Identity>,
}

impl StoreRecords {
    /// Told to `missed` is who has missed a call, once that is kept.
    pub(super) fn new(db: Db, identities: Identities, missed: Topic<Identity>) -> Self {
        Self { db, identities, missed }
    }

    async fn keep_all(&self, owned: &[OwnedRecord]) -> Result<Vec<OwnedRecord>, NotKept> {
        let entry = |owned: &OwnedRecord| records::Entry { owner: owned.owner.clone(), record: owned.record.clone() };
        let entries: Vec<records::Entry> = owned.iter().map(entry).collect();
        let kept = records::keep(&self.db, &entries).await.map_err(|e| NotKept(Box::new(e)))?;
        for entry in kept.iter().filter(|entry| entry.record.outcome == Outcome::Missed) {
            self.missed.tell(entry.owner.clone());
        }
        Ok(kept.into_iter().map(|entry| OwnedRecord { owner: entry.owner, record: entry.record }).collect())
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
    fn keep<'a>(&'a self, records: &'a [OwnedRecord]) -> BoxFuture<'a, Result<Vec<OwnedRecord>, NotKept>> {
        self.keep_all(records).boxed()
    }

    fn seen<'a>(&'a self, who: &'a Identity, at: UnixMillis) -> BoxFuture<'a, Result<(), NotKept>> {
        async move { self.identities.set_last_seen(who, at).await.map_err(|e| NotKept(Box::new(e))) }.boxed()
    }

    fn last_seen<'a>(&'a self, who: &'a [Identity]) -> BoxFuture<'a, Vec<Option<UnixMillis>>> {
        self.last_seen_of(who).boxed()
    }
}

/// Notices a bot may have waiting: it has hundreds of calls at once.
const BOT_NOTICES: usize = 4096;

/// The calls, as one bot's endpoint takes part in them.
pub(super) struct BotCalls {
    calls: Calls,
    endpoint: EndpointId,
}

impl BotCalls {
    /// Registers every bot as an endpoint and lets it live until the calls end.
    ///
    /// # Errors
    /// When the calls have ended already.
    pub(super) async fn register_all(calls: &Calls, parts: &BotParts) -> Result<(), Failure> {
        for bot in Bot::ALL {
            let id = EndpointId(entropy::uuid());
            let (notices, from_calls) = mpsc::channel(BOT_NOTICES);
            let endpoint = Endpoint {
                id,
                person: bot.person(),
                max_calls: bot.max_calls(),
                busy_from: bot.max_calls(),
                seen_ringing: false,
                notices,
            };
            calls.register(endpoint).await?;
            let calls = Self { calls: calls.clone(), endpoint: id };
            task::spawn("bot", bots::run(bot, calls, from_calls, parts.clone()));
        }
        Ok(())
    }
}

impl Calling for BotCalls {
    async fn ringing(&self, call: CallId) -> Result<(), Failure> {
        self.calls.ringing(self.endpoint, call).await
    }

    async fn answer(&self, call: CallId, leg: LegId) -> Result<(), Failure> {
        self.calls.answer(self.endpoint, call, leg).await?;
        self.up(leg).await;
        Ok(())
    }

    async fn decline(&self, call: CallId) -> Result<(), Failure> {
        self.calls.decline(self.endpoint, call).await
    }

    async fn rejoin(&self, call: CallId, leg: LegId) -> Result<(), Failure> {
        self.calls.rejoin(self.endpoint, call, leg).await?;
        self.up(leg).await;
        Ok(())
    }

    async fn start(&self, call: CallId, to: Person, leg: LegId) -> Result<(), Failure> {
        self.calls.start(self.endpoint, call, to, leg, None).await?;
        self.up(leg).await;
        Ok(())
    }
}

impl BotCalls {
    /// A leg inside this process is up from the start. The SFU may have said so before the leg belonged to a call, when
    /// it told nobody anything.
    async fn up(&self, leg: LegId) {
        self.calls.leg_up(leg).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::CallState;
    use crate::service::calls::kit::{House, endpoint_of};

    #[tokio::test(start_paused = true)]
    async fn a_bots_leg_counts_though_the_sfu_told_of_it_too_early() {
        let house = House::new();
        let mut alice = house.phone("alice").await;
        let (endpoint, _notices) = endpoint_of("echo", 8);
        let echo = BotCalls { calls: house.calls.clone(), endpoint: endpoint.id };
        house.calls.register(endpoint).await.unwrap();
        let (call, leg) = alice.calls("echo").await;
        house.calls.leg_up(leg).await;
        let answer = LegId(entropy::uuid());
        house.calls.leg_up(answer).await;
        echo.answer(call, answer).await.unwrap();
        alice.is_told(CallState::Connected).await;
    }
}
