//! UDP in batches (`recvmmsg`, `sendmmsg`) where the system has them, one by one elsewhere; TCP that keeps little back; and the
//! addresses of this machine.
//!
//! The only file of the SFU that talks to the system in C. It knows nothing of what the datagrams hold; public, so that the
//! benchmarks can measure what the system alone costs.

use std::io;
use std::net::{IpAddr, SocketAddr};

use mio::net::{TcpListener, TcpStream, UdpSocket};
use socket2::{SockAddr, SockRef};

/// Datagrams per system call.
const BATCH: usize = 64;
/// Datagrams asked for while few come.
const FEW: usize = 8;
/// Longer datagrams are cut, and then fail their integrity check: nothing on the way here is longer than 1500 bytes.
const LONGEST: usize = 2_048;
/// Kernel buffer: what 350 legs send in half a second must fit while the shard waits for a processor (each packet counts
/// about 800 bytes there, and Linux grants double of what is asked for).
const KERNEL_BUFFER: usize = 4 << 20;

/// Kernel buffers of a TCP connection: what is on its way to a peer far away, of several voices (each packet counts about a
/// thousand bytes there).
const TCP_BUFFER: usize = 128 << 10;
/// How much of what a TCP peer has not been sent yet the system keeps: a few packets. What waits there can't give way to newer
/// sound.
#[cfg(target_os = "linux")]
const UNSENT: libc::c_int = 1 << 10;
/// TCP connections that wait to be accepted.
const BACKLOG: i32 = 128;

/// Datagrams to be sent from one socket, one behind the other in one buffer.
#[derive(Default)]
pub struct Batch {
    bytes: Vec<u8>,
    /// Where each goes, and where it ends.
    datagrams: Vec<(SockAddr, usize)>,
}

impl Batch {
    /// Adds what `compose` appends to the buffer, unless it says that there is nothing to send after all. Returns what it
    /// said.
    pub fn add(&mut self, to: SocketAddr, compose: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
        let start = self.datagrams.last().map_or(0, |(_, end)| *end);
        // A datagram that was never finished may have left something.
        self.bytes.truncate(start);
        let composed = compose(&mut self.bytes);
        if composed {
            self.datagrams.push((to.into(), self.bytes.len()));
        }
        composed
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.datagrams.len()
    }

    /// How many bytes wait, in all of them.
    pub fn bytes(&self) -> usize {
        self.datagrams.last().map_or(0, |(_, end)| *end)
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    /// Sends all without waiting; returns how many the system did not take. Lost media is not sent twice.
    pub fn send(&mut self, socket: &UdpSocket) -> usize {
        let mut start = 0;
        let refused = self
            .datagrams
            .chunks(BATCH)
            .map(|chunk| {
                let refused = batch::send(socket, &self.bytes, start, chunk);
                start = chunk.last().map_or(start, |(_, end)| *end);
                refused
            })
            .sum();
        self.bytes.clear();
        self.datagrams.clear();
        refused
    }
}

/// What [`Inbox::receive`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// How many datagrams are in the inbox.
    pub count: usize,
    /// Nothing is left behind them. Otherwise there may be more, of which an edge-triggered poll does not tell again.
    pub emptied: bool,
}

/// Buffers for one batch of datagrams, used again for the next.
pub struct Inbox {
    buffers: Box<[[u8; LONGEST]]>,
    arrived: Vec<(SocketAddr, usize)>,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { buffers: vec![[0; LONGEST]; BATCH].into_boxed_slice(), arrived: Vec::with_capacity(BATCH) }
    }
}

impl Inbox {
    /// Fills the inbox with what has arrived, without waiting.
    pub fn receive(&mut self, socket: &UdpSocket) -> Received {
        // To ask for many costs something, even when few come: after few, few are asked for.
        let ask = if self.arrived.len() < FEW { FEW } else { BATCH };
        self.arrived.clear();
        let emptied = batch::receive(socket, &mut self.buffers[..ask], &mut self.arrived);
        Received { count: self.arrived.len(), emptied }
    }

    /// Where datagram `n` came from, and what is in it.
    pub fn get(&self, n: usize) -> (SocketAddr, &[u8]) {
        let (from, length) = self.arrived[n];
        (from, &self.buffers[n][..length])
    }
}

