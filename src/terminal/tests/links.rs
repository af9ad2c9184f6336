//! Links that were opened elsewhere, and what the terminal is asked to tell a person who looks at something else.

use super::kit::{CALL, Desk, friend, records};
use crate::domain::link::OpenedLink;
use crate::domain::presence::PresenceState;
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::terminal::message::Effect;

fn call(to: &str) -> Event {
    Event::Opened(OpenedLink::Call { to: to.to_owned() })
}

fn number(number: &str) -> Event {
    Event::Opened(OpenedLink::Number { number: number.to_owned() })
}

fn join(place: &str) -> Event {
    Event::Opened(OpenedLink::Join { place: place.to_owned() })
}

#[test]
fn a_link_fills_in_whom_to_call_and_enter_calls() {
    let mut desk = Desk::ready();
    desk.hears(call("bob"));
    assert_eq!(desk.commands(), [Command::SearchPeople("bob".to_owned())], "nothing is called yet");
    assert!(desk.sees(100, 30).contains("name or identity: bob"), "{}", desk.sees(100, 30));
    desk.presses("Enter");
    assert!(matches!(&desk.commands()[..], [Command::Call { .. }]));
}

#[test]
fn a_link_to_a_group_fills_in_where_to_join_and_enter_joins() {
    let mut desk = Desk::ready();
    desk.hears(join("http://h:1/j/k7mq-3tzf"));
    assert!(desk.commands().is_empty() && desk.sees(100, 30).contains("http://h:1/j/k7mq-3tzf"));
    desk.presses("Enter");
    assert!(matches!(&desk.commands()[..], [Command::Join { place, .. }] if place == "http://h:1/j/k7mq-3tzf"));
}

#[test]
fn a_number_that_is_nobodys_is_said_to_be_so() {
    let mut desk = Desk::ready();
    desk.hears(number("+33170189900"));
    let seen = desk.sees(132, 38);
    assert!(
        seen.contains("name or identity: +33170189900") && seen.contains("phone numbers can't be called yet"),
        "{seen}"
    );

    let mut desk = Desk::ready();
    desk.hears(Event::Friends(vec![friend("204", PresenceState::Online)]));
    desk.hears(number("204"));
    let seen = desk.sees(132, 38);
    assert!(seen.contains("name or identity: 204") && !seen.contains("can't be called yet"), "{seen}");
}

#[test]
fn a_link_takes_nothing_that_is_being_typed_and_the_last_one_counts() {
    let mut desk = Desk::ready();
    desk.presses("d");
    desk.types("ca");
    desk.hears(call("mallory"));
    desk.hears(join("k7mq-3tzf"));
    let seen = desk.sees(132, 38);
    assert!(seen.contains("name or identity: ca") && seen.contains("A link was opened"), "{seen}");
    desk.presses("Esc");
    let seen = desk.sees(132, 38);
    assert!(seen.contains("k7mq-3tzf") && !seen.contains("mallory"), "{seen}");
    desk.presses("Esc");
    assert!(!desk.sees(132, 38).contains("k7mq-3tzf"), "once");
}

#[test]
fn a_link_waits_for_the_filter_too() {
    let mut desk = Desk::ready();
    desk.presses("/");
    desk.types("bo");
    desk.hears(call("carol"));
    assert!(!desk.sees(132, 38).contains("name or identity"));
    desk.presses("Enter");
    assert!(desk.sees(132, 38).contains("name or identity: carol"));
}

#[test]
fn a_missed_call_notifies_once() {
    let mut desk = Desk::ready();
    let mut missed = records().remove(0);
    missed.call_id = CALL;
    desk.hears(Event::Recorded(missed.clone()));
    desk.hears(Event::Recorded(missed));
    let notified: Vec<_> = desk.effects.iter().filter(|effect| matches!(effect, Effect::Notify(_))).collect();
    assert_eq!(notified, [&Effect::Notify("missed call from Carol".to_owned())]);
}
