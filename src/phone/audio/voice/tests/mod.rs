//! The voice thread end to end: tones and files in, packets around an in-memory loop, files out. Tests wait for
//! events and packets, never for time to pass.

mod marks;
mod several;
mod sound;

use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, UnboundedReceiver, channel, unbounded_channel};
use tokio::time::timeout;

use super::super::wav::{WavReader, WavWriter};
use super::*;
use crate::base::{clock, entropy};
use crate::media::level;
use crate::media::opus::{Decoder, LONGEST};
use crate::media::packet::{FRAME, Kind, TICK};
use crate::media::tick::Tick;
use crate::media::tones::strength;
use crate::phone::event::DeviceState;

#[tokio::test]
async fn a_tone_that_goes_around_is_heard_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heard.wav");
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::File(path.clone()));
    let mut packets = phone.calls(Loop::Closed, None);
    let first = phone.until(|event| matches!(event, VoiceEvent::FirstSound { .. })).await;
    assert!(matches!(first, VoiceEvent::FirstSound { call, .. } if call == phone.call));
    phone.until(|event| matches!(event, VoiceEvent::Quality { quality, .. } if quality.received_packets >= 60)).await;
    phone.hears_something().await;
    phone.voice.detach(phone.call);
    let sound = phone.finished().await;
    assert!(sound.heard_ms > 200, "{sound:?}");
    assert!((sound.level_out_dbfs.unwrap() - -12.0).abs() < 0.5, "{sound:?}");
    // Gaps, where the machine is held up, make it softer.
    assert!((-30.0..-9.0).contains(&sound.level_in_dbfs.unwrap()), "{sound:?}");
    assert!(sound.quality.sent_packets >= 60 && sound.quality.lost_packets == 0, "{sound:?}");
    phone.stop().await;

    assert!(seconds_of_tone(&read(&path), 440.0) > 0.2);
    let packet = packets.recv().await.unwrap();
    assert!(packet.marker && packet.voice && packet.level == 12, "{packet:?}");
    let next = packets.recv().await.unwrap();
    assert_eq!(next.timestamp, packet.timestamp.wrapping_add(FRAME as u32));
}

#[tokio::test]
async fn dtmf_arrives_once_and_in_order() {
    let mut phone = Phone::with(SourceChoice::Silence, SinkChoice::Nowhere);
    let mut packets = phone.calls(Loop::Doubling, None);
    let typed = ['1', '1', '#'].map(|key| Tone::try_from(key).unwrap());
    typed.iter().for_each(|tone| phone.voice.send_dtmf(phone.call, *tone));
    for tone in typed {
        let event = phone.until(|event| matches!(event, VoiceEvent::Dtmf { .. })).await;
        assert_eq!(event, VoiceEvent::Dtmf { call: phone.call, slot: 0, mark: None, tone });
    }
    // The last of the three ends of the last tone has gone around once sound follows it.
    let mut events = 0;
    while events < 3 * 8 {
        events += u32::from(packets.recv().await.unwrap().kind == Kind::TelephoneEvent);
    }
    while packets.recv().await.unwrap().kind != Kind::Opus {}
    phone.voice.detach(phone.call);
    let mut rest = Vec::new();
    while !matches!(rest.last(), Some(VoiceEvent::Finished { .. })) {
        rest.push(phone.next().await);
    }
    assert!(!rest.iter().any(|event| matches!(event, VoiceEvent::Dtmf { .. })), "{rest:?}");
}

#[tokio::test]
async fn a_muted_or_held_call_sends_silence() {
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::Nowhere);
    let mut packets = phone.calls(Loop::Open, None);
    let mut decoder = Decoder::new().unwrap();
    type Switch = fn(&Voice, CallId, bool);
    let switches: [(Switch, &str); 3] =
        [(Voice::set_muted, "muted"), (Voice::set_held, "held"), (Voice::set_early, "early")];
    for (switch, name) in switches {
        until_packet(&mut packets, |packet| packet.voice && packet.level < 20).await;
        switch(&phone.voice, phone.call, true);
        let silent = until_packet(&mut packets, |packet| packet.level == 127).await;
        assert!(!silent.voice, "{name}");
        let mut sound = [0.0; LONGEST];
        for _ in 0..5 {
            let packet = packets.recv().await.unwrap();
            assert_eq!(packet.level, 127, "{name}");
            decoder.decode(&packet.payload, &mut sound).unwrap();
        }
        assert!(level::dbfs(&sound[..FRAME]) < -60.0, "{name}");
        switch(&phone.voice, phone.call, false);
    }
    let told = phone.until(|event| matches!(event, VoiceEvent::Levels { .. })).await;
    assert!(matches!(told, VoiceEvent::Levels { call, .. } if call == phone.call));
}

