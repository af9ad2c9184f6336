//! A folder to keep everything in, and programs and screens that run there. Steps wait for what they need to see, with a
//! generous deadline that prints what was seen instead.

mod program;
mod screen;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use switchboard::base::clock;
use tempfile::TempDir;

pub use program::{Done, Program};
pub use screen::Screen;

/// How long a step may take on a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The ports of a service that takes any free ones.
pub const ANY_PORTS: &str = "--listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 --media 127.0.0.1:0 --media-tcp 127.0.0.1:0";

/// The program under test.
const SWITCHBOARD: &str = env!("CARGO_BIN_EXE_switchboard");

/// A folder for `--data`. The service that was started in it ends with it.
pub struct Home {
    folder: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The files of the sign-ins that are kept of a user.
    pub fn sign_ins(&self, user: &str) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.file(&format!("users/{user}"))).into_iter().flatten().flatten();
        files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect()
    }

    /// Starts `switchboard WORDS…`; each word is separated by a space.
    pub fn start(&self, words: &str) -> Program {
        Program::start(self.path(), words, None)
    }

    /// Starts it with lines to come on its standard input.
    pub fn opens(&self, words: &str) -> Program {
        Program::opens(self.path(), words)
    }

    /// Runs `switchboard WORDS…` to its end.
    pub fn run(&self, words: &str) -> Done {
        self.start(words).ends()
    }

    /// Runs it with settings in its environment, and a line on its standard input.
    pub fn run_in(&self, settings: &[(&str, &str)], words: &str, input: &str) -> Done {
        Program::start_in(self.path(), settings, words, Some(input)).ends()
    }

    /// Runs it with a line on its standard input.
    pub fn run_with(&self, words: &str, input: &str) -> Done {
        Program::start(self.path(), words, Some(input)).ends()
    }

    /// Starts a service on free ports and waits until it is ready. Returns it with its address.
    pub fn serve(&self, more: &str) -> (Program, String) {
        let mut service = self.start(&format!("serve {ANY_PORTS} {more}"));
        let ready = service.until(r#""event":"ready""#);
        let http = json(&ready)["http"].as_str().unwrap().to_owned();
        (service, http)
    }

    /// Opens the softphone, in the demo.
    pub fn screen(&self) -> Screen {
        Screen::open(self.path())
    }

    /// The same, with settings in its environment.
    pub fn screen_with(&self, settings: &[(&str, &str)]) -> Screen {
        Screen::open_with(self.path(), settings)
    }

    /// The process of the service that runs in this folder.
    pub fn service(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.file("service/service.json")).ok()?;
        Pid::from_raw(i32::try_from(json(&text)["pid"].as_i64()?).ok()?)
    }

    /// Ends the service without giving it a chance to tidy up.
    pub fn kill_service(&self) {
        let service = self.service().expect("a service runs here");
        kill_process(service, Signal::KILL).unwrap();
        wait_until_gone(service);
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(service) = self.service()
            && kill_process(service, Signal::TERM).is_ok()
            && !std::thread::panicking()
        {
            wait_until_gone(service);
        }
    }
}

fn wait_until_gone(process: Pid) {
    let deadline = clock::now() + PATIENCE;
    while test_kill_process(process).is_ok() && !is_zombie(process) {
        assert!(clock::now() < deadline, "the service {process:?} did not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Ended, but not yet waited for by the program that started it.
fn is_zombie(process: Pid) -> bool {
    let about = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap_or_default();
    about.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// Settings of the surroundings that must not reach the program under test.
fn is_setting(name: &str) -> bool {
    name.starts_with("SWITCHBOARD_") || name == "NO_COLOR"
}

/// What the program under test finds in its environment: sound without devices, and no keyring of whoever runs the tests.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("SWITCHBOARD_PHONE_MICROPHONE", "tone"),
    ("SWITCHBOARD_PHONE_SPEAKER", "none"),
    ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere"),
];

/// A line of JSON.
pub fn json(line: &str) -> serde_json::Value {
    serde_json::from_str(line).unwrap_or_else(|why| panic!("no JSON ({why}): {line}"))
}
