//! Calls that go on with somebody else, as the one sees it who sees to that: consult, transfer, merge, park, pick up.

use uuid::Uuid;

use super::kit::{Bench, answer, group, parked, person};
use crate::config::JoinMuted;
use crate::domain::call::{CallState, Direction, Participant, ParticipantState};
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::CallId;
use crate::domain::park::ParkedCall;
use crate::domain::time::UnixMillis;
use crate::domain::transfer::{HandedTo, TransferTarget, Via};
use crate::phone::audio::device::SourceChoice;
use crate::phone::command::{Command, TransferTo};
use crate::phone::event::{Event, HandedOver, Refusal};
use crate::protocol::failure::FailureCode;
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;
use crate::protocol::response::Response;

const ONE: CallId = CallId(Uuid::from_u128(1));
const TWO: CallId = CallId(Uuid::from_u128(2));

#[tokio::test]
async fn who_was_asked_and_is_gone_leaves_the_caller_active_again() {
    for reason in [EndReason::DECLINED, EndReason::HUNG_UP] {
        let (mut bench, asked) = consulting().await;
        bench.notices(Notice::CallEnded { call_id: asked, reason }).await;
        bench.activates(Some(ONE)).await;
        bench.does(hold(ONE, false)).await;
        bench.asks_nothing_else().await;
    }
    let (mut bench, asked) = consulting().await;
    bench.tell(Command::HangUp(asked)).await;
    bench.activates(Some(ONE)).await;
    bench.does(Request::CallHangUp { call_id: asked }).await;
    bench.does(hold(ONE, false)).await;
}

