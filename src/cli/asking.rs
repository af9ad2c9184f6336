//! A person at the terminal who is asked something: the line they type, seen or unseen, and what ends the waiting for it.

use std::io::{self, BufRead, Write};

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal;
use futures_util::StreamExt;

use super::exit::{Exit, Failure};
use super::output::Output;
use crate::base::signals::EndSignals;
use crate::terminal::run::forget_who_waited;
use crate::texts::sign_in::GIVEN_UP;

/// Where a terminal remembers the cursor; and how it goes back there and clears what is behind it.
const MARK: &str = "\x1b7";
const BACK: &str = "\x1b8\x1b[J";

/// Does something in which a person may be asked, until it is done or a signal ends it. Once a program listens for signals,
/// as it does from its first screen on, they end nothing by themselves.
///
/// # Errors
/// What it fails with; when a signal ended it, or none can be caught.
pub(super) async fn unless_ended<T>(doing: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let cannot = |why: io::Error| Failure::new(Exit::Failed, format!("signals can't be caught: {why}"));
    let mut signals = EndSignals::take().map_err(cannot)?;
    tokio::select! {
        signal = signals.next() => {
            // The cursor is behind the question, as a rule; where nobody sees it, it does not matter.
            let _ = io::stderr().write_all(b"\n");
            Err(Failure::new(signal.into(), GIVEN_UP))
        }
        done = doing => done,
    }
}

/// What is read from standard input. Whoever writes there may take their time: signals are heard meanwhile.
///
/// # Errors
/// What `read` fails with.
pub(super) async fn input<T: Send + 'static>(
    read: impl FnOnce(&mut dyn BufRead) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let reading = tokio::task::spawn_blocking(move || read(&mut io::stdin().lock()));
    reading.await.unwrap_or_else(|why| Err(Failure::new(Exit::Failed, why.to_string())))
}

/// The line that is typed as the answer to `question`.
///
/// # Errors
/// When whoever is asked gives up, or the terminal can't be read.
pub(super) async fn line(question: &str, output: &mut Output) -> Result<String, Failure> {
    answer(question, true, output).await.map(|typed| typed.trim().to_owned())
}

/// The same, as it is; what is typed does not show.
///
/// # Errors
/// As [`line`].
pub(super) async fn unseen(question: &str, output: &mut Output) -> Result<String, Failure> {
    answer(question, false, output).await
}

async fn answer(question: &str, seen: bool, output: &mut Output) -> Result<String, Failure> {
    let typed = read(question, seen, output).await;
    output.prompt("\n");
    typed.map_err(|why| Failure::new(Exit::Failed, format!("can't read from the terminal: {why}")))?
}

/// Reads keys until an answer is typed. Whoever stops waiting for it leaves what is typed later to others.
async fn read(question: &str, seen: bool, output: &mut Output) -> io::Result<Result<String, Failure>> {
    let mut keys = EventStream::new();
    forget_who_waited()?;
    // Before the question: whoever answers it at once must not see the answer.
    let _raw = RawMode::enter()?;
    output.prompt(&question.replace('\n', "\r\n"));
    output.prompt(if seen { MARK } else { "" });
    let mut typed = String::new();
    loop {
        let Event::Key(key) = keys.next().await.ok_or(io::ErrorKind::UnexpectedEof)?? else { continue };
        let before = typed.len();
        match press(&mut typed, key) {
            Pressed::More if seen && typed.len() > before => output.prompt(&typed[before..]),
            Pressed::More if seen && typed.len() < before => output.prompt(&format!("{BACK}{typed}")),
            Pressed::More => {}
            Pressed::Done => return Ok(Ok(typed)),
            Pressed::GaveUp => return Ok(Err(Failure::new(Exit::Interrupted, GIVEN_UP))),
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

    #[cfg(unix)]
    #[tokio::test]
    async fn a_signal_ends_what_waits_for_standard_input() {
        use rustix::process::{Signal, getpid, kill_process};
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let waits = move |_: &mut dyn BufRead| {
            kill_process(getpid(), Signal::HUP).unwrap();
            held.recv().ok();
            Ok(())
        };
        assert_eq!(unless_ended(input(waits)).await.unwrap_err().exit, Exit::HungUp);
        drop(hold);
    }

    fn type_keys(keys: &[(KeyCode, KeyModifiers)]) -> (String, Pressed) {
        let mut typed = String::new();
        let mut last = Pressed::More;
        for (code, modifiers) in keys {
            last = press(&mut typed, KeyEvent::new(*code, *modifiers));
        }
        (typed, last)
    }

    #[test]
    fn keys_make_a_line() {
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
}
