//! Which requests a token is good for. With `voip` all of them; with `voip.join` those of calls that are there; without
//! either, none by which one comes to take part in calls. Whoever is in a call stays there, also with a token that would not
//! have let them in: they may hold, mute, come back and leave.

use crate::domain::scope::Scopes;
use crate::domain::transfer::TransferTarget;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::request::Request;

/// What a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// Any token.
    None,
    /// To take part in calls.
    Join,
    /// To make somebody's phone ring, or a group to meet in.
    Start,
}

/// Whether a token with these scopes is good for a request.
///
/// # Errors
/// `forbidden`, with a sentence that names the scope that is missing.
pub(super) fn check(scopes: Scopes, request: &Request) -> Result<(), Failure> {
    let missing = match right(request) {
        Right::None => return Ok(()),
        Right::Join | Right::Start if !scopes.may_join_calls() => {
            "this sign-in is not good for calls; sign in with a token that has the scope voip"
        }
        Right::Start if !scopes.may_start_calls() => {
            "this sign-in may join and answer calls, but not start any; sign in with a token that has the scope voip"
        }
        Right::Join | Right::Start => return Ok(()),
    };
    Err(Failure::new(FailureCode::Forbidden, missing))
}

/// Whether a request may also be made with a token that was revoked since: to end one's part in a call or the session, and to
/// bring another token.
pub(super) fn needs_no_token(request: &Request) -> bool {
    matches!(
        request,
        Request::CallDecline { .. } | Request::CallHangUp { .. } | Request::TokenRenew { .. } | Request::Bye { .. }
    )
}

fn right(request: &Request) -> Right {
    match request {
        Request::CallStart { .. }
        | Request::CallInvite { .. }
        | Request::CallTransfer { to: TransferTarget::Person { .. }, .. }
        | Request::CallMerge { .. }
        | Request::GroupCreate { .. } => Right::Start,
        Request::CallAnswer { .. }
        | Request::CallRinging { .. }
        | Request::CallTransfer { to: TransferTarget::Call { .. }, .. }
        | Request::CallPark { .. }
        | Request::CallPickUp { .. }
        | Request::CallPickUpRinging { .. }
        | Request::CallEndForAll { .. }
        | Request::GroupJoin { .. }
        | Request::GroupShare { .. } => Right::Join,
        Request::CallDecline { .. }
        | Request::CallHangUp { .. }
        | Request::CallHold { .. }
        | Request::CallMute { .. }
        | Request::CallRejoin { .. }
        | Request::FriendsList { .. }
        | Request::FriendAdd { .. }
        | Request::FriendRemove { .. }
        | Request::FriendFavour { .. }
        | Request::FriendRequestsList { .. }
        | Request::FriendAccept { .. }
        | Request::FriendDecline { .. }
        | Request::FriendWithdraw { .. }
        | Request::BlockedList { .. }
        | Request::PersonBlock { .. }
        | Request::PersonUnblock { .. }
        | Request::PeopleSearch { .. }
        | Request::PresenceSet { .. }
        | Request::ProfileSet { .. }
        | Request::RulesSet { .. }
        | Request::HistoryList { .. }
        | Request::HistoryNote { .. }
        | Request::HistorySeen { .. }
        | Request::ParkedList { .. }
        | Request::TokenRenew { .. }
        | Request::GroupShow { .. }
        | Request::GroupsList { .. }
        | Request::GroupRemove { .. }
        | Request::Bye { .. } => Right::None,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::id::{CallId, Identity};
    use crate::protocol::request::Sdp;

    fn requests() -> [Request; 5] {
        let (call_id, to) = (CallId(Uuid::nil()), Identity::acs(Uuid::nil(), Uuid::nil()));
        let offer = || Sdp(String::new());
        [
            Request::CallStart { call_id, to: to.clone(), offer: offer(), ring_seconds: None },
            Request::CallTransfer { call_id, to: TransferTarget::Person { identity: to } },
            Request::CallAnswer { call_id, offer: offer() },
            Request::CallRejoin { call_id, offer: offer() },
            Request::CallHangUp { call_id },
        ]
    }

    #[test]
    fn who_may_join_answers_and_starts_nothing() {
        let allowed = |scopes: &str| requests().map(|request| check(scopes.parse().unwrap(), &request).is_ok());
        assert_eq!(allowed("voip"), [true; 5]);
        assert_eq!(allowed("voip.join"), [false, false, true, true, true]);
        assert_eq!(allowed("chat"), [false, false, false, true, true], "who is in a call stays and leaves");
    }

    #[test]
    fn what_is_missing_is_named() {
        for scopes in ["voip.join", "chat"] {
            let failure = check(scopes.parse().unwrap(), &requests()[0]).unwrap_err();
            assert_eq!(failure.code, FailureCode::Forbidden);
            assert!(failure.message.contains("scope voip"), "{failure}");
        }
    }
}
