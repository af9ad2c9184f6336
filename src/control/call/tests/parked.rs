//! Parked: whoever waits hears music, anybody may pick it up, and who parked it is rung from time to time.

use std::time::Duration;

use super::*;

#[test]
fn whoever_is_parked_waits_with_music() {
    let mut line = Line::connected();
    let mut expected = has_left(ALICE, LEG_A, Side::Caller, EndReason::PARKED);
    expected.extend([
        Effect::HandedOn { side: Side::Caller, to: Next::Slot, told: BOB },
        sources(LEG_B, &[]),
        Effect::HoldMusic { to: LEG_B, on: true },
        state(BOB, CallState::RemoteHold),
        other(BOB, ParticipantState::Hold, false),
    ]);
    assert_eq!(line.call.park(ALICE, line.now), expected);
    assert!(line.call.is_parked());
    assert_eq!(line.wait_for_deadline(), PARK_MAX);
}

#[test]
fn somebody_picks_it_up_and_the_music_ends_once_the_leg_is_up() {
    let mut line = Line::parked();
    let picked_up = vec![
        Effect::Accept,
        Effect::HandedOn { side: Side::Caller, to: Next::Taker { endpoint: CAROL }, told: BOB },
        Effect::Record { side: Side::Caller, entry: Entry::Taken },
        other(BOB, ParticipantState::Connecting, false),
    ];
    assert_eq!(line.call.pick_up(CAROL, LEG_C, line.now), picked_up);
    assert_eq!(line.call.pick_up(STRANGER, LEG_D, line.now), refused(Refusal::NotParked));
    let effects = line.feed(Event::LegUp { leg: LEG_C });
    assert!(effects.contains(&Effect::HoldMusic { to: LEG_B, on: false }));
    assert!(effects.contains(&state(BOB, CallState::Connected)));
    assert_eq!(line.call.next_deadline(), None);
}

#[test]
fn who_picks_it_up_and_does_not_come_up_gives_it_back_to_who_parked_it() {
    let mut line = Line::parked();
    line.call.pick_up(CAROL, LEG_C, line.now);
    assert_eq!(line.wait_for_deadline(), SETUP_MAX);
    let effects = line.feed(Event::DeadlinePassed);
    assert!(effects.contains(&Effect::Left { endpoint: CAROL }) && effects.contains(&Effect::RingBack), "{effects:?}");
    line.ring_back(&[ALICE]);
    line.feed(Event::Answer { endpoint: ALICE, leg: LEG_D });
    let effects = line.feed(Event::LegUp { leg: LEG_D });
    assert!(effects.contains(&state(BOB, CallState::Connected)), "{effects:?}");
}

#[test]
fn it_rings_at_who_parked_it_every_two_minutes_and_is_given_up_after_fifteen() {
    let mut line = Line::parked();
    let (began, mut recalls, mut effects) = (line.now, 0, Vec::new());
    while !line.call.is_over() {
        assert_eq!(line.wait_for_deadline(), PARK_MAX);
        assert_eq!(line.feed(Event::DeadlinePassed), [Effect::RingBack]);
        assert_eq!(line.ring_back(&[ALICE]), [Effect::Ring { endpoint: ALICE }]);
        assert!(line.call.is_parked(), "it may still be picked up");
        assert_eq!(line.wait_for_deadline(), RETURN_MAX);
        effects = line.feed(Event::DeadlinePassed);
        assert_eq!(effects[0], Effect::StopRinging { endpoint: ALICE, reason: EndReason::RING_TIMEOUT });
        recalls += 1;
    }
    assert_eq!((line.now - began, recalls), (PARKED_MAX, 6));
    let ended = Effect::Tell { endpoint: BOB, news: News::Ended(EndReason::RING_TIMEOUT) };
    assert!(effects.contains(&ended), "{effects:?}");
}

