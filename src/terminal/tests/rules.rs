//! Where the user's calls go: the list of rules, the commands for them, and what is told.

use super::desk_kit::with;
use super::kit::{CALL, Desk, person};
use super::states::check;
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::{AccountRules, CallRules, ForwardWhen, PickUpBy};
use crate::domain::transfer::HandedTo;
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::terminal::model::Popup;

/// All calls go to Carol, those nobody answers to Dave; Frank rings in spite of do not disturb.
pub(super) fn forwarding() -> AccountRules {
    let rules = CallRules {
        always: Some(person("carol").identity),
        no_answer: Some(person("dave").identity),
        except: vec![person("frank").identity],
        ..CallRules::default()
    };
    AccountRules { rules, people: ["carol", "dave", "frank"].map(person).into() }
}

/// A screen with the rules but the first.
fn ruled() -> Desk {
    let mut desk = Desk::ready();
    let mut rules = forwarding();
    rules.rules.always = None;
    desk.hears(Event::Rules(rules));
    desk
}

fn forward(when: ForwardWhen, to: Option<&str>, seconds: Option<u16>) -> Command {
    let after = seconds.map(|seconds| seconds.try_into().unwrap());
    Command::Forward { when, to: to.map(str::to_owned), after }
}

fn identity(name: &str) -> String {
    person(name).identity.as_str().to_owned()
}

#[test]
fn a_target_is_chosen_by_name_and_taken_away() {
    let mut desk = ruled();
    desk.presses("O Down Enter");
    desk.types("gra");
    desk.presses("Enter");
    let grace = identity("grace");
    assert!(desk.commands().contains(&forward(ForwardWhen::Busy, Some(&grace), None)));
    assert!(matches!(desk.model.popup, Some(Popup::Rules(1))), "back in the list, at the row");
    desk.presses("Down Delete");
    assert_eq!(desk.commands(), [forward(ForwardWhen::NoAnswer, None, None)]);
    desk.presses("Down Delete");
    assert_eq!(desk.commands(), [], "there is nothing to take away");
    desk.presses("Enter Esc");
    assert!(matches!(desk.model.popup, Some(Popup::Rules(3))), "Esc goes back to the list");
    desk.presses("Esc");
    assert!(desk.model.popup.is_none());
}

#[test]
fn the_time_is_turned_up_and_down_within_its_bounds() {
    let mut desk = ruled();
    let dave = identity("dave");
    desk.presses("O Down Down +");
    assert_eq!(desk.commands(), [forward(ForwardWhen::NoAnswer, Some(&dave), Some(25))]);
    desk.presses("- -");
    let wanted = [20, 15].map(|seconds| forward(ForwardWhen::NoAnswer, Some(&dave), Some(seconds)));
    assert_eq!(desk.commands(), wanted);
    desk.presses(&"- ".repeat(9));
    assert_eq!(desk.commands().len(), 2, "5 s is the least");
    assert!(desk.sees(80, 24).contains("after 5 s"));
}

#[test]
fn there_is_no_time_to_turn_where_calls_go_nowhere() {
    let mut desk = Desk::ready();
    desk.presses("O Down Down + -");
    assert_eq!(desk.commands(), []);
    let seen = desk.sees(80, 24);
    assert!(!seen.contains("after 20 s"), "{seen}");
    let columns: Vec<usize> = ["or at once, with no phone open", "every call, without"]
        .into_iter()
        .filter_map(|means| at(&seen, means))
        .collect();
    assert!(columns.len() == 2 && columns[0] == columns[1], "{columns:?}\n{seen}");
}

/// The column in which a text begins, of the line it is in.
fn at(seen: &str, text: &str) -> Option<usize> {
    seen.lines().find_map(|line| line.find(text).map(|byte| line[..byte].chars().count()))
}

#[test]
fn exceptions_come_and_go_and_others_may_pick_up() {
    let mut desk = ruled();
    desk.presses("O Down Down Down Down Delete");
    assert_eq!(desk.commands(), [Command::Except { who: identity("frank"), on: false }]);
    desk.presses("Down Enter");
    desk.types("bob");
    desk.presses("Enter");
    assert!(desk.commands().contains(&Command::Except { who: identity("bob"), on: true }));
    desk.presses("Down Enter");
    assert_eq!(desk.commands(), [Command::LetPickUp(PickUpBy::Everybody)]);
    desk.presses("Left Left");
    let wanted = [PickUpBy::Friends, PickUpBy::Nobody].map(Command::LetPickUp);
    assert_eq!(desk.commands(), wanted);
}

