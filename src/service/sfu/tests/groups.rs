//! Groups: the loudest are heard by everybody else, with their marks, and nobody hears itself.

use std::collections::BTreeSet;
use std::time::Duration;

use super::kit::{House, PATIENCE, Peer, Sound, call, dtmf, hears, leg, opus};
use crate::base::clock;
use crate::base::seed::Seed;
use crate::control::hearing::{Choice, Hearing, Source};
use crate::media::packet::Kind;
use crate::service::sfu::{LocalLeg, LocalPacket, Sfu, SfuEvent};

/// The pace of a voice.
const FRAME: Duration = Duration::from_millis(20);

/// A packet that says whose it is.
fn word(speaker: u8, n: u32) -> LocalPacket {
    opus(n, &[speaker, n as u8])
}

/// Legs 1 to `count` in one room, each with its number as mark, hearing the loudest `n` in as many slots.
fn group(house: &mut House, count: u8, n: u8) -> Vec<Peer> {
    let join = |id| house.joins(call(1), leg(id), Peer::new(n.into()));
    let peers = (1..=count).map(u128::from).map(join).collect();
    for id in 1..=count {
        house.takes_part(leg(id.into()), id.into(), n, &[]);
    }
    house.settles();
    peers
}

#[test]
fn everybody_hears_all_the_others_and_never_itself() {
    let mut house = House::start();
    let peers = group(&mut house, 5, 4);
    let words = 20;
    for n in 1..=words {
        for (id, peer) in (1..).zip(&peers) {
            peer.says(word(id, n));
        }
    }
    for (id, peer) in (1_u8..).zip(&peers) {
        let mut heard = BTreeSet::new();
        for _ in 0..4 * words {
            let sound = peer.hears();
            assert_ne!(sound.payload[0], id, "{id} hears itself");
            assert_eq!(sound.mark, Some(sound.payload[0].into()), "the mark says whose sound it is");
            assert!(heard.insert(sound.payload), "nothing is heard twice");
        }
    }
}

#[test]
fn the_very_first_word_is_heard() {
    let mut house = House::start();
    let peers = group(&mut house, 3, 2);
    peers[0].says(word(1, 1));
    assert_eq!(peers[2].hears().payload, [1, 1]);
    peers[1].says(word(2, 1));
    assert_eq!(peers[2].hears().payload, [2, 1]);
    assert_eq!(peers[0].hears().payload, [2, 1]);
}

/// One slot, and speakers who take turns in it: what is in a packet is always by whom the packet says it is, and the stream
/// of the slot has neither gaps nor jumps.
#[test]
fn speakers_who_take_turns_are_never_mistaken_for_each_other() {
    let mut house = House::start();
    let peers = group(&mut house, 4, 1);
    let listener = &peers[3];
    let (mut last, mut switches) = (None, 0);
    let mut n = 0;
    for turn in 0..9 {
        let speaker = [1, 2, 3][turn % 3];
        let mut heard = 0;
        let mut rounds = 0;
        while heard < 5 {
            n += 1;
            rounds += 1;
            assert!(rounds < 1_500, "speaker {speaker} is never heard");
            peers[usize::from(speaker) - 1].says(word(speaker, n));
            while let Some(sound) = listener.hears_within(FRAME) {
                assert_eq!(sound.mark, Some(sound.payload[0].into()));
                if let Some((sequence, mark)) = last {
                    assert_eq!(sound.sequence, sequence + 1);
                    assert_eq!(sound.marker, mark != sound.mark, "a switch is marked, and nothing else");
                    switches += u32::from(mark != sound.mark);
                }
                last = Some((sound.sequence, sound.mark));
                heard += u32::from(sound.payload[0] == speaker);
            }
        }
    }
    assert_eq!(switches, 8);
    assert_eq!(house.sfu.counts().flooded, 0);
}

#[test]
fn two_clients_of_one_person_do_not_hear_each_other() {
    let mut house = House::start();
    let peers = group(&mut house, 3, 4);
    house.takes_part(leg(1), 1, 4, &[leg(2)]);
    house.takes_part(leg(2), 1, 4, &[leg(1)]);
    house.settles();
    for n in 1..=3 {
        peers[0].says(word(1, n));
        peers[1].says(word(2, n));
        assert_ne!(peers[2].hears().payload, peers[2].hears().payload);
        peers[2].says(word(3, n));
        assert_eq!(peers[0].hears().payload, [3, n as u8]);
        assert_eq!(peers[1].hears().payload, [3, n as u8]);
    }
}

#[test]
fn who_is_muted_or_on_hold_is_heard_no_more() {
    let mut house = House::start();
    let peers = group(&mut house, 3, 2);
    peers[0].says(word(1, 1));
    assert_eq!(peers[2].hears().payload, [1, 1]);
    house.sfu.set_source(leg(1), Source { open: false, mark: Some(1) }).unwrap();
    house.settles();
    peers[0].says(word(1, 2));
    peers[0].says(dtmf(1_000, 5, 960));
    house.waits_for_counts(|counts| counts.media >= 3);
    house.sfu.set_source(leg(1), Source { open: true, mark: Some(9) }).unwrap();
    house.settles();
    peers[0].says(word(1, 3));
    let sound = peers[2].hears();
    assert_eq!((&sound.payload[..], sound.mark), (&[1, 3][..], Some(9)));
}

