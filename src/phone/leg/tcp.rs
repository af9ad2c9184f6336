//! The TCP side of a leg: connections to where the service takes sound over TCP (RFC 6544: this end is active), for networks
//! that let no UDP through.

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;
use str0m::net::TcpType;
use str0m::{Candidate, Rtc};

use crate::media::framing::{Deframer, Queue};

/// The most addresses of a service that are tried at once.
const MOST: usize = 4;

/// How long a connection may take to come about, and how soon it is tried again after none did.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Kernel buffer for sending: a second of sound (each packet counts about a thousand bytes there, and Linux grants double of what
/// is asked for), so that a network that is slow for a while does not bring sound that is long over.
const SEND_BUFFER: usize = 32 << 10;

/// Tokens of the connections; those below are the leg's.
const FIRST_TOKEN: usize = 2;

/// Where a service's answer says that it takes connections; those for its own machine alone only where that is this one.
pub(super) fn passive(answer: &str, service: IpAddr) -> Vec<SocketAddr> {
    let mut found = Vec::new();
    for line in answer.lines().filter_map(|line| line.strip_prefix("a=candidate:")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (Some(proto), Some(ip), Some(port)) = (words.get(2), words.get(4), words.get(5)) else { continue };
        let passive = proto.eq_ignore_ascii_case("tcp") && words.windows(2).any(|pair| pair == ["tcptype", "passive"]);
        let (Ok(ip), Ok(port)) = (ip.parse::<IpAddr>(), port.parse()) else { continue };
        let at = SocketAddr::new(ip, port);
        if passive && (!ip.is_loopback() || service.is_loopback()) && !found.contains(&at) {
            found.push(at);
        }
    }
    // The address that signalling reaches is the likeliest.
    found.sort_by_key(|at| at.ip() != service);
    found.truncate(MOST);
    found
}

/// The connections of a leg.
pub(super) struct Links {
    targets: Vec<SocketAddr>,
    links: Vec<Link>,
    /// When connections are to be made.
    open_at: Option<Instant>,
    next_token: usize,
}

struct Link {
    stream: TcpStream,
    remote: SocketAddr,
    began: Instant,
    /// Its own end, once it is made.
    local: Option<(SocketAddr, Candidate)>,
    deframer: Deframer,
    queue: Queue,
    /// Whether something came that nothing can be made sense of after.
    garbled: bool,
}

/// A datagram that came: from where, to where.
pub(super) struct Arrived {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) datagram: Vec<u8>,
}

impl Links {
    /// Connects to `targets` at `open_at`, if ever.
    pub(super) fn new(targets: Vec<SocketAddr>, open_at: Option<Instant>) -> Self {
        Self { open_at: open_at.filter(|_| !targets.is_empty()), targets, links: Vec::new(), next_token: FIRST_TOKEN }
    }

    /// When something is to be done.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let waits = self.links.iter().filter(|link| link.local.is_none()).map(|link| link.began + CONNECT_WITHIN);
        waits.chain(self.open_at).min()
    }

    /// Connects now, where it was to be done later: there is no other way.
    pub(super) fn hasten(&mut self, now: Instant) {
        if let Some(at) = &mut self.open_at {
            *at = now.min(*at);
        }
    }

    /// Nothing is to go over TCP, as UDP gets through.
    pub(super) fn close(&mut self, rtc: &mut Rtc) {
        self.open_at = None;
        for link in self.links.drain(..) {
            link.leave(rtc);
        }
    }

    /// Makes connections when it is time, tells `rtc` of those that are made, and sends what waits. Whether one was lost
    /// that had been made.
    pub(super) fn tend(&mut self, rtc: &mut Rtc, registry: &Registry, now: Instant) -> bool {
        if self.open_at.take_if(|at| *at <= now).is_some() {
            self.open(registry, now);
        }
        let mut lost = false;
        let mut at = 0;
        while let Some(link) = self.links.get_mut(at) {
            match link.tend(rtc, now) {
                Ok(()) => at += 1,
                Err(error) => {
                    tracing::debug!(%error, at = %link.remote, "no TCP connection for sound");
                    let link = self.links.swap_remove(at);
                    lost |= link.local.is_some();
                    link.leave(rtc);
                    if self.links.is_empty() {
                        self.open_at = Some(now + RETRY_AFTER);
                    }
                }
            }
        }
        lost
    }

    fn open(&mut self, registry: &Registry, now: Instant) {
        for &remote in &self.targets {
            let Ok(mut stream) = TcpStream::connect(remote) else { continue };
            let token = Token(self.next_token);
            self.next_token += 1;
            if registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE).is_ok() {
                let (deframer, queue) = Default::default();
                self.links.push(Link { stream, remote, began: now, local: None, deframer, queue, garbled: false });
            }
        }
        if self.links.is_empty() {
            self.open_at = Some(now + RETRY_AFTER);
        }
    }

    /// Sends a datagram, where there is a connection for it.
    pub(super) fn send(&mut self, from: SocketAddr, to: SocketAddr, datagram: &[u8]) {
        let is_it =
            |link: &&mut Link| link.remote == to && link.local.as_ref().is_some_and(|(local, _)| *local == from);
        if let Some(link) = self.links.iter_mut().find(is_it) {
            link.queue.add(|out| {
                out.extend_from_slice(datagram);
                true
            });
            // What breaks here shows when it is tended.
            link.queue.write(&mut link.stream).ok();
        }
    }

    /// The next datagram that came.
    pub(super) fn receive(&mut self) -> Option<Arrived> {
        self.links.iter_mut().find_map(Link::receive)
    }
}

