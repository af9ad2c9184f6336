//! Several saved sign-ins: two services, two people, in files and in a keyring; chosen on the command line and on the screen.

use rustix::process::Signal;

use crate::kit::{Home, Program, Screen};
#[cfg(all(feature = "keyring", target_os = "linux"))]
use crate::secret_service::{Mood, SecretService};

const PASSWORD: &str = "correct horse\n";

/// A service of somebody else, with accounts.
fn service(users: &[&str]) -> (Home, Program, String) {
    let there = Home::new();
    let (service, http) = there.serve("");
    for user in users {
        there.run_with(&format!("admin user add {user} --password-stdin"), PASSWORD).exited(0);
    }
    (there, service, http)
}

fn sign_in(home: &Home, user: &str, http: &str) {
    home.run_with(&format!("sign-in {user} --server {http} --password-stdin"), PASSWORD).exited(0);
}

fn port(http: &str) -> &str {
    http.rsplit(':').next().unwrap()
}

/// The saved ones: what `--as` takes, and whether it is used.
fn accounts(home: &Home) -> Vec<(String, bool)> {
    let lines = home.run("accounts --json").exited(0).json();
    lines.iter().map(|line| (line["as"].as_str().unwrap().to_owned(), line["used"] == true)).collect()
}

#[test]
fn one_phone_goes_on_as_another_sign_in_at_another_service() {
    let (_one, _first, here) = service(&["alice", "bob"]);
    let (_two, _second, there) = service(&["alice"]);
    let home = Home::new();
    for (user, http) in [("alice", &here), ("bob", &here), ("alice", &there)] {
        sign_in(&home, user, http);
    }
    let (alice_here, alice_there) =
        (format!("alice@127.0.0.1:{}", port(&here)), format!("alice@127.0.0.1:{}", port(&there)));
    let listed = accounts(&home);
    assert_eq!((listed.len(), listed.contains(&(alice_there.clone(), true))), (3, true), "{listed:?}");
    home.run("accounts").exited(0);
    let me = |words: &str| {
        let me = home.run(&format!("{words} whoami --json")).exited(0).json().remove(0);
        (me["name"].as_str().unwrap().to_owned(), me["server"].as_str().unwrap().to_owned())
    };
    assert_eq!(me(""), ("alice".to_owned(), there.clone()));
    assert_eq!(me("--as bob"), ("bob".to_owned(), here.clone()));
    assert_eq!(me(&format!("--as {alice_here}")), ("alice".to_owned(), here.clone()));
    assert_eq!(me(&format!("--as alice --server {here}")), ("alice".to_owned(), here.clone()));

    let ambiguous = home.run("use alice").exited(2);
    assert!(ambiguous.err.contains(&alice_here) && ambiguous.err.contains(&alice_there), "{}", ambiguous.err);
    home.run("--as alice whoami").exited(2);
    home.run("use carol").exited(4).saying("bob@127.0.0.1");
    home.run("use alice@").exited(2);
    home.run(&format!("use {alice_here}")).exited(0);
    assert_eq!(me(""), ("alice".to_owned(), here.clone()));
    home.run("use bob").exited(0);
    for words in ["call echo --for 100ms".to_owned(), format!("--as {alice_there} call echo --for 100ms")] {
        home.run(&words).exited(0);
    }

    // What is damaged is told, and nothing else suffers.
    let damaged = home.file("users/bob/sign-in@damaged_1.json");
    std::fs::write(&damaged, "{").unwrap();
    home.run("accounts").exited(0).saying("sign-in@damaged_1.json");
    assert_eq!(accounts(&home).len(), 3);
    assert_eq!(me("").0, "bob");
    std::fs::remove_file(damaged).unwrap();

    home.run(&format!("sign-out {alice_there}")).exited(0);
    home.run("sign-out alice").exited(0);
    assert_eq!(accounts(&home).len(), 1);
    sign_in(&home, "alice", &there);
    home.run("sign-out --all").exited(0);
    assert_eq!(accounts(&home), []);
    home.run("sign-out").exited(4);
}

#[test]
fn a_sign_in_of_before_is_one_of_several() {
    let (_one, _first, here) = service(&["alice", "bob"]);
    let home = Home::new();
    sign_in(&home, "alice", &here);
    let file = home.sign_ins("alice").remove(0);
    std::fs::rename(file, home.file("users/alice/sign-in.json")).unwrap();
    std::fs::write(home.file("users/last"), "alice").unwrap();
    assert_eq!(home.run("whoami --json").exited(0).json()[0]["name"], "alice");
    sign_in(&home, "bob", &here);
    sign_in(&home, "alice", &here);
    assert_eq!(accounts(&home).len(), 2);
    assert_eq!(home.sign_ins("alice"), [home.file("users/alice/sign-in.json")]);
}

