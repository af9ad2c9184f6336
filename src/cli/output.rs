//! What a command prints: results on standard output and nothing else there, the rest on standard error.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::exit::Failure;
use super::globals::{Globals, When};

/// The two streams, and how much goes there.
pub struct Output {
    json: bool,
    quiet: bool,
    verbose: u8,
    colour: bool,
    results: Box<dyn Write + Send>,
    messages: Box<dyn Write + Send>,
}

impl Output {
    /// The process's own streams.
    pub fn standard(globals: &Globals) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let seen = io::stderr().is_terminal() && !no_color;
        Self::new(globals, seen, Box::new(io::stdout()), Box::new(io::stderr()))
    }

    /// Any streams; `seen` says whether colours in the messages are wanted and can be seen.
    pub fn new(globals: &Globals, seen: bool, results: Box<dyn Write + Send>, messages: Box<dyn Write + Send>) -> Self {
        let colour = match globals.color {
            None | Some(When::Auto) => seen,
            Some(When::Always) => true,
            Some(When::Never) => false,
        };
        Self { json: globals.json, quiet: globals.quiet, verbose: globals.verbose, colour, results, messages }
    }

    /// Whether results are JSON.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Whether messages may have colours.
    pub fn colour(&self) -> bool {
        self.colour
    }

    /// Prints a result: one or more whole lines.
    ///
    /// # Errors
    /// When it can't be written, for instance because the reader went away.
    pub fn result(&mut self, text: &str) -> io::Result<()> {
        self.results.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            self.results.write_all(b"\n")?;
        }
        self.results.flush()
    }

    /// Prints a result as one line of JSON.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn json_line(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.result(&serde_json::to_string(value)?)
    }

    /// Says what is going on, unless nobody wants to know.
    pub fn progress(&mut self, text: &str) {
        if !self.quiet {
            self.message("", "", text);
        }
    }

    /// Says more, for those who asked for more: from `-v` on at level 1, `-vv` at level 2.
    pub fn detail(&mut self, level: u8, text: &str) {
        if self.verbose >= level {
            self.message("", "", text);
        }
    }

    /// Asks a person for something, without ending the line.
    pub fn prompt(&mut self, text: &str) {
        let _ = write!(self.messages, "{text}");
        let _ = self.messages.flush();
    }

    /// Writes over the line the cursor is in, on a terminal, unless nobody wants to know what is going on.
    pub fn over_line(&mut self, text: &str) {
        if !self.quiet {
            self.prompt(&format!("\r{text}\x1b[K"));
        }
    }

    /// Says what a person should know though nothing failed.
    pub fn warning(&mut self, text: &str) {
        self.message("\x1b[1;33m", "warning: ", text);
    }

    /// Says why the command failed.
    pub fn failure(&mut self, failure: &Failure) {
        if !failure.message.is_empty() {
            self.message("\x1b[1;31m", "error: ", &failure.message);
        }
    }

    /// Where messages can't be written there is nobody to tell.
    fn message(&mut self, style: &str, label: &str, text: &str) {
        let (on, off) = if self.colour && !style.is_empty() { (style, "\x1b[0m") } else { ("", "") };
        let _ = writeln!(self.messages, "{on}{label}{off}{text}");
        let _ = self.messages.flush();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A stream whose text can be read back.
    #[derive(Clone, Default)]
    pub(crate) struct Tape(Arc<Mutex<Vec<u8>>>);

    impl Tape {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Tape {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// An output on two tapes: results, messages.
    pub(crate) fn taped(globals: &Globals) -> (Output, Tape, Tape) {
        let (results, messages) = (Tape::default(), Tape::default());
        let output = Output::new(globals, false, Box::new(results.clone()), Box::new(messages.clone()));
        (output, results, messages)
    }

    #[test]
    fn results_and_messages_never_mix() {
        let (mut output, results, messages) = taped(&Globals::default());
        output.result("one").unwrap();
        output.json_line(&serde_json::json!({"two": 2})).unwrap();
        output.progress("working");
        output.detail(1, "hidden");
        output.warning("careful");
        output.failure(&Failure::usage("wrong"));
        output.failure(&Failure::usage(""));
        assert_eq!(results.text(), "one\n{\"two\":2}\n");
        assert_eq!(messages.text(), "working\nwarning: careful\nerror: wrong\n");
    }

    #[test]
    fn quiet_says_less_and_verbose_says_more() {
        let (mut output, _, messages) = taped(&Globals { quiet: true, ..Globals::default() });
        output.progress("working");
        output.failure(&Failure::usage("wrong"));
        assert_eq!(messages.text(), "error: wrong\n");

        let (mut output, _, messages) = taped(&Globals { verbose: 1, ..Globals::default() });
        output.detail(1, "more");
        output.detail(2, "even more");
        assert_eq!(messages.text(), "more\n");
    }

    #[test]
    fn colours_come_only_where_they_are_wanted() {
        for (color, seen, expected) in [
            (None, true, true),
            (None, false, false),
            (Some(When::Always), false, true),
            (Some(When::Never), true, false),
        ] {
            let messages = Tape::default();
            let globals = Globals { color, ..Globals::default() };
            let mut output = Output::new(&globals, seen, Box::new(io::sink()), Box::new(messages.clone()));
            output.warning("x");
            assert_eq!(messages.text().contains('\x1b'), expected, "{color:?} {seen}");
        }
    }
}
