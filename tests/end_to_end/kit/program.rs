//! A program without a terminal: its lines, its signals, its end.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use switchboard::base::clock;

use super::{ENVIRONMENT, PATIENCE, SWITCHBOARD, is_setting};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

/// A running program.
pub struct Program {
    what: String,
    child: Child,
    deaf: Arc<AtomicBool>,
    lines: Receiver<(Stream, String)>,
    seen: Vec<(Stream, String)>,
    /// Its standard input, while more comes there.
    input: Option<ChildStdin>,
    /// Up to where what it printed was waited for in turn.
    heard: usize,
}

/// How a program ended, and what it printed.
#[derive(Debug)]
pub struct Done {
    what: String,
    pub code: Option<i32>,
    /// The lines of its standard output.
    pub out: Vec<String>,
    /// Its standard error.
    pub err: String,
}

impl Program {
    pub fn start(data: &Path, words: &str, input: Option<&str>) -> Self {
        Self::start_in(data, &[], words, input)
    }

    /// The same, with settings in its environment.
    pub fn start_in(data: &Path, settings: &[(&str, &str)], words: &str, input: Option<&str>) -> Self {
        let mut program = Self::spawn(data, settings, words, input.is_some());
        if let (Some(text), Some(mut stdin)) = (input, program.input.take()) {
            stdin.write_all(text.as_bytes()).unwrap();
        }
        program
    }

    /// Starts it with lines to come on its standard input.
    pub fn opens(data: &Path, words: &str) -> Self {
        Self::spawn(data, &[], words, true)
    }

    fn spawn(data: &Path, settings: &[(&str, &str)], words: &str, reads: bool) -> Self {
        let mut command = Command::new(SWITCHBOARD);
        for (name, _) in std::env::vars().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        command.envs(ENVIRONMENT).envs(settings.iter().copied()).arg("--data").arg(data).args(words.split_whitespace());
        command.stdin(if reads { Stdio::piped() } else { Stdio::null() });
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take();
        let (to, lines) = channel();
        let deaf = Arc::new(AtomicBool::new(false));
        read(Stream::Out, child.stdout.take().unwrap(), to.clone(), Arc::clone(&deaf));
        read(Stream::Err, child.stderr.take().unwrap(), to, Arc::default());
        Self { deaf, what: format!("switchboard {words}"), child, lines, seen: Vec::new(), input, heard: 0 }
    }

    /// Waits for a line of its standard output that holds `text`.
    pub fn until(&mut self, text: &str) -> String {
        self.until_on(Stream::Out, text)
    }

    /// Types a line.
    pub fn types(&mut self, line: &str) {
        assert!(self.still_types(line), "`{}` reads no more; it printed:\n{}", self.what, self.told());
    }

    /// Types a line, if it still reads; says whether it does.
    pub fn still_types(&mut self, line: &str) -> bool {
        let line = format!("{line}\n");
        self.input.as_mut().is_some_and(|input| input.write_all(line.as_bytes()).is_ok())
    }

    /// Ends its standard input.
    pub fn hangs_up_input(&mut self) {
        self.input = None;
    }

    /// Waits for the next line of its standard output that holds `text`, after the last one waited for this way.
    pub fn tells(&mut self, text: &str) -> String {
        self.tells_one_of(&[text])
    }

    /// The same, of a line that holds any of these.
    pub fn tells_one_of(&mut self, texts: &[&str]) -> String {
        let deadline = clock::now() + PATIENCE;
        loop {
            while let Some((from, line)) = self.seen.get(self.heard) {
                self.heard += 1;
                if *from == Stream::Out && texts.iter().any(|text| line.contains(text)) {
                    return line.clone();
                }
            }
            match self.lines.recv_timeout(deadline.saturating_duration_since(clock::now())) {
                Ok(line) => self.seen.push(line),
                Err(why) => panic!("`{}` did not tell {texts:?} ({why}); it printed:\n{}", self.what, self.told()),
            }
        }
    }

    /// Waits for a line of its standard error that holds `text`.
    pub fn until_said(&mut self, text: &str) -> String {
        self.until_on(Stream::Err, text)
    }

    /// Waits for a line of its standard output, which is JSON, that is an event like that.
    pub fn until_event(&mut self, event: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let like_that = |line: &str| {
            let line = super::json(line);
            line["event"] == event && is_it(&line)
        };
        super::json(&self.until_line(Stream::Out, &format!("such an event `{event}`"), like_that))
    }

    fn until_on(&mut self, stream: Stream, text: &str) -> String {
        self.until_line(stream, &format!("`{text}`"), |line| line.contains(text))
    }

    fn until_line(&mut self, stream: Stream, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let deadline = clock::now() + PATIENCE;
        let mut next = 0;
        loop {
            while let Some((from, line)) = self.seen.get(next) {
                if *from == stream && is_it(line) {
                    return line.clone();
                }
                next += 1;
            }
            match self.lines.recv_timeout(deadline.saturating_duration_since(clock::now())) {
                Ok(line) => self.seen.push(line),
                Err(why) => panic!("`{}` did not print {what} ({why}); it printed:\n{}", self.what, self.told()),
            }
        }
    }

    /// Closes its standard output at the next line it prints.
    pub fn stops_listening(&self) {
        self.deaf.store(true, Ordering::Relaxed);
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end.
    pub fn ends(mut self) -> Done {
        let deadline = clock::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(clock::now())) {
                Ok(line) => self.seen.push(line),
                // Both streams are closed: nothing of it runs any more.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("`{}` did not end; it printed:\n{}", self.what, self.told());
                }
            }
        }
        let code = self.child.wait().unwrap().code();
        let of = |wanted| self.seen.iter().filter(move |(stream, _)| *stream == wanted).map(|(_, line)| line.clone());
        Done {
            what: self.what.clone(),
            code,
            out: of(Stream::Out).collect(),
            err: of(Stream::Err).collect::<Vec<_>>().join("\n"),
        }
    }

    fn told(&self) -> String {
        self.seen.iter().fold(String::new(), |mut text, (stream, line)| {
            let _ = writeln!(text, "{stream:?}: {line}");
            text
        })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Ended already, as a rule.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Done {
    /// It exited with `code`.
    pub fn exited(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "`{}` printed:\n{}\n{}", self.what, self.out.join("\n"), self.err);
        self
    }

    /// Its standard error names `text`.
    pub fn saying(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{}` does not say `{text}`: {}", self.what, self.err);
        self
    }

    /// Every line of its standard output, as JSON.
    pub fn json(&self) -> Vec<Value> {
        self.out.iter().map(|line| super::json(line)).collect()
    }

    /// The last line, which is the summary.
    pub fn summary(&self) -> Value {
        let last = self.json().pop().unwrap_or_else(|| panic!("`{}` printed nothing: {}", self.what, self.err));
        assert_eq!(last["event"], "summary", "{last}");
        last
    }
}

fn read(stream: Stream, from: impl Read + Send + 'static, to: Sender<(Stream, String)>, deaf: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if to.send((stream, line)).is_err() || deaf.load(Ordering::Relaxed) {
                return;
            }
        }
    });
}
