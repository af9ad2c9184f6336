//! The service on its own: its one line, its port, its folder, its accounts, its end.

use rustix::process::Signal;

use crate::kit::{ANY_PORTS, Home, json};

#[test]
fn a_service_prints_one_line_and_ends_on_a_signal() {
    let home = Home::new();
    let (service, http) = home.serve("");
    let health = home.run(&format!("doctor --server {http}"));
    health.exited(4);
    home.run(&format!("serve {ANY_PORTS}")).exited(75).saying("another service runs");
    service.signal(Signal::TERM);
    let done = service.ends().exited(143);
    assert_eq!(done.out.len(), 1, "{:?}", done.out);
    let ready = json(&done.out[0]);
    assert_eq!(ready["event"], "ready");
    assert!(ready["https"].as_str().unwrap().starts_with("https://127.0.0.1:") && ready["media"].is_array(), "{ready}");
    assert_eq!(ready["ca"], home.file("service/tls/ca.pem").to_str().unwrap());
    assert!(!home.file("service/service.json").exists());
}

#[test]
fn a_port_in_use_says_which_flag_changes_it() {
    let (home, other) = (Home::new(), Home::new());
    let (mut service, http) = home.serve("");
    let taken = http.trim_start_matches("http://");
    let serves = |listen: &str, tls: &str, media: &str, media_tcp: &str| {
        let ports = format!("--listen {listen} --tls-listen {tls} --media {media} --media-tcp {media_tcp}");
        other.run(&format!("serve {ports}")).exited(1)
    };
    let free = "127.0.0.1:0";
    serves(taken, free, free, free).saying("--listen");
    serves(free, taken, free, free).saying("--tls-listen");
    let media = json(&service.until("ready"))["media"][0].as_str().unwrap().to_owned();
    serves(free, free, &media, free).saying("--media");
    serves(free, free, free, taken).saying("--media-tcp");
}

