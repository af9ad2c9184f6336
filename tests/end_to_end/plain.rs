//! Plain mode: two phones that are typed to line by line, through pipes, and in a terminal that knows nothing.

use crate::kit::{Home, Program};

/// The next phone of the demo, in plain mode.
fn opens(home: &Home, name: &str) -> Program {
    let mut phone = home.opens("--demo --plain");
    phone.tells("Switchboard, plain mode.");
    phone.until(&format!("You are signed in as {name}"));
    phone.until("Connected to the service.");
    phone
}

/// Waits until a phone sees a friend.
fn sees(phone: &mut Program, friend: &str) {
    loop {
        phone.types("friends");
        phone.tells("Friends: ");
        if phone.tells(&format!(": {friend}, ")).ends_with("online.") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Waits until the history has a call: a record is kept before it is told.
fn lists_a_call(phone: &mut Program) {
    loop {
        phone.types("history");
        if phone.tells_one_of(&["Calls: ", "There are no calls."]).starts_with("Calls: ") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Nothing but text was told: no escape sequence, no other control, no line or block of a picture.
fn is_plain(lines: &[String]) {
    for line in lines {
        let odd = line.chars().find(|c| c.is_control() || ('\u{2500}'..'\u{2600}').contains(c));
        assert_eq!(odd, None, "{line:?}");
    }
}

#[test]
fn two_phones_call_hold_mute_park_and_hang_up_by_words() {
    let home = Home::new();
    let mut alice = opens(&home, "Alice");
    let mut bob = opens(&home, "Bob");
    sees(&mut alice, "Bob");
    alice.types("call bob");
    alice.tells("You call Bob.");
    bob.tells("Alice calls. Type answer or decline.");
    bob.types("answer");
    bob.tells("You are connected with Alice.");
    alice.tells("You are connected with Bob.");

    alice.types("mute");
    alice.tells("Your microphone is off: Bob does not hear you.");
    bob.tells("Alice is muted now.");
    alice.types("where");
    let stands = alice.tells("Call 1: Bob, talking, ");
    assert!(stands.ends_with("your microphone is off, active."), "{stands}");
    alice.tells("You: Alice, in a call, connected to the service.");
    alice.types("unmute");
    alice.tells("Your microphone is on: Bob hears you.");

    bob.types("hold");
    bob.tells("Alice is on hold and hears music.");
    alice.tells("Bob put you on hold.");
    bob.types("resume");
    bob.tells("You talk with Alice again.");
    alice.tells("You talk with Bob again.");

    // Echo answers at once: Bob is parked meanwhile, and picked up again.
    alice.types("park");
    alice.tells("Bob is parked in 3 seconds. Type undo to take it back");
    alice.types("accept");
    alice.tells("Bob waits in slot 1");
    bob.tells("You were parked in slot 1 by Alice.");
    alice.types("pick-up 1");
    alice.tells("You are connected with Bob.");
    bob.tells("You talk with Alice again.");

    alice.types("transfer");
    alice.tells("Whom do you want to hand the call on to?");
    alice.types("echo");
    alice.tells("Bob goes to Echo in 3 seconds. Type undo to take it back");
    alice.types("undo");
    alice.tells("Taken back: nothing was done.");
    alice.types("transfer echo");
    alice.types("accept");
    bob.tells("Alice transfers you to Echo.");
    alice.tells("The call with Bob is over after ");

    bob.types("quit");
    bob.tells("Leaving hangs up the call. Type yes or no.");
    bob.types("yes");
    let bob = bob.ends().exited(0);
    is_plain(&bob.out);
    assert_eq!(bob.err, "");
    lists_a_call(&mut alice);
    // The end of the input leaves, and asks nothing.
    alice.hangs_up_input();
    let alice = alice.ends().exited(0);
    is_plain(&alice.out);
    assert_eq!(alice.err, "");
}

#[test]
fn the_end_of_input_and_of_whoever_reads_hang_up() {
    let home = Home::new();
    let mut alice = opens(&home, "Alice");
    let mut bob = opens(&home, "Bob");
    sees(&mut alice, "Bob");
    alice.types("call bob");
    bob.tells("Alice calls.");
    bob.types("answer");
    alice.tells("You are connected with Bob.");
    alice.hangs_up_input();
    bob.tells("The call with Alice is over");
    alice.ends().exited(0);
    // Nobody reads what the other one tells any more: that phone leaves at the next line.
    bob.stops_listening();
    while bob.still_types("where") {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    bob.ends().exited(129);
}

#[test]
fn a_terminal_that_knows_nothing_is_told_no_escape_sequence() {
    let home = Home::new();
    let mut alice = home.screen_with(&[("TERM", "dumb")]);
    alice.shows("You are signed in as Alice (alice).");
    alice.types("call echo\r");
    alice.shows("You are connected with Echo.");
    alice.types("hangup\r");
    alice.shows("The call with Echo is over after");
    // Ctrl-D.
    alice.types("\u{4}");
    let told = alice.told().to_vec();
    assert_eq!(alice.ends_tidily(), 0);
    assert!(!told.contains(&0x1b), "{}", String::from_utf8_lossy(&told));
}
