//! The softphone on its screen, driven by keys.

use rustix::process::{Signal, kill_process};

use crate::kit::{Home, Screen};

const ENTER: &str = "\r";
const ESCAPE: &str = "\x1b";

/// The first window of a demo, which is alice's, and the second, which is bob's.
fn two_windows(home: &Home) -> (Screen, Screen) {
    let mut alice = home.screen();
    alice.shows("Alice ● online");
    let mut bob = home.screen();
    bob.shows("Bob ● online");
    alice.shows("● Bob");
    (alice, bob)
}

/// Waits until it is in a call with `name`, and heard there.
fn talks(screen: &mut Screen, name: &str) {
    screen.shows(&format!("LIVE ●  {name}"));
}

fn dials(screen: &mut Screen, name: &str) {
    screen.types("d");
    screen.shows("name or identity:");
    screen.types(name);
    screen.types(ENTER);
}

#[test]
fn two_windows_call_each_other_mute_hold_send_tones_and_hang_up() {
    let home = Home::new();
    let (mut alice, mut bob) = two_windows(&home);
    alice.types(ENTER);
    alice.shows("RINGING");
    bob.shows("INCOMING CALL");
    bob.shows("Alice (alice)");
    bob.types("a");
    talks(&mut alice, "Bob");
    talks(&mut bob, "Alice");
    assert!(!bob.picture().contains("INCOMING CALL"));

    alice.types(" ");
    alice.shows("MUTED ✕  Bob");
    bob.shows("and is muted");
    alice.types("m");
    talks(&mut alice, "Bob");

    bob.types("x");
    bob.shows("HOLD by you");
    alice.shows("HOLD by them");
    bob.types("x");
    talks(&mut alice, "Bob");

    alice.types("k");
    alice.shows("KEYPAD");
    alice.types("5#");
    bob.shows("tone 5 from Alice");
    bob.shows("tone # from Alice");
    alice.types(ESCAPE);
    alice.hides("KEYPAD");

    alice.types("b");
    alice.shows("press b again to hang up");
    alice.hides("press b again to hang up");
    alice.types("bb");
    alice.shows("ENDED");
    bob.shows("ENDED");
    bob.shows("The call ended normally.");
}

#[test]
fn an_incoming_call_never_takes_what_is_typed() {
    let home = Home::new();
    let (mut alice, mut bob) = two_windows(&home);
    bob.types("d");
    bob.shows("name or identity:");
    alice.types(ENTER);
    bob.shows("INCOMING CALL");
    bob.types("car");
    bob.shows("car");
    bob.types("ol");
    bob.shows("carol");
    // The letter a was typed as text: only F3 answers now.
    bob.types("\x1bOR");
    talks(&mut bob, "Alice");
    talks(&mut alice, "Bob");
}

#[test]
fn callback_rings_one_person_alone() {
    let home = Home::new();
    let mut alice = home.screen();
    alice.shows("Callback");
    dials(&mut alice, "callback");
    talks(&mut alice, "Callback");
    alice.types("bb");
    alice.shows("ENDED");
    alice.shows("INCOMING CALL  Callback");
    alice.types("a");
    talks(&mut alice, "Callback");
}

#[test]
fn a_call_goes_on_in_every_size() {
    let home = Home::new();
    let mut alice = home.screen();
    alice.shows("Echo");
    dials(&mut alice, "echo");
    talks(&mut alice, "Echo");
    for (columns, rows) in [(80, 24), (60, 20), (40, 12), (20, 5), (132, 38)] {
        alice.becomes(columns, rows);
        alice.shows("LIVE ●");
    }
    alice.shows("QUALITY");
}

#[test]
fn leaving_gives_the_terminal_back_and_hangs_up() {
    let home = Home::new();
    let (mut alice, mut bob) = two_windows(&home);
    alice.types(ENTER);
    bob.shows("INCOMING CALL");
    bob.types("a");
    talks(&mut alice, "Bob");
    alice.types("q");
    alice.shows("Leaving hangs up the call.");
    alice.types("y");
    assert_eq!(alice.ends_tidily(), 0);
    bob.shows("The call ended normally.");
    bob.types("q");
    assert_eq!(bob.ends_tidily(), 0);
}