#[tokio::test]
async fn a_file_begins_with_the_answer_and_its_end_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("speech.wav");
    write_tone(&path, 9_600);
    let mut phone = Phone::with(SourceChoice::File(path), SinkChoice::Nowhere);
    let mut packets = phone.calls_early(Loop::Open);
    for _ in 0..25 {
        assert_eq!(packets.recv().await.unwrap().level, 127, "early: nothing of the file");
    }
    phone.voice.set_early(phone.call, false);
    let call = phone.call;
    assert_eq!(
        phone.until(|event| matches!(event, VoiceEvent::MicrophoneFinished { .. })).await,
        VoiceEvent::MicrophoneFinished { call }
    );
    let mut loud = 0;
    loop {
        let packet = packets.recv().await.unwrap();
        loud += usize::from(packet.level < 30);
        if loud > 0 && packet.level == 127 {
            break;
        }
    }
    assert!((10..=11).contains(&loud), "200 ms of sound are {loud} frames");
}

#[tokio::test]
async fn a_call_goes_on_without_devices_and_with_others() {
    let mut phone =
        Phone::with(SourceChoice::Device("no such microphone".into()), SinkChoice::Device("nowhere".into()));
    let mut packets = phone.calls(Loop::Closed, None);
    let failed = |state: &DeviceState| matches!(state, DeviceState::Failed(_));
    let both = |event: &VoiceEvent| matches!(event, VoiceEvent::Audio(state) if failed(&state.microphone) && failed(&state.speaker));
    let VoiceEvent::Audio(state) = phone.until(both).await else { unreachable!() };
    assert!(matches!(&state.microphone, DeviceState::Failed(why) if why.contains("not there")), "{state:?}");
    assert!(matches!(&state.speaker, DeviceState::Failed(why) if why.contains("not there")), "{state:?}");
    assert_eq!(packets.recv().await.unwrap().level, 127);
    phone.voice.use_microphone(SourceChoice::Tone(880));
    until_packet(&mut packets, |packet| packet.voice && packet.level == 12).await;
    let working = DeviceState::Working("tone:880".to_owned());
    phone.until(|event| matches!(event, VoiceEvent::Audio(state) if state.microphone == working)).await;
    phone.voice.detach(phone.call);
    phone.until(|event| matches!(event, VoiceEvent::Audio(state) if state.microphone == DeviceState::Idle)).await;
}

#[tokio::test]
async fn another_leg_carries_the_call_on() {
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::Nowhere);
    let mut before = phone.calls(Loop::Closed, None);
    phone.until(|event| matches!(event, VoiceEvent::FirstSound { .. })).await;
    let (leg, mut after) = leg(Loop::Closed);
    phone.voice.replace_leg(phone.call, leg);
    let next = after.recv().await.unwrap();
    let mut last = before.recv().await.unwrap();
    while let Ok(packet) = before.try_recv() {
        last = packet;
    }
    assert_eq!(next.timestamp, last.timestamp.wrapping_add(FRAME as u32));
    for _ in 0..40 {
        after.recv().await.unwrap();
    }
    phone.voice.detach(phone.call);
    let sound = phone.finished().await;
    assert_eq!(sound.quality.lost_packets, 0, "a new leg is no loss: {sound:?}");
}

#[tokio::test]
async fn tones_are_played_without_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring.wav");
    let mut phone = Phone::with(SourceChoice::Silence, SinkChoice::File(path.clone()));
    phone.voice.play_tone(Some(CallTone::RingBack));
    phone.until(|event| matches!(event, VoiceEvent::Audio(state) if state.microphone == DeviceState::Idle)).await;
    // The packets of a call tell how much time has been played.
    let mut packets = phone.calls(Loop::Open, None);
    for _ in 0..60 {
        packets.recv().await.unwrap();
    }
    phone.voice.detach(phone.call);
    phone.voice.play_tone(None);
    phone.until(|event| matches!(event, VoiceEvent::Audio(state) if state.speaker == DeviceState::Idle)).await;
    phone.stop().await;
    assert!(seconds_of_tone(&read(&path), 425.0) > 0.8);
}

