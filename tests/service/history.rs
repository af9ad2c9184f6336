//! Call records, of both sides.

use switchboard::domain::call::Direction;
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::id::CallId;
use switchboard::domain::record::{CallRecord, HistoryFilter, Outcome};
use switchboard::phone::command::Command;
use switchboard::phone::event::{Event, Refusal};

use crate::support::{TestPhone, TestService, connect};

/// Calls somebody, and gives up once it rings there.
async fn misses(caller: &mut TestPhone, callee: &mut TestPhone) -> CallId {
    let call = caller.calls(&callee.name).await;
    callee.rings().await;
    caller.hangs_up(call).await;
    caller.ends().await;
    call
}

/// Waits until the last count of missed calls the phone was told is this.
async fn has_missed(phone: &mut TestPhone, count: u32) {
    let told = |event: &Event| if let Event::Missed(missed) = event { Some(*missed) } else { None };
    if phone.seen.iter().rev().find_map(told) != Some(count) {
        let what = format!("be told of {count} missed calls");
        phone.until(&what, |event| (told(event) == Some(count)).then_some(())).await;
    }
}

async fn notes(phone: &TestPhone, call: CallId, note: &str) {
    phone.tell(Command::NoteCall { call, note: note.parse().ok() }).await;
}

/// Waits for the record of a call like that.
async fn is_told(phone: &mut TestPhone, call: CallId, like_that: impl Fn(&CallRecord) -> bool) -> CallRecord {
    phone
        .until("be told of a record like that", |event| match event {
            Event::Recorded(record) if record.call_id == call && like_that(record) => Some(record.clone()),
            _ => None,
        })
        .await
}

async fn finds(phone: &mut TestPhone, filter: HistoryFilter) -> Vec<CallRecord> {
    phone.tell(Command::SearchHistory(filter.clone())).await;
    phone
        .until("find records", |event| match event {
            Event::HistoryFound { filter: of, records } if *of == filter => Some(records.clone()),
            _ => None,
        })
        .await
}

