//! Favourites: who is one, what their keys do, and picking up what rings at friends.

use super::desk_kit::{id, numbered, parked, with};
use super::kit::{Desk, friends, person};
use super::states::check;
use crate::domain::call::CallState;
use crate::domain::person::Favourite;
use crate::domain::presence::PresenceState;
use crate::phone::command::{Command, TransferTo};
use crate::phone::event::Event;
use crate::terminal::model::{Popup, ScreenOptions};

fn number(n: u8) -> Favourite {
    n.try_into().unwrap()
}

fn identity(name: &str) -> String {
    person(name).identity.as_str().to_owned()
}

fn favour(name: &str, favourite: Option<u8>) -> Command {
    Command::Favour { identity: person(name).identity, favourite: favourite.map(number) }
}

fn call(name: &str) -> Command {
    Command::Call { to: identity(name), ring_for: None }
}

fn pick_up(name: &str) -> Command {
    Command::PickUpRinging(identity(name))
}

/// Bob is favourite 3 and Grace 1.
fn two() -> Desk {
    let mut desk = Desk::ready();
    let mut list = friends();
    list[0].favourite = Some(number(3));
    list[5].favourite = Some(number(1));
    desk.hears(Event::Friends(list));
    desk.effects.clear();
    desk
}

fn typed(mut desk: Desk, text: &str) -> (Vec<Command>, Desk) {
    desk.presses(":");
    desk.types(text);
    desk.presses("Enter");
    (desk.commands(), desk)
}

#[test]
fn a_friend_takes_the_first_free_number_and_gives_it_back() {
    let mut desk = two();
    desk.presses("F Down Down *");
    assert_eq!(desk.commands(), [favour("carol", Some(2))], "Grace and Bob come first");
    desk.presses("Up *");
    assert_eq!(desk.commands(), [favour("bob", None)]);
    let mut list = numbered();
    list.iter_mut().zip(Favourite::all().skip(3)).for_each(|(friend, number)| friend.favourite = Some(number));
    desk.hears(Event::Friends(list));
    assert!(desk.model.events.entries.iter().any(|entry| entry.text == "Carol is favourite 5 now."));
}

#[test]
fn when_all_numbers_are_given_it_is_said() {
    let mut desk = Desk::ready();
    let mut list = friends();
    for (name, number) in ["h", "i", "j", "k", "l", "m", "n", "o", "p"].into_iter().zip(Favourite::all()) {
        let mut friend = super::kit::friend(name, PresenceState::Online);
        friend.favourite = Some(number);
        list.push(friend);
    }
    desk.hears(Event::Friends(list));
    desk.presses("F End *");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("All nine numbers are given"), "{}", desk.sees(80, 24));
}

#[test]
fn favourites_are_given_by_word() {
    for (text, told) in [
        ("favourite carol", Some(favour("carol", Some(2)))),
        ("favourite Carol 7", Some(favour("carol", Some(7)))),
        ("favourite bob off", Some(favour("bob", None))),
        ("favourite 9", Some(favour("grace", Some(9)))),
        ("favourite nobody", None),
    ] {
        let (commands, desk) = typed(two(), text);
        assert_eq!(commands, told.clone().into_iter().collect::<Vec<_>>(), "{text}");
        assert_eq!(told.is_none(), desk.sees(80, 24).contains("Nobody on your friend list is called"), "{text}");
    }
}

#[test]
fn a_number_no_favourite_can_have_is_told() {
    for text in ["favourite carol 10", "favourite 12", "favourite carol 0"] {
        let (commands, desk) = typed(two(), text);
        assert_eq!(commands, [], "{text}");
        assert!(desk.sees(80, 24).contains("favourites have the numbers 1 to 9"), "{}", desk.sees(80, 24));
    }
}

#[test]
fn the_key_of_a_favourite_calls_who_is_free() {
    let mut desk = two();
    desk.presses("Alt-3");
    assert_eq!(desk.commands(), [call("bob")]);
    assert_eq!(typed(two(), "direct 1").0, [call("grace")]);
    let mut desk = two();
    desk.presses("Alt-2");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("No friend is favourite 2: * makes the selected one a favourite."));
}

#[test]
fn it_hands_a_talk_on_with_three_seconds_to_take_it_back() {
    let transfer = Command::Transfer { call: id(1), to: TransferTo::Person(identity("grace")) };
    let mut desk = Desk::talking().with_favourites();
    desk.presses("Alt-6");
    assert!(desk.sees(80, 24).contains("Bob goes to Grace in 3 s"));
    desk.waits(2000);
    // A key that repeats while it is held changes nothing.
    desk.presses("Alt-6 Alt-6");
    assert_eq!(desk.commands(), []);
    desk.waits(1000);
    assert_eq!(desk.commands(), [transfer]);
    let mut desk = Desk::talking().with_favourites();
    desk.presses("Alt-6 u");
    desk.waits(5000);
    assert_eq!(desk.commands(), []);
    desk.presses("Alt-1");
    assert!(desk.sees(80, 24).contains("Bob is in this call already"));
    // Who is only being called can't be handed on.
    let mut desk = Desk::ready().with_favourites();
    desk.tells(with(1, "bob", CallState::Ringing));
    desk.presses("Alt-6");
    desk.waits(5000);
    assert_eq!(desk.commands(), []);
}

