//! Lines that a headless phone carries out while it does what it was started for: of a script, or of standard input.

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader, stdin};
use tokio::sync::{mpsc, oneshot};

use super::ctl;
use super::exit::{Exit, Failure};
use super::expect::{Expectation, NotAnExpectation};
use super::json::{DoneLine, EventName, FailedLine, RefusedLine, SummaryLine};
use crate::base::task;
use crate::domain::id::CallId;
use crate::domain::text::printable;
use crate::outside::Steering;
use crate::outside::line::{Asked, Done, Told};
use crate::outside::order::Order;
use crate::outside::script::parse::{self, Known, LONGEST};
use crate::outside::script::player::{Begun, Player};
use crate::outside::script::{Line, Step};
use crate::phone::event::Event;
use crate::texts::outside;

/// What a script may name that is known here.
pub(crate) const KNOWN: Known = Known { events: EventName::TOLD, expectation };

fn expectation(text: &str) -> Result<(), String> {
    text.parse::<Expectation>().map(|_| ()).map_err(|why| why.to_string())
}

/// Where the lines come from.
#[derive(Debug)]
enum Source {
    /// All are known, and the first that fails ends it.
    Script(VecDeque<Line>),
    /// They are read one after the other, and one that fails is only said to.
    Input { lines: mpsc::Receiver<String>, read: usize },
    /// Nothing more comes.
    Nothing,
}

/// Lines being carried out.
#[derive(Debug)]
pub(crate) struct Playing {
    player: Player,
    source: Source,
    script: bool,
    line: Option<Line>,
    answer: Option<oneshot::Receiver<Told>>,
    /// The call that ended last.
    ended: Option<SummaryLine>,
    /// How many lines were done.
    pub(crate) done: usize,
    /// Whether a wait, or an expectation, of a line of standard input was not met.
    pub(crate) unmet: bool,
}

/// What became of a line.
#[derive(Debug)]
pub(crate) enum Report {
    Done(DoneLine),
    Refused(RefusedLine, Failure),
    /// The last line of a script is done.
    Over,
}

/// Something that lines wait for, beside what the phone tells.
#[derive(Debug)]
pub(crate) enum Came {
    /// What the phone was asked is answered.
    Answer(Told),
    /// Another line was typed; `None` at the end of the input.
    Typed(Option<String>),
}

impl Playing {
    /// Plays a script.
    pub(crate) fn script(lines: Vec<Line>) -> Self {
        Self::of(Source::Script(lines.into()))
    }

    /// Carries out what is typed on standard input from now on.
    pub(crate) fn standard_input() -> Self {
        let (to, lines) = mpsc::channel(1);
        task::spawn("input", read(stdin(), to));
        Self::of(Source::Input { lines, read: 0 })
    }

    fn of(source: Source) -> Self {
        let (player, script) = (Player::default(), matches!(source, Source::Script(_)));
        Self { player, source, script, line: None, answer: None, ended: None, done: 0, unmet: false }
    }

    /// Whether the first line that fails ends it.
    pub(crate) fn is_script(&self) -> bool {
        self.script
    }

    /// Whether the phone was asked for something, and has not answered yet.
    pub(crate) fn is_asking(&self) -> bool {
        self.answer.is_some()
    }

    /// Begins no further line.
    pub(crate) fn stop(&mut self) {
        self.source = Source::Nothing;
        self.player.over();
        (self.line, self.answer) = (None, None);
    }

    /// The phone told something, as lines of these names.
    pub(crate) fn hears(&mut self, event: &Event, told: &[&'static str], now: Instant) {
        self.player.hears(event, told, now);
    }

    /// A call ended, and this is how it went.
    pub(crate) fn call_ended(&mut self, summary: SummaryLine) {
        self.ended = Some(summary);
    }

    /// When to go on though nothing happens.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.player.due()
    }

    /// The calls that are still there.
    pub(crate) fn calls(&self) -> Vec<CallId> {
        self.player.calls()
    }

    /// Waits for an answer, or for another line; for ever where neither can come.
    pub(crate) async fn comes(playing: &mut Option<Self>) -> Came {
        let Some(playing) = playing else { return std::future::pending().await };
        if let Some(answer) = &mut playing.answer {
            // A phone that ended says so by its events.
            return match answer.await {
                Ok(told) => Came::Answer(told),
                Err(_) => std::future::pending().await,
            };
        }
        match &mut playing.source {
            Source::Input { lines, .. } if playing.line.is_none() => Came::Typed(lines.recv().await),
            Source::Input { .. } | Source::Script(_) | Source::Nothing => std::future::pending().await,
        }
    }

    /// Takes in what came.
    pub(crate) fn takes(&mut self, came: Came, steering: &Steering, now: Instant) -> Option<Report> {
        match came {
            Came::Answer(told) => {
                self.answer = None;
                self.player.over();
                match told {
                    Told::Done(done) => self.is_done(&done),
                    Told::Refused(refused) => self.is_refused(ctl::failed(&refused)),
                    _ => self.is_done(&Done::default()),
                }
            }
            Came::Typed(None) => {
                // Nothing more comes; the call goes on to its end.
                self.source = Source::Nothing;
                None
            }
            Came::Typed(Some(text)) => self.typed(&text, steering, now),
        }
    }

