//! What each request does: verbs of `calls`, `identity` and the SFU, and nothing of its own. Those about groups are in
//! [`super::groups`], those about people in [`super::people`], those about past calls in [`super::history`].

use std::time::Instant;

use super::groups::Join;
use super::session::{Client, Token};
use super::{Signalling, expiry, right};
use crate::base::{clock, entropy};
use crate::domain::id::{CallId, EndpointId, Identity, LegId};
use crate::domain::person::Person;
use crate::domain::scope::Scopes;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::frame::Hello;
use crate::protocol::request::{Request, Sdp};
use crate::protocol::response::Response;
use crate::service::calls::Calls;
use crate::service::identity::Verified;

/// Whom a socket speaks for.
#[derive(Clone)]
pub(super) struct Caller {
    /// The calls, as its session asks for them: for no other one of the same client.
    pub(super) calls: Calls,
    /// The endpoint its calls know it by.
    pub(super) endpoint: EndpointId,
    /// Who it is.
    pub(super) person: Person,
    /// What the token is good for.
    pub(super) scopes: Scopes,
    /// When the token was issued.
    pub(super) issued_at: UnixMillis,
    /// When the token ends.
    pub(super) expires: Option<Instant>,
}

impl Caller {
    pub(super) fn new(
        calls: Calls,
        endpoint: EndpointId,
        person: Person,
        verified: &Verified,
        now: UnixMillis,
    ) -> Self {
        let Verified { scopes, issued_at, .. } = *verified;
        Self { calls, endpoint, person, scopes, issued_at, expires: expiry(verified.expires_at, now) }
    }

    /// What it acts with.
    pub(super) fn token(&self) -> Token {
        Token { issued_at: self.issued_at, may_join_calls: self.scopes.may_join_calls() }
    }

    /// The client that says hello so.
    pub(super) fn client(&self, hello: &Hello) -> Client {
        Client { id: hello.client_id, max_calls: hello.max_calls, token: self.token() }
    }
}

/// What came of a request.
pub(super) enum Outcome {
    /// An answer.
    Answer(Result<Response, Failure>),
    /// The client leaves.
    Bye,
}

/// The longest text people and past calls are searched by.
pub(super) const SEARCH_TEXT: usize = 100;

impl Signalling {
    pub(super) async fn carry_out(&self, caller: &mut Caller, request: Request) -> Outcome {
        if let Err(failure) = right::check(caller.scopes, &request) {
            return Outcome::Answer(Err(failure));
        }
        // The session of a token that was revoked ends soon; what comes before that is refused.
        if !right::needs_no_token(&request)
            && let Err(failure) = self.identities.still_counts(&caller.person.identity, caller.issued_at).await
        {
            return Outcome::Answer(Err(failure));
        }
        let answer = match request {
            Request::CallStart { call_id, to, offer, ring_seconds } => {
                self.call_start(caller, call_id, &to, &offer, ring_seconds).await
            }
            Request::CallAnswer { call_id, offer } => self.call_answer(caller, call_id, &offer).await,
            Request::CallRejoin { call_id, offer } => self.call_rejoin(caller, call_id, &offer).await,
            Request::CallRinging { call_id } => done(caller.calls.ringing(caller.endpoint, call_id).await),
            Request::CallDecline { call_id } => done(caller.calls.decline(caller.endpoint, call_id).await),
            Request::CallHangUp { call_id } => done(caller.calls.hang_up(caller.endpoint, call_id).await),
            Request::CallHold { call_id, on } => done(caller.calls.hold(caller.endpoint, call_id, on).await),
            Request::CallMute { call_id, on } => done(caller.calls.mute(caller.endpoint, call_id, on).await),
            Request::FriendsList {} => {
                self.friends_of(&caller.person.identity).await.map(|friends| Response::Friends { friends })
            }
            Request::FriendAdd { identity } => self.friend_add(caller, &identity).await,
            Request::FriendRemove { identity } => self.friend_remove(caller, identity).await,
            Request::FriendFavour { identity, favourite } => self.friend_favour(caller, &identity, favourite).await,
            Request::FriendRequestsList {} => {
                let requests = self.identities.friend_requests(&caller.person.identity).await;
                requests.map(|requests| Response::FriendRequests { requests })
            }
            Request::FriendAccept { identity } => self.friend_accept(caller, &identity).await,
            Request::FriendDecline { identity } => self.friend_decline(caller, identity).await,
            Request::FriendWithdraw { identity } => self.friend_withdraw(caller, identity).await,
            Request::BlockedList {} => {
                let people = self.identities.blocked(&caller.person.identity).await;
                people.map(|people| Response::Blocked { people })
            }
            Request::PersonBlock { identity } => self.person_block(caller, &identity).await,
            Request::PersonUnblock { identity } => self.person_unblock(caller, &identity).await,
            Request::PeopleSearch { text } => self.people_search(caller, &text).await,
            Request::ProfileSet { display_name } => {
                done(self.identities.set_own_name(&caller.person.identity, display_name).await)
            }
            Request::PresenceSet { presence } => self.presence_set(&caller.person.identity, presence).await,
            Request::RulesSet { rules } => self.rules_set(caller, rules).await,
            Request::HistoryList { limit, filter } => self.history_list(caller, limit, filter).await,
            Request::HistoryNote { call_id, note } => self.history_note(caller, call_id, note).await,
            Request::HistorySeen {} => self.history_seen(caller).await,
            Request::CallTransfer { call_id, to } => self.call_transfer(caller, call_id, to).await,
            Request::CallMerge { call_id, with } => self.call_merge(caller, call_id, with).await,
            Request::CallPark { call_id, slot } => self.call_park(caller, call_id, slot).await,
            Request::CallPickUp { slot, offer } => self.call_pick_up(caller, slot, &offer).await,
            Request::CallPickUpRinging { at, offer } => self.call_pick_up_ringing(caller, &at, &offer).await,
            Request::ParkedList {} => {
                Ok(Response::ParkedCalls { parked: self.calls.parked(&caller.person.identity).await })
            }
            Request::TokenRenew { token } => self.token_renew(caller, token.expose()).await,
            Request::CallInvite { call_id, to } => self.call_invite(caller, call_id, &to).await,
            Request::CallEndForAll { call_id } => done(caller.calls.end_for_all(caller.endpoint, call_id).await),
            Request::GroupJoin { group, offer, existing, muted } => {
                self.group_join(caller, Join { group, offer, existing, muted }).await
            }
            Request::GroupCreate { name } => self.group_create(caller, name).await,
            Request::GroupShow { group } => self.group_show(caller, &group).await,
            Request::GroupsList {} => self.groups_list(caller).await,
            Request::GroupShare { group, with } => self.group_share(caller, &group, with).await,
            Request::GroupRemove { group_id } => self.group_remove(caller, group_id).await,
            Request::Bye {} => return Outcome::Bye,
        };
        Outcome::Answer(answer)
    }