#[test]
fn the_screen_goes_on_as_another_one() {
    let (_one, _first, here) = service(&["alice", "bob"]);
    let home = Home::new();
    for user in ["alice", "bob"] {
        sign_in(&home, user, &here);
    }
    let mut screen = Screen::runs(home.path(), &format!("--server {here}"));
    screen.shows("bob at 127.0.0.1");
    screen.shows("connected");
    screen.types("S");
    screen.shows("SIGNED IN AS");
    screen.types("\x1b[A\r");
    screen.shows("alice at 127.0.0.1");
    screen.shows("connected");
    assert!(accounts(&home).iter().any(|(who, used)| *used && who.starts_with("alice@")));
    screen.types("S");
    screen.shows("SIGNED IN AS");
    screen.types("\x1b[B\x7f");
    screen.shows("SIGN OUT?");
    screen.types("y");
    screen.shows("is signed out.");
    assert_eq!(accounts(&home).len(), 1);
    screen.types("q");
}

#[test]
fn questions_between_two_screens_end_by_ctrl_c_and_by_signals() {
    let (_one, _first, here) = service(&["alice"]);
    let home = Home::new();
    sign_in(&home, "alice", &here);
    let asked = || {
        let mut screen = Screen::runs(home.path(), &format!("--server {here}"));
        screen.shows("connected");
        screen.types("S");
        screen.shows("SIGNED IN AS");
        screen.types("\x1b[B\r");
        screen.shows(&format!("Service [{here}]:"));
        screen
    };
    let mut screen = asked();
    screen.types("\x03");
    screen.shows("given up");
    screen.shows("connected");

    // Every question, and what was typed ahead.
    for (answers, question) in [("\r", "User (none: back):"), ("\rbob\r", "Password of bob")] {
        screen.types("S");
        screen.shows("SIGNED IN AS");
        screen.types("\x1b[B\r");
        screen.shows("Service [");
        screen.types(answers);
        screen.shows(question);
        screen.types("\x03");
        screen.shows("given up");
        screen.shows("connected");
    }
    screen.types("q");
    assert_eq!(screen.ends_tidily(), 0);

    for (signal, code, answers, question) in [
        (Signal::TERM, 143, "", "Service ["),
        (Signal::HUP, 129, "\r", "User (none: back):"),
        (Signal::TERM, 143, "\rbob\r", "Password of bob"),
    ] {
        let mut screen = asked();
        screen.types(answers);
        screen.shows(question);
        screen.signal(signal);
        assert_eq!(screen.ends_tidily(), code, "{question}");
    }
}

#[test]
fn a_screen_that_may_not_ask_does_not() {
    let (_one, _first, here) = service(&["alice"]);
    let home = Home::new();
    sign_in(&home, "alice", &here);
    let mut screen = Screen::runs(home.path(), "--no-input");
    screen.shows("connected");
    screen.types("S");
    screen.shows("SIGNED IN AS");
    screen.types("\x1b[B\r");
    screen.shows("with --no-input nothing is asked");
    screen.types("q");
    assert_eq!(screen.ends_tidily(), 0);
}

#[test]
fn a_sign_in_that_names_its_service_is_meant_wherever_the_settings_lead() {
    let (_one, _first, here) = service(&["alice"]);
    let (_two, _second, there) = service(&["alice", "bob"]);
    let home = Home::new();
    for (user, http) in [("alice", &here), ("alice", &there), ("bob", &there)] {
        sign_in(&home, user, http);
    }
    std::fs::write(home.file("config.toml"), format!("[phone]\nserver = \"{here}\"\n")).unwrap();
    // Who is used is who acts: the one at the service that is set.
    let used: Vec<_> = accounts(&home).into_iter().filter(|(_, used)| *used).collect();
    let alice = |http: &str| format!("alice@127.0.0.1:{}", port(http));
    assert_eq!(used, [(alice(&here), true)]);
    let me = |words: &str| home.run(&format!("{words} whoami --json")).exited(0).json()[0]["server"].clone();
    assert_eq!((me(""), me(&format!("--as {}", alice(&there)))), (here.as_str().into(), there.as_str().into()));
    home.run("--as bob whoami").exited(4);
    let tcp = home.run(&format!("--as {} doctor --json", alice(&there))).exited(0).json().remove(1);
    assert!(tcp["check"] == "tcp" && tcp["found"].as_str().unwrap().contains(port(&there)), "{tcp}");
    // Two services are named for one command.
    home.run(&format!("--server {here} --as {} whoami", alice(&there))).exited(2).saying("is not at");
    home.run(&format!("use {}", alice(&there))).exited(0);
    home.run(&format!("sign-out {}", alice(&there))).exited(0);
    assert_eq!(accounts(&home).len(), 2);
}

