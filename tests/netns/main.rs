//! The real program between two networks: the service in one network namespace, the phone in another, a cable between them.
//!
//! Nothing leaves the namespaces. They need iproute2 and the right to make networks: where these are not, a line says so and
//! the tests pass, unless CI=true says that they have to run and the system does not forbid it to root, either.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod tls;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tempfile::TempDir;

/// Addresses for documentation (RFC 5737): only the namespaces know them.
const SERVICE: &str = "192.0.2.1";
const PHONE: &str = "192.0.2.2";

/// Two namespaces with a cable between them, and a service in the first.
struct House {
    service: String,
    phone: String,
    program: Option<Child>,
    folder: TempDir,
}

/// Namespaces of tests that run at the same time have names of their own.
static NEXT: AtomicU32 = AtomicU32::new(0);

#[expect(clippy::print_stderr, reason = "who reads the output is to know what was not tried")]
fn leave_out(why: &str) {
    eprintln!("not tried: calls between network namespaces, which need root and iproute2: {why}");
}

impl House {
    /// With the demo. `None` where there can be no namespaces, after saying why.
    fn build() -> Option<Self> {
        let at = |port: u16| format!("{SERVICE}:{port}");
        let (listen, tcp) = (at(8790), at(8792));
        let flags = format!("--demo --listen {listen} --media {listen} --media-tcp {tcp}");
        Some(Self::prepare()?.serves(&flags))
    }

