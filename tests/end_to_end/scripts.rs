//! Scripts: played, typed, recorded, and played again.

use std::path::PathBuf;

use rustix::process::Signal;

use crate::kit::{Done, Home, Program};

/// A script in the home's folder.
fn script(home: &Home, name: &str, lines: &str) -> PathBuf {
    let path = home.file(name);
    std::fs::write(&path, lines).unwrap();
    path
}

/// Starts to play these lines.
fn plays(home: &Home, who: &str, lines: &str) -> Program {
    let file = script(home, &format!("{who}.script"), lines);
    home.start(&format!("--as {who} play {} --json", file.display()))
}

/// The last line, about the script.
fn played(done: &Done) -> serde_json::Value {
    let last = done.json().pop().unwrap();
    assert_eq!(last["event"], "played", "{done:?}");
    last
}

/// The numbers of the lines that were done.
fn lines_done(done: &Done) -> Vec<u64> {
    done.json().iter().filter(|line| line["event"] == "done").map(|line| line["line"].as_u64().unwrap()).collect()
}

#[test]
fn a_script_that_can_not_be_read_does_nothing_at_all() {
    let home = Home::new();
    let bad = script(&home, "bad", "# first\ncall echo\nwait-for conected\n\nhangpu\nexpect beauty>1\n");
    let refused = home.run(&format!("play {}", bad.display())).exited(2);
    let refused =
        refused.saying("line 3, column 10: `conected` is nothing that can be waited for; did you mean `connected`?");
    refused.saying("line 5, column 1: `hangpu` is no command; did you mean `hangup`?").saying("line 6, column 8");
    assert!(home.service().is_none(), "nobody was called, and no service started");
    home.run("play --check /none").exited(2).saying("/none can't be read");
    let good = script(&home, "good", "call echo\nsleep 2s\n");
    home.run(&format!("play --check {}", good.display())).exited(0).saying("ask for something: 2");
}

