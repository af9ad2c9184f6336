//! Refusals, worded for the person who meets them.

use super::groups::PLACE_CHANGED;
use super::lot::{NoSlot, PERSON_MAX};
use super::roster::Seat;
use crate::control::call::Refusal;
use crate::control::group;
use crate::domain::end_reason::EndReason;
use crate::domain::group::MAX_PARTICIPANTS;
use crate::domain::id::DisplayName;
use crate::domain::park::ParkSlot;
use crate::protocol::failure::{Failure, FailureCode, GROUP_FULL};

/// The failure for what the machine of a call refused.
pub(super) fn refused(why: Refusal) -> Failure {
    match why {
        Refusal::NotInCall | Refusal::Over => no_such_call(),
        Refusal::NotRinging => not_ringing(),
        Refusal::AnsweredElsewhere => {
            conflict("this call was answered elsewhere already").with_sub_code(EndReason::ANSWERED_ELSEWHERE.sub_code)
        }
        Refusal::NotConnected => conflict("the two of you are not connected yet; try again in a moment"),
        Refusal::Held => conflict("this call is on hold; resume it first"),
        Refusal::NotParked => conflict("this call is not parked any more"),
        Refusal::RingsNowhere => rings_no_more(),
        Refusal::LegInUse => leg_in_use(),
    }
}

/// The failure for what the machine of a group call refused.
pub(super) fn refused_in_group(why: group::Refusal) -> Failure {
    use group::Refusal;
    match why {
        Refusal::NotInCall | Refusal::Over => no_such_call(),
        Refusal::NotRinging => not_ringing(),
        Refusal::AlreadyIn => already_in(),
        Refusal::InviteeIsIn => invitee_is_in(),
        Refusal::InviteeRings => conflict("they are being rung already"),
        Refusal::TooManyRing => {
            conflict(&format!("{} people are being rung already; wait a moment", group::RINGING_MAX))
        }
        Refusal::NotConnected => conflict("you are not connected to this call yet; try again in a moment"),
        Refusal::LegInUse => leg_in_use(),
        Refusal::Full => {
            conflict(&format!("this group call is full: {MAX_PARTICIPANTS} are in it")).with_sub_code(GROUP_FULL)
        }
        Refusal::TooManyClients => {
            conflict(&format!("you are in this call on {} clients already; leave on one of them", group::CLIENTS_MAX))
        }
        Refusal::NotYours => Failure::new(
            FailureCode::Forbidden,
            "only who started this call, or owns its group, may end it for everybody",
        ),
    }
}

/// Somebody who is invited can't be rung.
pub(super) fn unreachable(name: &DisplayName, why: EndReason) -> Failure {
    let how = match why {
        EndReason::BUSY => "is in another call",
        EndReason::DO_NOT_DISTURB => "does not want to be disturbed now",
        _ => "is offline: no phone is signed in",
    };
    conflict(&format!("{name} {how}")).with_sub_code(why.sub_code)
}

pub(super) fn place_changed() -> Failure {
    conflict("the group meets in another call by now; join again").with_sub_code(PLACE_CHANGED)
}

pub(super) fn nobody_there() -> Failure {
    Failure::new(FailureCode::NotFound, "nobody is in this group now")
}

pub(super) fn already_in() -> Failure {
    conflict("this client is in this call already")
}

pub(super) fn invitee_is_in() -> Failure {
    conflict("they are in this call already")
}

pub(super) fn invites_oneself() -> Failure {
    bad_request("you are in this call already; invite somebody else")
}

pub(super) fn group_in_use() -> Failure {
    conflict("the group this call would become meets already; join it instead")
}

pub(super) fn broken() -> Failure {
    Failure::new(FailureCode::Internal, "this call broke by a fault of the service; call again")
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

/// An endpoint is in as many calls as it can be.
pub(super) fn no_room(seat: &Seat) -> Failure {
    match seat.max_calls() {
        1 => conflict("this client is in a call; hang up first"),
        most => conflict(&format!("this client is in {most} calls, as many as it can be; end one of them first")),
    }
}

pub(super) fn handed_to_those_in_it() -> Failure {
    bad_request("they are in this call already; transfer it to somebody else")
}

pub(super) fn into_itself() -> Failure {
    bad_request("that is one and the same call; choose another")
}

pub(super) fn not_a_group_call() -> Failure {
    conflict("a group call can't be handed on; leave it, and it goes on for the others")
}

pub(super) fn held_by_other() -> Failure {
    conflict("the other side holds this call; it has to be resumed there first")
}

/// There is no slot for one more parked call.
pub(super) fn no_slot(why: NoSlot) -> Failure {
    match why {
        NoSlot::Taken(slot) => conflict(&format!("a call is parked in slot {slot} already; choose another")),
        NoSlot::Full => conflict(&format!("all {} slots are taken; pick up a parked call first", ParkSlot::LAST)),
        NoSlot::TooMany => {
            conflict(&format!("you have parked {PERSON_MAX} calls, as many as you may; pick up one of them first"))
        }
    }
}

pub(super) fn nothing_parked(slot: ParkSlot) -> Failure {
    Failure::new(FailureCode::NotFound, format!("nothing is parked in slot {slot}"))
}

pub(super) fn nothing_rings() -> Failure {
    Failure::new(FailureCode::NotFound, "no call rings there now")
}

pub(super) fn picks_up_own_call() -> Failure {
    bad_request("it is you who calls there; somebody else has to answer")
}

pub(super) fn rings_no_more() -> Failure {
    conflict("this call does not ring there any more: it was answered, or is over")
}

pub(super) fn picks_up_oneself() -> Failure {
    bad_request("it is you who waits in that slot; somebody else has to pick the call up")
}

pub(super) fn not_registered() -> Failure {
    conflict("this client is not connected for calls any more; connect again")
}

pub(super) fn replaced() -> Failure {
    conflict("this client has connected anew; ask again there")
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

fn not_ringing() -> Failure {
    conflict("this call does not ring here any more")
}

fn conflict(message: &str) -> Failure {
    Failure::new(FailureCode::Conflict, message)
}

fn bad_request(message: &str) -> Failure {
    Failure::new(FailureCode::BadRequest, message)
}
