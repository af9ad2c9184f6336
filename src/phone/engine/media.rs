//! Legs and the voice thread: starting them, losing them, and what they tell of each call.

use std::time::Instant;

use super::call::{CallLeg, GIVE_UP_AFTER};
use super::{Engine, Pending};
use crate::base::clock;
use crate::config::MediaOver;
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::phone::audio::voice::{LegSound, SoundSummary, VoiceEvent};
use crate::phone::event::{Event, Transport};
use crate::phone::leg::{self, LegEvent, LegTag, Reach};
use crate::protocol::request::{Request, Sdp};

impl Engine {
    /// The service has answered the offer of a started or answered call.
    pub(super) async fn start_leg(&mut self, id: CallId, answer: &Sdp) {
        match self.run_leg(id, answer) {
            Some(Ok(sound)) => {
                let record = self.next_recording();
                if let Some(file) = &record {
                    self.out.recorder.recording(id, file);
                }
                let Some(call) = self.board.get_mut(id) else { return };
                call.voiced = true;
                let (muted, early) = (call.muted, !call.was_connected());
                if early {
                    self.out.voice.attach_early(id, sound, record);
                } else {
                    self.out.voice.attach(id, sound, record);
                }
                // Only off: the voice thread itself may have reason to begin with the microphone off.
                if muted {
                    self.out.voice.set_muted(id, true);
                }
                self.hush(id);
            }
            Some(Err(e)) => {
                self.emit(Event::Warning(e.to_string())).await;
                self.give_up(id, EndReason::NO_MEDIA_PATH).await;
            }
            None => {}
        }
    }

    /// The service has answered the offer of a new leg for a call whose old one was lost, or never came about.
    pub(super) async fn rejoin_leg(&mut self, id: CallId, answer: &Sdp) {
        if self.board.get(id).is_some_and(|call| !call.voiced) {
            return self.start_leg(id, answer).await;
        }
        match self.run_leg(id, answer) {
            Some(Ok(sound)) => {
                self.out.voice.replace_leg(id, sound);
                if let Some(call) = self.board.get_mut(id) {
                    call.figures.on_new_leg();
                }
            }
            Some(Err(e)) => self.emit(Event::Warning(e.to_string())).await,
            None => {}
        }
    }

    fn run_leg(&mut self, id: CallId, answer: &Sdp) -> Option<Result<LegSound, leg::LegError>> {
        let call = self.board.get_mut(id)?;
        let CallLeg::Offered(offered) = std::mem::replace(&mut call.leg, CallLeg::Gone) else { return None };
        let tag = self.next_leg;
        self.next_leg += 1;
        Some(offered.start(answer, tag, self.out.legs.clone()).map(|(leg, sound)| {
            call.leg = CallLeg::Running { leg, tag };
            sound
        }))
    }

    pub(super) async fn on_leg(&mut self, tag: LegTag, event: LegEvent) {
        let now = clock::now();
        let Some(call) = self.board.of_leg(tag) else { return };
        if let Some(step) = event.step() {
            self.out.recorder.leg(call.id, tag, step);
        }
        match event {
            LegEvent::Step(_) => return,
            LegEvent::Up | LegEvent::Back => call.on_flowing(),
            LegEvent::Lost => call.on_lost(now),
            LegEvent::Failed(why) => {
                tracing::info!(why, "the media connection failed");
                call.on_lost(now);
            }
            LegEvent::Over(transport) => {
                let id = call.id;
                return self.goes_over(id, transport).await;
            }
            LegEvent::Measured(measured) => return call.figures.on_measured(measured),
            LegEvent::Reported(reported) => {
                if let Some(percent) = call.figures.on_reported(reported) {
                    let id = call.id;
                    self.out.voice.set_expected_loss(id, percent);
                }
                return;
            }
        }
        let view = call.view();
        self.emit(Event::Call(view)).await;
    }

    async fn goes_over(&mut self, id: CallId, transport: Transport) {
        let forced = self.options.media_over == MediaOver::Auto;
        self.udp_blocked = forced && transport == Transport::Tcp;
        let Some(call) = self.board.get_mut(id) else { return };
        let before = call.figures.on_transport(transport);
        // UDP is how it should be.
        if before.unwrap_or(Transport::Udp) != transport {
            self.emit(Event::Transport { call: id, transport, forced }).await;
        }
    }