    /// The namespaces, and nothing in them yet.
    fn prepare() -> Option<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let id = std::process::id();
        let name = |side: &str| format!("sw{side}{number}-{id}");
        let (service, phone) = (name("s"), name("p"));
        if let Err(why) = try_ip(&["netns", "add", &service]) {
            // As in a container that may not mount: nothing that is missing, and nothing that could be installed.
            let forbidden = !rustix::process::geteuid().is_root() || why.contains("not permitted");
            let must = std::env::var("CI").is_ok_and(|ci| ci == "true") && !forbidden;
            assert!(!must, "network namespaces have to work here: {why}");
            leave_out(&why);
            return None;
        }
        ip(&["netns", "add", &phone]);
        let house = Self { service, phone, program: None, folder: tempfile::tempdir().unwrap() };
        let (one, other) = (format!("a{number}-{id}"), format!("b{number}-{id}"));
        ip(&["-n", &house.service, "link", "add", &one, "type", "veth", "peer", "name", &other, "netns", &house.phone]);
        for (space, cable, address) in [(&house.service, &one, SERVICE), (&house.phone, &other, PHONE)] {
            ip(&["-n", space, "address", "add", &format!("{address}/24"), "dev", cable]);
            ip(&["-n", space, "link", "set", cable, "up"]);
            ip(&["-n", space, "link", "set", "lo", "up"]);
        }
        Some(house)
    }

    /// Starts a service.
    fn serves(mut self, flags: &str) -> Self {
        let mut command = inside(&self.service, self.folder.path());
        command.arg("serve").args(flags.split(' '));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        self.program = Some(child);
        assert!(ready.contains(r#""event":"ready""#), "{ready:?}");
        self
    }

    /// No UDP leaves the phone: the system says so at once.
    fn prohibits_udp(&self) {
        ip(&["-n", &self.phone, "rule", "add", "ipproto", "udp", "prohibit"]);
    }

    /// UDP is lost on its way, without a word.
    fn loses_udp(&self) {
        ip(&["-n", &self.service, "rule", "add", "from", &format!("{PHONE}/32"), "ipproto", "udp", "blackhole"]);
        ip(&["-n", &self.service, "rule", "add", "to", &format!("{PHONE}/32"), "ipproto", "udp", "blackhole"]);
    }

    /// Runs `switchboard` where the phone is, to its end.
    fn runs(&self, words: &str) -> Output {
        inside(&self.phone, self.folder.path()).args(words.split(' ')).output().unwrap()
    }

    /// Calls the echo and listens for a while; returns what was told.
    fn calls_the_echo(&self, more: &str) -> Vec<Value> {
        let out = self.runs(&format!(
            "call echo --mic tone --speaker none --for 5s --json --expect heard_ms>1500 --expect lost_packets<50{more}"
        ));
        assert!(out.status.success(), "{out:?}");
        lines(&out)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(mut program) = self.program.take() {
            program.kill().ok();
            program.wait().ok();
        }
        for space in [&self.service, &self.phone] {
            try_ip(&["netns", "delete", space]).ok();
        }
    }
}

/// `switchboard` in a namespace, with its data in this folder.
fn inside(space: &str, folder: &Path) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", space, env!("CARGO_BIN_EXE_switchboard"), "--data"]).arg(folder);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SWITCHBOARD_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

fn try_ip(arguments: &[&str]) -> Result<(), String> {
    match Command::new("ip").args(arguments).output() {
        Ok(out) if out.status.success() => Ok(()),
        Ok(out) => Err(format!("ip {}: {}", arguments.join(" "), String::from_utf8_lossy(&out.stderr).trim())),
        Err(why) => Err(format!("ip: {why}")),
    }
}

fn ip(arguments: &[&str]) {
    try_ip(arguments).unwrap();
}

fn lines(out: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&out.stdout);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the summary says that sound went over.
fn went_over(lines: &[Value]) -> &str {
    let summary = lines.iter().find(|line| line["event"] == "summary").unwrap();
    summary["audio"]["transport"].as_str().unwrap_or_else(|| panic!("{summary}"))
}

/// The sentence that says what sound goes over, if it was said.
fn said(lines: &[Value]) -> Option<&str> {
    lines.iter().find(|line| line["event"] == "transport").and_then(|line| line["message"].as_str())
}

const FALLS_BACK: &str = "sound goes over TCP: UDP does not get through";

/// The verdict of each of the doctor's checks of the sound's ways.
fn verdicts(house: &House) -> Vec<(String, String)> {
    let out = house.runs("doctor --mic tone --speaker none --json");
    let word = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let checks = lines(&out);
    let of_sound = checks.iter().filter(|line| line["check"].as_str().unwrap().starts_with("sound "));
    of_sound.map(|line| (word(line, "check"), word(line, "verdict"))).collect()
}

fn expected(verdicts: [(&str, &str); 3]) -> Vec<(String, String)> {
    verdicts.map(|(check, verdict)| (check.to_owned(), verdict.to_owned())).to_vec()
}

#[test]
fn where_udp_gets_through_sound_goes_over_it() {
    let Some(house) = House::build() else { return };
    let told = house.calls_the_echo("");
    assert_eq!((went_over(&told), said(&told)), ("udp", None));
    let told = house.calls_the_echo(" --media-over tcp");
    assert_eq!((went_over(&told), said(&told)), ("tcp", Some("sound goes over TCP")));
    let well = [("sound udp", "pass"), ("sound tcp", "pass"), ("sound path", "pass")];
    assert_eq!(verdicts(&house), expected(well));
}

#[test]
fn where_the_system_lets_no_udp_out_sound_goes_over_tcp_and_this_is_said() {
    let Some(house) = House::build() else { return };
    house.prohibits_udp();
    let told = house.calls_the_echo("");
    assert_eq!((went_over(&told), said(&told)), ("tcp", Some(FALLS_BACK)));
    let udp_blocked = [("sound udp", "warn"), ("sound tcp", "pass"), ("sound path", "warn")];
    assert_eq!(verdicts(&house), expected(udp_blocked));
}

#[test]
fn where_udp_is_lost_without_a_word_sound_goes_over_tcp_and_this_is_said() {
    let Some(house) = House::build() else { return };
    house.loses_udp();
    let told = house.calls_the_echo("");
    assert_eq!((went_over(&told), said(&told)), ("tcp", Some(FALLS_BACK)));
    let out = house.runs("call echo --mic tone --speaker none --for 2s --json --media-over udp");
    assert!(!out.status.success(), "there is no way for UDP: {out:?}");
}
