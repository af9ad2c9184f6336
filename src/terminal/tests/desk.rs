//! Given several calls, these keys have these effects.

use std::time::Duration;

use super::desk_kit::{asked, handed_over, id, over, parked, rings, with};
use super::kit::{Desk, NOW, person};
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::domain::transfer::{HandedTo, Via};
use crate::phone::command::{Command, TransferTo};
use crate::phone::event::{CallView, Event, Link, MediaState, Quality, Summary};
use crate::terminal::message::Effect;

fn blind(call: u128, name: &str) -> Command {
    Command::Transfer { call: id(call), to: TransferTo::Person(person(name).identity.as_str().to_owned()) }
}

/// The numbers of the rows, each with whom it is.
fn rows(desk: &Desk) -> Vec<(usize, u128)> {
    desk.model.board.rows().iter().map(|row| (row.number, row.line.call().0.as_u128())).collect()
}

#[test]
fn a_digit_goes_over_to_a_held_call() {
    let mut desk = Desk::two_calls();
    desk.presses("1");
    assert_eq!(desk.commands(), [Command::Activate(id(1))]);
    desk.presses("2");
    assert_eq!(desk.commands(), [], "that one is heard already");
    desk.presses("7");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("There is no call 7"));
}

#[test]
fn a_digit_never_answers() {
    let mut desk = Desk::talking();
    desk.hears(Event::Incoming(rings(5, "carol")));
    desk.hears(Event::Incoming(rings(6, "dave")));
    desk.commands();
    desk.presses("3");
    assert_eq!(desk.commands(), []);
    desk.presses("a");
    assert_eq!(desk.commands(), [Command::Answer(id(6))], "the one picked");
    desk.presses("2 r");
    assert_eq!(desk.commands(), [Command::Decline(id(5))]);
}

#[test]
fn the_oldest_is_answered_while_another_is_talked_to() {
    let mut desk = Desk::talking();
    let mut late = rings(5, "carol");
    late.at = NOW.plus(-1000);
    desk.hears(Event::Incoming(late));
    desk.hears(Event::Incoming(rings(6, "dave")));
    desk.commands();
    desk.presses("a");
    assert_eq!(desk.commands(), [Command::Answer(id(6))]);
}

#[test]
fn rows_keep_their_numbers_and_new_ones_take_the_lowest_that_is_free() {
    let mut desk = Desk::two_calls();
    desk.hears(Event::Incoming(rings(5, "dave")));
    desk.hears(Event::Ended(over(1, "bob", EndReason::HUNG_UP)));
    assert_eq!(rows(&desk), [(2, 2), (3, 5)]);
    desk.tells(with(5, "dave", CallState::Connected));
    assert_eq!(rows(&desk), [(2, 2), (3, 5)], "a call that is answered keeps its row");
    desk.hears(Event::Incoming(rings(8, "erin")));
    desk.hears(Event::Incoming(rings(9, "frank")));
    assert_eq!(rows(&desk), [(1, 8), (2, 2), (3, 5), (4, 9)]);
    desk.hears(Event::IncomingEnded { call: id(8), from: person("erin"), reason: EndReason::CANCELLED });
    assert_eq!(rows(&desk), [(2, 2), (3, 5), (4, 9)]);
}

#[test]
fn a_call_that_goes_on_as_another_keeps_its_row() {
    let mut desk = Desk::two_calls();
    desk.tells(with(7, "erin", CallState::Connected));
    desk.hears(Event::Moved { call: id(2), into: id(7) });
    assert_eq!(rows(&desk), [(1, 1), (2, 7)]);
    assert_eq!(desk.model.call().unwrap().name(), "Erin");
    assert!(desk.sees(80, 24).contains("You are in a call with Erin now."));
    // Of the old one nothing more comes; of one never known nothing is renamed.
    desk.hears(Event::Moved { call: id(2), into: id(1) });
    desk.hears(Event::Moved { call: id(1), into: id(99) });
    assert_eq!(rows(&desk), [(1, 1), (2, 7)]);
}

