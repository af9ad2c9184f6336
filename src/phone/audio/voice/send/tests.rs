//! What leaves, in virtual time: tick by tick, without a thread.

use super::*;
use crate::base::seed::Seed;
use crate::media::dtmf::Receiver;
use crate::media::opus::{Decoder, LONGEST};
use crate::media::profile::Profile;

#[test]
fn packets_of_10_ms_have_levels_timestamps_and_voice_of_their_own() {
    let mut sending = Sending::new(Encoding::EARLY_SPEECH).unwrap();
    let packets = run(&mut sending, 20, |_| Some(voice(0.3)));
    assert_eq!(packets.len(), 20);
    assert_eq!(stamps(&packets), [480; 19]);
    assert!(packets[0].marker && packets[1..].iter().all(|packet| !packet.marker));
    assert!(packets[1..].iter().all(|packet| packet.voice && (12..15).contains(&packet.level)), "{packets:?}");
    let silent = run(&mut sending, 4, |_| None);
    assert!(silent.iter().all(|packet| !packet.voice && packet.level == 127), "{silent:?}");
}

#[test]
fn another_profile_takes_over_between_frames_and_timestamps_go_on() {
    for seed in 0..50 {
        let mut random = Seed::new(seed);
        let mut sending = Sending::new(Encoding::SPEECH).unwrap();
        let mut decoder = Decoder::new().unwrap();
        let (mut ticks, mut packets) = (0, Vec::new());
        for _ in 0..12 {
            sending.encode_as(Profile::ALL[random.below(5) as usize].encoding());
            let length = 1 + random.below(9) as usize;
            packets.extend(run(&mut sending, length, |_| Some(voice(0.3))));
            ticks += length;
        }
        let (mut sound, mut at) = ([0.0; LONGEST], packets[0].timestamp);
        for packet in &packets {
            assert_eq!(packet.timestamp, at, "seed {seed}: nothing is left out, nothing comes twice");
            at = at.wrapping_add(decoder.decode(&packet.payload, &mut sound).unwrap() as u32);
        }
        let sent = at.wrapping_sub(packets[0].timestamp) as usize;
        assert!((ticks * TICK - sent) <= TICK, "seed {seed}: {sent} of {}", ticks * TICK);
    }
}

#[test]
fn dtmf_keeps_its_steps_of_20_ms_whatever_the_frames() {
    for encoding in [Encoding::SPEECH, Encoding::EARLY_SPEECH] {
        let mut sending = Sending::new(encoding).unwrap();
        let first = run(&mut sending, 2, |_| Some(voice(0.3)))[0].timestamp;
        let typed = "19#";
        typed.chars().for_each(|key| sending.send_dtmf(Tone::try_from(key).unwrap()));
        let mut begun = Vec::new();
        let packets = collect(&mut sending, 80, |_| Some(voice(0.3)), &mut begun);
        assert_eq!(begun.iter().map(|tone| tone.key()).collect::<String>(), typed);
        let events: Vec<_> = packets.iter().filter(|packet| packet.kind == Kind::TelephoneEvent).collect();
        assert_eq!(events.len(), 3 * 8, "{encoding:?}");
        let mut receiver = Receiver::default();
        let heard: String = events
            .iter()
            .filter_map(|event| receiver.receive(event.timestamp, &event.payload))
            .map(Tone::key)
            .collect();
        assert_eq!(heard, typed);
        let starts: Vec<u32> = events.iter().filter(|event| event.marker).map(|event| event.timestamp).collect();
        assert_eq!(starts, [0, 1, 2].map(|n| first.wrapping_add(960 + n * 9600)), "{encoding:?}");
        // 160 ms of events, then 40 ms of sound, exactly.
        let opus = packets.iter().filter(|packet| packet.kind == Kind::Opus).map(|packet| packet.timestamp);
        let steps: Vec<u32> = opus.collect::<Vec<_>>().windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
        let frame = encoding.frame as u32;
        assert!(steps.iter().all(|step| *step == frame || *step == 7680 + frame), "{encoding:?}: {steps:?}");
    }
}

#[test]
fn over_a_thin_line_a_pause_costs_hardly_anything_and_is_kept_alive() {
    let mut sending = Sending::new(Encoding::THIN_SPEECH).unwrap();
    run(&mut sending, 100, |_| Some(voice(0.3)));
    let before = sending.bytes();
    let mut gaps = 0;
    let packets = run(&mut sending, 600, |_| None);
    let last = packets.last().unwrap().timestamp;
    for step in stamps(&packets) {
        assert!(step <= 19_200, "at least every 400 ms: {step}");
        gaps += usize::from(step > 960);
    }
    assert!(gaps >= 10 && packets.len() < 60, "{gaps} gaps, {} packets in 6 s", packets.len());
    assert!(sending.bytes() - before < 900, "{} bytes in 6 s", sending.bytes() - before);
    assert!(packets.iter().all(|packet| !packet.marker), "a pause that goes on is no beginning");
    let speech = run(&mut sending, 20, |_| Some(voice(0.3)));
    let gap = speech[0].timestamp.wrapping_sub(last);
    assert!(gap.is_multiple_of(960) && gap > 0, "timestamps went on: {gap}");
    assert!(speech[0].marker == (gap > 960) && speech[1..].iter().all(|packet| !packet.marker), "{speech:?}");
}

