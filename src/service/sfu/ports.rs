//! Which sockets a shard opens, and at which addresses clients reach them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use mio::net::UdpSocket;
use mio::{Interest, Poll, Token};

use super::handle::{SfuConfig, SfuError};
use super::socket;

/// How often a free port is sought that is free on all addresses.
const PORT_TRIES: usize = 16;

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
    let mut bind = config.bind;
    if bind.port() != 0 {
        let port = u16::try_from(index).ok().and_then(|index| bind.port().checked_add(index));
        let none = || SfuError::Bind { at: config.bind, source: io::Error::other("no ports left above it") };
        bind.set_port(port.ok_or_else(none)?);
    }
    let ips = listen_on(config).map_err(SfuError::Start)?;
    if ips.is_empty() {
        return Err(SfuError::NoAddress(bind.ip()));
    }
    let sockets = bind_all(&ips, bind.port())?;
    let mut candidates = Vec::new();
    let mut ports = Vec::new();
    for (token, (mut socket, at)) in sockets.into_iter().enumerate() {
        let announced = announced(config, at)?;
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

/// The addresses to open sockets on: what arrives must be known by the very address it was sent to, so a wildcard becomes
/// one socket per address, unless clients use an advertised address anyway.
fn listen_on(config: &SfuConfig) -> io::Result<Vec<IpAddr>> {
    let ip = config.bind.ip();
    if !ip.is_unspecified() {
        return Ok(vec![ip]);
    }
    if config.advertise.is_empty() {
        return socket::expand(ip);
    }
    let both = [IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED)];
    let advertised = |wildcard: &IpAddr| config.advertise.iter().any(|ip| ip.is_ipv4() == wildcard.is_ipv4());
    Ok(both.into_iter().filter(|wildcard| (ip.is_ipv6() || wildcard.is_ipv4()) && advertised(wildcard)).collect())
}

/// The addresses at which clients reach the socket at `at`; at least one.
fn announced(config: &SfuConfig, at: SocketAddr) -> Result<Vec<SocketAddr>, SfuError> {
    if config.advertise.is_empty() {
        return Ok(vec![at]);
    }
    let same_family = config.advertise.iter().filter(|ip| ip.is_ipv4() == at.is_ipv4());
    let found: Vec<_> = same_family.map(|&ip| SocketAddr::new(ip, at.port())).collect();
    if found.is_empty() { Err(SfuError::AdvertisedFamily(at.ip())) } else { Ok(found) }
}

/// One socket per address, all on the same port.
fn bind_all(ips: &[IpAddr], port: u16) -> Result<Vec<(UdpSocket, SocketAddr)>, SfuError> {
    let tries = if port == 0 { PORT_TRIES } else { 1 };
    let mut result = try_bind_all(ips, port);
    for _ in 1..tries {
        if result.is_ok() {
            break;
        }
        // A port that is free on one address may be taken on another: another one is.
        result = try_bind_all(ips, port);
    }
    result
}

fn try_bind_all(ips: &[IpAddr], mut port: u16) -> Result<Vec<(UdpSocket, SocketAddr)>, SfuError> {
    let mut sockets = Vec::new();
    for &ip in ips {
        let at = SocketAddr::new(ip, port);
        let bound = socket::bind(at).and_then(|socket| socket.local_addr().map(|at| (socket, at)));
        let (socket, at) = bound.map_err(|source| SfuError::Bind { at, source })?;
        port = at.port();
        sockets.push((socket, at));
    }
    Ok(sockets)
}
