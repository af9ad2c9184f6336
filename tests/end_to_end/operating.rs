//! What whoever runs a service does: backups, the audit trail, the log.

use std::fs;

use rustix::process::Signal;

use crate::kit::{Home, Program, json};

const PASSWORD: &str = "correct horse battery";

fn stops(service: Program) -> String {
    service.signal(Signal::TERM);
    service.ends().exited(143).err
}

#[test]
fn a_backup_made_while_the_service_runs_brings_it_back_elsewhere() {
    let (home, other) = (Home::new(), Home::new());
    let (service, _) = home.serve("");
    home.run_with("admin user add dave --password-stdin", &format!("{PASSWORD}\n")).exited(0);
    let file = home.file("service.backup");
    let backup = format!("admin backup {}", file.display());
    home.run(&backup).exited(0).saying("holds the service");
    home.run(&backup).exited(2).saying("--force");
    home.run(&format!("{backup} --force")).exited(0);
    assert_eq!(
        fs::metadata(&file).unwrap().permissions(),
        fs::metadata(home.file("service/switchboard.db")).unwrap().permissions()
    );
    let left: Vec<_> = fs::read_dir(home.path().join("service")).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("backup-")), "{left:?}");
    stops(service);

    fs::create_dir(other.file("service")).unwrap();
    fs::copy(&file, other.file("service/switchboard.db")).unwrap();
    let (service, _) = other.serve("");
    other.run_with("sign-in dave --password-stdin", &format!("{PASSWORD}\n")).exited(0);
    let old = home.run("admin user show dave --json").exited(0).json().remove(0);
    let new = other.run("admin user show dave --json").exited(0).json().remove(0);
    assert_eq!(old["created"], new["created"]);
    stops(service);
    // The same without a service.
    other.run(&format!("{backup} --force")).exited(0);
    let last = other.run("admin audit --limit 1 --json").exited(0).json().remove(0);
    assert_eq!((&last["who"], &last["what"]), (&"folder".into(), &"backup-made".into()));
    // What is not in it is told, and scripts notice.
    fs::write(other.file("service/tls/long"), vec![0; 2 * 1024 * 1024]).unwrap();
    other.run(&format!("{backup} --force")).exited(1).saying("tls/long: longer than");
    let (service, _) = other.serve("");
    other.run(&format!("{backup} --force")).exited(1).saying("tls/long: longer than");
    stops(service);
    assert!(fs::read(&file).unwrap().starts_with(b"SQLite format 3"));
}

#[test]
fn a_service_elsewhere_is_administrated_with_a_sign_in_or_an_access_key() {
    let (there, home) = (Home::new(), Home::new());
    let (service, http) = there.serve("");
    there.run_with("admin user add dave --password-stdin", &format!("{PASSWORD}\n")).exited(0);
    let told = json(&fs::read_to_string(there.file("service/service.json")).unwrap());
    let (https, ca) = (told["https"].as_str().unwrap(), told["ca"].as_str().unwrap());
    let at = format!("--server {https} --ca {ca}");
    home.run(&format!("admin health {at}")).exited(0);
    home.run(&format!("admin health --server {https}")).exited(3).saying("vouches");
    home.run("admin health --server http://127.0.0.1:9").exited(3).saying("refused");
    home.run("admin health").exited(3);

    home.run(&format!("admin user list {at}")).exited(4).saying("nobody is signed in");
    home.run_with(&format!("sign-in dave {at} --password-stdin"), &format!("{PASSWORD}\n")).exited(0);
    home.run(&format!("admin user list {at}")).exited(8).saying("role admin");
    there.run("admin user set-role dave admin").exited(0);
    let add = format!("admin user add erin --password-stdin {at} --as dave");
    home.run_with(&add, &format!("{PASSWORD}\n")).exited(0);
    let file = home.file("service.backup");
    home.run(&format!("admin backup {} {at}", file.display())).exited(0).saying("holds the service");
    assert!(fs::read(&file).unwrap().starts_with(b"SQLite format 3"));
    let env = home.run(&format!("admin env {at}")).exited(0).out.join("\n");
    assert!(env.contains(&format!("endpoint={https}/;accesskey=")) && env.contains("NODE_EXTRA_CA_CERTS"), "{env}");

    let key = home.file("key");
    let line = there.run("admin key show").exited(0).out.remove(0);
    fs::write(&key, &line).unwrap();
    let other = Home::new();
    let with_key = |words: &str| format!("{words} {at} --access-key-file {}", key.display());
    assert_eq!(other.run(&with_key("admin user list")).exited(0).out.len(), 2);
    other.run_with(&with_key("admin user reset-password erin --password-stdin"), "another good one\n").exited(0);
    let entry = other.run(&with_key("admin audit --limit 1 --json")).exited(0).json().remove(0);
    assert_eq!((&entry["who"], &entry["what"]), (&"access-key:primary".into(), &"password-reset".into()));
    there.run("admin key rotate primary").exited(0);
    other.run(&with_key("admin user list")).exited(4).saying("the signature is wrong");
    fs::write(&key, "no key").unwrap();
    other.run(&with_key("admin user list")).exited(2).saying("holds no access key");
    other.run(&format!("admin user list --access-key-file {}", key.display())).exited(2).saying("--server");
    // Where it is the service of this machine itself, nothing has to be proven.
    there.run(&format!("admin user list --server {http}")).exited(0);
    stops(service);
    other.run(&format!("admin user list --server {http} --as dave")).exited(4);
    home.run(&format!("admin user list {at}")).exited(3);
}