    fn typed(&mut self, text: &str, steering: &Steering, now: Instant) -> Option<Report> {
        let Source::Input { read, .. } = &mut self.source else { return None };
        *read += 1;
        match parse::line(*read, text, KNOWN) {
            Ok(None) => None,
            Ok(Some(line)) => {
                let another = matches!(&line.step, Step::Order(asked) if begins(&asked.order));
                if another {
                    self.line = Some(line);
                    return self.is_refused(Failure::new(Exit::Failed, outside::ONE_CALL));
                }
                self.begin(line, steering, now)
            }
            Err(mistake) => {
                let words = printable(text.trim(), LONGEST);
                let failure = Failure::usage(mistake.to_string());
                let (line, exit, message) = (mistake.line, failure.exit.code(), failure.message.clone());
                Some(Report::Refused(RefusedLine { line, words, exit, message }, failure))
            }
        }
    }

    /// Goes on as far as that is possible now.
    pub(crate) fn goes_on(&mut self, steering: &Steering, now: Instant) -> Option<Report> {
        match self.player.outcome(now) {
            Some(Ok(())) => return self.is_done(&Done::default()),
            Some(Err(why)) => return self.is_refused(Failure::new(Exit::ExpectationNotMet, why)),
            None if !self.player.is_idle() => return None,
            None => {}
        }
        let Source::Script(lines) = &mut self.source else { return None };
        let Some(line) = lines.pop_front() else {
            self.source = Source::Nothing;
            return Some(Report::Over);
        };
        self.begin(line, steering, now)
    }

    fn begin(&mut self, line: Line, steering: &Steering, now: Instant) -> Option<Report> {
        let begun = self.player.begin(&line.step, now);
        self.line = Some(line);
        match begun {
            Begun::Wait => None,
            Begun::Ask(asked) => {
                self.answer = Some(steering.ask(Asked { id: 1, ..asked }));
                None
            }
            Begun::Check(expression) => {
                self.player.over();
                match self.check(&expression) {
                    Ok(()) => self.is_done(&Done::default()),
                    Err(why) => self.is_refused(Failure::new(Exit::ExpectationNotMet, why)),
                }
            }
        }
    }

    fn check(&self, expression: &str) -> Result<(), String> {
        let expectation: Expectation = expression.parse().map_err(|why: NotAnExpectation| why.to_string())?;
        let summary = self.ended.as_ref().ok_or_else(|| outside::NO_CALL_ENDED.to_owned())?;
        expectation.check(summary).map_err(|unmet| unmet.to_string())
    }

    fn is_done(&mut self, done: &Done) -> Option<Report> {
        let line = self.line.take()?;
        self.done += 1;
        let (call_id, slot) = (done.call_id, done.slot);
        Some(Report::Done(DoneLine { line: line.number, words: line.words, call_id, slot }))
    }

    fn is_refused(&mut self, failure: Failure) -> Option<Report> {
        let line = self.line.take()?;
        if self.script {
            self.source = Source::Nothing;
        }
        self.unmet |= failure.exit == Exit::ExpectationNotMet;
        let (exit, message) = (failure.exit.code(), failure.message.clone());
        Some(Report::Refused(RefusedLine { line: line.number, words: line.words, exit, message }, failure))
    }
}

impl From<&RefusedLine> for FailedLine {
    fn from(refused: &RefusedLine) -> Self {
        let RefusedLine { line, words, message, .. } = refused;
        Self { line: *line, words: words.clone(), message: message.clone() }
    }
}

/// Whether it makes another call beside the one there is.
fn begins(order: &Order) -> bool {
    matches!(order, Order::Call { .. } | Order::Join { .. } | Order::Consult { .. } | Order::PickUp { .. })
}

/// Reads lines, of a length that is bounded.
async fn read(from: impl AsyncRead + Unpin, to: mpsc::Sender<String>) {
    let mut from = BufReader::new(from);
    while let Ok(Some(line)) = next_line(&mut from).await {
        let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
        if to.send(text).await.is_err() {
            return;
        }
    }
}

/// The next line. Of one that is too long there is enough for that to be said, and the rest is no line of its own.
async fn next_line(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let most = u64::try_from(LONGEST + 2).unwrap_or(u64::MAX);
    let mut line = Vec::new();
    if (&mut *from).take(most).read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    let mut ends = line.ends_with(b"\n");
    while !ends {
        let mut rest = Vec::new();
        ends = (&mut *from).take(most).read_until(b'\n', &mut rest).await? == 0 || rest.ends_with(b"\n");
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_too_long_for_a_line_makes_no_others() {
        let text = format!("mute\r\n{}\nhangup\nhold", "x".repeat(2 * LONGEST) + " hangup");
        let (to, mut lines) = mpsc::channel(8);
        read(text.as_bytes(), to).await;
        assert_eq!(lines.recv().await.as_deref(), Some("mute"));
        assert!(lines.recv().await.is_some_and(|line| line.len() > LONGEST));
        assert_eq!(lines.recv().await.as_deref(), Some("hangup"));
        assert_eq!(lines.recv().await.as_deref(), Some("hold"));
        assert_eq!(lines.recv().await, None);
    }
}
