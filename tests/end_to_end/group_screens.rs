//! Group calls on screens: shared by their card, joined by what stands on it, grown out of a direct call, ended for everybody.

use crate::kit::{Home, Program, Screen};

const ENTER: &str = "\r";
const ESCAPE: &str = "\x1b";

/// A terminal in which a screen shows one panel at a time: columns, rows.
const SMALL: (u16, u16) = (60, 20);

/// What the share card says of a group.
struct Card {
    link: String,
    code: String,
    id: String,
}

/// Opens the share card of the call's group, and reads it.
fn shows_card(screen: &mut Screen) -> Card {
    screen.types("s");
    screen.shows("SHARE ");
    // What stands above it is drawn by then.
    screen.shows("share with friends");
    let picture = screen.picture();
    let after = |label: &str| {
        let found = picture.split(label).nth(1).and_then(|rest| rest.split_whitespace().next());
        found.unwrap_or_else(|| panic!("no `{label}`:\n{picture}")).to_owned()
    };
    // The link has a line of its own, to be selected with the mouse.
    let link = picture.lines().map(str::trim_end).find(|line| line.starts_with("http://"));
    let link = link.unwrap_or_else(|| panic!("no link:\n{picture}")).to_owned();
    let card = Card { link, code: after("code "), id: after("ID   ") };
    assert!(card.link.ends_with(&format!("/j/{}", card.code)), "{}", card.link);
    card
}

/// The next window of the demo, whose account is `name`.
fn opens(home: &Home, name: &str) -> Screen {
    let mut screen = home.screen();
    screen.shows(&format!("{name} ● online"));
    screen
}

fn becomes_small(screen: &mut Screen) {
    screen.becomes(SMALL.0, SMALL.1);
    screen.shows("connected");
}

/// Starts the call of a new group.
fn starts(screen: &mut Screen, name: &str) {
    screen.types("n");
    screen.shows("START A GROUP CALL");
    screen.types(name);
    screen.types(ENTER);
    screen.shows(&format!("LIVE ●  {name}"));
}

/// An account that signs in on this machine.
fn is_signed_in(home: &Home, name: &str, shown_as: &str) {
    let password = "correct horse\n";
    home.run_with(&format!("admin user add {name} --display-name {shown_as} --password-stdin"), password).exited(0);
    home.run_with(&format!("sign-in {name} --password-stdin"), password).exited(0);
}

