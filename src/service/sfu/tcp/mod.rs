//! TCP connections of clients whose network lets no UDP through (ICE over TCP, RFC 6544): the service's end is passive.
//!
//! They live in the shard's loop beside its UDP sockets and wait for nobody. A connection has to show soon, by a STUN request
//! that holds, that it is for a leg; one that does not, that takes nothing, or that sends what makes no sense is closed. What
//! the datagrams hold is for others to know.

mod connection;
mod listeners;

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Token};

use self::connection::{Connection, Reading};
pub(super) use self::listeners::{Listeners, open};
use super::egress::Way;
use super::legs::LegKey;
use super::socket;
use crate::base::clock;
use crate::media::framing::{Added, Deframer};
use crate::service::limits;

/// The tokens of listeners begin here, those of connections further up; below are the UDP sockets.
const LISTENERS: usize = 1 << 16;
const CONNECTIONS: usize = 1 << 20;

/// The most connections of one shard: one for each of its legs.
const MOST: usize = 4_096;
/// The most of them that have not shown yet what they are for, in all and of one peer ([`limits::peer`]). Where there are more
/// in all, the oldest goes of whoever has most.
const MOST_UNKNOWN: usize = 256;
const MOST_UNKNOWN_OF_ONE: usize = 16;
/// The most of one leg: a client that moves from one to another needs two. Of more, the one goes that was silent for longest.
const MOST_OF_A_LEG: usize = 4;

/// How often it is looked whether patience with some connection is at an end.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Frames that wait before they are written: enough to share a system call.
const WRITE_AT: usize = 16;
/// Reads of one connection before others get their turn.
pub(super) const READS_PER_TURN: usize = 4;
/// Connections read from in one turn.
const READ_PER_TURN: usize = 64;
/// Connections accepted in one turn.
const ACCEPTS_PER_TURN: usize = 64;

/// The TCP side of a shard.
#[derive(Default)]
pub(super) struct Tcp {
    listeners: Option<Listeners>,
    places: Vec<Option<Connection>>,
    free: Vec<usize>,
    by_way: HashMap<(SocketAddr, SocketAddr), usize>,
    /// How many have not shown yet what they are for, by their peer.
    unknown: HashMap<IpAddr, usize>,
    readable: VecDeque<usize>,
    dirty: Vec<usize>,
    look_at: Option<Instant>,
    /// Connections that were one too many.
    refused: u64,
    /// Frames that were thrown away.
    dropped: u64,
    /// Frames that were written, and their bytes.
    sent: (u64, u64),
}

/// What the system tells of a socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ready {
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// Its end, or an error, is behind what is to be read.
    pub(super) ended: bool,
}

impl From<&Event> for Ready {
    fn from(event: &Event) -> Self {
        let ended = event.is_read_closed() || event.is_error();
        Self { readable: event.is_readable(), writable: event.is_writable(), ended }
    }
}

/// A connection with something to read, lent out.
pub(super) struct Lent {
    at: usize,
    /// Whom its datagrams come from, and the local candidate they came to.
    pub(super) peer: SocketAddr,
    pub(super) candidate: SocketAddr,
    /// The leg it is known to be for.
    pub(super) leg: Option<LegKey>,
    reading: Reading,
}

impl Tcp {
    /// Takes connections from `listeners`.
    pub(super) fn new(listeners: Listeners) -> Self {
        Self { listeners: Some(listeners), ..Self::default() }
    }

