//! Joining: the order of events, the microphone, and what becomes of joins that are refused, given up or lost.

use super::kit::{Bench, CALL, group, listed, numbers, person, row};
use crate::config::JoinMuted;
use crate::domain::call::{Direction, Participant, ParticipantState, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::group::{Group, GroupKey};
use crate::domain::id::CallId;
use crate::domain::time::UnixMillis;
use crate::phone::command::Command;
use crate::phone::event::{Event, LinkReach, Refusal};
use crate::protocol::failure::FailureCode;
use crate::protocol::frame::OngoingCall;
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;
use crate::protocol::response::Response;

#[tokio::test]
async fn who_is_there_is_known_when_it_is_told_that_a_call_was_joined() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    let (id, offer, _) = bench.asks_to_join(None).await;
    bench.lets_in(id, &offer, false).await;
    let begun = bench.view().await;
    assert_eq!((begun.call, begun.direction), (CALL, Direction::Outgoing));
    assert_eq!(begun.with, Peer::Group(group().reference()));
    bench.tells_roster(true, vec![row(1, "alice"), row(2, "me")], vec![]).await;
    assert_eq!(numbers(&bench.view().await), [1], "the own row is left out");
    bench
        .until("turn the microphone on", |event| matches!(event, Event::Call(view) if !view.muted).then_some(()))
        .await;
    let Event::Joined { call, group: card, first } = bench.next().await else { panic!("not joined") };
    assert_eq!((call, first, card.group), (CALL, false, group()));
    assert_eq!((card.link.as_str(), card.reach), ("https://calls.example/j/k7mq-3tzf", LinkReach::Network));
    assert_eq!(bench.asks().await.1, Request::CallMute { call_id: CALL, on: false });
}

#[tokio::test]
async fn notices_that_come_before_the_answer_are_not_lost() {
    let mut bench = Bench::new(JoinMuted::Never).await;
    let (id, offer, muted) = bench.asks_to_join(None).await;
    assert!(!muted);
    bench.notices(Notice::CallGroup { call_id: CALL, group: group(), may_end: true }).await;
    bench.tells_roster(true, vec![row(1, "me"), row(2, "bob")], vec![]).await;
    bench.tells_roster(false, vec![row(3, "carol")], vec![2]).await;
    bench.is_connected().await;
    bench.lets_in(id, &offer, false).await;
    let joined = bench.until("be joined", |event| match event {
        Event::Call(view) if view.connected_at.is_some() => Some(view.clone()),
        _ => None,
    });
    let view = joined.await;
    assert_eq!((numbers(&view), view.may_end, view.muted), (vec![3], true, false));
}

#[tokio::test]
async fn the_microphone_is_off_where_two_others_are_and_never_on_before_that_is_known() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    let (id, offer, muted) = bench.asks_to_join(None).await;
    assert!(muted, "closed until it is known how many are there");
    bench.lets_in(id, &offer, false).await;
    let mut ringing = row(4, "dave");
    ringing.participant.state = ParticipantState::Ringing;
    bench.tells_roster(true, vec![row(1, "alice"), row(2, "bob"), row(3, "me"), ringing], vec![]).await;
    loop {
        match bench.next().await {
            Event::Call(view) => assert!(view.muted),
            Event::Joined { .. } => break,
            other => panic!("{other:?}"),
        }
    }
    bench.tell(Command::Mute { call: CALL, on: false }).await;
    assert!(!bench.view().await.muted);
    assert_eq!(bench.asks().await.1, Request::CallMute { call_id: CALL, on: false });
}