#[test]
fn a_script_calls_waits_and_expects_from_standard_input() {
    let home = Home::new();
    let lines = "call echo\nwait-for connected\nwait-for sound 300ms\nwait-for event quality\nmute on\nhangup\n\
                 wait-for ended\nexpect heard_ms>100\nexpect connected=1\n";
    let done = home.run_with("play - --json", lines).exited(0);
    assert_eq!(lines_done(&done), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let last = played(&done);
    assert_eq!((last["done"].as_u64(), last["calls"].as_u64(), last["exit"].as_u64()), (Some(9), Some(1), Some(0)));
    assert_eq!(done.json().iter().filter(|line| line["event"] == "summary").count(), 1);
    let plain =
        home.run_with("play -", "call echo\nwait-for connected\n").exited(0).saying("done 2: wait-for connected");
    assert!(plain.out.last().unwrap().starts_with("2 of 2 lines played"), "{plain:?}");
}

#[test]
fn three_scripts_hand_a_call_on() {
    let home = Home::new();
    let mut carol = plays(
        &home,
        "carol",
        "presence online\nwait-for incoming from alice within 60s\nanswer\nwait-for dtmf 42\nhangup\nexpect seconds>0\n",
    );
    carol.until_event("done", |line| line["line"] == 1);
    let mut bob = plays(
        &home,
        "bob",
        "presence online\nwait-for incoming from alice within 60s\nanswer\nwait-for dtmf 1\ntransfer carol\n",
    );
    bob.until_event("done", |line| line["line"] == 1);
    let alice = plays(
        &home,
        "alice",
        "call bob\nwait-for connected\ndtmf 1\nwait-for event handed_on\nwait-for event state\nwait-for connected\ndtmf 42\n\
         wait-for ended\n",
    );
    for (program, lines) in [(alice, 8), (bob, 5), (carol, 6)] {
        let done = program.ends().exited(0);
        assert_eq!(lines_done(&done).len(), lines, "{done:?}");
    }
}

#[test]
fn what_changed_ends_a_script_at_its_line_and_leaves_nothing() {
    let home = Home::new();
    let run = |lines: &str| home.run_with("play - --json", lines);
    let failed = |done: &Done| {
        let last = played(done);
        (last["failed"]["line"].as_u64().unwrap(), last["failed"]["message"].as_str().unwrap().to_owned())
    };
    // Somebody is gone.
    let done =
        run("# a\ncall ghost\nwait-for connected\n").exited(9).saying("line 2 (call ghost): Nobody is called ghost");
    assert_eq!(failed(&done).0, 2);
    run("call busy\n").exited(5).saying("line 1 (call busy)");
    run("wait-for incoming within 300ms\n").exited(10).saying("there was: no call.");
    // Who answered then declines now.
    let mut bob = home.start("wait --as bob --decline");
    bob.until_said("waiting for a call");
    let done = run("call bob\nwait-for connected within 2s\nhangup\n");
    assert!(matches!(done.code, Some(5 | 10)), "{done:?}");
    assert!(failed(&done).0 <= 2, "{done:?}");
    bob.ends().exited(0);
    // Nobody calls, while there is another call: it is hung up.
    let done = run("call echo\nwait-for connected\nwait-for incoming from bob within 300ms\n").exited(10);
    let (line, why) = failed(&done);
    assert!(line == 3 && why.contains("incoming from bob") && why.contains("Echo (connected)"), "{why}");
    let summary = done.json().into_iter().find(|line| line["event"] == "summary").unwrap();
    assert_eq!(summary["end"]["code"], 0, "{summary}");
    run("expect heard_ms>1\n").exited(10).saying("none has ended yet");
    run("call echo\nwait-for connected\nhangup\nexpect seconds>1000\n").exited(10).saying("seconds>1000");
    // What it was to speak is not there.
    home.run_with("play - --json --mic /none.wav", "call echo\n").exited(2).saying("/none.wav");
}

#[test]
fn ctrl_c_ends_a_pause_and_hangs_up() {
    let home = Home::new();
    let mut alice = plays(&home, "alice", "call echo\nwait-for connected\nsleep 10m\n");
    alice.until_event("done", |line| line["line"] == 2);
    alice.signal(Signal::INT);
    let alice = alice.ends().exited(130);
    assert_eq!(played(&alice)["done"], 2);
    assert!(alice.json().iter().any(|line| line["event"] == "summary" && line["end"]["code"] == 0), "{alice:?}");
}

#[test]
fn lines_of_standard_input_are_answered_one_by_one() {
    let home = Home::new();
    let mut bob = plays(&home, "bob", "online\nwait-for incoming\nanswer\nwait-for dtmf 7\nhangup\n");
    bob.until_event("done", |line| line["line"] == 1);
    let lines = "# now\nwait-for connected\nmute on\ntransfer ghost\nexplode\ncall carol\nsleep 10ms\ndtmf 7\n";
    let alice = home.run_with("call bob --stdin --json", lines).exited(0);
    assert_eq!(lines_done(&alice), [2, 3, 7, 8]);
    let refused: Vec<_> = alice.json().into_iter().filter(|line| line["event"] == "refused").collect();
    let told: Vec<_> =
        refused.iter().map(|line| (line["line"].as_u64().unwrap(), line["exit"].as_u64().unwrap())).collect();
    assert_eq!(told, [(4, 9), (5, 2), (6, 1)], "{refused:?}");
    assert_eq!(alice.summary()["end"]["code"], 0);
    let bob = bob.ends().exited(0);
    assert_eq!(lines_done(&bob), [1, 2, 3, 4, 5]);
}

#[test]
fn the_end_of_standard_input_does_not_hang_up_and_a_wait_in_vain_is_told_by_the_exit_code() {
    let home = Home::new();
    let call = home.run_with("call echo --stdin --for 500ms", "mute on\n").exited(0);
    assert!(call.out.last().unwrap().starts_with("The call ended normally."), "{call:?}");
    let call =
        home.run_with("call echo --stdin", "wait-for incoming within 10ms\nwait-for connected\nhangup\n").exited(10);
    assert!(call.out[0].starts_with("refused 1: wait-for incoming within 10ms: Waited for `incoming`"), "{call:?}");
    assert!(call.out.contains(&"done 3: hangup".to_owned()), "{call:?}");
}

#[test]
fn a_session_of_the_screen_is_recorded_and_plays() {
    let home = Home::new();
    let file = home.file("session.script");
    let mut alice = home.screen();
    alice.shows("Alice ● online");
    alice.types(&format!(":record script {}\r", file.display()));
    alice.shows("is recorded into");
    let bob_does = "wait-for incoming from alice within 60s\nanswer\nwait-for dtmf 5\ndtmf 9\nsleep 1s\nhangup\n";
    let bob = plays(&home, "bob", &format!("presence online\n{bob_does}{bob_does}"));
    alice.shows("● Bob");
    alice.types(":call bob\r");
    alice.shows("LIVE ●  Bob");
    home.run("--as alice ctl hold on").exited(0);
    home.run("--as alice ctl hold off").exited(0);
    home.run("--as alice ctl dtmf 5").exited(0);
    alice.shows("tone 9 from Bob");
    alice.shows("ENDED");
    home.run("--as alice ctl call ghost").exited(9);
    alice.types(":record script /none/x\r");
    alice.shows("can't be recorded into /none/x");
    alice.types(":record stop\r");
    alice.shows("The script is in");
    alice.types("q");
    assert_eq!(alice.ends_tidily(), 0);

    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("sleep")).collect();
    assert_eq!(
        lines,
        ["call bob", "wait-for connected", "hold on", "hold off", "dtmf 5", "wait-for dtmf 9", "wait-for ended"],
        "{text}"
    );
    assert!(text.contains("# refused: call ghost"), "{text}");
    assert!(!text.contains("8:acs:"), "names, and no identities: {text}");

    let again = home.run(&format!("--as alice play {} --json", file.display())).exited(0);
    assert_eq!(played(&again)["exit"], 0);
    bob.ends().exited(0);
}

#[test]
fn the_lines_have_a_schema() {
    let home = Home::new();
    let whole: serde_json::Value = serde_json::from_str(&home.run("schema").exited(0).out.join("\n")).unwrap();
    assert!(whole["oneOf"].as_array().unwrap().len() > 10, "{whole}");
    let one: serde_json::Value = serde_json::from_str(&home.run("schema dtmf").exited(0).out.join("\n")).unwrap();
    assert_eq!(one["properties"]["event"]["const"], "dtmf");
}
