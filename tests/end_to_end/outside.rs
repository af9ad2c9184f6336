//! The running phone steered and followed from outside: by `ctl`, by links, and what it runs by itself.

use std::os::unix::fs::PermissionsExt;

use crate::kit::{Home, PATIENCE, Screen};
use switchboard::base::clock;

/// The window of alice, and of bob.
fn two_windows(home: &Home) -> (Screen, Screen) {
    let mut alice = home.screen();
    alice.shows("Alice ● online");
    let mut bob = home.screen();
    bob.shows("Bob ● online");
    alice.shows("● Bob");
    (alice, bob)
}

/// One line of the status of a phone, as a format wants it.
fn status(home: &Home, user: &str, format: &str) -> String {
    home.run(&format!("--as {user} ctl status --format {format}")).exited(0).out.remove(0)
}

#[test]
fn where_no_phone_runs_that_is_said() {
    let home = Home::new();
    for words in ["ctl answer", "ctl status", "ctl status --follow", "ctl hangup --call 1"] {
        home.run(words).exited(3).saying("no phone runs here: open one with `switchboard`");
    }
    home.run("open tel:204").exited(2).saying("needs a terminal");
    home.run("open mailto:bob").exited(2).saying("tel:+15551234");
    let entry = home.run("open --install-hint").exited(0);
    assert!(entry.out.iter().any(|line| line.starts_with("MimeType=x-scheme-handler/tel;")), "{entry:?}");
}

#[test]
fn a_screen_is_answered_muted_held_and_hung_up_from_another_terminal() {
    let home = Home::new();
    let (mut alice, mut bob) = two_windows(&home);
    home.run("ctl status").exited(2).saying("bob at http://127.0.0.1");
    assert_eq!(status(&home, "alice", "{state}|{who}|{calls}"), "idle||0");
    home.run("--as alice ctl answer").exited(1).saying("Nothing rings now.");

    home.run("--as bob ctl call alice").exited(0);
    alice.shows("INCOMING CALL");
    assert_eq!(status(&home, "alice", "{state}|{who}|{ringing}"), "ringing|Bob|1");
    assert_eq!(status(&home, "bob", "{state}|{who}"), "calling|Alice");
    home.run("--as alice ctl answer").exited(0);
    alice.shows("LIVE ●  Bob");
    bob.shows("LIVE ●  Alice");

    home.run("--as alice ctl mute").exited(0);
    alice.shows("MUTED ✕  Bob");
    assert_eq!(status(&home, "alice", "{state}|{mute}"), "connected|muted");
    home.run("--as alice ctl mute on").exited(0);
    home.run("--as alice ctl mute off").exited(0);
    alice.shows("LIVE ●  Bob");
    home.run("--as bob ctl hold --call 1").exited(0);
    alice.shows("HOLD by them");
    assert_eq!(status(&home, "bob", "{state}|{held}"), "held|1");
    home.run("--as bob ctl dtmf 1").exited(1).saying("not while it is held");
    home.run("--as bob ctl hold off").exited(0);
    alice.shows("LIVE ●  Bob");
    home.run("--as bob ctl dtmf 5#").exited(0);
    alice.shows("tone # from Bob");

    home.run("--as alice ctl hangup --call 2").exited(9).saying("no call 2");
    let json = home.run("--as alice ctl status --json").exited(0).json().remove(0);
    let call = &json["calls"][0];
    assert_eq!(
        (json["v"].as_u64(), json["event"].as_str(), call["number"].as_u64()),
        (Some(1), Some("status"), Some(1))
    );
    let id = call["call_id"].as_str().unwrap();
    home.run(&format!("--as alice ctl hangup --call {}", &id[..8])).exited(0);
    bob.shows("ENDED");
    home.run("--as alice ctl hangup").exited(1).saying("no call now");

    home.run("--as bob ctl presence dnd").exited(0);
    home.run("--as alice ctl call bob").exited(5);
    home.run("--as alice ctl call ghost").exited(9);
}

