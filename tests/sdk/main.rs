//! The official ACS identity SDKs, at pinned versions, against the real service: every operation and every error, over
//! http and over https, and the examples of docs/acs-sdk.md as they stand there. And, because it needs Node as well, an OpenID
//! provider made by others, with which people sign in and programs come in (`oidc`).
//!
//! What the SDKs need is installed by `prepare.sh`; where that fails, so do these tests.

#![allow(clippy::unwrap_used, reason = "tests")]

mod api;
mod issuer;
mod oidc;
mod service;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use self::service::SdkService;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Where `prepare.sh` puts the packages.
fn prepared() -> &'static Path {
    static PREPARED: OnceLock<PathBuf> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let done = Command::new("sh").arg(here("prepare.sh")).output().unwrap();
        assert!(done.status.success(), "the SDKs can't be prepared: {}", told(&done));
        Path::new(ROOT).join("target/sdk")
    })
}

fn here(file: &str) -> PathBuf {
    Path::new(ROOT).join("tests/sdk").join(file)
}

fn example(file: &str) -> PathBuf {
    Path::new(ROOT).join("docs/examples").join(file)
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The command that runs a program, with the packages of its language.
fn running(program: &Path) -> Vec<String> {
    let python = program.extension().is_some_and(|kind| kind == "py");
    if python {
        return [prepared().join("python/bin/python"), program.to_owned()]
            .map(|path| path.display().to_string())
            .into();
    }
    // Node looks for packages where a program lies.
    let beside = prepared().join("node").join(program.file_name().unwrap());
    std::fs::copy(program, &beside).unwrap();
    vec!["node".to_owned(), beside.display().to_string()]
}

fn ends_well(output: &Output, said: &str) {
    assert!(output.status.success(), "{}", told(output));
    assert!(String::from_utf8_lossy(&output.stdout).contains(said), "{}", told(output));
}

/// Has a program of this folder do all it does, over http and over https.
fn does_everything(program: &str) {
    let service = SdkService::start();
    let command = running(&here(program));
    ends_well(&service.over_http(&command), "done");
    ends_well(&service.over_https(&command), "done");
}

#[test]
fn the_synchronous_python_sdk_works() {
    does_everything("identity.py");
}

#[test]
fn the_asynchronous_python_sdk_works() {
    does_everything("identity_async.py");
}

#[test]
fn the_javascript_sdk_works() {
    does_everything("identity.mjs");
}

#[test]
fn the_quickstarts_run_unchanged() {
    let service = SdkService::start();
    for program in ["quickstart.py", "quickstart.mjs"] {
        ends_well(&service.execs(&running(&example(program))), "deleted");
    }
}

#[test]
fn the_page_shows_the_examples_as_they_are_run() {
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/acs-sdk.md")).unwrap();
    for program in ["quickstart.py", "quickstart.mjs", "issuer.py"] {
        let source = std::fs::read_to_string(example(program)).unwrap();
        assert!(page.contains(&source), "docs/acs-sdk.md shows another {program} than docs/examples has");
    }
}

#[cfg(unix)]
#[test]
fn a_program_that_is_run_ends_as_it_would_by_itself() {
    let service = SdkService::start();
    let sh = |script: &str| service.execs(&["sh".to_owned(), "-c".to_owned(), script.to_owned()]);
    assert_eq!(sh("exit 7").status.code(), Some(7));
    let ended = sh("kill -TERM $$");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended.status), Some(15));
    let seen = sh("echo $COMMUNICATION_SERVICES_CONNECTION_STRING; cat $NODE_EXTRA_CA_CERTS $SSL_CERT_FILE");
    let seen = String::from_utf8_lossy(&seen.stdout).into_owned();
    assert!(seen.starts_with("endpoint=https://127.0.0.1:") && seen.contains("BEGIN CERTIFICATE"), "{seen}");
    let nothing = service.execs(&["/nowhere/at/all".to_owned()]);
    assert!(!nothing.status.success() && told(&nothing).contains("can't be run"), "{}", told(&nothing));
}

#[test]
fn the_environment_can_be_taken_over_by_a_shell() {
    let service = SdkService::start();
    let env = service.admin(&["env"]);
    let script = format!("{env}\necho \"$COMMUNICATION_SERVICES_CONNECTION_STRING\"");
    let shell = Command::new("sh").arg("-c").arg(script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&shell.stdout).trim(), service.admin(&["key", "show"]));
    assert!(service.admin(&["key", "show", "--http"]).starts_with("endpoint=http://127.0.0.1:"));
    let before = [service.admin(&["key", "show"]), service.admin(&["key", "show", "--secondary"])];
    service.admin(&["key", "rotate", "secondary"]);
    let after = [service.admin(&["key", "show"]), service.admin(&["key", "show", "--secondary"])];
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
    service.admin(&["key", "rotate-signing"]);
    let token = service.admin(&["token", "issue", "--user", "alice", "--scope", "voip.join", "--expires", "1h"]);
    assert_eq!(token.split('.').count(), 3, "the token and nothing else");
}
