//! What is done to the sound: profiles, processing, volumes, a ringer of its own, and sound cards two phones want. Tones
//! and files stand in for devices where that is said.

use super::*;
use crate::media::processing::{Noise, Processing};
use crate::phone::event::SoundState;

#[tokio::test]
async fn what_is_done_is_told_first_and_whenever_it_changes() {
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::Nowhere);
    let VoiceEvent::Sound(sound) = phone.next().await else { panic!("not the first event") };
    assert_eq!(sound, SoundState { processing: Processing::NONE, ..SoundState::default() }, "a tone is left alone");
    phone.voice.use_profile(Profile::Music);
    assert_eq!(phone.sound().await.profile, Profile::Music);
    phone.voice.set_volume(AudioDevice::Speaker, 100);
    assert_eq!(phone.sound().await.speaker_db, 20);
}

#[tokio::test]
async fn a_device_is_processed_as_profile_and_wishes_say_and_echo_needs_two_devices() {
    let mut phone = Phone::on_cards(VoiceConfig::default());
    assert_eq!(phone.sound().await.processing, Processing::ALL);
    let wishes = Wishes { noise: Some(Noise::Strong), ..Wishes::default() };
    phone.voice.process(wishes);
    let sound = phone.sound().await;
    assert_eq!((sound.wishes, sound.processing), (wishes, Processing { noise: Noise::Strong, ..Processing::ALL }));
    phone.voice.use_profile(Profile::Music);
    assert_eq!(phone.sound().await.processing, Processing { noise: Noise::Strong, ..Processing::NONE });
    phone.voice.use_profile(Profile::Standard);
    assert!(phone.sound().await.processing.echo);
    phone.voice.use_speaker(SinkChoice::Nowhere);
    phone.voice.process(Wishes::default());
    assert_eq!(phone.sound().await.processing, Processing { echo: false, ..Processing::ALL });
}

#[tokio::test]
async fn a_processed_call_still_carries_sound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("speech.wav");
    write_tone(&path, 480_000);
    let (microphone, speaker) = (SourceChoice::File(path), SinkChoice::File(folder.path().join("heard.wav")));
    let mut phone = Phone::on_cards(VoiceConfig { microphone, speaker, ..VoiceConfig::default() });
    let mut packets = phone.calls(Loop::Open, None);
    until_packet(&mut packets, |packet| packet.voice && packet.level < 40).await;
    for wishes in [
        Wishes { echo: Some(false), ..Wishes::default() },
        Wishes { noise: Some(Noise::Strong), gain: Some(false), ..Wishes::default() },
        Wishes { echo: Some(false), noise: Some(Noise::Off), gain: Some(false) },
    ] {
        phone.voice.process(wishes);
        for _ in 0..10 {
            packets.recv().await.unwrap();
        }
    }
    until_packet(&mut packets, |packet| packet.level < 20).await;
    let facts =
        phone.until(|event| matches!(event, VoiceEvent::Levels { facts, .. } if facts.voice && !facts.muted)).await;
    assert!(matches!(facts, VoiceEvent::Levels { facts, .. } if facts.exact_zeros_ms == 0), "{facts:?}");
}

#[tokio::test]
async fn the_profile_changes_in_the_middle_of_a_call() {
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::Nowhere);
    let mut packets = phone.calls(Loop::Closed, None);
    let (mut decoder, mut sound) = (Decoder::new().unwrap(), [0.0; LONGEST]);
    let mut next = packets.recv().await.unwrap().timestamp.wrapping_add(FRAME as u32);
    for (profile, frame) in [(Profile::LowLatency, TICK), (Profile::Music, FRAME), (Profile::LowBandwidth, FRAME)] {
        phone.voice.use_profile(profile);
        let mut seen = 0;
        while seen < 20 {
            let packet = packets.recv().await.unwrap();
            assert_eq!(packet.timestamp, next, "{profile:?}");
            let samples = decoder.decode(&packet.payload, &mut sound).unwrap();
            next = next.wrapping_add(samples as u32);
            seen = if samples == frame { seen + 1 } else { 0 };
        }
    }
    let most_arrive = |event: &VoiceEvent| matches!(event, VoiceEvent::Quality { quality, .. } if quality.heard.iter().any(|heard| heard.received_packets > 50));
    phone.until(most_arrive).await;
    phone.voice.detach(phone.call);
    let told = phone.finished().await.quality;
    assert_eq!(told.lost_packets, 0, "{told:?}");
    assert_eq!(told.heard.len(), 1, "{told:?}");
    assert!(told.heard[0].number == 0 && told.heard[0].received_packets > 50, "{told:?}");
}

#[tokio::test]
async fn bit_rates_are_told_once_there_are_some() {
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::Nowhere);
    let _packets = phone.calls(Loop::Closed, None);
    let told = phone
        .until(|event| matches!(event, VoiceEvent::Quality { quality, .. } if quality.kbps_in > 0.0 && quality.kbps_out > 0.0))
        .await;
    let VoiceEvent::Quality { quality, .. } = told else { unreachable!() };
    assert!(quality.kbps_out < 200.0 && quality.heard[0].kbps == quality.kbps_in, "{quality:?}");
}

#[tokio::test]
async fn the_microphone_is_turned_down_and_remembered() {
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::Nowhere);
    let mut packets = phone.calls(Loop::Open, None);
    until_packet(&mut packets, |packet| packet.level == 12).await;
    phone.voice.set_volume(AudioDevice::Microphone, -20);
    until_packet(&mut packets, |packet| packet.level == 32).await;
    phone.voice.use_microphone(SourceChoice::Tone(880));
    until_packet(&mut packets, |packet| packet.level == 12).await;
    phone.voice.use_microphone(SourceChoice::Tone(440));
    until_packet(&mut packets, |packet| packet.level == 32).await;
    phone.until(|event| matches!(event, VoiceEvent::Sound(sound) if sound.microphone_db == 0)).await;
    assert_eq!(phone.sound().await.microphone_db, -20);
}

