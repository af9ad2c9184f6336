//! Joins and pick-ups whose answer was lost with the connection, and those that meet an answer of this phone to the same
//! call: one call, and nobody left waiting.

use uuid::Uuid;

use super::kit::{Bench, CALL, answer, group, parked, person, row};
use crate::config::JoinMuted;
use crate::domain::call::{CallState, Direction, Participant, ParticipantState, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::park::ParkedCall;
use crate::domain::time::UnixMillis;
use crate::phone::command::Command;
use crate::phone::event::{CallView, Event, Link, Refusal};
use crate::protocol::failure::FailureCode;
use crate::protocol::frame::OngoingCall;
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;
use crate::protocol::response::Response;

#[tokio::test]
async fn who_was_picked_up_is_come_back_to_when_the_session_goes_on() {
    let (mut bench, dave) = picking_up().await;
    bench.is_resumed().await;
    let (looks, request) = bench.asks().await;
    assert_eq!(request, Request::ParkedList {});
    // What was missed comes first.
    bench.notices(there(dave.call_id, "dave")).await;
    let view = comes_back(&mut bench, dave.call_id).await;
    assert_eq!((view.with, view.direction), (Peer::Person(person("dave")), Direction::Incoming));
    bench.answers(looks, Response::ParkedCalls { parked: Vec::new() }).await;
    bench.stands(dave.call_id, CallState::Connected).await;
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn who_was_picked_up_is_come_back_to_in_a_new_session() {
    let (mut bench, dave) = picking_up().await;
    let dave_is_there = Participant { person: person("dave"), state: ParticipantState::Connected, muted: false };
    let participants = vec![dave_is_there];
    let call_id = dave.call_id;
    let ongoing = OngoingCall { call_id, direction: Direction::Incoming, participants, group: None, moved_from: None };
    bench.is_welcome(vec![ongoing]).await;
    comes_back(&mut bench, call_id).await;
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn a_new_leg_is_offered_until_there_is_one_or_the_call_is_over() {
    let (mut bench, dave) = picking_up().await;
    bench.is_resumed().await;
    bench.asks().await;
    bench.notices(there(dave.call_id, "dave")).await;
    let (id, Request::CallRejoin { .. }) = bench.asks().await else { panic!("it stays away") };
    bench.loses(id).await;
    bench.is_resumed().await;
    let (id, Request::CallRejoin { call_id, .. }) = bench.asks().await else { panic!("it stays away") };
    assert_eq!(call_id, dave.call_id);
    bench.refuses(id, FailureCode::NotFound).await;
    assert_eq!(bench.ends(dave.call_id).await.end, EndReason::MEDIA_LOST);
}

#[tokio::test]
async fn a_pick_up_of_which_nothing_came_is_refused_once_that_is_known() {
    let (mut bench, _) = picking_up().await;
    bench.is_resumed().await;
    let (looks, _) = bench.asks().await;
    bench.answers(looks, Response::ParkedCalls { parked: Vec::new() }).await;
    assert_eq!(bench.refused("pick up").await, Refusal::NotConnected);
    let (mut bench, _) = picking_up().await;
    bench.is_welcome(Vec::new()).await;
    assert_eq!(bench.refused("pick up").await, Refusal::NotConnected);
    bench.tell(Command::PickUp(1.try_into().unwrap())).await;
    assert!(matches!(bench.asks().await.1, Request::CallPickUp { .. }), "it can be tried again");
}

#[tokio::test]
async fn what_was_hung_up_meanwhile_is_not_taken_for_what_was_picked_up() {
    let mut bench = Bench::for_calls(8).await;
    let other = CallId(Uuid::from_u128(3));
    bench.talks_to(other, "carol").await;
    bench.tell(Command::PickUp(1.try_into().unwrap())).await;
    let (id, Request::CallPickUp { .. }) = bench.asks().await else { panic!("nobody is picked up") };
    loses(&mut bench, id).await;
    bench.tell(Command::HangUp(other)).await;
    bench.ends(other).await;
    bench.is_resumed().await;
    bench.does(Request::CallHangUp { call_id: other }).await;
    let (looks, _) = bench.asks().await;
    bench.notices(there(other, "carol")).await;
    bench.answers(looks, Response::ParkedCalls { parked: Vec::new() }).await;
    assert_eq!(bench.refused("pick up").await, Refusal::NotConnected);
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn a_group_that_was_joined_is_come_back_to() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    let (id, _, _) = bench.asks_to_join(None).await;
    bench.loses(id).await;
    bench.is_resumed().await;
    let (looks, _) = bench.asks().await;
    bench.notices(Notice::CallGroup { call_id: CALL, group: group(), may_end: true }).await;
    bench.tells_roster(true, vec![row(1, "me"), row(2, "bob"), row(3, "carol")], vec![]).await;
    let (id, Request::CallRejoin { call_id: CALL, offer }) = bench.asks().await else { panic!("it stays away") };
    bench.answers(id, Response::Leg { answer: answer(&offer) }).await;
    bench.answers(looks, Response::ParkedCalls { parked: Vec::new() }).await;
    let view = bench.shows(CALL, |view| view.participants.len() == 2).await;
    assert_eq!((view.with, view.muted), (Peer::Group(group().reference()), true), "as it was asked for");
    bench.until("be joined", |event| matches!(event, Event::Joined { call: CALL, .. }).then_some(())).await;
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn a_join_that_was_lost_and_given_up_leaves_nobody_behind() {
    for entry in ["join", "pick up"] {
        let mut bench = match entry {
            "join" => {
                let mut bench = Bench::new(JoinMuted::Auto).await;
                let (id, _, _) = bench.asks_to_join(None).await;
                loses(&mut bench, id).await;
                bench
            }
            _ => picking_up().await.0,
        };
        bench.tell(Command::HangUp(CallId(Uuid::nil()))).await;
        bench.refused(entry).await;
        bench.is_resumed().await;
        let (looks, _) = bench.asks().await;
        let found = match entry {
            "join" => Notice::CallGroup { call_id: CALL, group: group(), may_end: true },
            _ => there(CALL, "dave"),
        };
        bench.notices(found).await;
        assert_eq!(bench.asks().await.1, Request::CallHangUp { call_id: CALL }, "{entry}");
        bench.answers(looks, Response::ParkedCalls { parked: Vec::new() }).await;
        bench.asks_nothing_else().await;
    }
}

#[tokio::test]
async fn an_invitation_answered_while_its_group_is_joined_is_one_call() {
    let mut bench = Bench::for_calls(8).await;
    let (joins, offer, _) = bench.asks_to_join(Some(true)).await;
    let (from, at) = (person("bob"), UnixMillis(1));
    bench.notices(Notice::CallIncoming { call_id: CALL, from, at, group: Some(group()), via: None }).await;
    assert_eq!(bench.asks().await.1, Request::CallRinging { call_id: CALL });
    bench.tell(Command::Answer(CALL)).await;
    let (late, Request::CallAnswer { .. }) = bench.asks().await else { panic!("no answer") };
    bench.lets_in(joins, &offer, false).await;
    bench.refuses(late, FailureCode::Conflict).await;
    bench.tells_roster(true, vec![row(1, "me"), row(2, "bob")], vec![]).await;
    let joined = |event: &Event| matches!(event, Event::Joined { call: CALL, .. }).then_some(());
    bench.until("be joined", joined).await;
    let view = bench.stands(CALL, CallState::Connected).await;
    assert!(view.muted, "as it was joined");
    bench.tell(Command::HangUp(CALL)).await;
    bench.does(Request::CallHangUp { call_id: CALL }).await;
    assert_eq!(bench.ends(CALL).await.end, EndReason::HUNG_UP);
    bench.tell(Command::HangUp(CALL)).await;
    assert!(matches!(bench.refused("hang up").await, Refusal::NotNow(_)), "there is no other one");
}

#[tokio::test]
async fn what_was_joined_while_it_rings_here_is_not_answered_again() {
    let mut bench = Bench::for_calls(8).await;
    let (joins, offer, _) = bench.asks_to_join(Some(false)).await;
    let (from, at) = (person("bob"), UnixMillis(1));
    bench.notices(Notice::CallIncoming { call_id: CALL, from, at, group: Some(group()), via: None }).await;
    assert_eq!(bench.asks().await.1, Request::CallRinging { call_id: CALL });
    bench.lets_in(joins, &offer, false).await;
    bench.stands(CALL, CallState::Connected).await;
    bench.tell(Command::Answer(CALL)).await;
    bench.asks_nothing_else().await;
    let reason = EndReason::ANSWERED_ELSEWHERE;
    bench.notices(Notice::CallIncomingEnded { call_id: CALL, reason }).await;
    bench.until("stop ringing", |event| matches!(event, Event::IncomingEnded { .. }).then_some(())).await;
}

/// Picks Dave up who waits in a slot, and the connection is lost before the answer.
async fn picking_up() -> (Bench, ParkedCall) {
    let mut bench = Bench::for_calls(8).await;
    let dave = parked(1, "dave");
    bench.tell(Command::PickUp(dave.slot)).await;
    let (id, Request::CallPickUp { .. }) = bench.asks().await else { panic!("nobody is picked up") };
    loses(&mut bench, id).await;
    (bench, dave)
}

/// The connection is lost before the answer, and that is known.
async fn loses(bench: &mut Bench, id: u64) {
    bench.loses(id).await;
    bench.until("be cut", |event| matches!(event, Event::Link(Link::Down { .. })).then_some(())).await;
}

/// It offers a new leg for the call, which the service takes.
async fn comes_back(bench: &mut Bench, call: CallId) -> CallView {
    let (id, Request::CallRejoin { call_id, offer }) = bench.asks().await else { panic!("it stays away") };
    assert_eq!(call_id, call);
    bench.answers(id, Response::Leg { answer: answer(&offer) }).await;
    let view = bench.shows(call, |_| true).await;
    bench.until("have picked up", |event| (*event == Event::PickedUp(call)).then_some(())).await;
    view
}

fn there(call_id: CallId, name: &str) -> Notice {
    let participant = Participant { person: person(name), state: ParticipantState::Connected, muted: false };
    Notice::CallParticipant { call_id, participant }
}
