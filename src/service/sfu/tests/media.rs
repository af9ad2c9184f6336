//! What is said arrives, where it is to arrive and nowhere else.

use super::kit::{House, Peer, call, dtmf, leg, opus};
use crate::media::packet::Kind;

#[test]
fn what_one_says_the_other_hears() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::new(4));
    let bob = house.joins(call(1), leg(2), Peer::new(4));
    house.sfu.set_sources(leg(1), &[leg(2)]).unwrap();
    house.sfu.set_sources(leg(2), &[leg(1)]).unwrap();
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

#[test]
fn tones_pass_between_the_sounds() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::new(1));
    let bob = house.joins(call(1), leg(2), Peer::new(1));
    house.sfu.set_sources(leg(2), &[leg(1)]).unwrap();
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
