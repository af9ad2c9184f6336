//! Plain mode's input and output: lines in, lines out. Everything else is decided by `update`.

use std::collections::VecDeque;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::Plain;
use crate::base::{clock, deadline, task};
use crate::outside::Steering;
use crate::phone::PhoneLink;
use crate::phone::command::Command;
use crate::terminal::errands::{Errands, Run};
use crate::terminal::job;
use crate::terminal::message::{Copied, Effect, Message};
use crate::terminal::model::{Model, ScreenOptions};
use crate::terminal::run::{Hands, Left, ScreenError, Shot, Signals, Woken, heard, leave};
use crate::terminal::update::update;
use crate::texts::plain;

/// How long the loop sleeps at most while something is due: the wall clock may be set back meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// The longest line that is read, in bytes; what is longer is cut there.
const LONGEST_LINE: u64 = 4096;

/// How many lines may wait to be taken in.
const TYPED: usize = 16;

/// How many lines are kept for evidence.
const KEPT: usize = 500;

/// Runs the phone in plain mode until the person leaves, the phone stops, nobody reads what is told, or a signal comes. The
/// phone is told to quit on every way out.
///
/// # Errors
/// When settings can't be used, or lines can't be read or told for another reason than that nobody reads them.
pub async fn run(
    mut link: PhoneLink,
    options: ScreenOptions,
    hands: Hands,
    steering: Steering,
) -> Result<Left, ScreenError> {
    let model = Model::new(&ScreenOptions { plain: true, ..options }, false, clock::unix_now())?;
    let signals = Signals::listen()?;
    let lines = Loop {
        model,
        plain: Plain::default(),
        told: VecDeque::new(),
        typed: read()?,
        errands: Errands::new(hands, steering.clone()),
        signals,
        link: &mut link,
    };
    let left = match lines.run().await {
        // Nobody reads what is told any more.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Left::NoTerminal),
        left => left.map_err(ScreenError::from),
    };
    leave(link, &steering).await;
    left
}

struct Loop<'a> {
    model: Model,
    plain: Plain,
    /// The last lines told.
    told: VecDeque<String>,
    typed: mpsc::Receiver<Message>,
    errands: Errands,
    signals: Signals,
    link: &'a mut PhoneLink,
}

impl Loop<'_> {
    async fn run(mut self) -> io::Result<Left> {
        if let Some(left) = self.take(Message::Tick(clock::unix_now()))? {
            return Ok(left);
        }
        loop {
            let wake_at = self.wake_at();
            let woken = tokio::select! {
                biased;
                woken = self.signals.next() => woken,
                event = self.link.events.recv() => heard(event),
                // Its thread tells of the end before it goes.
                Some(message) = self.typed.recv() => Woken::Message(message),
                run = self.errands.next() => Woken::Run(run),
                () = deadline::sleep_until(wake_at) => Woken::Message(Message::Tick(clock::unix_now())),
            };
            let left = match woken {
                Woken::Message(message) => self.take(message)?,
                Woken::Run(Run::Done(message)) => self.take(message)?,
                // The terminal has no clipboard that could be asked without an escape sequence.
                Woken::Run(Run::Copied(Copied::Terminal, text)) => {
                    self.tell(vec![plain::not_copied(&text)]).map(|()| None)?
                }
                Woken::Run(Run::Copied(by, _)) => self.take(Message::Copied(by))?,
                Woken::Continued => None,
                Woken::Leave(left) => Some(left),
            };
            if let Some(left) = left {
                return Ok(left);
            }
        }
    }

    /// When to wake though nothing comes.
    fn wake_at(&self) -> Option<Instant> {
        let at = self.model.next_due()?;
        let millis = u64::try_from(at.since(clock::unix_now())).unwrap_or(0);
        Some(clock::now() + Duration::from_millis(millis).min(LONGEST_SLEEP))
    }

    /// Takes a message in, tells what is new, and does what is to be done.
    fn take(&mut self, message: Message) -> io::Result<Option<Left>> {
        let tick = Message::Tick(clock::unix_now());
        let more = (!matches!(message, Message::Tick(_))).then_some(message);
        for message in [tick].into_iter().chain(more) {
            let effects = update(&mut self.model, message);
            let lines = self.plain.tell(&self.model, &effects);
            self.tell(lines)?;
            for effect in effects {
                if let Some(left) = self.carry_out(effect)? {
                    return Ok(Some(left));
                }
            }
        }
        Ok(None)
    }

    fn tell(&mut self, lines: Vec<String>) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        for line in lines {
            writeln!(out, "{line}")?;
            if self.told.len() == KEPT {
                self.told.pop_front();
            }
            self.told.push_back(line);
        }
        out.flush()
    }

    fn carry_out(&mut self, effect: Effect) -> io::Result<Option<Left>> {
        match effect {
            Effect::Phone(command) => self.send(command)?,
            Effect::Copy(text) => self.errands.copy(text),
            Effect::Export { file, table } => self.errands.export(file, table),
            Effect::RecordScript(Some(file)) => self.errands.record_script(file),
            Effect::RecordScript(None) => return self.take(self.errands.stop_recording()),
            Effect::Explain(call) => {
                let why = self.link.recorder.explain(call).map(Box::new);
                return self.take(Message::Explained(call, why));
            }
            Effect::Evidence => {
                let screen = self.told.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
                self.errands.collect(Shot { entries: self.link.recorder.snapshot(), screen });
            }
            Effect::Suspend => job::stop()?,
            Effect::Quit => return Ok(Some(Left::Quit)),
            Effect::Bell => bell()?,
            Effect::SignOut(who) => self.errands.sign_out(who),
            Effect::GoOn(go_on) => return Ok(Some(Left::GoOn(go_on))),
            // Told already; or for pictures and titles alone.
            Effect::Tell(_)
            | Effect::AskReleases
            | Effect::Title(_)
            | Effect::Notify(_)
            | Effect::Look(_)
            | Effect::Repaint => {}
        }
        Ok(None)
    }

    /// Tells the phone without waiting; that it is busy is told.
    fn send(&mut self, command: Command) -> io::Result<()> {
        if self.link.commands.try_send(command).is_err() {
            update(&mut self.model, Message::PhoneBusy);
            let lines = self.plain.tell(&self.model, &[]);
            self.tell(lines)?;
        }
        Ok(())
    }
}

