//! Lost sockets and lost legs: what the other side sees, who comes back, and when it is over.

use std::time::Duration;

use super::*;

#[test]
fn a_lost_socket_leaves_the_sound_alone_for_two_minutes() {
    let mut line = Line::connected();
    assert_eq!(line.feed(Event::Lost { endpoint: BOB }), [other(ALICE, ParticipantState::Reconnecting, false)]);
    line.pass(Duration::from_secs(5));
    assert_eq!(line.feed(Event::Back { endpoint: BOB }), [other(ALICE, ParticipantState::Connected, false)]);
    line.feed(Event::Lost { endpoint: BOB });
    assert_eq!(line.wait_for_deadline(), ABSENT_MAX);
    assert_eq!(line.feed(Event::DeadlinePassed), over(EndReason::VANISHED, Outcome::Answered));
}

#[test]
fn socket_and_leg_lost_means_gone_and_ten_seconds_later_the_call_ends() {
    let mut line = Line::connected();
    line.feed(Event::Lost { endpoint: BOB });
    line.pass(SILENT_AFTER);
    let gone = [other(ALICE, ParticipantState::Disconnected, false)];
    assert_eq!(line.feed(Event::LegSilent { leg: LEG_B }), gone);
    assert_eq!(line.wait_for_deadline(), VANISHED_AFTER);
    assert_eq!(line.feed(Event::DeadlinePassed), over(EndReason::VANISHED, Outcome::Answered));
}

#[test]
fn one_that_was_gone_may_come_back_within_those_ten_seconds() {
    let mut line = Line::connected();
    line.feed(Event::Lost { endpoint: BOB });
    line.feed(Event::LegSilent { leg: LEG_B });
    line.pass(Duration::from_secs(9));
    let coming = vec![
        Effect::Accept,
        Effect::CloseLeg { leg: LEG_B },
        sources(LEG_A, &[]),
        other(ALICE, ParticipantState::Reconnecting, false),
    ];
    assert_eq!(line.feed(Event::Rejoin { endpoint: BOB, leg: LEG_C }), coming);
    let there =
        vec![sources(LEG_A, &[LEG_C]), sources(LEG_C, &[LEG_A]), other(ALICE, ParticipantState::Connected, false)];
    assert_eq!(line.feed(Event::LegUp { leg: LEG_C }), there);
    assert_eq!(line.call.next_deadline(), None);
}

#[test]
fn a_broken_leg_and_a_lost_socket_count_as_gone_after_three_seconds() {
    let mut line = Line::connected();
    line.feed(Event::LegFailed { leg: LEG_B });
    assert_eq!(line.feed(Event::Lost { endpoint: BOB }), []);
    assert_eq!(line.wait_for_deadline(), GONE_AFTER);
    assert_eq!(line.feed(Event::DeadlinePassed), [other(ALICE, ParticipantState::Disconnected, false)]);
    assert_eq!(line.wait_for_deadline(), VANISHED_AFTER);
}

#[test]
fn a_silent_leg_with_a_living_socket_is_reconnecting_for_two_minutes() {
    let mut line = Line::connected();
    let silent = [other(ALICE, ParticipantState::Reconnecting, false)];
    assert_eq!(line.feed(Event::LegSilent { leg: LEG_B }), silent);
    assert_eq!(line.feed(Event::LegHeard { leg: LEG_B }), [other(ALICE, ParticipantState::Connected, false)]);
    line.feed(Event::LegSilent { leg: LEG_B });
    assert_eq!(line.wait_for_deadline(), ABSENT_MAX);
    assert_eq!(line.feed(Event::DeadlinePassed), over(EndReason::MEDIA_LOST, Outcome::Answered));
}