#[tokio::test]
async fn who_is_asked_while_the_caller_hangs_up_is_asked_for_nobody() {
    let (mut bench, asked) = consulting().await;
    bench.notices(Notice::CallEnded { call_id: ONE, reason: EndReason::HUNG_UP }).await;
    bench.shows(asked, |view| view.consult_of.is_none()).await;
    bench.notices(Notice::CallEnded { call_id: asked, reason: EndReason::HUNG_UP }).await;
    bench.activates(None).await;
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn who_is_asked_while_the_caller_is_handed_on_is_asked_about_who_came() {
    let (mut bench, asked) = consulting().await;
    let into = CallId(Uuid::from_u128(5));
    bench.notices(Notice::CallMoved { call_id: ONE, into, with: person("dave"), group: None }).await;
    bench.shows(asked, |view| view.consult_of == Some(into)).await;
}

#[tokio::test]
async fn nobody_is_asked_about_a_call_that_is_not_connected() {
    let mut bench = Bench::for_calls(8).await;
    bench.tell(Command::Consult { call: ONE, to: "bob".into() }).await;
    assert!(matches!(bench.refused("consult").await, Refusal::NotNow(_)));
    bench.talks_to(ONE, "carol").await;
    bench.tell(Command::Consult { call: ONE, to: " ".into() }).await;
    assert!(matches!(bench.refused("consult").await, Refusal::NotNow(_)));
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn a_call_is_handed_to_whom_a_name_means() {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(ONE, "carol").await;
    bench.tell(transfer(ONE, "dave")).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::PeopleSearch { text: "dave".into() });
    bench.answers(id, Response::People { people: Vec::new() }).await;
    let refused = bench.until("refuse", |event| match event {
        Event::Refused(refused) => Some(refused.clone()),
        _ => None,
    });
    let refused = refused.await;
    assert_eq!((refused.what, refused.call), ("transfer", Some(ONE)), "it can be tried again");
    bench.tell(transfer(ONE, "BOB")).await;
    let (id, request) = bench.asks().await;
    let to = TransferTarget::Person { identity: person("bob").identity };
    assert_eq!(request, Request::CallTransfer { call_id: ONE, to: to.clone() });
    bench.refuses(id, FailureCode::Conflict).await;
    assert!(matches!(bench.refused("transfer").await, Refusal::Service(_)));
    bench.tell(transfer(ONE, "bob")).await;
    bench.does(Request::CallTransfer { call_id: ONE, to }).await;
    bench.notices(Notice::CallEnded { call_id: ONE, reason: EndReason::TRANSFERRED }).await;
    let ended = bench.ends(ONE).await;
    assert_eq!((ended.end, ended.connected_for.is_some()), (EndReason::TRANSFERRED, true));
    assert_eq!(ended.handed_over, Some(HandedOver { who: person("carol"), to: person("bob") }));
}

#[tokio::test]
async fn a_call_that_was_handed_on_may_come_back() {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(ONE, "carol").await;
    bench.notices(Notice::CallEnded { call_id: ONE, reason: EndReason::TRANSFERRED }).await;
    let via = Via::Returned { from: person("bob"), reason: EndReason::DECLINED };
    bench.rings_by(ONE, "carol", Some(via.clone())).await;
    bench.tell(Command::Answer(ONE)).await;
    let view = bench.shows(ONE, |view| view.state == CallState::Connecting).await;
    assert_eq!((view.via, view.direction), (Some(via), Direction::Incoming));
    assert!(matches!(bench.asks().await.1, Request::CallAnswer { call_id: ONE, .. }));
    bench.stands(ONE, CallState::Connected).await;
}

#[tokio::test]
async fn what_comes_back_before_its_last_figures_are_in_rings_once_its_end_was_told() {
    // Its voice thread has yet to say that the call is over there.
    let mut bench = Bench::told_of_the_voice(JoinMuted::Never, SourceChoice::Silence).await;
    bench.talks_to(ONE, "carol").await;
    bench.notices(Notice::CallEnded { call_id: ONE, reason: EndReason::TRANSFERRED }).await;
    let via = Some(Via::Returned { from: person("bob"), reason: EndReason::DECLINED });
    bench
        .notices(Notice::CallIncoming { call_id: ONE, from: person("carol"), at: UnixMillis(1), group: None, via })
        .await;
    for expected in ["ended", "rings"] {
        let told = bench.until("tell of it", |event| match event {
            Event::Ended(_) => Some("ended"),
            Event::Incoming(_) => Some("rings"),
            _ => None,
        });
        assert_eq!(told.await, expected);
    }
}

#[tokio::test]
async fn a_call_is_handed_to_whom_was_asked_and_both_end_here() {
    let (mut bench, asked) = consulting().await;
    bench.tell(Command::Transfer { call: ONE, to: TransferTo::Call(asked) }).await;
    let to = TransferTarget::Call { call_id: asked };
    bench.does(Request::CallTransfer { call_id: ONE, to }).await;
    // In whichever order they end: nobody is resumed.
    for call_id in [asked, ONE] {
        bench.notices(Notice::CallEnded { call_id, reason: EndReason::TRANSFERRED }).await;
        let ended = bench.ends(call_id).await;
        assert!(ended.handed_over.is_some(), "both tell who goes to whom");
    }
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn what_can_not_be_handed_on_is_not() {
    let mut bench = Bench::for_calls(8).await;
    bench.tell(transfer(ONE, "bob")).await;
    assert!(matches!(bench.refused("transfer").await, Refusal::NotNow(_)), "there is no call");
    bench.talks_to(ONE, "carol").await;
    let calls = [ONE, TWO].map(|call| Command::Transfer { call: ONE, to: TransferTo::Call(call) });
    let park = Command::Park { call: TWO, slot: None };
    let merges = [(ONE, ONE), (ONE, TWO), (TWO, ONE)].map(|(call, with)| Command::Merge { call, with });
    for (what, commands) in
        [("transfer", &[transfer(ONE, " ")][..]), ("transfer", &calls), ("park", &[park]), ("merge", &merges)]
    {
        for command in commands {
            bench.tell(command.clone()).await;
            assert!(matches!(bench.refused(what).await, Refusal::NotNow(_)), "{command:?}");
        }
    }
    bench.notices(Notice::CallGroup { call_id: ONE, group: group(), may_end: true }).await;
    bench.shows(ONE, |view| view.group.is_some()).await;
    for (what, command) in [("transfer", transfer(ONE, "bob")), ("park", Command::Park { call: ONE, slot: None })] {
        bench.tell(command).await;
        assert!(matches!(bench.refused(what).await, Refusal::NotNow(_)), "a group call: {what}");
    }
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn two_calls_are_brought_together_without_a_hold_in_between() {
    let (mut bench, asked) = consulting().await;
    bench.tell(Command::Merge { call: ONE, with: asked }).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::CallMerge { call_id: ONE, with: asked });
    bench.notices(Notice::CallGroup { call_id: ONE, group: group(), may_end: true }).await;
    bench.stands(ONE, CallState::Connected).await;
    bench.notices(Notice::CallEnded { call_id: asked, reason: EndReason::MERGED }).await;
    bench.answers(id, Response::Done {}).await;
    bench.activates(Some(ONE)).await;
    assert_eq!(bench.ends(asked).await.end, EndReason::MERGED);
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn a_merge_that_was_refused_leaves_both_calls_as_they_were() {
    let (mut bench, asked) = consulting().await;
    bench.tell(Command::Merge { call: ONE, with: asked }).await;
    let (id, _) = bench.asks().await;
    bench.refuses(id, FailureCode::Conflict).await;
    assert!(matches!(bench.refused("merge").await, Refusal::Service(_)));
    bench.asks_nothing_else().await;
    // Somebody else resumes what is not talked in: it is held again.
    bench.stands(ONE, CallState::Connected).await;
    bench.does(hold(ONE, true)).await;
}

#[tokio::test]
async fn what_is_picked_up_and_answered_in_one_moment_is_one_call() {
    let mut bench = Bench::for_calls(8).await;
    let waiting = parked(1, "dave");
    let (id, slot) = (waiting.call_id, waiting.slot);
    bench.rings_by(id, "dave", Some(Via::Recalled { slot })).await;
    bench.tell(Command::PickUp(slot)).await;
    let (picks, Request::CallPickUp { offer, .. }) = bench.asks().await else { panic!("nobody is picked up") };
    bench.tell(Command::Answer(id)).await;
    let (late, Request::CallAnswer { .. }) = bench.asks().await else { panic!("no answer") };
    let picked_up = Response::PickedUp { call_id: id, person: waiting.person, answer: answer(&offer) };
    bench.answers(picks, picked_up).await;
    bench.refuses(late, FailureCode::Conflict).await;
    bench.stands(id, CallState::Connected).await;
    bench.tell(Command::HangUp(id)).await;
    bench.does(Request::CallHangUp { call_id: id }).await;
    assert_eq!(bench.ends(id).await.end, EndReason::HUNG_UP);
    bench.tell(Command::HangUp(id)).await;
    assert!(matches!(bench.refused("hang up").await, Refusal::NotNow(_)), "there is no other one");
}

#[tokio::test]
async fn a_call_is_parked_and_everybody_sees_where() {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(ONE, "carol").await;
    bench.tell(Command::Park { call: ONE, slot: None }).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::CallPark { call_id: ONE, slot: None });
    bench.refuses(id, FailureCode::Conflict).await;
    assert!(matches!(bench.refused("park").await, Refusal::Service(_)));
    let slot = 4.try_into().unwrap();
    bench.tell(Command::Park { call: ONE, slot: Some(slot) }).await;
    let (id, _) = bench.asks().await;
    bench.notices(Notice::CallEnded { call_id: ONE, reason: EndReason::PARKED }).await;
    bench.answers(id, Response::Parked { slot }).await;
    bench.until("be parked", |event| (*event == Event::Parked { call: ONE, slot }).then_some(())).await;
    let [dave, carol] = [parked(1, "dave"), parked(4, "carol")];
    bench.notices(Notice::ParkedChanged { slot, parked: Some(carol.clone()) }).await;
    assert_eq!(slots(&mut bench).await, [dave.clone(), carol], "by slot, with who was there at the start");
    bench.notices(Notice::ParkedChanged { slot, parked: None }).await;
    assert_eq!(slots(&mut bench).await, [dave]);
}

#[tokio::test]
async fn who_waits_in_a_slot_is_picked_up_and_whoever_was_talked_to_is_held() {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(ONE, "carol").await;
    let (slot, waiting) = (1.try_into().unwrap(), parked(1, "dave"));
    bench.tell(Command::PickUp(slot)).await;
    let (id, _) = bench.asks().await;
    bench.refuses(id, FailureCode::NotFound).await;
    assert!(matches!(bench.refused("pick up").await, Refusal::Service(_)));
    bench.asks_nothing_else().await;

    bench.tell(Command::PickUp(slot)).await;
    let (id, Request::CallPickUp { offer, .. }) = bench.asks().await else { panic!("nobody is picked up") };
    // Told before the answer, as sound and signalling race.
    bench.notices(Notice::CallChanged { call_id: waiting.call_id, state: CallState::Connected }).await;
    let picked_up =
        Response::PickedUp { call_id: waiting.call_id, person: waiting.person.clone(), answer: answer(&offer) };
    bench.answers(id, picked_up).await;
    bench.activates(Some(waiting.call_id)).await;
    let view = bench.shows(waiting.call_id, |view| view.state == CallState::Connected).await;
    assert_eq!((view.with.person(), view.direction), (Some(&person("dave")), Direction::Incoming));
    bench.does(hold(ONE, true)).await;
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn who_is_there_instead_is_shown_and_the_time_goes_on() {
    let mut bench = Bench::for_calls(1).await;
    let before = bench.talks_to(ONE, "carol").await;
    let rings = Participant { person: person("dave"), state: ParticipantState::Ringing, muted: false };
    let handed = Event::HandedOn {
        call: ONE,
        by: person("carol"),
        to: HandedTo::Person { person: person("dave") },
        forwarded: None,
    };
    let Event::HandedOn { by, to, .. } = handed.clone() else { unreachable!() };
    bench.notices(Notice::CallHandedOn { call_id: ONE, by, to, forwarded: None }).await;
    bench.until("say so", |event| (*event == handed).then_some(())).await;
    bench.notices(Notice::CallParticipant { call_id: ONE, participant: rings }).await;
    let view = bench.stands(ONE, CallState::Ringing).await;
    assert_eq!(view.other_side(), Some(&person("dave")));
    assert_eq!(view.with, before.with, "it began with Carol");
    let connected = bench.stands(ONE, CallState::Connected).await;
    assert_eq!(connected.connected_at, before.connected_at);
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn how_a_call_came_is_forgotten_once_the_other_side_hands_it_on() {
    let mut bench = Bench::for_calls(1).await;
    let via = Via::Forwarded { by: person("bob"), when: ForwardWhen::NoAnswer };
    bench.rings_by(ONE, "carol", Some(via.clone())).await;
    bench.tell(Command::Answer(ONE)).await;
    let view = bench.shows(ONE, |_| true).await;
    assert_eq!(view.via, Some(via));
    let to = HandedTo::Person { person: person("bob") };
    bench.notices(Notice::CallHandedOn { call_id: ONE, by: person("carol"), to, forwarded: None }).await;
    let view = bench.stands(ONE, CallState::Ringing).await;
    assert_eq!(view.via, None, "Bob did not forward the call that rings at Bob");
}

#[tokio::test]
async fn who_waits_is_not_asked_about_the_own_call() {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(ONE, "bob").await;
    bench.tell(Command::Consult { call: ONE, to: "bob".into() }).await;
    assert!(matches!(bench.refused("consult").await, Refusal::NotNow(_)));
    bench.asks_nothing_else().await;
}

/// Carol waits in the first call, and Bob is asked.
async fn consulting() -> (Bench, CallId) {
    let mut bench = Bench::for_calls(8).await;
    bench.talks_to(ONE, "carol").await;
    bench.tell(Command::Consult { call: ONE, to: "bob".into() }).await;
    bench.does(hold(ONE, true)).await;
    bench.stands(ONE, CallState::LocalHold).await;
    let (id, Request::CallStart { call_id: asked, to, offer, .. }) = bench.asks().await else { panic!("no call") };
    assert_eq!(to, person("bob").identity);
    bench.answers(id, Response::Leg { answer: answer(&offer) }).await;
    let view = bench.stands(asked, CallState::Connected).await;
    assert_eq!(view.consult_of, Some(ONE));
    (bench, asked)
}

fn transfer(call: CallId, to: &str) -> Command {
    Command::Transfer { call, to: TransferTo::Person(to.into()) }
}

fn hold(call_id: CallId, on: bool) -> Request {
    Request::CallHold { call_id, on }
}

async fn slots(bench: &mut Bench) -> Vec<ParkedCall> {
    bench
        .until("tell who is parked", |event| match event {
            Event::ParkedCalls(parked) => Some(parked.clone()),
            _ => None,
        })
        .await
}
