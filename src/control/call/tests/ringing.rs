//! Before the answer: who rings, who wins, and every way it can end unanswered.

use std::time::Duration;

use super::*;

#[test]
fn every_free_endpoint_of_the_callee_rings() {
    let line = Line::calling(&[(BOB, Reach::Free), (BOB_TOO, Reach::Free), (STRANGER, Reach::InCall)]);
    let expected = vec![
        Effect::Accept,
        Effect::Record { side: Side::Caller, entry: Entry::Started },
        Effect::Record { side: Side::Callee, entry: Entry::Started },
        Effect::Ring { endpoint: BOB },
        Effect::Ring { endpoint: BOB_TOO },
    ];
    assert_eq!(line.began, expected);
}

#[test]
fn a_callee_who_cannot_ring_ends_the_call_with_the_reason_and_a_missed_record() {
    for (callee, reason, outcome) in [
        (vec![], EndReason::OFFLINE, Outcome::NoAnswer),
        (vec![(BOB, Reach::InCall)], EndReason::BUSY, Outcome::Busy),
        (vec![(BOB, Reach::DoNotDisturb)], EndReason::DO_NOT_DISTURB, Outcome::Busy),
        (vec![(BOB, Reach::InCall), (BOB_TOO, Reach::DoNotDisturb)], EndReason::BUSY, Outcome::Busy),
    ] {
        let line = Line::calling(&callee);
        assert_eq!(line.began[3..], ends(&[LEG_A], &[ALICE], reason, outcome, Outcome::Missed));
        assert!(line.call.is_over());
        assert_eq!(line.call.next_deadline(), None);
    }
}

#[test]
fn the_caller_learns_once_that_it_rings() {
    let mut line = Line::calling(&[(BOB, Reach::Free), (BOB_TOO, Reach::Free)]);
    let rings = vec![Effect::Accept, state(ALICE, CallState::Ringing), other(ALICE, ParticipantState::Ringing, false)];
    assert_eq!(line.feed(Event::Ringing { endpoint: BOB }), rings);
    assert_eq!(line.feed(Event::Ringing { endpoint: BOB }), [Effect::Accept]);
    assert_eq!(line.feed(Event::Ringing { endpoint: BOB_TOO }), [Effect::Accept]);
    assert_eq!(line.feed(Event::Ringing { endpoint: STRANGER }), refused(Refusal::NotInCall));
    assert_eq!(line.feed(Event::Ringing { endpoint: ALICE }), refused(Refusal::NotRinging));
}

#[test]
fn a_client_that_connects_while_it_rings_is_rung_too_and_may_answer() {
    let mut line = Line::ringing();
    assert_eq!(line.feed(Event::Appeared { endpoint: BOB_TOO }), [Effect::Ring { endpoint: BOB_TOO }]);
    let effects = line.feed(Event::Answer { endpoint: BOB_TOO, leg: LEG_B });
    let elsewhere = Effect::StopRinging { endpoint: BOB, reason: EndReason::ANSWERED_ELSEWHERE };
    assert_eq!(effects[..2], [Effect::Accept, elsewhere]);
}

#[test]
fn the_first_answer_wins_and_the_second_is_told() {
    let mut line = Line::calling(&[(BOB, Reach::Free), (BOB_TOO, Reach::Free)]);
    let expected = vec![
        Effect::Accept,
        Effect::StopRinging { endpoint: BOB_TOO, reason: EndReason::ANSWERED_ELSEWHERE },
        Effect::Record { side: Side::Caller, entry: Entry::Answered },
        Effect::Record { side: Side::Callee, entry: Entry::Answered },
    ];
    assert_eq!(line.feed(Event::Answer { endpoint: BOB, leg: LEG_B }), expected);
    for event in [
        Event::Answer { endpoint: BOB_TOO, leg: LEG_C },
        Event::Decline { endpoint: BOB_TOO },
        Event::Ringing { endpoint: BOB_TOO },
    ] {
        assert_eq!(line.feed(event), refused(Refusal::AnsweredElsewhere));
    }
    assert_eq!(line.feed(Event::HangUp { endpoint: BOB_TOO }), refused(Refusal::NotInCall));
    assert_eq!(line.feed(Event::Answer { endpoint: BOB, leg: LEG_C }), refused(Refusal::NotRinging));
}

#[test]
fn an_answer_with_the_callers_leg_is_refused() {
    let mut line = Line::ringing();
    assert_eq!(line.feed(Event::Answer { endpoint: BOB, leg: LEG_A }), refused(Refusal::LegInUse));
}

