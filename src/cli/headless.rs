//! A phone without a screen, for headless commands: it prints what happens, and how it went.

use std::path::Path;
use std::time::{Duration, Instant};

use super::account::{self, Acting};
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::json::{Body, ExplainLine, FailedLine, Journal, SummaryLine};
use super::media_flags::MediaFlags;
use super::output::Output;
use super::plain::Plain;
use super::playing::{Playing, Report};
use super::settings::Settings;
use crate::base::signals::EndSignals;
use crate::base::{clock, deadline};
use crate::domain::call::Direction;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::AccountRules;
use crate::domain::id::CallId;
use crate::domain::person::{Friend, Person};
use crate::outside::{Steering, tapped};
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
    start_for(account, media, settings, Calls::one(rings), false)
}

/// What calls are to a phone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calls {
    /// Whether callers are told that it rings.
    pub(crate) rings: bool,
    /// In how many it can be at once.
    pub(crate) most: u8,
}

impl Calls {
    /// One at a time: whoever scripts a call has one in mind.
    pub(crate) fn one(rings: bool) -> Self {
        Self { rings, most: 1 }
    }
}

/// The same; what it remembers may be `kept` for evidence.
fn start_for(
    account: Account,
    media: &MediaFlags,
    settings: &Settings,
    calls: Calls,
    kept: bool,
) -> Result<PhoneLink, Failure> {
    let voice = media.sound.voice(settings)?;
    check_files(&voice.microphone, &voice.speaker, media.record.as_deref())?;
    let record = media.record.clone();
    let groups = settings.in_groups();
    // Of a phone that makes no call there is nothing to prove; it would only push the others out.
    let evidence = kept.then(|| settings.paths.evidence.clone());
    let Calls { rings, most: max_calls } = calls;
    let options = PhoneOptions { max_calls, voice, record, tones: false, rings, groups, evidence };
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
    /// The script is over: all its lines are done, or one failed.
    Played(Played),
}

