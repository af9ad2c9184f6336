//! A service somewhere else, reached through TLS: its certificate is accepted once, and loud when it changes.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::kit::{Home, Program, Screen, json};
use crate::tls::TlsFront;

/// A service, the way to it, and what keeps the way open.
struct Elsewhere {
    runtime: Runtime,
    front: TlsFront,
    https: String,
    http: SocketAddr,
    _service: Program,
    _there: Home,
}

/// A service of another user, with the account dave.
fn elsewhere() -> Elsewhere {
    let runtime = Runtime::new().unwrap();
    let front = runtime.block_on(TlsFront::new());
    let there = Home::new();
    std::fs::write(there.file("config.toml"), format!("[service]\nnames = [\"{}\"]\n", front.at)).unwrap();
    let (service, http) = there.serve("");
    there.run_with("admin user add dave --password-stdin", PASSWORD).exited(0);
    let http = http.trim_start_matches("http://").parse().unwrap();
    front.leads_to(http);
    let https = format!("https://{}", front.at);
    Elsewhere { runtime, front, https, http, _service: service, _there: there }
}

const PASSWORD: &str = "correct horse\n";

#[test]
fn an_unknown_certificate_is_accepted_once_and_loud_when_it_changes() {
    let mut there = elsewhere();
    let (https, fingerprint) = (there.https.clone(), there.front.fingerprint);
    let home = Home::new();
    let sign_in = format!("sign-in dave --server {https} --password-stdin");
    let add = format!("switchboard trust add {https} --fingerprint {fingerprint}");
    home.run_with(&sign_in, PASSWORD).exited(3).saying(&add);
    home.run_with(&format!("{sign_in} --no-input"), PASSWORD).exited(3).saying("nobody this machine trusts");
    home.run(&format!("trust add {https}")).exited(3).saying(&add);
    home.run("trust list").exited(0);
    let failed = home.run(&format!("doctor --server {https} --json")).exited(3).json();
    let last = failed.last().unwrap();
    assert_eq!((&last["check"], &last["next"].as_str().unwrap().contains(&add)), (&"tls".into(), &true), "{last}");

    home.run(add.trim_start_matches("switchboard ")).exited(0);
    let known = home.run("trust list --json").exited(0).json().remove(0);
    assert_eq!((&known["server"], &known["fingerprint"]), (&https.as_str().into(), &fingerprint.to_string().into()));
    home.run_with(&sign_in, PASSWORD).exited(0);
    home.run("whoami").exited(0);
    home.run("friends").exited(0);
    let checks = home.run(&format!("doctor --server {https} --json")).json();
    let passed =
        |name: &str| checks.iter().find(|check| check["check"] == name).is_some_and(|it| it["verdict"] == "pass");
    assert!(["tcp", "tls", "service", "websocket", "sign-in"].iter().all(|name| passed(name)), "{checks:?}");

    // Somebody else answers there now.
    let at = there.front.at;
    there.runtime.shutdown_background();
    there.runtime = Runtime::new().unwrap();
    let taken = async || loop {
        match TcpListener::bind(at).await {
            Ok(listener) => break TlsFront::on(listener),
            Err(_) => tokio::task::yield_now().await,
        }
    };
    there.front = there.runtime.block_on(taken());
    there.front.leads_to(there.http);
    home.run("whoami").exited(3).saying("HAS CHANGED");
    home.run_with(&sign_in, PASSWORD).exited(3).saying(&there.front.fingerprint.to_string());
    home.run(&format!("trust remove {https}")).exited(0);
    home.run(&format!("trust remove {https}")).exited(9);
    home.run("whoami").exited(3).saying("nobody this machine trusts");
}

