//! Strangers, garbage and offers that are none: they cost little and end nothing.

use std::net::UdpSocket;

use super::kit::{House, Peer, block_on, call, leg, opus};
use crate::base::seed::Seed;
use crate::service::sfu::{OfferError, SfuError, SfuEvent};

fn noise(seed: &mut Seed, length: usize) -> Vec<u8> {
    (0..length).map(|_| seed.next_u64().to_le_bytes()[0]).collect()
}

/// A STUN binding request for the user `name`, without the integrity that only a real peer can give it.
fn stun(name: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    out.extend([0, 6, 0, u8::try_from(name.len()).unwrap()]);
    out.extend(name);
    out.resize(out.len().next_multiple_of(4), 0);
    let length = u16::try_from(out.len() - 20).unwrap().to_be_bytes();
    out[2..4].copy_from_slice(&length);
    out
}

/// Noise, STUN of strangers to a leg and to nobody, and what looks like DTLS, RTP and RTCP by its first byte.
fn garbage(n: usize, fragment: &str, seed: &mut Seed) -> Vec<u8> {
    match n % 4 {
        0 => noise(seed, n % 90),
        1 => stun(format!("{fragment}:guess").as_bytes()),
        2 => stun(b"nobody:guess"),
        _ => [vec![[22, 0x80, 0x81][n % 3]], noise(seed, 60)].concat(),
    }
}

#[test]
fn garbage_on_the_port_disturbs_nobody_and_gets_no_answer() {
    let mut house = House::start();
    let alice = house.joins(call(1), leg(1), Peer::new(1));
    let bob = house.joins(call(1), leg(2), Peer::new(1));
    house.tells(leg(2), &[leg(1)]);
    house.waits_for_slots(leg(2), &[leg(1)]);
    let fragment = alice.answer_fragment();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger.set_nonblocking(true).unwrap();
    let mut seed = Seed::new(7);
    for n in 0..500 {
        let datagram = garbage(n, fragment, &mut seed);
        stranger.send_to(&datagram, house.address).unwrap();
        // From the very socket of a peer it gets further, into the connection itself.
        alice.sends_raw(&datagram);
        if n % 50 == 49 {
            // One handful at a time: what the system's buffers cannot hold would prove nothing.
            house.waits_for_datagrams(2 * n as u64);
        }
    }
    alice.says(opus(1, b"still here"));
    assert_eq!(bob.hears().payload, b"still here");
    assert!(house.sfu.counts().dropped > 100);
    assert!(stranger.recv_from(&mut [0; 100]).is_err(), "a stranger got an answer");
}

#[test]
fn offers_that_are_none_are_refused() {
    let house = House::start();
    let good = Peer::new(4).offer;
    let refuse = |offer: &str| match block_on(house.sfu.open_leg(call(1), leg(1), offer)) {
        Err(SfuError::Offer(why)) => why,
        other => panic!("{other:?} for {offer}"),
    };
    assert!(matches!(refuse(""), OfferError::Unreadable(_) | OfferError::NoAudio));
    assert!(matches!(refuse("hello"), OfferError::Unreadable(_)));
    assert_eq!(refuse(&"v=0\r\n".repeat(20_000)), OfferError::TooLong);
    assert_eq!(refuse(&"m=audio 9\r\n".repeat(30)), OfferError::TooMuch);
    assert_eq!(
        refuse(&format!("{good}{}", "a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n".repeat(70))),
        OfferError::TooMuch
    );
    let without = |start: &str| good.split_inclusive('\n').filter(|line| !line.starts_with(start)).collect::<String>();
    refuse(&without("a=fingerprint"));
    refuse(&without("a=ice-"));
    refuse(&without("m="));
    refuse(&good.replace("m=audio", "m=video"));
    assert_eq!(house.sfu.counts().legs, 0);
}

