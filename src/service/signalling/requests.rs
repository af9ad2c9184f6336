//! What each request does: verbs of `calls`, `identity` and the SFU, and nothing of its own. Those about groups are in
//! [`super::groups`], those about past calls in [`super::history`].

use std::time::Instant;

use super::groups::Join;
use super::{Signalling, expiry};
use crate::base::{clock, entropy};
use crate::domain::id::{CallId, EndpointId, Identity, LegId};
use crate::domain::person::{Favourite, Friend, Person};
use crate::domain::presence::Presence;
use crate::domain::text;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::notice::Notice;
use crate::protocol::request::{Request, Sdp};
use crate::protocol::response::Response;

/// Whom a socket speaks for.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The endpoint its calls know it by.
    pub(super) endpoint: EndpointId,
    /// Who it is.
    pub(super) person: Person,
    /// When the token ends.
    pub(super) expires: Option<Instant>,
}

impl Caller {
    pub(super) fn new(endpoint: EndpointId, person: Person, expires: Option<Instant>) -> Self {
        Self { endpoint, person, expires }
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
        let answer = match request {
            Request::CallStart { call_id, to, offer, ring_seconds } => {
                self.call_start(caller, call_id, &to, &offer, ring_seconds).await
            }
            Request::CallAnswer { call_id, offer } => self.call_answer(caller, call_id, &offer).await,
            Request::CallRejoin { call_id, offer } => self.call_rejoin(caller, call_id, &offer).await,
            Request::CallRinging { call_id } => done(self.calls.ringing(caller.endpoint, call_id).await),
            Request::CallDecline { call_id } => done(self.calls.decline(caller.endpoint, call_id).await),
            Request::CallHangUp { call_id } => done(self.calls.hang_up(caller.endpoint, call_id).await),
            Request::CallHold { call_id, on } => done(self.calls.hold(caller.endpoint, call_id, on).await),
            Request::CallMute { call_id, on } => done(self.calls.mute(caller.endpoint, call_id, on).await),
            Request::FriendsList {} => {
                self.friends_of(&caller.person.identity).await.map(|friends| Response::Friends { friends })
            }
            Request::FriendAdd { identity } => self.friend_add(caller, &identity).await,
            Request::FriendRemove { identity } => self.friend_remove(caller, identity).await,
            Request::FriendFavour { identity, favourite } => self.friend_favour(caller, &identity, favourite).await,
            Request::PeopleSearch { text } => self.people_search(&text).await,
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
            Request::ParkedList {} => Ok(Response::ParkedCalls { parked: self.calls.parked().await }),
            Request::TokenRenew { token } => self.token_renew(caller, token.expose()).await,
            Request::CallInvite { call_id, to } => self.call_invite(caller, call_id, &to).await,
            Request::CallEndForAll { call_id } => done(self.calls.end_for_all(caller.endpoint, call_id).await),
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
        let started = self.calls.start(caller.endpoint, call, callee, leg, ring_seconds).await;
        self.with_leg(leg, answer, started)
    }

    async fn call_answer(&self, caller: &Caller, call: CallId, offer: &Sdp) -> Result<Response, Failure> {
        let (leg, answer) = self.open_leg(call, offer).await?;
        let answered = self.calls.answer(caller.endpoint, call, leg).await;
        self.with_leg(leg, answer, answered)
    }

    async fn call_rejoin(&self, caller: &Caller, call: CallId, offer: &Sdp) -> Result<Response, Failure> {
        let (leg, answer) = self.open_leg(call, offer).await?;
        let rejoined = self.calls.rejoin(caller.endpoint, call, leg).await;
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
            // Overloaded or stopped: the leg then ends by its own time-outs.
            self.sfu.close(leg).ok();
        }
    }

    async fn friend_add(&self, caller: &Caller, identity: &Identity) -> Result<Response, Failure> {
        let owner = &caller.person.identity;
        let person = self.identities.add_friend(owner, identity).await?;
        let presence = self.calls.presence_of(std::slice::from_ref(identity)).await;
        let presence = presence.first().copied().unwrap_or_else(|| Presence::offline(None));
        self.registry.notify(owner, &Notice::FriendAdded { friend: Friend { person, presence, favourite: None } });
        Ok(Response::Done {})
    }

    async fn friend_remove(&self, caller: &Caller, identity: Identity) -> Result<Response, Failure> {
        let owner = &caller.person.identity;
        self.identities.remove_friend(owner, &identity).await?;
        self.registry.notify(owner, &Notice::FriendRemoved { identity });
        Ok(Response::Done {})
    }

    async fn friend_favour(
        &self,
        caller: &Caller,
        identity: &Identity,
        favourite: Option<Favourite>,
    ) -> Result<Response, Failure> {
        let owner = &caller.person.identity;
        let changed = self.identities.favour(owner, identity, favourite).await?;
        // As the list is now, whatever another client changes meanwhile: what is told last is what is kept.
        for friend in self.friends_of(owner).await? {
            if changed.contains(&friend.person.identity) {
                self.registry.notify(owner, &Notice::FriendChanged { friend });
            }
        }
        Ok(Response::Done {})
    }

    async fn people_search(&self, wanted: &str) -> Result<Response, Failure> {
        let wanted = text::printable(wanted, SEARCH_TEXT);
        let people = if wanted.is_empty() { Vec::new() } else { self.identities.search(&wanted).await? };
        Ok(Response::People { people })
    }

    async fn token_renew(&self, caller: &mut Caller, token: &str) -> Result<Response, Failure> {
        let now = clock::unix_now();
        let verified = self.identities.verify(token, now).await?;
        if verified.identity != caller.person.identity {
            return Err(Failure::new(FailureCode::Forbidden, "the new token belongs to somebody else"));
        }
        caller.expires = expiry(verified.expires_at, now);
        Ok(Response::Done {})
    }
}

fn done(carried_out: Result<(), Failure>) -> Result<Response, Failure> {
    carried_out.map(|()| Response::Done {})
}
