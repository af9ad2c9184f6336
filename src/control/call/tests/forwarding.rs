//! Forwarded: before it rings, and while it does.

use std::time::Duration;

use super::*;
use crate::domain::forwarding::ForwardWhen;

const AFTER: Duration = Duration::from_secs(20);

/// Bob forwards what he declines, and what he has not answered after a while.
const ALL: Wishes = Wishes { declined: true, unanswered: Some(AFTER) };

fn bob(wishes: Wishes) -> Onward {
    Onward { wishes, ..free(&[BOB, BOB_TOO]).into() }
}

fn carol(when: ForwardWhen) -> Onward {
    Onward { forwards: vec![when], ..free(&[CAROL]).into() }
}

/// Who is to be asked.
fn asked(when: ForwardWhen, rings_on: bool) -> Effect {
    Effect::Forward { when, rings_on }
}

/// The callee's side becomes somebody else's.
fn passed_on(when: ForwardWhen, outcome: Outcome) -> [Effect; 3] {
    let side = Side::Callee;
    [
        Effect::Record { side, entry: Entry::Forwarded { outcome } },
        Effect::HandedOn { side, to: Next::Forwarded { when }, told: ALICE },
        Effect::Record { side, entry: Entry::Rung },
    ]
}

fn stops(reason: EndReason) -> [Effect; 2] {
    [BOB, BOB_TOO].map(|endpoint| Effect::StopRinging { endpoint, reason })
}

impl Line {
    fn forward(&mut self, to: &Onward) -> Vec<Effect> {
        self.call.forward(Some(to), self.now)
    }
}

#[test]
fn a_call_forwarded_before_it_rings_rings_at_the_last() {
    let forwards = vec![ForwardWhen::Always, ForwardWhen::Busy];
    let mut line = Line::leading(Onward { forwards, ..free(&[CAROL]).into() }, RING_DEFAULT);
    let mut expected = vec![Effect::Accept];
    expected.extend(Side::BOTH.map(|side| Effect::Record { side, entry: Entry::Started }));
    expected.extend(passed_on(ForwardWhen::Always, Outcome::Missed));
    expected.extend(passed_on(ForwardWhen::Busy, Outcome::Missed));
    expected.push(Effect::Ring { endpoint: CAROL });
    // Who calls is told at once who it is now.
    expected.push(other(ALICE, ParticipantState::Connecting, false));
    assert_eq!(line.began, expected);
    let effects = line.feed(Event::Ringing { endpoint: CAROL });
    assert_eq!(effects[1..], [state(ALICE, CallState::Ringing), other(ALICE, ParticipantState::Ringing, false)]);
}

#[test]
fn a_call_that_is_forwarded_to_nobody_who_can_be_rung_ends_for_that_reason() {
    let busy = vec![Candidate { endpoint: CAROL, reach: Reach::InCall }];
    let line = Line::leading(Onward { forwards: vec![ForwardWhen::Always], ..busy.into() }, RING_DEFAULT);
    assert_eq!(line.began[3..6], passed_on(ForwardWhen::Always, Outcome::Missed));
    assert_eq!(line.began[6..], ends(&[LEG_A], &[ALICE], EndReason::BUSY, Outcome::Busy, Outcome::Missed));
}

#[test]
fn what_is_declined_rings_on_at_somebody_else() {
    let mut line = Line::leading(bob(ALL), RING_DEFAULT);
    line.feed(Event::Ringing { endpoint: BOB });
    assert_eq!(line.feed(Event::Decline { endpoint: BOB }), [Effect::Accept, asked(ForwardWhen::Busy, false)]);
    let mut expected = stops(EndReason::FORWARDED).to_vec();
    expected.extend(passed_on(ForwardWhen::Busy, Outcome::Declined));
    expected.push(Effect::Ring { endpoint: CAROL });
    expected.push(other(ALICE, ParticipantState::Ringing, false));
    assert_eq!(line.forward(&carol(ForwardWhen::Busy)), expected);
    // It rings as long as it would have, and its caller heard ring-back all the time.
    assert_eq!(line.feed(Event::Answer { endpoint: BOB, leg: LEG_B }), refused(Refusal::NotInCall));
    line.feed(Event::Lost { endpoint: CAROL });
    line.feed(Event::Back { endpoint: CAROL });
    assert_eq!(line.wait_for_deadline(), RING_DEFAULT);
    let effects = line.feed(Event::DeadlinePassed);
    let mut expected = vec![Effect::StopRinging { endpoint: CAROL, reason: EndReason::RING_TIMEOUT }];
    expected.extend(ends(&[LEG_A], &[ALICE], EndReason::RING_TIMEOUT, Outcome::NoAnswer, Outcome::Missed));
    assert_eq!(effects, expected);
}

#[test]
fn who_takes_a_forwarded_call_is_connected_like_anybody_called() {
    let mut line = Line::leading(bob(ALL), RING_DEFAULT);
    line.feed(Event::Decline { endpoint: BOB });
    line.forward(&carol(ForwardWhen::Busy));
    let effects = line.feed(Event::Answer { endpoint: CAROL, leg: LEG_C });
    assert_eq!(effects[1..3], Side::BOTH.map(|side| Effect::Record { side, entry: Entry::Answered }));
    line.feed(Event::LegUp { leg: LEG_A });
    let effects = line.feed(Event::LegUp { leg: LEG_C });
    assert!(effects.contains(&state(ALICE, CallState::Connected)));
    assert!(effects.contains(&state(CAROL, CallState::Connected)));
}

