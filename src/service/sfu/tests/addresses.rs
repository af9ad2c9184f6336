//! Where the SFU is reached: on every address, or where it is said to be.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::sync::mpsc;

use super::kit::{House, Peer, block_on, call, leg, opus};
use crate::service::sfu::{Sfu, SfuConfig, SfuError, SfuEvent};

fn everywhere() -> SfuConfig {
    SfuConfig { bind: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), ..SfuConfig::default() }
}

#[test]
fn it_is_reached_on_every_address_of_the_machine() {
    let mut house = House::with(everywhere());
    let offered = block_on(house.sfu.open_leg(call(9), leg(9), &Peer::new(1).offer)).unwrap();
    assert!(offered.contains(" 127.0.0.1 "), "{offered}");
    assert!(!offered.contains(" 0.0.0.0 "), "{offered}");
    let alice = house.joins(call(1), leg(1), Peer::new(1));
    let bob = house.joins(call(1), leg(2), Peer::new(1));
    house.tells(leg(2), &[leg(1)]);
    house.waits_for_slots(leg(2), &[leg(1)]);
    alice.says(opus(1, b"hello"));
    assert_eq!(bob.hears().payload, b"hello");
}

#[test]
fn behind_a_router_it_is_reached_where_it_is_said_to_be() {
    let outside = IpAddr::from([203, 0, 113, 7]);
    let mut house = House::with(SfuConfig { advertise: vec![outside], ..everywhere() });
    assert_eq!(house.address.ip(), outside);
    let mut peer = Peer::new(1);
    let answer = block_on(house.sfu.open_leg(call(1), leg(1), &peer.offer)).unwrap();
    assert!(answer.contains("203.0.113.7") && !answer.contains("127.0.0.1 "), "{answer}");
    // The part of the router: what is sent to the outside address arrives here.
    peer.connects(&answer.replace("203.0.113.7", "127.0.0.1"));
    house.waits_for(|event| *event == SfuEvent::LegUp { leg: leg(1) });
}

#[test]
fn one_family_may_be_behind_a_router_and_the_other_one_not() {
    let here = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
    let Ok(_) = std::net::UdpSocket::bind(here) else { return };
    let bind = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let advertise = vec![IpAddr::from([203, 0, 113, 7]), here.ip()];
    let mut house = House::with(SfuConfig { bind, tcp: Some(bind), advertise, ..SfuConfig::default() });
    let mut peer = Peer::new(1);
    let answer = block_on(house.sfu.open_leg(call(1), leg(1), &peer.offer)).unwrap();
    for told in [" 203.0.113.7 ", " ::1 "] {
        assert_eq!(answer.matches(told).count(), 2, "over UDP and over TCP: {answer}");
    }
    peer.connects(&answer.replace("203.0.113.7", "127.0.0.1"));
    house.waits_for(|event| *event == SfuEvent::LegUp { leg: leg(1) });
}

#[test]
fn over_tcp_it_is_reached_where_it_is_over_udp() {
    let everywhere = SfuConfig { tcp: Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))), ..everywhere() };
    let answer = |config: &SfuConfig| {
        let house = House::with(config.clone());
        let answer = block_on(house.sfu.open_leg(call(1), leg(1), &Peer::new(1).offer)).unwrap();
        answer.lines().filter(|line| line.contains("tcptype passive")).collect::<Vec<_>>().concat()
    };
    let told = answer(&everywhere);
    assert!(told.contains(" 127.0.0.1 ") && !told.contains(" 0.0.0.0 "), "{told}");
    let outside = SfuConfig { advertise: vec![IpAddr::from([203, 0, 113, 7])], ..everywhere };
    let told = answer(&outside);
    assert!(told.contains(" 203.0.113.7 ") && !told.contains(" 127.0.0.1 "), "{told}");
    // For this machine alone, it is not told to the world.
    let told = answer(&SfuConfig { tcp: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))), ..outside });
    assert!(told.contains(" 127.0.0.1 ") && !told.contains(" 203.0.113.7 "), "{told}");
}

#[test]
fn a_taken_port_is_named() {
    let house = House::start();
    let (to, _events) = mpsc::channel(1);
    let second = Sfu::start(&SfuConfig { bind: house.address, ..SfuConfig::default() }, &to);
    match second {
        Err(error @ SfuError::Bind { at, .. }) => {
            assert_eq!(at, house.address);
            assert!(error.to_string().contains(&house.address.to_string()));
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("two on one port"),
    }
}

#[test]
fn an_advertised_address_must_be_of_the_same_family() {
    let (to, _events) = mpsc::channel(1);
    let config = SfuConfig { advertise: vec!["2001:db8::1".parse().unwrap()], ..SfuConfig::default() };
    assert!(matches!(Sfu::start(&config, &to), Err(SfuError::AdvertisedFamily(_))));
}
