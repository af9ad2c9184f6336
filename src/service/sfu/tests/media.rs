//! What is said arrives, where it is to arrive and nowhere else.

use super::kit::{House, Peer, call, dtmf, leg, opus};
use crate::media::opus::{Decoder, Encoder, LONGEST, PACKET_ROOM};
use crate::media::packet::{FRAME, Kind};

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

#[test]
fn a_tone_is_still_a_tone_at_the_other_end() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::new(1));
    let bob = house.joins(call(1), leg(2), Peer::new(1));
    house.tells(leg(2), &[leg(1)]);
    house.waits_for_slots(leg(2), &[leg(1)]);
    let mut encoder = Encoder::new().unwrap();
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