#[tokio::test]
async fn what_is_said_about_the_microphone_goes_before_the_settings() {
    for (setting, said, wanted) in [
        (JoinMuted::Never, Some(true), true),
        (JoinMuted::Always, Some(false), false),
        (JoinMuted::Always, None, true),
        (JoinMuted::Never, None, false),
    ] {
        let mut bench = Bench::new(setting).await;
        let (id, offer, muted) = bench.asks_to_join(said).await;
        assert_eq!(muted, wanted, "{setting:?} {said:?}");
        bench.lets_in(id, &offer, true).await;
        assert_eq!(bench.view().await.muted, wanted, "{setting:?} {said:?}");
        let joined = bench.next().await;
        assert!(matches!(joined, Event::Joined { first: true, .. }), "nothing changes: {joined:?}");
    }
}

#[tokio::test]
async fn a_new_group_is_joined_with_the_microphone_on() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    bench.tell(Command::StartGroup { name: Some("Ops".parse().unwrap()) }).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::GroupCreate { name: "Ops".parse().unwrap() });
    bench.answers(id, Response::Group { group: listed(8, "Ops") }).await;
    let (id, request) = bench.asks().await;
    let key = GroupKey::Id(listed(8, "Ops").group.id);
    assert!(
        matches!(&request, Request::GroupJoin { group, muted: false, existing: false, .. } if *group == key),
        "{request:?}"
    );
    bench.refuses(id, FailureCode::Unavailable).await;
    assert!(matches!(bench.refused("join").await, Refusal::Service(_)));
    bench.tell(Command::StartGroup { name: None }).await;
    let (_, request) = bench.asks().await;
    assert!(matches!(request, Request::GroupJoin { group: GroupKey::Id(_), muted: false, .. }), "{request:?}");
}

#[tokio::test]
async fn names_are_looked_up_in_the_list_and_win_over_codes() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    let rows = vec![listed(3, "Ops bridge"), listed(4, "k7mq-3tzf")];
    let joined = [("ops BRIDGE", GroupKey::Id(rows[0].group.id)), ("K7MQ-3TZF", GroupKey::Id(rows[1].group.id))];
    for (typed, key) in joined.into_iter().chain([("2222-2222", "2222-2222".parse().unwrap())]) {
        bench.joins(typed).await;
        let (id, request) = bench.asks().await;
        assert_eq!(request, Request::GroupsList {}, "{typed}");
        bench.answers(id, Response::Groups { groups: rows.clone() }).await;
        let (id, request) = bench.asks().await;
        assert!(matches!(&request, Request::GroupJoin { group, .. } if *group == key), "{typed}: {request:?}");
        bench.refuses(id, FailureCode::NotFound).await;
        bench.refused("join").await;
    }
    bench.joins("Nothing").await;
    let (id, _) = bench.asks().await;
    bench.answers(id, Response::Groups { groups: rows }).await;
    assert_eq!(bench.refused("join").await, Refusal::NoGroupCalled("Nothing".into()));
    bench.joins("http://elsewhere:8790/j/k7mq-3tzf").await;
    assert_eq!(bench.refused("join").await, Refusal::OtherService { origin: "http://elsewhere:8790".into() });
    bench.joins("http://localhost:8790/j/k7mq-3tzf").await;
    assert!(matches!(bench.asks().await.1, Request::GroupJoin { .. }), "a link of this service needs no list");
}

#[tokio::test]
async fn one_call_at_a_time() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    let (id, offer, _) = bench.asks_to_join(None).await;
    bench.joins("2222-2222").await;
    assert!(matches!(bench.refused("join").await, Refusal::NotNow(_)));
    bench.tell(Command::Call { to: "bob".into(), ring_for: None }).await;
    assert!(matches!(bench.refused("call").await, Refusal::NotNow(_)));
    bench.lets_in(id, &offer, true).await;
    bench.joins("2222-2222").await;
    assert!(matches!(bench.refused("join").await, Refusal::NotNow(_)));
}

#[tokio::test]
async fn a_join_that_was_given_up_leaves_nobody_behind() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    let (id, offer, _) = bench.asks_to_join(None).await;
    bench.tell(Command::HangUp(CallId(uuid::Uuid::nil()))).await;
    bench.refused("join").await;
    bench.lets_in(id, &offer, true).await;
    assert_eq!(bench.asks().await.1, Request::CallHangUp { call_id: CALL });
    bench.asks_to_join(None).await;
}

