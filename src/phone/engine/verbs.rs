//! What the phone is told to do, verb by verb.

use std::time::Duration;

use super::call::{Call, CallLeg, GroupCall};
use super::join::{Goal, JOINING};
use super::media::reach;
use super::people::Wanted;
use super::{Engine, Pending};
use crate::base::{clock, entropy, task};
use crate::control::diagnosis::Fact;
use crate::domain::call::{CallState, Direction, Peer};
use crate::domain::dtmf::Tone;
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::person::Person;
use crate::domain::presence::PresenceChoice;
use crate::domain::record::HistoryFilter;
use crate::phone::audio::cards;
use crate::phone::audio::device::{SinkChoice, SourceChoice};
use crate::phone::audio::voice::SoundSummary;
use crate::phone::command::{Command, HISTORY};
use crate::phone::event::{Event, Refusal};
use crate::phone::leg;
use crate::phone::signalling::ToLink;
use crate::protocol::request::Request;

impl Engine {
    pub(super) async fn on_command(&mut self, command: Command) {
        self.out.recorder.command(&command);
        match command {
            Command::Call { to, ring_for } => self.call_by_name(to, Wanted::Call { ring_for }).await,
            Command::Answer(call) => self.answer(call).await,
            Command::Decline(call) => self.decline(call).await,
            Command::HangUp(call) => self.hang_up(call).await,
            Command::Hold { call, on } => self.hold(call, on).await,
            Command::Mute { call, on } => self.mute(call, on).await,
            Command::Dtmf { call, tone } => self.dtmf(call, tone).await,
            Command::SetPresence(choice) => self.set_presence(choice).await,
            Command::AddFriend(who) => self.resolve(who, Wanted::AddFriend).await,
            Command::AcceptFriend(who) => self.answer_friend(&who, true).await,
            Command::DeclineFriend(who) => self.answer_friend(&who, false).await,
            Command::WithdrawFriend(who) => self.withdraw_friend(&who).await,
            Command::Block(who) => self.resolve(who, Wanted::Block).await,
            Command::Unblock(who) => self.unblock(&who).await,
            Command::SetDisplayName(display_name) => {
                let pending = Pending::Verb { what: "display name", call: None };
                self.request(Request::ProfileSet { display_name }, pending).await;
            }
            Command::RemoveFriend(identity) => {
                let pending = Pending::Verb { what: "remove friend", call: None };
                self.request(Request::FriendRemove { identity }, pending).await;
            }
            Command::SearchPeople(text) => {
                self.request(Request::PeopleSearch { text: text.clone() }, Pending::Search(text)).await;
            }
            Command::LoadHistory => {
                let filter = HistoryFilter::default();
                self.request(Request::HistoryList { limit: HISTORY, filter }, Pending::History).await;
            }
            Command::SearchHistory(filter) => self.search_history(filter).await,
            Command::NoteCall { call, note } => self.note_call(call, note).await,
            Command::SeeMissed => self.see_missed().await,
            Command::Consult { call, to } => self.consult(call, to).await,
            Command::Activate(call) => self.pick("activate", call).await,
            Command::Transfer { call, to } => self.transfer(call, to).await,
            Command::Merge { call, with } => self.merge(call, with).await,
            Command::Park { call, slot } => self.park(call, slot).await,
            Command::PickUp(slot) => self.pick_up(slot).await,
            Command::PickUpRinging(at) => self.resolve(at, Wanted::PickUp).await,
            Command::Forward { when, to, after } => self.forward(when, to, after).await,
            Command::Except { who, on } => self.except_named(who, on).await,
            Command::LetPickUp(by) => self.let_pick_up(by).await,
            Command::Favour { identity, favourite } => {
                let pending = Pending::Verb { what: "favour", call: None };
                self.request(Request::FriendFavour { identity, favourite }, pending).await;
            }
            Command::ListDevices => self.list_devices(),
            Command::UseMicrophone(source) => self.use_microphone(source),
            Command::UseSpeaker(sink) => self.use_speaker(sink),
            Command::UseRinger(sink) => self.out.voice.use_ringer(sink),
            Command::UseProfile(profile) => self.out.voice.use_profile(profile),
            Command::Process(wishes) => self.out.voice.process(wishes),
            Command::SetVolume { device, db } => self.out.voice.set_volume(device, db),
            Command::Join { place, existing, muted } => self.join(&place, existing, muted).await,
            Command::StartGroup { name } => self.start_group(name).await,
            Command::Invite { call, who } => self.invite(call, who).await,
            Command::EndForAll(call) => self.end_for_all(call).await,
            Command::LoadGroups => self.load_groups().await,
            Command::CreateGroup(name) => {
                self.request(Request::GroupCreate { name }, Pending::Group("create group")).await;
            }
            Command::ShowGroup(place) => self.look_up(&place, Goal::Show).await,
            Command::ShareGroup { group, with } => self.share_group(group, with).await,
            Command::RemoveGroup(group_id) => {
                let pending = Pending::Verb { what: "remove group", call: None };
                self.request(Request::GroupRemove { group_id }, pending).await;
            }
            Command::Quit => self.quit().await,
        }
    }

