//! Whose sound and whose tones arrive, as the marks of the packets say.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use super::*;

/// A leg by which the own sound comes back as somebody else's: in slot and mark as `sources` say for each packet sent.
fn echoing(sources: impl Fn() -> Vec<(u8, u16)> + Send + 'static) -> (LegSound, UnboundedReceiver<Outgoing>) {
    let (mut back, incoming) = rtrb::RingBuffer::new(512);
    let (sender, packets) = unbounded_channel();
    let mut count = 0;
    let outgoing = move |packet: Outgoing| {
        for (slot, mark) in sources() {
            let _ = back.push(Received {
                slot,
                kind: packet.kind,
                sequence: 1000 + count,
                timestamp: packet.timestamp,
                marker: packet.marker,
                mark: Some(mark),
                payload: packet.payload.clone(),
                at: clock::now(),
            });
        }
        count += 1;
        let _ = sender.send(packet);
    };
    (LegSound { incoming, outgoing: Box::new(outgoing) }, packets)
}

#[tokio::test]
async fn everybody_who_is_heard_has_a_level_of_their_own() {
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::Nowhere);
    let (leg, _packets) = echoing(|| vec![(0, 9), (1, 349)]);
    phone.voice.attach(phone.call, leg, None);
    let both = |heard: &[(u16, f32)]| match heard {
        [(9, one), (349, other)] => (one - -12.0).abs() < 1.0 && (other - -12.0).abs() < 1.0,
        _ => false,
    };
    phone.until(|event| matches!(event, VoiceEvent::Levels { heard, .. } if both(heard))).await;
    phone.voice.set_held(phone.call, true);
    phone.until(|event| matches!(event, VoiceEvent::Levels { heard, .. } if heard.is_empty())).await;
}

#[tokio::test]
async fn who_takes_over_a_slot_is_heard_by_their_own_mark() {
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::Nowhere);
    let speaks = Arc::new(AtomicU16::new(1));
    let (leg, _packets) = echoing({
        let speaks = speaks.clone();
        move || vec![(0, speaks.load(Ordering::Relaxed))]
    });
    phone.voice.attach(phone.call, leg, None);
    for who in [1, 2] {
        speaks.store(who, Ordering::Relaxed);
        phone
            .until(
                |event| matches!(event, VoiceEvent::Levels { heard, .. } if matches!(heard[..], [(n, _)] if n == who)),
            )
            .await;
    }
    phone.voice.detach(phone.call);
    let sound = phone.finished().await;
    assert_eq!(sound.quality.lost_packets, 0, "{sound:?}");
}

#[tokio::test]
async fn a_tone_is_of_whose_mark_its_packets_carry() {
    let mut phone = Phone::with(SourceChoice::Silence, SinkChoice::Nowhere);
    let (leg, _packets) = echoing(|| vec![(2, 7)]);
    phone.voice.attach(phone.call, leg, None);
    let tone = Tone::try_from('5').unwrap();
    phone.voice.send_dtmf(phone.call, tone);
    let event = phone.until(|event| matches!(event, VoiceEvent::Dtmf { .. })).await;
    assert_eq!(event, VoiceEvent::Dtmf { call: phone.call, slot: 2, mark: Some(7), tone });
}

#[tokio::test]
async fn a_roster_tone_is_heard_once_in_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heard.wav");
    let mut phone = Phone::with(SourceChoice::Silence, SinkChoice::File(path.clone()));
    let mut packets = phone.calls(Loop::Open, None);
    packets.recv().await.unwrap();
    phone.voice.play_once(ShortTone::Came);
    for _ in 0..60 {
        packets.recv().await.unwrap();
    }
    phone.stop().await;
    let sound = read(&path);
    let loud = sound.chunks_exact(TICK).filter(|tick| level::dbfs(tick) > -40.0).count();
    assert!((20..=25).contains(&loud), "{loud} ticks of a quarter of a second");
}
