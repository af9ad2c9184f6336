//! Given lists, entries and commands, these keys have these effects.

use super::kit::{CALL, Desk, friends, person, view};
use crate::domain::call::CallState;
use crate::domain::dtmf::Tone;
use crate::domain::person::Person;
use crate::domain::presence::PresenceChoice;
use crate::phone::audio::device::{SinkChoice, SourceChoice};
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::terminal::message::{Effect, Message};
use crate::terminal::model::{Pane, Popup, ScreenOptions};

fn call(to: &str) -> Command {
    Command::Call { to: to.to_owned(), ring_for: None }
}

#[test]
fn enter_calls_the_selected_friend() {
    let mut desk = Desk::ready();
    desk.presses("Down Down Up Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_carol")]);
}

#[test]
fn space_types_a_blank_where_text_is_typed() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses(":");
    desk.types("filter b");
    assert_eq!(desk.commands(), []);
    desk.presses("Enter");
    assert_eq!(desk.model.friends.filter.text(), "b");
}

#[test]
fn dialling_calls_the_match_or_the_text_as_typed() {
    let mut desk = Desk::ready();
    desk.presses("d");
    desk.types("bo");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_bob")]);
    desk.presses("d");
    desk.types("8:echo123");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [call("8:echo123")]);
    desk.presses("d Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_bob")], "an empty text offers the friends");
}

#[test]
fn who_is_found_without_the_accents_is_shown() {
    let mut desk = Desk::ready();
    let jose = Person { display_name: "José".into(), ..person("j1") };
    desk.presses("d");
    desk.types("jose");
    desk.hears(Event::People { text: "jose".to_owned(), people: vec![jose.clone()] });
    desk.presses("Enter");
    assert_eq!(desk.commands(), [call(jose.identity.as_str())]);
}

#[test]
fn people_are_searched_a_little_after_typing_and_the_newest_text_wins() {
    let mut desk = Desk::ready();
    desk.presses("d");
    desk.types("e");
    desk.waits(100);
    desk.types("c");
    desk.waits(100);
    assert_eq!(desk.commands(), []);
    desk.waits(50);
    assert_eq!(desk.commands(), [Command::SearchPeople("ec".to_owned())]);
    desk.hears(Event::People { text: "e".to_owned(), people: vec![person("eve")] });
    desk.hears(Event::People { text: "ec".to_owned(), people: vec![person("echo")] });
    let seen = desk.sees(80, 24);
    assert!(seen.contains("Echo") && !seen.contains("Eve"), "{seen}");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_echo")]);
}

#[test]
fn friends_are_added_by_name() {
    let mut desk = Desk::fresh();
    desk.presses("f");
    desk.types("dave");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [Command::AddFriend("dave".to_owned())]);
}

#[test]
fn a_removed_friend_can_be_kept_for_three_seconds() {
    let mut desk = Desk::ready();
    desk.presses("Delete");
    assert!(!desk.sees(80, 24).contains("Bob  "));
    desk.waits(2900);
    desk.presses("u");
    desk.waits(5000);
    assert_eq!(desk.commands(), []);
    desk.presses("Delete");
    desk.waits(3000);
    assert_eq!(desk.commands(), [Command::RemoveFriend(person("bob").identity)]);
}

#[test]
fn leaving_carries_a_removal_out() {
    let mut desk = Desk::ready();
    desk.presses("Delete q");
    let removed = Effect::Phone(Command::RemoveFriend(person("bob").identity));
    assert_eq!(desk.effects, [removed, Effect::Quit]);
}

#[test]
fn the_filter_narrows_the_friends_until_it_is_cleared() {
    let mut desk = Desk::ready();
    desk.presses("/");
    desk.types("gra");
    desk.presses("Enter Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_grace")]);
    desk.presses("Esc");
    assert_eq!(desk.model.friends.shown().count(), friends().len());
}

#[test]
fn q_closes_what_is_open_before_it_leaves() {
    let mut desk = Desk::ready();
    desk.presses("D");
    desk.commands();
    desk.presses("q");
    assert!(desk.effects.is_empty() && desk.model.popup.is_none());
    desk.presses("q");
    assert_eq!(desk.effects, [Effect::Quit]);
}

