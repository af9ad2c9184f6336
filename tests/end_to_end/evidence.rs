//! Evidence of real calls: what is in the archive, and above all what is not.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::kit::{Home, json};

/// The files of an archive, by their name without the folder.
fn unpacked(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut raw = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut raw).unwrap();
    let (mut files, mut rest) = (BTreeMap::new(), &raw[..]);
    while rest.first().is_some_and(|byte| *byte != 0) {
        let text = |from: usize, to: usize| {
            let field = &rest[from..to];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
            String::from_utf8(field[..end].to_vec()).unwrap()
        };
        let length = usize::from_str_radix(&text(124, 136), 8).unwrap();
        let name = text(0, 100);
        let (_, name) = name.split_once('/').expect("everything is in a folder");
        files.insert(name.to_owned(), rest[512..512 + length].to_vec());
        rest = &rest[512 + length.div_ceil(512) * 512..];
    }
    files
}

/// Everything secret that the phones and the service of `home` keep in their files.
fn secrets(home: &Home) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![home.file("users"), home.file("service")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if let Ok(text) = std::fs::read_to_string(&entry)
                && let Ok(value) = serde_json::from_str::<Value>(&text)
            {
                gather(&value, false, &mut found);
            }
        }
    }
    assert!(found.len() >= 2, "those of the service at least: {}", found.len());
    found
}

fn gather(value: &Value, secret: bool, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                gather(field, secret || name.contains("token") || name.contains("secret"), found);
            }
        }
        Value::String(text) if secret && text.len() >= 8 => found.push(text.clone()),
        _ => {}
    }
}

#[track_caller]
fn holds_no_secret(name: &str, bytes: &[u8], secrets: &[String]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{name} holds a secret");
    }
    for line in ["a=ice-pwd:", "a=ice-ufrag:", "a=fingerprint:"] {
        let bare = text.match_indices(line).find(|(at, _)| !text[at + line.len()..].starts_with("(taken out)"));
        assert!(bare.is_none(), "{name} holds {line}");
    }
    assert!(!text.contains("eyJ"), "{name} holds a token");
}

#[test]
fn evidence_of_a_call_tells_all_of_it_and_no_secret() {
    const PASSWORD: &str = "correct horse battery staple";
    let home = Home::new();
    let (_service, _) = home.serve("--demo");
    home.run_with("admin user add dora --password-stdin", PASSWORD).exited(0);
    home.run_with("sign-in dora --password-stdin", PASSWORD).exited(0);
    let mut bob = home.start("wait --as bob --json --answer");
    bob.until_said("waiting for a call");
    let recording = home.file("talk.wav");
    let words = format!("call bob --as dora --json --for 2s --record {}", recording.display());
    let summary = home.run(&words).exited(0).summary();
    assert_eq!(summary["explain"], Value::Null, "nothing went wrong");
    let call = summary["call_id"].as_str().unwrap().to_owned();
    bob.ends().exited(0);

    let written = home.run(&format!("evidence --call {} --json", &call[..8])).exited(0);
    let path = json(&written.out[0])["path"].as_str().unwrap().to_owned();
    let files = unpacked(Path::new(&path));
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let expected =
        ["calls.txt", "config.toml", "doctor.txt", "events.jsonl", "ladder.txt", "quality.csv", "version.txt"];
    assert_eq!(names, expected, "and no audio, for it was not asked for");

    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    for step in ["call start", "ICE connected", "DTLS connected", "first packet in", "call changed", "call hang up"] {
        assert!(text("ladder.txt").contains(step), "{step} is not in\n{}", text("ladder.txt"));
    }
    assert!(text("calls.txt").contains(&call) && text("calls.txt").contains("first packet"), "{}", text("calls.txt"));
    assert!(text("quality.csv").lines().count() >= 2, "{}", text("quality.csv"));
    assert!(text("events.jsonl").lines().all(|line| json(line)["seq"].is_u64()));
    assert!(text("config.toml").contains("phone.ring_seconds = "));
    assert!(text("version.txt").starts_with(&format!("switchboard {}\n", env!("CARGO_PKG_VERSION"))));

    let mut secrets = secrets(&home);
    assert!(secrets.iter().any(|secret| secret.starts_with("eyJ")), "an access token is among them");
    secrets.push(PASSWORD.to_owned());
    for (name, bytes) in &files {
        holds_no_secret(name, bytes, &secrets);
    }
    for session in std::fs::read_dir(home.file("evidence")).unwrap().map(|file| file.unwrap().path()) {
        if session.extension().is_some_and(|end| end == "jsonl") {
            holds_no_secret(&session.display().to_string(), &std::fs::read(&session).unwrap(), &secrets);
        }
    }

    let out = home.file("with-audio.tar.gz");
    home.run(&format!("evidence --call {call} --audio --out {}", out.display())).exited(0);
    let audio = &unpacked(&out)["audio/1-talk.wav"];
    assert_eq!(*audio, std::fs::read(&recording).unwrap());
    home.run(&format!("evidence --out {}", out.display())).exited(1).saying("is there already");
    home.run("evidence --call 00000000").exited(9).saying("knows a call");
}

