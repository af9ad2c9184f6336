//! The demo's group: made once, put on the lists of the demo's people, and visited by its guests while somebody is in it.
//! Only for mod.rs.

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, watch};

use super::bots::demo_group::{self, Guest, GuestParts, Meeting};
use super::calls::{Calls, Endpoint, GroupOccupied, JoinCall};
use super::groups::Groups;
use super::identity::Identities;
use super::store::{Db, groups as stored, settings};
use crate::base::{clock, entropy, task};
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId, GroupId, LegId};
use crate::domain::person::Person;
use crate::protocol::failure::Failure;

/// The setting that holds the ID of the demo's group.
const GROUP: &str = "demo_group";

/// Notices a guest may have waiting: the roster of a large group comes and goes.
const NOTICES: usize = 1024;

/// The guests as people.
pub(super) fn persons() -> Vec<Person> {
    Guest::ALL.into_iter().map(Guest::person).collect()
}

/// The demo's group, made and put on the lists of the demo's people when there is none; `None` once it was given up.
/// What they took off their lists stays off.
///
/// # Errors
/// When the store fails.
pub(super) async fn group(db: &Db, groups: &Groups, identities: &Identities) -> Result<Option<Group>, Failure> {
    if let Some(kept) = settings::get(db, GROUP).await? {
        let Ok(id) = kept.parse::<GroupId>() else { return Ok(None) };
        return Ok(stored::by_id(db, id).await?.map(|kept| kept.group));
    }
    let now = clock::unix_now();
    let owner = Guest::Ada.person().identity;
    let name = demo_group::NAME.parse().expect("the name of the demo's group is a group's name");
    // One that was made just before the service was killed is taken up again.
    let made = stored::listed(db, &owner).await?.into_iter().find(|kept| kept.group.name.as_ref() == Some(&name));
    let group = match made {
        Some(made) => made.group,
        None => groups.create(&owner, name, now).await?,
    };
    let people = identities.demo_people().await?.into_iter().map(|person| person.identity).collect();
    groups.share(&owner, &group, people, now).await?;
    settings::keep(db, GROUP, &group.id.to_string()).await?;
    Ok(Some(group))
}

/// Lets the guests visit `group` until the calls end.
///
/// # Errors
/// When the calls have ended already.
pub(super) async fn invite(calls: &Calls, group: Group, parts: &GuestParts) -> Result<(), Failure> {
    let (occupied, seen) = watch::channel(false);
    for guest in Guest::ALL {
        let id = EndpointId(entropy::uuid());
        let (notices, from_calls) = mpsc::channel(NOTICES);
        let (max_calls, busy_from, seen_ringing) = (1, 1, false);
        let endpoint = Endpoint { id, person: guest.person(), max_calls, busy_from, seen_ringing, notices };
        calls.register(endpoint).await?;
        let meeting = GuestCalls { calls: calls.clone(), endpoint: id, group: group.clone() };
        task::spawn("guest", demo_group::attend(guest, meeting, from_calls, seen.clone(), parts.clone()));
    }
    task::spawn("demo group", watch_over(calls.clone(), group.id, calls.occupied(), occupied));
    Ok(())
}

/// Tells the guests whether somebody else is there, until they are gone.
async fn watch_over(
    calls: Calls,
    group: GroupId,
    mut changes: broadcast::Receiver<GroupOccupied>,
    occupied: watch::Sender<bool>,
) {
    loop {
        let change = tokio::select! {
            change = changes.recv() => change,
            () = occupied.closed() => return,
        };
        let here = match change {
            Ok(change) if change.group == group => change.here,
            Ok(_) => continue,
            Err(RecvError::Lagged(_)) => calls.here(&[group]).await.pop().unwrap_or_default(),
            Err(RecvError::Closed) => return,
        };
        let somebody = here.iter().any(|person| !Guest::is(person));
        occupied.send_if_modified(|was| std::mem::replace(was, somebody) != somebody);
    }
}

/// The calls, as one guest's endpoint takes part in them.
struct GuestCalls {
    calls: Calls,
    endpoint: EndpointId,
    group: Group,
}

impl Meeting for GuestCalls {
    async fn call(&self) -> Result<Option<CallId>, Failure> {
        let place = self.calls.place_of(self.group.id).await?;
        Ok(place.running.then_some(place.call))
    }

    async fn join(&self, call: CallId, leg: LegId) -> Result<(), Failure> {
        let (endpoint, group) = (self.endpoint, self.group.clone());
        let join = JoinCall { endpoint, group, call, leg, existing: true, muted: false, owner: false };
        self.calls.join(join).await?;
        // A leg inside this process is up from the start; the SFU may have said so before the leg belonged to the call.
        self.calls.leg_up(leg).await;
        Ok(())
    }

    async fn leave(&self, call: CallId) -> Result<(), Failure> {
        self.calls.hang_up(self.endpoint, call).await
    }

    async fn decline(&self, call: CallId) -> Result<(), Failure> {
        self.calls.decline(self.endpoint, call).await
    }
}