#[test]
fn it_picks_up_what_rings_there() {
    for mut desk in [Desk::ready().with_favourites(), Desk::talking().with_favourites()] {
        desk.is_now("grace", PresenceState::Ringing);
        desk.presses("Alt-6");
        assert_eq!(desk.commands(), [pick_up("grace")]);
    }
    // It is our own call that rings there.
    let mut desk = Desk::ready().with_favourites();
    desk.tells(with(1, "grace", CallState::Ringing));
    desk.is_now("grace", PresenceState::Ringing);
    desk.presses("Alt-6 U");
    assert_eq!(desk.commands(), []);
}

#[test]
fn what_rings_at_a_friend_is_picked_up() {
    let mut desk = Desk::ready();
    desk.presses("U");
    assert!(desk.sees(80, 24).contains("No call is parked now, and none rings at a friend."));
    desk.is_now("carol", PresenceState::Ringing);
    assert!(desk.sees(80, 24).contains("U pick up"), "{}", desk.sees(80, 24));
    desk.presses("U");
    assert_eq!(desk.commands(), [pick_up("carol")]);
    assert_eq!(typed(Desk::ready(), "pick-up Carol").0, [Command::PickUpRinging("Carol".to_owned())]);
    assert_eq!(typed(Desk::ready(), "pick-up 21").0, []);
}

#[test]
fn enter_on_a_friend_at_whom_it_rings_calls_them() {
    let mut desk = Desk::ready();
    desk.is_now("bob", PresenceState::Ringing);
    desk.presses("F Enter");
    assert_eq!(desk.commands(), [call("bob")]);
}

#[test]
fn the_choice_has_parked_calls_and_ringing_friends_and_keeps_the_one_selected() {
    let mut desk = Desk::ready();
    desk.hears(Event::ParkedCalls(vec![parked(3, "judy", "alice", 80)]));
    desk.is_now("carol", PresenceState::Ringing);
    desk.presses("U Down");
    desk.is_now("bob", PresenceState::Ringing);
    desk.presses("Enter");
    assert_eq!(desk.commands(), [Command::PickUp(3.try_into().unwrap())], "it stands one row lower now");
    desk.presses("U");
    desk.is_now("bob", PresenceState::Online);
    assert!(desk.model.popup.is_none(), "it rings there no more");
    desk.presses("U Enter");
    assert_eq!(desk.commands(), [pick_up("carol")]);
}

#[test]
fn digits_are_those_of_the_favourites() {
    let mut desk = two();
    desk.presses("d 3");
    assert!(matches!(&desk.model.popup, Some(Popup::Dial(dial)) if dial.input.text() == "3"), "it may be dialled");
    let mut desk = Desk::talking();
    desk.presses("t");
    assert!(desk.sees(80, 24).contains("no favourites yet: * on a friend of your list gives a digit"));
    desk.presses("1");
    desk.waits(4000);
    assert_eq!(desk.commands().len(), 1, "the digit was text, and is searched for");
}

#[test]
fn the_panel_at_three_sizes() {
    let mut desk = two();
    desk.is_now("grace", PresenceState::Ringing);
    check("favourites", &desk);
    desk.presses("H");
    check("favourites_history", &desk);
    let mut desk = Desk::two_calls().with_favourites();
    desk.is_now("frank", PresenceState::Ringing);
    desk.presses("H");
    check("favourites_calls", &desk);
    desk.presses("t");
    check("favourites_transfer", &desk);
}

#[test]
fn the_choice_at_three_sizes() {
    let mut desk = two();
    desk.hears(Event::ParkedCalls(vec![parked(3, "judy", "alice", 80)]));
    desk.is_now("grace", PresenceState::Ringing);
    desk.presses("U");
    check("pick_up_ringing", &desk);
}

#[test]
fn in_ascii_it_is_ascii() {
    let options = ScreenOptions { ascii: true, ..ScreenOptions::default() };
    let mut desk = Desk::fresh_with(&options, true).furnished().with_favourites();
    desk.hears(Event::Rules(super::rules::forwarding()));
    desk.is_now("grace", PresenceState::Ringing);
    for keys in ["", "H", "U", "O", "Esc t"] {
        desk.presses(keys);
        for (width, height) in [(132, 38), (100, 30), (80, 24), (60, 20), (30, 8)] {
            let seen = desk.sees(width, height);
            assert!(seen.is_ascii(), "after {keys}, {width}x{height}:\n{seen}");
        }
    }
}
