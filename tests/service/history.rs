//! Call records, of both sides.

use switchboard::domain::call::Direction;
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::record::Outcome;
use switchboard::phone::command::Command;

use crate::support::{TestService, connect};

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
    let outcomes = |records: Vec<switchboard::domain::record::CallRecord>| -> Vec<_> {
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