    async fn call_start(
        &self,
        caller: &Caller,
        call: CallId,
        to: &Identity,
        offer: &Sdp,
        ring_seconds: Option<u16>,
    ) -> Result<Response, Failure> {
        if *to == caller.person.identity {
            return Err(Failure::new(
                FailureCode::BadRequest,
                "that is yourself; call somebody else, or the echo service",
            ));
        }
        let nobody = || Failure::new(FailureCode::NotFound, format!("nobody has the identity {to}"));
        let callee = self.identities.person(to).await?.ok_or_else(nobody)?;
        let (leg, answer) = self.open_leg(call, offer).await?;
        let started = caller.calls.start(caller.endpoint, call, callee, leg, ring_seconds).await;
        self.with_leg(leg, answer, started)
    }

    async fn call_answer(&self, caller: &Caller, call: CallId, offer: &Sdp) -> Result<Response, Failure> {
        let (leg, answer) = self.open_leg(call, offer).await?;
        let answered = caller.calls.answer(caller.endpoint, call, leg).await;
        self.with_leg(leg, answer, answered)
    }

    async fn call_rejoin(&self, caller: &Caller, call: CallId, offer: &Sdp) -> Result<Response, Failure> {
        let (leg, answer) = self.open_leg(call, offer).await?;
        let rejoined = caller.calls.rejoin(caller.endpoint, call, leg).await;
        self.with_leg(leg, answer, rejoined)
    }

    pub(super) async fn open_leg(&self, call: CallId, offer: &Sdp) -> Result<(LegId, Sdp), Failure> {
        let leg = LegId(entropy::uuid());
        let refused = |e: crate::service::sfu::SfuError| {
            Failure::new(FailureCode::MediaRefused, format!("the offered media can't be used: {e}"))
        };
        let answer = self.sfu.open_leg(call, leg, &offer.0).await.map_err(refused)?;
        Ok((leg, Sdp(answer)))
    }

    fn with_leg(&self, leg: LegId, answer: Sdp, carried_out: Result<(), Failure>) -> Result<Response, Failure> {
        self.unless_refused(leg, &carried_out);
        carried_out.map(|()| Response::Leg { answer })
    }

    /// A leg whose call was refused is closed again: nobody else knows of it.
    pub(super) fn unless_refused(&self, leg: LegId, carried_out: &Result<(), Failure>) {
        if carried_out.is_err() {
            // It refuses only where it has stopped, and every leg with it.
            self.sfu.close(leg).ok();
        }
    }

    async fn token_renew(&self, caller: &mut Caller, token: &str) -> Result<Response, Failure> {
        let now = clock::unix_now();
        let verified = self.identities.verify(token, now).await?;
        if verified.identity != caller.person.identity {
            return Err(Failure::new(FailureCode::Forbidden, "the new token belongs to somebody else"));
        }
        let Verified { scopes, issued_at, expires_at, .. } = verified;
        (caller.scopes, caller.issued_at, caller.expires) = (scopes, issued_at, expiry(expires_at, now));
        Ok(Response::Done {})
    }
}

fn done(carried_out: Result<(), Failure>) -> Result<Response, Failure> {
    carried_out.map(|()| Response::Done {})
}
