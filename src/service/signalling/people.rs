//! What the requests about people do: who is a friend, who asks to be one, who is blocked. `identity` decides and keeps, `calls`
//! keeps the blocked away; here all clients concerned are told.
//!
//! To who is blocked, whoever blocks them is offline, since they were blocked or before; nothing else tells them.

use super::Signalling;
use super::requests::{Caller, SEARCH_TEXT};
use crate::base::clock;
use crate::domain::id::Identity;
use crate::domain::person::{Favourite, Friend, FriendRequest};
use crate::domain::presence::{Presence, PresenceState};
use crate::domain::text;
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;
use crate::protocol::response::Response;
use crate::service::bus::{Listener, News};
use crate::service::identity::Befriended;
use crate::service::store::identities::Gone;

/// Somebody sees another's presence otherwise now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sight {
    /// Who sees it.
    viewer: Identity,
    /// Whose presence.
    whom: Identity,
}

impl Signalling {
    pub(super) async fn friend_add(&self, caller: &Caller, identity: &Identity) -> Result<Response, Failure> {
        let owner = &caller.person.identity;
        match self.identities.befriend(owner, identity).await? {
            Befriended::Added(person) => self.tell_added(owner, &person.identity).await?,
            Befriended::Both(person) => self.tell_friends(owner, &person.identity).await?,
            Befriended::Asked(request) => {
                self.registry.notify(owner, &Notice::FriendRequested { request: request.clone() });
                self.tell_asked(owner, identity).await?;
                return Ok(Response::FriendRequested { request });
            }
        }
        Ok(Response::Done {})
    }

    pub(super) async fn friend_accept(&self, caller: &Caller, asker: &Identity) -> Result<Response, Failure> {
        self.identities.accept_friend(&caller.person.identity, asker).await?;
        self.tell_friends(&caller.person.identity, asker).await?;
        Ok(Response::Done {})
    }

    pub(super) async fn friend_decline(&self, caller: &Caller, asker: Identity) -> Result<Response, Failure> {
        self.identities.decline_friend(&caller.person.identity, &asker).await?;
        self.tell_request_ended(&caller.person.identity, asker);
        Ok(Response::Done {})
    }

    pub(super) async fn friend_withdraw(&self, caller: &Caller, asked: Identity) -> Result<Response, Failure> {
        let owner = &caller.person.identity;
        let shown = self.identities.withdraw_friend(owner, &asked).await?;
        if shown {
            self.tell_request_ended(&asked, owner.clone());
        }
        self.tell_request_ended(owner, asked);
        Ok(Response::Done {})
    }

    pub(super) async fn friend_remove(&self, caller: &Caller, identity: Identity) -> Result<Response, Failure> {
        let owner = &caller.person.identity;
        if self.identities.remove_friend(owner, &identity).await? {
            self.registry.notify(&identity, &Notice::FriendRemoved { identity: owner.clone() });
        }
        self.registry.notify(owner, &Notice::FriendRemoved { identity });
        Ok(Response::Done {})
    }

    pub(super) async fn friend_favour(
        &self,
        caller: &Caller,
        identity: &Identity,
        favourite: Option<Favourite>,
    ) -> Result<Response, Failure> {
        let owner = &caller.person.identity;
        for changed in self.identities.favour(owner, identity, favourite).await? {
            self.tell_changed(owner, &changed).await?;
        }
        Ok(Response::Done {})
    }

    pub(super) async fn people_search(&self, caller: &Caller, wanted: &str) -> Result<Response, Failure> {
        let wanted = text::printable(wanted, SEARCH_TEXT);
        if wanted.is_empty() {
            return Ok(Response::People { people: Vec::new() });
        }
        let people = self.identities.search_for(&caller.person.identity, &wanted).await?;
        Ok(Response::People { people })
    }

    pub(super) async fn person_block(&self, caller: &Caller, identity: &Identity) -> Result<Response, Failure> {
        let owner = &caller.person.identity;
        let person = self.identities.to_block(owner, identity).await?;
        let _turn = self.accounts.of(owner).await;
        let presence = self.presence_now(owner).await;
        let there = presence.state != PresenceState::Offline;
        let last_seen = if there { Some(clock::unix_now()) } else { presence.last_seen };
        let asked = self.identities.friend_request_of(&person, owner).await?;
        // Read before: once it is kept, nothing keeps it from the calls.
        let mut blocked = self.identities.block_list(owner).await?;
        self.identities.block(owner, &person, last_seen).await?;
        blocked.insert(identity.clone());
        self.calls.set_blocked(owner.clone(), blocked).await;
        self.registry.notify(owner, &Notice::PersonBlocked { person });
        if asked.is_some() {
            self.tell_request_ended(owner, identity.clone());
        }
        self.tell_seen_otherwise(identity, owner, there);
        Ok(Response::Done {})
    }

    pub(super) async fn person_unblock(&self, caller: &Caller, identity: &Identity) -> Result<Response, Failure> {
        let owner = &caller.person.identity;
        let _turn = self.accounts.of(owner).await;
        let mut blocked = self.identities.block_list(owner).await?;
        self.identities.unblock(owner, identity).await?;
        blocked.remove(identity);
        self.calls.set_blocked(owner.clone(), blocked).await;
        self.registry.notify(owner, &Notice::PersonUnblocked { identity: identity.clone() });
        let there = self.presence_now(owner).await.state != PresenceState::Offline;
        self.tell_seen_otherwise(identity, owner, there);
        // What was asked meanwhile is shown now.
        self.tell_asked(identity, owner).await?;
        Ok(Response::Done {})
    }

    /// Tells whoever had somebody on a list who is no more. What was missed is not made up for: lists are whole again when a
    /// client comes back.
    pub(super) async fn follow_gone(self, mut gone: Listener<Gone>) {
        while let Some(news) = gone.next().await {
            if let News::Item(gone) = news {
                self.on_gone(&gone);
            }
        }
    }

