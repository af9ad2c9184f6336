//! Why something was refused, as sentences a person can act on.

use crate::domain::person::Person;
use crate::domain::text::printable;
use crate::protocol::failure::{Failure, FailureCode};

/// The longest text of a service that is shown, in characters.
const LONGEST: usize = 300;

/// There is no connection to the service.
pub const NOT_CONNECTED: &str = "There is no connection to the service now. It comes back by itself; try again then.";

/// Nobody has this name.
pub fn nobody_called(name: &str) -> String {
    format!("Nobody is called {}. Check the name, or search for people.", printable(name, 64))
}

/// Several people have this name.
pub fn ambiguous(name: &str, candidates: &[Person]) -> String {
    let names: Vec<&str> = candidates.iter().take(8).map(|p| p.name.as_str()).collect();
    let more = if candidates.len() > names.len() { ", ..." } else { "" };
    format!("{} can be several people: {}{more}. Use one of these names.", printable(name, 64), names.join(", "))
}

/// The service refused: its own sentence, and what to do about it where the kind of refusal says so.
pub fn failure(failure: &Failure) -> String {
    let message = printable(&failure.message, LONGEST);
    let message = message.trim_end_matches('.');
    let advice = match failure.code {
        FailureCode::TooManyRequests => "Wait a moment, then try again.",
        FailureCode::Unavailable => "Try again in a moment.",
        FailureCode::TokenExpired | FailureCode::Unauthenticated => "Sign in again: run `switchboard sign-in`.",
        FailureCode::NotUnderstood => "The service is older than this phone; update it.",
        FailureCode::BadRequest
        | FailureCode::Forbidden
        | FailureCode::NotFound
        | FailureCode::Conflict
        | FailureCode::MediaRefused
        | FailureCode::Internal
        | FailureCode::Unknown => "",
    };
    match (message.is_empty(), advice.is_empty()) {
        (true, true) => "The service refused, and did not say why.".to_owned(),
        (true, false) => advice.to_owned(),
        (false, true) => format!("{message}."),
        (false, false) => format!("{message}. {advice}"),
    }
}

/// No group of the user's list has the name that was typed.
pub fn no_group_called(name: &str) -> String {
    let name = printable(name, 64);
    format!("No group of yours is called {name}. Give its ID, its code (like k7mq-3tzf) or its link.")
}

/// A link leads to another service than the one signed in to.
pub fn other_service(origin: &str) -> String {
    let origin = printable(origin, 200);
    format!("This link is of another service, {origin}. Sign in there: switchboard sign-in NAME --server {origin}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_with_what_to_do() {
        let failed = |code, message: &str| failure(&Failure::new(code, message));
        assert_eq!(failed(FailureCode::NotFound, "no such person"), "no such person.");
        assert_eq!(failed(FailureCode::TooManyRequests, "slow down."), "slow down. Wait a moment, then try again.");
        assert_eq!(failed(FailureCode::Internal, "\u{1b}\u{7}"), "The service refused, and did not say why.");
    }

    #[test]
    fn names_in_refusals_are_made_printable() {
        assert!(nobody_called("b\u{1b}ob").starts_with("Nobody is called bob."));
    }
}
