//! What people ask for over REST about themselves: friends, groups, calls, past calls. Lists come in pages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::call::Participant;
use crate::domain::group::{GroupName, GroupRef, GroupRow};
use crate::domain::id::{CallId, GroupId, Identity, UserName};
use crate::domain::person::{Favourite, Friend, FriendRequest, Person};
use crate::domain::record::{CallNote, CallRecord};
use crate::domain::time::UnixMillis;

/// `GET /api/v1/people`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeopleFound {
    /// Best match first, at most 50.
    pub people: Vec<Person>,
}

/// `GET /api/v1/friends`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FriendsPage {
    /// By user name.
    pub friends: Vec<Friend>,
    /// `after` of the page that follows, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UserName>,
}

/// `POST /api/v1/friends`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewFriend {
    /// Who is to be on the list.
    pub identity: Identity,
}

/// The answer to that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Befriended {
    /// They are on the list.
    Added,
    /// They were asked, as the service's policy is; they come on the list when they accept.
    Requested {
        /// The request, which is open now.
        request: FriendRequest,
    },
}

/// `GET /api/v1/friend-requests`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FriendRequestsPage {
    /// Those to the user and the user's own, by user name.
    pub requests: Vec<FriendRequest>,
    /// `after` of the page that follows, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UserName>,
}

/// `GET /api/v1/blocked`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlockedPage {
    /// By user name.
    pub people: Vec<Person>,
    /// `after` of the page that follows, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UserName>,
}

/// `POST /api/v1/blocked`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewBlocked {
    /// Who is to be blocked.
    pub identity: Identity,
}

/// `PUT /api/v1/friends/{identity}/favourite`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewFavourite {
    /// The number from now on, which whoever had it loses; no favourite any more where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite: Option<Favourite>,
}

/// `GET /api/v1/groups`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupsPage {
    /// By ID.
    pub groups: Vec<GroupRow>,
    /// `after` of the page that follows, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<GroupId>,
}

/// `POST /api/v1/groups`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewGroup {
    /// What it is to be called.
    pub name: GroupName,
}

/// `GET /api/v1/history`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryPage {
    /// The newest first.
    pub records: Vec<CallRecord>,
    /// `before` of the page that follows, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<CallId>,
}

/// `PUT /api/v1/history/{call}/note`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewNote {
    /// What is noted about the call from now on; nothing where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<CallNote>,
}

/// `GET /api/v1/calls`, and `GET /api/v1/admin/calls`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallsPage {
    /// By ID.
    pub calls: Vec<CallInProgress>,
    /// `after` of the page that follows, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<CallId>,
}

/// A call that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallInProgress {
    /// Which call.
    pub call_id: CallId,
    /// How it stands as a whole.
    pub standing: CallStanding,
    /// When it began to ring.
    pub since: UnixMillis,
    /// Since when people talk in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_since: Option<UnixMillis>,
    /// Its group, once it is a group call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupRef>,
    /// Who is in it or rung into it: of a direct call who called first, of a group call in the order they came, the first 32.
    pub participants: Vec<Participant>,
    /// How many those are in all.
    pub count: u32,
}

/// How a call stands as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallStanding {
    /// A direct call, in which somebody is rung.
    Ringing,
    /// A direct call of two people, on hold or not, or a group call.
    Connected,
    /// A direct call one side of which is parked.
    Parked,
}