#[test]
fn while_the_microphone_gives_nothing_timestamps_go_on_and_the_marker_says_so() {
    for encoding in [Encoding::SPEECH, Encoding::EARLY_SPEECH, Encoding::THIN_SPEECH, Encoding::STEREO_MUSIC] {
        for (before, missing) in [(100, 300), (101, 300), (101, 21), (100, 10), (100, 8_640_000)] {
            let mut sending = Sending::new(encoding).unwrap();
            let mut packets = run(&mut sending, before, |_| Some(voice(0.3)));
            packets.extend((0..2).filter_map(|_| sending.miss(missing / 2).packet));
            sending.miss(missing % 2);
            let (begun, first) = (packets.len(), packets[0].timestamp);
            packets.extend(run(&mut sending, 100, |_| Some(voice(0.3))));
            let back = &packets[begun];
            let at = ((before + missing) * TICK) as u32;
            let case = format!("{encoding:?}: {before}, {missing}");
            let late = back.timestamp.wrapping_sub(first).wrapping_sub(at);
            assert!(late as usize <= TICK, "{case}: what is picked up then is stamped {late} too late");
            let marked: Vec<bool> = packets.iter().map(|packet| packet.marker).collect();
            assert_eq!(marked.iter().filter(|marker| **marker).count(), 2, "{case}");
            assert!(marked[0] && marked[begun], "{case}");
        }
    }
}

#[test]
fn a_pause_within_which_the_microphone_gives_nothing_goes_on() {
    let mut sending = Sending::new(Encoding::THIN_SPEECH).unwrap();
    run(&mut sending, 100, |_| Some(voice(0.3)));
    let mut packets = run(&mut sending, 200, |_| None);
    sending.miss(300);
    packets.extend(run(&mut sending, 100, |_| None));
    assert!(packets.iter().all(|packet| !packet.marker), "a pause that goes on is no beginning");
    let speech = run(&mut sending, 20, |_| Some(voice(0.3)));
    assert!(speech[1..].iter().all(|packet| !packet.marker), "{speech:?}");
}

#[test]
fn a_tone_goes_on_where_it_was_after_a_gap_and_marks_no_speech() {
    for encoding in [Encoding::SPEECH, Encoding::EARLY_SPEECH] {
        let mut sending = Sending::new(encoding).unwrap();
        run(&mut sending, 2, |_| Some(voice(0.3)));
        sending.send_dtmf(Tone::try_from('7').unwrap());
        let mut packets = run(&mut sending, 6, |_| Some(voice(0.3)));
        packets.extend(sending.miss(50).packet);
        packets.extend(run(&mut sending, 40, |_| Some(voice(0.3))));
        let mut receiver = Receiver::default();
        let events = packets.iter().filter(|packet| packet.kind == Kind::TelephoneEvent);
        let heard: Vec<Tone> = events.filter_map(|event| receiver.receive(event.timestamp, &event.payload)).collect();
        assert_eq!(heard, [Tone::try_from('7').unwrap()], "{encoding:?}");
        let marked = packets.iter().filter(|packet| packet.marker && packet.kind == Kind::Opus).count();
        assert_eq!(marked, 0, "{encoding:?}: numbers went on within the event");
    }
}

#[test]
fn the_expected_loss_outlives_the_encoder_and_is_never_none() {
    let mut sending = Sending::new(Encoding::SPEECH).unwrap();
    for (told, expected) in [(0, LEAST_LOSS), (30, 30), (200, 100)] {
        sending.set_expected_loss(told);
        for encoding in [Encoding::STEREO_MUSIC, Encoding::EARLY_SPEECH] {
            sending.encode_as(encoding);
            run(&mut sending, 4, |_| Some(voice(0.3)));
            assert_eq!((sending.loss, sending.encoding), (expected, encoding));
        }
    }
}

#[test]
fn stereo_keeps_its_sides_and_mono_hears_both() {
    let mut sending = Sending::new(Encoding::STEREO_MUSIC).unwrap();
    let mut tick = Tick::default();
    tick.stereo_mut().0.copy_from_slice(voice(0.4).left());
    for at in 0..TICK {
        tick.stereo_mut().1[at] = 0.0;
    }
    sending.take(Some(&tick));
    assert_eq!(sending.frame[..2], [tick.left()[0], 0.0]);
    let mut mono = Sending::new(Encoding::SPEECH).unwrap();
    mono.take(Some(&tick));
    assert_eq!(mono.frame[7], tick.left()[7] / 2.0);
}

fn run(sending: &mut Sending, ticks: usize, sound: impl Fn(usize) -> Option<Tick>) -> Vec<Outgoing> {
    collect(sending, ticks, sound, &mut Vec::new())
}

fn collect(
    sending: &mut Sending,
    ticks: usize,
    sound: impl Fn(usize) -> Option<Tick>,
    begun: &mut Vec<Tone>,
) -> Vec<Outgoing> {
    let mut packets = Vec::new();
    for n in 0..ticks {
        let sent = sending.take(sound(n).as_ref());
        begun.extend(sent.begins);
        packets.extend(sent.packet);
    }
    packets
}

fn stamps(packets: &[Outgoing]) -> Vec<u32> {
    packets.windows(2).map(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp)).collect()
}

/// Something that is no silence.
fn voice(loudness: f32) -> Tick {
    Tick::from(std::array::from_fn(|at| (at as f32 * std::f32::consts::TAU / 240.0).sin() * loudness))
}