#[test]
fn a_tone_is_heard_by_all_though_others_speak() {
    let mut house = House::start();
    let peers = group(&mut house, 4, 1);
    peers[0].says(word(1, 1));
    assert_eq!(peers[3].hears().payload, [1, 1]);
    peers[1].says(word(2, 1));
    assert_eq!(peers[0].hears().payload, [2, 1]);
    peers[2].says(dtmf(960, 5, 960));
    for listener in [0, 1, 3] {
        let sound = if listener == 1 { skip(&peers[1], 1) } else { peers[listener].hears() };
        assert_eq!((sound.kind, sound.mark, &sound.payload[..1]), (Kind::TelephoneEvent, Some(3), &[5][..]));
    }
}

/// What a peer hears after `count` packets.
fn skip(peer: &Peer, count: usize) -> Sound {
    (0..count).for_each(|_| drop(peer.hears()));
    peer.hears()
}

#[test]
fn a_recorder_hears_everybody_who_is_open() {
    let mut house = House::start();
    let people: Vec<_> = (1..=40).map(|id| house.sfu.open_local_leg(call(1), leg(id)).unwrap()).collect();
    let mut recorder = house.sfu.open_local_leg(call(1), leg(99)).unwrap();
    house.sfu.hear(leg(99), Hearing { choice: Choice::All, except: vec![leg(7)], pinned: Vec::new() }).unwrap();
    for id in 1..=40 {
        house.sfu.set_source(leg(id), Source { open: id != 3, mark: None }).unwrap();
    }
    house.settles();
    let mut heard = BTreeSet::new();
    for (id, mut person) in (1..).zip(people) {
        assert!(person.speak(opus(id, b"hello")));
        if id != 3 && id != 7 {
            heard.insert(hears(&mut recorder).source);
        }
    }
    assert_eq!(heard.len(), 38);
    assert!(!heard.contains(&leg(3)) && !heard.contains(&leg(7)));
}

#[test]
fn an_announcement_goes_before_the_loudest_and_is_told_of() {
    let mut house = House::start();
    let peers = group(&mut house, 3, 2);
    let mut announcer = house.sfu.open_local_leg(call(1), leg(50)).unwrap();
    for n in 1..=2 {
        peers[1].says(word(2, n));
        peers[2].says(word(3, n));
        peers[0].hears();
        peers[0].hears();
    }
    let hearing = Hearing { choice: Choice::Loudest(2), except: Vec::new(), pinned: vec![leg(50)] };
    house.sfu.hear(leg(1), hearing).unwrap();
    house.waits_for_slots(leg(1), &[leg(50)]);
    assert!(announcer.speak(opus(1, b"announcement")));
    let sound = peers[0].hears();
    assert_eq!((&sound.payload[..], sound.mark), (&b"announcement"[..], None));
    // Who of the two is the louder depends on when their words came.
    peers[1].says(word(2, 3));
    peers[2].says(word(3, 3));
    let sound = peers[0].hears();
    assert_eq!((sound.payload[1], sound.mark), (3, Some(sound.payload[0].into())), "one has the other slot");
    drop(announcer);
    house.waits_for_slots(leg(1), &[]);
}

#[test]
fn who_speaks_is_told_and_that_all_fell_silent() {
    let mut house = House::start();
    let peers = group(&mut house, 3, 2);
    let speakers = |speakers: &[u128]| SfuEvent::Speakers {
        call: call(1),
        speakers: speakers.iter().map(|&id| leg(id)).collect(),
    };
    let mut n = 0;
    let mut until = |house: &mut House, wanted: &SfuEvent| {
        while !house.was_told(|event| event == wanted) {
            n += 1;
            peers[1].says(word(2, n));
            peers[0].hears_within(FRAME);
        }
    };
    until(&mut house, &speakers(&[2]));
    house.waits_for(|event| *event == speakers(&[]));
}

#[test]
fn where_nobody_hears_the_loudest_nobody_is_said_to_speak() {
    let mut house = House::start();
    let mut alice = house.sfu.open_local_leg(call(1), leg(1)).unwrap();
    let mut bob = house.sfu.open_local_leg(call(1), leg(2)).unwrap();
    house.tells(leg(2), &[leg(1)]);
    house.sfu.set_source(leg(1), Source { open: true, mark: None }).unwrap();
    house.settles();
    for n in 1..=30 {
        assert!(alice.speak(opus(n, b"hello")));
        hears(&mut bob);
    }
    house.settles();
    assert_eq!(house.sfu.counts().stage_changes, 0);
}

