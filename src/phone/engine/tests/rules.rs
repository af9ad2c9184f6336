//! The rules of the account: set as a whole, one after another, and told back.

use super::kit::{Bench, person};
use crate::config::JoinMuted;
use crate::domain::forwarding::{AccountRules, CallRules, ForwardWhen, PickUpBy};
use crate::phone::command::Command;
use crate::phone::event::{Event, Refusal};
use crate::protocol::failure::FailureCode;
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;
use crate::protocol::response::Response;

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
