//! Coming in, hearing the others, hold and mute; and a direct call that becomes a group call.

use super::*;
use crate::control::call::{self, Call};
use crate::domain::group::MAX_PARTICIPANTS;

#[test]
fn the_first_who_joins_begins_the_call_and_may_end_it() {
    let line = Line::started_by(ALICE);
    let row = |state| RosterRow {
        number: 1,
        participant: crate::domain::call::Participant { person: ALICE.person(), state, muted: false },
    };
    let rows = vec![row(ParticipantState::Connecting)];
    let began = vec![
        Effect::Accept,
        record(ALICE, Entry::Joined),
        tell(ALICE, News::Group { may_end: true }),
        tell(ALICE, News::Roster { whole: true, rows, left: vec![] }),
        Effect::Occupied,
    ];
    assert_eq!(line.began, began);
}

#[test]
fn who_joins_hears_the_loudest_and_nothing_changes_for_the_others() {
    let mut line = Line::with(&[ALICE, BOB]);
    let effects = line.joins(CAROL);
    let concerning_others = |e: &&Effect| !matches!(e, Effect::Tell { endpoint, .. } if *endpoint == CAROL.endpoint());
    let others: Vec<&Effect> = effects.iter().filter(concerning_others).collect();
    assert_eq!(others, [&Effect::Accept, &record(CAROL, Entry::Joined), &Effect::Occupied]);
    assert_eq!(effects[2], tell(CAROL, News::Group { may_end: false }));
    let up = vec![offered(CAROL.leg(), true, 3), hears_loudest(CAROL.leg(), &[]), state(CAROL, CallState::Connected)];
    assert_eq!(line.feed(Event::LegUp { leg: CAROL.leg() }), up);
}

#[test]
fn one_from_another_call_is_in_at_once_and_brings_its_leg() {
    let expect =
        |client: Client| Event::Expect(Expect { endpoint: client.endpoint(), person: client.person(), muted: true });
    let mut line = Line::with(&[ALICE, BOB]);
    let effects = line.feed(expect(CAROL));
    assert_eq!(effects[..2], [Effect::Accept, record(CAROL, Entry::Joined)]);
    assert_eq!(effects[2], tell(CAROL, News::Group { may_end: false }));
    assert_eq!(line.feed(expect(CAROL)), [Effect::Refuse(Refusal::AlreadyIn)]);
    assert_eq!(line.call.here().count(), 3);
    let rejoin = Event::Rejoin { endpoint: CAROL.endpoint(), leg: CAROL.leg() };
    assert_eq!(line.feed(rejoin), [Effect::Accept]);
    let up = vec![offered(CAROL.leg(), true, 3), hears_loudest(CAROL.leg(), &[]), state(CAROL, CallState::Connected)];
    assert_eq!(line.feed(Event::LegUp { leg: CAROL.leg() }), up);

    // One of somebody who rings is in without an answer; one that brings no leg is out again.
    line.invites(ALICE, &[DAVE]);
    let effects = line.feed(expect(DAVE));
    let stops = Effect::StopRinging { endpoint: DAVE.endpoint(), reason: EndReason::ANSWERED_ELSEWHERE };
    assert_eq!(effects[..2], [Effect::Accept, stops]);
    line.all_is_told();
    assert_eq!(line.wait_for_deadline(), call::SETUP_MAX - GATHER);
    let effects = line.feed(Event::DeadlinePassed);
    assert_eq!(effects[0], tell(DAVE, News::Ended(EndReason::NO_MEDIA_PATH)));
    assert_eq!(line.call.here().count(), 3);
}