#[test]
fn presence_is_chosen_from_a_list_or_by_command() {
    let mut desk = Desk::ready();
    desk.presses("o Down Down Enter");
    assert_eq!(desk.commands(), [Command::SetPresence(PresenceChoice::DoNotDisturb)]);
    desk.presses(":");
    desk.types("away");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [Command::SetPresence(PresenceChoice::Away)]);
}

#[test]
fn commands_take_their_words_literally() {
    for (typed, command) in [
        ("mute", Command::Mute { call: CALL, on: true }),
        ("unmute", Command::Mute { call: CALL, on: false }),
        ("hold", Command::Hold { call: CALL, on: true }),
        ("resume", Command::Hold { call: CALL, on: false }),
        ("dtmf 5", Command::Dtmf { call: CALL, tone: Tone::try_from('5').unwrap() }),
        ("hangup", Command::HangUp(CALL)),
        ("mic tone:880", Command::UseMicrophone(SourceChoice::Tone(880))),
        ("speaker none", Command::UseSpeaker(SinkChoice::Nowhere)),
        ("add friend carol", Command::AddFriend("carol".to_owned())),
    ] {
        let mut desk = Desk::in_call(CallState::Connected);
        desk.presses(":");
        desk.types(typed);
        desk.presses("Enter");
        assert_eq!(desk.commands(), [command], "{typed}");
        assert!(desk.model.popup.is_none());
    }
}

#[test]
fn a_wrong_command_is_told_and_can_be_mended() {
    let mut desk = Desk::ready();
    desk.presses(":");
    desk.types("dtmf x");
    desk.presses("Enter");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("not a DTMF tone"));
    desk.presses(":");
    desk.types("zzz");
    desk.presses("Enter");
    assert!(desk.sees(80, 24).contains("no command"));
    assert!(matches!(desk.model.popup, Some(Popup::Palette(_))));
}

#[test]
fn suggestions_are_taken_with_the_arrows() {
    let mut desk = Desk::ready();
    desk.presses(":");
    desk.types("hist");
    desk.presses("Enter");
    assert_eq!(desk.model.focus, Pane::History);
    desk.presses(":");
    desk.types("m");
    desk.presses("Down Down Enter");
    let Some(Popup::Palette(palette)) = &desk.model.popup else { panic!("the palette is closed") };
    assert_eq!(palette.input.text(), "mic ", "a command that needs an argument is typed out");
}

#[test]
fn pasted_text_goes_where_text_is_typed_and_nowhere_else() {
    let mut desk = Desk::ready();
    desk.takes(Message::Paste("q\nb\nb".to_owned()));
    assert_eq!(desk.effects, []);
    desk.presses("d");
    desk.takes(Message::Paste(" 8:echo123\n".to_owned()));
    desk.presses("Enter");
    assert_eq!(desk.commands(), [call("8:echo123")]);
}

#[test]
fn sentences_name_the_keys_that_are_bound() {
    let pair = |name: &str, keys: &str| (name.to_owned(), keys.to_owned());
    let keys = vec![pair("dial", "z"), pair("devices", ""), pair("hang-up", "!")];
    let options = ScreenOptions { keys, ..ScreenOptions::default() };
    let mut desk = Desk::fresh_with(&options, true);
    let seen = desk.sees(80, 24);
    assert!(seen.contains("z echo Enter") && seen.contains(" :sound "), "{seen}");
    desk.calls(view(CallState::Connected));
    desk.presses("!");
    assert!(desk.sees(80, 24).contains("press ! again to hang up"));
    desk.presses("!");
    assert_eq!(desk.commands(), [Command::HangUp(CALL)]);
}

#[test]
fn at_most_eight_hints_and_help_is_always_among_them() {
    for mut desk in [Desk::fresh(), Desk::ready(), Desk::in_call(CallState::Connected), Desk::ringing()] {
        for opened in ["", "d", ":", "?", "Esc D", "Esc o"] {
            desk.presses(opened);
            let hints = desk.model.hints();
            assert!(hints.len() <= 8, "{hints:?}");
            assert_eq!(hints.last().map(|(_, word)| *word), Some("keys"), "{hints:?}");
            assert!(hints.iter().all(|(key, word)| !key.is_empty() && !word.is_empty()), "{hints:?}");
        }
    }
}
