//! Datagrams on their way out of a shard: gathered for a moment, and sent together.

use std::net::SocketAddr;
use std::sync::Arc;

use mio::net::UdpSocket;

use super::socket::Batch;
use super::tcp::Tcp;

/// Datagrams that wait for others to be sent with: enough to share a system call, and few enough that in a large room the
/// first need not wait until the last is encrypted.
const SEND_AT: usize = 16;

/// What carries datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    Udp,
    /// Framed (RFC 4571), on a connection the peer made.
    Tcp,
}

/// Where a datagram leaves from, where it goes, and over what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    /// The local candidate it leaves from.
    pub(super) from: SocketAddr,
    /// The peer.
    pub(super) to: SocketAddr,
    pub(super) over: Over,
}

/// What is to be sent; it leaves when it is enough, or at [`Egress::flush`].
#[derive(Default)]
pub(super) struct Egress {
    sockets: Vec<(SocketAddr, Arc<UdpSocket>)>,
    /// What waits has this place in `sockets`.
    from: usize,
    batch: Batch,
    /// The connections of those whom no UDP reaches.
    pub(super) tcp: Tcp,
    /// Datagrams that could not be sent.
    dropped: u64,
    /// Datagrams that were, and the bytes of all that were to be.
    sent: (u64, u64),
}

impl Egress {
    /// Sends through these sockets, each known by its local candidate, and through connections of `tcp`.
    pub(super) fn new(sockets: Vec<(SocketAddr, Arc<UdpSocket>)>, tcp: Tcp) -> Self {
        Self { sockets, tcp, ..Self::default() }
    }

    /// Sends a datagram.
    pub(super) fn push(&mut self, way: Way, datagram: &[u8]) {
        let sent = self.compose(way, |buffer| {
            buffer.extend_from_slice(datagram);
            true
        });
        self.dropped += u64::from(!sent);
    }

    /// Sends what `compose` appends to a buffer (which may hold other datagrams), unless it says that there is nothing to
    /// send after all; returns what it said.
    pub(super) fn compose(&mut self, way: Way, compose: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
        if way.over == Over::Tcp {
            return self.tcp.compose(way, compose);
        }
        if self.sockets.get(self.from).is_none_or(|(candidate, _)| *candidate != way.from) {
            self.send_batch();
            let Some(from) = self.sockets.iter().position(|(candidate, _)| *candidate == way.from) else {
                return false;
            };
            self.from = from;
        }
        let composed = self.batch.add(way.to, compose);
        if self.batch.len() >= SEND_AT {
            self.send_batch();
        }
        composed
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) {
        self.send_batch();
        self.tcp.flush();
    }

    fn send_batch(&mut self) {
        if let Some((_, socket)) = self.sockets.get(self.from) {
            let (waiting, bytes) = (self.batch.len() as u64, self.batch.bytes() as u64);
            let refused = self.batch.send(socket) as u64;
            self.dropped += refused;
            self.sent = (self.sent.0 + waiting - refused, self.sent.1 + bytes);
        }
    }

    /// How many datagrams could not be sent since the last time this was asked.
    pub(super) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped) + self.tcp.take_dropped()
    }

    /// How many datagrams were sent since the last time this was asked, and how many bytes.
    pub(super) fn take_sent(&mut self) -> (u64, u64) {
        let (udp, tcp) = (std::mem::take(&mut self.sent), self.tcp.take_sent());
        (udp.0 + tcp.0, udp.1 + tcp.1)
    }
}
