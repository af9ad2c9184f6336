//! For the tests of this part: phones that are nothing but queues, an SFU that writes down what it is told, and a store
//! in memory that can be told to wait or to fail. Time is virtual.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{broadcast, mpsc, watch};
use uuid::Uuid;

use super::{Calls, Endpoint, JoinCall, NotKept, OwnedRecord, PresenceChanged, Records, Registration, Switch};
use crate::base::entropy;
use crate::control::hearing::{Hearing, Source};
use crate::domain::call::{CallState, ParticipantState};
use crate::domain::end_reason::EndReason;
use crate::domain::group::Group;
use crate::domain::id::{CallId, DisplayName, EndpointId, GroupId, Identity, LegId};
use crate::domain::person::Person;
use crate::domain::presence::PresenceState;
use crate::domain::record::{CallRecord, Outcome};
use crate::domain::time::UnixMillis;
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;

/// Longer than anything a call waits for.
const PATIENCE: Duration = Duration::from_secs(1000);

/// A calling service without sockets.
pub struct House {
    pub calls: Calls,
    pub switch: Arc<Mutex<Vec<Did>>>,
    pub store: Arc<Store>,
    pub presence: broadcast::Receiver<PresenceChanged>,
}

impl House {
    pub fn new() -> Self {
        let switch = Arc::default();
        let store = Arc::new(Store::default());
        let calls = Calls::run(Box::new(Tape(Arc::clone(&switch))), Arc::clone(&store) as Arc<dyn Records>);
        let presence = calls.presence_changes();
        Self { calls, switch, store, presence }
    }

    pub async fn phone(&self, name: &str) -> Phone {
        Phone::register(self, endpoint_of(name, 1)).await
    }

    /// Waits until somebody is something.
    pub async fn sees(&mut self, name: &str, state: PresenceState) {
        let who = person(name).identity;
        let seen = async {
            while let Ok(change) = self.presence.recv().await {
                if change.identity == who && change.presence.state == state {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("{name} never became {state:?}"));
    }

    /// What the SFU was told since the last time.
    pub fn switched(&self) -> Vec<Did> {
        std::mem::take(&mut self.switch.lock().unwrap())
    }
}

/// How an endpoint of somebody registers, with a roomy queue nobody reads yet.
pub fn endpoint_of(name: &str, max_calls: usize) -> (Endpoint, mpsc::Receiver<Notice>) {
    let (notices, queue) = mpsc::channel(64);
    let id = EndpointId(entropy::uuid());
    (Endpoint { id, person: person(name), max_calls, busy_from: max_calls, seen_ringing: true, notices }, queue)
}

pub fn person(name: &str) -> Person {
    Person::new(
        Identity::acs(Uuid::nil(), Uuid::from_bytes(hash(name))),
        name.parse().unwrap(),
        DisplayName::from(name),
    )
}

fn hash(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
    bytes
}

/// A phone: a registered endpoint and its queue.
pub struct Phone {
    pub id: EndpointId,
    pub person: Person,
    pub seat: Registration,
    pub notices: mpsc::Receiver<Notice>,
    calls: Calls,
}

impl Phone {
    pub async fn register(house: &House, (endpoint, notices): (Endpoint, mpsc::Receiver<Notice>)) -> Self {
        let (id, person) = (endpoint.id, endpoint.person.clone());
        let seat = house.calls.register(endpoint).await.unwrap();
        Self { id, person, seat, notices, calls: house.calls.clone() }
    }

    /// Calls somebody with fresh ids.
    pub async fn calls(&self, name: &str) -> (CallId, LegId) {
        self.tries_to_call(name).await.unwrap()
    }

    pub async fn tries_to_call(&self, name: &str) -> Result<(CallId, LegId), Failure> {
        let (call, leg) = (CallId(entropy::uuid()), LegId(entropy::uuid()));
        self.calls.start(self.id, call, person(name), leg, None).await.map(|()| (call, leg))
    }

    /// Joins a group's call with a fresh leg, which comes up.
    pub async fn joins(&self, group: &Group) -> (CallId, LegId) {
        let (call, leg, _) = self.tries_to_join(group).await.unwrap();
        self.calls.leg_up(leg).await;
        (call, leg)
    }

    /// The call, the leg, and whether it began with this.
    pub async fn tries_to_join(&self, group: &Group) -> Result<(CallId, LegId, bool), Failure> {
        let place = self.calls.place_of(group.id).await?;
        let join = self.join_of(group, place.call);
        let leg = join.leg;
        self.calls.join(join).await.map(|joined| (place.call, leg, joined.first))
    }

    pub fn join_of(&self, group: &Group, call: CallId) -> JoinCall {
        let (endpoint, leg) = (self.id, LegId(entropy::uuid()));
        JoinCall { endpoint, group: group.clone(), call, leg, existing: false, muted: false, owner: false }
    }

    pub async fn answers(&self, call: CallId) -> LegId {
        let leg = LegId(entropy::uuid());
        self.calls.answer(self.id, call, leg).await.unwrap();
        leg
    }

    /// Waits for a notice that fits, past all others.
    pub async fn hears(&mut self, what: &str, fits: impl Fn(&Notice) -> bool) -> Notice {
        let heard = async {
            loop {
                match self.notices.recv().await {
                    Some(notice) if fits(&notice) => return notice,
                    Some(_) => {}
                    None => panic!("{}'s queue was closed before: {what}", self.person.name),
                }
            }
        };
        let name = self.person.name.clone();
        tokio::time::timeout(PATIENCE, heard).await.unwrap_or_else(|_| panic!("{name} never heard: {what}"))
    }

    pub async fn rings(&mut self, call: CallId, from: &str) {
        let from = person(from);
        self.hears(
            "ring",
            |n| matches!(n, Notice::CallIncoming { call_id, from: f, .. } if *call_id == call && *f == from),
        )
        .await;
    }

    pub async fn stops_ringing(&mut self, why: EndReason) {
        self.hears("stop ringing", |n| matches!(n, Notice::CallIncomingEnded { reason, .. } if *reason == why)).await;
    }

    pub async fn is_told(&mut self, now: CallState) {
        self.hears("state", |n| matches!(n, Notice::CallChanged { state, .. } if *state == now)).await;
    }

    pub async fn sees_other(&mut self, now: ParticipantState) {
        self.hears("participant", |n| matches!(n, Notice::CallParticipant { participant: p, .. } if p.state == now))
            .await;
    }

    pub async fn ends(&mut self, why: EndReason) {
        let heard = self.hears("end", |n| matches!(n, Notice::CallEnded { .. })).await;
        assert!(matches!(heard, Notice::CallEnded { reason, .. } if reason == why), "{heard:?} instead of {why:?}");
    }

    /// The next completed record.
    pub async fn gets_record(&mut self) -> CallRecord {
        match self.hears("record", |n| matches!(n, Notice::HistoryAdded { .. })).await {
            Notice::HistoryAdded { record } => record,
            other => panic!("{other:?}"),
        }
    }

    pub async fn gets_record_of(&mut self, outcome: Outcome, end: EndReason) {
        let record = self.gets_record().await;
        assert_eq!((record.outcome, record.end), (outcome, Some(end)));
    }
}

/// A group without a name.
pub fn group(id: u128) -> Group {
    Group { id: GroupId(Uuid::from_u128(id)), name: None, code: "k7mq-3tzf".parse().unwrap() }
}

/// Two phones in a call.
pub struct Talk {
    pub alice: Phone,
    pub bob: Phone,
    pub call: CallId,
    pub leg_a: LegId,
    pub leg_b: LegId,
}

impl Talk {
    pub async fn begin(house: &House) -> Self {
        let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
        let (call, leg_a) = alice.calls("bob").await;
        bob.rings(call, "alice").await;
        let leg_b = bob.answers(call).await;
        house.calls.leg_up(leg_a).await;
        house.calls.leg_up(leg_b).await;
        alice.is_told(CallState::Connected).await;
        bob.is_told(CallState::Connected).await;
        Self { alice, bob, call, leg_a, leg_b }
    }
}

/// What the SFU was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    Hears(LegId, Hearing),
    Offers(LegId, Source),
    Music(LegId, bool),
    Close(LegId),
}

impl Did {
    /// A leg hears these and no other.
    pub fn hears_only(leg: LegId, legs: &[LegId]) -> Self {
        Self::Hears(leg, Hearing::only(legs))
    }
}

/// An SFU that writes down what it is told.
pub struct Tape(pub Arc<Mutex<Vec<Did>>>);

impl Tape {
    fn note(&self, did: Did) {
        self.0.lock().unwrap().push(did);
    }
}

impl Switch for Tape {
    fn hear(&self, leg: LegId, hearing: Hearing) {
        self.note(Did::Hears(leg, hearing));
    }

