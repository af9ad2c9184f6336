//! The envelopes: what one WebSocket text frame holds.

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::notice::Notice;
use super::request::Request;
use super::response::Response;
use crate::base::secret::Secret;
use crate::domain::call::{Direction, Participant};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::forwarding::AccountRules;
use crate::domain::group::Group;
use crate::domain::id::{CallId, ClientId, SessionId};
use crate::domain::park::ParkedCall;
use crate::domain::person::{Friend, FriendRequest, Person};
use crate::domain::presence::PresenceChoice;
use crate::domain::whole;

/// A frame from the client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FromClient {
    /// The first frame.
    Hello {
        /// Who is there.
        hello: Hello,
    },
    /// Every further frame.
    Request {
        /// Chosen by the client; the answer carries it back.
        id: u64,
        /// What is asked.
        request: Request,
    },
}

/// A frame from the service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FromService {
    /// The answer to a hello.
    Welcome {
        /// What the client needs to start or go on.
        welcome: Box<Welcome>,
    },
    /// A request was carried out.
    Response {
        /// The id of the request.
        id: u64,
        /// Its result.
        response: Response,
    },
    /// A request, or (without an id) the hello or an unreadable frame, was refused.
    Failure {
        /// The id of the request, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<u64>,
        /// Why.
        failure: Failure,
    },
    /// Something happened.
    Notice {
        /// Counts up by one per notice of a session, from 1.
        seq: u64,
        /// What happened.
        notice: Notice,
    },
}

/// Who is there: the first frame of every socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The access token.
    pub token: Secret<String>,
    /// Which client this is; the same over reconnects.
    pub client_id: ClientId,
    /// What the user chose to be while the client could not say so; absent: what is kept for the account stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<PresenceChoice>,
    /// In how many calls the client can be at once, 1–8: while it is in fewer, more calls ring there.
    #[serde(default = "one", skip_serializing_if = "is_one", deserialize_with = "whole::number")]
    pub max_calls: u8,
    /// The session to go on with, after a lost socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

fn one() -> u8 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_one(calls: &u8) -> bool {
    *calls == 1
}

/// The session a client wants to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Its id, from the last welcome.
    pub session_id: SessionId,
    /// The last notice that arrived; 0 for none.
    #[serde(deserialize_with = "whole::number")]
    pub seq: u64,
}

/// What the client needs to start or go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// The session, for a later [`Resume`].
    pub session_id: SessionId,
    /// Whether the session asked for goes on: missed notices follow, and nothing else here has to be read anew.
    pub resumed: bool,
    /// Who the token says the user is.
    pub me: Person,
    /// The friend list.
    #[serde(default)]
    pub friends: Vec<Friend>,
    /// The open friend requests: those to the user first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub friend_requests: Vec<FriendRequest>,
    /// The people the user blocks, by display name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<Person>,
    /// Calls this client is still part of, after a session that could not be resumed.
    #[serde(default)]
    pub calls: Vec<OngoingCall>,
    /// Where links to this service begin (`https://calls.example`), if its operator has said so; else the address the
    /// client reached it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// What the service's own authority is known by, where that is what links lead to: they end in it
    /// (`https://calls.example/j/k7mq-3tzf#SHA256:…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// How many calls the user missed since the last look at them.
    #[serde(default)]
    pub missed: u32,
    /// The parked calls, by slot.
    #[serde(default)]
    pub parked: Vec<ParkedCall>,
    /// The rules of the user's account.
    #[serde(default)]
    pub rules: AccountRules,
}

/// A call a client is still part of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OngoingCall {
    /// Which call.
    pub call_id: CallId,
    /// Who called whom.
    pub direction: Direction,
    /// The other side of a direct call; the roster of a group call follows as a notice.
    pub participants: Vec<Participant>,
    /// Its group, once it is a group call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// The call that it was for this client, which was moved into this one ([`super::notice::Notice::CallMoved`], which may
    /// have been lost with the session before) and has still to bring its leg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<CallId>,
}
