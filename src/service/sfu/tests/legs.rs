//! Legs come, go quiet, come back and go.

use std::time::Duration;

use str0m::media::Frequency;

use super::kit::{House, Peer, block_on, call, dtmf, hears, leg, opus};
use crate::media::packet::Kind;
use crate::service::sfu::{LegFailure, SfuConfig, SfuError, SfuEvent};

#[test]
fn a_leg_inside_the_process_hears_and_speaks() {
    let mut house = House::start();
    let mut bot = house.sfu.open_local_leg(call(1), leg(9)).unwrap();
    house.waits_for(|event| *event == SfuEvent::LegUp { leg: leg(9) });
    let alice = house.joins(call(1), leg(1), Peer::new(2));
    house.tells(leg(9), &[leg(1)]);
    house.tells(leg(1), &[leg(9)]);
    house.waits_for_slots(leg(1), &[leg(9)]);
    alice.says(opus(3, b"hello"));
    let heard = hears(&mut bot);
    assert_eq!((heard.source, heard.packet.kind, heard.packet.timestamp), (leg(1), Kind::Opus, 3 * 960));
    assert_eq!((&heard.packet.payload[..], heard.packet.level, heard.packet.voice), (&b"hello"[..], 30, true));
    assert!(bot.speak(opus(50, b"hello yourself")));
    assert_eq!(alice.hears().payload, b"hello yourself");
}

#[test]
fn nothing_is_heard_before_it_is_allowed_or_after_it_ends() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::new(2));
    let bob = house.joins(call(1), leg(2), Peer::new(2));
    // Somebody who hears Alice all the time tells when her packets have passed.
    let mut witness = house.sfu.open_local_leg(call(1), leg(9)).unwrap();
    house.tells(leg(9), &[leg(1), leg(2)]);
    house.waits_for(|event| *event == SfuEvent::LegUp { leg: leg(9) });

    alice.says(opus(1, b"before"));
    hears(&mut witness);
    house.tells(leg(2), &[leg(1)]);
    house.tells(leg(1), &[leg(2)]);
    house.waits_for_slots(leg(1), &[leg(2)]);
    alice.says(opus(2, b"during"));
    assert_eq!(bob.hears().payload, b"during");
    hears(&mut witness);

    house.tells(leg(2), &[]);
    house.tells(leg(1), &[]);
    house.waits_for_slots(leg(1), &[]);
    alice.says(opus(3, b"held"));
    bob.says(opus(3, b"held"));
    hears(&mut witness);
    hears(&mut witness);
    house.tells(leg(2), &[leg(1)]);
    house.waits_for_slots(leg(2), &[leg(1)]);
    alice.says(opus(400, b"resumed"));
    let sound = bob.hears();
    assert_eq!(sound.payload, b"resumed");
    assert_eq!((sound.sequence, sound.marker), (2, true), "the stream goes on without a gap");
    assert!(alice.heard().is_empty());
}

#[test]
fn another_call_is_never_heard() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::new(1));
    let _bob = house.joins(call(2), leg(2), Peer::new(1));
    let mut witness = house.sfu.open_local_leg(call(1), leg(9)).unwrap();
    house.tells(leg(9), &[leg(1)]);
    house.tells(leg(2), &[leg(1)]);
    house.waits_for(|event| *event == SfuEvent::LegUp { leg: leg(9) });
    alice.says(opus(1, b"private"));
    hears(&mut witness);
    // Counted a moment after it is sent.
    house.waits_for_counts(|counts| counts.forwarded > 0);
    assert_eq!(house.sfu.counts().forwarded, 1);
}

#[test]
fn sources_may_be_named_before_they_are_open() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::new(1));
    house.tells(leg(1), &[leg(2)]);
    let bob = house.joins(call(1), leg(2), Peer::new(1));
    bob.says(opus(1, b"there"));
    assert_eq!(alice.hears().payload, b"there");
}

#[test]
fn two_sources_have_two_slots() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::new(3));
    let bob = house.joins(call(1), leg(2), Peer::new(3));
    let mut music = house.sfu.open_local_leg(call(1), leg(3)).unwrap();
    house.tells(leg(1), &[leg(2), leg(3)]);
    house.waits_for_slots(leg(1), &[leg(2), leg(3)]);
    bob.says(opus(1, b"bob"));
    let first = alice.hears();
    music.speak(opus(1, b"music"));
    let second = alice.hears();
    assert_eq!((&first.payload[..], &second.payload[..]), (&b"bob"[..], &b"music"[..]));
    assert_ne!(first.mid, second.mid);
}

#[test]
fn peers_with_different_event_clocks_understand_each_other() {
    let mut house = House::start();
    let old = house.joins(call(1), leg(1), Peer::with_events(1, &[Frequency::EIGHT_KHZ]));
    let new = house.joins(call(1), leg(2), Peer::with_events(1, &[Frequency::FORTY_EIGHT_KHZ]));
    house.tells(leg(1), &[leg(2)]);
    house.tells(leg(2), &[leg(1)]);
    house.waits_for_slots(leg(2), &[leg(1)]);
    old.says(dtmf(160, 7, 160));
    assert_eq!(new.hears().payload, [7, 10, 0x03, 0xc0], "160 samples at 8 kHz are 960 at 48 kHz");
    new.says(dtmf(960, 8, 960));
    assert_eq!(old.hears().payload, [8, 10, 0, 160]);
}

