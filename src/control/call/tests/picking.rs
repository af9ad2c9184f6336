//! Picked up while it rings at somebody: whoever does takes that one's place, and all that rang there stops.

use super::*;

fn picks_up(line: &mut Line, endpoint: EndpointId, leg: LegId) -> Vec<Effect> {
    line.call.pick_up_ringing(endpoint, leg, line.now)
}

#[test]
fn who_picks_up_takes_the_place_of_who_is_rung_and_is_connected_once_the_leg_is_up() {
    let mut line = Line::calling(&[(BOB, Reach::Free), (BOB_TOO, Reach::Free)]);
    line.feed(Event::Ringing { endpoint: BOB });
    let reason = EndReason::PICKED_UP;
    let expected = vec![
        Effect::Accept,
        Effect::StopRinging { endpoint: BOB, reason },
        Effect::StopRinging { endpoint: BOB_TOO, reason },
        Effect::Record { side: Side::Callee, entry: Entry::PickedUp { endpoint: CAROL } },
        Effect::Record { side: Side::Caller, entry: Entry::Answered },
        Effect::HandedOn { side: Side::Callee, to: Next::Taker { endpoint: CAROL }, told: ALICE },
        Effect::Record { side: Side::Callee, entry: Entry::Taken },
        other(ALICE, ParticipantState::Connecting, false),
    ];
    assert_eq!(picks_up(&mut line, CAROL, LEG_C), expected);
    assert_eq!(line.feed(Event::LegUp { leg: LEG_A }), []);
    let connected = vec![
        sources(LEG_A, &[LEG_C]),
        sources(LEG_C, &[LEG_A]),
        state(ALICE, CallState::Connected),
        other(ALICE, ParticipantState::Connected, false),
        state(CAROL, CallState::Connected),
        other(CAROL, ParticipantState::Connected, false),
    ];
    assert_eq!(line.feed(Event::LegUp { leg: LEG_C }), connected);
    assert_eq!(line.call.next_deadline(), None);
    let effects = line.feed(Event::HangUp { endpoint: CAROL });
    let expected = ends(&[LEG_A, LEG_C], &[ALICE, CAROL], EndReason::HUNG_UP, Outcome::Answered, Outcome::Answered);
    assert_eq!(effects[1..], expected);
}

#[test]
fn of_an_answer_and_a_pick_up_at_the_same_moment_the_first_wins() {
    let mut line = Line::answered();
    assert_eq!(picks_up(&mut line, CAROL, LEG_C), refused(Refusal::RingsNowhere));
    let mut line = Line::ringing();
    picks_up(&mut line, CAROL, LEG_C);
    assert_eq!(line.feed(Event::Answer { endpoint: BOB, leg: LEG_B }), refused(Refusal::AnsweredElsewhere));
    assert_eq!(picks_up(&mut line, STRANGER, LEG_D), refused(Refusal::RingsNowhere));
}

#[test]
fn what_was_handed_on_or_given_back_is_picked_up_where_it_rings() {
    for given_back in [false, true] {
        let mut line = Line::transferred();
        let mut rings = vec![CAROL, CAROL_TOO];
        if given_back {
            line.feed(Event::Decline { endpoint: CAROL });
            line.ring_back(&[ALICE]);
            rings = vec![ALICE];
        }
        let effects = picks_up(&mut line, STRANGER, LEG_D);
        let answered = Effect::Record { side: Side::Callee, entry: Entry::Answered };
        assert!(!effects.contains(&answered), "who stays has talked before: {effects:?}");
        for endpoint in rings {
            assert!(effects.contains(&Effect::StopRinging { endpoint, reason: EndReason::PICKED_UP }), "{effects:?}");
        }
        let effects = line.feed(Event::LegUp { leg: LEG_D });
        assert!(effects.contains(&state(BOB, CallState::Connected)), "{effects:?}");
    }
}

#[test]
fn who_picks_up_and_never_comes_up_ends_a_call_nobody_handed_on() {
    let mut line = Line::ringing();
    line.feed(Event::LegUp { leg: LEG_A });
    picks_up(&mut line, CAROL, LEG_C);
    assert_eq!(line.wait_for_deadline(), SETUP_MAX);
    let effects = line.feed(Event::DeadlinePassed);
    let expected = ends(&[LEG_A, LEG_C], &[ALICE, CAROL], EndReason::SETUP_TIMEOUT, Outcome::Failed, Outcome::Failed);
    assert_eq!(effects, expected);
}

#[test]
fn what_does_not_ring_at_somebody_else_is_not_picked_up() {
    for (mut line, endpoint, leg, why) in [
        (Line::ringing(), ALICE, LEG_C, Refusal::RingsNowhere),
        (Line::ringing(), BOB, LEG_C, Refusal::RingsNowhere),
        (Line::ringing(), CAROL, LEG_A, Refusal::LegInUse),
        (Line::connected(), CAROL, LEG_C, Refusal::RingsNowhere),
        (Line::parked(), CAROL, LEG_C, Refusal::RingsNowhere),
    ] {
        assert_eq!(picks_up(&mut line, endpoint, leg), refused(why));
    }
    let mut line = Line::parked();
    line.wait_for_deadline();
    line.feed(Event::DeadlinePassed);
    line.ring_back(&[ALICE]);
    assert_eq!(picks_up(&mut line, CAROL, LEG_C), refused(Refusal::RingsNowhere), "it is in its slot");
    line.feed(Event::Stop);
    assert_eq!(picks_up(&mut line, CAROL, LEG_C), refused(Refusal::Over));
}
