//! What the requests about groups do: `groups` knows them, `calls` knows who is in them, the SFU takes the legs.

use super::Signalling;
use super::requests::Caller;
use crate::base::clock;
use crate::domain::group::{Group, GroupKey, GroupName, GroupRow, MAX_HERE};
use crate::domain::id::{CallId, GroupId, Identity};
use crate::domain::person::Person;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::notice::Notice;
use crate::protocol::request::Sdp;
use crate::protocol::response::Response;
use crate::service::calls::{JoinCall, PLACE_CHANGED};
use crate::service::groups::{self, Asker, Found};
use crate::service::store::groups::StoredGroup;

/// How often a join looks again where its group meets, when that changed under it.
const LOOKS: usize = 4;

/// The most people all rows of a list name together when each names up to [`MAX_HERE`]: beyond that, each names
/// [`FEWER_HERE`], so that the longest list fits into a frame.
const MAX_NAMED: usize = 1_500;
const FEWER_HERE: usize = 7;

/// Somebody wants to join.
pub(super) struct Join {
    pub(super) group: GroupKey,
    pub(super) offer: Sdp,
    pub(super) existing: bool,
    pub(super) muted: bool,
}

impl Signalling {
    pub(super) async fn group_join(&self, caller: &Caller, join: Join) -> Result<Response, Failure> {
        // Whoever may not start calls joins only where somebody is.
        let join = Join { existing: join.existing || !caller.scopes.may_start_calls(), ..join };
        let found = self.groups.find(&join.group, &asker(caller), clock::unix_now()).await?;
        for _ in 0..LOOKS {
            match self.join_where_it_meets(caller, &join, &found).await {
                Err(failure) if failure.code == FailureCode::Conflict && failure.sub_code == PLACE_CHANGED => {}
                joined => return joined,
            }
        }
        Err(Failure::new(FailureCode::Unavailable, "this group's calls come and go too fast; try again"))
    }

    /// Joins the call the group meets in now, or is to meet in. Nothing is kept of a join whose offer can't be used.
    async fn join_where_it_meets(&self, caller: &Caller, join: &Join, found: &Found) -> Result<Response, Failure> {
        let place = self.calls.place_of(found.id()).await?;
        if join.existing && !place.running {
            return Err(groups::nobody_there());
        }
        let (leg, answer) = self.open_leg(place.call, &join.offer).await?;
        let joining = async {
            let me = &caller.person.identity;
            let (group, owner) = match found {
                Found::Kept(kept) => (kept.group.clone(), kept.group.name.is_some() && kept.owner == *me),
                Found::Unused(id) => (self.groups.begin(me, *id, clock::unix_now()).await?, false),
            };
            let (existing, muted) = (join.existing, join.muted);
            let wanted = JoinCall {
                endpoint: caller.endpoint,
                group: group.clone(),
                call: place.call,
                leg,
                existing,
                muted,
                owner,
            };
            let joined = caller.calls.join(wanted).await.map_err(|failure| match failure.code {
                FailureCode::NotFound if existing => groups::nobody_there(),
                _ => failure,
            })?;
            Ok((group, joined.first))
        };
        match joining.await {
            Ok((group, first)) => {
                self.note_join(caller, &group).await;
                Ok(Response::Joined { call_id: place.call, group, first, answer })
            }
            Err(failure) => {
                // It refuses only where it has stopped, and every leg with it.
                self.sfu.close(leg).ok();
                Err(failure)
            }
        }
    }

    /// Whoever has joined is in the call, whether that can be kept or not.
    async fn note_join(&self, caller: &Caller, group: &Group) {
        if let Err(failure) = self.groups.joined(&caller.person.identity, group, clock::unix_now()).await {
            tracing::warn!(group = %group.id, %failure, "that somebody joined a group was not kept");
        }
    }

    pub(super) async fn call_invite(&self, caller: &Caller, call: CallId, to: &Identity) -> Result<Response, Failure> {
        if *to == caller.person.identity {
            return Err(Failure::new(FailureCode::BadRequest, "that is yourself; invite somebody else"));
        }
        let nobody = || Failure::new(FailureCode::NotFound, format!("nobody has the identity {to}"));
        let who = self.identities.person(to).await?.ok_or_else(nobody)?;
        let mine = caller.calls.ongoing(caller.endpoint).await.into_iter().find(|mine| mine.call_id == call);
        let not_there = || Failure::new(FailureCode::NotFound, "there is no such call, or it is over");
        let group = match mine.ok_or_else(not_there)?.group {
            Some(group) => group,
            None => self.groups.begin(&caller.person.identity, GroupId(call.0), clock::unix_now()).await?,
        };
        caller.calls.invite(caller.endpoint, call, who, group).await?;
        Ok(Response::Done {})
    }