#[tokio::test]
async fn a_call_nobody_here_knows_is_hung_up() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    let (direction, group) = (Direction::Outgoing, Some(group()));
    let call = OngoingCall { call_id: CALL, direction, participants: Vec::new(), group, moved_from: None };
    bench.is_welcome(vec![call]).await;
    assert_eq!(bench.asks().await.1, Request::CallHangUp { call_id: CALL });
}

#[tokio::test]
async fn a_service_that_forgot_the_session_tells_the_group_anew() {
    let mut bench = Bench::new(JoinMuted::Never).await;
    let (id, offer, _) = bench.asks_to_join(None).await;
    bench.lets_in(id, &offer, false).await;
    bench.notices(Notice::CallGroup { call_id: CALL, group: group(), may_end: true }).await;
    bench.tells_roster(true, vec![row(1, "me"), row(2, "bob")], vec![]).await;
    bench.until("be joined", |event| matches!(event, Event::Joined { .. }).then_some(())).await;
    let group = Group { name: Some("Ops".parse().unwrap()), ..group() };
    let call = OngoingCall {
        call_id: CALL,
        direction: Direction::Outgoing,
        participants: Vec::new(),
        group: Some(group.clone()),
        moved_from: None,
    };
    bench.is_welcome(vec![call]).await;
    let view = bench.view().await;
    assert_eq!((numbers(&view), view.may_end), (vec![2], true), "nothing is forgotten here");
    assert_eq!(view.group.map(|card| card.group), Some(group));
    bench.tells_roster(true, vec![row(1, "me"), row(3, "carol")], vec![]).await;
    assert_eq!(numbers(&bench.view().await), [3]);
}

#[tokio::test]
async fn an_invitation_into_a_group_call_becomes_one() {
    let mut bench = Bench::new(JoinMuted::Always).await;
    let (from, at) = (person("bob"), UnixMillis(1));
    let incoming = Notice::CallIncoming { call_id: CALL, from, at, group: Some(group()), via: None };
    bench.notices(incoming).await;
    assert_eq!(bench.asks().await.1, Request::CallRinging { call_id: CALL });
    bench.tell(Command::Answer(CALL)).await;
    bench.until("ring", |event| matches!(event, Event::Incoming(call) if call.group.is_some()).then_some(())).await;
    let view = bench.view().await;
    assert_eq!((view.with, view.direction), (Peer::Group(group().reference()), Direction::Incoming));
    assert!(!view.muted, "who answers wants to speak");
    assert_eq!(view.group.unwrap().group, group());
}

#[tokio::test]
async fn a_direct_call_becomes_a_group_call() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    bench.tell(Command::Call { to: "bob".into(), ring_for: None }).await;
    let (_, Request::CallStart { call_id, .. }) = bench.asks().await else { panic!("no call") };
    bench.view().await;
    let bob = Participant { person: person("bob"), state: ParticipantState::Connected, muted: false };
    bench.notices(Notice::CallParticipant { call_id, participant: bob }).await;
    assert_eq!(numbers(&bench.view().await), [0]);
    bench.notices(Notice::CallGroup { call_id, group: group(), may_end: true }).await;
    let view = bench.view().await;
    assert_eq!((numbers(&view), view.may_end), (vec![0], true), "Bob stays until the roster is known");
    let rows = vec![row(1, "me"), row(2, "bob"), row(3, "carol")].into();
    bench.notices(Notice::CallRoster { call_id, whole: true, rows, left: vec![] }).await;
    let view = bench.view().await;
    assert_eq!((numbers(&view), view.with), (vec![2, 3], Peer::Person(person("bob"))));
    bench.notices(Notice::CallEnded { call_id, reason: EndReason::HUNG_UP }).await;
    bench.until("end", |event| matches!(event, Event::Ended(_)).then_some(())).await;
}