#[test]
fn a_peer_that_also_offers_pictures_is_heard() {
    let mut house = House::start();
    let browser = house.joins(call(1), leg(1), Peer::with_video(2));
    let phone = house.joins(call(1), leg(2), Peer::new(1));
    house.tells(leg(1), &[leg(2)]);
    house.tells(leg(2), &[leg(1)]);
    house.waits_for_slots(leg(2), &[leg(1)]);
    browser.says(opus(1, b"from the browser"));
    assert_eq!(phone.hears().payload, b"from the browser");
    phone.says(opus(1, b"from the phone"));
    assert_eq!(browser.hears().payload, b"from the phone");
}

#[test]
fn a_leg_that_goes_quiet_is_noticed_and_given_up() {
    let mut house = House::with(SfuConfig {
        silent_after: Duration::from_millis(700),
        lost_after: Duration::from_millis(1_400),
        ..SfuConfig::default()
    });
    let alice = house.joins(call(1), leg(1), Peer::new(1));
    drop(alice);
    house.waits_for(|event| *event == SfuEvent::LegSilent { leg: leg(1) });
    house.waits_for(|event| *event == SfuEvent::LegFailed { leg: leg(1), why: LegFailure::Lost });
    assert_eq!(house.sfu.counts().legs, 0);
}

#[test]
fn a_leg_that_is_heard_again_is_noticed() {
    let mut house = House::with(SfuConfig { silent_after: Duration::from_millis(30), ..SfuConfig::default() });
    // Its checks come every half second: between them it counts as silent here.
    let _alice = house.joins(call(1), leg(1), Peer::new(1));
    house.waits_for(|event| *event == SfuEvent::LegSilent { leg: leg(1) });
    house.waits_for(|event| *event == SfuEvent::LegHeard { leg: leg(1) });
}

#[test]
fn a_leg_that_never_comes_up_fails() {
    let mut house = House::with(SfuConfig { setup_within: Duration::from_millis(200), ..SfuConfig::default() });
    let peer = Peer::new(1);
    block_on(house.sfu.open_leg(call(1), leg(1), &peer.offer)).unwrap();
    house.waits_for(|event| *event == SfuEvent::LegFailed { leg: leg(1), why: LegFailure::SetupTimeout });
    assert_eq!(house.sfu.counts().legs, 0);
}

#[test]
fn a_peer_that_closes_its_connection_is_gone_at_once() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::new(1));
    alice.hangs_up();
    house.waits_for(|event| *event == SfuEvent::LegFailed { leg: leg(1), why: LegFailure::ClosedByPeer });
}

#[test]
fn a_closed_leg_leaves_its_slot_and_its_name() {
    let mut house = House::start();
    let _alice = house.joins(call(1), leg(1), Peer::new(1));
    let _bob = house.joins(call(1), leg(2), Peer::new(1));
    house.tells(leg(1), &[leg(2)]);
    house.waits_for_slots(leg(1), &[leg(2)]);
    house.sfu.close(leg(2)).unwrap();
    house.waits_for_slots(leg(1), &[]);
    let _again = house.joins(call(1), leg(2), Peer::new(1));
    let taken = block_on(house.sfu.open_leg(call(1), leg(2), &Peer::new(1).offer));
    assert!(matches!(taken, Err(SfuError::LegExists)));
    assert_eq!(house.sfu.counts().legs, 2);
}

#[test]
fn a_dropped_local_leg_closes_and_a_closed_one_knows() {
    let mut house = House::start();
    let _alice = house.joins(call(1), leg(1), Peer::new(1));
    let bot = house.sfu.open_local_leg(call(1), leg(8)).unwrap();
    house.tells(leg(1), &[leg(8)]);
    house.waits_for_slots(leg(1), &[leg(8)]);
    drop(bot);
    house.waits_for_slots(leg(1), &[]);

    let music = house.sfu.open_local_leg(call(1), leg(9)).unwrap();
    house.tells(leg(1), &[leg(9)]);
    house.waits_for_slots(leg(1), &[leg(9)]);
    house.sfu.close(leg(9)).unwrap();
    house.waits_for_slots(leg(1), &[]);
    assert!(music.is_closed());
}

#[test]
fn rooms_are_spread_over_shards() {
    let mut house = House::with(SfuConfig { shards: 3, ..SfuConfig::default() });
    for room in 0..8 {
        let alice = house.joins(call(room), leg(10 * room + 1), Peer::new(1));
        let bob = house.joins(call(room), leg(10 * room + 2), Peer::new(1));
        house.tells(leg(10 * room + 2), &[leg(10 * room + 1)]);
        house.waits_for_slots(leg(10 * room + 2), &[leg(10 * room + 1)]);
        alice.says(opus(1, b"hello"));
        assert_eq!(bob.hears().payload, b"hello");
    }
}

#[test]
fn the_last_handle_ends_everything() {
    let mut house = House::start();
    let bot = house.sfu.open_local_leg(call(1), leg(9)).unwrap();
    house.waits_for(|event| *event == SfuEvent::LegUp { leg: leg(9) });
    drop(house);
    let deadline = crate::base::clock::now() + super::kit::PATIENCE;
    while !bot.is_closed() {
        assert!(crate::base::clock::now() < deadline, "the shard never ended");
        std::thread::sleep(Duration::from_millis(1));
    }
}
