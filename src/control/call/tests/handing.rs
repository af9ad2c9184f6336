//! Handed on: to somebody who is rung, and back when it is not taken; to an endpoint of another call.

use std::time::Duration;

use super::*;

#[test]
fn a_transfer_rings_at_somebody_else_and_whoever_stays_hears_ring_back() {
    for (endpoint, leg, side, stays) in [(ALICE, LEG_A, Side::Caller, BOB), (BOB, LEG_B, Side::Callee, ALICE)] {
        let mut line = Line::connected();
        let mut expected = has_left(endpoint, leg, side, EndReason::TRANSFERRED);
        let stays_leg = if stays == BOB { LEG_B } else { LEG_A };
        expected.extend([
            Effect::HandedOn { side, to: Next::Named, told: stays },
            Effect::Record { side, entry: Entry::Rung },
            Effect::Ring { endpoint: CAROL },
            Effect::Ring { endpoint: CAROL_TOO },
            sources(stays_leg, &[]),
            state(stays, CallState::Ringing),
            other(stays, ParticipantState::Ringing, false),
        ]);
        assert_eq!(line.transfer(endpoint, &[CAROL, CAROL_TOO]), expected);
        assert_eq!(line.wait_for_deadline(), TRANSFER_MAX);
        assert_eq!(line.call.part(endpoint), None);
    }
}

#[test]
fn who_takes_a_transferred_call_is_connected_once_the_new_leg_is_up() {
    let mut line = Line::transferred();
    let taken = vec![
        Effect::Accept,
        Effect::StopRinging { endpoint: CAROL_TOO, reason: EndReason::ANSWERED_ELSEWHERE },
        Effect::Record { side: Side::Caller, entry: Entry::Taken },
        other(BOB, ParticipantState::Connecting, false),
    ];
    assert_eq!(line.feed(Event::Ringing { endpoint: CAROL }), [Effect::Accept]);
    assert_eq!(line.feed(Event::Answer { endpoint: CAROL, leg: LEG_C }), taken);
    assert_eq!(line.feed(Event::Answer { endpoint: CAROL_TOO, leg: LEG_D }), refused(Refusal::AnsweredElsewhere));
    let connected = vec![
        sources(LEG_C, &[LEG_B]),
        sources(LEG_B, &[LEG_C]),
        state(CAROL, CallState::Connected),
        other(CAROL, ParticipantState::Connected, false),
        state(BOB, CallState::Connected),
        other(BOB, ParticipantState::Connected, false),
    ];
    assert_eq!(line.feed(Event::LegUp { leg: LEG_C }), connected);
    assert_eq!(line.call.next_deadline(), None);
    let effects = line.feed(Event::HangUp { endpoint: CAROL });
    let expected = ends(&[LEG_C, LEG_B], &[CAROL, BOB], EndReason::HUNG_UP, Outcome::Answered, Outcome::Answered);
    assert_eq!(effects[1..], expected);
}

#[test]
fn a_transfer_that_is_not_taken_rings_at_who_handed_it_on() {
    for (event, reason, outcome) in [
        (Some(Event::Decline { endpoint: CAROL }), EndReason::DECLINED, Outcome::Declined),
        (Some(Event::HangUp { endpoint: CAROL }), EndReason::DECLINED, Outcome::Declined),
        (None, EndReason::RING_TIMEOUT, Outcome::Missed),
    ] {
        let mut line = Line::transferred();
        let declined = event.is_some();
        if !declined {
            line.pass(TRANSFER_MAX);
        }
        let effects = line.feed(event.unwrap_or(Event::DeadlinePassed));
        let expected = [
            Effect::StopRinging { endpoint: CAROL, reason },
            Effect::StopRinging { endpoint: CAROL_TOO, reason },
            Effect::Record { side: Side::Caller, entry: Entry::Ended { outcome, reason } },
            Effect::HandedOn { side: Side::Caller, to: Next::Giver { reason }, told: BOB },
            Effect::Record { side: Side::Caller, entry: Entry::Rung },
            Effect::RingBack,
            other(BOB, ParticipantState::Ringing, false),
        ];
        assert_eq!(effects[usize::from(declined)..], expected);
        assert_eq!(line.ring_back(&[ALICE]), [Effect::Ring { endpoint: ALICE }]);
        assert_eq!(line.wait_for_deadline(), RETURN_MAX);
    }
}

