//! What the handle promises of group calls, in sentences.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot};

use super::fence::fenced;
use super::journal::Journal;
use super::kit::{Did, House, Phone, Talk, Tape, endpoint_of, group, person};
use super::mailbox::{Message, StartCall};
use super::owner::Owner;
use super::*;
use crate::base::{clock, entropy};
use crate::control::connection::{SILENT_AFTER, VANISHED_AFTER};
use crate::control::hearing::{Choice, Hearing, Source};
use crate::domain::call::{CallState, Direction, ParticipantState, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::group::{Group, MAX_PARTICIPANTS};
use crate::domain::record::Outcome;
use crate::protocol::codec;
use crate::protocol::failure::{FailureCode, GROUP_FULL};
use crate::protocol::frame::FromService;
use crate::protocol::notice::Notice;

/// A roster as it was told: name, state, muted.
type Told = Vec<(String, ParticipantState, bool)>;

impl Phone {
    /// Waits for the next news of the roster.
    async fn sees_roster(&mut self) -> (bool, Told, Vec<u16>) {
        match self.hears("roster", |n| matches!(n, Notice::CallRoster { .. })).await {
            Notice::CallRoster { whole, rows, left, .. } => {
                let told = rows.iter().map(|row| {
                    let p = &row.participant;
                    (p.person.name.to_string(), p.state, p.muted)
                });
                (whole, told.collect(), left)
            }
            other => panic!("{other:?}"),
        }
    }

    async fn is_in_group(&mut self, group: &Group) -> bool {
        match self.hears("group", |n| matches!(n, Notice::CallGroup { .. })).await {
            Notice::CallGroup { group: told, may_end, .. } => {
                assert_eq!(told, *group);
                may_end
            }
            other => panic!("{other:?}"),
        }
    }
}

fn names(people: &[Person]) -> Vec<&str> {
    people.iter().map(|person| person.name.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn all_who_ask_at_the_same_time_meet_in_one_call() {
    let house = House::new();
    let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    let group = group(1);
    let (first, second) = tokio::join!(house.calls.place_of(group.id), house.calls.place_of(group.id));
    let place = first.unwrap();
    assert_eq!(second.unwrap(), place);
    assert_eq!((place.running, place.here.len()), (false, 0));

    let join = alice.join_of(&group, place.call);
    assert_eq!(house.calls.join(join.clone()).await, Ok(JoinedCall { first: true }));
    house.calls.leg_up(join.leg).await;
    assert!(alice.is_in_group(&group).await, "who begins a call may end it");
    alice.is_told(CallState::Connected).await;
    let bobs = bob.join_of(&group, place.call);
    assert_eq!(house.calls.join(bobs.clone()).await, Ok(JoinedCall { first: false }));
    assert!(!bob.is_in_group(&group).await);
    let whole = bob.sees_roster().await;
    let alice_there = (String::from("alice"), ParticipantState::Connected, false);
    let bob_coming = (String::from("bob"), ParticipantState::Connecting, false);
    assert_eq!(whole, (true, vec![alice_there, bob_coming], vec![]));

    house.switched();
    house.calls.leg_up(bobs.leg).await;
    bob.is_told(CallState::Connected).await;
    let hearing = Hearing { choice: Choice::Loudest(4), ..Hearing::default() };
    let source = Source { open: true, mark: Some(2) };
    assert_eq!(house.switched(), [Did::Offers(bobs.leg, source), Did::Hears(bobs.leg, hearing)]);

    let place = house.calls.place_of(group.id).await.unwrap();
    assert!(place.running);
    assert_eq!(names(&place.here), ["alice", "bob"]);
    assert_eq!(house.calls.group_of(place.call).await, Some(group.clone()));
    let here = house.calls.here(&[group.id, kit::group(2).id]).await;
    assert_eq!((names(&here[0]), here[1].len()), (vec!["alice", "bob"], 0));

    house.calls.hang_up(alice.id, place.call).await.unwrap();
    alice.ends(EndReason::HUNG_UP).await;
    let record = alice.gets_record().await;
    let expected = (Peer::Group(group.reference()), Direction::Outgoing, Outcome::Answered);
    assert_eq!((record.with, record.direction, record.outcome), expected);
    loop {
        let (_, _, left) = bob.sees_roster().await;
        if left == [1] {
            break;
        }
    }
    house.calls.hang_up(bob.id, place.call).await.unwrap();
    bob.ends(EndReason::HUNG_UP).await;
    let next = house.calls.place_of(group.id).await.unwrap();
    assert!(!next.running && next.call != place.call, "the next call is another one");
}

#[tokio::test(start_paused = true)]
async fn a_join_where_the_group_does_not_meet_any_more_is_sent_back_to_ask_again() {
    let house = House::new();
    let (alice, bob) = (house.phone("alice").await, house.phone("bob").await);
    let group = group(1);
    let stale = |failure: Failure| (failure.code, failure.sub_code) == (FailureCode::Conflict, PLACE_CHANGED);
    let unasked = alice.join_of(&group, CallId(entropy::uuid()));
    assert!(stale(house.calls.join(unasked).await.unwrap_err()));

    let place = house.calls.place_of(group.id).await.unwrap();
    tokio::time::sleep(Duration::from_secs(31)).await;
    let late = alice.join_of(&group, place.call);
    assert!(stale(house.calls.join(late).await.unwrap_err()), "the reserved call is over");

    let (call, _) = alice.joins(&group).await;
    let elsewhere = bob.join_of(&group, place.call);
    assert!(stale(house.calls.join(elsewhere).await.unwrap_err()), "another call runs");
    let again = alice.join_of(&group, call);
    let twice = house.calls.join(again).await.unwrap_err();
    assert_eq!((twice.code, twice.sub_code), (FailureCode::Conflict, 0));
}

#[tokio::test(start_paused = true)]
async fn only_an_existing_call_is_joined_when_that_is_asked_for() {
    let house = House::new();
    let (alice, bob) = (house.phone("alice").await, house.phone("bob").await);
    let group = group(1);
    let place = house.calls.place_of(group.id).await.unwrap();
    let join = JoinCall { existing: true, ..bob.join_of(&group, place.call) };
    assert_eq!(house.calls.join(join.clone()).await.unwrap_err().code, FailureCode::NotFound);
    alice.joins(&group).await;
    house.calls.join(join).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn two_clients_of_one_person_are_in_and_one_in_another_call_is_not() {
    let house = House::new();
    let (desk, sofa, bob) = (house.phone("alice").await, house.phone("alice").await, house.phone("bob").await);
    let (call, leg) = desk.joins(&group(1)).await;
    let (same, other_leg) = sofa.joins(&group(1)).await;
    assert_eq!(same, call);
    let here = house.calls.here(&[group(1).id]).await;
    assert_eq!(names(&here[0]), ["alice"]);
    let except = |leg| Hearing { choice: Choice::Loudest(4), except: vec![leg], ..Hearing::default() };
    let switched = house.switched();
    assert!(switched.contains(&Did::Hears(leg, except(other_leg))), "{switched:?}");
    assert!(switched.contains(&Did::Hears(other_leg, except(leg))), "{switched:?}");

    bob.joins(&group(2)).await;
    let busy = bob.tries_to_join(&group(1)).await.unwrap_err();
    assert_eq!(busy, refusals::in_call());
}

#[tokio::test(start_paused = true)]
async fn a_third_makes_a_direct_call_a_group_call_of_the_same_id() {
    let house = House::new();
    let Talk { mut alice, mut bob, call, leg_a, leg_b } = Talk::begin(&house).await;
    let mut carol = house.phone("carol").await;
    let group = Group { id: crate::domain::id::GroupId(call.0), ..group(0) };
    house.switched();
    house.calls.invite(bob.id, call, carol.person.clone(), group.clone()).await.unwrap();
    assert!(alice.is_in_group(&group).await, "who called may end it");
    assert!(!bob.is_in_group(&group).await);
    let (whole, rows, _) = alice.sees_roster().await;
    assert_eq!((whole, rows.len()), (true, 2));
    let offers = |leg, number| Did::Offers(leg, Source { open: true, mark: Some(number) });
    let hears = |leg| Did::Hears(leg, Hearing { choice: Choice::Loudest(4), ..Hearing::default() });
    assert_eq!(house.switched(), [offers(leg_a, 1), offers(leg_b, 2), hears(leg_a), hears(leg_b)]);
    assert_eq!(house.calls.group_of(call).await, Some(group.clone()));

    let rung = carol.hears("ring", |n| matches!(n, Notice::CallIncoming { .. })).await;
    let Notice::CallIncoming { from, group: Some(told), call_id, .. } = rung else { panic!("{rung:?}") };
    assert_eq!((from, told, call_id), (person("bob"), group.clone(), call));
    let leg = carol.answers(call).await;
    house.calls.leg_up(leg).await;
    carol.is_told(CallState::Connected).await;
    assert_eq!(names(&house.calls.here(&[group.id]).await[0]), ["alice", "bob", "carol"]);
    let ongoing = house.calls.ongoing(carol.id).await;
    assert_eq!((ongoing[0].direction, ongoing[0].group.as_ref()), (Direction::Incoming, Some(&group)));

    house.calls.hang_up(alice.id, call).await.unwrap();
    let record = alice.gets_record().await;
    let expected = (Peer::Person(person("bob")), Direction::Outgoing, Some(EndReason::HUNG_UP));
    assert_eq!((record.with, record.direction, record.end), expected, "a direct call's record stays one");
    house.calls.hang_up(carol.id, call).await.unwrap();
    let record = carol.gets_record().await;
    assert_eq!((record.with, record.direction), (Peer::Group(group.reference()), Direction::Incoming));
    bob.sees_roster().await;
    house.calls.hang_up(bob.id, call).await.unwrap();
    bob.ends(EndReason::HUNG_UP).await;
    assert_eq!(house.calls.group_of(call).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_invitation_that_can_reach_nobody_is_refused_and_the_direct_call_stays_one() {
    let house = House::new();
    let Talk { alice, bob, call, .. } = Talk::begin(&house).await;
    let (dave, eve) = (house.phone("dave").await, house.phone("eve").await);
    house.calls.set_presence(dave.id, PresenceChoice::DoNotDisturb).await;
    eve.joins(&group(7)).await;
    let invite = |endpoint, name: &str| house.calls.invite(endpoint, call, person(name), group(1));
    for (name, code, sub_code) in [
        ("nobody", FailureCode::Conflict, EndReason::OFFLINE.sub_code),
        ("dave", FailureCode::Conflict, EndReason::DO_NOT_DISTURB.sub_code),
        ("eve", FailureCode::Conflict, EndReason::BUSY.sub_code),
        ("bob", FailureCode::Conflict, 0),
        ("alice", FailureCode::BadRequest, 0),
    ] {
        let refused = invite(alice.id, name).await.unwrap_err();
        assert_eq!((refused.code, refused.sub_code), (code, sub_code), "{name}: {refused}");
    }
    assert_eq!(invite(eve.id, "nobody").await.unwrap_err(), refusals::no_such_call());
    house.calls.hold(bob.id, call, true).await.unwrap();
    let _frank = house.phone("frank").await;
    assert_eq!(invite(alice.id, "frank").await.unwrap_err().code, FailureCode::Conflict, "it is held");
    assert_eq!(house.calls.group_of(call).await, None);
    let taken = house.calls.invite(alice.id, call, person("frank"), group(7)).await.unwrap_err();
    assert_eq!(taken.code, FailureCode::Conflict);
}

#[tokio::test(start_paused = true)]
async fn how_an_invitation_ends_is_told_to_the_inviter_and_kept_for_the_invited() {
    let house = House::new();
    let (mut alice, mut carol) = (house.phone("alice").await, house.phone("carol").await);
    let (call, _) = alice.joins(&group(1)).await;
    for (reason, outcome) in [(EndReason::DECLINED, Outcome::Declined), (EndReason::RING_TIMEOUT, Outcome::Missed)] {
        house.calls.invite(alice.id, call, carol.person.clone(), group(1)).await.unwrap();
        carol.rings(call, "alice").await;
        if reason == EndReason::DECLINED {
            house.calls.decline(carol.id, call).await.unwrap();
        }
        carol.stops_ringing(reason).await;
        let ended = alice.hears("end of invitation", |n| matches!(n, Notice::CallInviteEnded { .. })).await;
        assert_eq!(ended, Notice::CallInviteEnded { call_id: call, person: person("carol"), reason });
        carol.gets_record_of(outcome, reason).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_of_the_invited_that_connects_rings_and_a_late_answer_is_told_where_it_was_answered() {
    let house = House::new();
    let (alice, desk) = (house.phone("alice").await, house.phone("carol").await);
    let (call, _) = alice.joins(&group(1)).await;
    house.calls.invite(alice.id, call, person("carol"), group(1)).await.unwrap();
    let mut sofa = house.phone("carol").await;
    sofa.rings(call, "alice").await;
    desk.answers(call).await;
    sofa.stops_ringing(EndReason::ANSWERED_ELSEWHERE).await;
    let late = house.calls.answer(sofa.id, call, LegId(entropy::uuid())).await.unwrap_err();
    assert_eq!((late.code, late.sub_code), (FailureCode::Conflict, 10003));
    let mut shelf = house.phone("carol").await;
    house.calls.hang_up(alice.id, call).await.unwrap();
    house.calls.hang_up(desk.id, call).await.unwrap();
    shelf.gets_record_of(Outcome::Answered, EndReason::HUNG_UP).await;
}

#[tokio::test(start_paused = true)]
async fn only_who_may_ends_it_for_everybody_and_all_learn_that() {
    let house = House::new();
    let (mut alice, mut bob, owner) =
        (house.phone("alice").await, house.phone("bob").await, house.phone("owner").await);
    let (call, _) = alice.joins(&group(1)).await;
    bob.joins(&group(1)).await;
    let join = JoinCall { owner: true, ..owner.join_of(&group(1), call) };
    house.calls.join(join).await.unwrap();
    assert_eq!(house.calls.end_for_all(bob.id, call).await.unwrap_err().code, FailureCode::Forbidden);
    house.calls.end_for_all(owner.id, call).await.unwrap();
    for phone in [&mut alice, &mut bob] {
        phone.ends(EndReason::ENDED_FOR_ALL).await;
        phone.gets_record_of(Outcome::Answered, EndReason::ENDED_FOR_ALL).await;
    }
    assert_eq!(house.calls.end_for_all(bob.id, call).await.unwrap_err(), refusals::no_such_call());
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_and_comes_back_has_one_record_from_the_first_join_to_the_last_leave() {
    let house = House::new();
    let (mut alice, bob) = (house.phone("alice").await, house.phone("bob").await);
    let (call, _) = bob.joins(&group(1)).await;
    alice.joins(&group(1)).await;
    house.calls.hang_up(alice.id, call).await.unwrap();
    let first = alice.gets_record().await;
    alice.joins(&group(1)).await;
    house.calls.hang_up(alice.id, call).await.unwrap();
    let second = alice.gets_record().await;
    assert_eq!((first.call_id, first.started_at), (second.call_id, second.started_at));
    assert_eq!(house.store.record("alice", call), Some(second));
    assert_eq!(house.store.record("bob", call).unwrap().outcome, Outcome::Ongoing);
}

#[tokio::test(start_paused = true)]
async fn one_that_vanished_is_out_and_the_others_go_on() {
    let mut house = House::new();
    let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    let (call, _) = alice.joins(&group(1)).await;
    let (_, leg) = bob.joins(&group(1)).await;
    house.sees("bob", PresenceState::InCall).await;
    house.calls.lost(bob.seat).await;
    tokio::time::sleep(SILENT_AFTER).await;
    house.calls.leg_silent(leg).await;
    let gone = clock::now();
    bob.ends(EndReason::VANISHED).await;
    assert_eq!((clock::now() - gone).as_secs(), VANISHED_AFTER.as_secs());
    house.sees("bob", PresenceState::Offline).await;
    assert_eq!(names(&house.calls.here(&[group(1).id]).await[0]), ["alice"]);
    house.calls.hang_up(alice.id, call).await.unwrap();
    alice.ends(EndReason::HUNG_UP).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_in_a_group_is_told_at_most_once_a_second() {
    let house = House::new();
    let (alice, bob) = (house.phone("alice").await, house.phone("bob").await);
    let mut occupied = house.calls.occupied();
    let (call, _) = alice.joins(&group(1)).await;
    let first = occupied.recv().await.unwrap();
    assert_eq!((first.group, names(&first.here)), (group(1).id, vec!["alice"]));
    let told = clock::now();
    for _ in 0..10 {
        bob.joins(&group(1)).await;
        house.calls.hang_up(bob.id, call).await.unwrap();
    }
    bob.joins(&group(1)).await;
    let second = occupied.recv().await.unwrap();
    assert_eq!((names(&second.here), (clock::now() - told).as_secs()), (vec!["alice", "bob"], 1));
    house.calls.hang_up(alice.id, call).await.unwrap();
    house.calls.hang_up(bob.id, call).await.unwrap();
    assert_eq!(occupied.recv().await.unwrap().here, []);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(occupied.is_empty());
}

#[tokio::test(start_paused = true)]
async fn speakers_are_told_by_their_numbers() {
    let house = House::new();
    let (mut alice, bob) = (house.phone("alice").await, house.phone("bob").await);
    let (call, leg_a) = alice.joins(&group(1)).await;
    let (_, leg_b) = bob.joins(&group(1)).await;
    house.calls.speakers(call, vec![leg_b, leg_a]).await;
    let heard = alice.hears("speakers", |n| matches!(n, Notice::CallSpeakers { .. })).await;
    assert_eq!(heard, Notice::CallSpeakers { call_id: call, speakers: vec![2, 1] });
    house.calls.speakers(CallId(entropy::uuid()), vec![leg_a]).await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_does_not_read_counts_as_lost_and_slows_nobody() {
    let house = House::new();
    let (mut alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    let (call, leg_a) = alice.joins(&group(1)).await;
    let (_, leg_b) = bob.joins(&group(1)).await;
    for round in 0..100 {
        let speaker = if round % 2 == 0 { leg_a } else { leg_b };
        house.calls.speakers(call, vec![speaker]).await;
        alice.hears("speakers", |n| matches!(n, Notice::CallSpeakers { .. })).await;
    }
    loop {
        let (_, rows, _) = alice.sees_roster().await;
        if rows.contains(&(String::from("bob"), ParticipantState::Reconnecting, false)) {
            break;
        }
    }
    while bob.notices.recv().await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_group_calls_too() {
    let house = House::new();
    let mut alice = house.phone("alice").await;
    let (call, _) = alice.joins(&group(1)).await;
    house.calls.stop().await;
    alice.ends(EndReason::SERVICE_LOST).await;
    assert_eq!(house.store.record("alice", call).unwrap().end, Some(EndReason::SERVICE_LOST));
    assert_eq!(house.calls.place_of(group(1).id).await.unwrap_err().code, FailureCode::Unavailable);
}

/// A phone whose queue nobody reads until it is counted.
async fn silent_phone(house: &House, name: &str) -> Phone {
    let (mut endpoint, _) = endpoint_of(name, 1);
    let (notices, queue) = mpsc::channel(4096);
    endpoint.notices = notices;
    Phone::register(house, (endpoint, queue)).await
}

/// How many bytes the notices waiting for a phone are on the wire, and how many notices of the roster are among them.
fn waiting(phone: &mut Phone) -> (usize, usize) {
    let (mut bytes, mut rosters) = (0, 0);
    while let Ok(notice) = phone.notices.try_recv() {
        rosters += usize::from(matches!(notice, Notice::CallRoster { .. }));
        bytes += codec::encode(&FromService::Notice { seq: 100, notice }).len();
    }
    (bytes, rosters)
}

#[tokio::test(start_paused = true)]
async fn so_many_may_be_in_and_what_each_is_told_of_the_others_is_little() {
    let house = House::new();
    let mut first = silent_phone(&house, "p0").await;
    first.joins(&group(1)).await;
    waiting(&mut first);
    let mut phones = Vec::new();
    for n in 1..MAX_PARTICIPANTS {
        let phone = silent_phone(&house, &format!("p{n}")).await;
        tokio::time::sleep(Duration::from_secs(10) / 350).await;
        phone.joins(&group(1)).await;
        phones.push(phone);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (bytes, rosters) = waiting(&mut first);
    let changes = MAX_PARTICIPANTS - 1;
    assert!(bytes / changes <= 1024, "{} bytes for each who joined", bytes / changes);
    assert!(rosters <= 55, "{rosters} notices in ten seconds");
    let (whole, parts) = waiting(phones.last_mut().unwrap());
    assert!(parts <= 6 && whole < 200 * 1024, "the whole roster is {whole} bytes in {parts} parts");

    let late = silent_phone(&house, "late").await;
    let full = late.tries_to_join(&group(1)).await.unwrap_err();
    assert_eq!((full.code, full.sub_code), (FailureCode::Conflict, GROUP_FULL));
    assert_eq!(full.message, "this group call is full: 350 are in it");
    let here = house.calls.here(&[group(1).id]).await;
    let distinct: BTreeSet<_> = here[0].iter().map(|person| person.identity.clone()).collect();
    assert_eq!((here[0].len(), distinct.len()), (MAX_PARTICIPANTS, MAX_PARTICIPANTS));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_who_join_at_once_are_all_answered() {
    let house = House::new();
    let mut phones = Vec::new();
    for n in 0..1000 {
        phones.push(silent_phone(&house, &format!("p{n}")).await);
    }
    let group = group(1);
    let joins = phones.iter().map(|phone| phone.tries_to_join(&group));
    let joined = futures_util::future::join_all(joins).await;
    let firsts = joined.iter().filter(|j| matches!(j, Ok((_, _, true)))).count();
    let inside = joined.iter().filter(|j| j.is_ok()).count();
    let full = joined.iter().filter(|j| matches!(j, Err(f) if f.sub_code == GROUP_FULL)).count();
    assert_eq!((firsts, inside, full), (1, MAX_PARTICIPANTS, 1000 - MAX_PARTICIPANTS));
}

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
    let invite = mailbox::InviteCall { endpoint, call, who: person("carol"), group: group(1) };
    bare.send(|reply| Message::Invite { invite, reply }).unwrap().unwrap();
    bare.breaks(call, 2, 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_lost_its_memory_is_told_its_group_call_anew_and_comes_back_with_a_new_leg() {
    let house = House::new();
    let (alice, mut bob) = (house.phone("alice").await, house.phone("bob").await);
    let (call, old) = alice.joins(&group(1)).await;
    bob.joins(&group(1)).await;
    house.calls.lost(alice.seat).await;
    let (mut endpoint, notices) = endpoint_of("alice", 1);
    endpoint.id = alice.id;
    let mut again = Phone::register(&house, (endpoint, notices)).await;
    assert!(again.is_in_group(&group(1)).await);
    let (whole, rows, _) = again.sees_roster().await;
    assert_eq!((whole, rows.len()), (true, 2));
    let leg = LegId(entropy::uuid());
    house.calls.rejoin(again.id, call, leg).await.unwrap();
    house.calls.leg_up(leg).await;
    let ongoing = house.calls.ongoing(again.id).await;
    assert_eq!((ongoing[0].direction, ongoing[0].participants.len()), (Direction::Outgoing, 0));
    assert!(house.switched().contains(&Did::Close(old)));

    house.calls.mute(again.id, call, true).await.unwrap();
    house.calls.hold(again.id, call, true).await.unwrap();
    again.is_told(CallState::LocalHold).await;
    loop {
        let (_, rows, _) = bob.sees_roster().await;
        if rows.contains(&(String::from("alice"), ParticipantState::Hold, true)) {
            break;
        }
    }
    let switched = house.switched();
    assert!(switched.contains(&Did::Offers(leg, Source { open: false, mark: Some(1) })), "{switched:?}");
    assert!(!switched.iter().any(|did| matches!(did, Did::Music(..))), "no music in a group");
}
