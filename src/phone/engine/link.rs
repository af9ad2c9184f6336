//! What comes from the service: welcomes, answers, notices, and the connection going away.

use std::net::IpAddr;

use super::{Engine, Pending};
use crate::base::clock;
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::phone::event::{Event, Incoming, Link, Refusal};
use crate::phone::signalling::FromLink;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::frame::Welcome;
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;
use crate::protocol::response::Response;

impl Engine {
    pub(super) async fn on_link(&mut self, event: FromLink) {
        match event {
            FromLink::Connecting => self.tell_link(Link::Connecting).await,
            FromLink::Welcome { welcome, service } => self.on_welcome(*welcome, service).await,
            FromLink::Answer { id, result } => self.on_answer(id, result).await,
            FromLink::Notice(notice) => self.on_notice(notice).await,
            FromLink::Down { reason, retry_in } => {
                self.service = None;
                self.tell_link(Link::Down { reason, retry_in }).await;
            }
            FromLink::Refused { reason } => {
                self.service = None;
                self.tell_link(Link::Refused { reason }).await;
                // There is no way back to what the service has of this phone.
                self.drop_incoming().await;
                self.end_call(EndReason::SERVICE_LOST).await;
            }
        }
    }

    async fn on_welcome(&mut self, welcome: Welcome, service: IpAddr) {
        self.service = Some(service);
        for call_id in std::mem::take(&mut self.hung_up) {
            self.request(Request::CallHangUp { call_id }, Pending::Silent).await;
        }
        self.tell_link(Link::Up).await;
        if welcome.resumed {
            return;
        }
        self.me = Some(welcome.me.clone());
        self.friends = welcome.friends;
        self.emit(Event::Me(welcome.me)).await;
        self.emit(Event::Friends(self.friends.clone())).await;
        self.drop_incoming().await;
        let known: Vec<CallId> = welcome.calls.iter().map(|call| call.call_id).collect();
        let forgotten = self.call.as_ref().is_some_and(|call| call.ending.is_none() && !known.contains(&call.id));
        if forgotten {
            self.end_call(EndReason::SERVICE_LOST).await;
        }
    }

    async fn on_answer(&mut self, id: u64, result: Option<Result<Response, Failure>>) {
        let Some(pending) = self.pending.remove(&id) else { return };
        match result {
            Some(Ok(response)) => self.on_response(pending, response).await,
            Some(Err(failure)) => self.on_failure(pending, failure).await,
            None => self.on_no_answer(pending).await,
        }
    }

    async fn on_response(&mut self, pending: Pending, response: Response) {
        match (pending, response) {
            (Pending::Start(call) | Pending::Answer(call), Response::Leg { answer }) => {
                self.start_leg(call, &answer).await;
            }
            (Pending::Rejoin(call), Response::Leg { answer }) => self.rejoin_leg(call, &answer).await,
            (Pending::Resolve { name, wanted }, Response::People { people }) => {
                self.on_found(name, wanted, &people).await;
            }
            (Pending::Search(text), Response::People { people }) => self.emit(Event::People { text, people }).await,
            (Pending::History, Response::History { records }) => self.emit(Event::History(records)).await,
            (_, Response::Friends { friends }) => {
                self.friends = friends;
                self.emit(Event::Friends(self.friends.clone())).await;
            }
            _ => {}
        }
    }

    async fn on_failure(&mut self, pending: Pending, failure: Failure) {
        let gone = matches!(failure.code, FailureCode::NotFound | FailureCode::Conflict);
        match pending {
            Pending::Start(call) => self.not_started("call", call, Refusal::Service(failure)).await,
            Pending::Answer(call) => self.not_started("answer", call, Refusal::Service(failure)).await,
            Pending::Rejoin(_) if gone => self.end_call(EndReason::MEDIA_LOST).await,
            // Hanging up what is already over is what was wanted.
            Pending::Verb { what: "hang up", .. } | Pending::Silent | Pending::Rejoin(_) => {}
            Pending::Verb { what, call } => self.refuse(what, call, Refusal::Service(failure)).await,
            Pending::Resolve { wanted, .. } => self.refuse(wanted.words(), None, Refusal::Service(failure)).await,
            Pending::Search(_) => self.refuse("search", None, Refusal::Service(failure)).await,
            Pending::History => self.refuse("history", None, Refusal::Service(failure)).await,
        }
    }