    fn on_gone(&self, Gone { identity, followers, requests, blockers, groups }: &Gone) {
        for follower in followers {
            self.registry.notify(follower, &Notice::FriendRemoved { identity: identity.clone() });
        }
        for other in requests {
            self.tell_request_ended(other, identity.clone());
        }
        for blocker in blockers {
            self.registry.notify(blocker, &Notice::PersonUnblocked { identity: identity.clone() });
        }
        for (group_id, listed_by) in groups {
            self.registry.notify(listed_by, &Notice::GroupRemoved { group_id: *group_id });
        }
    }

    /// What these people are doing, in their order, as somebody sees them.
    pub(super) async fn presences_for(&self, viewer: &Identity, whom: &[Identity]) -> Result<Vec<Presence>, Failure> {
        let mut presences = self.calls.presence_of(whom).await;
        let blockers = self.identities.blockers(viewer).await?;
        for (whom, presence) in whom.iter().zip(&mut presences) {
            if let Some(last_seen) = blockers.get(whom) {
                *presence = Presence::offline(*last_seen);
            }
        }
        Ok(presences)
    }

    /// Tells somebody another's presence, if they have that one on their list.
    pub(super) async fn on_seen_otherwise(&self, sight: &Sight) -> Result<(), Failure> {
        let Sight { viewer, whom } = sight;
        if !self.registry.of_identity(viewer).is_empty() && self.identities.is_friend(viewer, whom).await? {
            for presence in self.presences_for(viewer, std::slice::from_ref(whom)).await? {
                self.registry.notify(viewer, &Notice::PresenceChanged { identity: whom.clone(), presence });
            }
        }
        Ok(())
    }

    async fn presence_now(&self, who: &Identity) -> Presence {
        self.calls.presence_of(std::slice::from_ref(who)).await.pop().unwrap_or_else(|| Presence::offline(None))
    }

    /// Two are friends of each other now; the clients of both are told.
    async fn tell_friends(&self, one: &Identity, other: &Identity) -> Result<(), Failure> {
        for (owner, friend) in [(one, other), (other, one)] {
            self.tell_added(owner, friend).await?;
            self.tell_request_ended(owner, friend.clone());
        }
        Ok(())
    }

    /// Tells all clients of somebody of a new row of the list.
    async fn tell_added(&self, owner: &Identity, friend: &Identity) -> Result<(), Failure> {
        if let Some(friend) = self.friend_of(owner, friend).await? {
            self.registry.notify(owner, &Notice::FriendAdded { friend });
        }
        Ok(())
    }

    /// Tells all clients of somebody how a row of the list looks now, if it is there: whatever another client changes
    /// meanwhile, what is told last is what is kept.
    pub(super) async fn tell_changed(&self, owner: &Identity, friend: &Identity) -> Result<(), Failure> {
        if let Some(friend) = self.friend_of(owner, friend).await? {
            self.registry.notify(owner, &Notice::FriendChanged { friend });
        }
        Ok(())
    }

    /// The row of `friend` on the list of `owner`, as it is now.
    async fn friend_of(&self, owner: &Identity, friend: &Identity) -> Result<Option<Friend>, Failure> {
        let Some((person, favourite)) = self.identities.friend(owner, friend).await? else { return Ok(None) };
        let presence = self.presences_for(owner, std::slice::from_ref(friend)).await?.pop();
        let presence = presence.unwrap_or_else(|| Presence::offline(None));
        Ok(Some(Friend { person, presence, favourite }))
    }

    /// Tells somebody what another asked, if that is open and shown.
    async fn tell_asked(&self, asker: &Identity, asked: &Identity) -> Result<(), Failure> {
        let Some(asker) = self.identities.person(asker).await? else { return Ok(()) };
        let request: Option<FriendRequest> = self.identities.friend_request_of(&asker, asked).await?;
        if let Some(request) = request {
            self.registry.notify(asked, &Notice::FriendRequested { request });
        }
        Ok(())
    }

    fn tell_request_ended(&self, to: &Identity, identity: Identity) {
        self.registry.notify(to, &Notice::FriendRequestEnded { identity });
    }

    /// Has somebody told who looks otherwise now, unless that one is offline, as before.
    fn tell_seen_otherwise(&self, viewer: &Identity, whom: &Identity, there: bool) {
        if there {
            self.seen_otherwise.tell(Sight { viewer: viewer.clone(), whom: whom.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::base::task;
    use crate::service::signalling::kit::{Kit, NOW, heard};

    #[tokio::test]
    async fn whoever_has_somebody_on_a_list_is_told_when_that_one_is_no_more() {
        let kit = Kit::new().await;
        let [alice, bob] = [kit.account("alice").await, kit.account("bob").await];
        let (identities, groups) = (&kit.signalling.identities, &kit.signalling.groups);
        identities.add_friend(&alice.identity, &bob.identity).await.unwrap();
        identities.block(&alice.identity, &bob, None).await.unwrap();
        let group = groups.create(&bob.identity, "Ops".parse().unwrap(), NOW).await.unwrap();
        groups.joined(&alice.identity, &group, NOW).await.unwrap();
        let mut socket = kit.socket_of(alice.clone()).await;
        task::spawn("test", kit.signalling.clone().follow_gone(identities.gone()));
        identities.remove_account(&bob.name).await.unwrap();
        for (notice, about) in [
            ("friend_removed", bob.identity.to_string()),
            ("person_unblocked", bob.identity.to_string()),
            ("group_removed", group.id.to_string()),
        ] {
            let told = heard(&mut socket, notice).await;
            assert!(told.contains(&about), "{told}");
        }
    }
}
