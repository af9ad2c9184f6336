//! Connections come, are too many, and go.

use std::io::Write;

use mio::Poll;

use super::*;
use crate::service::sfu::SfuConfig;

/// The TCP side of a shard, and connections to it which have all said something: the first one first.
fn with_connections(count: usize) -> (Poll, Tcp, Vec<std::net::TcpStream>) {
    let poll = Poll::new().unwrap();
    let config = SfuConfig { tcp: Some(SocketAddr::from(([127, 0, 0, 1], 0))), ..SfuConfig::default() };
    let (listeners, at) = open(&config, 0, poll.registry()).unwrap().unwrap();
    let mut tcp = Tcp::new(listeners);
    let mut streams = Vec::new();
    for n in 1..=count {
        streams.push(std::net::TcpStream::connect(at[0]).unwrap());
        streams[n - 1].write_all(&[0]).unwrap();
        while tcp.count() < n {
            tcp.ready(Token(LISTENERS), Ready { readable: true, writable: false, ended: false });
            tcp.accept();
        }
    }
    (poll, tcp, streams)
}

#[test]
fn an_end_right_behind_the_last_bytes_is_seen() {
    let (_poll, mut tcp, streams) = with_connections(1);
    let now = clock::now();
    let (lent, deframer) = tcp.lend(now).unwrap();
    let token = Token(CONNECTIONS + lent.at);
    tcp.give_back(lent, deframer, true);
    (&streams[0]).write_all(&[0]).unwrap();
    drop(streams);
    // Both are told of at once, and never again.
    tcp.ready(token, Ready { readable: true, writable: false, ended: true });
    while let Some((mut lent, mut deframer)) = tcp.lend(now) {
        while tcp.read_on(&mut lent, &mut deframer, now) {}
        tcp.give_back(lent, deframer, true);
    }
    assert_eq!(tcp.count(), 0);
}

#[test]
fn of_too_many_connections_of_a_leg_the_one_goes_that_was_silent_for_longest() {
    let (_poll, mut tcp, _streams) = with_connections(MOST_OF_A_LEG + 1);
    let (leg, now) = (LegKey::for_tests(1), clock::now());
    let mut lent: VecDeque<(Lent, Deframer)> = VecDeque::new();
    // The second is the one of which nothing comes any more.
    for after in [2, 1, 3, 4, 5] {
        lent.push_back(tcp.lend(now + Duration::from_secs(after)).unwrap());
    }
    let places: Vec<usize> = lent.iter().map(|(lent, _)| lent.at).collect();
    for (mut lent, deframer) in lent {
        tcp.shown(&mut lent, leg);
        tcp.give_back(lent, deframer, true);
    }
    let left: Vec<bool> = places.iter().map(|at| tcp.places[*at].is_some()).collect();
    assert_eq!(left, [true, false, true, true, true]);
}

/// So many come from `ip`, later than all before. Which places they have.
fn come(tcp: &mut Tcp, ip: [u8; 4], count: u16) -> Vec<usize> {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut places = Vec::new();
    for port in 1..=count {
        let peer = SocketAddr::from((ip, port));
        tcp.admit(TcpStream::connect(nobody).unwrap(), peer, nobody, clock::now());
        places.extend(tcp.by_way.get(&(nobody, peer)));
    }
    places
}

#[test]
fn a_crowd_of_strangers_keeps_nobody_else_out() {
    let (_poll, mut tcp, _streams) = with_connections(0);
    let crowd: Vec<Vec<usize>> = (0..16).map(|n| come(&mut tcp, [192, 0, 2, n], 20)).collect();
    assert!(crowd.iter().all(|places| places.len() == 16), "{crowd:?}");
    assert_eq!((tcp.count(), tcp.take_refused()), (MOST_UNKNOWN, 16 * 4));
    let come_late = come(&mut tcp, [203, 0, 113, 7], 3);
    assert_eq!(come_late.len(), 3);
    // The oldest went, each of another one of those who had most.
    assert_eq!(come_late, [crowd[0][0], crowd[1][0], crowd[2][0]]);
    assert_eq!((tcp.count(), tcp.take_refused()), (MOST_UNKNOWN, 3));
    assert!(come(&mut tcp, [192, 0, 2, 9], 1).is_empty() && tcp.take_refused() == 1, "one of the crowd");
}

#[test]
fn where_everybody_has_few_nobody_goes_for_another_one_of_theirs() {
    let (_poll, mut tcp, _streams) = with_connections(0);
    for n in 0..=255 {
        come(&mut tcp, [198, 51, 100, n], 1);
    }
    assert_eq!((tcp.count(), tcp.take_refused()), (MOST_UNKNOWN, 0));
    assert_eq!(come(&mut tcp, [203, 0, 113, 7], 2).len(), 1);
    assert_eq!((tcp.count(), tcp.take_refused()), (MOST_UNKNOWN, 2));
}

#[test]
fn a_whole_network_of_ipv6_is_one_peer() {
    let (_poll, mut tcp, _streams) = with_connections(0);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for n in 1..=20 {
        let peer = SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, n], 1));
        tcp.admit(TcpStream::connect(nobody).unwrap(), peer, nobody, clock::now());
    }
    assert_eq!((tcp.count(), tcp.take_refused()), (MOST_UNKNOWN_OF_ONE, 4));
}
