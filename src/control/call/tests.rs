//! Each case of a direct call: events in, effects compared.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::*;
use crate::domain::call::CallState;
use crate::domain::record::Outcome;

const ALICE: EndpointId = EndpointId(Uuid::from_u128(0xa));
const BOB: EndpointId = EndpointId(Uuid::from_u128(0xb));
const BOB_TOO: EndpointId = EndpointId(Uuid::from_u128(0xb2));
const STRANGER: EndpointId = EndpointId(Uuid::from_u128(0xe));
const LEG_A: LegId = LegId(Uuid::from_u128(0x1a));
const LEG_B: LegId = LegId(Uuid::from_u128(0x1b));
const LEG_C: LegId = LegId(Uuid::from_u128(0x1c));

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
fn a_caller_who_vanishes_while_it_rings_ends_the_call() {
    let mut line = Line::ringing();
    line.feed(Event::Lost { endpoint: ALICE });
    assert_eq!(line.wait_for_deadline(), GONE_AFTER);
    line.feed(Event::DeadlinePassed);
    assert_eq!(line.wait_for_deadline(), VANISHED_AFTER);
    let effects = line.feed(Event::DeadlinePassed);
    assert_eq!(effects[0], Effect::StopRinging { endpoint: BOB, reason: EndReason::VANISHED });
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

#[test]
fn a_stop_of_the_service_ends_the_call_for_both() {
    assert_eq!(Line::connected().feed(Event::Stop), over(EndReason::SERVICE_LOST, Outcome::Answered));
    let mut line = Line::ringing();
    line.feed(Event::Stop);
    assert_eq!(line.feed(Event::Stop), []);
}

/// A call and a clock.
struct Line {
    call: Call,
    began: Vec<Effect>,
    now: Instant,
}

impl Line {
    fn new(callee: &[(EndpointId, Reach)], ring_for: Duration) -> Self {
        let now = crate::base::clock::now();
        let callee = callee.iter().map(|&(endpoint, reach)| Candidate { endpoint, reach }).collect();
        let (call, began) = Call::start(Start { caller: ALICE, leg: LEG_A, ring_for, callee }, now);
        Self { call, began, now }
    }

    fn calling(callee: &[(EndpointId, Reach)]) -> Self {
        Self::new(callee, RING_DEFAULT)
    }

    fn ringing() -> Self {
        Self::calling(&[(BOB, Reach::Free)])
    }

    fn answered() -> Self {
        let mut line = Self::ringing();
        line.feed(Event::Answer { endpoint: BOB, leg: LEG_B });
        line
    }

    fn connected() -> Self {
        let mut line = Self::answered();
        line.feed(Event::LegUp { leg: LEG_A });
        line.feed(Event::LegUp { leg: LEG_B });
        line
    }

    fn feed(&mut self, event: Event) -> Vec<Effect> {
        self.call.handle(event, self.now)
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// Moves to the next deadline; how far away it was.
    fn wait_for_deadline(&mut self) -> Duration {
        let at = self.call.next_deadline().expect("something has to happen");
        let wait = at - self.now;
        self.now = at;
        wait
    }
}

fn refused(why: Refusal) -> Vec<Effect> {
    vec![Effect::Refuse(why)]
}

fn state(endpoint: EndpointId, state: CallState) -> Effect {
    Effect::Tell { endpoint, news: News::State(state) }
}

fn other(endpoint: EndpointId, state: ParticipantState, muted: bool) -> Effect {
    Effect::Tell { endpoint, news: News::Other { state, muted } }
}

fn sources(leg: LegId, sources: &[LegId]) -> Effect {
    Effect::SetSources { leg, sources: sources.to_vec() }
}

/// The end of an answered call with both legs open.
fn over(reason: EndReason, outcome: Outcome) -> Vec<Effect> {
    ends(&[LEG_A, LEG_B], &[ALICE, BOB], reason, outcome, outcome)
}

fn ends(legs: &[LegId], told: &[EndpointId], reason: EndReason, caller: Outcome, callee: Outcome) -> Vec<Effect> {
    let mut effects: Vec<Effect> = legs.iter().map(|&leg| Effect::CloseLeg { leg }).collect();
    effects.extend(told.iter().map(|&endpoint| Effect::Tell { endpoint, news: News::Ended(reason) }));
    for (side, outcome) in [(Side::Caller, caller), (Side::Callee, callee)] {
        effects.push(Effect::Record { side, entry: Entry::Ended { outcome, reason } });
    }
    effects.push(Effect::Finished);
    effects
}
