//! Hooks as small programs in a folder of their own: those that do, fail, hang, are not there.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use toml::Value;

use super::*;
use crate::config::{Program, Setting};
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::outside::kit::{bob, call, incoming, person, summary};
use crate::phone::event::Event;

/// How long a step may take on a machine that is busy with other things.
const GENEROUS: Duration = Duration::from_secs(60);

struct Bench {
    folder: tempfile::TempDir,
    hooks: Hooks,
    troubles: mpsc::Receiver<Trouble>,
    watch: Watch,
}

impl Bench {
    fn new(settings: config::Hooks) -> Self {
        let (hooks, troubles) = Hooks::new(settings);
        Self { folder: tempfile::tempdir().unwrap(), hooks, troubles, watch: Watch::default() }
    }

    fn hears(&mut self, event: &Event) {
        let owner = Owner { account: "alice".to_owned(), data: Some(self.folder.path().to_owned()) };
        let happening = self.watch.hears(event).expect("a hook is for that");
        self.hooks.run(&happening, 3, &owner);
    }

    async fn trouble(&mut self) -> Trouble {
        tokio::time::timeout(GENEROUS, self.troubles.recv()).await.expect("there is trouble").unwrap()
    }
}

/// A program that runs these lines; `$1` is what it is given.
fn script(folder: &Path, name: &str, lines: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn program(parts: &[&str]) -> Program {
    Program::read(&Value::Array(parts.iter().map(|part| Value::String((*part).to_owned())).collect())).unwrap()
}

/// Waits until a hook has written the whole of a file.
fn written(path: &Path) -> String {
    let until = clock::now() + GENEROUS;
    loop {
        match fs::read_to_string(path) {
            Ok(text) => return text,
            Err(_) if clock::now() < until => std::thread::sleep(Duration::from_millis(5)),
            Err(why) => panic!("{}: {why}", path.display()),
        }
    }
}

#[tokio::test]
async fn a_hook_gets_the_facts_and_no_shell_sees_them() {
    let folder = tempfile::tempdir().unwrap();
    // Written beside, and moved into place once it is whole.
    let tell = "{ echo \"$SWITCHBOARD_EVENT|$SWITCHBOARD_FROM_NAME|$SWITCHBOARD_MISSED|$SWITCHBOARD_AS\"; \
                echo \"$SWITCHBOARD_DATA|$1|$2\"; } > \"$1.new\"; mv \"$1.new\" \"$1\"";
    let ring = script(folder.path(), "ring.sh", tell);
    let out = folder.path().join("told");
    let settings =
        config::Hooks { on_ringing: program(&[&ring, out.to_str().unwrap(), "$(id)"]), ..config::Hooks::default() };
    let mut bench = Bench::new(settings);
    let mut mallory = person("mallory");
    mallory.display_name = "`touch x`\u{1b}[2J; exit".into();
    bench.hears(&Event::Incoming(incoming(1, mallory)));
    let data = bench.folder.path().display().to_string();
    let expected = format!("ringing|`touch x`[2J; exit|3|alice\n{data}|{}|$(id)\n", out.display());
    assert_eq!(written(&out), expected);
}

#[tokio::test]
async fn what_is_not_there_or_fails_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let fails = script(folder.path(), "fails.sh", "exit 7");
    let settings = config::Hooks {
        on_ringing: program(&["/nowhere/to be found"]),
        on_connected: program(&[&fails]),
        ..config::Hooks::default()
    };
    let mut bench = Bench::new(settings);
    bench.hears(&Event::Incoming(incoming(1, bob())));
    let missing = bench.trouble().await;
    let told = bench.hooks.tell(&missing).unwrap();
    assert!(told.contains("hooks.on_ringing (/nowhere/to be found)"), "{told}");
    assert_eq!(bench.hooks.tell(&missing), None, "once");
    bench.hears(&Event::Call(call(2, bob(), CallState::Connected)));
    let failed = bench.trouble().await;
    assert!(failed.0 == Kind::Connected && failed.1.contains('7'), "{failed:?}");
    assert!(bench.hooks.tell(&failed).is_some(), "another hook");
}

#[tokio::test]
async fn a_hook_that_hangs_is_ended_with_all_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let hangs = script(folder.path(), "hangs.sh", "sleep 1000 & echo $! > \"$1.new\"; mv \"$1.new\" \"$1\"; wait");
    let out = folder.path().join("child");
    let settings = config::Hooks { on_ended: program(&[&hangs, out.to_str().unwrap()]), ..config::Hooks::default() };
    let mut bench = Bench::new(settings);
    // On a machine that is busy with other things, it may be ended before it has started anything: it gets longer then.
    for seconds in [1, 4, 16, 64] {
        bench.hooks.patience = Duration::from_secs(seconds);
        bench.hears(&Event::Ended(summary(1, bob(), EndReason::HUNG_UP)));
        let (kind, why) = bench.trouble().await;
        assert!(kind == Kind::Ended && why.contains("was ended"), "{why}");
        if out.exists() {
            break;
        }
    }
    let child: i32 = written(&out).trim().parse().unwrap();
    let until = clock::now() + GENEROUS;
    while is_running(child) {
        assert!(clock::now() < until, "what the hook started goes on");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(bench.hooks.running.load(Ordering::Acquire), 0, "its place is free again");
}

fn is_running(process: i32) -> bool {
    let about = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    about.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

#[tokio::test]
async fn four_run_at_once_and_the_fifth_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let waits = script(folder.path(), "waits.sh", "while [ ! -e \"$1\" ]; do sleep 0.02; done");
    let go = folder.path().join("go");
    let settings = config::Hooks { on_ringing: program(&[&waits, go.to_str().unwrap()]), ..config::Hooks::default() };
    let mut bench = Bench::new(settings);
    bench.hooks.patience = GENEROUS;
    (1..=5).for_each(|id| bench.hears(&Event::Incoming(incoming(id, bob()))));
    let (_, why) = bench.trouble().await;
    assert!(why.contains("4 hooks run already"), "{why}");
    fs::write(&go, "").unwrap();
    let until = clock::now() + GENEROUS;
    while bench.hooks.running.load(Ordering::Acquire) > 0 {
        assert!(clock::now() < until, "they did not end");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(bench.troubles.try_recv().is_err(), "the four did well");
}

#[tokio::test]
async fn without_a_hook_nothing_is_run() {
    let mut bench = Bench::new(config::Hooks::default());
    bench.hears(&Event::Incoming(incoming(1, bob())));
    assert_eq!(bench.hooks.running.load(Ordering::Acquire), 0);
    assert!(bench.troubles.try_recv().is_err());
}