#[test]
fn a_flood_is_dropped_and_costs_nobody_else_a_word() {
    let mut house = House::start();
    let peers = group(&mut house, 3, 2);
    let start = clock::now();
    let mut n = 0;
    while house.sfu.counts().flooded < 500 {
        assert!(start.elapsed() < PATIENCE, "{:?}", house.sfu.counts());
        n += 1;
        peers[0].says(word(1, n));
        // No more at once than the system's buffers hold.
        if n % 50 == 0 {
            house.settles();
        }
    }
    peers[1].says(word(2, 1));
    let mut from_flood = 0_u32;
    let mut heard = peers[2].hears();
    while heard.payload[0] == 1 {
        from_flood += 1;
        // The system may have dropped a word where the flood came faster than its receiver was given time.
        heard = peers[2].hears_within(FRAME).unwrap_or_else(|| {
            assert!(start.elapsed() < 2 * PATIENCE, "a word is lost in the flood");
            n += 1;
            peers[1].says(word(2, n));
            peers[2].hears()
        });
    }
    // A second's worth at once, then the steady rate; and one with which the burst is full.
    let allowed = 200.0 * (1.0 + start.elapsed().as_secs_f64()) + 1.0;
    assert!(f64::from(from_flood) <= allowed, "{from_flood} packets of a flood were carried");
}

/// Whatever order people come, go, mute, hear and speak in: the shard lives, nobody hears itself, and in the end it is empty.
#[test]
fn any_order_of_coming_and_going_ends_empty() {
    for seed in 1..=3 {
        let mut house = House::start();
        let mut dice = Seed::new(seed);
        let mut peers: Vec<(u8, Peer)> = (1..).zip(group(&mut house, 4, 2)).collect();
        let mut locals: Vec<LocalLeg> = Vec::new();
        for step in 0..1_500_u32 {
            random_step(&house.sfu, &mut dice, &mut locals, step);
            for (id, peer) in &peers {
                peer.says(word(*id, step));
                let own = peer.heard().into_iter().find(|sound| sound.payload[0] == *id && sound.payload.len() == 2);
                assert!(own.is_none(), "{id} hears itself: {own:?}");
            }
            if step % 50 == 0 {
                // No more orders than the queue of the shard holds.
                house.settles();
            }
            if step % 100 == 99 {
                let id = 5 + (step / 100) as u8;
                peers.push((id, house.joins(call(1), leg(id.into()), Peer::new(1 + dice.below(4) as usize))));
                house.takes_part(leg(id.into()), id.into(), 1 + dice.below(5) as u8, &[]);
                let (gone, peer) = peers.swap_remove(dice.below(peers.len() as u64) as usize);
                if dice.below(2) == 0 {
                    peer.hangs_up();
                    house.waits_for(
                        |event| matches!(event, SfuEvent::LegFailed { leg: id, .. } if *id == leg(gone.into())),
                    );
                } else {
                    house.sfu.close(leg(gone.into())).unwrap();
                }
            }
        }
        for (id, _) in &peers {
            house.sfu.close(leg((*id).into())).unwrap();
        }
        drop(locals);
        house.waits_for_counts(|counts| counts.legs == 0);
        println!("seed {seed}: {:?}", house.sfu.counts());
    }
}

fn random_step(sfu: &Sfu, dice: &mut Seed, locals: &mut Vec<LocalLeg>, step: u32) {
    let id = 100 + u128::from(dice.below(70));
    let somebody = |dice: &mut Seed| leg(1 + u128::from(dice.below(180)));
    match dice.below(10) {
        0..=2 => {
            let open = sfu.open_local_leg(call(1 + u128::from(dice.below(5) / 4)), leg(id)).unwrap();
            locals.push(open);
        }
        3 if !locals.is_empty() => {
            let n = dice.below(locals.len() as u64) as usize;
            drop(locals.swap_remove(n));
        }
        4 => sfu.close(leg(id)).unwrap(),
        5 => sfu.set_source(leg(id), Source { open: dice.below(4) > 0, mark: Some(step as u16) }).unwrap(),
        6 | 7 => {
            let choice = match dice.below(4) {
                0 => Choice::All,
                1 => Choice::Only((0..dice.below(4)).map(|_| somebody(dice)).collect()),
                _ => Choice::Loudest(dice.below(300).try_into().unwrap_or(u8::MAX)),
            };
            let some = |dice: &mut Seed| (0..dice.below(3)).map(|_| somebody(dice)).collect();
            let hearing = Hearing { choice, except: some(dice), pinned: some(dice) };
            sfu.hear(somebody(dice), hearing).unwrap();
        }
        _ => {
            for local in locals.iter_mut() {
                while let Some(heard) = local.hear() {
                    assert_ne!(heard.source, local.id(), "nobody hears itself");
                }
                local.speak(if dice.below(20) == 0 { dtmf(step * 960, 5, 960) } else { opus(step, b"hello") });
            }
        }
    }
}
