//! The rules of the account, favourites, and calls that ring at somebody else: what is asked for, and what is told.

use uuid::Uuid;

use super::kit::{Bench, answer, person};
use crate::config::JoinMuted;
use crate::domain::call::{CallState, Direction, Participant, ParticipantState};
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::{AccountRules, CallRules, ForwardAfter, ForwardWhen, PickUpBy};
use crate::domain::id::CallId;
use crate::domain::person::Friend;
use crate::domain::presence::Presence;
use crate::domain::transfer::{HandedTo, Via};
use crate::phone::command::Command;
use crate::phone::event::{Event, Refusal};
use crate::protocol::failure::FailureCode;
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;
use crate::protocol::response::Response;

const ONE: CallId = CallId(Uuid::from_u128(1));

#[tokio::test]
async fn rules_are_told_and_changed_over_what_was_told() {
    let mut bench = Bench::for_calls(8).await;
    let rules = CallRules { pick_up: PickUpBy::Nobody, ..CallRules::default() };
    let told = AccountRules { rules, people: Vec::new() };
    bench.notices(Notice::RulesChanged { rules: told.clone() }).await;
    bench.until("know the rules", |event| (*event == Event::Rules(told.clone())).then_some(())).await;
    let after = ForwardAfter::try_from(40).unwrap();
    let to = Some("bob".into());
    bench.tell(Command::Forward { when: ForwardWhen::NoAnswer, to, after: Some(after) }).await;
    let mut wanted = told.rules.clone();
    wanted.no_answer = Some(person("bob").identity);
    wanted.after_seconds = after;
    bench.does(Request::RulesSet { rules: wanted.clone() }).await;
    bench.tell(Command::Forward { when: ForwardWhen::NoAnswer, to: None, after: None }).await;
    wanted.no_answer = None;
    bench.does(Request::RulesSet { rules: wanted }).await;
    bench.tell(Command::Forward { when: ForwardWhen::Always, to: Some(" ".into()), after: None }).await;
    assert!(matches!(bench.refused("forward").await, Refusal::NotNow(_)));
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn two_changes_in_one_moment_are_both_made() {
    let mut bench = Bench::for_calls(8).await;
    let bob = person("bob").identity;
    bench.tell(Command::Except { who: "bob".into(), on: true }).await;
    bench.tell(Command::LetPickUp(PickUpBy::Everybody)).await;
    let excepted = CallRules { except: vec![bob.clone()], ..CallRules::default() };
    let (first, request) = bench.asks().await;
    assert_eq!(request, Request::RulesSet { rules: excepted.clone() });
    let both = CallRules { pick_up: PickUpBy::Everybody, ..excepted };
    let (second, request) = bench.asks().await;
    assert_eq!(request, Request::RulesSet { rules: both.clone() });
    bench.answers(first, Response::Done {}).await;
    bench.answers(second, Response::Done {}).await;
    // Before the service has told the rules anew.
    bench.tell(Command::Except { who: "bob".into(), on: true }).await;
    bench.does(Request::RulesSet { rules: both.clone() }).await;
    bench.tell(Command::Except { who: "bob".into(), on: false }).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::RulesSet { rules: CallRules { except: Vec::new(), ..both.clone() } });
    bench.refuses(id, FailureCode::BadRequest).await;
    assert!(matches!(bench.refused("except").await, Refusal::Service(_)));
    bench.tell(Command::LetPickUp(PickUpBy::Friends)).await;
    let (id, request) = bench.asks().await;
    let rules = CallRules { pick_up: PickUpBy::Friends, ..both };
    assert_eq!(request, Request::RulesSet { rules }, "what was refused is not set");
    bench.loses(id).await;
    assert_eq!(bench.refused("let pick up").await, Refusal::NotConnected);
}