#[test]
fn who_parked_it_takes_it_back_when_it_rings_or_leaves_it_there() {
    let recalled = || {
        let mut line = Line::parked();
        line.wait_for_deadline();
        line.feed(Event::DeadlinePassed);
        line.ring_back(&[ALICE]);
        line
    };
    let mut line = recalled();
    let taken = vec![
        Effect::Accept,
        Effect::HandedOn { side: Side::Caller, to: Next::Taker { endpoint: ALICE }, told: BOB },
        Effect::Record { side: Side::Caller, entry: Entry::Taken },
        other(BOB, ParticipantState::Connecting, false),
    ];
    assert_eq!(line.feed(Event::Answer { endpoint: ALICE, leg: LEG_D }), taken);

    let mut line = recalled();
    let declined = [Effect::Accept, Effect::StopRinging { endpoint: ALICE, reason: EndReason::DECLINED }];
    assert_eq!(line.feed(Event::Decline { endpoint: ALICE }), declined);
    assert_eq!(line.wait_for_deadline(), PARK_MAX);

    let mut line = recalled();
    let effects = line.call.pick_up(CAROL, LEG_C, line.now);
    let stops = Effect::StopRinging { endpoint: ALICE, reason: EndReason::ANSWERED_ELSEWHERE };
    assert_eq!(effects[..2], [Effect::Accept, stops]);
}

#[test]
fn who_parked_it_and_cannot_be_rung_is_tried_again_later() {
    for reach in [None, Some(Reach::InCall), Some(Reach::DoNotDisturb)] {
        let mut line = Line::parked();
        line.wait_for_deadline();
        line.feed(Event::DeadlinePassed);
        let giver: Vec<Candidate> = reach.into_iter().map(|reach| Candidate { endpoint: ALICE, reach }).collect();
        assert_eq!(line.call.ring_back(&giver, line.now), []);
        assert_eq!(line.wait_for_deadline(), PARK_MAX);
        assert!(line.call.is_parked());
    }
}

#[test]
fn whoever_is_parked_hangs_up_holds_and_comes_back() {
    let mut line = Line::parked();
    let effects = line.feed(Event::HangUp { endpoint: BOB });
    assert_eq!(effects.last(), Some(&Effect::Finished));
    assert!(effects.contains(&Effect::Tell { endpoint: BOB, news: News::Ended(EndReason::HUNG_UP) }));

    let mut line = Line::parked();
    let held = [Effect::Accept, Effect::HoldMusic { to: LEG_B, on: false }, state(BOB, CallState::LocalHold)];
    assert_eq!(line.feed(Event::Hold { endpoint: BOB, on: true }), held);
    line.feed(Event::Hold { endpoint: BOB, on: false });
    line.feed(Event::LegFailed { leg: LEG_B });
    line.feed(Event::Rejoin { endpoint: BOB, leg: LEG_C });
    assert_eq!(line.feed(Event::LegUp { leg: LEG_C }), [Effect::HoldMusic { to: LEG_C, on: true }]);
    line.feed(Event::Lost { endpoint: BOB });
    line.feed(Event::LegSilent { leg: LEG_C });
    assert_eq!(line.wait_for_deadline(), VANISHED_AFTER);
    line.feed(Event::DeadlinePassed);
    assert!(line.call.is_over());
}

#[test]
fn a_pick_up_with_a_leg_of_the_call_or_by_who_waits_is_refused() {
    let mut line = Line::parked();
    assert_eq!(line.call.pick_up(CAROL, LEG_B, line.now), refused(Refusal::LegInUse));
    assert_eq!(line.call.pick_up(BOB, LEG_C, line.now), refused(Refusal::NotParked));
    assert_eq!(line.feed(Event::Answer { endpoint: ALICE, leg: LEG_C }), refused(Refusal::NotInCall));
    line.pass(Duration::from_secs(1));
    line.feed(Event::Stop);
    assert_eq!(line.call.pick_up(CAROL, LEG_C, line.now), refused(Refusal::Over));
    assert_eq!(Line::connected().call.pick_up(CAROL, LEG_C, line.now), refused(Refusal::NotParked));
}
