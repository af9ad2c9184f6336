//! One TCP connection of a client: what it is for, and how far it can be written to.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use crate::media::framing::{Added, Deframer, Queue};
use crate::service::sfu::legs::LegKey;

/// How long a connection may take to show that it is for a leg of this service.
pub(super) const SHOW_WITHIN: Duration = Duration::from_secs(5);
/// How long a peer may take nothing of what it is sent.
pub(super) const STALLED_FOR: Duration = Duration::from_secs(5);
/// How long a peer may send nothing: clients send STUN every second.
pub(super) const QUIET_FOR: Duration = Duration::from_secs(30);
/// Frames of no meaning a connection may send before it has shown what it is for.
const MOST_STRANGE: u8 = 16;

/// Whether a read that brought less than was asked for spares the next one. Unix (epoll, kqueue) tells of whatever comes after
/// it; Windows tells of nothing more until a read has found nothing.
const SHORT_IS_ALL: bool = cfg!(unix);

pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    /// The local candidate it came to.
    pub(super) candidate: SocketAddr,
    /// The leg it was shown to be for.
    pub(super) leg: Option<LegKey>,
    /// Lent out while its datagrams are looked at.
    pub(super) deframer: Option<Deframer>,
    queue: Queue,
    /// The system takes no more for now.
    blocked: bool,
    /// The system has told of its end, which may be behind what is to be read, and is not told again.
    pub(super) ends: bool,
    /// Whether it is on the list of those with something to read, or to write.
    pub(super) listed_readable: bool,
    pub(super) listed_dirty: bool,
    pub(super) accepted: Instant,
    /// When something came last.
    pub(super) heard: Instant,
    stalled_since: Option<Instant>,
    strange: u8,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, peer: SocketAddr, candidate: SocketAddr, now: Instant) -> Self {
        Self {
            stream,
            peer,
            candidate,
            leg: None,
            deframer: Some(Deframer::default()),
            queue: Queue::default(),
            blocked: false,
            ends: false,
            listed_readable: false,
            listed_dirty: false,
            accepted: now,
            heard: now,
            stalled_since: None,
            strange: 0,
        }
    }

    /// Reads what has come into `deframer`.
    pub(super) fn read(&mut self, deframer: &mut Deframer, now: Instant) -> Reading {
        let room = deframer.room();
        let asked = room.len();
        match self.stream.read(room) {
            Ok(0) => Reading::Over,
            Ok(count) => {
                deframer.filled(count);
                self.heard = now;
                // A stream that brought less than was asked for was emptied, but for its end.
                if SHORT_IS_ALL && count < asked && !self.ends { Reading::Nothing } else { Reading::Some }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Reading::Nothing,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Reading::Some,
            Err(_) => Reading::Over,
        }
    }

    /// A datagram came that is of no leg. Whether this may go on.
    pub(super) fn forgives(&mut self) -> bool {
        self.strange = self.strange.saturating_add(u8::from(self.leg.is_none()));
        self.strange < MOST_STRANGE
    }

    pub(super) fn add(&mut self, compose: impl FnOnce(&mut Vec<u8>) -> bool) -> Added {
        self.queue.add(compose)
    }

    /// So many frames wait.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// The system takes more again.
    pub(super) fn unblock(&mut self) {
        self.blocked = false;
    }

    /// Writes what waits, as far as the system takes it; returns how many frames were ended by that, and how many bytes
    /// it took.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(super) fn flush(&mut self, now: Instant) -> io::Result<(u64, u64)> {
        if self.blocked {
            return Ok((0, 0));
        }
        let waited = self.queue.len();
        let (taken, all) = self.queue.write(&mut self.stream)?;
        self.blocked = !all;
        self.stalled_since = match (all, taken) {
            (true, _) => None,
            (false, 0) => self.stalled_since.or(Some(now)),
            (false, _) => Some(now),
        };
        Ok(((waited - self.queue.len()) as u64, taken as u64))
    }

    /// Whether it has used up all patience.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let since = |at: Instant| now.saturating_duration_since(at);
        let unknown = self.leg.is_none() && since(self.accepted) >= SHOW_WITHIN;
        let stalled = self.stalled_since.is_some_and(|at| since(at) >= STALLED_FOR);
        unknown || stalled || since(self.heard) >= QUIET_FOR
    }
}

/// What a read brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Bytes; there may be more.
    Some,
    /// Nothing is left.
    Nothing,
    /// The connection is over.
    Over,
}
