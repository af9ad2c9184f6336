//! How the program exits: the codes scripts depend on, and what goes with them.

use std::io;

use crate::base::signals::EndSignal;
use crate::config;
use crate::domain::end_reason::EndReason;
use crate::phone::event::Refusal;
use crate::protocol::failure::{self, FailureCode, GROUP_FULL};

/// An exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Did what it was told.
    Done = 0,
    /// Another failure.
    Failed = 1,
    /// Wrong usage, or an ambiguous name.
    Usage = 2,
    /// The service can't be reached.
    Unreachable = 3,
    /// The sign-in was refused.
    SignInRefused = 4,
    /// Declined or busy.
    Declined = 5,
    /// No answer, offline, timed out.
    NoAnswer = 6,
    /// The sound failed.
    MediaFailed = 7,
    /// Not admitted, or removed.
    NotAdmitted = 8,
    /// No such person or group, or nobody in it.
    NobodyThere = 9,
    /// An `--expect` was not met.
    ExpectationNotMet = 10,
    /// Another service of the same folder runs (EX_TEMPFAIL of sysexits.h).
    AlreadyRunning = 75,
    /// Ended by SIGHUP (128 + 1).
    HungUp = 129,
    /// Ended by Ctrl-C (128 + SIGINT).
    Interrupted = 130,
    /// Ended by SIGTERM (128 + 15).
    Terminated = 143,
}

impl From<EndSignal> for Exit {
    fn from(signal: EndSignal) -> Self {
        match signal {
            EndSignal::Interrupt => Self::Interrupted,
            EndSignal::Terminate => Self::Terminated,
            EndSignal::HangUp => Self::HungUp,
        }
    }
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The code for a call that ended so, as seen by the side that placed or answered it.
    pub fn of_end(end: EndReason) -> Self {
        match end {
            EndReason::SETUP_TIMEOUT => Self::MediaFailed,
            EndReason::SERVICE_LOST => Self::Unreachable,
            // It rang here, and went on to somebody else.
            EndReason::FORWARDED => Self::NoAnswer,
            end if end.is_normal() => Self::Done,
            EndReason { code: 486 | 600 | 603, .. } => Self::Declined,
            EndReason { code: 408 | 480 | 487, .. } => Self::NoAnswer,
            EndReason { code: 410 | 488, .. } => Self::MediaFailed,
            EndReason { code: 401, .. } => Self::SignInRefused,
            EndReason { code: 403, .. } => Self::NotAdmitted,
            EndReason { code: 404, .. } => Self::NobodyThere,
            _ => Self::Failed,
        }
    }

    /// The end that is told of a call that never began, for programs: the SIP status (RFC 3261 section 21) nearest to
    /// why, without a sub-code.
    pub fn as_end(self) -> EndReason {
        let code = match self {
            Self::Done => 0,
            Self::Usage => 400,
            Self::SignInRefused => 401,
            Self::NotAdmitted => 403,
            Self::NobodyThere => 404,
            Self::NoAnswer => 408,
            Self::HungUp | Self::Interrupted | Self::Terminated => 487,
            Self::MediaFailed => 488,
            Self::Unreachable => 503,
            Self::Declined => 603,
            Self::Failed | Self::ExpectationNotMet | Self::AlreadyRunning => 500,
        };
        EndReason { code, sub_code: 0 }
    }

    /// The code for a refusal of the service.
    pub fn of_refusal(failure: &failure::Failure) -> Self {
        match failure.code {
            FailureCode::Conflict if failure.sub_code == GROUP_FULL => Self::NotAdmitted,
            FailureCode::Unauthenticated | FailureCode::TokenExpired => Self::SignInRefused,
            FailureCode::Forbidden => Self::NotAdmitted,
            FailureCode::NotFound => Self::NobodyThere,
            FailureCode::MediaRefused => Self::MediaFailed,
            FailureCode::Unavailable => Self::Unreachable,
            FailureCode::BadRequest
            | FailureCode::NotUnderstood
            | FailureCode::Conflict
            | FailureCode::TooManyRequests
            | FailureCode::Internal
            | FailureCode::Unknown => Self::Failed,
        }
    }