#[test]
fn what_is_not_answered_for_a_while_is_forwarded_or_rings_on() {
    let mut line = Line::leading(bob(ALL), RING_DEFAULT);
    assert_eq!(line.wait_for_deadline(), AFTER);
    assert_eq!(line.feed(Event::DeadlinePassed), [asked(ForwardWhen::NoAnswer, true)]);
    assert_eq!(line.call.forward(None, line.now), []);
    // It still rings at Bob, and is asked about once more when it does not any longer.
    assert_eq!(line.wait_for_deadline(), RING_DEFAULT - AFTER);
    assert_eq!(line.feed(Event::DeadlinePassed), [asked(ForwardWhen::NoAnswer, false)]);
    let effects = line.forward(&carol(ForwardWhen::NoAnswer));
    assert_eq!(effects[..2], stops(EndReason::FORWARDED));
    assert_eq!(effects[2..5], passed_on(ForwardWhen::NoAnswer, Outcome::Missed));
}

#[test]
fn a_caller_who_waits_for_less_decides_when_it_is_forwarded() {
    let mut line = Line::leading(bob(ALL), AFTER / 2);
    assert_eq!(line.wait_for_deadline(), AFTER / 2);
    assert_eq!(line.feed(Event::DeadlinePassed), [asked(ForwardWhen::NoAnswer, false)]);
    line.forward(&carol(ForwardWhen::NoAnswer));
    assert_eq!(line.wait_for_deadline(), AFTER / 2, "it rings as long at Carol");
}

#[test]
fn a_call_whose_callee_has_gone_is_forwarded_at_once() {
    let mut line = Line::leading(bob(ALL), RING_DEFAULT);
    line.feed(Event::Left { endpoint: BOB });
    line.feed(Event::Lost { endpoint: BOB_TOO });
    assert_eq!(line.wait_for_deadline(), NOBODY_MAX);
    assert_eq!(line.feed(Event::DeadlinePassed), [asked(ForwardWhen::NoAnswer, false)]);
}

#[test]
fn where_nobody_follows_the_call_ends_for_the_reason_it_was_not_taken() {
    let mut line = Line::leading(bob(ALL), RING_DEFAULT);
    line.feed(Event::Decline { endpoint: BOB });
    let mut expected = stops(EndReason::DECLINED).to_vec();
    expected.extend(ends(&[LEG_A], &[ALICE], EndReason::DECLINED, Outcome::Declined, Outcome::Declined));
    assert_eq!(line.call.forward(None, line.now), expected);
}

#[test]
fn nobody_is_asked_who_wishes_nothing() {
    let mut line = Line::leading(bob(Wishes { declined: false, ..ALL }), RING_DEFAULT);
    assert!(line.feed(Event::Decline { endpoint: BOB }).contains(&Effect::Finished));
    let mut line = Line::leading(bob(Wishes { unanswered: None, ..ALL }), RING_DEFAULT);
    assert_eq!(line.wait_for_deadline(), RING_DEFAULT);
    assert!(line.feed(Event::DeadlinePassed).contains(&Effect::Finished));
}

#[test]
fn one_who_gives_up_while_it_rings_at_the_next_ends_it() {
    let mut line = Line::leading(bob(ALL), RING_DEFAULT);
    line.feed(Event::Decline { endpoint: BOB });
    line.forward(&carol(ForwardWhen::Busy));
    let effects = line.feed(Event::HangUp { endpoint: ALICE });
    let mut expected = vec![Effect::StopRinging { endpoint: CAROL, reason: EndReason::CANCELLED }];
    expected.extend(ends(&[LEG_A], &[ALICE], EndReason::CANCELLED, Outcome::Cancelled, Outcome::Missed));
    assert_eq!(effects[1..], expected);
}

#[test]
fn a_transfer_follows_and_comes_back_from_the_last() {
    let mut line = Line::connected();
    let to = Onward { wishes: ALL, ..carol(ForwardWhen::Always) };
    let effects = line.call.transfer(ALICE, &to, line.now);
    let side = Side::Caller;
    let expected = [
        Effect::HandedOn { side, to: Next::Named, told: BOB },
        Effect::Record { side, entry: Entry::Rung },
        Effect::Record { side, entry: Entry::Forwarded { outcome: Outcome::Missed } },
        Effect::HandedOn { side, to: Next::Forwarded { when: ForwardWhen::Always }, told: BOB },
        Effect::Record { side, entry: Entry::Rung },
        Effect::Ring { endpoint: CAROL },
    ];
    assert!(effects.windows(expected.len()).any(|part| part == expected), "{effects:?}");
    // Whoever is rung last is not asked where else it might go.
    assert!(line.feed(Event::Decline { endpoint: CAROL }).contains(&Effect::RingBack));
    assert_eq!(line.call.forward(Some(&bob(ALL)), line.now), []);
}