#[test]
fn swap_goes_to_and_fro_between_the_two_latest() {
    let mut desk = Desk::two_calls();
    desk.tells(with(4, "dave", CallState::Connected));
    desk.hears(Event::Active(Some(id(4))));
    desk.presses("X");
    assert_eq!(desk.commands(), [Command::Activate(id(2))]);
    desk.tells(with(4, "dave", CallState::LocalHold));
    desk.hears(Event::Active(Some(id(2))));
    desk.presses("X");
    assert_eq!(desk.commands(), [Command::Activate(id(4))]);
    let mut desk = Desk::talking();
    desk.presses("X");
    assert_eq!(desk.commands(), []);
}

#[test]
fn hold_and_resume_are_about_the_call_in_the_card() {
    let mut desk = Desk::two_calls();
    desk.presses("x");
    assert_eq!(desk.commands(), [Command::Hold { call: id(2), on: true }]);
    // A call that is resumed beside a talk takes its place.
    desk.hears(Event::Active(Some(id(2))));
    desk.presses("1");
    desk.commands();
    desk.presses("x");
    assert_eq!(desk.commands(), [Command::Activate(id(1))]);
}

#[test]
fn the_microphone_that_is_turned_off_is_the_one_that_is_heard() {
    let mut desk = Desk::talking();
    desk.tells(with(3, "carol", CallState::Ringing));
    desk.presses("2");
    assert_eq!(desk.commands(), [], "a call that nobody answered yet is only shown");
    assert_eq!(desk.model.call().unwrap().name(), "Carol");
    desk.presses("Space");
    assert_eq!(desk.commands(), [Command::Mute { call: id(1), on: true }]);
    desk.presses("b b");
    assert_eq!(desk.commands(), [Command::HangUp(id(3))], "hanging up is about the card");
}

#[test]
fn a_letter_pressed_for_one_call_does_not_hang_up_another() {
    let mut desk = Desk::two_calls();
    desk.presses("b");
    desk.hears(Event::Active(Some(id(1))));
    desk.presses("b");
    assert_eq!(desk.commands(), []);
}

#[test]
fn a_blind_transfer_waits_three_seconds() {
    let mut desk = Desk::talking();
    desk.presses("t");
    desk.types("gra");
    desk.commands();
    desk.presses("Enter");
    assert_eq!(desk.commands(), []);
    let seen = desk.sees(80, 24);
    assert!(seen.contains("Bob goes to Grace in 3 s") && seen.contains("u takes it back"), "{seen}");
    desk.waits(2999);
    assert_eq!(desk.commands(), []);
    desk.waits(1);
    assert_eq!(desk.commands(), [blind(1, "grace")]);
    desk.waits(9000);
    assert_eq!(desk.commands(), []);
}

#[test]
fn it_is_taken_back_or_done_at_once() {
    let begun = || {
        let mut desk = Desk::talking();
        desk.presses("t");
        desk.types("grace");
        desk.presses("Enter");
        desk.commands();
        desk
    };
    let mut desk = begun();
    desk.presses("u");
    desk.waits(9000);
    assert_eq!(desk.commands(), []);
    for keys in ["t", "Enter"] {
        let mut desk = begun();
        desk.presses(keys);
        assert_eq!(desk.commands(), [blind(1, "grace")], "{keys}");
        assert!(desk.model.popup.is_none());
        desk.waits(9000);
        assert_eq!(desk.commands(), []);
    }
}

#[test]
fn a_transfer_that_waits_ends_with_its_call_and_is_done_when_the_phone_is_left() {
    let mut desk = Desk::two_calls().with_favourites();
    desk.presses("t 1");
    desk.hears(Event::Ended(over(2, "carol", EndReason::HUNG_UP)));
    desk.waits(9000);
    assert_eq!(desk.commands(), []);
    assert!(desk.model.events.entries.iter().any(|entry| entry.text.contains("Not done, the call is over")));
    let mut desk = Desk::talking().with_favourites();
    desk.presses("t 2 q y");
    assert_eq!(desk.effects, [Effect::Phone(blind(1, "carol")), Effect::Quit]);
}