/// Each of these is SDP by its looks. Whether it is answered or refused is str0m's to decide; it must do one of them.
#[test]
fn offers_at_odds_with_themselves_end_nothing() {
    let mut house = House::start();
    let good = Peer::new(4).offer;
    let line = |start: &str| good.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    let all_types = (0..128).map(|pt| pt.to_string()).collect::<Vec<_>>().join(" ");
    let all_opus = (0..128).map(|pt| format!("a=rtpmap:{pt} opus/48000/2\r\n")).collect::<String>();
    let data =
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\na=sctp-port:5000\r\n";
    let odd = [
        good.replace(&line("m=audio"), &format!("m=audio 9 UDP/TLS/RTP/SAVPF {all_types}\r\n{all_opus}")),
        good.replace("a=mid:", "a=mid:same\r\na=x:"),
        good.replace("a=mid:", "a=x:"),
        good.replace("opus/48000/2", "opus/0/2"),
        good.replace("opus/48000/2", "opus/4294967295/255"),
        good.replace("telephone-event/48000", "telephone-event/0"),
        good.replace("a=extmap:1 ", "a=extmap:0 "),
        good.replace("a=extmap:1 ", "a=extmap:15 "),
        good.replace("a=extmap:1 ", "a=extmap:255 "),
        good.replace("a=setup:actpass", "a=setup:active"),
        good.replace("a=setup:actpass", "a=setup:passive"),
        good.replace("a=setup:actpass", "a=setup:holdconn"),
        good.replace("a=sendonly", "a=sendrecv"),
        good.replace("a=recvonly", "a=inactive"),
        good.replace("a=group:BUNDLE", "a=group:BUNDLE nobody"),
        good.replace("a=rtcp-mux", "a=simulcast:send a;b\r\na=rid:a send\r\na=rid:a send\r\na=rid:b recv"),
        good.replace("a=rtcp-mux", "a=ssrc:0 cname:x\r\na=ssrc-group:FID 0 0\r\na=ssrc:4294967295 cname:x"),
        good.replace("a=ice-ufrag:", "a=ice-lite\r\na=ice-ufrag:"),
        good.replace("typ host", "typ relay raddr 0.0.0.0 rport 99999"),
        format!("{good}{data}"),
        format!("{good}{data}{data}"),
        format!("{good}{data}a=sctp-init:AAAA\r\na=max-message-size:0\r\n"),
        format!("{good}{good}"),
    ];
    for (n, offer) in (0..).zip(&odd) {
        assert_ne!(*offer, good, "offer {n} is not odd");
        match block_on(house.sfu.open_leg(call(n), leg(n), offer)) {
            Ok(_) => house.sfu.close(leg(n)).unwrap(),
            Err(SfuError::Offer(_)) => {}
            Err(other) => panic!("{other:?} for {offer}"),
        }
    }
    house.joins(call(99), leg(99), Peer::new(1));
    assert_eq!(house.sfu.counts().legs, 1);
}

/// Every offer is answered or refused: none panics its way out, and none leaves a leg behind that nobody asked for.
#[test]
fn mangled_offers_end_nothing() {
    let mut house = House::start();
    let good = Peer::new(4).offer;
    let lines: Vec<_> = good.split_inclusive('\n').collect();
    let mut seed = Seed::new(20_261_122);
    for round in 0..300_u128 {
        let mut offer: Vec<u8> = match seed.below(4) {
            0 => good.as_bytes()[..usize::try_from(seed.below(good.len() as u64)).unwrap()].to_vec(),
            1 => lines.iter().filter(|_| seed.below(10) > 0).copied().collect::<String>().into_bytes(),
            2 => lines.iter().flat_map(|line| vec![*line; seed.below(3) as usize]).collect::<String>().into_bytes(),
            _ => good.clone().into_bytes(),
        };
        for _ in 0..seed.below(6) {
            if !offer.is_empty() {
                let at = usize::try_from(seed.below(offer.len() as u64)).unwrap();
                offer[at] = b"0 9:a=\r\n/-\x7f"[usize::try_from(seed.below(11)).unwrap()];
            }
        }
        let offer = String::from_utf8_lossy(&offer).into_owned();
        match block_on(house.sfu.open_leg(call(1), leg(round), &offer)) {
            Ok(_) => house.sfu.close(leg(round)).unwrap(),
            Err(SfuError::Offer(_)) => {}
            Err(other) => panic!("{other:?} in round {round} for {offer}"),
        }
    }
    let alice = house.joins(call(2), leg(1_001), Peer::new(1));
    let bob = house.joins(call(2), leg(1_002), Peer::new(1));
    house.tells(leg(1_002), &[leg(1_001)]);
    house.waits_for_slots(leg(1_002), &[leg(1_001)]);
    alice.says(opus(1, b"fine"));
    assert_eq!(bob.hears().payload, b"fine");
    assert_eq!(house.sfu.counts().legs, 2);
}

#[test]
fn a_peer_with_another_certificate_is_not_let_in() {
    let mut house = House::start();
    let mut peer = Peer::new(1);
    let at = peer.offer.find("a=fingerprint:sha-256 ").unwrap() + "a=fingerprint:sha-256 ".len();
    let forged = if &peer.offer[at..=at] == "A" { "B" } else { "A" };
    let mut offer = peer.offer.clone();
    offer.replace_range(at..=at, forged);
    let answer = block_on(house.sfu.open_leg(call(1), leg(1), &offer)).unwrap();
    peer.connects(&answer);
    house.waits_for(|event| matches!(event, SfuEvent::LegFailed { .. }));
}