#[test]
fn every_rule_has_a_word() {
    use ForwardWhen::{Always, Busy, DoNotDisturb, NoAnswer};
    let except = |who: &str, on| Command::Except { who: who.to_owned(), on };
    for (text, told) in [
        ("forward always carol", vec![forward(Always, Some("carol"), None)]),
        ("forward busy Carol Smith", vec![forward(Busy, Some("Carol Smith"), None)]),
        ("forward no-answer carol 30s", vec![forward(NoAnswer, Some("carol"), Some(30))]),
        ("forward no-answer carol 30", vec![forward(NoAnswer, Some("carol"), Some(30))]),
        ("forward no-answer carol 3", vec![]),
        ("forward no-answer Agent 7", vec![forward(NoAnswer, Some("Agent 7"), None)]),
        ("forward dnd carol", vec![forward(DoNotDisturb, Some("carol"), None)]),
        ("forward no-answer off", vec![forward(NoAnswer, None, None)]),
        ("forward off", vec![forward(NoAnswer, None, None)]),
        ("forward sometimes carol", vec![]),
        ("except grace", vec![except("grace", true)]),
        ("except grace off", vec![except("grace", false)]),
        ("let pick up nobody", vec![Command::LetPickUp(PickUpBy::Nobody)]),
        ("let pick up strangers", vec![]),
    ] {
        let mut desk = ruled();
        desk.presses(":");
        desk.types(text);
        desk.presses("Enter");
        assert_eq!(desk.commands(), told, "{text}");
    }
    let mut desk = ruled();
    desk.presses(":");
    desk.types("forward");
    desk.presses("Enter");
    assert!(matches!(desk.model.popup, Some(Popup::Rules(0))));
}

#[test]
fn that_all_calls_are_forwarded_is_seen_at_every_size() {
    let mut desk = Desk::ready();
    desk.hears(Event::Missed(2));
    desk.hears(Event::Rules(forwarding()));
    for (width, height) in [(132, 38), (80, 24), (60, 20), (40, 10), (30, 8)] {
        let seen = desk.sees(width, height);
        assert!(seen.contains("all calls to Carol"), "{width}x{height}\n{seen}");
    }
    desk.hears(Event::Rules(AccountRules::default()));
    let seen = desk.sees(80, 24);
    assert!(!seen.contains("all calls") && seen.contains("Your calls ring here again."), "{seen}");
}

#[test]
fn what_is_set_by_word_is_said_where_events_are_not_in_sight() {
    let with = |change: &dyn Fn(&mut CallRules)| {
        let mut rules = CallRules::default();
        change(&mut rules);
        AccountRules { rules, people: vec![person("carol")] }
    };
    let carol = person("carol").identity;
    let no_answer = |seconds: u16| {
        let carol = carol.clone();
        with(&move |rules| (rules.no_answer, rules.after_seconds) = (Some(carol.clone()), seconds.try_into().unwrap()))
    };
    let mut desk = Desk::ready();
    for (rules, told) in [
        (no_answer(5), "Calls that nobody answers within 5 s go to Carol now."),
        (no_answer(30), "Calls that nobody answers within 30 s go to Carol now."),
        (with(&|_| ()), "Calls that nobody answers are not forwarded any more."),
        (with(&|rules| rules.pick_up = PickUpBy::Nobody), "Nobody else may pick up calls that ring here."),
        (with(&|rules| rules.except = vec![carol.clone()]), "Carol rings though you do not want to be disturbed."),
        (with(&|_| ()), "Carol does not ring any more while you do not want to be disturbed."),
    ] {
        desk.hears(Event::Rules(rules));
        assert!(desk.sees(80, 24).contains(told), "{told}\n{}", desk.sees(80, 24));
    }
}

#[test]
fn who_is_forwarded_is_told_to_whom_and_why() {
    let mut desk = Desk::ready();
    desk.tells(with(1, "bob", CallState::Ringing));
    let to = HandedTo::Person { person: person("carol") };
    desk.hears(Event::HandedOn { call: CALL, by: person("bob"), to, forwarded: Some(ForwardWhen::NoAnswer) });
    desk.tells(with(1, "carol", CallState::Ringing));
    let seen = desk.sees(80, 24);
    assert!(seen.contains("Bob does not answer and forwards you to Carol."), "{seen}");
    assert!(seen.contains("Bob does not answer: Carol is being rung"), "{seen}");
    // A colleague of Carol picks up.
    let to = HandedTo::Person { person: person("dave") };
    desk.hears(Event::HandedOn { call: CALL, by: person("dave"), to, forwarded: None });
    let seen = desk.sees(80, 24);
    assert!(seen.contains(" Dave picks your call up.") && seen.contains(" Dave picks your call up "), "{seen}");
}

#[test]
fn what_stops_ringing_here_says_why() {
    for (reason, told) in [
        (EndReason::PICKED_UP, "Carol: Somebody else picked it up."),
        (EndReason::FORWARDED, "Carol: It was forwarded, as your rules say."),
    ] {
        let mut desk = Desk::ringing();
        desk.hears(Event::IncomingEnded { call: CALL, from: person("carol"), reason });
        assert!(desk.sees(80, 24).contains(told), "{}", desk.sees(80, 24));
    }
}

#[test]
fn the_list_at_three_sizes() {
    let mut desk = Desk::ready();
    desk.hears(Event::Rules(forwarding()));
    desk.presses("O Down Down");
    check("rules", &desk);
    desk.presses("Enter");
    check("rules_who", &desk);
}
