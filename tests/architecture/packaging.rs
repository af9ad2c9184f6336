//! The package, the unit and the container file: what they name is there, and what they call the program with is understood.
#![cfg(unix)]

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use switchboard::cli::Cli;
use switchboard::config::{self, Inputs};

fn read(file: &str) -> String {
    let path = crate::root().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{file}: {why}"))
}

/// What follows `key=` on the lines of a unit.
fn values<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

/// A command line that the program has to understand.
fn understood(words: &[&str]) {
    let words = words.iter().map(OsString::from);
    Cli::read(words).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn the_unit_calls_the_program_with_what_it_understands() {
    let (unit, script) = (read("packaging/switchboard.service"), read("packaging/deb.sh"));
    let [start] = values(&unit, "ExecStart")[..] else { panic!("one ExecStart") };
    let words: Vec<&str> = start.split(' ').collect();
    understood(&words);
    // Each place it names comes with the package or is made by systemd.
    let state = format!("/var/lib/{}", values(&unit, "StateDirectory")[0]);
    for path in words.iter().filter(|word| word.starts_with('/')) {
        let packed = script.contains(&format!(" {}\n", path.trim_start_matches('/')));
        assert!(packed || *path == state, "{path} is not in the package");
    }
    let user = read("packaging/switchboard.sysusers");
    assert!(user.starts_with(&format!("u {} ", values(&unit, "User")[0])) && user.contains(&state), "{user}");
    assert_eq!(values(&unit, "Type"), ["notify"]);
    // What a signal ends it with is no failure.
    assert_eq!(values(&unit, "SuccessExitStatus"), ["143"]);
}

#[test]
fn the_settings_of_the_package_are_settings() {
    let file = Some(crate::root().join("packaging/config.toml"));
    let inputs = Inputs { file, file_required: true, environment: Vec::new(), arguments: Vec::new() };
    let loaded = config::load(&inputs).unwrap_or_else(|why| panic!("{why}"));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let service = &loaded.config.service;
    assert!(service.listen.ip().is_loopback(), "plain HTTP is for the machine itself");
    assert!(service.tls_listen.is_some_and(|at| at.ip().is_unspecified()));
    // What is commented out is a setting all the same.
    let text = read("packaging/config.toml");
    let offered = text.lines().filter_map(|line| line.strip_prefix("# ")).filter(|line| line.contains(" = "));
    let example = read("config.example.toml");
    for line in offered {
        let (key, _) = line.split_once(" = ").expect("it holds one");
        assert!(example.contains(&format!("{key} = ")), "{key} is no setting");
    }
}

#[test]
fn the_container_calls_the_program_with_what_it_understands() {
    let file = read("packaging/Containerfile");
    let commands = file.lines().filter_map(|line| {
        let (_, list) = line.split_once("ENTRYPOINT ").or_else(|| line.split_once("CMD "))?;
        Some(serde_json::from_str::<Vec<String>>(list).unwrap_or_else(|why| panic!("{list}: {why}")))
    });
    let commands: Vec<Vec<String>> = commands.collect();
    assert_eq!(commands.len(), 2, "one to serve, and one that looks after it: {commands:?}");
    for command in &commands {
        understood(&command.iter().map(String::as_str).collect::<Vec<_>>());
    }
    // Only ports that are listened on are told, and those are all.
    let told = |port: &str| file.contains(&format!(" {port}"));
    assert!(["8790/udp", "8791/tcp", "8792/tcp"].iter().all(|port| told(port)), "{file}");
    for source in file.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--")) {
        let names: Vec<&str> = source.split(' ').collect();
        let (_, names) = names.split_last().expect("a place to copy to");
        assert!(names.iter().all(|name| crate::root().join(name).exists()), "COPY {source}");
    }
}

/// The package itself, from the program under test; where there are the tools to make one.
#[test]
fn a_package_holds_what_belongs_into_it() {
    let there = |tool: &str| Command::new(tool).arg("--version").output().is_ok_and(|out| out.status.success());
    if !["dpkg-deb", "dpkg-shlibdeps", "strip"].into_iter().all(there) {
        eprintln!("not tried: making a Debian package, which needs dpkg-dev");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the package");
    let made = Command::new(crate::root().join("packaging/deb.sh"))
        .arg(env!("CARGO_BIN_EXE_switchboard"))
        .arg(folder.path())
        .env("DPKG_DEB_COMPRESSOR_TYPE", "none")
        .output()
        .expect("the script runs");
    assert!(made.status.success(), "{made:?}");
    let package = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    let tree = folder.path().join("tree");
    let unpacked = Command::new("dpkg-deb").args(["-x", &package]).arg(&tree).status().expect("dpkg-deb runs");
    assert!(unpacked.success() && tree.join("usr/bin/switchboard").is_file());
    for file in [
        "etc/switchboard/config.toml",
        "lib/systemd/system/switchboard.service",
        "usr/lib/sysusers.d/switchboard.conf",
        "usr/share/bash-completion/completions/switchboard",
        "usr/share/doc/switchboard/copyright",
        "usr/share/man/man1/switchboard-serve.1.gz",
        "usr/share/zsh/vendor-completions/_switchboard",
    ] {
        assert!(tree.join(file).is_file(), "{file} is missing");
    }
    verified(&tree.join("lib/systemd/system/switchboard.service"), &tree);
}

/// systemd itself reads the unit, where there is one.
fn verified(unit: &Path, tree: &Path) {
    let text = std::fs::read_to_string(unit).expect("the unit was just unpacked");
    // The program is not in its place on this machine.
    let here = text.replace("/usr/bin/switchboard", &tree.join("usr/bin/switchboard").to_string_lossy());
    let copy = tree.join("switchboard.service");
    std::fs::write(&copy, here).expect("the folder can be written");
    let Ok(out) = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&copy).output() else { return };
    let said = String::from_utf8_lossy(&out.stderr);
    let about = said.lines().filter(|line| line.contains("switchboard.service"));
    let about: Vec<&str> = about.filter(|line| !line.contains("not installed")).collect();
    assert!(out.status.success() && about.is_empty(), "{said}");
}
