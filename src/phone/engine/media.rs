//! Legs and the voice thread: starting them, losing them, and the tones a caller hears.

use std::time::Instant;

use super::call::{CallLeg, GIVE_UP_AFTER};
use super::{BUSY_TONE, Engine, Pending};
use crate::base::clock;
use crate::domain::call::{CallState, Direction};
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::media::tones::CallTone;
use crate::phone::audio::voice::{LegSound, SoundSummary, VoiceEvent};
use crate::phone::event::{Event, MediaState};
use crate::phone::leg::{self, LegEvent, LegTag};
use crate::protocol::request::{Request, Sdp};

impl Engine {
    /// The service has answered the offer of a started or answered call.
    pub(super) async fn start_leg(&mut self, id: CallId, answer: &Sdp) {
        match self.run_leg(id, answer) {
            Some(Ok(sound)) => {
                let Some(call) = self.call.as_mut() else { return };
                call.voiced = true;
                let (muted, early) = (call.muted, call.connected.is_none());
                let record = self.next_recording();
                if let Some(file) = &record {
                    self.out.recorder.recording(id, file);
                }
                if early {
                    self.out.voice.attach_early(id, sound, record);
                } else {
                    self.out.voice.attach(id, sound, record);
                }
                // Only off: the voice thread itself may have reason to begin with the microphone off.
                if muted {
                    self.out.voice.set_muted(id, true);
                }
            }
            Some(Err(e)) => {
                self.emit(Event::Warning(e.to_string())).await;
                self.give_up(EndReason::NO_MEDIA_PATH).await;
            }
            None => {}
        }
    }

    /// The service has answered the offer of a new leg for a call whose old one was lost.
    pub(super) async fn rejoin_leg(&mut self, id: CallId, answer: &Sdp) {
        match self.run_leg(id, answer) {
            Some(Ok(sound)) => {
                self.out.voice.replace_leg(id, sound);
                if let Some(call) = self.live_call_mut(id) {
                    call.figures.on_new_leg();
                }
            }
            Some(Err(e)) => self.emit(Event::Warning(e.to_string())).await,
            None => {}
        }
    }

    fn run_leg(&mut self, id: CallId, answer: &Sdp) -> Option<Result<LegSound, leg::LegError>> {
        let call = self.call.as_mut().filter(|call| call.id == id && call.ending.is_none())?;
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
        let Some(call) = self.call.as_mut().filter(|call| call.is_tag(tag) && call.ending.is_none()) else { return };
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

    pub(super) async fn on_call_deadline(&mut self, now: Instant) {
        let Some(call) = self.call.as_ref() else { return };
        if call.ending.is_some() {
            if call.next_deadline().is_some_and(|at| at <= now) {
                self.finish_call(&SoundSummary::default()).await;
            }
            return;
        }
        if call.lost_since.is_some_and(|since| since + GIVE_UP_AFTER <= now) {
            return self.give_up(EndReason::MEDIA_LOST).await;
        }
        if call.rejoin_at.is_some_and(|at| at <= now) {
            self.try_rejoin(now).await;
        }
        self.on_diagnosis_deadline(now).await;
        self.enter(now).await;
    }

    /// Offers a new leg for a call whose media is lost. Needs the connection to the service; without it, later.
    async fn try_rejoin(&mut self, now: Instant) {
        let Some(call) = self.call.as_mut() else { return };
        let id = call.id;
        call.on_lost(now);
        let asked = self.pending.values().any(|pending| matches!(pending, Pending::Rejoin(asked) if *asked == id));
        let (Some(service), true, false) = (self.service, call.connected.is_some(), asked) else { return };
        match leg::offer(service, now) {
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
                if self.live_call_mut(call).is_none_or(|call| call.group.is_none()) {
                    heard.clear();
                }
                self.emit(Event::Levels { call, microphone, speaker, heard }).await;
                self.on_microphone(call, facts).await;
            }
            VoiceEvent::Quality { call, quality } => {
                let Some(active) = self.call.as_mut().filter(|active| active.id == call) else { return };
                let quality = active.on_quality(quality);
                self.emit(Event::Quality { call, quality }).await;
                self.on_figures(call).await;
            }
            VoiceEvent::Dtmf { call, slot, mark, tone } => {
                let Some(active) = self.call.as_mut().filter(|active| active.id == call) else { return };
                if let Some(from) = active.sender_of(mark, slot, tone) {
                    self.emit(Event::Dtmf { call, from, tone }).await;
                }
            }
            VoiceEvent::FirstSound { call, at } => {
                if let Some(active) = self.call.as_mut().filter(|active| active.id == call) {
                    active.first_sound.get_or_insert(at);
                }
            }
            VoiceEvent::MicrophoneFinished { call } => self.emit(Event::MicrophoneFinished(call)).await,
            VoiceEvent::RecordingFailed { call: _, why } => self.emit(Event::Warning(why)).await,
            VoiceEvent::Finished { call, sound } => {
                if let Some(active) = self.call.as_mut().filter(|active| active.id == call && active.ending.is_some()) {
                    active.on_quality(sound.quality.clone());
                    self.finish_call(&sound).await;
                }
            }
            VoiceEvent::Audio(state) => self.on_audio(state).await,
            VoiceEvent::Sound(state) => self.emit(Event::Sound(state)).await,
            VoiceEvent::SharedCard { call } => self.on_shared_card(call).await,
        }
    }

    /// Tells what the call was like; this phone is free again.
    pub(super) async fn finish_call(&mut self, sound: &SoundSummary) {
        let Some(mut call) = self.call.take() else { return };
        let Some(ending) = call.ending else { return };
        self.emit(Event::Ended(call.summary(ending, sound))).await;
    }

    /// Plays the tone that belongs to the state of the phone, or none.
    pub(super) fn play_tone(&mut self) {
        if !self.options.tones {
            return;
        }
        let ringing_out = self.call.as_ref().is_some_and(|call| {
            call.state == CallState::Ringing && call.direction == Direction::Outgoing && call.media != MediaState::Lost
        });
        let tone = if ringing_out {
            Some(CallTone::RingBack)
        } else if self.call.is_none() && !self.incoming.is_empty() {
            Some(CallTone::Ring)
        } else {
            None
        };
        if tone.is_some() || self.tone_until.is_none() {
            self.tone_until = None;
            self.out.voice.play_tone(tone);
        }
    }

    /// Plays the busy tone after an outgoing call that did not come about.
    pub(super) fn play_end_tone(&mut self, reason: EndReason, was_waiting: bool) {
        let tone = match reason.code {
            _ if !was_waiting || !self.options.tones => None,
            486 | 603 => Some(CallTone::Busy),
            408 | 410 | 480 => Some(CallTone::Congestion),
            _ => None,
        };
        match tone {
            Some(tone) => {
                self.tone_until = Some(clock::now() + BUSY_TONE);
                self.out.voice.play_tone(Some(tone));
            }
            None => self.play_tone(),
        }
    }
}