#[test]
fn who_handed_it_on_may_take_it_back() {
    let mut line = Line::transferred();
    line.feed(Event::Decline { endpoint: CAROL });
    line.ring_back(&[ALICE]);
    let effects = line.feed(Event::Answer { endpoint: ALICE, leg: LEG_D });
    assert_eq!(effects[..2], [Effect::Accept, Effect::Record { side: Side::Caller, entry: Entry::Taken }]);
    let effects = line.feed(Event::LegUp { leg: LEG_D });
    assert!(effects.contains(&state(BOB, CallState::Connected)));
}

#[test]
fn a_transfer_nobody_takes_ends_for_the_reason_of_whom_it_was_handed_to() {
    let back = |given_back: &mut Line| {
        given_back.feed(Event::Decline { endpoint: CAROL });
        given_back.ring_back(&[ALICE]);
    };
    let ended = |rung: EndReason, outcome: Outcome| {
        let reason = EndReason::DECLINED;
        vec![
            Effect::StopRinging { endpoint: ALICE, reason: rung },
            Effect::CloseLeg { leg: LEG_B },
            Effect::Tell { endpoint: BOB, news: News::Ended(reason) },
            Effect::Record { side: Side::Caller, entry: Entry::Ended { outcome, reason: rung } },
            Effect::Record { side: Side::Callee, entry: Entry::Ended { outcome: Outcome::Answered, reason } },
            Effect::Finished,
        ]
    };
    let mut line = Line::transferred();
    back(&mut line);
    line.wait_for_deadline();
    assert_eq!(line.feed(Event::DeadlinePassed), ended(EndReason::RING_TIMEOUT, Outcome::Missed));

    let mut line = Line::transferred();
    back(&mut line);
    let effects = line.feed(Event::Decline { endpoint: ALICE });
    assert_eq!(effects[1..], ended(EndReason::DECLINED, Outcome::Declined));

    let mut line = Line::transferred();
    line.feed(Event::Decline { endpoint: CAROL });
    let busy = Candidate { endpoint: ALICE, reach: Reach::InCall };
    let effects = line.call.ring_back(&[busy], line.now);
    assert_eq!(effects, ended(EndReason::BUSY, Outcome::Missed)[1..]);
}

#[test]
fn a_ring_back_nobody_answers_for_ends_the_call_within_seconds() {
    let mut line = Line::transferred();
    line.feed(Event::Decline { endpoint: CAROL });
    assert_eq!(line.wait_for_deadline(), NOBODY_MAX);
    line.feed(Event::DeadlinePassed);
    assert!(line.call.is_over());
}

#[test]
fn whoever_waits_may_hang_up_and_what_rings_stops() {
    for (event, reason) in [
        (Event::HangUp { endpoint: BOB }, EndReason::HUNG_UP),
        (Event::Left { endpoint: BOB }, EndReason::HUNG_UP),
        (Event::Stop, EndReason::SERVICE_LOST),
    ] {
        let mut line = Line::transferred();
        let effects = line.feed(event);
        let rung = if event == Event::Stop { reason } else { EndReason::CANCELLED };
        assert!(effects.contains(&Effect::StopRinging { endpoint: CAROL, reason: rung }), "{effects:?}");
        assert!(effects.contains(&Effect::Tell { endpoint: BOB, news: News::Ended(reason) }), "{effects:?}");
        let missed = Entry::Ended { outcome: Outcome::Missed, reason: rung };
        assert!(effects.contains(&Effect::Record { side: Side::Caller, entry: missed }), "{effects:?}");
        assert!(line.call.is_over());
    }
}

#[test]
fn whoever_waits_and_vanishes_ends_the_call_as_always() {
    let mut line = Line::transferred();
    line.feed(Event::LegSilent { leg: LEG_B });
    line.feed(Event::Lost { endpoint: BOB });
    assert_eq!(line.wait_for_deadline(), VANISHED_AFTER);
    let effects = line.feed(Event::DeadlinePassed);
    assert_eq!(effects[0], Effect::StopRinging { endpoint: CAROL, reason: EndReason::VANISHED });
}

