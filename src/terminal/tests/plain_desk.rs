//! Plain mode with several calls: handed on, parked, asked about, picked by number.

use super::desk_kit::{asked, handed_over, id, parked, rings, with};
use super::kit::{person, records};
use super::plain_kit::Line;
use crate::domain::call::{CallState, Direction};
use crate::domain::end_reason::EndReason;
use crate::domain::transfer::HandedTo;
use crate::phone::command::{Command, TransferTo};
use crate::phone::event::Event;

#[test]
fn a_second_call_says_which_one_it_is_and_what_an_answer_does() {
    let mut line = Line::talking();
    line.hears(Event::Incoming(rings(2, "carol")));
    line.hears(Event::IncomingEnded { call: id(2), from: person("carol"), reason: EndReason::CANCELLED });
    let mut missed = records().remove(0);
    missed.call_id = id(2);
    line.hears(Event::Recorded(missed));
    let told = [
        "Carol calls, as call 2. Type answer, which puts Bob on hold, or decline.",
        "Carol gave up before you answered. Call back if you like.",
    ];
    assert_eq!(line.told(), told, "that it was missed is the same event");
}

#[test]
fn a_transfer_is_asked_about_chosen_by_number_and_taken_back() {
    let mut line = Line::talking();
    line.types("transfer");
    let told = line.told();
    assert_eq!(told[0], "Whom do you want to hand the call on to? Type a name, a number of these, or no:");
    assert_eq!(told[1], "1: Erin of the long and winding name, Dr., online.");
    line.types("1");
    let told = line.told();
    let soon = "in 3 seconds. Type undo to take it back, or accept to do it now.";
    assert_eq!(told, [format!("Bob goes to Erin of the long and winding name, Dr. {soon}")]);
    line.types("undo");
    assert_eq!(line.told(), ["Taken back: nothing was done."]);
    line.types("undo");
    assert_eq!(line.told(), ["There is nothing to take back."]);
    line.waits(5000);
    assert_eq!(line.commands(), []);
    line.types("transfer carol");
    line.waits(3001);
    let to = TransferTo::Person("carol".to_owned());
    assert_eq!(line.commands(), [Command::Transfer { call: id(1), to }]);
    line.told();
    line.hears(Event::Ended(handed_over(1, "bob", "bob", "carol")));
    assert_eq!(line.told(), ["The call with Bob is over after 30 s. You handed Bob on to Carol."]);
}

#[test]
fn who_is_asked_first_and_who_waits_is_told() {
    let mut line = Line::talking();
    line.hears(Event::Call(with(1, "bob", CallState::LocalHold)));
    line.hears(Event::Call(asked(3, "carol", CallState::Connected, 1)));
    line.hears(Event::Active(Some(id(3))));
    line.told();
    line.types("where");
    let told = line.told();
    assert!(told[0].starts_with("Call 1: Bob, on hold by you, 20 s, waits for Carol"), "{told:?}");
    assert!(told[1].starts_with("Call 2: Carol, talking"), "{told:?}");
    assert!(told[1].contains("asked for Bob") && told[1].ends_with("your microphone is on, active."), "{told:?}");
    line.types("complete");
    let to = TransferTo::Call(id(3));
    assert_eq!(line.commands(), [Command::Transfer { call: id(1), to }]);
    line.types("back");
    assert_eq!(line.commands(), [Command::HangUp(id(3))]);
}

#[test]
fn a_call_somebody_parks_is_told_and_one_of_ones_own_once() {
    let mut line = Line::talking();
    line.hears(Event::ParkedCalls(vec![parked(2, "dave", "erin", 0)]));
    line.hears(Event::Parked { call: id(1), slot: 3.try_into().unwrap() });
    line.hears(Event::ParkedCalls(vec![parked(2, "dave", "erin", 0), parked(3, "bob", "alice", 0)]));
    line.hears(Event::ParkedCalls(vec![parked(3, "bob", "alice", 0)]));
    let told = [
        "Dave waits in slot 2, parked by Erin. Type pick-up 2 to take the call.",
        "Bob waits in slot 3: pick-up picks up, here or on any phone of the house.",
        "Dave waits in slot 2 no more.",
    ];
    assert_eq!(line.told(), told);
}

#[test]
fn a_number_without_a_list_picks_a_call() {
    let mut line = Line::talking();
    line.hears(Event::Call(with(1, "bob", CallState::LocalHold)));
    line.hears(Event::Call(with(2, "carol", CallState::Connected)));
    line.hears(Event::Active(Some(id(2))));
    line.types("1");
    assert_eq!(line.commands(), [Command::Activate(id(1))]);
}

#[test]
fn a_call_that_is_handed_on_tells_who_is_rung_and_who_is_there_then() {
    let mut line = Line::talking();
    let to = HandedTo::Person { person: person("carol") };
    line.hears(Event::HandedOn { call: id(1), by: person("bob"), to, forwarded: None });
    line.hears(Event::Call(with(1, "bob", CallState::Ringing)));
    line.hears(Event::Call(with(1, "carol", CallState::Connected)));
    let told =
        ["Bob transfers you to Carol.", "Carol is being rung. Wait, or type hangup.", "You are connected with Carol."];
    assert_eq!(line.told(), told);
    let to = HandedTo::Person { person: person("dave") };
    line.hears(Event::Call(with(1, "carol", CallState::RemoteHold)));
    line.hears(Event::HandedOn { call: id(1), by: person("carol"), to, forwarded: None });
    line.hears(Event::Call(with(1, "dave", CallState::Connected)));
    assert_eq!(line.told().last().unwrap(), "You are connected with Dave.", "not `again`");
}

#[test]
fn a_call_that_goes_on_as_another_or_is_picked_up_is_not_answered() {
    let incoming = |call, who, state| {
        let mut view = with(call, who, state);
        view.direction = Direction::Incoming;
        Event::Call(view)
    };
    let mut line = Line::talking();
    line.hears(incoming(2, "carol", CallState::Connecting));
    line.hears(Event::Moved { call: id(1), into: id(2) });
    line.hears(incoming(2, "carol", CallState::Connected));
    assert_eq!(line.told(), ["You are in a call with Carol now."], "once is enough");
    let mut line = Line::ready();
    line.hears(incoming(2, "carol", CallState::Connecting));
    line.hears(incoming(2, "carol", CallState::Connected));
    assert_eq!(line.told(), ["You are connected with Carol."], "picked up");
    let mut line = Line::ready();
    line.hears(Event::Incoming(rings(2, "carol")));
    line.hears(incoming(2, "carol", CallState::Connecting));
    assert_eq!(line.told().last().unwrap(), "You answer Carol.");
}

#[test]
fn who_is_parked_is_told_so_once() {
    let mut line = Line::talking();
    line.hears(Event::ParkedCalls(vec![parked(4, "alice", "bob", 0)]));
    line.hears(Event::ParkedCalls(Vec::new()));
    assert_eq!(line.told(), [""; 0]);
}
