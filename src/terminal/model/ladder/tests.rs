//! Entries in and out of the ladder: narrowed, paused, followed, compared.

use super::*;
use crate::domain::id::CallId;
use crate::phone::evidence::entry::{Frame, Kind, Way};

fn entry(seq: u64, call: u128, name: &str, says: &str) -> Arc<Entry> {
    let json = serde_json::json!({"notice": {name: {"says": says, "n": seq, "deep": {"list": ["hidden"]}}}});
    let frame = Frame::new(Way::In, Kind::Notice, name, Some(seq), &json);
    let call = Some(CallId(uuid::Uuid::from_u128(call << 96)));
    Arc::new(Entry { seq, at_us: seq * 1000, unix_ms: UnixMillis(seq as i64), call, what: What::Frame(frame) })
}

fn figures(seq: u64) -> Arc<Entry> {
    let what = What::Quality(Box::default());
    Arc::new(Entry { seq, at_us: 0, unix_ms: UnixMillis(0), call: None, what })
}

fn ladder(entries: Vec<Arc<Entry>>) -> Ladder {
    let mut ladder = Ladder::new();
    ladder.take(News { entries, first: 1 }, UnixMillis(0));
    ladder
}

fn three() -> Ladder {
    ladder(vec![
        entry(1, 1, "call_changed", "Bob"),
        figures(2),
        entry(3, 2, "call_ended", "Carol"),
        entry(4, 2, "x", ""),
    ])
}

/// Types a filter, one letter after the other.
fn types(ladder: &mut Ladder, text: &str) {
    for c in text.chars() {
        let before = ladder.filter.text().to_owned();
        ladder.filter.insert(&c.to_string());
        ladder.narrow(&before);
    }
}

#[track_caller]
fn check(ladder: &Ladder, seqs: &[u64]) {
    let shown: Vec<u64> = (0..ladder.rows()).filter_map(|row| ladder.row(row)).map(|(entry, _)| entry.seq).collect();
    assert_eq!(shown, seqs);
}

#[test]
fn figures_are_shown_only_when_asked_for() {
    let mut ladder = three();
    check(&ladder, &[1, 3, 4]);
    types(&mut ladder, "kind:qua");
    check(&ladder, &[2]);
    assert!(ladder.close());
    check(&ladder, &[1, 3, 4]);
    assert!(!ladder.close());
}

#[test]
fn it_is_narrowed_by_call_kind_and_words_as_they_are_typed() {
    for (typed, seqs) in [
        ("bob", &[1][..]),
        ("call", &[1, 3]),
        ("call end", &[3]),
        ("call_ended", &[3]),
        ("call:00000002", &[3, 4]),
        ("call:00000002 CAROL", &[3]),
        ("kind:notice", &[1, 3, 4]),
        // What is seen, and nothing else; but for what is looked for in whole messages.
        ("000000", &[1, 3, 4]),
        ("00000002", &[]),
        ("changed n", &[1]),
        ("notice", &[]),
        ("hidden", &[]),
        ("in:hidden", &[1, 3, 4]),
        ("in:hidden in:carol", &[3]),
        ("kind:request", &[]),
        ("nothing like it", &[]),
    ] {
        let mut ladder = three();
        types(&mut ladder, typed);
        check(&ladder, seqs);
    }
}

#[test]
fn what_is_new_is_taken_in_by_the_same_filter_and_what_is_forgotten_goes() {
    let mut ladder = three();
    types(&mut ladder, "carol");
    assert!(
        ladder
            .take(News { entries: vec![entry(5, 1, "y", "carol"), entry(6, 1, "z", "bob")], first: 2 }, UnixMillis(0))
    );
    check(&ladder, &[3, 5]);
    assert_eq!((ladder.index(), ladder.newest(), ladder.entries.len()), (1, 6, 5));
    assert!(ladder.take(News { entries: Vec::new(), first: 5 }, UnixMillis(0)));
    check(&ladder, &[5]);
    assert!(!ladder.take(News { entries: vec![entry(7, 1, "z", "bob")], first: 5 }, UnixMillis(9)), "it is not seen");
    assert_eq!(ladder.look_at, Some(UnixMillis(9 + LOOK)));
}

#[test]
fn it_follows_what_happens_until_somebody_looks_back() {
    let mut ladder = three();
    assert_eq!(ladder.index(), 2);
    ladder.step(-1);
    ladder.take(News { entries: vec![entry(5, 1, "y", "")], first: 1 }, UnixMillis(0));
    assert_eq!((ladder.index(), ladder.follows), (1, false));
    ladder.step(isize::MAX);
    ladder.take(News { entries: vec![entry(6, 1, "y", "")], first: 1 }, UnixMillis(0));
    assert_eq!((ladder.index(), ladder.follows), (4, true));
}

#[test]
fn while_it_is_paused_it_stands_still_and_misses_nothing() {
    let mut ladder = three();
    ladder.pause();
    let news = || News { entries: vec![entry(5, 1, "y", "")], first: 1 };
    assert!(!ladder.take(news(), UnixMillis(0)));
    check(&ladder, &[1, 3, 4]);
    assert_eq!(ladder.newest(), 4, "it is asked for again");
    ladder.pause();
    assert!(ladder.take(news(), UnixMillis(0)));
    check(&ladder, &[1, 3, 4, 5]);
}

#[test]
fn two_marked_messages_are_compared() {
    let mut ladder = ladder(vec![entry(1, 1, "call_changed", "ringing"), entry(2, 1, "call_changed", "connected")]);
    ladder.mark();
    ladder.step(-1);
    ladder.mark();
    ladder.open();
    let opened = ladder.opened.clone().unwrap();
    let changed: Vec<_> = opened.lines.iter().filter(|(change, _)| *change != Change::Same).collect();
    assert!(changed.iter().any(|(change, line)| *change == Change::Gone && line.contains("connected")), "{changed:?}");
    assert!(changed.iter().any(|(change, line)| *change == Change::New && line.contains("ringing")), "{changed:?}");
    assert!(ladder.close() && ladder.opened.is_none());
    ladder.mark();
    assert_eq!(ladder.marks, [2]);
    ladder.open();
    assert_eq!(ladder.opened.unwrap().title, "call changed");
}

#[test]
fn an_empty_ladder_can_be_used() {
    let mut ladder = Ladder::new();
    ladder.step(-3);
    ladder.mark();
    ladder.open();
    types(&mut ladder, "x");
    assert_eq!((ladder.rows(), ladder.index(), ladder.opened.is_none()), (0, 0, true));
}