#[tokio::test]
async fn a_recording_has_me_left_and_them_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::Nowhere);
    let _packets = phone.calls(Loop::Closed, Some(path.clone()));
    phone.hears_something().await;
    phone.stop().await;
    let mut reader = hound::WavReader::open(&path).unwrap();
    let samples: Vec<f32> = reader.samples::<i16>().map(|s| f32::from(s.unwrap()) / 32768.0).collect();
    for (side, name) in [(0, "left"), (1, "right")] {
        let one: Vec<f32> = samples.iter().skip(side).step_by(2).copied().collect();
        assert!(seconds_of_tone(&one, 440.0) > 0.2, "{name}");
    }
    let mut phone = Phone::with(SourceChoice::Silence, SinkChoice::Nowhere);
    let _packets = phone.calls(Loop::Open, Some(folder.path().join("no/such/folder.wav")));
    phone.until(|event| matches!(event, VoiceEvent::RecordingFailed { .. })).await;
}

#[tokio::test]
async fn a_listener_that_is_behind_holds_nothing_up_and_misses_nothing_that_matters() {
    let (events, listener) = channel(1);
    let config =
        VoiceConfig { microphone: SourceChoice::Silence, speaker: SinkChoice::Nowhere, ..VoiceConfig::default() };
    let voice = Voice::start(config, events).unwrap();
    let mut phone = Phone { voice, events: listener, call: CallId(entropy::uuid()) };
    let mut packets = phone.calls(Loop::Closed, None);
    for _ in 0..40 {
        packets.recv().await.unwrap();
    }
    phone.voice.send_dtmf(phone.call, Tone::try_from('7').unwrap());
    until_packet(&mut packets, |packet| packet.kind == Kind::TelephoneEvent).await;
    until_packet(&mut packets, |packet| packet.kind == Kind::Opus).await;
    phone.voice.stop();
    phone.until(|event| matches!(event, VoiceEvent::Audio(_))).await;
    phone.until(|event| matches!(event, VoiceEvent::Dtmf { .. })).await;
    phone.finished().await;
}

#[tokio::test]
async fn garbage_packets_are_survived() {
    let mut phone = Phone::with(SourceChoice::Silence, SinkChoice::Nowhere);
    let (mut garbage, incoming) = rtrb::RingBuffer::new(64);
    let (sender, mut packets) = unbounded_channel();
    let leg = LegSound { incoming, outgoing: Box::new(move |packet| drop(sender.send(packet))) };
    phone.voice.attach(phone.call, leg, None);
    let mut seed = crate::base::seed::Seed::new(11);
    for _ in 0..50 {
        for _ in 0..20 {
            let _ = garbage.push(Received {
                slot: seed.next_u64() as u8,
                kind: if seed.below(2) == 0 { Kind::Opus } else { Kind::TelephoneEvent },
                sequence: seed.next_u64() >> seed.below(64),
                timestamp: seed.next_u64() as u32,
                marker: seed.below(2) == 0,
                mark: (seed.below(2) == 0).then(|| seed.next_u64() as u16),
                payload: (0..seed.below(100)).map(|_| seed.next_u64() as u8).collect(),
                at: clock::now() + Duration::from_secs(seed.below(10)),
            });
        }
        packets.recv().await.unwrap();
    }
    phone.voice.detach(phone.call);
    phone.finished().await;
    phone.voice.detach(phone.call);
    phone.voice.set_muted(phone.call, true);
    phone.stop().await;
}

/// A voice thread, and the one call it is given.
struct Phone {
    voice: Voice,
    events: Receiver<VoiceEvent>,
    call: CallId,
}

/// What becomes of packets that are sent.
#[derive(Clone, Copy, PartialEq)]
enum Loop {
    /// They are gone.
    Open,
    /// They arrive again.
    Closed,
    /// They arrive again, each twice.
    Doubling,
}

