//! Everything the task that owns the calls can be told: the closed list of what may wake it, but for its own deadlines.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::oneshot;

use super::counts::Counts;
use super::endpoint::{Endpoint, Registration};
use super::groups::{GroupPlace, JoinCall, JoinedCall};
use super::handing::Handed;
use super::ports::{OwnedRecord, SlotUse};
use super::progress::WantedCalls;
use crate::control::call::Event;
use crate::domain::forwarding::AccountRules;
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId, GroupId, Identity, LegId};
use crate::domain::park::{ParkSlot, ParkedCall};
use crate::domain::person::Person;
use crate::domain::presence::{Presence, PresenceChoice};
use crate::protocol::failure::Failure;
use crate::protocol::frame::OngoingCall;
use crate::protocol::rest::CallInProgress;

/// Where the result of a request goes.
pub(super) type Reply = oneshot::Sender<Result<(), Failure>>;

/// A message to the task.
#[derive(Debug)]
pub(super) enum Message {
    Register {
        endpoint: Endpoint,
        registration: Registration,
        reply: Reply,
    },
    Lost(Registration),
    Back(Registration),
    Left(Registration),
    SetMaxCalls {
        registration: Registration,
        max_calls: usize,
    },
    /// Counts for nothing once the registration was replaced: whoever waits for an answer finds it dropped.
    Of(Registration, Box<Self>),
    Revoked {
        who: Identity,
        done: oneshot::Sender<()>,
    },
    ShownAs(Person),
    SetPresence {
        who: Identity,
        choice: PresenceChoice,
    },
    SetRules {
        who: Identity,
        rules: AccountRules,
    },
    SetBlocked {
        who: Identity,
        blocked: BTreeSet<Identity>,
    },
    Start {
        start: StartCall,
        reply: Reply,
    },
    Request {
        call: CallId,
        event: Event,
        reply: Reply,
    },
    Ongoing {
        endpoint: EndpointId,
        reply: oneshot::Sender<Vec<OngoingCall>>,
    },
    PresenceOf {
        who: Vec<Identity>,
        reply: oneshot::Sender<Vec<Presence>>,
    },
    Leg {
        leg: LegId,
        event: Event,
    },
    Slots {
        leg: LegId,
        slots: Vec<SlotUse>,
    },
    Kept(Vec<OwnedRecord>),
    NotKept(CallId),
    PlaceOf {
        group: GroupId,
        fresh: CallId,
        reply: oneshot::Sender<GroupPlace>,
    },
    Join {
        join: JoinCall,
        reply: oneshot::Sender<Result<JoinedCall, Failure>>,
    },
    Invite {
        invite: InviteCall,
        reply: Reply,
    },
    EndForAll {
        endpoint: EndpointId,
        call: CallId,
        reply: Reply,
    },
    Transfer {
        endpoint: EndpointId,
        call: CallId,
        to: Handed,
        reply: Reply,
    },
    Merge {
        merge: MergeCalls,
        reply: Reply,
    },
    Park {
        endpoint: EndpointId,
        call: CallId,
        slot: Option<ParkSlot>,
        reply: oneshot::Sender<Result<ParkSlot, Failure>>,
    },
    PickUp {
        endpoint: EndpointId,
        slot: ParkSlot,
        call: CallId,
        leg: LegId,
        reply: Reply,
    },
    RingsAt {
        endpoint: EndpointId,
        at: Identity,
        reply: oneshot::Sender<Result<(CallId, Person), Failure>>,
    },
    PickUpRinging {
        endpoint: EndpointId,
        at: Identity,
        call: CallId,
        leg: LegId,
        reply: Reply,
    },
    Parked {
        seen_by: Identity,
        reply: oneshot::Sender<Vec<ParkedCall>>,
    },
    GroupOf {
        call: CallId,
        reply: oneshot::Sender<Option<Group>>,
    },
    Here {
        groups: Vec<GroupId>,
        reply: oneshot::Sender<Vec<Vec<Person>>>,
    },
    Speakers {
        call: CallId,
        speakers: Vec<LegId>,
    },
    InProgress {
        wanted: WantedCalls,
        reply: oneshot::Sender<Vec<CallInProgress>>,
    },
    Count {
        reply: oneshot::Sender<Counts>,
    },
    Stop {
        done: oneshot::Sender<()>,
    },
}

/// A call to be started.
#[derive(Debug)]
pub(super) struct StartCall {
    pub endpoint: EndpointId,
    pub call: CallId,
    pub to: Person,
    pub leg: LegId,
    pub ring_for: Duration,
}

/// Somebody to be rung into a call.
#[derive(Debug)]
pub(super) struct InviteCall {
    pub endpoint: EndpointId,
    pub call: CallId,
    pub who: Person,
    /// What a direct call becomes.
    pub group: Group,
}

/// Two calls whose people are to come together.
#[derive(Debug)]
pub(super) struct MergeCalls {
    pub endpoint: EndpointId,
    pub call: CallId,
    /// Whose people come into it.
    pub with: CallId,
    /// What a direct call becomes.
    pub group: Group,
}
