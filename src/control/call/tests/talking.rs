//! From the answer to the hang-up: set-up, mute, hold, and the end.

use super::*;

#[test]
fn two_are_connected_once_both_legs_are_up() {
    let mut line = Line::answered();
    assert_eq!(line.feed(Event::LegUp { leg: LEG_A }), []);
    let expected = vec![
        sources(LEG_A, &[LEG_B]),
        sources(LEG_B, &[LEG_A]),
        state(ALICE, CallState::Connected),
        other(ALICE, ParticipantState::Connected, false),
        state(BOB, CallState::Connected),
        other(BOB, ParticipantState::Connected, false),
    ];
    assert_eq!(line.feed(Event::LegUp { leg: LEG_B }), expected);
    assert_eq!(line.call.next_deadline(), None);
}

#[test]
fn a_leg_that_does_not_come_up_ends_the_call_after_15_seconds() {
    for (events, reason) in [
        (vec![Event::LegUp { leg: LEG_A }], EndReason::SETUP_TIMEOUT),
        (vec![], EndReason::SETUP_TIMEOUT),
        (vec![Event::LegUp { leg: LEG_B }], EndReason::NO_MEDIA_PATH),
    ] {
        let mut line = Line::answered();
        for event in events {
            line.feed(event);
        }
        assert_eq!(line.wait_for_deadline(), SETUP_MAX);
        assert_eq!(line.feed(Event::DeadlinePassed), over(reason, Outcome::Failed));
    }
    let mut line = Line::answered();
    assert_eq!(line.feed(Event::LegFailed { leg: LEG_B }), [Effect::CloseLeg { leg: LEG_B }]);
    line.wait_for_deadline();
    let expected = ends(&[LEG_A], &[ALICE, BOB], EndReason::NO_MEDIA_PATH, Outcome::Failed, Outcome::Failed);
    assert_eq!(line.feed(Event::DeadlinePassed), expected);
}

#[test]
fn a_mute_is_told_to_the_other_side_even_one_made_while_it_rang() {
    let mut line = Line::connected();
    let heard = vec![Effect::Accept, other(BOB, ParticipantState::Connected, true)];
    assert_eq!(line.feed(Event::Mute { endpoint: ALICE, on: true }), heard);
    assert_eq!(line.feed(Event::Mute { endpoint: ALICE, on: true }), [Effect::Accept]);
    assert_eq!(line.feed(Event::Mute { endpoint: STRANGER, on: true }), refused(Refusal::NotInCall));

    let mut line = Line::ringing();
    assert_eq!(line.feed(Event::Mute { endpoint: ALICE, on: true }), [Effect::Accept]);
    let effects = line.feed(Event::Answer { endpoint: BOB, leg: LEG_B });
    assert_eq!(effects.last(), Some(&other(BOB, ParticipantState::Connecting, true)));
}

#[test]
fn a_hold_stops_both_directions_and_plays_music_to_the_other_side() {
    let mut line = Line::connected();
    let held = vec![
        Effect::Accept,
        sources(LEG_A, &[]),
        sources(LEG_B, &[]),
        Effect::HoldMusic { to: LEG_B, on: true },
        state(ALICE, CallState::LocalHold),
        state(BOB, CallState::RemoteHold),
        other(BOB, ParticipantState::Hold, false),
    ];
    assert_eq!(line.feed(Event::Hold { endpoint: ALICE, on: true }), held);
    assert_eq!(line.feed(Event::Hold { endpoint: ALICE, on: true }), [Effect::Accept]);
    let resumed = vec![
        Effect::Accept,
        sources(LEG_A, &[LEG_B]),
        Effect::HoldMusic { to: LEG_B, on: false },
        sources(LEG_B, &[LEG_A]),
        state(ALICE, CallState::Connected),
        state(BOB, CallState::Connected),
        other(BOB, ParticipantState::Connected, false),
    ];
    assert_eq!(line.feed(Event::Hold { endpoint: ALICE, on: false }), resumed);
}

#[test]
fn with_a_hold_on_both_sides_each_sees_its_own_and_nobody_hears_music() {
    let mut line = Line::connected();
    line.feed(Event::Hold { endpoint: ALICE, on: true });
    let both = vec![
        Effect::Accept,
        Effect::HoldMusic { to: LEG_B, on: false },
        other(ALICE, ParticipantState::Hold, false),
        state(BOB, CallState::LocalHold),
    ];
    assert_eq!(line.feed(Event::Hold { endpoint: BOB, on: true }), both);
    let one = vec![
        Effect::Accept,
        Effect::HoldMusic { to: LEG_A, on: true },
        state(ALICE, CallState::RemoteHold),
        other(BOB, ParticipantState::Connected, false),
    ];
    assert_eq!(line.feed(Event::Hold { endpoint: ALICE, on: false }), one);
}

#[test]
fn a_hold_before_the_two_are_connected_is_refused() {
    let mut line = Line::answered();
    assert_eq!(line.feed(Event::Hold { endpoint: ALICE, on: true }), refused(Refusal::NotConnected));
    let mut line = Line::ringing();
    assert_eq!(line.feed(Event::Hold { endpoint: BOB, on: true }), refused(Refusal::NotInCall));
}

#[test]
fn either_side_hangs_up_and_both_are_told_the_same() {
    for event in [Event::HangUp { endpoint: ALICE }, Event::HangUp { endpoint: BOB }] {
        let effects = Line::connected().feed(event);
        assert_eq!(effects[0], Effect::Accept);
        assert_eq!(effects[1..], over(EndReason::HUNG_UP, Outcome::Answered));
    }
}

#[test]
fn a_bye_hangs_up() {
    assert_eq!(Line::connected().feed(Event::Left { endpoint: BOB }), over(EndReason::HUNG_UP, Outcome::Answered));
    let effects = Line::ringing().feed(Event::Left { endpoint: ALICE });
    assert_eq!(effects[0], Effect::StopRinging { endpoint: BOB, reason: EndReason::CANCELLED });
}

#[test]
fn a_hang_up_during_hold_ends_the_music_before_the_leg() {
    let mut line = Line::connected();
    line.feed(Event::Hold { endpoint: ALICE, on: true });
    let effects = line.feed(Event::HangUp { endpoint: ALICE });
    let closing =
        [Effect::CloseLeg { leg: LEG_A }, Effect::HoldMusic { to: LEG_B, on: false }, Effect::CloseLeg { leg: LEG_B }];
    assert_eq!(effects[1..4], closing);
}

#[test]
fn a_stop_of_the_service_ends_the_call_for_both() {
    assert_eq!(Line::connected().feed(Event::Stop), over(EndReason::SERVICE_LOST, Outcome::Answered));
    let mut line = Line::ringing();
    line.feed(Event::Stop);
    assert_eq!(line.feed(Event::Stop), []);
}
