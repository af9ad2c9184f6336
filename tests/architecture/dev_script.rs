//! The script `dev` on machines we do not have: with packages missing, with another package manager, with none.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A machine where only the script's own helpers are installed, and `managers`.
fn bare_machine(managers: &[&str]) -> TempDir {
    let bin = TempDir::new().expect("a folder for the machine");
    let path = std::env::var("PATH").expect("there is a PATH");
    for tool in ["sh", "dirname", "id", "cat", "tr", "env", "sed"] {
        let found = path
            .split(':')
            .map(|folder| format!("{folder}/{tool}"))
            .find(|file| std::fs::exists(file).is_ok_and(|there| there));
        symlink(found.expect("every system has it"), bin.path().join(tool)).expect("the folder can be written");
    }
    for manager in managers {
        program(&bin, manager, "exit 1");
    }
    program(&bin, "uname", "echo Linux");
    program(&bin, "sudo", "exit 1");
    bin
}

fn program(bin: &TempDir, name: &str, body: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = bin.path().join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("the folder can be written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("the folder can be written");
}

/// Whether the machine is used by root, who alone can make networks to test in.
fn is_root(bin: &TempDir, root: bool) {
    let id = bin.path().join("id");
    std::fs::remove_file(id).expect("the machine has the tool");
    program(bin, "id", if root { "echo 0" } else { "echo 1000" });
}

fn dev(bin: &TempDir, arguments: &[&str], dry: bool) -> Output {
    Command::new(bin.path().join("sh"))
        .arg(crate::root().join("dev"))
        .args(arguments)
        .current_dir("/")
        .env_clear()
        .env("PATH", bin.path())
        .env("SWITCHBOARD_DEV_DRY_RUN", if dry { "1" } else { "0" })
        .output()
        .expect("sh runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn missing_packages_are_named_with_their_reason_and_installed() {
    for (manager, packages) in [
        (
            "apt-get",
            "gcc libc6-dev g++ cmake pkg-config libasound2-dev iproute2 python3 python3-venv nodejs npm curl pebble",
        ),
        ("dnf", "gcc gcc-c++ cmake pkgconf-pkg-config alsa-lib-devel iproute python3 nodejs nodejs-npm curl"),
        ("pacman", "gcc gcc cmake pkgconf alsa-lib iproute2 python nodejs npm curl"),
    ] {
        let bin = bare_machine(&[manager]);
        is_root(&bin, true);
        let out = dev(&bin, &["test"], true);
        let (stdout, stderr) = (text(&out.stdout), text(&out.stderr));
        assert!(stdout.lines().any(|line| line.contains(manager) && line.ends_with(packages)), "{stdout}\n{stderr}");
        for reason in [
            "builds the Opus codec",
            "finds the sound library",
            "microphones and speakers",
            "ACS SDK for JavaScript",
            "without UDP",
        ] {
            assert!(stderr.contains(reason), "{stderr}");
        }
    }
}

#[test]
fn a_failed_installation_stops_the_command() {
    let out = dev(&bare_machine(&["apt-get"]), &["run"], false);
    assert!(!out.status.success());
    assert!(text(&out.stderr).contains("installing failed"), "{}", text(&out.stderr));
}

#[test]
fn without_a_known_package_manager_it_says_what_to_do() {
    let out = dev(&bare_machine(&[]), &["test"], true);
    assert!(!out.status.success());
    assert!(text(&out.stderr).contains("install these yourself"), "{}", text(&out.stderr));
}

#[test]
fn with_everything_there_nothing_is_installed() {
    let bin = bare_machine(&["apt-get"]);
    is_root(&bin, false);
    let compilers = ["cc", "c++", "cmake", "pkg-config", "cargo"];
    for tool in compilers.into_iter().chain(["python3", "node", "npm", "curl", "pebble", "pebble-challtestsrv"]) {
        program(&bin, tool, "exit 0");
    }
    let out = dev(&bin, &["test"], true);
    let (stdout, stderr) = (text(&out.stdout), text(&out.stderr));
    assert!(
        out.status.success() && stdout.contains("cargo test --locked") && !stdout.contains("apt-get"),
        "{stdout}{stderr}"
    );
}

#[test]
fn what_the_build_knows_is_no_setting() {
    let build = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/build.rs")).unwrap();
    assert!(build.contains("rustc-env=") && !build.contains("rustc-env=SWITCHBOARD_"), "`./dev run` would warn of it");
}

#[test]
fn a_benchmark_can_be_chosen() {
    let bin = bare_machine(&[]);
    for tool in ["cc", "c++", "cmake", "pkg-config", "cargo"] {
        program(&bin, tool, "exit 0");
    }
    for (arguments, command) in [
        (&["bench"][..], "cargo bench --locked\n"),
        (&["bench", "sfu", "start"], "cargo bench --locked --bench system -- sfu start\n"),
    ] {
        assert_eq!(text(&dev(&bin, arguments, true).stdout), command);
    }
}

#[test]
fn an_unknown_command_prints_the_help() {
    let out = dev(&bare_machine(&[]), &["nonsense"], true);
    assert!(!out.status.success());
    assert!(text(&out.stderr).contains("usage: ./dev COMMAND"));
}