    /// The code for a command the phone could not carry out.
    pub fn of_command(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Service(failure) => Self::of_refusal(failure),
            Refusal::NotConnected => Self::Unreachable,
            Refusal::NobodyCalled(_) | Refusal::NoGroupCalled(_) => Self::NobodyThere,
            Refusal::Ambiguous { .. } | Refusal::NotAPlace(_) | Refusal::OtherService { .. } => Self::Usage,
            Refusal::NotNow(_) => Self::Failed,
        }
    }
}

/// Why a command did not do what it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The code to exit with.
    pub exit: Exit,
    /// Sentences for a person: what happened and what to do next. Empty when there is nobody left to tell.
    pub message: String,
}

impl Failure {
    /// A failure with its code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// Wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }
}

impl From<config::Error> for Failure {
    fn from(why: config::Error) -> Self {
        Self::usage(why.to_string())
    }
}

impl From<config::Problem> for Failure {
    fn from(why: config::Problem) -> Self {
        Self::usage(why.to_string())
    }
}

/// Failing to print. A reader that went away (`… | head`) saw all it wanted: that is no failure.
impl From<io::Error> for Failure {
    fn from(why: io::Error) -> Self {
        if why.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Done, "");
        }
        Self::new(Exit::Failed, format!("can't print: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_a_contract() {
        let codes = [
            (Exit::Done, 0),
            (Exit::Failed, 1),
            (Exit::Usage, 2),
            (Exit::Unreachable, 3),
            (Exit::SignInRefused, 4),
            (Exit::Declined, 5),
            (Exit::NoAnswer, 6),
            (Exit::MediaFailed, 7),
            (Exit::NotAdmitted, 8),
            (Exit::NobodyThere, 9),
            (Exit::ExpectationNotMet, 10),
            (Exit::AlreadyRunning, 75),
            (Exit::HungUp, 129),
            (Exit::Interrupted, 130),
            (Exit::Terminated, 143),
        ];
        for (exit, code) in codes {
            assert_eq!(exit.code(), code, "{exit:?}");
        }
    }

    #[test]
    fn every_end_of_a_call_has_its_code() {
        for (end, exit) in [
            (EndReason::HUNG_UP, Exit::Done),
            (EndReason::ENDED_FOR_ALL, Exit::Done),
            (EndReason::VANISHED, Exit::Failed),
            (EndReason::DECLINED, Exit::Declined),
            (EndReason::BUSY, Exit::Declined),
            (EndReason::DO_NOT_DISTURB, Exit::Declined),
            (EndReason::CANCELLED, Exit::NoAnswer),
            (EndReason::RING_TIMEOUT, Exit::NoAnswer),
            (EndReason::OFFLINE, Exit::NoAnswer),
            (EndReason::FORWARDED, Exit::NoAnswer),
            (EndReason::PICKED_UP, Exit::NoAnswer),
            (EndReason::SETUP_TIMEOUT, Exit::MediaFailed),
            (EndReason::NO_MEDIA_PATH, Exit::MediaFailed),
            (EndReason::MEDIA_LOST, Exit::MediaFailed),
            (EndReason::SERVICE_LOST, Exit::Unreachable),
            (EndReason { code: 404, sub_code: 0 }, Exit::NobodyThere),
        ] {
            assert_eq!(Exit::of_end(end), exit, "{end:?}");
        }
    }

    #[test]
    fn a_refusal_has_the_code_of_what_was_refused() {
        let full = failure::Failure::new(FailureCode::Conflict, "full").with_sub_code(GROUP_FULL);
        assert_eq!(Exit::of_refusal(&full), Exit::NotAdmitted);
        assert_eq!(Exit::of_refusal(&failure::Failure::new(FailureCode::Conflict, "in it already")), Exit::Failed);
        assert_eq!(
            Exit::of_refusal(&failure::Failure::new(FailureCode::NotFound, "nobody is in it")),
            Exit::NobodyThere
        );
        let other = Refusal::OtherService { origin: "http://h:1".to_owned() };
        assert_eq!(Exit::of_command(&other), Exit::Usage);
        assert_eq!(Exit::of_command(&Refusal::NoGroupCalled("x".to_owned())), Exit::NobodyThere);
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        assert_eq!(Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)).exit, Exit::Done);
        assert_eq!(Failure::from(io::Error::from(io::ErrorKind::StorageFull)).exit, Exit::Failed);
    }
}
