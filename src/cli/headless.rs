//! A phone without a screen, for headless commands: it prints what happens, and how it went.

use std::path::Path;
use std::time::{Duration, Instant};

use super::account::{self, Acting};
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::json::{ExplainLine, Journal, SummaryLine};
use super::media_flags::MediaFlags;
use super::output::Output;
use super::plain::Plain;
use super::settings::Settings;
use crate::base::signals::EndSignals;
use crate::base::{clock, deadline};
use crate::domain::call::Direction;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::AccountRules;
use crate::domain::id::CallId;
use crate::domain::person::{Friend, Person};
use crate::outside::tapped;
use crate::phone::account::Account;
use crate::phone::audio::device::{SinkChoice, SourceChoice};
use crate::phone::audio::wav::{WavError, WavReader, WavWriter};
use crate::phone::command::Command;
use crate::phone::event::{Event, Link, Refused, Summary};
use crate::phone::evidence::story::Explanation;
use crate::phone::{self, PhoneLink, PhoneOptions};
use crate::texts::{end, state};

/// How long a call may take to end once it was hung up.
const END_WITHIN: Duration = Duration::from_secs(3);

/// Starts a phone with the sound of the flags, or else of the settings.
pub(crate) fn start(
    account: Account,
    media: &MediaFlags,
    settings: &Settings,
    rings: bool,
) -> Result<PhoneLink, Failure> {
    start_keeping(account, media, settings, rings, false)
}

/// The same; what it remembers may be `kept` for evidence.
fn start_keeping(
    account: Account,
    media: &MediaFlags,
    settings: &Settings,
    rings: bool,
    kept: bool,
) -> Result<PhoneLink, Failure> {
    let voice = media.sound.voice(settings)?;
    check_files(&voice.microphone, &voice.speaker, media.record.as_deref())?;
    let record = media.record.clone();
    let groups = settings.in_groups();
    // Of a phone that makes no call there is nothing to prove; it would only push the others out.
    let evidence = kept.then(|| settings.paths.evidence.clone());
    // One at a time: whoever scripts a call has one in mind.
    let options = PhoneOptions { max_calls: 1, voice, record, tones: false, rings, groups, evidence };
    phone::start(account, options).map_err(|why| Failure::new(Exit::Failed, format!("the phone can't start: {why}")))
}

/// A file that can't be played or written is said before anybody is called.
pub(crate) fn check_files(source: &SourceChoice, sink: &SinkChoice, record: Option<&Path>) -> Result<(), Failure> {
    let unusable = |why: WavError| Failure::usage(why.to_string());
    if let SourceChoice::File(path) = source {
        WavReader::open(path).map_err(unusable)?;
    }
    if let SinkChoice::File(path) = sink {
        WavWriter::create(path, 1).map_err(unusable)?;
    }
    if let Some(path) = record {
        WavWriter::create(path, 2).map_err(unusable)?;
    }
    Ok(())
}

/// Something to wait for.
pub(crate) enum Woken {
    /// The phone told something; its line is printed already.
    Event(Box<Event>),
    /// A signal asks to end.
    Signal(Exit),
    /// The phone has ended.
    Ended,
    /// The time that was waited for has come.
    Time,
}

/// A phone, what is printed of it, and the signals.
pub(crate) struct Session<'a> {
    link: PhoneLink,
    output: &'a mut Output,
    journal: Journal,
    plain: Plain,
    signals: EndSignals,
    was_up: bool,
    rules: AccountRules,
    /// A call that was refused, to be explained.
    refused: Option<CallId>,
}

impl<'a> Session<'a> {
    /// A phone for commands that make no call.
    ///
    /// # Errors
    /// When nobody is signed in, the service can't be reached, or it refuses.
    pub(crate) async fn without_sound(
        globals: &Globals,
        settings: &Settings,
        output: &'a mut Output,
    ) -> Result<Self, Failure> {
        let acting = account::acting(globals, settings, false, false).await?;
        let session = Self::new(start(acting.account, &MediaFlags::silent(), settings, false)?, output)?;
        let journal = Journal::new(clock::now()).without_rules();
        Ok(Self { journal, ..session })
    }

