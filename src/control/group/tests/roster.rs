//! What everybody is told of the others: gathered, in parts, and no more than changed.

use super::*;

#[test]
fn changes_are_gathered_for_a_moment_and_told_to_all_at_once() {
    let mut line = Line::with(&[ALICE, BOB]);
    let quiet = |effects: Vec<Effect>| !effects.iter().any(|e| matches!(e, Effect::TellAll(_)));
    assert!(quiet(line.joins(CAROL)));
    line.pass(GATHER / 2);
    assert!(quiet(line.joins(DAVE)));
    assert!(quiet(line.feed(Event::Leave { endpoint: BOB.endpoint() })));
    assert_eq!(line.wait_for_deadline(), GATHER / 2);
    let told = line.feed(Event::DeadlinePassed);
    let [Effect::TellAll(News::Roster { whole: false, rows, left })] = &told[..] else { panic!("{told:?}") };
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(left, &[2]);
}

#[test]
fn who_toggles_without_end_is_told_of_five_times_a_second() {
    let mut line = Line::with(&[ALICE, BOB]);
    let mut told = 0;
    for round in 0..1000 {
        line.pass(Duration::from_millis(1));
        let effects = line.feed(Event::Mute { endpoint: BOB.endpoint(), on: round % 2 == 0 });
        told += effects.iter().filter(|e| matches!(e, Effect::TellAll(_))).count();
    }
    assert!(told <= 5, "told {told} times in a second");
}

#[test]
fn a_large_roster_comes_in_parts() {
    let clients: Vec<Client> = (1..=250).map(|who| Client { who, which: 1 }).collect();
    let mut line = Line::with(&clients);
    let told = line.joins(Client { who: 251, which: 1 });
    let parts: Vec<(bool, usize)> = rosters(&told)
        .into_iter()
        .map(|news| match news {
            News::Roster { whole, rows, .. } => (*whole, rows.len()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(parts, [(true, 100), (false, 100), (false, 51)]);
}

#[test]
fn speakers_are_told_by_number_and_only_when_they_change() {
    let mut line = Line::with(&[ALICE, BOB, BOB_TOO]);
    let speak = Event::Speakers(vec![BOB_TOO.leg(), DAVE.leg(), BOB.leg(), ALICE.leg()]);
    assert_eq!(line.feed(speak.clone()), [Effect::TellAll(News::Speakers(vec![2, 1]))]);
    assert_eq!(line.feed(speak), []);
    assert!(line.joins(CAROL).contains(&tell(CAROL, News::Speakers(vec![2, 1]))), "who joins is told who speaks");
    line.feed(Event::Leave { endpoint: ALICE.endpoint() });
    assert_eq!(line.feed(Event::Speakers(vec![BOB.leg()])), [], "who left was taken off the list by that");
    assert_eq!(line.feed(Event::Speakers(vec![])), [Effect::TellAll(News::Speakers(vec![]))]);
}

#[test]
fn one_that_came_while_a_row_was_on_its_way_back_learns_how_it_ended() {
    let mut line = Line::with(&[ALICE, BOB]);
    line.feed(Event::Mute { endpoint: BOB.endpoint(), on: true });
    line.joins(CAROL);
    line.feed(Event::Mute { endpoint: BOB.endpoint(), on: false });
    assert!(line.next_rows().contains(&(2, ParticipantState::Connected, false)));
}