    /// How many connections there are.
    pub(super) fn count(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// A socket of this side became ready.
    pub(super) fn ready(&mut self, token: Token, ready: Ready) {
        if token.0 < LISTENERS {
            return;
        }
        if token.0 < CONNECTIONS {
            if let Some(listeners) = &mut self.listeners {
                listeners.ready(token.0 - LISTENERS);
            }
            return;
        }
        let at = token.0 - CONNECTIONS;
        let Some(connection) = self.places.get_mut(at).and_then(Option::as_mut) else { return };
        connection.ends |= ready.ended;
        if ready.writable {
            connection.unblock();
            if !std::mem::replace(&mut connection.listed_dirty, true) {
                self.dirty.push(at);
            }
        }
        if ready.readable || ready.ended {
            self.list_readable(at);
        }
    }

    /// Accepts who waits. Whether there may be more.
    pub(super) fn accept(&mut self) -> bool {
        for _ in 0..ACCEPTS_PER_TURN {
            let Some((stream, peer, candidate)) = self.listeners.as_mut().and_then(Listeners::accept) else {
                return false;
            };
            self.admit(stream, peer, candidate, clock::now());
        }
        true
    }

    fn admit(&mut self, mut stream: TcpStream, peer: SocketAddr, candidate: SocketAddr, now: Instant) {
        if !self.has_room_for(peer.ip()) {
            self.refused += 1;
            return;
        }
        let Some(registry) = self.listeners.as_ref().map(Listeners::registry) else { return };
        socket::prepare(&stream);
        let at = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        let interest = Interest::READABLE | Interest::WRITABLE;
        if registry.register(&mut stream, Token(CONNECTIONS + at), interest).is_err() {
            self.free.push(at);
            return;
        }
        self.places[at] = Some(Connection::new(stream, peer, candidate, now));
        *self.unknown.entry(limits::peer(peer.ip())).or_default() += 1;
        // Behind a router that reuses ports one may not be told from the one before it: that one is over.
        if let Some(old) = self.by_way.insert((candidate, peer), at) {
            self.remove(old);
        }
        self.look_at.get_or_insert(now + LOOK_EVERY);
        // What came before it was registered is not told of.
        self.list_readable(at);
    }

    /// Whether one more may come from there, for which another one may have to go.
    fn has_room_for(&mut self, ip: IpAddr) -> bool {
        let of = |ip| self.unknown.get(&limits::peer(ip)).copied().unwrap_or(0);
        let theirs = of(ip);
        if self.count() >= MOST || theirs >= MOST_UNKNOWN_OF_ONE {
            return false;
        }
        if self.unknown.values().sum::<usize>() < MOST_UNKNOWN {
            return true;
        }
        let unknown = self.places.iter().enumerate().filter_map(|(at, place)| Some((at, place.as_ref()?)));
        let unknown = unknown.filter(|(_, connection)| connection.leg.is_none());
        let crowd = unknown.map(|(at, it)| (of(it.peer.ip()), Reverse(it.accepted), at)).max();
        let Some((_, _, at)) = crowd.filter(|(most, ..)| *most > theirs) else { return false };
        self.refused += 1;
        self.remove(at);
        true
    }

    /// How many connections may be read from in this turn.
    pub(super) fn readable(&self) -> usize {
        self.readable.len().min(READ_PER_TURN)
    }

    /// Reads from the next connection that has something, and lends out what came; [`Tcp::give_back`] ends that.
    pub(super) fn lend(&mut self, now: Instant) -> Option<(Lent, Deframer)> {
        let at = self.readable.pop_front()?;
        let connection = self.places.get_mut(at).and_then(Option::as_mut)?;
        connection.listed_readable = false;
        let mut deframer = connection.deframer.take()?;
        let reading = connection.read(&mut deframer, now);
        let Connection { peer, candidate, leg, .. } = *connection;
        Some((Lent { at, peer, candidate, leg, reading }, deframer))
    }

    /// Reads on into what was lent out. Whether something came.
    pub(super) fn read_on(&mut self, lent: &mut Lent, deframer: &mut Deframer, now: Instant) -> bool {
        let connection = self.places.get_mut(lent.at).and_then(Option::as_mut);
        let Some(connection) = connection.filter(|_| lent.reading == Reading::Some) else { return false };
        lent.reading = connection.read(deframer, now);
        lent.reading != Reading::Over
    }

    /// A datagram of it came that only the peer of `leg` can have sent.
    pub(super) fn shown(&mut self, lent: &mut Lent, leg: LegKey) {
        if lent.leg == Some(leg) {
            return;
        }
        lent.leg = Some(leg);
        let Some(connection) = self.places.get_mut(lent.at).and_then(Option::as_mut) else { return };
        let (peer, first) = (connection.peer, connection.leg.replace(leg).is_none());
        if first {
            forget_unknown(&mut self.unknown, peer.ip());
        }
        let others = self.places.iter().enumerate().filter(|(at, _)| *at != lent.at);
        let of_leg =
            others.filter_map(|(at, place)| Some((at, place.as_ref().filter(|it| it.leg == Some(leg))?.heard)));
        let of_leg: Vec<(usize, Instant)> = of_leg.collect();
        // The one the client is likeliest to have left.
        let quietest = of_leg.iter().min_by_key(|(_, heard)| *heard).filter(|_| of_leg.len() >= MOST_OF_A_LEG);
        if let Some((at, _)) = quietest {
            self.remove(*at);
        }
    }

    /// A datagram of it is of no leg. Whether it may go on.
    pub(super) fn forgives(&mut self, lent: &Lent) -> bool {
        self.places.get_mut(lent.at).and_then(Option::as_mut).is_some_and(Connection::forgives)
    }

    /// Ends lending; `sane` says whether what came made sense.
    pub(super) fn give_back(&mut self, lent: Lent, deframer: Deframer, sane: bool) {
        let Lent { at, reading, .. } = lent;
        if !sane || reading == Reading::Over {
            return self.remove(at);
        }
        let Some(connection) = self.places.get_mut(at).and_then(Option::as_mut) else { return };
        connection.deframer = Some(deframer);
        if reading == Reading::Some {
            self.list_readable(at);
        }
    }

    fn list_readable(&mut self, at: usize) {
        if let Some(connection) = self.places[at].as_mut()
            && !std::mem::replace(&mut connection.listed_readable, true)
        {
            self.readable.push_back(at);
        }
    }

    /// Sends what `compose` appends to a buffer, unless it says that there is nothing to send; returns what it said. It
    /// leaves at [`Tcp::flush`].
    pub(super) fn compose(&mut self, way: Way, compose: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
        let at = self.by_way.get(&(way.from, way.to)).copied();
        let Some((at, connection)) = at.and_then(|at| Some((at, self.places.get_mut(at)?.as_mut()?))) else {
            // It is gone: what was on its way is lost, as it may be with UDP.
            return false;
        };
        let added = connection.add(compose);
        self.dropped += u64::from(added == Added::Dropped);
        let many = connection.waiting() >= WRITE_AT;
        if !std::mem::replace(&mut connection.listed_dirty, true) {
            self.dirty.push(at);
        }
        if many {
            self.flush_one(at, clock::now());
        }
        added != Added::Nothing
    }

    /// Writes what waits, as far as the peers take it.
    pub(super) fn flush(&mut self) {
        if self.dirty.is_empty() {
            return;
        }
        let now = clock::now();
        while let Some(at) = self.dirty.pop() {
            if let Some(connection) = self.places[at].as_mut() {
                connection.listed_dirty = false;
            }
            self.flush_one(at, now);
        }
    }

    fn flush_one(&mut self, at: usize, now: Instant) {
        let Some(connection) = self.places.get_mut(at).and_then(Option::as_mut) else { return };
        match connection.flush(now) {
            Ok((frames, bytes)) => self.sent = (self.sent.0 + frames, self.sent.1 + bytes),
            Err(_) => self.remove(at),
        }
    }

    /// A leg is gone, and its connections with it, once they have been handed what was still for them.
    pub(super) fn leave(&mut self, leg: LegKey) {
        if self.count() == 0 {
            return;
        }
        let now = clock::now();
        for at in 0..self.places.len() {
            if self.places[at].as_ref().is_some_and(|connection| connection.leg == Some(leg)) {
                self.flush_one(at, now);
                self.remove(at);
            }
        }
    }

    /// When it is to be looked after next.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let retry = self.listeners.as_ref().and_then(Listeners::retry_at);
        self.look_at.into_iter().chain(retry).min()
    }

