//! The calls that were: searched, noted, missed, called again.

use uuid::Uuid;

use super::kit::{CALL, Desk, NOW, incoming, person, records, summary, view};
use super::states::check;
use crate::domain::call::{CallState, Direction, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::record::{CallRecord, HistoryFilter, Outcome};
use crate::phone::command::{Command, HISTORY};
use crate::phone::event::{Event, Link};
use crate::terminal::message::{Effect, Message};
use crate::terminal::model::{Mood, Popup};

const LONG: &str = "wants the invoice of last March again, this time to the address in Ghent; was promised a call back \
    by Thursday and is not amused, so be nice; the account number is 4711-0815";

/// Records of which some are noted, and one was answered by somebody else.
pub(super) fn noted() -> Vec<CallRecord> {
    let mut records = records();
    records[1].note = LONG.parse().ok();
    records[1].answered_by = Some(person("erin"));
    records[4].note = "prefers mornings".parse().ok();
    records
}

fn noted_desk() -> Desk {
    let mut desk = Desk::ready();
    desk.hears(Event::History(noted()));
    desk.effects.clear();
    desk
}

/// More records than the screen is told at once.
fn many() -> Vec<CallRecord> {
    let newest = records().remove(1);
    let at = |n: u16| CallRecord {
        call_id: CallId(Uuid::from_u128(1000 + u128::from(n))),
        started_at: NOW.plus(-60_000 * i64::from(n)),
        ..newest.clone()
    };
    (1..=HISTORY).map(at).collect()
}

fn call(to: &str) -> Command {
    Command::Call { to: to.to_owned(), ring_for: None }
}

fn note(number: u128, text: &str) -> Command {
    Command::NoteCall { call: CallId(Uuid::from_u128(number)), note: text.parse().ok() }
}

fn search(text: &str) -> Command {
    Command::SearchHistory(HistoryFilter { text: Some(text.to_owned()), ..HistoryFilter::default() })
}

#[test]
fn records_show_how_calls_went_and_what_is_noted() {
    let mut desk = noted_desk();
    desk.presses("H Down");
    check("history_noted", &desk);
}

#[test]
fn records_are_searched_as_one_types() {
    let mut desk = noted_desk();
    desk.presses("H /");
    desk.types("INVOICE");
    check("history_searched", &desk);
    desk.presses("Enter");
    assert_eq!(desk.commands(), [], "what is here is all there is");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_bob")]);
    desk.presses("Esc");
    assert_eq!(desk.model.history.shown().len(), noted().len());
    desk.presses("/");
    desk.types("nobody has this");
    assert!(desk.sees(80, 24).contains("no call holds this text"));
    desk.presses("Esc /");
    desk.types("Ínvoicé");
    assert_eq!(desk.model.history.shown().len(), 1, "as the service finds them: accents do not count");
}

#[test]
fn the_service_is_asked_for_what_is_not_here_once_one_has_typed() {
    let mut desk = Desk::ready();
    desk.hears(Event::History(many()));
    desk.presses("H /");
    desk.types("re");
    desk.waits(100);
    desk.types("f");
    assert_eq!(desk.commands(), []);
    assert_eq!(desk.model.next_change(), Some(desk.model.now.plus(150)));
    desk.waits(150);
    assert_eq!(desk.commands(), [search("ref")]);
    let old = CallRecord { note: "refund".parse().ok(), started_at: NOW.plus(-90 * 86_400_000), ..records().remove(3) };
    let filter = HistoryFilter { text: Some("ref".to_owned()), ..HistoryFilter::default() };
    desk.hears(Event::HistoryFound { filter, records: vec![old] });
    desk.presses("Enter Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_grace")]);
    assert_eq!(desk.model.next_change(), None, "it stands still");
}

