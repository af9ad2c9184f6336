//! Friend requests and blocked people: nothing of them disturbs, and the list does what it says.

use super::kit::{Desk, friends, person};
use crate::domain::call::{CallState, Direction};
use crate::domain::person::FriendRequest;
use crate::domain::time::UnixMillis;
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::terminal::model::Popup;

fn request(name: &str, direction: Direction) -> FriendRequest {
    FriendRequest { person: person(name), direction, at: UnixMillis(1) }
}

fn identity(name: &str) -> String {
    person(name).identity.as_str().to_owned()
}

/// Zoe asks, Yann was asked, Xenia is blocked.
fn asked(mut desk: Desk) -> Desk {
    let requests = vec![request("zoe", Direction::Incoming), request("yann", Direction::Outgoing)];
    desk.hears(Event::Blocked(vec![person("xenia")]));
    desk.hears(Event::FriendRequests(requests.clone()));
    desk.hears(Event::FriendRequested(requests[0].clone()));
    desk
}

#[test]
fn who_asks_is_told_and_counted_and_no_call_is_disturbed() {
    let mut desk = asked(Desk::in_call(CallState::Connected));
    assert!(desk.model.popup.is_none());
    assert_eq!(desk.commands(), []);
    assert!(desk.model.events.entries.iter().any(|entry| entry.text.starts_with("Zoe asks to be your friend")));
    assert!(desk.sees(120, 30).contains("1 friend request (A)"));
    desk.hears(Event::FriendRequests(Vec::new()));
    assert!(!desk.sees(120, 30).contains("friend request ("));
}

#[test]
fn each_row_of_the_list_is_answered_or_taken_away() {
    let mut desk = asked(Desk::ready());
    desk.effects.clear();
    desk.presses("A");
    let seen = desk.sees(100, 30);
    for row in ["asks to be your friend", "was asked by you", "blocked"] {
        assert!(seen.contains(row), "{seen}");
    }
    desk.presses("Enter Delete Down Delete Down Delete");
    let commands = [
        Command::AcceptFriend(identity("zoe")),
        Command::DeclineFriend(identity("zoe")),
        Command::WithdrawFriend(identity("yann")),
        Command::Unblock(identity("xenia")),
    ];
    assert_eq!(desk.commands(), commands);
    // The row selected is one of those that are left.
    desk.hears(Event::FriendRequests(Vec::new()));
    assert!(matches!(desk.model.popup, Some(Popup::Contacts(0))));
    desk.presses("Esc");
    assert!(desk.model.popup.is_none());
}

#[test]
fn who_is_selected_stays_so_while_rows_come_and_go() {
    let mut desk = asked(Desk::ready());
    desk.presses("A Down Down");
    desk.effects.clear();
    let more = ["zoe", "wanda"].map(|name| request(name, Direction::Incoming)).to_vec();
    desk.hears(Event::FriendRequests(more));
    desk.hears(Event::Blocked(vec![person("ursula"), person("xenia")]));
    desk.presses("Delete");
    assert_eq!(desk.commands(), [Command::Unblock(identity("xenia"))]);
}

#[test]
fn who_rings_or_is_selected_is_blocked_after_a_yes() {
    let mut desk = Desk::ringing();
    desk.effects.clear();
    desk.presses("K");
    assert_eq!(desk.commands(), [], "it is asked first");
    let caller = desk.model.board.first_ringing().unwrap().from.identity.as_str().to_owned();
    desk.presses("y");
    assert_eq!(desk.commands(), [Command::Block(caller)]);

    let mut desk = Desk::ready();
    desk.effects.clear();
    let first = desk.model.friends.current().unwrap().person.identity.as_str().to_owned();
    assert_eq!(first, friends()[0].person.identity.as_str());
    desk.presses("F K y");
    assert_eq!(desk.commands(), [Command::Block(first)]);
    desk.hears(Event::Blocked(Vec::new()));
    desk.hears(Event::Blocked(vec![person("bob")]));
    assert!(desk.model.events.entries.iter().any(|entry| entry.text.starts_with("Bob is blocked")));
}

#[test]
fn what_is_typed_goes_by_name() {
    for (typed, command) in [
        ("block eve", Command::Block("eve".to_owned())),
        ("unblock eve", Command::Unblock("eve".to_owned())),
        ("accept friend zoe", Command::AcceptFriend("zoe".to_owned())),
        ("decline friend zoe", Command::DeclineFriend("zoe".to_owned())),
        ("withdraw friend zoe", Command::WithdrawFriend("zoe".to_owned())),
        ("display name Bob B.", Command::SetDisplayName("Bob B.".into())),
    ] {
        let mut desk = Desk::ready();
        desk.effects.clear();
        desk.presses(":");
        desk.types(typed);
        desk.presses("Enter");
        assert_eq!(desk.commands(), [command], "{typed}");
    }
}
