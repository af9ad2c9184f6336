//! What the service answers.

use serde::{Deserialize, Serialize};

use super::request::Sdp;
use crate::domain::group::{Group, GroupRow};
use crate::domain::id::CallId;
use crate::domain::park::{ParkSlot, ParkedCall};
use crate::domain::person::{Friend, FriendRequest, Person};
use crate::domain::record::CallRecord;

/// The result of a request. One without fields is written with empty braces, so that it may gain some.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// Done, and there is nothing more to say.
    Done {},
    /// The leg of a started, answered or rejoined call.
    Leg {
        /// The answer to the offer.
        answer: Sdp,
    },
    /// The call of a group was joined.
    Joined {
        /// Which call it is. Its roster follows as a notice.
        call_id: CallId,
        /// The group.
        group: Group,
        /// Whether nobody was there: the call began with this.
        first: bool,
        /// The answer to the offer.
        answer: Sdp,
    },
    /// The call is parked.
    Parked {
        /// Where.
        slot: ParkSlot,
    },
    /// A parked call was picked up.
    PickedUp {
        /// Which call it is.
        call_id: CallId,
        /// Who waited.
        person: Person,
        /// The answer to the offer.
        answer: Sdp,
    },
    /// Parked calls.
    ParkedCalls {
        /// By slot.
        parked: Vec<ParkedCall>,
    },
    /// A group.
    Group {
        /// Its row.
        group: GroupRow,
    },
    /// Groups.
    Groups {
        /// The rows of the user's list, by name; at most 200.
        groups: Vec<GroupRow>,
    },
    /// The friend list.
    Friends {
        /// Its rows, by display name.
        friends: Vec<Friend>,
    },
    /// Somebody was asked to be a friend.
    FriendRequested {
        /// The request, which is open now.
        request: FriendRequest,
    },
    /// The open friend requests.
    FriendRequests {
        /// Those to the user first, then the user's own; the oldest first. At most 100 of each.
        requests: Vec<FriendRequest>,
    },
    /// The block list.
    Blocked {
        /// By display name; at most 500.
        people: Vec<Person>,
    },
    /// People found.
    People {
        /// Best match first, at most 50.
        people: Vec<Person>,
    },
    /// Call records.
    History {
        /// Newest first.
        records: Vec<CallRecord>,
    },
}