#[test]
fn two_clients_of_one_person_are_one_row_and_never_hear_each_other() {
    let mut line = Line::with(&[ALICE, BOB]);
    let effects = line.joins(BOB_TOO);
    assert!(effects.contains(&hears_loudest(BOB.leg(), &[BOB_TOO.leg()])), "before the other leg is up");
    assert!(!effects.iter().any(|e| matches!(e, Effect::Record { .. } | Effect::Occupied)));
    let up = line.feed(Event::LegUp { leg: BOB_TOO.leg() });
    assert_eq!(up[..2], [offered(BOB_TOO.leg(), true, 2), hears_loudest(BOB_TOO.leg(), &[BOB.leg()])]);
    assert_eq!(line.next_rows(), [], "the best of them counts, and that is as it was");
    assert_eq!(line.call.here().count(), 2);

    line.feed(Event::Mute { endpoint: BOB.endpoint(), on: true });
    assert_eq!(line.next_rows(), [], "not all of them are muted");
    line.feed(Event::Mute { endpoint: BOB_TOO.endpoint(), on: true });
    assert_eq!(line.next_rows(), [(2, ParticipantState::Connected, true)]);

    let left = line.feed(Event::Leave { endpoint: BOB.endpoint() });
    let only_the_client = vec![
        Effect::Accept,
        Effect::CloseLeg { leg: BOB.leg() },
        tell(BOB, News::Ended(EndReason::HUNG_UP)),
        Effect::Released { endpoint: BOB.endpoint() },
        hears_loudest(BOB_TOO.leg(), &[]),
    ];
    assert_eq!(left, only_the_client);
}

#[test]
fn a_client_joins_once_and_with_a_leg_of_its_own() {
    let mut line = Line::with(&[ALICE, BOB]);
    assert_eq!(line.joins(BOB), refused(Refusal::AlreadyIn));
    let stolen = Join { leg: ALICE.leg(), ..CAROL.join() };
    assert_eq!(line.feed(Event::Join(stolen)), refused(Refusal::LegInUse));
}

#[test]
fn the_351st_is_told_that_the_call_is_full_and_may_join_when_one_has_left() {
    let mut line = Line::started_by(ALICE);
    let client = |who| Client { who, which: 1 };
    for who in 2..=u16::try_from(MAX_PARTICIPANTS).unwrap() {
        assert_eq!(line.joins(client(who))[0], Effect::Accept);
    }
    assert_eq!(line.joins(client(351)), refused(Refusal::Full));
    assert_eq!(line.invites(ALICE, &[client(351)]), refused(Refusal::NotConnected));
    line.feed(Event::LegUp { leg: ALICE.leg() });
    assert_eq!(line.invites(ALICE, &[client(351)]), refused(Refusal::Full));
    line.feed(Event::Leave { endpoint: BOB.endpoint() });
    assert_eq!(line.joins(client(351))[0], Effect::Accept);
}

#[test]
fn a_person_is_in_with_so_many_clients_and_no_more() {
    let mut line = Line::with(&[ALICE]);
    for which in 2..=u16::try_from(CLIENTS_MAX).unwrap() {
        assert_eq!(line.joins(Client { who: 1, which })[0], Effect::Accept);
    }
    assert_eq!(line.joins(Client { who: 1, which: 99 }), refused(Refusal::TooManyClients));
}

#[test]
fn who_comes_back_has_the_same_number() {
    let mut line = Line::with(&[ALICE, BOB, CAROL]);
    line.feed(Event::Leave { endpoint: BOB.endpoint() });
    line.joins(DAVE);
    line.joins(BOB_TOO);
    let numbers: Vec<u16> = line.next_rows().into_iter().map(|(number, ..)| number).collect();
    assert_eq!(numbers, [2, 4]);
}

#[test]
fn on_hold_one_neither_hears_nor_is_heard() {
    let mut line = Line::with(&[ALICE, BOB, CAROL]);
    let held =
        vec![Effect::Accept, offered(BOB.leg(), false, 2), hears_nobody(BOB.leg()), state(BOB, CallState::LocalHold)];
    assert_eq!(line.feed(Event::Hold { endpoint: BOB.endpoint(), on: true }), held);
    assert_eq!(line.next_rows(), [(2, ParticipantState::Hold, false)]);
    let resumed = vec![
        Effect::Accept,
        offered(BOB.leg(), true, 2),
        hears_loudest(BOB.leg(), &[]),
        state(BOB, CallState::Connected),
    ];
    assert_eq!(line.feed(Event::Hold { endpoint: BOB.endpoint(), on: false }), resumed);
}