#[test]
fn another_one_begun_does_the_first() {
    let mut desk = Desk::two_calls().with_favourites();
    desk.presses("p");
    desk.hears(Event::Active(Some(id(1))));
    desk.presses("t 3");
    assert_eq!(desk.commands(), [Command::Park { call: id(2), slot: None }]);
    desk.hears(Event::Active(Some(id(2))));
    desk.presses("t 3");
    assert_eq!(desk.commands(), [blind(1, "dave")], "the same key for another call begins that one");
    desk.presses("u");
    desk.hears(Event::Active(Some(id(1))));
    desk.presses("t 3");
    // Of the same call the first is not meant any more.
    desk.presses("p");
    assert_eq!(desk.commands(), []);
    desk.waits(3000);
    assert_eq!(desk.commands(), [Command::Park { call: id(1), slot: None }]);
}

#[test]
fn friends_have_digits_and_who_can_take_the_call_comes_first() {
    let mut desk = Desk::talking().with_favourites();
    desk.presses("t");
    let seen = desk.sees(132, 38);
    let at = |text: &str| seen.find(text).unwrap_or_else(|| panic!("no {text:?} in\n{seen}"));
    assert!(at("4 Erin") < at("6 Grace") && at("6 Grace") < at("2 Carol") && at("2 Carol") < at("3 Dave"), "{seen}");
    assert!(!seen.contains("1 Bob  bob"), "who is in the call is not offered:\n{seen}");
    desk.presses("6");
    desk.waits(3000);
    assert_eq!(desk.commands(), [blind(1, "grace")], "the digit is the friend's, whatever the order");
    // Once something is typed, digits are text.
    desk.presses("t x 6");
    assert!(desk.sees(132, 38).contains("x6"));
}

#[test]
fn the_entry_is_about_the_call_it_was_opened_for() {
    let mut desk = Desk::two_calls().with_favourites();
    desk.presses("t");
    desk.hears(Event::Active(Some(id(1))));
    desk.presses("6");
    desk.waits(3000);
    assert_eq!(desk.commands(), [blind(2, "grace")]);
    desk.presses("t");
    desk.hears(Event::Ended(over(1, "bob", EndReason::HUNG_UP)));
    assert!(desk.model.popup.is_none());
}

#[test]
fn a_call_is_not_handed_on_to_who_is_in_it() {
    let mut desk = Desk::talking().with_favourites();
    desk.presses("t 1");
    desk.waits(3000);
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("Bob is in this call already"));
}

#[test]
fn group_calls_and_unanswered_ones_are_not_handed_on() {
    let mut desk = Desk::ready();
    desk.tells(with(1, "bob", CallState::Ringing));
    desk.presses("t T p");
    assert_eq!((desk.commands(), desk.model.popup.is_none()), (Vec::new(), true));
    let mut desk = Desk::in_group(super::group_kit::four());
    desk.presses("t T p");
    assert_eq!((desk.commands(), desk.model.popup.is_none()), (Vec::new(), true));
    assert!(desk.sees(80, 24).contains("can't be handed on"));
}

#[test]
fn somebody_is_asked_and_the_call_handed_on_with_enter() {
    let mut desk = Desk::talking();
    desk.presses("T");
    desk.types("carol");
    desk.commands();
    desk.presses("Enter");
    let carol = person("carol").identity.as_str().to_owned();
    assert_eq!(desk.commands(), [Command::Consult { call: id(1), to: carol }]);
    let complete = Command::Transfer { call: id(1), to: TransferTo::Call(id(3)) };
    for state in [CallState::Ringing, CallState::Connected] {
        let mut desk = Desk::asking(state);
        let seen = desk.sees(132, 38);
        assert!(seen.contains("Enter hands Bob on to Carol"), "{seen}");
        assert_eq!(seen.contains("J joins all three"), state == CallState::Connected, "{seen}");
        desk.presses("Enter");
        assert_eq!(desk.commands(), std::slice::from_ref(&complete), "{state:?}");
    }
}

#[test]
fn enter_completes_nothing_while_a_text_is_typed_or_another_call_is_heard() {
    for opened in ["d", ":", "/", "?", "D", "k", "q"] {
        let mut desk = Desk::asking(CallState::Connected);
        desk.presses(opened);
        desk.commands();
        assert!(!desk.sees(132, 38).contains("Enter hands Bob"), "after {opened}");
        desk.presses("Enter");
        let done = desk.commands();
        assert!(!done.iter().any(|command| matches!(command, Command::Transfer { .. })), "after {opened}: {done:?}");
    }
    let mut desk = Desk::asking(CallState::LocalHold);
    desk.tells(with(1, "bob", CallState::Connected));
    desk.hears(Event::Active(Some(id(1))));
    desk.presses("Enter");
    assert_eq!(desk.commands(), []);
}