    pub(crate) fn new(link: PhoneLink, output: &'a mut Output) -> Result<Self, Failure> {
        let signals =
            EndSignals::take().map_err(|why| Failure::new(Exit::Failed, format!("signals can't be caught: {why}")))?;
        Ok(Self {
            link,
            output,
            journal: Journal::new(clock::now()),
            plain: Plain::default(),
            signals,
            was_up: false,
            rules: AccountRules::default(),
            refused: None,
        })
    }

    pub(crate) fn output(&mut self) -> &mut Output {
        self.output
    }

    /// The rules of the account, as they were told last: before the friends, at first.
    pub(crate) fn rules(&self) -> &AccountRules {
        &self.rules
    }

    pub(crate) async fn tell(&self, command: Command) {
        // A phone that has ended says so by its events.
        self.link.commands.send(command).await.ok();
    }

    /// Waits until the phone has its friends: names can be called from then on.
    ///
    /// # Errors
    /// When the service can't be reached at once, or refuses.
    pub(crate) async fn ready(&mut self) -> Result<Vec<Friend>, Failure> {
        loop {
            match self.next(None).await? {
                Woken::Event(event) => match *event {
                    Event::Friends(friends) => return Ok(friends),
                    Event::Link(Link::Down { reason, .. }) if !self.was_up => {
                        return Err(Failure::new(Exit::Unreachable, reason));
                    }
                    _ => {}
                },
                Woken::Signal(exit) => return Err(Failure::new(exit, "")),
                Woken::Ended => return Err(Failure::new(Exit::Failed, "the phone ended")),
                Woken::Time => {}
            }
        }
    }

    /// Waits for the answer that `pick` picks; a refusal becomes a failure with its exit code.
    pub(crate) async fn answer<T>(
        &mut self,
        pick: impl Fn(&Event) -> Option<Result<T, Refused>>,
    ) -> Result<T, Failure> {
        loop {
            match self.next(None).await? {
                Woken::Event(event) => match pick(&event) {
                    Some(Ok(answer)) => return Ok(answer),
                    Some(Err(refused)) => {
                        return Err(Failure::new(Exit::of_command(&refused.why), refused.why.to_string()));
                    }
                    None => {}
                },
                Woken::Signal(exit) => return Err(Failure::new(exit, "")),
                Woken::Ended => return Err(Failure::new(Exit::Failed, "the phone ended")),
                Woken::Time => {}
            }
        }
    }

    /// The next thing that happens, at `until` at the latest; prints what scripts and people want to know of it.
    pub(crate) async fn next(&mut self, until: Option<Instant>) -> Result<Woken, Failure> {
        let event = tokio::select! {
            signal = self.signals.next() => return Ok(Woken::Signal(signal.into())),
            () = deadline::sleep_until(until) => return Ok(Woken::Time),
            event = self.link.events.recv() => event,
        };
        let Some(event) = event else { return Ok(Woken::Ended) };
        match &event {
            Event::Link(Link::Up) => self.was_up = true,
            Event::Rules(rules) => self.rules = rules.clone(),
            Event::Link(Link::Refused { reason }) => return Err(Failure::new(Exit::SignInRefused, reason.clone())),
            _ => {}
        }
        self.print(&event)?;
        Ok(Woken::Event(Box::new(event)))
    }

    fn print(&mut self, event: &Event) -> Result<(), Failure> {
        if self.output.json() {
            for line in self.journal.lines(event, clock::now(), clock::unix_now()) {
                self.output.result(&line)?;
            }
            return Ok(());
        }
        match event {
            Event::Link(Link::Down { reason, .. }) if self.was_up => self.output.warning(reason),
            event => self.plain.tell(event, self.output)?,
        }
        Ok(())
    }

    /// Prints how a call went, as the last word on it.
    pub(crate) fn print_summary(&mut self, summary: &Summary) -> Result<SummaryLine, Failure> {
        let (with, connected) = (state::peer(&summary.with), summary.connected_for.is_some());
        let ending = end::ending_of(summary.end, summary.direction, with, connected);
        let reason = format!("{} {}", ending.what, ending.advice).trim().to_owned();
        let mut line = SummaryLine::of_call(summary, reason);
        line.explain = self.explained(self.link.recorder.explain(summary.call));
        self.print_line(&line)?;
        Ok(line)
    }