    fn set_source(&self, leg: LegId, source: Source) {
        self.note(Did::Offers(leg, source));
    }

    fn hold_music(&self, _: CallId, to: LegId, on: bool) {
        self.note(Did::Music(to, on));
    }

    fn close(&self, leg: LegId) {
        self.note(Did::Close(leg));
    }
}

/// How the store does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    #[default]
    Well,
    Waiting,
    Failing,
}

/// A store in memory.
#[derive(Default)]
pub struct Store {
    pub mood: watch::Sender<Mood>,
    pub records: Mutex<BTreeMap<(Identity, CallId), CallRecord>>,
    pub seen: Mutex<BTreeMap<Identity, UnixMillis>>,
}

impl Store {
    pub fn record(&self, name: &str, call: CallId) -> Option<CallRecord> {
        self.records.lock().unwrap().get(&(person(name).identity, call)).cloned()
    }
}

impl Records for Store {
    fn keep<'a>(&'a self, records: &'a [OwnedRecord]) -> BoxFuture<'a, Result<Vec<OwnedRecord>, NotKept>> {
        Box::pin(async {
            let mood = *self.mood.subscribe().wait_for(|mood| *mood != Mood::Waiting).await.unwrap();
            if mood == Mood::Failing {
                return Err(NotKept("database is locked".into()));
            }
            let mut kept = self.records.lock().unwrap();
            kept.extend(records.iter().map(|r| ((r.owner.clone(), r.record.call_id), r.record.clone())));
            Ok(records.to_vec())
        })
    }

    fn seen<'a>(&'a self, who: &'a Identity, at: UnixMillis) -> BoxFuture<'a, Result<(), NotKept>> {
        self.seen.lock().unwrap().insert(who.clone(), at);
        Box::pin(async { Ok(()) })
    }

    fn last_seen<'a>(&'a self, who: &'a [Identity]) -> BoxFuture<'a, Vec<Option<UnixMillis>>> {
        let seen = self.seen.lock().unwrap();
        let all = who.iter().map(|who| seen.get(who).copied()).collect();
        Box::pin(async { all })
    }
}