#[test]
fn friends_are_asked_and_people_blocked_from_another_terminal() {
    let there = Home::new();
    std::fs::write(there.file("config.toml"), "[people]\nfriends = \"request\"\n").unwrap();
    let (_service, http) = there.serve("");
    let phone_of = |user: &str| {
        there.run_with(&format!("admin user add {user} --password-stdin"), "correct horse\n").exited(0);
        let home = Home::new();
        home.run_with(&format!("sign-in {user} --server {http} --password-stdin"), "correct horse\n").exited(0);
        let mut screen = Screen::runs(home.path(), &format!("--server {http}"));
        screen.shows(&format!("{user} ● online"));
        (home, screen)
    };
    let ((alice, mut at_alice), (bob, mut at_bob)) = (phone_of("alice"), phone_of("bob"));
    alice.run("ctl friend-requests").exited(0).saying("nobody asks");
    alice.run("ctl add-friend ghost").exited(9);
    alice.run("ctl add-friend bob").exited(0);
    at_bob.shows("1 friend request (A)");
    assert_eq!(alice.run("ctl friend-requests --json").exited(0).json()[0]["direction"], "outgoing");
    let asks = bob.run("ctl friend-requests --json").exited(0).json().remove(0);
    assert_eq!((asks["name"].as_str(), asks["direction"].as_str()), (Some("alice"), Some("incoming")), "{asks}");
    assert_eq!(bob.run("ctl status --format {requests}").exited(0).out, ["1"]);
    assert!(bob.run("ctl status").exited(0).out[0].contains("1 friend request"));
    bob.run("ctl decline-friend alice").exited(0);
    at_bob.hides("1 friend request (A)");
    bob.run("ctl accept-friend alice").exited(9);
    // Who was declined and takes it back is not told either.
    alice.run("ctl withdraw-friend bob").exited(0);
    bob.run("ctl add-friend alice").exited(0);
    alice.run("ctl accept-friend bob").exited(0);
    at_alice.shows("● bob");
    at_bob.shows("● alice");

    bob.run("ctl blocked").exited(0).saying("you block nobody");
    bob.run("ctl block ghost").exited(9);
    bob.run("ctl block alice").exited(0);
    at_alice.shows("○ bob");
    assert!(bob.run("ctl blocked").exited(0).out[0].starts_with("alice"));
    bob.run("ctl unblock alice").exited(0);
    at_alice.shows("● bob");
    assert_eq!(bob.run("ctl blocked --json").exited(0).out, Vec::<String>::new());
    bob.run("ctl unblock alice").exited(9);
}

#[test]
fn calls_are_handed_on_parked_and_brought_together_from_another_terminal() {
    let home = Home::new();
    let (mut alice, mut bob) = two_windows(&home);
    let mut carol = home.screen();
    carol.shows("Carol ● online");
    home.run("--as bob ctl call alice").exited(0);
    home.run("--as alice ctl answer").exited(0);
    bob.shows("LIVE ●  Alice");

    home.run("--as alice ctl transfer ghost").exited(9).saying("ghost");
    home.run("--as alice ctl transfer carol").exited(0);
    carol.shows("INCOMING CALL");
    alice.shows("You handed Bob on to Carol.");
    let rings = home.run("--as carol ctl status --json").exited(0).json().remove(0);
    assert_eq!(rings["calls"][0]["via"], "from Alice", "{rings}");
    home.run("--as carol ctl answer").exited(0);
    bob.shows("LIVE ●  Carol");
    assert_eq!(status(&home, "alice", "{state}|{calls}"), "idle|0");

    assert_eq!(home.run("--as carol ctl park 7").exited(0).out, ["7"]);
    home.run("--as carol ctl pick-up 8").exited(9);
    home.run("--as alice ctl pick-up 7").exited(0);
    bob.shows("LIVE ●  Alice");

    home.run("--as alice ctl swap").exited(1).saying("two calls");
    home.run("--as alice ctl consult carol").exited(0);
    assert_eq!(status(&home, "alice", "{calls}|{held}"), "2|1");
    home.run("--as carol ctl answer").exited(0);
    carol.shows("LIVE ●  Alice");
    alice.shows("LIVE ●  Carol");
    home.run("--as alice ctl swap").exited(0);
    assert_eq!(status(&home, "alice", "{who}"), "Bob");
    home.run("--as alice ctl swap").exited(0);
    assert_eq!(status(&home, "alice", "{who}"), "Carol");
    home.run("--as alice ctl complete").exited(0);
    bob.shows("LIVE ●  Carol");
    carol.shows("LIVE ●  Bob");

    home.run("--as bob ctl consult alice").exited(0);
    home.run("--as alice ctl answer").exited(0);
    alice.shows("LIVE ●  Bob");
    bob.shows("LIVE ●  Alice");
    home.run("--as bob ctl merge").exited(0);
    let together = home.run("--as bob ctl status --json").exited(0).json().remove(0);
    let calls = together["calls"].as_array().unwrap();
    assert!(calls.len() == 1 && calls[0]["group"] == true, "{together}");
}

