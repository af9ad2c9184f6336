//! Several calls at once: one is active, the others are held.

use uuid::Uuid;

use super::kit::{Bench, answer, group, person};
use crate::domain::call::{CallState, Direction};
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::phone::command::Command;
use crate::phone::event::{Event, Link, MediaState, Refusal};
use crate::phone::leg::LegEvent;
use crate::protocol::failure::FailureCode;
use crate::protocol::frame::OngoingCall;
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;
use crate::protocol::response::Response;

const ONE: CallId = CallId(Uuid::from_u128(1));
const TWO: CallId = CallId(Uuid::from_u128(2));
const THREE: CallId = CallId(Uuid::from_u128(3));

#[tokio::test]
async fn answering_while_talking_holds_the_one_before_first() {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(ONE, "bob").await;
    bench.rings(TWO, "carol").await;
    bench.tell(Command::Answer(TWO)).await;
    bench.activates(Some(TWO)).await;
    bench.does(hold(ONE, true)).await;
    let (id, Request::CallAnswer { offer, .. }) = bench.asks().await else { panic!("no answer") };
    bench.answers(id, Response::Leg { answer: answer(&offer) }).await;
    let held = bench.stands(ONE, CallState::LocalHold).await;
    assert!(held.held_since.is_some() && held.connected_at.is_some());
    let talking = bench.stands(TWO, CallState::Connected).await;
    assert_eq!(talking.held_since, None);
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn two_calls_are_swapped_and_neither_comes_back_by_itself() {
    let mut bench = in_two_calls().await;
    for (to, from) in [(ONE, TWO), (TWO, ONE)] {
        bench.tell(Command::Activate(to)).await;
        bench.activates(Some(to)).await;
        bench.does(hold(from, true)).await;
        bench.does(hold(to, false)).await;
        bench.stands(from, CallState::LocalHold).await;
        bench.stands(to, CallState::Connected).await;
    }
    bench.notices(Notice::CallEnded { call_id: TWO, reason: EndReason::HUNG_UP }).await;
    bench.activates(None).await;
    bench.ends(TWO).await;
    bench.asks_nothing_else().await;
    bench.tell(Command::Hold { call: ONE, on: false }).await;
    bench.activates(Some(ONE)).await;
    bench.does(hold(ONE, false)).await;
}

#[tokio::test]
async fn a_call_that_is_held_by_hand_is_not_active_and_the_next_to_connect_is() {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(ONE, "carol").await;
    bench.tell(Command::Call { to: "bob".into(), ring_for: None }).await;
    bench.does(hold(ONE, true)).await;
    bench.stands(ONE, CallState::LocalHold).await;
    let (id, Request::CallStart { call_id: called, offer, .. }) = bench.asks().await else { panic!("no call") };
    bench.answers(id, Response::Leg { answer: answer(&offer) }).await;
    bench.stands(called, CallState::Ringing).await;
    bench.tell(Command::Activate(ONE)).await;
    bench.does(hold(ONE, false)).await;
    bench.stands(ONE, CallState::Connected).await;
    bench.tell(Command::Hold { call: ONE, on: true }).await;
    bench.activates(None).await;
    bench.does(hold(ONE, true)).await;
    bench.stands(ONE, CallState::LocalHold).await;
    bench.stands(called, CallState::Connected).await;
    bench.activates(Some(called)).await;
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn a_call_that_connects_in_the_background_is_held() {
    let mut bench = Bench::for_calls(8).await;
    bench.tell(Command::Call { to: "bob".into(), ring_for: None }).await;
    let (id, Request::CallStart { call_id: called, offer, .. }) = bench.asks().await else { panic!("no call") };
    bench.answers(id, Response::Leg { answer: answer(&offer) }).await;
    bench.stands(called, CallState::Ringing).await;
    bench.talks_to(ONE, "carol").await;
    bench.asks_nothing_else().await;
    bench.stands(called, CallState::Connected).await;
    bench.does(hold(called, true)).await;
    assert_eq!(bench.stands(called, CallState::LocalHold).await.direction, Direction::Outgoing);
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn a_join_that_comes_to_nothing_leaves_the_call_as_it_was() {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(ONE, "bob").await;
    let (id, _, _) = bench.asks_to_join(None).await;
    bench.refuses(id, FailureCode::NotFound).await;
    bench.refused("join").await;
    let (id, offer, _) = bench.asks_to_join(None).await;
    bench.lets_in(id, &offer, true).await;
    let joined = bench.until("join", |event| match event {
        Event::Call(view) if view.group.is_some() => Some(view.clone()),
        _ => None,
    });
    assert_eq!(joined.await.group.map(|card| card.group), Some(group()));
    bench.does(hold(ONE, true)).await;
}

#[tokio::test]
async fn a_phone_that_is_in_as_many_calls_as_it_can_be_begins_no_other() {
    let mut bench = Bench::for_calls(2).await;
    bench.talks_to(ONE, "bob").await;
    bench.talks_to(TWO, "carol").await;
    bench.rings(THREE, "dave").await;
    let commands = [
        ("answer", Command::Answer(THREE)),
        ("call", Command::Call { to: "bob".into(), ring_for: None }),
        ("consult", Command::Consult { call: TWO, to: "bob".into() }),
        ("join", Command::StartGroup { name: None }),
        ("pick up", Command::PickUp(1.try_into().unwrap())),
    ];
    for (what, command) in commands {
        bench.tell(command).await;
        match bench.refused(what).await {
            Refusal::NotNow(why) => assert!(why.contains("2 calls"), "{what}: {why}"),
            other => panic!("{what}: {other:?}"),
        }
    }
    bench.tell(Command::HangUp(ONE)).await;
    assert_eq!(bench.asks().await.1, Request::CallHangUp { call_id: ONE });
    bench.tell(Command::Answer(THREE)).await;
    assert!(bench.asks().await.1 == hold(TWO, true));
    assert!(matches!(bench.asks().await.1, Request::CallAnswer { call_id: THREE, .. }));
}

#[tokio::test]
async fn nothing_is_held_or_picked_without_a_connection_or_a_call() {
    let mut bench = in_two_calls().await;
    bench.tell(Command::Activate(THREE)).await;
    assert!(matches!(bench.refused("activate").await, Refusal::NotNow(_)));
    bench.tell(Command::Hold { call: THREE, on: true }).await;
    assert!(matches!(bench.refused("hold").await, Refusal::NotNow(_)));
    bench.is_cut().await;
    bench.until("be cut", |event| matches!(event, Event::Link(Link::Down { .. })).then_some(())).await;
    bench.tell(Command::Activate(ONE)).await;
    assert_eq!(bench.refused("activate").await, Refusal::NotConnected);
    bench.tell(Command::Hold { call: TWO, on: true }).await;
    assert_eq!(bench.refused("hold").await, Refusal::NotConnected);
}

#[tokio::test]
async fn what_was_asked_of_holding_and_lost_is_asked_again() {
    let mut bench = in_two_calls().await;
    bench.tell(Command::Activate(ONE)).await;
    let (first, request) = bench.asks().await;
    assert_eq!(request, hold(TWO, true));
    let (second, request) = bench.asks().await;
    assert_eq!(request, hold(ONE, false));
    bench.loses(first).await;
    bench.loses(second).await;
    bench.is_resumed().await;
    bench.does(hold(TWO, true)).await;
    bench.does(hold(ONE, false)).await;
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn a_service_that_forgot_the_session_ends_what_it_does_not_know_and_nothing_else() {
    let mut bench = in_two_calls().await;
    let ongoing = |call_id| OngoingCall {
        call_id,
        direction: Direction::Incoming,
        participants: Vec::new(),
        group: None,
        moved_from: None,
    };
    bench.is_welcome(vec![ongoing(TWO), ongoing(THREE)]).await;
    let ended = bench.ends(ONE).await;
    assert_eq!((ended.end, ended.connected_for.is_some()), (EndReason::SERVICE_LOST, true));
    assert_eq!(bench.asks().await.1, Request::CallHangUp { call_id: THREE });
    bench.tell(Command::HangUp(TWO)).await;
    assert_eq!(bench.asks().await.1, Request::CallHangUp { call_id: TWO });
    assert_eq!(bench.ends(TWO).await.end, EndReason::HUNG_UP);
}

#[tokio::test(start_paused = true)]
async fn both_calls_come_back_after_their_sound_was_lost_with_the_connection() {
    let mut bench = in_two_calls().await;
    for (tag, call) in [(1, ONE), (2, TWO)] {
        bench.leg_tells(tag, LegEvent::Lost).await;
        bench.shows(call, |view| view.media == MediaState::Lost).await;
    }
    bench.is_resumed().await;
    let mut asked = Vec::new();
    for _ in 0..2 {
        match bench.asks().await {
            (id, Request::CallRejoin { call_id, offer }) => asked.push((call_id, id, offer)),
            other => panic!("{other:?}"),
        }
    }
    asked.sort_by_key(|(call, ..)| *call);
    assert_eq!(asked.iter().map(|(call, ..)| *call).collect::<Vec<_>>(), [ONE, TWO]);
    bench.refuses(asked[0].1, FailureCode::NotFound).await;
    assert_eq!(bench.ends(ONE).await.end, EndReason::MEDIA_LOST);
    bench.answers(asked[1].1, Response::Leg { answer: answer(&asked[1].2) }).await;
    bench.leg_tells(3, LegEvent::Up).await;
    bench.shows(TWO, |view| view.media == MediaState::Flowing).await;
}

#[tokio::test(start_paused = true)]
async fn who_holds_somebody_for_long_is_reminded_every_minute() {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(ONE, "bob").await;
    bench.tell(Command::Hold { call: ONE, on: true }).await;
    bench.does(hold(ONE, true)).await;
    let held = bench.stands(ONE, CallState::LocalHold).await.held_since.unwrap();
    let began = tokio::time::Instant::now();
    for minutes in 1..=3 {
        let reminded = |event: &Event| match event {
            Event::HeldLong { call: ONE, since } => Some(*since),
            _ => None,
        };
        assert_eq!(bench.until("remind", reminded).await, held);
        let passed = began.elapsed().as_secs_f64() / 60.0;
        assert!((passed - f64::from(minutes)).abs() < 0.1, "{passed} minutes");
    }
}

#[tokio::test]
async fn who_quits_hangs_up_every_call() {
    let mut bench = in_two_calls().await;
    bench.tell(Command::Quit).await;
    let mut hung_up = vec![bench.asks().await.1];
    while hung_up.len() < 2 {
        match bench.asks().await.1 {
            Request::CallHold { .. } => {}
            other => hung_up.push(other),
        }
    }
    assert_eq!(hung_up, [ONE, TWO].map(|call_id| Request::CallHangUp { call_id }));
}

/// In two calls: the first is held, the second talked in.
async fn in_two_calls() -> Bench {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(ONE, "bob").await;
    let view = bench.talks_to(TWO, "carol").await;
    assert_eq!(view.with.person(), Some(&person("carol")));
    bench
}

fn hold(call_id: CallId, on: bool) -> Request {
    Request::CallHold { call_id, on }
}