    pub(super) async fn call_by_name(&mut self, to: String, wanted: Wanted) {
        if to.trim().is_empty() {
            let sentence = "say whom to call: a name or an identity";
            return self.refuse(wanted.words(), wanted.call(), Refusal::NotNow(sentence.into())).await;
        }
        self.resolve(to, wanted).await;
    }

    /// Calls `person`, be it to ask first what to do about another call: makes the leg and its offer, and asks the service.
    pub(super) async fn start_call(&mut self, person: Person, ring_for: Option<Duration>, consult_of: Option<CallId>) {
        let what = if consult_of.is_some() { "consult" } else { "call" };
        if let Some(sentence) = self.no_room() {
            return self.refuse(what, consult_of, Refusal::NotNow(sentence)).await;
        }
        let Some((leg, offer)) = self.offer_leg(what, consult_of).await else { return };
        let id = CallId(entropy::uuid());
        let to = person.identity.clone();
        let mut call = Call::new(id, Direction::Outgoing, Peer::Person(person), leg, clock::unix_now());
        call.consult_of = consult_of;
        self.begin(call).await;
        let ring_seconds = ring_for.map(|d| u16::try_from(d.as_secs().clamp(1, 300)).unwrap_or(300));
        self.request(Request::CallStart { call_id: id, to, offer, ring_seconds }, Pending::Start(id)).await;
    }

    /// Why no further call can begin now, if so.
    pub(super) fn no_room(&self) -> Option<String> {
        let calls = self.board.live().count();
        if calls + usize::from(self.joining.is_some()) < usize::from(self.options.max_calls) {
            return None;
        }
        Some(match (calls, self.options.max_calls) {
            (0, _) => JOINING.to_owned(),
            (_, 1) => "hang up first: this phone is in a call".to_owned(),
            (_, most) => format!("hang up one of them first: this phone can be in {most} calls at once"),
        })
    }

    async fn answer(&mut self, id: CallId) {
        if self.board.get(id).is_some() {
            // Joined, or picked up, while it rings here too.
            return self.pick("answer", id).await;
        }
        let Some(incoming) = self.incoming.get(&id).cloned() else {
            return self.refuse("answer", Some(id), Refusal::NotNow("nobody is calling any more".into())).await;
        };
        if let Some(sentence) = self.no_room() {
            return self.refuse("answer", Some(id), Refusal::NotNow(sentence)).await;
        }
        let Some((leg, offer)) = self.offer_leg("answer", Some(id)).await else { return };
        self.incoming.remove(&id);
        let group = incoming.group.map(|group| GroupCall::new(self.addresses.card(group)));
        let with = match &group {
            Some(group) => Peer::Group(group.card.group.reference()),
            None => Peer::Person(incoming.from),
        };
        let mut call = Call::new(id, Direction::Incoming, with, leg, incoming.at);
        call.group = group;
        call.via = incoming.via;
        self.begin(call).await;
        self.request(Request::CallAnswer { call_id: id, offer }, Pending::Answer(id)).await;
    }

    pub(super) async fn offer_leg(
        &mut self,
        what: &'static str,
        call: Option<CallId>,
    ) -> Option<(leg::OfferedLeg, crate::protocol::request::Sdp)> {
        let Some(service) = self.service else {
            self.refuse(what, call, Refusal::NotConnected).await;
            return None;
        };
        match leg::offer(service, reach(self.options.media_over, self.udp_blocked), clock::now()) {
            Ok(offered) => Some(offered),
            Err(e) => {
                self.refuse(what, call, Refusal::NotNow(e.to_string())).await;
                None
            }
        }
    }

    /// A call begins, and becomes the active one: whoever was talked to is held first.
    pub(super) async fn begin(&mut self, call: Call) {
        let (id, view) = (call.id, call.view());
        // One that was handed on may be back before its last figures are in: they are not waited for.
        self.finish_call(id, &SoundSummary::default()).await;
        self.board.add(call);
        self.emit(Event::Call(view)).await;
        self.activate(Some(id)).await;
        self.play_tone();
        self.diagnose_devices().await;
    }

    async fn decline(&mut self, id: CallId) {
        let Some(incoming) = self.incoming.remove(&id) else {
            return self.refuse("decline", Some(id), Refusal::NotNow("nobody is calling any more".into())).await;
        };
        self.play_tone();
        self.request(Request::CallDecline { call_id: id }, Pending::Silent).await;
        self.emit(Event::IncomingEnded { call: id, from: incoming.from, reason: EndReason::DECLINED }).await;
    }

