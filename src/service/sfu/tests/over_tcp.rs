//! Peers whom no UDP reaches, and strangers on the TCP port.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::kit::{House, PATIENCE, Peer, block_on, call, hears, leg, opus};
use crate::base::clock;
use crate::base::seed::Seed;
use crate::media::framing::frame;
use crate::service::sfu::{LegFailure, SfuEvent};

/// A stranger's connection, on which an end is waited for, but not for ever.
fn stranger(house: &House) -> TcpStream {
    let stream = TcpStream::connect(house.tcp_address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Waits until the SFU has closed a connection, on which nothing else may come.
fn is_closed(mut stream: TcpStream) -> bool {
    // What it had not read when it closed makes the end an error.
    !matches!(stream.read(&mut [0; 1]), Ok(1))
}

#[test]
fn peers_over_tcp_and_over_udp_hear_each_other() {
    let mut house = House::with_tcp();
    let alice = house.joins(call(1), leg(1), Peer::over_tcp(2));
    let bob = house.joins(call(1), leg(2), Peer::new(2));
    let carol = house.joins(call(1), leg(3), Peer::over_tcp(2));
    for (who, others) in [(1, [2, 3]), (2, [1, 3]), (3, [1, 2])] {
        house.tells(leg(who), &others.map(leg));
        house.waits_for_slots(leg(who), &others.map(leg));
    }
    for n in 1..=300 {
        alice.says(opus(n, b"alice"));
        bob.says(opus(n, b"bob"));
        carol.says(opus(n, b"carol"));
        for (peer, others) in [(&alice, ["bob", "carol"]), (&bob, ["alice", "carol"]), (&carol, ["alice", "bob"])] {
            let mut heard = [peer.hears().payload, peer.hears().payload];
            heard.sort();
            assert_eq!(heard, others.map(|name| name.as_bytes().to_vec()), "packet {n}");
        }
    }
    assert_eq!(house.sfu.counts().tcp_connections, 2);
}

#[test]
fn a_leg_that_ends_takes_its_connection_with_it() {
    let mut house = House::with_tcp();
    let alice = house.joins(call(1), leg(1), Peer::over_tcp(1));
    let bob = house.joins(call(1), leg(2), Peer::over_tcp(1));
    house.sfu.close(leg(1)).unwrap();
    house.waits_for_counts(|counts| counts.tcp_connections == 1);
    bob.hangs_up();
    house.waits_for(|event| *event == SfuEvent::LegFailed { leg: leg(2), why: LegFailure::ClosedByPeer });
    house.waits_for_counts(|counts| counts.tcp_connections == 0 && counts.legs == 0);
    drop(alice);
}

#[test]
fn a_peer_whose_connection_broke_counts_as_silent() {
    let mut house = House::with_tcp();
    let alice = house.joins(call(1), leg(1), Peer::over_tcp(1));
    drop(alice);
    house.waits_for(|event| *event == SfuEvent::LegSilent { leg: leg(1) });
    assert_eq!(house.sfu.counts().tcp_connections, 0);
}

#[test]
fn what_makes_no_sense_is_closed_and_disturbs_nobody() {
    let mut house = House::with_tcp();
    let alice = house.joins(call(1), leg(1), Peer::over_tcp(1));
    let mut bot = house.sfu.open_local_leg(call(1), leg(9)).unwrap();
    house.waits_for(|event| *event == SfuEvent::LegUp { leg: leg(9) });
    house.tells(leg(9), &[leg(1)]);
    house.settles();
    let mut seed = Seed::new(4571);
    let mut noise: Vec<u8> = (0..40_000).map(|_| seed.next_u64().to_le_bytes()[0]).collect();
    // Lengths that are too long come early in noise; what begins as HTTP announces one at once.
    noise[0] = 0xFF;
    let mut frames = Vec::new();
    for n in 0..100 {
        frame(&mut frames, &[[0, 22, 0x80, 77][n % 4]; 60]);
    }
    for bytes in [noise, vec![0xFF; 3], b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), frames] {
        let mut stranger = stranger(&house);
        // It may be closed in the middle of this.
        let _ = stranger.write_all(&bytes);
        assert!(is_closed(stranger), "{} bytes from {:?}", bytes.len(), &bytes[..3]);
    }
    alice.says(opus(1, b"still here"));
    assert_eq!(&hears(&mut bot).packet.payload[..], b"still here");
    assert_eq!(house.sfu.counts().tcp_connections, 1);
}

#[test]
fn who_does_not_show_a_leg_is_closed_soon_however_slowly_he_speaks() {
    let mut house = House::with_tcp();
    let peer = Peer::new(1);
    let answer = block_on(house.sfu.open_leg(call(1), leg(1), &peer.offer)).unwrap();
    let fragment = answer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap();
    // Names the leg, but has no key for it.
    let mut request = vec![0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    let name = format!("{fragment}:guess");
    request.extend([0, 6, 0, u8::try_from(name.len()).unwrap()]);
    request.extend(name.as_bytes());
    request.resize(request.len().next_multiple_of(4), 0);
    request[3] = u8::try_from(request.len() - 20).unwrap();
    let mut framed = Vec::new();
    frame(&mut framed, &request);
    let (silent, mut named, mut trickling, mut zeros) =
        (stranger(&house), stranger(&house), stranger(&house), stranger(&house));
    named.write_all(&framed).unwrap();
    trickling.set_nodelay(true).unwrap();
    let start = clock::now();
    let mut bytes = framed.iter().cycle();
    trickling.set_nonblocking(true).unwrap();
    while clock::now() < start + PATIENCE {
        let written = trickling.write(&[*bytes.next().unwrap()]).is_ok() && zeros.write(&[0; 64]).is_ok();
        // A write after the end tells of it only the second time.
        if !written {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    trickling.set_nonblocking(false).unwrap();
    for (what, stream) in [("silent", silent), ("named", named), ("trickling", trickling), ("zeros", zeros)] {
        assert!(is_closed(stream), "{what}");
    }
    house.waits_for_counts(|counts| counts.tcp_connections == 0);
    assert!(!house.was_told(|event| *event == SfuEvent::LegUp { leg: leg(1) }));
}

#[test]
fn one_address_has_few_connections_before_they_show_what_they_are_for() {
    let mut house = House::with_tcp();
    let crowd: Vec<TcpStream> = (0..100).map(|_| stranger(&house)).collect();
    house.waits_for_counts(|counts| counts.tcp_connections == 16);
    let mut crowd = crowd.into_iter();
    crowd.nth(40).is_some_and(is_closed).then_some(()).expect("one too many is closed at once");
    drop(crowd);
    house.waits_for_counts(|counts| counts.tcp_connections == 0);
    let _alice = house.joins(call(1), leg(1), Peer::over_tcp(1));
}

#[test]
fn who_takes_nothing_is_closed_and_holds_nobody_up() {
    let mut house = House::with_tcp();
    let alice = house.joins(call(1), leg(1), Peer::over_tcp(1));
    let mut speaker = house.sfu.open_local_leg(call(1), leg(9)).unwrap();
    house.waits_for(|event| *event == SfuEvent::LegUp { leg: leg(9) });
    let bob = house.joins(call(1), leg(2), Peer::new(1));
    for who in [1, 2] {
        house.tells(leg(who), &[leg(9)]);
        house.waits_for_slots(leg(who), &[leg(9)]);
    }
    alice.sleeps();
    let large = [7; 1_000];
    let before = house.sfu.counts().dropped;
    let deadline = clock::now() + PATIENCE;
    let mut n = 0;
    while house.sfu.counts().tcp_connections == 1 {
        n += 1;
        assert!(clock::now() < deadline, "it was never closed");
        assert!(speaker.speak(opus(n, &large)));
        assert_eq!(bob.hears().payload, large, "packet {n}");
    }
    assert!(house.sfu.counts().dropped > before, "it was sent all of it");
}

#[test]
fn without_a_tcp_address_none_is_offered() {
    let house = House::start();
    let answer = block_on(house.sfu.open_leg(call(1), leg(1), &Peer::new(1).offer)).unwrap();
    assert!(!answer.contains("tcptype"), "{answer}");
    assert!(house.sfu.tcp_addresses().is_empty());
}