#[test]
fn esc_returns_to_the_caller_and_j_joins_all_three_after_three_seconds() {
    let mut desk = Desk::asking(CallState::Connected);
    desk.presses("Esc Esc Enter");
    assert_eq!(desk.commands(), [Command::HangUp(id(3))], "once, and nothing is handed on any more");
    let mut desk = Desk::asking(CallState::Connected);
    desk.presses("? Esc");
    assert_eq!(desk.commands(), [], "what is open is closed first");
    desk.presses("J");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("Carol joins you and Bob in 3 s"));
    desk.waits(3000);
    assert_eq!(desk.commands(), [Command::Merge { call: id(1), with: id(3) }]);
    let mut desk = Desk::asking(CallState::Connected);
    desk.presses("J Enter");
    assert_eq!(desk.commands(), [Command::Merge { call: id(1), with: id(3) }], "at once, and nothing is handed on");
    let mut desk = Desk::asking(CallState::Ringing);
    desk.presses("J");
    desk.waits(3000);
    assert_eq!(desk.commands(), [], "who rings can't be joined");
}

#[test]
fn what_waits_to_be_taken_back_is_what_enter_is_about() {
    let mut desk = Desk::asking(CallState::Connected);
    desk.presses("J");
    let seen = desk.sees(132, 38);
    assert!(!seen.contains("Enter hand") && seen.contains("Enter does it now"), "{seen}");
    desk.presses("u");
    assert!(desk.sees(132, 38).contains("Enter hands Bob on to Carol"));
}

#[test]
fn a_call_handed_on_says_to_whom() {
    let mut desk = Desk::two_calls().with_favourites();
    desk.presses("t 6 t");
    desk.hears(Event::Ended(handed_over(2, "carol", "carol", "grace")));
    assert!(desk.sees(80, 24).contains("You handed Carol on to Grace."));
    let mut desk = Desk::asking(CallState::Connected);
    desk.presses("Enter");
    desk.hears(Event::Ended(handed_over(1, "bob", "bob", "carol")));
    desk.hears(Event::Ended(handed_over(3, "carol", "bob", "carol")));
    let seen = desk.sees(80, 24);
    assert!(seen.contains("You handed Bob on to Carol.") && !seen.contains("You handed Carol"), "{seen}");
    // One that comes to nothing says nothing of the kind.
    let mut desk = Desk::two_calls().with_favourites();
    desk.presses("t 6 t");
    let hung_up = Summary { end: EndReason::HUNG_UP, ..handed_over(2, "carol", "carol", "grace") };
    desk.hears(Event::Ended(hung_up));
    assert!(!desk.sees(80, 24).contains("You handed"));
}

#[test]
fn the_slot_of_a_parked_call_stays_on_the_screen() {
    let mut desk = Desk::two_calls();
    desk.presses("p p");
    desk.hears(Event::Parked { call: id(2), slot: 3.try_into().unwrap() });
    desk.hears(Event::Ended(over(2, "carol", EndReason::PARKED)));
    assert!(desk.sees(80, 24).contains("Carol waits in slot 3"));
}

#[test]
fn two_calls_are_merged_by_word() {
    let typed = |text: &str| {
        let mut desk = Desk::two_calls();
        desk.tells(with(4, "dave", CallState::LocalHold));
        desk.presses(":");
        desk.types(text);
        desk.presses("Enter");
        desk.waits(3000);
        desk.commands()
    };
    assert_eq!(typed("merge"), [Command::Merge { call: id(2), with: id(1) }]);
    assert_eq!(typed("merge 3"), [Command::Merge { call: id(2), with: id(4) }]);
    assert_eq!(typed("merge 2"), [], "not with itself");
    assert_eq!(typed("merge nine"), []);
}

