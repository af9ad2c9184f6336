//! Ringing people into the call: who rings, who answers, and what the inviter is told.

use super::*;
use crate::control::ring::{NOBODY_MAX, RING_DEFAULT};

fn invite_ended(client: Client, who: Client, reason: EndReason) -> Effect {
    tell(client, News::InviteEnded { person: who.person(), reason })
}

fn ring(client: Client, by: Client) -> Effect {
    Effect::Ring { endpoint: client.endpoint(), by: by.person() }
}

fn stops(client: Client, reason: EndReason) -> Effect {
    Effect::StopRinging { endpoint: client.endpoint(), reason }
}

fn invited(client: Client, on: bool) -> Effect {
    Effect::Invited { who: client.identity(), on }
}

#[test]
fn all_clients_of_the_invited_ring_and_the_first_answer_wins() {
    let mut line = Line::with(&[ALICE, BOB]);
    let rung = vec![
        Effect::Accept,
        record(CAROL, Entry::Rung),
        invited(CAROL, true),
        ring(CAROL, ALICE),
        ring(CAROL_TOO, ALICE),
    ];
    assert_eq!(line.invites(ALICE, &[CAROL, CAROL_TOO]), rung);
    assert_eq!(line.next_rows(), [(3, ParticipantState::Connecting, false)]);
    assert_eq!(line.feed(Event::Ringing { endpoint: CAROL.endpoint() }), [Effect::Accept]);
    assert_eq!(line.next_rows(), [(3, ParticipantState::Ringing, false)]);
    assert_eq!(line.call.here().count(), 2, "who rings is not here yet");

    let answer = Event::Answer { endpoint: CAROL_TOO.endpoint(), leg: CAROL_TOO.leg() };
    let effects = line.feed(answer.clone());
    let answered = [
        Effect::Accept,
        stops(CAROL, EndReason::ANSWERED_ELSEWHERE),
        invited(CAROL, false),
        record(CAROL, Entry::Joined),
    ];
    assert_eq!(effects[..4], answered);
    assert_eq!(line.feed(answer), refused(Refusal::NotRinging));
    let late = Event::Answer { endpoint: CAROL.endpoint(), leg: CAROL.leg() };
    assert_eq!(line.feed(late), refused(Refusal::NotInCall));
    line.feed(Event::LegUp { leg: CAROL_TOO.leg() });
    assert_eq!(line.next_rows(), [(3, ParticipantState::Connected, false)]);
}

#[test]
fn a_declined_invitation_is_told_to_the_inviter_and_the_row_is_gone() {
    let mut line = Line::with(&[ALICE, BOB]);
    line.invites(BOB, &[CAROL, CAROL_TOO]);
    line.all_is_told();
    let declined = vec![
        Effect::Accept,
        stops(CAROL, EndReason::DECLINED),
        stops(CAROL_TOO, EndReason::DECLINED),
        invited(CAROL, false),
        record(CAROL, ended(Outcome::Declined, EndReason::DECLINED)),
        invite_ended(BOB, CAROL, EndReason::DECLINED),
    ];
    assert_eq!(line.feed(Event::Decline { endpoint: CAROL.endpoint() }), declined);
    let gone = News::Roster { whole: false, rows: vec![], left: vec![3] };
    assert_eq!(line.all_is_told(), [Effect::TellAll(gone)]);
    assert_eq!(line.invites(ALICE, &[CAROL])[0], Effect::Accept, "and may be invited again");
}

#[test]
fn an_invitation_rings_for_a_minute_and_not_for_somebody_who_went_offline() {
    let mut line = Line::with(&[ALICE, BOB]);
    line.invites(ALICE, &[CAROL]);
    line.all_is_told();
    assert_eq!(line.wait_for_deadline(), RING_DEFAULT - GATHER);
    let late = line.feed(Event::DeadlinePassed);
    assert_eq!(late.last(), Some(&invite_ended(ALICE, CAROL, EndReason::RING_TIMEOUT)));
    line.all_is_told();

    line.invites(ALICE, &[CAROL]);
    line.all_is_told();
    line.feed(Event::Lost { endpoint: CAROL.endpoint() });
    assert_eq!(line.wait_for_deadline(), NOBODY_MAX);
    let offline = line.feed(Event::DeadlinePassed);
    assert_eq!(offline.last(), Some(&invite_ended(ALICE, CAROL, EndReason::OFFLINE)));
}

#[test]
fn who_joins_by_id_while_it_rings_answers_the_invitation_by_that() {
    let mut line = Line::with(&[ALICE, BOB]);
    line.invites(ALICE, &[CAROL]);
    let joined = line.joins(CAROL_TOO);
    assert_eq!(joined[1..3], [stops(CAROL, EndReason::ANSWERED_ELSEWHERE), invited(CAROL, false)]);
    assert_eq!(line.feed(Event::Decline { endpoint: CAROL.endpoint() }), refused(Refusal::NotInCall));
}

#[test]
fn the_ring_goes_on_when_the_inviter_leaves_and_stops_with_the_call() {
    let mut line = Line::with(&[ALICE, BOB]);
    line.invites(ALICE, &[CAROL]);
    let left = line.feed(Event::Leave { endpoint: ALICE.endpoint() });
    assert!(!left.iter().any(|e| matches!(e, Effect::StopRinging { .. })));
    let last = line.feed(Event::Leave { endpoint: BOB.endpoint() });
    assert!(last.contains(&stops(CAROL, EndReason::CANCELLED)));
    assert!(last.contains(&record(CAROL, ended(Outcome::Missed, EndReason::CANCELLED))));
    assert_eq!(last.last(), Some(&Effect::Finished));
}

#[test]
fn a_client_of_the_invited_that_appears_rings_too() {
    let mut line = Line::with(&[ALICE, BOB]);
    line.invites(ALICE, &[CAROL]);
    let appeared = Event::Appeared { endpoint: CAROL_TOO.endpoint(), who: CAROL.identity() };
    assert_eq!(line.feed(appeared), [ring(CAROL_TOO, ALICE)]);
    let stranger = Event::Appeared { endpoint: DAVE.endpoint(), who: DAVE.identity() };
    assert_eq!(line.feed(stranger), []);
}

#[test]
fn not_everybody_may_be_invited_by_everybody() {
    let mut line = Line::with(&[ALICE, BOB]);
    assert_eq!(line.invites(DAVE, &[CAROL]), refused(Refusal::NotInCall));
    assert_eq!(line.invites(ALICE, &[BOB_TOO]), refused(Refusal::InviteeIsIn));
    line.invites(ALICE, &[CAROL]);
    assert_eq!(line.invites(BOB, &[CAROL]), refused(Refusal::InviteeRings));
    for who in 10..9 + u16::try_from(RINGING_MAX).unwrap() {
        assert_eq!(line.invites(BOB, &[Client { who, which: 1 }])[0], Effect::Accept);
    }
    assert_eq!(line.invites(BOB, &[DAVE]), refused(Refusal::TooManyRing));
}
