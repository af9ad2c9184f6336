//! A day at the desk on screens: a caller is handed on after asking, parked and picked up, and comes back.

use crate::kit::{Home, Screen};

const ENTER: &str = "\r";
const ESCAPE: &str = "\x1b";

/// Alice at the desk, talking to Bob who called her, and Carol whom he could be handed on to.
struct Office {
    alice: Screen,
    bob: Screen,
    carol: Screen,
    _home: Home,
}

impl Office {
    fn new() -> Self {
        let home = Home::new();
        let mut alice = opens(&home, "Alice");
        let mut bob = opens(&home, "Bob");
        let carol = opens(&home, "Carol");
        alice.shows("● Carol");
        bob.shows("▸● Alice");
        bob.types(ENTER);
        alice.shows("INCOMING CALL");
        alice.types("a");
        alice.shows("LIVE ●  Bob");
        bob.shows("LIVE ●  Alice");
        Self { alice, bob, carol, _home: home }
    }

    /// Bob and Carol talk to each other, and Alice is in no call.
    fn ends_with_bob_and_carol(mut self) {
        self.bob.shows("LIVE ●  Carol");
        self.carol.shows("LIVE ●  Bob");
        self.alice.shows("ENDED");
        self.alice.hides("LIVE");
        self.alice.types(ESCAPE);
        self.alice.hides("ENDED");
        self.carol.types("bb");
        self.carol.shows("ENDED");
        self.bob.shows("ENDED");
        self.leave();
    }

    fn leave(self) {
        for mut screen in [self.alice, self.bob, self.carol] {
            screen.types("q");
            assert_eq!(screen.ends_tidily(), 0);
        }
    }
}

/// The next window of the demo, whose account is `name`.
fn opens(home: &Home, name: &str) -> Screen {
    let mut screen = home.screen();
    screen.shows(&format!("{name} ● online"));
    screen
}

#[test]
fn a_caller_is_handed_on_to_who_was_asked() {
    let mut office = Office::new();
    let Office { alice, bob, carol, .. } = &mut office;
    alice.types("T");
    alice.shows("ASK WHOM, WHILE Bob WAITS");
    alice.types("carol");
    alice.types(ENTER);
    bob.shows("HOLD by them");
    carol.shows("INCOMING CALL");
    alice.shows("╭ HOLD ‖         Bob  waits for Carol");
    alice.shows("╰ CALLING ◌      Carol  asked for Bob");
    carol.types("a");
    carol.shows("LIVE ●  Alice");
    alice.shows("╰ CONSULT ●      Carol  asked for Bob");
    alice.shows("Enter hands Bob on to Carol · J joins all three · Esc returns to Bob");
    alice.types(ENTER);
    bob.shows("Alice transfers you to Carol");
    office.ends_with_bob_and_carol();
}

#[test]
fn a_parked_caller_is_picked_up_at_another_desk() {
    let mut office = Office::new();
    let Office { alice, bob, carol, .. } = &mut office;
    // The second press does it at once.
    alice.types("pp");
    alice.shows("Bob waits in slot 1");
    bob.shows("Alice parked you in slot 1");
    carol.shows("1 ▣ Bob  by Alice");
    carol.types("U");
    carol.hides("▣ Bob");
    alice.hides("▣ Bob");
    office.ends_with_bob_and_carol();
}

#[test]
fn a_caller_handed_on_without_asking_comes_back_from_who_declines() {
    let mut office = Office::new();
    let Office { alice, bob, carol, .. } = &mut office;
    alice.types("t");
    alice.shows("HAND Bob ON TO");
    alice.types("carol");
    // Both keys at once: on a busy machine the seconds to take it back may be over before they are seen.
    alice.types("\ru");
    alice.shows("Taken back: nothing was done.");
    alice.shows("LIVE ●  Bob");
    alice.types("t");
    alice.shows("HAND Bob ON TO");
    alice.types("carol");
    alice.types(ENTER);
    alice.shows("Bob goes to Carol in ");
    alice.shows("u takes it back");
    carol.shows("from Alice");
    bob.shows("Alice transfers you to Carol, who is being rung");
    carol.types("r");
    alice.shows("back from Carol: declined");
    bob.shows("your call goes back to Alice");
    alice.types("a");
    alice.shows("LIVE ●  Bob");
    bob.shows("LIVE ●  Alice");
    alice.types("bb");
    alice.shows("ENDED");
    bob.shows("ENDED");
    office.leave();
}