    pub(super) async fn group_create(&self, caller: &Caller, name: GroupName) -> Result<Response, Failure> {
        let group = self.groups.create(&caller.person.identity, name, clock::unix_now()).await?;
        // The owner's other clients do not have it on their lists yet, and ask for it.
        let notice = Notice::GroupChanged { group_id: group.id, here: Vec::new() };
        self.registry.notify(&caller.person.identity, &notice);
        let row = GroupRow { group, owner: self.as_now(caller).await?, here: Vec::new() };
        Ok(Response::Group { group: row })
    }

    pub(super) async fn group_show(&self, caller: &Caller, key: &GroupKey) -> Result<Response, Failure> {
        let kept = self.kept(caller, key).await?;
        let here = self.here(kept.group.id).await;
        let row = self.groups.row(kept, named(here, MAX_HERE)).await?;
        row.map(|group| Response::Group { group }).ok_or_else(groups::no_such_group)
    }

    pub(super) async fn groups_list(&self, caller: &Caller) -> Result<Response, Failure> {
        Ok(Response::Groups { groups: self.groups_of(&caller.person.identity).await? })
    }

    /// The rows of somebody's list, by name.
    pub(super) async fn groups_of(&self, who: &Identity) -> Result<Vec<GroupRow>, Failure> {
        let listed = self.groups.listed(who).await?;
        let ids: Vec<GroupId> = listed.iter().map(|kept| kept.group.id).collect();
        let here = self.calls.here(&ids).await;
        let all: usize = here.iter().map(|here| here.len().min(MAX_HERE)).sum();
        let most = if all > MAX_NAMED { FEWER_HERE } else { MAX_HERE };
        let mut rows = Vec::with_capacity(listed.len());
        for (kept, here) in listed.into_iter().zip(here) {
            rows.extend(self.groups.row(kept, named(here, most)).await?);
        }
        Ok(rows)
    }

    pub(super) async fn group_share(
        &self,
        caller: &Caller,
        key: &GroupKey,
        with: Vec<Identity>,
    ) -> Result<Response, Failure> {
        let group = self.kept(caller, key).await?.group;
        let shared = self.groups.share(&caller.person.identity, &group, with, clock::unix_now()).await?;
        let here = u32::try_from(self.here(group.id).await.len()).unwrap_or(u32::MAX);
        let notice = Notice::GroupShared { group, by: self.as_now(caller).await?, here };
        for identity in &shared {
            self.registry.notify(identity, &notice);
        }
        Ok(Response::Done {})
    }

    pub(super) async fn group_remove(&self, caller: &Caller, group_id: GroupId) -> Result<Response, Failure> {
        let gone_for = self.groups.remove(&caller.person.identity, group_id, clock::unix_now()).await?;
        for identity in &gone_for {
            self.registry.notify(identity, &Notice::GroupRemoved { group_id });
        }
        Ok(Response::Done {})
    }

    /// A group the service keeps; knowing its ID or its code is all that is asked for.
    async fn kept(&self, caller: &Caller, key: &GroupKey) -> Result<StoredGroup, Failure> {
        match self.groups.find(key, &asker(caller), clock::unix_now()).await? {
            Found::Kept(kept) => Ok(kept),
            Found::Unused(_) => Err(groups::no_such_group()),
        }
    }

    /// Who asks, as that is shown now: that may have changed since the socket was opened.
    async fn as_now(&self, caller: &Caller) -> Result<Person, Failure> {
        let now = self.identities.person(&caller.person.identity).await?;
        Ok(now.unwrap_or_else(|| caller.person.clone()))
    }

    async fn here(&self, id: GroupId) -> Vec<Person> {
        self.calls.here(&[id]).await.pop().unwrap_or_default()
    }
}

fn asker(caller: &Caller) -> Asker {
    Asker::User(caller.person.identity.clone())
}

/// Those who are told of by name.
pub(super) fn named(mut here: Vec<Person>, most: usize) -> Vec<Person> {
    here.truncate(most);
    here
}
