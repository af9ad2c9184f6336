//! A machine that panics: its call ends, nothing of it is left, and no other call notices.

use super::*;
use crate::service::calls::fence::fenced;
use crate::service::calls::kit::Tape;
use crate::service::calls::mailbox::{InviteCall, StartCall};

#[test]
fn a_machine_that_panics_is_fenced() {
    assert_eq!(fenced(CallId(entropy::uuid()), || 1), Some(1));
    assert_eq!(fenced::<()>(CallId(entropy::uuid()), || panic!("a fault")), None);
}

/// The task's state without the task, with one phone of each of these names.
struct Bare {
    owner: Owner,
    phones: Vec<(Registration, mpsc::Receiver<Notice>)>,
}

impl Bare {
    fn new(names: &[&str]) -> Self {
        let (presence, occupied) = (broadcast::channel(64).0, broadcast::channel(64).0);
        let owner = Owner::new(Box::new(Tape(Arc::default())), Arc::new(Journal::default()), presence, occupied);
        let mut bare = Self { owner, phones: Vec::new() };
        for name in names {
            let (endpoint, notices) = endpoint_of(name, 1);
            let registration = Registration { id: endpoint.id, turn: 1 };
            bare.send(|reply| Message::Register { endpoint, registration, reply });
            bare.phones.push((registration, notices));
        }
        bare
    }

    fn send<T>(&mut self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Option<T> {
        let (reply, mut answer) = oneshot::channel();
        assert!(self.owner.take(message(reply), clock::now()).is_continue());
        answer.try_recv().ok()
    }

    /// The machine of a call is found broken; everything about the call must be gone, once all have left.
    fn breaks(mut self, call: CallId, told: usize, rung: usize) {
        assert!(matches!(self.owner.broken(call, clock::now()), Some(Err(f)) if f.code == FailureCode::Internal));
        let (mut ended, mut stopped) = (0, 0);
        for (registration, mut notices) in std::mem::take(&mut self.phones) {
            while let Ok(notice) = notices.try_recv() {
                let lost = EndReason::SERVICE_LOST;
                ended += usize::from(notice == Notice::CallEnded { call_id: call, reason: lost });
                stopped += usize::from(notice == Notice::CallIncomingEnded { call_id: call, reason: lost });
            }
            assert!(self.owner.take(Message::Left(registration), clock::now()).is_continue());
        }
        assert_eq!((ended, stopped), (told, rung));
        let records = self.owner.journal.drain();
        assert!(records.iter().all(|kept| kept.record.end == Some(EndReason::SERVICE_LOST)), "{records:?}");
        while let Some(at) = self.owner.next_deadline() {
            self.owner.deadlines_passed(at);
        }
        assert!(self.owner.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_direct_call_whose_machine_breaks_ends_alone_and_leaves_nothing_behind() {
    let mut bare = Bare::new(&["alice", "bob"]);
    let (call, leg, endpoint) = (CallId(entropy::uuid()), LegId(entropy::uuid()), bare.phones[0].0.id);
    let start = StartCall { endpoint, call, to: person("bob"), leg, ring_for: RING_DEFAULT };
    assert!(bare.send(|reply| Message::Start { start, reply }).is_none(), "it waits for the records");
    bare.breaks(call, 1, 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_parked_or_handed_on_when_its_machine_breaks_leaves_nothing_behind() {
    for parked in [true, false] {
        let mut bare = Bare::new(&["alice", "bob", "carol"]);
        let call = CallId(entropy::uuid());
        let [alice, bob] = [0, 1].map(|at| bare.phones[at].0.id);
        let [leg, answer] = [(); 2].map(|()| LegId(entropy::uuid()));
        let start = StartCall { endpoint: alice, call, to: person("bob"), leg, ring_for: RING_DEFAULT };
        bare.send(|reply| Message::Start { start, reply });
        let event = Event::Answer { endpoint: bob, leg: answer };
        bare.send(|reply| Message::Request { call, event, reply }).unwrap().unwrap();
        for leg in [leg, answer] {
            assert!(bare.owner.take(Message::Leg { leg, event: Event::LegUp { leg } }, clock::now()).is_continue());
        }
        if parked {
            bare.send(|reply| Message::Park { endpoint: alice, call, slot: None, reply }).unwrap().unwrap();
        } else {
            let to = Handed::Person(person("carol"));
            bare.send(|reply| Message::Transfer { endpoint: alice, call, to, reply }).unwrap().unwrap();
        }
        // Of who has left, the record ended as it left.
        bare.owner.journal.drain();
        bare.breaks(call, 1, usize::from(!parked));
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_call_whose_machine_breaks_ends_alone_and_leaves_nothing_behind() {
    let mut bare = Bare::new(&["alice", "bob", "carol"]);
    let fresh = CallId(entropy::uuid());
    let call = bare.send(|reply| Message::PlaceOf { group: group(1).id, fresh, reply }).unwrap().call;
    for at in 0..2 {
        let (endpoint, leg) = (bare.phones[at].0.id, LegId(entropy::uuid()));
        let join = JoinCall { endpoint, group: group(1), call, leg, existing: false, muted: false, owner: false };
        bare.send(|reply| Message::Join { join, reply }).unwrap().unwrap();
        bare.owner.take(Message::Leg { leg, event: Event::LegUp { leg } }, clock::now()).is_break();
    }
    let endpoint = bare.phones[0].0.id;
    let invite = InviteCall { endpoint, call, who: person("carol"), group: group(1) };
    bare.send(|reply| Message::Invite { invite, reply }).unwrap().unwrap();
    bare.breaks(call, 2, 1);
}