#[test]
fn calls_are_parked_and_picked_up() {
    let mut desk = Desk::two_calls();
    desk.presses("p");
    assert!(desk.sees(80, 24).contains("Carol is parked in 3 s"));
    desk.waits(3000);
    assert_eq!(desk.commands(), [Command::Park { call: id(2), slot: None }]);
    desk.hears(Event::Parked { call: id(2), slot: 3.try_into().unwrap() });
    desk.hears(Event::Ended(over(2, "carol", EndReason::PARKED)));
    assert!(desk.model.ended.is_none(), "another call goes on");
    desk.presses("U");
    assert_eq!(desk.commands(), []);
    desk.hears(Event::ParkedCalls(vec![parked(3, "carol", "alice", 5)]));
    desk.presses("U");
    assert_eq!(desk.commands(), [Command::PickUp(3.try_into().unwrap())]);
    desk.hears(Event::ParkedCalls(vec![parked(9, "dave", "erin", 70), parked(3, "carol", "alice", 5)]));
    desk.presses("U Down Enter");
    assert_eq!(desk.commands(), [Command::PickUp(9.try_into().unwrap())]);
}

#[test]
fn a_parked_call_that_goes_takes_no_other_along() {
    let mut desk = Desk::talking();
    let both = || vec![parked(3, "carol", "alice", 5), parked(9, "dave", "erin", 70)];
    desk.hears(Event::ParkedCalls(both()));
    desk.presses("U Down");
    desk.hears(Event::ParkedCalls(both().split_off(1)));
    desk.presses("Enter");
    assert_eq!(desk.commands(), [Command::PickUp(9.try_into().unwrap())], "the selection stays with its call");
    desk.hears(Event::ParkedCalls(both()));
    desk.presses("U");
    desk.hears(Event::ParkedCalls(both().split_off(1)));
    desk.presses("Enter");
    assert_eq!(desk.commands(), [], "the one selected was picked up by somebody else");
}

#[test]
fn everything_has_a_word() {
    let typed = |text: &str| {
        let mut desk = Desk::two_calls();
        desk.presses(":");
        desk.types(text);
        desk.presses("Enter");
        desk.waits(3000);
        desk.commands()
    };
    assert_eq!(typed("swap"), [Command::Activate(id(1))]);
    assert_eq!(typed("call 1"), [Command::Activate(id(1))]);
    assert_eq!(typed("pick 1"), [Command::Activate(id(1))]);
    assert_eq!(typed("park 7"), [Command::Park { call: id(2), slot: Some(7.try_into().unwrap()) }]);
    assert_eq!(typed("pick-up 7"), [Command::PickUp(7.try_into().unwrap())]);
    assert_eq!(typed("pick up 7"), [Command::PickUp(7.try_into().unwrap())]);
    let bob = TransferTo::Person("bob".to_owned());
    assert_eq!(typed("transfer bob"), [Command::Transfer { call: id(2), to: bob }]);
    assert_eq!(typed("consult dave"), [Command::Consult { call: id(2), to: "dave".to_owned() }]);
    assert_eq!(typed("complete 1"), [Command::Transfer { call: id(1), to: TransferTo::Call(id(2)) }]);
    assert_eq!(typed("call dave"), [Command::Call { to: "dave".to_owned(), ring_for: None }]);
    for nothing in ["park 21", "pick-up 21", "pick x", "complete", "complete 2", "complete 9"] {
        assert_eq!(typed(nothing), [], "{nothing}");
    }
}

#[test]
fn a_second_call_is_made_and_joined_beside_the_first() {
    let mut desk = Desk::talking();
    desk.presses("d");
    desk.types("dave");
    desk.commands();
    desk.presses("Enter");
    let dave = person("dave").identity.as_str().to_owned();
    assert_eq!(desk.commands(), [Command::Call { to: dave, ring_for: None }]);
    desk.presses("J");
    desk.types("k7mq-3tzf");
    desk.presses("Enter");
    let join = Command::Join { place: "k7mq-3tzf".to_owned(), existing: false, muted: None };
    assert_eq!(desk.commands(), [join]);
}