/// A non-blocking socket at `at`, with large kernel buffers.
///
/// # Errors
/// When the system refuses the address.
pub fn bind(at: SocketAddr) -> io::Result<UdpSocket> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
    if at.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    // The system may allow less: then bursts are shorter, which is no reason not to start.
    let _ = socket.set_recv_buffer_size(KERNEL_BUFFER);
    let _ = socket.set_send_buffer_size(KERNEL_BUFFER);
    Ok(UdpSocket::from_std(socket.into()))
}

/// A non-blocking listening TCP socket at `at`.
///
/// # Errors
/// When the system refuses the address.
pub(super) fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    if at.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // A service that starts anew finds connections of the one before in their last minute. Elsewhere this means that two may
    // listen at once.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    // Connections have what their listener has; the system may allow less.
    let _ = socket.set_recv_buffer_size(TCP_BUFFER);
    let _ = socket.set_send_buffer_size(TCP_BUFFER);
    socket.bind(&at.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// Makes a TCP connection one for sound: packets leave at once, and few wait in the system. Where that is refused, sound may
/// only be later.
pub(super) fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(stream).set_send_buffer_size(TCP_BUFFER);
    #[cfg(target_os = "linux")]
    keep_little_unsent(stream);
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "this option has no safe wrapper among the features in use")]
fn keep_little_unsent(stream: &TcpStream) {
    use std::os::fd::AsRawFd;
    // SAFETY: the descriptor is open as long as `stream` is borrowed; the system reads one integer, whose size it is told.
    unsafe {
        libc::setsockopt(
            stream.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_NOTSENT_LOWAT,
            std::ptr::from_ref(&UNSENT).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        );
    }
}

/// Every address of this machine that `wildcard` stands for, loopback last: `0.0.0.0` for IPv4, `::` for both families.
/// Link-local IPv6 is left out, as it needs a scope.
///
/// # Errors
/// When the system does not tell its interfaces.
pub fn expand(wildcard: IpAddr) -> io::Result<Vec<IpAddr>> {
    let mut found: Vec<_> = interfaces::addresses()?
        .into_iter()
        .filter(|ip| ip.is_ipv4() || wildcard.is_ipv6())
        .filter(|ip| !matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local()))
        .collect();
    found.sort_by_key(|ip| (ip.is_loopback(), *ip));
    found.dedup();
    Ok(found)
}

#[cfg(target_os = "linux")]
mod batch {
    use std::mem::{MaybeUninit, size_of, zeroed};
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::os::fd::AsRawFd;

    use super::*;

