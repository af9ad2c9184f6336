//! Sentences about several calls at once: transfer, park, merge.

use crate::domain::end_reason::EndReason;
use crate::domain::person::Person;
use crate::domain::transfer::{HandedTo, Via};

/// How a call came to ring here, behind the name of who is in it.
pub fn via(via: &Via) -> String {
    match via {
        Via::Transferred { by } => format!("from {}", by.display_name),
        Via::Returned { from, reason } => format!("back from {}: {}", from.display_name, why(*reason)),
        Via::Recalled { slot } => format!("back from slot {slot}: nobody picked up"),
    }
}

/// Why somebody did not take a call, in a word or two.
fn why(reason: EndReason) -> &'static str {
    match reason {
        EndReason::DECLINED => "declined",
        EndReason::BUSY => "busy",
        EndReason::DO_NOT_DISTURB => "do not disturb",
        EndReason::OFFLINE => "offline",
        EndReason::RING_TIMEOUT => "no answer",
        EndReason::VANISHED | EndReason::MEDIA_LOST | EndReason::SETUP_TIMEOUT | EndReason::NO_MEDIA_PATH => "got lost",
        _ => "not taken",
    }
}

/// What the phone tells of a call that is handed on; `was_parked` when it waited in a slot before.
pub fn handed_on(by: &Person, to: &HandedTo, was_parked: bool) -> String {
    let by_name = &by.display_name;
    match to {
        HandedTo::Slot { slot } => format!("You were parked in slot {slot} by {by_name}."),
        HandedTo::Person { person } if person.identity != by.identity => {
            format!("{by_name} transfers you to {}.", person.display_name)
        }
        HandedTo::Person { .. } if was_parked => format!("{by_name} picks your call up."),
        HandedTo::Person { .. } => format!("Your call goes back to {by_name}."),
    }
}

/// A call goes on as another one, with somebody else.
pub fn moved(name: &str) -> String {
    format!("You are in a call with {name} now.")
}