    /// Closes what has used up all patience, when it is time to look.
    pub(super) fn keep_time(&mut self, now: Instant) {
        if self.look_at.is_none_or(|at| now < at) {
            return;
        }
        for at in 0..self.places.len() {
            let Some(connection) = self.places[at].as_mut() else { continue };
            // Should the system ever forget to tell that it takes more.
            connection.unblock();
            let over = connection.is_over(now);
            self.flush_one(at, now);
            if over {
                self.remove(at);
            }
        }
        self.look_at = (self.count() > 0).then(|| now + LOOK_EVERY);
    }

    /// How many connections were one too many since the last time this was asked.
    pub(super) fn take_refused(&mut self) -> u64 {
        std::mem::take(&mut self.refused)
    }

    /// How many frames were thrown away since the last time this was asked.
    pub(super) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    /// How many frames were written since the last time this was asked, and how many bytes.
    pub(super) fn take_sent(&mut self) -> (u64, u64) {
        std::mem::take(&mut self.sent)
    }

    /// Closes a connection.
    fn remove(&mut self, at: usize) {
        let Some(connection) = self.places.get_mut(at).and_then(Option::take) else { return };
        let way = (connection.candidate, connection.peer);
        if self.by_way.get(&way) == Some(&at) {
            self.by_way.remove(&way);
        }
        if connection.leg.is_none() {
            forget_unknown(&mut self.unknown, connection.peer.ip());
        }
        self.dropped += connection.waiting() as u64;
        self.readable.retain(|&listed| listed != at);
        self.dirty.retain(|&listed| listed != at);
        self.free.push(at);
    }
}

fn forget_unknown(unknown: &mut HashMap<IpAddr, usize>, ip: IpAddr) {
    let peer = limits::peer(ip);
    if let Some(count) = unknown.get_mut(&peer) {
        *count -= 1;
        if *count == 0 {
            unknown.remove(&peer);
        }
    }
}

#[cfg(test)]
mod tests;