impl Phone {
    fn with(microphone: SourceChoice, speaker: SinkChoice) -> Self {
        let (events, listener) = channel(64);
        let voice = Voice::start(VoiceConfig { microphone, speaker, ..VoiceConfig::default() }, events).unwrap();
        Self { voice, events: listener, call: CallId(entropy::uuid()) }
    }

    fn calls(&mut self, around: Loop, record: Option<PathBuf>) -> UnboundedReceiver<Outgoing> {
        let (leg, packets) = leg(around);
        self.voice.attach(self.call, leg, record);
        packets
    }

    fn calls_early(&mut self, around: Loop) -> UnboundedReceiver<Outgoing> {
        let (leg, packets) = leg(around);
        self.voice.attach_early(self.call, leg, None);
        packets
    }

    async fn next(&mut self) -> VoiceEvent {
        timeout(DEADLINE, self.events.recv()).await.expect("an event in time").expect("a running voice thread")
    }

    async fn until(&mut self, wanted: impl Fn(&VoiceEvent) -> bool) -> VoiceEvent {
        loop {
            let event = self.next().await;
            if wanted(&event) {
                return event;
            }
        }
    }

    /// Waits until it has played sound again and again, however often it is held up in between.
    async fn hears_something(&mut self) {
        for _ in 0..15 {
            self.until(|event| matches!(event, VoiceEvent::Levels { speaker, .. } if *speaker > -20.0)).await;
        }
    }

    async fn finished(&mut self) -> SoundSummary {
        match self.until(|event| matches!(event, VoiceEvent::Finished { .. })).await {
            VoiceEvent::Finished { sound, .. } => sound,
            _ => unreachable!(),
        }
    }

    /// Stops the thread, and waits until it has.
    async fn stop(mut self) {
        self.voice.stop();
        while timeout(DEADLINE, self.events.recv()).await.expect("an end in time").is_some() {}
    }
}

const DEADLINE: Duration = Duration::from_secs(60);

async fn until_packet(packets: &mut UnboundedReceiver<Outgoing>, wanted: impl Fn(&Outgoing) -> bool) -> Outgoing {
    loop {
        let packet = timeout(DEADLINE, packets.recv()).await.expect("a packet in time").expect("a leg in use");
        if wanted(&packet) {
            return packet;
        }
    }
}

/// A leg whose packets can be watched.
fn leg(around: Loop) -> (LegSound, UnboundedReceiver<Outgoing>) {
    let (mut back, incoming) = rtrb::RingBuffer::new(512);
    let (sender, packets) = unbounded_channel();
    let mut sequence = 1000;
    let outgoing = move |packet: Outgoing| {
        sequence += 1;
        let received = Received {
            slot: 0,
            kind: packet.kind,
            sequence,
            timestamp: packet.timestamp,
            marker: packet.marker,
            mark: None,
            payload: packet.payload.clone(),
            at: clock::now(),
        };
        let copies = [Loop::Open, Loop::Closed, Loop::Doubling].iter().position(|l| *l == around).unwrap();
        for _ in 0..copies {
            let _ = back.push(received.clone());
        }
        let _ = sender.send(packet);
    };
    (LegSound { incoming, outgoing: Box::new(outgoing) }, packets)
}

/// How long a tone is in a sound, counted in pieces of 50 ms: a machine that is held up may leave gaps.
fn seconds_of_tone(sound: &[f32], hertz: f64) -> f64 {
    sound.chunks_exact(2400).filter(|piece| strength(piece, hertz) > 0.1).count() as f64 * 0.05
}

fn write_tone(path: &Path, samples: usize) {
    let mut writer = WavWriter::create(path, 1).unwrap();
    let tone: Vec<f32> = (0..samples).map(|n| (n as f32 * 0.0576).sin() * 0.5).collect();
    tone.chunks(TICK).for_each(|piece| writer.write(piece));
}

fn read(path: &Path) -> Vec<f32> {
    let Ok(mut reader) = WavReader::open(path) else { return Vec::new() };
    let (mut sound, mut tick) = (Vec::new(), Tick::default());
    loop {
        match reader.read(&mut tick) {
            0 => return sound,
            samples => sound.extend_from_slice(&tick.left()[..samples]),
        }
    }
}