    async fn hang_up(&mut self, id: CallId) {
        if self.incoming.contains_key(&id) {
            return self.decline(id).await;
        }
        if !self.board.knows(id) && self.cancel_join().await {
            return;
        }
        let Some(call) = self.board.get_mut(id) else {
            return self.refuse("hang up", Some(id), Refusal::NotNow("this call is over".into())).await;
        };
        call.state = CallState::Disconnecting;
        let reason = if call.was_connected() || call.direction == Direction::Incoming {
            EndReason::HUNG_UP
        } else {
            EndReason::CANCELLED
        };
        let view = call.view();
        self.emit(Event::Call(view)).await;
        if self.service.is_some() {
            self.request(Request::CallHangUp { call_id: id }, Pending::Verb { what: "hang up", call: Some(id) }).await;
        } else {
            self.hung_up.push(id);
        }
        // The person is out of the call at once, whatever the network does.
        self.end_call(id, reason).await;
    }

    async fn invite(&mut self, call: CallId, who: String) {
        if !self.in_call(call) {
            let sentence = "somebody can be invited once the call is connected";
            return self.refuse("invite", Some(call), Refusal::NotNow(sentence.into())).await;
        }
        if who.trim().is_empty() {
            let sentence = "say whom to invite: a name or an identity";
            return self.refuse("invite", Some(call), Refusal::NotNow(sentence.into())).await;
        }
        self.resolve(who, Wanted::Invite(call)).await;
    }

    async fn end_for_all(&mut self, call: CallId) {
        if self.board.get(call).is_none_or(Call::is_direct) {
            let sentence = "only a group call can be ended for everybody";
            return self.refuse("end for all", Some(call), Refusal::NotNow(sentence.into())).await;
        }
        let pending = Pending::Verb { what: "end for all", call: Some(call) };
        self.request(Request::CallEndForAll { call_id: call }, pending).await;
    }

    pub(super) async fn mute(&mut self, id: CallId, on: bool) {
        let Some(call) = self.board.get_mut(id) else {
            return self.refuse("mute", Some(id), Refusal::NotNow("this call is over".into())).await;
        };
        call.muted = on;
        if let Some(entering) = call.group.as_mut().and_then(|group| group.entering.as_mut()) {
            // It is decided now.
            entering.mute_by_size = false;
        }
        let (view, voiced) = (call.view(), call.voiced);
        if voiced {
            self.out.voice.set_muted(id, on);
        }
        self.emit(Event::Call(view)).await;
        if !on {
            self.diagnose(id, &[Fact::Unmuted]).await;
        }
        self.request(Request::CallMute { call_id: id, on }, Pending::Silent).await;
    }

    async fn dtmf(&mut self, id: CallId, tone: Tone) {
        if !self.in_call(id) {
            return self
                .refuse("dtmf", Some(id), Refusal::NotNow("tones can be sent once the call is connected".into()))
                .await;
        }
        self.out.voice.send_dtmf(id, tone);
    }

    /// Whether this phone is in the call `id`, and it was answered.
    pub(super) fn in_call(&self, id: CallId) -> bool {
        self.board.get(id).is_some_and(Call::was_connected)
    }

    async fn set_presence(&mut self, choice: PresenceChoice) {
        self.out.link.send(ToLink::Presence(choice)).await.ok();
        self.request(Request::PresenceSet { presence: choice }, Pending::Verb { what: "presence", call: None }).await;
    }

    async fn quit(&mut self) {
        for id in self.board.ids() {
            self.hang_up(id).await;
        }
        self.stopping = true;
    }

    fn use_microphone(&mut self, source: SourceChoice) {
        self.microphone = source.clone();
        self.out.voice.use_microphone(source);
        self.list_devices();
    }

    fn use_speaker(&mut self, sink: SinkChoice) {
        self.speaker = sink.clone();
        self.out.voice.use_speaker(sink);
        self.list_devices();
    }

    /// Asks the system for its devices beside this task: some sound systems take their time.
    fn list_devices(&self) {
        let (microphone, speaker, events) = (self.microphone.clone(), self.speaker.clone(), self.out.events.clone());
        task::spawn("devices", async move {
            if let Ok(devices) = tokio::task::spawn_blocking(move || cards::list(microphone, speaker)).await {
                events.send(Event::Devices(devices)).await.ok();
            }
        });
    }

    /// Hangs up what the media gave no chance.
    pub(super) async fn give_up(&mut self, id: CallId, reason: EndReason) {
        if self.board.get(id).is_none() {
            return;
        }
        if self.service.is_some() {
            self.request(Request::CallHangUp { call_id: id }, Pending::Silent).await;
        } else {
            self.hung_up.push(id);
        }
        self.end_call(id, reason).await;
    }

    /// Ends a call on this side: the leg closes, and the summary follows once the voice thread has handed in its figures.
    pub(super) async fn end_call(&mut self, id: CallId, reason: EndReason) {
        let Some(call) = self.board.get_mut(id) else { return };
        let was_waiting = matches!(call.leg, CallLeg::Offered(_)) || !call.was_connected();
        call.end(reason, clock::now());
        let (voiced, consult_of) = (call.voiced, call.consult_of);
        if voiced {
            self.out.voice.detach(id);
        }
        self.go_on_after(id, consult_of, reason).await;
        self.play_end_tone(reason, was_waiting);
        if !voiced {
            self.finish_call(id, &SoundSummary::default()).await;
        }
    }
}
