//! The running calls of this service: one task owns them all, everybody else holds [`Calls`], a handle with verbs.
//!
//! ```text
//!   sessions, bots ── verbs ──▶ ┌───────────────────────────┐ ── notices ──▶ each endpoint's bounded queue
//!   (endpoints)                 │ owner: one machine for    │
//!   SFU ─ leg events, speakers ▶│ each running call, direct │ ── Switch ───▶ SFU: who hears whom, hold music, close
//!                               │ or group; who is there;   │
//!                               │ where groups meet         │ ── presence, who is in which group ─▶ broadcast
//!   deadlines of the calls ───▶ └───────────────────────────┘
//!                                  │ journal        ▲ kept
//!                                  ▼                │
//!                                writer task ── Records ──▶ store
//!
//!   a call:       start ──▶ ringing ──▶ set-up ──▶ connected ⇄ held ──▶ over      (control::call draws it in full)
//!                              ▲           ▲           │
//!                              └───────────┴───────────┤ handed on: somebody else is rung, comes in, or picks it up
//!                                                      │
//!                                                      │ a third is invited, or two calls are merged
//!                                                      ▼
//!   a group call: place_of ──▶ reserved ── join ──▶ running, while anybody is in it ──▶ over      (control::group)
//!                                 │ 30 s: forgotten
//!
//!   an endpoint:  register ──▶ there ── lost ──▶ lost ── back, register ──▶ there
//!                                │                │ 5 s: does not count for presence any more
//!                                │                │ 180 s without a word: as left
//!                                └── left ──▶ forgotten, its calls hung up
//! ```
//!
//! What is decided is decided in `control::call` and `control::group`; this part finds the machine for each event, carries
//! out the effects, and knows who is there. A machine that panics ends its call alone. It knows neither sockets nor SDP nor
//! SQL: endpoints bring a queue, the SFU is a [`Switch`], the store is [`Records`]. Nothing here waits for any of them.

mod blocking;
mod book;
mod counts;
mod direct;
mod effects;
mod endpoint;
mod endpoints;
mod fence;
mod forwarding;
mod group_calls;
mod group_effects;
mod groups;
mod handing;
mod journal;
#[cfg(test)]
pub(crate) mod kit;
mod lot;
mod mailbox;
mod merging;
mod owner;
mod paced;
mod parking;
mod picking;
mod places;
mod ports;
mod progress;
mod refusals;
mod roster;
mod rulebook;
mod running;

#[cfg(test)]
mod blocking_tests;
#[cfg(test)]
mod desk_tests;
#[cfg(test)]
mod group_tests;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot};

pub use counts::Counts;
pub use endpoint::{Endpoint, Registration};
pub use groups::{GroupOccupied, GroupPlace, JoinCall, JoinedCall, PLACE_CHANGED};
pub use handing::Handed;
pub use ports::{NotKept, OwnedRecord, PresenceChanged, Records, SlotUse, Switch};
pub use progress::WantedCalls;

use crate::base::task;
use crate::control::call::{Event, RING_DEFAULT, RING_RANGE};
use crate::domain::forwarding::AccountRules;
use crate::domain::group::Group;
use crate::domain::id::{CallId, EndpointId, Identity, LegId};
use crate::domain::park::{ParkSlot, ParkedCall};
use crate::domain::person::Person;
use crate::domain::presence::{Presence, PresenceChoice};
use crate::protocol::failure::Failure;
use crate::protocol::frame::OngoingCall;
use crate::protocol::rest::CallInProgress;
use journal::Journal;
use mailbox::{MergeCalls, Message, StartCall};
use owner::Owner;

/// Messages that may wait for the task; whoever brings one more waits.
const MAILBOX: usize = 1024;

/// Presence changes a listener may be behind; one that is further behind asks anew ([`Calls::presence_of`]).
const PRESENCE_BEHIND: usize = 1024;

/// Changes of who is in which group a listener may be behind.
const OCCUPIED_BEHIND: usize = 1024;

/// How long a stop waits for the last records to be kept.
const STOP_MAX: Duration = Duration::from_secs(5);