fn noted(record: &CallRecord) -> &str {
    record.note.as_ref().map_or("", |note| note.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_recorded_for_both_sides() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let call = connect(&mut alice, &mut bob).await;
    bob.hangs_up(call).await;
    let (told_alice, told_bob) = (alice.records().await, bob.records().await);
    for (record, with, direction) in
        [(&told_alice, &bob, Direction::Outgoing), (&told_bob, &alice, Direction::Incoming)]
    {
        assert_eq!((record.call_id, record.with.person(), record.direction), (call, Some(&with.person()), direction));
        assert_eq!((record.outcome, record.end), (Outcome::Answered, Some(EndReason::HUNG_UP)));
        let (answered, ended) = (record.answered_at.unwrap(), record.ended_at.unwrap());
        assert!(record.started_at <= answered && answered <= ended);
    }
    assert_eq!(alice.history().await, [told_alice]);
    assert_eq!(bob.history().await, [told_bob]);
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_and_declined_calls_are_recorded_newest_first() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let missed = alice.calls("bob").await;
    bob.rings().await;
    alice.hangs_up(missed).await;
    alice.records().await;
    let declined = alice.calls("bob").await;
    bob.rings().await;
    bob.tell(Command::Decline(declined)).await;
    alice.records().await;
    let outcomes = |records: Vec<CallRecord>| -> Vec<_> {
        records.iter().map(|record| (record.call_id, record.outcome)).collect()
    };
    assert_eq!(outcomes(alice.history().await), [(declined, Outcome::Declined), (missed, Outcome::Cancelled)]);
    assert_eq!(outcomes(bob.history().await), [(declined, Outcome::Declined), (missed, Outcome::Missed)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_finds_the_missed_call_later() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let call = alice.calls("bob").await;
    assert_eq!(alice.ends().await.end, EndReason::OFFLINE);
    let mut bob = service.silent_phone("bob").await;
    let records = bob.history().await;
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].call_id, records[0].outcome), (call, Outcome::Missed));
    assert_eq!((records[0].direction, records[0].with.person()), (Direction::Incoming, Some(&alice.person())));
    assert_eq!(alice.history().await[0].outcome, Outcome::NoAnswer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_written_during_a_call_is_told_to_all_phones_and_stays() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut desk = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let call = connect(&mut alice, &mut bob).await;
    notes(&alice, call, "wants a \u{1b}[31mrefund").await;
    for phone in [&mut alice, &mut desk] {
        let record = is_told(phone, call, |record| record.note.is_some()).await;
        assert_eq!((noted(&record), record.outcome), ("wants a [31mrefund", Outcome::Ongoing));
    }
    bob.hangs_up(call).await;
    for phone in [&mut alice, &mut desk] {
        let record = is_told(phone, call, |record| record.ended_at.is_some()).await;
        assert_eq!((noted(&record), record.outcome), ("wants a [31mrefund", Outcome::Answered));
    }
    assert_eq!(noted(&alice.history().await[0]), "wants a [31mrefund");
    assert_eq!(noted(&bob.history().await[0]), "", "what somebody notes is for them alone");
    notes(&desk, call, "").await;
    let record = is_told(&mut alice, call, |record| record.note.is_none()).await;
    assert_eq!(alice.history().await, [record]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_needs_a_call_of_ones_own() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let mut carol = service.silent_phone("carol").await;
    let call = misses(&mut alice, &mut bob).await;
    alice.records().await;
    notes(&carol, call, "not mine").await;
    assert!(matches!(carol.is_refused("note").await, Refusal::Service(_)));
    assert_eq!(noted(&alice.history().await[0]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_calls_are_counted_for_all_phones_until_one_has_seen_them() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut desk = service.silent_phone("bob").await;
    let mut mobile = service.silent_phone("bob").await;
    for count in 1..=2 {
        misses(&mut alice, &mut desk).await;
        has_missed(&mut desk, count).await;
        has_missed(&mut mobile, count).await;
    }
    mobile.tell(Command::SeeMissed).await;
    has_missed(&mut mobile, 0).await;
    has_missed(&mut desk, 0).await;
    desk.quits().await;
    mobile.quits().await;
    // Missed while no phone was there.
    alice.calls("bob").await;
    alice.ends().await;
    alice.history().await;
    let mut later = service.silent_phone("bob").await;
    has_missed(&mut later, 1).await;
    let missed = finds(&mut later, HistoryFilter { missed: true, ..HistoryFilter::default() }).await;
    assert_eq!(missed.len(), 3, "all of them are found, seen or not");
    assert!(
        alice.seen.iter().all(|event| !matches!(event, Event::Missed(count) if *count > 0)),
        "the caller missed none"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn past_calls_are_found_by_person_and_by_text() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let mut carol = service.silent_phone("carol").await;
    let to_bob = misses(&mut alice, &mut bob).await;
    is_told(&mut alice, to_bob, |record| record.ended_at.is_some()).await;
    let to_carol = misses(&mut alice, &mut carol).await;
    is_told(&mut alice, to_carol, |record| record.ended_at.is_some()).await;
    notes(&alice, to_carol, "Asked for BOB").await;
    is_told(&mut alice, to_carol, |record| record.note.is_some()).await;
    let calls = |records: Vec<CallRecord>| -> Vec<CallId> { records.iter().map(|record| record.call_id).collect() };
    let text = |text: &str| HistoryFilter { text: Some(text.to_owned()), ..HistoryFilter::default() };
    assert_eq!(calls(finds(&mut alice, text("bob")).await), [to_carol, to_bob]);
    assert_eq!(calls(finds(&mut alice, text("ASKED")).await), [to_carol]);
    assert_eq!(calls(finds(&mut alice, text("nothing")).await), []);
    let with = HistoryFilter { with: Some(bob.identity()), ..HistoryFilter::default() };
    assert_eq!(calls(finds(&mut alice, with).await), [to_bob]);
    assert_eq!(calls(finds(&mut alice, HistoryFilter { missed: true, ..text("bob") }).await), []);
}