    #[expect(unsafe_code, reason = "recvmmsg has no safe wrapper")]
    pub(super) fn receive(
        socket: &UdpSocket,
        buffers: &mut [[u8; LONGEST]],
        arrived: &mut Vec<(SocketAddr, usize)>,
    ) -> bool {
        let asked = buffers.len().min(BATCH);
        // Only as much of them is filled as is asked for: zeroing all costs more than a few datagrams.
        let mut names = [const { MaybeUninit::<libc::sockaddr_storage>::uninit() }; BATCH];
        let mut parts = [const { MaybeUninit::<libc::iovec>::uninit() }; BATCH];
        let mut messages = [const { MaybeUninit::<libc::mmsghdr>::uninit() }; BATCH];
        for (n, buffer) in buffers.iter_mut().take(BATCH).enumerate() {
            let part = parts[n].write(libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: LONGEST });
            // SAFETY: these are C structures for which all zeroes is a valid value.
            let (name, message) = unsafe { (names[n].write(zeroed()), messages[n].write(zeroed())) };
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
            message.msg_hdr.msg_name = std::ptr::from_mut(name).cast();
            message.msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
        }
        // SAFETY: the first `asked` of `messages` were filled above; their pointers point into `buffers`, `parts` and
        // `names`, which outlive the call and are as long as said; the descriptor is open as long as `socket` is borrowed.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                messages.as_mut_ptr().cast(),
                asked as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        let Ok(count) = usize::try_from(count) else {
            // An error that was waiting is told instead of what is behind it.
            return io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock;
        };
        for n in 0..count {
            // SAFETY: the first `asked` of both were filled above, and the system told of no more than `asked`.
            let (name, message) = unsafe { (names[n].assume_init_ref(), messages[n].assume_init_ref()) };
            let length = (message.msg_len as usize).min(LONGEST);
            // A sender that is neither IPv4 nor IPv6 cannot be; the empty datagram is dropped as garbage.
            let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
            arrived.push(address(name).map_or((nobody, 0), |from| (from, length)));
        }
        // A socket that is not connected has no errors of its peers in its queue: a short batch found it empty.
        count < asked
    }

    #[expect(unsafe_code, reason = "sendmmsg has no safe wrapper")]
    pub(super) fn send(socket: &UdpSocket, bytes: &[u8], mut start: usize, datagrams: &[(SockAddr, usize)]) -> usize {
        debug_assert!(datagrams.len() <= BATCH, "callers send at most one batch");
        // Only as much of them is filled as is sent: zeroing all costs more than a small batch.
        let mut parts = [const { MaybeUninit::<libc::iovec>::uninit() }; BATCH];
        let mut messages = [const { MaybeUninit::<libc::mmsghdr>::uninit() }; BATCH];
        let mut count = 0;
        for ((name, end), (part, message)) in datagrams.iter().zip(parts.iter_mut().zip(&mut messages)) {
            let datagram = &bytes[start..*end];
            start = *end;
            let part =
                part.write(libc::iovec { iov_base: datagram.as_ptr().cast_mut().cast(), iov_len: datagram.len() });
            // SAFETY: this is a C structure for which all zeroes is a valid value.
            let message = message.write(unsafe { zeroed() });
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
            message.msg_hdr.msg_name = name.as_ptr().cast_mut().cast();
            message.msg_hdr.msg_namelen = name.len();
            count += 1;
        }
        let (mut at, mut refused) = (0, 0);
        while at < count {
            // SAFETY: `messages[at..count]` was filled above; its pointers point into `bytes`, `parts` and `datagrams`,
            // which outlive the call, and the system only reads through them.
            let sent = unsafe {
                libc::sendmmsg(
                    socket.as_raw_fd(),
                    messages[at..].as_mut_ptr().cast(),
                    (count - at) as libc::c_uint,
                    libc::MSG_DONTWAIT,
                )
            };
            match usize::try_from(sent) {
                Ok(sent) if sent > 0 => at += sent,
                // The system takes nothing now, wherever it is to go.
                _ if io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock => return refused + (count - at),
                // One destination may be unreachable: the others still get theirs.
                _ => (at, refused) = (at + 1, refused + 1),
            }
        }
        refused
    }

    #[expect(unsafe_code, reason = "a socket address is a C union by its family")]
    fn address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
        let name: *const libc::sockaddr_storage = name;
        // SAFETY: the family says which structure the system wrote, and the storage is large and aligned enough for each.
        unsafe {
            match i32::from((*name).ss_family) {
                libc::AF_INET => {
                    let v4 = &*name.cast::<libc::sockaddr_in>();
                    let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
                    Some(SocketAddr::new(ip.into(), u16::from_be(v4.sin_port)))
                }
                libc::AF_INET6 => {
                    let v6 = &*name.cast::<libc::sockaddr_in6>();
                    let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
                    Some(SocketAddr::new(ip.into(), u16::from_be(v6.sin6_port)))
                }
                _ => None,
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod batch {
    use super::*;

    pub(super) fn receive(
        socket: &UdpSocket,
        buffers: &mut [[u8; LONGEST]],
        arrived: &mut Vec<(SocketAddr, usize)>,
    ) -> bool {
        for buffer in buffers {
            match socket.recv_from(buffer) {
                Ok((length, from)) => arrived.push((from, length)),
                // Some systems tell of an earlier packet's fate here, with more behind it.
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
        false
    }

    pub(super) fn send(socket: &UdpSocket, bytes: &[u8], mut start: usize, datagrams: &[(SockAddr, usize)]) -> usize {
        let mut refused = 0;
        for (to, end) in datagrams {
            let taken = to.as_socket().is_some_and(|to| socket.send_to(&bytes[start..*end], to).is_ok());
            refused += usize::from(!taken);
            start = *end;
        }
        refused
    }
}

#[cfg(unix)]
mod interfaces {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    /// The addresses of all interfaces that are up.
    #[expect(unsafe_code, reason = "getifaddrs has no safe wrapper")]
    pub(super) fn addresses() -> io::Result<Vec<IpAddr>> {
        let mut first: *mut libc::ifaddrs = std::ptr::null_mut();
        // SAFETY: getifaddrs writes one pointer; on success it heads a list that is freed below and not touched after.
        if unsafe { libc::getifaddrs(&raw mut first) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let mut found = Vec::new();
        let mut at = first;
        // SAFETY: the list is the system's own, unchanged since, and ends with a null pointer.
        while let Some(entry) = unsafe { at.as_ref() } {
            if entry.ifa_flags & libc::IFF_UP as libc::c_uint != 0 {
                found.extend(ip(entry.ifa_addr));
            }
            at = entry.ifa_next;
        }
        // SAFETY: `first` came from getifaddrs and is freed once.
        unsafe { libc::freeifaddrs(first) };
        Ok(found)
    }

    #[expect(unsafe_code, reason = "a socket address is a C union by its family")]
    fn ip(address: *const libc::sockaddr) -> Option<IpAddr> {
        // SAFETY: null, or an address of the system whose family says which structure it is; read unaligned, as the
        // system promises no alignment beyond that of `sockaddr`.
        unsafe {
            match i32::from(address.as_ref()?.sa_family) {
                libc::AF_INET => {
                    let v4 = address.cast::<libc::sockaddr_in>().read_unaligned();
                    Some(Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr)).into())
                }
                libc::AF_INET6 => {
                    let v6 = address.cast::<libc::sockaddr_in6>().read_unaligned();
                    Some(Ipv6Addr::from(v6.sin6_addr.s6_addr).into())
                }
                _ => None,
            }
        }
    }
}

#[cfg(not(unix))]
mod interfaces {
    use super::*;

    /// Without interface enumeration, only the loopback address is sure.
    pub(super) fn addresses() -> io::Result<Vec<IpAddr>> {
        Ok(vec![std::net::Ipv4Addr::LOCALHOST.into(), std::net::Ipv6Addr::LOCALHOST.into()])
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, UdpSocket as StdSocket};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_wildcard_stands_for_every_address_with_loopback_last() {
        let found = expand(Ipv4Addr::UNSPECIFIED.into()).unwrap();
        assert_eq!(found.last(), Some(&IpAddr::from(Ipv4Addr::LOCALHOST)));
        assert!(found.iter().all(IpAddr::is_ipv4));
    }

    #[test]
    fn datagrams_cross_in_batches_with_their_addresses() {
        for loopback in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(peer) = StdSocket::bind(loopback) else { continue };
            peer.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            let socket = bind(loopback.parse().unwrap()).unwrap();
            let here = socket.local_addr().unwrap();
            let there = peer.local_addr().unwrap();
            let mut out = Batch::default();
            for n in 0..100_u8 {
                let sent = out.add(there, |buffer| {
                    buffer.resize(buffer.len() + usize::from(n) + 1, n);
                    n % 10 != 9
                });
                assert_eq!(sent, n % 10 != 9);
            }
            assert_eq!((out.len(), out.send(&socket), out.len()), (90, 0, 0));
            let mut buffer = [0; 256];
            for n in (0..100_u8).filter(|n| n % 10 != 9) {
                let (length, from) = peer.recv_from(&mut buffer).unwrap();
                assert_eq!((length, from, buffer[0]), (usize::from(n) + 1, here, n));
            }
            peer.send_to(b"hello", here).unwrap();
            peer.send_to(&[1; 1_400], here).unwrap();
            let mut inbox = Inbox::default();
            let mut heard = Vec::new();
            while heard.len() < 2 {
                for n in 0..inbox.receive(&socket).count {
                    heard.push((inbox.get(n).0, inbox.get(n).1.to_vec()));
                }
            }
            assert_eq!(inbox.receive(&socket), Received { count: 0, emptied: true });
            assert_eq!(heard, [(there, b"hello".to_vec()), (there, vec![1; 1_400])]);
        }
    }

    #[test]
    fn a_full_batch_says_that_there_may_be_more() {
        let Ok(peer) = StdSocket::bind("127.0.0.1:0") else { return };
        let socket = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let sent = FEW + BATCH + 1;
        for n in 0..sent {
            peer.send_to(&[n as u8], socket.local_addr().unwrap()).unwrap();
        }
        // On the loopback what was sent has arrived.
        let (mut inbox, mut heard) = (Inbox::default(), Vec::new());
        for expected in [(FEW, false), (BATCH, false), (1, true)] {
            let Received { count, emptied } = inbox.receive(&socket);
            assert_eq!((count, emptied), expected);
            heard.extend((0..count).map(|n| inbox.get(n).1[0]));
        }
        assert!(heard.into_iter().eq(0..sent as u8));
    }
}
