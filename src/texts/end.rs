//! Why a call ended, as sentences a person can act on.

use crate::domain::call::Direction;
use crate::domain::end_reason::EndReason;

/// What happened, and what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// One sentence: what happened.
    pub what: String,
    /// One sentence: what to do next; empty where there is nothing to do.
    pub advice: &'static str,
}

/// The ending of a call with `who`, as seen by the side whose call was `direction`.
pub fn ending(reason: EndReason, direction: Direction, who: &str) -> Ending {
    let outgoing = direction == Direction::Outgoing;
    let (what, advice) = match reason {
        EndReason::HUNG_UP => ("The call ended normally.".to_owned(), ""),
        EndReason::TRANSFERRED => (format!("You handed {who} on to somebody else."), ""),
        EndReason::PARKED => (format!("You parked the call with {who}."), ""),
        EndReason::MERGED => ("The people of this call are in another one now, all together.".to_owned(), ""),
        EndReason::ENDED_FOR_ALL => ("The call was ended for everybody in it.".to_owned(), ""),
        EndReason::VANISHED => {
            (format!("The connection of {who} was lost and did not come back."), "Call again in a moment.")
        }
        EndReason::CANCELLED if outgoing => ("You gave up before there was an answer.".to_owned(), ""),
        EndReason::CANCELLED => (format!("{who} gave up before you answered."), "Call back if you like."),
        EndReason::FORWARDED => ("It was forwarded, as your rules say.".to_owned(), ""),
        EndReason::PICKED_UP => ("Somebody else picked it up.".to_owned(), ""),
        EndReason::ANSWERED_ELSEWHERE => ("You answered on another of your phones.".to_owned(), ""),
        EndReason::RING_TIMEOUT if outgoing => (format!("{who} did not answer."), "Try again later."),
        EndReason::RING_TIMEOUT => ("You did not answer in time.".to_owned(), "Call back if you like."),
        EndReason::DECLINED if outgoing => (format!("{who} declined the call."), ""),
        EndReason::DECLINED => ("You declined the call.".to_owned(), ""),
        EndReason::BUSY => (format!("{who} is in another call."), "Try again later."),
        EndReason::DO_NOT_DISTURB => (format!("{who} does not want to be disturbed now."), "Try again later."),
        EndReason::OFFLINE => (format!("{who} is offline: no phone is signed in."), "Try when they are online."),
        EndReason::SETUP_TIMEOUT => (
            format!("{who} answered, but the sound never came up."),
            "Call again; if it stays so, run `switchboard doctor`.",
        ),
        EndReason::NO_MEDIA_PATH => (
            "No way was found to carry the sound.".to_owned(),
            "A firewall may block UDP to the service: run `switchboard doctor`.",
        ),
        EndReason::MEDIA_LOST => {
            ("The sound was cut and did not come back.".to_owned(), "Check your network, then call again.")
        }
        EndReason::SERVICE_LOST => {
            ("The service stopped while the call was running.".to_owned(), "Call again once it is back.")
        }
        EndReason::REVOKED => (
            "Your sign-in was ended by whoever runs the service.".to_owned(),
            "Sign in again; if that is refused, ask them.",
        ),
        EndReason { code, sub_code } => return other(code, sub_code),
    };
    Ending { what, advice }
}

/// The same, where it is known whether the two were connected before: what is otherwise said of somebody who did not answer
/// is then about whoever the call went to next.
pub fn ending_of(reason: EndReason, direction: Direction, who: &str, connected: bool) -> Ending {
    let not_taken =
        [EndReason::RING_TIMEOUT, EndReason::DECLINED, EndReason::BUSY, EndReason::DO_NOT_DISTURB, EndReason::OFFLINE];
    if connected && not_taken.contains(&reason) {
        let what = "The call was handed on, and nobody took it.".to_owned();
        return Ending { what, advice: "Call again in a moment." };
    }
    ending(reason, direction, who)
}

/// A reason this program does not give itself: told by the class of its code, and with its numbers.
fn other(code: u16, sub_code: u32) -> Ending {
    let (what, advice) = match code {
        0 => ("The call ended", ""),
        401 | 403 => ("The call was not allowed", "Sign in again, or ask who runs the service."),
        404 => ("There is nobody at this address", "Check the name."),
        408 => ("The call timed out", "Try again."),
        410 => ("The connection was lost", "Check your network, then call again."),
        480 => ("The other side can't be reached now", "Try again later."),
        486 => ("The other side is busy", "Try again later."),
        487 => ("The call was given up before an answer", ""),
        500..600 => ("The service could not carry the call", "Try again; if it stays so, ask who runs the service."),
        603 => ("The call was declined", ""),
        _ => ("The call failed", "Try again."),
    };
    Ending { what: format!("{what} (code {code}/{sub_code})."), advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_sentence() {
        for direction in [Direction::Incoming, Direction::Outgoing] {
            let mut seen = std::collections::BTreeSet::new();
            for reason in EndReason::ALL {
                let ending = ending(*reason, direction, "Bob");
                assert!(ending.what.ends_with('.') && ending.what.is_ascii(), "{ending:?}");
                assert!(!ending.what.contains("code "), "{reason:?} has no sentence of its own");
                assert!(seen.insert(ending.what.clone()), "{reason:?} shares a sentence: {}", ending.what);
            }
        }
    }

    #[test]
    fn who_was_handed_on_and_not_taken_declined_nothing() {
        for direction in [Direction::Incoming, Direction::Outgoing] {
            for reason in [EndReason::DECLINED, EndReason::RING_TIMEOUT, EndReason::OFFLINE] {
                let what = ending_of(reason, direction, "Bob", true).what;
                assert_eq!(what, "The call was handed on, and nobody took it.");
                assert_eq!(ending_of(reason, direction, "Bob", false), ending(reason, direction, "Bob"));
            }
            let hung_up = ending_of(EndReason::HUNG_UP, direction, "Bob", true);
            assert_eq!(hung_up, ending(EndReason::HUNG_UP, direction, "Bob"));
        }
    }

    #[test]
    fn an_unknown_reason_keeps_its_numbers() {
        let ending = ending(EndReason { code: 486, sub_code: 560_486 }, Direction::Outgoing, "Bob");
        assert_eq!(ending.what, "The other side is busy (code 486/560486).");
    }
}