/// Rings the terminal's bell, if there is one: in a file it would be a stray byte.
fn bell() -> io::Result<()> {
    let mut out = io::stdout();
    if out.is_terminal() {
        out.write_all(crate::terminal::alert::BELL)?;
        out.flush()?;
    }
    Ok(())
}

/// Reads lines on a thread of its own, which ends with the program: reading can't be given up.
fn read() -> io::Result<mpsc::Receiver<Message>> {
    let (tell, typed) = mpsc::channel(TYPED);
    task::thread("typed lines", move || {
        let input = io::stdin();
        let asks = input.is_terminal();
        read_all(&mut input.lock(), asks, |message| tell.blocking_send(message).is_ok());
    })?;
    Ok(typed)
}

/// Tells every line of `input`, and its end. Where a person types, `asks`, the first end (Ctrl-D) is the word for leaving, which
/// may be asked about.
fn read_all(input: &mut impl BufRead, asks: bool, mut tell: impl FnMut(Message) -> bool) {
    let mut asked = false;
    loop {
        let message = match next_line(input) {
            Ok(Some(line)) => {
                asked = false;
                Message::Line(line)
            }
            Ok(None) if asks && !std::mem::replace(&mut asked, true) => Message::Line("quit".to_owned()),
            Ok(None) | Err(_) => Message::InputEnded,
        };
        let over = message == Message::InputEnded;
        if !tell(message) || over {
            return;
        }
    }
}

/// The next line; what is longer than a line can be is left out.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let mut rest = line.clone();
    while rest.last() != Some(&b'\n') && !rest.is_empty() {
        rest.clear();
        input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut rest)?;
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &[u8], asks: bool) -> Vec<Message> {
        let mut messages = Vec::new();
        read_all(&mut io::Cursor::new(text), asks, |message| {
            messages.push(message);
            true
        });
        messages
    }

    fn line(text: &str) -> Message {
        Message::Line(text.to_owned())
    }

    #[test]
    fn lines_are_told_and_then_their_end() {
        assert_eq!(typed(b"call bob\nhangup", false), [line("call bob\n"), line("hangup"), Message::InputEnded]);
        assert_eq!(typed(b"", false), [Message::InputEnded]);
    }

    #[test]
    fn who_types_is_asked_at_the_first_end_and_not_at_the_second() {
        assert_eq!(typed(b"hold\n", true), [line("hold\n"), line("quit"), Message::InputEnded]);
    }

    #[test]
    fn a_line_without_an_end_is_cut_and_what_follows_it_is_read() {
        let mut text = vec![b'x'; 100_000];
        text.extend(b"\n\xff\nmute\n");
        let told = typed(&text, false);
        assert_eq!(told[1..], [line("\u{fffd}\n"), line("mute\n"), Message::InputEnded]);
        assert_eq!(told[0], line(&"x".repeat(usize::try_from(LONGEST_LINE).unwrap())));
    }

    #[test]
    fn nobody_reads_on_for_nobody() {
        let mut count = 0;
        read_all(&mut io::Cursor::new(b"a\nb\n"), true, |_| {
            count += 1;
            false
        });
        assert_eq!(count, 1);
    }
}