#[test]
fn a_fingerprint_or_a_file_that_was_given_is_enough() {
    let there = elsewhere();
    let (https, fingerprint) = (&there.https, there.front.fingerprint);
    let home = Home::new();
    home.run_with(&format!("sign-in dave --server {https}#{fingerprint} --password-stdin"), PASSWORD).exited(0);
    home.run("whoami").exited(0);
    assert_eq!(home.run("trust list").exited(0).out.len(), 1);

    let other = Home::new();
    let file = other.file("ca.pem");
    std::fs::write(&file, &there.front.pem).unwrap();
    let with_file = format!("--ca {}", file.display());
    other.run_with(&format!("sign-in dave --server {https} {with_file} --password-stdin"), PASSWORD).exited(0);
    other.run(&format!("whoami {with_file}")).exited(0);
    other.run("whoami").exited(3);
    std::fs::write(other.file("config.toml"), format!("[phone]\nca = \"{}\"\n", file.display())).unwrap();
    other.run("whoami").exited(0);
    other.run("whoami --ca /nowhere.pem").exited(2).saying("/nowhere.pem");
    other.run(&format!("whoami --fingerprint {} --ca {}", fingerprint, file.display())).exited(0);
}

#[test]
fn schemes_that_are_mixed_up_say_so() {
    let there = elsewhere();
    let home = Home::new();
    let wrong = format!("http://{}", there.front.at);
    home.run_with(&format!("sign-in dave --server {wrong} --password-stdin"), PASSWORD).exited(3).saying("https://");
    let wrong = format!("https://{}", there.http);
    home.run_with(&format!("sign-in dave --server {wrong} --password-stdin"), PASSWORD).exited(3).saying("http://");
}

#[cfg(unix)]
#[test]
fn a_token_signs_in_as_whoever_it_is_of_and_leaves_no_sign_in() {
    let home = Home::new();
    let (_service, http) = home.serve("--demo");
    // The token of a kept sign-in stands for one a program was given.
    home.run_with("admin user add dave --password-stdin", PASSWORD).exited(0);
    home.run_with("sign-in dave --password-stdin", PASSWORD).exited(0);
    let kept = home.sign_ins("dave").remove(0);
    let kept = std::fs::read_to_string(kept).unwrap();
    let token = json(&kept)["access_token"].as_str().unwrap().to_owned();

    let phone = Home::new();
    std::fs::write(phone.file("token"), &token).unwrap();
    let settings =
        format!("[phone]\nserver = \"{http}\"\ntoken_command = [\"cat\", \"{}\"]\n", phone.file("token").display());
    std::fs::write(phone.file("config.toml"), settings).unwrap();
    let me = phone.run("whoami --json").exited(0).json().remove(0);
    assert_eq!(me["name"], "dave");
    phone.run("call echo --for 100ms").exited(0);
    assert!(phone.sign_ins("dave").is_empty());
    let log = std::fs::read_dir(phone.file("logs")).into_iter().flatten().flatten();
    assert!(log.map(|file| std::fs::read_to_string(file.path()).unwrap()).all(|text| !text.contains(&token)));

    std::fs::remove_file(phone.file("token")).unwrap();
    phone.run("whoami").exited(4).saying("No such file");
    phone.run_with(&format!("whoami --token - --server {http}"), &format!("{token}\n")).exited(0);
}

#[test]
fn a_person_at_the_terminal_is_asked_once() {
    let there = elsewhere();
    let home = Home::new();
    let sign_in = format!("sign-in dave --server {}", there.https);
    let question = "Does whoever runs the service say the same? [y/N]";
    let mut asked = Screen::runs(home.path(), &sign_in);
    asked.shows(question);
    asked.shows(&there.front.fingerprint.to_string());
    asked.types("\r");
    asked.shows("was not accepted: nothing was sent");
    assert_eq!(asked.ends_tidily(), 3);
    let mut asked = Screen::runs(home.path(), &sign_in);
    asked.shows(question);
    asked.types("y\r");
    asked.shows("Password of dave");
    asked.types("correct horse\r");
    asked.shows("8:acs:");
    assert!(!asked.picture().contains("correct horse"), "a password shows:\n{}", asked.picture());
    assert_eq!(asked.ends_tidily(), 0);
    let mut again = Screen::runs(home.path(), "whoami");
    again.shows("8:acs:");
    assert_eq!(again.ends_tidily(), 0);
}

#[test]
fn a_password_typed_before_it_is_asked_for_is_taken() {
    let there = elsewhere();
    let home = Home::new();
    let http = &there.http;
    let mut hasty = Screen::runs(home.path(), &format!("sign-in dave --server http://{http}"));
    hasty.types("correct horse\r");
    hasty.shows("8:acs:");
    assert_eq!(hasty.ends_tidily(), 0);
}