/// The handle to the running calls; clones lead to the same calls.
///
/// A leg brought by [`start`](Self::start), [`join`](Self::join), [`answer`](Self::answer) or [`rejoin`](Self::rejoin) belongs to the call
/// from then on, and is closed through [`Switch::close`]. After a failure whoever brought it closes it; closing one that
/// the call has closed already must be harmless.
///
/// Notices do not wait for answers: a call that ends at once may be told to have ended before its start is answered.
#[derive(Clone)]
pub struct Calls {
    mailbox: mpsc::Sender<Message>,
    presence: broadcast::Sender<PresenceChanged>,
    occupied: broadcast::Sender<GroupOccupied>,
    records: Arc<dyn Records>,
    turns: Arc<AtomicU64>,
    /// For whom it asks, where that is one registration alone.
    asker: Option<Registration>,
}

impl Calls {
    /// Starts the tasks. They end after [`Calls::stop`], or when the last handle is dropped.
    pub fn run(switch: Box<dyn Switch>, records: Arc<dyn Records>) -> Self {
        let (mailbox, messages) = mpsc::channel(MAILBOX);
        let (presence, _) = broadcast::channel(PRESENCE_BEHIND);
        let (occupied, _) = broadcast::channel(OCCUPIED_BEHIND);
        let journal = Arc::new(Journal::default());
        let owner = Owner::new(switch, Arc::clone(&journal), presence.clone(), occupied.clone());
        task::spawn("calls", owner.run(messages));
        task::spawn("call records", journal::write(journal, Arc::clone(&records), mailbox.downgrade()));
        Self { mailbox, presence, occupied, records, turns: Arc::default(), asker: None }
    }

    /// The same calls, as this registration asks for them: what is asked after another has taken its place is not done, and
    /// refused as a `conflict`, or answered with nothing.
    pub fn asked_by(&self, registration: Registration) -> Self {
        Self { asker: Some(registration), ..self.clone() }
    }

    /// Registers an endpoint. One with the same id that was there before is replaced: its queue is closed, its calls go
    /// on. Calls that ring its person ring it too.
    ///
    /// # Errors
    /// `forbidden` when the id belongs to another person, `unavailable` when the service stops.
    pub async fn register(&self, endpoint: Endpoint) -> Result<Registration, Failure> {
        let registration = Registration { id: endpoint.id, turn: self.turns.fetch_add(1, Ordering::Relaxed) };
        self.ask(|reply| Message::Register { endpoint, registration, reply }).await?;
        Ok(registration)
    }

    /// The endpoint's socket is lost; it may come back. Its queue goes on to be filled.
    pub async fn lost(&self, registration: Registration) {
        self.tell(Message::Lost(registration)).await;
    }

    /// The endpoint's socket is back, and it has got all it missed.
    pub async fn back(&self, registration: Registration) {
        self.tell(Message::Back(registration)).await;
    }

    /// The endpoint left for good: its calls are hung up, and it is forgotten.
    pub async fn left(&self, registration: Registration) {
        self.tell(Message::Left(registration)).await;
    }

    /// The endpoint can be in so many calls at once from now on. Those it is in go on; with 0 nothing rings there any more.
    pub async fn set_max_calls(&self, registration: Registration, max_calls: usize) {
        self.tell(Message::SetMaxCalls { registration, max_calls }).await;
    }

    /// Somebody may not act any more: every endpoint of theirs is out of its calls, with [`EndReason::REVOKED`], and what
    /// rings there stops; lost ones too. When this returns, all of them have been told.
    ///
    /// [`EndReason::REVOKED`]: crate::domain::end_reason::EndReason::REVOKED
    pub async fn revoked(&self, who: Identity) {
        let (done, told) = oneshot::channel();
        self.tell(Message::Revoked { who, done }).await;
        // A task that has stopped has no calls.
        told.await.ok();
    }

    /// Somebody is shown otherwise in calls that begin from now on; in those that go on, as before.
    pub async fn shown_as(&self, person: Person) {
        self.tell(Message::ShownAs(person)).await;
    }

    /// Somebody chose to be something else, on whatever client.
    pub async fn set_presence(&self, who: Identity, choice: PresenceChoice) {
        self.tell(Message::SetPresence { who, choice }).await;
    }