#[test]
fn an_answer_after_the_cancel_is_refused_and_a_cancel_after_the_answer_hangs_up() {
    let mut line = Line::ringing();
    let effects = line.feed(Event::HangUp { endpoint: ALICE });
    let mut expected = vec![Effect::Accept, Effect::StopRinging { endpoint: BOB, reason: EndReason::CANCELLED }];
    expected.extend(ends(&[LEG_A], &[ALICE], EndReason::CANCELLED, Outcome::Cancelled, Outcome::Missed));
    assert_eq!(effects, expected);
    assert_eq!(line.feed(Event::Answer { endpoint: BOB, leg: LEG_B }), refused(Refusal::Over));

    let mut line = Line::answered();
    let effects = line.feed(Event::HangUp { endpoint: ALICE });
    assert_eq!(effects[1..], over(EndReason::HUNG_UP, Outcome::Answered));
}

#[test]
fn one_declining_client_declines_for_the_person() {
    for event in [Event::Decline { endpoint: BOB }, Event::HangUp { endpoint: BOB }] {
        let mut line = Line::calling(&[(BOB, Reach::Free), (BOB_TOO, Reach::Free)]);
        let mut expected = vec![
            Effect::Accept,
            Effect::StopRinging { endpoint: BOB, reason: EndReason::DECLINED },
            Effect::StopRinging { endpoint: BOB_TOO, reason: EndReason::DECLINED },
        ];
        expected.extend(ends(&[LEG_A], &[ALICE], EndReason::DECLINED, Outcome::Declined, Outcome::Declined));
        assert_eq!(line.feed(event), expected);
    }
}

#[test]
fn it_rings_as_long_as_asked_within_the_range() {
    for (asked, rings) in [(20, 20), (0, 1), (301, 300)] {
        let mut line = Line::new(&[(BOB, Reach::Free)], Duration::from_secs(asked));
        assert_eq!(line.wait_for_deadline(), Duration::from_secs(rings));
        let effects = line.feed(Event::DeadlinePassed);
        let mut expected = vec![Effect::StopRinging { endpoint: BOB, reason: EndReason::RING_TIMEOUT }];
        expected.extend(ends(&[LEG_A], &[ALICE], EndReason::RING_TIMEOUT, Outcome::NoAnswer, Outcome::Missed));
        assert_eq!(effects, expected);
    }
}

#[test]
fn a_deadline_that_comes_early_changes_nothing() {
    let mut line = Line::ringing();
    assert_eq!(line.feed(Event::DeadlinePassed), []);
    assert!(!line.call.is_over());
}

#[test]
fn when_nobody_is_left_to_ring_the_call_waits_a_little_and_ends_offline() {
    for gone in [Event::Lost { endpoint: BOB }, Event::Left { endpoint: BOB }] {
        let mut line = Line::ringing();
        assert_eq!(line.feed(gone), []);
        assert_eq!(line.wait_for_deadline(), NOBODY_MAX);
        let effects = line.feed(Event::DeadlinePassed);
        let ended = ends(&[LEG_A], &[ALICE], EndReason::OFFLINE, Outcome::NoAnswer, Outcome::Missed);
        assert!(effects.ends_with(&ended), "{effects:?}");
    }
}

#[test]
fn one_that_comes_back_in_time_rings_on_without_a_second_ring() {
    let mut line = Line::ringing();
    line.feed(Event::Lost { endpoint: BOB });
    line.pass(Duration::from_secs(4));
    assert_eq!(line.feed(Event::Back { endpoint: BOB }), []);
    assert_eq!(line.wait_for_deadline(), RING_DEFAULT - Duration::from_secs(4));
}

#[test]
fn a_callee_whose_only_socket_is_lost_gets_a_few_seconds_to_come_back() {
    let mut line = Line::calling(&[(BOB, Reach::Lost)]);
    assert_eq!(line.began.len(), 3);
    assert_eq!(line.wait_for_deadline(), NOBODY_MAX);
    assert_eq!(line.feed(Event::Appeared { endpoint: BOB }), [Effect::Ring { endpoint: BOB }]);
}

#[test]
fn a_caller_who_vanishes_while_it_rings_ends_the_call() {
    let mut line = Line::ringing();
    line.feed(Event::Lost { endpoint: ALICE });
    assert_eq!(line.wait_for_deadline(), GONE_AFTER);
    line.feed(Event::DeadlinePassed);
    assert_eq!(line.wait_for_deadline(), VANISHED_AFTER);
    let effects = line.feed(Event::DeadlinePassed);
    assert_eq!(effects[0], Effect::StopRinging { endpoint: BOB, reason: EndReason::VANISHED });
}