/// How a script was played: or the line that failed, and why.
pub(crate) type Played = Result<(), Box<(FailedLine, Failure)>>;

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
    steering: Option<Steering>,
    playing: Option<Playing>,
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
            steering: None,
            playing: None,
        })
    }

    /// Carries these lines out from now on, while it waits for what happens.
    pub(crate) fn play(&mut self, mut playing: Playing) {
        if self.was_up {
            // That came before somebody listened here.
            playing.hears(&Event::Link(Link::Up), &[], clock::now());
        }
        self.playing = Some(playing);
    }

    /// Begins no further line.
    pub(crate) fn stop_playing(&mut self) {
        self.playing.iter_mut().for_each(Playing::stop);
    }

    /// What is played.
    pub(crate) fn playing(&self) -> Option<&Playing> {
        self.playing.as_ref()
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
                Woken::Time | Woken::Played(_) => {}
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
                Woken::Time | Woken::Played(_) => {}
            }
        }
    }

    /// The next thing that happens, at `until` at the latest; prints what scripts and people want to know of it.
    pub(crate) async fn next(&mut self, until: Option<Instant>) -> Result<Woken, Failure> {
        loop {
            if let Some(played) = self.goes_on()? {
                return Ok(Woken::Played(played));
            }
            let due = deadline::earlier(until, self.playing.as_ref().and_then(Playing::due));
            let came = tokio::select! {
                biased;
                signal = self.signals.next() => return Ok(Woken::Signal(signal.into())),
                event = self.link.events.recv() => match event {
                    Some(event) => return self.hears(event),
                    None => return Ok(Woken::Ended),
                },
                came = Playing::comes(&mut self.playing) => Some(came),
                () = deadline::sleep_until(due) => None,
            };
            match came {
                Some(came) => {
                    let played = self.playing.as_mut().zip(self.steering.as_ref());
                    let report = played.and_then(|(playing, steering)| playing.takes(came, steering, clock::now()));
                    if let Some(played) = report.map(|report| self.report(report)).transpose()?.flatten() {
                        return Ok(Woken::Played(played));
                    }
                }
                None if until.is_some_and(|until| until <= clock::now()) => return Ok(Woken::Time),
                None => {}
            }
        }
    }

    fn hears(&mut self, event: Event) -> Result<Woken, Failure> {
        match &event {
            Event::Link(Link::Up) => self.was_up = true,
            Event::Rules(rules) => self.rules = rules.clone(),
            Event::Link(Link::Refused { reason }) => return Err(Failure::new(Exit::SignInRefused, reason.clone())),
            _ => {}
        }
        let told = self.print(&event)?;
        if let Some(playing) = &mut self.playing {
            playing.hears(&event, &told, clock::now());
            if let (true, Event::Ended(summary)) = (playing.is_script(), &event) {
                let line = self.print_summary(summary)?;
                self.playing.iter_mut().for_each(|playing| playing.call_ended(line.clone()));
            }
        }
        Ok(Woken::Event(Box::new(event)))
    }

    /// Goes on with what is played as far as that is possible now; says when that is over.
    fn goes_on(&mut self) -> Result<Option<Played>, Failure> {
        loop {
            let Some((playing, steering)) = self.playing.as_mut().zip(self.steering.as_ref()) else { return Ok(None) };
            let Some(report) = playing.goes_on(steering, clock::now()) else { return Ok(None) };
            if let Some(played) = self.report(report)? {
                return Ok(Some(played));
            }
        }
    }

    /// A line that was being carried out when the call ended is answered, too: most likely it ended it.
    pub(crate) async fn answers_the_last_line(&mut self) -> Result<(), Failure> {
        while self.playing.as_ref().is_some_and(Playing::is_asking) {
            let coming = Playing::comes(&mut self.playing);
            let Ok(came) = tokio::time::timeout(END_WITHIN, coming).await else { return Ok(()) };
            let played = self.playing.as_mut().zip(self.steering.as_ref());
            let report = played.and_then(|(playing, steering)| playing.takes(came, steering, clock::now()));
            report.map(|report| self.report(report)).transpose()?;
        }
        self.goes_on().map(|_| ())
    }

    /// Says what became of a line.
    fn report(&mut self, report: Report) -> Result<Option<Played>, Failure> {
        let script = self.playing.as_ref().is_some_and(Playing::is_script);
        match report {
            Report::Done(done) => {
                let text = done.slot.map(|slot| format!(": slot {slot}")).unwrap_or_default();
                self.print_played(&done, script, &format!("done {}: {}{text}", done.line, done.words))?;
                Ok(None)
            }
            Report::Refused(refused, failure) => {
                let text = format!("refused {}: {}: {}", refused.line, refused.words, refused.message);
                self.print_played(&refused, script, &text)?;
                Ok(script.then(|| Err(Box::new((FailedLine::from(&refused), failure)))))
            }
            Report::Over => Ok(Some(Ok(()))),
        }
    }

    /// Of a script it is progress; who types lines wants to read what became of them.
    fn print_played<B: Body>(&mut self, line: &B, script: bool, text: &str) -> Result<(), Failure> {
        if self.output.json() {
            return Ok(self.output.result(&self.journal.line(line, clock::now(), clock::unix_now()))?);
        }
        if script {
            self.output.progress(text);
            return Ok(());
        }
        Ok(self.output.result(text)?)
    }

    /// The last line about a script: JSON, or a sentence.
    pub(crate) fn print_last<B: Body>(&mut self, line: &B, sentence: &str) -> Result<(), Failure> {
        if self.output.json() {
            return Ok(self.output.result(&self.journal.line(line, clock::now(), clock::unix_now()))?);
        }
        Ok(self.output.result(sentence)?)
    }

    /// Prints what the phone told; the names of the lines come back.
    fn print(&mut self, event: &Event) -> Result<Vec<&'static str>, Failure> {
        let lines = if self.output.json() || self.playing.is_some() {
            self.journal.told(event, clock::now(), clock::unix_now())
        } else {
            Vec::new()
        };
        let names = lines.iter().map(|(name, _)| name.as_str()).collect();
        if self.output.json() {
            for (_, line) in lines {
                self.output.result(&line)?;
            }
            return Ok(names);
        }
        match event {
            Event::Link(Link::Down { reason, .. }) if self.was_up => self.output.warning(reason),
            event => self.plain.tell(event, self.output)?,
        }
        Ok(names)
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
    calls: Calls,
    settings: &Settings,
    output: &mut Output,
    work: impl AsyncFnOnce(&mut Session<'_>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let start = |acting: Acting| {
        let tap = settings.tap(&acting.account);
        start_for(acting.account, media, settings, calls, true).map(|link| tapped(link, tap))
    };
    let (link, steering) = match acting.and_then(start) {
        Ok(tapped) => tapped,
        Err(failure) => return no_call(output, failure),
    };
    let mut session = Session { steering: Some(steering), ..Session::new(link, output)? };
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
