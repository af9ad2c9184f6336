//! A call that rings, and is answered or not.

use super::kit::{Bench, CALL, person};
use crate::config::JoinMuted;
use crate::domain::end_reason::EndReason;
use crate::domain::time::UnixMillis;
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;

#[tokio::test]
async fn an_answer_that_comes_too_late_ends_as_the_call_did() {
    let conflict = Failure::new(FailureCode::Conflict, "not any more");
    let elsewhere = EndReason::ANSWERED_ELSEWHERE;
    for (failure, reason, told) in [
        (Failure::new(FailureCode::NotFound, "over"), EndReason::CANCELLED, false),
        (Failure::new(FailureCode::NotFound, "over"), EndReason::CANCELLED, true),
        (conflict.clone(), EndReason::CANCELLED, false),
        (conflict.with_sub_code(elsewhere.sub_code), elsewhere, true),
    ] {
        let mut bench = Bench::new(JoinMuted::Auto).await;
        let incoming =
            Notice::CallIncoming { call_id: CALL, from: person("bob"), at: UnixMillis(1), group: None, via: None };
        bench.notices(incoming).await;
        bench.asks().await;
        bench.tell(Command::Answer(CALL)).await;
        let (id, Request::CallAnswer { .. }) = bench.asks().await else { panic!("no answer") };
        if told {
            // It stopped ringing before the answer arrived.
            bench.notices(Notice::CallIncomingEnded { call_id: CALL, reason }).await;
        }
        bench.fails(id, failure).await;
        let end = bench
            .until("end", |event| match event {
                Event::Ended(summary) => Some(summary.end),
                Event::IncomingEnded { reason, .. } => Some(*reason),
                _ => None,
            })
            .await;
        assert_eq!(end, reason, "told before: {told}");
    }
}
