//! Which call is active, and what follows: the others are held at the service and neither heard nor sent to, and who holds
//! somebody for long is reminded.

use std::time::Instant;

use super::call::Call;
use super::{Engine, Pending};
use crate::base::clock;
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::media::tones::ShortTone;
use crate::phone::event::{Event, Refusal};
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::request::Request;

impl Engine {
    /// The user picks another call to talk in.
    pub(super) async fn pick(&mut self, what: &'static str, id: CallId) {
        if self.board.get(id).is_none() {
            return self.refuse(what, Some(id), Refusal::NotNow("this call is over".into())).await;
        }
        if self.service.is_none() {
            return self.refuse(what, Some(id), Refusal::NotConnected).await;
        }
        self.activate(Some(id)).await;
        // One that was active already may be held all the same, by what another command left.
        self.ask_for_holds().await;
    }

    /// The user holds a call, or resumes it. What is held is not active, and the other way round.
    pub(super) async fn hold(&mut self, id: CallId, on: bool) {
        if !self.board.get(id).is_some_and(Call::may_be_held) {
            let sentence = "hold works once the call is connected";
            return self.refuse("hold", Some(id), Refusal::NotNow(sentence.into())).await;
        }
        if !on {
            return self.pick("hold", id).await;
        }
        if self.service.is_none() {
            return self.refuse("hold", Some(id), Refusal::NotConnected).await;
        }
        if self.board.active() == Some(id) {
            self.activate(None).await;
        }
        self.ask_for_holds().await;
    }

    /// Makes another call the active one, or none. The one before is cut here at once, and held at the service.
    pub(super) async fn activate(&mut self, id: Option<CallId>) {
        let Some(switch) = self.board.activate(id) else { return };
        for call in [switch.before, switch.now].into_iter().flatten() {
            self.hush(call);
        }
        self.emit(Event::Active(switch.now)).await;
        self.ask_for_holds().await;
        self.play_tone();
    }

    /// Sees that a call neither hears nor sends unless it is the active one.
    pub(super) fn hush(&self, id: CallId) {
        if let Some(call) = self.board.get(id).filter(|call| call.voiced) {
            let active = self.board.active() == Some(id);
            self.out.voice.set_held(id, !active || call.state == CallState::LocalHold);
        }
    }

    /// Asks the service to hold what is to be held, and to resume the active call; without a connection, once there is one.
    pub(super) async fn ask_for_holds(&mut self) {
        if self.service.is_none() {
            return;
        }
        for (call, on) in self.board.holds_to_ask() {
            self.send(Request::CallHold { call_id: call, on }, Pending::Hold { call, on }).await;
        }
    }

    pub(super) async fn on_hold_refused(&mut self, id: CallId, failure: Failure) {
        if let Some(call) = self.board.get_mut(id) {
            call.hold.on_answered();
            // A call that is over needs no holding: its end is told next.
            if failure.code != FailureCode::NotFound {
                self.refuse("hold", Some(id), Refusal::Service(failure)).await;
            }
        }
    }

    /// The service says how a call stands.
    pub(super) async fn on_state(&mut self, id: CallId, state: CallState) {
        let Some(call) = self.board.get_mut(id) else { return };
        let connects = call.on_state(state, clock::now(), clock::unix_now());
        let (view, voiced, early) = (call.view(), call.voiced, !call.was_connected());
        if voiced {
            self.out.voice.set_early(id, early);
        }
        self.hush(id);
        self.play_tone();
        self.emit(Event::Call(view)).await;
        if connects && self.board.active().is_none() {
            // It rang out in the background, and nobody else is talked to now.
            self.activate(Some(id)).await;
        }
        self.ask_for_holds().await;
    }

    /// A call has ended that was active, or was to ask somebody for another: who goes on with which.
    pub(super) async fn go_on_after(&mut self, id: CallId, consult_of: Option<CallId>, reason: EndReason) {
        for call in self.board.forget_consults(id) {
            if let Some(view) = self.board.get(call).map(Call::view) {
                self.emit(Event::Call(view)).await;
            }
        }
        let active = self.board.active();
        if active.is_some_and(|active| active != id) {
            return;
        }
        // Whoever was asked is gone: back to who waits, unless they are with each other now.
        let handed = matches!(reason, EndReason::TRANSFERRED | EndReason::MERGED);
        let back = consult_of.filter(|waits| !handed && self.board.get(*waits).is_some());
        self.activate(back).await;
    }

    /// Reminds who holds a call that somebody waits.
    pub(super) async fn remind_of_hold(&mut self, id: CallId, now: Instant) {
        let Some(since) = self.board.get_mut(id).and_then(|call| call.hold.remind(now)) else { return };
        self.play_once(ShortTone::Reminder);
        self.emit(Event::HeldLong { call: id, since }).await;
    }
}