#[test]
fn a_sign_in_that_can_not_be_forgotten_stays_on_the_list() {
    let (_one, _first, here) = service(&["alice", "bob"]);
    let home = Home::new();
    for user in ["alice", "bob"] {
        sign_in(&home, user, &here);
    }
    let mut screen = Screen::runs(home.path(), "");
    screen.shows("bob at 127.0.0.1");
    screen.shows("connected");
    // A folder stands where the lock of Alice's sign-in belongs.
    let lock = home.sign_ins("alice").remove(0).with_extension("lock");
    std::fs::remove_file(&lock).unwrap();
    std::fs::create_dir(&lock).unwrap();
    screen.types("S");
    screen.shows("SIGNED IN AS");
    screen.types("\x1b[A\x7f");
    screen.shows("SIGN OUT?");
    screen.types("y");
    screen.shows("is not signed out: the saved sign-in");
    screen.types("S");
    screen.shows("alice");
    std::fs::remove_dir(&lock).unwrap();
    assert_eq!(accounts(&home).len(), 2);
}

#[test]
fn signing_out_says_which_phone_still_runs() {
    let (_one, _first, here) = service(&["alice"]);
    let home = Home::new();
    sign_in(&home, "alice", &here);
    let mut screen = Screen::runs(home.path(), "");
    screen.shows("connected");
    home.run("sign-out").exited(0).saying("a phone still runs as alice@127.0.0.1");
    screen.types("q");
    assert_eq!(screen.ends_tidily(), 0);
    assert_eq!(home.sign_ins("alice"), Vec::<std::path::PathBuf>::new());
    let refused = home.run(&format!("--server {here} whoami")).exited(4);
    assert!(refused.err.contains(&format!("sign-in NAME --server {here}")), "{}", refused.err);
}

/// Where each sign-in is kept.
#[cfg(all(feature = "keyring", target_os = "linux"))]
fn kept(home: &Home) -> Vec<String> {
    let lines = home.run("accounts --json").exited(0).json();
    lines.iter().map(|line| line["kept"].as_str().unwrap().to_owned()).collect()
}

#[cfg(all(feature = "keyring", target_os = "linux"))]
#[test]
fn a_sign_in_moves_into_the_keyring_and_back_without_a_password() {
    let (_one, _first, here) = service(&["alice"]);
    let home = Home::new();
    sign_in(&home, "alice", &here);
    assert_eq!(kept(&home), ["file"]);
    let keyring = SecretService::start();
    let bus = keyring.address();
    let keep = |place, words: &str| {
        home.run_in(&[("DBUS_SESSION_BUS_ADDRESS", &bus), ("SWITCHBOARD_PHONE_KEEP", place)], words, "")
    };
    keep("keyring", "whoami").exited(0).saying("in the keyring");
    assert_eq!((kept(&home), keyring.kept().len()), (vec!["keyring".to_owned()], 1));
    let file = home.sign_ins("alice").remove(0);
    assert!(!std::fs::read_to_string(&file).unwrap().contains("_token"));
    keep("auto", "call echo --for 100ms").exited(0);

    keyring.turns(Mood::Locked);
    keep("auto", "whoami").exited(4).saying("locked");
    home.run("whoami").exited(4).saying("no keyring");
    assert_eq!(keyring.prompts(), 0);
    keyring.turns(Mood::Open);
    keep("file", "whoami").exited(0).saying("in a file only you can read");
    assert_eq!((kept(&home), keyring.kept().len()), (vec!["file".to_owned()], 0));
    home.run("whoami").exited(0);
}

#[cfg(all(feature = "keyring", target_os = "linux"))]
#[test]
fn a_new_sign_in_goes_into_the_keyring_where_it_answers() {
    let (_one, _first, here) = service(&["alice"]);
    let keyring = SecretService::start();
    let bus = keyring.address();
    let words = format!("sign-in alice --server {here} --password-stdin");
    let in_keyring = |home: &Home, keep: &str| {
        home.run_in(&[("DBUS_SESSION_BUS_ADDRESS", &bus), ("SWITCHBOARD_PHONE_KEEP", keep)], &words, PASSWORD)
    };
    let home = Home::new();
    in_keyring(&home, "auto").exited(0);
    assert_eq!((kept(&home), keyring.kept().len()), (vec!["keyring".to_owned()], 1));
    for mood in [Mood::Locked, Mood::Silent] {
        keyring.turns(mood);
        let home = Home::new();
        in_keyring(&home, "keyring").exited(4).saying("phone.keep");
        assert_eq!(kept(&home), Vec::<String>::new());
        in_keyring(&home, "auto").exited(0).saying("kept in a file");
        assert_eq!(kept(&home), ["file"]);
    }
    assert_eq!(keyring.prompts(), 0);
    keyring.turns(Mood::Open);
    home.run_in(&[("DBUS_SESSION_BUS_ADDRESS", &bus)], "sign-out", "").exited(0);
    assert_eq!(keyring.kept(), []);
}