#[test]
fn a_call_that_rings_beside_a_talk_takes_no_focus_and_blinks_not() {
    let mut desk = Desk::talking();
    let before = desk.model.focus;
    let mut incoming = rings(5, "carol");
    incoming.via = Some(Via::Returned { from: person("dave"), reason: EndReason::DECLINED });
    desk.hears(Event::Incoming(incoming));
    let bells = desk.effects.iter().filter(|effect| **effect == Effect::Bell).count();
    assert_eq!((desk.model.focus, bells), (before, 1));
    let seen = desk.sees(132, 38);
    assert!(seen.contains("Carol calls (back from Dave: declined)") && seen.contains("a / F3 answer"), "{seen}");
    assert!(desk.model.next_change().is_some_and(|at| at == NOW.plus(1000)), "only the timers move");
    desk.effects.clear();
    desk.waits(9000);
    assert!(!desk.effects.contains(&Effect::Bell));
    desk.hears(Event::Ended(over(1, "bob", EndReason::HUNG_UP)));
    desk.waits(3000);
    assert!(desk.effects.contains(&Effect::Bell), "the phone rings on when the talk is over");
}

#[test]
fn what_the_other_side_does_with_the_call_is_told() {
    let mut desk = Desk::talking();
    let handed = |by: &str, to| Event::HandedOn { call: id(1), by: person(by), to, forwarded: None };
    desk.hears(handed("bob", HandedTo::Person { person: person("carol") }));
    assert!(desk.sees(80, 24).contains("Bob transfers you to Carol."));
    let mut ringing = with(1, "carol", CallState::Ringing);
    ringing.with = with(1, "bob", CallState::Ringing).with;
    desk.tells(ringing.clone());
    assert!(desk.sees(80, 24).contains("Bob transfers you to Carol, who is being rung"));
    desk.tells(CallView { state: CallState::Connected, ..ringing.clone() });
    assert_eq!(desk.model.call().unwrap().name(), "Carol");
    desk.hears(handed("carol", HandedTo::Slot { slot: 3.try_into().unwrap() }));
    desk.tells(CallView { state: CallState::RemoteHold, ..ringing });
    assert!(desk.sees(80, 24).contains("Carol parked you in slot 3"));
    desk.hears(handed("dave", HandedTo::Person { person: person("dave") }));
    assert!(desk.sees(80, 24).contains("Dave picks your call up."));
    assert!(desk.model.events.entries.iter().any(|entry| entry.text == "You were parked in slot 3 by Carol."));
}

#[test]
fn who_waits_for_long_is_told() {
    let mut desk = Desk::two_calls();
    desk.hears(Event::HeldLong { call: id(1), since: NOW.plus(-61_000) });
    assert!(desk.sees(80, 24).contains("Bob has waited on hold for 1 min: 1 goes back."));
    assert!(desk.effects.contains(&Effect::Bell));
}

#[test]
fn the_summary_comes_when_no_call_is_left() {
    let mut desk = Desk::two_calls();
    desk.hears(Event::Ended(over(2, "carol", EndReason::TRANSFERRED)));
    assert!(desk.model.ended.is_none());
    let seen = desk.sees(80, 24);
    assert!(seen.contains("You handed Carol on") && seen.contains("Bob"), "{seen}");
    assert_eq!(desk.model.call().unwrap().name(), "Bob");
    desk.hears(Event::Ended(over(1, "bob", EndReason::HUNG_UP)));
    assert!(desk.model.ended.is_some());
}

#[test]
fn leaving_says_how_many_calls_are_hung_up() {
    let mut desk = Desk::two_calls();
    desk.presses("q");
    assert!(desk.sees(80, 24).contains("Leaving hangs up 2 calls."));
    desk.hears(Event::Ended(over(2, "carol", EndReason::HUNG_UP)));
    assert!(desk.sees(80, 24).contains("Leaving hangs up the call."));
}

#[test]
fn only_one_is_asked_at_a_time() {
    let mut desk = Desk::asking(CallState::Connected);
    desk.presses("T");
    assert!(desk.model.popup.is_none() && desk.sees(80, 24).contains("asking somebody already"));
    // The consult call that rings out is only shown; from the caller's side nobody is asked.
    desk.tells(asked(3, "carol", CallState::LocalHold, 1));
    desk.tells(with(1, "bob", CallState::Connected));
    desk.hears(Event::Active(Some(id(1))));
    desk.presses("J");
    assert!(matches!(desk.model.popup, Some(crate::terminal::model::Popup::Join(_))));
}

