//! Calls that go on with somebody else: asking somebody first, handing a call on, bringing two together, parking; and what
//! the other side tells of such.

use super::call::{Call, GroupCall};
use super::people::Wanted;
use super::{Engine, Pending};
use crate::base::clock;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::ForwardWhen;
use crate::domain::group::Group;
use crate::domain::id::CallId;
use crate::domain::park::{ParkSlot, ParkedCall};
use crate::domain::person::Person;
use crate::domain::transfer::{HandedTo, TransferTarget};
use crate::phone::audio::voice::SoundSummary;
use crate::phone::command::TransferTo;
use crate::phone::event::{Event, HandedOver, Refusal};
use crate::protocol::request::Request;
use crate::texts::desk;

impl Engine {
    /// Calls somebody to ask what to do about `call`, which waits meanwhile.
    pub(super) async fn consult(&mut self, call: CallId, to: String) {
        if self.may_go_on("consult", call).await {
            self.call_by_name(to, Wanted::Consult(call)).await;
        }
    }

    /// It is known whom to ask.
    pub(super) async fn start_consult(&mut self, person: Person, call: CallId) {
        let waits = self.board.get(call).filter(|call| call.is_direct()).and_then(Call::other_side);
        if waits.is_some_and(|waits| waits.identity == person.identity) {
            let sentence = desk::there_already(person.display_name.as_str());
            return self.refuse("consult", Some(call), Refusal::NotNow(sentence)).await;
        }
        // It may have ended while the name was looked up.
        if self.may_go_on("consult", call).await {
            self.start_call(person, None, Some(call)).await;
        }
    }

    pub(super) async fn transfer(&mut self, call: CallId, to: TransferTo) {
        if !self.may_go_on("transfer", call).await || !self.is_direct("transfer", call).await {
            return;
        }
        match to {
            TransferTo::Person(name) if name.trim().is_empty() => {
                let sentence = "say to whom the call is to go: a name or an identity";
                self.refuse("transfer", Some(call), Refusal::NotNow(sentence.into())).await;
            }
            TransferTo::Person(name) => self.resolve(name, Wanted::Transfer(call)).await,
            TransferTo::Call(other)
                if other == call || self.board.get(other).is_none_or(|other| !other.is_direct()) =>
            {
                let sentence = "a call can be handed to the other side of another direct call of this phone";
                self.refuse("transfer", Some(call), Refusal::NotNow(sentence.into())).await;
            }
            TransferTo::Call(other) => {
                if let Some(to) = self.board.get(other).and_then(Call::other_side).cloned() {
                    self.goes(call, &to, &[call, other]);
                }
                self.hand_on(call, TransferTarget::Call { call_id: other }).await;
            }
        }
    }

    /// It is known to whom a call goes, who is to be rung.
    pub(super) async fn hand_on_to(&mut self, call: CallId, to: Person) {
        self.goes(call, &to, &[call]);
        self.hand_on(call, TransferTarget::Person { identity: to.identity }).await;
    }

    /// Remembers in these calls who goes to whom.
    fn goes(&mut self, call: CallId, to: &Person, calls: &[CallId]) {
        let Some(who) = self.board.get(call).and_then(Call::other_side).cloned() else { return };
        let handed = HandedOver { who, to: to.clone() };
        for call in self.board.live_mut().filter(|call| calls.contains(&call.id)) {
            call.handed_over = Some(handed.clone());
        }
    }

    async fn hand_on(&mut self, call: CallId, to: TransferTarget) {
        let pending = Pending::Verb { what: "transfer", call: Some(call) };
        self.request(Request::CallTransfer { call_id: call, to }, pending).await;
    }

    /// Brings the people of two calls together.
    pub(super) async fn merge(&mut self, call: CallId, with: CallId) {
        if !self.may_go_on("merge", call).await || !self.is_direct("merge", with).await {
            return;
        }
        if call == with || !self.in_call(with) {
            let sentence = "two calls can be merged once both are connected";
            return self.refuse("merge", Some(call), Refusal::NotNow(sentence.into())).await;
        }
        // Nobody who talks now is to hear music for the moment this takes.
        self.set_merging(call, with, true);
        self.request(Request::CallMerge { call_id: call, with }, Pending::Merge { call, with }).await;
    }