#[test]
fn whoever_follows_is_told_of_every_change_until_the_phone_ends() {
    let home = Home::new();
    let mut alice = home.screen();
    alice.shows("Alice ● online");
    let mut bar = home.start("ctl status --follow --format {state}|{who}");
    bar.until("idle|");
    home.run("ctl call echo").exited(0);
    bar.until("connected|Echo");
    home.run("ctl hangup").exited(0);
    alice.shows("ENDED");
    alice.types("q");
    assert_eq!(alice.ends_tidily(), 0);
    let bar = bar.ends().exited(3).saying("has ended");
    assert!(bar.out.len() >= 3, "{:?}", bar.out);
    home.run("ctl status").exited(3);
}

#[test]
fn a_headless_phone_is_steered_too() {
    let home = Home::new();
    let mut bob = home.start("wait --as bob --json");
    bob.until_said("waiting for a call");
    let alice = home.start("call bob --json --for 1s");
    bob.until_event("state", |line| line["state"] == "ringing");
    home.run("--as bob ctl answer").exited(0);
    alice.ends().exited(0);
    bob.ends().exited(0);
}

#[test]
fn a_link_is_shown_and_waits_for_a_key() {
    let home = Home::new();
    let mut alice = home.screen();
    alice.shows("Alice ● online");
    home.run("open tel:+33-1-70-18-99-00").exited(0).saying("shown by the phone of alice");
    alice.shows("name or identity: +33170189900");
    alice.shows("phone numbers can't be called yet");
    alice.types("\x1b");
    alice.hides("name or identity:");
    // What is being typed is not taken away.
    alice.types("d");
    alice.shows("name or identity:");
    alice.types("ec");
    alice.shows("name or identity: ec");
    home.run("open http://127.0.0.1:1/j/k7mq-3tzf").exited(0);
    alice.shows("A link was opened");
    alice.shows("name or identity: ec");
    alice.types("\x1b");
    alice.shows("http://127.0.0.1:1/j/k7mq-3tzf");
    assert_eq!(status(&home, "alice", "{state}"), "idle");
}

#[test]
fn hooks_run_for_phones_with_and_without_a_screen() {
    let home = Home::new();
    let script = home.file("hook.sh");
    let tell = "#!/bin/sh\nset -C; echo \"$SWITCHBOARD_FROM_NAME|$SWITCHBOARD_DIRECTION|$SWITCHBOARD_AS\" \
                > \"$1/$SWITCHBOARD_EVENT-$SWITCHBOARD_AS.new\"\n\
                mv \"$1/$SWITCHBOARD_EVENT-$SWITCHBOARD_AS.new\" \"$1/$SWITCHBOARD_EVENT-$SWITCHBOARD_AS\"\n";
    std::fs::write(&script, tell).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let told = home.file("told");
    std::fs::create_dir(&told).unwrap();
    let argv = format!("[{:?}, {:?}]", script.display().to_string(), told.display().to_string());
    let hooks = ["on_ringing", "on_connected", "on_ended", "on_missed"].map(|hook| format!("{hook} = {argv}\n"));
    std::fs::write(home.file("config.toml"), format!("[hooks]\n{}", hooks.concat())).unwrap();
    let happened = |what: &str| {
        let until = clock::now() + PATIENCE;
        let path = told.join(what);
        while !path.exists() {
            assert!(clock::now() < until, "no hook said {what}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        std::fs::read_to_string(path).unwrap().trim().to_owned()
    };

    let mut alice = home.screen();
    alice.shows("Alice ● online");
    let mut bob = home.start("wait --as bob --answer");
    bob.until_said("waiting for a call");
    home.run("--as alice ctl call bob").exited(0);
    assert_eq!(happened("ringing-bob"), "Alice|incoming|bob");
    assert_eq!(happened("connected-alice"), "Bob|outgoing|alice");
    assert_eq!(happened("connected-bob"), "Alice|incoming|bob");
    home.run("--as alice ctl hangup").exited(0);
    bob.ends().exited(0);
    assert_eq!(happened("ended-alice"), "Bob|outgoing|alice");
    // Nobody answers at the screen: missed.
    home.run("--as bob call alice --ring-for 1s").exited(6);
    assert_eq!(happened("missed-alice"), "Bob|incoming|alice");

    // Leaving ends a call, too.
    std::fs::remove_file(told.join("ended-alice")).unwrap();
    home.run("ctl call echo").exited(0);
    alice.shows("LIVE ●  Echo");
    alice.types("q");
    alice.shows("Leaving hangs up the call.");
    alice.types("y");
    assert_eq!(alice.ends_tidily(), 0);
    assert_eq!(happened("ended-alice"), "Echo|outgoing|alice");
}
