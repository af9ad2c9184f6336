//! Where a password comes from: standard input, the environment, or a person who types it unseen.

use std::io::{self, BufRead, IsTerminal};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal;

use super::exit::{Exit, Failure};
use super::globals::{Globals, secret_line};
use super::output::Output;
use crate::base::secret::Secret;

/// The variable that may hold the password.
pub const VARIABLE: &str = "SWITCHBOARD_PASSWORD";

/// The password for `question`, such as `Password of alice`.
///
/// `from_stdin` is the flag `--password-stdin`. It goes before the environment, and that before asking.
///
/// # Errors
/// When there is none and nobody can be asked, or the one asked gives up.
pub fn obtain(
    globals: &Globals,
    from_stdin: bool,
    question: &str,
    output: &mut Output,
) -> Result<Secret<String>, Failure> {
    if from_stdin {
        return given(&mut io::stdin().lock());
    }
    if let Some(password) = of_environment() {
        return Ok(password);
    }
    may_ask(globals, io::stdin().is_terminal())?;
    ask(question, output)
}

/// The password the environment holds.
pub fn of_environment() -> Option<Secret<String>> {
    std::env::var(VARIABLE).ok().filter(|text| !text.is_empty()).map(Secret::new)
}

/// A new password for `question`: like [`obtain`], but whoever types it does so twice.
///
/// # Errors
/// As [`obtain`], and when the two differ.
pub fn obtain_new(
    globals: &Globals,
    from_stdin: bool,
    question: &str,
    output: &mut Output,
) -> Result<Secret<String>, Failure> {
    let asked = !from_stdin && of_environment().is_none();
    let password = obtain(globals, from_stdin, question, output)?;
    if asked && ask("The same again", output)? != password {
        return Err(Failure::usage("the two passwords differ: nothing was changed"));
    }
    Ok(password)
}

fn given(input: &mut dyn BufRead) -> Result<Secret<String>, Failure> {
    secret_line(input, "password")
}

fn may_ask(globals: &Globals, terminal: bool) -> Result<(), Failure> {
    if terminal && !globals.no_input {
        return Ok(());
    }
    Err(Failure::usage(format!("a password is needed, and nobody can be asked: use --password-stdin or {VARIABLE}")))
}

/// Asks on the terminal; what is typed does not show.
fn ask(question: &str, output: &mut Output) -> Result<Secret<String>, Failure> {
    let typed = read_unseen(question, output);
    output.prompt("\n");
    typed
}

fn read_unseen(question: &str, output: &mut Output) -> Result<Secret<String>, Failure> {
    let cannot = |why: io::Error| Failure::new(Exit::Failed, format!("can't read from the terminal: {why}"));
    // Before the question: whoever answers it at once must not see the answer.
    let _raw = RawMode::enter().map_err(cannot)?;
    output.prompt(&format!("{question}: "));
    let mut typed = String::new();
    loop {
        let Event::Key(key) = event::read().map_err(cannot)? else { continue };
        match press(&mut typed, key) {
            Pressed::More => {}
            Pressed::Done => return Ok(Secret::new(typed)),
            Pressed::GaveUp => return Err(Failure::new(Exit::Interrupted, "given up: nothing was changed")),
        }
    }
}

/// The terminal without echo; as it was before once this is dropped.
struct RawMode;

impl RawMode {
    fn enter() -> io::Result<Self> {
        terminal::enable_raw_mode().map(|()| Self)
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // There is nobody to tell, and the next program sets its own mode.
        let _ = terminal::disable_raw_mode();
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Pressed {
    More,
    Done,
    GaveUp,
}

/// What a key does to the text typed so far.
fn press(typed: &mut String, key: KeyEvent) -> Pressed {
    if key.kind == KeyEventKind::Release {
        return Pressed::More;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Enter => return Pressed::Done,
        KeyCode::Esc => return Pressed::GaveUp,
        KeyCode::Char('c' | 'd') if control => return Pressed::GaveUp,
        // What Enter is in a line that was typed before the question, while the terminal still made lines of keys.
        KeyCode::Char('j') if control => return Pressed::Done,
        KeyCode::Char('u') if control => typed.clear(),
        KeyCode::Char(c) if !control => typed.push(c),
        KeyCode::Backspace => {
            typed.pop();
        }
        _ => {}
    }
    Pressed::More
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_keys(keys: &[(KeyCode, KeyModifiers)]) -> (String, Pressed) {
        let mut typed = String::new();
        let mut last = Pressed::More;
        for (code, modifiers) in keys {
            last = press(&mut typed, KeyEvent::new(*code, *modifiers));
        }
        (typed, last)
    }

    #[test]
    fn keys_make_a_password() {
        const NONE: KeyModifiers = KeyModifiers::NONE;
        const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
        let keys = [
            (KeyCode::Char('x'), NONE),
            (KeyCode::Char('u'), CONTROL),
            (KeyCode::Char('P'), KeyModifiers::SHIFT),
            (KeyCode::Char('é'), NONE),
            (KeyCode::Char('z'), NONE),
            (KeyCode::Backspace, NONE),
            (KeyCode::Up, NONE),
            (KeyCode::Enter, NONE),
        ];
        assert_eq!(type_keys(&keys), ("Pé".to_owned(), Pressed::Done));
        assert_eq!(type_keys(&[(KeyCode::Char('c'), CONTROL)]).1, Pressed::GaveUp);
        assert_eq!(type_keys(&[(KeyCode::Esc, NONE)]).1, Pressed::GaveUp);
        assert_eq!(type_keys(&[(KeyCode::Char('j'), CONTROL)]).1, Pressed::Done);
    }

    #[test]
    fn where_nobody_can_be_asked_it_says_what_else_works() {
        let globals = Globals::default();
        assert!(may_ask(&globals, true).is_ok());
        assert!(may_ask(&globals, false).unwrap_err().message.contains("--password-stdin"));
        assert!(may_ask(&Globals { no_input: true, ..globals }, true).is_err());
    }

    #[test]
    fn standard_input_gives_its_first_line() {
        assert_eq!(given(&mut &b"hunter2 \r\nmore"[..]).unwrap().expose(), "hunter2 ");
        assert!(given(&mut &b""[..]).unwrap_err().message.contains("holds no password"));
    }
}
