//! What comes from the service: welcomes, answers, notices, and the connection going away.

use std::net::IpAddr;

use super::join::Joined;
use super::roster::Batch;
use super::{Engine, Pending};
use crate::domain::call::Participant;
use crate::domain::end_reason::EndReason;
use crate::domain::group::GroupKey;
use crate::domain::id::CallId;
use crate::phone::event::{Event, Incoming, Link, Refusal};
use crate::phone::signalling::FromLink;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::frame::{OngoingCall, Welcome};
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
            FromLink::TokenEnds { text } => self.emit(Event::Warning(text)).await,
            FromLink::Down { reason, retry_in } => {
                self.service = None;
                self.tell_link(Link::Down { reason, retry_in }).await;
            }
            FromLink::Refused { reason } => {
                self.service = None;
                self.tell_link(Link::Refused { reason }).await;
                // There is no way back to what the service has of this phone.
                self.no_join_found().await;
                self.drop_incoming().await;
                for id in self.board.ids() {
                    self.end_call(id, EndReason::SERVICE_LOST).await;
                }
            }
        }
    }

    async fn on_welcome(&mut self, mut welcome: Welcome, service: IpAddr) {
        self.service = Some(service);
        let hung_up = std::mem::take(&mut self.hung_up);
        for call_id in hung_up.iter().copied() {
            self.request(Request::CallHangUp { call_id }, Pending::Silent).await;
        }
        self.tell_link(Link::Up).await;
        if welcome.resumed {
            self.look_for_join(&hung_up).await;
        } else {
            welcome.calls.retain(|ongoing| !hung_up.contains(&ongoing.call_id));
            self.begin_session(welcome).await;
        }
        // Askings to hold a call that were lost with the connection.
        self.ask_for_holds().await;
    }

    /// The service knows nothing of this phone, or only what it says here.
    async fn begin_session(&mut self, welcome: Welcome) {
        self.me = Some(welcome.me.clone());
        self.addresses.set_public(welcome.public_url.as_deref(), welcome.fingerprint);
        self.friends = welcome.friends;
        self.emit(Event::Me(welcome.me)).await;
        self.emit(Event::Missed(welcome.missed)).await;
        self.set_parked(welcome.parked).await;
        self.on_rules(welcome.rules).await;
        self.requests = welcome.friend_requests;
        self.emit(Event::FriendRequests(self.requests.clone())).await;
        self.blocked = welcome.blocked;
        self.emit(Event::Blocked(self.blocked.clone())).await;
        self.emit(Event::Friends(self.friends.clone())).await;
        self.drop_incoming().await;
        for id in self.board.ids() {
            if !welcome.calls.iter().any(|ongoing| ongoing.call_id == id || self.is_moved(ongoing, id)) {
                self.end_call(id, EndReason::SERVICE_LOST).await;
            }
        }
        for ongoing in welcome.calls {
            self.on_ongoing(ongoing).await;
        }
        self.no_join_found().await;
        self.refresh_groups().await;
    }

    /// Whether the call `id` of this phone was moved into another, which it was not told.
    fn is_moved(&self, ongoing: &OngoingCall, id: CallId) -> bool {
        ongoing.moved_from == Some(id) && self.board.get(id).is_some() && self.board.get(ongoing.call_id).is_none()
    }

    /// As far as the service knows, this phone is in that call.
    async fn on_ongoing(&mut self, ongoing: OngoingCall) {
        if let Some(from) = ongoing.moved_from.filter(|from| self.is_moved(&ongoing, *from)) {
            let other = ongoing.participants.into_iter().next().map(|participant| participant.person);
            // Who brought the people of a group together was the other side.
            let other = other.or_else(|| self.board.get(from)?.with.person().cloned());
            let Some(with) = other else { return };
            return self.on_moved(from, ongoing.call_id, with, ongoing.group).await;
        }
        let Some(call) = self.board.get_mut(ongoing.call_id) else { return self.on_unknown(ongoing).await };
        let OngoingCall { call_id: id, participants, group, .. } = ongoing;
        match group {
            Some(group) => {
                let may_end = call.group.as_ref().is_some_and(|group| group.may_end);
                self.on_call_group(id, group, may_end).await;
            }
            None => {
                for participant in participants {
                    self.on_participant(id, participant).await;
                }
            }
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
            (Pending::HistoryFound(filter), Response::History { records }) => self.on_records(filter, records).await,
            (Pending::PickUp, Response::PickedUp { call_id, person, answer }) => {
                self.on_picked_up(call_id, person, &answer).await;
            }
            (Pending::LookForJoin, _) => self.no_join_found().await,
            (Pending::Park(call), Response::Parked { slot }) => self.emit(Event::Parked { call, slot }).await,
            (Pending::Merge { call, with }, _) => self.on_merge_answered(call, with, None).await,
            (Pending::Rules { what, rules }, _) => self.on_rules_answered(what, rules, None).await,
            (Pending::Hold { call, .. }, _) => {
                if let Some(call) = self.board.get_mut(call) {
                    call.hold.on_answered();
                }
            }
            (Pending::LookUp { name, otherwise, goal }, Response::Groups { groups }) => {
                self.on_listed(name, otherwise, goal, &groups).await;
            }
            (Pending::CreateToJoin, Response::Group { group }) => self.join_group(GroupKey::Id(group.group.id)).await,
            (Pending::Join, Response::Joined { call_id, group, first, answer }) => {
                self.on_joined(Joined { call: call_id, group, first, answer }).await;
            }
            (Pending::Groups { .. }, Response::Groups { groups }) => self.on_groups(groups).await,
            (Pending::Group(_), Response::Group { group }) => self.on_group(group).await,
            (Pending::Share(sharing), _) => self.on_shared(sharing).await,
            (Pending::Shared(with), Response::Group { group }) => {
                self.emit(Event::Shared { group: group.group.id, with }).await;
            }
            (Pending::Verb { what, .. }, _) => self.emit(Event::Done { what }).await,
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
            Pending::Rejoin(call) if gone => self.end_call(call, EndReason::MEDIA_LOST).await,
            // Hanging up what is already over is what was wanted.
            Pending::Verb { what: "hang up", .. }
            | Pending::Silent
            | Pending::Rejoin(_)
            | Pending::Groups { asked: false } => {}
            Pending::Verb { what, call } => self.refuse(what, call, Refusal::Service(failure)).await,
            Pending::Resolve { wanted, .. } => {
                self.refuse(wanted.words(), wanted.call(), Refusal::Service(failure)).await;
            }
            Pending::Search(_) => self.refuse("search", None, Refusal::Service(failure)).await,
            Pending::History | Pending::HistoryFound(_) => {
                self.refuse("history", None, Refusal::Service(failure)).await;
            }
            Pending::Hold { call, .. } => self.on_hold_refused(call, failure).await,
            Pending::Park(call) => self.refuse("park", Some(call), Refusal::Service(failure)).await,
            Pending::Merge { call, with } => {
                self.on_merge_answered(call, with, Some(Refusal::Service(failure))).await;
            }
            Pending::LookForJoin => self.no_join_found().await,
            Pending::Rules { what, rules } => {
                self.on_rules_answered(what, rules, Some(Refusal::Service(failure))).await;
            }
            Pending::LookUp { goal, .. } => self.not_found(goal, Refusal::Service(failure)).await,
            Pending::CreateToJoin | Pending::Join | Pending::PickUp => {
                self.not_joined(Refusal::Service(failure)).await;
            }
            Pending::Groups { asked: true } => self.refuse("groups", None, Refusal::Service(failure)).await,
            Pending::Group(what) => self.refuse(what, None, Refusal::Service(failure)).await,
            Pending::Share(_) | Pending::Shared(_) => {
                self.refuse("share", None, Refusal::Service(failure)).await;
            }
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
            Pending::Resolve { wanted, .. } => self.refuse(wanted.words(), wanted.call(), why).await,
            Pending::Search(_) => self.refuse("search", None, why).await,
            Pending::History | Pending::HistoryFound(_) => self.refuse("history", None, why).await,
            // It is asked again with the next connection.
            Pending::Hold { call, on } => {
                if let Some(call) = self.board.get_mut(call) {
                    call.hold.on_lost(on);
                }
            }
            Pending::Park(call) => self.refuse("park", Some(call), why).await,
            Pending::Merge { call, with } => self.on_merge_answered(call, with, Some(why)).await,
            Pending::Rules { what, rules } => self.on_rules_answered(what, rules, Some(why)).await,
            Pending::LookUp { goal, .. } => self.not_found(goal, why).await,
            Pending::CreateToJoin => self.not_joined(why).await,
            // The service may have let this phone in all the same.
            Pending::Join | Pending::PickUp => self.on_join_lost(),
            Pending::Groups { asked: true } => self.refuse("groups", None, why).await,
            Pending::Group(what) => self.refuse(what, None, why).await,
            Pending::Share(_) | Pending::Shared(_) => self.refuse("share", None, why).await,
            Pending::Rejoin(_) | Pending::Silent | Pending::LookForJoin | Pending::Groups { asked: false } => {}
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
        self.end_call(call, end).await;
    }

    async fn on_notice(&mut self, notice: Notice) {
        match notice {
            Notice::CallIncoming { call_id, from, at, group, via } => {
                self.on_incoming(Incoming { call: call_id, from, at, group, via }).await;
            }
            Notice::CallIncomingEnded { call_id, reason } => self.on_incoming_ended(call_id, reason).await,
            Notice::CallChanged { call_id, .. }
            | Notice::CallParticipant { call_id, .. }
            | Notice::CallSlots { call_id, .. }
            | Notice::CallGroup { call_id, .. }
            | Notice::CallRoster { call_id, .. }
            | Notice::CallSpeakers { call_id, .. }
            | Notice::CallInviteEnded { call_id, .. }
            | Notice::CallHandedOn { call_id, .. }
            | Notice::CallEnded { call_id, .. } => self.on_call_notice(call_id, notice).await,
            Notice::MeChanged { me } => self.on_me(me).await,
            Notice::PresenceChanged { identity, presence } => self.on_presence(&identity, presence).await,
            Notice::FriendAdded { friend } | Notice::FriendChanged { friend } => self.on_friend(friend).await,
            Notice::RulesChanged { rules } => self.on_rules(rules).await,
            Notice::FriendRequested { request } => self.on_friend_requested(request).await,
            Notice::FriendRequestEnded { identity } => self.on_friend_request_ended(&identity).await,
            Notice::PersonBlocked { person } => self.on_blocked(person).await,
            Notice::PersonUnblocked { identity } => self.on_unblocked(&identity).await,
            Notice::FriendRemoved { identity } => self.on_friend_removed(&identity).await,
            Notice::HistoryAdded { record } => self.emit(Event::Recorded(record)).await,
            Notice::CallMoved { call_id, into, with, group } => self.on_moved(call_id, into, with, group).await,
            Notice::MissedChanged { missed } => self.emit(Event::Missed(missed)).await,
            Notice::ParkedChanged { slot, parked } => self.on_parked_changed(slot, parked).await,
            Notice::GroupShared { group, by, here } => self.on_group_shared(group, by, here).await,
            Notice::GroupChanged { group_id, here } => self.on_group_changed(group_id, here).await,
            Notice::GroupRemoved { group_id } => self.on_group_removed(group_id).await,
            // The signalling task acts on this one.
            Notice::Closing { .. } => {}
        }
    }

    /// Takes a notice of the call `id`: of one this phone is in, or else of none it knows (yet).
    pub(super) async fn on_call_notice(&mut self, id: CallId, notice: Notice) {
        if self.board.get(id).is_none() {
            return self.on_stray(id, notice).await;
        }
        match notice {
            Notice::CallChanged { state, .. } => self.on_state(id, state).await,
            Notice::CallParticipant { participant, .. } => self.on_participant(id, participant).await,
            Notice::CallHandedOn { by, to, forwarded, .. } => self.on_handed_on(id, by, to, forwarded).await,
            Notice::CallSlots { slots, .. } => {
                if let Some(call) = self.board.get_mut(id) {
                    call.slots = slots;
                }
            }
            Notice::CallGroup { group, may_end, .. } => self.on_call_group(id, group, may_end).await,
            Notice::CallRoster { whole, rows, left, .. } => self.on_roster(id, Batch { whole, rows, left }).await,
            Notice::CallSpeakers { speakers, .. } => self.on_speakers(id, speakers).await,
            Notice::CallInviteEnded { person, reason, .. } => self.on_invite_ended(id, &person, reason).await,
            Notice::CallEnded { reason, .. } => self.end_call(id, reason).await,
            Notice::CallIncoming { .. }
            | Notice::CallMoved { .. }
            | Notice::MissedChanged { .. }
            | Notice::ParkedChanged { .. }
            | Notice::CallIncomingEnded { .. }
            | Notice::GroupShared { .. }
            | Notice::GroupChanged { .. }
            | Notice::GroupRemoved { .. }
            | Notice::MeChanged { .. }
            | Notice::PresenceChanged { .. }
            | Notice::FriendAdded { .. }
            | Notice::FriendChanged { .. }
            | Notice::RulesChanged { .. }
            | Notice::FriendRequested { .. }
            | Notice::FriendRequestEnded { .. }
            | Notice::PersonBlocked { .. }
            | Notice::PersonUnblocked { .. }
            | Notice::FriendRemoved { .. }
            | Notice::HistoryAdded { .. }
            | Notice::Closing { .. } => {}
        }
    }

    async fn on_me(&mut self, me: crate::domain::person::Person) {
        self.me = Some(me.clone());
        self.emit(Event::Me(me)).await;
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

    /// The other side of a direct call came, went, changed, or is somebody else.
    async fn on_participant(&mut self, id: CallId, participant: Participant) {
        if let Some(call) = self.board.get_mut(id).filter(|call| call.is_direct()) {
            call.set_participant(participant);
            let view = call.view();
            self.emit(Event::Call(view)).await;
        }
    }
}

/// How a call ended that was refused when it was to be started or answered.
fn end_of(what: &str, why: &Refusal) -> EndReason {
    let Refusal::Service(failure) = why else { return EndReason::SERVICE_LOST };
    let elsewhere = EndReason::ANSWERED_ELSEWHERE;
    let code = match failure.code {
        FailureCode::Conflict if what == "answer" && failure.sub_code == elsewhere.sub_code => return elsewhere,
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
