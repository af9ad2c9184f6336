//! What a client may ask for.

use serde::{Deserialize, Serialize};

use crate::base::secret::Secret;
use crate::domain::forwarding::CallRules;
use crate::domain::group::{GroupKey, GroupName};
use crate::domain::id::{CallId, DisplayName, GroupId, Identity};
use crate::domain::park::ParkSlot;
use crate::domain::person::Favourite;
use crate::domain::presence::PresenceChoice;
use crate::domain::record::{CallNote, HistoryFilter};
use crate::domain::transfer::TransferTarget;
use crate::domain::whole;

/// An SDP description (RFC 8866), as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sdp(pub String);

/// A request. The name says the resource first, then the verb. One without fields is written with empty braces, so that
/// it may gain some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Calls somebody. The offer is the caller's leg, so that early media can be heard.
    CallStart {
        /// A fresh id, chosen by the client.
        call_id: CallId,
        /// Whom.
        to: Identity,
        /// The caller's leg.
        offer: Sdp,
        /// How long it may ring at each who is rung, in seconds, 1–300; 60 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole::optional")]
        ring_seconds: Option<u16>,
    },
    /// This client rings now.
    CallRinging {
        /// Which call.
        call_id: CallId,
    },
    /// Answers, with the callee's leg.
    CallAnswer {
        /// Which call.
        call_id: CallId,
        /// The callee's leg.
        offer: Sdp,
    },
    /// Declines.
    CallDecline {
        /// Which call.
        call_id: CallId,
    },
    /// Hangs up; before an answer it cancels.
    CallHangUp {
        /// Which call.
        call_id: CallId,
    },
    /// Holds or resumes.
    CallHold {
        /// Which call.
        call_id: CallId,
        /// Whether it is to be held.
        on: bool,
    },
    /// Tells the others whether this microphone is off.
    CallMute {
        /// Which call.
        call_id: CallId,
        /// Whether it is off.
        on: bool,
    },
    /// Comes back into a call with a new leg, after the old one was lost.
    CallRejoin {
        /// Which call.
        call_id: CallId,
        /// The new leg.
        offer: Sdp,
    },
    /// Rings one more person into a connected call. A direct call becomes a group call by it.
    CallInvite {
        /// Which call.
        call_id: CallId,
        /// Whom.
        to: Identity,
    },
    /// Hands the other side of a direct call on to somebody else; the call is over for this client then. Where it is not
    /// taken within 20 s, it rings here again.
    CallTransfer {
        /// Which call.
        call_id: CallId,
        /// To whom.
        to: TransferTarget,
    },
    /// Brings the people of two calls of this client together: those of the second come into the first, which becomes a
    /// group call if it was none. The second call is over then.
    CallMerge {
        /// Which call.
        call_id: CallId,
        /// Whose people come into it; a direct call.
        with: CallId,
    },
    /// Parks the other side of a direct call; the call is over for this client then. Where nobody picks it up, it rings
    /// here again.
    CallPark {
        /// Which call.
        call_id: CallId,
        /// Where; the first free slot when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slot: Option<ParkSlot>,
    },
    /// Picks up a parked call.
    CallPickUp {
        /// Where it is parked.
        slot: ParkSlot,
        /// The leg.
        offer: Sdp,
    },
    /// Picks up a call that rings at somebody else, who has to allow it ([`PickUpBy`](crate::domain::forwarding::PickUpBy));
    /// the one that rings longest. Answered as the pick-up of a parked call.
    CallPickUpRinging {
        /// At whom it rings.
        at: Identity,
        /// The leg.
        offer: Sdp,
    },
    /// Asks for the parked calls.
    ParkedList {},
    /// Ends a group call for everybody; for who started it, or owns its group.
    CallEndForAll {
        /// Which call.
        call_id: CallId,
    },
    /// Joins the call of a group, uninvited. Without one it begins: any GUID is a group's.
    GroupJoin {
        /// Which group.
        group: GroupKey,
        /// The leg.
        offer: Sdp,
        /// Refuses to begin a call: somebody has to be there.
        #[serde(default)]
        existing: bool,
        /// Whether the microphone is off from the start.
        #[serde(default)]
        muted: bool,
    },
    /// Makes a group that the service keeps.
    GroupCreate {
        /// How it is called.
        name: GroupName,
    },
    /// Asks for one group, and who is in it.
    GroupShow {
        /// Which.
        group: GroupKey,
    },
    /// Asks for the groups of the user's list: those they made, joined, or had shared with them.
    GroupsList {},
    /// Shares a group with people: they are told at once, and find one with a name in their lists.
    GroupShare {
        /// Which.
        group: GroupKey,
        /// With whom, at most 100.
        with: Vec<Identity>,
    },
    /// Takes a group off the user's list; of its owner, the group is given up altogether, its code with it.
    GroupRemove {
        /// Which.
        group_id: GroupId,
    },
    /// Asks for the friend list.
    FriendsList {},
    /// Puts somebody on the friend list, or asks them first, as the service's policy is: then the answer is the request.
    FriendAdd {
        /// Whom.
        identity: Identity,
    },
    /// Asks for the open friend requests.
    FriendRequestsList {},
    /// Accepts a friend request: each is on the list of the other.
    FriendAccept {
        /// Whose.
        identity: Identity,
    },
    /// Declines a friend request. Who asked is not told.
    FriendDecline {
        /// Whose.
        identity: Identity,
    },
    /// Withdraws a friend request of the user's.
    FriendWithdraw {
        /// To whom.
        identity: Identity,
    },
    /// Asks for the block list.
    BlockedList {},
    /// Blocks somebody: to them, the user is offline, and nothing of theirs comes here. They are not told.
    PersonBlock {
        /// Whom.
        identity: Identity,
    },
    /// Blocks somebody no more.
    PersonUnblock {
        /// Whom.
        identity: Identity,
    },
    /// Makes a friend a favourite; whoever had the number is none any more.
    FriendFavour {
        /// Whom.
        identity: Identity,
        /// The number; absent: no favourite any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        favourite: Option<Favourite>,
    },
    /// Sets the rules of the user's account.
    RulesSet {
        /// What they are from now on.
        rules: CallRules,
    },
    /// Takes somebody off the friend list.
    FriendRemove {
        /// Whom.
        identity: Identity,
    },
    /// Looks for people by name, display name or identity.
    PeopleSearch {
        /// Part of a name; a whole identity finds exactly that person.
        text: String,
    },
    /// Says what the user chose to be, for all clients of the account.
    PresenceSet {
        /// The choice.
        presence: PresenceChoice,
    },
    /// Shows the user under another name from now on; under the user name, where there is nothing to show.
    ProfileSet {
        /// The name.
        display_name: DisplayName,
    },
    /// Asks for call records, newest first.
    HistoryList {
        /// How many at the most, 1–500.
        #[serde(deserialize_with = "whole::number")]
        limit: u16,
        /// Which.
        #[serde(default, flatten)]
        filter: HistoryFilter,
    },
    /// Notes something about a call of the user's, or takes the note away.
    HistoryNote {
        /// Which call.
        call_id: CallId,
        /// The note; none when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<CallNote>,
    },
    /// The user has seen which calls were missed.
    HistorySeen {},
    /// Hands in a refreshed access token, so that the session outlives the old one.
    TokenRenew {
        /// The new token; of the same identity.
        token: Secret<String>,
    },
    /// The client leaves for good: its calls end, its session is forgotten.
    Bye {},
}

impl Request {
    /// Whether it changes a list that the client has: friends, friend requests, whom the user blocks. The notices of the
    /// change come before its answer. How other answers and notices follow each other is open.
    pub fn changes_lists(&self) -> bool {
        matches!(
            self,
            Self::FriendAdd { .. }
                | Self::FriendRemove { .. }
                | Self::FriendFavour { .. }
                | Self::FriendAccept { .. }
                | Self::FriendDecline { .. }
                | Self::FriendWithdraw { .. }
                | Self::PersonBlock { .. }
                | Self::PersonUnblock { .. }
        )
    }
}