#[test]
fn missed_calls_are_counted_by_the_service_and_seen_in_the_list() {
    let mut desk = Desk::ready();
    let mut missed = records().remove(0);
    (missed.call_id, missed.started_at) = (CALL, NOW);
    missed.with = Peer::Person(person("frank"));
    desk.hears(Event::Recorded(missed.clone()));
    desk.hears(Event::Missed(3));
    assert!(desk.sees(80, 24).contains("3 missed (H)"));
    desk.presses("H Enter");
    assert_eq!(desk.commands(), [Command::SeeMissed, call("8:acs:demo_frank")]);
    desk.hears(Event::Missed(0));
    assert!(!desk.sees(80, 24).contains("3 missed"));
    // One that comes while nobody is there stays until somebody moves.
    desk.hears(Event::Missed(1));
    desk.waits(60_000);
    assert_eq!(desk.commands(), []);
    desk.presses("Down");
    assert_eq!(desk.commands(), [Command::SeeMissed]);
    let entries = |desk: &Desk| desk.model.events.entries.iter().filter(|e| e.text.contains("missed call")).count();
    let before = entries(&desk);
    missed.note = "call back".parse().ok();
    desk.hears(Event::Recorded(missed));
    assert_eq!(entries(&desk), before, "noted, it is not missed once more");
}

#[test]
fn without_a_link_nothing_is_said_to_be_seen() {
    let mut desk = Desk::ready();
    desk.hears(Event::Missed(1));
    desk.hears(Event::Link(Link::Down { reason: "gone".to_owned(), retry_in: std::time::Duration::from_secs(1) }));
    desk.presses("H Down");
    assert_eq!(desk.commands(), []);
}

#[test]
fn a_note_is_written_about_the_record_selected() {
    let mut desk = noted_desk();
    desk.presses("H Down Down Down Down N");
    check("note", &desk);
    desk.presses("Ctrl-u");
    desk.types("prefers evenings");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [note(105, "prefers evenings")]);
    assert!(desk.model.popup.is_none());
    desk.presses("N Enter");
    assert_eq!(desk.commands(), [], "nothing changed");
    desk.presses("N Ctrl-u Enter");
    assert_eq!(desk.commands(), [note(105, "")]);
}

#[test]
fn during_a_call_and_after_it_the_note_is_about_that_call() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("N");
    desk.types("a note, with spaces");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [note(1, "a note, with spaces")]);
    desk.presses(":");
    desk.types("note  by  command");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [note(1, "by command")]);
    desk.hears(Event::Ended(summary(EndReason::HUNG_UP, Some(3))));
    desk.commands();
    desk.presses("N");
    assert!(matches!(&desk.model.popup, Some(Popup::Note(prompt)) if prompt.call == CALL && prompt.who == "Bob"));
    desk.presses("Esc Esc N");
    assert!(desk.model.popup.is_none());
    assert!(desk.sees(80, 24).contains("no call to note something about. Press H"));
}

#[test]
fn the_newest_note_is_shown_when_somebody_rings_or_is_called() {
    let mut desk = noted_desk();
    desk.hears(Event::Call(view(CallState::Ringing)));
    check("note_of_call", &desk);
    let mut desk = noted_desk();
    desk.hears(Event::Incoming(incoming("dave")));
    let seen = desk.sees(80, 24);
    assert!(seen.contains("note about Dave, 6 Dec: prefers mornings"), "{seen}");
    desk.hears(Event::IncomingEnded { call: CALL, from: person("dave"), reason: EndReason::CANCELLED });
    assert!(!desk.sees(80, 24).contains("prefers mornings"));
    assert_eq!(desk.commands(), [], "all there is is here");
}

#[test]
fn notes_older_than_what_is_here_are_asked_for() {
    let mut desk = Desk::ready();
    desk.hears(Event::History(many()));
    desk.hears(Event::Incoming(incoming("carol")));
    let with = Some(person("carol").identity);
    let about = HistoryFilter { with, ..HistoryFilter::default() };
    assert_eq!(desk.commands(), [Command::SearchHistory(about.clone())]);
    let old = CallRecord { note: "likes tea".parse().ok(), ..records().remove(0) };
    desk.hears(Event::HistoryFound { filter: about, records: vec![old] });
    assert!(desk.sees(132, 38).contains("note about Carol, 13:50: likes tea"));
}

