//! What the service tells without being asked.

use serde::{Deserialize, Serialize};

use super::rows::Rows;
use crate::domain::call::{CallState, Participant};
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::{AccountRules, ForwardWhen};
use crate::domain::group::Group;
use crate::domain::id::{CallId, GroupId, Identity};
use crate::domain::park::{ParkSlot, ParkedCall};
use crate::domain::person::{Friend, FriendRequest, Person};
use crate::domain::presence::Presence;
use crate::domain::record::CallRecord;
use crate::domain::time::UnixMillis;
use crate::domain::transfer::{HandedTo, Via};

/// A notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Somebody calls: ring, and say so with `call_ringing`.
    CallIncoming {
        /// Which call.
        call_id: CallId,
        /// Who calls.
        from: Person,
        /// Since when.
        at: UnixMillis,
        /// The group it is to join, for an invitation into a group call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<Group>,
        /// How it comes to ring here, when `from` did not simply call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        via: Option<Via>,
    },
    /// Stop ringing: the call was cancelled, answered elsewhere, or rang too long.
    CallIncomingEnded {
        /// Which call.
        call_id: CallId,
        /// Why.
        reason: EndReason,
    },
    /// The state of a call, for this client.
    CallChanged {
        /// Which call.
        call_id: CallId,
        /// Its state now.
        state: CallState,
    },
    /// Another participant of a direct call came, went or changed.
    CallParticipant {
        /// Which call.
        call_id: CallId,
        /// The participant now.
        participant: Participant,
    },
    /// The other side of a direct call hands this one on. Who is there instead is told as [`Notice::CallParticipant`].
    CallHandedOn {
        /// Which call.
        call_id: CallId,
        /// Who hands it on.
        by: Person,
        /// Where to.
        to: HandedTo,
        /// In which case, where `by` never was in the call and forwards it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        forwarded: Option<ForwardWhen>,
    },
    /// A call of this client goes on as another, with other people: the client brings a new leg into that one
    /// (`call_rejoin`), and the old call is over without a further word.
    CallMoved {
        /// Which call.
        call_id: CallId,
        /// As which it goes on.
        into: CallId,
        /// With whom: the other side, or who brought the people of both together.
        with: Person,
        /// Its group, if it is a group call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<Group>,
    },
    /// Which participant is heard in which receive slot of this client's leg.
    CallSlots {
        /// Which call.
        call_id: CallId,
        /// The slots in use.
        slots: Vec<Slot>,
    },
    /// The call is a group call now, of this group.
    CallGroup {
        /// Which call.
        call_id: CallId,
        /// Its group.
        group: Group,
        /// Whether this user may end it for everybody.
        #[serde(default)]
        may_end: bool,
    },
    /// The roster of a group call changed; changes are gathered for a moment and sent together.
    CallRoster {
        /// Which call.
        call_id: CallId,
        /// Whether this is the whole roster: rows known before and not named here are gone.
        #[serde(default)]
        whole: bool,
        /// Rows that are new or changed; the user's own is among them.
        #[serde(default, skip_serializing_if = "Rows::is_empty")]
        rows: Rows,
        /// Numbers of participants who left.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left: Vec<u16>,
    },
    /// An invitation of this client into a group call ended without an answer.
    CallInviteEnded {
        /// Which call.
        call_id: CallId,
        /// Who was invited.
        person: Person,
        /// Why.
        reason: EndReason,
    },
    /// Who speaks now in a group call.
    CallSpeakers {
        /// Which call.
        call_id: CallId,
        /// Numbers in the roster, the loudest first; empty when nobody does.
        speakers: Vec<u16>,
    },
    /// The call is over for this client.
    CallEnded {
        /// Which call.
        call_id: CallId,
        /// Why.
        reason: EndReason,
    },
    /// Somebody shares a group with the user; one with a name is in the user's list now, unless that is full.
    GroupShared {
        /// The group.
        group: Group,
        /// Who shares it.
        by: Person,
        /// How many are in it now.
        #[serde(default)]
        here: u32,
    },
    /// Somebody came into, or left, a group of the user's list, told at most once a second for each group; or the user made
    /// it: a client that does not know it yet asks for the list.
    GroupChanged {
        /// Which group.
        group_id: GroupId,
        /// Who is in it now: the first of them, at most [`crate::domain::group::MAX_HERE`].
        here: Vec<Person>,
    },
    /// A group was taken off the user's list.
    GroupRemoved {
        /// Which.
        group_id: GroupId,
    },
    /// The user is shown otherwise now: under another name, or as somebody of another organisation. Rows of the friend lists
    /// of others are told as [`Notice::FriendChanged`].
    MeChanged {
        /// The user now.
        me: Person,
    },
    /// Somebody on the friend list, or the user, has another presence now.
    PresenceChanged {
        /// Who.
        identity: Identity,
        /// What it is now.
        presence: Presence,
    },
    /// A friend request is open now: somebody asks the user, or the user asked on any client.
    FriendRequested {
        /// The request.
        request: FriendRequest,
    },
    /// The open friend request between the user and somebody is over, or not shown any more. One that was accepted is told as
    /// [`Notice::FriendAdded`] first.
    FriendRequestEnded {
        /// Between the user and whom.
        identity: Identity,
    },
    /// Somebody was blocked, by any of the user's clients.
    PersonBlocked {
        /// Who.
        person: Person,
    },
    /// Somebody is not blocked any more, or is no more.
    PersonUnblocked {
        /// Who.
        identity: Identity,
    },
    /// A row was added to the friend list, by any of the user's clients.
    FriendAdded {
        /// The row.
        friend: Friend,
    },
    /// A row of the friend list is another now: somebody became a favourite, or is none any more, or is shown otherwise.
    FriendChanged {
        /// The row.
        friend: Friend,
    },
    /// The rules of the user's account changed, by any of the user's clients.
    RulesChanged {
        /// What they are now.
        rules: AccountRules,
    },
    /// A row was taken off the friend list, by any of the user's clients; or that person is no more.
    FriendRemoved {
        /// Whose.
        identity: Identity,
    },
    /// A call record was made or completed.
    HistoryAdded {
        /// The record.
        record: CallRecord,
    },
    /// How many calls the user missed since the last look at them ([`super::request::Request::HistorySeen`]) changed.
    MissedChanged {
        /// How many.
        missed: u32,
    },
    /// A call was parked, or is parked no more; told at most four times a second for each slot.
    ParkedChanged {
        /// Where.
        slot: ParkSlot,
        /// The call there now; absent for none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parked: Option<ParkedCall>,
    },
    /// The service closes the session; the socket ends next.
    Closing {
        /// Why.
        reason: ClosingReason,
    },
}

/// A receive slot in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The media section (`mid` of the SDP) it arrives in.
    pub mid: String,
    /// Who is heard there; absent for what the service plays (hold music, prompts).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Identity>,
}

/// Why the service closes a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosingReason {
    /// The service stops; calls go on once it is back, or end.
    Stopping,
    /// The access token ran out and no new one came.
    TokenExpired,
    /// The account was disabled, or its tokens revoked.
    Revoked,
    /// The same client connected again.
    Replaced,
    /// The client did not read its notices in time.
    TooSlow,
}
