//! What is said arrives, where it is to arrive and nowhere else.

use super::kit::{House, Peer, call, dtmf, leg, opus};
use crate::media::opus::{Decoder, Encoder, Encoding, LONGEST, PACKET_ROOM};
use crate::media::packet::{FRAME, Kind};
use crate::service::sfu::LocalPacket;

#[test]
fn what_one_says_the_other_hears() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::new(4));
    let bob = house.joins(call(1), leg(2), Peer::new(4));
    house.tells(leg(1), &[leg(2)]);
    house.tells(leg(2), &[leg(1)]);
    house.waits_for_slots(leg(2), &[leg(1)]);
    for n in 1..=3 {
        alice.says(opus(n, b"from alice"));
        bob.says(opus(n, b"from bob"));
    }
    for n in 1..=3 {
        let sound = bob.hears();
        assert_eq!(sound.payload, b"from alice");
        assert_eq!((sound.sequence, sound.timestamp, sound.level), (u64::from(n), n * 960, Some(-30)));
        assert_eq!(sound.marker, n == 1);
        assert_eq!(alice.hears().payload, b"from bob");
    }
}

/// Several packets are written into a connection before it is run once: none of them may be lost.
#[test]
fn a_burst_arrives_whole_and_in_order() {
    let mut house = House::start();
    let bob = house.joins(call(1), leg(1), Peer::new(1));
    let mut bot = house.sfu.open_local_leg(call(1), leg(2)).unwrap();
    house.tells(leg(1), &[leg(2)]);
    house.waits_for_slots(leg(1), &[leg(2)]);
    for n in 1..=60_u8 {
        assert!(bot.speak(opus(n.into(), &[n])));
    }
    for n in 1..=60_u8 {
        let sound = bob.hears();
        assert_eq!((sound.sequence, sound.payload), (n.into(), vec![n]));
    }
}

#[test]
fn tones_pass_between_the_sounds() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::new(1));
    let bob = house.joins(call(1), leg(2), Peer::new(1));
    house.tells(leg(2), &[leg(1)]);
    house.waits_for_slots(leg(2), &[leg(1)]);
    alice.says(opus(1, b"sound"));
    alice.says(dtmf(1_920, 5, 960));
    alice.says(dtmf(1_920, 5, 1_920));
    let kinds: Vec<_> = (0..3).map(|_| bob.hears()).collect();
    assert_eq!(
        kinds.iter().map(|s| s.kind).collect::<Vec<_>>(),
        [Kind::Opus, Kind::TelephoneEvent, Kind::TelephoneEvent]
    );
    assert_eq!(kinds[1].timestamp, kinds[2].timestamp);
    assert_eq!(kinds[2].payload, [5, 10, 0x07, 0x80]);
}

/// A frame, and the one before it once more.
fn redundant(n: u32, before: u8, newest: u8) -> LocalPacket {
    // 960 samples before, one byte long (RFC 2198 section 3); Opus is 111 at the kit's clients.
    opus(n, &[0x80 | 111, 0x0F, 0x00, 1, 111, before, newest])
}

#[test]
fn repeated_frames_are_for_those_who_asked_for_them() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::with_redundancy(1));
    let bob = house.joins(call(1), leg(2), Peer::with_redundancy(1));
    let carol = house.joins(call(1), leg(3), Peer::new(1));
    house.tells(leg(2), &[leg(1)]);
    house.tells(leg(3), &[leg(1)]);
    house.waits_for_slots(leg(3), &[leg(1)]);
    for n in 1..=3_u8 {
        alice.says_redundant(redundant(n.into(), n - 1, n));
    }
    alice.says(opus(4, &[4]));
    let first = bob.hears();
    assert_eq!((&first.payload[..], first.redundant), (&[1][..], false), "nothing from before it was heard here");
    for n in 2..=3 {
        let sound = bob.hears();
        assert_eq!((&sound.payload[5..], sound.redundant), (&[n - 1, n][..], true));
    }
    assert_eq!((bob.hears().payload, carol.hears().payload), (vec![4], vec![1]));
    for n in 2..=4 {
        let sound = carol.hears();
        assert_eq!((sound.payload, sound.redundant, sound.sequence), (vec![n], false, n.into()));
    }
}

#[test]
fn a_tone_is_still_a_tone_at_the_other_end() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::new(1));
    let bob = house.joins(call(1), leg(2), Peer::new(1));
    house.tells(leg(2), &[leg(1)]);
    house.waits_for_slots(leg(2), &[leg(1)]);
    let mut encoder = Encoder::new(Encoding::SPEECH).unwrap();
    let mut decoder = Decoder::new().unwrap();
    let mut heard: Vec<f32> = Vec::new();
    for n in 0..50 {
        let step = |k: usize| (n as usize * FRAME + k) as f32 * 440.0 * std::f32::consts::TAU / 48_000.0;
        let frame: [f32; FRAME] = std::array::from_fn(|k| 0.5 * step(k).sin());
        let mut packet = [0; PACKET_ROOM];
        let length = encoder.encode(&frame, &mut packet).unwrap();
        alice.says(opus(n, &packet[..length]));
        let mut decoded = [0.0; LONGEST];
        assert_eq!(decoder.decode(&bob.hears().payload, &mut decoded), Ok(FRAME));
        heard.extend(&decoded[..FRAME]);
    }
    // The codec has settled after half a second.
    let later = &heard[24_000..];
    let periods = later.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    assert!((215..=225).contains(&periods), "{periods} periods in half a second of 440 Hz");
    let power = later.iter().map(|sample| sample * sample).sum::<f32>() / later.len() as f32;
    assert!((0.05..0.2).contains(&power), "a power of {power} instead of 0.125");
}

/// Some packets go through the receiver's connection, the others past it: they are one stream.
#[test]
fn all_of_a_stream_arrives_whichever_way_it_takes() {
    let mut house = House::start();
    let bob = house.joins(call(1), leg(1), Peer::new(2));
    let mut bots = [2, 3].map(|id| house.sfu.open_local_leg(call(1), leg(id)).unwrap());
    house.tells(leg(1), &[leg(2), leg(3)]);
    house.waits_for_slots(leg(1), &[leg(2), leg(3)]);
    let mut mids: [Option<String>; 2] = [None, None];
    for n in 1..=200_u8 {
        for (bot, mid) in bots.iter_mut().zip(&mut mids) {
            assert!(bot.speak(LocalPacket { level: n / 2, ..opus(n.into(), &[n]) }));
            // Heard before the next is said: each is a turn of its own.
            let sound = bob.hears();
            assert_eq!((sound.sequence, sound.payload, sound.timestamp), (n.into(), vec![n], u32::from(n) * 960));
            assert_eq!(sound.level, Some(-i8::try_from(n / 2).unwrap()));
            assert_eq!(*mid.get_or_insert_with(|| sound.mid.clone()), sound.mid);
        }
    }
    assert_ne!(mids[0], mids[1]);
}