    /// The connection was lost before an answer came.
    pub(super) async fn on_no_answer(&mut self, pending: Pending) {
        let why = Refusal::NotConnected;
        match pending {
            Pending::Start(call) => self.not_started("call", call, why).await,
            Pending::Answer(call) => self.not_started("answer", call, why).await,
            Pending::Verb { what: "hang up", call: Some(call) } => self.hung_up.push(call),
            Pending::Verb { what, call } => self.refuse(what, call, why).await,
            Pending::Resolve { wanted, .. } => self.refuse(wanted.words(), None, why).await,
            Pending::Search(_) => self.refuse("search", None, why).await,
            Pending::History => self.refuse("history", None, why).await,
            Pending::Rejoin(_) | Pending::Silent => {}
        }
    }

    /// A call that could not be started or answered: told why, then over.
    async fn not_started(&mut self, what: &'static str, call: CallId, why: Refusal) {
        let end = end_of(what, &why);
        self.refuse(what, Some(call), why).await;
        if end == EndReason::SERVICE_LOST {
            // The service may have started it all the same.
            self.hung_up.push(call);
        }
        if self.call.as_ref().is_some_and(|active| active.id == call) {
            self.end_call(end).await;
        }
    }

    async fn on_notice(&mut self, notice: Notice) {
        match notice {
            Notice::CallIncoming { call_id, from, at, group } => {
                self.on_incoming(Incoming { call: call_id, from, at, group }).await;
            }
            Notice::CallIncomingEnded { call_id, reason } => self.on_incoming_ended(call_id, reason).await,
            Notice::CallChanged { call_id, state } => self.on_state(call_id, state).await,
            Notice::CallParticipant { call_id, participant } => {
                if let Some(call) = self.call.as_mut().filter(|call| call.id == call_id && call.ending.is_none()) {
                    call.set_participant(participant);
                    let view = call.view();
                    self.emit(Event::Call(view)).await;
                }
            }
            Notice::CallSlots { call_id, slots } => {
                if let Some(call) = self.call.as_mut().filter(|call| call.id == call_id) {
                    call.slots = slots;
                }
            }
            Notice::CallEnded { call_id, reason } => {
                if self.call.as_ref().is_some_and(|call| call.id == call_id) {
                    self.end_call(reason).await;
                }
            }
            Notice::PresenceChanged { identity, presence } => self.on_presence(&identity, presence).await,
            Notice::FriendAdded { friend } => self.on_friend_added(friend).await,
            Notice::FriendRemoved { identity } => self.on_friend_removed(&identity).await,
            Notice::HistoryAdded { record } => self.emit(Event::Recorded(record)).await,
            Notice::CallGroup { .. }
            | Notice::CallRoster { .. }
            | Notice::CallSpeakers { .. }
            | Notice::CallInviteEnded { .. }
            | Notice::GroupShared { .. }
            | Notice::GroupChanged { .. }
            | Notice::GroupRemoved { .. } => {}
            // The signalling task acts on this one.
            Notice::Closing { .. } => {}
        }
    }

    async fn on_presence(
        &mut self,
        identity: &crate::domain::id::Identity,
        presence: crate::domain::presence::Presence,
    ) {
        if self.me.as_ref().is_some_and(|me| me.identity == *identity) {
            self.emit(Event::MyPresence(presence)).await;
        }
        if let Some(friend) = self.friend_mut(identity) {
            friend.presence = presence;
            self.emit(Event::Presence { identity: identity.clone(), presence }).await;
        }
    }

    async fn on_state(&mut self, id: CallId, state: CallState) {
        let Some(call) = self.call.as_mut().filter(|call| call.id == id && call.ending.is_none()) else { return };
        call.state = state;
        if state == CallState::Connected && call.connected.is_none() {
            call.connected = Some((clock::unix_now(), clock::now()));
        }
        let talking = call.connected.is_some();
        let (view, voiced) = (call.view(), call.voiced);
        if voiced {
            self.out.voice.set_held(id, state == CallState::LocalHold);
            self.out.voice.set_early(id, !talking);
        }
        self.play_tone();
        self.emit(Event::Call(view)).await;
    }
}

/// How a call ended that was refused when it was to be started or answered.
fn end_of(what: &str, why: &Refusal) -> EndReason {
    let Refusal::Service(failure) = why else { return EndReason::SERVICE_LOST };
    let code = match failure.code {
        // The caller gave up in the same moment.
        FailureCode::NotFound | FailureCode::Conflict if what == "answer" => return EndReason::CANCELLED,
        FailureCode::MediaRefused => return EndReason::NO_MEDIA_PATH,
        FailureCode::Unauthenticated | FailureCode::TokenExpired => 401,
        FailureCode::Forbidden => 403,
        FailureCode::NotFound => 404,
        FailureCode::BadRequest
        | FailureCode::NotUnderstood
        | FailureCode::Conflict
        | FailureCode::TooManyRequests
        | FailureCode::Unavailable
        | FailureCode::Internal
        | FailureCode::Unknown => 500,
    };
    EndReason { code, sub_code: 0 }
}
