//! A phone without a screen, for `call` and `wait`: it prints what happens, sends tones, and knows when to hang up.

use std::path::Path;
use std::time::{Duration, Instant};

use super::account;
use super::dtmf::Step;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::json::{Journal, SummaryLine};
use super::media_flags::MediaFlags;
use super::output::Output;
use super::settings::Settings;
use super::signals::Signals;
use crate::base::{clock, deadline};
use crate::domain::call::{CallState, Direction};
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::person::{Friend, Person};
use crate::phone::account::Account;
use crate::phone::audio::device::{SinkChoice, SourceChoice};
use crate::phone::audio::voice::VoiceConfig;
use crate::phone::audio::wav::{WavError, WavReader, WavWriter};
use crate::phone::command::Command;
use crate::phone::event::{Event, Link, Refused, Summary};
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
    let microphone = match &media.mic {
        Some(source) => source.clone(),
        None => settings.microphone()?,
    };
    let speaker = match &media.speaker {
        Some(sink) => sink.clone(),
        None => settings.speaker()?,
    };
    check_files(&microphone, &speaker, media.record.as_deref())?;
    let voice = VoiceConfig { microphone, speaker, ..VoiceConfig::default() };
    let record = media.record.clone();
    let options = PhoneOptions { voice, record, tones: false, rings, groups: settings.in_groups() };
    phone::start(account, options).map_err(|why| Failure::new(Exit::Failed, format!("the phone can't start: {why}")))
}

/// A file that can't be played or written is said before anybody is called.
fn check_files(source: &SourceChoice, sink: &SinkChoice, record: Option<&Path>) -> Result<(), Failure> {
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
    signals: Signals,
    printed: Option<(CallId, CallState)>,
    was_up: bool,
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
        Self::new(start(acting.account, &MediaFlags::silent(), settings, false)?, output)
    }

    pub(crate) fn new(link: PhoneLink, output: &'a mut Output) -> Result<Self, Failure> {
        let signals =
            Signals::take().map_err(|why| Failure::new(Exit::Failed, format!("signals can't be caught: {why}")))?;
        Ok(Self { link, output, journal: Journal::new(clock::now()), signals, printed: None, was_up: false })
    }

    pub(crate) fn output(&mut self) -> &mut Output {
        self.output
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
            exit = self.signals.next() => return Ok(Woken::Signal(exit)),
            () = deadline::sleep_until(until) => return Ok(Woken::Time),
            event = self.link.events.recv() => event,
        };
        let Some(event) = event else { return Ok(Woken::Ended) };
        match &event {
            Event::Link(Link::Up) => self.was_up = true,
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
            Event::Call(view) if self.printed != Some((view.call, view.state)) => {
                self.printed = Some((view.call, view.state));
                self.output.progress(&format!("{}: {}", state::peer(&view.with), state::call(view.state)));
            }
            Event::Incoming(incoming) => {
                self.output.progress(&format!("{} ({}) calls", incoming.from.display_name, incoming.from.name));
            }
            Event::Dtmf { tone, .. } => self.output.result(&format!("dtmf {tone}"))?,
            Event::Warning(text) => self.output.warning(text),
            Event::Link(Link::Down { reason, .. }) if self.was_up => self.output.warning(reason),
            _ => {}
        }
        Ok(())
    }

    /// Prints how a call went, as the last word on it.
    pub(crate) fn print_summary(&mut self, summary: &Summary) -> Result<SummaryLine, Failure> {
        let ending = end::ending(summary.end, summary.direction, state::peer(&summary.with));
        let line = SummaryLine::of_call(summary, format!("{} {}", ending.what, ending.advice).trim().to_owned());
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
            let line = SummaryLine::without_call(failure.exit.as_end(), failure.message.clone());
            self.print_line(&line)?;
        }
        Err(failure)
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
    }
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

/// One call, from its start to its summary.
pub(crate) struct Conversation<'a> {
    media: &'a MediaFlags,
    call: Option<CallId>,
    /// The tones still to be sent, last first.
    steps: Vec<Step>,
    step_at: Option<Instant>,
    hang_up_at: Option<Instant>,
    connected: bool,
    signalled: Option<Exit>,
}

