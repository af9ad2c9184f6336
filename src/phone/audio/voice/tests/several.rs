//! Several calls at once: one is heard, the others are held.

use super::*;

#[tokio::test]
async fn of_two_calls_the_one_that_is_not_held_is_spoken_in_and_heard() {
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::Nowhere);
    let mut first = phone.calls(Loop::Closed, None);
    let (leg, mut second) = leg(Loop::Closed);
    let other = CallId(entropy::uuid());
    phone.voice.attach(other, leg, None);
    for first_is_held in [true, false] {
        let (held, heard) = if first_is_held { (phone.call, other) } else { (other, phone.call) };
        let (silent, spoken) = if first_is_held { (&mut first, &mut second) } else { (&mut second, &mut first) };
        phone.voice.set_held(held, true);
        phone.voice.set_held(heard, false);
        until_packet(silent, |packet| packet.level == 127).await;
        until_packet(spoken, |packet| packet.voice && packet.level < 20).await;
        // What was on its way when it was held is played no more.
        phone.until(|event| levels_of(event, held).is_some_and(|speaker| speaker < -100.0)).await;
        phone.until(|event| levels_of(event, heard).is_some_and(|speaker| speaker > -20.0)).await;
    }
}

#[tokio::test]
async fn a_switch_between_calls_leaves_the_devices_open() {
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::Nowhere);
    let _first = phone.calls(Loop::Open, None);
    let (leg, _second) = leg(Loop::Open);
    let other = CallId(entropy::uuid());
    phone.until(|event| matches!(event, VoiceEvent::Levels { .. })).await;
    phone.voice.attach(other, leg, None);
    for (held, heard) in [(phone.call, other), (other, phone.call), (phone.call, other)] {
        phone.voice.set_held(held, true);
        phone.voice.set_held(heard, false);
        loop {
            match phone.next().await {
                VoiceEvent::Audio(state) => panic!("a device was touched: {state:?}"),
                VoiceEvent::Quality { call, .. } if call == heard => break,
                _ => {}
            }
        }
    }
    phone.voice.detach(phone.call);
    phone.finished().await;
    let next = phone.until(|event| matches!(event, VoiceEvent::Levels { .. } | VoiceEvent::Audio(_))).await;
    assert!(matches!(next, VoiceEvent::Levels { call, .. } if call == other), "{next:?}");
}

#[tokio::test]
async fn a_held_call_is_measured_no_more_often_than_its_quality_is() {
    let mut phone = Phone::with(SourceChoice::Silence, SinkChoice::Nowhere);
    let _first = phone.calls(Loop::Open, None);
    let (leg, _second) = leg(Loop::Open);
    let other = CallId(entropy::uuid());
    phone.voice.attach(other, leg, None);
    phone.voice.set_held(other, true);
    let (mut levels, mut qualities) = (0, 0);
    while qualities < 2 {
        match phone.next().await {
            VoiceEvent::Levels { call, .. } if call == other => levels += 1,
            VoiceEvent::Quality { call, .. } if call == other => qualities += 1,
            _ => {}
        }
    }
    // One may have come before it was held.
    assert!((1..=qualities + 1).contains(&levels), "{levels}");
}

#[tokio::test]
async fn a_call_that_goes_on_under_another_id_keeps_what_was_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.wav");
    let mut phone = Phone::with(SourceChoice::Tone(440), SinkChoice::Nowhere);
    let _packets = phone.calls(Loop::Closed, Some(path.clone()));
    phone.until(|event| matches!(event, VoiceEvent::FirstSound { .. })).await;
    phone.hears_something().await;
    let (before, into) = (phone.call, CallId(entropy::uuid()));
    phone.voice.rename(before, into);
    let (leg, mut packets) = leg(Loop::Open);
    phone.voice.replace_leg(into, leg);
    until_packet(&mut packets, |packet| packet.voice).await;
    phone.voice.detach(before);
    phone.voice.detach(into);
    match phone.until(|event| matches!(event, VoiceEvent::Finished { .. })).await {
        VoiceEvent::Finished { call, sound } => {
            assert_eq!(call, into);
            assert!(sound.heard_ms > 200, "{sound:?}");
        }
        _ => unreachable!(),
    }
    phone.stop().await;
    assert!(!read(&path).is_empty(), "one recording of both");
}

/// What is heard in a call, as its levels say.
fn levels_of(event: &VoiceEvent, of: CallId) -> Option<f32> {
    match event {
        VoiceEvent::Levels { call, speaker, .. } if *call == of => Some(*speaker),
        _ => None,
    }
}
