//! Call records: looked for, noted, seen to be missed; how many were missed.

use super::kit::{Bench, CALL, person};
use crate::config::JoinMuted;
use crate::domain::call::{Direction, Peer};
use crate::domain::record::{CallRecord, HistoryFilter, Outcome};
use crate::domain::time::UnixMillis;
use crate::phone::command::Command;
use crate::phone::event::{Event, Refusal};
use crate::protocol::failure::FailureCode;
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;
use crate::protocol::response::Response;

#[tokio::test]
async fn records_that_match_are_told_with_what_was_asked_for() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    let filter = HistoryFilter { missed: true, text: Some("bob".into()), ..HistoryFilter::default() };
    bench.tell(Command::SearchHistory(filter.clone())).await;
    let (id, request) = bench.asks().await;
    assert!(matches!(&request, Request::HistoryList { filter: asked, .. } if *asked == filter), "{request:?}");
    bench.answers(id, Response::History { records: vec![record()] }).await;
    assert_eq!(bench.next().await, Event::HistoryFound { filter, records: vec![record()] });
    bench.tell(Command::SearchHistory(HistoryFilter::default())).await;
    let (id, _) = bench.asks().await;
    bench.refuses(id, FailureCode::Internal).await;
    bench.refused("history").await;
}

#[tokio::test]
async fn a_note_comes_back_with_its_record() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    let note = Some("wants a refund".parse().unwrap());
    bench.tell(Command::NoteCall { call: CALL, note: note.clone() }).await;
    bench.does(Request::HistoryNote { call_id: CALL, note: note.clone() }).await;
    assert_eq!(bench.next().await, Event::Done { what: "note" });
    let noted = CallRecord { note, ..record() };
    bench.notices(Notice::HistoryAdded { record: noted.clone() }).await;
    assert_eq!(bench.next().await, Event::Recorded(noted));
    bench.tell(Command::NoteCall { call: CALL, note: None }).await;
    let (id, _) = bench.asks().await;
    bench.refuses(id, FailureCode::NotFound).await;
    assert!(matches!(bench.refused("note").await, Refusal::Service(_)));
}

#[tokio::test]
async fn missed_calls_are_counted_until_they_are_seen() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    bench.notices(Notice::MissedChanged { missed: 3 }).await;
    bench.until("count", |event| (*event == Event::Missed(3)).then_some(())).await;
    bench.tell(Command::SeeMissed).await;
    bench.does(Request::HistorySeen {}).await;
}

fn record() -> CallRecord {
    CallRecord {
        call_id: CALL,
        with: Peer::Person(person("bob")),
        direction: Direction::Incoming,
        outcome: Outcome::Missed,
        started_at: UnixMillis(1),
        answered_at: None,
        ended_at: Some(UnixMillis(2)),
        end: None,
        answered_by: None,
        note: None,
    }
}