    /// The service has answered a merge: where it came about, everybody is in the first call.
    pub(super) async fn on_merge_answered(&mut self, call: CallId, with: CallId, why: Option<Refusal>) {
        self.set_merging(call, with, false);
        match why {
            None if self.board.get(call).is_some() => self.activate(Some(call)).await,
            None => {}
            Some(why) => self.refuse("merge", Some(call), why).await,
        }
        self.ask_for_holds().await;
    }

    fn set_merging(&mut self, one: CallId, other: CallId, on: bool) {
        for call in self.board.live_mut().filter(|call| call.id == one || call.id == other) {
            call.merging = on;
        }
    }

    pub(super) async fn park(&mut self, call: CallId, slot: Option<ParkSlot>) {
        if self.may_go_on("park", call).await && self.is_direct("park", call).await {
            self.request(Request::CallPark { call_id: call, slot }, Pending::Park(call)).await;
        }
    }

    /// Says why nothing can be done with a call that is over, or not connected yet.
    async fn may_go_on(&mut self, what: &'static str, call: CallId) -> bool {
        let connected = self.in_call(call);
        if !connected {
            let sentence = "this works once the call is connected";
            self.refuse(what, Some(call), Refusal::NotNow(sentence.into())).await;
        }
        connected
    }

    async fn is_direct(&mut self, what: &'static str, call: CallId) -> bool {
        let direct = self.board.get(call).is_some_and(Call::is_direct);
        if !direct {
            let sentence = "this works with a call of two only, not with a group call";
            self.refuse(what, Some(call), Refusal::NotNow(sentence.into())).await;
        }
        direct
    }

    /// The other side of a call hands it on.
    pub(super) async fn on_handed_on(
        &mut self,
        call: CallId,
        by: Person,
        to: HandedTo,
        forwarded: Option<ForwardWhen>,
    ) {
        let Some(known) = self.board.get_mut(call) else { return };
        // Whoever comes next did not come as the one did who hands the call on.
        known.via = None;
        self.emit(Event::HandedOn { call, by, to, forwarded }).await;
    }

    /// A call goes on as another, with other people: this phone brings a new leg into that one.
    pub(super) async fn on_moved(&mut self, id: CallId, into: CallId, with: Person, group: Option<Group>) {
        if self.board.get(id).is_none() || self.board.get(into).is_some() {
            return self.on_moved_astray(id, into).await;
        }
        let card = group.map(|group| self.addresses.card(group));
        let now = clock::now();
        // One that was handed on may be back before its last figures are in: they are not waited for.
        self.finish_call(into, &SoundSummary::default()).await;
        let Some(call) = self.board.get_mut(id) else { return };
        call.group = card.map(GroupCall::new);
        call.on_moved(with, now);
        if call.voiced {
            self.out.voice.rename(id, into);
        }
        self.board.rename(id, into);
        let Some(view) = self.board.get(into).map(Call::view) else { return };
        self.emit(Event::Call(view)).await;
        self.emit(Event::Moved { call: id, into }).await;
        // Who was asked about it is asked about that one now.
        let asked: Vec<_> = self.board.live().filter(|call| call.consult_of == Some(into)).map(Call::view).collect();
        for view in asked {
            self.emit(Event::Call(view)).await;
        }
        if self.board.active() == Some(into) {
            self.emit(Event::Active(Some(into))).await;
        }
        self.try_rejoin(into, now).await;
        self.play_tone();
    }

    /// A call moves that was hung up here in the same moment: whoever comes into the other one is not left waiting. Or it
    /// moves into one this phone is in already.
    async fn on_moved_astray(&mut self, id: CallId, into: CallId) {
        if self.board.get(into).is_some() {
            return self.end_call(id, EndReason::MERGED).await;
        }
        self.request(Request::CallHangUp { call_id: into }, Pending::Silent).await;
    }

    /// A slot has another call in it now, or none.
    pub(super) async fn on_parked_changed(&mut self, slot: ParkSlot, parked: Option<ParkedCall>) {
        match parked {
            Some(parked) => self.parked.insert(slot, parked),
            None => self.parked.remove(&slot),
        };
        self.tell_parked().await;
    }

    /// These are the parked calls.
    pub(super) async fn set_parked(&mut self, parked: Vec<ParkedCall>) {
        self.parked = parked.into_iter().map(|parked| (parked.slot, parked)).collect();
        self.tell_parked().await;
    }

    async fn tell_parked(&mut self) {
        let parked = self.parked.values().cloned().collect();
        self.emit(Event::ParkedCalls(parked)).await;
    }
}