#[tokio::test]
async fn it_rings_on_a_device_of_its_own_while_it_rings_only() {
    let folder = tempfile::tempdir().unwrap();
    let (bell, speaker) = (folder.path().join("bell.wav"), folder.path().join("speaker.wav"));
    let mut phone = Phone::with(SourceChoice::Silence, SinkChoice::File(speaker.clone()));
    phone.voice.use_ringer(Some(SinkChoice::File(bell.clone())));
    phone.voice.set_volume(AudioDevice::Ringer, -6);
    phone.voice.play_tone(Some(CallTone::Ring));
    let working = |event: &VoiceEvent| matches!(event, VoiceEvent::Audio(state) if state.ringer != DeviceState::Idle);
    let VoiceEvent::Audio(state) = phone.until(working).await else { unreachable!() };
    assert_eq!((state.ringer, state.speaker), (DeviceState::Working(bell.display().to_string()), DeviceState::Idle));
    rings_for_a_while(&mut phone).await;
    phone.stop().await;
    assert!(loud(&bell) > 10, "{} ticks of ringing", loud(&bell));
    assert!(loud(&speaker) == 0 && read(&speaker).len() > 10 * TICK, "the call is heard there, and no ringing");
}

#[tokio::test]
async fn a_ringer_that_is_the_speaker_opens_no_second_time() {
    let folder = tempfile::tempdir().unwrap();
    let both = folder.path().join("both.wav");
    let mut phone = Phone::with(SourceChoice::Silence, SinkChoice::File(both.clone()));
    phone.voice.use_ringer(Some(SinkChoice::File(both.clone())));
    phone.voice.play_tone(Some(CallTone::Ring));
    let name = DeviceState::Working(both.display().to_string());
    let rings =
        |event: &VoiceEvent| matches!(event, VoiceEvent::Audio(state) if state.ringer == name && state.speaker == name);
    phone.until(rings).await;
    rings_for_a_while(&mut phone).await;
    phone.stop().await;
    assert!(loud(&both) > 10, "{} ticks of ringing", loud(&both));
}

/// Lets it ring for the time of 40 packets, and stops it.
async fn rings_for_a_while(phone: &mut Phone) {
    // A call that is nobody's business meanwhile tells how much time has passed.
    let mut packets = phone.calls(Loop::Open, None);
    for _ in 0..40 {
        packets.recv().await.unwrap();
    }
    phone.voice.play_tone(None);
    phone.until(|event| matches!(event, VoiceEvent::Audio(state) if state.ringer == DeviceState::Idle)).await;
}

/// How many ticks of what was played there can be heard.
fn loud(path: &Path) -> usize {
    read(path).chunks_exact(TICK).filter(|tick| level::dbfs(tick) > -45.0).count()
}

#[tokio::test]
async fn a_ringer_that_is_not_there_rings_where_calls_are_played() {
    let mut phone = Phone::with(SourceChoice::Silence, SinkChoice::Nowhere);
    phone.voice.use_ringer(Some(SinkChoice::Device("no such bell".into())));
    phone.voice.play_tone(Some(CallTone::Ring));
    let rings = |event: &VoiceEvent| {
        matches!(event, VoiceEvent::Audio(state) if matches!(state.ringer, DeviceState::Failed(_))
            && state.speaker == DeviceState::Working("none".into()))
    };
    phone.until(rings).await;
}

#[tokio::test]
async fn of_two_phones_on_one_sound_card_the_second_begins_with_the_microphone_off() {
    let folder = tempfile::tempdir().unwrap();
    let config = |hertz| VoiceConfig {
        microphone: SourceChoice::Tone(hertz),
        speaker: SinkChoice::Nowhere,
        folder: Some(folder.path().into()),
        ..VoiceConfig::default()
    };
    let mut first = Phone::on_cards(config(440));
    let mut of_first = first.calls(Loop::Open, None);
    until_packet(&mut of_first, |packet| packet.level < 127).await;
    let mut second = Phone::on_cards(config(440));
    let mut of_second = second.calls(Loop::Open, None);
    let told = second.until(|event| matches!(event, VoiceEvent::SharedCard { .. })).await;
    assert_eq!(told, VoiceEvent::SharedCard { call: second.call });
    for _ in 0..10 {
        assert_eq!(of_second.recv().await.unwrap().level, 127, "from the first packet on");
    }
    second.voice.set_muted(second.call, false);
    until_packet(&mut of_second, |packet| packet.level < 127).await;
    let mut elsewhere = Phone::on_cards(config(880));
    let mut of_third = elsewhere.calls(Loop::Open, None);
    until_packet(&mut of_third, |packet| packet.level < 127).await;

    second.voice.detach(second.call);
    second.finished().await;
    first.voice.detach(first.call);
    first.finished().await;
    let mut again = second.calls(Loop::Open, None);
    until_packet(&mut again, |packet| packet.level < 127).await;
}

impl Phone {
    /// One that takes tones and files for devices.
    fn on_cards(config: VoiceConfig) -> Self {
        let (events, listener) = channel(64);
        let cards = Cards { microphone: |_| true, speaker: |choice| *choice != SinkChoice::Nowhere };
        let voice = Voice::start_with(config, cards, events).unwrap();
        Self { voice, events: listener, call: CallId(entropy::uuid()) }
    }

    async fn sound(&mut self) -> SoundState {
        match self.until(|event| matches!(event, VoiceEvent::Sound(_))).await {
            VoiceEvent::Sound(sound) => sound,
            _ => unreachable!(),
        }
    }
}
