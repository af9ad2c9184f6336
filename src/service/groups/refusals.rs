//! Refusals about groups, worded for the person who meets them.

use super::{MAX_OWNED, MAX_SHARED_WITH};
use crate::domain::group::GroupName;
use crate::domain::id::Identity;
use crate::protocol::failure::{CODE_ENDED, Failure, FailureCode, NOBODY_THERE};
use crate::service::limits::Wait;

/// A group that should be there is not.
pub(crate) fn no_such_group() -> Failure {
    Failure::new(FailureCode::NotFound, "there is no such group, or it has ended")
}

/// A call that should be going on in a group is not.
pub(crate) fn nobody_there() -> Failure {
    Failure::new(FailureCode::NotFound, "nobody is in this group").with_sub_code(NOBODY_THERE)
}

pub(super) fn no_such_code() -> Failure {
    Failure::new(FailureCode::NotFound, "no group has this code; check it, or ask for the link")
}

pub(super) fn code_ended() -> Failure {
    Failure::new(FailureCode::NotFound, "this code has ended; ask for a new one").with_sub_code(CODE_ENDED)
}

pub(super) fn too_many_guesses(wait: Wait) -> Failure {
    too_many("too many wrong codes", wait)
}

pub(super) fn too_many_new(wait: Wait) -> Failure {
    too_many("too many new groups", wait)
}

pub(super) fn too_many_shares(wait: Wait) -> Failure {
    too_many("groups were shared too often", wait)
}

pub(super) fn name_taken(name: Option<&GroupName>) -> Failure {
    let name = name.map(GroupName::as_str).unwrap_or_default();
    Failure::new(FailureCode::Conflict, format!("you have a group called {name} already; choose another name"))
}

pub(super) fn too_many_groups() -> Failure {
    let message = format!("you have {MAX_OWNED} groups, and that is the most; remove one first");
    Failure::new(FailureCode::Conflict, message)
}

pub(super) fn out_of_codes() -> Failure {
    Failure::new(FailureCode::Unavailable, "no code could be found for the group; try again")
}

pub(super) fn not_on_list() -> Failure {
    Failure::new(FailureCode::NotFound, "this group is not on your list")
}

pub(super) fn share_with_whom() -> Failure {
    let message = format!("say with whom to share: 1 to {MAX_SHARED_WITH} people");
    Failure::new(FailureCode::BadRequest, message)
}

pub(super) fn nobody(identity: &Identity) -> Failure {
    Failure::new(FailureCode::NotFound, format!("nobody has the identity {identity}; the group was shared with nobody"))
}

fn too_many(what: &str, Wait(wait): Wait) -> Failure {
    let seconds = wait.as_secs() + 1;
    Failure::new(FailureCode::TooManyRequests, format!("{what}; try again in {seconds} s"))
}