#[test]
fn redial_calls_whom_one_called_last() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.hears(Event::Ended(summary(EndReason::HUNG_UP, Some(3))));
    desk.commands();
    desk.presses("R");
    assert_eq!(desk.commands(), [call("8:acs:demo_bob")]);
    // Neither a call that came since nor the newest record, which came as well.
    let mut desk = Desk::ready();
    let mut records = records();
    records.remove(1);
    desk.hears(Event::History(records));
    let mut came = view(CallState::Connected);
    (came.direction, came.with) = (Direction::Incoming, Peer::Person(person("carol")));
    desk.calls(came);
    let mut summary = summary(EndReason::HUNG_UP, Some(3));
    (summary.direction, summary.with) = (Direction::Incoming, Peer::Person(person("carol")));
    desk.hears(Event::Ended(summary));
    desk.commands();
    let seen = desk.sees(132, 38);
    assert!(seen.contains("H calls, to call back") && !seen.contains("R call again   Esc"), "{seen}");
    desk.presses("R");
    assert_eq!(desk.commands(), [call("8:acs:demo_frank")]);
    let mut fresh = Desk::fresh();
    fresh.presses("R");
    assert_eq!(fresh.commands(), []);
    assert!(fresh.sees(80, 24).contains("You called nobody yet"));
}

#[test]
fn the_records_listed_are_written_into_a_file() {
    let mut desk = noted_desk();
    desk.presses("H /");
    desk.types("mornings");
    desk.presses("Enter :");
    desk.types("export calls.csv");
    desk.presses("Enter");
    let [Effect::Export { file, table }] = desk.effects.as_slice() else { panic!("{:?}", desk.effects) };
    assert_eq!((file.as_str(), table.lines().count()), ("calls.csv", 2));
    assert!(table.contains("prefers mornings"));
    desk.effects.clear();
    let failed = Some("File exists (os error 17)".to_owned());
    desk.takes(Message::Exported { file: "calls.csv".to_owned(), failed });
    assert!(desk.sees(132, 38).contains("can't be written into calls.csv: File exists"));
    desk.takes(Message::Exported { file: "more.csv".to_owned(), failed: None });
    assert_eq!(desk.model.notice.as_ref().map(|notice| notice.mood), Some(Mood::Good));
}

#[test]
fn every_outcome_has_its_sign_without_colour_and_in_ascii() {
    use crate::terminal::model::ScreenOptions;
    let outcomes = [
        (Outcome::Ongoing, "@ going on"),
        (Outcome::Answered, "* answered"),
        (Outcome::Missed, "! MISSED"),
        (Outcome::Declined, "x declined"),
        (Outcome::Busy, "! busy"),
        (Outcome::NoAnswer, "o no answer"),
        (Outcome::Cancelled, "# cancelled"),
        (Outcome::Failed, "! failed"),
    ];
    for (outcome, told) in outcomes {
        let mut desk = Desk::fresh_with(&ScreenOptions { ascii: true, ..ScreenOptions::default() }, false);
        desk.hears(Event::History(vec![CallRecord { outcome, ..records().remove(1) }]));
        desk.presses("H");
        let seen = desk.sees(80, 24);
        assert!(seen.contains(told), "{told}: {seen}");
    }
}

#[test]
fn who_took_a_call_that_was_forwarded_is_named_and_no_length_of_it() {
    let mut forwarded = records().remove(1);
    forwarded.answered_by = Some(person("caroline"));
    (forwarded.outcome, forwarded.end) = (Outcome::Answered, Some(EndReason::FORWARDED));
    (forwarded.answered_at, forwarded.ended_at) = (Some(forwarded.started_at), Some(forwarded.started_at));
    let mut desk = Desk::ready();
    desk.hears(Event::History(vec![forwarded]));
    desk.presses("H");
    let seen = desk.sees(60, 20);
    assert!(seen.contains("by Caroline") && !seen.contains("00:00"), "{seen}");
}

#[test]
fn how_many_calls_were_missed_is_never_cut() {
    let mut desk = Desk::ready();
    desk.hears(Event::Missed(12));
    for (hint, told) in [("", "12 missed (H)"), ("demos", " 12 missed "), ("demo of a se", "▲12 ")] {
        desk.model.look.hint = hint.to_owned();
        let header = desk.sees(60, 20).lines().next().unwrap().to_owned();
        assert!(header.contains(told), "{header}");
        assert_eq!(header.contains("(H"), told.contains("(H"), "{header}");
    }
}
