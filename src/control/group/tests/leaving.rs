//! Going, vanishing, coming back, and the end.

use super::*;
use crate::control::connection::{ABSENT_MAX, GONE_AFTER, SILENT_AFTER, VANISHED_AFTER};

#[test]
fn who_leaves_is_out_and_the_others_are_told_in_a_moment() {
    let mut line = Line::with(&[ALICE, BOB, CAROL]);
    let mut left = vec![Effect::Accept];
    left.extend(out(ALICE, Outcome::Answered, EndReason::HUNG_UP));
    left.push(Effect::Occupied);
    assert_eq!(line.feed(Event::Leave { endpoint: ALICE.endpoint() }), left);
    let gone = News::Roster { whole: false, rows: vec![], left: vec![1] };
    assert_eq!(line.all_is_told(), [Effect::TellAll(gone)]);
    assert_eq!(line.feed(Event::Leave { endpoint: ALICE.endpoint() }), refused(Refusal::NotInCall));
}

#[test]
fn the_call_ends_when_the_last_leaves() {
    let mut line = Line::with(&[ALICE, BOB]);
    line.feed(Event::Leave { endpoint: ALICE.endpoint() });
    let last = line.feed(Event::Left { endpoint: BOB.endpoint() });
    let mut end = out(BOB, Outcome::Answered, EndReason::HUNG_UP);
    end.extend([Effect::Occupied, Effect::Finished]);
    assert_eq!(last, end);
    assert!(line.call.is_over());
    assert_eq!(line.call.next_deadline(), None);
    assert_eq!(line.joins(CAROL), refused(Refusal::Over));
}

#[test]
fn only_who_started_the_call_or_owns_its_group_ends_it_for_everybody() {
    let mut line = Line::with(&[ALICE, BOB, CAROL]);
    assert_eq!(line.feed(Event::EndForAll { endpoint: BOB.endpoint() }), refused(Refusal::NotYours));
    assert_eq!(line.feed(Event::EndForAll { endpoint: DAVE.endpoint() }), refused(Refusal::NotInCall));
    let owner = line.feed(Event::Join(Join { owner: true, ..DAVE.join() }));
    assert!(owner.contains(&tell(DAVE, News::Group { may_end: true })));
    let mut ended = vec![Effect::Accept];
    for client in [ALICE, BOB, CAROL, DAVE] {
        ended.extend(out(client, Outcome::Answered, EndReason::ENDED_FOR_ALL));
    }
    ended.extend([Effect::Occupied, Effect::Finished]);
    assert_eq!(line.feed(Event::EndForAll { endpoint: ALICE.endpoint() }), ended);
}

#[test]
fn a_lost_socket_leaves_the_sound_alone_for_two_minutes() {
    let mut line = Line::with(&[ALICE, BOB]);
    assert_eq!(line.feed(Event::Lost { endpoint: BOB.endpoint() }), []);
    assert_eq!(line.next_rows(), [(2, ParticipantState::Reconnecting, false)]);
    line.feed(Event::Back { endpoint: BOB.endpoint() });
    assert_eq!(line.next_rows(), [(2, ParticipantState::Connected, false)]);
    line.feed(Event::Lost { endpoint: BOB.endpoint() });
    line.all_is_told();
    assert_eq!(line.wait_for_deadline(), ABSENT_MAX - GATHER);
    let mut gone = out(BOB, Outcome::Answered, EndReason::VANISHED);
    gone.push(Effect::Occupied);
    assert_eq!(line.feed(Event::DeadlinePassed), gone);
}

#[test]
fn one_that_vanished_is_out_ten_seconds_later_and_the_call_goes_on() {
    let mut line = Line::with(&[ALICE, BOB]);
    line.feed(Event::Lost { endpoint: BOB.endpoint() });
    line.all_is_told();
    line.pass(SILENT_AFTER - GATHER);
    line.feed(Event::LegSilent { leg: BOB.leg() });
    assert_eq!(line.next_rows(), [(2, ParticipantState::Disconnected, false)]);
    assert_eq!(line.wait_for_deadline(), VANISHED_AFTER - GATHER);
    assert!(line.feed(Event::DeadlinePassed).contains(&tell(BOB, News::Ended(EndReason::VANISHED))));
    assert!(!line.call.is_over());
}

#[test]
fn a_broken_leg_and_a_lost_socket_count_as_gone_after_three_seconds() {
    let mut line = Line::with(&[ALICE, BOB]);
    assert_eq!(line.feed(Event::LegFailed { leg: BOB.leg() }), [Effect::CloseLeg { leg: BOB.leg() }]);
    line.feed(Event::Lost { endpoint: BOB.endpoint() });
    assert_eq!(line.next_rows(), [(2, ParticipantState::Reconnecting, false)]);
    assert_eq!(line.wait_for_deadline(), GONE_AFTER - GATHER);
    line.feed(Event::DeadlinePassed);
    assert_eq!(line.next_rows(), [(2, ParticipantState::Disconnected, false)]);
}

#[test]
fn one_comes_back_with_a_new_leg_and_is_wired_as_before() {
    let mut line = Line::with(&[ALICE, BOB, BOB_TOO]);
    let leg = BOB.nth_leg(2);
    let rejoined = vec![Effect::Accept, Effect::CloseLeg { leg: BOB.leg() }, hears_loudest(BOB_TOO.leg(), &[leg])];
    assert_eq!(line.feed(Event::Rejoin { endpoint: BOB.endpoint(), leg }), rejoined);
    let up = vec![offered(leg, true, 2), hears_loudest(leg, &[BOB_TOO.leg()])];
    assert_eq!(line.feed(Event::LegUp { leg }), up);
    for (endpoint, leg, why) in [
        (DAVE, DAVE.leg(), Refusal::NotInCall),
        (ALICE, leg, Refusal::LegInUse),
        (ALICE, ALICE.leg(), Refusal::LegInUse),
    ] {
        assert_eq!(line.feed(Event::Rejoin { endpoint: endpoint.endpoint(), leg }), refused(why));
    }
}

#[test]
fn a_client_without_memory_is_told_all_of_its_call_anew() {
    let mut line = Line::with(&[ALICE, BOB]);
    line.feed(Event::Lost { endpoint: ALICE.endpoint() });
    line.all_is_told();
    let told = line.feed(Event::Appeared { endpoint: ALICE.endpoint(), who: ALICE.identity() });
    assert_eq!(told[..2], [state(ALICE, CallState::Connected), tell(ALICE, News::Group { may_end: true })]);
    assert!(matches!(rosters(&told)[..], [News::Roster { whole: true, rows, .. }] if rows.len() == 2));
    assert_eq!(line.next_rows(), [(1, ParticipantState::Connected, false)]);
}

#[test]
fn a_stop_ends_it_for_all_who_are_in_and_all_who_ring() {
    let mut line = Line::with(&[ALICE]);
    line.invites(ALICE, &[CAROL]);
    let effects = line.feed(Event::Stop);
    let reason = EndReason::SERVICE_LOST;
    assert_eq!(effects[0], Effect::StopRinging { endpoint: CAROL.endpoint(), reason });
    assert!(effects.contains(&tell(ALICE, News::Ended(reason))));
    assert_eq!(effects.last(), Some(&Effect::Finished));
    assert_eq!(line.feed(Event::Stop), []);
}
