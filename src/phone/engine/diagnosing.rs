//! What is wrong with the sound of each call: facts for its watch, and telling what it says.

use std::time::Instant;

use super::Engine;
use crate::base::clock;
use crate::control::diagnosis::{DeviceFact, Fact, Microphone};
use crate::domain::call::CallState;
use crate::domain::id::CallId;
use crate::phone::audio::device::{SinkChoice, SourceChoice};
use crate::phone::audio::voice::MicrophoneFacts;
use crate::phone::event::{AudioDevice, AudioState, DeviceState, Event};

impl Engine {
    /// What the voice thread says of the microphone. Of no concern before there is anybody to hear it. Nothing is wrong with
    /// what is no device, and what is played to none does not come back: that also ends what was wrong before.
    pub(super) async fn on_microphone(&mut self, id: CallId, facts: MicrophoneFacts) {
        let Some(call) = self.board.get(id).filter(|call| call.was_connected()) else { return };
        // Whoever has put the call on hold speaks to somebody else.
        let held = call.state == CallState::LocalHold || self.board.active() != Some(id);
        let MicrophoneFacts { voice, exact_zeros_ms, silent_ms, muted, echo } = facts;
        let echo = if matches!(self.speaker, SinkChoice::Default | SinkChoice::Device(_)) { echo } else { Some(0.0) };
        let microphone = match &self.microphone {
            SourceChoice::Default | SourceChoice::Device(_) => {
                Microphone { voice: voice && !held, exact_zeros_ms, silent_ms, muted, echo }
            }
            SourceChoice::Tone(_) | SourceChoice::Silence | SourceChoice::File(_) => {
                Microphone { echo: Some(0.0), ..Microphone::default() }
            }
        };
        self.diagnose(id, &[Fact::Microphone(microphone)]).await;
    }

    /// The figures of a second are in.
    pub(super) async fn on_figures(&mut self, id: CallId) {
        let Some(call) = self.board.get(id).filter(|call| call.was_connected()) else { return };
        let facts = [Fact::Heard(call.figures.heard()), Fact::Sent(call.figures.sent())];
        self.diagnose(id, &facts).await;
    }

    /// The devices changed state.
    pub(super) async fn on_audio(&mut self, state: AudioState) {
        self.audio = Some(state.clone());
        self.emit(Event::Audio(state)).await;
        self.diagnose_devices().await;
    }

    /// Tells the watch of each call what the devices do.
    pub(super) async fn diagnose_devices(&mut self) {
        let Some(AudioState { microphone, speaker, ringer }) = &self.audio else { return };
        let facts = [
            Fact::Device(AudioDevice::Microphone, fact(microphone)),
            Fact::Device(AudioDevice::Speaker, fact(speaker)),
            Fact::Device(AudioDevice::Ringer, fact(ringer)),
        ];
        for id in self.board.ids() {
            self.diagnose(id, &facts).await;
        }
    }

    /// Another softphone uses the same sound card: two open microphones there would echo. The user may unmute.
    pub(super) async fn on_shared_card(&mut self, id: CallId) {
        if self.board.get(id).is_none() {
            return;
        }
        // Said even if it is off already: it may be so only until it is known how many are there.
        self.mute(id, true).await;
        self.diagnose(id, &[Fact::SharedCard]).await;
    }

    /// The time of the watch's deadline has come.
    pub(super) async fn on_diagnosis_deadline(&mut self, id: CallId, now: Instant) {
        let due = self.board.get(id).and_then(|call| call.watch.next_deadline()).is_some_and(|at| at <= now);
        if due {
            self.diagnose(id, &[Fact::DeadlinePassed]).await;
        }
    }

    pub(super) async fn diagnose(&mut self, id: CallId, facts: &[Fact]) {
        let now = clock::now();
        let Some(call) = self.board.get_mut(id) else { return };
        let told: Vec<_> = facts.iter().filter_map(|fact| call.watch.handle(*fact, now)).collect();
        for diagnoses in told {
            self.emit(Event::Diagnoses { call: id, diagnoses }).await;
        }
    }
}

fn fact(state: &DeviceState) -> DeviceFact {
    match state {
        DeviceState::Idle => DeviceFact::Idle,
        DeviceState::Working(_) | DeviceState::Instead { .. } => DeviceFact::Works,
        DeviceState::Absent | DeviceState::Failed(_) => DeviceFact::Fails,
    }
}