/// Somebody without a screen who joins a group, speaks, and expects to hear others.
fn joins(home: &Home, who: &str, place: &str, hertz: u16) -> Program {
    let words = format!("--as {who} join {place} --mic tone:{hertz} --speaker none --json --expect heard_ms>100");
    let mut phone = home.start(&words);
    phone.until(r#""state":"connected""#);
    phone
}

/// The same code as people write it.
fn mixed_case(code: &str) -> String {
    let cased = |(at, letter): (usize, char)| if at % 2 == 0 { letter.to_ascii_uppercase() } else { letter };
    code.chars().enumerate().map(cased).collect()
}

fn leaves(mut screen: Screen) {
    screen.types("q");
    assert_eq!(screen.ends_tidily(), 0);
}

#[test]
fn three_terminals_and_two_headless_clients_meet_by_link_code_id_and_name() {
    let home = Home::new();
    let mut alice = opens(&home, "Alice");
    let mut bob = opens(&home, "Bob");
    let mut carol = opens(&home, "Carol");
    is_signed_in(&home, "dave", "Dave");
    is_signed_in(&home, "erin", "Erin");
    becomes_small(&mut carol);

    starts(&mut alice, "Ops");
    let card = shows_card(&mut alice);
    bob.pastes(&card.link);
    bob.shows("JOIN A GROUP");
    bob.shows("a link of http://");
    bob.types(ENTER);
    bob.shows("LIVE ●  Ops");
    carol.types("J");
    carol.shows("JOIN A GROUP");
    carol.types(&mixed_case(&card.code));
    carol.shows("a group code");
    carol.types(ENTER);
    carol.shows("MUTED ✕  Ops");
    let mut dave = joins(&home, "dave", &card.id, 330);
    home.run("--as alice groups share Ops erin").exited(0);
    let mut erin = joins(&home, "erin", "Ops", 550);

    alice.types(ESCAPE);
    let all = ["Alice", "Bob", "Carol", "Dave", "Erin"];
    for (screen, me) in [(&mut alice, "Alice"), (&mut bob, "Bob"), (&mut carol, "Carol")] {
        screen.shows("Ops  5 people");
        screen.shows("PEOPLE 5");
        screen.shows(&format!("you  {me}"));
        for name in all.iter().filter(|name| **name != me) {
            screen.shows(&format!("{name}  {}", name.to_lowercase()));
        }
    }
    carol.types("m");
    carol.shows("LIVE ●  Ops");
    for phone in [&mut dave, &mut erin] {
        phone.until_event("speakers", |line| line["names"].as_array().unwrap().contains(&"carol".into()));
        phone.until_event("quality", |line| line["received_packets"].as_u64() > Some(100));
    }

    alice.types("B");
    alice.shows("End Ops for everybody: 4 others are in it.");
    alice.types("y");
    for screen in [&mut alice, &mut bob, &mut carol] {
        screen.shows("ENDED");
        screen.shows("The call was ended for everybody in it.");
    }
    for phone in [dave, erin] {
        let summary = phone.ends().exited(0).summary();
        assert_eq!(summary["end"]["sub_code"], 4097, "{summary}");
    }
    [alice, bob, carol].into_iter().for_each(leaves);
}

#[test]
fn a_card_is_copied_and_shared_and_a_key_joins_the_friend() {
    let home = Home::new();
    let mut alice = opens(&home, "Alice");
    let mut bob = opens(&home, "Bob");
    alice.shows("● Bob");
    becomes_small(&mut alice);
    becomes_small(&mut bob);
    starts(&mut alice, "Ops");
    let card = shows_card(&mut alice);
    alice.types("y");
    assert_eq!(alice.copies(), card.link);
    alice.shows("sent to your terminal's clipboard (OSC 52)");

    alice.types("w");
    alice.shows("SHARE Ops  none marked");
    alice.shows("▸[ ] Bob");
    alice.types(" ");
    alice.shows("SHARE Ops  1 marked");
    alice.types(ENTER);
    alice.shows("Ops is shared with Bob");
    bob.shows("Alice shares Ops: 1 is in it now");
    bob.shows("j join");
    bob.types("j");
    bob.shows("LIVE ●  Ops  2 people");
    bob.shows("Alice  alice");
    bob.hides("Alice shares Ops");
    alice.types(ESCAPE);
    alice.shows("Bob  bob");
    bob.types("bb");
    bob.shows("ENDED");
    alice.hides("Bob  bob");
    alice.shows("you are alone here");
    alice.types("bb");
    alice.shows("ENDED");
    [alice, bob].into_iter().for_each(leaves);
}

#[test]
fn an_invitation_makes_a_direct_call_a_group_call_of_three() {
    let home = Home::new();
    let mut alice = opens(&home, "Alice");
    let mut bob = opens(&home, "Bob");
    let mut carol = opens(&home, "Carol");
    becomes_small(&mut bob);
    becomes_small(&mut carol);
    alice.shows("▸● Bob");
    alice.types(ENTER);
    bob.shows("INCOMING CALL");
    bob.types("a");
    alice.shows("LIVE ●  Bob");
    bob.shows("LIVE ●  Alice");

    alice.types("i");
    alice.shows("INVITE INTO THE CALL");
    alice.types("carol");
    alice.types(ENTER);
    carol.shows("INVITATION");
    carol.shows("Alice invites you to a group call");
    carol.types("a");
    for (screen, others) in
        [(&mut alice, ["Bob", "Carol"]), (&mut bob, ["Alice", "Carol"]), (&mut carol, ["Alice", "Bob"])]
    {
        screen.shows("3 people");
        for name in others {
            screen.shows(&format!("{name}  {}", name.to_lowercase()));
        }
        screen.shows("speaking ▶");
    }
    // Whoever began the direct call may share and end what became of it.
    let card = shows_card(&mut alice);
    alice.types(ESCAPE);
    alice.hides("SHARE ");
    let joined = home.run(&format!("--as bob join {} --existing --for 100ms --json", card.id)).exited(0);
    assert!(joined.json().iter().any(|line| line["event"] == "group" && line["first"] == false));
    carol.types("bb");
    carol.shows("ENDED");
    alice.hides("Carol  carol");
    bob.hides("Carol  carol");
    alice.types("B");
    alice.shows("END FOR EVERYBODY?");
    alice.types("y");
    bob.shows("The call was ended for everybody in it.");
    alice.shows("ENDED");
    [alice, bob, carol].into_iter().for_each(leaves);
}