    /// These are somebody's rules from now on. Calls that ring go by those there were when they began to, but to whom.
    pub async fn set_rules(&self, who: Identity, rules: AccountRules) {
        self.tell(Message::SetRules { who, rules }).await;
    }

    /// These are the people somebody blocks from now on. To them, this person is offline: nothing of theirs rings there, and
    /// nothing is kept there of their trying. What rings there of those who are new among them stops.
    pub async fn set_blocked(&self, who: Identity, blocked: BTreeSet<Identity>) {
        self.tell(Message::SetBlocked { who, blocked }).await;
    }

    /// Calls `to`, or to whom `to` forwards the call; answered once its records are kept. When nobody can be rung that is
    /// no failure: the call begins, and ends with the reason. `ring_seconds` is 1–300, 60 when absent, at each who is rung.
    ///
    /// # Errors
    /// `bad_request` for a ring time out of range or a call to oneself; `conflict` when the endpoint is not registered
    /// or in as many calls as it can be, or when call or leg are in use; `unavailable` when records can't be kept or the
    /// service stops.
    pub async fn start(
        &self,
        endpoint: EndpointId,
        call: CallId,
        to: Person,
        leg: LegId,
        ring_seconds: Option<u16>,
    ) -> Result<(), Failure> {
        let ring_for = ring_seconds.map_or(RING_DEFAULT, |seconds| Duration::from_secs(seconds.into()));
        if !RING_RANGE.contains(&ring_for) {
            return Err(refusals::ring_out_of_range());
        }
        let start = StartCall { endpoint, call, to, leg, ring_for };
        self.ask(|reply| Message::Start { start, reply }).await
    }

    /// The endpoint rings.
    ///
    /// # Errors
    /// `not_found` when there is no such call here, `conflict` when it does not ring here any more.
    pub async fn ringing(&self, endpoint: EndpointId, call: CallId) -> Result<(), Failure> {
        self.request(call, Event::Ringing { endpoint }).await
    }

    /// The endpoint answers with its leg; an invitation into a group call is answered by joining it.
    ///
    /// # Errors
    /// `not_found` when there is no such call here; `conflict` when it does not ring here any more (subcode 10003:
    /// answered elsewhere), when the endpoint is in another call, when the leg is in use, or when the group call is full
    /// ([`crate::protocol::failure::GROUP_FULL`]).
    pub async fn answer(&self, endpoint: EndpointId, call: CallId, leg: LegId) -> Result<(), Failure> {
        self.request(call, Event::Answer { endpoint, leg }).await
    }

    /// The endpoint declines, for its person.
    ///
    /// # Errors
    /// As [`Calls::ringing`].
    pub async fn decline(&self, endpoint: EndpointId, call: CallId) -> Result<(), Failure> {
        self.request(call, Event::Decline { endpoint }).await
    }

    /// The endpoint hangs up, leaves a group call, cancels a call that rings out, or declines one that rings here.
    ///
    /// # Errors
    /// `not_found` when it takes no part in such a call.
    pub async fn hang_up(&self, endpoint: EndpointId, call: CallId) -> Result<(), Failure> {
        self.request(call, Event::HangUp { endpoint }).await
    }

    /// The endpoint holds, or resumes.
    ///
    /// # Errors
    /// `not_found` when it takes no part in such a call, `conflict` before it is connected.
    pub async fn hold(&self, endpoint: EndpointId, call: CallId, on: bool) -> Result<(), Failure> {
        self.request(call, Event::Hold { endpoint, on }).await
    }

    /// The endpoint's microphone is off, or on.
    ///
    /// # Errors
    /// `not_found` when it takes no part in such a call.
    pub async fn mute(&self, endpoint: EndpointId, call: CallId, on: bool) -> Result<(), Failure> {
        self.request(call, Event::Mute { endpoint, on }).await
    }

    /// The endpoint comes back into its call with a new leg; the old one is closed.
    ///
    /// # Errors
    /// `not_found` when it takes no part in such a call, `conflict` when the leg is in use.
    pub async fn rejoin(&self, endpoint: EndpointId, call: CallId, leg: LegId) -> Result<(), Failure> {
        self.request(call, Event::Rejoin { endpoint, leg }).await
    }