#[test]
fn a_call_that_failed_is_explained_with_its_time_line() {
    let home = Home::new();
    let busy = home.run("call busy --json").exited(5).summary();
    assert_eq!(busy["explain"]["advice"], "try_later");
    assert!(busy["explain"]["cause"].as_str().unwrap().contains("talks to somebody else"), "{busy}");
    let steps = busy["explain"]["steps"].as_array().unwrap();
    let stages: Vec<&str> = steps.iter().map(|step| step["stage"].as_str().unwrap()).collect();
    assert_eq!(stages, ["dns", "tcp", "web_socket", "sign_in", "offer", "ice", "dtls", "first_packet"]);
    assert_eq!(steps[3]["progress"], "done");
    home.run("call busy").exited(5).saying("likely cause: ").saying("-> sign-in ");

    let refused = home.run("call bob --as bob --json").exited(1).summary();
    assert_eq!((&refused["explain"]["failed"], &refused["connected"]), (&"offer".into(), &false.into()), "{refused}");
    home.run("call bob --as bob").exited(1).saying("that is yourself").saying("offer FAILED");
    home.run("forward always bob --as bob").exited(1).saying("can't forward calls to yourself");

    let gone = home.run("--server http://127.0.0.1:9 --token x call bob --json").exited(3).summary();
    assert_eq!((&gone["explain"]["failed"], &gone["explain"]["advice"]), (&"tcp".into(), &"start_service".into()));
    home.run("--server http://127.0.0.1:9 --token x call bob").exited(3).saying("TCP FAILED");
}

#[test]
fn where_no_phone_ever_was_there_is_no_evidence() {
    Home::new().run("evidence").exited(9).saying("nothing to prove yet");
}

#[test]
fn the_screen_shows_its_ladder_and_writes_evidence_of_itself() {
    let home = Home::new();
    let mut alice = home.screen();
    alice.shows("Alice ● online");
    alice.types("g");
    alice.shows("LADDER");
    alice.shows("welcome");
    alice.types("/hello\r");
    alice.shows("filter: hello");
    alice.types("\r");
    alice.shows("\"client_id\"");
    alice.types("e");
    alice.shows("Evidence is in");
    let archives = || {
        let files = std::fs::read_dir(home.file("evidence")).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.to_string_lossy().ends_with(".tar.gz")).collect::<Vec<_>>()
    };
    let files = unpacked(&archives()[0]);
    let screen = String::from_utf8(files["screen.txt"].clone()).unwrap();
    assert!(screen.contains("LADDER") && screen.contains("Alice ● online"), "{screen}");
    let secrets = secrets(&home);
    for (name, bytes) in &files {
        holds_no_secret(name, bytes, &secrets);
    }
    alice.types("\x1b\x1b\x1b");
}

#[test]
fn a_phone_that_runs_is_asked_for_what_it_remembers() {
    let home = Home::new();
    let (_service, _) = home.serve("--demo");
    let mut bob = home.start("wait --as bob --json --answer");
    bob.until_said("waiting for a call");
    let mut alice = home.start("call bob --as alice --json");
    home.run("--as bob ctl status").exited(0);
    alice.until_event("state", |line| line["state"] == "connected");
    let out = home.file("bob.tar.gz");
    let evidence = format!("--as bob ctl evidence --call 1 --out {}", out.display());
    let written = home.run(&evidence).exited(0);
    assert!(written.out[0].ends_with("bob.tar.gz"), "{:?}", written.out);
    home.run(&evidence).exited(1).saying("is there already");
    home.run("--as bob ctl evidence --call 9").exited(9);
    home.run("--as bob ctl evidence --call 00000000").exited(9).saying("remembers no call");
    // What it left on disk is not needed for that.
    for file in std::fs::read_dir(home.file("evidence")).unwrap().map(|file| file.unwrap().path()) {
        std::fs::remove_file(file).unwrap();
    }
    let path = home.run("evidence --as bob").exited(0).out.remove(0);
    let secrets = secrets(&home);
    for path in [out.as_path(), Path::new(&path)] {
        let files = unpacked(path);
        let ladder = String::from_utf8(files["ladder.txt"].clone()).unwrap();
        assert!(ladder.contains("call incoming") && ladder.contains("call answer"), "{ladder}");
        for (name, bytes) in &files {
            holds_no_secret(name, bytes, &secrets);
        }
    }
}