#[test]
fn a_hold_made_before_the_transfer_or_while_it_rings_holds_for_who_takes_it() {
    let mut line = Line::connected();
    line.feed(Event::Hold { endpoint: ALICE, on: true });
    let effects = line.transfer(ALICE, &[CAROL]);
    assert!(effects.contains(&Effect::HoldMusic { to: LEG_B, on: false }), "ring-back takes the place of the music");
    assert_eq!(line.feed(Event::Hold { endpoint: BOB, on: true }), [Effect::Accept]);
    line.feed(Event::Answer { endpoint: CAROL, leg: LEG_C });
    let effects = line.feed(Event::LegUp { leg: LEG_C });
    assert!(effects.contains(&state(CAROL, CallState::RemoteHold)), "{effects:?}");
    assert!(effects.contains(&state(BOB, CallState::LocalHold)), "{effects:?}");
    assert!(effects.contains(&Effect::HoldMusic { to: LEG_C, on: true }), "{effects:?}");
}

#[test]
fn a_taker_who_does_not_come_up_gives_the_call_back() {
    let (side, failed) = (Side::Caller, Outcome::Failed);
    for (lost, after, reason) in [
        (None, SETUP_MAX, EndReason::SETUP_TIMEOUT),
        (Some(Event::LegFailed { leg: LEG_C }), SETUP_MAX, EndReason::NO_MEDIA_PATH),
        (Some(Event::Lost { endpoint: CAROL }), GONE_AFTER + VANISHED_AFTER, EndReason::VANISHED),
    ] {
        let mut line = Line::transferred();
        let began = line.now;
        line.feed(Event::Answer { endpoint: CAROL, leg: LEG_C });
        lost.into_iter().for_each(|event| drop(line.feed(event)));
        let mut effects = Vec::new();
        while !effects.contains(&Effect::RingBack) {
            line.wait_for_deadline();
            effects = line.feed(Event::DeadlinePassed);
        }
        assert_eq!(line.now - began, after, "{reason:?}");
        let mut expected = vec![
            Effect::CloseLeg { leg: LEG_C },
            Effect::Tell { endpoint: CAROL, news: News::Ended(reason) },
            Effect::Record { side, entry: Entry::Ended { outcome: failed, reason } },
            Effect::Left { endpoint: CAROL },
            Effect::HandedOn { side, to: Next::Giver { reason }, told: BOB },
            Effect::Record { side, entry: Entry::Rung },
            Effect::RingBack,
            other(BOB, ParticipantState::Ringing, false),
        ];
        if reason == EndReason::NO_MEDIA_PATH {
            // Its leg was closed as it failed.
            expected.remove(0);
        }
        assert_eq!(effects, expected);
        assert_eq!(line.ring_back(&[ALICE]), [Effect::Ring { endpoint: ALICE }]);
        assert_eq!(line.wait_for_deadline(), RETURN_MAX);
        line.feed(Event::DeadlinePassed);
        assert!(line.call.is_over());
    }
}

#[test]
fn who_takes_back_what_was_given_back_and_does_not_come_up_ends_the_call() {
    let mut line = Line::transferred();
    line.feed(Event::Decline { endpoint: CAROL });
    line.ring_back(&[ALICE]);
    line.feed(Event::Answer { endpoint: ALICE, leg: LEG_D });
    assert_eq!(line.wait_for_deadline(), SETUP_MAX);
    let effects = line.feed(Event::DeadlinePassed);
    let reason = EndReason::SETUP_TIMEOUT;
    let expected = ends(&[LEG_D, LEG_B], &[ALICE, BOB], reason, Outcome::Failed, Outcome::Answered);
    assert_eq!(effects, expected);
}