    /// The time of some call's deadline may have come.
    pub(super) async fn on_call_deadlines(&mut self, now: Instant) {
        for id in self.board.overdue(now) {
            self.finish_call(id, &SoundSummary::default()).await;
        }
        for id in self.board.ids() {
            self.on_call_deadline(id, now).await;
        }
    }

    async fn on_call_deadline(&mut self, id: CallId, now: Instant) {
        let Some(call) = self.board.get(id) else { return };
        if call.lost_since.is_some_and(|since| since + GIVE_UP_AFTER <= now) {
            return self.give_up(id, EndReason::MEDIA_LOST).await;
        }
        if call.rejoin_at.is_some_and(|at| at <= now) {
            self.try_rejoin(id, now).await;
        }
        self.on_diagnosis_deadline(id, now).await;
        self.enter(id, now).await;
        self.remind_of_hold(id, now).await;
    }

    /// Offers a new leg for a call whose media is lost. Needs the connection to the service; without it, later.
    pub(super) async fn try_rejoin(&mut self, id: CallId, now: Instant) {
        let Some(call) = self.board.get_mut(id) else { return };
        call.tries_leg(now);
        let asked = self.pending.values().any(|pending| matches!(pending, Pending::Rejoin(asked) if *asked == id));
        // What was never connected is given up by the service, unless this phone has yet to bring its first leg.
        let may = call.was_connected() || !call.voiced;
        let reach = reach(self.options.media_over, call.voiced || self.udp_blocked);
        let (Some(service), true, false) = (self.service, may, asked) else { return };
        match leg::offer(service, reach, now) {
            Ok((offered, offer)) => {
                call.leg = CallLeg::Offered(Box::new(offered));
                self.request(Request::CallRejoin { call_id: id, offer }, Pending::Rejoin(id)).await;
            }
            Err(e) => self.emit(Event::Warning(e.to_string())).await,
        }
    }

    pub(super) async fn on_voice(&mut self, event: VoiceEvent) {
        match event {
            VoiceEvent::Levels { call, microphone, speaker, mut heard, facts } => {
                if self.board.get(call).is_none_or(|call| call.is_direct()) {
                    heard.clear();
                }
                self.emit(Event::Levels { call, microphone, speaker, heard }).await;
                self.on_microphone(call, facts).await;
            }
            VoiceEvent::Quality { call, quality } => {
                let Some(known) = self.board.any_mut(call) else { return };
                let quality = known.on_quality(quality);
                self.emit(Event::Quality { call, quality }).await;
                self.on_figures(call).await;
            }
            VoiceEvent::Dtmf { call, slot, mark, tone } => {
                let Some(known) = self.board.any_mut(call) else { return };
                if let Some(from) = known.sender_of(mark, slot, tone) {
                    self.emit(Event::Dtmf { call, from, tone }).await;
                }
            }
            VoiceEvent::FirstSound { call, at } => {
                if let Some(known) = self.board.any_mut(call) {
                    known.first_sound.get_or_insert(at);
                }
            }
            VoiceEvent::MicrophoneFinished { call } => self.emit(Event::MicrophoneFinished(call)).await,
            VoiceEvent::RecordingFailed { call: _, why } => self.emit(Event::Warning(why)).await,
            VoiceEvent::Finished { call, sound } => {
                if let Some(ended) = self.board.ended_mut(call) {
                    ended.on_quality(sound.quality.clone());
                    self.finish_call(call, &sound).await;
                }
            }
            VoiceEvent::Audio(state) => self.on_audio(state).await,
            VoiceEvent::Sound(state) => self.emit(Event::Sound(state)).await,
            VoiceEvent::SharedCard { call } => self.on_shared_card(call).await,
        }
    }

    /// Tells what a call was like that has ended; nothing more comes of it.
    pub(super) async fn finish_call(&mut self, id: CallId, sound: &SoundSummary) {
        let Some(mut call) = self.board.take_ended(id) else { return };
        let Some(ending) = call.ending else { return };
        self.emit(Event::Ended(call.summary(ending, sound))).await;
    }
}

/// How a leg is to reach the service; `doubtful` where UDP did not get through, or where the leg before was lost, be it that
/// it gets through no longer.
pub(super) fn reach(over: MediaOver, doubtful: bool) -> Reach {
    match over {
        MediaOver::Udp => Reach::Udp,
        MediaOver::Tcp => Reach::Tcp,
        MediaOver::Auto if doubtful => Reach::Both,
        MediaOver::Auto => Reach::UdpFirst,
    }
}
