//! The program itself, as a person runs it: the service, a phone without a screen, the screen in a pseudo-terminal.
//! All end with the value that holds them.

use std::io::{BufRead, BufReader, Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use switchboard::base::clock;

/// The program that was built for this run.
const PROGRAM: &str = env!("CARGO_BIN_EXE_switchboard");

/// Far longer than anything here takes: a call rings a minute before it is given up.
const PATIENCE: Duration = Duration::from_secs(90);

/// The size of the terminal.
const ROWS: NonZeroU16 = NonZeroU16::new(38).expect("not zero");
const COLUMNS: NonZeroU16 = NonZeroU16::new(132).expect("not zero");

/// A process of the program that prints lines. They are read as they come, so that it never waits for a reader.
pub struct Program {
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    /// Runs it with these arguments and variables, everything kept below `folder`.
    pub fn start(folder: &Path, arguments: &[&str], variables: &[(String, String)]) -> Result<Self> {
        let mut command = Command::new(PROGRAM);
        for name in settings() {
            command.env_remove(name);
        }
        command.args(arguments).arg("--data").arg(folder).envs(variables.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("the program can't be started")?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        let (to, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if to.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, lines })
    }

    /// Runs the service on any free ports; it is ready when this returns.
    pub fn serve(folder: &Path, arguments: &[&str]) -> Result<Self> {
        const ANY: &str = "127.0.0.1:0";
        let ports = ["serve", "--listen", ANY, "--tls-listen", ANY, "--media", ANY, "--media-tcp", ANY];
        let mut service = Self::start(folder, &[&ports[..], arguments].concat(), &[])?;
        service.until(r#""event":"ready""#)?;
        Ok(service)
    }

    /// Which process it is.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Reads lines up to one that holds `text`.
    pub fn until(&mut self, text: &str) -> Result<String> {
        loop {
            let line = match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => bail!("it did not print {text}"),
                Err(RecvTimeoutError::Disconnected) => bail!("it ended before it printed {text}"),
            };
            if line.contains(text) {
                return Ok(line);
            }
        }
    }

    /// Waits until it ends by itself, and returns the lines that were not read yet.
    pub fn rest(&mut self) -> Result<Vec<String>> {
        let mut rest = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => rest.push(line),
                Err(RecvTimeoutError::Timeout) => bail!("it did not end"),
                Err(RecvTimeoutError::Disconnected) => return Ok(rest),
            }
        }
    }

    /// Asks it to end, waits until it has, and returns the lines that were not read yet.
    pub fn end(mut self) -> Result<Vec<String>> {
        self.terminate();
        self.rest()
    }

    fn terminate(&mut self) {
        terminate(self.child.id());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.terminate();
        // It ends at a signal; were it not to, the benchmark would show so by hanging here.
        self.child.wait().ok();
    }
}

/// The screen in a pseudo-terminal.
pub struct Screen {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    emulator: vt100::Parser,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Screen {
    /// Opens it at 132 by 38 for a demo account.
    pub fn open(folder: &Path, user: &str) -> Result<Self> {
        let size = PtySize { rows: ROWS.get(), cols: COLUMNS.get(), pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(PROGRAM);
        for name in settings() {
            command.env_remove(name);
        }
        command.args(["--as", user, "--data"]);
        command.arg(folder);
        command.env("TERM", "xterm-256color");
        command.env("SWITCHBOARD_PHONE_MICROPHONE", "tone");
        command.env("SWITCHBOARD_PHONE_SPEAKER", "none");
        let child = pty.slave.spawn_command(command)?;
        let mut reader = pty.master.try_clone_reader()?;
        let keys = pty.master.take_writer()?;
        let (to, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 16_384];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                if to.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, keys, output, emulator: vt100::Parser::new(ROWS, COLUMNS, 0), _terminal: pty.master })
    }

    /// Which process it is.
    pub fn pid(&self) -> Result<u32> {
        self.child.process_id().context("it has ended")
    }

    /// Types.
    pub fn types(&mut self, keys: &str) -> Result<()> {
        self.keys.write_all(keys.as_bytes())?;
        Ok(self.keys.flush()?)
    }

    /// Waits until it shows `text`.
    pub fn shows(&mut self, text: &str) -> Result<()> {
        let deadline = clock::now() + PATIENCE;
        while !self.emulator.screen().contents().contains(text) {
            match self.output.recv_timeout(deadline.saturating_duration_since(clock::now())) {
                Ok(bytes) => self.emulator.process(&bytes),
                Err(RecvTimeoutError::Timeout) => {
                    bail!("the screen does not show {text}, but:\n{}", self.emulator.screen().contents())
                }
                Err(RecvTimeoutError::Disconnected) => bail!("the screen closed before it showed {text}"),
            }
        }
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(pid) = self.child.process_id() {
            terminate(pid);
        }
        self.child.wait().ok();
    }
}

fn terminate(pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // One that has ended already is what is wanted.
    pid.map(|pid| kill_process(pid, Signal::TERM).ok());
}

/// The variables of the person at this terminal that would change what is measured.
fn settings() -> impl Iterator<Item = String> {
    std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("SWITCHBOARD_"))
}