#[test]
fn a_leg_of_who_stays_that_is_silent_for_a_moment_does_not_hold_up_the_taker() {
    let mut line = Line::transferred();
    line.feed(Event::LegSilent { leg: LEG_B });
    let effects = line.feed(Event::Answer { endpoint: CAROL, leg: LEG_C });
    assert!(effects.contains(&other(CAROL, ParticipantState::Reconnecting, false)), "{effects:?}");
    let effects = line.feed(Event::LegUp { leg: LEG_C });
    assert!(effects.contains(&state(BOB, CallState::Connected)), "{effects:?}");
    assert!(effects.contains(&state(CAROL, CallState::Connected)), "{effects:?}");
}

#[test]
fn a_transferred_call_is_transferred_on_and_comes_back_to_the_last() {
    let mut line = Line::transferred();
    line.feed(Event::Answer { endpoint: CAROL, leg: LEG_C });
    assert_eq!(line.transfer(CAROL, &[STRANGER]), refused(Refusal::NotConnected));
    line.feed(Event::LegUp { leg: LEG_C });
    let effects = line.transfer(CAROL, &[ALICE]);
    assert_eq!(effects[..5], has_left(CAROL, LEG_C, Side::Caller, EndReason::TRANSFERRED));
    line.feed(Event::Answer { endpoint: ALICE, leg: LEG_D });
    line.feed(Event::LegUp { leg: LEG_D });
    let effects = line.transfer(BOB, &[STRANGER]);
    assert_eq!(effects[..5], has_left(BOB, LEG_B, Side::Callee, EndReason::TRANSFERRED));
    assert!(effects.contains(&state(ALICE, CallState::Ringing)));
}

#[test]
fn of_transfers_that_cross_the_first_wins() {
    let mut line = Line::transferred();
    assert_eq!(line.transfer(BOB, &[STRANGER]), refused(Refusal::NotConnected));
    assert_eq!(line.transfer(ALICE, &[STRANGER]), refused(Refusal::NotInCall));
    assert_eq!(line.call.park(ALICE, line.now), refused(Refusal::NotInCall));
}

#[test]
fn only_a_connected_call_is_handed_on() {
    for (mut line, endpoint, why) in [
        (Line::ringing(), ALICE, Refusal::NotConnected),
        (Line::ringing(), BOB, Refusal::NotInCall),
        (Line::answered(), BOB, Refusal::NotConnected),
        (Line::connected(), STRANGER, Refusal::NotInCall),
    ] {
        let newcomer = Newcomer { endpoint: CAROL, muted: false };
        assert_eq!(line.transfer(endpoint, &[CAROL]), refused(why));
        assert_eq!(line.call.replace(endpoint, newcomer, line.now), refused(why));
        assert_eq!(line.call.park(endpoint, line.now), refused(why));
        assert_eq!(line.call.dissolve(endpoint, EndReason::MERGED, line.now), refused(why));
    }
    let mut line = Line::connected();
    line.feed(Event::Stop);
    assert_eq!(line.transfer(ALICE, &[CAROL]), refused(Refusal::Over));
}

#[test]
fn a_client_of_whom_it_is_handed_to_that_connects_meanwhile_rings_too() {
    let mut line = Line::connected();
    let lost = vec![Candidate { endpoint: CAROL, reach: Reach::Lost }];
    line.call.transfer(ALICE, &lost.into(), line.now);
    assert_eq!(line.call.rung_side(), Some(Side::Caller));
    assert_eq!(line.feed(Event::Appeared { endpoint: CAROL }), [Effect::Ring { endpoint: CAROL }]);
    line.feed(Event::Left { endpoint: CAROL });
    assert_eq!(line.wait_for_deadline(), NOBODY_MAX);
    assert_eq!(line.feed(Event::DeadlinePassed).iter().filter(|e| **e == Effect::RingBack).count(), 1);
}