#[test]
fn the_source_of_a_muted_member_stays_open_for_its_tones() {
    let mut line = Line::with(&[ALICE, BOB]);
    assert_eq!(line.feed(Event::Mute { endpoint: BOB.endpoint(), on: true }), vec![Effect::Accept]);
    line.feed(Event::Join(Join { muted: true, ..CAROL.join() }));
    let up = line.feed(Event::LegUp { leg: CAROL.leg() });
    assert_eq!(up[0], offered(CAROL.leg(), true, 3));
}

#[test]
fn a_leg_that_does_not_come_up_within_fifteen_seconds_is_out() {
    let mut line = Line::with(&[ALICE]);
    line.joins(BOB);
    line.all_is_told();
    assert_eq!(line.wait_for_deadline(), call::SETUP_MAX - GATHER);
    let mut gone = out(BOB, Outcome::Failed, EndReason::NO_MEDIA_PATH);
    gone.push(Effect::Occupied);
    assert_eq!(line.feed(Event::DeadlinePassed), gone);
    assert!(!line.call.is_over());
}

/// Alice called Bob, and they talk.
fn talking(now: Instant) -> Call {
    let callee = vec![Candidate { endpoint: BOB.endpoint(), reach: Reach::Free }].into();
    let ring_for = call::RING_DEFAULT;
    let start = call::Start { caller: ALICE.endpoint(), leg: ALICE.leg(), ring_for, callee };
    let (mut direct, _) = Call::start(start, now);
    direct.handle(call::Event::Answer { endpoint: BOB.endpoint(), leg: BOB.leg() }, now);
    direct.handle(call::Event::LegUp { leg: ALICE.leg() }, now);
    direct.handle(call::Event::LegUp { leg: BOB.leg() }, now);
    direct
}

#[test]
fn a_direct_call_goes_on_as_a_group_call_without_a_gap() {
    let now = clock::now();
    let mut direct = talking(now);
    direct.handle(call::Event::Mute { endpoint: BOB.endpoint(), on: true }, now);
    assert_eq!(direct.cannot_grow(), None);
    let (mut call, effects) = GroupCall::grow(direct, ALICE.person(), BOB.person(), now).unwrap();
    let wired = [
        offered(ALICE.leg(), true, 1),
        offered(BOB.leg(), true, 2),
        hears_loudest(ALICE.leg(), &[]),
        hears_loudest(BOB.leg(), &[]),
        tell(ALICE, News::Group { may_end: true }),
    ];
    assert_eq!(effects[..5], wired, "both are offered before either chooses; nobody is told a state they know");
    let News::Roster { whole: true, rows, .. } = rosters(&effects)[0] else { panic!("{effects:?}") };
    let rows: Vec<_> = rows.iter().cloned().map(seen).collect();
    assert_eq!(rows, [(1, ParticipantState::Connected, false), (2, ParticipantState::Connected, true)]);
    assert!(effects.contains(&tell(BOB, News::Group { may_end: false })));
    assert!(!effects.iter().any(|e| matches!(e, Effect::Record { .. } | Effect::CloseLeg { .. })));

    let left = call.handle(Event::Leave { endpoint: ALICE.endpoint() }, now);
    assert!(left.contains(&record(ALICE, ended(Outcome::Answered, EndReason::HUNG_UP))));
    assert!(!call.is_over(), "a group call goes on with one");
}

#[test]
fn a_call_that_is_held_or_not_connected_does_not_become_a_group_call() {
    let now = clock::now();
    let mut held = talking(now);
    held.handle(call::Event::Hold { endpoint: BOB.endpoint(), on: true }, now);
    assert_eq!(held.cannot_grow(), Some(call::Refusal::Held));

    let callee = vec![Candidate { endpoint: BOB.endpoint(), reach: Reach::Free }].into();
    let start = call::Start { caller: ALICE.endpoint(), leg: ALICE.leg(), ring_for: call::RING_DEFAULT, callee };
    let (ringing, _) = Call::start(start, now);
    assert_eq!(ringing.cannot_grow(), Some(call::Refusal::NotConnected));
    assert!(GroupCall::grow(ringing, ALICE.person(), BOB.person(), now).is_none());
}
