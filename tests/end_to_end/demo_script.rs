//! The script of docs/demo.md, played by its keys.

use crate::kit::{Home, Screen};

const ENTER: &str = "\r";
const ESCAPE: &str = "\x1b";

/// The code on the share card.
fn code_on(screen: &Screen) -> String {
    let picture = screen.picture();
    let after = picture.split("code ").nth(1).unwrap_or_else(|| panic!("no code:\n{picture}"));
    after.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn one_person_alone_shows_group_calls() {
    let home = Home::new();
    let mut alice = home.screen();
    alice.shows("Alice ● online");
    alice.shows("Demo");
    alice.types("G");
    alice.shows("▸ GROUPS");
    alice.types(ENTER);
    alice.shows("LIVE ●  Demo");
    for guest in ["Ada", "Ben", "Kim"] {
        alice.shows(&format!("{guest}  {}", guest.to_lowercase()));
    }
    alice.shows("speaking ▶ Ada");
    alice.shows("speaking ▶ Ben");
    alice.types("bb");
    alice.hides("LIVE ●  Demo");

    alice.types("n");
    alice.shows("START");
    alice.types("Ops bridge");
    alice.types(ENTER);
    alice.shows("LIVE ●  Ops bridge");
    alice.types("s");
    alice.shows("SHARE Ops bridge");
    alice.shows("works on this machine only");
    let code = code_on(&alice);
    let mut bob = home.screen();
    bob.shows("Bob ● online");
    bob.types("J");
    bob.shows("JOIN");
    bob.types(&code);
    bob.types(ENTER);
    bob.shows("Ops bridge");
    bob.shows("Alice  alice");
    alice.types(ESCAPE);
    alice.shows("Bob  bob");
    bob.types("bb");
    bob.hides("Alice  alice");
    bob.types("q");
    assert_eq!(bob.ends_tidily(), 0);

    let carol = home.start(&format!("--as carol join {code} --mic tone:330 --speaker none --for 3s --json"));
    alice.shows("speaking ▶ Carol");
    carol.ends().exited(0);
    alice.hides("Carol  carol");
    alice.types("bb");
    alice.hides("LIVE ●  Ops bridge");

    let waits = |who: &str| {
        let mut phone = home.start(&format!("--as {who} wait --answer --mic tone:220 --speaker none --json"));
        phone.until_said("waiting for a call");
        phone
    };
    let (bob, carol) = (waits("bob"), waits("carol"));
    alice.types("F");
    alice.shows("▸ FRIENDS");
    alice.shows("▸● Bob");
    alice.types(ENTER);
    alice.shows("LIVE ●  Bob");
    alice.types("i");
    alice.shows("INVITE INTO THE CALL");
    alice.types("carol");
    alice.types(ENTER);
    // Her row is there while she rings, too; she speaks once she has answered.
    alice.shows("▶ Carol");
    alice.types("B");
    alice.shows("END FOR EVERYBODY?");
    alice.types("y");
    for done in [bob.ends().exited(0), carol.ends().exited(0)] {
        assert_eq!(done.summary()["end"]["sub_code"], 4097, "{}", done.summary());
        assert!(done.json().iter().any(|line| line["event"] == "group"));
    }
    alice.types("q");
    assert_eq!(alice.ends_tidily(), 0);
}