#[test]
fn whose_tokens_are_revoked_is_signed_out_and_may_sign_in_again() {
    let home = Home::new();
    let (service, _) = home.serve("");
    home.run_with("admin user add dave --password-stdin", &format!("{PASSWORD}\n")).exited(0);
    let sign_in = || home.run_with("sign-in dave --password-stdin", &format!("{PASSWORD}\n")).exited(0);
    sign_in();
    let dave = home.run("whoami --as dave --json").exited(0).json().remove(0);
    home.run("admin token revoke --user dave").exited(0).saying("every token of dave is ended");
    home.run("friends --as dave").exited(4);
    sign_in();
    home.run("friends --as dave").exited(0);
    let entry = |home: &Home| home.run("admin audit --limit 1 --json").exited(0).json().remove(0);
    home.run(&format!("admin token revoke --user {}", dave["identity"].as_str().unwrap())).exited(0);
    assert_eq!((&entry(&home)["what"], &entry(&home)["about"]), (&"tokens-revoked".into(), &dave["identity"]));
    home.run("friends --as dave").exited(4);
    home.run("admin token revoke --user zed").exited(9);
    stops(service);
    // The same without a service.
    home.run("admin token revoke --user dave").exited(0);
    assert_eq!((&entry(&home)["who"], &entry(&home)["what"]), (&"folder".into(), &"tokens-revoked".into()));
}

#[test]
fn people_make_accounts_where_the_service_lets_them_and_belong_to_organisations() {
    let home = Home::new();
    let (service, _) = home.serve("");
    let sign_up = |name: &str| {
        home.run_with(&format!("sign-up {name} --display-name Dave --password-stdin --json"), &format!("{PASSWORD}\n"))
    };
    sign_up("dave").exited(4).saying("made by whoever runs it");
    stops(service);
    fs::write(home.file("config.toml"), "[service]\nregistration = true\n").unwrap();
    let config = format!("--config {}", home.file("config.toml").display());
    let (service, _) = home.serve(&config);
    let dave = sign_up("dave").exited(0).json().remove(0);
    assert_eq!((&dave["name"], &dave["display_name"]), (&"dave".into(), &"Dave".into()));
    sign_up("dave").exited(4).saying("is taken");
    // Signed in with it already.
    assert_eq!(home.run("whoami --as dave --json").exited(0).json().remove(0)["organisation"], "main");
    home.run("sign-up --no-input").exited(2).saying("sign-up USER");

    home.run_with("admin user add erin --organisation acme --password-stdin", &format!("{PASSWORD}\n")).exited(0);
    home.run("friends add erin --as dave").exited(0);
    let erin = home.run("friends --as dave --json").exited(0).json().remove(0);
    assert_eq!((&erin["name"], &erin["organisation"]), (&"erin".into(), &"acme".into()));
    home.run("admin user set-organisation dave acme").exited(0);
    assert_eq!(home.run("friends --as dave --json").exited(0).json()[0].get("organisation"), None);
    let there = home.run("admin organisation list --json").exited(0).json();
    assert_eq!(there, [serde_json::json!({ "v": 1, "organisation": "acme", "members": 2 })]);
    home.run("admin user set-organisation dave Acme").exited(2).saying("lower-case");
    stops(service);
    // The same without a service.
    home.run("admin user set-organisation dave main").exited(0);
    let there = home.run("admin organisation list").exited(0).out;
    assert!(there.iter().any(|line| line.starts_with("main ")), "{there:?}");
}

