//! Push-to-talk in a terminal that tells when keys are released (the keyboard protocol of kitty), and in one that does not.

use crate::kit::{Home, Screen};

/// What the terminal is asked with, and what it is told to begin and to end telling of released keys.
const ASK: &str = "\x1b[?u\x1b[c";
const BEGIN: &str = "\x1b[>15u";
const END: &str = "\x1b[<1u";

/// The answers: the flags of the keyboard now, and what kind of terminal it is (DA1). The first is missing where the protocol
/// is not known.
const KEYBOARD: &str = "\x1b[?0u";
const KIND: &str = "\x1b[?62;c";

/// The space bar pressed, held and released.
const PRESSED: &str = "\x1b[32;1:1u";
const HELD: &str = "\x1b[32;1:2u";
const RELEASED: &str = "\x1b[32;1:3u";

fn opens(home: &Home, answer: &str) -> Screen {
    let mut screen = home.screen_with(&[("SWITCHBOARD_PHONE_PUSH_TO_TALK", "true")]);
    screen.is_told(ASK, 0);
    screen.types(answer);
    screen.shows("Push-to-talk is on");
    screen.shows("Alice ● online");
    screen
}

/// Calls Echo, as somebody types who has no other keyboard.
fn calls_echo(screen: &mut Screen) {
    screen.types("d");
    screen.shows("name or identity:");
    screen.types("echo\r");
    screen.shows("MUTED ✕  Echo");
}

#[test]
fn the_space_bar_is_held_to_talk_where_its_release_is_told() {
    let home = Home::new();
    let mut alice = opens(&home, &format!("{KEYBOARD}{KIND}"));
    alice.shows("Push-to-talk is on: hold Space to talk.");
    calls_echo(&mut alice);
    alice.is_told(BEGIN, 0);
    alice.shows("muted: hold Space to talk");
    alice.types(PRESSED);
    alice.shows("TALKING while you hold Space");
    alice.types(HELD);
    alice.types(HELD);
    alice.types(RELEASED);
    alice.shows("MUTED ✕  Echo");
    alice.hides("TALKING");
    // Another window is typed into.
    alice.types(PRESSED);
    alice.shows("TALKING while you hold Space");
    alice.types("\x1b[O");
    alice.hides("TALKING");
    alice.types("\x1b[I");
    alice.types(RELEASED);
    // Other keys do what they do, told this way: a small letter, a capital, Esc; and where a text is typed, as before.
    alice.types("\x1b[104:72;2:1u\x1b[104:72;2:3u");
    alice.types("\x1b[107;1:1u\x1b[107;1:3u");
    alice.shows("KEYPAD");
    alice.types("\x1b[27;1:1u\x1b[27;1:3u");
    alice.hides("KEYPAD");
    let before = alice.told().len();
    alice.types("\x1b[58;1:1u");
    alice.is_told(END, before);
    alice.types("push-to-talk ");
    alice.shows("push-to-talk ");
    alice.types("\x1b");
    alice.is_told(BEGIN, before);
    // Hanging up takes the letter twice, as ever; and then nothing has to be told any more.
    let before = alice.told().len();
    alice.types("\x1b[98;1:1u\x1b[98;1:3u\x1b[98;1:1u\x1b[98;1:3u");
    alice.shows("ENDED");
    alice.is_told(END, before);
    alice.types("q");
    assert_eq!(alice.ends_tidily(), 0);
}

#[test]
fn the_keyboard_is_given_back_where_the_phone_leaves_in_a_call() {
    let home = Home::new();
    let mut alice = opens(&home, &format!("{KEYBOARD}{KIND}"));
    calls_echo(&mut alice);
    alice.is_told(BEGIN, 0);
    let before = alice.told().len();
    // Ctrl-C, and once more.
    alice.types("\x1b[99;5:1u");
    alice.shows("Leaving hangs up the call.");
    alice.types("\x1b[99;5:1u");
    alice.is_told(END, before);
    assert_eq!(alice.ends_tidily(), 0);
}

#[test]
fn where_no_release_is_told_the_space_bar_talks_and_mutes_again() {
    let home = Home::new();
    let mut alice = opens(&home, KIND);
    alice.shows("Push-to-talk is on: press Space to talk");
    calls_echo(&mut alice);
    alice.types(" ");
    alice.shows("TALKING: Space again to mute, at the latest in 0:5");
    alice.types(" ");
    alice.shows("MUTED ✕  Echo");
    assert!(!alice.told().windows(BEGIN.len()).any(|bytes| bytes == BEGIN.as_bytes()));
    alice.types("bb");
    alice.shows("ENDED");
    alice.types("q");
    assert_eq!(alice.ends_tidily(), 0);
}