#[test]
fn signals_give_the_terminal_back() {
    let home = Home::new();
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut alice = home.screen();
        alice.shows("Alice ● online");
        alice.signal(signal);
        assert_eq!(alice.ends_tidily(), code, "{signal:?}");
    }
}

#[test]
fn a_service_killed_in_a_call_is_said_and_comes_back() {
    let home = Home::new();
    let mut alice = home.screen();
    alice.shows("Echo");
    dials(&mut alice, "echo");
    talks(&mut alice, "Echo");
    home.kill_service();
    alice.shows("NO CONNECTION");
    alice.shows("The service stopped while the call was running.");
    alice.shows("Alice ● online");
    alice.types("q");
    assert_eq!(alice.ends_tidily(), 0);
}

#[test]
fn a_demo_that_was_killed_is_started_again_by_one_of_its_phones_and_one_that_was_stopped_is_not() {
    let home = Home::new();
    let mut alice = home.screen();
    alice.shows("Alice ● online");
    let first = home.service();
    home.kill_service();
    alice.shows("The demo's service was gone: it is started again.");
    alice.hides("NO CONNECTION");
    let second = home.service();
    assert!(second.is_some() && second != first, "{first:?} {second:?}");
    // Of two phones, either may be the one.
    let mut bob = home.screen();
    bob.shows("Bob ● online");
    home.kill_service();
    for phone in [&mut alice, &mut bob] {
        phone.shows("NO CONNECTION");
        phone.hides("NO CONNECTION");
    }
    kill_process(home.service().unwrap(), Signal::TERM).unwrap();
    alice.shows("NO CONNECTION");
    bob.shows("NO CONNECTION");
    for phone in [alice, bob] {
        let mut phone = phone;
        phone.types("q");
        assert_eq!(phone.ends_tidily(), 0);
    }
    assert_eq!(home.service(), None, "a service that was stopped takes its file away, and nobody puts one there");
}

/// The phone of somebody with a sign-in of their own at a service.
fn phone_of(user: &str, http: &str) -> (Home, Screen) {
    let home = Home::new();
    home.run_with(&format!("sign-in {user} --server {http} --password-stdin"), "correct horse\n").exited(0);
    let mut screen = Screen::runs(home.path(), &format!("--server {http}"));
    screen.shows(&format!("{user} ● online"));
    (home, screen)
}

#[test]
fn somebody_is_asked_to_be_a_friend_accepts_and_blocks() {
    let there = Home::new();
    std::fs::write(there.file("config.toml"), "[people]\nfriends = \"request\"\n").unwrap();
    let (_service, http) = there.serve("");
    for user in ["alice", "bob"] {
        there.run_with(&format!("admin user add {user} --password-stdin"), "correct horse\n").exited(0);
    }
    let (_alices, mut alice) = phone_of("alice", &http);
    let (_bobs, mut bob) = phone_of("bob", &http);

    alice.types("f");
    alice.shows("name or identity:");
    alice.types("bob\r");
    alice.shows("bob was asked");
    assert!(!alice.picture().contains("● bob"), "a friend before that is accepted:\n{}", alice.picture());
    bob.shows("1 friend request (A)");
    bob.types("A");
    bob.shows("asks to be your friend");
    bob.types(ENTER);
    bob.hides("1 friend request (A)");
    alice.shows("● bob");
    bob.shows("● alice");
    bob.types(ESCAPE);
    bob.hides("FRIEND REQUESTS AND BLOCKED PEOPLE");

    bob.types("FK");
    bob.shows("Block alice?");
    bob.types("y");
    bob.shows("alice is blocked");
    alice.shows("○ bob");
    alice.types(&format!("F{ENTER}"));
    alice.shows("ENDED");
    assert!(!alice.picture().contains("● bob"), "{}", alice.picture());
    // Whatever came before is on bob's screen by the time that this is.
    bob.types("A");
    bob.shows("FRIEND REQUESTS AND BLOCKED PEOPLE");
    assert!(!bob.told().windows(8).any(|bytes| bytes == b"INCOMING"), "alice rings at bob:\n{}", bob.picture());
}