    /// Prints how a call went that was not answered here.
    pub(crate) fn print_gone(&mut self, from: &Person, reason: EndReason) -> Result<(), Failure> {
        let ending = end::ending(reason, Direction::Incoming, from.display_name.as_str());
        self.print_line(&SummaryLine::without_call(reason, ending.what))
    }

    /// A failure before there was a call: its summary is the last line all the same.
    pub(crate) fn failed(&mut self, failure: Failure) -> Result<Exit, Failure> {
        let met = failure.exit != Exit::ExpectationNotMet;
        if met && self.output.json() {
            let mut line = SummaryLine::without_call(failure.exit.as_end(), failure.message.clone());
            let why = self.why();
            line.explain = self.explained(why);
            self.print_line(&line)?;
        } else if failure.exit == Exit::Unreachable || self.refused.is_some() {
            let why = self.why();
            self.explained(why);
        }
        Err(failure)
    }

    /// The service, or this phone, refused what was asked, perhaps about a call.
    pub(crate) fn note_refused(&mut self, call: Option<CallId>) {
        self.refused = call;
    }

    /// Why there was no call: the one that was refused, or else the connection.
    fn why(&self) -> Option<Explanation> {
        let recorder = &self.link.recorder;
        self.refused.and_then(|call| recorder.explain(call)).or_else(|| recorder.explain_link())
    }

    /// Says why something went wrong, if it did; for the summary of `--json` it comes back.
    fn explained(&mut self, why: Option<Explanation>) -> Option<ExplainLine> {
        let why = why?;
        if !self.output.json() {
            self.output.progress(&format!("likely cause: {}", why.cause));
            self.output.progress(&format!("next: {}", why.next));
            self.output.progress(&why.time_line("->"));
        }
        Some(ExplainLine::from(&why))
    }

    fn print_line(&mut self, line: &SummaryLine) -> Result<(), Failure> {
        if self.output.json() {
            let text = self.journal.summary(line, clock::now(), clock::unix_now());
            return Ok(self.output.result(&text)?);
        }
        let audio = &line.audio;
        let talk = if line.connected {
            format!(" It lasted {:.1} s; {:.1} s of sound were heard.", line.seconds, audio.heard_ms as f64 / 1000.0)
        } else {
            String::new()
        };
        Ok(self.output.result(&format!("{}{talk}", line.end.reason))?)
    }

    /// Tells the phone to quit and waits until it has.
    pub(crate) async fn quit(mut self) {
        self.tell(Command::Quit).await;
        let ended = async { while self.link.events.recv().await.is_some() {} };
        tokio::time::timeout(END_WITHIN, ended).await.ok();
        self.link.recorder.flush();
    }
}

/// Does `work` with the phone of `acting`, and lets it end: a failure on the way has its summary, too.
///
/// # Errors
/// When there is no phone to do it with, or `work` fails.
pub(crate) async fn with_phone(
    acting: Result<Acting, Failure>,
    media: &MediaFlags,
    rings: bool,
    settings: &Settings,
    output: &mut Output,
    work: impl AsyncFnOnce(&mut Session<'_>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let start = |acting: Acting| {
        let tap = settings.tap(&acting.account);
        start_keeping(acting.account, media, settings, rings, true).map(|link| tapped(link, tap))
    };
    let link = match acting.and_then(start) {
        Ok(link) => link,
        Err(failure) => return no_call(output, failure),
    };
    let mut session = Session::new(link, output)?;
    let done = match work(&mut session).await {
        Ok(exit) => Ok(exit),
        Err(failure) => session.failed(failure),
    };
    session.quit().await;
    done
}

/// A command that failed before there was a phone: with `--json` the summary is the last line all the same.
pub(crate) fn no_call(output: &mut Output, failure: Failure) -> Result<Exit, Failure> {
    if output.json() {
        let now = clock::now();
        let line = SummaryLine::without_call(failure.exit.as_end(), failure.message.clone());
        output.result(&Journal::new(now).summary(&line, now, clock::unix_now()))?;
    }
    Err(failure)
}