impl Link {
    fn tend(&mut self, rtc: &mut Rtc, now: Instant) -> io::Result<()> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        if self.garbled {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if self.local.is_none() {
            return self.look_whether_made(rtc, now);
        }
        self.queue.write(&mut self.stream)?;
        // An end shows here, and is not read away: nothing, or nothing yet, leaves everything as it is.
        match self.stream.peek(&mut [0; 1]) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }

    fn look_whether_made(&mut self, rtc: &mut Rtc, now: Instant) -> io::Result<()> {
        if self.stream.peer_addr().is_err() {
            let late = now.saturating_duration_since(self.began) >= CONNECT_WITHIN;
            return if late { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) };
        }
        self.stream.set_nodelay(true)?;
        // The system may allow less, or more: sound is later then, where the network is slow.
        let _ = SockRef::from(&self.stream).set_send_buffer_size(SEND_BUFFER);
        let local = self.stream.local_addr()?;
        let candidate = Candidate::builder().tcp().host(local).tcptype(TcpType::Active).build();
        let candidate = candidate.map_err(io::Error::other)?;
        rtc.add_local_candidate(candidate.clone());
        self.local = Some((local, candidate));
        Ok(())
    }

    fn receive(&mut self) -> Option<Arrived> {
        let &mut Self { remote: from, local: Some((to, _)), .. } = self else { return None };
        loop {
            match self.deframer.next_datagram() {
                Ok(Some(datagram)) => return Some(Arrived { from, to, datagram: datagram.to_vec() }),
                Ok(None) => {}
                Err(_) => {
                    // Not the service, or not at its senses: the connection is over when it is tended next.
                    self.garbled = true;
                    return None;
                }
            }
            match self.stream.read(self.deframer.room()) {
                Ok(count) if count > 0 => self.deframer.filled(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => return None,
            }
        }
    }

    fn leave(self, rtc: &mut Rtc) {
        if let Some((_, candidate)) = &self.local {
            rtc.direct_api().invalidate_candidate(candidate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    const ANSWER: &str = "v=0\r\na=candidate:1 1 udp 2130706175 192.0.2.7 8790 typ host\r\n\
        a=candidate:2 1 tcp 1518280447 127.0.0.1 8792 typ host tcptype passive\r\n\
        a=candidate:3 1 TCP 1518280446 198.51.100.4 8792 typ host tcptype passive ufrag x\r\n\
        a=candidate:4 1 tcp 1518280445 192.0.2.7 8792 typ host tcptype passive\r\n\
        a=candidate:4 1 tcp 1518280445 192.0.2.7 8792 typ host tcptype passive\r\n\
        a=candidate:5 1 tcp 1518280445 192.0.2.8 9 typ host tcptype active\r\n\
        a=candidate:6 1 tcp 1518280445 nowhere.local 9 typ host tcptype passive\r\na=candidate:\r\n";

    #[test]
    fn the_address_of_signalling_is_tried_first_and_that_of_another_machine_itself_never() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let service: IpAddr = [192, 0, 2, 7].into();
        assert_eq!(passive(ANSWER, service), [at("192.0.2.7:8792"), at("198.51.100.4:8792")]);
        let here = passive(ANSWER, [127, 0, 0, 1].into());
        assert_eq!(here, [at("127.0.0.1:8792"), at("198.51.100.4:8792"), at("192.0.2.7:8792")]);
    }

    #[test]
    fn a_connection_with_something_else_on_it_is_given_up() {
        let service = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut poll = mio::Poll::new().unwrap();
        let mut ready = mio::Events::with_capacity(8);
        let mut rtc = Rtc::builder().build(clock::now());
        let mut links = Links::new(vec![service.local_addr().unwrap()], Some(clock::now()));
        let mut accepted = None;
        while !links.tend(&mut rtc, poll.registry(), clock::now()) {
            let other = accepted.get_or_insert_with(|| service.accept().unwrap().0);
            // More than is read at once: what is left must not keep it up.
            io::Write::write_all(other, &[0xFF; 8_000]).unwrap();
            poll.poll(&mut ready, Some(Duration::from_secs(10))).unwrap();
            assert!(!ready.is_empty() || links.links.iter().any(|link| link.garbled), "nothing came");
            assert!(links.receive().is_none());
        }
        assert!(links.links.is_empty() && links.next_deadline().is_some());
    }

    #[test]
    fn where_nothing_is_offered_nothing_is_waited_for() {
        assert!(passive("v=0\r\n", [127, 0, 0, 1].into()).is_empty());
        assert_eq!(Links::new(Vec::new(), Some(clock::now())).next_deadline(), None);
    }
}