#[test]
fn what_was_noted_of_somebody_stands_in_their_row() {
    let mut desk = Desk::two_calls();
    desk.hears(Event::History(super::history::noted()));
    desk.hears(Event::Incoming(rings(5, "dave")));
    assert!(desk.sees(132, 38).contains("Dave  prefers mornings"), "{}", desk.sees(132, 38));
}

#[test]
fn what_waits_to_be_taken_back_leaves_no_empty_row() {
    let mut desk = Desk::asking(CallState::Connected);
    desk.presses("J");
    let seen = desk.sees(80, 24);
    let row = seen.lines().position(|line| line.contains("You ask Carol, Bob waits")).unwrap();
    assert!(!seen.lines().nth(row + 1).unwrap().is_empty(), "{seen}");
}

#[test]
fn a_note_goes_with_the_call_of_whom_it_is_about() {
    let mut desk = Desk::ready();
    desk.hears(Event::History(super::history::noted()));
    desk.tells(with(1, "dave", CallState::Connected));
    assert!(desk.sees(80, 24).contains("note about Dave"));
    desk.hears(Event::Ended(over(1, "dave", EndReason::HUNG_UP)));
    assert!(!desk.sees(80, 24).contains("note about Dave"));
}

#[test]
fn the_title_counts_missed_calls_during_a_call() {
    let mut desk = Desk::talking();
    desk.hears(Event::Missed(2));
    let title = |desk: &Desk| desk.model.title.clone();
    assert_eq!(title(&desk), "Bob - CONNECTED - 2 missed - switchboard");
    desk.hears(Event::Incoming(rings(5, "carol")));
    assert_eq!(title(&desk), "Carol calls - 2 missed - switchboard");
}

#[test]
fn the_last_call_has_no_quality_where_nobody_answered() {
    for (connected_for, judged) in [(Some(Duration::from_secs(30)), true), (None, false)] {
        let mut desk = Desk::ready();
        desk.tells(with(1, "bob", CallState::Ringing));
        let quality = super::kit::quality();
        desk.hears(Event::Ended(Summary { connected_for, quality, ..over(1, "bob", EndReason::RING_TIMEOUT) }));
        let seen = desk.sees(80, 24);
        assert!(seen.contains("LAST CALL") && seen.contains("quality good") == judged, "{seen}");
    }
}

#[test]
fn nothing_that_arrives_is_judged_no_more_once_the_service_is_gone() {
    let quality = |kbps_in| Event::Quality { call: id(1), quality: Quality { kbps_in, ..super::kit::quality() } };
    let mut desk = Desk::talking();
    desk.hears(quality(31.2));
    desk.hears(Event::Link(Link::Down { reason: "gone".to_owned(), retry_in: Duration::from_secs(1) }));
    let seen = desk.sees(132, 38);
    assert!(seen.contains("quality good"), "sound may arrive all the same\n{seen}");
    desk.hears(quality(0.0));
    let seen = desk.sees(132, 38);
    assert!(seen.contains("quality no sound") && !seen.contains("good") && !seen.contains("4.3"), "{seen}");
    desk.hears(Event::Link(Link::Up));
    assert!(desk.sees(132, 38).contains("quality good"), "nobody speaks");
}

#[test]
fn quality_is_judged_only_while_sound_flows() {
    let quality = || Event::Quality { call: id(1), quality: super::kit::quality() };
    let mut desk = Desk::talking();
    desk.hears(quality());
    assert!(desk.sees(80, 24).contains("quality good"));
    desk.tells(CallView { media: MediaState::Lost, ..with(1, "bob", CallState::Connected) });
    for (width, height) in [(132, 38), (80, 24), (60, 20)] {
        let seen = desk.sees(width, height);
        assert!(seen.contains("no sound") && !seen.contains("good"), "{seen}");
    }
    let mut desk = Desk::ready();
    desk.tells(with(1, "bob", CallState::Ringing));
    desk.hears(quality());
    let seen = desk.sees(132, 38);
    assert!(!seen.contains("good"), "{seen}");
    for heard in ["we hear     not yet", "they hear   not yet"] {
        assert!(seen.contains(heard), "{heard}\n{seen}");
    }
}
