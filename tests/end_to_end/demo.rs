//! The demo: a service that starts by itself, once.

use rustix::process::Signal;

use switchboard::base::clock;

use crate::kit::{Home, PATIENCE, Program, json};

#[test]
fn demos_that_start_at_the_same_instant_share_one_service() {
    let home = Home::new();
    let starts: Vec<Program> = (0..4).map(|_| home.start("whoami --json")).collect();
    let servers: Vec<_> = starts.into_iter().map(|start| start.ends().exited(0).json()[0]["server"].clone()).collect();
    assert!(servers.iter().all(|server| *server == servers[0] && server.is_string()), "{servers:?}");
}

#[test]
fn a_service_that_was_killed_is_replaced() {
    let home = Home::new();
    home.run("whoami").exited(0);
    let first = home.service();
    home.kill_service();
    home.run("whoami").exited(0);
    assert_ne!(home.service(), first);
}

#[test]
fn the_history_is_complete_as_soon_as_the_call_is_over() {
    let home = Home::new();
    for _ in 0..6 {
        home.run("call echo --for 100ms").exited(0);
    }
    home.run("doctor").exited(0);
    let history = home.run("history --json").exited(0).json();
    // The doctor calls twice: over UDP, and over TCP.
    assert_eq!(history.len(), 8);
    for record in history {
        assert_eq!(record["outcome"], "answered", "{record}");
        assert!(record["ended"].is_string(), "{record}");
    }
}

#[test]
fn friends_and_their_presence_are_told() {
    let home = Home::new();
    let presence_of_bob = || {
        let friends = home.run("friends --json").exited(0).json();
        friends.iter().find(|friend| friend["name"] == "bob").unwrap()["presence"].clone()
    };
    assert_eq!(presence_of_bob(), "offline");
    let mut bob = home.start("wait --as bob");
    bob.until_said("waiting for a call");
    assert_eq!(presence_of_bob(), "online");
    bob.signal(Signal::INT);
    bob.ends().exited(130);
    // At once, unless the machine was too busy to hear him say bye.
    let deadline = clock::now() + PATIENCE;
    while presence_of_bob() != "offline" {
        assert!(clock::now() < deadline, "he stays online");
    }
    home.run("friends remove bob").exited(0);
    home.run("friends remove bob").exited(9).saying("not on the friend list");
    home.run("friends add bob").exited(0);
    assert!(home.run("friends search carol --json").exited(0).out.iter().any(|line| json(line)["name"] == "carol"));
}
