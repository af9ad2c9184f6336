//! The running calls, and who lives in the service: their start, and what goes on beside them for as long as they do.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::people::People;
use super::{ServiceOptions, StartError};
use crate::base::{clock, task};
use crate::domain::id::Identity;
use crate::service::bots::BotParts;
use crate::service::bots::demo_group::GuestParts;
use crate::service::bus::Topic;
use crate::service::calls::Calls;
use crate::service::ports::{self, BotCalls, SfuSwitch, StoreRecords};
use crate::service::sfu::{Sfu, SfuEvent};
use crate::service::store::{Db, audit, records};
use crate::service::voice::{HoldMusic, Sounds, Voice};
use crate::service::{guests, signalling};

/// How often it is looked what of the audit trail is too old.
const AUDIT_TENDED_EVERY: Duration = Duration::from_secs(60 * 60);

/// How often it is noted that calls go on: by so much the end of a call may be wrong whose service was killed.
const ALIVE_EVERY: Duration = Duration::from_secs(5);

/// Starts the calls, and everybody who lives in the service; who missed a call is told at the topic.
pub(super) async fn start(
    options: &ServiceOptions,
    db: &Db,
    people: &People,
    sfu: &Sfu,
    from_sfu: mpsc::Receiver<SfuEvent>,
) -> Result<(Calls, Topic<Identity>), StartError> {
    let (voice, sounds) = (Voice::start()?, Sounds::start()?);
    let switch = SfuSwitch::new(sfu.clone(), HoldMusic::new(sfu.clone(), voice.clone(), sounds.clone()));
    let missed = Topic::new();
    let kept = StoreRecords::new(db.clone(), people.identities.clone(), missed.clone());
    let calls = Calls::run(Box::new(switch), Arc::new(kept));
    task::spawn("sfu events", pass_on(from_sfu, calls.clone()));
    task::spawn("alive", keep_alive(db.clone(), calls.clone()));
    task::spawn("audit", tend_audit(db.clone(), calls.clone(), options.audit_kept));
    let guests = GuestParts::new(sfu.clone(), voice.clone(), sounds.clone(), clock::now());
    let parts = BotParts { sfu: sfu.clone(), voice, sounds, callback_after: options.callback_after };
    signalling::rules::load(&people.identities, &calls).await?;
    BotCalls::register_all(&calls, &parts).await?;
    if options.demo
        && let Some(group) = guests::group(db, &people.groups, &people.identities).await?
    {
        guests::invite(&calls, group, &guests).await?;
    }
    Ok((calls, missed))
}

/// Notes now and then that the calls go on: should the process be killed, that is when they ended.
async fn keep_alive(db: Db, calls: Calls) {
    while !calls.is_stopped() {
        if let Err(error) = records::alive(&db, clock::unix_now()).await {
            tracing::warn!(%error, "it was not noted that calls go on");
        }
        tokio::time::sleep(ALIVE_EVERY).await;
    }
}

/// Forgets now and then what is too old of the audit trail.
async fn tend_audit(db: Db, calls: Calls, kept: Duration) {
    let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
    while !calls.is_stopped() {
        if let Err(error) = audit::forget(&db, clock::unix_now().plus(kept.saturating_neg())).await {
            tracing::warn!(%error, "old entries of the audit trail were not forgotten");
        }
        tokio::time::sleep(AUDIT_TENDED_EVERY).await;
    }
}

async fn pass_on(mut events: mpsc::Receiver<SfuEvent>, calls: Calls) {
    while let Some(event) = events.recv().await {
        match event {
            SfuEvent::LegUp { leg } => calls.leg_up(leg).await,
            SfuEvent::LegSilent { leg } => calls.leg_silent(leg).await,
            SfuEvent::LegHeard { leg } => calls.leg_heard(leg).await,
            SfuEvent::LegFailed { leg, why } => {
                tracing::info!(%leg, ?why, "a leg failed");
                calls.leg_failed(leg).await;
            }
            SfuEvent::Slots { leg, slots } => calls.slots(leg, slots.into_iter().map(ports::slot_use).collect()).await,
            SfuEvent::Speakers { call, speakers } => calls.speakers(call, speakers).await,
        }
    }
}
