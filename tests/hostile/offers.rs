//! SDP that is none, or nearly: `media_refused` or answered, and no leg stays behind.

use switchboard::base::seed::Seed;
use switchboard::domain::group::GroupKey;
use switchboard::domain::id::GroupId;
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::request::{Request, Sdp};
use switchboard::protocol::response::Response;

use crate::raw::{Raw, call, legs, offer};
use crate::readers::{corpus, mutate};
use crate::support::TestService;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_offer_is_refused_as_media() {
    let service = TestService::start().await;
    let (mut alice, _) = Raw::welcomed(&service, "alice").await;
    let call_id = call();
    for (name, bytes) in corpus("sdp-none") {
        let offer = Sdp(String::from_utf8_lossy(&bytes).into_owned());
        let to = "8:echo123".parse().unwrap();
        let start = Request::CallStart { call_id, to, offer: offer.clone(), ring_seconds: None };
        let group = GroupKey::Id(GroupId(call_id.0));
        let join = Request::GroupJoin { group, offer: offer.clone(), existing: false, muted: false };
        let answer = Request::CallAnswer { call_id, offer: offer.clone() };
        for request in [start, answer, join, Request::CallRejoin { call_id, offer }] {
            assert_eq!(alice.is_refused(request).await, FailureCode::MediaRefused, "{name}");
        }
    }
    legs(&service, 0).await;
    alice.is_served().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mangled_offers_are_refused_or_answered_and_leave_nothing() {
    let service = TestService::start().await;
    let (mut alice, _) = Raw::welcomed(&service, "alice").await;
    let good = offer().0;
    let mut seed = Seed::new(20_261_122);
    let (mut refused, mut answered) = (0, 0);
    for round in 0..120 {
        let offer = Sdp(String::from_utf8_lossy(&mutate(good.as_bytes(), &mut seed)).into_owned());
        let chosen = call();
        let request = if round % 2 == 0 {
            let to = "8:echo123".parse().unwrap();
            Request::CallStart { call_id: chosen, to, offer, ring_seconds: None }
        } else {
            let group = GroupKey::Id(GroupId(chosen.0));
            Request::GroupJoin { group, offer, existing: false, muted: false }
        };
        let call_id = match alice.ask_patiently(request).await {
            Ok(Response::Leg { .. }) => chosen,
            Ok(Response::Joined { call_id, .. }) => call_id,
            Err(failure) if failure.code == FailureCode::MediaRefused => {
                refused += 1;
                continue;
            }
            other => panic!("{other:?} in round {round}"),
        };
        answered += 1;
        // The call may have ended already, by a leg that could not come up.
        alice.ask_patiently(Request::CallHangUp { call_id }).await.ok();
    }
    assert!(refused > 10 && answered > 0, "{refused} refused, {answered} answered");
    legs(&service, 0).await;
    alice.is_served().await;
}
