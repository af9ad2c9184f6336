//! Everything the task that owns the calls can be told: the closed list of what may wake it, but for its own deadlines.

use std::time::Duration;

use tokio::sync::oneshot;

use super::endpoint::{Endpoint, Registration};
use super::ports::{OwnedRecord, SlotUse};
use crate::control::call::Event;
use crate::domain::id::{CallId, EndpointId, Identity, LegId};
use crate::domain::person::Person;
use crate::domain::presence::{PresenceChoice, PresenceState};
use crate::protocol::failure::Failure;
use crate::protocol::frame::OngoingCall;

/// Where the result of a request goes.
pub(super) type Reply = oneshot::Sender<Result<(), Failure>>;

/// A message to the task.
#[derive(Debug)]
pub(super) enum Message {
    Register { endpoint: Endpoint, registration: Registration, reply: Reply },
    Lost(Registration),
    Back(Registration),
    Left(Registration),
    SetPresence { endpoint: EndpointId, choice: PresenceChoice },
    Start { start: StartCall, reply: Reply },
    Request { call: CallId, event: Event, reply: Reply },
    Ongoing { endpoint: EndpointId, reply: oneshot::Sender<Vec<OngoingCall>> },
    PresenceOf { who: Vec<Identity>, reply: oneshot::Sender<Vec<PresenceState>> },
    Leg { leg: LegId, event: Event },
    Slots { leg: LegId, slots: Vec<SlotUse> },
    Kept(Vec<OwnedRecord>),
    NotKept(CallId),
    Stop { done: oneshot::Sender<()> },
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