#[test]
fn what_is_only_half_set_of_other_issuers_is_refused_with_what_is_missing() {
    let home = Home::new();
    for (settings, missing) in [
        (r#"programs = [{ issuer = "https://login.example", client = "crm" }]"#, "oidc.audiences"),
        (r#"sign_in = "https://login.example""#, "oidc.client_id"),
        (r#"programs = ["crm"]"#, "issuer = "),
    ] {
        std::fs::write(home.file("config.toml"), format!("[oidc]\n{settings}\n")).unwrap();
        home.run("serve").exited(2).saying(missing);
    }
}

#[test]
fn a_service_may_serve_no_tls() {
    let home = Home::new();
    let mut service =
        home.start("serve --listen 127.0.0.1:0 --tls-listen= --media 127.0.0.1:0 --media-tcp 127.0.0.1:0");
    let ready = json(&service.until(r#""event":"ready""#));
    assert!(ready["https"].is_null() && ready["ca"].is_null(), "{ready}");
    assert!(!home.file("service/tls").exists());
}

#[test]
fn a_service_on_every_address_is_found_on_this_machine() {
    let home = Home::new();
    let mut service = home.start("serve --demo --listen 0.0.0.0:0 --media 127.0.0.1:0");
    service.until(r#""event":"ready""#);
    home.run("call echo --for 100ms").exited(0);
}

#[test]
fn a_service_nobody_uses_ends_by_itself() {
    let home = Home::new();
    let (service, _) = home.serve("--demo --until-idle 1s");
    service.ends().exited(0);
    assert!(!home.file("service/service.json").exists());
}

#[test]
fn a_service_that_stops_ends_its_calls() {
    let home = Home::new();
    let (service, _) = home.serve("--demo");
    let mut alice = home.start("call echo --json");
    alice.until(r#""state":"connected"#);
    service.signal(Signal::TERM);
    let summary = alice.ends().exited(3).summary();
    assert_eq!(summary["end"]["reason"], "The service stopped while the call was running. Call again once it is back.");
    service.ends().exited(143);
}

#[test]
fn people_are_added_sign_in_and_out() {
    let home = Home::new();
    let password = "correct horse\n";
    home.run_with("admin user add dave --display-name Dave --password-stdin", password).exited(0);
    home.run("whoami --as dave").exited(4).saying("sign-in dave");
    let (_service, http) = home.serve("");
    home.run_with("admin user add erin --password-stdin", password).exited(0);
    home.run_with("admin user add erin --password-stdin", password).exited(1).saying("taken");
    let users = home.run("admin user list").exited(0).out;
    assert!(users.len() == 2 && users[0].starts_with("dave "), "{users:?}");

    home.run_with("sign-in dave --password-stdin", "wrong\n").exited(4).saying("wrong user name or password");
    home.run_with("sign-in dave --password-stdin", password).exited(0);
    let me = home.run("whoami --json").exited(0).json().remove(0);
    assert_eq!((&me["name"], &me["server"]), (&"dave".into(), &http.as_str().into()));
    home.run("call erin").exited(6);
    home.run("admin user disable erin").exited(0);
    home.run_with("sign-in erin --password-stdin", password).exited(4).saying("disabled");
    home.run("sign-out").exited(0);
    home.run("whoami --as dave").exited(4).saying("not signed in");
}

#[test]
fn what_changes_a_list_says_how_long_it_is_now() {
    let home = Home::new();
    let (_service, _) = home.serve("");
    for user in ["dave", "erin"] {
        home.run_with(&format!("admin user add {user} --password-stdin"), "correct horse\n").exited(0);
    }
    home.run_with("sign-in dave --password-stdin", "correct horse\n").exited(0);
    for (command, list) in [
        ("friends add erin", "the friend list has 1 entry now"),
        ("friends remove erin", "the friend list has 0 entries now"),
        ("block erin", "the block list has 1 entry now"),
        ("unblock erin", "the block list has 0 entries now"),
    ] {
        home.run(command).exited(0).saying(list);
    }
}

#[test]
fn the_service_of_this_machine_is_the_one_administered_here() {
    let home = Home::new();
    let (_service, _) = home.serve("");
    home.run("admin address --server http://127.0.0.1:1").exited(2).saying("without --server");
    let elsewhere = [("SWITCHBOARD_PHONE_SERVER", "http://127.0.0.1:1")];
    home.run_in(&elsewhere, "admin health", "").exited(0);
}

#[test]
fn whoever_is_shut_out_in_a_call_is_told_what_it_was_like() {
    let home = Home::new();
    let (_service, _) = home.serve("--demo");
    home.run_with("admin user add dave --password-stdin", "correct horse\n").exited(0);
    home.run_with("sign-in dave --password-stdin", "correct horse\n").exited(0);
    let mut call = home.start("call echo --as dave --mic tone --speaker none --json");
    call.until_event("quality", |quality| quality["received_packets"].as_u64() > Some(10));
    home.run("admin user disable dave").exited(0);
    let summary = call.ends().exited(4).summary();
    assert!(summary["end"]["reason"].as_str().unwrap().contains("Sign in again"), "{summary}");
    assert_eq!((&summary["connected"], &summary["end"]["code"]), (&true.into(), &401.into()), "{summary}");
    assert!(summary["audio"]["received_packets"].as_u64() > Some(10), "{summary}");
}

#[test]
fn the_doctor_finds_what_is_wrong_and_says_what_to_do() {
    let home = Home::new();
    let (service, http) = home.serve("--demo");
    let well = home.run("doctor --json").exited(0).json();
    let verdicts: Vec<_> = well.iter().map(|check| (check["check"].clone(), check["verdict"].clone())).collect();
    for check in ["service", "sign-in", "sound path"] {
        assert!(verdicts.contains(&(check.into(), "pass".into())), "{verdicts:?}");
    }
    service.signal(Signal::TERM);
    service.ends().exited(143);
    let down = home.run(&format!("doctor --server {http} --json")).exited(3).json();
    let last = down.last().unwrap();
    assert_eq!((&last["check"], &last["verdict"]), (&"tcp".into(), &"fail".into()));
    assert!(last["next"].as_str().unwrap().contains("switchboard serve"), "{last}");
}

#[test]
fn the_doctor_says_when_it_is_the_sign_in() {
    let home = Home::new();
    let (_service, http) = home.serve("--demo");
    let checks = home.run(&format!("doctor --server {http} --token not.a.token --json")).exited(4).json();
    let last = checks.last().unwrap();
    assert_eq!((&last["check"], &last["verdict"]), (&"sign-in".into(), &"fail".into()));
}

#[test]
fn a_port_that_was_asked_for_is_meant_in_the_demo_too() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap();
    let home = Home::new();
    let refused = home.run(&format!("serve --demo --listen {at} --media 127.0.0.1:0")).exited(1);
    assert!(refused.err.contains(&at.to_string()), "{}", refused.err);
}