    /// The endpoint hands the other side of its direct call on; the call is over for it then. Who is rung and does not
    /// take it within [`crate::control::call::TRANSFER_MAX`] makes it ring at the endpoint's person again.
    ///
    /// # Errors
    /// `not_found` when it takes no part in such a call; `bad_request` for a transfer to oneself or to who is in the call
    /// already, or of a call into itself; `conflict` before it is connected (or the call it goes into, unless that rings),
    /// in a group call, or when who it is to go to can't be rung (its subcode is that of the reason).
    pub async fn transfer(&self, endpoint: EndpointId, call: CallId, to: Handed) -> Result<(), Failure> {
        self.ask(|reply| Message::Transfer { endpoint, call, to, reply }).await
    }

    /// The people of the direct call `with` come into `call`, which becomes `group`'s where it was none.
    ///
    /// # Errors
    /// `not_found` when the endpoint takes no part in both; `bad_request` when they are the same; `conflict` before both
    /// are connected, when `with` is a group call, when the other side holds `call`, or has both, and when it is full.
    pub async fn merge(&self, endpoint: EndpointId, call: CallId, with: CallId, group: Group) -> Result<(), Failure> {
        let merge = MergeCalls { endpoint, call, with, group };
        self.ask(|reply| Message::Merge { merge, reply }).await
    }

    /// The endpoint parks the other side of its direct call, in `slot` or the first that is free.
    ///
    /// # Errors
    /// `not_found` when it takes no part in such a call; `conflict` before it is connected, in a group call, or when the
    /// slot, or every slot, is taken.
    pub async fn park(&self, endpoint: EndpointId, call: CallId, slot: Option<ParkSlot>) -> Result<ParkSlot, Failure> {
        self.question(|reply| Message::Park { endpoint, call, slot, reply })
            .await
            .unwrap_or_else(|| Err(self.dropped()))
    }

    /// The endpoint picks up what is parked in `slot`, with its leg, which was opened in that call's room.
    ///
    /// # Errors
    /// `not_found` when `call` is not parked there (any more); `bad_request` for who waits there itself; `conflict` when
    /// the endpoint is not registered or has no room for a call, or the leg is in use.
    pub async fn pick_up(&self, endpoint: EndpointId, slot: ParkSlot, call: CallId, leg: LegId) -> Result<(), Failure> {
        self.ask(|reply| Message::PickUp { endpoint, slot, call, leg, reply }).await
    }

    /// Which direct call the endpoint would pick up that rings at `at`, and who is in it: the one that rings there longest.
    /// Calls that ring again at who parked them are in their slots.
    ///
    /// # Errors
    /// `not_found` when nothing rings there; `bad_request` when it is the endpoint's person who calls there; `conflict`
    /// when the endpoint is not registered or has no room for a call.
    pub async fn rings_at(&self, endpoint: EndpointId, at: Identity) -> Result<(CallId, Person), Failure> {
        self.question(|reply| Message::RingsAt { endpoint, at, reply }).await.unwrap_or_else(|| Err(self.dropped()))
    }

    /// The endpoint picks up `call`, which rings at `at`, with its leg, which was opened in that call's room. Whether it may,
    /// is decided before.
    ///
    /// # Errors
    /// As [`Calls::rings_at`]; and `conflict` when the call does not ring there any more, or the leg is in use.
    pub async fn pick_up_ringing(
        &self,
        endpoint: EndpointId,
        at: Identity,
        call: CallId,
        leg: LegId,
    ) -> Result<(), Failure> {
        self.ask(|reply| Message::PickUpRinging { endpoint, at, call, leg, reply }).await
    }

    /// The parked calls, by slot, as somebody sees them: without those that show that people are there who block them.
    pub async fn parked(&self, seen_by: &Identity) -> Vec<ParkedCall> {
        self.question(|reply| Message::Parked { seen_by: seen_by.clone(), reply }).await.unwrap_or_default()
    }

    /// The calls the endpoint takes part in.
    pub async fn ongoing(&self, endpoint: EndpointId) -> Vec<OngoingCall> {
        self.question(|reply| Message::Ongoing { endpoint, reply }).await.unwrap_or_default()
    }

    /// A leg is set up: sound can flow.
    pub async fn leg_up(&self, leg: LegId) {
        self.tell(Message::Leg { leg, event: Event::LegUp { leg } }).await;
    }