#[test]
fn an_endpoint_of_another_call_takes_the_place_and_brings_its_leg() {
    let mut line = Line::connected();
    line.feed(Event::Hold { endpoint: ALICE, on: true });
    let newcomer = Newcomer { endpoint: CAROL, muted: true };
    let mut expected = has_left(ALICE, LEG_A, Side::Caller, EndReason::TRANSFERRED);
    expected.extend([
        Effect::HandedOn { side: Side::Caller, to: Next::Named, told: BOB },
        Effect::Record { side: Side::Caller, entry: Entry::Taken },
        other(BOB, ParticipantState::Connecting, true),
    ]);
    assert_eq!(line.call.replace(ALICE, newcomer, line.now), expected, "the music goes on");
    assert_eq!(line.feed(Event::Rejoin { endpoint: CAROL, leg: LEG_C }), [Effect::Accept]);
    let connected = vec![
        sources(LEG_C, &[LEG_B]),
        Effect::HoldMusic { to: LEG_B, on: false },
        sources(LEG_B, &[LEG_C]),
        state(CAROL, CallState::Connected),
        other(CAROL, ParticipantState::Connected, false),
        state(BOB, CallState::Connected),
        other(BOB, ParticipantState::Connected, true),
    ];
    assert_eq!(line.feed(Event::LegUp { leg: LEG_C }), connected);
}

#[test]
fn an_expected_endpoint_that_never_comes_gives_the_call_back_and_one_that_hangs_up_ends_it() {
    let expecting = || {
        let mut line = Line::connected();
        line.call.replace(ALICE, Newcomer { endpoint: CAROL, muted: false }, line.now);
        line
    };
    let mut line = expecting();
    assert_eq!(line.wait_for_deadline(), SETUP_MAX);
    let reason = EndReason::SETUP_TIMEOUT;
    let effects = line.feed(Event::DeadlinePassed);
    assert!(effects.contains(&Effect::Tell { endpoint: CAROL, news: News::Ended(reason) }), "{effects:?}");
    assert!(effects.contains(&Effect::HoldMusic { to: LEG_B, on: false }), "{effects:?}");
    assert!(effects.contains(&state(BOB, CallState::Ringing)), "{effects:?}");
    assert!(effects.contains(&Effect::RingBack), "{effects:?}");

    let mut line = expecting();
    line.feed(Event::Lost { endpoint: CAROL });
    assert_eq!(line.wait_for_deadline(), GONE_AFTER);

    for event in [Event::Left { endpoint: CAROL }, Event::HangUp { endpoint: CAROL }] {
        let mut line = expecting();
        let effects = line.feed(event);
        assert!(effects.contains(&Effect::Tell { endpoint: BOB, news: News::Ended(EndReason::HUNG_UP) }));
        assert!(line.call.is_over());
    }
}

#[test]
fn a_consult_call_ends_for_who_made_it_and_the_other_is_told_elsewhere() {
    let mut line = Line::connected();
    line.feed(Event::Hold { endpoint: ALICE, on: true });
    let reason = EndReason::TRANSFERRED;
    let entry = Entry::Ended { outcome: Outcome::Answered, reason };
    let expected = vec![
        Effect::Accept,
        Effect::CloseLeg { leg: LEG_A },
        Effect::HoldMusic { to: LEG_B, on: false },
        Effect::CloseLeg { leg: LEG_B },
        Effect::Tell { endpoint: ALICE, news: News::Ended(reason) },
        Effect::Record { side: Side::Caller, entry },
        Effect::Record { side: Side::Callee, entry },
        Effect::Finished,
    ];
    assert_eq!(line.call.opposite(ALICE), Some(Newcomer { endpoint: BOB, muted: false }));
    assert_eq!(line.call.dissolve(ALICE, reason, line.now), expected);
    assert_eq!(line.call.next_deadline(), None);
}

#[test]
fn a_client_without_memory_that_waits_is_told_so_anew() {
    let mut line = Line::transferred();
    line.feed(Event::Lost { endpoint: BOB });
    let told = vec![state(BOB, CallState::Ringing), other(BOB, ParticipantState::Ringing, false)];
    assert_eq!(line.feed(Event::Appeared { endpoint: BOB }), told);
    let part = Part { side: Side::Callee, other: ParticipantState::Ringing, other_muted: false };
    assert_eq!(line.call.part(BOB), Some(part));
    line.pass(Duration::from_secs(1));
    assert_eq!(line.wait_for_deadline(), TRANSFER_MAX - Duration::from_secs(1));
}
