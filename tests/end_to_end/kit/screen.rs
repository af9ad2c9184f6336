//! The softphone in a pseudo-terminal: keys in, and the picture a person would see.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use switchboard::base::clock;

use super::{ENVIRONMENT, PATIENCE, SWITCHBOARD, is_setting};

/// The size of a screen that shows everything at once.
const ROWS: u16 = 38;
const COLUMNS: u16 = 132;

/// A softphone and its terminal.
pub struct Screen {
    child: Box<dyn Child + Send + Sync>,
    terminal: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    parser: vt100::Parser,
}

impl Screen {
    pub fn open(data: &Path) -> Self {
        let pair = native_pty_system().openpty(size(ROWS, COLUMNS)).unwrap();
        let mut command = CommandBuilder::new(SWITCHBOARD);
        for (name, _) in std::env::vars().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        for (name, value) in ENVIRONMENT {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        command.args(["--demo", "--data"]);
        command.arg(data);
        let child = pair.slave.spawn_command(command).unwrap();
        let keys = pair.master.take_writer().unwrap();
        let bytes = read(pair.master.try_clone_reader().unwrap());
        Self { child, terminal: pair.master, keys, bytes, parser: parser(ROWS, COLUMNS) }
    }

    /// Waits until `text` is on the screen.
    pub fn shows(&mut self, text: &str) {
        self.wait(&format!("show `{text}`"), |picture| picture.contains(text));
    }

    /// Waits until `text` is on the screen no more.
    pub fn hides(&mut self, text: &str) {
        self.wait(&format!("hide `{text}`"), |picture| !picture.contains(text));
    }

    fn wait(&mut self, what: &str, is_so: impl Fn(&str) -> bool) {
        let deadline = clock::now() + PATIENCE;
        while !is_so(&self.picture()) {
            match self.bytes.recv_timeout(deadline.saturating_duration_since(clock::now())) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(why) => panic!("the screen did not {what} ({why}), but:\n{}", self.picture()),
            }
        }
    }

    pub fn picture(&self) -> String {
        self.parser.screen().contents()
    }

    /// Types keys, as their characters.
    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
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
            self.parser.process(&bytes);
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

fn read(mut from: Box<dyn Read + Send>) -> Receiver<Vec<u8>> {
    let (to, bytes) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        // A terminal nobody has open any more is read as an error on some systems.
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if to.send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    bytes
}