    /// Nothing, neither packets nor STUN checks, has come from a leg for [`crate::control::call::SILENT_AFTER`].
    pub async fn leg_silent(&self, leg: LegId) {
        self.tell(Message::Leg { leg, event: Event::LegSilent { leg } }).await;
    }

    /// Something came from a silent leg again.
    pub async fn leg_heard(&self, leg: LegId) {
        self.tell(Message::Leg { leg, event: Event::LegHeard { leg } }).await;
    }

    /// A leg could not be set up, or broke for good. It is closed; its endpoint may rejoin with another.
    pub async fn leg_failed(&self, leg: LegId) {
        self.tell(Message::Leg { leg, event: Event::LegFailed { leg } }).await;
    }

    /// The receive slots of a leg carry these now.
    pub async fn slots(&self, leg: LegId, slots: Vec<SlotUse>) {
        self.tell(Message::Slots { leg, slots }).await;
    }

    /// What these people are doing, in their order.
    pub async fn presence_of(&self, who: &[Identity]) -> Vec<Presence> {
        let presences = self.question(|reply| Message::PresenceOf { who: who.to_vec(), reply }).await;
        let mut presences = presences.unwrap_or_else(|| vec![Presence::offline(None); who.len()]);
        let unknown = |presence: &Presence| *presence == Presence::offline(None);
        let away = who.iter().zip(&presences).filter(|(_, presence)| unknown(presence));
        let away: Vec<Identity> = away.map(|(who, _)| who.clone()).collect();
        if !away.is_empty() {
            let seen = self.records.last_seen(&away).await;
            let unknown = presences.iter_mut().filter(|presence| unknown(presence));
            unknown.zip(seen).for_each(|(presence, seen)| presence.last_seen = seen);
        }
        presences
    }

    /// Everybody's presence changes from now on.
    pub fn presence_changes(&self) -> broadcast::Receiver<PresenceChanged> {
        self.presence.subscribe()
    }

    /// Ends all calls (both sides are told that the service was lost) and the tasks, and waits a little until the last
    /// records are kept. Requests made afterwards are refused as `unavailable`.
    pub async fn stop(&self) {
        let (done, kept) = oneshot::channel();
        self.tell(Message::Stop { done }).await;
        if tokio::time::timeout(STOP_MAX, kept).await.is_err() {
            tracing::error!("the service stops though some call records are not kept yet");
        }
    }

    /// The calls that go on now, by ID, as far as they are wanted.
    ///
    /// # Errors
    /// `unavailable` when the service stops.
    pub async fn in_progress(&self, wanted: WantedCalls) -> Result<Vec<CallInProgress>, Failure> {
        self.question(|reply| Message::InProgress { wanted, reply }).await.ok_or_else(|| self.dropped())
    }

    /// How many calls there are now, by what they are; `None` once the calls have ended.
    pub async fn counts(&self) -> Option<Counts> {
        self.question(|reply| Message::Count { reply }).await
    }

    /// Whether the calls have ended: nothing is taken any more, and the queues of the endpoints are closed.
    pub fn is_stopped(&self) -> bool {
        self.mailbox.is_closed()
    }

    async fn request(&self, call: CallId, event: Event) -> Result<(), Failure> {
        self.ask(|reply| Message::Request { call, event, reply }).await
    }

    async fn ask(&self, message: impl FnOnce(mailbox::Reply) -> Message) -> Result<(), Failure> {
        self.question(message).await.unwrap_or_else(|| Err(self.dropped()))
    }

    /// Asks the task; `None` when it has stopped, or whoever asks was replaced.
    async fn question<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.tell(message(reply)).await;
        answer.await.ok()
    }

    /// A task that has stopped needs no news; whoever waits for an answer finds its reply dropped.
    async fn tell(&self, message: Message) {
        let message = match self.asker {
            Some(registration) => Message::Of(registration, Box::new(message)),
            None => message,
        };
        let _ = self.mailbox.send(message).await;
    }

    /// Why a reply was dropped.
    fn dropped(&self) -> Failure {
        if self.asker.is_some() && !self.is_stopped() { refusals::replaced() } else { refusals::stopping() }
    }
}
