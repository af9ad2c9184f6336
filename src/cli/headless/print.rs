//! What a phone without a screen prints: what it tells, what became of lines, how calls went and why.

use super::{Played, Session};
use crate::base::clock;
use crate::cli::exit::{Exit, Failure};
use crate::cli::json::{Body, ExplainLine, FailedLine, SummaryLine};
use crate::cli::playing::{Playing, Report};
use crate::domain::call::Direction;
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::person::Person;
use crate::phone::event::{Event, Link, Summary};
use crate::phone::evidence::story::Explanation;
use crate::texts::{end, state};

impl Session<'_> {
    /// Says what became of a line.
    pub(super) fn report(&mut self, report: Report) -> Result<Option<Played>, Failure> {
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
    pub(super) fn print(&mut self, event: &Event) -> Result<Vec<&'static str>, Failure> {
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
}
