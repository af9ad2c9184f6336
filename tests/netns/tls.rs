//! A service for everybody, as docs/operating.md sets one up: people sign in from another network over TLS, and talk.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use super::{House, SERVICE, inside, lines, went_over};

const NAME: &str = "calls.example";
const PASSWORD: &[u8] = b"correct horse battery\n";

/// What `/etc/hosts` is within a namespace; gone when dropped.
struct Hosts(Vec<PathBuf>);

impl Hosts {
    /// Both know the service by its name.
    fn of(house: &House) -> Self {
        let folders = [&house.service, &house.phone].map(|space| Path::new("/etc/netns").join(space));
        for folder in &folders {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("hosts"), format!("127.0.0.1 localhost\n{SERVICE} {NAME}\n")).unwrap();
        }
        Self(folders.to_vec())
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for folder in &self.0 {
            fs::remove_dir_all(folder).ok();
        }
    }
}

/// Runs a command to its end, with a line on its standard input.
fn told(mut command: Command, line: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(line).unwrap();
    child.wait_with_output().unwrap()
}

/// What a command that has to succeed prints.
fn printed(command: Command, line: &[u8]) -> String {
    let out = told(command, line);
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

/// Somebody elsewhere, with a folder of their own.
struct Person<'a> {
    house: &'a House,
    folder: TempDir,
}

impl<'a> Person<'a> {
    fn of(house: &'a House) -> Self {
        Self { house, folder: tempfile::tempdir().unwrap() }
    }

    fn does(&self, words: &str) -> Command {
        let mut command = inside(&self.house.phone, self.folder.path());
        command.args(words.split(' '));
        command
    }

    /// Waits for a call, takes it, and says what it was told; ready when this returns.
    fn waits(&self, words: &str) -> Child {
        let mut child = self.does(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap().contains("waiting for a call")), "it does not wait");
        // Read on, so that it can go on saying things.
        std::thread::spawn(move || said.for_each(drop));
        child
    }
}

#[test]
fn two_people_elsewhere_sign_in_over_tls_and_hear_each_other() {
    let Some(house) = House::prepare() else { return };
    let _hosts = Hosts::of(&house);
    let at = |port: u16| format!("{SERVICE}:{port}");
    let house = house.serves(&format!(
        "--tls-listen {} --media {} --media-tcp {} --public-url https://{NAME}:8791",
        at(8791),
        at(8790),
        at(8792)
    ));
    let admin = |words: &str| {
        let mut command = inside(&house.service, house.folder.path());
        command.arg("admin").args(words.split(' '));
        command
    };
    for name in ["alice", "bob"] {
        printed(admin(&format!("user add {name} --password-stdin")), PASSWORD);
    }
    printed(admin("user set-role alice admin"), b"");
    let address = printed(admin("address"), b"");
    assert!(address.starts_with(&format!("https://{NAME}:8791#SHA256:")), "{address}");

    // Nobody this machine trusts vouches for the certificate: without its fingerprint or its authority nothing is sent.
    let (alice, bob) = (Person::of(&house), Person::of(&house));
    let (bare, _) = address.split_once('#').unwrap();
    let refused = told(bob.does(&format!("sign-in bob --server {bare} --password-stdin")), PASSWORD);
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    let ca = bob.folder.path().join("ca.pem");
    fs::copy(house.folder.path().join("service/tls/ca.pem"), &ca).unwrap();
    let ca = ca.display();
    printed(alice.does(&format!("sign-in alice --server {address} --password-stdin")), PASSWORD);
    printed(bob.does(&format!("sign-in bob --server {bare} --ca {ca} --password-stdin")), PASSWORD);

    let waits =
        bob.waits(&format!("wait --answer --ca {ca} --mic tone:330 --speaker none --json --expect heard_ms>1000"));
    let call = "call bob --mic tone --speaker none --for 4s --json --expect heard_ms>1000 --expect lost_packets<50";
    let called = printed(alice.does(call), b"");
    let answered = waits.wait_with_output().unwrap();
    assert!(answered.status.success(), "{answered:?}");
    let called = Output { stdout: called.into_bytes(), ..answered.clone() };
    assert_eq!((went_over(&lines(&called)), went_over(&lines(&answered))), ("udp", "udp"));

    // Who may administrate does so from there.
    let users = printed(alice.does(&format!("admin user list --server {bare} --json")), b"");
    assert_eq!(users.lines().count(), 2, "{users}");
    printed(bob.does(&format!("admin health --server {bare} --ca {ca}")), b"");
    let checks = told(bob.does(&format!("doctor --server {bare} --ca {ca} --mic tone --speaker none --json")), b"");
    assert!(lines(&checks).iter().all(|check| check["verdict"] == "pass"), "{checks:?}");
}
