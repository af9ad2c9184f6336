//! Calls that go on under another id, with other people: as the one sees it who is taken along.

use uuid::Uuid;

use super::kit::{Bench, answer, group, numbers, person, row};
use crate::domain::call::{CallState, Direction, Participant, ParticipantState};
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::transfer::Via;
use crate::phone::command::Command;
use crate::phone::event::{Event, MediaState};
use crate::protocol::failure::FailureCode;
use crate::protocol::frame::OngoingCall;
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;
use crate::protocol::response::Response;

const OLD: CallId = CallId(Uuid::from_u128(1));
const NEW: CallId = CallId(Uuid::from_u128(5));

#[tokio::test]
async fn whoever_was_asked_goes_on_with_the_caller_by_a_new_leg() {
    let mut bench = Bench::for_calls(1).await;
    let before = bench.talks_to(OLD, "alice").await;
    bench.tell(Command::Mute { call: OLD, on: true }).await;
    bench.does(Request::CallMute { call_id: OLD, on: true }).await;
    bench.notices(moved(false, "bob")).await;
    let view = bench.shows(NEW, |_| true).await;
    assert_eq!(view.with.person(), Some(&person("bob")));
    assert_eq!((view.via, view.direction), (Some(Via::Transferred { by: person("alice") }), Direction::Incoming));
    assert_eq!((view.muted, view.media, view.connected_at), (true, MediaState::Connecting, before.connected_at));
    bench.until("say so", |event| (*event == Event::Moved { call: OLD, into: NEW }).then_some(())).await;
    bench.activates(Some(NEW)).await;
    let (id, Request::CallRejoin { call_id: NEW, offer }) = bench.asks().await else { panic!("no new leg") };
    bench.answers(id, Response::Leg { answer: answer(&offer) }).await;
    bench.stands(NEW, CallState::Connected).await;
    bench.tell(Command::HangUp(NEW)).await;
    bench.does(Request::CallHangUp { call_id: NEW }).await;
    let summary = bench.ends(NEW).await;
    assert_eq!((summary.end, summary.connected_for.is_some()), (EndReason::HUNG_UP, true));
    assert_eq!(summary.with.person(), Some(&person("bob")));
}

#[tokio::test]
async fn a_move_that_was_told_to_the_session_before_is_made_up_for_by_the_welcome() {
    for in_group in [false, true] {
        let mut bench = Bench::for_calls(1).await;
        bench.talks_to(OLD, "alice").await;
        let other = Participant { person: person("bob"), state: ParticipantState::Connecting, muted: false };
        let (participants, group) = if in_group { (Vec::new(), Some(group())) } else { (vec![other], None) };
        let direction = Direction::Incoming;
        let ongoing = OngoingCall { call_id: NEW, direction, participants, group, moved_from: Some(OLD) };
        bench.is_welcome(vec![ongoing.clone()]).await;
        let view = bench.shows(NEW, |_| true).await;
        let with = if in_group { "alice" } else { "bob" };
        assert_eq!((view.with.person(), view.group.is_some()), (Some(&person(with)), in_group));
        let (id, Request::CallRejoin { call_id: NEW, offer }) = bench.asks().await else { panic!("no new leg") };
        bench.answers(id, Response::Leg { answer: answer(&offer) }).await;
        // Once more, and it is there already.
        bench.is_welcome(vec![ongoing]).await;
        bench.stands(NEW, CallState::Connected).await;
    }
}

#[tokio::test]
async fn a_call_that_is_moved_while_it_is_not_talked_in_is_held_once_it_stands() {
    let mut bench = Bench::for_calls(8).await;
    let other = CallId(Uuid::from_u128(2));
    bench.talks_to(OLD, "alice").await;
    bench.talks_to(other, "carol").await;
    bench.notices(moved(false, "bob")).await;
    bench.shows(NEW, |view| view.held_since.is_none()).await;
    let (id, Request::CallRejoin { offer, .. }) = bench.asks().await else { panic!("no new leg") };
    bench.answers(id, Response::Leg { answer: answer(&offer) }).await;
    bench.stands(NEW, CallState::Connected).await;
    bench.does(Request::CallHold { call_id: NEW, on: true }).await;
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn who_is_brought_together_with_others_is_in_a_group_call() {
    let mut bench = Bench::for_calls(1).await;
    bench.talks_to(OLD, "alice").await;
    bench.notices(moved(true, "alice")).await;
    let view = bench.shows(NEW, |_| true).await;
    assert_eq!(view.group.map(|card| card.group), Some(group()));
    assert_eq!((view.with.person(), view.via), (Some(&person("alice")), None));
    let rows = vec![row(1, "alice"), row(2, "bob"), row(3, "me")];
    bench.notices(Notice::CallRoster { call_id: NEW, whole: true, rows: rows.into(), left: Vec::new() }).await;
    let view = bench.shows(NEW, |view| view.participants.len() == 2).await;
    assert_eq!(numbers(&view), [1, 2]);
    assert!(matches!(bench.asks().await.1, Request::CallRejoin { call_id: NEW, .. }));
}

#[tokio::test(start_paused = true)]
async fn a_leg_that_was_not_taken_is_offered_again_until_the_call_is_over() {
    let mut bench = Bench::for_calls(1).await;
    bench.talks_to(OLD, "alice").await;
    bench.notices(moved(false, "bob")).await;
    let (id, Request::CallRejoin { .. }) = bench.asks().await else { panic!("no new leg") };
    bench.loses(id).await;
    bench.is_resumed().await;
    let (id, Request::CallRejoin { call_id: NEW, .. }) = bench.asks().await else { panic!("no other leg") };
    bench.refuses(id, FailureCode::NotFound).await;
    assert_eq!(bench.ends(NEW).await.end, EndReason::MEDIA_LOST);
}

#[tokio::test]
async fn a_call_that_moves_while_it_is_hung_up_leaves_nobody_waiting() {
    let mut bench = Bench::for_calls(1).await;
    bench.talks_to(OLD, "alice").await;
    bench.tell(Command::HangUp(OLD)).await;
    bench.does(Request::CallHangUp { call_id: OLD }).await;
    bench.notices(moved(false, "bob")).await;
    bench.does(Request::CallHangUp { call_id: NEW }).await;
}

#[tokio::test]
async fn a_call_that_moves_into_one_this_phone_is_in_ends() {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(OLD, "alice").await;
    bench.talks_to(NEW, "alice").await;
    bench.notices(moved(true, "alice")).await;
    assert_eq!(bench.ends(OLD).await.end, EndReason::MERGED);
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn a_call_that_moves_back_to_one_just_ended_here_outlives_the_end_of_that() {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(NEW, "bob").await;
    bench.talks_to(OLD, "alice").await;
    bench.notices(Notice::CallEnded { call_id: NEW, reason: EndReason::TRANSFERRED }).await;
    bench.notices(moved(false, "bob")).await;
    let mut ended = false;
    let live = bench.until("go on", |event| match event {
        Event::Ended(summary) if summary.call == NEW => {
            ended = true;
            None
        }
        Event::Moved { into: NEW, .. } => Some(()),
        _ => None,
    });
    live.await;
    assert!(ended, "the end of the one before would be taken for that of this one");
}

/// The call goes on with somebody, in a group or not.
fn moved(in_group: bool, with: &str) -> Notice {
    Notice::CallMoved { call_id: OLD, into: NEW, with: person(with), group: in_group.then(group) }
}
