//! Who is in which group, passed on to those who have it on their list; and the codes that are kept good by it.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Signalling;
use super::groups::named;
use crate::base::clock;
use crate::domain::group::MAX_HERE;
use crate::domain::id::GroupId;
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;
use crate::service::calls::GroupOccupied;

/// How often codes are looked through.
const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);

/// A group that was not noted as used for so long, in milliseconds, is looked at: somebody may be in it all the time.
const LONG: i64 = 60 * 60 * 1000;

impl Signalling {
    pub(super) async fn follow_occupied(self, mut changes: broadcast::Receiver<GroupOccupied>) {
        loop {
            let passed_on = match changes.recv().await {
                Ok(change) => self.on_occupied(change).await,
                // Which ones were missed is unknown: everybody gets all groups anew.
                Err(RecvError::Lagged(_)) => self.tell_all_groups().await,
                Err(RecvError::Closed) => return,
            };
            if let Err(failure) = passed_on {
                tracing::warn!(%failure, "who is in a group was not passed on");
            }
        }
    }

    async fn on_occupied(&self, GroupOccupied { group, here }: GroupOccupied) -> Result<(), Failure> {
        if here.is_empty() {
            self.groups.used(&[group], clock::unix_now()).await?;
        }
        let notice = Notice::GroupChanged { group_id: group, here: named(here, MAX_HERE) };
        for identity in self.groups.listed_by(group).await? {
            self.registry.notify(&identity, &notice);
        }
        Ok(())
    }

    async fn tell_all_groups(&self) -> Result<(), Failure> {
        let people: BTreeSet<_> = self.registry.all().into_iter().map(|session| session.identity).collect();
        for identity in people {
            for row in self.groups_of(&identity).await? {
                let notice = Notice::GroupChanged { group_id: row.group.id, here: row.here };
                self.registry.notify(&identity, &notice);
            }
        }
        Ok(())
    }

    /// Ends the codes nobody used for a day, at once and then now and then; those of groups somebody is in stay good.
    pub(super) async fn tend_codes(self) {
        while !self.calls.is_stopped() {
            if let Err(failure) = self.tend_codes_once().await {
                tracing::warn!(%failure, "the codes of groups were not looked through");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn tend_codes_once(&self) -> Result<(), Failure> {
        let now = clock::unix_now();
        let mut cursor = None;
        loop {
            let unused = self.groups.unused_for(LONG, cursor, now).await?;
            let Some(last) = unused.last() else { break };
            cursor = Some(*last);
            let ids: Vec<GroupId> = unused.into_iter().map(|(_, id)| id).collect();
            let here = self.calls.here(&ids).await;
            let occupied = ids.into_iter().zip(here).filter(|(_, here)| !here.is_empty());
            let occupied: Vec<GroupId> = occupied.map(|(id, _)| id).collect();
            self.groups.used(&occupied, now).await?;
        }
        let ended = self.groups.tidy(now).await?;
        if ended > 0 {
            tracing::info!(ended, "codes of groups that were not used any more have ended");
        }
        Ok(())
    }
}
