//! Which sockets a shard opens, and at which addresses clients reach them.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use mio::net::UdpSocket;
use mio::{Interest, Poll, Token};

use super::handle::{SfuConfig, SfuError};
use super::socket;

/// How often a free port is sought that is free on all addresses.
pub(super) const PORT_TRIES: usize = 16;

/// One UDP socket, and the address peers send to.
pub(super) struct Port {
    pub(super) socket: Arc<UdpSocket>,
    /// The local candidate of what arrives here.
    pub(super) candidate: SocketAddr,
    /// There may be more to read.
    pub(super) readable: bool,
}

/// The sockets of one shard, and the addresses at which clients reach them.
pub(super) fn open_ports(
    config: &SfuConfig,
    index: usize,
    poll: &Poll,
) -> Result<(Vec<Port>, Vec<SocketAddr>), SfuError> {
    let none = || SfuError::Bind { at: config.bind, source: io::Error::other("no ports left above it") };
    let bind = of_shard(config.bind, index).ok_or_else(none)?;
    let ips = listen_on(bind.ip(), &config.advertise).map_err(SfuError::Start)?;
    if ips.is_empty() {
        return Err(SfuError::NoAddress(bind.ip()));
    }
    let sockets = bind_all(&ips, bind.port(), PORT_TRIES, &|at| {
        let bound = socket::bind(at).and_then(|socket| socket.local_addr().map(|at| (socket, at)));
        bound.map_err(|source| SfuError::Bind { at, source })
    })?;
    let mut candidates = Vec::new();
    let mut ports = Vec::new();
    for (token, (mut socket, at)) in sockets.into_iter().enumerate() {
        let announced = announced(&config.advertise, &ips, at)?;
        poll.registry()
            .register(&mut socket, Token(token), Interest::READABLE)
            .map_err(|source| SfuError::Bind { at, source })?;
        ports.push(Port { socket: Arc::new(socket), candidate: announced[0], readable: true });
        candidates.extend(announced);
    }
    candidates.sort_unstable();
    candidates.dedup();
    Ok((ports, candidates))
}

/// Where shard `index` listens, given where the first does: each further one has the next port.
pub(super) fn of_shard(mut bind: SocketAddr, index: usize) -> Option<SocketAddr> {
    if bind.port() != 0 {
        bind.set_port(bind.port().checked_add(u16::try_from(index).ok()?)?);
    }
    Some(bind)
}

/// The addresses clients are told for TCP, where they differ from the machine's own: those of UDP, unless TCP is for this
/// machine alone and UDP is not.
pub(super) fn advertised_over_tcp(config: &SfuConfig) -> &[IpAddr] {
    let local = config.tcp.is_some_and(|tcp| tcp.ip().is_loopback());
    if local && !config.bind.ip().is_loopback() { &[] } else { &config.advertise }
}

/// The addresses to open sockets on: what arrives must be known by the very address it was sent to, so a wildcard becomes
/// one socket per address, unless clients use an address that only others have.
pub(super) fn listen_on(ip: IpAddr, advertise: &[IpAddr]) -> io::Result<Vec<IpAddr>> {
    if !ip.is_unspecified() {
        return Ok(vec![ip]);
    }
    if advertise.is_empty() {
        return socket::expand(ip);
    }
    let own = socket::expand(ip).unwrap_or_default();
    let both = [IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED)];
    let wildcards = both.into_iter().filter(|wildcard| ip.is_ipv6() || wildcard.is_ipv4());
    Ok(wildcards.flat_map(|wildcard| listen_for(wildcard, advertise, &own)).collect())
}

/// The addresses to open sockets on for those advertised of one family, where `own` are those of this machine.
fn listen_for(wildcard: IpAddr, advertise: &[IpAddr], own: &[IpAddr]) -> Vec<IpAddr> {
    let told: BTreeSet<IpAddr> = advertise.iter().filter(|ip| ip.is_ipv4() == wildcard.is_ipv4()).copied().collect();
    if told.iter().all(|ip| own.contains(ip)) { told.into_iter().collect() } else { vec![wildcard] }
}

/// The addresses at which clients reach the socket at `at`, where these are `listened` on; at least one.
pub(super) fn announced(
    advertise: &[IpAddr],
    listened: &[IpAddr],
    at: SocketAddr,
) -> Result<Vec<SocketAddr>, SfuError> {
    if advertise.is_empty() {
        return Ok(vec![at]);
    }
    let leads_here = |ip: &&IpAddr| ip.is_ipv4() == at.is_ipv4() && (**ip == at.ip() || !listened.contains(ip));
    let found: Vec<_> = advertise.iter().filter(leads_here).map(|&ip| SocketAddr::new(ip, at.port())).collect();
    if found.is_empty() { Err(SfuError::AdvertisedFamily(at.ip())) } else { Ok(found) }
}

/// Opens one socket of some kind, and says where it is.
type Bind<'a, S> = &'a dyn Fn(SocketAddr) -> Result<(S, SocketAddr), SfuError>;

/// One socket per address, all on the same port; one that is free on all of them is sought so many times.
pub(super) fn bind_all<S>(
    ips: &[IpAddr],
    port: u16,
    tries: usize,
    bind: Bind<'_, S>,
) -> Result<Vec<(S, SocketAddr)>, SfuError> {
    let tries = if port == 0 { tries } else { 1 };
    let mut result = try_bind_all(ips, port, bind);
    for _ in 1..tries {
        if result.is_ok() {
            break;
        }
        // A port that is free on one address may be taken on another: another one is.
        result = try_bind_all(ips, port, bind);
    }
    result
}

fn try_bind_all<S>(ips: &[IpAddr], mut port: u16, bind: Bind<'_, S>) -> Result<Vec<(S, SocketAddr)>, SfuError> {
    let mut sockets = Vec::new();
    for &ip in ips {
        let (socket, at) = bind(SocketAddr::new(ip, port))?;
        port = at.port();
        sockets.push((socket, at));
    }
    Ok(sockets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_address_is_listened_on_itself_and_one_of_a_router_everywhere() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let own = ["192.168.1.5", "2001:db8::7", "127.0.0.1", "::1"].map(ip);
        let (four, six) = (ip("0.0.0.0"), ip("::"));
        let told = ["203.0.113.7", "2001:db8::7", "2001:db8::7"].map(ip);
        assert_eq!(listen_for(four, &told, &own), [four]);
        assert_eq!(listen_for(six, &told, &own), [ip("2001:db8::7")]);
        assert_eq!(listen_for(six, &["2001:db8::7", "2001:db8::8"].map(ip), &own), [six]);
        assert!(listen_for(six, &[told[0]], &own).is_empty(), "nobody is told one");
    }

    #[test]
    fn of_several_sockets_each_is_announced_as_itself() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let told = ["192.0.2.1", "192.0.2.2"].map(ip);
        let at = |listened: &[IpAddr], ip: IpAddr| {
            let found = announced(&told, listened, SocketAddr::new(ip, 1)).unwrap();
            found.into_iter().map(|at| at.ip()).collect::<Vec<_>>()
        };
        assert_eq!(at(&told, told[1]), [told[1]]);
        assert_eq!(at(&[told[0]], told[0]), told, "the other one is a router's");
        assert_eq!(at(&[ip("0.0.0.0")], ip("0.0.0.0")), told);
    }
}
