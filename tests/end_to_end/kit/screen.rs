//! The softphone in a pseudo-terminal: keys in, and the picture a person would see.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use switchboard::base::clock;
use switchboard::terminal::alert::END_UPDATE;

use super::{ENVIRONMENT, PATIENCE, SWITCHBOARD, is_setting};

/// The size of a screen that shows everything at once.
const ROWS: u16 = 38;
const COLUMNS: u16 = 132;

/// By these, clipboard programs are found.
const DESKTOPS: [&str; 3] = ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"];

/// How a terminal is asked to put a text on its clipboard (OSC 52), and how that ends.
const COPY: &str = "\x1b]52;c;";
const BELL: char = '\x07';

/// A softphone and its terminal.
pub struct Screen {
    child: Box<dyn Child + Send + Sync>,
    terminal: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    /// Everything the terminal was told so far.
    told: Vec<u8>,
}

impl Screen {
    /// Opens it in a terminal that no clipboard program belongs to.
    pub fn open(data: &Path) -> Self {
        Self::open_with(data, &[])
    }

    /// The same, with settings in its environment.
    pub fn open_with(data: &Path, settings: &[(&str, &str)]) -> Self {
        Self::spawn(data, &["--demo"], settings)
    }

    /// Runs `switchboard WORDS…` in a terminal; each word is separated by a space.
    pub fn runs(data: &Path, words: &str) -> Self {
        Self::spawn(data, &words.split_whitespace().collect::<Vec<_>>(), &[])
    }

    fn spawn(data: &Path, words: &[&str], settings: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(size(ROWS, COLUMNS)).unwrap();
        let mut command = CommandBuilder::new(SWITCHBOARD);
        for (name, _) in std::env::vars().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        for (name, value) in ENVIRONMENT {
            command.env(name, value);
        }
        for name in DESKTOPS {
            command.env_remove(name);
        }
        // Over ssh, the clipboard of the machine is not the person's.
        command.env("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22");
        command.env("TERM", "xterm-256color");
        for (name, value) in settings {
            command.env(name, value);
        }
        command.args(words);
        command.arg("--data");
        command.arg(data);
        let child = pair.slave.spawn_command(command).unwrap();
        let keys = pair.master.take_writer().unwrap();
        let bytes = read(pair.master.try_clone_reader().unwrap());
        Self { child, terminal: pair.master, keys, bytes, parser: parser(ROWS, COLUMNS), told: Vec::new() }
    }

    /// Waits until `text` is on the screen.
    pub fn shows(&mut self, text: &str) {
        self.wait(&format!("show `{text}`"), |picture| picture.contains(text));
    }

    /// Waits until `text` is on the screen no more.
    pub fn hides(&mut self, text: &str) {
        self.wait(&format!("hide `{text}`"), |picture| !picture.contains(text));
    }

    /// Waits until it hands a text to the terminal's clipboard, and returns it.
    pub fn copies(&mut self) -> String {
        self.wait_for("copy a text", |screen| {
            let told = String::from_utf8_lossy(&screen.told);
            let (_, copied) = told.rsplit_once(COPY)?;
            let text = BASE64_STANDARD.decode(copied.split_once(BELL)?.0).unwrap();
            Some(String::from_utf8(text).unwrap())
        })
    }

    fn wait(&mut self, what: &str, is_so: impl Fn(&str) -> bool) {
        self.wait_for(what, |screen| is_so(&screen.picture()).then_some(()));
    }

    fn wait_for<T>(&mut self, what: &str, found: impl Fn(&Self) -> Option<T>) -> T {
        let deadline = clock::now() + PATIENCE;
        loop {
            if let Some(found) = found(self) {
                return found;
            }
            match self.bytes.recv_timeout(deadline.saturating_duration_since(clock::now())) {
                Ok(bytes) => self.takes(&bytes),
                Err(why) => panic!("the screen did not {what} ({why}), but:\n{}", self.picture()),
            }
        }
    }

    fn takes(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.told.extend(bytes);
    }

    pub fn picture(&self) -> String {
        self.parser.screen().contents()
    }

    /// Waits until the terminal was told `text`, for instance to do something; and no longer ago than `since` says, the number
    /// of bytes it was told then.
    pub fn is_told(&mut self, text: &str, since: usize) {
        self.wait_for(&format!("tell the terminal {text:?}"), |screen| {
            let told = &screen.told[since..];
            told.windows(text.len()).any(|bytes| bytes == text.as_bytes()).then_some(())
        });
    }

    /// Everything the terminal was told so far.
    pub fn told(&self) -> &[u8] {
        &self.told
    }

    /// Types keys, as their characters.
    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Pastes a text, as a terminal does where that was asked for (bracketed paste).
    pub fn pastes(&mut self, text: &str) {
        assert!(self.parser.screen().bracketed_paste(), "the screen did not ask how pastes begin and end");
        self.types(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Changes the size of the terminal.
    pub fn becomes(&mut self, columns: u16, rows: u16) {
        // A terminal's picture is only what is drawn from now on.
        self.parser = parser(rows, columns);
        self.terminal.resize(size(rows, columns)).unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        let id = self.child.process_id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Waits for the program's end, and checks that the terminal is as it was. Returns the exit code.
    pub fn ends_tidily(mut self) -> u32 {
        let deadline = clock::now() + PATIENCE;
        while let Ok(bytes) = self.bytes.recv_timeout(deadline.saturating_duration_since(clock::now())) {
            self.takes(&bytes);
        }
        assert!(clock::now() < deadline, "the softphone did not end:\n{}", self.picture());
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was not left");
        assert!(!screen.hide_cursor(), "the cursor was left hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste was left on");
        let modes = self.terminal.get_termios().unwrap().local_flags.bits();
        let cooked = libc::ICANON | libc::ECHO | libc::ISIG;
        assert_eq!(modes & cooked, cooked, "the terminal was left raw");
        self.child.wait().unwrap().exit_code()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Ended already, as a rule.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn parser(rows: u16, columns: u16) -> vt100::Parser {
    vt100::Parser::new(NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap(), 0)
}

/// Reads what the terminal is told, picture by picture: whoever looks late sees all the same what was there in between.
fn read(mut from: Box<dyn Read + Send>) -> Receiver<Vec<u8>> {
    let (to, bytes) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        // A terminal nobody has open any more is read as an error on some systems.
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let mut rest = &buffer[..length];
            while !rest.is_empty() {
                let end = rest.windows(END_UPDATE.len()).position(|bytes| bytes == END_UPDATE);
                let (picture, after) = rest.split_at(end.map_or(rest.len(), |at| at + END_UPDATE.len()));
                rest = after;
                if to.send(picture.to_vec()).is_err() {
                    return;
                }
            }
        }
    });
    bytes
}