#[tokio::test]
async fn a_favourite_is_asked_for_and_told_in_the_list() {
    let mut bench = Bench::for_calls(8).await;
    let (identity, favourite) = (person("bob").identity, Some(3.try_into().unwrap()));
    bench.tell(Command::Favour { identity: identity.clone(), favourite }).await;
    bench.does(Request::FriendFavour { identity: identity.clone(), favourite }).await;
    let friend = Friend { person: person("bob"), presence: Presence::offline(None), favourite };
    bench.notices(Notice::FriendChanged { friend: friend.clone() }).await;
    bench.until("tell it", |event| (*event == Event::Friends(vec![friend.clone()])).then_some(())).await;
    bench.tell(Command::Favour { identity: identity.clone(), favourite: None }).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::FriendFavour { identity, favourite: None });
    bench.refuses(id, FailureCode::NotFound).await;
    assert!(matches!(bench.refused("favour").await, Refusal::Service(_)));
}

#[tokio::test]
async fn a_call_that_rings_at_a_friend_is_picked_up() {
    let mut bench = Bench::for_calls(8).await;
    bench.tell(Command::PickUpRinging("nobody".into())).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::PeopleSearch { text: "nobody".into() });
    bench.answers(id, Response::People { people: Vec::new() }).await;
    assert_eq!(bench.refused("pick up").await, Refusal::NobodyCalled("nobody".into()));
    let (id, _) = picks_up_at_bob(&mut bench).await;
    bench.refuses(id, FailureCode::Forbidden).await;
    assert!(matches!(bench.refused("pick up").await, Refusal::Service(_)));
    let (id, offer) = picks_up_at_bob(&mut bench).await;
    bench.answers(id, Response::PickedUp { call_id: ONE, person: person("carol"), answer: answer(&offer) }).await;
    bench.activates(Some(ONE)).await;
    bench.until("have picked up", |event| (*event == Event::PickedUp(ONE)).then_some(())).await;
    let view = bench.stands(ONE, CallState::Connected).await;
    assert_eq!((view.with.person(), view.direction), (Some(&person("carol")), Direction::Incoming));
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn one_thing_is_joined_or_picked_up_at_a_time() {
    let mut bench = Bench::for_calls(8).await;
    let (joins, _, _) = bench.asks_to_join(None).await;
    bench.tell(Command::PickUpRinging("bob".into())).await;
    assert!(matches!(bench.refused("pick up").await, Refusal::NotNow(_)));
    bench.refuses(joins, FailureCode::NotFound).await;
    bench.refused("join").await;
    picks_up_at_bob(&mut bench).await;
    bench.joins("k7mq-3tzf").await;
    assert!(matches!(bench.refused("join").await, Refusal::NotNow(_)));
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn a_call_that_is_forwarded_rings_at_the_next_and_whoever_that_is_is_shown() {
    let mut bench = Bench::for_calls(8).await;
    bench.tell(Command::Call { to: "bob".into(), ring_for: None }).await;
    let (id, Request::CallStart { call_id: call, offer, .. }) = bench.asks().await else { panic!("no call") };
    bench.answers(id, Response::Leg { answer: answer(&offer) }).await;
    bench.stands(call, CallState::Ringing).await;
    let to = HandedTo::Person { person: person("carol") };
    let (by, forwarded) = (person("bob"), Some(ForwardWhen::NoAnswer));
    let handed = Event::HandedOn { call, by: by.clone(), to: to.clone(), forwarded };
    bench.notices(Notice::CallHandedOn { call_id: call, by, to, forwarded }).await;
    bench.until("say so", |event| (*event == handed).then_some(())).await;
    let participant = Participant { person: person("carol"), state: ParticipantState::Ringing, muted: false };
    bench.notices(Notice::CallParticipant { call_id: call, participant }).await;
    let view = bench.shows(call, |view| view.other_side() == Some(&person("carol"))).await;
    assert_eq!((view.state, view.with.person()), (CallState::Ringing, Some(&person("bob"))), "it began with Bob");
    let connected = bench.stands(call, CallState::Connected).await;
    assert!(connected.connected_at.is_some());
    bench.asks_nothing_else().await;
}

#[tokio::test]
async fn what_goes_on_at_somebody_else_rings_here_no_more() {
    for reason in [EndReason::PICKED_UP, EndReason::FORWARDED] {
        let mut bench = Bench::for_calls(8).await;
        let via = Via::Forwarded { by: person("carol"), when: ForwardWhen::Always };
        bench.rings_by(ONE, "bob", Some(via)).await;
        bench.notices(Notice::CallIncomingEnded { call_id: ONE, reason }).await;
        let ended = Event::IncomingEnded { call: ONE, from: person("bob"), reason };
        bench.until("stop ringing", |event| (*event == ended).then_some(())).await;
        bench.tell(Command::Answer(ONE)).await;
        assert!(matches!(bench.refused("answer").await, Refusal::NotNow(_)), "{reason:?}");
        bench.asks_nothing_else().await;
    }
}

async fn picks_up_at_bob(bench: &mut Bench) -> (u64, crate::protocol::request::Sdp) {
    bench.tell(Command::PickUpRinging("BOB".into())).await;
    match bench.asks().await {
        (id, Request::CallPickUpRinging { at, offer }) if at == person("bob").identity => (id, offer),
        other => panic!("{other:?}"),
    }
}

/// Calls nobody answers go to Bob, who rings in spite of do not disturb.
fn rules() -> AccountRules {
    let bob = person("bob");
    let rules =
        CallRules { no_answer: Some(bob.identity.clone()), except: vec![bob.identity.clone()], ..CallRules::default() };
    AccountRules { rules, people: vec![bob] }
}

/// A phone with these rules.
async fn ruled() -> Bench {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    bench.notices(Notice::RulesChanged { rules: rules() }).await;
    bench.until("take the rules", |event| (*event == Event::Rules(rules())).then_some(())).await;
    bench
}

fn off(when: ForwardWhen) -> Command {
    Command::Forward { when, to: None, after: None }
}

#[tokio::test]
async fn what_is_asked_for_next_builds_on_what_was_asked_for_before() {
    let mut bench = ruled().await;
    bench.tell(off(ForwardWhen::NoAnswer)).await;
    let first = CallRules { no_answer: None, ..rules().rules };
    bench.does(Request::RulesSet { rules: first.clone() }).await;
    bench.tell(Command::LetPickUp(PickUpBy::Nobody)).await;
    bench.does(Request::RulesSet { rules: CallRules { pick_up: PickUpBy::Nobody, ..first } }).await;
}

#[tokio::test]
async fn what_is_refused_is_told_as_it_still_is() {
    let mut bench = ruled().await;
    bench.tell(Command::LetPickUp(PickUpBy::Nobody)).await;
    let (id, _) = bench.asks().await;
    bench.refuses(id, FailureCode::BadRequest).await;
    assert!(matches!(bench.refused("let pick up").await, Refusal::Service(_)));
    assert_eq!(bench.next().await, Event::Rules(rules()));
    bench.tell(off(ForwardWhen::NoAnswer)).await;
    bench.does(Request::RulesSet { rules: CallRules { no_answer: None, ..rules().rules } }).await;
}

#[tokio::test]
async fn what_changes_nothing_is_told_all_the_same() {
    let mut bench = ruled().await;
    bench.tell(Command::LetPickUp(PickUpBy::Friends)).await;
    let (id, _) = bench.asks().await;
    bench.answers(id, Response::Done {}).await;
    assert_eq!(bench.next().await, Event::Rules(rules()));
}

#[tokio::test]
async fn whom_the_rules_name_already_need_not_be_looked_up() {
    let mut bench = ruled().await;
    let bob = person("bob").identity.as_str().to_owned();
    bench.tell(Command::Except { who: bob.clone(), on: false }).await;
    bench.does(Request::RulesSet { rules: CallRules { except: Vec::new(), ..rules().rules } }).await;
    let after = 45.try_into().ok();
    bench.tell(Command::Forward { when: ForwardWhen::NoAnswer, to: Some(bob), after }).await;
    let rules = CallRules { except: Vec::new(), after_seconds: after.unwrap(), ..rules().rules };
    bench.does(Request::RulesSet { rules }).await;
}
