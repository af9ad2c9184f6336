//! Rules that make no sense, from clients that say what they like: refused by kind, and what was kept stays.

use switchboard::domain::end_reason::EndReason;
use switchboard::domain::forwarding::{AccountRules, CallRules, ForwardWhen};
use switchboard::domain::id::Identity;
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::frame::FromService;
use switchboard::protocol::notice::Notice;
use switchboard::protocol::request::Request;
use switchboard::protocol::response::Response;

use crate::raw::Raw;
use crate::support::TestService;

fn to(when: ForwardWhen, who: &Identity) -> CallRules {
    let mut rules = CallRules::default();
    rules.set(when, Some(who.clone()));
    rules
}

async fn kept(service: &TestService) -> AccountRules {
    Raw::welcomed(service, "alice").await.1.rules
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_name_oneself_nobody_or_too_many_are_refused() {
    let service = TestService::start().await;
    let (mut alice, welcome) = Raw::welcomed(&service, "alice").await;
    let bob = &welcome.friends.iter().find(|friend| friend.person.name.as_str() == "bob").unwrap().person.identity;
    let sensible = to(ForwardWhen::Busy, bob);
    assert!(matches!(alice.ask(Request::RulesSet { rules: sensible.clone() }).await, Ok(Response::Done {})));
    let nobody: Identity = "8:acs:nobody_here".parse().unwrap();
    let excepting = |except: Vec<Identity>| CallRules { except, ..CallRules::default() };
    let many = |count| (0..count).map(|number| format!("8:acs:somebody_{number}").parse().unwrap()).collect();
    for when in ForwardWhen::ALL {
        let rules = to(when, &welcome.me.identity);
        assert_eq!(alice.is_refused(Request::RulesSet { rules }).await, FailureCode::BadRequest);
        let rules = to(when, &nobody);
        assert_eq!(alice.is_refused(Request::RulesSet { rules }).await, FailureCode::NotFound);
    }
    for (rules, code) in [
        (excepting(vec![nobody]), FailureCode::NotFound),
        (excepting(many(CallRules::MOST_EXCEPT)), FailureCode::NotFound),
        (excepting(many(CallRules::MOST_EXCEPT + 1)), FailureCode::BadRequest),
    ] {
        assert_eq!(alice.is_refused(Request::RulesSet { rules }).await, code);
    }
    // The same person often is one exception.
    let often = excepting(vec![bob.clone(); CallRules::MOST_EXCEPT * 2]);
    assert_eq!(kept(&service).await.rules, sensible, "what was refused changed nothing");
    assert!(matches!(alice.ask(Request::RulesSet { rules: often }).await, Ok(Response::Done {})));
    assert_eq!(kept(&service).await.rules.except, std::slice::from_ref(bob));
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_are_none_are_bad_requests() {
    let service = TestService::start().await;
    let (mut alice, _) = Raw::welcomed(&service, "alice").await;
    let nonsense = [
        r#"{"after_seconds":4}"#,
        r#"{"after_seconds":121}"#,
        r#"{"after_seconds":-5}"#,
        r#"{"after_seconds":"soon"}"#,
        r#"{"always":""}"#,
        r#"{"always":7}"#,
        r#"{"busy":"bob"}"#,
        r#"{"except":"everybody"}"#,
        r#"{"except":[null]}"#,
        r#"{"pick_up":"anybody"}"#,
        "[7]",
        "null",
    ];
    for rules in nonsense {
        alice.says(&format!(r#"{{"id":900,"request":{{"rules_set":{{"rules":{rules}}}}}}}"#)).await;
        let Some(FromService::Failure { failure, .. }) = alice.answer().await else { panic!("{rules} was taken") };
        assert_eq!(failure.code, FailureCode::BadRequest, "{rules}");
    }
    alice.is_served().await;
    assert_eq!(kept(&service).await, AccountRules::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_lead_in_circles_end_every_call() {
    let service = TestService::start().await;
    let (mut alice, welcome) = Raw::welcomed(&service, "alice").await;
    let names = ["bob", "carol"];
    let [bob, carol] = names.map(|name| {
        let friend = welcome.friends.iter().find(|friend| friend.person.name.as_str() == name);
        friend.unwrap().person.identity.clone()
    });
    for (name, next) in [("bob", &carol), ("carol", &bob)] {
        let (mut client, _) = Raw::welcomed(&service, name).await;
        let mut rules = CallRules::default();
        ForwardWhen::ALL.into_iter().for_each(|when| rules.set(when, Some(next.clone())));
        assert!(matches!(client.ask(Request::RulesSet { rules }).await, Ok(Response::Done {})));
        client.requests(Request::Bye {}).await;
        client.ends().await;
    }
    let call = alice.starts_call(&bob).await;
    let end = alice.notice(|notice| match notice {
        Notice::CallEnded { call_id, reason } if *call_id == call => Some(*reason),
        _ => None,
    });
    assert_eq!(end.await, EndReason::OFFLINE);
    alice.is_served().await;
}
