//! One call of a headless command, from its start to its summary.

use std::time::{Duration, Instant};

use super::dtmf::Step;
use super::exit::{Exit, Failure};
use super::headless::{Session, Woken};
use super::json::SummaryLine;
use super::media_flags::MediaFlags;
use super::playing::Playing;
use crate::base::{clock, deadline};
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::person::Person;
use crate::phone::command::Command;
use crate::phone::event::{Event, Refusal, Refused, Summary};
use crate::protocol::failure::{self, FailureCode};

/// One call, as it is followed.
pub(crate) struct Conversation<'a> {
    media: &'a MediaFlags,
    call: Option<CallId>,
    /// The tones still to be sent, last first.
    steps: Vec<Step>,
    step_at: Option<Instant>,
    hang_up_at: Option<Instant>,
    connected: bool,
    signalled: Option<Exit>,
    /// Why the call was refused that had begun here: its end is told next.
    refused: Option<Refused>,
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
        Self { media, call, steps, step_at: None, hang_up_at: None, connected: false, signalled: None, refused: None }
    }

    /// Follows the call to its end.
    pub(crate) async fn follow(mut self, session: &mut Session<'_>) -> Result<End, Failure> {
        loop {
            let until = deadline::earlier(self.step_at, self.hang_up_at);
            match session.next(until).await? {
                Woken::Event(event) => {
                    if let Some(end) = self.on_event(*event, session).await {
                        session.answers_the_last_line().await?;
                        return Ok(end);
                    }
                }
                Woken::Time => self.on_time(session).await,
                Woken::Played(_) => {}
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
            // It is the same conversation, with somebody else.
            Event::Moved { call, into } if self.call == Some(call) => self.call = Some(into),
            // The call was over in the same moment: how it ended is told next.
            Event::Refused(refused) if is_late_answer(&refused) => session.output().warning(&refused.why.to_string()),
            Event::Refused(refused) if matches!(refused.what, "call" | "answer" | "join") => {
                if refused.call.is_none() || refused.call != self.call {
                    return Some(End::Refused(refused));
                }
                self.refused = Some(refused);
            }
            Event::Refused(refused) => session.output().warning(&refused.why.to_string()),
            Event::MicrophoneFinished(call) if self.media.hang_up_after.is_none() => {
                session.tell(Command::HangUp(call)).await;
            }
            Event::IncomingEnded { call, from, reason } if Some(call) == self.call => {
                return Some(End::Gone { from, reason });
            }
            Event::Ended(summary) if self.call.is_none_or(|call| call == summary.call) => {
                if let Some(refused) = self.refused.take() {
                    return Some(End::Refused(refused));
                }
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

/// Whether it is an answer that the service took no more: the caller gave up, or another client was quicker.
fn is_late_answer(refused: &Refused) -> bool {
    let over = |failure: &failure::Failure| matches!(failure.code, FailureCode::NotFound | FailureCode::Conflict);
    refused.what == "answer" && matches!(&refused.why, Refusal::Service(failure) if over(failure))
}

impl Session<'_> {
    /// Carries out what comes on standard input from now on, where that is wanted.
    pub(crate) fn listen(&mut self, media: &MediaFlags) {
        if media.stdin {
            self.play(Playing::standard_input());
        }
    }

    /// Says how a call of this user's own went, and what that means for the exit.
    pub(crate) fn conclude(&mut self, end: End, media: &MediaFlags) -> Result<Exit, Failure> {
        match end {
            End::Summary { summary, signalled } => {
                let line = self.print_summary(&summary)?;
                // Where the call's own end does not say so, for the service was heard no more.
                if Exit::of_end(summary.end) != Exit::SignInRefused
                    && let Some(reason) = self.why_turned_away()
                {
                    self.output().warning(&reason);
                    return Ok(Exit::SignInRefused);
                }
                let met = self.playing().is_none_or(|playing| !playing.unmet);
                signalled.map_or_else(|| judge(&line, &summary, media), Ok).map(|exit| match exit {
                    Exit::Done if !met => Exit::ExpectationNotMet,
                    exit => exit,
                })
            }
            End::Refused(refused) => {
                self.note_refused(refused.call);
                Err(Failure::new(Exit::of_command(&refused.why), refused.why.to_string()))
            }
            End::Signal(exit) => Err(Failure::new(exit, "")),
            End::Gone { from, reason } => {
                self.print_gone(&from, reason)?;
                Ok(Exit::of_end(reason))
            }
        }
    }
}

/// The exit for a call's end, unless an expectation was not met.
fn judge(line: &SummaryLine, summary: &Summary, media: &MediaFlags) -> Result<Exit, Failure> {
    let unmet: Vec<String> =
        media.expect.iter().filter_map(|e| e.check(line).err()).map(|unmet| unmet.to_string()).collect();
    if !unmet.is_empty() {
        return Err(Failure::new(Exit::ExpectationNotMet, unmet.join("\n")));
    }
    Ok(Exit::of_end(summary.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_came_too_late_ends_as_the_call_did() {
        let refused = |what, code| {
            let why = Refusal::Service(failure::Failure::new(code, "over"));
            Refused { what, call: None, why }
        };
        assert!(is_late_answer(&refused("answer", FailureCode::NotFound)));
        assert!(is_late_answer(&refused("answer", FailureCode::Conflict)));
        assert!(!is_late_answer(&refused("answer", FailureCode::MediaRefused)));
        assert!(!is_late_answer(&refused("call", FailureCode::NotFound)));
        let unconnected = Refused { what: "answer", call: None, why: Refusal::NotConnected };
        assert!(!is_late_answer(&unconnected));
    }
}
