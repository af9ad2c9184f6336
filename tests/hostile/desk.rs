//! Calls handed on, parked and merged by those who may not, or where it makes no sense: refused by kind, and nothing
//! has changed.

use switchboard::domain::id::CallId;
use switchboard::domain::park::ParkSlot;
use switchboard::domain::person::Person;
use switchboard::domain::transfer::TransferTarget;
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::frame::{FromService, Welcome};
use switchboard::protocol::request::Request;
use switchboard::protocol::response::Response;

use crate::raw::{Raw, call, legs, offer};
use crate::support::TestService;

fn friend<'a>(welcome: &'a Welcome, name: &str) -> &'a Person {
    &welcome.friends.iter().find(|friend| friend.person.name.as_str() == name).unwrap().person
}

fn slot(number: u8) -> ParkSlot {
    number.try_into().unwrap()
}

/// Everything that hands a call on.
fn handings(call_id: CallId, with: CallId, to: &Person) -> [Request; 5] {
    let person = TransferTarget::Person { identity: to.identity.clone() };
    [
        Request::CallTransfer { call_id, to: person },
        Request::CallTransfer { call_id, to: TransferTarget::Call { call_id: with } },
        Request::CallMerge { call_id, with },
        Request::CallPark { call_id, slot: None },
        Request::CallPark { call_id, slot: Some(slot(20)) },
    ]
}

async fn all_are_refused(client: &mut Raw, requests: impl IntoIterator<Item = Request>, code: FailureCode) {
    for request in requests {
        assert_eq!(client.is_refused(request.clone()).await, code, "{request:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_not_there_are_not_handed_on() {
    let service = TestService::start().await;
    let (mut alice, welcome) = Raw::welcomed(&service, "alice").await;
    all_are_refused(&mut alice, handings(call(), call(), friend(&welcome, "bob")), FailureCode::NotFound).await;
    let myself = TransferTarget::Person { identity: welcome.me.identity.clone() };
    let nobody = TransferTarget::Person { identity: "8:acs:nobody_here".parse().unwrap() };
    let transfer = |to| Request::CallTransfer { call_id: call(), to };
    all_are_refused(&mut alice, [transfer(myself)], FailureCode::BadRequest).await;
    all_are_refused(&mut alice, [transfer(nobody)], FailureCode::NotFound).await;
    let pick_up = Request::CallPickUp { slot: slot(1), offer: offer() };
    all_are_refused(&mut alice, [pick_up], FailureCode::NotFound).await;
    let Ok(Response::ParkedCalls { parked }) = alice.ask(Request::ParkedList {}).await else { panic!("no list") };
    assert_eq!(parked, []);
    legs(&service, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_that_do_not_exist_are_bad_requests() {
    let service = TestService::start().await;
    let (mut alice, _) = Raw::welcomed(&service, "alice").await;
    for slot in ["0", "21", "-1", "256", "1.5", "\"one\"", "[]"] {
        let request = format!(r#"{{"id":900,"request":{{"call_park":{{"call_id":"{}","slot":{slot}}}}}}}"#, call());
        alice.says(&request).await;
        let Some(FromService::Failure { failure, .. }) = alice.answer().await else { panic!("{slot} was taken") };
        assert_eq!(failure.code, FailureCode::BadRequest, "{slot}");
    }
    alice.is_served().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_others_and_calls_nobody_talks_in_are_not_handed_on() {
    let service = TestService::start().await;
    let (mut alice, welcome) = Raw::welcomed(&service, "alice").await;
    let (mut bob, _) = Raw::welcomed(&service, "bob").await;
    let (mut carol, _) = Raw::welcomed(&service, "carol").await;
    let call_id = alice.starts_call(&friend(&welcome, "bob").identity).await;
    bob.rings().await;
    let others = friend(&welcome, "carol");
    for answered in [false, true] {
        if answered {
            assert!(matches!(bob.ask(Request::CallAnswer { call_id, offer: offer() }).await, Ok(Response::Leg { .. })));
        }
        // Its sound never comes up: nobody is connected.
        let [transfer, _, _, park, at] = handings(call_id, call(), others);
        all_are_refused(&mut alice, [transfer, park, at], FailureCode::Conflict).await;
        all_are_refused(&mut carol, handings(call_id, call(), friend(&welcome, "bob")), FailureCode::NotFound).await;
    }
    legs(&service, 2).await;
    assert!(matches!(alice.ask(Request::CallHangUp { call_id }).await, Ok(Response::Done {})));
    legs(&service, 0).await;
}
