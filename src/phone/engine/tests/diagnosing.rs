//! What the user is told of the sound of a call, from what the voice thread tells.

use super::kit::{Bench, CALL};
use crate::config::JoinMuted;
use crate::domain::call::CallState;
use crate::phone::audio::device::SourceChoice;
use crate::phone::audio::voice::{MicrophoneFacts, VoiceEvent};
use crate::phone::command::Command;
use crate::phone::event::{AudioDevice, AudioState, DeviceState, Diagnosis, Event};
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;

#[tokio::test]
async fn who_speaks_while_muted_is_told_until_the_microphone_is_on() {
    let mut bench = in_call(SourceChoice::Default, true).await;
    speaks_while_muted(&bench).await;
    assert_eq!(bench.is_diagnosed().await, [Diagnosis::SpeakingWhileMuted]);
    bench.tell(Command::Mute { call: CALL, on: false }).await;
    bench.voice_tells(levels(MicrophoneFacts { voice: true, ..MicrophoneFacts::default() })).await;
    assert_eq!(bench.is_diagnosed().await, []);
}

#[tokio::test]
async fn who_has_put_the_call_on_hold_speaks_to_somebody_else() {
    let mut bench = in_call(SourceChoice::Default, true).await;
    for (state, told) in [(CallState::LocalHold, None), (CallState::Connected, Some(Diagnosis::SpeakingWhileMuted))] {
        bench.notices(Notice::CallChanged { call_id: CALL, state }).await;
        bench.until("be told", |event| matches!(event, Event::Call(view) if view.state == state).then_some(())).await;
        speaks_while_muted(&bench).await;
        // Whatever was told of it would come before this.
        bench.voice_tells(VoiceEvent::SharedCard { call: CALL }).await;
        let shared = bench.is_diagnosed().await;
        assert_eq!(shared.iter().find(|one| **one != Diagnosis::SharedCard).copied(), told, "{state:?}");
    }
}

#[tokio::test]
async fn what_is_no_microphone_is_not_diagnosed() {
    let mut bench = in_call(SourceChoice::Tone(440), true).await;
    speaks_while_muted(&bench).await;
    // Whatever was told of it would come before this.
    bench.voice_tells(VoiceEvent::SharedCard { call: CALL }).await;
    assert_eq!(bench.is_diagnosed().await, [Diagnosis::SharedCard]);
}

#[tokio::test]
async fn what_was_wrong_with_a_microphone_ends_with_another_that_is_none() {
    let mut bench = in_call(SourceChoice::Default, true).await;
    speaks_while_muted(&bench).await;
    assert_eq!(bench.is_diagnosed().await, [Diagnosis::SpeakingWhileMuted]);
    bench.tell(Command::UseMicrophone(SourceChoice::Silence)).await;
    bench.voice_tells(levels(MicrophoneFacts { muted: true, ..MicrophoneFacts::default() })).await;
    assert_eq!(bench.is_diagnosed().await, []);
}

#[tokio::test]
async fn a_call_on_a_shared_card_begins_muted_for_everybody() {
    let mut bench = in_call(SourceChoice::Default, false).await;
    bench.voice_tells(VoiceEvent::SharedCard { call: CALL }).await;
    bench.until("be muted", |event| matches!(event, Event::Call(view) if view.muted).then_some(())).await;
    assert_eq!(bench.asks().await.1, Request::CallMute { call_id: CALL, on: true });
    assert_eq!(bench.is_diagnosed().await, [Diagnosis::SharedCard]);
    bench.tell(Command::Mute { call: CALL, on: false }).await;
    assert_eq!(bench.is_diagnosed().await, [], "who unmutes has read it");
}

#[tokio::test]
async fn a_device_that_stays_away_is_told_without_anything_else_happening() {
    let mut bench = in_call(SourceChoice::Default, false).await;
    for speaker in [DeviceState::Working("a card".into()), DeviceState::Failed("unplugged".into())] {
        let microphone = DeviceState::Working("a card".into());
        let state = AudioState { microphone, speaker, ringer: DeviceState::Idle };
        bench.voice_tells(VoiceEvent::Audio(state)).await;
    }
    assert_eq!(bench.is_diagnosed().await, [Diagnosis::DeviceGone(AudioDevice::Speaker)]);
}

async fn in_call(microphone: SourceChoice, muted: bool) -> Bench {
    let mut bench = Bench::told_of_the_voice(JoinMuted::Never, microphone).await;
    let (id, offer, _) = bench.asks_to_join(Some(muted)).await;
    bench.lets_in(id, &offer, true).await;
    bench.is_connected().await;
    bench
        .until("be connected", |event| matches!(event, Event::Call(view) if view.connected_at.is_some()).then_some(()))
        .await;
    bench
}

/// As the voice thread would tell it within a second.
async fn speaks_while_muted(bench: &Bench) {
    for _ in 0..10 {
        let facts = MicrophoneFacts { voice: true, muted: true, ..MicrophoneFacts::default() };
        bench.voice_tells(levels(facts)).await;
    }
}

fn levels(facts: MicrophoneFacts) -> VoiceEvent {
    VoiceEvent::Levels { call: CALL, microphone: -20.0, speaker: -127.0, heard: Vec::new(), facts }
}

impl Bench {
    async fn is_diagnosed(&mut self) -> Vec<Diagnosis> {
        self.until("be diagnosed", |event| match event {
            Event::Diagnoses { call: CALL, diagnoses } => Some(diagnoses.clone()),
            _ => None,
        })
        .await
    }
}
