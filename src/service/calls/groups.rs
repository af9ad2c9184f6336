//! Group calls on the handle: where a group meets, joining it, inviting into it, ending it, and who is in it.

use tokio::sync::broadcast;

use super::Calls;
use super::mailbox::{InviteCall, Message};
use crate::base::entropy;
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId, GroupId, LegId};
use crate::domain::person::Person;
use crate::protocol::failure::Failure;

/// Subcode of the `conflict` of [`Calls::join`] when the group meets in another call by now: ask
/// [`Calls::place_of`] again and bring a leg opened there. It never reaches a client.
pub const PLACE_CHANGED: u32 = 2;

/// Somebody joins the call of a group, uninvited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinCall {
    /// The endpoint that joins.
    pub endpoint: EndpointId,
    /// Which group.
    pub group: Group,
    /// The call, as [`Calls::place_of`] named it.
    pub call: CallId,
    /// The endpoint's leg, opened in that call.
    pub leg: LegId,
    /// Refuses to begin a call: somebody has to be there.
    pub existing: bool,
    /// Whether the microphone is off from the start.
    pub muted: bool,
    /// Whether the group, kept by name, is this person's: owners may end its calls for everybody, whoever began them.
    pub owner: bool,
}

/// A call was joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoinedCall {
    /// Whether nobody was there: the call began with this.
    pub first: bool,
}

/// Where a group meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPlace {
    /// The call: the running one, or one reserved for the next. All who ask at the same time get the same.
    pub call: CallId,
    /// Whether it runs.
    pub running: bool,
    /// Who is in it, in the order of appearance.
    pub here: Vec<Person>,
}

/// Somebody came into the call of a group, or left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupOccupied {
    /// Which group.
    pub group: GroupId,
    /// Who is in it now, in the order of appearance.
    pub here: Vec<Person>,
}

impl Calls {
    /// Where a group meets. When no call of it runs, one is reserved for half a minute.
    ///
    /// # Errors
    /// `unavailable` when the service stops.
    pub async fn place_of(&self, group: GroupId) -> Result<GroupPlace, Failure> {
        let fresh = CallId(entropy::uuid());
        self.question(|reply| Message::PlaceOf { group, fresh, reply }).await.ok_or_else(|| self.dropped())
    }

    /// Joins the call of a group. The endpoint is told its group and its whole roster at once, by notices. Its record is
    /// on its way to the store when this is answered, and not waited for.
    ///
    /// # Errors
    /// `conflict` with [`PLACE_CHANGED`] when the group meets in another call by now; `conflict` when the call is full
    /// ([`crate::protocol::failure::GROUP_FULL`]), when the endpoint is not registered, is in this call already or in
    /// another one, or when the leg is in use; `not_found` when only an `existing` call is wanted and nobody is there;
    /// `unavailable` when records can't be kept or the service stops.
    pub async fn join(&self, join: JoinCall) -> Result<JoinedCall, Failure> {
        self.question(|reply| Message::Join { join, reply }).await.unwrap_or_else(|| Err(self.dropped()))
    }

    /// Rings one more person into a connected call, for a minute. A direct call becomes the call of `group` by it: its
    /// id is that of the call. In a group call, `group` is not looked at. How an invitation ends, unless by an answer, is
    /// told to the endpoint by a notice.
    ///
    /// # Errors
    /// `not_found` when the endpoint takes no part in such a call; `bad_request` for oneself; `conflict` when the call
    /// is not connected, or a direct call held, when that person is in the call, rings already or can't be rung (the
    /// subcode is that of the end reason), or when the call is full.
    pub async fn invite(&self, endpoint: EndpointId, call: CallId, who: Person, group: Group) -> Result<(), Failure> {
        let invite = InviteCall { endpoint, call, who, group };
        self.ask(|reply| Message::Invite { invite, reply }).await
    }

    /// Ends a group call for everybody in it.
    ///
    /// # Errors
    /// `not_found` when the endpoint takes no part in such a group call, `forbidden` when its person neither started
    /// the call nor owns its group.
    pub async fn end_for_all(&self, endpoint: EndpointId, call: CallId) -> Result<(), Failure> {
        self.ask(|reply| Message::EndForAll { endpoint, call, reply }).await
    }

    /// The group whose call this is; `None` for a direct call, and for one that does not run.
    pub async fn group_of(&self, call: CallId) -> Option<Group> {
        self.question(|reply| Message::GroupOf { call, reply }).await.flatten()
    }

    /// Who is in these groups now, in their order.
    pub async fn here(&self, groups: &[GroupId]) -> Vec<Vec<Person>> {
        let asked = groups.to_vec();
        let here = self.question(|reply| Message::Here { groups: asked, reply }).await;
        here.unwrap_or_else(|| vec![Vec::new(); groups.len()])
    }

    /// From now on, who comes into groups and leaves them: told at most once a second for each group. A listener that
    /// is too far behind asks anew ([`Calls::here`]).
    pub fn occupied(&self) -> broadcast::Receiver<GroupOccupied> {
        self.occupied.subscribe()
    }

    /// These legs of a call speak now, the loudest first.
    pub async fn speakers(&self, call: CallId, speakers: Vec<LegId>) {
        self.tell(Message::Speakers { call, speakers }).await;
    }
}
