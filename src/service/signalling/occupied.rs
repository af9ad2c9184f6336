//! Who is in which group, passed on to those who have it on their list; and the codes that are kept good by it.

use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Signalling;
use super::groups::named;
use crate::base::clock;
use crate::domain::group::MAX_HERE;
use crate::domain::id::GroupId;
use crate::domain::time::UnixMillis;
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
        for identity in self.registry.identities() {
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
            if let Err(failure) = self.tend_codes_once(clock::unix_now()).await {
                tracing::warn!(%failure, "the codes of groups were not looked through");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn tend_codes_once(&self, now: UnixMillis) -> Result<(), Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy;
    use crate::domain::group::{Group, GroupKey};
    use crate::domain::id::{CallId, Identity, LegId};
    use crate::protocol::failure::CODE_ENDED;
    use crate::service::calls::JoinCall;
    use crate::service::calls::kit::Phone;
    use crate::service::groups::Asker;
    use crate::service::signalling::kit::{Kit, NOW, heard};

    fn after(hours: i64) -> UnixMillis {
        NOW.plus(hours * 60 * 60 * 1000)
    }

    impl Kit {
        async fn joins(&self, phone: &Phone, group: &Group) -> CallId {
            let call = self.house.calls.place_of(group.id).await.unwrap().call;
            let (endpoint, group, leg) = (phone.id, group.clone(), LegId(entropy::uuid()));
            let join = JoinCall { endpoint, group, call, leg, existing: false, muted: false, owner: false };
            self.house.calls.join(join).await.unwrap();
            call
        }

        /// The subcode of the refusal for a group's code at `now`; none when it is good.
        async fn refusal(&self, who: &Identity, group: &Group, now: UnixMillis) -> Option<u32> {
            let key = GroupKey::Code(group.code.clone());
            let found = self.signalling.groups.find(&key, &Asker::User(who.clone()), now).await;
            found.err().map(|failure| failure.sub_code)
        }
    }

    #[tokio::test]
    async fn a_code_stays_good_while_somebody_is_in_the_group_and_a_day_longer() {
        let kit = Kit::new().await;
        let alice = kit.house.phone("alice").await;
        let me = &alice.person.identity;
        let group = kit.signalling.groups.begin(me, GroupId(entropy::uuid()), NOW).await.unwrap();
        let call = kit.joins(&alice, &group).await;
        for hours in [2, 20, 40, 60] {
            kit.signalling.tend_codes_once(after(hours)).await.unwrap();
            assert_eq!(kit.refusal(me, &group, after(hours)).await, None, "after {hours} hours");
        }
        kit.house.calls.hang_up(alice.id, call).await.unwrap();
        for (hours, refusal) in [(70, None), (84, None), (85, Some(CODE_ENDED))] {
            kit.signalling.tend_codes_once(after(hours)).await.unwrap();
            assert_eq!(kit.refusal(me, &group, after(hours)).await, refusal, "after {hours} hours");
        }
    }

    #[tokio::test]
    async fn whoever_may_have_missed_a_change_is_told_all_groups_anew() {
        let kit = Kit::new().await;
        let me = kit.account("alice").await;
        let group = kit.signalling.groups.create(&me.identity, "Ops".parse().unwrap(), NOW).await.unwrap();
        let bob = kit.house.phone("bob").await;
        kit.joins(&bob, &group).await;
        let mut socket = kit.socket_of(me).await;
        kit.signalling.tell_all_groups().await.unwrap();
        let told = heard(&mut socket, "group_changed").await;
        assert!(told.contains(&group.id.to_string()) && told.contains(r#""name":"bob""#), "{told}");
    }
}
