//! Refusals, worded for the person who meets them.

use crate::control::call::Refusal;
use crate::domain::end_reason::EndReason;
use crate::protocol::failure::{Failure, FailureCode};

/// The failure for what the machine of a call refused.
pub(super) fn refused(why: Refusal) -> Failure {
    match why {
        Refusal::NotInCall | Refusal::Over => no_such_call(),
        Refusal::NotRinging => conflict("this call does not ring here any more"),
        Refusal::AnsweredElsewhere => conflict("this call was answered on another client of yours")
            .with_sub_code(EndReason::ANSWERED_ELSEWHERE.sub_code),
        Refusal::NotConnected => conflict("the two of you are not connected yet; try again in a moment"),
        Refusal::LegInUse => leg_in_use(),
    }
}

pub(super) fn no_such_call() -> Failure {
    Failure::new(FailureCode::NotFound, "there is no such call, or it is over")
}

pub(super) fn leg_in_use() -> Failure {
    conflict("this media connection belongs to a call already")
}

pub(super) fn call_in_use() -> Failure {
    conflict("there is a call with this id already; choose a fresh one")
}

pub(super) fn in_call() -> Failure {
    conflict("this client is in a call; hang up first")
}

pub(super) fn not_registered() -> Failure {
    conflict("this client is not connected for calls any more; connect again")
}

pub(super) fn to_oneself() -> Failure {
    bad_request("nobody can call themselves; choose somebody else")
}

pub(super) fn ring_out_of_range() -> Failure {
    bad_request("a call rings for 1 to 300 seconds")
}

pub(super) fn not_yours() -> Failure {
    Failure::new(FailureCode::Forbidden, "this client id belongs to somebody else")
}

pub(super) fn not_kept() -> Failure {
    Failure::new(FailureCode::Unavailable, "the service can't keep call records now; try again later")
}

pub(super) fn stopping() -> Failure {
    Failure::new(FailureCode::Unavailable, "the service is stopping; try again later")
}

fn conflict(message: &str) -> Failure {
    Failure::new(FailureCode::Conflict, message)
}

fn bad_request(message: &str) -> Failure {
    Failure::new(FailureCode::BadRequest, message)
}