#[test]
fn trying_again_and_again_does_not_stretch_the_two_minutes() {
    let mut line = Line::connected();
    line.feed(Event::LegFailed { leg: LEG_B });
    line.pass(Duration::from_secs(100));
    line.feed(Event::Rejoin { endpoint: BOB, leg: LEG_C });
    assert_eq!(line.wait_for_deadline(), Duration::from_secs(20));

    for (first, second) in [
        (Event::Lost { endpoint: BOB }, Event::Lost { endpoint: BOB }),
        (Event::LegSilent { leg: LEG_B }, Event::LegSilent { leg: LEG_B }),
        (Event::LegSilent { leg: LEG_B }, Event::LegFailed { leg: LEG_B }),
    ] {
        let mut line = Line::connected();
        line.feed(first);
        line.pass(Duration::from_secs(100));
        line.feed(second);
        assert_eq!(line.wait_for_deadline(), Duration::from_secs(20));
    }
}

#[test]
fn a_callers_leg_lost_long_before_the_answer_gets_the_whole_set_up_time() {
    let mut line = Line::new(&[(BOB, Reach::Free)], Duration::from_secs(300));
    line.feed(Event::LegUp { leg: LEG_A });
    line.feed(Event::LegSilent { leg: LEG_A });
    line.pass(Duration::from_secs(200));
    line.feed(Event::Answer { endpoint: BOB, leg: LEG_B });
    line.feed(Event::LegUp { leg: LEG_B });
    assert_eq!(line.wait_for_deadline(), SETUP_MAX);
    assert_eq!(line.feed(Event::DeadlinePassed), over(EndReason::NO_MEDIA_PATH, Outcome::Failed));
}

#[test]
fn of_two_reasons_to_end_the_earlier_counts() {
    let mut line = Line::connected();
    line.feed(Event::LegSilent { leg: LEG_B });
    line.pass(Duration::from_secs(115));
    line.feed(Event::Lost { endpoint: BOB });
    assert_eq!(line.wait_for_deadline(), Duration::from_secs(5));
    line.pass(Duration::from_secs(60));
    assert_eq!(line.feed(Event::DeadlinePassed), over(EndReason::MEDIA_LOST, Outcome::Answered));
}

#[test]
fn a_rejoin_under_hold_hears_the_music_again() {
    let mut line = Line::connected();
    line.feed(Event::Hold { endpoint: ALICE, on: true });
    let broken = vec![
        Effect::HoldMusic { to: LEG_B, on: false },
        Effect::CloseLeg { leg: LEG_B },
        other(ALICE, ParticipantState::Reconnecting, false),
    ];
    assert_eq!(line.feed(Event::LegFailed { leg: LEG_B }), broken);
    line.feed(Event::Rejoin { endpoint: BOB, leg: LEG_C });
    let effects = line.feed(Event::LegUp { leg: LEG_C });
    assert_eq!(effects[0], Effect::HoldMusic { to: LEG_C, on: true });
}

#[test]
fn only_those_in_the_call_rejoin_and_only_with_a_new_leg() {
    let mut line = Line::connected();
    for (endpoint, leg, why) in
        [(STRANGER, LEG_C, Refusal::NotInCall), (BOB, LEG_A, Refusal::LegInUse), (BOB, LEG_B, Refusal::LegInUse)]
    {
        assert_eq!(line.feed(Event::Rejoin { endpoint, leg }), refused(why));
    }
}

#[test]
fn a_client_without_memory_is_told_all_of_its_call_anew() {
    let mut line = Line::connected();
    line.feed(Event::Mute { endpoint: BOB, on: true });
    line.feed(Event::Lost { endpoint: ALICE });
    let told = vec![
        state(ALICE, CallState::Connected),
        other(ALICE, ParticipantState::Connected, true),
        other(BOB, ParticipantState::Connected, false),
    ];
    assert_eq!(line.feed(Event::Appeared { endpoint: ALICE }), told);
    let part = Part { side: Side::Caller, other: ParticipantState::Connected, other_muted: true };
    assert_eq!(line.call.part(ALICE), Some(part));
}