/// Tones follow each other at this distance: the tone and the pause after it (RFC 4733 tones are 100 ms or longer).
const TONE_EVERY: Duration = Duration::from_millis(200);

/// How a conversation ended.
pub(crate) enum End {
    /// The call ended; after a signal, with that signal's code.
    Summary { summary: Box<Summary>, signalled: Option<Exit> },
    /// It did not come about.
    Refused(Refused),
    /// A signal came before there was a call.
    Signal(Exit),
    /// It rang, and stopped without having been answered here.
    Gone { from: Person, reason: EndReason },
}

impl<'a> Conversation<'a> {
    pub(crate) fn new(media: &'a MediaFlags, call: Option<CallId>) -> Self {
        let steps =
            media.dtmf.as_ref().map(|script| script.steps().iter().rev().copied().collect()).unwrap_or_default();
        Self { media, call, steps, step_at: None, hang_up_at: None, connected: false, signalled: None }
    }

    /// Follows the call to its end.
    pub(crate) async fn follow(mut self, session: &mut Session<'_>) -> Result<End, Failure> {
        loop {
            let until = deadline::earlier(self.step_at, self.hang_up_at);
            match session.next(until).await? {
                Woken::Event(event) => {
                    if let Some(end) = self.on_event(*event, session).await {
                        return Ok(end);
                    }
                }
                Woken::Time => self.on_time(session).await,
                Woken::Signal(exit) => match self.call {
                    Some(call) if self.signalled.is_none() => {
                        self.signalled = Some(exit);
                        session.tell(Command::HangUp(call)).await;
                    }
                    _ => return Ok(End::Signal(exit)),
                },
                Woken::Ended => return Err(Failure::new(Exit::Failed, "the phone ended")),
            }
        }
    }

    async fn on_event(&mut self, event: Event, session: &mut Session<'_>) -> Option<End> {
        match event {
            Event::Call(view) => {
                self.call.get_or_insert(view.call);
                if view.state == CallState::Connected && !self.connected {
                    self.on_connected();
                }
            }
            Event::Refused(refused) if matches!(refused.what, "call" | "answer") => return Some(End::Refused(refused)),
            Event::Refused(refused) => session.output().warning(&refused.why.to_string()),
            Event::MicrophoneFinished(call) if self.media.hang_up_after.is_none() => {
                session.tell(Command::HangUp(call)).await;
            }
            Event::IncomingEnded { call, from, reason } if Some(call) == self.call => {
                return Some(End::Gone { from, reason });
            }
            Event::Ended(summary) if self.call.is_none_or(|call| call == summary.call) => {
                return Some(End::Summary { summary: Box::new(summary), signalled: self.signalled });
            }
            _ => {}
        }
        None
    }

    fn on_connected(&mut self) {
        let now = clock::now();
        self.connected = true;
        self.step_at = (!self.steps.is_empty()).then_some(now);
        self.hang_up_at = self.media.hang_up_after.map(|after| now + after);
    }

    async fn on_time(&mut self, session: &mut Session<'_>) {
        let now = clock::now();
        let Some(call) = self.call else { return };
        if self.hang_up_at.is_some_and(|at| at <= now) {
            self.hang_up_at = None;
            return session.tell(Command::HangUp(call)).await;
        }
        let Some(at) = self.step_at.filter(|at| *at <= now) else { return };
        let pause = match self.steps.pop() {
            Some(Step::Press(tone)) => {
                session.tell(Command::Dtmf { call, tone }).await;
                TONE_EVERY
            }
            Some(Step::Wait(pause)) => pause,
            None => Duration::ZERO,
        };
        self.step_at = (!self.steps.is_empty()).then_some(at + pause);
    }
}

/// The exit for a call's end, unless an expectation was not met.
pub(crate) fn judge(line: &SummaryLine, summary: &Summary, media: &MediaFlags) -> Result<Exit, Failure> {
    let unmet: Vec<String> =
        media.expect.iter().filter_map(|e| e.check(line).err()).map(|unmet| unmet.to_string()).collect();
    if !unmet.is_empty() {
        return Err(Failure::new(Exit::ExpectationNotMet, unmet.join("\n")));
    }
    Ok(Exit::of_end(summary.end))
}