#[test]
fn what_was_answered_is_there_after_a_kill() {
    let home = Home::new();
    let (service, _) = home.serve("");
    home.run_with("admin user add dave --password-stdin", &format!("{PASSWORD}\n")).exited(0);
    home.run("admin user set-role dave admin").exited(0);
    home.run("admin user set-display-name dave D").exited(0);
    home.kill_service();
    drop(service);
    let user = home.run("admin user show dave --json").exited(0).json().remove(0);
    assert_eq!((&user["role"], &user["display_name"]), (&"admin".into(), &"D".into()));
    let audit = home.run("admin audit --since 1h --json").exited(0).json();
    let told: Vec<_> = audit.iter().map(|entry| (entry["what"].as_str().unwrap(), &entry["about"])).collect();
    let dave = &"dave".into();
    assert_eq!(told, [("account-added", dave), ("role-changed", dave), ("display-name-changed", dave)]);
    assert!(audit.iter().all(|entry| entry["who"] == "admin-secret" && entry["address"] == "127.0.0.1"), "{audit:?}");
}

#[test]
fn the_log_holds_no_secrets_and_no_personal_data() {
    let home = Home::new();
    let (service, _) = home.serve("--demo");
    let secrets = json(&fs::read_to_string(home.file("service/service.json")).unwrap());
    let people = [("quentin", "Zyxwv"), ("xanthippe", "Qrstu")];
    for (user, name) in people {
        let add = format!("admin user add {user} --password-stdin");
        home.run_with(&add, &format!("{PASSWORD}\n")).exited(0);
        home.run(&format!("admin user set-display-name {user} {name}")).exited(0);
        home.run_with(&format!("sign-in {user} --password-stdin"), "a wrong guess\n").exited(4);
        home.run_with(&format!("sign-in {user} --password-stdin"), &format!("{PASSWORD}\n")).exited(0);
    }
    // Many wrong ones: throttled in the end.
    let guesses = || home.run_with("sign-in quentin --password-stdin", "a wrong guess\n");
    while !guesses().err.contains("too many wrong sign-ins") {}
    let mut callee = home.start("wait --as xanthippe --answer --json");
    callee.until_said("waiting for a call");
    home.run("call xanthippe --as quentin --for 500ms").exited(0);
    callee.ends().exited(0);
    home.run("call echo --as quentin --for 200ms").exited(0);
    home.run("admin user set-role quentin admin").exited(0);
    home.run(&format!("admin backup {}", home.file("b").display())).exited(0);
    home.run("admin user disable xanthippe").exited(0);
    home.run("admin user remove xanthippe").exited(0);

    let log = stops(service);
    assert!(log.contains("signed in") && log.contains("account-removed"), "it tells something:\n{log}");
    let mut forbidden = vec![PASSWORD.to_owned(), "wrong guess".to_owned(), "eyJ".to_owned(), "127.0.0.1".to_owned()];
    for secret in ["admin_secret", "demo_secret"] {
        forbidden.push(secrets[secret].as_str().unwrap().to_owned());
    }
    forbidden.extend(["quentin", "xanthippe", "Zyxwv", "Qrstu"].map(str::to_owned));
    for text in forbidden {
        let found = log.lines().find(|line| line.contains(&text));
        assert_eq!(found, None, "the log holds {text}");
    }
}
